"""Every customer with receivables in a currency has a case in it."""

from __future__ import annotations

from django.db import connection

from encaisse.ledger.models import Receivable
from encaisse.parties.models import Creditor
from encaisse.recovery.models import Case
from encaisse.storage import bulk


def open_cases(creditor: Creditor) -> int:
    """Make the cases that are missing, in one statement, and return how many there were."""
    sql = (
        f"INSERT INTO {bulk.table(Case)}"
        " (creditor_id, customer_id, currency, overdue, verdict_step, verdict_reason)"
        " SELECT DISTINCT r.creditor_id, r.customer_id, r.currency, 0, '', ''"
        f" FROM {bulk.table(Receivable)} r"
        f" LEFT JOIN {bulk.table(Case)} c ON c.creditor_id = r.creditor_id AND c.customer_id = r.customer_id"
        " AND c.currency = r.currency"
        " WHERE r.creditor_id = %s AND c.id IS NULL"
        " ON CONFLICT DO NOTHING"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [creditor.pk])
        return max(cursor.rowcount, 0)
