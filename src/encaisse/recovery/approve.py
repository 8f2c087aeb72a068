"""Say yes to planned actions, or take that yes back before they leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from encaisse.journal.append import append
from encaisse.parties.models import Creditor
from encaisse.recovery.locking import lock_action
from encaisse.recovery.message import check_edit, preview
from encaisse.recovery.models import Action
from encaisse.recovery.refusal import Refused
from encaisse.recovery.wording import CODES as WORDING
from encaisse.recovery.wording import require_lawful


@dataclass(frozen=True, slots=True)
class ApproveResult:
    """How many were approved, and which were not, with the code and the sentence why."""

    approved: int
    refused: tuple[tuple[int, str, str], ...]


def approve(creditor: Creditor, action_ids: Iterable[int], *, at: datetime, actor: str) -> ApproveResult:
    """Approve actions one by one: a refusal of one does not hold back the others. Approving twice changes nothing."""
    approved, refused = 0, []
    for action_id in action_ids:
        try:
            approved += _approve_one(creditor, action_id, at=at, actor=actor)
        except Refused as refusal:
            refused.append((action_id, refusal.code, refusal.text))
    return ApproveResult(approved, tuple(refused))


def _approve_one(creditor: Creditor, action_id: int, *, at: datetime, actor: str) -> int:
    with transaction.atomic():
        action = lock_action(creditor, action_id)
        if action.status == Action.Status.APPROVED:
            return 0
        if action.status != Action.Status.PLANNED:
            raise Refused("being_sent" if action.status == Action.Status.SENDING else "already_finished")
        if action.channel == "phone":
            raise Refused("call_not_approved")
        if action.edited:
            # The obligatory passages hold today's amounts: words written on another day are read again.
            check_edit(creditor, action, action.edited, day=timezone.localdate(at))
        elif action.outcome in WORDING.values():
            # It came back from the hand-over for its words: they are read again before anybody says yes to them. Those
            # of a template are read when they are shown and when they leave, so that many can be approved at once.
            require_lawful(preview(creditor, action, day=timezone.localdate(at)).findings)
        action.status = Action.Status.APPROVED
        action.approved_at, action.approved_by = at, actor
        action.retry_at = None
        action.save(update_fields=["status", "approved_at", "approved_by", "retry_at"])
        append(
            creditor.pk,
            action.customer.code,
            "action_approved",
            {"action": action.pk, "step": action.step},
            at=at,
            actor=actor,
        )
    return 1


def withdraw(creditor: Creditor, action_id: int, *, at: datetime, actor: str) -> Action:
    """Take an approval back while the action has not begun to leave. Raises Refused."""
    with transaction.atomic():
        action = lock_action(creditor, action_id)
        if action.status != Action.Status.APPROVED:
            raise Refused("being_sent" if action.status == Action.Status.SENDING else "not_approved")
        action.status = Action.Status.PLANNED
        action.approved_at, action.approved_by = None, ""
        action.save(update_fields=["status", "approved_at", "approved_by"])
        append(
            creditor.pk,
            action.customer.code,
            "approval_withdrawn",
            {"action": action.pk, "step": action.step},
            at=at,
            actor=actor,
        )
    return action
