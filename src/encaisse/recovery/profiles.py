"""What past payments show of each customer, in words that accuse nobody.

The machine says `new`, `reliable`, `forgetful` or nothing. Anything harder (in trouble, evasive) is a person's word and
is never overwritten here.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from django.db import transaction

from encaisse.ledger.models import Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.storage import bulk, frames

ENOUGH = 3
"""Invoices settled before anything is said."""
ON_TIME_DAYS = 5
WINDOW = timedelta(days=730)
RELIABLE_SHARE = 0.8
MACHINE = ("", "new", "reliable", "forgetful")


def refresh(creditor: Creditor, day: date) -> int:
    """Work out the profiles again from what was settled in the two years before `day`; return how many changed."""
    found = _settled(creditor, day).join(_known(creditor), on="customer", how="right")
    share = pl.col("on_time") / pl.col("count")
    profile = (
        pl.when(pl.col("count").fill_null(0) < ENOUGH)
        .then(pl.lit("new"))
        .when(share >= RELIABLE_SHARE)
        .then(pl.lit("reliable"))
        .when(pl.col("median_late") > ON_TIME_DAYS)
        .then(pl.lit("forgetful"))
        .otherwise(pl.lit(""))
    )
    changed = found.with_columns(fresh=profile).filter(
        pl.col("profile").is_in(MACHINE) & (pl.col("fresh") != pl.col("profile"))
    )
    with transaction.atomic():
        bulk.update(Customer, ["profile"], list(changed.select("fresh", "customer").iter_rows()))
    return len(changed)


def evidence(creditor: Creditor, customer: Customer, day: date) -> dict[str, int]:
    """Return what a profile rests on: invoices settled, how many on time, median days late."""
    row = _settled(creditor, day, customer.pk)
    if row.is_empty():
        return {"count": 0, "on_time": 0, "median_late": 0}
    return {name: int(row[name][0]) for name in ("count", "on_time", "median_late")}


def _settled(creditor: Creditor, day: date, customer_id: int | None = None) -> pl.DataFrame:
    sql = (
        f"SELECT r.customer_id, r.due_on, r.settled_on FROM {bulk.table(Receivable)} r"
        " WHERE r.creditor_id = %s AND r.settled_on <= %s AND r.settled_on > %s"
    )
    params: list[object] = [creditor.pk, day, day - WINDOW]
    if customer_id is not None:
        sql += " AND r.customer_id = %s"
        params.append(customer_id)
    rows = frames.read(sql, params, {"customer": pl.Int64, "due_on": pl.Date, "settled_on": pl.Date})
    late = (pl.col("settled_on") - pl.col("due_on")).dt.total_days().clip(0)
    return (
        rows.with_columns(late=late)
        .group_by("customer")
        .agg(count=pl.len(), on_time=(pl.col("late") <= ON_TIME_DAYS).sum(), median_late=pl.col("late").median())
    )


def _known(creditor: Creditor) -> pl.DataFrame:
    sql = f"SELECT id, profile FROM {bulk.table(Customer)} WHERE creditor_id = %s"
    return frames.read(sql, [creditor.pk], {"customer": pl.Int64, "profile": pl.String})
