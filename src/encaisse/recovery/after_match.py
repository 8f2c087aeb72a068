"""What follows from a match that was booked, refused or undone: waiting actions looked at again, fresh lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from encaisse.parties.models import Creditor
from encaisse.recovery.recheck import recheck
from encaisse.recovery.verdicts import refresh


def after_match(creditor: Creditor, day: date, customer_ids: Iterable[int], *, at: datetime, actor: str) -> int:
    """Decide again for these customers as of `day`; return how many waiting actions were called off."""
    customers = sorted(set(customer_ids))
    if not customers:
        return 0
    called_off = recheck(creditor, day, at=at, actor=actor, customer_ids=customers)
    refresh(creditor, day, customers)
    return called_off
