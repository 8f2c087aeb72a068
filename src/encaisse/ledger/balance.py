"""What is open on a day, per receivable; credit that is not allocated; how old the open amounts are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from encaisse.ledger.frames import Schema
from encaisse.parties.models import Creditor
from encaisse.storage import frames

BUCKETS = ("not_due", "1-30", "31-60", "61-90", "91+")
"""Days late, each bound in one bucket only: day 30 is in "1-30", day 31 in "31-60"."""

_OPEN: Schema = {
    "receivable": pl.Int64, "customer": pl.Int64, "number": pl.String, "issued_on": pl.Date, "due_on": pl.Date,
    "due_from": pl.String, "amount": pl.Int64, "open": pl.Int64, "currency": pl.String,
}  # fmt: skip
_CREDIT: Schema = {"customer": pl.Int64, "currency": pl.String, "credit": pl.Int64}
_CHUNK = 400


def open_items(creditor: Creditor, on: date, *, customer_ids: Sequence[int] | None = None) -> pl.DataFrame:
    """Every receivable issued by the end of day `on` of which something is open then, oldest due date first.

    Columns: receivable, customer, number, issued_on, due_on, due_from, amount, open (minor units, below zero when paid
    too much), currency. `customer_ids` keeps to these customers.
    """
    found = _read(_open_sql, creditor, on, customer_ids, _OPEN)
    return found.sort("due_on", "issued_on", "receivable")


def unallocated(creditor: Creditor, on: date, *, customer_ids: Sequence[int] | None = None) -> pl.DataFrame:
    """What customers have paid by the end of day `on` that is set against nothing then: customer, currency, credit.

    Minor units; customers without any are left out. Below zero: the books corrected more than was known as credit.
    """
    found = _read(_credit_sql, creditor, on, customer_ids, _CREDIT)
    sums = found.group_by("customer", "currency").agg(pl.col("credit").sum())
    return sums.filter(pl.col("credit") != 0).sort("customer", "currency")


def aging(frame: pl.DataFrame, on: date) -> dict[str, int]:
    """Sum `open` of a frame of open items by how late they are on day `on`, in minor units. One currency at a time."""
    late = (pl.lit(on) - pl.col("due_on")).dt.total_days()
    names = (
        pl.when(late <= 0).then(pl.lit(BUCKETS[0]))
        .when(late <= 30).then(pl.lit(BUCKETS[1]))
        .when(late <= 60).then(pl.lit(BUCKETS[2]))
        .when(late <= 90).then(pl.lit(BUCKETS[3]))
        .otherwise(pl.lit(BUCKETS[4]))
    )  # fmt: skip
    sums = dict(frame.group_by(names.alias("bucket")).agg(pl.col("open").sum()).iter_rows())
    return {bucket: int(sums.get(bucket, 0)) for bucket in BUCKETS}


def _open_sql(customers: str) -> str:
    # Allocations of what is not settled on the day; the index on settled_on passes over the years before.
    here = f"r.creditor_id = %s AND r.issued_on <= %s AND (r.settled_on IS NULL OR r.settled_on > %s){customers}"
    return f"""
SELECT r.id, r.customer_id, r.number, r.issued_on, r.due_on, r.due_from, r.amount,
       r.amount - COALESCE(a.taken, 0), r.currency
FROM ledger_receivable r LEFT JOIN (
    SELECT a.receivable_id, CAST(SUM(a.amount) AS BIGINT) AS taken
    FROM ledger_allocation a JOIN ledger_receivable r ON r.id = a.receivable_id
    WHERE a.counts_on <= %s AND {here} GROUP BY a.receivable_id
) a ON a.receivable_id = r.id
WHERE {here} AND r.amount <> COALESCE(a.taken, 0)"""


def _credit_sql(customers: str) -> str:
    here = f"p.creditor_id = %s AND p.paid_on <= %s AND (p.spent_on IS NULL OR p.spent_on > %s){customers}"
    return f"""
SELECT p.customer_id, p.currency, p.amount - COALESCE(a.taken, 0)
FROM ledger_payment p LEFT JOIN (
    SELECT a.payment_id, CAST(SUM(a.amount) AS BIGINT) AS taken
    FROM ledger_allocation a JOIN ledger_payment p ON p.id = a.payment_id
    WHERE a.counts_on <= %s AND {here} GROUP BY a.payment_id
) a ON a.payment_id = p.id
WHERE {here} AND p.amount <> COALESCE(a.taken, 0)"""


def _read(
    sql: Callable[[str], str], creditor: Creditor, day: date, customer_ids: Sequence[int] | None, schema: Schema
) -> pl.DataFrame:
    if customer_ids is None:
        here = [creditor.pk, day, day]
        return frames.read(sql(""), [day, *here, *here], schema)
    letter = "r" if schema is _OPEN else "p"
    parts = [pl.DataFrame(schema=schema)]
    wanted = sorted(set(customer_ids))
    for at in range(0, len(wanted), _CHUNK):
        bite = wanted[at : at + _CHUNK]
        marks = f" AND {letter}.customer_id IN ({', '.join(['%s'] * len(bite))})"
        here = [creditor.pk, day, day, *bite]
        parts.append(frames.read(sql(marks), [day, *here, *here], schema))
    return pl.concat(parts)
