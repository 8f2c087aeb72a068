"""What follows from a match that was booked, refused or undone: waiting actions looked at again, fresh lists."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q

from encaisse.ledger.models import Match
from encaisse.parties.models import Creditor
from encaisse.recovery.recheck import recheck
from encaisse.recovery.verdicts import refresh


def after_match(creditor: Creditor, day: date, *, at: datetime, actor: str) -> int:
    """Decide again, as of `day`, for every customer whose matches changed at the instant `at`.

    Returns how many waiting actions were called off.
    """
    changed = Match.objects.filter(Q(recorded_at=at) | Q(ended_at=at), creditor=creditor)
    customers = {pk for pair in changed.values_list("customer_id", "parts__receivable__customer_id") for pk in pair}
    customers.discard(None)
    if not customers:
        return 0
    called_off = recheck(creditor, day, at=at, actor=actor, customer_ids=sorted(customers))
    refresh(creditor, day, sorted(customers))
    return called_off
