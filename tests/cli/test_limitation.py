"""Limitation dates from the command line: the list, an event, its withdrawal, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("installed")


def test_dates_an_event_and_its_withdrawal(run: Callable[..., Any], ask: Callable[..., Any]) -> None:
    assert ask("time-bars", "--on", "2029-02-08") == {"as_of": "2029-02-08", "receivables": []}
    (before,) = ask("time-bars", "morel", "--on", "2025-03-01")["receivables"]
    assert (before["number"], before["open"], before["regime"]) == ("FA-1", "1000.00", "fr-b2b")
    assert before["deadline"] == "2030-02-12", "five years from the part payment of 12 February 2025"
    assert before["steps"] == [{"event": "part_payment", "on": "2025-02-12", "effect": "interrupts"}]
    assert "L110-4" in before["sentence"]
    (near,) = ask("time-bars", "--within", "12", "--on", "2029-02-12")["receivables"]
    assert (near["customer"]["code"], near["alert"]) == ("MOREL", 12)
    assert len(ask("time-bars", "--within", "15", "--on", "2029-02-12")["receivables"]) == 2
    kept = run("record-event", "MOREL", "acknowledgement=2025-06-01", "--note", "letter", "--invoice", "FA-1")
    assert kept.exit_code == 0, kept.output
    number = kept.stdout.split("number ")[1].split(";")[0]
    (moved,) = ask("time-bars", "MOREL")["receivables"]
    assert moved["deadline"] == "2030-06-01"
    table = run("time-bars", "MOREL")
    assert f"{number}: Acknowledgement of the debt" in table.stdout
    assert run("withdraw-event", number).exit_code == 0
    (again,) = ask("time-bars", "MOREL")["receivables"]
    assert again["deadline"] == before["deadline"]


def test_what_is_refused_says_what_to_do_and_what_is_doubtful_is_told(run: Callable[..., Any], tmp_path: Path) -> None:
    event = ("record-event", "MOREL")
    for arguments, code, said in (
        ((*event, "acknowledgement=2999-01-01", "--note", "x"), 1, "not come yet"),
        ((*event, "acknowledgement=2025-06-01", "--note", " "), 1, "where it is written"),
        ((*event, "acknowledgment=2025-06-01", "--note", "x"), 2, "acknowledgement"),
        ((*event, "acknowledgement", "--note", "x"), 2, "Write it like"),
        ((*event, "letter=2025-06-01..2025-06-02", "--note", "x"), 1, "leave out its end"),
        ((*event, "letter=2025-06-01", "--note", "x", "--invoice", "ZZ"), 2, "no invoice ZZ"),
        (("withdraw-event", "999999"), 2, "no event number"),
        (("time-bars", "--within", "0"), 2, "from 1 to 600"),
    ):
        result = run(*arguments)
        assert result.exit_code == code, arguments
        assert said in " ".join(result.output.split()), arguments
    # Terms beyond the law are told at import, and the file is taken all the same.
    path = tmp_path / "long.csv"
    path.write_text("customer_code;terms\nOLIVE;90 jours\n", encoding="utf-8")
    result = run("import", str(path))
    assert result.exit_code == 0
    assert "Garage Olive (OLIVE)" in result.stdout
    assert "C. com. L441-10" in result.stdout
