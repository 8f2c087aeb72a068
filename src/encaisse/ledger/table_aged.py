"""An aged balance into the ledger: compared with what is known, and taken only where nothing is.

It has no invoices. Of a customer nobody else tells of, each age becomes one sum, due as late as its age allows; it is
gone as soon as invoices or books tell better (`stated_payments`). Credits are taken off the oldest sums. Nobody is
chased for such a sum by itself: its due date is a guess, so the report names it as held (`books_held`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from encaisse.exchange.table_found import AgedLine
from encaisse.ledger import balance, due
from encaisse.ledger.einvoice_draft import minor
from encaisse.ledger.models import Invoice, Receivable, TableStatement
from encaisse.ledger.settle import settle
from encaisse.ledger.stated_payments import AGED, books_reach
from encaisse.ledger.table_people import Named
from encaisse.ledger.table_work import Work
from encaisse.money import to_decimal_text
from encaisse.parties.models import Customer

NOT_DUE = -1


def take(lines: Sequence[AgedLine], work: Work) -> None:
    """Write what is better than nothing; tell where the ledger says otherwise. In the caller's transaction."""
    _close_earlier(work)
    reach = books_reach(work.creditor)
    better = set(
        Receivable.objects.filter(creditor=work.creditor).exclude(scope=AGED).values_list("customer_id", flat=True)
    )
    owed = _owed(work)
    for one in lines:
        said = Named(one.customer_code, one.customer_name, one.siren, "", one.email)
        known = work.people.find(said)
        currency = one.currency or work.creditor.currency
        told = minor(one.total, currency)
        if (known is not None and known.pk in better) or (reach is not None and reach >= work.as_of):
            here = owed.get((known.pk, currency), 0) if known is not None else 0
            if here != told:
                name = known.name if known is not None else one.customer_name or one.customer_code
                work.add(
                    "aged_differs", one.line, name=name, told=to_decimal_text(told, currency),
                    known=to_decimal_text(here, currency), currency=currency,
                )  # fmt: skip
            continue
        if told > 0:
            _write(one, work.people.take(said), currency, work)


def _owed(work: Work) -> dict[tuple[int, str], int]:
    """What each customer owes on the day of the balance, credits taken off."""
    found: dict[tuple[int, str], int] = {}
    rows = balance.open_items(work.creditor, work.as_of)
    for customer, currency, amount in rows.select("customer", "currency", "open").iter_rows():
        found[customer, currency] = found.get((customer, currency), 0) + amount
    for customer, currency, credit in balance.unallocated(work.creditor, work.as_of).iter_rows():
        found[customer, currency] = found.get((customer, currency), 0) - credit
    return found


def _write(one: AgedLine, customer: Customer, currency: str, work: Work) -> None:
    parts = _parts(one, currency)
    for first, last, amount in parts:
        due_on = _due_on(first, customer, work)
        age = "" if first == NOT_DUE else f" {first}-{last}" if last is not None else f" {first}+"
        number = f"{work.as_of:%Y-%m-%d}{age}"
        number = f"Solde {number} j" if work.creditor.language == "fr" and age else f"Solde {number}"
        number = number if work.creditor.language == "fr" else number.replace("Solde", "Balance")
        issued_on = min(due_on, work.as_of)
        invoice, made = Invoice.objects.get_or_create(
            creditor=work.creditor, customer=customer, number=number, scope=AGED,
            defaults={
                "issued_on": issued_on, "amount": amount, "currency": currency, "opening": True,
                "source": work.source,
            },
        )  # fmt: skip
        if made:
            row = Receivable.objects.create(
                creditor=work.creditor, customer=customer, invoice=invoice, key=number, scope=AGED, number=number,
                currency=currency, amount=amount, issued_on=issued_on, due_on=due_on,
                due_from=Receivable.DueFrom.INVOICE, recorded_at=work.stamp.at,
            )  # fmt: skip
            settle(work.creditor.pk, receivables=[row.pk])
            work.held.append(row.pk)
            work.new["invoices"] += 1
            work.new["invoiced"] += amount
            work.say(customer, "invoices", f"{number} {amount} {issued_on} {due_on}")
        elif invoice.amount != amount:
            rows = Receivable.objects.filter(creditor=work.creditor, invoice=invoice)
            rows.update(amount=amount)
            Invoice.objects.filter(pk=invoice.pk).update(amount=amount)
            settle(work.creditor.pk, receivables=list(rows.values_list("pk", flat=True)))
            work.changed["invoices"] += 1
        TableStatement.objects.update_or_create(
            creditor=work.creditor, invoice=invoice,
            defaults={
                "layout": work.layout, "open": amount, "as_of": work.as_of, "paid_on": None, "gone": False,
                "source": work.source,
            },
        )  # fmt: skip
        work.touched.add(invoice.pk)


def _parts(one: AgedLine, currency: str) -> list[tuple[int, int | None, int]]:
    """(first day, last day, amount) of each age, the oldest first; what is below zero taken off the oldest."""
    parts = [(each.first, each.last, minor(each.amount, currency)) for each in one.buckets]
    parts.append((NOT_DUE, None, minor(one.not_due, currency)))
    rest = minor(one.total, currency) - sum(amount for _first, _last, amount in parts)
    if rest:
        # What the ages leave out of the total is not told late.
        parts = [(first, last, amount + (rest if first == NOT_DUE else 0)) for first, last, amount in parts]
    parts.sort(reverse=True, key=lambda part: part[0])
    less = -sum(amount for _first, _last, amount in parts if amount < 0)
    found = []
    for first, last, amount in parts:
        taken = min(less, max(amount, 0))
        less -= taken
        if amount - taken > 0:
            found.append((first, last, amount - taken))
    return found


def _due_on(first: int, customer: Customer, work: Work) -> date:
    """The day that age allows at the latest; what is not late yet is due by the terms."""
    if first == NOT_DUE:
        return due.due(work.as_of, customer.terms, work.creditor.default_terms)[0]
    return work.as_of - timedelta(days=first)


def _close_earlier(work: Work) -> None:
    """A newer balance takes the place of the sums of an earlier one."""
    rows = TableStatement.objects.filter(creditor=work.creditor, invoice__scope=AGED, gone=False)
    for row in rows.filter(as_of__lt=work.as_of):
        row.open, row.gone, row.as_of, row.source = 0, True, work.as_of, work.source
        row.save(update_fields=["open", "gone", "as_of", "source"])
        work.touched.add(row.invoice_id)
