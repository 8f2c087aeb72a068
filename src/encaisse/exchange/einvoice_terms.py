"""Due date, instalments and early-payment discounts, from the payment terms of an electronic invoice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from encaisse.exchange import terms as words
from encaisse.exchange.einvoice import Discount, Instalment, signed
from encaisse.exchange.problems import Problem, problem

MAX_DAYS = 366
"""A discount for payment within more days than this is no early payment."""
_CENT = Decimal("0.01")
_NUMBER = r"(?P<percent>[0-9]{1,2}(?:[.,][0-9]{1,4})?) ?%"
_DAYS = r"(?P<days>[0-9]{1,3})"
_BY = r"(?: bis(?: zum)? (?P<until>[0-9]{2}\.[0-9]{2}\.[0-9]{4}))?"
# Structured text of the German CIUS, then sentences: the discount and its days must stand side by side.
_STRUCTURED = re.compile(
    r"#SKONTO#TAGE=(?P<days>[0-9]{1,3})#PROZENT=(?P<percent>[0-9]{1,2}(?:\.[0-9]{1,4})?)"
    r"(?:#BASISBETRAG=(?P<base>-?[0-9]{1,15}(?:\.[0-9]{1,4})?))?#"
)
_IF_PAID = r"(?:pour (?:tout )?(?:paiement|r[eè]glement) )?(?:anticip[eé] )?(?:sous|dans les|[àa])"
_WITHIN = r"(?:innerhalb|binnen|innert)(?: von)?"
_EARLY = r"(?:cash |early[- ]payment |prompt[- ]payment )?discount (?:if paid |for payment )?within"
_SENTENCES = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_NUMBER} (?:skonto )?(?:bei zahlung )?{_WITHIN} {_DAYS} tagen{_BY}",
        rf"{_WITHIN} {_DAYS} tagen?,? (?:abz[üu]glich |mit )?{_NUMBER} skonto",
        rf"{_DAYS} tage,? {_NUMBER} skonto",
        rf"{_NUMBER} {_EARLY} {_DAYS} days",
        rf"{_NUMBER} (?:cash )?discount,? {_DAYS} days",
        rf"{_NUMBER} d['’]escompte {_IF_PAID} {_DAYS} ?j(?:ours?)?\b",
        rf"escompte (?:de )?{_NUMBER} {_IF_PAID} {_DAYS} ?j(?:ours?)?\b",
        rf"(?P<percent>[0-9]{{1,2}}(?:\.[0-9]{{1,2}})?)/{_DAYS},? (?:net|n) ?/?[0-9]{{1,3}}",
    )
)
MAX_TEXT = 2_000
"""So many characters of terms in words are looked at."""
_PIECES = re.compile(r"[\n,;]|\.(?=\s|$)")
_A_WORD = re.compile(r"[^\W\d_]{3}")
_NOT_DUE = re.compile(r"%|skonto|escompte|discount|rabais|p[ée]nalit|penalty|int[ée]r[êe]t|interest", re.IGNORECASE)
_GERMAN = re.compile(
    r"(?:(?:zahlbar|zahlung|f[äa]llig)\w* )?(?:innerhalb|binnen|innert)?(?: von)? ?(?P<days>[0-9]{1,3}) tagen?"
    r"(?: (?:netto|ohne abzug|nach rechnungsdatum|nach erhalt))*"
    r"(?: bis(?: zum)? (?P<until>[0-9]{2}\.[0-9]{2}\.[0-9]{4}))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Term:
    """One set of terms as the document has it; ``amount`` as written, ``percent`` of the amount payable."""

    text: str = ""
    due_on: date | None = None
    amount: Decimal | None = None
    percent: Decimal | None = None
    discounts: tuple[Discount, ...] = ()
    line: int | None = None

    @property
    def parts(self) -> bool:
        """It says how much of the invoice it is about."""
        return self.amount is not None or self.percent is not None


@dataclass(frozen=True, slots=True)
class Settled:
    """What all terms together say."""

    text: str
    due_on: date | None
    instalments: tuple[Instalment, ...]
    discounts: tuple[Discount, ...]
    problems: tuple[Problem, ...]


def settle(terms: Sequence[Term], issued_on: date, payable: Decimal, sign: int = 1, notes: str = "") -> Settled:
    """Due date, instalments and discounts. ``payable`` is signed; what the terms hold is as written.

    ``notes`` are looked at for a discount where the terms have none: French invoices state it in a note of its own.
    """
    text = "\n".join(dict.fromkeys(term.text for term in terms if term.text))
    # A term with a discount and no part of its own is the early way to pay, where there is another.
    plain = [term for term in terms if term.due_on and (term.parts or not term.discounts)]
    plain = plain or [term for term in terms if term.due_on]
    due_on = max((term.due_on for term in plain if term.due_on), default=None)
    instalments, problems = _instalments(plain, payable, sign)
    structured = [
        replace(one, until=one.until or (term.due_on if one.days is None and term not in plain else None))
        for term in terms
        for one in term.discounts
    ]
    found = structured or discounts_in(text) or discounts_in(notes)
    dated = tuple(_signed(_dated(one, issued_on), sign) for one in found if _plausible(one))
    return Settled(text, due_on, instalments, dated, problems)


def _plausible(one: Discount) -> bool:
    """It takes something off, and not more than all."""
    return bool(one.amount) or (one.percent is not None and 0 < one.percent <= 100)


def discounts_in(text: str) -> list[Discount]:
    """The early-payment discounts a text speaks of; none when it names no percentage or no days."""
    line = " ".join(text[:MAX_TEXT].split())
    found = [_from_text(match) for match in _STRUCTURED.finditer(line)]
    if not found:
        found = [_from_text(match) for form in _SENTENCES for match in form.finditer(line)]
    return [one for one in dict.fromkeys(found) if one.percent and (one.days or 0) <= MAX_DAYS]


def due_in(text: str, issued_on: date) -> date | None:
    """The one date that terms in words lead to; None when they are not understood, or lead to several dates.

    French and English are read by ``encaisse.exchange.terms``; of German, "30 Tage netto" and its like.
    """
    days = {_due(piece.strip(), issued_on) for piece in _PIECES.split(text[:MAX_TEXT]) if not _NOT_DUE.search(piece)}
    days.discard(None)
    return days.pop() if len(days) == 1 else None


def _due(piece: str, issued_on: date) -> date | None:
    german = _GERMAN.fullmatch(" ".join(piece.split()))
    try:
        if german and german["until"]:
            return _german_day(german["until"])
        if german:
            return issued_on + timedelta(days=int(german["days"]))
        return words.due_on(issued_on, words.parse_terms(piece)) if _A_WORD.search(piece) else None
    except (ValueError, OverflowError):
        return None


def _from_text(match: re.Match[str]) -> Discount:
    named = match.groupdict()
    until = named.get("until")
    return Discount(
        percent=Decimal(named["percent"].replace(",", ".")),
        base=Decimal(named["base"]) if named.get("base") else None,
        days=int(named["days"]),
        until=_german_day(until) if until else None,
    )


def _german_day(text: str) -> date | None:
    day, month, year = (int(part) for part in text.split("."))
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _dated(one: Discount, issued_on: date) -> Discount:
    if one.until or one.days is None or not 0 <= one.days <= MAX_DAYS:
        return one
    try:
        return replace(one, until=issued_on + timedelta(days=one.days))
    except OverflowError:
        return one


def _signed(one: Discount, sign: int) -> Discount:
    if sign == 1:
        return one
    amount = None if one.amount is None else signed(one.amount, sign)
    return replace(one, amount=amount, base=None if one.base is None else signed(one.base, sign))


def _instalments(
    terms: list[Term], payable: Decimal, sign: int
) -> tuple[tuple[Instalment, ...], tuple[Problem, ...]]:  # fmt: skip
    if len(terms) < 2:
        return (), ()
    amounts = [_share(term, payable, sign) for term in terms]
    known = sum((amount for amount in amounts if amount is not None), Decimal(0))
    if amounts.count(None) == 1:
        amounts = [payable - known if amount is None else amount for amount in amounts]
        known = payable
    if None in amounts:
        return (), (problem("instalments_without_amounts", terms[0].line, count=len(terms)),)
    parts = [
        Instalment(term.due_on, amount, term.text)
        for term, amount in zip(terms, amounts, strict=True)
        if term.due_on and amount is not None
    ]
    parts.sort(key=lambda part: part.due_on)
    if known == payable:
        return tuple(parts), ()
    return tuple(parts), (problem("instalments_disagree", terms[0].line, total=known, payable=payable),)


def _share(term: Term, payable: Decimal, sign: int) -> Decimal | None:
    if term.amount is not None:
        return signed(term.amount, sign)
    if term.percent is not None and 0 <= term.percent <= 100:
        return (payable * term.percent / 100).quantize(_CENT, ROUND_HALF_UP)
    return None
