"""The same sales told by books, lists, payments, invoices and the bank: nothing counts twice, in any order."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaisse.ledger import import_books
from encaisse.ledger.balance import open_items, unallocated
from encaisse.ledger.models import Invoice, Payment
from encaisse.parties.models import Creditor
from tests.factories import instant
from tests.ledger.books import Fec
from tests.ledger.einvoices import SELLER, cii
from tests.ledger.statements import Statement

FIRST = date(2026, 1, 5)
LAST = date(2026, 6, 30)
TOLD = date(2026, 7, 2)
KINDS = ("books", "list", "open list", "payments", "bank", "invoices")
SIRENS = {"ALPHA": "552100554", "BETA": "732829320"[::-1]}


@dataclass(frozen=True)
class Sale:
    customer: str
    number: str
    on: date
    amount: int
    paid: tuple[tuple[date, int], ...]

    @property
    def left(self) -> int:
        return self.amount - sum(amount for _, amount in self.paid)


@st.composite
def companies(draw: st.DrawFn) -> list[Sale]:
    sales = []
    for number in range(draw(st.integers(1, 4))):
        on = FIRST + timedelta(days=draw(st.integers(0, 90)))
        amount = draw(st.integers(1, 4)) * 10_000 + draw(st.sampled_from([0, number]))
        paid, left, day = [], amount, on
        for _ in range(draw(st.integers(0, 2))):
            day += timedelta(days=draw(st.integers(1, 30)))
            share = left if draw(st.booleans()) else left // 2
            if share:
                paid.append((day, share))
                left -= share
        customer = draw(st.sampled_from(["ALPHA", "BETA"]))
        sales.append(Sale(customer, f"FA-2026-{number + 41:04d}", on, amount, tuple(paid)))
    return sales


def euros(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"


def files(kind: str, sales: list[Sale]) -> list[tuple[str, bytes]]:
    """What each source writes of these sales, complete up to the last day."""
    if kind == "books":
        fec = Fec(2026)
        for place, sale in enumerate(sales):
            letter = f"L{place:03d}" if sale.paid else ""
            fec.sale(sale.customer, sale.number, f"{sale.on:%Y%m%d}", sale.amount, letter)
            for at, (on, amount) in enumerate(sale.paid):
                fec.paid(sale.customer, f"VIR{place}{at}", f"{on:%Y%m%d}", amount, letter)
        fec._entry(
            "OD", "D", f"{LAST:%Y%m%d}", [("613", "", "L", "20260630", 1, ""), ("401", "", "L", "20260630", -1, "")]
        )
        return [(fec.name, fec.bytes())]
    if kind in ("list", "open list"):
        rows = [
            f"{one.number};{one.customer.title()} SARL;{one.on:%d/%m/%Y};{one.on + timedelta(days=45):%d/%m/%Y};"
            f"{euros(one.amount)};{euros(one.left)}"
            for one in sales
            if one.left or kind == "list"
        ]
        more = ";Lot" if kind == "open list" else ""
        head = f"Numéro de facture;Client;Date;Échéance;Montant TTC;Reste à payer{more}"
        return (
            [(f"{kind}.csv", "\n".join([head, *(row + (";x" if more else "") for row in rows), ""]).encode())]
            if rows
            else []
        )
    if kind == "payments":
        rows = [
            f"{on:%d/%m/%Y};{one.customer.title()} SARL;{euros(amount)};{one.number}"
            for one in sales
            for on, amount in one.paid
        ]
        return [("p.csv", "\n".join(["Date de règlement;Client;Montant;Facture", *rows, ""]).encode())] if rows else []
    if kind == "bank":
        statement = Statement("2026-01-01", "2026-06-30")
        for one in sales:
            for on, amount in one.paid:
                statement.line(f"{on}", f"{amount / 100:.2f}", f"VIR {one.number}", payer=f"{one.customer} SARL")
        return [("bank.xml", statement.bytes())]
    return [
        (
            f"{one.number}.xml",
            cii(
                one.number, f"{one.amount / 100:.2f}", issued=f"{one.on:%Y%m%d}", buyer=f"{one.customer.title()} SARL",
                buyer_id=SIRENS[one.customer], due=f"{one.on + timedelta(days=45):%Y%m%d}",
            ),
        )
        for one in sales
    ]  # fmt: skip


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sales=companies(), order=st.permutations(KINDS), count=st.integers(1, len(KINDS)))
def test_the_same_sales_told_twice_are_owed_once(
    creditor: Creditor, sales: list[Sale], order: list[str], count: int
) -> None:
    creditor.siren = SELLER
    creditor.save()
    chosen = order[:count]
    with transaction.atomic():
        for step, kind in enumerate(chosen):
            for name, content in files(kind, sales):
                at = instant(TOLD + timedelta(days=step))
                with contextlib.suppress(import_books.ImportRefused):  # only: payments of nobody known yet
                    import_books.import_file(creditor, content, name, at=at, actor="test")
        check(creditor, sales, chosen)
        transaction.set_rollback(True)


def check(creditor: Creditor, sales: list[Sale], told: list[str]) -> None:
    """Each invoice once; nothing more open or paid than there is; all of it where a source tells of payments."""
    on = TOLD + timedelta(days=30)
    left = {one.number: one.left for one in sales}
    numbers = list(Invoice.objects.values_list("number", flat=True))
    assert len(numbers) == len(set(numbers)) <= len(sales)
    opened = dict(open_items(creditor, on).select("number", "open").iter_rows())
    credit = sum(unallocated(creditor, on)["credit"])
    assert all(left[number] <= amount for number, amount in opened.items()), (opened, left)
    paid = sum(amount for one in sales for _, amount in one.paid)
    real = Payment.objects.exclude(label__in=["aged"])
    assert sum(real.values_list("amount", flat=True)) <= paid
    assert 0 <= credit <= paid
    known = set(numbers)
    if {"books", "list"} & set(told):
        assert {number: amount for number, amount in opened.items() if amount} == {
            number: amount for number, amount in left.items() if amount and number in known
        }
        assert credit == 0
