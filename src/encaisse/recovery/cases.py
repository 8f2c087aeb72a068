"""Every customer with receivables in a currency has a case in it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from encaisse.ledger.models import Receivable
from encaisse.parties.models import Creditor
from encaisse.recovery.models import Case
from encaisse.recovery.rows import moment
from encaisse.storage import bulk

MARGIN = timedelta(days=1)
"""An import says when it began; it ends, and its rows are seen, within a day."""


def open_cases(creditor: Creditor, *, since: datetime | None = None) -> int:
    """Make the cases that are missing, in one statement, and return how many there were.

    `since`: an instant at which none was missing; only receivables recorded from the day before on are looked at.
    """
    newer, instants = ("", []) if since is None else (" AND r.recorded_at >= %s", [moment(since - MARGIN)])
    sql = (
        f"INSERT INTO {bulk.table(Case)}"
        " (creditor_id, customer_id, currency, overdue, verdict_step, verdict_reason)"
        " SELECT DISTINCT r.creditor_id, r.customer_id, r.currency, 0, '', ''"
        f" FROM {bulk.table(Receivable)} r"
        f" LEFT JOIN {bulk.table(Case)} c ON c.creditor_id = r.creditor_id AND c.customer_id = r.customer_id"
        " AND c.currency = r.currency"
        f" WHERE r.creditor_id = %s AND c.id IS NULL{newer}"
        " ON CONFLICT DO NOTHING"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [creditor.pk, *instants])
        return max(cursor.rowcount, 0)
