"""What a table says is still owed, written as payments of a scope of their own, beside books and bank.

A list of invoices says "120 of 1,200 are left" and mostly not when the rest was paid. What neither the books nor the
bank nor a credit note explains of it is written as paid: on the day the list tells, else on the day of the list. It is
reckoned anew whenever something else may explain it: then it falls, down to nothing, so that no money counts twice.
Where the books reach the day of the list, they say alone what is paid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl
from django.db.models import Max

from encaisse.journal.append import Line, append_many
from encaisse.ledger.bank_entries import Stamp
from encaisse.ledger.frames import Schema
from encaisse.ledger.matching.text import name_key
from encaisse.ledger.models import Allocation, Import, Match, Payment
from encaisse.ledger.settle import settle
from encaisse.parties.models import Creditor, Customer
from encaisse.storage import frames

SCOPE = "tables"
"""The scope of payments that tables tell of. Books are compared as if it were not there (`known`)."""
AGED = "tables:aged"
"""The scope of what is known of a customer from an aged balance only."""
RULE = "stated"
UNDATED = "table"
"""The label of what a list says is paid; where the payment is a correction, the list does not say when."""
PREFIX = "stated#"
BOOKS = "fec:"
BATCH = 2_000
_CHUNK = 400
_SHOWN = 20
_STATEMENTS: Schema = {
    "invoice": pl.Int64, "open": pl.Int64, "as_of": pl.Date, "paid_on": pl.Date, "scope": pl.String,
    "customer": pl.Int64, "code": pl.String, "number": pl.String, "currency": pl.String, "source": pl.Int64,
}  # fmt: skip
_ROWS: Schema = {
    "id": pl.Int64, "invoice": pl.Int64, "amount": pl.Int64, "issued_on": pl.Date, "due_on": pl.Date,
}  # fmt: skip
_PARTS: Schema = {
    "receivable": pl.Int64, "payment": pl.Int64, "amount": pl.Int64, "on": pl.Date, "key": pl.String,
    "scope": pl.String,
}  # fmt: skip


@dataclass(slots=True)
class _Row:
    """One receivable: what is open of it but for what tables state, and what they state, by (day, payment)."""

    id: int
    amount: int
    issued_on: date
    due_on: date
    others: int = 0
    stated: dict[tuple[date, int], int] = field(default_factory=dict)

    @property
    def room(self) -> int:
        return max(0, self.amount - self.others)

    @property
    def have(self) -> int:
        return sum(self.stated.values())


@dataclass(slots=True)
class _Change:
    """What is to be written: allocations, and how much more or less each payment is, by (invoice, day) or by id."""

    more: dict[tuple[int, date], list[tuple[_Row, int]]] = field(default_factory=lambda: defaultdict(list))
    less: list[tuple[_Row, date, int, int]] = field(default_factory=list)


def restate(stamp: Stamp, invoices: Collection[int] | None = None) -> list[dict[str, Any]]:
    """Bring stated payments in line with everything else known of these invoices (None: all that tables speak of).

    In the caller's transaction. Returns notes: invoices the books leave open though a table says otherwise.
    """
    creditor = stamp.creditor
    said = _read(_SAID, creditor, invoices, _STATEMENTS)
    if said.is_empty():
        return []
    rows = _rows(creditor, invoices)
    reach = books_reach(creditor)
    better = _better_known(creditor, said)
    change, notes = _Change(), []
    by_invoice = {one["invoice"]: one for one in said.iter_rows(named=True)}
    for pk, one in by_invoice.items():
        mine = rows.get(pk, [])
        wanted = _wanted(one, mine, reach, better)
        by_books = one["scope"].startswith(BOOKS) and reach is not None and reach >= one["as_of"]
        left = sum(row.amount - row.others for row in mine)
        if by_books and left > one["open"] >= 0:
            notes.append({"code": "books_leave_open", "number": one["number"], "customer": one["code"], "amount": left})
        _compare(pk, one, mine, wanted, change)
    _write(stamp, by_invoice, change)
    return notes


def books_reach(creditor: Creditor) -> date | None:
    """The last day the books tell of; None without books."""
    told: date | None = Import.objects.filter(creditor=creditor, kind="fec").aggregate(to=Max("last_day"))["to"]
    return told


def take_back(stamp: Stamp, payments: Sequence[Payment], why: str) -> set[int]:
    """Take back payments of tables with all that was set against them: at no day did they hold."""
    undone: list[Allocation] = []
    for row in payments:
        nets: dict[tuple[int, date], int] = defaultdict(int)
        for receivable, on, amount in row.allocations.values_list("receivable_id", "counts_on", "amount"):
            nets[receivable, on] += amount
        undone += [_allocation(stamp, pk, row.pk, -net, on, why) for (pk, on), net in nets.items() if net]
        row.amount = 0
    Allocation.objects.bulk_create(undone, BATCH)
    Payment.objects.bulk_update(list(payments), ["amount"], BATCH)
    touched = {one.receivable_id for one in undone}
    settle(stamp.creditor.pk, receivables=sorted(touched), payments=[row.pk for row in payments])
    return touched


def date_by_movements(stamp: Stamp, pairs: Iterable[tuple[int, date]]) -> None:
    """Give payments stated without their day the day on which the bank saw them: (payment, day)."""
    days = dict(pairs)
    rows = Payment.objects.filter(
        creditor=stamp.creditor, pk__in=list(days), scope=SCOPE, kind=Payment.Kind.CORRECTION,
        key__startswith=PREFIX,
    )  # fmt: skip
    moved: list[Allocation] = []
    touched: set[int] = set()
    for row in rows:
        day = days[row.pk]
        nets: dict[tuple[int, date], int] = defaultdict(int)
        for receivable, on, amount in row.allocations.values_list("receivable_id", "counts_on", "amount"):
            nets[receivable, on] += amount
        for (receivable, on), net in nets.items():
            if net and on != day:
                moved += [
                    _allocation(stamp, receivable, row.pk, -net, on),
                    _allocation(stamp, receivable, row.pk, net, day),
                ]
                touched.add(receivable)
        row.kind, row.paid_on = Payment.Kind.PAYMENT, day
        row.save(update_fields=["kind", "paid_on"])
        touched.update(receivable for receivable, _on in nets)
    Allocation.objects.bulk_create(moved, BATCH)
    settle(stamp.creditor.pk, receivables=sorted(touched), payments=[row.pk for row in rows])


# --- what is known --------------------------------------------------------------------------------------------------

_SAID = """
SELECT s.invoice_id, s.open, s.as_of, s.paid_on, i.scope, i.customer_id, c.code, i.number, i.currency, s.source_id
FROM ledger_tablestatement s JOIN ledger_invoice i ON i.id = s.invoice_id
JOIN parties_customer c ON c.id = i.customer_id WHERE s.creditor_id = %s"""
_OF_INVOICES = """
SELECT r.id, r.invoice_id, r.amount, r.issued_on, r.due_on
FROM ledger_receivable r JOIN ledger_tablestatement s ON s.invoice_id = r.invoice_id WHERE s.creditor_id = %s"""
_SET_AGAINST = """
SELECT a.receivable_id, a.payment_id, a.amount, a.counts_on, p.key, p.scope
FROM ledger_allocation a JOIN ledger_payment p ON p.id = a.payment_id
JOIN ledger_receivable r ON r.id = a.receivable_id
JOIN ledger_tablestatement s ON s.invoice_id = r.invoice_id WHERE s.creditor_id = %s"""


def _read(sql: str, creditor: Creditor, invoices: Collection[int] | None, schema: Schema) -> pl.DataFrame:
    if invoices is None:
        return frames.read(sql, [creditor.pk], schema)
    parts = [pl.DataFrame(schema=schema)]
    wanted = sorted(set(invoices))
    for at in range(0, len(wanted), _CHUNK):
        bite = wanted[at : at + _CHUNK]
        marks = ", ".join(["%s"] * len(bite))
        parts.append(frames.read(f"{sql} AND s.invoice_id IN ({marks})", [creditor.pk, *bite], schema))
    return pl.concat(parts)


def _rows(creditor: Creditor, invoices: Collection[int] | None) -> dict[int, list[_Row]]:
    found: dict[int, _Row] = {}
    by_invoice: dict[int, list[_Row]] = defaultdict(list)
    read = _read(_OF_INVOICES, creditor, invoices, _ROWS).sort("due_on", "id")
    for pk, invoice, amount, issued_on, due_on in read.iter_rows():
        found[pk] = _Row(pk, amount, issued_on, due_on)
        by_invoice[invoice].append(found[pk])
    tied = tied_payments(creditor)
    for receivable, payment, amount, on, key, scope in _read(_SET_AGAINST, creditor, invoices, _PARTS).iter_rows():
        row = found[receivable]
        if scope == SCOPE and key.startswith(PREFIX) and payment not in tied:
            row.stated[on, payment] = row.stated.get((on, payment), 0) + amount
        else:
            row.others += amount
    return by_invoice


def tied_payments(creditor: Creditor) -> set[int]:
    """Payments of tables that a movement at the bank was seen as: they are real, whatever a list says."""
    rows = Match.objects.filter(creditor=creditor, state=Match.State.BOOKED, payment__scope=SCOPE)
    return set(rows.values_list("payment_id", flat=True))


def _better_known(creditor: Creditor, said: pl.DataFrame) -> set[int]:
    """Customers of whom more is known than the sums of an aged balance: by their own rows, or those of their name."""
    lumped = set(said.filter(pl.col("scope") == AGED)["customer"])
    if not lumped:
        return set()
    sql = "SELECT DISTINCT r.customer_id FROM ledger_receivable r WHERE r.creditor_id = %s AND r.scope <> %s"
    known = set(frames.read(sql, [creditor.pk, AGED], {"customer": pl.Int64})["customer"])
    names = dict(Customer.objects.filter(creditor=creditor).values_list("pk", "name"))
    keys = {name_key(names[pk]) for pk in known if names.get(pk)}
    return {pk for pk in lumped if pk in known or (names.get(pk) and name_key(names[pk]) in keys)}


# --- what is wanted -------------------------------------------------------------------------------------------------


def _wanted(said: Mapping[str, Any], rows: Sequence[_Row], reach: date | None, better: Collection[int]) -> int:
    """How much of the invoice is paid that nothing but the table explains, in minor units."""
    room = sum(row.room for row in rows)
    reached = reach is not None and reach >= said["as_of"]
    if said["scope"] == AGED and (reached or said["customer"] in better):
        return room
    if reached and said["scope"].startswith(BOOKS):
        return 0
    explained = sum(row.others for row in rows)
    return min(room, max(0, sum(row.amount for row in rows) - said["open"] - explained))


def _compare(invoice: int, said: Mapping[str, Any], rows: Sequence[_Row], wanted: int, change: _Change) -> None:
    """The earliest due is paid first; what is too much is taken back from what was stated last."""
    day = said["paid_on"] if said["paid_on"] and said["open"] <= 0 else said["as_of"]
    for row in rows:
        target = min(row.room, wanted)
        wanted -= target
        if target > row.have:
            change.more[invoice, max(day, row.issued_on)].append((row, target - row.have))
        back = row.have - target
        for (on, payment), amount in sorted(row.stated.items(), reverse=True):
            taken = min(max(back, 0), amount)
            if taken > 0:
                change.less.append((row, on, payment, taken))
                back -= taken


# --- writing --------------------------------------------------------------------------------------------------------


def _write(stamp: Stamp, said: Mapping[int, Mapping[str, Any]], change: _Change) -> None:
    entries: list[Allocation] = []
    less: dict[int, int] = defaultdict(int)
    for row, on, payment, amount in change.less:
        entries.append(_allocation(stamp, row.id, payment, -amount, on, "undone"))
        less[payment] += amount
    payments = _grown(stamp, said, change)
    for place, parts in change.more.items():
        entries += [_allocation(stamp, row.id, payments[place].pk, amount, place[1]) for row, amount in parts]
    fallen = list(Payment.objects.filter(creditor=stamp.creditor, pk__in=list(less)))
    for one in fallen:
        one.amount -= less[one.pk]
    Payment.objects.bulk_update(fallen, ["amount"], BATCH)
    Allocation.objects.bulk_create(entries, BATCH)
    touched = {one.payment_id for one in entries}
    settle(stamp.creditor.pk, receivables=[one.receivable_id for one in entries], payments=sorted(touched))
    _journal(stamp, said, change)


def _grown(stamp: Stamp, said: Mapping[int, Mapping[str, Any]], change: _Change) -> dict[tuple[int, date], Payment]:
    """The payment of each invoice and day, made or made larger."""
    keys = {f"{PREFIX}{invoice}#{day}": (invoice, day) for invoice, day in change.more}
    found: dict[tuple[int, date], Payment] = {}
    taken: set[tuple[int, date]] = set()
    tied = tied_payments(stamp.creditor)
    wanted = list(keys)
    for at in range(0, len(wanted), _CHUNK):
        for row in Payment.objects.filter(creditor=stamp.creditor, scope=SCOPE, key__in=wanted[at : at + _CHUNK]):
            if row.pk in tied:
                taken.add(keys[row.key])
            else:
                found[keys[row.key]] = row
    fresh: list[Payment] = []
    for place, parts in change.more.items():
        amount = sum(part for _row, part in parts)
        if place in found:
            found[place].amount += amount
            continue
        key = f"{PREFIX}{place[0]}#{place[1]}"
        if place in taken:
            # A payment that a movement was seen as keeps its key.
            key += f"#{Payment.objects.filter(creditor=stamp.creditor, key__startswith=key).count()}"
        fresh.append(_payment(stamp, said[place[0]], place[1], amount, key))
        found[place] = fresh[-1]
    Payment.objects.bulk_update([row for row in found.values() if row.pk], ["amount"], BATCH)
    Payment.objects.bulk_create(fresh, BATCH)
    return found


def _payment(stamp: Stamp, said: Mapping[str, Any], on: date, amount: int, key: str) -> Payment:
    dated = said["paid_on"] is not None and said["open"] <= 0 and said["scope"] != AGED
    return Payment(
        creditor=stamp.creditor, customer_id=said["customer"], key=key,
        kind=Payment.Kind.PAYMENT if dated else Payment.Kind.CORRECTION, scope=SCOPE, reference=said["number"][:100],
        label="aged" if said["scope"] == AGED else UNDATED, paid_on=on, amount=amount, currency=said["currency"],
        recorded_at=stamp.at, source_id=said["source"],
    )  # fmt: skip


def _allocation(stamp: Stamp, receivable: int, payment: int, amount: int, on: date, rule: str = RULE) -> Allocation:
    return Allocation(
        creditor=stamp.creditor, receivable_id=receivable, payment_id=payment, amount=amount, counts_on=on,
        rule=rule[:20], scope=SCOPE, recorded_at=stamp.at,
    )  # fmt: skip


def _journal(stamp: Stamp, said: Mapping[int, Mapping[str, Any]], change: _Change) -> None:
    """One entry per customer: which invoices are paid by the word of a table, or no longer."""
    payments = {payment for _row, _on, payment, _amount in change.less}
    rows = Payment.objects.filter(creditor=stamp.creditor, pk__in=list(payments)).select_related("customer")
    named = {row.pk: (row.customer.code, row.reference) for row in rows}
    told: dict[str, list[str]] = defaultdict(list)
    for (invoice, day), parts in change.more.items():
        one = said[invoice]
        told[one["code"]].append(f"{one['number']} {sum(amount for _row, amount in parts)} {day}")
    for _row, on, payment, amount in change.less:
        code, number = named[payment]
        told[code].append(f"{number} {-amount} {on}")
    lines = [
        Line(code, "ledger_changed", {"stated": {"count": len(items), "first": items[:_SHOWN]}, "scope": SCOPE})
        for code, items in sorted(told.items())
    ]
    append_many(stamp.creditor.pk, lines, at=stamp.at, actor=stamp.actor)
