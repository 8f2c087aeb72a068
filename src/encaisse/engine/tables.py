"""Step parameters of several strategies as flat columns, so that a frame of mixed strategies is one pipeline.

Steps are addressed by *slot*: slot ``p`` of the ladder (or of the courtesies) is the p-th such step of each strategy.
A strategy with fewer steps has empty slots, whose bit is zero, so that they never apply.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import polars as pl

from encaisse.engine.reasons import CHANNELS
from encaisse.engine.strategy import Step, Strategy

NEVER: Final = 1 << 22
"""A day number no date reaches."""
LONG_AGO: Final = -(1 << 22)
_ALL: Final = -1
_BITS: Final = 65
_REACHES: Final = 2 ** len(CHANNELS)


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """One kind of steps (ladder or courtesies) of every strategy, as columns of ``strategies × width`` values."""

    width: int
    columns: dict[str, list[int]]
    made: dict[tuple[str, int], pl.Expr] = field(default_factory=dict)  # expressions are built once and used often

    def each(self, name: str, slot: int) -> pl.Expr:
        """The parameter of one slot, by the ``strategy`` column."""
        if (name, slot) not in self.made:
            values = self.columns[name][slot :: self.width]
            many = len(set(values)) > 1
            self.made[name, slot] = by_strategy(values) if many else pl.lit(values[0], dtype=pl.Int64)
        return self.made[name, slot]

    def at(self, name: str, slot: pl.Expr) -> pl.Expr:
        """The parameter of the slot given by an expression; null where the slot is null."""
        if (name, _ALL) not in self.made:
            self.made[name, _ALL] = pl.lit(pl.Series(self.columns[name] or [0], dtype=pl.Int64))
        return self.made[name, _ALL].gather(pl.col("strategy").cast(pl.Int64) * self.width + slot)

    def uses(self, name: str) -> bool:
        """Whether any step has another value than zero."""
        return any(self.columns[name])

    def missed(self, name: str, value: pl.Expr) -> pl.Expr:
        """Bits of the steps that ask for more of something than there is, where they ask for any."""
        bits = pl.lit(0, dtype=pl.Int64)
        for slot in range(self.width):
            if any(self.columns[name][slot :: self.width]):
                bits |= pl.when(value < self.each(name, slot)).then(self.each("bit", slot)).otherwise(0)
        return bits


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Everything ``decide`` needs to know of its strategies, as expressions over its frames.

    Two tables are equal when they are the same one, so that what is built from them can be kept and found again.

    ``above``: bits of the ladder steps above the slot in column ``lead``. ``usable``: bits of the steps that have a
    channel the customer can be reached by. ``standing``: bits of the steps whose lasting conditions hold (channel,
    kind, profile, tags). ``last``: slot of the last ladder step, -1 for none; ``last_bit``: its bit, 0 for none.
    ``channel``: first reachable channel of the step in column ``step_index``.
    """

    strategies: tuple[Strategy, ...]
    ladder: Slots
    courtesies: Slots
    slot_of_bit: pl.Expr
    above: pl.Expr
    last: pl.Expr
    last_bit: pl.Expr
    usable: pl.Expr
    standing: pl.Expr
    channel: pl.Expr

    @property
    def width(self) -> int:
        """Most steps of any strategy."""
        return max((len(strategy.steps) for strategy in self.strategies), default=0)

    def lowest(self, bits: pl.Expr) -> pl.Expr:
        """Slot of the lowest ladder step among some bits; null for none."""
        return self.slot_of_bit.gather(pl.col("strategy").cast(pl.Int64) * _BITS + bits.bitwise_trailing_zeros())

    def name(self, index: str) -> pl.Expr:
        """Name of the step whose index stands in a column."""
        return self._of_step([step.name if step else "" for step in _padded(self.strategies)], pl.String, index)

    def days(self, index: str) -> pl.Expr:
        """Offset in days of the step whose index stands in a column."""
        return self._of_step([step.days if step else 0 for step in _padded(self.strategies)], pl.Int64, index)

    def from_issue(self, index: str) -> pl.Expr:
        """Whether the step whose index stands in a column counts from the issue date."""
        origins = [step is not None and step.origin == "issue" for step in _padded(self.strategies)]
        return self._of_step(origins, pl.Boolean, index)

    def _of_step(self, values: Sequence[object], kind: type[pl.DataType], index: str) -> pl.Expr:
        row = pl.col("strategy").cast(pl.Int64) * self.width + pl.col(index)
        return pl.lit(pl.Series(values, dtype=kind)).gather(row)


def _slot_of_bit(strategies: Sequence[Strategy]) -> pl.Expr:
    """Slots by the place of a step's bit; the place behind the last one stands for no bit at all."""
    slots = [
        strategy.ladder.index(at) if at in strategy.ladder else None for strategy in strategies for at in range(_BITS)
    ]
    return pl.lit(pl.Series(slots, dtype=pl.Int64))


def _above(strategies: Sequence[Strategy]) -> pl.Expr:
    width = max((len(strategy.ladder) for strategy in strategies), default=0) + 1
    bits = [
        sum(1 << index for index in strategy.ladder[lead + 1 :])
        for strategy in strategies
        for lead in range(-1, width - 1)
    ]
    row = pl.col("strategy").cast(pl.Int64) * width + pl.col("lead") + 1
    return pl.lit(pl.Series(bits, dtype=pl.Int64)).gather(row)


def by_strategy(values: Sequence[int]) -> pl.Expr:
    """One number per strategy, looked up by the ``strategy`` column."""
    return pl.lit(pl.Series(values, dtype=pl.Int64)).gather(pl.col("strategy"))


@lru_cache(maxsize=64)
def tables(strategies: tuple[Strategy, ...]) -> Tables:
    """The tables of these strategies, in their order."""
    return Tables(
        strategies,
        _slots([[(at, strategy.steps[at]) for at in strategy.ladder] for strategy in strategies]),
        _slots([[(at, strategy.steps[at]) for at in strategy.courtesies] for strategy in strategies]),
        _slot_of_bit(strategies),
        _above(strategies),
        by_strategy([len(strategy.ladder) - 1 for strategy in strategies]),
        by_strategy([1 << strategy.ladder[-1] if strategy.ladder else 0 for strategy in strategies]),
        _by_reach(strategies, lambda step, reach: step.reach & reach != 0),
        _standing(strategies),
        _channel(strategies),
    )


def _by_reach(strategies: Sequence[Strategy], holds: Callable[[Step, int], bool]) -> pl.Expr:
    """Bits of the steps for which something holds, given the channels the customer can be reached by."""
    values = [
        sum(1 << index for index, step in enumerate(strategy.steps) if holds(step, reach))
        for strategy in strategies
        for reach in range(_REACHES)
    ]
    row = pl.col("strategy").cast(pl.Int64) * _REACHES + pl.col("reach").cast(pl.Int64)
    return pl.lit(pl.Series(values, dtype=pl.Int64)).gather(row)


def _standing(strategies: Sequence[Strategy]) -> pl.Expr:
    bits = _by_reach(strategies, lambda step, reach: step.channel is None or CHANNELS[step.channel] & reach != 0)
    failing = [
        pl.when((pl.col("strategy") == number) & ~wanted).then(1 << index).otherwise(0)
        for number, strategy in enumerate(strategies)
        for index, step in enumerate(strategy.steps)
        if (wanted := _wanted(step)) is not None
    ]
    return bits & ~pl.sum_horizontal(failing).cast(pl.Int64) if failing else bits


def _channel(strategies: Sequence[Strategy]) -> pl.Expr:
    values = [
        _first_channel(step, reach) if step else None for step in _padded(strategies) for reach in range(_REACHES)
    ]
    width = max((len(strategy.steps) for strategy in strategies), default=0)
    row = pl.col("strategy").cast(pl.Int64) * width + pl.col("step_index")
    return pl.lit(pl.Series(values, dtype=pl.String)).gather(row * _REACHES + pl.col("reach").cast(pl.Int64))


def _padded(strategies: Sequence[Strategy]) -> list[Step | None]:
    """The steps of every strategy, one after the other, each filled up to the same number."""
    width = max((len(strategy.steps) for strategy in strategies), default=0)
    return [strategy.steps[at] if at < len(strategy.steps) else None for strategy in strategies for at in range(width)]


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
