"""The daily rates of several series put end to end, so that interest over many days costs two look-ups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import repeat

from encaisse.law.series import Series, rate_units

_EPOCH = date(1970, 1, 1)
# A rate without end is laid out this far.
_HORIZON = date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a series lies: the day before its first and its last (days since 1970), and its place in the whole."""

    base: int
    last: int
    offset: int


def lay_out(wanted: Iterable[Series]) -> tuple[dict[str, Stretch], list[list[int]]]:
    """The daily rates of each series, once, and by its id where each lies when they are put end to end."""
    stretches: dict[str, Stretch] = {}
    daily: list[list[int]] = []
    offset = 0
    for series in wanted:
        if series.id not in stretches:
            last = min(series.last, _HORIZON)
            stretches[series.id] = Stretch(days_since_epoch(series.first) - 1, days_since_epoch(last), offset)
            daily.append(daily_rates(series, last))
            offset += len(daily[-1])
    return stretches, daily


def daily_rates(series: Series, last: date) -> list[int]:
    """Zero for the day before the series, then the rate of each day to ``last`` (ten-thousandths of a percent)."""
    rates = [0]
    for start, end, point in series.between(series.first, last):
        rates.extend(repeat(rate_units(point.value), (end - start).days + 1))
    return rates


def days_since_epoch(day: date) -> int:
    """A day as Polars counts it."""
    return (day - _EPOCH).days
