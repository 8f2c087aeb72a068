"""Look again at actions that wait, after something changed: what is no longer right is called off, by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from encaisse.parties.models import Creditor
from encaisse.recovery.cancel import close
from encaisse.recovery.deliver import WAITING, why_not
from encaisse.recovery.facts import read
from encaisse.recovery.locking import lock_action
from encaisse.recovery.models import Action
from encaisse.recovery.refusal import refusal_text

HELD = (Action.Status.PLANNED, Action.Status.APPROVED)
PASSING = WAITING | {"awaiting_approval"}


def recheck(
    creditor: Creditor, day: date, *, at: datetime, actor: str, customer_ids: Sequence[int] | None = None
) -> int:
    """Decide again, as of `day`, for the cases of planned and approved actions; return how many were called off.

    `customer_ids`: only these customers (after an import, a promise, a dispute…); None: all that wait.
    """
    held = Action.objects.filter(creditor=creditor, status__in=HELD)
    if customer_ids is not None:
        held = held.filter(customer_id__in=list(customer_ids))
    waiting = {pk: (case, step) for pk, case, step in held.values_list("pk", "case_id", "step")}
    if not waiting:
        return 0
    customers = sorted(set(held.values_list("customer_id", flat=True)))
    facts = read(creditor, day, customer_ids=customers, but_waiting=True)
    verdicts = {
        case: (called, reason)
        for case, called, reason in facts.decide().verdicts.select("case", "waiting", "reason").iter_rows()
    }
    gone = {}
    for pk, (case, planned) in waiting.items():
        code = _why_gone(planned, verdicts.get(case))
        if code:
            gone[pk] = code
    for pk, code in gone.items():
        with transaction.atomic():
            action = lock_action(creditor, pk)
            if action.status in HELD:
                close(creditor, action, code, refusal_text(code), at=at, actor=actor)
    return len(gone)


def _why_gone(planned: str, verdict: tuple[str | None, str | None] | None) -> str:
    """Return why a planned step is no longer right; empty when it still is, or when what holds it passes by itself.

    A verdict here is the step the case calls for, whatever it must wait for, and the reason why it does not act.
    """
    if verdict is None:
        return "paid_meanwhile"
    called, reason = verdict
    if reason and reason not in PASSING:
        return why_not(reason)
    return "" if called == planned else "step_changed"
