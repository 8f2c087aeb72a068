"""Change the words of an action before it is approved."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from encaisse.journal.append import append
from encaisse.parties.models import Creditor
from encaisse.recovery.figures import bring_up_to_date
from encaisse.recovery.locking import lock_action
from encaisse.recovery.message import check_edit
from encaisse.recovery.models import Action
from encaisse.recovery.refusal import Refused
from encaisse.recovery.situation import look
from encaisse.recovery.wording import CODES as WORDING


def edit(creditor: Creditor, action_id: int, text: str, *, at: datetime, actor: str) -> Action:
    """Keep `text` as the words of the action; empty goes back to the template's.

    An approved action must be approved again. Raises Refused when a locked passage is gone, and RefusedWording for
    words that may not leave.
    """
    with transaction.atomic():
        action = lock_action(creditor, action_id)
        if action.status not in (Action.Status.PLANNED, Action.Status.APPROVED):
            raise Refused("being_sent" if action.status == Action.Status.SENDING else "already_finished")
        day = timezone.localdate(at)
        if text.strip():
            check_edit(creditor, action, text, day=day)
        situation = look(creditor, action.case, day, but_waiting=True)
        if situation.step is not None and situation.step.name == action.step:
            # The words were written beside these figures: when they change later, the words are read again.
            bring_up_to_date(creditor, action, situation)
        action.edited = text.strip() and text
        if action.outcome in WORDING.values():
            action.outcome = action.note = ""
        action.status = Action.Status.PLANNED
        action.approved_at, action.approved_by = None, ""
        action.save()
        append(
            creditor.pk, action.customer.code, "action_edited", {"action": action.pk, "text": text}, at=at, actor=actor
        )
    return action
