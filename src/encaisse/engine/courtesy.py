"""Before the due date: courtesies. The latest that applies, once per receivable, and none while anything is late."""

from __future__ import annotations

import polars as pl

from encaisse.engine.chase import shared
from encaisse.engine.tables import NEVER, Tables


def young_receivables(rows: pl.DataFrame, cases: pl.DataFrame, tables: Tables, today: int) -> pl.DataFrame:
    """Receivables that may get a courtesy: not yet due, chaseable, in a case of which nothing is late.

    Adds ``lapse`` (the last day on which the case is free of anything late), ``total`` and ``count`` of all that the
    case could be asked for, and for each courtesy slot the day ``at_N`` from which it applies (``free_N``: if it had
    no least amount), which is never when a condition fails.
    """
    counted = pl.col("owes") & (pl.col("reason") != "covered_by_credit").fill_null(value=True)
    lapse = rows.filter(counted).group_by("c", maintain_order=True).agg(lapse=pl.col("due").min())
    lapse = lapse.filter(pl.col("lapse") >= today)
    young = rows.filter(pl.col("chase") > 0).select("i", "c", "strategy", "issued", "due", "chase", "done")
    sums = pl.col("chase").sum().over("c"), pl.len().over("c").cast(pl.Int64)
    young = young.join(lapse, on="c", how="inner", maintain_order="left")
    young = young.with_columns(total=sums[0], count=sums[1]).filter(pl.col("due") > today)
    young = young.with_columns(shared(cases, "standing"))
    days: list[pl.Expr] = []
    for slot in range(tables.courtesies.width):
        starts = _starts(tables, slot)
        rich = pl.col("chase") >= tables.courtesies.each("least", slot)
        days += [pl.when(rich).then(starts).otherwise(NEVER).alias(f"at_{slot}"), starts.alias(f"free_{slot}")]
    return young.with_columns(days)


def own_courtesy(young: pl.DataFrame, tables: Tables, today: int) -> pl.DataFrame:
    """``i`` (row), ``c``, ``own`` (slot of the courtesy to send, null for none) and ``kept`` (only its least
    amount keeps a courtesy away)."""
    own, free = (_latest(name, tables, today) for name in ("at", "free"))
    frame = young.select("i", "c", "strategy", "done", own=own, free=free)
    return frame.select(
        "i",
        "c",
        own=_unless_done("own", tables),
        kept=_unless_done("own", tables).is_null() & _unless_done("free", tables).is_not_null(),
    )


def _starts(tables: Tables, slot: int) -> pl.Expr:
    """The day from which a courtesy applies, without regard to its least amount."""
    each = tables.courtesies.each
    origin = pl.when(each("from_issue", slot) == 1).then(pl.col("issued")).otherwise(pl.col("due"))
    start = pl.max_horizontal(origin + each("days", slot), pl.col("issued") + each("min_age", slot))
    holds = (pl.col("standing") & each("bit", slot) != 0) & (pl.col("count") >= each("min_count", slot))
    return pl.when(holds).then(start).otherwise(NEVER)


def _latest(name: str, tables: Tables, today: int) -> pl.Expr:
    slots = [
        pl.when(pl.col(f"{name}_{slot}") <= today).then(pl.lit(slot, dtype=pl.Int64))
        for slot in reversed(range(tables.courtesies.width))
    ]
    return pl.coalesce(slots) if slots else pl.lit(None, dtype=pl.Int64)


def _unless_done(name: str, tables: Tables) -> pl.Expr:
    sent = pl.col("done").cast(pl.Int64) & tables.courtesies.at("bit", pl.col(name)) != 0
    return pl.when(~sent).then(pl.col(name))
