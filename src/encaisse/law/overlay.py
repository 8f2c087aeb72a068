"""The rates a user added himself, in force inside a ``with using(...)`` block: the package's files stay untouched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from encaisse.law.schema import BadParameter


@dataclass(frozen=True, slots=True)
class OwnPoint:
    """One value of the user's own for ``series``, from ``first`` to ``last`` (both included), read in ``reference``.

    ``value`` is an exact Decimal (percent per year for a rate). Raises BadParameter when a field cannot be used.
    """

    series: str
    first: date
    last: date
    value: Decimal
    reference: str

    def __post_init__(self) -> None:
        where = f"own value of {self.series}"
        if type(self.first) is not date or type(self.last) is not date:
            raise BadParameter(f"{where}: give its first and its last day, as dates")
        if self.last < self.first:
            raise BadParameter(f"{where}: it ends ({self.last}) before it starts ({self.first})")
        if type(self.value) is not Decimal or not self.value.is_finite():
            raise BadParameter(f"{where}: the value is an exact number such as 12.40, not {self.value!r}")
        if not self.reference.strip():
            raise BadParameter(f"{where}: say where it is published (order, central bank page, date read)")


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
