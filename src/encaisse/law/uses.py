"""Which regime uses which series, and how: read from the regimes themselves, so that a new one is seen at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any

from encaisse.law.regimes import Regime, all_regimes, find_regime
from encaisse.law.series import Series, all_series, package_series

# What a field of a regime does with its series; fields not named here give the rate itself.
_ROLES = {"floor": "floor", "ceiling": "ceiling", "indemnity": "indemnity"}


@dataclass(frozen=True, slots=True)
class Use:
    """``regime`` uses ``series`` as ``role``: floating, fixed (at the start), floor, ceiling or indemnity."""

    regime: str
    series: str
    role: str


@cache
def uses() -> tuple[Use, ...]:
    """Every use of a series by a regime, once each, in the order of the regimes."""
    return tuple(dict.fromkeys(use for regime in all_regimes().values() for use in _of(regime)))


def series_of(regime: str) -> tuple[str, ...]:
    """The series of a regime: those it bears, then the references they follow. Raises as ``find_regime``."""
    direct = [use.series for use in _of(find_regime(regime))]
    return tuple(dict.fromkeys([*direct, *(base for series in direct for base in _bases(series))]))


@cache
def derived_from(series: str) -> tuple[str, ...]:
    """The series whose values follow from this one."""
    return tuple(name for name in all_series() if series in _bases(name))


def _bases(series: str) -> Iterator[str]:
    rule = package_series(series).derived
    if rule is not None:
        yield rule.series
        yield from _bases(rule.series)


def _of(regime: Regime) -> Iterator[Use]:
    bears = "fixed" if regime.fixed_at_start else "floating"
    for field in fields(regime):
        for series in _series_in(getattr(regime, field.name)):
            yield Use(regime.code, series.id, _ROLES.get(field.name, bears))


def _series_in(value: Any) -> Iterator[Series]:
    if isinstance(value, Series):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _series_in(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _series_in(getattr(value, field.name))
