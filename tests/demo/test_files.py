"""The demonstration company's books are real books: balanced, lettered, the same for the same day."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import schwifty
from stdnum.fr import siren

from encaisse.demo import files
from encaisse.demo.accounts import fec
from encaisse.demo.cast import clients, company
from encaisse.demo.statement import NAMESPACE, camt
from encaisse.demo.trade import trade
from encaisse.exchange.fec import read_fec
from encaisse.money import parse_minor

DAY = date(2026, 3, 18)
# A working day, a Sunday, the first day of a year and three weeks later, a 29th of February.
DAYS = [DAY, date(2026, 3, 15), date(2026, 1, 1), date(2026, 1, 20), date(2028, 2, 29)]


def test_the_same_day_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again = files.write(tmp_path / "a", DAY), files.write(tmp_path / "b", DAY)
    for path in (*first.books, first.statement):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert again.this_year.name == f"{company().siren}FEC20260317.txt"
    assert again.last_year.name == f"{company().siren}FEC20251231.txt"


@pytest.mark.parametrize("day", DAYS)
def test_every_entry_and_every_letter_balances(day: date) -> None:
    yesterday = day - timedelta(1)
    entries: Counter[str] = Counter()
    letters: Counter[tuple[str, str]] = Counter()
    for row in csv.DictReader(fec(trade(day), yesterday.year, yesterday).decode().splitlines(), delimiter="\t"):
        moved = parse_minor(row["Debit"]) - parse_minor(row["Credit"])
        entries[row["EcritureNum"]] += moved
        if row["EcritureLet"]:
            letters[row["CompAuxNum"], row["EcritureLet"]] += moved
        assert row["EcritureDate"] <= f"{yesterday:%Y%m%d}"
    assert not any(entries.values())
    assert not any(letters.values())


@pytest.mark.parametrize("day", DAYS)
def test_the_reader_finds_what_is_open(day: date) -> None:
    known, yesterday = trade(day), day - timedelta(1)
    left = {sale.number: sale.gross for sale in known.sales}
    for receipt in known.receipts:
        for number, amount in receipt.parts:
            left[number] -= amount
    books = read_fec(fec(known, yesterday.year, yesterday))
    opened = zip(books.invoices, books.open_amounts(), strict=True)
    assert books.problems == ()
    assert {one.number: rest for one, rest in opened if rest} == {number: rest for number, rest in left.items() if rest}
    spare = {one.customer: rest for one, rest in zip(books.payments, books.unallocated(), strict=True) if rest}
    assert spare == {"NAVETTE": 96_000, "LUMIERE": 15_000}


def test_an_earlier_export_is_the_beginning_of_a_later_one() -> None:
    known = trade(DAY)
    name, earlier = files.year_of_books(known, 2026, DAY - timedelta(20))
    later = fec(known, 2026, DAY - timedelta(1))
    bare = [[line.split("\t")[:13] for line in content.decode().splitlines()] for content in (earlier, later)]
    assert name.endswith("FEC20260225.txt")
    assert bare[1][: len(bare[0])] == bare[0]
    assert len(bare[1]) > len(bare[0])


def test_nobody_in_it_exists() -> None:
    assert siren.is_valid(company().siren)
    assert company().siren.startswith("0000")
    assert schwifty.IBAN(company().iban).validate(validate_bban=True)
    for one in clients():
        assert not one.siren or (siren.is_valid(one.siren) and one.siren.startswith("0000"))
        assert not one.email or one.email.split("@")[1] in {"example.org", "example.net", "example.com"}
        assert one.phone.startswith(("01 99 00 ", "+44 20 7946 0")) or not one.phone
    assert len({one.code for one in clients()}) == len(clients()) == 60


def test_the_bank_statement_adds_up() -> None:
    space = {"c": NAMESPACE}
    root = ET.fromstring(camt(trade(DAY)))

    def signed(node: ET.Element) -> int:
        amount = parse_minor(node.findtext("c:Amt", "", space))
        return amount if node.findtext("c:CdtDbtInd", "", space) == "CRDT" else -amount

    opening, closing = (signed(node) for node in root.iterfind(".//c:Bal", space))
    movements = [signed(node) for node in root.iterfind(".//c:Ntry", space)]
    assert opening + sum(movements) == closing
    assert len(movements) > 20
    assert min(movements) < 0 < max(movements)
