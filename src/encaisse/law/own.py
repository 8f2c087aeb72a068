"""The user's own rates: what a new one must look like before it is kept, and where it is used.

The package knows rates up to the day it was published. A user who has read the next one adds it with its source; it is
marked as his own wherever it is used, the rates that follow from it (ECB plus points) go on with it, and the package's
own value takes over as soon as it has one.
"""

from __future__ import annotations

from datetime import date, timedelta

from encaisse.law.overlay import OwnPoint, overlay, using
from encaisse.law.schema import BadParameter
from encaisse.law.series import Point, Series, load_series, rate_units, whole_half_years

__all__ = ["OwnPoint", "check_own", "overlay", "using"]

_RATES = ("rate", "reference")


def check_own(point: OwnPoint) -> OwnPoint:
    """The point itself when it may be added to what is known here (the package, and the values of ``using``).

    Raises LookupError for a series the package does not have, BadParameter for one that is no rate, a value that is
    below zero or too fine, a period that is not whole half-years where the law counts in them, or a day that has a
    value already.
    """
    series = load_series(point.series)
    where = f"own value of {series.id}"
    if series.kind not in _RATES:
        raise BadParameter(f"{where}: only rates are added; this is a {series.kind} fixed by {series.reference}")
    if point.value < 0 and series.kind != "reference":
        raise BadParameter(f"{where}: {point.value} is below zero, a rate of this series never is")
    try:
        rate_units(point.value)
    except ValueError as error:
        raise BadParameter(f"{where}: {error}") from None
    if series.half_years and not whole_half_years(point.first, point.last):
        raise BadParameter(
            f"{where}: the law counts it in half-years: give 1 January to 30 June, or 1 July to 31 December"
        )
    known = _overlapped(series, point.first, point.last)
    if known is not None:
        raise BadParameter(
            f"{where}: {known.value} is already known from {known.start} to {known.end or 'further notice'} "
            f"({known.reference}; {known.confidence}): give only days from {_next_day(series)} on"
        )
    return point


def _overlapped(series: Series, first: date, last: date) -> Point | None:
    points = (*series.points, *series.detached)
    return next((point for point in points if point.start <= last and first <= (point.end or date.max)), None)


def _next_day(series: Series) -> date | str:
    return "another series" if series.last == date.max else series.last + timedelta(days=1)
