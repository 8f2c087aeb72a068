"""Step parameters of several strategies as flat columns, so that a frame of mixed strategies is one pipeline.

Steps are addressed by *slot*: slot ``p`` of the ladder (or of the courtesies) is the p-th such step of each strategy.
A strategy with fewer steps has empty slots, whose bit is zero, so that they never apply.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import polars as pl

from encaisse.engine.reasons import CHANNELS
from encaisse.engine.strategy import Step, Strategy

NEVER: Final = 1 << 22
"""A day number no date reaches."""
LONG_AGO: Final = -(1 << 22)
_REACHES: Final = 2 ** len(CHANNELS)


@dataclass(frozen=True, slots=True)
class Slots:
    """One kind of steps (ladder or courtesies) of every strategy, as columns of ``strategies × width`` values."""

    width: int
    columns: dict[str, list[int]]

    def each(self, name: str, slot: int) -> pl.Expr:
        """The parameter of one slot, by the ``strategy`` column."""
        values = self.columns[name][slot :: self.width]
        if len(set(values)) == 1:
            return pl.lit(values[0], dtype=pl.Int64)
        return pl.lit(pl.Series(values, dtype=pl.Int64)).gather(pl.col("strategy"))

    def at(self, name: str, slot: pl.Expr) -> pl.Expr:
        """The parameter of the slot given by an expression; null where the slot is null."""
        values = pl.Series(self.columns[name] or [0], dtype=pl.Int64)
        return pl.lit(values).gather(pl.col("strategy").cast(pl.Int64) * self.width + slot)

    def uses(self, name: str) -> bool:
        """Whether any step has another value than zero."""
        return any(self.columns[name])


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything ``decide`` needs to know of its strategies."""

    strategies: tuple[Strategy, ...]
    ladder: Slots
    courtesies: Slots
    last: list[int]
    names: list[list[str]]

    def last_slot(self) -> pl.Expr:
        """Slot of the last ladder step, by strategy; -1 when there is no ladder."""
        return pl.lit(pl.Series(self.last, dtype=pl.Int64)).gather(pl.col("strategy"))

    def usable(self) -> pl.Expr:
        """Bits of the steps that have a channel the customer can be reached by."""
        return self._by_reach(lambda step, reach: step.reach & reach != 0)

    def standing(self) -> pl.Expr:
        """Bits of the steps whose lasting conditions hold: channel, kind, profile, tags."""
        bits = self._by_reach(lambda step, reach: step.channel is None or CHANNELS[step.channel] & reach != 0)
        for number, strategy in enumerate(self.strategies):
            for index, step in enumerate(strategy.steps):
                wanted = _wanted(step)
                if wanted is None:
                    continue
                fails = (pl.col("strategy") == number) & ~wanted & (bits & (1 << index) != 0)
                bits = bits - pl.when(fails).then(1 << index).otherwise(0)
        return bits

    def channel(self) -> pl.Expr:
        """First reachable channel of the step in column ``step_index``."""
        width = max(len(strategy.steps) for strategy in self.strategies)
        values = [
            _first_channel(strategy.steps[index], reach) if index < len(strategy.steps) else None
            for strategy in self.strategies
            for index in range(width)
            for reach in range(_REACHES)
        ]
        row = pl.col("strategy").cast(pl.Int64) * width + pl.col("step_index")
        return pl.lit(pl.Series(values, dtype=pl.String)).gather(row * _REACHES + pl.col("reach").cast(pl.Int64))

    def name(self, index: str) -> pl.Expr:
        """Name of the step whose index stands in a column."""
        width = max(len(strategy.steps) for strategy in self.strategies)
        values = [name for names in self.names for name in names + [""] * (width - len(names))]
        row = pl.col("strategy").cast(pl.Int64) * width + pl.col(index)
        return pl.lit(pl.Series(values, dtype=pl.String)).gather(row)

    def param(self, value: Callable[[Step], int], index: str) -> pl.Expr:
        """A number of the step whose index stands in a column."""
        width = max(len(strategy.steps) for strategy in self.strategies)
        values = [
            value(strategy.steps[at]) if at < len(strategy.steps) else 0
            for strategy in self.strategies
            for at in range(width)
        ]
        row = pl.col("strategy").cast(pl.Int64) * width + pl.col(index)
        return pl.lit(pl.Series(values, dtype=pl.Int64)).gather(row)

    def _by_reach(self, holds: Callable[[Step, int], bool]) -> pl.Expr:
        values = [
            sum(1 << index for index, step in enumerate(strategy.steps) if holds(step, reach))
            for strategy in self.strategies
            for reach in range(_REACHES)
        ]
        row = pl.col("strategy").cast(pl.Int64) * _REACHES + pl.col("reach").cast(pl.Int64)
        return pl.lit(pl.Series(values, dtype=pl.Int64)).gather(row)


@lru_cache(maxsize=64)
def tables(strategies: tuple[Strategy, ...]) -> Tables:
    """The tables of these strategies, in their order."""
    return Tables(
        strategies,
        _slots([[(at, strategy.steps[at]) for at in strategy.ladder] for strategy in strategies]),
        _slots([[(at, strategy.steps[at]) for at in strategy.courtesies] for strategy in strategies]),
        [len(strategy.ladder) - 1 for strategy in strategies],
        [[step.name for step in strategy.steps] for strategy in strategies],
    )


def _slots(plans: Sequence[Sequence[tuple[int, Step]]]) -> Slots:
    width = max(map(len, plans), default=0)
    columns: dict[str, list[int]] = {name: [] for name in ("index", "bit", "days", "gap", "eligible", "from_issue")}
    columns |= {"least": [], "min_age": [], "min_count": []}
    for plan in plans:
        for slot in range(width):
            for name, value in _values(*plan[slot]).items() if slot < len(plan) else _EMPTY.items():
                columns[name].append(value)
    return Slots(width, columns)


def _values(index: int, step: Step) -> dict[str, int]:
    return {
        "index": index,
        "bit": 1 << index,
        "days": step.days,
        "gap": step.gap,
        "eligible": int(step.scope == "eligible"),
        "from_issue": int(step.origin == "issue"),
        "least": step.least,
        "min_age": step.min_age,
        "min_count": step.min_count,
    }


_EMPTY: Final = dict.fromkeys(_values(0, Step("")), 0) | {"days": NEVER}


def _wanted(step: Step) -> pl.Expr | None:
    """The condition on kind, profile and tags; None when the step has none."""
    parts = []
    if step.kinds:
        parts.append(pl.col("kind").is_in(list(step.kinds)).fill_null(value=False))
    if step.profiles:
        parts.append(pl.col("profile").is_in(list(step.profiles)).fill_null(value=False))
    if step.tags:
        parts.append(pl.any_horizontal(pl.col("tags").list.contains(tag) for tag in step.tags).fill_null(value=False))
    return pl.all_horizontal(parts) if parts else None


def _first_channel(step: Step, reach: int) -> str | None:
    return next((channel for channel in step.channels if CHANNELS[channel] & reach), None)
