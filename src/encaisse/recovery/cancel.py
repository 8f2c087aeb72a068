"""Call an action off, with the reason kept."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from encaisse.journal.append import append
from encaisse.parties.models import Creditor
from encaisse.recovery.locking import lock_action
from encaisse.recovery.models import Action
from encaisse.recovery.refusal import Refused


def cancel(creditor: Creditor, action_id: int, reason: str, *, at: datetime, actor: str) -> Action:
    """Cancel an action that has not left. Raises Refused `reason_missing`, `being_sent` or `already_finished`."""
    if not reason.strip():
        raise Refused("reason_missing")
    with transaction.atomic():
        action = lock_action(creditor, action_id)
        if action.status not in (Action.Status.PLANNED, Action.Status.APPROVED):
            raise Refused("being_sent" if action.status == Action.Status.SENDING else "already_finished")
        close(creditor, action, "by_hand", reason.strip(), at=at, actor=actor)
    return action


def close(creditor: Creditor, action: Action, code: str, note: str, *, at: datetime, actor: str) -> None:
    """Mark a locked action cancelled for the reason named by `code`, and journal it."""
    action.status = Action.Status.CANCELLED
    action.outcome, action.note, action.finished_at = code, note, at
    action.save(update_fields=["status", "outcome", "note", "finished_at"])
    append(
        creditor.pk,
        action.customer.code,
        "action_cancelled",
        {"action": action.pk, "step": action.step, "reason": code, "note": note},
        at=at,
        actor=actor,
    )
