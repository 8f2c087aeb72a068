"""Interest on one receivable, with the worksheet that shows every step.

Interest is simple: ``unpaid amount including VAT x yearly rate x days / 365``. Days run from the day after the due date
(or after the formal notice where the regime asks for one) to the calculation day, both included; a payment stops
interest on what it pays from the day after it arrives.

Everything is exact until it is rounded, half up, to the minor unit: once per receivable at the end, and at each
payment, because that is the moment at which interest so far is really settled or left over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Literal

from encaisse.law.reasons import CONTRACT_RATE_BELOW_FLOOR, CONTRACT_RATE_NOT_USED, NO_NOTICE, UNKNOWN_RATE
from encaisse.law.regimes import Floor, Regime, find_regime
from encaisse.law.series import Point, Series, UnknownRate, load_series, rate_units
from encaisse.money import round_half_up

Imputation = Literal["principal_first", "interest_first"]
CreditEffect = Literal["origin", "date"]
DayCount = Literal["fixed_365", "actual_actual"]
Change = tuple[date, int]

CONTRACT = "contract"
CONTRACT_WORDS = {"fr": "taux convenu au contrat", "en": "rate agreed in the contract"}
CONFIDENCE_WORDS = {
    "fr": {"probable": "probable", "to-verify": "à vérifier"},
    "en": {"probable": "probable", "to-verify": "to be verified"},
}

_ONE_DAY = timedelta(days=1)
_CHOICES: dict[str, tuple[str, ...]] = {
    "imputation": ("principal_first", "interest_first"),
    "credit_effect": ("origin", "date"),
    "day_count": ("fixed_365", "actual_actual"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rate comes from, and how sure it is (``sure``, ``probable``, ``to-verify``)."""

    series: str
    reference: str
    confidence: str

    def __str__(self) -> str:
        return f"{self.reference} ({self.confidence})"

    def text(self, language: str) -> str:
        """The source for a reader, in ``fr`` or ``en``: which rate, by which text, and how sure when it is not."""
        spoken = "fr" if language.startswith("fr") else "en"
        if self.series == CONTRACT:
            words = CONTRACT_WORDS[spoken]
        else:
            series = load_series(self.series)
            words = f"{series.label[spoken]}, {series.reference}"
        doubt = CONFIDENCE_WORDS[spoken].get(self.confidence)
        return f"{words} ({doubt})" if doubt else words


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
class Worksheet:
    """What is owed on the calculation day, in minor units, and how it was found.

    ``interest`` is what is still owed, ``interest_paid`` what payments have covered (interest-first only).
    ``indemnity`` is in euro cents. ``known_to`` is the last day counted when a rate is missing, else None.
    ``floor`` is the legal floor (percent) that the contract rate is below, else None. ``unapplied`` is what was paid or
    credited beyond what is owed. ``reasons`` are codes of ``encaisse.law.reasons``.
    """

    interest: int
    indemnity: int
    days: int
    segments: tuple[Segment, ...]
    known_to: date | None
    reasons: tuple[str, ...]
    principal: int
    interest_paid: int = 0
    unapplied: int = 0
    floor: Decimal | None = None

    @property
    def total(self) -> int:
        """Principal left, interest left and indemnity (minor units)."""
        return self.principal + self.interest + self.indemnity

    @property
    def exact(self) -> Fraction:
        """All interest accrued, before any rounding (minor units)."""
        return sum((segment.interest for segment in self.segments), Fraction(0))


def interest(
    regime: str,
    amount: int,
    due: date,
    on: date,
    *,
    payments: Iterable[Change] = (),
    credits: Iterable[Change] = (),
    contract_rate: Decimal | str | int | None = None,
    notice_on: date | None = None,
    imputation: Imputation = "principal_first",
    credit_effect: CreditEffect = "origin",
    day_count: DayCount = "fixed_365",
) -> Worksheet:
    """Interest and fixed indemnity on one receivable, as of the end of day ``on``.

    ``amount`` is in minor units, VAT included. ``payments`` and ``credits`` are (day, amount) pairs; those after ``on``
    are not yet known and left out. A credit note reduces the price from the origin, unless ``credit_effect="date"``
    says that it is a later gesture. ``contract_rate`` is in percent per year, as Decimal, text or whole number.

    A half-year whose rate is not published gives the interest up to the last known day, with the reason
    ``unknown_rate``; it does not raise. Raises ValueError or TypeError on bad input, saying what to give instead.
    """
    for name, given in (("imputation", imputation), ("credit_effect", credit_effect), ("day_count", day_count)):
        if given not in _CHOICES[name]:
            raise ValueError(f"{name} {given!r} is not known: use one of {', '.join(_CHOICES[name])}")
    rules = find_regime(regime)
    agreed = _contract_rate(contract_rate)
    clock = _clock(rules, due, notice_on, agreed if rules.contract_allowed else None)
    account = _Account(_amount(amount, "the amount"), clock, imputation, day_count)
    late = _play(account, _changes(payments, "payment", on), _changes(credits, "credit", on), due, on, credit_effect)
    floor = _floor_above(agreed, rules.floor, account.segments)
    notes = {
        NO_NOTICE: late and clock.begin is None,
        UNKNOWN_RATE: account.rate_unknown,
        CONTRACT_RATE_NOT_USED: agreed is not None and not rules.contract_allowed,
        CONTRACT_RATE_BELOW_FLOOR: floor is not None,
    }
    return Worksheet(
        interest=account.owed,
        indemnity=_indemnity(rules, due) if late else 0,
        days=sum(segment.days for segment in account.segments),
        segments=tuple(account.segments),
        known_to=clock.known_to if account.rate_unknown else None,
        reasons=tuple(code for code, holds in notes.items() if holds),
        principal=account.principal,
        interest_paid=account.paid,
        unapplied=account.unapplied,
        floor=floor,
    )


@dataclass(frozen=True, slots=True)
class _Clock:
    """When interest runs and at which rate: from the day after ``begin``, to ``known_to`` when a rate is missing."""

    begin: date | None
    constant: tuple[Decimal, Source] | None
    series: Series | None
    known_to: date | None

    def pieces(self, after: date, until: date) -> Iterator[tuple[date, date, Decimal, Source]]:
        """The days in (after, until] that bear interest, cut where the rate changes."""
        if self.begin is None:
            return
        first = max(after, self.begin) + _ONE_DAY
        last = min(until, self.known_to or until)
        if first > last:
            return
        if self.constant is not None:
            yield (first, last, *self.constant)
        elif self.series is not None:
            for start, end, point in self.series.between(first, last):
                yield start, end, point.value, _source(self.series, point)

    def unknown(self, until: date) -> bool:
        """Whether a day up to ``until`` bears interest at a rate nobody knows yet."""
        return self.begin is not None and self.known_to is not None and until > max(self.known_to, self.begin)


def _clock(rules: Regime, due: date, notice_on: date | None, agreed: Decimal | None) -> _Clock:
    begin = due
    if rules.needs_notice:
        if notice_on is None:
            return _Clock(None, None, None, None)
        begin = max(due, notice_on)
    if agreed is not None:
        return _Clock(begin, (agreed, Source(CONTRACT, f"contract rate ({rules.reference})", "sure")), None, None)
    series = rules.rate
    try:
        start = series.at(begin + _ONE_DAY)
    except UnknownRate:
        return _Clock(begin, None, None, known_to=min(begin, series.last))
    if rules.fixed_at_start:
        return _Clock(begin, (start.value, _source(series, start)), None, None)
    return _Clock(begin, None, series, known_to=series.last)


def _source(series: Series, point: Point) -> Source:
    return Source(series.id, point.reference, point.confidence)


class _Account:
    """The running balance of one receivable: what is left of the principal, and the interest on it."""

    def __init__(self, principal: int, clock: _Clock, imputation: Imputation, day_count: DayCount) -> None:
        self.principal = principal
        self.owed = 0
        self.paid = 0
        self.unapplied = 0
        self.segments: list[Segment] = []
        self.rate_unknown = False
        self._clock = clock
        self._imputation = imputation
        self._day_count = day_count
        self._unrounded = Fraction(0)

    def accrue(self, after: date, until: date) -> None:
        """Count interest on the principal over the days in (after, until]."""
        if self.principal <= 0 or after >= until:
            return
        self.rate_unknown = self.rate_unknown or self._clock.unknown(until)
        for start, end, rate, source in self._clock.pieces(after, until):
            for first, last, divisor in _years(start, end, self._day_count):
                days = (last - first).days + 1
                exact = Fraction(self.principal * days) * Fraction(rate) / (100 * divisor)
                self.segments.append(Segment(first, last, days, rate, self.principal, exact, source))
                self._unrounded += exact

    def settle(self) -> None:
        """Round the interest counted since the last rounding, half up, and add it to what is owed."""
        self.owed += round_half_up(self._unrounded)
        self._unrounded = Fraction(0)

    def pay(self, amount: int) -> None:
        """Impute a payment: principal only, or interest first and then principal (C. civ. 1343-1)."""
        self.settle()
        if self._imputation == "interest_first":
            covered = min(amount, self.owed)
            self.owed -= covered
            self.paid += covered
            amount -= covered
        self.reduce(amount)

    def reduce(self, amount: int) -> None:
        """Lower the principal; what exceeds it is kept apart, never counted as negative."""
        covered = min(amount, self.principal)
        self.principal -= covered
        self.unapplied += amount - covered


def _play(
    account: _Account,
    payments: list[Change],
    credit_notes: list[Change],
    due: date,
    on: date,
    credit_effect: CreditEffect,
) -> bool:
    """Play the dated changes on the account, to the end of day ``on``; True when it was late, be it for one day."""
    if credit_effect == "origin":
        account.reduce(sum(amount for _, amount in credit_notes))
        credit_notes = []
    changes = [(day, account.pay, amount) for day, amount in payments]
    changes += [(day, account.reduce, amount) for day, amount in credit_notes]
    changes.sort(key=lambda change: change[0])
    position, late = due, False
    for day, apply, amount in changes:
        late = late or (day > due and account.principal > 0)
        account.accrue(position, day)
        apply(amount)
        position = max(position, day)
    late = late or (on > due and account.principal > 0)
    account.accrue(position, on)
    account.settle()
    return late


def _years(start: date, end: date, day_count: DayCount) -> Iterator[tuple[date, date, int]]:
    """The whole span over 365, or one part per calendar year over the days of that year."""
    if day_count == "fixed_365":
        yield start, end, 365
        return
    for year in range(start.year, end.year + 1):
        length = (date(year, 12, 31) - date(year, 1, 1)).days + 1
        yield max(start, date(year, 1, 1)), min(end, date(year, 12, 31)), length


def _indemnity(rules: Regime, due: date) -> int:
    """The fixed sum, in euro cents, for a receivable late from the day after ``due``; nothing before the rule."""
    if rules.indemnity is None or due + _ONE_DAY < rules.indemnity.first:
        return 0
    return int(rules.indemnity.at(due + _ONE_DAY).value * 100)


def _floor_above(agreed: Decimal | None, floor: Floor | None, segments: list[Segment]) -> Decimal | None:
    """The first legal floor, over the days that bore interest, that is above the contract rate."""
    if agreed is None or floor is None or not segments:
        return None
    first, last = max(segments[0].start, floor.series.first), min(segments[-1].end, floor.series.last)
    for start, _, point in floor.series.between(first, last):
        lowest = point.value * floor.multiple.at(start).value
        if agreed < lowest:
            return lowest
    return None


def _contract_rate(given: Decimal | str | int | None) -> Decimal | None:
    if given is None:
        return None
    if isinstance(given, (bool, float)):
        raise TypeError('a contract rate is exact: give it as text ("8.25"), Decimal or whole number, in percent')
    try:
        rate = Decimal(given)
    except InvalidOperation:
        raise ValueError(f"{given!r} is not a rate in percent per year: write it like 8.25") from None
    if not rate.is_finite() or rate < 0:
        raise ValueError(f"{given!r} is not a rate of zero or more, in percent per year")
    rate_units(rate)
    return rate


def _amount(given: int, what: str) -> int:
    if type(given) is not int:
        raise TypeError(f"{what} is a whole number of minor units (cents), not {type(given).__name__}")
    if given < 0:
        raise ValueError(f"{what} is {given}: give zero or more, in minor units (a credit note goes in credits)")
    return given


def _changes(given: Iterable[Change], what: str, on: date) -> list[Change]:
    return [(day, _amount(amount, f"the {what} of {day}")) for day, amount in given if day <= on]
