"""Payments of a table into the ledger: set against the invoices they name, else credit of their customer.

They are payments of the scope "tables": a movement at the bank that is the same money is seen as such, and where the
books reach, these payments give way to them (`tables_give_way`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from encaisse.exchange.table_found import TablePayment
from encaisse.ledger.bank_entries import BATCH
from encaisse.ledger.einvoice_draft import minor
from encaisse.ledger.in_books import NEAR
from encaisse.ledger.matching.numbers import Numbers
from encaisse.ledger.models import Allocation, Payment, Receivable
from encaisse.ledger.settle import settle
from encaisse.ledger.stated_payments import AGED, BOOKS, PREFIX, SCOPE, books_reach, tied_payments
from encaisse.ledger.table_people import Named
from encaisse.ledger.table_work import Work, plain_number
from encaisse.parties.models import Customer

KEY = "table#paid#"
_CHUNK = 400


@dataclass(slots=True)
class _Open:
    """A receivable and what is left of it but for what lists state, which gives way."""

    id: int
    number: str
    invoice: int
    customer: int
    currency: str
    issued_on: date
    room: int


@dataclass(slots=True)
class _Desk:
    rows: dict[int, list[_Open]] = field(default_factory=lambda: defaultdict(list))
    by_number: dict[str, list[_Open]] = field(default_factory=lambda: defaultdict(list))


def take(payments: Sequence[TablePayment], work: Work) -> None:
    """Write what these rows say. In the caller's transaction; `stated_payments.restate` comes after."""
    if not payments:
        return
    desk = _desk(work)
    reach = books_reach(work.creditor)
    known = _elsewhere(work)
    of_books = _in_books(work)
    standing = _standing(work)
    seen: Counter[str] = Counter()
    covered = again = 0
    for one in payments:
        customer = _customer(one, desk, work)
        currency = one.currency or work.creditor.currency
        amount = minor(one.amount, currency)
        if customer is None or amount <= 0:
            what = " ".join(
                part for part in (one.customer_name or one.customer_code, *one.invoices, one.reference) if part
            )
            code = "payment_of_nobody" if customer is None else "payment_back"
            work.add(code, one.line, name=what, amount=one.amount, currency=currency)
            continue
        told = f"{one.paid_on}|{amount}|{one.reference or ','.join(one.invoices)}"[:150]
        key = f"{KEY}{work.layout}|{told}|{seen[told]}"
        seen[told] += 1
        row = standing.get(key)
        if row is not None:
            again += 1
            _allocate(row, one, desk, work)
            continue
        if reach is not None and one.paid_on <= reach and customer.pk in of_books:
            covered += 1
            continue
        if _taken(known, (customer.pk, currency, amount), one.paid_on):
            covered += 1
            continue
        row = Payment.objects.create(
            creditor=work.creditor, customer=customer, kind=Payment.Kind.PAYMENT, key=key, scope=SCOPE,
            reference=(one.reference or ", ".join(one.invoices))[:100], label=one.label[:300], paid_on=one.paid_on,
            amount=amount, currency=currency, recorded_at=work.stamp.at, source=work.source,
        )  # fmt: skip
        work.new["payments"] += 1
        work.new["received"] += amount
        work.say(customer, "payments", f"{one.reference} {amount} {one.paid_on} payment")
        _allocate(row, one, desk, work)
    if covered:
        work.notes.append({"code": "payments_known", "count": covered})
        work.add("payments_known", None, count=covered)


def _customer(one: TablePayment, desk: _Desk, work: Work) -> Customer | None:
    """Whose payment it is: as the row says, else whose the invoice it names is."""
    said = Named(one.customer_code, one.customer_name)
    found = work.people.find(said) if (said.code or said.name) else None
    owners = {row.customer for number in one.invoices for row in desk.by_number.get(plain_number(number), ())}
    if found is None and len(owners) == 1:
        found = work.people.by_id[next(iter(owners))]
    return found


# --- what it pays ---------------------------------------------------------------------------------------------------


def _allocate(row: Payment, one: TablePayment, desk: _Desk, work: Work) -> None:
    """Set what is free of a payment against what it names; by its exact amount only where one invoice has it."""
    left = row.amount - sum(row.allocations.values_list("amount", flat=True))
    if left <= 0:
        return
    mine = [open_ for open_ in desk.rows.get(row.customer_id, ()) if open_.room > 0 and open_.currency == row.currency]
    rule, chosen = _chosen(one, mine, left, work)
    made: list[Allocation] = []
    for open_ in chosen:
        amount = min(left, open_.room)
        if amount <= 0:
            continue
        made.append(
            Allocation(
                creditor=work.creditor, receivable_id=open_.id, payment=row, amount=amount,
                counts_on=max(row.paid_on, open_.issued_on), rule=rule, scope=SCOPE, recorded_at=work.stamp.at,
            )
        )  # fmt: skip
        open_.room -= amount
        left -= amount
        work.touched.add(open_.invoice)
    Allocation.objects.bulk_create(made, BATCH)
    settle(work.creditor.pk, receivables=[each.receivable_id for each in made], payments=[row.pk])
    work.new["allocations"] += len(made)


def _chosen(one: TablePayment, rows: list[_Open], left: int, work: Work) -> tuple[str, list[_Open]]:
    customer = rows[0].customer if rows else 0
    group = work.groups.get((customer, one.matching), ()) if one.matching else ()
    if group:
        return "lettering", [row for row in rows if row.invoice in group]
    if one.invoices:
        wanted = [plain_number(number) for number in one.invoices]
        return "reference", [row for number in wanted for row in rows if plain_number(row.number) == number]
    said = Numbers(row.number for row in rows).read(f"{one.reference} {one.label}")
    places = [place for mention in said.mentions for place in mention.places]
    if places:
        return "reference", [rows[place] for place in dict.fromkeys(places)]
    same = [row for row in rows if row.room == left and row.issued_on <= one.paid_on]
    return "amount", same if len(same) == 1 else []


def _desk(work: Work) -> _Desk:
    """What is open by everything but what lists state."""
    desk = _Desk()
    tied = tied_payments(work.creditor)
    taken: Counter[int] = Counter()
    found = Receivable.objects.filter(creditor=work.creditor).exclude(scope=AGED)
    stated = Q(allocations__payment__scope=SCOPE, allocations__payment__key__startswith=PREFIX)
    found = found.filter(Q(settled_on__isnull=True) | stated).distinct().order_by("due_on", "pk")
    rows = list(found.values_list("pk", "number", "invoice_id", "customer_id", "currency", "issued_on", "amount"))
    ids = [row[0] for row in rows]
    for at in range(0, len(ids), _CHUNK):
        entries = Allocation.objects.filter(creditor=work.creditor, receivable_id__in=ids[at : at + _CHUNK])
        for pk, amount, payment, scope, key in entries.values_list(
            "receivable_id", "amount", "payment_id", "payment__scope", "payment__key"
        ):
            if scope != SCOPE or not key.startswith(PREFIX) or payment in tied:
                taken[pk] += amount
    for pk, number, invoice, customer, currency, issued_on, amount in rows:
        one = _Open(pk, number, invoice, customer, currency, issued_on, amount - taken[pk])
        desk.rows[customer].append(one)
        desk.by_number[plain_number(number)].append(one)
    return desk


# --- the same money ------------------------------------------------------------------------------------------------


def _standing(work: Work) -> dict[str, Payment]:
    """Payments that earlier tables of this layout told of, by key without the mark of a merged customer."""
    rows = Payment.objects.filter(creditor=work.creditor, scope=SCOPE, key__startswith=f"{KEY}{work.layout}|")
    return {row.key.partition("~")[0]: row for row in rows}


def _elsewhere(work: Work) -> dict[tuple[int, str, int], list[date]]:
    """Days of payments that the bank, the books or other tables told of: by customer, currency and amount."""
    rows = Payment.objects.filter(creditor=work.creditor, kind=Payment.Kind.PAYMENT, amount__gt=0)
    rows = rows.exclude(scope=SCOPE, key__startswith=f"{KEY}{work.layout}|")
    # What a list states of its own gives way to a payment; one that the bank has seen is real.
    rows = rows.exclude(Q(scope=SCOPE, key__startswith=PREFIX) & ~Q(pk__in=tied_payments(work.creditor)))
    found: dict[tuple[int, str, int], list[date]] = defaultdict(list)
    for customer, currency, amount, on in rows.values_list("customer_id", "currency", "amount", "paid_on"):
        found[customer, currency, amount].append(on)
    for customer, currency, amount, on in _taken_back(work):
        days = found[customer, currency, -amount]
        if on in days:
            days.remove(on)
    return found


def _taken_back(work: Work) -> Iterable[tuple[int, str, int, date]]:
    """Counter-entries of payments that were taken back: those came to nothing."""
    rows = Payment.objects.filter(creditor=work.creditor, key__startswith="back|", amount__lt=0)
    return rows.values_list("customer_id", "currency", "amount", "paid_on")


def _taken(known: dict[tuple[int, str, int], list[date]], place: tuple[int, str, int], on: date) -> bool:
    """Whether a payment told elsewhere is this one: same customer and amount, within a week. Each is used once."""
    near = [day for day in known.get(place, ()) if abs(day - on) <= NEAR]
    if not near:
        return False
    known[place].remove(min(near, key=lambda day: (abs(day - on), day)))
    return True


def _in_books(work: Work) -> set[int]:
    """Customers the books tell of."""
    rows = Receivable.objects.filter(creditor=work.creditor, scope__startswith=BOOKS)
    pays = Payment.objects.filter(creditor=work.creditor, scope__startswith=BOOKS)
    return set(rows.values_list("customer_id", flat=True)) | set(pays.values_list("customer_id", flat=True))
