"""Credit notes and corrections among electronic invoices: set against the invoice they name, else free credit.

All of it at the desk: nothing is written before the desk is flushed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from encaisse.exchange.einvoice import EInvoice
from encaisse.journal.append import Line
from encaisse.ledger.einvoice_desk import Desk, Done
from encaisse.ledger.einvoice_draft import Draft
from encaisse.ledger.einvoice_known import Known
from encaisse.ledger.frames import STATED
from encaisse.ledger.models import Import, Invoice, Payment, Receivable
from encaisse.parties.models import Customer


def named(known: Known, told: EInvoice) -> list[Invoice]:
    """The invoices a credit note or correction names, as far as they are known and told apart."""
    found: list[Invoice] = []
    siren = told.buyer_party.siren
    for one in told.preceding:
        rows = known.invoices(one.number[:100])
        if one.issued_on is not None and len(rows) > 1:
            rows = [row for row in rows if row.issued_on == one.issued_on] or rows
        rows = [row for row in rows if not (siren and row.customer.siren and row.customer.siren != siren)]
        if len(rows) > 1:
            rows = sorted(rows, key=lambda row: row.issued_on)[-1:]
        found += [row for row in rows if row not in found]
    return found


def known_credit(known: Known, customer: Customer, one: Draft) -> Payment | None:
    """The credit note of the books or an earlier file that is this one; None for an invoice."""
    return known.credit_note(customer, one.told.number[:100], one.amount) if one.credit else None


def take(one: Draft, customer: Customer, source: Import, document: str, desk: Desk, done: Done) -> None:
    """Take a credit in, and set it against the invoices it names."""
    told = one.told
    payment = known_credit(desk.known, customer, one)
    new = payment is None
    if payment is None:
        label = ", ".join(before.number for before in told.preceding)
        payment = _make(
            desk, customer=customer, key=f"einvoice#{told.number}"[:220], reference=told.number[:100],
            paid_on=told.issued_on, label=label[:300], amount=one.amount, currency=told.currency, opening=True,
            source=source,
        )  # fmt: skip
        done.add("payments")
    meant = [row for row in named(desk.known, told) if row.customer_id == customer.pk]
    missing = {one.number for one in told.preceding} - {row.number for row in meant}
    for number in sorted(missing):
        done.problems.append(desk.problem("preceding_unknown", number=told.number, preceding=number))
    made = _set_against(payment, _receivables(meant, desk), told.issued_on, desk)
    if made:
        done.add("allocations", made)
    if not new and not made:
        return
    payload = {
        "number": told.number, "amount": -one.amount, "currency": told.currency, "new": new,
        "issued_on": told.issued_on.isoformat(), "names": [row.number for row in meant], "import": source.sha256,
        "documents": [document] if document else [],
    }  # fmt: skip
    done.lines.append(Line(customer.code, "einvoice_read", payload))


def replace(one: Draft, invoice: Invoice, source: Import, desk: Desk, done: Done) -> None:
    """Settle the invoices that this one stands for: what was paid on them before stays with the customer as credit."""
    for old in named(desk.known, one.told):
        if old.customer_id == invoice.customer_id and old.number != invoice.number:
            _replaced(old, invoice, source, desk, done)


def replaced_before(old: Invoice, source: Import, desk: Desk, done: Done) -> None:
    """Settle an invoice that is new, but which one that was read earlier stands for already."""
    for one in desk.known.corrections(old.customer_id):
        names = (one.details or {}).get("preceding", [])
        if old.number in names and one.number != old.number and one.amount > 0 and one.issued_on >= old.issued_on:
            _replaced(old, one, source, desk, done)


def _replaced(old: Invoice, by: Invoice, source: Import, desk: Desk, done: Done) -> None:
    rows = desk.known.receivables(old)
    # What credit notes took off it was never paid, and is no credit once more.
    amount = old.amount - sum(desk.known.credited(row) for row in rows)
    if amount <= 0:
        return
    payment = _make(
        desk, customer=old.customer, key=f"einvoice#{old.number} replaced by {by.number}"[:220], reference=by.number,
        paid_on=by.issued_on, label=", ".join((by.details or {}).get("preceding", []))[:300], amount=amount,
        currency=old.currency, opening=False, source=source,
    )  # fmt: skip
    done.add("allocations", _set_against(payment, rows, by.issued_on, desk))
    done.problems.append(desk.problem("invoice_replaced", number=by.number, preceding=old.number))


def use_what_waited(invoice: Invoice, rows: Sequence[Receivable], desk: Desk, done: Done) -> None:
    """Set credit against an invoice that is new: a credit note may be read before the invoice it names."""
    for payment in desk.known.waiting(invoice.customer_id):
        if invoice.number in payment.label.split(", "):
            made = _set_against(payment, rows, payment.paid_on, desk)
            if made:
                done.add("allocations", made)


def _make(desk: Desk, **fields: Any) -> Payment:
    payment = Payment(
        pk=desk.next_id(Payment), creditor=desk.creditor, kind=Payment.Kind.CREDIT_NOTE, scope=STATED,
        recorded_at=desk.at, **fields,
    )  # fmt: skip
    desk.make(payment)
    desk.known.add_credit(payment)
    desk.settle(payment=payment)
    return payment


def _receivables(invoices: Sequence[Invoice], desk: Desk) -> list[Receivable]:
    return [row for one in invoices for row in desk.known.receivables(one)]


def _set_against(payment: Payment, rows: Sequence[Receivable], on: date, desk: Desk) -> int:
    """Allocate what is free of a credit to what is open of these; return how many allocations were made."""
    left, made = desk.known.left_of(payment), 0
    for row in rows:
        amount = min(left, desk.known.open_of(row))
        if amount <= 0 or row.currency != payment.currency:
            continue
        desk.allocate(row, payment.pk, amount, max(on, row.issued_on), rule="named", payment=payment)
        made += 1
        left -= amount
    return made
