"""Money at the bank from the command line: import, list, yes, no, undo."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.statements import Statement

pytestmark = pytest.mark.usefixtures("installed")


@pytest.fixture
def statement(tmp_path: Path) -> Path:
    path = tmp_path / "releve.xml"
    made = Statement("2025-03-03", "2025-03-07")
    made.line("2025-03-04", "1000.00", "SOLDE FA-1", payer="BOULANGERIE MOREL", iban="DE89370400440532013000")
    made.line("2025-03-05", "12.34", "RISTOURNE", payer="SOMEBODY ELSE")
    path.write_bytes(made.bytes())
    return path


def test_from_the_file_to_a_yes_and_back(run: Callable[..., Any], ask: Callable[..., Any], statement: Path) -> None:
    (record,) = ask("import", str(statement))["imports"]
    assert (record["kind"], record["new"]["movements"], record["new"]["proposed"]) == ("camt053", 2, 1)
    first, second = ask("matches")["movements"]
    assert (first["amount"], first["state"], second["matches"]) == ("1000.00", "proposed", [])
    found = first["matches"][0]
    assert (found["customer"]["code"], found["receivables"]) == ("MOREL", [{"number": "FA-1", "amount": "1000.00"}])
    assert found["reasons"]
    assert "Boulangerie Morel" in run("matches").stdout
    number = str(found["id"])
    assert run("match", "book", number).exit_code == 0
    assert [one["number"] for one in ask("receivables")["receivables"]] == ["FA-3"]
    refused = run("match", "book", number)
    assert refused.exit_code == 1
    assert "no longer waits" in refused.output
    assert [one["state"] for one in ask("matches", "--state", "booked")["movements"]] == ["booked"]
    assert run("match", "undo", number).exit_code == 0
    assert {one["number"] for one in ask("receivables")["receivables"]} == {"FA-1", "FA-3"}
    assert run("match", "undo", number).exit_code == 1


def test_no_is_kept(run: Callable[..., Any], ask: Callable[..., Any], statement: Path) -> None:
    ask("import", str(statement))
    (found, *_others) = ask("matches")["movements"][0]["matches"]
    assert run("match", "refuse", str(found["id"])).exit_code == 0
    assert re.search(r"match pay \d+", run("matches").stdout)  # of what nothing is proposed for, how to say it oneself
    parts = [one["receivables"] for one in ask("matches")["movements"][0]["matches"]]
    assert found["receivables"] not in parts
    unknown = run("matches", "--state", "lost")
    assert unknown.exit_code != 0
    assert "proposed" in unknown.output


def test_a_person_says_what_it_pays(run: Callable[..., Any], ask: Callable[..., Any], statement: Path) -> None:
    ask("import", str(statement))
    first, second = (str(one["id"]) for one in ask("matches")["movements"])
    for arguments, why in (
        (["999", "FA-1"], "no movement"), ([second, "FA-99"], "no such invoice"), ([second], "at least one invoice"),
        ([second, "FA-1", "FA-3"], "different customers"),
    ):  # fmt: skip
        refused = run("match", "pay", *arguments)
        assert (refused.exit_code, why in refused.output) == (1, True), refused.output
    assert run("match", "pay", second, "FA-1").exit_code == 0
    by_number = {one["number"]: one["open"] for one in ask("receivables")["receivables"]}
    assert by_number["FA-1"] == "987.66"
    (booked,) = ask("matches", "--state", "booked")["movements"]
    assert (booked["id"], booked["matches"][0]["receivables"][0]["amount"]) == (int(second), "12.34")
    assert run("match", "undo", str(booked["matches"][0]["id"])).exit_code == 0
    assert run("match", "pay", first, "FA-1").exit_code == 0, "1000.00 of 1000.00 again"
    assert run("match", "aside", second).exit_code == 0
    assert "set aside" in run("match", "pay", second, "--customer", "MOREL").output
    assert run("match", "again", second).exit_code == 0
    assert run("match", "pay", second, "--customer", "MOREL").exit_code == 0
    (paid, *_others) = [one for one in ask("matches", "--state", "booked")["movements"] if one["id"] == int(second)]
    assert paid["matches"][0]["over"] == "12.34"
