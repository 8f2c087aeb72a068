"""The rates of the law as the settings page shows them, and what adding one would carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from encaisse.law.counting import confidence_in_words, in_words
from encaisse.law.overlay import OwnPoint
from encaisse.law.own import carried, next_days
from encaisse.law.references import reference_in_words
from encaisse.law.regimes import find_regime
from encaisse.law.schema import OWN
from encaisse.law.series import Point, Series, all_series, load_series, package_series
from encaisse.law.status import SeriesStatus, status
from encaisse.law.uses import uses
from encaisse.parties.models import Creditor, OwnRate
from encaisse.recovery.ending_rates import ending
from encaisse.web import formats


@dataclass(frozen=True, slots=True)
class Line:
    """One series on a day: its value, how far it is known, what then becomes impossible, and where it is written.

    `add` is the series to which the next value is added, empty when there is none to add.
    """

    id: str
    label: str
    state: str
    value: str
    known_to: date | None
    impossible: str
    presses: bool
    source: str
    confidence: str
    doubtful: bool
    own: bool
    regimes: tuple[str, ...]
    add: str


@dataclass(frozen=True, slots=True)
class Gain:
    """What one series gains by a value: the new stretches, and its last known day before and after."""

    label: str
    stretches: tuple[tuple[date, date | None, str], ...]
    known_before: date
    known_to: date
    regimes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a value would change; `useless` says that nothing else goes on, `wanted` is the day that would matter."""

    gains: tuple[Gain, ...]
    useless: bool
    wanted: date | None


@dataclass(frozen=True, slots=True)
class Own:
    """A rate the creditor added; `superseded` when the package now knows all of its days itself."""

    rate: OwnRate
    label: str
    value: str
    superseded: bool


def lines(day: date, in_use: Iterable[str]) -> tuple[list[Line], list[Line]]:
    """Every series on a day, the most pressing first: those of the regimes in use, then the others."""
    wanted = set(in_use)
    mine, others = [], []
    for one in status(day):
        if wanted & set(one.regimes):
            mine.append(_line(_narrowed(one, wanted), day))
        else:
            others.append(_line(one, day))
    return mine, others


def _narrowed(one: SeriesStatus, in_use: set[str]) -> SeriesStatus:
    """The same, speaking only of the regimes in use and of the series that they need."""
    needed = in_use | {use.series for use in uses() if use.regime in in_use}
    kept = ((each, tuple(name for name in each.names if name in needed)) for each in one.consequences)
    return replace(
        one,
        regimes=tuple(code for code in one.regimes if code in in_use),
        consequences=tuple(replace(each, names=names) for each, names in kept if names),
    )


def _line(one: SeriesStatus, day: date) -> Line:
    series, language = load_series(one.series), formats.language()
    known = series.known_on(day)
    point = known or _last(series, day)
    # Of a central bank's rate only its value on certain days counts: between them the last one is shown.
    shown = point if one.kind == "reference" and one.state != "ended" else known
    confidence = point.confidence if point else "sure"
    return Line(
        id=one.series,
        label=name_of(one.series),
        state=one.state,
        value=value_of(series, shown.value) if shown else "",
        known_to=one.known_to,
        impossible=one.impossible(language, written, name_of) if one.presses else "",
        presses=one.presses,
        source=_source(point, series, language),
        confidence=confidence_in_words(confidence, language),
        doubtful=confidence != "sure",
        own=one.own,
        regimes=tuple(name_of(code) for code in one.regimes),
        add=one.add_to if next_days(load_series(one.add_to)) else "",
    )


def _source(point: Point | None, series: Series, language: str) -> str:
    """Where the value is written; the creditor's own words stay as he wrote them."""
    if point is None or point.confidence == OWN:
        return point.reference if point else reference_in_words(series.reference, language)
    return reference_in_words(point.reference, language)


def _last(series: Series, day: date) -> Point | None:
    """The value that held last, when the day asked for has none."""
    return series.points[-1] if day > series.last else None


def written(day: date) -> str:
    """A day inside a sentence: no abbreviation, so that a full stop may follow."""
    return in_words(day, formats.language())


def name_of(code: str) -> str:
    """A series or a regime by its name, in the reader's language."""
    language = formats.language()
    return package_series(code).label[language] if code in all_series() else find_regime(code).label[language]


def value_of(series: Series, value: Decimal) -> str:
    """A value of a series: `12,40 %`, `40,00 €`, `× 3`."""
    if series.kind == "amount":
        return formats.money(int(value * 100), series.unit)
    if series.kind == "number":
        return f"× {value:f}"
    return formats.percent(value)


def preview(point: OwnPoint, in_use: Iterable[str]) -> Preview:
    """What the point would carry beside the own rates in force here: its own series, then those in use, then others."""
    wanted = set(in_use)
    found = sorted(carried(point), key=lambda one: (one.series != point.series, not wanted & set(_regimes(one.series))))
    gains = tuple(
        Gain(
            name_of(one.series),
            tuple((each.start, each.end, value_of(load_series(one.series), each.value)) for each in one.points),
            one.known_before,
            one.known_to,
            tuple(name_of(code) for code in _regimes(one.series)),
        )
        for one in found
    )
    base = load_series(point.series)
    days = next_days(base) if base.kind == "reference" else None
    return Preview(gains, useless=base.kind == "reference" and len(gains) < 2, wanted=days[0] if days else None)


def _regimes(series: str) -> list[str]:
    return list(dict.fromkeys(use.regime for use in uses() if use.series == series))


def own_rates(rates: Iterable[OwnRate]) -> list[Own]:
    """The creditor's own rates with their words."""
    return [Own(rate, _known_name(rate), formats.percent(rate.value), _superseded(rate)) for rate in rates]


def _known_name(rate: OwnRate) -> str:
    return name_of(rate.series) if rate.series in all_series() else rate.series


def _superseded(rate: OwnRate) -> bool:
    if rate.series not in all_series():
        return True
    package = package_series(rate.series)
    return package.first <= rate.first_on and rate.last_on <= package.last


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence for Today about rates that end: whether they have ended, on which day, and whose interest stops.

    `key` names what it says, so that it is not said again once seen.
    """

    key: str
    ended: bool
    known_to: date
    regimes: tuple[str, ...]


def notice(creditor: Creditor, day: date, seen: str) -> Notice | None:
    """The notice of that day, about the most pressing rates alone; None when there is none, or `seen` is its key."""
    found = ending(creditor, day)
    if not found:
        return None
    state = found[0].status.state
    pressing = [one for one in found if one.status.state == state]
    codes = sorted({code for one in pressing for code in one.regimes})
    known_to = min(one.status.known_to for one in pressing if one.status.known_to)
    key = f"{state} {known_to.isoformat()} {' '.join(codes)}"
    if key == seen:
        return None
    return Notice(key, state == "ended", known_to, tuple(name_of(code) for code in codes))
