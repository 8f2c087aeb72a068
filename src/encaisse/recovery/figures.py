"""Bring an action's figures and lines to what is owed at this moment."""

from __future__ import annotations

from encaisse.parties.models import Creditor
from encaisse.recovery.models import Action, ActionLine
from encaisse.recovery.situation import Situation


def bring_up_to_date(creditor: Creditor, action: Action, situation: Situation) -> None:
    """Set the action's amounts and lines from the situation's verdict; the caller saves the action."""
    verdict = situation.verdict
    if verdict is None:
        return
    action.principal, action.interest, action.indemnity = (
        verdict["principal"],
        verdict["interest"],
        verdict["indemnity"],
    )
    listed = [line for line in situation.lines if line["listed"]]
    action.receivable_count = len(listed)
    action.lines.all().delete()
    ActionLine.objects.bulk_create(
        ActionLine(
            creditor=creditor,
            action=action,
            receivable_id=line["receivable"],
            stage_days=line["stage_days"],
            amount=line["chaseable"],
        )
        for line in listed
    )
