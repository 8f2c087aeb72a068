"""Looking ahead: the first day on which a case would act if nothing but time changed, and the step it would be.

After the due date the future of a case is cut into stretches, one per receivable: from the day after its due date to
the day after the next one's. Within a stretch what is late, its total and its lead do not change, so that the day of
each step follows from a few comparisons, and no day is ever tried one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import polars as pl

from encaisse.engine.chase import TO_CHASE, WorkingDays, first_of_case, running_max_slot, running_min, shared
from encaisse.engine.courtesy import applies_from
from encaisse.engine.tables import NEVER, Tables
from encaisse.pooled import collected

_STEP: int = 64  # day and step travel as one number, so that the least of them is the first day, then the highest step

_NO_DAY: Final = pl.DataFrame(schema={"c": pl.Int64, "packed": pl.Int64})


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
    parts = [_ladder(nearest, cases, tables, calendar, cap_days, repeat_days)] if len(nearest) else [_NO_DAY]
    # The stretches of a case follow one another in time: most cases act in the first, few need the others.
    if len(nearest) < len(stretches):
        further = stretches.filter(~first_of_case()).join(parts[0], on="c", how="anti")
        if len(further):
            parts.append(_ladder(further, cases, tables, calendar, cap_days, repeat_days))
    if len(young):
        parts.append(_courtesies(young, cases, tables, calendar, today, cap_days))
    packed = pl.concat(parts).group_by("c").agg(_PACKED) if len(parts) > 1 else parts[0]
    return packed.select(_UNPACKED).filter(_EVER)


def _stretches(rows: pl.DataFrame, cases: pl.DataFrame, today: int) -> pl.DataFrame:
    """The stretches of each case that end after tomorrow, with what holds within them."""
    stretches = rows.lazy().filter(TO_CHASE).select(_within(today)).filter(_LASTS)
    return collected(stretches.with_columns(shared(cases, "minimum")).filter(_RICH_ENOUGH), len(rows))


_LASTS: Final = pl.col("end") > pl.col("start")
_RICH_ENOUGH: Final = pl.col("total") >= pl.col("minimum")
_PACKED: Final = pl.col("packed").min()
_UNPACKED: Final = (
    pl.col("c"),
    (pl.col("packed") // _STEP).alias("next_day"),
    (_STEP - 1 - pl.col("packed") % _STEP).alias("next_index"),
)
_EVER: Final = pl.col("next_day") < NEVER


@lru_cache(maxsize=16)
def _within(today: int) -> list[pl.Expr]:
    """What holds within the stretch that begins with each receivable that may be chased."""
    ends = pl.when(pl.col("c").shift(-1) == pl.col("c")).then(pl.col("due").shift(-1) + 1).otherwise(NEVER)
    columns = {
        **{name: pl.col(name) for name in ("c", "strategy", "total", "count")},
        "oldest": pl.when(first_of_case()).then(pl.col("due")).forward_fill(),
        "base": running_min(pl.col("base")),
        "low": running_min(pl.when(pl.col("young")).then(pl.col("base")).otherwise(NEVER)),
        "lead": running_max_slot(pl.col("stage")),
        "start": pl.max_horizontal(pl.col("due") + 1, today + 1),
        "end": ends,
    }
    return [expr.alias(name) for name, expr in columns.items()]


def _ladder(
    stretches: pl.DataFrame, cases: pl.DataFrame, tables: Tables, calendar: WorkingDays, cap_days: int, repeat_days: int
) -> pl.DataFrame:
    """The first day and step of each stretch, slot by slot: a lower step whose conditions hold hides the higher."""
    look = _look_along_ladder(tables, calendar, cap_days, repeat_days)
    placed = shared(cases, "contact", "usable", "standing", "region", "ended")
    return look.along(stretches.lazy().with_columns(*placed, last=tables.last), len(stretches))


class _Look(NamedTuple):
    """Expressions that find the next step: the columns to add, each list upon the one before, and the result."""

    columns: list[list[pl.Expr]]
    packed: pl.Expr

    def along(self, frame: pl.LazyFrame, rows: int) -> pl.DataFrame:
        """``c`` and ``packed`` of a frame of so many rows at most, without those that find nothing."""
        for columns in self.columns:
            frame = frame.with_columns(columns)
        return collected(frame.select("c", packed=self.packed).drop_nulls(), rows)


@lru_cache(maxsize=16)
def _look_along_ladder(tables: Tables, calendar: WorkingDays, cap_days: int, repeat_days: int) -> _Look:
    ladder = tables.ladder
    again = pl.col("lead") == pl.col("last")
    holds = pl.col("standing") & ~(
        ladder.missed("least", pl.col("total")) | ladder.missed("min_count", pl.col("count"))
    )
    first = [
        (holds & pl.when(again).then(tables.last_bit).otherwise(tables.above)).alias("bits"),
        pl.when(again).then(pl.col("low")).otherwise(pl.col("base")).alias("origin"),
        pl.when(again).then(pl.max_horizontal("start", pl.col("ended") + repeat_days)).otherwise("start").alias("rest"),
    ]
    # Where no step waits for an age, the lowest step that holds hides all others; else each may come first.
    aged = ladder.uses("min_age")
    picked = [] if aged else [tables.lowest(pl.col("bits")).alias("lowest")]
    slots = [_slot(tables, at) for at in range(ladder.width)] if aged else [_lowest_slot(tables)]
    days = [
        pl.max_horizontal(
            pl.col("origin") + slot.days, pl.col("contact") + _wait(slot.gap, cap_days), "rest", slot.opens
        ).alias(f"day_{at}")
        for at, slot in enumerate(slots)
    ]
    hides = [
        pl.when(pl.col("bits") & slot.bit != 0).then(slot.opens).otherwise(NEVER).alias(f"hides_{at}")
        for at, slot in enumerate(slots)
    ]
    found = [
        pl.when(
            (pl.col("bits") & pl.col("usable") & slot.bit != 0)
            & (pl.col(f"day_{at}") < pl.min_horizontal("end", *(f"hides_{lower}" for lower in range(at))))
        ).then(_pack(pl.col(f"day_{at}"), slot.number))
        for at, slot in enumerate(slots)
    ]
    working = [calendar.next(pl.col(f"day_{at}")).alias(f"day_{at}") for at in range(len(slots))]
    return _Look([first, picked, days + hides[:-1], working], _least(found))


class _Slot(NamedTuple):
    """What the look along the ladder asks of a step; ``opens``: the day from which its conditions hold."""

    days: pl.Expr
    gap: pl.Expr
    bit: pl.Expr
    number: pl.Expr
    opens: pl.Expr


def _slot(tables: Tables, at: int) -> _Slot:
    days, gap, bit, index, age = (tables.ladder.each(name, at) for name in ("days", "gap", "bit", "index", "min_age"))
    return _Slot(days, gap, bit, index, pl.max_horizontal("start", pl.col("oldest") + age))


def _lowest_slot(tables: Tables) -> _Slot:
    days, gap, bit, index = (tables.ladder.at(name, pl.col("lowest")) for name in ("days", "gap", "bit", "index"))
    return _Slot(days, gap, bit, index, pl.col("start"))


def _courtesies(
    young: pl.DataFrame, cases: pl.DataFrame, tables: Tables, calendar: WorkingDays, today: int, cap_days: int
) -> pl.DataFrame:
    """The first day and courtesy of each receivable; a later courtesy that applies hides the earlier ones."""
    look = _look_at_courtesies(tables, calendar, today, cap_days)
    placed = shared(cases, "contact", "usable", "region", "minimum", "chased")
    return look.along(young.lazy().with_columns(placed).filter(_WORTH_CHASING), len(young))


_WORTH_CHASING: Final = pl.col("chased") >= pl.col("minimum")


@lru_cache(maxsize=16)
def _look_at_courtesies(tables: Tables, calendar: WorkingDays, today: int, cap_days: int) -> _Look:
    each, slots = tables.courtesies.each, range(tables.courtesies.width)
    first = [applies_from(tables, slot).alias(f"at_{slot}") for slot in slots]
    days = [
        pl.max_horizontal(f"at_{slot}", today + 1, pl.col("contact") + _wait(each("gap", slot), cap_days)).alias(
            f"day_{slot}"
        )
        for slot in slots
    ]
    working = [calendar.next(pl.col(f"day_{slot}")).alias(f"day_{slot}") for slot in slots]
    free = pl.col("usable") & ~pl.col("done").cast(pl.Int64)
    later = [[f"at_{hiding}" for hiding in slots if hiding > slot] for slot in slots]
    found = [
        pl.when(
            (free & each("bit", slot) != 0)
            & (pl.col(f"day_{slot}") < pl.min_horizontal("due", pl.col("lapse") + 1, *later[slot]))
        ).then(_pack(pl.col(f"day_{slot}"), each("index", slot)))
        for slot in slots
    ]
    return _Look([first, days, working], _least(found))


def _wait(gap: pl.Expr, cap_days: int) -> pl.Expr:
    """Days to stay silent after a contact; at least one, since a case acts once a day."""
    return pl.max_horizontal(gap, max(cap_days, 1))


def _pack(day: pl.Expr, index: pl.Expr) -> pl.Expr:
    return day * _STEP + (_STEP - 1) - index


def _least(found: Sequence[pl.Expr]) -> pl.Expr:
    return pl.min_horizontal(found) if found else pl.lit(None, dtype=pl.Int64)
