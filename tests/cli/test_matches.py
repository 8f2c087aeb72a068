"""Money at the bank from the command line: import, list, yes, no, undo."""

from __future__ import annotations

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
    parts = [one["receivables"] for one in ask("matches")["movements"][0]["matches"]]
    assert found["receivables"] not in parts
    unknown = run("matches", "--state", "lost")
    assert unknown.exit_code != 0
    assert "proposed" in unknown.output
