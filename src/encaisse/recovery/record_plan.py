"""Write down an instalment plan; while it runs nothing of it is chased."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Plan, Suspension
from encaisse.recovery.refusal import Refused
from encaisse.recovery.suspending import check_days, keep, open_of

GRACE_DAYS = 2


def record(
    creditor: Creditor,
    customer: Customer,
    *,
    instalments: Sequence[tuple[date, int]],
    starts_on: date,
    at: datetime,
    actor: str,
    acknowledged: bool = False,
    note: str = "",
) -> Plan:
    """Record a plan of `instalments` (day, minor units). It ends by itself after the last one and its grace.

    The amounts add up to what is open, the days rise. Raises Refused.
    """
    days = [day for day, _amount in instalments]
    total = sum(amount for _day, amount in instalments)
    rising = all(first < second for first, second in pairwise(days))
    fair = bool(instalments) and all(amount > 0 for _day, amount in instalments)
    if not (fair and rising and days[0] >= starts_on and total == open_of(creditor, customer, starts_on)):
        raise Refused("instalments_wrong")
    ends_on = days[-1] + timedelta(days=GRACE_DAYS + 1)
    check_days(starts_on, ends_on, at)
    plan = Plan(
        customer=customer,
        kind=Suspension.Kind.PLAN_RUNNING,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=note,
        instalments=[[day.isoformat(), amount] for day, amount in instalments],
        acknowledged=acknowledged,
    )
    payload = {"instalments": plan.instalments, "acknowledged": acknowledged}
    return keep(creditor, [plan], "plan_recorded", payload, at=at, actor=actor)[0]
