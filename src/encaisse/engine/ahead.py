"""Looking ahead: the first day on which a case would act if nothing but time changed, and the step it would be.

After the due date the future of a case is cut into stretches, one per receivable: from the day after its due date to
the day after the next one's. Within a stretch what is late, its total and its lead do not change, so that the day of
each step follows from a few comparisons, and no day is ever tried one by one.
"""

from __future__ import annotations

import polars as pl

from encaisse.engine.chase import WorkingDays, first_of_case, running_max_slot, running_min, running_sum, shared
from encaisse.engine.tables import NEVER, Tables

_STEP: int = 64  # day and step travel as one number, so that the least of them is the first day, then the highest step
_CONTEXT = ("contact", "usable", "standing", "region", "minimum")


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
    parts = [
        _ladder(_stretches(rows, cases, tables, today), tables, calendar, today, cap_days, repeat_days),
        _courtesies(young, cases, tables, calendar, today, cap_days),
    ]
    packed = pl.concat(parts).group_by("c").agg(pl.col("packed").min())
    return packed.select(
        "c", next_day=pl.col("packed") // _STEP, next_index=_STEP - 1 - pl.col("packed") % _STEP
    ).filter(pl.col("next_day") < NEVER)


def _stretches(rows: pl.DataFrame, cases: pl.DataFrame, tables: Tables, today: int) -> pl.LazyFrame:
    """The stretches of each case that end after tomorrow, with what holds within them."""
    chased = rows.lazy().filter(pl.col("chase") > 0).select("c", "strategy", "due", "base", "chase", "stage")
    low = pl.when(pl.col("stage") < tables.last_slot()).then(pl.col("base")).otherwise(NEVER)
    same = pl.col("c").shift(-1) == pl.col("c")
    return (
        chased.with_columns(
            total=running_sum(pl.col("chase")),
            count=running_sum(pl.lit(1, dtype=pl.Int64) + pl.col("due") * 0),
            oldest=pl.when(first_of_case()).then(pl.col("due")).forward_fill(),
            base=running_min(pl.col("base")),
            low=running_min(low),
            lead=running_max_slot(pl.col("stage")),
            start=pl.max_horizontal(pl.col("due") + 1, today + 1),
            end=pl.when(same.fill_null(value=False)).then(pl.col("due").shift(-1) + 1).otherwise(NEVER),
        )
        .filter(pl.col("end") > pl.col("start"))
        .with_columns(shared(cases, *_CONTEXT, "ended"))
        .filter(pl.col("total") >= pl.col("minimum"))
    )


def _ladder(
    stretches: pl.LazyFrame, tables: Tables, calendar: WorkingDays, today: int, cap_days: int, repeat_days: int
) -> pl.DataFrame:
    each = tables.ladder.each
    last = tables.last_slot()
    found: list[pl.Expr] = []
    taken = pl.lit(NEVER, dtype=pl.Int64)  # from this day on a lower step is the one the case calls for
    for slot in range(tables.ladder.width):
        holds = (pl.col("standing") & each("bit", slot) != 0) & (pl.col("total") >= each("least", slot))
        holds &= pl.col("count") >= each("min_count", slot)
        opens = pl.max_horizontal(pl.col("start"), pl.col("oldest") + each("min_age", slot))
        climbs = holds & (pl.col("lead") < slot)
        repeats = holds & (pl.col("lead") == last) & (last == slot)
        ready = pl.when(climbs).then(pl.max_horizontal(opens, pl.col("base") + each("days", slot)))
        ready = ready.when(repeats).then(
            pl.max_horizontal(opens, pl.col("low") + each("days", slot), pl.col("ended") + repeat_days)
        )
        day = calendar.next(pl.max_horizontal(ready, pl.col("contact") + _wait(each("gap", slot), cap_days)))
        valid = (day < pl.min_horizontal(taken, "end")) & (pl.col("usable") & each("bit", slot) != 0)
        found.append(pl.when(valid & (climbs | repeats)).then(_pack(day, each("index", slot))))
        taken = pl.min_horizontal(taken, pl.when(climbs).then(opens).otherwise(NEVER))
    return stretches.select("c", packed=_least(found)).drop_nulls().collect()


def _courtesies(
    young: pl.DataFrame, cases: pl.DataFrame, tables: Tables, calendar: WorkingDays, today: int, cap_days: int
) -> pl.DataFrame:
    each = tables.courtesies.each
    found: list[pl.Expr] = []
    taken = pl.lit(NEVER, dtype=pl.Int64)  # from this day on a later courtesy replaces this one
    for slot in reversed(range(tables.courtesies.width)):
        starts = pl.col(f"at_{slot}")
        ready = pl.max_horizontal(starts, today + 1, pl.col("contact") + _wait(each("gap", slot), cap_days))
        day = calendar.next(ready)
        valid = (day < pl.min_horizontal(taken, "due", pl.col("lapse") + 1)) & (
            pl.col("usable") & each("bit", slot) != 0
        )
        valid &= pl.col("done").cast(pl.Int64) & each("bit", slot) == 0
        found.append(pl.when(valid).then(_pack(day, each("index", slot))))
        taken = pl.min_horizontal(taken, starts)
    frame = young.lazy().with_columns(shared(cases, "contact", "usable", "region", "minimum"))
    frame = frame.filter(pl.col("total") >= pl.col("minimum"))
    return frame.select("c", packed=_least(found)).drop_nulls().collect()


def _wait(gap: pl.Expr, cap_days: int) -> pl.Expr:
    """Days to stay silent after a contact; at least one, since a case acts once a day."""
    return pl.max_horizontal(gap, max(cap_days, 1))


def _pack(day: pl.Expr, index: pl.Expr) -> pl.Expr:
    return day * _STEP + (_STEP - 1) - index


def _least(found: list[pl.Expr]) -> pl.Expr:
    return pl.min_horizontal(found) if found else pl.lit(None, dtype=pl.Int64)
