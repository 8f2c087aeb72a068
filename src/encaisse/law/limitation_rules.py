"""The table of limitation (``limitation.yaml``), read and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from encaisse.law.constants import constant
from encaisse.law.counting import Figure, figure, read_table
from encaisse.law.schema import CONFIDENCES, BadParameter, check_words

EFFECTS = ("interrupts", "suspends", "title", "nothing")
_FILE = "limitation.yaml"
_MODES = ("date", "year_end")
_KIND_FIELDS = {"label", "family", "years", "clause"}
_KIND_OPTIONAL = {"starts", "restarts"}
_EVENT_FIELDS = {"label", "effects"}
_EVENT_OPTIONAL = {"lasts", "ended_by", "beyond"}


class UnknownClaim(ValueError):
    """A kind of claim that is not in the table; the message names the known ones."""


class UnknownEvent(ValueError):
    """A kind of event that is not in the table; the message names the known ones."""


@dataclass(frozen=True, slots=True)
class ClaimKind:
    """How long a kind of claim lives. ``years`` and ``title_years`` are years; ``longstop`` is years or None."""

    id: str
    label: Mapping[str, str]
    family: str
    years: Figure
    title_years: Figure
    longstop: Figure | None
    counting: str
    early_start: str
    starts_at_year_end: bool
    restarts_at_year_end: bool
    clause: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What an event does under one law. ``least``: months that are left at least after a suspension.

    ``undone_by``: a kind of later event that takes the effect away.
    """

    code: str
    least: int
    undone_by: str | None
    reference: str
    confidence: str


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event: its name, its effect per family, whether it lasts, whether the long stop yields to it.

    ``ended_by``: a kind of later event that ends it, when its own end was not given.
    """

    id: str
    label: Mapping[str, str]
    lasts: bool
    ended_by: str | None
    beyond: bool
    effects: Mapping[str, Effect]


@cache
def claim_kinds() -> Mapping[str, ClaimKind]:
    """Every kind of claim by its id. Raises BadParameter when the table is wrong."""
    table = read_table(_FILE)
    return MappingProxyType({name: _claim_kind(name, raw, table["families"]) for name, raw in table["kinds"].items()})


@cache
def event_kinds() -> Mapping[str, EventKind]:
    """Every kind of event by its id. Raises BadParameter when the table is wrong."""
    table = read_table(_FILE)
    least = figure(table["suspension_least_months"], None, _FILE).value
    families = set(table["families"])
    return MappingProxyType({name: _event_kind(name, raw, families, least) for name, raw in table["events"].items()})


def find_claim_kind(name: str) -> ClaimKind:
    """A kind of claim by its id, such as ``consumer``. Raises UnknownClaim."""
    try:
        return claim_kinds()[name]
    except KeyError:
        raise UnknownClaim(f"{name!r} is not a known kind of claim: use one of {', '.join(claim_kinds())}") from None


def find_event_kind(name: str) -> EventKind:
    """A kind of event by its id, such as ``part_payment``. Raises UnknownEvent."""
    try:
        return event_kinds()[name]
    except KeyError:
        raise UnknownEvent(f"{name!r} is not a known event: use one of {', '.join(event_kinds())}") from None


def claim_kind_of(regime: str) -> str | None:
    """The kind of claim a receivable of this regime is, unless a person says otherwise; None: no law known here."""
    found = read_settings()["regimes"].get(regime)
    return None if found is None else str(found)


def clause_range() -> tuple[int, int, str]:
    """The least and most years professionals may agree on, and where that is written (C. civ. 2254)."""
    found = constant(read_settings()["clause"])
    low, high = found.range
    return int(low), int(high), found.reference


def alert_months() -> tuple[int, ...]:
    """Months before the end on which a person is told, the earliest alert first."""
    return tuple(read_settings()["alerts"])


@cache
def read_settings() -> Mapping[str, Any]:
    """The parts of the table that are plain settings."""
    table = read_table(_FILE)
    return MappingProxyType({name: table[name] for name in ("regimes", "clause", "alerts")})


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """The sentences of limitation, per language."""
    raw = read_table(_FILE)["texts"]
    return MappingProxyType({name: check_words(text, f"{_FILE}, text {name}") for name, text in raw.items()})


def _claim_kind(name: str, raw: Any, families: Mapping[str, Any]) -> ClaimKind:
    where = f"{_FILE}, {name}"
    if not isinstance(raw, dict) or not _KIND_FIELDS <= set(raw) <= _KIND_FIELDS | _KIND_OPTIONAL:
        raise BadParameter(f"{where}: these fields are needed: {', '.join(sorted(_KIND_FIELDS))}")
    modes = {field: raw.get(field, "date") for field in sorted(_KIND_OPTIONAL)}
    if raw["family"] not in families or not set(modes.values()) <= set(_MODES):
        raise BadParameter(f"{where}: family is one of {', '.join(families)}; starts and restarts: {', '.join(_MODES)}")
    family = families[raw["family"]]
    longstop = family["longstop_years"]
    return ClaimKind(
        id=name,
        label=check_words(raw["label"], f"{where}, label"),
        family=raw["family"],
        years=figure(raw["years"], None, where),
        title_years=figure(family["title_years"], None, where),
        longstop=None if longstop is None else figure(longstop, None, where),
        counting=family["counting"],
        early_start=family["early_start"],
        starts_at_year_end=modes["starts"] == "year_end",
        restarts_at_year_end=modes["restarts"] == "year_end",
        clause=bool(raw["clause"]),
    )


def _event_kind(name: str, raw: Any, families: set[str], least: int) -> EventKind:
    where = f"{_FILE}, {name}"
    if not isinstance(raw, dict) or not _EVENT_FIELDS <= set(raw) <= _EVENT_FIELDS | _EVENT_OPTIONAL:
        raise BadParameter(f"{where}: an event has {_listed(_EVENT_FIELDS)}, and may have {_listed(_EVENT_OPTIONAL)}")
    if set(raw["effects"]) != families:
        raise BadParameter(f"{where}: the effect is needed for each of {', '.join(sorted(families))}")
    effects = {family: _effect(each, least, f"{where}, {family}") for family, each in raw["effects"].items()}
    return EventKind(
        id=name,
        label=check_words(raw["label"], f"{where}, label"),
        lasts=raw.get("lasts", False),
        ended_by=raw.get("ended_by"),
        beyond=raw.get("beyond", False),
        effects=MappingProxyType(effects),
    )


def _effect(raw: Any, least: int, where: str) -> Effect:
    if not isinstance(raw, dict) or not {"effect", "reference", "confidence"} <= set(raw):
        raise BadParameter(f"{where}: effect, reference and confidence are needed")
    if raw["effect"] not in EFFECTS or raw["confidence"] not in CONFIDENCES:
        raise BadParameter(f"{where}: effect is one of {', '.join(EFFECTS)}; confidence of {', '.join(CONFIDENCES)}")
    months = raw.get("least", 0)
    return Effect(
        code=raw["effect"],
        least=least if months == "suspension" else int(months),
        undone_by=raw.get("undone_by"),
        reference=raw["reference"],
        confidence=raw["confidence"],
    )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
