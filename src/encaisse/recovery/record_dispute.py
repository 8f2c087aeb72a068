"""Write down an objection: what is disputed is not chased, the rest of the invoice and the other invoices are."""

from __future__ import annotations

from datetime import date, datetime

from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Dispute, Suspension
from encaisse.recovery.refusal import Refused
from encaisse.recovery.suspending import check_days, keep, open_of, receivables_of


def record(
    creditor: Creditor,
    customer: Customer,
    *,
    receivable_id: int,
    starts_on: date,
    at: datetime,
    actor: str,
    amount: int | None = None,
    ground: str = Dispute.Ground.OTHER,
    reason: str = "",
    owner: str = "",
    answer_by: date | None = None,
) -> Dispute:
    """Record a dispute of a receivable, or of `amount` (minor units) of it, until a person ends it. Raises Refused."""
    check_days(starts_on, None, at)
    (receivable,) = receivables_of(customer, [receivable_id])
    if amount is not None:
        owed = open_of(creditor, customer, starts_on, receivable)
        if amount <= 0:
            raise Refused("amount_not_positive")
        if amount > owed:
            raise Refused("amount_too_high")
        # The whole of it is not a part: the clock of a receivable disputed as a whole stands still.
        amount = None if amount == owed else amount
    dispute = Dispute(
        customer=customer,
        receivable=receivable,
        kind=Suspension.Kind.DISPUTED,
        amount=amount,
        starts_on=starts_on,
        ground=ground,
        reason=reason,
        owner=owner,
        answer_by=answer_by,
    )
    payload = {"ground": ground, "amount": amount, "owner": owner, "answer_by": answer_by and answer_by.isoformat()}
    return keep(creditor, [dispute], "dispute_recorded", payload, at=at, actor=actor)[0]
