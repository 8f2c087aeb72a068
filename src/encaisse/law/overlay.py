"""The rates a user added himself, in force inside a ``with using(...)`` block: the package's files stay untouched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from encaisse.law.schema import BadParameter, check_words, read_yaml


class RefusedPoint(BadParameter):
    """A rate of the user's own that cannot be used: ``code`` says why, ``text`` says it in ``fr`` or ``en``."""

    def __init__(self, code: str, series: str, **values: object) -> None:
        self.code = code
        self.series = series
        self.values = values
        super().__init__(self.text("en"))

    def text(self, language: str, write: Callable[[date], str] = date.isoformat, name: str = "") -> str:
        """Why it is refused and what to give instead; ``write`` writes dates, ``name`` is what the series is called."""

        def written(value: object) -> object:
            if isinstance(value, date):
                return write(value)
            return str(value).replace(".", ",") if isinstance(value, Decimal) and language == "fr" else value

        words = {key: written(value) for key, value in self.values.items()}
        return _words()[self.code][language].format(series=name or self.series, **words)


@dataclass(frozen=True, slots=True)
class OwnPoint:
    """One value of the user's own for ``series``, from ``first`` to ``last`` (both included), read in ``reference``.

    ``value`` is an exact Decimal (percent per year for a rate). Raises RefusedPoint when a field cannot be used.
    """

    series: str
    first: date
    last: date
    value: Decimal
    reference: str

    def __post_init__(self) -> None:
        if type(self.first) is not date or type(self.last) is not date:
            raise RefusedPoint("not_dates", self.series)
        if self.last < self.first:
            raise RefusedPoint("ends_before_start", self.series, first=self.first, last=self.last)
        if type(self.value) is not Decimal or not self.value.is_finite():
            raise RefusedPoint("not_exact", self.series, value=self.value)
        if not self.reference.strip():
            raise RefusedPoint("no_reference", self.series)


_OWN: ContextVar[tuple[OwnPoint, ...]] = ContextVar("encaisse_own_rates", default=())


def overlay() -> tuple[OwnPoint, ...]:
    """The user's own values in force here; hashable, so that a cache can be keyed by it."""
    return _OWN.get()


@contextmanager
def using(points: Iterable[OwnPoint]) -> Iterator[None]:
    """Inside the block every series sees these values where the package knows none.

    A block inside another replaces its values, so that the rates of one creditor never reach another's. Values keep
    the order given: of two that overlap, the first holds.
    """
    token = _OWN.set(tuple(points))
    try:
        yield
    finally:
        _OWN.reset(token)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    content = read_yaml((files("encaisse.law") / "own.yaml").read_text(encoding="utf-8"), "own.yaml")
    return {code: check_words(words, f"own.yaml, {code}") for code, words in content.items()}
