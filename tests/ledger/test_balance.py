"""Balances on any day, the shortcut that passes over what is settled, and aging."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaisse.ledger import balance, freshness, import_books, settle
from encaisse.ledger.models import Allocation, Invoice, Payment, Receivable
from encaisse.ledger.receivables import listing
from encaisse.parties.models import Creditor, Customer
from tests.ledger.books import AT, Fec

DAY = date(2026, 1, 1)
days = st.integers(0, 12).map(lambda number: DAY + timedelta(days=number))


@given(
    rows=st.lists(st.tuples(st.integers(-3, 3), days), min_size=1, max_size=6),
    parts=st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3), days), max_size=14),
)
def test_the_day_something_is_settled_is_what_the_allocations_say(
    rows: list[tuple[int, date]], parts: list[tuple[int, int, date]]
) -> None:
    frame = pl.DataFrame(
        [(number, amount, start) for number, (amount, start) in enumerate(rows)],
        schema={"id": pl.Int64, "amount": pl.Int64, "start": pl.Date}, orient="row",
    )  # fmt: skip
    parts = [part for part in parts if part[0] < len(rows)]
    allocations = pl.DataFrame(parts, schema={"id": pl.Int64, "amount": pl.Int64, "counts_on": pl.Date}, orient="row")
    found = dict(settle.derive(frame, allocations).iter_rows())
    for number, (amount, start) in enumerate(rows):
        mine = [(on, part) for row, part, on in parts if row == number]
        assert found[number] == _plainly(amount, start, mine)


def _plainly(amount: int, start: date, parts: list[tuple[date, int]]) -> date | None:
    """Day by day: the first change after which nothing is open any more, ever."""
    changes = sorted({on for on, _ in parts})
    opened = [(on, amount - sum(part for day, part in parts if day <= on)) for on in changes]
    settled = None if amount else start
    for on, left in opened:
        if left:
            settled = None
        elif settled is None:
            settled = on
    if not amount and all(not left for _, left in opened):
        return start
    return settled


@pytest.fixture
def ledger(creditor: Creditor) -> tuple[Creditor, list[int], list[int]]:
    """Four receivables and three payments of two customers, nothing allocated."""
    customers = [Customer.objects.create(creditor=creditor, code=f"C{number}", name=f"C{number}") for number in (1, 2)]
    rows, payments = [], []
    for number, amount in enumerate((5, 3, 4, 2)):
        customer = customers[number % 2]
        invoice = Invoice.objects.create(
            creditor=creditor, customer=customer, number=f"F{number}", issued_on=DAY, amount=amount, currency="EUR"
        )
        rows.append(
            Receivable.objects.create(
                creditor=creditor, customer=customer, invoice=invoice, number=f"F{number}", key=f"F{number}",
                currency="EUR", amount=amount, issued_on=DAY + timedelta(days=number), due_on=DAY, due_from="default",
                recorded_at=AT,
            ).pk
        )  # fmt: skip
    for number, amount in enumerate((5, 4, 6)):
        payments.append(
            Payment.objects.create(
                creditor=creditor, customer=customers[number % 2], kind="payment", key=f"P{number}", amount=amount,
                paid_on=DAY + timedelta(days=number), currency="EUR", recorded_at=AT,
            ).pk
        )  # fmt: skip
    return creditor, rows, payments


links = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([-5, -2, 1, 2, 3, 5]), days), max_size=8
)


# The rows stay, each example's allocations are rolled back.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=links)
def test_the_shortcut_changes_no_balance(
    ledger: tuple[Creditor, list[int], list[int]], chosen: list[tuple[int, int, int, date]]
) -> None:
    creditor, rows, payments = ledger
    with transaction.atomic():
        for row, payment, amount, on in chosen:
            Allocation.objects.create(
                creditor=creditor, receivable_id=rows[row], payment_id=payments[payment], amount=amount, counts_on=on,
                rule="test", recorded_at=AT,
            )  # fmt: skip
        settle.settle(creditor.pk, receivables=rows, payments=payments)
        quick = [_seen(creditor, DAY + timedelta(days=number)) for number in range(14)]
        Receivable.objects.update(settled_on=None)
        Payment.objects.update(spent_on=None)
        slow = [_seen(creditor, DAY + timedelta(days=number)) for number in range(14)]
        assert quick == slow
        assert slow == [_by_hand(creditor, DAY + timedelta(days=number)) for number in range(14)]
        transaction.set_rollback(True)


def _seen(creditor: Creditor, on: date) -> tuple[dict[int, int], dict[int, int]]:
    opened = balance.open_items(creditor, on)
    credit = balance.unallocated(creditor, on)
    return dict(opened.select("receivable", "open").iter_rows()), dict(credit.select("customer", "credit").iter_rows())


def _by_hand(creditor: Creditor, on: date) -> tuple[dict[int, int], dict[int, int]]:
    opened = {row.pk: row.amount for row in Receivable.objects.filter(issued_on__lte=on)}
    credit: dict[int, int] = defaultdict(int)
    held = {row.pk: row for row in Payment.objects.filter(paid_on__lte=on)}
    for payment in held.values():
        credit[payment.customer_id] += payment.amount
    for part in Allocation.objects.filter(counts_on__lte=on):
        if part.receivable_id in opened:
            opened[part.receivable_id] -= part.amount
        if part.payment_id in held:
            credit[held[part.payment_id].customer_id] -= part.amount
    return {key: left for key, left in opened.items() if left}, {key: left for key, left in credit.items() if left}


@given(
    lines=st.lists(st.tuples(st.integers(-200, 200), st.integers(-(10**12), 10**12)), max_size=40),
)
def test_aging_buckets_sum_to_the_ledger(lines: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(
        [(DAY - timedelta(days=late), amount) for late, amount in lines],
        schema={"due_on": pl.Date, "open": pl.Int64}, orient="row",
    )  # fmt: skip
    found = balance.aging(frame, DAY)
    assert tuple(found) == balance.BUCKETS
    assert sum(found.values()) == sum(amount for _, amount in lines)


@pytest.mark.parametrize(
    ("late", "bucket"),
    [(-5, "not_due"), (0, "not_due"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"),
     (90, "61-90"), (91, "91+"), (4000, "91+")],
)  # fmt: skip
def test_each_day_is_in_one_bucket(late: int, bucket: str) -> None:
    frame = pl.DataFrame({"due_on": [DAY - timedelta(days=late)], "open": [7]})
    assert {name for name, total in balance.aging(frame, DAY).items() if total} == {bucket}


def books() -> Fec:
    return (
        Fec(2025).sale("ALPHA", "F1", "20250110", 10_050).sale("ALPHA", "F2", "20250210", 5_000)
        .paid("ALPHA", "Acompte F1", "20250301", 1_000).sale("BETA", "F3", "20250115", 700)
    )  # fmt: skip


def test_the_listing_has_the_shape_that_was_promised(creditor: Creditor) -> None:
    assert freshness.books_to(creditor) is None
    import_books.import_file(creditor, books().bytes(), books().name, at=AT, actor="test")
    assert freshness.books_to(creditor) == date(2025, 3, 1)
    found = listing(creditor, date(2025, 3, 12))
    assert found["as_of"] == "2025-03-12"
    assert found["receivables"][0] == {
        "customer": {"code": "ALPHA", "name": "Alpha SARL"}, "number": "F1", "issued_on": "2025-01-10",
        "due_on": "2025-02-09", "due_from": "default", "amount": "100.50", "open": "90.50", "currency": "EUR",
        "days_overdue": 31,
    }  # fmt: skip
    assert [line["days_overdue"] for line in found["receivables"]] == [31, 0, 26]
    assert found["totals"] == {"EUR": {"open": "147.50", "overdue": "97.50"}}
    nothing = {"EUR": {"open": "0.00", "overdue": "0.00"}}
    assert listing(creditor, date(2024, 1, 1)) == {"as_of": "2024-01-01", "receivables": [], "totals": nothing}


def test_balances_of_some_customers_only(creditor: Creditor) -> None:
    import_books.import_file(creditor, books().bytes(), books().name, at=AT, actor="test")
    beta = Customer.objects.get(code="BETA").pk
    day = date(2025, 12, 31)
    assert balance.open_items(creditor, day, customer_ids=[beta])["number"].to_list() == ["F3"]
    assert balance.open_items(creditor, day, customer_ids=[]).is_empty()
    assert balance.unallocated(creditor, day, customer_ids=[beta]).is_empty()


def test_nothing_of_another_creditor_is_seen(creditor: Creditor) -> None:
    import_books.import_file(creditor, books().bytes(), books().name, at=AT, actor="test")
    other = Creditor.objects.create(name="Autre")
    assert balance.open_items(other, date(2025, 12, 31)).is_empty()
    from django_scopes import scope

    with scope(creditor=other):
        row = import_books.import_file(other, books().bytes(), books().name, at=AT, actor="test")
    assert not row.report["unchanged"]
    assert balance.open_items(other, date(2025, 12, 31)).height == 3


@pytest.mark.django_db(transaction=True)
def test_the_same_outside_a_transaction() -> None:
    """There the rows come by another road (ADBC)."""
    creditor = Creditor.objects.create(name="Menuiserie Lefèvre")
    from django_scopes import scope

    with scope(creditor=creditor):
        import_books.import_file(creditor, books().bytes(), books().name, at=AT, actor="test")
        assert not connection.in_atomic_block
        by_adbc: Any = listing(creditor, date(2025, 3, 12))
        newer = books().sale("BETA", "F4", "20250401", 900)
        seen = import_books.inspect(creditor, newer.bytes(), newer.name)
        with transaction.atomic():
            assert listing(creditor, date(2025, 3, 12)) == by_adbc
            again = import_books.inspect(creditor, newer.bytes(), newer.name)
    assert seen == again
    assert seen.would["new"] == {"customers": 0, "invoices": 1, "payments": 0, "allocations": 0, "invoiced": 900}
