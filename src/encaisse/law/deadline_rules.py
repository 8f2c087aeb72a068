"""The table of procedural deadlines (``deadlines.yaml``), read and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from encaisse.law.counting import Figure, figure, read_table
from encaisse.law.schema import BadParameter, check_words

WHO = ("creditor", "debtor", "registry", "insolvency_office")
NATURES = ("act", "after", "from")
COUNTINGS = ("procedural", "date_to_date", "year_end")
LENGTHS = ("months", "days", "years", "working_days", "next_days")
_FIELDS = {"group", "label", "from", "who", "nature", "counting", "lengthened", "dated_by", "missed", "versions"}
_VERSION_FIELDS = {*LENGTHS, "first", "last", "after", "abroad", "region", "reference", "note"}


class NoRule(LookupError):
    """No rule of this name, or none in force on the day; the message says what is known."""


class MissingDate(ValueError):
    """A rule needs one more date to be counted; the message names it."""


@dataclass(frozen=True, slots=True)
class Version:
    """The length of a deadline over a stretch of days (``first`` and ``last`` included; None: without end).

    ``lengths`` are figures of the table, resolved for a day by ``figure_on``.
    """

    first: date | None
    last: date | None
    lengths: Mapping[str, Any]
    abroad: Any
    after: str | None
    region: str | None
    reference: str
    note: Mapping[str, str] | None

    def holds(self, on: date) -> bool:
        """Whether this version rules on the day."""
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)

    def figure_on(self, length: str, on: date, *, abroad: bool = False) -> Figure | None:
        """The figure of ``months``, ``days``, ... on a day; None when this version does not count in them.

        Raises NoRule when the law known here has no value on that day.
        """
        raw = self.abroad if abroad and length == "months" and self.abroad is not None else self.lengths.get(length)
        if raw is None:
            return None
        try:
            return figure(raw, on, "deadlines.yaml")
        except LookupError as error:
            raise NoRule(f"no length is known on {on.isoformat()}: {error}") from error


@dataclass(frozen=True, slots=True)
class Rule:
    """One procedural deadline: from which event, for whom, and how it is counted."""

    id: str
    group: str
    group_label: Mapping[str, str]
    label: Mapping[str, str]
    origin: Mapping[str, str]
    who: str
    nature: str
    counting: str
    lengthened: bool
    by_order: bool
    missed: Mapping[str, str] | None
    versions: tuple[Version, ...]

    def version(self, on: date) -> Version | None:
        """The version in force on a day (of the order when ``by_order``, else of the start)."""
        return next((version for version in self.versions if version.holds(on)), None)


@cache
def all_rules() -> Mapping[str, Rule]:
    """Every deadline by its id. Raises BadParameter when the table is wrong."""
    table = read_table("deadlines.yaml")
    groups = {name: check_words(raw, f"deadlines.yaml, group {name}") for name, raw in table["groups"].items()}
    found = {name: _rule(name, raw, groups) for name, raw in table["rules"].items()}
    for rule in found.values():
        for version in rule.versions:
            if version.after is not None and version.after not in found:
                raise BadParameter(f"deadlines.yaml, {rule.id}: it counts after {version.after!r}, which is not there")
    return MappingProxyType(found)


def find_rule(name: str) -> Rule:
    """A deadline by its id, such as ``insolvency_proof``. Raises NoRule naming the known ones."""
    try:
        return all_rules()[name]
    except KeyError:
        raise NoRule(f"{name!r} is not a known deadline: use one of {', '.join(all_rules())}") from None


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """The sentences of deadlines, per language."""
    raw = read_table("deadlines.yaml")["texts"]
    return MappingProxyType({name: check_words(text, f"deadlines.yaml, text {name}") for name, text in raw.items()})


@cache
def extensions() -> Mapping[str, tuple[Figure, Mapping[str, str]]]:
    """What CPC 643 adds, in months, for someone ``overseas`` or ``foreign``, and the words for it."""
    raw = read_table("deadlines.yaml")["extensions"]
    return MappingProxyType(
        {
            name: (figure(each["months"], None, f"deadlines.yaml, {name}"), check_words(each["text"], name))
            for name, each in raw.items()
        }
    )


def _rule(name: str, raw: Any, groups: Mapping[str, Mapping[str, str]]) -> Rule:
    where = f"deadlines.yaml, {name}"
    if not isinstance(raw, dict) or set(raw) != _FIELDS:
        raise BadParameter(f"{where}: exactly these fields are needed: {', '.join(sorted(_FIELDS))}")
    choices: dict[str, tuple[Any, ...]] = {
        "group": tuple(groups),
        "who": WHO,
        "nature": NATURES,
        "counting": COUNTINGS,
        "lengthened": (True, False),
        "dated_by": ("order", "start"),
    }
    for field, known in choices.items():
        if raw[field] not in known:
            raise BadParameter(f"{where}: {field} is one of {', '.join(map(str, known))}")
    return Rule(
        id=name,
        group=raw["group"],
        group_label=groups[raw["group"]],
        label=check_words(raw["label"], f"{where}, label"),
        origin=check_words(raw["from"], f"{where}, from"),
        who=raw["who"],
        nature=raw["nature"],
        counting=raw["counting"],
        lengthened=raw["lengthened"],
        by_order=raw["dated_by"] == "order",
        missed=None if raw["missed"] is None else check_words(raw["missed"], f"{where}, missed"),
        versions=tuple(_version(each, where) for each in raw["versions"]),
    )


def _version(raw: Any, where: str) -> Version:
    if not isinstance(raw, dict) or not set(raw) <= _VERSION_FIELDS or not set(raw) & set(LENGTHS):
        raise BadParameter(
            f"{where}: a version has a length and only these fields: {', '.join(sorted(_VERSION_FIELDS))}"
        )
    return Version(
        first=raw.get("first"),
        last=raw.get("last"),
        lengths={length: raw[length] for length in LENGTHS if length in raw},
        abroad=raw.get("abroad"),
        after=raw.get("after"),
        region=raw.get("region"),
        reference=raw.get("reference", ""),
        note=None if raw.get("note") is None else check_words(raw["note"], f"{where}, note"),
    )
