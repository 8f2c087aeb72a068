"""Interest on one receivable, with the worksheet that shows every step.

Interest is simple: ``unpaid amount including VAT x yearly rate x days / 365``. Days run from the day after the due date
(or after the formal notice where the regime asks for one) to the calculation day, both included; a payment stops
interest on what it pays from the day after it arrives.

Everything is exact until it is rounded, half up, to the minor unit: once per receivable at the end, and at each
payment or capitalisation, because that is the moment at which interest so far is really settled or left over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Literal

from encaisse.law.account import Account, Imputation, Rounding, Segment, Step
from encaisse.law.clock import CONTRACT, Clock, Source, set_clock
from encaisse.law.errors import BadDay, BadRate, CurrenciesDiffer, InexactRate, UnknownChoice
from encaisse.law.indemnity import check_amount, lump_sum
from encaisse.law.reasons import (
    BELOW_FLOOR_REPLACED,
    CAPITALISED,
    CONTRACT_RATE_ABOVE_CEILING,
    CONTRACT_RATE_BELOW_FLOOR,
    CONTRACT_RATE_NOT_USED,
    CONTRACT_REMEDY,
    FIXED_SUM_CURRENCY,
    INTEREST_STOPPED,
    NO_NOTICE,
    NOT_DUE_YET,
    UNKNOWN_RATE,
)
from encaisse.law.regimes import (
    BELOW_FLOOR,
    CATEGORIES,
    DAY_COUNTS,
    BelowFloor,
    Category,
    DayCount,
    Regime,
    find_regime,
)
from encaisse.law.schema import FROM_SURE_TO_DOUBTFUL
from encaisse.law.series import rate_units
from encaisse.money import Money, exponent

CreditEffect = Literal["origin", "date"]
Amount = int | Money
Change = tuple[date, Amount]

_CHOICES: dict[str, tuple[str, ...]] = {
    "imputation": ("principal_first", "interest_first"),
    "credit_effect": ("origin", "date"),
    "day_count": DAY_COUNTS,
    "below_floor": BELOW_FLOOR,
    "category": CATEGORIES,
    "rounding": ("exact", "daily"),
}
# A day outside these years is a slip of the keyboard.
FIRST_YEAR, LAST_YEAR = 1900, 2199


@dataclass(frozen=True, slots=True)
class Worksheet:
    """What is owed on the calculation day, in minor units of ``currency``, and how it was found.

    ``interest`` is what is still owed, ``interest_paid`` what payments have covered (interest-first only), and
    ``capitalised`` the part of ``interest`` that bears interest itself. ``indemnity`` is in minor units of
    ``indemnity_currency`` (euro cents, but for the United Kingdom). ``known_to`` is the last day counted when a
    rate is missing, else None. ``floor`` is the legal floor (percent) that the contract rate is below, else None,
    and ``floor_confidence`` how sure it is. ``unapplied`` is what was paid or credited beyond what is owed.
    ``increase_from`` is the first day of a raised rate (judgments). ``reasons`` are codes of
    ``encaisse.law.reasons``; ``steps`` one entry per event and one at the end.
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
    steps: tuple[Step, ...] = ()
    capitalised: int = 0
    increase_from: date | None = None
    currency: str = "EUR"
    indemnity_currency: str = "EUR"
    floor_confidence: str = ""

    @property
    def total(self) -> int:
        """Principal left, interest left and indemnity (minor units). Raises CurrenciesDiffer if they do not add up."""
        if self.indemnity and self.currency != self.indemnity_currency:
            raise CurrenciesDiffer(
                f"the debt is in {self.currency} and the fixed sum in {self.indemnity_currency}: state them apart"
            )
        return self.principal + self.interest + self.indemnity

    @property
    def exact(self) -> Fraction:
        """All interest accrued, before any rounding but a daily one (minor units)."""
        return sum((segment.interest for segment in self.segments), Fraction(0))

    @property
    def confidence(self) -> str:
        """The least sure of the rates used: ``sure``, ``own``, ``probable`` or ``to-verify``."""
        return max(
            (segment.source.confidence for segment in self.segments), key=FROM_SURE_TO_DOUBTFUL.index, default="sure"
        )


def interest(
    regime: str,
    amount: Amount,
    due: date,
    on: date,
    *,
    payments: Iterable[Change] = (),
    credits: Iterable[Change] = (),
    contract_rate: Decimal | str | int | None = None,
    notice_on: date | None = None,
    imputation: Imputation = "principal_first",
    credit_effect: CreditEffect = "origin",
    day_count: DayCount | None = None,
    below_floor: BelowFloor = "contract",
    capitalise: bool = False,
    stop_on: date | None = None,
    category: Category = "other",
    rounding: Rounding = "exact",
    currency: str | None = None,
) -> Worksheet:
    """Interest and fixed indemnity on one receivable, as of the end of day ``on``.

    ``amount`` is in minor units, VAT included, or Money. ``due`` is the due date; the day default began where a person
    finds it out (de, ch); the day the decision became enforceable (fr-judgment). ``payments`` and ``credits`` are
    (day, amount) pairs; those after ``on`` are not yet known and left out. A credit note reduces the price from the
    origin, unless ``credit_effect="date"`` says that it is a later gesture. ``contract_rate`` is in percent per year,
    as Decimal, text or whole number; ``below_floor`` says what counts on the days it is under the legal floor.

    ``notice_on`` is the day of the formal notice (of the first reminder, be-b2c). ``capitalise`` adds the interest due
    for a full year to the base, and takes a clause or a court decision (C. civ. 1343-2). ``stop_on`` is the day of a
    judgment opening insolvency proceedings: interest ends the day before (C. com. L622-28). ``category`` is the
    creditor's, for legal interest (CMF L313-2). ``rounding="daily"`` rounds the interest of a day before it multiplies,
    as GOV.UK does. ``currency`` is the debt's (of the regime when not given); nothing is converted.

    A half-year whose rate is not published gives the interest up to the last known day, with the reason
    ``unknown_rate``; a calculation day before ``due`` gives nothing, with the reason ``not_due_yet``. Neither raises.
    Raises the errors of ``encaisse.law.errors`` (ValueError or TypeError) on bad input, saying what to give instead.
    """
    rules = find_regime(regime)
    day_count = rules.day_count if day_count is None else day_count
    _check_choices(
        imputation=imputation,
        credit_effect=credit_effect,
        day_count=day_count,
        below_floor=below_floor,
        category=category,
        rounding=rounding,
    )
    _check_days(due=due, on=on, notice_on=notice_on, stop_on=stop_on)
    asked = _Asked(
        rules, due, on, _contract_rate(contract_rate), below_floor, stop_on, _currency(amount, currency, rules)
    )
    clock = set_clock(rules, due, notice_on, asked.counted, below_floor=below_floor, category=category, stop_on=stop_on)
    principal = _minor(amount, asked.currency, "the amount")
    account = Account(principal, clock, imputation, day_count, rounding, capitalise)
    paid = _changes(payments, "payment", asked.currency, on)
    credited = _changes(credits, "credit", asked.currency, on)
    late = _play(account, clock, paid, credited, due, on, credit_effect)
    return _sheet(asked, clock, account, late)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for, checked: ``agreed`` is the contract rate as given, ``counted`` the same if it may count."""

    rules: Regime
    due: date
    on: date
    agreed: Decimal | None
    below_floor: BelowFloor
    stop_on: date | None
    currency: str

    @property
    def counted(self) -> Decimal | None:
        return self.agreed if self.rules.contract_allowed else None


def _sheet(asked: _Asked, clock: Clock, account: Account, late: int) -> Worksheet:
    """The worksheet of an account played to its end; ``late`` is the most that was late."""
    rules = asked.rules
    floor, how_sure = _floor_above(asked.counted, rules, account.segments) or (None, "")
    return Worksheet(
        interest=account.interest_left,
        indemnity=0 if _in_other_currency(asked) else lump_sum(rules, late, asked.due),
        days=sum(segment.days for segment in account.segments),
        segments=tuple(account.segments),
        known_to=clock.known_to if account.rate_unknown else None,
        reasons=_reasons(asked, clock, account, late, floor),
        principal=account.principal,
        interest_paid=account.paid,
        unapplied=account.unapplied,
        floor=floor,
        steps=tuple(account.steps),
        capitalised=account.capitalised,
        increase_from=clock.raised_from,
        currency=asked.currency,
        indemnity_currency=rules.scale.currency if rules.scale else "EUR",
        floor_confidence=how_sure,
    )


def _reasons(asked: _Asked, clock: Clock, account: Account, late: int, floor: Decimal | None) -> tuple[str, ...]:
    """The codes of what has to be said beside the figures, in a fixed order."""
    rules, stop_on = asked.rules, asked.stop_on
    notes = {
        NOT_DUE_YET: asked.on < asked.due,
        NO_NOTICE: late > 0 and clock.begin is None,
        UNKNOWN_RATE: account.rate_unknown,
        CONTRACT_RATE_NOT_USED: asked.agreed is not None and not rules.contract_allowed,
        CONTRACT_RATE_BELOW_FLOOR: floor is not None,
        BELOW_FLOOR_REPLACED: floor is not None and asked.below_floor != "contract",
        CONTRACT_RATE_ABOVE_CEILING: _capped(asked.counted, rules, account.segments),
        CONTRACT_REMEDY: asked.counted is not None and rules.scale is not None,
        FIXED_SUM_CURRENCY: late > 0 and _in_other_currency(asked),
        INTEREST_STOPPED: stop_on is not None and asked.due < stop_on <= asked.on,
        CAPITALISED: any(step.kind == "capitalisation" for step in account.steps),
    }
    return tuple(code for code, holds in notes.items() if holds)


def _in_other_currency(asked: _Asked) -> bool:
    """Whether the fixed sum goes by the amount in a currency that is not the debt's."""
    return asked.rules.scale is not None and asked.rules.scale.currency != asked.currency


def _play(
    account: Account,
    clock: Clock,
    payments: list[tuple[date, int]],
    credit_notes: list[tuple[date, int]],
    due: date,
    on: date,
    credit_effect: CreditEffect,
) -> int:
    """Play the dated changes on the account, to the end of day ``on``; the most that was late, be it for one day."""
    if credit_effect == "origin":
        account.correct(sum(amount for _, amount in credit_notes))
        credit_notes = []
    changes: list[tuple[date, Callable[[date, int], None], int]] = []
    changes += [(day, account.pay, amount) for day, amount in payments]
    changes += [(day, account.credit, amount) for day, amount in credit_notes]
    changes.sort(key=lambda change: change[0])
    position, late = due, 0
    for day, apply, amount in changes:
        late = max(late, account.principal if clock.until(day) > due else 0)
        account.accrue(position, day)
        apply(day, amount)
        position = max(position, day)
    late = max(late, account.principal if clock.until(on) > due else 0)
    account.accrue(position, on)
    account.close(on)
    return late


def _floor_above(agreed: Decimal | None, rules: Regime, segments: list[Segment]) -> tuple[Decimal, str] | None:
    """The first legal floor, over the days that bore interest, that is above the contract rate, and how sure it is."""
    if agreed is None or rules.floor is None or not segments:
        return None
    floors = (
        (floor, point.confidence) for _, _, floor, point in rules.floor.pieces(segments[0].start, segments[-1].end)
    )
    return next((found for found in floors if agreed < found[0]), None)


def _capped(agreed: Decimal | None, rules: Regime, segments: list[Segment]) -> bool:
    if agreed is None or rules.ceiling is None:
        return False
    return any(segment.source.series != CONTRACT for segment in segments)


def _check_choices(**given: str) -> None:
    for name, choice in given.items():
        if choice not in _CHOICES[name]:
            raise UnknownChoice(f"{name} {choice!r} is not known: use one of {', '.join(_CHOICES[name])}")


def _check_days(**given: date | None) -> None:
    for name, day in given.items():
        if day is not None or name not in ("notice_on", "stop_on"):
            _day(day, name)


def _day(given: object, what: str) -> date:
    # A date with an hour is a date to isinstance, and compares with none: the exact type is wanted.
    if type(given) is not date:
        raise BadDay(f"{what} is a day such as date(2026, 7, 1), not {given!r}")
    if not FIRST_YEAR <= given.year <= LAST_YEAR:
        raise BadDay(f"{what} is {given}: check it, nothing is reckoned before {FIRST_YEAR} or after {LAST_YEAR}")
    return given


def _contract_rate(given: Decimal | str | int | None) -> Decimal | None:
    if given is None:
        return None
    if isinstance(given, (bool, float)):
        raise InexactRate('a contract rate is exact: give it as text ("8.25"), Decimal or whole number, in percent')
    try:
        rate = Decimal(given)
    except (InvalidOperation, TypeError, ValueError):
        raise BadRate(f"{given!r} is not a rate in percent per year: write it like 8.25") from None
    if not rate.is_finite() or rate < 0:
        raise BadRate(f"{given!r} is not a rate of zero or more, in percent per year")
    try:
        rate_units(rate)
    except ValueError as error:
        raise BadRate(str(error)) from None
    return rate


def _currency(amount: Amount, given: str | None, rules: Regime) -> str:
    if isinstance(amount, Money):
        if given is not None and given != amount.currency:
            raise CurrenciesDiffer(f"the amount is in {amount.currency}, not {given}: give one currency")
        return amount.currency
    if given is not None:
        exponent(given)
    return given or rules.currency


def _minor(given: Amount, currency: str, what: str) -> int:
    if not isinstance(given, Money):
        return check_amount(given, what)
    if given.currency != currency:
        raise CurrenciesDiffer(
            f"{what} is in {given.currency} and the debt in {currency}: convert it first, and keep the source"
        )
    return check_amount(given.minor, what)


def _changes(given: Iterable[Change], what: str, currency: str, on: date) -> list[tuple[date, int]]:
    changes = [
        (_day(day, f"the day of a {what}"), _minor(amount, currency, f"the {what} of {day}")) for day, amount in given
    ]
    return [change for change in changes if change[0] <= on]


__all__ = ["Amount", "Change", "Segment", "Source", "Step", "Worksheet", "interest"]
