"""After the due date: the step a case calls for today, from what of it is late and may be chased."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import polars as pl

from encaisse.engine.chase import LATE_TO_CHASE, shared
from encaisse.engine.tables import NEVER, Tables
from encaisse.pooled import collected

_NOTHING_LATE: Final = pl.DataFrame(
    schema=dict.fromkeys(("c", "total", "count", "oldest", "lead", "slot", "unless"), pl.Int64)
    | dict.fromkeys(("reached", "finished", "poor"), pl.Boolean)
)


def call_for_step(
    rows: pl.DataFrame, cases: pl.DataFrame, tables: Tables, today: int, repeat_days: int
) -> pl.DataFrame:
    """One row per case with something late to chase: its figures, and the slot of the step it calls for.

    Columns: ``c``, ``total``, ``count``, ``oldest``, ``lead`` (slot, -1 for none), ``reached`` (a receivable has
    reached a step of its own that the case has passed), ``slot`` (the step called for, null for none), ``unless``
    (the slot it would call for if no step had a least amount), ``poor`` (only least amounts keep all later steps away),
    ``finished`` (no step can ever follow the lead).
    """
    chosen, passed, figures = _figures(tables, today)
    late = rows.filter(LATE_TO_CHASE)
    if late.is_empty():
        return _NOTHING_LATE
    choice, slots, result = _choice(tables, today, repeat_days)
    grouped = late.lazy().with_columns(chosen).with_columns(passed).group_by("c", maintain_order=True).agg(figures)
    placed = grouped.with_columns(*shared(cases, "standing", "ended"), last=tables.last)
    return collected(placed.with_columns(choice).with_columns(slots).select(result), len(late))


@lru_cache(maxsize=16)
def _figures(tables: Tables, today: int) -> tuple[pl.Expr, pl.Expr, list[pl.Expr]]:
    """The lead of a case, whether a receivable has reached a step that it has passed, and the figures of the case."""
    top = max(tables.ladder.width - 1, 0)
    following = pl.col("base") + tables.ladder.at("days", (pl.col("stage") + 1).clip(0, top))
    passed = (pl.col("stage") < pl.col("lead")) & (following <= today)
    figures = {
        "strategy": pl.col("strategy").first(),
        "total": pl.col("chase").sum(),
        "count": pl.len().cast(pl.Int64),
        "oldest": pl.col("due").min(),
        "base": pl.col("base").min(),
        "lead": pl.col("lead").first(),
        "reached": pl.col("passed").any(),
        "low": pl.col("base").filter("young").min().fill_null(NEVER),
    }
    return (
        pl.col("stage").max().over("c").alias("lead"),
        passed.fill_null(value=False).alias("passed"),
        [expr.alias(name) for name, expr in figures.items()],
    )


@lru_cache(maxsize=16)
def _choice(tables: Tables, today: int, repeat_days: int) -> tuple[list[pl.Expr], list[pl.Expr], list[pl.Expr]]:
    """The steps a case may climb to, as bits; the slots it may call for; the columns of :func:`call_for_step`."""
    missed = tables.ladder.missed
    unripe = missed("min_age", today - pl.col("oldest")) | missed("min_count", pl.col("count"))
    choice = [
        (pl.col("standing") & tables.above).alias("climbs"),
        (pl.col("standing") & ~unripe).alias("ripe"),
        (~missed("least", pl.col("total"))).alias("rich"),
    ]
    slots = [
        tables.lowest(pl.col("climbs") & pl.col("ripe") & pl.col("rich")).alias("next"),
        tables.lowest(pl.col("climbs") & pl.col("ripe")).alias("free"),
        (pl.col("climbs") == 0).alias("finished"),
        (pl.col("ripe") & pl.col("rich") & tables.last_bit != 0).alias("repeatable"),
    ]
    again = (
        (pl.col("lead") == pl.col("last"))
        & pl.col("repeatable")
        & (pl.col("low") + tables.ladder.at("days", pl.col("last").clip(0)) <= today)
        & (pl.col("ended") + repeat_days <= today)
    )
    slot = pl.when(again).then(pl.col("last")).otherwise(_reached("next", tables, today))
    result = [
        *map(pl.col, ("c", "total", "count", "oldest", "lead", "reached", "finished")),
        slot.alias("slot"),
        _reached("free", tables, today).alias("unless"),
        (pl.col("next").is_null() & pl.col("free").is_not_null()).alias("poor"),
    ]
    return choice, slots, result


def _reached(column: str, tables: Tables, today: int) -> pl.Expr:
    """The slot in a column, when its day has come for the receivable that comes first to it."""
    due = pl.col("base") + tables.ladder.at("days", pl.col(column)) <= today
    return pl.when(due).then(pl.col(column))
