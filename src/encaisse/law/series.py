"""Dated legal parameters: what the law said, from when to when, where it is written, and how sure we are.

Each file of ``parameters/`` holds one series. A series is checked when it is loaded: known fields, no overlap, no gap,
known confidence, a reference at every value. Nothing is extrapolated: a day outside a series raises ``UnknownRate``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Any

import yaml

CONFIDENCES = ("sure", "probable", "to-verify")
KINDS = ("rate", "amount", "number")

# Rates are counted in ten-thousandths of a percent, so that a day's rate is a whole number in every frame.
UNITS_PER_PERCENT = 10_000

_ONE_DAY = timedelta(days=1)
_FIELDS = {"id", "kind", "unit", "label", "reference", "points"}
_OPTIONAL_FIELDS = {"note", "periods", "derived"}
_POINT_FIELDS = {"from", "to", "value", "reference", "confidence"}
_OPTIONAL_POINT_FIELDS = {"note"}


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


class BadParameter(ValueError):
    """A parameter file that does not follow the schema; the message names the file and what to mend."""


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
    """A value is the one of ``series`` on the first day of the period, plus ``plus`` points."""

    series: str
    plus: Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """A parameter over time. ``kind`` rate: percent per year; amount: currency units; number: a plain number."""

    id: str
    kind: str
    unit: str
    label: Mapping[str, str]
    reference: str
    points: tuple[Point, ...]
    note: str = ""
    derived: Derivation | None = None
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


@cache
def load_series(series: str) -> Series:
    """A series of the package by its id, read once. Raises LookupError when there is no such file."""
    file = _folder() / f"{series}.yaml"
    if not file.is_file():
        raise LookupError(f"there is no parameter {series!r}: known are {', '.join(all_series())}")
    read = parse_series(file.read_text(encoding="utf-8"), file.name)
    if f"{read.id}.yaml" != file.name:
        raise BadParameter(f"{file.name}: the id {read.id!r} must be the name of the file")
    return read


@cache
def all_series() -> tuple[str, ...]:
    """The ids of every parameter of the package, in alphabetical order."""
    return tuple(sorted(file.name.removesuffix(".yaml") for file in _folder().iterdir() if file.name.endswith(".yaml")))


def parse_series(text: str, name: str) -> Series:
    """Read and check one parameter file. Raises BadParameter, naming ``name`` and what to mend."""
    content = read_yaml(text, name)
    _check_fields(content, _FIELDS, _OPTIONAL_FIELDS, name)
    if content["kind"] not in KINDS:
        raise BadParameter(f"{name}: kind {content['kind']!r} is not one of {', '.join(KINDS)}")
    if set(content["label"]) != {"fr", "en"}:
        raise BadParameter(f"{name}: label needs fr and en")
    if not content["points"]:
        raise BadParameter(f"{name}: a series needs at least one point")
    points = tuple(_point(raw, f"{name}, point {number}") for number, raw in enumerate(content["points"], start=1))
    _check_order(points, content["kind"], name)
    if content.get("periods") == "half-year":
        _check_half_years(points, name)
    return Series(
        id=content["id"],
        kind=content["kind"],
        unit=content["unit"],
        label=dict(content["label"]),
        reference=content["reference"],
        points=points,
        note=content.get("note", "").strip(),
        derived=_derivation(content.get("derived"), name),
        _starts=tuple(point.start for point in points),
    )


def read_yaml(text: str, name: str) -> dict[str, Any]:
    """The mapping of a YAML file. Raises BadParameter when it is not one."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadParameter(f"{name} is not readable as YAML: {error}") from error
    if not isinstance(content, dict):
        raise BadParameter(f"{name}: a mapping of fields is needed")
    return content


def _folder() -> Traversable:
    return files("encaisse.law") / "parameters"


def _point(raw: Any, where: str) -> Point:
    if not isinstance(raw, dict):
        raise BadParameter(f"{where}: a mapping of fields is needed")
    _check_fields(raw, _POINT_FIELDS, _OPTIONAL_POINT_FIELDS, where)
    # YAML reads a date with an hour as a datetime, which is a date to isinstance: the exact type is wanted.
    if type(raw["from"]) is not date or (raw["to"] is not None and type(raw["to"]) is not date):
        raise BadParameter(f"{where}: from and to are dates such as 2026-07-01 (to: null means until further notice)")
    if raw["to"] is not None and raw["to"] < raw["from"]:
        raise BadParameter(f"{where}: it ends before it starts")
    if raw["confidence"] not in CONFIDENCES:
        raise BadParameter(f"{where}: confidence {raw['confidence']!r} is not one of {', '.join(CONFIDENCES)}")
    if not isinstance(raw["reference"], str) or not raw["reference"].strip():
        raise BadParameter(f"{where}: a reference (article, order, published series) is needed")
    return Point(
        start=raw["from"],
        end=raw["to"],
        value=_decimal(raw["value"], where),
        reference=raw["reference"].strip(),
        confidence=raw["confidence"],
        note=str(raw.get("note", "")).strip(),
    )


def _derivation(raw: Any, where: str) -> Derivation | None:
    if raw is None:
        return None
    if not isinstance(raw, dict) or set(raw) != {"from", "plus"}:
        raise BadParameter(f"{where}: derived needs from and plus")
    return Derivation(raw["from"], _decimal(raw["plus"], where))


def _decimal(raw: Any, where: str) -> Decimal:
    if not isinstance(raw, str):
        raise BadParameter(f'{where}: the value is written between quotes ("12.40"), so that it stays exact')
    try:
        value = Decimal(raw)
    except InvalidOperation:
        raise BadParameter(f"{where}: {raw!r} is not a number such as 12.40") from None
    if not value.is_finite() or value < 0:
        raise BadParameter(f"{where}: {raw!r} is not a rate or amount of zero or more")
    return value


def _check_fields(content: Mapping[str, Any], needed: set[str], optional: set[str], where: str) -> None:
    missing = sorted(needed - set(content))
    unknown = sorted(set(map(str, content)) - needed - optional)
    if missing:
        raise BadParameter(f"{where}: missing {', '.join(missing)}")
    if unknown:
        raise BadParameter(f"{where}: unknown {', '.join(unknown)}")


def _check_order(points: tuple[Point, ...], kind: str, name: str) -> None:
    for before, after in pairwise(points):
        if before.end is None or before.end >= after.start:
            raise BadParameter(f"{name}: the value from {after.start} overlaps the one from {before.start}")
        if before.end + _ONE_DAY != after.start:
            raise BadParameter(f"{name}: nothing is said between {before.end} and {after.start}")
    if kind == "rate" and points[-1].end is None:
        raise BadParameter(f"{name}: a rate needs a last day, since the next one is not known")


def _check_half_years(points: tuple[Point, ...], name: str) -> None:
    for point in points:
        ends = {(1, 1): (6, 30), (7, 1): (12, 31)}.get((point.start.month, point.start.day))
        if ends is None or point.end != date(point.start.year, *ends):
            raise BadParameter(f"{name}: the value from {point.start} does not cover exactly one half-year")
