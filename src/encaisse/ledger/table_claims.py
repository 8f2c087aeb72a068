"""Invoices of a table into the ledger: found where they are known, else written under `STATED`.

The books win where they tell of an invoice, the document itself where it was read: a table then gives what neither says
(a due date) and the rest becomes a remark. What it says is still owed is kept, and `stated_payments` goes by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from encaisse.exchange.table_found import TableInvoice
from encaisse.ledger import due, instalments, table_credits
from encaisse.ledger.bank_entries import BATCH
from encaisse.ledger.frames import STATED, Schema
from encaisse.ledger.models import Invoice, Receivable, TableStatement
from encaisse.ledger.settle import settle
from encaisse.ledger.stated_payments import AGED, BOOKS
from encaisse.ledger.table_work import Work, day_of, minor_of, named, open_of, plain_number
from encaisse.money import to_decimal_text
from encaisse.parties.models import Creditor, Customer
from encaisse.storage import frames

NEAR = timedelta(days=62)
"""An invoice of the same number is the same when its day is no further away: numbers begin again."""
_CHUNK = 400
_KNOWN: Schema = {
    "id": pl.Int64, "customer": pl.Int64, "number": pl.String, "amount": pl.Int64, "issued_on": pl.Date,
    "currency": pl.String, "scope": pl.String,
}  # fmt: skip


@dataclass(slots=True)
class Claim:
    """One invoice of a table: its rows, in minor units. ``parts``: (due date or None, amount), the earliest first.

    ``open``: what the table says is left; None when it says nothing of it.
    """

    told: TableInvoice
    number: str
    currency: str
    issued_on: date
    amount: int
    open: int | None
    parts: list[tuple[date | None, int]]
    paid_on: date | None

    @property
    def yearly(self) -> str:
        """The number with its year, where numbers begin again."""
        year = f" ({self.issued_on.year})"
        return self.number if self.number.endswith(year) else self.number[:90] + year

    @property
    def foreign(self) -> str:
        """The number with its currency, where another document of the customer has it already."""
        return f"{self.number[:90]} {self.currency}"

    @property
    def amounts(self) -> set[int]:
        """What the books may say it amounts to: all of it, or what was left when they began."""
        return {self.amount} | ({self.open} if self.open else set())


def take(invoices: Sequence[TableInvoice], work: Work) -> None:
    """Write what these rows say. In the caller's transaction; `stated_payments.restate` comes after."""
    claims = _claims([one for one in invoices if one.type != "credit_note"], work)
    known = _Known(work.creditor, claims)
    fresh: list[tuple[Claim, Customer]] = []
    pairs: list[tuple[Claim, Invoice]] = []
    # Rows whose invoice is known tell who their customer is: looked at before any is made.
    waiting: list[Claim] = []
    seen: dict[object, Claim] = {}
    for claim in claims:
        said = named(claim.told)
        found = known.find(claim, work.people.find(said))
        if found is None:
            waiting.append(claim)
            continue
        work.people.is_of(said, work.people.standing(found.customer))
        if _first(claim, found.pk, seen, work):
            pairs.append((claim, found))
    for claim in waiting:
        customer = work.people.take(named(claim.told))
        found = known.find(claim, customer)
        if found is None and known.taken(claim.number, customer):
            claim.number = claim.foreign
        if not _first(claim, found.pk if found else (customer.pk, claim.number), seen, work):
            continue
        if found is not None:
            pairs.append((claim, found))
        elif not known.taken(claim.number, customer):
            fresh.append((claim, customer))
    made = _write(fresh, work)
    _complete(pairs, work)
    _statements([*pairs, *made], work)
    for claim, invoice in (*pairs, *made):
        if claim.told.matching:
            work.groups[invoice.customer_id, claim.told.matching].append(invoice.pk)
    table_credits.take([one for one in invoices if one.type == "credit_note"], work)
    if work.withdrawn:
        _cancelled(work)
    _no_longer_listed(invoices, work)


def _first(claim: Claim, place: object, seen: dict[object, Claim], work: Work) -> bool:
    """Whether no other rows of the table were this invoice, under another name of its customer."""
    known = seen.setdefault(place, claim)
    if known is not claim:
        work.add("number_of_another_row", claim.told.line, number=claim.told.number, first=known.told.line)
    return known is claim


# --- rows into claims -----------------------------------------------------------------------------------------------


def _claims(rows: Iterable[TableInvoice], work: Work) -> list[Claim]:
    """Rows of one number and customer are one invoice: its instalments, or its lines."""
    groups: dict[tuple[object, ...], list[TableInvoice]] = defaultdict(list)
    for one in rows:
        year = next((day for day in (one.issued_on, one.due_on) if day), work.as_of)
        place: tuple[object, ...] = (named(one).key, one.number, one.currency)
        first = groups.get(place)
        if first and abs(day_of(first[0]) - year) > NEAR:
            place = (*place, year.year)
        groups[place].append(one)
    found = [_claim(group, work, again=len(place) > 3) for place, group in groups.items()]
    return [claim for claim in found if claim is not None]


def _claim(rows: Sequence[TableInvoice], work: Work, *, again: bool) -> Claim | None:
    first = rows[0]
    currency = first.currency or work.creditor.currency
    amounts = [minor_of(one.gross if one.gross is not None else one.open, currency) for one in rows]
    opens = [open_of(one, currency) for one in rows]
    total = sum(amounts)
    if total <= 0:
        return None
    parts: dict[date | None, int] = defaultdict(int)
    for one, amount in zip(rows, amounts, strict=True):
        parts[one.due_on] += amount
    dated = sorted(parts.items(), key=lambda part: part[0] or date.max)
    if any(amount <= 0 for _day, amount in dated):
        dated = [(dated[-1][0], total)]
    issued_on = min(day_of(one) for one in rows)
    number = first.number[:90] + (f" ({issued_on.year})" if again else "")
    stated = sum(one for one in opens if one is not None) if all(one is not None for one in opens) else None
    paid_on = max((one.paid_on for one in rows if one.paid_on), default=None)
    return Claim(first, number, currency, issued_on, total, stated, dated, paid_on)


# --- what is known --------------------------------------------------------------------------------------------------


class _Known:
    """Invoices of the ledger about the days of a table, by number, signs and blanks in it left aside."""

    def __init__(self, creditor: Creditor, claims: Sequence[Claim]) -> None:
        self._by_number: dict[str, list[int]] = defaultdict(list)
        self._rows: dict[int, Invoice] = {}
        wanted = {plain_number(number) for claim in claims for number in (claim.number, claim.yearly, claim.foreign)}
        if not wanted:
            return
        first, last = min(one.issued_on for one in claims), max(one.issued_on for one in claims)
        read = frames.read(
            "SELECT id, customer_id, number, amount, issued_on, currency, scope FROM ledger_invoice"
            " WHERE creditor_id = %s AND scope <> %s AND ((issued_on >= %s AND issued_on <= %s) OR scope = %s)",
            [creditor.pk, AGED, first - NEAR, last + NEAR, STATED],
            _KNOWN,
        )
        ids: list[int] = []
        for pk, number in read.sort("id").select("id", "number").iter_rows():
            signs = plain_number(number)
            if signs in wanted:
                self._by_number[signs].append(pk)
                ids.append(pk)
        for at in range(0, len(ids), _CHUNK):
            rows = Invoice.objects.filter(creditor=creditor, pk__in=ids[at : at + _CHUNK])
            self._rows |= {row.pk: row for row in rows.select_related("customer")}

    def taken(self, number: str, customer: Customer) -> bool:
        """Whether a document of this customer that no books tell of has this very number."""
        rows = (self._rows[pk] for pk in self._by_number.get(plain_number(number), ()))
        return any((row.customer_id, row.number, row.scope) == (customer.pk, number, STATED) for row in rows)

    def find(self, claim: Claim, customer: Customer | None) -> Invoice | None:
        """The row of this invoice: of its customer; or of another with the same amount, when nothing contradicts."""
        places = [
            *self._by_number.get(plain_number(claim.number), ()),
            *self._by_number.get(plain_number(claim.foreign), ()),
        ]
        rows = [self._rows[pk] for pk in dict.fromkeys(places)]
        rows = [row for row in rows if row.currency == claim.currency]
        near = [row for row in rows if abs(row.issued_on - claim.issued_on) <= NEAR]
        if customer is not None:
            mine = [row for row in near if row.customer_id == customer.pk]
            far = [row for row in rows if row.customer_id == customer.pk and row.scope == STATED and row not in near]
            mine = mine or [row for row in far if row.amount == claim.amount]
            if far and not mine:
                # Numbers that begin again every year: under one scope they need their year.
                claim.number = claim.yearly
                mine = [
                    self._rows[pk]
                    for pk in self._by_number.get(plain_number(claim.number), ())
                    if self._rows[pk].customer_id == customer.pk
                ]
            if mine:
                exact = [row for row in mine if row.number == claim.number]
                return (exact or mine)[0]
        siren = claim.told.siren
        same = [
            row
            for row in near
            if row.amount in claim.amounts and not (siren and row.customer.siren and row.customer.siren != siren)
        ]
        return same[0] if len(same) == 1 and (customer is None or same[0].number == claim.number) else None


# --- new ones -------------------------------------------------------------------------------------------------------


def _write(fresh: Sequence[tuple[Claim, Customer]], work: Work) -> list[tuple[Claim, Invoice]]:
    made: list[tuple[Claim, Invoice]] = []
    for claim, customer in fresh:
        details = None
        if len(claim.parts) > 1 and all(day for day, _amount in claim.parts):
            details = {"instalments": [[day.isoformat(), amount] for day, amount in claim.parts if day]}
        made.append(
            (claim, Invoice(
                creditor=work.creditor, customer=customer, number=claim.number, scope=STATED,
                issued_on=claim.issued_on, amount=claim.amount, currency=claim.currency,
                label=claim.told.label[:300], opening=True, details=details, source=work.source,
            ))
        )  # fmt: skip
    Invoice.objects.bulk_create([invoice for _claim, invoice in made], BATCH)
    rows = [
        Receivable(
            creditor=work.creditor, customer=invoice.customer, invoice=invoice, scope=STATED, number=claim.number,
            key=instalments.key_of(claim.number, place), currency=claim.currency, amount=amount,
            issued_on=claim.issued_on, recorded_at=work.stamp.at, **_dated(claim, day, invoice.customer),
        )
        for claim, invoice in made
        for place, (day, amount) in enumerate(claim.parts)
    ]  # fmt: skip
    Receivable.objects.bulk_create(rows, BATCH)
    for claim, invoice in made:
        work.new["invoices"] += 1
        work.new["invoiced"] += claim.amount
        work.say(invoice.customer, "invoices", f"{claim.number} {claim.amount} {claim.issued_on} {claim.parts[-1][0]}")
    return made


def _dated(claim: Claim, day: date | None, customer: Customer) -> dict[str, Any]:
    if day is not None:
        return {"due_on": day, "due_from": Receivable.DueFrom.INVOICE}
    terms = claim.told.terms or customer.terms
    due_on, origin = due.due(claim.issued_on, terms, customer.creditor.default_terms)
    return {"due_on": due_on, "due_from": origin}


# --- known ones -----------------------------------------------------------------------------------------------------


def _complete(pairs: Sequence[tuple[Claim, Invoice]], work: Work) -> None:
    """Give known invoices the due dates of the table, and the amounts where nobody surer told them."""
    rows: dict[int, list[Receivable]] = defaultdict(list)
    ids = [invoice.pk for _claim, invoice in pairs]
    for at in range(0, len(ids), _CHUNK):
        found = Receivable.objects.filter(creditor=work.creditor, invoice_id__in=ids[at : at + _CHUNK])
        for row in found.order_by("due_on", "pk"):
            rows[row.invoice_id].append(row)
    for claim, invoice in pairs:
        mine = rows[invoice.pk]
        surer = invoice.scope.startswith(BOOKS) or bool((invoice.details or {}).get("type_code"))
        amended = _amount(claim, invoice, mine, work, surer=surer)
        moved = _due_dates(claim, invoice, mine, surer=bool((invoice.details or {}).get("type_code")))
        if moved:
            work.changed["due_dates"] += 1
            work.items.append({
                "what": "due_date", "customer": invoice.customer.code, "number": invoice.number,
                "before": moved[0].isoformat(), "after": moved[1].isoformat(),
            })  # fmt: skip
            work.say(invoice.customer, "due_dates", f"{invoice.number} {moved[0]} {moved[1]}")
        work.changed["invoices"] += amended


def _amount(claim: Claim, invoice: Invoice, rows: Sequence[Receivable], work: Work, *, surer: bool) -> bool:
    if invoice.amount == claim.amount or (surer and invoice.amount in claim.amounts):
        return False
    if claim.told.gross is None and claim.amount < invoice.amount:
        return False  # it says what is left of the invoice, not what it amounted to
    if surer or len(rows) != 1:
        books, stated = (to_decimal_text(one, claim.currency) for one in (invoice.amount, claim.amount))
        work.add("books_say_otherwise", claim.told.line, number=claim.number, books=books, stated=stated)
        return False
    before = {"amount": invoice.amount, "day": invoice.issued_on.isoformat()}
    rows[0].amount = invoice.amount = claim.amount
    rows[0].save(update_fields=["amount"])
    invoice.save(update_fields=["amount"])
    settle(work.creditor.pk, receivables=[rows[0].pk])
    after = {"amount": claim.amount, "day": before["day"]}
    place = {"what": "invoice", "customer": invoice.customer.code, "number": invoice.number}
    work.items.append({**place, "before": before, "after": after})
    work.say(invoice.customer, "changed", f"{invoice.number} {before['amount']} {claim.amount}")
    return True


def _due_dates(claim: Claim, invoice: Invoice, rows: Sequence[Receivable], *, surer: bool) -> tuple[date, date] | None:
    """Take the due dates told; what the invoice's own document says stays. Returns the last one before and after."""
    days = [day for day, _amount in claim.parts]
    if not rows or None in days:
        return None
    wanted = days if len(days) == len(rows) else [days[-1]] * len(rows)
    before, moved = rows[-1].due_on, False
    for row, day in zip(rows, wanted, strict=True):
        if day is None or (row.due_on == day and row.due_from == Receivable.DueFrom.INVOICE):
            continue
        if surer and row.due_from == Receivable.DueFrom.INVOICE:
            continue
        moved |= row.due_on != day
        row.due_on, row.due_from = day, Receivable.DueFrom.INVOICE
        row.save(update_fields=["due_on", "due_from"])
    return (before, rows[-1].due_on) if moved else None


# --- what is still owed ---------------------------------------------------------------------------------------------


def _statements(pairs: Sequence[tuple[Claim, Invoice]], work: Work) -> None:
    """Keep what the table says is open of each invoice; the newest statement counts."""
    standing = _standing(work.creditor, [invoice.pk for _claim, invoice in pairs])
    fresh, again = [], []
    for claim, invoice in pairs:
        work.touched.add(invoice.pk)
        if claim.open is None:
            continue
        work.states = True
        row = standing.get(invoice.pk)
        values = {
            "layout": work.layout, "open": claim.open, "as_of": work.as_of, "paid_on": claim.paid_on, "gone": False,
        }  # fmt: skip
        if row is None:
            fresh.append(TableStatement(creditor=work.creditor, invoice=invoice, source=work.source, **values))
            continue
        if row.layout == work.layout and row.source_id is not None:
            work.follows.add(row.source_id)
        for name, value in values.items():
            setattr(row, name, value)
        row.source = work.source
        again.append(row)
    TableStatement.objects.bulk_create(fresh, BATCH)
    TableStatement.objects.bulk_update(again, ["layout", "open", "as_of", "paid_on", "gone", "source"], BATCH)


def _standing(creditor: Creditor, invoices: Sequence[int]) -> dict[int, TableStatement]:
    found: dict[int, TableStatement] = {}
    for at in range(0, len(invoices), _CHUNK):
        rows = TableStatement.objects.filter(creditor=creditor, invoice_id__in=invoices[at : at + _CHUNK])
        found |= {row.invoice_id: row for row in rows}
    return found


def _cancelled(work: Work) -> None:
    """Invoices that an earlier table with the same headers left open, and this one says are cancelled."""
    rows = TableStatement.objects.filter(
        creditor=work.creditor, layout=work.layout, open__gt=0, invoice__number__in=sorted(work.withdrawn)
    )
    rows = rows.exclude(source=work.source).exclude(invoice__scope__startswith=BOOKS)
    found = list(rows.select_related("invoice__customer"))
    for row in found:
        row.gone, row.open, row.paid_on, row.as_of, row.source = True, 0, None, work.as_of, work.source
        work.touched.add(row.invoice_id)
        work.notes.append({"code": "cancelled", "number": row.invoice.number, "customer": row.invoice.customer.code})
    TableStatement.objects.bulk_update(found, ["gone", "open", "paid_on", "as_of", "source"], BATCH)


def _no_longer_listed(rows: Sequence[TableInvoice], work: Work) -> None:
    """A list of what is owed that no longer names an invoice says that it is paid.

    Only a list that holds nothing but open invoices, and always did, is one.
    """
    opens = [open_of(one, one.currency or work.creditor.currency) for one in rows if one.type != "credit_note"]
    if not work.complete or not opens or any(one is None or one <= 0 for one in opens):
        return
    earlier = TableStatement.objects.filter(creditor=work.creditor, layout=work.layout).exclude(invoice__scope=AGED)
    if earlier.filter(gone=False, open__lte=0).exclude(source=work.source).exists():
        return
    left = earlier.filter(gone=False).exclude(source=work.source).select_related("invoice__customer")
    gone = [row for row in left.order_by("pk") if row.source_id in work.follows or not work.follows]
    if not gone:
        table_credits.no_longer_listed(rows, work)
        return
    shown = ", ".join(row.invoice.number for row in gone[:5]) + ("…" if len(gone) > 5 else "")
    if not work.follows:
        # Nothing of the lists before is in this one: it may as well be the invoices of another month.
        work.add("list_begins_anew", None, count=len(gone), numbers=shown)
        return
    for row in gone:
        row.gone, row.open, row.paid_on = True, 0, None
        row.as_of, row.source = max(row.as_of, work.as_of), work.source
        work.touched.add(row.invoice_id)
        work.notes.append({
            "code": "no_longer_listed", "number": row.invoice.number, "customer": row.invoice.customer.code,
        })  # fmt: skip
    TableStatement.objects.bulk_update(gone, ["gone", "open", "paid_on", "as_of", "source"], BATCH)
    work.add("no_longer_listed", None, count=len(gone), numbers=shown)
    table_credits.no_longer_listed(rows, work)
