"""Whether the payment terms of customers are longer than the law allows: a warning with the article, never a refusal.

Terms are words and the law counts days, so they are tried on invoices of a whole year: what can lead beyond the limit
on some day is too long. A customer without terms has the creditor's default ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import cast

from django.utils.translation import gettext as _
from django.utils.translation import override

from encaisse.exchange.problems import MAX_SHOWN, Problem, problem
from encaisse.exchange.terms import Terms, due_on, parse_terms
from encaisse.law.choose import KINDS, Kind, Party, choose_regime
from encaisse.law.counting import confidence_in_words, span_in_words
from encaisse.law.references import reference_in_words
from encaisse.law.term_rules import find_ceiling
from encaisse.law.terms import TermsQuestion, TermsWarning, ceiling_of, check_terms
from encaisse.parties.models import Creditor, Customer

LONGER = ("term_too_long", "term_needs_agreement")
"""The warnings of `encaisse.law.terms` that say a term is beyond the limit."""
HOME = "FR"


@dataclass(frozen=True, slots=True)
class Agreed:
    """The terms of one customer, empty for the creditor's default ones. `line`: where the file says so, if it does."""

    code: str
    name: str
    kind: str
    country: str
    terms: str
    line: int | None = None


def of_customer(creditor: Creditor, customer: Customer, on: date, language: str) -> Problem | None:
    """The warning about a customer's terms, for invoices of the year of `on`; None when the law allows them."""
    agreed = Agreed(customer.code, customer.name, customer.kind, customer.country, customer.terms)
    found = _found(creditor, agreed, on)
    return _told(creditor, agreed, found, language) if found else None


def of_many(creditor: Creditor, customers: Iterable[Agreed], on: date) -> tuple[Problem, ...]:
    """The warnings about the terms of many customers, in the creditor's language; beyond some they are only counted."""
    counts: Counter[str] = Counter()
    kept: list[Problem] = []
    for one in customers:
        found = _found(creditor, one, on)
        if found is None:
            continue
        code = _code(found)
        counts[code] += 1
        if counts[code] <= MAX_SHOWN:
            kept.append(_told(creditor, one, found, creditor.language))
    for code, count in counts.items():
        if count > MAX_SHOWN:
            more = count - MAX_SHOWN
            kept.append(problem("more_of_the_same", None, language=creditor.language, code=code, count=more))
    return tuple(kept)


def _found(creditor: Creditor, agreed: Agreed, on: date) -> TermsWarning | None:
    text = agreed.terms or creditor.default_terms
    return _longest(text, creditor.country, agreed.kind, agreed.country, on.year)


def _told(creditor: Creditor, agreed: Agreed, found: TermsWarning, language: str) -> Problem:
    text = agreed.terms or creditor.default_terms
    spoken = "fr" if language.startswith("fr") else "en"
    values = {
        "customer": f"{agreed.name} ({agreed.code})" if agreed.name != agreed.code else agreed.code,
        "terms": in_words(parse_terms(text), spoken).replace("\u00a0", " "),
        "article": reference_in_words(found.reference, spoken),
        **_limits(found),
    }
    code = _code(found)
    if code == "terms_too_long_elsewhere":
        values["confidence"] = confidence_in_words(found.confidence, spoken)
    return problem(code, agreed.line, column="terms" if agreed.line else None, language=spoken, **values)


def _code(found: TermsWarning) -> str:
    ceiling = found.question.ceiling
    if found.code == "term_needs_agreement":
        return "terms_need_agreement"
    return {"general": "terms_too_long", "public_state_local": "terms_too_long_public"}.get(
        ceiling, "terms_too_long_elsewhere"
    )


def _limits(found: TermsWarning) -> dict[str, str]:
    """The days that the law allows: plain, and with the end of the month where it has that."""
    ways = [way for way in find_ceiling(found.question.ceiling).ways if not way.periodic]
    plain = [way.figure_on(found.question.invoice_on).value for way in ways if not way.end_of_month]
    monthly = [way.figure_on(found.question.invoice_on).value for way in ways if way.end_of_month]
    limits = {"days": str(max(plain))} if plain else {}
    return limits | ({"month_days": str(max(monthly))} if monthly else {})


@lru_cache(maxsize=1024)
def _longest(text: str, home: str, kind: str, country: str, year: int) -> TermsWarning | None:
    """The warning for the invoice of the year whose due date is furthest beyond the limit."""
    ceiling = _ceiling(home, kind, country)
    if ceiling is None:
        return None
    try:
        terms = parse_terms(text)
    except ValueError:
        return None  # Who wrote them was told so; the due date falls back to another rule.
    found = [one for day in _days_of(year) for one in _checked(terms, ceiling, day)]
    return max(found, key=lambda one: (one.question.due_on - (one.allowed_until or date.max)).days, default=None)


def _checked(terms: Terms, ceiling: str, day: date) -> list[TermsWarning]:
    # The earliest that delivery and receipt can count from is taken: what is allowed later is allowed anyway.
    question = TermsQuestion(
        invoice_on=day,
        due_on=due_on(day, terms),
        ceiling=ceiling,
        delivered_on=day,
        received_on=day,
        end_of_month=terms.end_of_month,
    )
    return [one for one in check_terms(question) if one.code in LONGER]


def _days_of(year: int) -> list[date]:
    """Every day of a year: with an end of month, a limit may be passed on one day of the month alone."""
    first = date(year, 1, 1)
    return [first + timedelta(days) for days in range((date(year, 12, 31) - first).days + 1)]


def _ceiling(home: str, kind: str, country: str) -> str | None:
    """The kind of limit that rules a sale, None where there is none (to a consumer) or none is known."""
    here = _country(home, HOME)
    known = cast(Kind, kind if kind in KINDS else "company")
    regime = choose_regime(Party(here, "company"), Party(_country(country, here), known)).regime
    return ceiling_of(regime) if regime else None


def _country(code: str, otherwise: str) -> str:
    text = code.strip().upper()
    return text if len(text) == 2 and text.isascii() and text.isalpha() else otherwise


def in_words(terms: Terms, language: str) -> str:
    """Terms as people say them: `45 days end of month`, `end of month + 45 days`."""
    with override(language):
        if not (terms.days or terms.months or terms.end_of_month != "none"):
            return _("on receipt")
        span = span_in_words(language, months=terms.months, days=terms.days)
        if terms.end_of_month == "before":
            return _("end of month + %(span)s") % {"span": span}
        if terms.end_of_month == "none":
            return span
        said = _("%(span)s end of month") % {"span": span} if terms.days or terms.months else _("end of month")
        return f"{said} + {span_in_words(language, days=terms.extra)}" if terms.extra else said
