"""Pause chasing: of a receivable, a case, a customer, or of everybody. A pause without an end is "never chase"."""

from __future__ import annotations

from datetime import date, datetime

from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Suspension
from encaisse.recovery.refusal import Refused
from encaisse.recovery.suspending import check_days, keep, receivables_of

SCOPES = ("receivable", "case", "customer", "creditor")


def record(
    creditor: Creditor,
    *,
    scope: str,
    starts_on: date,
    reason: str,
    at: datetime,
    actor: str,
    ends_on: date | None = None,
    customer: Customer | None = None,
    receivable_id: int | None = None,
    currency: str = "",
) -> Suspension:
    """Record a pause from `starts_on` to the day before `ends_on` (None: until a person ends it). Raises Refused."""
    if scope not in SCOPES:
        raise ValueError(f"scope {scope!r}: use one of {', '.join(SCOPES)}")
    if not reason.strip():
        raise Refused("reason_missing")
    check_days(starts_on, ends_on, at)
    if scope != "creditor" and customer is None:
        raise ValueError(f"a pause of a {scope} needs its customer")
    receivable = None
    if scope == "receivable" and customer is not None:
        (receivable,) = receivables_of(customer, [receivable_id or 0])
    pause = Suspension(
        customer=None if scope == "creditor" else customer,
        currency=(currency or creditor.currency) if scope == "case" else "",
        receivable=receivable,
        kind=Suspension.Kind.PAUSED,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason.strip(),
    )
    return keep(creditor, [pause], "pause_recorded", {"scope": scope}, at=at, actor=actor)[0]
