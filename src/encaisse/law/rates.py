"""The rates, sums and numbers the law gives, as rows to be read: what ``encaisse law rates`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from encaisse.law.schema import OWN
from encaisse.law.series import Point, Series, all_series, load_series
from encaisse.law.uses import series_of


@dataclass(frozen=True, slots=True)
class Rate:
    """One value of one series. ``value`` is None on a day that has none: outside ``known_from`` to ``known_to``.

    ``unit`` is what the value counts (percent per year, EUR…); ``last`` None: until further notice; ``own`` marks the
    user's own value, or one that follows from it.
    """

    series: str
    kind: str
    label: Mapping[str, str]
    unit: str
    first: date | None
    last: date | None
    value: Decimal | None
    reference: str
    confidence: str
    known_from: date
    known_to: date
    note: str = ""

    @property
    def own(self) -> bool:
        """Whether the value is, or follows from, one that the user added."""
        return self.confidence == OWN


def rates(regime: str | None = None, on: date | None = None) -> tuple[Rate, ...]:
    """The values of every series, or of those that a regime uses; on a day, or all of them, oldest first.

    A regime's references (the ECB rate…) come after its own series. Raises as ``find_regime`` for an unknown regime.
    """
    names = all_series() if regime is None else series_of(regime)
    return tuple(row for name in names for row in _rows(load_series(name), on))


def _rows(series: Series, on: date | None) -> Iterator[Rate]:
    if on is not None:
        yield _row(series, series.known_on(on))
        return
    for point in sorted((*series.points, *series.detached), key=lambda point: point.start):
        yield _row(series, point)


def _row(series: Series, point: Point | None) -> Rate:
    return Rate(
        series=series.id,
        kind=series.kind,
        label=series.label,
        unit=series.unit,
        first=point.start if point else None,
        last=point.end if point else None,
        value=point.value if point else None,
        reference=point.reference if point else series.reference,
        confidence=point.confidence if point else "",
        known_from=series.first,
        known_to=series.last,
        note=point.note if point else series.note,
    )
