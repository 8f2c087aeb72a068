"""Undo a booked match: opposite allocations, what was learnt withdrawn, and the movement looked at again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from encaisse.journal.append import append
from encaisse.ledger import learn_payer, match_payments, returned_payments
from encaisse.ledger.bank_entries import SCOPE, MatchRefused, Stamp, take_back
from encaisse.ledger.book_match import payments_of, told
from encaisse.ledger.models import BankTransaction, Match, Payment
from encaisse.ledger.settle import settle
from encaisse.parties.models import Creditor
from encaisse.storage import bulk

UNDONE = "undone"


def undo(creditor: Creditor, match_id: int, *, at: datetime, actor: str) -> Match:
    """Undo one booked match, or take apart a movement and the payment of the books it was seen as.

    Nothing is deleted: the payment stays, with a second one against it, and at no day did either hold. The same match
    is not booked by itself again. Raises MatchRefused.
    """
    stamp = Stamp(creditor, at, actor)
    with transaction.atomic():
        bulk.lock(f"books:{creditor.pk}")
        found = Match.objects.select_for_update(of=("self",)).select_related("movement", "customer")
        match = found.filter(creditor=creditor, pk=match_id).first()
        if match is None:
            raise MatchRefused("unknown_match")
        if match.state != Match.State.BOOKED:
            raise MatchRefused("not_booked")
        if match.movement.amount > 0 and returned_since(match):
            raise MatchRefused("returned_since")
        touched = withdraw(stamp, match, UNDONE)
        parts = list(match.parts.select_related("receivable").order_by("pk"))
        append(creditor.pk, match.customer.code, "match_undone", told(match, parts), at=at, actor=actor)
        if match.movement.amount > 0:
            match_payments.propose(stamp, movements=[match.movement_id])
        match_payments.again(stamp, receivables=touched)
    return match


def withdraw(stamp: Stamp, match: Match, why: str) -> set[int]:
    """End a booked match and take back what it wrote; return the receivables touched. In the caller's transaction."""
    touched: set[int] = set()
    if match.movement.amount < 0:
        touched = _return_withdrawn(stamp, match, why)
    elif match.payment is not None and match.payment.scope == SCOPE:
        touched = take_back(stamp, dict.fromkeys(payments_of(match), why))
    learn_payer.withdraw(stamp, match)
    match.state, match.ended_at, match.actor = Match.State.UNDONE, stamp.at, stamp.actor
    match.save(update_fields=["state", "ended_at", "actor"])
    BankTransaction.objects.filter(pk=match.movement_id).update(state=BankTransaction.State.OPEN)
    return touched


def returned_since(match: Match) -> Match | None:
    """The booked return that took back what this match is booked as, if there is one."""
    if match.payment_id is None:
        return None
    counters = Payment.objects.filter(
        creditor=match.creditor_id, customer=match.customer_id, key__startswith=f"back|{match.payment_id}|"
    )
    found = Match.objects.filter(creditor=match.creditor_id, payment__in=counters, state=Match.State.BOOKED)
    return found.select_related("movement", "customer", "payment").first()


def _return_withdrawn(stamp: Stamp, match: Match, why: str) -> set[int]:
    """The payment had not come back after all: it counts again, from the same day."""
    original: Any = _original_of(match)
    counter = match.payment
    if original is None or counter is None:
        return set()
    entries = list(original.allocations.filter(scope=SCOPE, rule=returned_payments.RETURNED, counts_on=counter.paid_on))
    for one in entries:
        one.pk, one.amount, one.rule, one.recorded_at = None, -one.amount, why[:20], stamp.at
        one._state.adding = True
    type(entries[0]).objects.bulk_create(entries) if entries else None
    again = take_back(stamp, {counter.pk: why})
    touched = {one.receivable_id for one in entries} | again
    settle(stamp.creditor.pk, receivables=sorted(touched), payments=[original.pk])
    return touched


def _original_of(match: Match) -> Payment | None:
    for one in match.reasons:
        if one["code"] == returned_payments.RETURNED:
            return Payment.objects.filter(creditor=match.creditor_id, pk=one["values"]["payment"]).first()
    return None
