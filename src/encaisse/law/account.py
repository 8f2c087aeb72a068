"""The running balance of one receivable: what is left of the principal, the interest on it, and every step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from encaisse.law.clock import Clock, Source
from encaisse.law.counting import date_to_date
from encaisse.law.regimes import DayCount
from encaisse.money import round_half_up

Imputation = Literal["principal_first", "interest_first"]
Rounding = Literal["exact", "daily"]
StepKind = Literal["payment", "credit", "capitalisation", "end"]

_MONTHS_OF_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Segment:
    """Days ``start`` to ``end`` (both included) with one rate (percent per year) on one base (minor units)."""

    start: date
    end: date
    days: int
    rate: Decimal
    base: int
    interest: Fraction
    source: Source


@dataclass(frozen=True, slots=True)
class Step:
    """What happened at the end of day ``on``, in minor units.

    ``days`` and ``accrued``: the days counted since the last rounding and their interest, rounded here (both zero for a
    credit note, which rounds nothing). ``amount`` is what came, ``to_interest`` and ``to_principal`` what it was for;
    at a capitalisation, ``amount`` is the interest that bears interest from the day after.
    """

    on: date
    kind: StepKind
    days: int
    accrued: int
    amount: int
    to_interest: int
    to_principal: int
    principal_left: int
    interest_left: int


class Account:
    """One receivable, played day after day. Amounts are in minor units.

    ``owed`` is interest that bears none, ``capitalised`` interest that does, ``paid`` interest that was paid,
    ``unapplied`` what came beyond what is owed.
    """

    def __init__(
        self,
        principal: int,
        clock: Clock,
        imputation: Imputation,
        day_count: DayCount,
        rounding: Rounding = "exact",
        capitalise: bool = False,
    ) -> None:
        self.principal = principal
        self.owed = 0
        self.capitalised = 0
        self.paid = 0
        self.unapplied = 0
        self.segments: list[Segment] = []
        self.steps: list[Step] = []
        self.rate_unknown = False
        self._clock = clock
        self._imputation = imputation
        self._day_count = day_count
        self._rounding = rounding
        self._unrounded = Fraction(0)
        self._days = 0
        self._year_from = clock.begin if capitalise else None
        self._years_done = 0

    @property
    def interest_left(self) -> int:
        """All interest rounded so far and not paid."""
        return self.owed + self.capitalised

    def accrue(self, after: date, until: date) -> None:
        """Count interest over the days in (after, until], and capitalise it at each full year on the way."""
        if after >= until:
            return
        while (year := self._full_year()) is not None and year < self._clock.until(until):
            self._count(after, year)
            self._capitalise(year)
            after = max(after, year)
        self._count(after, until)

    def pay(self, on: date, amount: int) -> None:
        """Impute a payment: principal only, or interest first and then principal (C. civ. 1343-1)."""
        days, accrued = self._settle()
        covered = self._cover_interest(amount) if self._imputation == "interest_first" else 0
        if covered and self.owed == 0 and self._year_from is not None:
            # What accrues from here has not been due for a year until a year from here (C. civ. 1343-2).
            self._year_from, self._years_done = max(on, self._year_from), 0
        principal = self._reduce(amount - covered)
        self._note(on, "payment", days, accrued, amount, covered, principal)

    def credit(self, on: date, amount: int) -> None:
        """Lower the price by a credit note that counts from its own day; nothing is rounded."""
        self._note(on, "credit", 0, 0, amount, 0, self._reduce(amount))

    def correct(self, amount: int) -> None:
        """Lower the price from the origin."""
        self._reduce(amount)

    def close(self, on: date) -> None:
        """Round what is left to round, at the end of the calculation day."""
        days, accrued = self._settle()
        self._note(on, "end", days, accrued, 0, 0, 0)

    def _count(self, after: date, until: date) -> None:
        base = self.principal + self.capitalised
        if base <= 0 or after >= until:
            return
        self.rate_unknown = self.rate_unknown or self._clock.unknown(until)
        for start, end, rate, source in self._clock.pieces(after, until):
            for first, last, divisor in _years(start, end, self._day_count):
                days = (last - first).days + 1
                exact = self._interest(base, days, Fraction(rate) / (100 * divisor))
                self.segments.append(Segment(first, last, days, rate, base, exact, source))
                self._unrounded += exact
                self._days += days

    def _interest(self, base: int, days: int, daily_rate: Fraction) -> Fraction:
        if self._rounding == "daily":
            return Fraction(round_half_up(base * daily_rate) * days)
        return base * days * daily_rate

    def _settle(self) -> tuple[int, int]:
        """Round the interest counted since the last rounding, half up; its days, and what it came to."""
        days, accrued = self._days, round_half_up(self._unrounded)
        self.owed += accrued
        self._unrounded, self._days = Fraction(0), 0
        return days, accrued

    def _full_year(self) -> date | None:
        """The day at whose end the next full year of interest is complete, counted from date to date."""
        if self._year_from is None:
            return None
        return date_to_date(self._year_from, _MONTHS_OF_A_YEAR * (self._years_done + 1))

    def _capitalise(self, on: date) -> None:
        days, accrued = self._settle()
        amount, self.owed = self.owed, 0
        self.capitalised += amount
        self._years_done += 1
        if amount:
            self._note(on, "capitalisation", days, accrued, amount, 0, 0)

    def _cover_interest(self, amount: int) -> int:
        """Pay interest, that which bears none first; how much of the amount it took."""
        plain = min(amount, self.owed)
        old = min(amount - plain, self.capitalised)
        self.owed -= plain
        self.capitalised -= old
        self.paid += plain + old
        return plain + old

    def _reduce(self, amount: int) -> int:
        """Lower the principal; what exceeds it is kept apart, never counted as negative. How much was covered."""
        covered = min(amount, self.principal)
        self.principal -= covered
        self.unapplied += amount - covered
        return covered

    def _note(
        self, on: date, kind: StepKind, days: int, accrued: int, amount: int, to_interest: int, to_principal: int
    ) -> None:
        step = Step(on, kind, days, accrued, amount, to_interest, to_principal, self.principal, self.interest_left)
        self.steps.append(step)


def _years(start: date, end: date, day_count: DayCount) -> Iterator[tuple[date, date, int]]:
    """The whole span over 365, or one part per calendar year over the days of that year."""
    if day_count == "fixed_365":
        yield start, end, 365
        return
    for year in range(start.year, end.year + 1):
        length = (date(year, 12, 31) - date(year, 1, 1)).days + 1
        yield max(start, date(year, 1, 1)), min(end, date(year, 12, 31)), length
