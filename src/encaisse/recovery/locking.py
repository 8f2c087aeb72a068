"""Take a case or an action for oneself, until the end of the transaction."""

from __future__ import annotations

from encaisse.parties.models import Creditor
from encaisse.recovery.models import Action, Case


def lock_case(case_id: int) -> Case:
    """Return the case, locked. On SQLite the transaction holds the write lock already."""
    return Case.objects.select_for_update().select_related(None).get(pk=case_id)


def lock_action(creditor: Creditor, action_id: int) -> Action:
    """Return the action with its case and customer; case first, then action, so that nobody waits for each other.

    Raises Action.DoesNotExist.
    """
    case_id = Action.objects.values_list("case_id", flat=True).get(creditor=creditor, pk=action_id)
    lock_case(case_id)
    return Action.objects.select_for_update(of=("self",)).select_related("case", "customer").get(pk=action_id)
