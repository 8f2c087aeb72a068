"""Which series end soon or have ended, and what can no longer be counted then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

from encaisse.law.constants import Constant, all_constants
from encaisse.law.schema import OWN, check_words, read_yaml
from encaisse.law.series import Series, all_series, load_series
from encaisse.law.uses import derived_from, uses

State = Literal["ended", "ends_soon", "known", "open"]

SOON_DAYS = 45
"""A series that ends within so many days is reported: the next rate is published around its end."""

_STATES: tuple[State, ...] = ("ended", "ends_soon", "known", "open")
_ROLES = ("floating", "fixed", "floor", "ceiling", "indemnity")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Consequence:
    """What becomes impossible: ``role`` (how the series is used) and the regimes, or series, that it touches."""

    role: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeriesStatus:
    """How far a series is known on a day.

    ``known_to`` is its last day, None when it is in force until further notice. ``needed_from`` is the first day whose
    value is missing for what depends on it. ``own`` tells that values of the user's own are part of it. ``add_to`` is
    the series to which the missing value is added: the reference, when this one follows from it.
    """

    series: str
    kind: str
    label: Mapping[str, str]
    reference: str
    state: State
    known_to: date | None
    needed_from: date | None
    days_left: int | None
    own: bool
    add_to: str
    regimes: tuple[str, ...]
    consequences: tuple[Consequence, ...]

    @property
    def presses(self) -> bool:
        """Whether somebody has to do something: it has ended or ends soon."""
        return self.state in ("ended", "ends_soon")

    def text(self, language: str, write: Callable[[date], str] = date.isoformat) -> str:
        """What becomes impossible and what to do, in ``fr`` or ``en``; empty when open. ``write`` writes a date."""
        said = self.impossible(language, write)
        if self.presses and self.consequences:
            said += " " + _words()["what_to_do"][language].format(series=self.add_to)
        return said

    def impossible(
        self, language: str, write: Callable[[date], str] = date.isoformat, call: Callable[[str], str] = str
    ) -> str:
        """What becomes impossible, alone; ``call`` names a regime or a series to the reader."""
        if self.known_to is None or self.needed_from is None:
            return ""
        words = _words()
        known_to, needed = write(self.known_to), write(self.needed_from)
        parts = [words[f"state_{self.state}"][language].format(known_to=known_to, needed_from=needed)]
        for one in self.consequences:
            names = ", ".join(call(name) for name in one.names)
            parts.append(words[one.role][language].format(names=names, known_to=known_to))
        return " ".join(parts)


def status(on: date) -> tuple[SeriesStatus, ...]:
    """Every series as it stands on a day, the most pressing first: ended, ending soon, known further, open."""
    found = (_status(load_series(name), on) for name in all_series())
    return tuple(sorted(found, key=_urgency))


def _urgency(one: SeriesStatus) -> tuple[int, bool, date, str]:
    """Ended before ending, and what others follow from before what follows."""
    return _STATES.index(one.state), one.kind != "reference", one.needed_from or date.max, one.series


def open_questions() -> tuple[Constant, ...]:
    """The constants whose value nobody has confirmed yet, each with the note that says what to look up."""
    return tuple(one for one in all_constants() if not one.known)


def _status(series: Series, on: date) -> SeriesStatus:
    consequences = _consequences(series.id)
    needed = _needed_from(series)
    return SeriesStatus(
        series=series.id,
        kind=series.kind,
        label=series.label,
        reference=series.reference,
        state=_state(needed, on),
        known_to=series.last if needed else None,
        needed_from=needed,
        days_left=(needed - on).days if needed else None,
        own=any(point.confidence == OWN for point in (*series.points, *series.detached)),
        add_to=series.derived.series if series.derived else series.id,
        regimes=_regimes(series.id),
        consequences=consequences,
    )


def _needed_from(series: Series) -> date | None:
    """The first day that lacks a value: of the series itself, or the day that the next derived value is taken from."""
    if series.last == date.max:
        return None
    waiting = []
    for name in derived_from(series.id):
        derived = load_series(name)
        if derived.derived is not None and derived.derived.series == series.id:
            waiting.append(derived.derived.taken_on(derived.last + _ONE_DAY))
    return min(waiting, default=series.last + _ONE_DAY) if series.kind == "reference" else series.last + _ONE_DAY


def _state(needed: date | None, on: date) -> State:
    if needed is None:
        return "open"
    if on >= needed:
        return "ended"
    return "ends_soon" if (needed - on).days <= SOON_DAYS else "known"


def _regimes(series: str) -> tuple[str, ...]:
    concerned = {series, *derived_from(series)}
    return tuple(dict.fromkeys(use.regime for use in uses() if use.series in concerned))


def _consequences(series: str) -> tuple[Consequence, ...]:
    found = []
    for role in _ROLES:
        names = tuple(use.regime for use in uses() if use.series == series and use.role == role)
        if names:
            found.append(Consequence(role, names))
    follows = derived_from(series)
    return (*found, Consequence("reference", follows)) if follows else tuple(found)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    content = read_yaml((files("encaisse.law") / "status.yaml").read_text(encoding="utf-8"), "status.yaml")
    return {key: check_words(words, f"status.yaml, {key}") for key, words in content.items()}
