"""Counting days as the law counts them, and writing a day in words; shared by deadlines, limitation and terms."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from encaisse.law.constants import constant
from encaisse.law.errors import BadDay
from encaisse.law.schema import CONFIDENCES, BadParameter, read_yaml

NBSP = "\u00a0"
_SPACE_BEFORE = re.compile(r" (?=[:;!?%»€](?:\s|$))")
_SPACE_AFTER = re.compile(r"(?<=«) ")
_DECADES = (10, 20)


class BeyondCalendar(ValueError):
    """A count that leaves the years 1 to 9999: one of the dates given is surely wrong."""


def check_days(**days: date | None) -> None:
    """Refuse what is no plain date (a date with an hour, a text); None is let through. Raises BadDay."""
    for name, day in days.items():
        # A datetime is a date to isinstance, but the two do not compare: the exact type is wanted.
        if day is not None and type(day) is not date:
            raise BadDay(f"{name} is {day!r}: give a plain date such as date(2026, 11, 21)")


def date_to_date(start: date, months: int) -> date:
    """The day that bears the same number ``months`` later, or the last day of that month (CPC 641, C. civ. 2228, 2229).

    Negative months count backwards. Raises BeyondCalendar when the year leaves 1 to 9999.
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise BeyondCalendar(f"{months} months from {start.isoformat()} leaves the calendar: check that date")
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def days_after(start: date, days: int) -> date:
    """The day ``days`` later; the first day is not counted. Raises BeyondCalendar when the year leaves 1 to 9999."""
    try:
        return start + timedelta(days=days)
    except OverflowError:
        raise BeyondCalendar(f"{days} days from {start.isoformat()} leaves the calendar: check that date") from None


def month_end(day: date) -> date:
    """The last calendar day of the month of ``day``."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def decade_end(day: date) -> date:
    """The end of the ten-day period (décade) of ``day``: the 10th, the 20th or the last day of its month."""
    for last in _DECADES:
        if day.day <= last:
            return day.replace(day=last)
    return month_end(day)


def year_end(day: date, years: int = 0) -> date:
    """31 December, ``years`` after the year of ``day``. Raises BeyondCalendar past the year 9999."""
    return date_to_date(date(day.year, 12, 31), 12 * years)


def weakest(confidences: Iterable[str]) -> str:
    """The least sure of several confidence words (``sure`` when there is none)."""
    return max(confidences, key=CONFIDENCES.index, default=CONFIDENCES[0])


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the law used here, with where it is written and how sure it is."""

    value: int
    reference: str
    confidence: str


def figure(raw: Any, on: date | None, where: str) -> Figure:
    """A figure of a table: the id of a constant (``limitation.consumer_years``), or a mapping with its own source.

    Raises LookupError when the constant has no value on the day, BadParameter when the table is wrong.
    """
    if isinstance(raw, str):
        found = constant(raw, on)
        return Figure(found.whole, found.reference, found.confidence)
    if not isinstance(raw, dict) or set(raw) != {"value", "reference", "confidence"}:
        raise BadParameter(f"{where}: give the id of a constant, or value, reference and confidence")
    if type(raw["value"]) is not int or not str(raw["reference"]).strip() or raw["confidence"] not in CONFIDENCES:
        raise BadParameter(f"{where}: a whole number, a reference and one of {', '.join(CONFIDENCES)} are needed")
    return Figure(raw["value"], raw["reference"], raw["confidence"])


@cache
def read_table(name: str) -> Mapping[str, Any]:
    """A table of this package by its file name, read once. Raises BadParameter when it is not readable."""
    return read_yaml((files("encaisse.law") / name).read_text(encoding="utf-8"), name)


def in_words(day: date, language: str, *, weekday: bool = False) -> str:
    """A day for a reader: ``1er mars 2027``, ``Monday 1 March 2027``. Raises ValueError for an unknown language."""
    words = _words(language)
    number = f"{day.day}{words['first'] if day.day == 1 else ''}"
    text = f"{number}{NBSP}{words['months'][day.month - 1]} {day.year}"
    return f"{words['weekdays'][day.weekday()]} {text}" if weekday else text


def weekday_name(day: date, language: str = "en") -> str:
    """The name of the weekday: ``Sunday``, ``dimanche``."""
    return str(_words(language)["weekdays"][day.weekday()])


def span_in_words(language: str, *, years: int = 0, months: int = 0, days: int = 0) -> str:
    """A length of time: ``6 mois``, ``1 month and 8 days``, ``5 ans``; zero days when nothing is given."""
    words = _words(language)
    counts = {"year": years, "month": months, "day": days}
    given = [_counted(count, words[unit]) for unit, count in counts.items() if count]
    return f" {words['and']} ".join(given) or _counted(0, words["day"])


def typeset(text: str, language: str) -> str:
    """One line of text, with the no-break spaces that French asks for."""
    line = " ".join(text.split(" ")).strip()
    return _SPACE_AFTER.sub(NBSP, _SPACE_BEFORE.sub(NBSP, line)) if language == "fr" else line


def confidence_in_words(confidence: str, language: str) -> str:
    """How sure a figure is, for a reader: ``probable``, ``à vérifier``."""
    return str(_words(language)["confidence"][confidence])


def _counted(count: int, forms: list[str]) -> str:
    return f"{count}{NBSP}{forms[0 if abs(count) == 1 else 1]}"


def check_language(language: str) -> None:
    """Refuse a language that the sentences do not exist in. Raises ValueError naming those they do."""
    if language not in _all_words():
        raise ValueError(f"{language!r} is not a language of these texts: use one of {', '.join(_all_words())}")


def _words(language: str) -> Mapping[str, Any]:
    check_language(language)
    return _all_words()[language]  # type: ignore[no-any-return]


@cache
def _all_words() -> Mapping[str, Any]:
    return read_table("counting.yaml")
