"""Money that came to the bank and seems to pay a receivable holds its chasing back, before anybody said yes.

The best match of a movement speaks, however sure it is: to chase who has paid is worse than to wait for a look. It
holds from the day it was proposed until it was booked, refused or undone; what was decided on a past day is asked again
with the matches that stood then.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl
from django.utils import timezone

from encaisse.ledger.models import BankTransaction, Match, MatchPart, Receivable
from encaisse.recovery.rows import SUSPENSIONS, Part, moment
from encaisse.storage import frames
from encaisse.storage.bulk import table

REASON = "payment_seen"


def payments_seen(part: Part) -> pl.DataFrame:
    """Receivables that the best match of a movement would pay, in the form of suspensions. There are few."""
    rows = []
    for receivable, began, ended in _matched(part):
        if ended is not None and part.known_at is not None and ended > part.known_at:
            ended = None
        if (starts_on := timezone.localdate(began)) > part.day:
            continue
        rows.append((None, "", receivable, REASON, None, starts_on, ended and timezone.localdate(ended)))
    return pl.DataFrame(rows, schema=dict(SUSPENSIONS), orient="row") if rows else _NONE


_NONE = pl.DataFrame(schema=dict(SUSPENSIONS))


def _matched(part: Part) -> list[tuple[int, datetime, datetime | None]]:
    """The receivable of each part of such a match, and from when to when it stood."""
    where, params = part.where("m") if part.customer_ids is None else part.where("r")
    if part.known_at is None:
        bound, days = " AND (r.settled_on IS NULL OR r.settled_on > %s)", [part.day]
    else:
        # Since when a receivable is settled may have been learnt later: look at all of them.
        bound, days = " AND m.recorded_at <= %s", [moment(part.known_at)]
    sql = (
        f"SELECT p.receivable_id, m.recorded_at, m.ended_at FROM {table(Match)} m"
        f" JOIN {table(BankTransaction)} t ON t.id = m.movement_id"
        f" JOIN {table(MatchPart)} p ON p.match_id = m.id"
        f" JOIN {table(Receivable)} r ON r.id = p.receivable_id"
        # Booked in the same breath: nothing was ever held back by it.
        f" WHERE {where} AND m.rank = 0 AND t.amount > 0 AND (m.ended_at IS NULL OR m.ended_at > m.recorded_at){bound}"
        " ORDER BY p.id"
    )
    return [(row[0], row[1], row[2]) for row in frames.few(sql, [*params, *days], (int, datetime, datetime))]
