"""Credit notes of a table into the ledger: credit of their customer, as much as the table says is left of them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from encaisse.exchange.table_found import TableInvoice
from encaisse.ledger.frames import STATED
from encaisse.ledger.models import Payment
from encaisse.ledger.settle import settle
from encaisse.ledger.table_work import Work, day_of, minor_of, named, open_of

PREFIX = "table#credit#"
"""How the keys of credit notes that tables tell of begin."""


def take(rows: Sequence[TableInvoice], work: Work) -> None:
    """Credit notes are credit of the customer, as much as is left of them; those known otherwise are left alone."""
    for one in rows:
        currency = one.currency or work.creditor.currency
        told = open_of(one, currency)
        left = -(told if told is not None else minor_of(one.gross if one.gross is not None else one.open, currency))
        known = work.people.find(named(one))
        if left < 0 or (left == 0 and known is None):
            continue
        customer = known or work.people.take(named(one))
        work.people.is_of(named(one), customer)
        key = f"{PREFIX}{work.layout}|{one.number}"[:220]
        others = Payment.objects.filter(creditor=work.creditor, customer=customer, reference=one.number[:100])
        mine = others.filter(Q(key=key) | Q(key__startswith=f"{key}~")).first()
        if mine is None and others.filter(kind=Payment.Kind.CREDIT_NOTE).exclude(amount=0).exists():
            continue
        if mine is None and left > 0:
            mine = Payment.objects.create(
                creditor=work.creditor, customer=customer, kind=Payment.Kind.CREDIT_NOTE, key=key, scope=STATED,
                opening=True, reference=one.number[:100], label=one.label[:300], paid_on=day_of(one), amount=left,
                currency=currency, recorded_at=work.stamp.at, source=work.source,
            )  # fmt: skip
            work.new["payments"] += 1
            work.say(customer, "payments", f"{one.number} {left} {day_of(one)} credit_note")
        elif mine is not None and mine.scope == STATED:
            _change_credit(mine, left, work)


def _change_credit(mine: Payment, left: int, work: Work) -> None:
    """What is left of a credit note now; what was set against invoices here since stays set."""
    spent = sum(mine.allocations.values_list("amount", flat=True))
    wanted = max(left, spent)
    if wanted == mine.amount:
        return
    work.say(mine.customer, "changed_payments", f"{mine.reference} {mine.amount} {wanted}")
    mine.amount = wanted
    mine.save(update_fields=["amount"])
    settle(work.creditor.pk, payments=[mine.pk])
    work.changed["payments"] += 1


def no_longer_listed(rows: Sequence[TableInvoice], work: Work) -> None:
    """A list of what is owed that no longer names a credit note says that it is used up."""
    here = {one.number[:100] for one in rows if one.type == "credit_note"}
    mine = Payment.objects.filter(
        creditor=work.creditor, scope=STATED, key__startswith=f"{PREFIX}{work.layout}|", amount__gt=0
    )
    for one in mine.exclude(source=work.source).select_related("customer"):
        if one.reference not in here:
            _change_credit(one, 0, work)
