"""Dated legal parameters: what the law said, from when to when, where it is written, and how sure we are.

Each file of ``parameters/`` holds one series. A series is checked when it is loaded: known fields, no overlap, no gap,
known confidence, a reference at every value. Nothing is extrapolated: a day outside a series raises ``UnknownRate``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Any

from encaisse.law.overlay import OwnPoint, overlay
from encaisse.law.schema import (
    CONFIDENCES,
    OWN,
    BadParameter,
    check_fields,
    check_words,
    read_days,
    read_decimal,
    read_source,
    read_yaml,
)

__all__ = [
    "CONFIDENCES",
    "KINDS",
    "UNITS_PER_PERCENT",
    "BadParameter",
    "Derivation",
    "Point",
    "Series",
    "UnknownRate",
    "all_series",
    "load_series",
    "package_series",
    "parse_series",
    "rate_units",
    "read_yaml",
]

# reference: a rate on which others are built (a central bank's); it may be below zero and no regime bears it.
KINDS = ("rate", "reference", "amount", "number")

# Rates are counted in ten-thousandths of a percent, so that a day's rate is a whole number in every frame.
UNITS_PER_PERCENT = 10_000

_ONE_DAY = timedelta(days=1)
_CENT = Decimal("0.01")
_HALF_YEAR_STARTS = ((1, 1), (7, 1))
_FIELDS = {"id", "kind", "unit", "label", "reference", "points"}
_OPTIONAL_FIELDS = {"note", "periods", "derived", "open_ended"}
_POINT_FIELDS = {"from", "to", "value", "reference", "confidence"}
_OPTIONAL_POINT_FIELDS = {"note"}
_DERIVED_FIELDS = {"from", "plus"}
_OPTIONAL_DERIVED_FIELDS = {"round_up_to", "taken"}
_PERIODS = ("half-year",)


class UnknownRate(LookupError):
    """A day for which a series has no value. ``known_to`` is the last day it has one."""

    def __init__(self, series: str, day: date, known_to: date) -> None:
        self.series = series
        self.day = day
        self.known_to = known_to
        super().__init__(
            f"{series} has no value on {day.isoformat()} (known to {known_to.isoformat()}): "
            "add the published value with its source, nothing is extrapolated"
        )


@dataclass(frozen=True, slots=True)
class Point:
    """One value, from ``start`` to ``end`` (both included; ``end`` None: until further notice)."""

    start: date
    end: date | None
    value: Decimal
    reference: str
    confidence: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A value follows from the reference ``series``: its rate on the first day of the period, plus ``plus`` points.

    ``day_before``: the rate of the day before the period is taken instead. ``round_up_to``: the sum is rounded up to a
    multiple of it (0.5: to the next half point).
    """

    series: str
    plus: Decimal
    round_up_to: Decimal | None = None
    day_before: bool = False

    def taken_on(self, start: date) -> date:
        """The day of which the reference counts, for a period that starts on ``start``."""
        return start - _ONE_DAY if self.day_before else start

    def value(self, reference: Decimal) -> Decimal:
        """The rate that follows from a reference rate (both percent per year)."""
        total = reference + self.plus
        if self.round_up_to is None:
            return total
        return (total / self.round_up_to).to_integral_value(ROUND_CEILING) * self.round_up_to


@dataclass(frozen=True, slots=True)
class Series:
    """A parameter over time. ``kind`` rate or reference: percent per year; amount: currency units; number: plain.

    ``points`` follow each other without a gap. ``detached`` are the user's own values beyond a gap: they are no part of
    the run, but a rate derived from this one may take them (``known_on``).
    """

    id: str
    kind: str
    unit: str
    label: Mapping[str, str]
    reference: str
    points: tuple[Point, ...]
    note: str = ""
    derived: Derivation | None = None
    half_years: bool = False
    detached: tuple[Point, ...] = ()
    _starts: tuple[date, ...] = field(default=(), repr=False, compare=False)

    @property
    def first(self) -> date:
        """The first day that has a value."""
        return self.points[0].start

    @property
    def last(self) -> date:
        """The last day that has a value (the end of time for a parameter in force until further notice)."""
        return self.points[-1].end or date.max

    def at(self, day: date) -> Point:
        """The value in force on ``day``. Raises UnknownRate outside the series."""
        if not self.first <= day <= self.last:
            raise UnknownRate(self.id, day, self.last)
        return self.points[bisect_right(self._starts, day) - 1]

    def known_on(self, day: date) -> Point | None:
        """The value on ``day`` as far as anybody said it, also beyond a gap; None when nobody did."""
        if self.first <= day <= self.last:
            return self.at(day)
        return next((point for point in self.detached if point.start <= day <= (point.end or date.max)), None)

    def between(self, first: date, last: date) -> Iterator[tuple[date, date, Point]]:
        """The pieces of ``first`` to ``last`` (both included) that have one value each. Raises UnknownRate."""
        while first <= last:
            point = self.at(first)
            end = min(point.end or date.max, last)
            yield first, end, point
            if end == date.max:
                return
            first = end + _ONE_DAY

    def integral(self, day: date) -> int:
        """The running integral F(day): the sum of the daily rates from the first day of the series to ``day``.

        In ten-thousandths of a percent times days, exact. Zero before the series starts; UnknownRate after its end.
        """
        if day < self.first:
            return 0
        return sum(
            ((end - start).days + 1) * rate_units(point.value) for start, end, point in self.between(self.first, day)
        )


def rate_units(percent: Decimal) -> int:
    """A rate in ten-thousandths of a percent. Raises ValueError when it has more than four decimals."""
    units = percent * UNITS_PER_PERCENT
    if units != units.to_integral_value():
        raise ValueError(f"{percent} % has more than four decimals: rates are kept in ten-thousandths of a percent")
    return int(units)


def load_series(series: str) -> Series:
    """A series by its id, with the user's own values where ``using`` gives some.

    Raises LookupError when the package has no such series.
    """
    own = overlay()
    return _with_own(series, own) if own else package_series(series)


@cache
def package_series(series: str) -> Series:
    """A series as the package knows it, read once. Raises LookupError when there is no such file."""
    if series not in all_series():
        raise LookupError(f"there is no parameter {series!r}: known are {', '.join(all_series())}")
    name = f"{series}.yaml"
    read = parse_series((_folder() / name).read_text(encoding="utf-8"), name)
    if read.id != series:
        raise BadParameter(f"{name}: the id {read.id!r} must be the name of the file")
    return read


@cache
def all_series() -> tuple[str, ...]:
    """The ids of every parameter of the package, in alphabetical order."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _folder().iterdir() if file.name.endswith(".yaml")))


def parse_series(text: str, name: str) -> Series:
    """Read and check one parameter file. Raises BadParameter, naming ``name`` and what to mend."""
    content = read_yaml(text, name)
    check_fields(content, _FIELDS, _OPTIONAL_FIELDS, name)
    kind = content["kind"]
    if kind not in KINDS:
        raise BadParameter(f"{name}: kind {kind!r} is not one of {', '.join(KINDS)}")
    if not content["points"]:
        raise BadParameter(f"{name}: a series needs at least one point")
    points = tuple(_point(raw, kind, f"{name}, point {at}") for at, raw in enumerate(content["points"], start=1))
    _check_order(points, name)
    if kind in ("rate", "reference") and points[-1].end is None and not content.get("open_ended"):
        raise BadParameter(f"{name}: a rate needs a last day, since the next one is not known")
    if content.get("periods", "half-year") not in _PERIODS:
        raise BadParameter(f"{name}: periods is one of {', '.join(_PERIODS)}")
    if "periods" in content:
        _check_half_years(points, name)
    return Series(
        id=content["id"],
        kind=kind,
        unit=content["unit"],
        label=check_words(content["label"], f"{name}: label"),
        reference=content["reference"],
        points=points,
        note=content.get("note", "").strip(),
        derived=_derivation(content.get("derived"), name),
        half_years="periods" in content,
        _starts=tuple(point.start for point in points),
    )


def _folder() -> Traversable:
    return files("encaisse.law") / "parameters"


def _point(raw: Any, kind: str, where: str) -> Point:
    check_fields(raw, _POINT_FIELDS, _OPTIONAL_POINT_FIELDS, where)
    start, end = read_days(raw, where)
    if start is None:
        raise BadParameter(
            f"{where}: from and to are dates such as 2026-07-01, and a value of a series has a first day"
        )
    reference, confidence = read_source(raw, where)
    value = read_decimal(raw["value"], where, negative=kind == "reference")
    return Point(start, end, value, reference, confidence, note=str(raw.get("note", "")).strip())


def _derivation(raw: Any, name: str) -> Derivation | None:
    if raw is None:
        return None
    where = f"{name}, derived"
    check_fields(raw, _DERIVED_FIELDS, _OPTIONAL_DERIVED_FIELDS, where)
    if raw.get("taken", "first_day") not in ("first_day", "day_before"):
        raise BadParameter(f"{where}: taken is first_day or day_before")
    step = read_decimal(raw["round_up_to"], where) if "round_up_to" in raw else None
    plus = read_decimal(raw["plus"], where, negative=True)
    return Derivation(raw["from"], plus, step, raw.get("taken") == "day_before")


def _check_order(points: tuple[Point, ...], name: str) -> None:
    for before, after in pairwise(points):
        if before.end is None or before.end >= after.start:
            raise BadParameter(f"{name}: the value from {after.start} overlaps the one from {before.start}")
        if before.end + _ONE_DAY != after.start:
            raise BadParameter(f"{name}: nothing is said between {before.end} and {after.start}")


def _check_half_years(points: tuple[Point, ...], name: str) -> None:
    for point in points:
        if not whole_half_years(point.start, point.end):
            raise BadParameter(f"{name}: the value from {point.start} does not cover whole half-years")


def whole_half_years(first: date, last: date | None) -> bool:
    """Whether the days from ``first`` to ``last`` are one or more calendar half-years, no day more or less."""
    starts = (first.month, first.day) in _HALF_YEAR_STARTS
    return starts and last is not None and (last.month, last.day) in ((6, 30), (12, 31))


@lru_cache(maxsize=1024)
def _with_own(series: str, own: tuple[OwnPoint, ...]) -> Series:
    """The series of the package, continued by the user's own values and by what follows from them."""
    package = package_series(series)
    spare = _spare(package, (point for point in own if point.series == series))
    run = list(package.points)
    while run[-1].end is not None:
        after = run[-1].end + _ONE_DAY
        following = next((point for point in spare if point.start == after), None) or _follows(package, after, own)
        if following is None:
            break
        run.append(following)
    while (before := next((point for point in spare if point.end == run[0].start - _ONE_DAY), None)) is not None:
        run.insert(0, before)
    detached = tuple(point for point in spare if point not in run)
    return replace(package, points=tuple(run), detached=detached, _starts=tuple(point.start for point in run))


def _spare(package: Series, own: Iterable[OwnPoint]) -> tuple[Point, ...]:
    """The own values on the days that neither the package nor an earlier own value speaks of."""
    taken = [(package.first, package.last)]
    spare: list[Point] = []
    for point in own:
        for first, last in _uncovered(point.first, point.last, taken):
            spare.append(Point(first, last, _two_decimals(point.value), point.reference, OWN))
        taken.append((point.first, point.last))
    return tuple(spare)


def _uncovered(first: date, last: date, taken: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """The stretches of ``first`` to ``last`` that no taken stretch covers."""
    left = [(first, last)]
    for start, end in taken:
        parts: list[tuple[date, date]] = []
        for begin, stop in left:
            if stop < start or begin > end:
                parts.append((begin, stop))
                continue
            if begin < start:
                parts.append((begin, start - _ONE_DAY))
            if stop > end:
                parts.append((end + _ONE_DAY, stop))
        left = parts
    return left


def _follows(package: Series, start: date, own: tuple[OwnPoint, ...]) -> Point | None:
    """The value of the half-year from ``start`` that follows from the user's own reference rate; None without one."""
    rule = package.derived
    if rule is None or not package.half_years or (start.month, start.day) not in _HALF_YEAR_STARTS:
        return None
    base = _with_own(rule.series, own)
    end = date(start.year, 6, 30) if start.month == 1 else date(start.year, 12, 31)
    given = base.known_on(rule.taken_on(start))
    if given is None:
        return None
    reference = f"{package.reference}; {base.id}, {rule.taken_on(start)}: {given.value} % ({given.reference})"
    return Point(start, end, _two_decimals(rule.value(given.value)), reference, given.confidence)


def _two_decimals(value: Decimal) -> Decimal:
    """A rate written as the package writes them: 12.65, not 12.6500; more decimals only where it has them."""
    rounded = value.quantize(_CENT)
    return rounded if rounded == value else value.normalize()
