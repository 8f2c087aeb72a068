"""Take a case or an action for oneself, until the end of the transaction.

Cases first, in order, then the journal: whoever writes the journal holds its lock, and must not wait for a case after.
"""

from __future__ import annotations

from collections.abc import Sequence

from encaisse.parties.models import Creditor
from encaisse.recovery.models import Action, Case


def lock_case(case_id: int) -> Case:
    """Return the case, locked. On SQLite the transaction holds the write lock already."""
    return Case.objects.select_for_update().select_related(None).get(pk=case_id)


def lock_waiting_cases(creditor: Creditor, customer_ids: Sequence[int] | None = None) -> None:
    """Lock the cases that have an action to leave: of some customers, or all of them."""
    held = Action.objects.filter(creditor=creditor, status__in=(Action.Status.PLANNED, Action.Status.APPROVED))
    if customer_ids is not None:
        held = held.filter(customer_id__in=list(customer_ids))
    cases = Case.objects.filter(pk__in=held.values("case_id")).order_by("pk")
    list(cases.select_for_update().values_list("pk", flat=True))


def lock_action(creditor: Creditor, action_id: int) -> Action:
    """Return the action with its case and customer; case first, then action, so that nobody waits for each other.

    Raises Action.DoesNotExist.
    """
    case_id = Action.objects.values_list("case_id", flat=True).get(creditor=creditor, pk=action_id)
    lock_case(case_id)
    return Action.objects.select_for_update(of=("self",)).select_related("case", "customer").get(pk=action_id)
