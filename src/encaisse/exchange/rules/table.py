"""The table of rules: what each looks at, how, how grave it is, and its sentence in both languages."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from typing import Any, Literal

from encaisse.exchange.rules import checks, french, vat
from encaisse.exchange.rules.checks import Broken, Check, codes, too_fine
from encaisse.exchange.rules.view import Group, Level, View

Set = Literal["en16931", "fr"]
Grade = Literal["fatal", "warning"]

EDITIONS: Mapping[Set, str] = {
    "en16931": "EN 16931-1:2017+A1:2019, as in the CEN/TC 434 validation artefacts 1.3.16 (2026-03-30)",
    "fr": "XP Z12-012, rules BR-FR of the FNFE-MPE rule files for flux 2, 1.4.0",
}
"""The edition of each set that the table follows."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``texts`` are its sentences by language and variant, ``words`` what is filled in by language.

    ``terms`` are those a sentence of the shared kinds names; ``hint`` is the advice of ``words.toml`` that fits.
    """

    id: str
    set: Set
    grade: Grade
    group: str
    check: Check
    hint: str
    texts: Mapping[tuple[str, str], str]
    terms: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def holds_at(self, level: Level) -> bool:
        """True when the rule is for invoices of this profile."""
        if level == "full" or (self.set == "fr" and level != "minimum"):
            return True
        asked = _levels()[level]
        if "only" in asked:
            return self.id in asked["only"]
        return self.id not in asked["without"] and self.group not in asked.get("groups", ())


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its number, in the order of the tables."""
    found: dict[str, Rule] = {}
    for rule in (*_written("en16931.toml", "en16931"), *_of_vat(), *_written("french.toml", "fr")):
        if rule.id in found:
            raise ValueError(f"{rule.id} is there twice")
        found[rule.id] = rule
    return found


def rule_of(number: str) -> Rule | None:
    """The rule of a number; official files add the term or the element (``BR-FR-03_BT-9``, ``BR-FR-32-LEGALID``)."""
    while number:
        if number in rules():
            return rules()[number]
        number = number[: max(number.rfind("-"), number.rfind("_"), 0)]
    return None


@cache
def shared_words() -> Mapping[str, Any]:
    """``words.toml``."""
    return _toml("words.toml")


@cache
def names() -> Mapping[str, Mapping[str, str]]:
    """What the terms are called: ``names.toml``."""
    return _toml("names.toml")


@cache
def _levels() -> Mapping[str, Mapping[str, frozenset[str]]]:
    return {
        level: {key: frozenset(text.split()) for key, text in table.items()}
        for level, table in _toml("levels.toml").items()
    }


def _toml(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _written(name: str, which: Set) -> Iterator[Rule]:
    for number, entry in _toml(name).items():
        kind, check, terms = _how(entry)
        own = {("", language): entry[language] for language in ("fr", "en") if language in entry}
        variants = {
            (key, language): two[language] for key, two in entry.items() if isinstance(two, dict) for language in two
        }
        shared = {("", language): shared_words()[kind][language] for language in ("fr", "en")} if kind else {}
        yield Rule(
            id=number, set=which, grade=entry.get("severity", "fatal"), group=entry["group"], check=check,
            hint=entry.get("hint", kind), texts={**shared, **own, **variants}, terms=terms,
        )  # fmt: skip


def _of_vat() -> Iterator[Rule]:
    for rule in vat.vat_rules():
        texts = {("", "fr"): rule.fr, ("", "en"): rule.en}
        yield Rule(rule.id, "en16931", "fatal", rule.group, rule.check, "vat", texts, words=rule.words)


def _how(entry: Mapping[str, Any]) -> tuple[str, Check, tuple[str, ...]]:
    """Which shared sentence a table uses, how it is checked, and the terms it names."""
    if "needs" in entry:
        needs = tuple(entry["needs"].split())
        return "needs", partial(_needs, needs, entry.get("when", "")), needs
    if "decimals" in entry:
        return "decimals", partial(_decimals, entry["decimals"]), (entry["decimals"],)
    if "code" in entry:
        return "code", partial(_code, entry["code"], entry["list"]), (entry["code"],)
    name = entry["check"]
    check: Check = getattr(checks, name, None) or getattr(french, name)
    return "", check, ()


def _needs(terms: tuple[str, ...], when: str, _: View, group: Group) -> Iterator[Broken]:
    # A group is there when its element is, empty or not: what it lacks is the matter of other rules.
    if (not when or group.first(when)) and not any(
        bool(group.nodes(term)) if term.startswith("BG") else group.has(term) for term in terms
    ):
        yield Broken(group.line)


def _decimals(term: str, _: View, group: Group) -> Iterator[Broken]:
    found = group.first(term)
    if found and too_fine(found.text):
        yield Broken(found.line, {"value": found.text})


def _code(term: str, allowed: str, _: View, group: Group) -> Iterator[Broken]:
    for node in group.nodes(term):
        if node.text and node.text not in codes(allowed):
            yield Broken(node.line, {"value": node.text})
