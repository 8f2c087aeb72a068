"""Write down a customer's promise to pay; chasing of those receivables waits for the day and the grace after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Promise, Suspension
from encaisse.recovery.refusal import Refused
from encaisse.recovery.suspending import check_days, keep, receivables_of


def record(
    creditor: Creditor,
    customer: Customer,
    *,
    promised_for: date,
    starts_on: date,
    at: datetime,
    actor: str,
    amount: int | None = None,
    person: str = "",
    receivable_ids: Sequence[int] | None = None,
    grace_days: int = 2,
    note: str = "",
) -> list[Promise]:
    """Record a promise to pay by `promised_for`: one row per receivable named, or one for all of the customer's.

    Chasing begins again on the day after the grace has passed, without anybody doing anything. `amount` in minor
    units, None for all that is owed. Raises Refused.
    """
    if amount is not None and amount <= 0:
        raise Refused("amount_not_positive")
    if promised_for < starts_on:
        raise Refused("ends_before_start")
    ends_on = promised_for + timedelta(days=grace_days + 1)
    check_days(starts_on, ends_on, at)
    records = [
        Promise(
            customer=customer,
            receivable=receivable,
            kind=Suspension.Kind.PROMISED,
            amount=amount,
            starts_on=starts_on,
            ends_on=ends_on,
            promised_for=promised_for,
            person=person,
            grace_days=grace_days,
            reason=note,
        )
        for receivable in receivables_of(customer, receivable_ids)
    ]
    payload = {"promised_for": promised_for.isoformat(), "amount": amount, "person": person}
    return keep(creditor, records, "promise_recorded", payload, at=at, actor=actor)
