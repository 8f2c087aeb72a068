"""Write down what stands in the way of chasing a customer: insolvent, deceased, a direct debit under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Suspension
from encaisse.recovery.refusal import Refused
from encaisse.recovery.suspending import check_days, keep, receivables_of

KINDS = (Suspension.Kind.INSOLVENT, Suspension.Kind.DECEASED, Suspension.Kind.DEBIT_PENDING)


def record(
    creditor: Creditor,
    customer: Customer,
    *,
    kind: str,
    reason: str,
    starts_on: date,
    at: datetime,
    actor: str,
    ends_on: date | None = None,
    receivable_ids: Sequence[int] | None = None,
) -> list[Suspension]:
    """Record `insolvent` or `deceased` (a person says so, with the source as reason), or `debit_pending`.

    A debit that is returned is ended with its reason, and chasing begins again. Raises Refused.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r}: use one of {', '.join(KINDS)}")
    if not reason.strip():
        raise Refused("reason_missing")
    check_days(starts_on, ends_on, at)
    records = [
        Suspension(
            customer=customer,
            receivable=receivable,
            kind=kind,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason.strip(),
        )
        for receivable in receivables_of(customer, receivable_ids)
    ]
    return keep(creditor, records, f"{kind}_recorded", {}, at=at, actor=actor)
