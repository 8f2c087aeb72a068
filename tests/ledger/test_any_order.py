"""Made-up companies over two years: whatever exports come, in whatever order, the ledger ends where the books end."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaisse.ledger import import_books
from encaisse.ledger.balance import open_items, unallocated
from encaisse.ledger.models import Allocation, Payment, Receivable
from encaisse.parties.models import Creditor
from tests.ledger.books import AT, Fec

FIRST = date(2025, 1, 1)
NEW_YEAR = date(2026, 1, 1)
END = date(2026, 12, 31)


@dataclass(frozen=True)
class Sale:
    customer: str
    number: str
    on: date
    amount: int
    paid: tuple[tuple[str, date, int], ...]

    def left(self, day: date) -> int:
        """What is open at the end of a day."""
        if self.on > day:
            return 0
        return self.amount - sum(amount for _, on, amount in self.paid if on <= day)


@st.composite
def companies(draw: st.DrawFn) -> list[Sale]:
    sales = []
    for number in range(draw(st.integers(1, 6))):
        on = FIRST + timedelta(days=draw(st.integers(1, 500)))
        amount = draw(st.integers(1, 5)) * 100
        paid, left, day = [], amount, on
        for part in range(draw(st.integers(0, 2))):
            day += timedelta(days=draw(st.integers(1, 150)))
            share = left if draw(st.booleans()) else left // 2
            if day < END and share:
                paid.append((f"VIR{number:02d}{part}", day, share))
                left -= share
        customer = draw(st.sampled_from(["ALPHA", "BETA"]))
        sales.append(Sale(customer, f"F{number:04d}", on, amount, tuple(paid)))
    return sales


def export(sales: list[Sale], year: int, until: date, opened_at: date) -> Fec:
    """The books of a year up to a day; what they open with was known on the day `opened_at`."""
    books = Fec(year)
    first, last = date(year, 1, 1), min(until, date(year, 12, 31))
    # The first entry of both years is the same in every export, as rents are.
    _rent(books, first)
    letters = {sale.number: f"L{place:03d}" if sale.paid else "" for place, sale in enumerate(sales)}
    if year == 2026:
        rows = [
            (sale.customer, sale.number, f"{sale.on:%Y%m%d}", sale.left(opened_at), letters[sale.number])
            for sale in sales
            if sale.on <= opened_at and sale.left(opened_at)
        ]
        if rows:
            books.opening(*rows)
    for sale in sales:
        if first <= sale.on <= last:
            books.sale(sale.customer, sale.number, f"{sale.on:%Y%m%d}", sale.amount, letters[sale.number])
        for reference, on, amount in sale.paid:
            if first <= on <= last:
                books.paid(sale.customer, reference, f"{on:%Y%m%d}", amount, letters[sale.number])
    return _rent(books, last)


def _rent(books: Fec, on: date) -> Fec:
    day = f"{on:%Y%m%d}"
    return books._entry("OD", "Divers", day, [("613", "", "L", day, 1, ""), ("401", "", "L", day, -1, "")])


ORDERS = [
    "early year middle end", "early middle year end", "early middle end year",
    "middle early year end", "middle early end year", "middle end early year",
]  # fmt: skip
"""The exports of one year come one after the other; those of the two years come in any order."""


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sales=companies(), early=st.integers(30, 360), middle=st.integers(1, 300), order=st.sampled_from(ORDERS),
    left_out=st.sets(st.sampled_from(["early", "middle"])),
)  # fmt: skip
def test_the_ledger_ends_where_the_books_end(
    creditor: Creditor, sales: list[Sale], early: int, middle: int, order: str, left_out: set[str]
) -> None:
    closed, known = NEW_YEAR - timedelta(days=1), FIRST + timedelta(days=early)
    files = {
        "early": export(sales, 2025, known, known),
        "year": export(sales, 2025, closed, closed),
        "middle": export(sales, 2026, NEW_YEAR + timedelta(days=middle), known),
        "end": export(sales, 2026, END, closed),
    }
    taken: set[str] = set()
    with transaction.atomic():
        for name in order.split():
            if name in left_out:
                continue
            with contextlib.suppress(import_books.ImportRefused):  # only: nothing of a customer in it yet
                import_books.import_file(creditor, files[name].bytes(), files[name].name, at=AT, actor="test")
                taken.add(name)
        assert all("411" not in files[name].bytes().decode() for name in {"year", "end"} - taken)
        for day in (closed, END):
            opened = open_items(creditor, day)
            found = sorted(opened.select("number", "open").rows())
            assert found == sorted((sale.number, sale.left(day)) for sale in sales if sale.left(day)), day
            assert unallocated(creditor, day).is_empty()
        assert Receivable.objects.count() == len(sales)
        for row in Receivable.objects.all():
            sale = next(one for one in sales if one.number == row.number)
            assert (row.amount, row.issued_on) == (sale.amount, sale.on)
            assert (row.settled_on is None) == bool(sale.left(END))
        assert Payment.objects.exclude(kind="correction").count() == sum(len(sale.paid) for sale in sales)
        assert not Payment.objects.filter(kind="correction").exclude(amount=0).exists()
        assert Allocation.objects.filter(amount=0).count() == 0
        transaction.set_rollback(True)
