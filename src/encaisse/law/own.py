"""The user's own rates: what a new one must look like before it is kept, and where it is used.

The package knows rates up to the day it was published. A user who has read the next one adds it with its source; it is
marked as his own wherever it is used, the rates that follow from it (ECB plus points) go on with it, and the package's
own value takes over as soon as it has one.
"""

from __future__ import annotations

from datetime import date, timedelta

from encaisse.law.overlay import OwnPoint, RefusedPoint, overlay, using
from encaisse.law.series import Point, Series, load_series, rate_units, whole_half_years

__all__ = ["OwnPoint", "RefusedPoint", "check_own", "overlay", "using"]

_RATES = ("rate", "reference")
_ONE_DAY = timedelta(days=1)


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
