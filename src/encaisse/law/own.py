"""The user's own rates: what a new one must look like before it is kept, and where it is used.

The package knows rates up to the day it was published. A user who has read the next one adds it with its source; it is
marked as his own wherever it is used, the rates that follow from it (ECB plus points) go on with it, and the package's
own value takes over as soon as it has one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from encaisse.law.overlay import OwnPoint, RefusedPoint, overlay, using
from encaisse.law.series import Point, Series, load_series, rate_units, whole_half_years
from encaisse.law.uses import derived_from

__all__ = [
    "Carried",
    "OwnPoint",
    "RefusedPoint",
    "carried",
    "check_own",
    "next_days",
    "overlay",
    "read_percent",
    "using",
]

_RATES = ("rate", "reference")
_ONE_DAY = timedelta(days=1)
_PERCENT = re.compile(r"([+-]?)(\d{1,6}(?:[.,]\d{1,12})?)")


def check_own(point: OwnPoint) -> OwnPoint:
    """The point itself when it may be added to what is known here (the package, and the values of ``using``).

    Raises LookupError for a series the package does not have, RefusedPoint (a BadParameter, with a code and words in
    both languages) for one that is no rate, a value below zero or too fine, a period that is not whole half-years where
    the law counts in them, a day that has a value already, or days that leave a gap. A central bank's rate may leave
    one: only its value on certain days counts.
    """
    series = load_series(point.series)
    _check_value(series, point)
    if series.half_years and not whole_half_years(point.first, point.last):
        raise RefusedPoint("not_half_years", series.id)
    known = _overlapped(series, point.first, point.last)
    if known is not None:
        code = "already_known" if known.end else "already_known_for_good"
        raise RefusedPoint(
            code, series.id, value=known.value, first=known.start, last=known.end, reference=known.reference
        )
    if series.kind == "rate" and point.first != series.last + _ONE_DAY and point.last != series.first - _ONE_DAY:
        raise RefusedPoint("leaves_a_gap", series.id, first=series.first, last=series.last)
    return point


@dataclass(frozen=True, slots=True)
class Carried:
    """What ``series`` gains by an own value: the new ``points``, and its last known day before and after."""

    series: str
    points: tuple[Point, ...]
    known_before: date
    known_to: date


def carried(point: OwnPoint) -> tuple[Carried, ...]:
    """The series that change when the point is added to what is known here: its own, then what follows from it."""
    names = (point.series, *derived_from(point.series))
    before = {name: load_series(name) for name in names}
    with using((*overlay(), point)):
        after = {name: load_series(name) for name in names}
    found = (Carried(name, _new(before[name], after[name]), before[name].last, after[name].last) for name in names)
    return tuple(one for one in found if one.points)


def _new(before: Series, after: Series) -> tuple[Point, ...]:
    known = {*before.points, *before.detached}
    return tuple(point for point in (*after.points, *after.detached) if point not in known)


def next_days(series: Series) -> tuple[date, date] | None:
    """The first and the last day that the next value of a rate would have; None when none is to come.

    The half-year after the last known one; of a central bank's rate, the one day of which the next half-years are made.
    """
    if series.kind not in _RATES or series.last == date.max:
        return None
    first = series.last + _ONE_DAY
    if series.kind == "reference" and not series.half_years:
        rules = (load_series(name) for name in derived_from(series.id))
        taken = [one.derived.taken_on(one.last + _ONE_DAY) for one in rules if one.derived and one.last != date.max]
        day = max(min(taken, default=first), first)
        return day, day
    return first, date(first.year, 6, 30) if first.month <= 6 else date(first.year, 12, 31)


def read_percent(text: str) -> Decimal:
    """A rate as people write it: ``2,65``, ``2.65 %``, ``-0,25``. Raises ValueError for anything else."""
    compact = "".join(text.split()).removesuffix("%").replace("\N{MINUS SIGN}", "-")
    found = _PERCENT.fullmatch(compact)
    if found is None or not compact.isascii():
        raise ValueError(f"{text!r} is not a rate such as 2,65 or 2.65")
    return Decimal(found[1] + found[2].replace(",", "."))


def _check_value(series: Series, point: OwnPoint) -> None:
    if series.kind not in _RATES:
        raise RefusedPoint("no_rate", series.id, reference=series.reference)
    if point.value < 0 and series.kind != "reference":
        raise RefusedPoint("below_zero", series.id, value=point.value)
    try:
        rate_units(point.value)
    except ValueError:
        raise RefusedPoint("too_fine", series.id, value=point.value) from None


def _overlapped(series: Series, first: date, last: date) -> Point | None:
    points = (*series.points, *series.detached)
    return next((point for point in points if point.start <= last and first <= (point.end or date.max)), None)
