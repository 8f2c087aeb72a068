"""When interest runs on a receivable, and at which rate on each day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from encaisse.calendar import next_working_day
from encaisse.law.constants import constant
from encaisse.law.counting import date_to_date
from encaisse.law.regimes import BelowFloor, Category, Increase, Regime, limits
from encaisse.law.series import Point, Series, UnknownRate, load_series

CONTRACT = "contract"
CONTRACT_WORDS = {"fr": "taux convenu au contrat", "en": "rate agreed in the contract"}
CONFIDENCE_WORDS = {
    "fr": {"probable": "probable", "to-verify": "à vérifier", "own": "taux ajouté par vous"},
    "en": {"probable": "probable", "to-verify": "to be verified", "own": "rate added by you"},
}

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rate comes from, and how sure it is (``sure``, ``probable``, ``to-verify``, or the user's ``own``)."""

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


Piece = tuple[date, date, Decimal, Source]
Rates = Callable[[date, date], Iterator[Piece]]


@dataclass(frozen=True, slots=True)
class Clock:
    """Interest runs from the day after ``begin`` (None: never), at ``rates``.

    ``known_to`` is the last day whose rate is known (None: no end), ``last`` the last day before interest was stopped
    (None: it was not), ``raised_from`` the first day of an increased rate.
    """

    begin: date | None
    rates: Rates
    known_to: date | None
    last: date | None = None
    raised_from: date | None = None

    def until(self, day: date) -> date:
        """``day``, or the last day before interest was stopped."""
        return day if self.last is None else min(day, self.last)

    def pieces(self, after: date, until: date) -> Iterator[Piece]:
        """The days in (after, until] that bear interest, cut where the rate changes."""
        if self.begin is None:
            return
        first = max(after, self.begin) + _ONE_DAY
        last = min(self.until(until), self.known_to or until)
        if first <= last:
            yield from self.rates(first, last)

    def unknown(self, until: date) -> bool:
        """Whether a day up to ``until`` bears interest at a rate nobody knows yet."""
        if self.begin is None or self.known_to is None:
            return False
        return self.until(until) > max(self.known_to, self.begin)


def set_clock(
    rules: Regime,
    due: date,
    notice_on: date | None,
    agreed: Decimal | None,
    *,
    below_floor: BelowFloor = "contract",
    category: Category = "other",
    stop_on: date | None = None,
) -> Clock:
    """The clock of a receivable; ``agreed`` is a contract rate that the regime lets count (percent per year).

    An opening judgment takes effect from the first hour of its day (C. com. R621-4, L622-28): the day before
    ``stop_on`` is the last that bears interest.
    """
    last = None if stop_on is None else stop_on - _ONE_DAY
    begin = interest_begins(rules, due, notice_on)
    if begin is None:
        return Clock(None, _no_rates, None, last)
    if agreed is not None:
        return _agreed(rules, begin, agreed, below_floor, last)
    series = rules.rate_for(category)
    try:
        start = series.at(begin + _ONE_DAY)
    except UnknownRate:
        return Clock(begin, _no_rates, min(begin, series.last), last)
    if rules.fixed_at_start:
        return Clock(begin, _constant(start.value, source_of(series, start)), None, last)
    if rules.increase is None:
        return Clock(begin, _floating(series), series.last, last)
    return _raised(series, rules.increase, category, begin, last)


def interest_begins(rules: Regime, due: date, notice_on: date | None) -> date | None:
    """The day after which interest runs; None when the regime needs a notice or a reminder and there is none."""
    if not rules.needs_notice:
        return due
    if notice_on is None:
        return None
    return max(due, reminder_end(notice_on) if rules.starts == "reminder" else notice_on)


def reminder_end(sent_on: date, *, electronic: bool = False) -> date:
    """The last of the days that a first reminder leaves to a Belgian consumer (CDE book XIX).

    They count from the third working day after it was posted, from the next day when it was sent ``electronic``ally.
    Saturdays are not counted as working days, the reading that is kinder to him.
    """
    day = sent_on
    for _ in range(1 if electronic else constant("be_b2c.posting_working_days").whole):
        day += _ONE_DAY
        day = day if electronic else next_working_day(day, "BE")
    return day + timedelta(days=constant("be_b2c.first_reminder_wait_days").whole)


def source_of(series: Series, point: Point) -> Source:
    """The source of a value of a series."""
    return Source(series.id, point.reference, point.confidence)


def _agreed(rules: Regime, begin: date, agreed: Decimal, below_floor: BelowFloor, last: date | None) -> Clock:
    contract = Source(CONTRACT, f"contract rate ({rules.reference})", "sure")
    beyond = limits(rules, below_floor)
    if beyond is None:
        return Clock(begin, _constant(agreed, contract), None, last)

    def rates(first: date, until: date) -> Iterator[Piece]:
        if first < beyond[0].start:
            yield first, min(until, beyond[0].start - _ONE_DAY), agreed, contract
        for each in beyond:
            start, end = max(first, each.start), min(until, each.end)
            if start > end:
                continue
            over = agreed > each.limit if rules.ceiling is not None else agreed < each.limit
            if over:
                yield start, end, each.value, source_of(each.series, each.point)
            else:
                yield start, end, agreed, contract

    return Clock(begin, rates, beyond[-1].end, last)


def _raised(series: Series, increase: Increase, category: Category, begin: date, last: date | None) -> Clock:
    raised = increase.rate_for(category)
    eve = date_to_date(begin, increase.months)

    def rates(first: date, until: date) -> Iterator[Piece]:
        yield from _floating(series)(first, min(until, eve))
        yield from _floating(raised)(max(first, eve + _ONE_DAY), until)

    known_to = series.last if series.last < eve else max(eve, raised.last)
    return Clock(begin, rates, known_to, last, raised_from=eve + _ONE_DAY)


def _constant(rate: Decimal, source: Source) -> Rates:
    def rates(first: date, until: date) -> Iterator[Piece]:
        yield first, until, rate, source

    return rates


def _floating(series: Series) -> Rates:
    def rates(first: date, until: date) -> Iterator[Piece]:
        for start, end, point in series.between(first, until):
            yield start, end, point.value, source_of(series, point)

    return rates


def _no_rates(first: date, until: date) -> Iterator[Piece]:
    return iter(())
