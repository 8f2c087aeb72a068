"""What recovery keeps of a customer follows it into the customer that stands for both, and back."""

from __future__ import annotations

from typing import Any

from encaisse.ledger.merge_customers import merged, parted
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Action, Case, Hold, LimitationEvent, Note, Suspension

_RECORDS: dict[str, Any] = {
    "suspensions": Suspension, "holds": Hold, "limitation_events": LimitationEvent, "notes": Note,
}  # fmt: skip


def follow(sender: Any, *, creditor: Creditor, keep: Customer, twin: Customer, **_more: Any) -> dict[str, list[int]]:
    """Move records and past actions of `twin` to `keep`; return the ids moved, by kind.

    What waits to leave stays where it is: nothing is owed there any more, so that the next look calls it off.
    """
    moved: dict[str, list[int]] = {}
    for name, model in _RECORDS.items():
        rows = model.objects.filter(creditor=creditor, customer=twin)
        moved[name] = list(rows.values_list("pk", flat=True))
        rows.update(customer=keep)
    moved["actions"] = _actions(creditor, twin, keep)
    return moved


def lead_back(
    sender: Any, *, creditor: Creditor, keep: Customer, twin: Customer, moved: dict[str, list[int]], **_more: Any
) -> None:
    """Give `twin` back what had moved from it."""
    for name, model in _RECORDS.items():
        model.objects.filter(creditor=creditor, customer=keep, pk__in=moved.get(name, [])).update(customer=twin)
    _actions(creditor, keep, twin, moved.get("actions", []))


def _actions(creditor: Creditor, source: Customer, target: Customer, only: list[int] | None = None) -> list[int]:
    """Move what is over: two actions of a case never have the same day, so that one of two stays behind."""
    rows = Action.objects.filter(creditor=creditor, customer=source).exclude(status__in=Action.OPEN)
    if only is not None:
        rows = rows.filter(pk__in=only)
    moved = []
    for action in rows.select_related("case").order_by("pk"):
        case, _made = Case.objects.get_or_create(creditor=creditor, customer=target, currency=action.case.currency)
        if Action.objects.filter(creditor=creditor, case=case, day=action.day).exists():
            continue
        action.case, action.customer = case, target
        action.save(update_fields=["case", "customer"])
        moved.append(action.pk)
    return moved


def connect() -> None:
    """Take part in every merge from now on."""
    merged.connect(follow, dispatch_uid="recovery")
    parted.connect(lead_back, dispatch_uid="recovery")
