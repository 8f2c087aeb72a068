"""Correct the regime of a receivable, or of all that is open of a customer, with the reason; or give the choice back.

What is counted for lateness follows at once, in facts, pages and messages; what was sent stays as it was sent.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from encaisse.journal.append import append
from encaisse.ledger.models import Receivable, RegimeChoice
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.locking import lock_waiting_cases
from encaisse.recovery.refusal import Refused
from encaisse.recovery.regime import NOT_GIVEN, known_code, may_be_given, rulings

LONGEST_REASON = 300


def record(
    creditor: Creditor,
    customer: Customer,
    *,
    regime: str,
    reason: str,
    at: datetime,
    actor: str,
    receivable_id: int | None = None,
) -> list[RegimeChoice]:
    """Give a receivable of the customer this regime; None: everything open. An empty regime gives the choice back.

    What stands so already is left alone. Raises Refused for a missing reason, a receivable that is not the customer's,
    nothing open, and a regime that cannot be given.
    """
    if not reason.strip():
        raise Refused("reason_missing")
    check(customer, regime)
    with transaction.atomic():
        lock_waiting_cases(creditor, [customer.pk])
        rows = _meant(creditor, customer, receivable_id)
        before = rulings(creditor.country, customer, [row.pk for row in rows])
        kept = []
        for row in rows:
            given = before[row.pk].given
            if regime == (given.regime if given else ""):
                continue
            kept.append(
                RegimeChoice.objects.create(
                    creditor=creditor,
                    receivable=row,
                    regime=regime,
                    reason=reason.strip()[:LONGEST_REASON],
                    actor=actor,
                    recorded_at=at,
                )
            )
        if kept:
            payload = {
                "receivables": [choice.receivable.number for choice in kept],
                "regime": regime,
                "before": sorted({before[choice.receivable_id].regime or "" for choice in kept}),
                "reason": reason.strip()[:LONGEST_REASON],
            }
            append(creditor.pk, customer.code, "regime_chosen", payload, at=at, actor=actor)
    return kept


def check(customer: Customer, regime: str) -> None:
    """Raise Refused when this regime cannot be given to a receivable of the customer; an empty one always can."""
    if not regime:
        return
    if not known_code(regime):
        raise Refused("unknown_regime")
    if regime in NOT_GIVEN:
        raise Refused("regime_of_judgment")
    if regime not in may_be_given(customer):
        raise Refused("regime_of_business")


def _meant(creditor: Creditor, customer: Customer, receivable_id: int | None) -> list[Receivable]:
    rows = Receivable.objects.filter(creditor=creditor, customer=customer).order_by("due_on", "pk")
    if receivable_id is not None:
        one = rows.filter(pk=receivable_id).first()
        if one is None:
            raise Refused("unknown_receivable")
        return [one]
    found = list(rows.filter(settled_on=None))
    if not found:
        raise Refused("nothing_owed")
    return found
