"""What the worksheet promises beside the worked examples: unknown rates, notices, bad input, and its properties."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.law import all_regimes, interest, reason_text
from encaisse.law.reasons import reason_texts

DAYS = st.dates(date(2015, 6, 1), date(2026, 12, 31))
AMOUNTS = st.integers(min_value=0, max_value=10**10)
REGIMES = st.sampled_from(sorted(all_regimes()))


def test_interest_stops_where_the_rate_is_not_known_and_says_so() -> None:
    sheet = interest("fr-b2b", 100_000, date(2026, 11, 30), date(2027, 2, 15))
    assert sheet.interest == 1053  # 31 days of December at 12.40 %
    assert sheet.segments[-1].end == sheet.known_to == date(2026, 12, 31)
    assert sheet.reasons == ("unknown_rate",)


def test_a_receivable_due_in_an_unknown_half_year_has_no_interest_yet_but_its_indemnity() -> None:
    sheet = interest("fr-b2b", 100_000, date(2027, 1, 15), date(2027, 2, 15))
    assert (sheet.interest, sheet.indemnity, sheet.days) == (0, 4000, 0)
    assert (sheet.known_to, sheet.reasons) == (date(2026, 12, 31), ("unknown_rate",))


def test_nothing_is_unknown_when_it_was_paid_while_the_rate_was_known() -> None:
    sheet = interest("fr-b2b", 100_000, date(2026, 11, 30), date(2027, 2, 15), payments=[(date(2026, 12, 10), 100_000)])
    assert (sheet.days, sheet.principal, sheet.known_to, sheet.reasons) == (10, 0, None, ())
    assert sheet.interest > 0
    assert sheet.indemnity == 4000


def test_before_the_first_known_rate_nothing_is_counted() -> None:
    sheet = interest("fr-b2b", 100_000, date(2012, 6, 30), date(2014, 6, 30))
    assert (sheet.interest, sheet.indemnity) == (0, 0)
    assert (sheet.known_to, sheet.reasons) == (date(2012, 6, 30), ("unknown_rate",))


def test_a_contract_rate_needs_no_published_rate() -> None:
    sheet = interest("fr-b2b", 100_000, date(2026, 11, 30), date(2027, 2, 15), contract_rate="12")
    assert (sheet.days, sheet.reasons) == (77, ())
    assert sheet.segments[0].source.series == "contract"


def test_the_floor_is_looked_at_over_the_whole_delay() -> None:
    # 8 % was above the floor of the first half of 2026 (7.86) and is below the one of the second (8.25).
    assert interest("fr-b2b", 1000, date(2026, 3, 1), date(2026, 6, 30), contract_rate="8").floor is None
    sheet = interest("fr-b2b", 1000, date(2026, 3, 1), date(2026, 7, 1), contract_rate="8")
    assert sheet.floor == Decimal("8.25")
    # Legal interest was 0.04 % in 2013: even then a contract could not give up all of it.
    assert interest("fr-b2b", 1000, date(2013, 3, 1), date(2014, 7, 1), contract_rate="0").floor == Decimal("0.12")
    assert interest("fr-b2b", 1000, date(2003, 3, 1), date(2004, 7, 1), contract_rate="0").floor is None


def test_a_public_purchaser_keeps_the_rate_of_the_first_day_even_into_an_unknown_half_year() -> None:
    sheet = interest("fr-public", 100_000, date(2026, 12, 30), date(2027, 3, 31))
    assert [segment.rate for segment in sheet.segments] == [Decimal("10.40")]
    assert (sheet.days, sheet.reasons, sheet.indemnity) == (91, (), 4000)
    # Interest that starts on 1 January 2027 has no known rate, though the due date is in 2026.
    unknown = interest("fr-public", 100_000, date(2026, 12, 31), date(2027, 3, 31))
    assert (unknown.interest, unknown.known_to, unknown.reasons) == (0, date(2026, 12, 31), ("unknown_rate",))


def test_a_consumer_owes_nothing_before_the_notice_and_never_the_indemnity() -> None:
    due, on = date(2026, 2, 1), date(2026, 8, 31)
    without = interest("fr-b2c", 150_000, due, on)
    assert (without.interest, without.indemnity, without.reasons) == (0, 0, ("no_notice",))
    early = interest("fr-b2c", 150_000, due, on, notice_on=date(2026, 1, 10))
    assert early.segments[0].start == date(2026, 2, 2)
    later = interest("fr-b2c", 150_000, due, on, notice_on=date(2026, 9, 10))
    assert (later.interest, later.reasons) == (0, ())
    assert interest("fr-b2c", 150_000, due, due).reasons == ()


def test_a_notice_still_to_come_lacks_no_rate() -> None:
    sheet = interest("fr-b2c", 150_000, date(2027, 1, 15), date(2027, 3, 1), notice_on=date(2027, 6, 1))
    assert (sheet.interest, sheet.reasons, sheet.known_to) == (0, (), None)


def test_a_contract_rate_is_set_aside_where_the_regime_has_its_own() -> None:
    for regime in ("fr-b2c", "fr-c2c", "fr-public", "fr-judgment", "de-b2c"):
        sheet = interest(
            regime, 1000, date(2026, 2, 1), date(2026, 8, 31), contract_rate="1", notice_on=date(2026, 2, 1)
        )
        assert sheet.reasons == ("contract_rate_not_used",)


def test_what_arrives_after_the_day_is_not_known_on_the_day() -> None:
    due, on = date(2026, 2, 1), date(2026, 3, 1)
    plain = interest("fr-b2b", 90_000, due, on)
    assert interest("fr-b2b", 90_000, due, on, payments=[(date(2026, 3, 2), 90_000)]) == plain
    assert interest("fr-b2b", 90_000, due, on, credits=[(date(2026, 3, 2), 90_000)]) == plain


def test_a_payment_on_the_due_date_is_on_time_and_one_the_day_after_is_not() -> None:
    due, on = date(2026, 3, 31), date(2026, 5, 1)
    on_time = interest("fr-b2b", 90_000, due, on, payments=[(due, 90_000)])
    assert (on_time.interest, on_time.indemnity, on_time.days) == (0, 0, 0)
    late = interest("fr-b2b", 90_000, due, on, payments=[(due + timedelta(days=1), 90_000)])
    assert (late.interest, late.indemnity, late.days, late.principal) == (30, 4000, 1, 0)


def test_interest_and_indemnity_stay_due_when_the_principal_was_paid_late() -> None:
    sheet = interest("fr-b2b", 90_000, date(2026, 3, 31), date(2026, 9, 1), payments=[(date(2026, 6, 30), 90_000)])
    assert sheet.total == sheet.interest + 4000 > 4000


def test_a_credit_note_for_all_means_it_was_never_due() -> None:
    sheet = interest("fr-b2b", 90_000, date(2026, 3, 31), date(2026, 9, 1), credits=[(date(2026, 6, 30), 90_000)])
    assert (sheet.interest, sheet.indemnity, sheet.principal) == (0, 0, 0)


def test_what_is_paid_beyond_the_debt_is_kept_apart() -> None:
    due, on, paid = date(2026, 3, 31), date(2026, 9, 1), [(date(2026, 4, 30), 100_000)]
    assert interest("fr-b2b", 90_000, due, on, payments=paid).unapplied == 10_000
    first = interest("fr-b2b", 90_000, due, on, payments=paid, imputation="interest_first")
    assert (first.principal, first.interest) == (0, 0)
    assert first.unapplied == 10_000 - first.interest_paid


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"regime": "fr-b2x"}, ValueError, "use one of fr-b2b"),
        ({"amount": -1}, ValueError, "zero or more"),
        ({"amount": 10.5}, TypeError, "minor units"),
        ({"amount": True}, TypeError, "minor units"),
        ({"contract_rate": 8.25}, TypeError, "as text"),
        ({"contract_rate": "huit"}, ValueError, "write it like 8.25"),
        ({"contract_rate": "-1"}, ValueError, "zero or more"),
        ({"contract_rate": "NaN"}, ValueError, "zero or more"),
        ({"contract_rate": "8.25001"}, ValueError, "four decimals"),
        ({"payments": [(date(2026, 1, 2), -5)]}, ValueError, "the payment of 2026-01-02"),
        ({"imputation": "newest"}, ValueError, "principal_first"),
        ({"day_count": "30/360"}, ValueError, "fixed_365"),
        ({"credit_effect": "never"}, ValueError, "origin"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    given: dict[str, Any] = {"regime": "fr-b2b", "amount": 1000, "due": date(2026, 1, 1), "on": date(2026, 2, 1)}
    with pytest.raises(error, match=message):
        interest(**(given | change))


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    for code, texts in reason_texts().items():
        assert set(texts) == {"fr", "en"}, code
        assert "{" not in reason_text(code, "fr", known_to="31/12/2026", floor="8,25")
    assert "31/12/2026" in reason_text("unknown_rate", "fr", known_to="31/12/2026")


@given(REGIMES, AMOUNTS, DAYS)
def test_nothing_on_the_due_date(regime: str, amount: int, due: date) -> None:
    sheet = interest(regime, amount, due, due, notice_on=due)
    assert (sheet.interest, sheet.indemnity, sheet.days, sheet.reasons) == (0, 0, 0, ())


@given(REGIMES, AMOUNTS, st.tuples(DAYS, DAYS, DAYS).map(sorted), st.sampled_from(["fixed_365", "actual_actual"]))
def test_additive_over_adjoining_periods_before_rounding(
    regime: str, amount: int, days: list[date], day_count: Any
) -> None:
    due, middle, end = days
    whole = interest(regime, amount, due, end, notice_on=due, day_count=day_count)
    first = interest(regime, amount, due, middle, notice_on=due, day_count=day_count)
    later = [segment for segment in whole.segments if segment.end > middle]
    rest = sum(
        segment.interest * ((segment.end - max(segment.start - timedelta(days=1), middle)).days) / segment.days
        for segment in later
    )
    assert first.exact + rest == whole.exact
    if regime == "fr-b2b" and middle < end:
        # A floating rate does not remember when the delay began, so the rest is a worksheet of its own.
        assert interest(regime, amount, middle, end, day_count=day_count).exact == rest


@given(REGIMES, AMOUNTS, AMOUNTS, st.tuples(DAYS, DAYS, DAYS).map(sorted))
def test_monotone_in_time_and_in_balance(regime: str, amount: int, other: int, days: list[date]) -> None:
    due, middle, end = days
    low, high = sorted((amount, other))
    sheet = interest(regime, low, due, middle, notice_on=due)
    assert sheet.exact <= interest(regime, low, due, end, notice_on=due).exact
    assert sheet.exact <= interest(regime, high, due, middle, notice_on=due).exact


@given(REGIMES, AMOUNTS, AMOUNTS, DAYS, DAYS)
def test_a_balance_split_in_two_bears_the_same_interest_but_for_a_rounding(
    regime: str, one: int, other: int, due: date, on: date
) -> None:
    parts = [interest(regime, amount, due, on, notice_on=due) for amount in (one, other)]
    whole = interest(regime, one + other, due, on, notice_on=due)
    assert sum(part.exact for part in parts) == whole.exact
    assert abs(sum(part.interest for part in parts) - whole.interest) <= 1


@given(REGIMES, AMOUNTS, DAYS, DAYS)
def test_the_running_integral_gives_the_same_as_the_segments(regime: str, amount: int, due: date, on: date) -> None:
    rules = all_regimes()[regime]
    sheet = interest(regime, amount, due, on, notice_on=due)
    if on <= due or rules.fixed_at_start or rules.increase or rules.starts == "reminder":
        return
    weight = rules.rate.integral(on) - rules.rate.integral(due)
    assert sheet.exact * 365_000_000 == amount * weight


@given(AMOUNTS, DAYS, DAYS, st.lists(st.tuples(DAYS, AMOUNTS), max_size=4), st.booleans())
def test_money_is_neither_made_nor_lost(
    amount: int, due: date, on: date, payments: list[tuple[date, int]], interest_first: bool
) -> None:
    sheet = interest(
        "fr-b2b",
        amount,
        due,
        on,
        payments=payments,
        imputation="interest_first" if interest_first else "principal_first",
    )
    received = sum(paid for day, paid in payments if day <= on)
    assert amount - sheet.principal + sheet.interest_paid + sheet.unapplied == received
    assert min(sheet.principal, sheet.interest, sheet.interest_paid, sheet.unapplied) >= 0
