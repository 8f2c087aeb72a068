"""The four synthetic books, imported and listed at the end of their year, to the cent."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from encaisse.ledger import import_books
from encaisse.ledger.receivables import listing
from encaisse.parties.models import Creditor
from tests.ledger.books import AT

BOOKS = Path(__file__).parent.parent / "exchange" / "fec"
FILES = ("000000018FEC20251231", "000000026FEC20241231", "000000034FEC20251231", "000000042FEC20231231")


@pytest.mark.parametrize("name", FILES)
def test_open_items_at_year_end_are_the_truth(creditor: Creditor, name: str) -> None:
    path = BOOKS / f"{name}.txt"
    truth = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
    import_books.import_file(creditor, path, path.name, at=AT, actor="test")
    listed = listing(creditor, date.fromisoformat(f"{name[12:16]}-12-31"))
    found = {
        (line["customer"]["name"], line["number"], line["issued_on"], line["open"]) for line in listed["receivables"]
    }
    wanted = {
        (customer["name"], item["ref"], item["date"], item["open"])
        for customer in truth["customers"].values()
        for item in customer["open"]
    }
    assert found == wanted
    assert listed["totals"]["EUR"]["open"] == truth["open_total"]
