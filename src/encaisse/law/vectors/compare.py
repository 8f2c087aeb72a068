"""Whether what came out is what was expected, and how both are written when it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure or segment that differs: ``what`` it is, and both sides as text."""

    what: str
    expected: str
    got: str


def same(expected: Any, got: Any) -> bool:
    """Whether two figures are equal: numbers by value, exact ones at the decimals that were written, lists in order."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        return set(map(str, expected)) == set(got) and all(
            same(value, got[str(key)]) for key, value in expected.items()
        )
    if _is_list(expected) and _is_list(got):
        return len(expected) == len(got) and all(map(same, expected, got))
    if _is_list(expected) or _is_list(got):
        return False
    number = _number(expected)
    if number is not None and isinstance(got, Fraction):
        return number == rounded(got, _decimals(number))
    other = _number(got)
    if number is not None and other is not None:
        return number == other
    return _text(expected) == _text(got)


def written(value: Any) -> str:
    """A figure as text, for the line that says what differs."""
    if value is None:
        return "-"
    if isinstance(value, Fraction):
        return str(rounded(value, MOST_DECIMALS))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {written(one)}" for key, one in value.items())
    if _is_list(value):
        return ", ".join(written(one) for one in value)
    return str(value)


def rounded(value: Fraction, decimals: int) -> Decimal:
    """An exact value rounded half up (away from zero) to so many decimals."""
    scaled = value * 10**decimals
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-decimals)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    if isinstance(value, str):
        try:
            number = Decimal(value.strip().removesuffix("%").strip())
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    return None


def _decimals(number: Decimal) -> int:
    places = number.as_tuple().exponent
    return max(0, -places) if isinstance(places, int) else 0


def _text(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(str(value).casefold().split())
