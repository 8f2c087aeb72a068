"""What holds of interest for every regime and every figure: tried on random ones."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from encaisse.law import all_regimes, interest

DAYS = st.dates(date(2015, 6, 1), date(2026, 12, 31))
AMOUNTS = st.integers(min_value=0, max_value=10**10)
REGIMES = st.sampled_from(sorted(all_regimes()))
RATES = st.none() | st.sampled_from(["0", "5", "8.25", "15"])
OPTIONS = st.fixed_dictionaries(
    {
        "contract_rate": RATES,
        "day_count": st.sampled_from(["fixed_365", "actual_actual"]),
        "below_floor": st.sampled_from(["contract", "floor", "default"]),
        "category": st.sampled_from(["other", "individual"]),
        "stop_on": st.none() | DAYS,
    }
)


@given(REGIMES, AMOUNTS, DAYS, OPTIONS, st.booleans())
def test_nothing_on_the_due_date(
    regime: str, amount: int, due: date, options: dict[str, Any], capitalise: bool
) -> None:
    sheet = interest(regime, amount, due, due, notice_on=due, capitalise=capitalise, **options)
    assert (sheet.interest, sheet.indemnity, sheet.days, sheet.total) == (0, 0, 0, amount)


@given(REGIMES, AMOUNTS, st.tuples(DAYS, DAYS, DAYS).map(sorted), OPTIONS)
def test_additive_over_adjoining_periods_before_rounding(
    regime: str, amount: int, days: list[date], options: dict[str, Any]
) -> None:
    due, middle, end = days
    whole = interest(regime, amount, due, end, notice_on=due, **options)
    first = interest(regime, amount, due, middle, notice_on=due, **options)
    later = [segment for segment in whole.segments if segment.end > middle]
    rest = sum(
        segment.interest * Fraction((segment.end - max(segment.start - timedelta(days=1), middle)).days, segment.days)
        for segment in later
    )
    assert first.exact + rest == whole.exact
    rules = all_regimes()[regime]
    if rules.increase is None and not rules.fixed_at_start and not rules.needs_notice and middle < end:
        # A floating rate does not remember when the delay began, so the rest is a worksheet of its own.
        assert interest(regime, amount, middle, end, **options).exact == rest


@given(REGIMES, AMOUNTS, AMOUNTS, st.tuples(DAYS, DAYS, DAYS).map(sorted), OPTIONS, st.booleans())
def test_monotone_in_time_and_in_balance(
    regime: str, amount: int, other: int, days: list[date], options: dict[str, Any], capitalise: bool
) -> None:
    due, middle, end = days
    low, high = sorted((amount, other))
    sheet = interest(regime, low, due, middle, notice_on=due, capitalise=capitalise, **options)
    for more in (
        interest(regime, low, due, end, notice_on=due, capitalise=capitalise, **options),
        interest(regime, high, due, middle, notice_on=due, capitalise=capitalise, **options),
    ):
        assert sheet.exact <= more.exact
        assert sheet.interest <= more.interest
        assert sheet.indemnity <= more.indemnity


@given(REGIMES, AMOUNTS, AMOUNTS, DAYS, DAYS, OPTIONS)
def test_a_balance_split_in_two_bears_the_same_interest_but_for_a_rounding(
    regime: str, one: int, other: int, due: date, on: date, options: dict[str, Any]
) -> None:
    parts = [interest(regime, amount, due, on, notice_on=due, **options) for amount in (one, other)]
    whole = interest(regime, one + other, due, on, notice_on=due, **options)
    assert sum(part.exact for part in parts) == whole.exact
    assert abs(sum(part.interest for part in parts) - whole.interest) <= 1


@given(REGIMES, AMOUNTS, AMOUNTS, st.tuples(DAYS, DAYS, DAYS).map(sorted))
def test_a_payment_stops_interest_on_what_it_pays_and_on_nothing_else(
    regime: str, paid: int, left: int, days: list[date]
) -> None:
    due, day, on = days
    whole = interest(regime, paid + left, due, on, notice_on=due, payments=[(day, paid)])
    assert whole.principal == left
    parts = interest(regime, paid, due, day, notice_on=due).exact + interest(regime, left, due, on, notice_on=due).exact
    assert whole.exact == parts


@given(REGIMES, AMOUNTS, AMOUNTS, DAYS, DAYS, DAYS)
def test_a_credit_note_from_the_origin_is_a_lower_price(
    regime: str, price: int, credit: int, due: date, day: date, on: date
) -> None:
    corrected = interest(regime, price + credit, due, on, notice_on=due, credits=[(day, credit)])
    if day <= on:
        assert corrected.segments == interest(regime, price, due, on, notice_on=due).segments
    gesture = interest(regime, price + credit, due, on, notice_on=due, credits=[(day, credit)], credit_effect="date")
    assert gesture.exact >= corrected.exact


@given(REGIMES, AMOUNTS, st.tuples(DAYS, DAYS, DAYS).map(sorted), RATES)
def test_an_opening_judgment_is_a_calculation_on_the_day_before(
    regime: str, amount: int, days: list[date], rate: str | None
) -> None:
    due, stop, on = days
    stopped = interest(regime, amount, due, on, notice_on=due, stop_on=stop, contract_rate=rate)
    before = interest(regime, amount, due, stop - timedelta(days=1), notice_on=due, contract_rate=rate)
    assert (stopped.segments, stopped.interest, stopped.indemnity) == (
        before.segments,
        before.interest,
        before.indemnity,
    )


@given(REGIMES, AMOUNTS, DAYS, DAYS, RATES)
def test_capitalisation_and_a_judgment_only_add(
    regime: str, amount: int, due: date, on: date, rate: str | None
) -> None:
    plain = interest(regime, amount, due, on, notice_on=due, contract_rate=rate)
    more = interest(regime, amount, due, on, notice_on=due, contract_rate=rate, capitalise=True)
    # Each full year may round by half a unit.
    assert more.interest >= plain.interest - len(more.steps)
    legal = interest("fr-b2c", amount, due, on, notice_on=due)
    assert interest("fr-judgment", amount, due, on).exact >= legal.exact


@given(AMOUNTS, DAYS, DAYS, RATES)
def test_the_floor_never_gives_less_than_the_contract(amount: int, due: date, on: date, rate: str | None) -> None:
    contract = interest("fr-b2b", amount, due, on, contract_rate=rate)
    assert interest("fr-b2b", amount, due, on, contract_rate=rate, below_floor="floor").exact >= contract.exact


@given(REGIMES, AMOUNTS, DAYS, DAYS)
def test_rounding_each_day_is_off_by_half_a_unit_a_day_at_most(regime: str, amount: int, due: date, on: date) -> None:
    exact = interest(regime, amount, due, on, notice_on=due)
    daily = interest(regime, amount, due, on, notice_on=due, rounding="daily")
    assert abs(daily.exact - exact.exact) <= Fraction(exact.days, 2)


@given(REGIMES, AMOUNTS, DAYS, DAYS)
def test_the_running_integral_gives_the_same_as_the_segments(regime: str, amount: int, due: date, on: date) -> None:
    rules = all_regimes()[regime]
    sheet = interest(regime, amount, due, on, notice_on=due)
    if on <= due or rules.fixed_at_start or rules.increase or rules.starts == "reminder":
        return
    weight = rules.rate.integral(on) - rules.rate.integral(due)
    assert sheet.exact * 365_000_000 == amount * weight


@given(
    REGIMES,
    AMOUNTS,
    DAYS,
    DAYS,
    st.lists(st.tuples(DAYS, AMOUNTS), max_size=4),
    st.sampled_from(["principal_first", "interest_first"]),
    st.booleans(),
)
def test_money_is_neither_made_nor_lost(
    regime: str,
    amount: int,
    due: date,
    on: date,
    payments: list[tuple[date, int]],
    imputation: Any,
    capitalise: bool,
) -> None:
    sheet = interest(
        regime, amount, due, on, notice_on=due, payments=payments, imputation=imputation, capitalise=capitalise
    )
    received = sum(paid for day, paid in payments if day <= on)
    assert amount - sheet.principal + sheet.interest_paid + sheet.unapplied == received
    assert min(sheet.principal, sheet.interest, sheet.interest_paid, sheet.unapplied, sheet.capitalised) >= 0
    assert sheet.capitalised <= sheet.interest
    # The steps tell the whole story: what accrued is owed or paid, and the last one ends where the sheet ends.
    assert sum(step.accrued for step in sheet.steps) == sheet.interest + sheet.interest_paid
    assert sum(step.days for step in sheet.steps) == sheet.days
    assert sum(step.to_interest for step in sheet.steps) == sheet.interest_paid
    assert sum(step.to_principal for step in sheet.steps) == amount - sheet.principal
    assert (sheet.steps[-1].principal_left, sheet.steps[-1].interest_left) == (sheet.principal, sheet.interest)
