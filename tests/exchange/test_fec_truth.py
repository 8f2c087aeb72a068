"""The four synthetic books and their truths: every open item, its date and what is left of it, to the cent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from encaisse.exchange.fec import Books, read_fec

FILES = sorted((Path(__file__).parent / "fec").glob("*.txt"))


def open_items(books: Books) -> dict[str, list[tuple[str, str, str]]]:
    """Customer → (number, date, what is left) of every debit that is not fully paid."""
    items: dict[str, list[tuple[str, str, str]]] = {}
    for invoice, left in zip(books.invoices, books.open_amounts(), strict=True):
        if left:
            item = (invoice.number, invoice.issued_on.isoformat(), f"{left // 100}.{left % 100:02}")
            items.setdefault(invoice.customer, []).append(item)
    return {customer: sorted(found) for customer, found in items.items()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_finds_exactly_the_open_items(path: Path) -> None:
    truth = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
    books = read_fec(path)
    expected = {
        code: sorted((item["ref"], item["date"], item["open"]) for item in customer["open"])
        for code, customer in truth["customers"].items()
    }
    assert open_items(books) == expected
    assert not books.problems
    assert books.encoding == truth["encoding"]
    assert books.dialect["separator"] == truth["sep"]
    assert books.counts["lines"] == truth["lines"]
    names = {customer.code: customer.name for customer in books.customers}
    assert {code: names[code] for code in expected} == {code: c["name"] for code, c in truth["customers"].items()}
    assert sum(books.unallocated()) == 0


def test_there_are_four() -> None:
    assert len(FILES) == 4
