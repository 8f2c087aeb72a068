"""Which date matters next on a route, by the names ``routes.yaml`` uses: a closed list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from encaisse.law.claims import Claim
from encaisse.law.conditions import (
    court_region,
    dated_by_order,
    figure_source,
    letter_deadline,
    limitation_of,
    order_deadline,
    proof_deadline,
    published_deadline,
)
from encaisse.law.counting import in_words, typeset
from encaisse.law.deadlines import Deadline, deadline


@dataclass(frozen=True, slots=True)
class RouteDeadline:
    """The next date of a route: the last day to act, or (``nature`` after, from) the first day one may act."""

    code: str
    day: date
    nature: str
    reference: str
    confidence: str
    words: Mapping[str, str]

    def text(self, language: str) -> str:
        """The date and how it was counted, in ``fr`` or ``en``."""
        return self.words["fr" if language.startswith("fr") else "en"]


Finder = Callable[[Claim, date], RouteDeadline | None]


def route_deadline(name: str, claim: Claim, on: date) -> RouteDeadline | None:
    """The date that matters next for a claim; None while what it counts from is not known."""
    return DEADLINES[name](claim, on)


def _from(code: str, found: Deadline | None) -> RouteDeadline | None:
    if found is None:
        return None
    words = {language: found.sentence(language) for language in ("fr", "en")}
    return RouteDeadline(code, found.deadline, found.nature, found.reference, found.confidence, words)


def _plain(code: str, day: date, nature: str, reference: str, confidence: str, fr: str, en: str) -> RouteDeadline:
    """A date counted here: ``fr`` and ``en`` hold ``{day}``, filled in each language."""
    words = {
        language: typeset(text.format(day=in_words(day, language)), language)
        for language, text in (("fr", fr), ("en", en))
    }
    return RouteDeadline(code, day, nature, reference, confidence, words)


def _limitation(claim: Claim, on: date) -> RouteDeadline | None:
    found = limitation_of(claim, on)
    if found is None:
        assert claim.limitation_ends is not None
        fr, en = "Prescription : le {day}, d'après une personne.", "Limitation: {day}, as a person says."
        return _plain("limitation", claim.limitation_ends, "act", "C. civ. 2219", "probable", fr, en)
    words = {language: found.sentence(language) for language in ("fr", "en")}
    return RouteDeadline("limitation", found.deadline, "act", found.reference, found.confidence, words)


def _order(claim: Claim, on: date) -> RouteDeadline | None:
    """Before the order: the limitation. Then its service; then the day from which it may be enforced."""
    if claim.order_on is None:
        return _limitation(claim, on)
    if claim.order_served_on is None:
        return _from("order_service", order_deadline(claim))
    return _from("order_enforcement", dated_by_order("order_enforcement", claim.order_served_on, claim))


def _protective(claim: Claim, on: date) -> RouteDeadline | None:
    if claim.attachment_on is None:
        return _limitation(claim, on)
    region = court_region(claim)
    told = deadline("protective_report", claim.attachment_on, region=region)
    if on <= told.deadline:
        return _from("protective_report", told)
    return _from("protective_action", deadline("protective_action", claim.attachment_on, region=region))


def _uk_letter(claim: Claim, on: date) -> RouteDeadline | None:
    end = letter_deadline(claim)
    if end is None or on > end:
        return _limitation(claim, on)
    if claim.notice_on is not None and claim.customer.kind in ("consumer", "individual", "sole_trader"):
        return _from("uk_letter", deadline("uk_debt_protocol", claim.notice_on))
    reference, confidence = figure_source("uk_usual_letter_days")
    fr, en = "Pas d'action avant la fin du {day}.", "No claim before {day} is over."
    return _plain("uk_letter", end, "after", reference, confidence, fr, en)


DEADLINES: Mapping[str, Finder] = MappingProxyType(
    {
        "limitation": _limitation,
        "order": _order,
        "protective": _protective,
        "title": lambda claim, on: None if claim.title_on is None else _limitation(claim, on),
        "uk_letter": _uk_letter,
        "proof": lambda claim, on: _from("insolvency_proof", proof_deadline(claim)),
        "relief": lambda claim, on: _from("insolvency_relief", published_deadline(claim, "insolvency_relief")),
        "retention": lambda claim, on: _from("retention_claim", published_deadline(claim, "retention_claim")),
    }
)
