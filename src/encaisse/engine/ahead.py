"""Looking ahead: the first day on which a case would act if nothing but time changed, and the step it would be.

After the due date the future of a case is cut into stretches, one per receivable: from the day after its due date to
the day after the next one's. Within a stretch what is late, its total and its lead do not change, so that the day of
each step follows from a few comparisons, and no day is ever tried one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from encaisse.engine.chase import WorkingDays, first_of_case, running_max_slot, running_min, shared
from encaisse.engine.courtesy import applies_from
from encaisse.engine.tables import NEVER, Tables

_STEP: int = 64  # day and step travel as one number, so that the least of them is the first day, then the highest step


def next_actions(
    rows: pl.DataFrame,
    young: pl.DataFrame,
    cases: pl.DataFrame,
    tables: Tables,
    calendar: WorkingDays,
    today: int,
    cap_days: int,
    repeat_days: int,
) -> pl.DataFrame:
    """``c``, ``next_day`` (day number after today) and ``next_index`` (step), for the cases that will ever act.

    Approvals that are waited for and stale books are left aside: they end by what somebody does, not by time. Where
    courtesies differ in gap or channels, another receivable's courtesy may still put the day off.
    """
    stretches = _stretches(rows, cases, today)
    nearest = stretches.filter(first_of_case())
    parts = [
        _courtesies(young, cases, tables, calendar, today, cap_days),
        _ladder(nearest, cases, tables, calendar, cap_days, repeat_days),
    ]
    # The stretches of a case follow one another in time: most cases act in the first, few need the others.
    further = stretches.filter(~first_of_case()).join(parts[1], on="c", how="anti")
    if len(further):
        parts.append(_ladder(further, cases, tables, calendar, cap_days, repeat_days))
    packed = pl.concat(parts).group_by("c").agg(pl.col("packed").min())
    return packed.select(
        "c", next_day=pl.col("packed") // _STEP, next_index=_STEP - 1 - pl.col("packed") % _STEP
    ).filter(pl.col("next_day") < NEVER)


def _stretches(rows: pl.DataFrame, cases: pl.DataFrame, today: int) -> pl.DataFrame:
    """The stretches of each case that end after tomorrow, with what holds within them."""
    ends = pl.when(pl.col("c").shift(-1) == pl.col("c")).then(pl.col("due").shift(-1) + 1).otherwise(NEVER)
    return (
        rows.filter(pl.col("chase") > 0)
        .select(
            "c",
            "strategy",
            "total",
            "count",
            oldest=pl.when(first_of_case()).then(pl.col("due")).forward_fill(),
            base=running_min(pl.col("base")),
            low=running_min(pl.when(pl.col("young")).then(pl.col("base")).otherwise(NEVER)),
            lead=running_max_slot(pl.col("stage")),
            start=pl.max_horizontal(pl.col("due") + 1, today + 1),
            end=ends,
        )
        .filter(pl.col("end") > pl.col("start"))
        .with_columns(shared(cases, "minimum"))
        .filter(pl.col("total") >= pl.col("minimum"))
    )


def _ladder(
    stretches: pl.DataFrame, cases: pl.DataFrame, tables: Tables, calendar: WorkingDays, cap_days: int, repeat_days: int
) -> pl.DataFrame:
    """The first day and step of each stretch, slot by slot: a lower step whose conditions hold hides the higher."""
    look = _look_along_ladder(tables, calendar, cap_days, repeat_days)
    frame = stretches.with_columns(shared(cases, "contact", "usable", "standing", "region", "ended"))
    return frame.with_columns(look.first).with_columns(look.then).select("c", packed=look.packed).drop_nulls()


class _Look(NamedTuple):
    """Expressions that find the next step: what is computed ``first``, what ``then``, and the ``packed`` result."""

    first: list[pl.Expr]
    then: list[pl.Expr]
    packed: pl.Expr


@lru_cache(maxsize=16)
def _look_along_ladder(tables: Tables, calendar: WorkingDays, cap_days: int, repeat_days: int) -> _Look:
    each, slots = tables.ladder.each, range(tables.ladder.width)
    opens = [
        pl.max_horizontal(pl.col("start"), pl.col("oldest") + each("min_age", slot)).alias(f"opens_{slot}")
        if tables.ladder.uses("min_age")
        else pl.col("start").alias(f"opens_{slot}")
        for slot in slots
    ]
    first = [*(_holds(tables, slot).alias(f"holds_{slot}") for slot in slots), *opens, tables.last.alias("last")]
    climbs = [pl.col(f"holds_{slot}") & (pl.col("lead") < slot) for slot in slots]
    repeats = [pl.col(f"holds_{slot}") & (pl.col("lead") == slot) & (pl.col("last") == slot) for slot in slots]
    days = [
        calendar.next(
            pl.max_horizontal(
                pl.when(climbs[slot])
                .then(pl.col("base") + each("days", slot))
                .when(repeats[slot])
                .then(pl.max_horizontal(pl.col("low") + each("days", slot), pl.col("ended") + repeat_days))
                .otherwise(NEVER),
                pl.col("contact") + _wait(each("gap", slot), cap_days),
                f"opens_{slot}",
            )
        ).alias(f"day_{slot}")
        for slot in slots
    ]
    hides = [
        pl.when(climbs[slot]).then(pl.col(f"opens_{slot}")).otherwise(NEVER).alias(f"hides_{slot}") for slot in slots
    ]
    usable = [pl.col("usable") & each("bit", slot) != 0 for slot in slots]
    found = [
        pl.when(
            usable[slot]
            & (pl.col(f"day_{slot}") < pl.min_horizontal("end", *(f"hides_{lower}" for lower in range(slot))))
        ).then(_pack(pl.col(f"day_{slot}"), each("index", slot)))
        for slot in slots
    ]
    return _Look(first, days + hides, _least(found))


def _holds(tables: Tables, slot: int) -> pl.Expr:
    each = tables.ladder.each
    lasting = (pl.col("standing") & each("bit", slot) != 0) & (pl.col("total") >= each("least", slot))
    return lasting & (pl.col("count") >= each("min_count", slot)) if tables.ladder.uses("min_count") else lasting


def _courtesies(
    young: pl.DataFrame, cases: pl.DataFrame, tables: Tables, calendar: WorkingDays, today: int, cap_days: int
) -> pl.DataFrame:
    """The first day and courtesy of each receivable; a later courtesy that applies hides the earlier ones."""
    look = _look_at_courtesies(tables, calendar, today, cap_days)
    frame = young.with_columns(*shared(cases, "contact", "usable", "region", "minimum", "chased"), *look.first)
    frame = frame.filter(pl.col("chased") >= pl.col("minimum")).with_columns(look.then)
    return frame.select("c", packed=look.packed).drop_nulls()


@lru_cache(maxsize=16)
def _look_at_courtesies(tables: Tables, calendar: WorkingDays, today: int, cap_days: int) -> _Look:
    each, slots = tables.courtesies.each, range(tables.courtesies.width)
    first = [applies_from(tables, slot).alias(f"at_{slot}") for slot in slots]
    days = [
        calendar.next(
            pl.max_horizontal(f"at_{slot}", today + 1, pl.col("contact") + _wait(each("gap", slot), cap_days))
        ).alias(f"day_{slot}")
        for slot in slots
    ]
    free = pl.col("usable") & ~pl.col("done").cast(pl.Int64)
    later = [[f"at_{hiding}" for hiding in slots if hiding > slot] for slot in slots]
    found = [
        pl.when(
            (free & each("bit", slot) != 0)
            & (pl.col(f"day_{slot}") < pl.min_horizontal("due", pl.col("lapse") + 1, *later[slot]))
        ).then(_pack(pl.col(f"day_{slot}"), each("index", slot)))
        for slot in slots
    ]
    return _Look(first, days, _least(found))


def _wait(gap: pl.Expr, cap_days: int) -> pl.Expr:
    """Days to stay silent after a contact; at least one, since a case acts once a day."""
    return pl.max_horizontal(gap, max(cap_days, 1))


def _pack(day: pl.Expr, index: pl.Expr) -> pl.Expr:
    return day * _STEP + (_STEP - 1) - index


def _least(found: Sequence[pl.Expr]) -> pl.Expr:
    return pl.min_horizontal(found) if found else pl.lit(None, dtype=pl.Int64)
