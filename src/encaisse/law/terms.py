"""Payment terms and the law: the day a term leads to, and whether an agreed one is longer than the law allows.

Terms are counted in calendar days and are never moved by a weekend. "45 days end of month" has two accepted readings
(C. com. L441-10 I): add the days, then go to the end of that month; or go to the end of the month, then add the days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from encaisse.law.counting import (
    Figure,
    check_days,
    check_language,
    confidence_in_words,
    date_to_date,
    days_after,
    decade_end,
    in_words,
    month_end,
    span_in_words,
    typeset,
    weakest,
)
from encaisse.law.references import reference_in_words
from encaisse.law.term_rules import (
    Ceiling,
    UnknownCeiling,
    UnknownClause,
    Way,
    acceptance_days,
    ceiling_of,
    ceilings,
    clauses,
    default_days,
    find_ceiling,
    find_clause,
    origins,
    texts,
)

__all__ = [
    "Allowed",
    "Ceiling",
    "DueDates",
    "TermsQuestion",
    "TermsWarning",
    "UnknownCeiling",
    "UnknownClause",
    "acceptance_until",
    "allowed_until",
    "ceiling_of",
    "ceilings",
    "check_terms",
    "clauses",
    "decade_due",
    "decade_end",
    "default_due",
    "due_dates",
]

_SECTORS = "C. com. L441-11 I, L441-13, D441-5-1"

Reading = Literal["none", "after", "before", "unsure"]


@dataclass(frozen=True, slots=True)
class DueDates:
    """The days one term leads to. ``end_of_month_after``: days, then end of month; ``_before``: the other way round."""

    plain: date
    end_of_month_after: date
    end_of_month_before: date

    def read(self, reading: Reading) -> date:
        """The day in one reading; the later one when nobody knows which."""
        return {
            "none": self.plain,
            "after": self.end_of_month_after,
            "before": self.end_of_month_before,
            "unsure": max(self.end_of_month_after, self.end_of_month_before),
        }[reading]


def due_dates(start: date, days: int = 0, *, months: int = 0) -> DueDates:
    """The day ``months`` and ``days`` after the invoice (or another start), plain and in both readings of end of month.

    Raises ValueError below zero, BeyondCalendar past the year 9999, BadDay.
    """
    check_days(start=start)
    if days < 0 or months < 0:
        raise ValueError("a payment term is zero or more days and months")
    plain = days_after(date_to_date(start, months), days)
    return DueDates(plain, month_end(plain), days_after(date_to_date(month_end(start), months), days))


def decade_due(delivered_on: date, days: int) -> date:
    """So many days after the end of the ten-day period of delivery: the 10th, the 20th or the last of the month."""
    return days_after(decade_end(delivered_on), days)


def default_due(received_on: date, regime: str = "fr-b2b") -> date | None:
    """The day payment is due when nothing was agreed, from the receipt of the goods or the end of the service.

    30 days between professionals in France (C. com. L441-10 I). None for a regime without such a rule.
    """
    found = default_days(regime, received_on)
    return None if found is None else days_after(received_on, found.value)


def acceptance_until(performed_on: date) -> date:
    """The last day of an acceptance or verification procedure, unless the contract says otherwise (L441-10 III)."""
    return days_after(performed_on, acceptance_days(performed_on).value)


@dataclass(frozen=True, slots=True)
class TermsQuestion:
    """What was agreed, for ``check_terms``.

    ``ceiling``: the kind of sale (``terms.yaml``; ``ceiling_of(regime)`` gives the usual one). ``delivered_on``: the
    delivery or performance, ``received_on``: of the invoice or request for payment. ``end_of_month``: the reading
    agreed, ``unsure`` when the contract does not say which; ``end_of_month_written``: whether the contract has it.
    ``periodic``: a summary invoice. ``accepted_on``: the end of an acceptance procedure, ``acceptance_agreed`` when
    the contract lengthened it. ``clauses``: ids of clauses the contract has.
    """

    invoice_on: date
    due_on: date
    ceiling: str = "general"
    delivered_on: date | None = None
    received_on: date | None = None
    end_of_month: Reading = "none"
    end_of_month_written: bool = True
    periodic: bool = False
    accepted_on: date | None = None
    acceptance_agreed: bool = False
    clauses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_days(invoice_on=self.invoice_on, due_on=self.due_on, delivered_on=self.delivered_on)
        check_days(received_on=self.received_on, accepted_on=self.accepted_on)
        if self.end_of_month not in get_args(Reading):
            raise ValueError(f"end_of_month is {self.end_of_month!r}: use one of {', '.join(get_args(Reading))}")


@dataclass(frozen=True, slots=True)
class Allowed:
    """The latest due date the law allows, by which way, and where it is written."""

    until: date
    ceiling: Ceiling
    way: Way
    days: int
    reference: str
    confidence: str

    def words(self, language: str) -> dict[str, str]:
        """What the sentences of ``terms.yaml`` are filled with."""
        length = span_in_words(language, days=self.days)
        if self.way.end_of_month:
            length = texts()["end_of_month"][language].format(length=length)
        until = in_words(self.until, language)
        label, origin = self.ceiling.label[language], origins()[self.way.origin][language]
        return {"until": until, "length": length, "label": label, "origin": origin}

    def sentence(self, language: str) -> str:
        """The limit and the law, in ``fr`` or ``en``."""
        check_language(language)
        return _sentence("allowed", language, self.words(language), self.reference, self.confidence)


@dataclass(frozen=True, slots=True)
class TermsWarning:
    """Something about agreed terms that a person must look at. ``allowed_until``: None when no date is at stake."""

    code: str
    allowed_until: date | None
    reference: str
    confidence: str
    question: TermsQuestion
    allowed: Allowed | None = None
    origin: str = ""

    def text(self, language: str) -> str:
        """The warning with its article, in ``fr`` or ``en``."""
        check_language(language)
        found = self.allowed
        words = found.words(language) if found else {}
        words["due"] = in_words(self.question.due_on, language)
        if self.origin:
            words["origin"] = origins()[self.origin][language]
        if self.code == "which_reading" and found:
            both = due_dates(self.question.invoice_on, found.days)
            words["before"] = in_words(both.end_of_month_before, language)
            words["after"] = in_words(both.end_of_month_after, language)
        if self.code == "acceptance_too_long" and self.allowed_until:
            days = acceptance_days(self.question.invoice_on).value
            words["length"] = span_in_words(language, days=days)
            words["until"] = in_words(self.allowed_until, language)
        fined = self.code == "term_too_long" and found is not None and found.ceiling.fine
        return _sentence(self.code, language, words, self.reference, self.confidence, fined=fined)


def allowed_until(question: TermsQuestion) -> Allowed | None:
    """The latest due date the law allows; None when a date it is counted from is missing.

    Raises UnknownCeiling.
    """
    ceiling = find_ceiling(question.ceiling)
    found = [each for way in _usable(ceiling, question) if (each := _allowed(ceiling, way, question)) is not None]
    return max(found, key=lambda each: each.until, default=None)


def check_terms(question: TermsQuestion) -> tuple[TermsWarning, ...]:
    """What is wrong or unsure about agreed terms, each with its article; empty when the law allows them.

    Raises UnknownCeiling and UnknownClause.
    """
    ceiling, allowed = find_ceiling(question.ceiling), allowed_until(question)
    return (
        *_date_needed(ceiling, question, allowed),
        *_too_long(question, allowed),
        *_end_of_month(ceiling, question),
        *_acceptance(question),
        *_clauses(question),
    )


def _usable(ceiling: Ceiling, question: TermsQuestion, *, written: bool | None = None) -> Iterable[Way]:
    """The ways of a ceiling that this question can use."""
    said = question.end_of_month_written if written is None else written
    with_month = question.end_of_month != "none" and said
    for way in ceiling.ways:
        if way.periodic in (None, question.periodic) and (with_month or not way.end_of_month):
            yield way


def _allowed(ceiling: Ceiling, way: Way, question: TermsQuestion) -> Allowed | None:
    start = _start(way, question)
    if start is None:
        return None
    found = way.figure_on(question.invoice_on)
    dates = due_dates(start, found.value)
    until = dates.read(question.end_of_month) if way.end_of_month else dates.plain
    return Allowed(until, ceiling, way, found.value, found.reference, found.confidence)


def _start(way: Way, question: TermsQuestion) -> date | None:
    delivered = question.delivered_on
    return {
        "invoice": question.invoice_on,
        "delivery": delivered,
        "decade": delivered and decade_end(delivered),
        "delivery_month_end": delivered and month_end(delivered),
        "receipt": question.received_on,
    }[way.origin]


def _date_needed(ceiling: Ceiling, question: TermsQuestion, allowed: Allowed | None) -> list[TermsWarning]:
    if allowed is not None:
        return []
    way = next(iter(_usable(ceiling, question)), None)
    if way is None:
        return []
    found = way.figure_on(question.invoice_on)
    return [TermsWarning("date_needed", None, found.reference, found.confidence, question, origin=way.origin)]


def _too_long(question: TermsQuestion, allowed: Allowed | None) -> list[TermsWarning]:
    if allowed is None or question.due_on <= allowed.until:
        return []
    ceiling = allowed.ceiling
    if ceiling.ask is not None:
        return [TermsWarning(ceiling.ask, allowed.until, _SECTORS, "probable", question, allowed)]
    code = "term_needs_agreement" if ceiling.soft else "term_too_long"
    return [TermsWarning(code, allowed.until, allowed.reference, allowed.confidence, question, allowed)]


def _end_of_month(ceiling: Ceiling, question: TermsQuestion) -> list[TermsWarning]:
    """Whether the contract has the end of month, and in which reading."""
    ways = [way for way in _usable(ceiling, question, written=True) if way.end_of_month]
    found = _allowed(ceiling, ways[0], question) if ways else None
    if found is None:
        return []
    warnings = []
    if not question.end_of_month_written:
        plain = allowed_until(question)
        until = plain.until if plain else None
        named = plain or found
        warnings.append(
            TermsWarning("end_of_month_not_written", until, found.reference, found.confidence, question, named)
        )
    if question.end_of_month == "unsure":
        warnings.append(TermsWarning("which_reading", found.until, found.reference, found.confidence, question, found))
    return warnings


def _acceptance(question: TermsQuestion) -> list[TermsWarning]:
    accepted, delivered = question.accepted_on, question.delivered_on
    if accepted is None or question.acceptance_agreed:
        return []
    found: Figure = acceptance_days(question.invoice_on)
    if delivered is None:
        return [TermsWarning("date_needed", None, found.reference, found.confidence, question, origin="delivery")]
    until = days_after(delivered, found.value)
    if accepted <= until:
        return []
    code = "acceptance_too_long"
    return [TermsWarning(code, until, found.reference, found.confidence, question, origin="delivery")]


def _clauses(question: TermsQuestion) -> list[TermsWarning]:
    found = [find_clause(name) for name in question.clauses]
    return [TermsWarning(clause.id, None, clause.reference, clause.confidence, question) for clause in found]


def _sentence(
    code: str, language: str, words: dict[str, str], reference: str, confidence: str, *, fined: bool = False
) -> str:
    known = texts()
    text = known[code] if code in known else find_clause(code).text
    parts = [text[language].format(**words)]
    parts += [known["fine"][language]] if fined else []
    parts.append(known["reference"][language].format(reference=reference_in_words(reference, language)))
    if weakest([confidence]) != "sure":
        parts.append(known["confidence"][language].format(confidence=confidence_in_words(confidence, language)))
    return typeset(" ".join(parts), language)
