"""Formatting for readers: money, dates, lists and spaces, per language. Languages: ``fr`` and ``en``."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from encaisse.money import to_decimal_text

LANGUAGES = ("fr", "en")
_LOCALES = {"fr": "fr_FR", "en": "en_GB"}
_LONG_DATE = {"fr": "d MMMM y", "en": "d MMMM y"}
_SHORT_DATE = {"fr": "dd/MM/y", "en": "d MMM y"}
_AND = {"fr": " et ", "en": " and "}
NBSP = "\u00a0"
_NARROW = "\u202f"

# One no-break space everywhere: the narrow one is missing from fonts of older mail readers.
_SPACE_BEFORE = re.compile(r"[ \u202f](?=[:;!?%»€](?:\s|[.,)…\u00a0]|$))")
_SPACE_AFTER = re.compile(r"(?<=«)[ \u202f]|(?<=\bn°)[ \u202f]")
_SPACE_IN_NUMBER = re.compile(r"(?<=\d)[ \u202f](?=\d{3}(?!\d))")
_SPACE_IN_DAY = re.compile(
    r"\b(\d{1,3}(?:er)?)[ \u202f](?=(?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre"
    r"|décembre|jours?|points?)\b)"
)


def language_of(code: str) -> str:
    """The language in which a recipient is written to: French for ``fr*``, English for every other code."""
    return "fr" if code.lower().replace("_", "-").split("-")[0] == "fr" else "en"


@lru_cache(maxsize=4096)
def money(minor: int, currency: str, language: str) -> str:
    """An amount in minor units with its currency: ``1 234,56 €`` (no-break spaces), ``€1,234.56``."""
    text = format_currency(Decimal(to_decimal_text(minor, currency)), currency, locale=_LOCALES[language])
    return _typographic_minus(text)


def round_money(minor: int, currency: str, language: str) -> str:
    """An amount with its currency and without decimals when it is whole: ``40 €``."""
    text = money(minor, currency, language)
    whole = re.sub(r"[.,]0+(?!\d)", "", text)
    return whole if Decimal(to_decimal_text(minor, currency)) % 1 == 0 else text


@lru_cache(maxsize=4096)
def amount(minor: int, currency: str, language: str) -> str:
    """An amount without its currency, for a table whose head names it: ``1 234,56``; zero is an en dash."""
    if not minor:
        return "–"
    text = to_decimal_text(minor, currency)
    places = len(text.partition(".")[2])
    pattern = "#,##0." + "0" * places if places else "#,##0"
    return _typographic_minus(format_decimal(Decimal(text), format=pattern, locale=_LOCALES[language]))


def decimal_text(value: Decimal, language: str, places: int) -> str:
    """A decimal with exactly ``places`` decimals in the language's writing."""
    pattern = "#,##0." + "0" * places if places else "#,##0"
    return _typographic_minus(format_decimal(value, format=pattern, locale=_LOCALES[language]))


@lru_cache(maxsize=4096)
def long_date(day: date, language: str) -> str:
    """A date in words, its day and month kept together: ``1er novembre 2026``, ``1 November 2026``."""
    text = format_date(day, _LONG_DATE[language], locale=_LOCALES[language])
    if language == "fr" and day.day == 1:
        text = text.replace("1 ", "1er ", 1)
    return text.replace(" ", NBSP, 1)


@lru_cache(maxsize=4096)
def short_date(day: date, language: str) -> str:
    """A date for a table: ``18/11/2026``, ``18 Nov 2026``."""
    return format_date(day, _SHORT_DATE[language], locale=_LOCALES[language]).replace(" ", NBSP)


def listing(items: Sequence[str], language: str, *, most: int = 3) -> str:
    """Items joined as in a sentence; beyond ``most``, the first ones and how many more."""
    if len(items) > most:
        rest = len(items) - most + 1
        more = {"fr": f"{rest} autres", "en": f"{rest} more"}[language]
        items = [*items[: most - 1], more]
    if len(items) == 1:
        return items[0]
    return ", ".join(items[:-1]) + _AND[language] + items[-1]


def spaced(text: str, language: str) -> str:
    """Text with the no-break spaces its language asks for; running it twice changes nothing."""
    text = text.replace(_NARROW, NBSP)
    if language != "fr":
        return text
    text = _SPACE_BEFORE.sub(NBSP, text)
    text = _SPACE_AFTER.sub(NBSP, text)
    text = _SPACE_IN_NUMBER.sub(NBSP, text)
    return _SPACE_IN_DAY.sub(r"\1" + NBSP, text)


def grouped(iban: str) -> str:
    """An IBAN in groups of four, kept on one line."""
    compact = "".join(iban.split()).upper()
    return NBSP.join(compact[i : i + 4] for i in range(0, len(compact), 4))


def plain(text: str) -> str:
    """Text reduced for comparison: every kind of space is one space, every apostrophe is the same."""
    return " ".join(text.replace("’", "'").replace(NBSP, " ").replace(_NARROW, " ").split())


def _typographic_minus(text: str) -> str:
    text = text.replace(_NARROW, NBSP)
    return "−" + text[1:] if text.startswith("-") else text
