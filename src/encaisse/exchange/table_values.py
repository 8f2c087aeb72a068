"""Dates and amounts as tables write them: what one text can mean, and what it means in its column.

A text alone is often ambiguous (``03/04/2025``, ``1.234``); a column seldom is. So ``date_forms`` and ``mark_of`` tell
what a text shows, the guess adds that up over the column, and ``read_date`` and ``read_amount`` then read each cell.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Literal, NamedTuple

Cell = str | Decimal | date
"""A cell: text as written, or a number or day that its workbook declares as such."""
DateOrder = Literal["dmy", "mdy", "ymd", "serial", "dmy8", ""]
"""Order of day, month and year; ``serial``: days of a spreadsheet; ``dmy8``: eight digits, day first."""
DecimalMark = Literal[",", ".", ""]

FIRST_YEAR, LAST_YEAR = 1950, 2150
"""Years outside are no dates of a ledger."""
_EPOCH = date(1899, 12, 30)
_SERIALS = range(18_264, 91_313)  # 1950 to 2149
_MAX_DIGITS, _SURE_DIGITS = 30, 15

_ISO = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})(?:[T ].*)?")
_PARTS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?:[T ,]+\d{1,2}[:h]\d{2}.*)?")
_EIGHT = re.compile(r"\d{8}")
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
_WORDED = re.compile(
    r"(?:[a-z]{2,9}[.,]? )?(\d{1,2})(?:er|st|nd|rd|th)?[- ]?(?:de |of )?([a-z]{3,9})\.?[-, ]+(\d{4}|\d{2})\b.*"
)
_MONTH_FIRST = re.compile(r"(?:[a-z]{2,9}[.,]? )?([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b.*")
_MONTHS = (
    ("janvier", "january", "janv"), ("fevrier", "february", "fevr", "fev"), ("mars", "march"),
    ("avril", "april", "avr"), ("mai", "may"), ("juin", "june"), ("juillet", "july", "juil"), ("aout", "august"),
    ("septembre", "september", "sept"), ("octobre", "october"), ("novembre", "november"), ("decembre", "december"),
)  # fmt: skip
_MONTH_OF = {name: at for at, names in enumerate(_MONTHS, 1) for name in names}
_MONTH_OF |= {names[1][:3]: at for at, names in enumerate(_MONTHS, 1)}

_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007\t"), " ")
_SIGNS = dict.fromkeys(map(ord, "\u2212\u2013\u2012\ufe63\uff0d"), "-") | dict.fromkeys(map(ord, "\u2019\u02bc"), "'")
_SIMPLE = re.compile(r"-?(?:[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3}){1,4}|[0-9]{1,13})(?:[.,][0-9]{1,2})?")
_NO_SPACES = str.maketrans(",", ".", " \u00a0\u202f")
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "CHF": "CHF"}
CURRENCIES = (
    "EUR|USD|GBP|CHF|JPY|CAD|AUD|NZD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|TRY|TND|MAD|DZD|XOF|XAF|XPF|CNY|HKD|SGD|INR|BRL|"
    "MXN|ZAR|AED|SAR|ILS"
)
_MONEY = re.compile(rf"€|£|\$|¥|(?<![A-Za-z])(?:{CURRENCIES}|euros?)(?![A-Za-z])", re.IGNORECASE)
_SIDE = re.compile(
    r"(?P<first>CR|DR|[CD])?[ .]*(?P<body>[-+(]?[\d' .,]*\d[\d' .,)]*[-+]?\)?)[ .]*(?P<last>CR|DB|DR|[CD])?",
    re.IGNORECASE,
)
_GROUPED = {mark: re.compile(rf"\d{{1,3}}(?:[ '{other}]\d{{3}})+(?:\{mark}\d*)?|\d+(?:\{mark}\d*)?|\{mark}\d+")
            for mark, other in ((",", "."), (".", ","))}  # fmt: skip


class Amount(NamedTuple):
    """``value`` with its sign as written; ``side``: ``C`` or ``D`` where it bears one; ``currency`` where it says."""

    value: Decimal
    side: str = ""
    currency: str = ""


def plain(text: str) -> str:
    """Words without accents, marks and capitals, one space between: how headers and words are compared."""
    return _plain(text[:200]) if text else ""


@cache
def _month(word: str) -> int:
    return _MONTH_OF.get(word, 0)


@lru_cache(maxsize=16_384)
def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(char if char.isalnum() else " " for char in letters if not unicodedata.combining(char))
    return " ".join(kept.split())


def shown(cell: Cell) -> str:
    """A cell as text: days as 2025-12-31, numbers with a point, spaces made one."""
    if isinstance(cell, str):
        return " ".join(cell.split())
    return cell.isoformat() if isinstance(cell, date) else format(cell, "f")


def date_forms(cell: Cell) -> tuple[DateOrder, ...]:
    """The orders in which a cell can be read as a day; none when it is no day at all. Words and typed days: any."""
    every: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd", "serial", "dmy8")
    if isinstance(cell, date):
        return every
    orders = ("serial",) if isinstance(cell, Decimal) else every
    return tuple(order for order in every if order in orders and read_date(cell, order) is not None)


def read_date(cell: Cell, order: DateOrder) -> date | None:
    """The day a cell means in a column of that order; None when it means none."""
    if isinstance(cell, date):
        return cell
    if isinstance(cell, Decimal):
        return _serial(str(cell)) if order in ("serial", "") else None
    return _read_day(cell, order)


@lru_cache(maxsize=16_384)
def _read_day(cell: str, order: DateOrder) -> date | None:
    text = " ".join(cell.translate(_SPACES).split())
    if not text or len(text) > 60:
        return None
    iso = _ISO.fullmatch(text)
    if iso:
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    parts = _PARTS.fullmatch(text)
    if parts:
        return _parts(int(parts[1]), int(parts[2]), parts[3], order)
    if _EIGHT.fullmatch(text):
        return _eight(text, order)
    if order == "serial" and _SERIAL.fullmatch(text):
        return _serial(text)
    return _worded(text)


def _parts(first: int, second: int, third: str, order: DateOrder) -> date | None:
    year = int(third) if len(third) == 4 else _century(int(third))
    if order == "ymd" and len(third) == 2:
        return _day(_century(first), second, int(third))
    if order == "mdy":
        return _day(year, first, second)
    return _day(year, second, first) if order in ("dmy", "dmy8", "") else None


def _eight(text: str, order: DateOrder) -> date | None:
    if order == "dmy8":
        return _day(int(text[4:]), int(text[2:4]), int(text[:2]))
    return None if order == "serial" else _day(int(text[:4]), int(text[4:6]), int(text[6:]))


def _worded(text: str) -> date | None:
    if not any(map(str.isalpha, text)):
        return None
    letters = unicodedata.normalize("NFKD", text.casefold())
    words = "".join(char for char in letters if not unicodedata.combining(char))
    found = _WORDED.fullmatch(words)
    if found and _month(found[2]):
        year = int(found[3]) if len(found[3]) == 4 else _century(int(found[3]))
        return _day(year, _month(found[2]), int(found[1]))
    found = _MONTH_FIRST.fullmatch(words)
    return _day(int(found[3]), _month(found[1]), int(found[2])) if found and _month(found[1]) else None


def _century(year: int) -> int:
    return 2000 + year if year < 70 else 1900 + year


def _serial(text: str) -> date | None:
    found = _SERIAL.fullmatch(text)
    if not found or int(found[1]) not in _SERIALS:
        return None
    return _EPOCH + timedelta(days=int(found[1]))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else None
    except ValueError:
        return None


def of_serial(number: float, *, from_1904: bool = False) -> date | None:
    """The day a workbook's number means; None when it lies outside the years that are read."""
    if not 0 < number < 200_000:
        return None
    day = (date(1904, 1, 1) if from_1904 else _EPOCH) + timedelta(days=int(number))
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def of_timestamp(text: str) -> date | None:
    """The day of an ISO date or timestamp; None when it is none."""
    try:
        day = datetime.fromisoformat(text.strip()[:19]).date()
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def read_amount(cell: Cell, mark: DecimalMark = ",") -> Amount | None:
    """The amount a cell means in a column with that decimal mark; None when it is none.

    ``(12.00)``, ``12-`` and ``-12`` are negative; ``12 CR`` and ``12 D`` keep their side for who knows what it means.
    Where a text contradicts the mark of its column without any doubt (``1234.56`` among commas), the text is believed.
    """
    if isinstance(cell, Decimal):
        return Amount(cell) if cell.is_finite() else None
    if isinstance(cell, date):
        return None
    if _SIMPLE.fullmatch(cell):
        return Amount(Decimal(cell.translate(_NO_SPACES)) + 0)
    return _read_amount(cell, mark)


@lru_cache(maxsize=16_384)
def _read_amount(cell: str, mark: DecimalMark) -> Amount | None:
    text = " ".join(cell.translate(_SPACES).translate(_SIGNS).split())
    if not text or len(text) > 40 or not any(char.isdigit() for char in text):
        return None
    currency = ""
    for found in _MONEY.finditer(text):
        currency = currency or _SYMBOLS.get(found[0], found[0].upper() if len(found[0]) == 3 else "EUR")
    parts = _SIDE.fullmatch(_MONEY.sub(" ", text).strip())
    if parts is None:
        return None
    value = _number(parts["body"], mark)
    side = (parts["first"] or parts["last"] or "")[:1].upper()
    return None if value is None else Amount(value, side, currency)


def _number(body: str, mark: DecimalMark) -> Decimal | None:
    body = body.replace(" ", "\x20").strip()
    negative = False
    if body.startswith("(") and body.endswith(")"):
        negative, body = True, body[1:-1].strip()
    if body[:1] in "+-" and body[:1]:
        negative, body = negative ^ (body[0] == "-"), body[1:].strip()
    elif body[-1:] in "+-" and body[-1:]:
        negative, body = negative ^ (body[-1] == "-"), body[:-1].strip()
    told = mark_of(body)
    mark = told or mark or ","
    if not _GROUPED[mark].fullmatch(body):
        return None
    digits = re.sub(r"[ '" + (r"\." if mark == "," else ",") + "]", "", body).replace(",", ".")
    if sum(char.isdigit() for char in digits) > _MAX_DIGITS:
        return None
    try:
        value = Decimal(digits)
    except InvalidOperation:
        return None
    if value.adjusted() > _SURE_DIGITS:
        return None
    if len(value.as_tuple().digits) > _SURE_DIGITS and "." in digits:  # noise of a binary fraction
        value = Decimal(format(float(value), f".{_SURE_DIGITS}g"))
    return -value if negative and value else value


def mark_of(text: str) -> DecimalMark:
    """The decimal mark an amount shows beyond doubt, or ``""``: ``1.234`` does not tell, nor does ``1234``."""
    marks = re.findall(r"[.,]", text)
    if not marks:
        return ""
    last: DecimalMark = "," if marks[-1] == "," else "."
    other: DecimalMark = "." if last == "," else ","
    if len(set(marks)) == 2:
        return last if marks.count(last) == 1 else ""
    if len(marks) > 1:
        return other
    before, _, after = text.rpartition(last)
    whole = re.sub(r"\D", "", before)
    if len(re.sub(r"\D", "", after)) != 3 or len(whole) > 3 or whole in ("", "0") or re.search(r"\d[ ']\d", before):
        return last
    return ""
