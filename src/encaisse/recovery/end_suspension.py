"""End a promise, dispute, pause or plan before its time; what was decided while it ran stays as it was."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from encaisse.journal.append import append
from encaisse.parties.models import Creditor
from encaisse.recovery.locking import lock_waiting_cases
from encaisse.recovery.models import Suspension
from encaisse.recovery.recheck import recheck
from encaisse.recovery.refusal import Refused
from encaisse.recovery.verdicts import refresh


def end(
    creditor: Creditor, suspension_id: int, *, ends_on: date, at: datetime, actor: str, note: str = ""
) -> Suspension:
    """Make `ends_on` the first free day. Raises Refused `in_the_past` or `already_ended`, Suspension.DoesNotExist."""
    with transaction.atomic():
        suspension = (
            Suspension.objects.select_for_update(of=("self",))
            .select_related("customer")
            .get(creditor=creditor, pk=suspension_id)
        )
        if ends_on < timezone.localdate(at):
            raise Refused("in_the_past")
        if suspension.ends_on is not None and suspension.ends_on <= ends_on:
            raise Refused("already_ended")
        customer = suspension.customer
        ids = [customer.pk] if customer else None
        lock_waiting_cases(creditor, ids)
        suspension.ends_on = max(ends_on, suspension.starts_on)
        suspension.ended_at, suspension.ended_by, suspension.end_note = at, actor, note
        suspension.save(update_fields=["ends_on", "ended_at", "ended_by", "end_note"])
        append(
            creditor.pk,
            customer.code if customer else "",
            "suspension_ended",
            {"id": suspension.pk, "kind": suspension.kind, "ends_on": suspension.ends_on.isoformat(), "note": note},
            at=at,
            actor=actor,
        )
        recheck(creditor, timezone.localdate(at), at=at, actor=actor, customer_ids=ids)
    refresh(creditor, timezone.localdate(at), ids)
    return suspension
