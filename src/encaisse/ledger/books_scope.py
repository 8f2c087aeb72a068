"""Which books a file belongs to: the same as an earlier export of the same time, or new ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from encaisse.ledger.identify import Books

LATE_START_DAYS = 31
"""An export of known books may begin so many days later than they did (its first entries were drafts)."""


@dataclass(frozen=True, slots=True)
class Window:
    """The days that books of one scope are known for, and the closing days their files bear in their names."""

    scope: str
    first_day: date
    last_day: date
    closings: frozenset[date] = frozenset()


def windows(imports: Iterable[tuple[str, date | None, date | None, date | None]]) -> list[Window]:
    """One window per scope from (scope, first day, last day, closing) of past imports, in order of scope."""
    found: dict[str, Window] = {}
    for scope, first, last, closing in imports:
        if not scope or first is None or last is None:
            continue
        known = found.get(scope, Window(scope, first, last))
        closings = known.closings | ({closing} if closing else set())
        found[scope] = Window(scope, min(known.first_day, first), max(known.last_day, last), closings)
    return [found[scope] for scope in sorted(found)]


def books_of(
    first_day: date, last_day: date, closing: date | None, known: Sequence[Window]
) -> tuple[Books, list[Window]]:
    """The scope of a file, and the known windows it is an export of.

    Two exports are of the same books when they share at least half of the days of the shorter one, or when their names
    bear the same closing day and they share a day or begin about the same time. A year's books are named by the year
    when they begin in January, else by year and month.
    """
    same = [window for window in known if _same(first_day, last_day, closing, window)]
    if same:
        return Books(same[0].scope, tuple(window.scope for window in same)), same
    taken = {window.scope for window in known}
    name = f"fec:{first_day:%Y}" if first_day.month == 1 else f"fec:{first_day:%Y-%m}"
    if name in taken:
        name = f"fec:{first_day:%Y-%m-%d}"
    return Books(name, (name,)), []


def _same(first_day: date, last_day: date, closing: date | None, window: Window) -> bool:
    shared = (min(last_day, window.last_day) - max(first_day, window.first_day)).days + 1
    shorter = min((last_day - first_day).days, (window.last_day - window.first_day).days) + 1
    if shared > 0 and shared * 2 >= shorter:
        return True
    together = shared > 0 or abs((first_day - window.first_day).days) <= LATE_START_DAYS
    return closing in window.closings and together


def begins_late(first_day: date, same: Sequence[Window]) -> bool:
    """True when a file tells only of a later part of books that are known from an earlier day."""
    return bool(same) and (first_day - min(window.first_day for window in same)).days > LATE_START_DAYS


def ends_early(last_day: date, same: Sequence[Window]) -> bool:
    """True when more of these books is already known than the file tells."""
    return bool(same) and last_day < max(window.last_day for window in same)
