"""The statement of account of a case: every open item, due or not, and the credits against them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Sum
from django.utils.translation import override

from encaisse.documents.statement import Credit, render_statement
from encaisse.ledger.models import Payment
from encaisse.parties.models import Creditor
from encaisse.recovery.refusal import Refused
from encaisse.recovery.situation import Situation, contact_for, context_of


def statement_pdf(creditor: Creditor, situation: Situation) -> bytes:
    """Return the statement as PDF. Raises Refused when nothing is open."""
    lines = [line for line in situation.lines if line["open"] > 0]
    if not lines:
        raise Refused("nothing_owed")
    # A statement shows what the books say: nothing is set off against single invoices, credits stand by themselves.
    whole = [{**line, "chaseable": line["open"], "withheld": 0} for line in lines]
    credits = list(_credits(situation))
    context = context_of(
        creditor,
        situation,
        whole,
        channel="letter",
        contact=contact_for(situation.customer, "letter", situation.day),
        charges=False,
        credit=sum(credit.amount for credit in credits),
    )
    return render_statement(context, situation.customer.language, credits)


def _credits(situation: Situation) -> Iterator[Credit]:
    day, customer = situation.day, situation.customer
    unspent = Payment.objects.filter(customer=customer, currency=situation.case.currency, paid_on__lte=day)
    with override(customer.language):
        for payment in unspent.order_by("paid_on", "pk"):
            if payment.spent_on is not None and payment.spent_on <= day:
                continue
            used = payment.allocations.filter(counts_on__lte=day).aggregate(sum=Sum("amount"))["sum"] or 0
            if payment.amount > used:
                label = payment.reference or payment.label or payment.get_kind_display()
                yield Credit(label, payment.paid_on, payment.amount - used)
