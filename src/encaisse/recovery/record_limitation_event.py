"""Write down what interrupts or suspends limitation: an acknowledgement, a claim in court, a mediation.

The date of each receivable follows from these events, so nothing else is changed here. A mistake is withdrawn, never
deleted: the journal keeps both.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from encaisse.journal.append import append
from encaisse.law.limitation import event_kinds
from encaisse.ledger.models import Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import LimitationEvent
from encaisse.recovery.refusal import Refused


def record(
    creditor: Creditor,
    customer: Customer,
    *,
    kind: str,
    happened_on: date,
    note: str,
    at: datetime,
    actor: str,
    receivable_id: int | None = None,
    until_on: date | None = None,
) -> LimitationEvent:
    """Record an event of `encaisse.law.limitation`, of one receivable or of all that was owed on the day.

    `note` says where it is written. `until_on`: last day of what lasts; None: it goes on, or it happened on one day.
    Raises Refused.
    """
    _check(kind, happened_on, until_on, note, timezone.localdate(at))
    receivable = _receivable(customer, receivable_id)
    if receivable is not None and happened_on < receivable.issued_on:
        raise Refused("before_the_invoice")
    with transaction.atomic():
        event = LimitationEvent.objects.create(
            creditor=creditor,
            customer=customer,
            receivable=receivable,
            kind=kind,
            happened_on=happened_on,
            until_on=until_on,
            note=note.strip()[:300],
            actor=actor,
            recorded_at=at,
        )
        payload = {"id": event.pk, **_told(event), "note": event.note}
        append(creditor.pk, customer.code, "limitation_event_recorded", payload, at=at, actor=actor)
    return event


def withdraw(creditor: Creditor, event_id: int, *, at: datetime, actor: str) -> LimitationEvent:
    """Take an event back: the dates are what they were without it. Raises Refused, LimitationEvent.DoesNotExist."""
    with transaction.atomic():
        event = (
            LimitationEvent.objects.select_for_update(of=("self",))
            .select_related("customer", "receivable")
            .get(creditor=creditor, pk=event_id)
        )
        if event.withdrawn_at is not None:
            raise Refused("already_withdrawn")
        event.withdrawn_at = at
        event.save(update_fields=["withdrawn_at"])
        payload = {"id": event.pk, **_told(event)}
        append(creditor.pk, event.customer.code, "limitation_event_withdrawn", payload, at=at, actor=actor)
    return event


def _check(kind: str, happened_on: date, until_on: date | None, note: str, today: date) -> None:
    found = event_kinds().get(kind)
    if found is None:
        raise Refused("unknown_limitation_event")
    if not note.strip():
        raise Refused("proof_missing")
    if max(happened_on, until_on or happened_on) > today:
        raise Refused("in_the_future")
    if until_on is not None and not found.lasts:
        raise Refused("does_not_last")
    if until_on is not None and until_on < happened_on:
        raise Refused("ends_before_start")


def _receivable(customer: Customer, receivable_id: int | None) -> Receivable | None:
    if receivable_id is None:
        return None
    found = Receivable.objects.filter(customer=customer, pk=receivable_id).first()
    if found is None:
        raise Refused("unknown_receivable")
    return found


def _told(event: LimitationEvent) -> dict[str, str | None]:
    return {
        "kind": event.kind,
        "happened_on": event.happened_on.isoformat(),
        "until_on": event.until_on.isoformat() if event.until_on else None,
        "number": event.receivable.number if event.receivable else None,
    }
