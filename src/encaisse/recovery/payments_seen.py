"""Money that came to the bank and seems to pay a receivable holds its chasing back, before anybody said yes.

The best match of a movement speaks, however sure it is: to chase who has paid is worse than to wait for a look. It
holds from the day it was proposed until it was booked, refused or undone; what was decided on a past day is asked again
with the matches that stood then.
"""

from __future__ import annotations

import polars as pl
from django.db.models import F, Q
from django.utils import timezone

from encaisse.ledger.models import Match
from encaisse.recovery.rows import SUSPENSIONS, Part

REASON = "payment_seen"


def payments_seen(part: Part) -> pl.DataFrame:
    """Receivables that the best match of a movement would pay, in the form of suspensions. There are few."""
    found = Match.objects.filter(creditor_id=part.creditor_id, rank=0, movement__amount__gt=0)
    # Booked in the same breath: nothing was ever held back by it.
    found = found.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=F("recorded_at")))
    settled = Q(parts__receivable__settled_on__isnull=True) | Q(parts__receivable__settled_on__gt=part.day)
    if part.customer_ids is not None:
        found = found.filter(parts__receivable__customer_id__in=part.customer_ids)
    if part.known_at is None:
        found = found.filter(settled, parts__isnull=False)
    else:
        # Since when a receivable is settled may have been learnt later: look at all of them.
        found = found.filter(recorded_at__lte=part.known_at, parts__isnull=False)
    rows = []
    for receivable, began, ended in found.values_list("parts__receivable_id", "recorded_at", "ended_at"):
        if ended is not None and part.known_at is not None and ended > part.known_at:
            ended = None
        if (starts_on := timezone.localdate(began)) > part.day:
            continue
        rows.append((None, "", receivable, REASON, None, starts_on, ended and timezone.localdate(ended)))
    return pl.DataFrame(rows, schema=dict(SUSPENSIONS), orient="row")
