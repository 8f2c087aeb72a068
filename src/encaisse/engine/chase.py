"""What may be chased of each receivable on the day: blocked, withheld and netted parts taken away."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, cast

import polars as pl

from encaisse.calendar import non_working_days
from encaisse.engine.reasons import NOT_CHASEABLE
from encaisse.engine.tables import LONG_AGO, NEVER, Tables
from encaisse.pooled import collected

_EPOCH: Final = date(1970, 1, 1)
_YEAR: Final = 366
_SHARED: Final = (
    *("case", "strategy", "credit", "last_contact_on", "awaiting", "stale", "kind", "profile", "tags"),
    *("reach", "region", "minimum"),
)
_KEPT: Final = [
    *("c", "i", "strategy", "receivable", "done", "stage_days", "open", "due", "issued", "base", "owes", "late"),
    *("chase", "reason", "stage", "young", "total", "count"),
]
_GROUP: Final = 1 << 24  # more than any day number: keeps running minima of one case apart from the next


def day_number(day: date) -> int:
    """Days since 1970-01-01, as Polars counts them."""
    return (day - _EPOCH).days


def receivables(facts: pl.DataFrame, tables: Tables, day: date) -> pl.DataFrame:
    """One row per receivable with its case's ordinal ``c`` and the amount to chase.

    Unallocated credit covers what could be chased, oldest due first. ``total`` and ``count`` run within the case.
    """
    taken, *steps = _debts(tables, day_number(day))
    frame = facts.lazy().select(taken)
    for columns in steps:
        frame = frame.with_columns(columns)
    return collected(frame.select(_KEPT), len(facts))


@lru_cache(maxsize=16)
def _debts(tables: Tables, today: int) -> list[list[pl.Expr]]:
    """The columns of :func:`receivables`: those of the facts first, then each list upon the one before."""
    free = pl.col("open") - pl.col("withheld").clip(0)
    taken = {
        **{name: pl.col(name) for name in ("strategy", "receivable", "done", "stage_days", "open", "blocked")},
        "i": pl.int_range(pl.len(), dtype=pl.Int64),
        "c": (pl.col("case") != pl.col("case").shift(1)).fill_null(value=True).cum_sum().cast(pl.Int64) - 1,
        "due": pl.col("due_on").to_physical().cast(pl.Int64),
        "issued": pl.col("issued_on").to_physical().cast(pl.Int64),
        "base": pl.col("due_on").to_physical().cast(pl.Int64) + pl.col("suspended_days"),
        "owes": pl.col("open") > 0,
        "free": pl.when(pl.col("blocked").is_null() & (pl.col("open") > 0)).then(free.clip(0)).otherwise(0),
        "credit": pl.col("credit").clip(0),
    }
    before = running_sum(pl.col("free")) - pl.col("free")
    covered = pl.min_horizontal("free", (pl.col("credit") - pl.col("before")).clip(0))
    reason = (
        pl.when(~pl.col("owes"))
        .then(pl.lit("nothing_owed"))
        .when(pl.col("blocked").is_not_null())
        .then(pl.col("blocked"))
        .when(pl.col("free") == 0)
        .then(pl.lit("disputed"))
        .when(pl.col("chase") == 0)
        .then(pl.lit("covered_by_credit"))
    )
    return [
        [expr.alias(name) for name, expr in taken.items()],
        [
            before.alias("before"),
            (pl.col("due") < today).alias("late"),
            highest_slot(tables, pl.col("stage_days")).alias("stage"),
        ],
        [(pl.col("free") - covered).alias("chase"), (pl.col("stage") < tables.last).alias("young")],
        [
            reason.alias("reason"),
            running_sum(pl.col("chase")).alias("total"),
            running_sum(pl.col("chase").sign()).alias("count"),
        ],
    ]


def running_sum(value: pl.Expr) -> pl.Expr:
    """Running total within each case of a frame sorted by ``c``."""
    total = value.cum_sum()
    return total - pl.when(first_of_case()).then(total - value).forward_fill()


def running_min(value: pl.Expr) -> pl.Expr:
    """Running minimum within each case of day numbers."""
    shift = pl.col("c") * _GROUP
    return (value - shift).cum_min() + shift


def running_max_slot(value: pl.Expr) -> pl.Expr:
    """Running maximum within each case of slot numbers (-1 to 60)."""
    shift = pl.col("c") * 64
    return (value + shift).cum_max() - shift


def first_of_case() -> pl.Expr:
    """True on the first row of each case."""
    return _FIRST_OF_CASE


def last_of_case() -> pl.Expr:
    """True on the last row of each case."""
    return _LAST_OF_CASE


_FIRST_OF_CASE: Final = (pl.col("c") != pl.col("c").shift(1)).fill_null(value=True)
_LAST_OF_CASE: Final = (pl.col("c") != pl.col("c").shift(-1)).fill_null(value=True)


def cases(facts: pl.DataFrame, rows: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """One row per case, in the order of the ordinal ``c``, with what the whole case shares.

    ``chased`` and ``chased_count``: all that may be chased, late or not. ``lapse``: the earliest due date of what is
    still owed, after which no courtesy goes out; what credit covers is not owed any more.
    """
    whole, common = _common(tables)
    ends = rows.select(whole).filter(_LAST_OF_CASE)
    return facts.filter(_NEXT_CASE).hstack(ends.get_columns()).select(common)


_NEXT_CASE: Final = (pl.col("case") != pl.col("case").shift(1)).fill_null(value=True)


@lru_cache(maxsize=16)
def _common(tables: Tables) -> tuple[list[pl.Expr], list[pl.Expr]]:
    """What a case has when its receivables are run through, and the columns of :func:`cases`."""
    owed = pl.col("owes") & (pl.col("reason") != "covered_by_credit").fill_null(value=True)
    whole = {
        "c": pl.col("c"),
        "chased": pl.col("total"),
        "chased_count": pl.col("count"),
        "lapse": running_min(pl.when(owed).then(pl.col("due")).otherwise(NEVER)),
    }
    common = {
        **{name: pl.col(name) for name in (*_SHARED, *whole)},
        "contact": pl.col("last_contact_on").to_physical().cast(pl.Int64).fill_null(LONG_AGO),
        "ended": pl.col("last_step_on").to_physical().cast(pl.Int64).fill_null(LONG_AGO),
        "usable": tables.usable,
        "standing": tables.standing,
    }
    return [expr.alias(name) for name, expr in whole.items()], [expr.alias(name) for name, expr in common.items()]


def shared(cases: pl.DataFrame, *names: str) -> list[pl.Expr]:
    """Columns of the case frame, for rows that carry the ordinal ``c``."""
    return [pl.lit(cases[name]).gather(_CASE) for name in names]


_CASE: Final = pl.col("c")
TO_CHASE: Final = pl.col("chase") > 0
LATE_TO_CHASE: Final = pl.col("late") & TO_CHASE


@lru_cache(maxsize=1)
def strength() -> pl.Expr:
    """Rank of a receivable's reason when a case has nothing to chase: late ones speak first, then the strongest."""
    rank = pl.col("reason").replace_strict(list(NOT_CHASEABLE), list(range(len(NOT_CHASEABLE))), return_dtype=pl.Int32)
    late = pl.col("late") & pl.col("owes")
    return rank + pl.when(late).then(0).otherwise(len(NOT_CHASEABLE))


def highest_slot(tables: Tables, days: pl.Expr) -> pl.Expr:
    """The highest ladder slot that so many days reach; -1 for none. Null days reach none."""
    reached = [
        (days >= tables.ladder.each("days", slot)).fill_null(value=False).cast(pl.Int64)
        for slot in range(tables.ladder.width)
    ]
    return pl.sum_horizontal(reached) - 1 if reached else pl.lit(-1, dtype=pl.Int64)


class WorkingDays:
    """Next working day by region and day, looked up for a whole column at once."""

    def __init__(self, regions: Sequence[str], used: Sequence[int], first: date, length: int) -> None:
        """Covers ``length`` days from ``first`` for the regions whose index is used; later days stay as they are."""
        self._first = day_number(first)
        self._length = length
        table = [day for index in used for day in _next_days(regions[index], self._first, length)]
        # Without any case, constant days are looked up all the same: they must find themselves, not an empty table.
        table = table or list(range(self._first, self._first + length))
        # Without any case nothing is looked up, but what is the same for every row is reckoned all the same.
        self._table = pl.lit(pl.Series(table or [self._first] * length, dtype=pl.Int64))
        starts = [0] * (max(used, default=0) + 1)
        for place, index in enumerate(used):
            starts[index] = place * length
        by_region = pl.lit(pl.Series(starts, dtype=pl.Int64)).gather(pl.col("region"))
        self._start = by_region if len(used) > 1 else pl.lit(0)

    def next(self, day: pl.Expr) -> pl.Expr:
        """The first working day that is not before ``day``, by the ``region`` column."""
        return pl.max_horizontal(day, self._table.gather(self._start + (day - self._first).clip(0, self._length - 1)))


def working_days(regions: Sequence[str], used: Collection[int], first: date, length: int) -> WorkingDays:
    """The calendar of the regions whose index is used, for at least ``length`` days: the same one for the same days."""
    return _working_days(tuple(regions), tuple(sorted(used)), first, -(-length // _YEAR) * _YEAR)


@lru_cache(maxsize=16)
def _working_days(regions: tuple[str, ...], used: tuple[int, ...], first: date, length: int) -> WorkingDays:
    return WorkingDays(regions, used, first, length)


def _next_days(region: str, first: int, length: int) -> list[int]:
    """For each day from ``first`` on, the first working day that is not before it."""
    last = first + length + 30
    years = range(date.fromordinal(first + _EPOCH.toordinal()).year, date.fromordinal(last + _EPOCH.toordinal()).year)
    closed = {number for year in (*years, years.stop) for number in _closed(region, year)}
    following = last
    found = []
    for number in range(last, first - 1, -1):
        following = following if number in closed else number
        found.append(following)
    return found[::-1][:length]


@lru_cache(maxsize=2048)
def _closed(region: str, year: int) -> frozenset[int]:
    return frozenset(map(day_number, non_working_days(region, date(year, 1, 1), date(year, 12, 31))))


def horizon(rows: pl.DataFrame, tables: Tables, day: date) -> int:
    """How many days of the calendar a look ahead can need, between one and twenty years."""
    latest = max((cast("int", rows[name].max()) for name in ("due", "base") if len(rows)), default=0)
    reach = max((step.days + step.gap for strategy in tables.strategies for step in strategy.steps), default=0)
    wanted = latest - day_number(day) + reach + 400
    return int(min(max(wanted, 366), 20 * 366, NEVER))
