"""Hold new work, orders and deliveries of a customer for a time. Chasing goes on."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from encaisse.journal.append import append
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Hold
from encaisse.recovery.refusal import Refused
from encaisse.recovery.suspending import check_days


def record(
    creditor: Creditor,
    customer: Customer,
    *,
    reason: str,
    starts_on: date,
    at: datetime,
    actor: str,
    ends_on: date | None = None,
) -> Hold:
    """Record a hold from `starts_on` to the day before `ends_on` (None: until a person ends it). Raises Refused."""
    if not reason.strip():
        raise Refused("reason_missing")
    check_days(starts_on, ends_on, at)
    with transaction.atomic():
        hold = Hold.objects.create(
            creditor=creditor,
            customer=customer,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason.strip(),
            author=actor,
            recorded_at=at,
        )
        payload = {
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat() if ends_on else None,
            "reason": hold.reason,
        }
        append(creditor.pk, customer.code, "hold_recorded", payload, at=at, actor=actor)
    return hold


def release(creditor: Creditor, hold_id: int, *, ends_on: date, at: datetime, actor: str) -> Hold:
    """End a hold on `ends_on`, the first day on which work is allowed again. Raises Refused, Hold.DoesNotExist."""
    with transaction.atomic():
        hold = (
            Hold.objects.select_for_update(of=("self",)).select_related("customer").get(creditor=creditor, pk=hold_id)
        )
        if hold.ends_on is not None and hold.ends_on <= ends_on:
            raise Refused("already_ended")
        hold.ends_on = max(ends_on, hold.starts_on)
        hold.save(update_fields=["ends_on"])
        append(creditor.pk, hold.customer.code, "hold_released", {"ends_on": ends_on.isoformat()}, at=at, actor=actor)
    return hold
