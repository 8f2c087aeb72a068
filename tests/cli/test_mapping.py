"""The columns of a table from the command line: seen, said, remembered, listed, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("installed")
ROWS = "Pièce;Société;Éditée le;A payer avant;Bidule\nG-001;Durand SARL;01/03/2025;31/03/2025;1200,00\n"


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "impayes.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_what_is_unsure_is_refused_then_said_once(run: Callable[..., Any], ask: Callable[..., Any], odd: Path) -> None:
    refused = run("import", str(odd))
    assert refused.exit_code == 1
    assert "encaisse mapping set" in " ".join(refused.output.split())
    assert run("mapping", "show", str(odd)).exit_code == 1
    said = run("mapping", "set", str(odd), "Bidule=still owed", "#3=issued_on", "--kind", "invoices", "--dates", "dmy")
    assert said.exit_code == 0, said.output
    told = ask("mapping", "show", str(odd))
    assert (told["source"], told["kind"], told["missing"], told["date_order"]) == ("remembered", "invoices", [], "dmy")
    assert [one["field"] for one in told["columns"]] == ["number", "customer_name", "issued_on", "due_on", "open"]
    assert told["columns"][0]["examples"] == ["G-001"]
    (record,) = ask("import", str(odd))["imports"]
    assert (record["kind"], record["new"]["invoices"]) == ("table-open", 1)
    assert "G-001" in [one["number"] for one in ask("receivables", "--on", "2025-04-30")["receivables"]]
    (kept,) = ask("mapping", "list")["mappings"]
    assert (kept["name"], kept["columns"]["Bidule"]) == ("impayes.csv", "open")
    assert "impayes.csv" in run("mapping", "list").stdout
    assert run("mapping", "forget", str(kept["id"])).exit_code == 0
    assert run("mapping", "forget", str(kept["id"])).exit_code == 1
    assert ask("mapping", "list") == {"mappings": []}
    # What cannot be said is told.
    for said, named in (
        (("Bidule=colour",), "gross"),
        (("Total=open",), "Bidule"),
        (("Bidule",), "due_on"),
        (("Bidule=open", "Société="), "customer_name"),
        (("--kind", "poems"), "aged"),
        (("--dates", "ddmm"), "mdy"),
    ):
        refused = run("mapping", "set", str(odd), *said)
        assert refused.exit_code in (1, 2), refused.output
        assert named in refused.output
    assert run("mapping", "show", "nowhere.csv").exit_code == 2
