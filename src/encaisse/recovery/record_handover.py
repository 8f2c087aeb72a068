"""Write down that a case or a receivable was given to a factor, an agency, a commissaire de justice or a court."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Handover, Suspension
from encaisse.recovery.refusal import Refused
from encaisse.recovery.suspending import check_days, keep, receivables_of


def record(
    creditor: Creditor,
    customer: Customer,
    *,
    recipient: str,
    starts_on: date,
    at: datetime,
    actor: str,
    assigned: bool = False,
    reference: str = "",
    receivable_ids: Sequence[int] | None = None,
    note: str = "",
) -> list[Handover]:
    """Record a handover to `recipient`; `assigned`: the receivables now belong to a factor. Raises Refused."""
    if not recipient.strip():
        raise Refused("reason_missing")
    check_days(starts_on, None, at)
    records = [
        Handover(
            customer=customer,
            receivable=receivable,
            kind=Suspension.Kind.ASSIGNED if assigned else Suspension.Kind.HANDED_OVER,
            starts_on=starts_on,
            recipient=recipient.strip(),
            reference=reference,
            reason=note,
        )
        for receivable in receivables_of(customer, receivable_ids)
    ]
    payload = {"recipient": recipient.strip(), "reference": reference, "assigned": assigned}
    return keep(creditor, records, "handover_recorded", payload, at=at, actor=actor)
