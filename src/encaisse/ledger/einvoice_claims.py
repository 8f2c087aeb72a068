"""One electronic invoice in the ledger: a new claim, or what a known one lacks (due dates, parts, details, document).

All of it at the desk: nothing is written before the desk is flushed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from encaisse.journal.append import Line
from encaisse.ledger import due, einvoice_credits, einvoice_party, instalments
from encaisse.ledger.einvoice_desk import Desk, Done
from encaisse.ledger.einvoice_draft import Draft, Part
from encaisse.ledger.einvoice_known import Known
from encaisse.ledger.einvoice_party import Found
from encaisse.ledger.frames import STATED
from encaisse.ledger.models import Allocation, Import, Invoice, Receivable
from encaisse.money import to_decimal_text
from encaisse.parties.models import Customer

HELD = {"assigned": "factored", "debit_pending": "direct_debit"}
"""Why an invoice is not to be chased from its first day -> the detail that says so."""


@dataclass(frozen=True, slots=True)
class Told:
    """The file an invoice comes from, and the SHA-256 of its document; `""` where it is no PDF."""

    source: Import
    document: str


def found(known: Known, one: Draft) -> Found | None:
    """The customer and, for an invoice, the row that has its number."""
    told = one.told
    if one.credit and told.gross > 0:
        # More was paid before than it comes to. Where the books tell of it, they tell of what was paid too.
        meant = einvoice_party.find(known, told, (one.gross,))
        if meant is not None and meant.invoice is not None and meant.invoice.scope != STATED:
            return meant
    if one.credit:
        named = einvoice_credits.named(known, told)
        return Found(named[0].customer, "number") if named else einvoice_party.find(known, told, ())
    meant = einvoice_party.find(known, told, one.amounts)
    if meant is None or meant.invoice is not None:
        return meant
    rows = [row for row in known.invoices(told.number[:100]) if row.customer_id == meant.customer.pk]
    near = [row for row in rows if abs((row.issued_on - told.issued_on).days) <= einvoice_party.SAME_INVOICE_DAYS]
    stated = [row for row in rows if row.scope == STATED]
    return Found(meant.customer, meant.by, next(iter([*near, *stated]), None))


def take(one: Draft, of: Told, desk: Desk, done: Done) -> None:
    """Take one invoice or credit in: `done` says afterwards what came of it."""
    meant = found(desk.known, one)
    if meant is None:
        customer = einvoice_party.make(desk, one.told)
        meant = Found(customer, "new")
        done.add("customers")
        done.problems.append(desk.problem("customer_made", name=customer.name, account=customer.code))
    if einvoice_party.complete(desk, meant.customer, one.told):
        done.change("customers")
    if one.credit and meant.invoice is None:
        einvoice_credits.take(one, meant.customer, of.source, of.document, desk, done)
    elif meant.invoice is not None:
        _complete(one, meant.invoice, of, desk, done)
    else:
        _make(one, meant.customer, of, desk, done)


# --- new ------------------------------------------------------------------------------------------------------------


def _make(one: Draft, customer: Customer, of: Told, desk: Desk, done: Done) -> None:
    told = one.told
    invoice = Invoice(
        pk=desk.next_id(Invoice), creditor=desk.creditor, customer=customer, number=told.number[:100], scope=STATED,
        issued_on=told.issued_on, amount=one.amount, currency=told.currency, label="", performed_on=told.delivered_on,
        opening=True, document=of.document, details=one.details, source=of.source,
    )  # fmt: skip
    rows = [_receivable(invoice, place, part, desk) for place, part in enumerate(one.parts)]
    desk.make(invoice)
    for row in rows:
        desk.make(row)
        if not row.amount:
            desk.settle(receivable=row)
    desk.known.add_invoice(invoice, rows)
    done.add("invoices")
    done.add("invoiced", one.amount)
    _documented(of, done)
    _hold(invoice, one, done)
    _tell(done, invoice, rows, of, new=True)
    if one.replaces:
        einvoice_credits.replace(one, invoice, of.source, desk, done)
    einvoice_credits.use_what_waited(invoice, rows, desk, done)
    einvoice_credits.replaced_before(invoice, of.source, desk, done)


def _receivable(invoice: Invoice, place: int, part: Part, desk: Desk) -> Receivable:
    if part.due_on is not None:
        due_on, origin = part.due_on, str(Receivable.DueFrom.INVOICE)
    else:
        due_on, origin = due.due(invoice.issued_on, invoice.customer.terms, desk.creditor.default_terms)
    return Receivable(
        pk=desk.next_id(Receivable), creditor=desk.creditor, customer=invoice.customer, invoice=invoice,
        key=instalments.key_of(invoice.number, place), scope=STATED, number=invoice.number, currency=invoice.currency,
        amount=part.amount, issued_on=invoice.issued_on, recorded_at=desk.at, due_on=due_on, due_from=origin,
    )  # fmt: skip


# --- known ----------------------------------------------------------------------------------------------------------


def _complete(one: Draft, invoice: Invoice, of: Told, desk: Desk, done: Done) -> None:
    """Give an invoice that is known what its document says: dates, parts, details, the document itself."""
    told = one.told
    rows = desk.known.receivables(invoice)
    if invoice.amount not in one.amounts:
        books, stated = (to_decimal_text(amount, told.currency) for amount in (invoice.amount, one.amount))
        done.problems.append(desk.problem("books_say_otherwise", number=told.number, books=books, stated=stated))
    before = _dates(rows)
    if len(one.parts) > 1 and len(rows) == 1 and rows[0].amount == one.amount:
        rows = _split(rows[0], one.parts, desk)
    for row, part in zip(rows, one.parts, strict=False):
        if part.due_on is not None:
            row.due_on, row.due_from = part.due_on, Receivable.DueFrom.INVOICE
            desk.change(row, "due_on", "due_from")
    moved = _dates(rows) != before
    fields = _news(one, invoice, of)
    if "document" in fields:
        _documented(of, done)
    for name, value in fields.items():
        setattr(invoice, name, value)
    if fields:
        desk.change(invoice, *fields)
    if not fields and not moved:
        return
    done.change("invoices")
    if moved:
        done.change("due_dates")
        done.items.append(_due_item(invoice, before, rows))
    _hold(invoice, one, done)
    _tell(done, invoice, rows, of, new=False)


def _dates(rows: Sequence[Receivable]) -> list[tuple[int, date, str, int]]:
    return [(row.pk, row.due_on, row.due_from, row.amount) for row in rows]


def _news(one: Draft, invoice: Invoice, of: Told) -> dict[str, Any]:
    """What the document says of the invoice otherwise than its row."""
    fields: dict[str, Any] = {}
    if invoice.details != one.details:
        fields["details"] = one.details
    if one.told.delivered_on and one.told.delivered_on != invoice.performed_on:
        fields["performed_on"] = one.told.delivered_on
    if of.document and of.document != invoice.document:
        fields["document"] = of.document
    return fields


def _due_item(invoice: Invoice, before: Sequence[tuple[int, date, str, int]], rows: Sequence[Receivable]) -> Any:
    return {
        "what": "due_date", "customer": invoice.customer.code, "number": invoice.number,
        "before": before[0][1].isoformat() if before else "", "after": rows[-1].due_on.isoformat() if rows else "",
    }  # fmt: skip


def _split(row: Receivable, parts: Sequence[Part], desk: Desk) -> list[Receivable]:
    """Make one receivable several; what was set against it is poured over them in the order of their dates."""
    sign = row.key.removeprefix(row.number)
    rows = [row]
    row.amount = parts[0].amount
    desk.change(row, "amount")
    stood = sorted(desk.known.set_against(row), key=_in_order)
    for place, part in enumerate(parts[1:], start=1):
        made = Receivable(
            pk=desk.next_id(Receivable), creditor=desk.creditor, customer_id=row.customer_id,
            invoice_id=row.invoice_id, key=instalments.key_of(row.number, place) + sign, scope=row.scope,
            number=row.number, currency=row.currency, amount=part.amount, issued_on=row.issued_on,
            recorded_at=desk.at, due_on=part.due_on or row.due_on, due_from=Receivable.DueFrom.INVOICE,
        )  # fmt: skip
        desk.make(made)
        desk.known.add_receivable(made)
        rows.append(made)
    poured = instalments.pour(tuple(part.amount for part in parts), [one.amount for one in stood])
    for one, taken in zip(stood, poured, strict=True):
        for share in taken:
            if share.place:
                for to, amount in ((rows[share.place], share.amount), (row, -share.amount)):
                    desk.allocate(to, one.payment_id, amount, one.counts_on, rule=one.rule, scope=one.scope)
    for one_row in rows:
        desk.settle(receivable=one_row)
    return rows


def _in_order(one: Allocation) -> tuple[date, int]:
    return one.counts_on, one.payment_id


# --- telling --------------------------------------------------------------------------------------------------------


def _hold(invoice: Invoice, one: Draft, done: Done) -> None:
    for kind, detail in HELD.items():
        if one.details.get(detail):
            done.held.setdefault(kind, []).append(invoice.pk)


def _documented(of: Told, done: Done) -> None:
    if of.document:
        done.add("documents")


def _tell(done: Done, invoice: Invoice, rows: Sequence[Receivable], of: Told, *, new: bool) -> None:
    payload = {
        "number": invoice.number, "amount": invoice.amount, "currency": invoice.currency, "new": new,
        "issued_on": invoice.issued_on.isoformat(),
        "due_on": [[row.due_on.isoformat(), row.amount] for row in rows],
        "documents": [of.document] if of.document else [], "import": of.source.sha256,
    }  # fmt: skip
    done.lines.append(Line(invoice.customer.code, "einvoice_read", payload))
