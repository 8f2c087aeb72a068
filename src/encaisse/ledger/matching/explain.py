"""Reasons said in French or English, with dates and amounts as each language writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Final

from babel.dates import format_date
from babel.numbers import format_currency, format_percent

from encaisse.ledger.matching.phrases import phrases
from encaisse.ledger.matching.records import Reason, Value
from encaisse.money import to_decimal_text

_LOCALES: Final = {"fr": "fr_FR", "en": "en_GB"}
_AMOUNTS: Final = frozenset({"amount", "rest"})
_PERCENT: Final = {"fr": "#,##0.###\u00a0%", "en": "#,##0.###%"}
_SHARES: Final = frozenset({"score", "second", "threshold", "likeness"})


def sentence(reason: Reason, language: str, currency: str = "EUR") -> str:
    """The sentence of one reason, in ``fr`` or ``en``. Raises ValueError for another language."""
    text = phrases(language)[reason.code]
    return text.format_map({name: _spoken(name, value, language, currency) for name, value in reason.values.items()})


def sentences(reasons: Iterable[Reason], language: str, currency: str = "EUR") -> tuple[str, ...]:
    """One sentence per reason, in their order."""
    return tuple(sentence(reason, language, currency) for reason in reasons)


def _spoken(name: str, value: Value, language: str, currency: str) -> str:
    locale = _LOCALES[language]
    if isinstance(value, date):
        return format_date(value, format="long", locale=locale)
    if name in _AMOUNTS and isinstance(value, int):
        return format_currency(Decimal(to_decimal_text(value, currency)), currency, locale=locale)
    if name in _SHARES and isinstance(value, (int, float)):
        # Rounded down: what is below a threshold is not shown as equal to it, and nothing is shown as certain.
        cut = Decimal(str(value)).quantize(Decimal("0.00001"), rounding=ROUND_DOWN)
        return format_percent(cut, format=_PERCENT[language], locale=locale)
    return str(value)
