"""After the due date: the step a case calls for today, from what of it is late and may be chased."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from encaisse.engine.chase import shared
from encaisse.engine.tables import NEVER, Tables


def call_for_step(
    rows: pl.DataFrame, cases: pl.DataFrame, tables: Tables, today: int, repeat_days: int
) -> pl.DataFrame:
    """One row per case with something late to chase: its figures, and the slot of the step it calls for.

    Columns: ``c``, ``total``, ``count``, ``oldest``, ``lead`` (slot, -1 for none), ``reached`` (a receivable has
    reached a step of its own that the case has passed), ``slot`` (the step called for, null for none), ``unless``
    (the slot it would call for if no step had a least amount), ``poor`` (only least amounts keep all later steps away),
    ``finished`` (no step can ever follow the lead).
    """
    late = rows.filter(pl.col("late") & (pl.col("chase") > 0)).select(
        "c", "strategy", "due", "base", "chase", "stage", "young"
    )
    late = late.with_columns(lead=pl.col("stage").max().over("c"))
    top = max(tables.ladder.width - 1, 0)
    following = pl.col("base") + tables.ladder.at("days", (pl.col("stage") + 1).clip(0, top))
    passed = (pl.col("stage") < pl.col("lead")) & (following <= today)
    figures = (
        late.with_columns(passed=passed.fill_null(value=False))
        .group_by("c", maintain_order=True)
        .agg(
            pl.col("strategy").first(),
            total=pl.col("chase").sum(),
            count=pl.len().cast(pl.Int64),
            oldest=pl.col("due").min(),
            base=pl.col("base").min(),
            lead=pl.col("lead").first(),
            reached=pl.col("passed").any(),
            low=pl.col("base").filter("young").min().fill_null(NEVER),
        )
        .with_columns(*shared(cases, "standing", "ended"), last=tables.last)
    )
    return _choose(figures, tables, today, repeat_days)


def _choose(figures: pl.DataFrame, tables: Tables, today: int, repeat_days: int) -> pl.DataFrame:
    choice, result = _choice(tables, today, repeat_days)
    return figures.with_columns(choice).select(result)


@lru_cache(maxsize=16)
def _choice(tables: Tables, today: int, repeat_days: int) -> tuple[list[pl.Expr], list[pl.Expr]]:
    """The slots a case may call for, and then the columns of :func:`call_for_step`."""
    slots = range(tables.ladder.width)
    above = [pl.col("lead") < slot for slot in slots]
    lasting = [pl.col("standing") & tables.ladder.each("bit", slot) != 0 for slot in slots]
    aged = [_aged(tables, slot, today) for slot in slots]
    rich = [pl.col("total") >= tables.ladder.each("least", slot) for slot in slots]
    later = pl.any_horizontal([above[p] & lasting[p] for p in slots]) if slots else pl.lit(value=False)
    at_end = [(pl.col("last") == p) & lasting[p] & aged[p] & rich[p] for p in slots]
    choice = [
        _lowest([above[p] & lasting[p] & aged[p] & rich[p] for p in slots]).alias("next"),
        _lowest([above[p] & lasting[p] & aged[p] for p in slots]).alias("free"),
        (~later).alias("finished"),
        (pl.any_horizontal(at_end) if slots else pl.lit(value=False)).alias("repeatable"),
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
    return choice, result


def _aged(tables: Tables, slot: int, today: int) -> pl.Expr:
    """Conditions on age and count hold."""
    old = today - pl.col("oldest") >= tables.ladder.each("min_age", slot)
    return old & (pl.col("count") >= tables.ladder.each("min_count", slot))


def _lowest(holds: list[pl.Expr]) -> pl.Expr:
    """The first slot that holds; null for none."""
    if not holds:
        return pl.lit(None, dtype=pl.Int64)
    return pl.coalesce([pl.when(expr).then(pl.lit(slot, dtype=pl.Int64)) for slot, expr in enumerate(holds)])


def _reached(column: str, tables: Tables, today: int) -> pl.Expr:
    """The slot in a column, when its day has come for the receivable that comes first to it."""
    due = pl.col("base") + tables.ladder.at("days", pl.col(column)) <= today
    return pl.when(due).then(pl.col(column))
