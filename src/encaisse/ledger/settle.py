"""Since when nothing is left of a receivable or a payment: `settled_on` and `spent_on`, derived from the allocations.

The day is the first one from which nothing is open and stays so. A receivable that was settled and is open again
(an allocation taken back) has none; one that is paid too much has none either, since something is left to look at.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from encaisse.ledger.frames import Schema
from encaisse.ledger.models import Payment, Receivable
from encaisse.storage import bulk, frames

_ROWS: Schema = {"id": pl.Int64, "amount": pl.Int64, "start": pl.Date, "stored": pl.Date}
_PARTS: Schema = {"id": pl.Int64, "amount": pl.Int64, "counts_on": pl.Date}
_CHUNK = 400


def derive(rows: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Return (id, on) for every row; `on` is null while something is left.

    `rows`: id, amount, start (first day of the row). `parts`: id, amount, counts_on, all allocations of these rows.
    """
    days = parts.group_by("id", "counts_on").agg(pl.col("amount").sum().alias("part")).sort("id", "counts_on")
    days = days.join(rows.select("id", "amount"), on="id").sort("id", "counts_on")
    days = days.with_columns(left=pl.col("amount") - pl.col("part").cum_sum().over("id"))
    last_open = days.filter(pl.col("left") != 0).group_by("id").agg(last_open=pl.col("counts_on").max())
    ends = days.join(last_open, on="id", how="left")
    free = ends.filter(pl.col("last_open").is_null() | (pl.col("counts_on") > pl.col("last_open")))
    first = free.group_by("id").agg(on=pl.col("counts_on").min())
    found = rows.join(first, on="id", how="left", maintain_order="left").join(
        last_open, on="id", how="left", maintain_order="left"
    )
    # Nothing was ever open of an amount of zero that nothing touches.
    never_open = (pl.col("amount") == 0) & pl.col("last_open").is_null()
    return found.select("id", on=pl.when(never_open).then(pl.col("start")).otherwise(pl.col("on")))


def settle(creditor_id: int, *, receivables: Sequence[int] = (), payments: Sequence[int] = ()) -> None:
    """Write `settled_on` and `spent_on` again for the rows named, in the transaction that changed them."""
    _settle(creditor_id, receivables, Receivable, "receivable_id", "issued_on", "settled_on")
    _settle(creditor_id, payments, Payment, "payment_id", "paid_on", "spent_on")


def _settle(
    creditor_id: int, ids: Sequence[int], model: type[Receivable] | type[Payment], side: str, start: str, column: str
) -> None:
    wanted = sorted(set(ids))
    for at in range(0, len(wanted), _CHUNK):
        bite = wanted[at : at + _CHUNK]
        marks = ", ".join(["%s"] * len(bite))
        rows = frames.read(
            f"SELECT id, amount, {start}, {column} FROM {bulk.table(model)} WHERE creditor_id = %s AND id IN ({marks})",
            [creditor_id, *bite],
            _ROWS,
        )
        parts = frames.read(
            f"SELECT {side}, amount, counts_on FROM ledger_allocation WHERE creditor_id = %s AND {side} IN ({marks})",
            [creditor_id, *bite],
            _PARTS,
        )
        moved = rows.join(derive(rows, parts), on="id").filter(pl.col("stored").ne_missing(pl.col("on")))
        bulk.update(model, [column], moved.select("on", "id").rows())
