"""Days and amounts as XML formats write them."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

_AMOUNT = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ][0-9:.]{5,18})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?")
_COMPACT = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?)?(?:Z|[A-Z]{3,4}|[+-][0-9]{4})?"
)
# UNTDID 2379 forms that do not begin with a year of four digits -> places of day, month and year.
_OTHER_FORMS: dict[str, tuple[slice, slice, slice]] = {
    "2": (slice(0, 2), slice(2, 4), slice(4, 6)), "3": (slice(2, 4), slice(0, 2), slice(4, 6)),
    "4": (slice(0, 2), slice(2, 4), slice(4, 8)), "101": (slice(4, 6), slice(2, 4), slice(0, 2)),
    "201": (slice(4, 6), slice(2, 4), slice(0, 2)), "202": (slice(4, 6), slice(2, 4), slice(0, 2)),
}  # fmt: skip
_LONG_YEAR = 4
FIRST_YEAR = 1900


def amount_of(text: str) -> Decimal | None:
    """An xs:decimal of at most 18 digits before the point; None for anything else (no exponent, comma or space)."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def day_of(text: str, form: str = "") -> date | None:
    """A day written YYYYMMDD (UNTDID 2379: 102, 203, 204) or YYYY-MM-DD, with or without time and zone; else None.

    ``form`` is the code of UNTDID 2379 the document gives; 2, 3, 4, 101, 201 and 202 are read by it.
    """
    if form in _OTHER_FORMS and text.isascii() and text.isdigit():
        days, months, years = (text[place] for place in _OTHER_FORMS[form])
        text = ("" if len(years) == _LONG_YEAR else "20") + years + months + days
    found = _ISO_DAY.fullmatch(text) or _COMPACT.fullmatch(text)
    if not found:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return day if day.year >= FIRST_YEAR else None


def instant_of(text: str) -> datetime | None:
    """A day and time, its zone left aside, written YYYYMMDDHHMM[SS] or in ISO form; None when there is no time."""
    found = _COMPACT.fullmatch(text)
    if found and found[4]:
        text = f"{found[1]}-{found[2]}-{found[3]}T{found[4]}:{found[5]}:{found[6] or '00'}"
    if "T" not in text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
