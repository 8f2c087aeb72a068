"""Money as integers: an amount is a whole number of minor units (cents for EUR), with its currency beside it.

Nothing here uses binary floats. Text is read and written only at the edges of the program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

# ISO 4217 currencies whose minor unit is not a hundredth; every other currency has two decimals.
_NO_DECIMALS = ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF"]
_NO_DECIMALS += ["XOF", "XPF"]
_THREE_DECIMALS = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
_EXPONENTS: dict[str, int] = {**dict.fromkeys(_NO_DECIMALS, 0), **dict.fromkeys(_THREE_DECIMALS, 3), "CLF": 4, "UYW": 4}

_CURRENCY = re.compile(r"[A-Z]{3}")
# Spaces a spreadsheet, a bank or a French keyboard may put inside a number.
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007\t"), " ")
_MINUSES = dict.fromkeys(map(ord, "\u2212\u2013\u2012\ufe63\uff0d"), "-")
_APOSTROPHES = dict.fromkeys(map(ord, "\u2019\u02bc"), "'")
_CHARACTERS = _SPACES | _MINUSES | _APOSTROPHES
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_SPACED = re.compile(r"\d{1,3}(?: \d{3})+")
_QUOTED = re.compile(r"\d{1,3}(?:'\d{3})+")
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{3})+")
_COMMAED = re.compile(r"\d{1,3}(?:,\d{3})+")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency, in minor units (``Money(1250, "EUR")`` is 12.50 EUR)."""

    minor: int
    currency: str = "EUR"

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"an amount is a whole number of minor units, not {type(self.minor).__name__}")
        exponent(self.currency)

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{to_decimal_text(self.minor, self.currency)} {self.currency}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added: keep one total per currency")


def exponent(currency: str) -> int:
    """Number of decimals of a currency (2 for EUR, 0 for XPF, 3 for TND).

    Raises ValueError when ``currency`` is not three capital letters.
    """
    if not _CURRENCY.fullmatch(currency):
        raise ValueError(f"{currency!r} is not a currency code: use three capital letters, such as EUR")
    return _EXPONENTS.get(currency, 2)


def parse_minor(text: str, currency: str = "EUR") -> int:
    """Read an amount written by a person or a file, as minor units.

    Accepts French and English writing: ``1 234,56`` (any kind of space), ``1.234,56``, ``1,234.56``, ``1'234.56``,
    ``1234.56``, ``-12,00``, ``−12``, ``12,00-``, with or without the currency's own code or sign.
    Refuses what has two readings (``1.234`` in EUR) instead of choosing one.

    Raises ValueError, with what to write instead.
    """
    digits = exponent(currency)
    sign, body = _split_sign(text.translate(_CHARACTERS), currency)
    whole, decimals = _split_decimals(body, digits, text)
    if len(decimals) > digits:
        if decimals[digits:].strip("0"):
            raise ValueError(f"{text!r} has more than {digits} decimals: {currency} amounts have {digits}")
        decimals = decimals[:digits]
    return sign * int((whole or "0") + decimals.ljust(digits, "0"))


def _split_sign(text: str, currency: str) -> tuple[int, str]:
    """The sign (+1 or -1) and what is left once sign and currency mark are taken away."""
    body = text.strip()
    for mark in (currency, _SYMBOLS.get(currency, currency)):
        body = body.removesuffix(mark).removeprefix(mark).strip()
    if body.startswith("-"):
        return -1, body[1:].strip()
    if body.endswith("-"):
        return -1, body[:-1].strip()
    return 1, body.removeprefix("+").strip()


def _split_decimals(body: str, digits: int, original: str) -> tuple[str, str]:
    """Whole part and decimals of an unsigned number, both as plain digits."""
    separator = _decimal_separator(body, digits, original)
    whole, _, decimals = body.rpartition(separator) if separator else (body, "", "")
    if not _is_ascii_digits(decimals or "0"):
        raise _unreadable(original)
    for grouped in (_SPACED, _QUOTED, _DOTTED, _COMMAED):
        if grouped.fullmatch(whole):
            return re.sub(r"\D", "", whole), decimals
    if _is_ascii_digits(whole) or (whole == "" and decimals):
        return whole, decimals
    raise _unreadable(original)


def _decimal_separator(body: str, digits: int, original: str) -> str:
    """Which of ``,`` and ``.`` starts the decimals; an empty string when there are none."""
    comma, dot = body.rfind(","), body.rfind(".")
    if comma >= 0 and dot >= 0:
        return "," if comma > dot else "."
    if comma < 0 and dot < 0:
        return ""
    separator = "," if comma >= 0 else "."
    if body.count(separator) > 1:
        return ""  # a sign used twice can only group thousands
    whole, _, decimals = body.partition(separator)
    looks_grouped = len(decimals) == 3 and re.fullmatch(r"[1-9]\d{0,2}", whole) is not None
    if not looks_grouped or digits >= 3:
        return separator
    if digits == 0:
        return ""
    raise ValueError(f"{original!r} can be read in two ways: write {whole}{decimals},00 or {whole},{decimals[:digits]}")


def _is_ascii_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _unreadable(text: str) -> ValueError:
    shown = text if len(text) <= 40 else text[:37] + "..."
    return ValueError(f"{shown!r} is not an amount: write it like 1234,56 or 1234.56")


def to_decimal_text(minor: int, currency: str = "EUR") -> str:
    """Minor units as plain decimal text, for files and JSON: ``123456`` gives ``"1234.56"``."""
    digits = exponent(currency)
    sign = "-" if minor < 0 else ""
    text = str(abs(minor)).rjust(digits + 1, "0")
    if digits == 0:
        return sign + text
    return f"{sign}{text[:-digits]}.{text[-digits:]}"


def round_half_up(value: Fraction | Decimal) -> int:
    """Nearest integer; a half goes away from zero (0.5 gives 1, -0.5 gives -1), as in commercial practice."""
    if isinstance(value, Decimal):
        return int(value.to_integral_value(rounding=ROUND_HALF_UP))
    magnitude = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return magnitude if value >= 0 else -magnitude
