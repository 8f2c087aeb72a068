"""The regimes of late payment, read from ``regimes.yaml``: which rate, from when, with which fixed sum and costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from encaisse.law.constants import constant
from encaisse.law.errors import UnknownRegime
from encaisse.law.indemnity import Scale, find_scale
from encaisse.law.overlay import OwnPoint, overlay
from encaisse.law.schema import CONFIDENCES, BadParameter, check_fields, check_words, read_yaml
from encaisse.law.series import Point, Series, load_series

Category = Literal["other", "individual"]
BelowFloor = Literal["contract", "floor", "default"]
DayCount = Literal["fixed_365", "actual_actual"]

CATEGORIES = ("other", "individual")
BELOW_FLOOR = ("contract", "floor", "default")
DAY_COUNTS = ("fixed_365", "actual_actual")
STARTS = ("due_date", "notice", "reminder", "default_day", "enforceable")

_TEXTS = ("label", "applies_to", "begins", "rate_text", "costs")
_FIELDS = {*_TEXTS, "country", "currency", "confidence", "reference", "starts", "rate", "mode", "contract", "indemnity"}
_FIELDS |= {"asks"}
_OPTIONAL = {"floor", "ceiling", "increase", "scale", "cost_scale", "day_count"}
_CHOICES: dict[str, tuple[Any, ...]] = {
    "starts": STARTS,
    "mode": ("floating", "fixed"),
    "contract": (True, False),
    "confidence": CONFIDENCES,
}


@dataclass(frozen=True, slots=True)
class Floor:
    """A contract rate is reported when it is below ``multiple`` times the rate of ``series``."""

    series: Series
    multiple: Series

    def pieces(self, first: date, last: date) -> Iterator[tuple[date, date, Decimal, Point]]:
        """The floor (percent per year) over the days of ``first`` to ``last`` that have one, with the rate it is of."""
        first = max(first, self.series.first, self.multiple.first)
        for start, end, point in self.series.between(first, min(last, self.series.last, self.multiple.last)):
            for begin, until, times in self.multiple.between(start, end):
                yield begin, until, point.value * times.value, point


@dataclass(frozen=True, slots=True)
class Increase:
    """Rates that replace those of the regime once ``months`` have passed, from date to date, since the start."""

    months: int
    other: Series
    individual: Series

    def rate_for(self, category: Category) -> Series:
        """The raised rate for a category of creditor."""
        return self.individual if category == "individual" else self.other


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to be asked before the figures can be trusted."""

    id: str
    text: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Regime:
    """The law that rules a receivable: its rate, its start, its fixed sum, and what it says to people (fr, en).

    ``starts``: ``due_date``; ``notice`` (formal notice); ``reminder`` (end of a Belgian consumer's days);
    ``default_day`` (a person finds out; given as due); ``enforceable`` (day the decision became so; given as due).
    ``individual`` is the rate for a creditor who is a private person, where it differs. ``indemnity`` is a fixed sum
    per receivable, ``scale`` one that goes by the amount; ``cost_scale`` what a clause or the law lets one add.
    """

    code: str
    country: str
    currency: str
    confidence: str
    label: Mapping[str, str]
    applies_to: Mapping[str, str]
    begins: Mapping[str, str]
    rate_text: Mapping[str, str]
    costs: Mapping[str, str]
    asks: tuple[Question, ...]
    reference: str
    starts: str
    rate: Series
    individual: Series | None
    fixed_at_start: bool
    day_count: DayCount
    contract_allowed: bool
    floor: Floor | None
    ceiling: Series | None
    increase: Increase | None
    indemnity: Series | None
    scale: Scale | None
    cost_scale: Scale | None

    @property
    def needs_notice(self) -> bool:
        """Whether no interest runs without a notice or a reminder."""
        return self.starts in ("notice", "reminder")

    def rate_for(self, category: Category) -> Series:
        """The rate for a category of creditor."""
        return self.individual if category == "individual" and self.individual is not None else self.rate


@dataclass(frozen=True, slots=True)
class Limit:
    """Over ``start`` to ``end``, a contract rate beyond ``limit`` is replaced by ``value`` (both percent per year)."""

    start: date
    end: date
    limit: Decimal
    value: Decimal
    series: Series
    point: Point


def all_regimes() -> Mapping[str, Regime]:
    """Every regime by its code, with the user's own rates in force here. Raises BadParameter for a wrong table."""
    return _regimes(overlay())


def find_regime(code: str) -> Regime:
    """The regime of a code such as ``fr-b2b``. Raises UnknownRegime naming the known ones."""
    regimes = all_regimes()
    if code not in regimes:
        raise UnknownRegime(f"{code!r} is not a known regime: use one of {', '.join(regimes)}")
    return regimes[code]


def limits(rules: Regime, below_floor: BelowFloor) -> tuple[Limit, ...] | None:
    """What becomes of a contract rate beyond what the law allows, over time; None when it holds as it is.

    A floor left aside is replaced by the floor itself or by the default rate of the regime, each day by the one of its
    own period; a rate above the ceiling by the ceiling. Before the first of these days the contract rate holds.
    """
    if rules.ceiling is not None:
        series = rules.ceiling
        pieces = series.between(series.first, series.last)
        return tuple(Limit(start, end, point.value, point.value, series, point) for start, end, point in pieces)
    if rules.floor is None or below_floor == "contract":
        return None
    found = rules.floor.pieces(date.min, date.max)
    if below_floor == "floor":
        return tuple(Limit(start, end, low, low, rules.floor.series, point) for start, end, low, point in found)
    return tuple(
        Limit(begin, until, low, point.value, rules.rate, point)
        for start, end, low, _ in found
        for begin, until, point in rules.rate.between(max(start, rules.rate.first), min(end, rules.rate.last))
    )


@lru_cache(maxsize=32)
def _regimes(own: tuple[OwnPoint, ...]) -> Mapping[str, Regime]:
    """The regimes as the overlay ``own`` lets them be seen: it is in force where this is called."""
    return MappingProxyType({code: parse_regime(code, raw) for code, raw in _table().items()})


@cache
def _table() -> Mapping[str, Any]:
    return read_yaml((files("encaisse.law") / "regimes.yaml").read_text(encoding="utf-8"), "regimes.yaml")


def parse_regime(code: str, raw: Any) -> Regime:
    """Check one entry of the table. Raises BadParameter, naming the regime and what to mend."""
    where = f"regimes.yaml, {code}"
    check_fields(raw, _FIELDS, _OPTIONAL, where)
    for name, choices in _CHOICES.items():
        if raw[name] not in choices:
            raise BadParameter(f"{where}: {name} is one of {', '.join(map(str, choices))}")
    day_count = raw.get("day_count", "fixed_365")
    if day_count not in DAY_COUNTS:
        raise BadParameter(f"{where}: day_count is one of {', '.join(DAY_COUNTS)}")
    texts = {name: MappingProxyType(dict(check_words(raw[name], f"{where}: {name}"))) for name in _TEXTS}
    rate, individual = _rates(raw["rate"], where)
    return Regime(
        code=code,
        country=raw["country"],
        currency=raw["currency"],
        confidence=raw["confidence"],
        **texts,
        asks=tuple(_question(ask, where) for ask in raw["asks"]),
        reference=raw["reference"],
        starts=raw["starts"],
        rate=rate,
        individual=individual,
        fixed_at_start=raw["mode"] == "fixed",
        day_count=day_count,
        contract_allowed=raw["contract"],
        floor=_floor(raw.get("floor"), where),
        ceiling=_series(raw["ceiling"], "rate", where) if raw.get("ceiling") else None,
        increase=_increase(raw.get("increase"), where),
        indemnity=_series(raw["indemnity"], "amount", where) if raw["indemnity"] else None,
        scale=_scale(raw.get("scale"), where),
        cost_scale=_scale(raw.get("cost_scale"), where),
    )


def _question(raw: Any, where: str) -> Question:
    check_fields(raw, {"id", "fr", "en"}, set(), f"{where}: asks")
    return Question(raw["id"], MappingProxyType({"fr": raw["fr"], "en": raw["en"]}))


def _rates(raw: Any, where: str) -> tuple[Series, Series | None]:
    if isinstance(raw, str):
        return _series(raw, "rate", where), None
    check_fields(raw, set(CATEGORIES), set(), f"{where}: rate")
    return _series(raw["other"], "rate", where), _series(raw["individual"], "rate", where)


def _increase(raw: Any, where: str) -> Increase | None:
    if raw is None:
        return None
    check_fields(raw, {"months", *CATEGORIES}, set(), f"{where}: increase")
    months = constant(raw["months"]).whole
    return Increase(months, _series(raw["other"], "rate", where), _series(raw["individual"], "rate", where))


def _floor(raw: Any, where: str) -> Floor | None:
    if raw is None:
        return None
    check_fields(raw, {"series", "multiple"}, set(), f"{where}: floor")
    return Floor(_series(raw["series"], "rate", where), _series(raw["multiple"], "number", where))


def _scale(name: str | None, where: str) -> Scale | None:
    try:
        return find_scale(name) if name else None
    except BadParameter as error:
        raise BadParameter(f"{where}: {error}") from None


def _series(name: str, kind: str, where: str) -> Series:
    try:
        found = load_series(name)
    except LookupError as error:
        raise BadParameter(f"{where}: {error}") from None
    if found.kind != kind:
        raise BadParameter(f"{where}: {name} is of kind {found.kind}, {kind} is needed here")
    return found
