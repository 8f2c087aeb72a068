"""The table of payment terms (``terms.yaml``), read and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from encaisse.law.counting import Figure, figure, read_table
from encaisse.law.schema import CONFIDENCES, BadParameter, check_fields, check_words

ORIGINS = ("invoice", "delivery", "decade", "delivery_month_end", "receipt")
_FILE = "terms.yaml"


class UnknownCeiling(ValueError):
    """A name of a ceiling that is not in the table; the message names the known ones."""


class UnknownClause(ValueError):
    """A name of a clause that is not in the table; the message names the known ones."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the limit: so many days from an origin, with the end of the month or not."""

    days: str
    origin: str
    end_of_month: bool
    periodic: bool | None

    def figure_on(self, on: date) -> Figure:
        """The days allowed on a day, with their source. Raises LookupError when not in force."""
        return figure(self.days, on, _FILE)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The longest payment term for a kind of sale."""

    id: str
    label: Mapping[str, str]
    ways: tuple[Way, ...]
    soft: bool
    fine: bool
    ask: str | None


@dataclass(frozen=True, slots=True)
class Clause:
    """Something a contract may not say."""

    id: str
    text: Mapping[str, str]
    reference: str
    confidence: str


@cache
def ceilings() -> Mapping[str, Ceiling]:
    """Every ceiling by its id. Raises BadParameter when the table is wrong."""
    return MappingProxyType({name: _ceiling(name, raw) for name, raw in read_table(_FILE)["ceilings"].items()})


@cache
def clauses() -> Mapping[str, Clause]:
    """Every clause that a contract may not have, by its id. Raises BadParameter when the table is wrong."""
    return MappingProxyType({name: _clause(name, raw) for name, raw in read_table(_FILE)["clauses"].items()})


def find_ceiling(name: str) -> Ceiling:
    """A ceiling by its id, such as ``transport``. Raises UnknownCeiling."""
    try:
        return ceilings()[name]
    except KeyError:
        raise UnknownCeiling(f"{name!r} is not a known ceiling of terms: use one of {', '.join(ceilings())}") from None


def find_clause(name: str) -> Clause:
    """A clause by its id, such as ``forbids_assignment``. Raises UnknownClause."""
    try:
        return clauses()[name]
    except KeyError:
        raise UnknownClause(f"{name!r} is not a known clause: use one of {', '.join(clauses())}") from None


def ceiling_of(regime: str) -> str | None:
    """The ceiling of a receivable of this regime, unless a person says otherwise; None when there is no limit."""
    found = _settings()["regimes"].get(regime)
    return None if found is None else str(found)


def default_days(regime: str, on: date) -> Figure | None:
    """The days of payment when nothing was agreed, with their source; None for a regime without such a rule."""
    raw = _settings()["defaults"].get(regime)
    return None if raw is None else figure(raw, on, _FILE)


def acceptance_days(on: date) -> Figure:
    """The longest acceptance procedure, in days, with its source (C. com. L441-10 III)."""
    return figure(_settings()["acceptance"], on, _FILE)


@cache
def origins() -> Mapping[str, Mapping[str, str]]:
    """The words for what a term is counted from, per language."""
    raw = read_table(_FILE)["origins"]
    return MappingProxyType({name: check_words(raw[name], f"{_FILE}, origin {name}") for name in ORIGINS})


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """The sentences of terms, per language."""
    raw = read_table(_FILE)["texts"]
    return MappingProxyType({name: check_words(text, f"{_FILE}, text {name}") for name, text in raw.items()})


@cache
def _settings() -> Mapping[str, Any]:
    table = read_table(_FILE)
    return MappingProxyType({name: table[name] for name in ("regimes", "defaults", "acceptance")})


def _ceiling(name: str, raw: Any) -> Ceiling:
    where = f"{_FILE}, {name}"
    check_fields(raw, {"label", "ways"}, {"soft", "fine", "ask"}, where)
    return Ceiling(
        id=name,
        label=check_words(raw["label"], f"{where}, label"),
        ways=tuple(_way(each, where) for each in raw["ways"]),
        soft=raw.get("soft", False),
        fine=raw.get("fine", False),
        ask=raw.get("ask"),
    )


def _way(raw: Any, where: str) -> Way:
    check_fields(raw, {"days", "from"}, {"end_of_month", "periodic"}, where)
    if raw["from"] not in ORIGINS:
        raise BadParameter(f"{where}: from is one of {', '.join(ORIGINS)}")
    return Way(raw["days"], raw["from"], raw.get("end_of_month", False), raw.get("periodic"))


def _clause(name: str, raw: Any) -> Clause:
    where = f"{_FILE}, {name}"
    check_fields(raw, {"text", "reference", "confidence"}, set(), where)
    if raw["confidence"] not in CONFIDENCES:
        raise BadParameter(f"{where}: confidence is one of {', '.join(CONFIDENCES)}")
    return Clause(name, check_words(raw["text"], f"{where}, text"), raw["reference"], raw["confidence"])
