"""The recovery routes open to a claim on a day: allowed, not allowed, pending, or for a person to decide.

``routes.yaml`` holds the routes as decision data, ``conditions.yaml`` what they ask of a claim. A route is allowed only
when every condition is known to hold, nothing known blocks it and nothing is left to ask; law not yet applicable is
pending until a user confirms it. Conditions are necessary, not sufficient: a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Literal

from encaisse.law.claims import Claim, as_known
from encaisse.law.conditions import Answer, Condition, all_conditions
from encaisse.law.costs import Cost, cost_items, cost_of
from encaisse.law.counting import read_table, typeset, weakest
from encaisse.law.courts import Court, Note, competent_court, within
from encaisse.law.figures import filled
from encaisse.law.route_deadlines import DEADLINES, RouteDeadline, route_deadline
from encaisse.law.series import CONFIDENCES, BadParameter

Verdict = Literal["allowed", "not_allowed", "needs_person", "pending"]
VERDICTS: Final = ("allowed", "needs_person", "pending", "not_allowed")
EFFECTS: Final = ("nothing", "suspends", "interrupts")
UNITS: Final = ("days", "weeks", "months")

_FILE = "routes.yaml"
_WORDS = {"fr", "en"}
_FIELDS = {"label", "who", "reference", "confidence", "conditions", "blockers", "ask", "costs", "duration", "deadline"}
_FIELDS |= {"limitation", "steps"}
_OPTIONAL_FIELDS = {"pending", "court", "only_debtor_place", "forms"}
_UNIT_WORDS = {
    "fr": {"days": "jours", "weeks": "semaines", "months": "mois"},
    "en": {"days": "days", "weeks": "weeks", "months": "months"},
}


@dataclass(frozen=True, slots=True)
class Duration:
    """How long a route takes before there is a result, from ``low`` to ``high`` of ``unit``."""

    low: int
    high: int
    unit: str
    confidence: str

    def text(self, language: str) -> str:
        """``2 à 6 mois``, ``2 to 6 months``."""
        spoken = _spoken(language)
        joint = {"fr": "à", "en": "to"}[spoken]
        return f"{self.low} {joint} {self.high} {_UNIT_WORDS[spoken][self.unit]}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a route is open or not. ``favourable``: it speaks for the route."""

    code: str
    favourable: bool
    words: Mapping[str, str]
    reference: str
    confidence: str

    def text(self, language: str) -> str:
        """The sentence in ``fr`` or ``en``."""
        return typeset(self.words[_spoken(language)], _spoken(language))


@dataclass(frozen=True, slots=True)
class Effect:
    """What a route does to the limitation: ``nothing``, ``suspends`` or ``interrupts``, and by which act."""

    effect: str
    words: Mapping[str, str]

    def text(self, language: str) -> str:
        """The sentence in ``fr`` or ``en``."""
        return typeset(self.words[_spoken(language)], _spoken(language))


@dataclass(frozen=True, slots=True)
class Form:
    """A form to file, its version not always checked (``confidence``)."""

    code: str
    words: Mapping[str, str]
    confidence: str

    def text(self, language: str) -> str:
        """The form and what it is for."""
        return typeset(f"{self.code}, {self.words[_spoken(language)]}", _spoken(language))


@dataclass(frozen=True, slots=True)
class Route:
    """One route for one claim on one day.

    ``reasons`` are what settled the verdict, those against it first; ``missing`` is what must be found out, done or
    confirmed first: never empty for needs_person and pending, always empty for allowed,
    and for a route that nothing can open.
    """

    id: str
    label: Mapping[str, str]
    verdict: Verdict
    reasons: tuple[Reason, ...]
    missing: tuple[Note, ...]
    court: Court | None
    cost: Cost
    duration: Duration | None
    deadline: RouteDeadline | None
    interrupts: Effect
    steps: tuple[Mapping[str, str], ...]
    forms: tuple[Form, ...]
    who: Mapping[str, str]
    confidence: str
    reference: str

    def name(self, language: str) -> str:
        """The route for a reader, in ``fr`` or ``en``."""
        return typeset(self.label[_spoken(language)], _spoken(language))

    def who_text(self, language: str) -> str:
        """Who takes this route, and whether a lawyer is needed."""
        return typeset(self.who[_spoken(language)], _spoken(language))

    def step_texts(self, language: str) -> tuple[str, ...]:
        """What happens, in order."""
        return tuple(typeset(step[_spoken(language)], _spoken(language)) for step in self.steps)


def route_ids() -> tuple[str, ...]:
    """The ids of every route, mildest first."""
    return tuple(_table()["routes"])


def pending_law() -> Mapping[str, Mapping[str, str]]:
    """Law that a user must confirm before its route opens: code and sentence (``fr``, ``en``)."""
    return MappingProxyType(_table()["pending"])


def routes(claim: Claim, on: date, *, confirmed: Mapping[str, date] | None = None) -> tuple[Route, ...]:
    """Every route for a claim at the end of day ``on``, mildest first.

    ``confirmed`` holds the pending law that a user has read as published, by code (``l126_decree``), with the day from
    which it applies. Raises ValueError for a code that is not pending law.
    """
    given = confirmed or {}
    for code in given:
        if code not in pending_law():
            raise ValueError(f"{code!r} is not law that waits to be confirmed: use one of {', '.join(pending_law())}")
    known = as_known(claim, on)
    court = competent_court(known, on)
    applicable = {code for code, day in given.items() if day <= on}
    return tuple(_route(name, raw, known, court, applicable, on) for name, raw in _table()["routes"].items())


def find_route(name: str, claim: Claim, on: date, *, confirmed: Mapping[str, date] | None = None) -> Route:
    """One route of ``routes``. Raises ValueError naming the known ones."""
    for route in routes(claim, on, confirmed=confirmed):
        if route.id == name:
            return route
    raise ValueError(f"{name!r} is not a known route: use one of {', '.join(route_ids())}")


@dataclass(slots=True)
class _Findings:
    """What the conditions of one route said."""

    against: list[Reason]
    holds: list[Reason]
    missing: list[Note]
    pending: list[Note]

    @property
    def closed(self) -> bool:
        """Something stands against the route that no act or event can mend."""
        return any(not all_conditions()[reason.code].act for reason in self.against)

    @property
    def verdict(self) -> Verdict:
        if self.against:
            return "not_allowed"
        if self.pending:
            return "pending"
        return "needs_person" if self.missing else "allowed"


def _route(name: str, raw: Mapping[str, Any], claim: Claim, competent: Court, applicable: set[str], on: date) -> Route:
    found = _examine(raw, claim, applicable, on)
    court = None if found.closed else _court(raw, competent)
    told = (*found.against, *found.holds) if not found.against else tuple(found.against)
    sure = [raw["confidence"], *(reason.confidence for reason in told), *([court.confidence] if court else [])]
    return Route(
        id=name,
        label=raw["label"],
        verdict=found.verdict,
        reasons=(*found.against, *found.holds),
        missing=() if found.closed else (*found.pending, *found.missing),
        court=court,
        cost=cost_of(raw["costs"], claim, competent, on),
        duration=Duration(**raw["duration"]) if raw["duration"] else None,
        deadline=route_deadline(raw["deadline"], claim, on),
        interrupts=Effect(raw["limitation"]["effect"], {key: raw["limitation"][key] for key in ("fr", "en")}),
        steps=tuple(filled(step, on) for step in raw["steps"]),
        forms=tuple(_forms(raw.get("forms", ()), claim, competent, on)),
        who=filled(raw["who"], on),
        confidence=weakest(sure),
        reference=raw["reference"],
    )


def _examine(raw: Mapping[str, Any], claim: Claim, applicable: set[str], on: date) -> _Findings:
    found = _Findings([], [], [], [])
    for condition, answer in _answers(raw["conditions"], claim, on):
        _sort(found, condition, answer, on, wanted=True)
    for condition, answer in _answers(raw["blockers"], claim, on):
        _sort(found, condition, answer, on, wanted=False)
    for condition, answer in _answers(raw["ask"], claim, on):
        # What a person must weigh never closes a route by itself.
        _sort(found, condition, answer or None, on, wanted=True)
    code = raw.get("pending")
    if code is not None and code not in applicable:
        found.pending.append(Note(code, pending_law()[code]))
    return found


def _answers(codes: Iterable[str], claim: Claim, on: date) -> Iterable[tuple[Condition, Answer]]:
    known = all_conditions()
    return ((known[code], known[code].test(claim, on)) for code in codes)


def _sort(found: _Findings, condition: Condition, answer: Answer, on: date, *, wanted: bool) -> None:
    if answer is None:
        found.missing.append(Note(condition.code, filled(condition.ask, on)))
        return
    words = filled(condition.holds if answer else condition.fails, on)
    reason = Reason(condition.code, answer is wanted, words, condition.reference, condition.confidence)
    if answer is not wanted:
        found.against.append(reason)
        if wanted and condition.act:
            found.missing.append(Note(condition.code, filled(condition.ask, on)))
    elif wanted:
        found.holds.append(reason)


def _court(raw: Mapping[str, Any], competent: Court) -> Court | None:
    if raw.get("court") != "competent":
        return None
    if not raw.get("only_debtor_place"):
        return competent
    return replace(competent, reasons=tuple(note for note in competent.reasons if note.code != "at_performance"))


def _forms(raw: Iterable[Mapping[str, Any]], claim: Claim, court: Court, on: date) -> Iterable[Form]:
    for form in raw:
        if _FORM_WHEN[form["when"]](claim, court, on):
            words = filled({"fr": form["fr"], "en": form["en"]}, on)
            yield Form(form["code"], words, form["confidence"])


def _petition(claim: Claim, court: Court, on: date) -> bool:
    small = within(claim.total, claim.currency, "court.petition_ceiling_judicial", on)
    return court.judicial and court.code != "commercial_chamber" and small is True


_FORM_WHEN: Mapping[str, Callable[[Claim, Court, date], bool]] = MappingProxyType(
    {
        "always": lambda claim, court, on: True,
        "commercial": lambda claim, court, on: court.commercial,
        "judicial": lambda claim, court, on: (
            court.code in ("judicial", "judicial_local") or court.alternative == "judicial"
        ),
        "protection": lambda claim, court, on: court.code == "protection",
        "petition": _petition,
    }
)


def _spoken(language: str) -> str:
    return "fr" if language.startswith("fr") else "en"


@cache
def _table() -> Mapping[str, Any]:
    content = read_table(_FILE)
    if set(content) != {"pending", "routes"}:
        raise BadParameter(f"{_FILE}: pending and routes are needed")
    for name, raw in content["routes"].items():
        _check(raw, content["pending"], f"{_FILE}, {name}")
    return content


def _check(raw: Mapping[str, Any], pending: Mapping[str, Any], where: str) -> None:
    """One route against the schema, by closed lists. Raises BadParameter, saying what to mend."""
    if not _FIELDS <= set(raw) <= _FIELDS | _OPTIONAL_FIELDS:
        odd = (_FIELDS - set(raw)) | (set(raw) - _FIELDS - _OPTIONAL_FIELDS)
        raise BadParameter(f"{where}: missing or unknown: {', '.join(sorted(odd))}")
    for words in (raw["label"], raw["who"], raw["limitation"], *raw["steps"], *raw.get("forms", ())):
        if not set(words) >= _WORDS:
            raise BadParameter(f"{where}: every text needs fr and en")
    closed: list[tuple[str, Iterable[str], Iterable[str]]] = [
        ("conditions", (*raw["conditions"], *raw["blockers"], *raw["ask"]), all_conditions()),
        ("costs", raw["costs"], cost_items()),
        ("deadline", [raw["deadline"]], DEADLINES),
        ("limitation", [raw["limitation"]["effect"]], EFFECTS),
        ("confidence", [raw["confidence"]], CONFIDENCES),
        ("pending", [raw["pending"]] if "pending" in raw else [], pending),
        ("forms", [form["when"] for form in raw.get("forms", ())], _FORM_WHEN),
        ("duration", [raw["duration"]["unit"]] if raw["duration"] else [], UNITS),
    ]
    for field, given, known in closed:
        unknown = set(given) - set(known)
        if unknown:
            raise BadParameter(f"{where}: {field} {', '.join(sorted(unknown))} is not known: use {', '.join(known)}")
