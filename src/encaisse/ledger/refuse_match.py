"""Say no: to one proposal, or to a movement as a whole (it is not a customer's payment)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from encaisse.journal.append import append
from encaisse.ledger import match_payments
from encaisse.ledger.bank_entries import MatchRefused, Stamp
from encaisse.ledger.book_match import told
from encaisse.ledger.models import BankTransaction, Match
from encaisse.parties.models import Creditor
from encaisse.storage import bulk

State = BankTransaction.State


def refuse(creditor: Creditor, match_id: int, *, at: datetime, actor: str) -> Match:
    """Refuse one proposal; the same is not proposed again for this movement. Raises MatchRefused."""
    with transaction.atomic():
        bulk.lock(f"books:{creditor.pk}")
        found = Match.objects.select_for_update(of=("self",)).select_related("movement", "customer")
        match = found.filter(creditor=creditor, pk=match_id).first()
        if match is None:
            raise MatchRefused("unknown_match")
        if match.state != Match.State.PROPOSED or match.ended_at is not None:
            raise MatchRefused("not_waiting")
        match.state, match.ended_at, match.actor = Match.State.REFUSED, at, actor
        match.save(update_fields=["state", "ended_at", "actor"])
        parts = list(match.parts.select_related("receivable").order_by("pk"))
        append(creditor.pk, match.customer.code, "match_refused", told(match, parts), at=at, actor=actor)
        match_payments.propose(Stamp(creditor, at, actor), movements=[match.movement_id])
    return match


def set_aside(creditor: Creditor, movement_id: int, *, at: datetime, actor: str) -> BankTransaction:
    """Say that a movement is no customer's payment: all its proposals end. Raises MatchRefused."""
    return _move(creditor, movement_id, (State.OPEN, State.PROPOSED), State.ASIDE, at=at, actor=actor)


def take_up_again(creditor: Creditor, movement_id: int, *, at: datetime, actor: str) -> BankTransaction:
    """Look at a movement again that was set aside. Raises MatchRefused."""
    with transaction.atomic():
        movement = _move(creditor, movement_id, (State.ASIDE,), State.OPEN, at=at, actor=actor)
        match_payments.propose(Stamp(creditor, at, actor), movements=[movement.pk])
    return movement


def _move(
    creditor: Creditor, movement_id: int, was: tuple[State, ...], becomes: State, *, at: datetime, actor: str
) -> BankTransaction:
    with transaction.atomic():
        bulk.lock(f"books:{creditor.pk}")
        found = BankTransaction.objects.select_for_update(of=("self",)).filter(creditor=creditor, pk=movement_id)
        movement = found.first()
        if movement is None:
            raise MatchRefused("unknown_movement")
        if movement.state not in was:
            raise MatchRefused("not_waiting")
        movement.state = becomes
        movement.save(update_fields=["state"])
        ended = movement.matches.filter(state=Match.State.PROPOSED, ended_at__isnull=True)
        ended.update(state=Match.State.REFUSED if becomes == State.ASIDE else Match.State.UNDONE, ended_at=at)
        payload = {
            "key": movement.key, "day": movement.booked_on.isoformat(), "amount": movement.amount,
            "currency": movement.currency, "payer": movement.payer, "text": movement.text,
        }  # fmt: skip
        kind = "movement_set_aside" if becomes == State.ASIDE else "movement_taken_up"
        append(creditor.pk, "", kind, payload, at=at, actor=actor)
    return movement
