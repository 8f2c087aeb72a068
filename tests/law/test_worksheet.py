"""What the worksheet promises beside the worked examples: unknown rates, notices, bad input, and its properties."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from encaisse.law import interest, reason_text
from encaisse.law.errors import (
    BadDay,
    BadRate,
    CurrenciesDiffer,
    InexactAmount,
    InexactRate,
    NegativeAmount,
    UnknownChoice,
    UnknownRegime,
)
from encaisse.law.indemnity import lump_sum
from encaisse.law.reasons import reason_texts
from encaisse.money import Money


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


def test_a_day_before_the_due_date_is_named_and_owes_nothing() -> None:
    sheet = interest("fr-b2b", 90_000, date(2026, 3, 31), date(2026, 3, 30))
    assert (sheet.interest, sheet.indemnity, sheet.days, sheet.reasons) == (0, 0, 0, ("not_due_yet",))


def test_legal_interest_of_a_private_creditor() -> None:
    # Vector V18: category of individual creditors.
    notice, on = date(2026, 3, 10), date(2026, 8, 31)
    sheet = interest("fr-c2c", 150_000, notice, on, notice_on=notice)
    assert (sheet.interest, sheet.indemnity) == (4813, 0)
    assert interest("fr-b2c", 150_000, notice, on, notice_on=notice, category="individual").interest == 4813


def test_a_judgment_bears_five_points_more_once_two_months_have_passed() -> None:
    # Vector V19.
    sheet = interest("fr-judgment", 300_000, date(2026, 1, 15), date(2026, 9, 30))
    assert (sheet.interest, sheet.increase_from) == (13_832, date(2026, 3, 16))
    assert [segment.rate for segment in sheet.segments] == [Decimal("2.62"), Decimal("7.62"), Decimal("7.75")]
    private = interest("fr-judgment", 300_000, date(2026, 1, 15), date(2026, 9, 30), category="individual")
    assert [segment.rate for segment in private.segments] == [Decimal("6.67"), Decimal("11.67"), Decimal("11.84")]
    # Two months from 31 December end on the last day of February.
    assert interest("fr-judgment", 1, date(2025, 12, 31), date(2026, 9, 30)).increase_from == date(2026, 3, 1)


def test_interest_of_full_years_bears_interest_only_when_asked() -> None:
    # Vector V22.
    due, on = date(2024, 11, 21), date(2026, 11, 21)
    plain = interest("fr-b2b", 1_000_000, due, on, contract_rate="12")
    assert (plain.interest, plain.capitalised, "capitalised" in plain.reasons) == (240_000, 0, False)
    sheet = interest("fr-b2b", 1_000_000, due, on, contract_rate="12", capitalise=True)
    assert (sheet.interest, sheet.capitalised, "capitalised" in sheet.reasons) == (254_400, 120_000, True)
    assert [segment.base for segment in sheet.segments] == [1_000_000, 1_120_000]
    assert [(step.on, step.kind, step.amount) for step in sheet.steps] == [
        (date(2025, 11, 21), "capitalisation", 120_000),
        (on, "end", 0),
    ]
    assert not interest("fr-b2b", 1_000_000, due, date(2025, 11, 21), contract_rate="12", capitalise=True).capitalised


def test_what_has_not_been_due_for_a_year_is_not_capitalised() -> None:
    """Interest paid off in between starts a new year: only what is due for a full year may bear interest."""
    due, paid, on = date(2023, 1, 31), date(2023, 12, 31), date(2025, 6, 30)
    sheet = interest(
        "fr-b2b",
        1_000_000,
        due,
        on,
        contract_rate="12",
        capitalise=True,
        payments=[(paid, 200_000)],
        imputation="interest_first",
    )
    assert [step.on for step in sheet.steps if step.kind == "capitalisation"] == [date(2024, 12, 31)]


def test_a_payment_on_the_day_the_year_ends_is_not_capitalised() -> None:
    due, day = date(2023, 1, 31), date(2024, 1, 31)
    paid = interest(
        "fr-b2b",
        1_000_000,
        due,
        date(2024, 6, 30),
        contract_rate="12",
        capitalise=True,
        payments=[(day, 120_000)],
        imputation="interest_first",
    )
    assert paid.capitalised == 0
    assert paid.interest_paid == 120_000


def test_an_opening_judgment_stops_interest_the_day_before() -> None:
    due, opened, on = date(2026, 1, 31), date(2026, 4, 15), date(2026, 9, 30)
    sheet = interest("fr-b2b", 600_000, due, on, stop_on=opened)
    until = interest("fr-b2b", 600_000, due, date(2026, 4, 14))
    assert sheet.segments == until.segments
    assert (sheet.interest, sheet.indemnity, sheet.reasons) == (until.interest, 4000, ("interest_stopped",))
    # What fell due once the law forbade to pay bears neither interest nor the fixed sum (L441-10 II).
    late = interest("fr-b2b", 600_000, opened, on, stop_on=opened)
    assert (late.interest, late.indemnity) == (0, 0)


@pytest.mark.parametrize(("choice", "wanted"), [("contract", 4932), ("floor", 7752), ("default", 11_984)])
def test_a_person_chooses_what_replaces_a_rate_below_the_floor(choice: Any, wanted: int) -> None:
    # Vector V16: whether a void clause leads to the floor or to the default rate is not settled.
    sheet = interest("fr-b2b", 400_000, date(2026, 2, 28), date(2026, 5, 29), contract_rate="5", below_floor=choice)
    assert (sheet.interest, sheet.floor) == (wanted, Decimal("7.86"))
    assert ("below_floor_replaced" in sheet.reasons) == (choice != "contract")


def test_only_the_days_below_the_floor_are_replaced() -> None:
    sheet = interest("fr-b2b", 400_000, date(2026, 5, 31), date(2026, 7, 31), contract_rate="8", below_floor="floor")
    assert [segment.rate for segment in sheet.segments] == [Decimal(8), Decimal("8.25")]
    assert [segment.source.series for segment in sheet.segments] == ["contract", "fr_legal_interest_other"]
    after = interest("fr-b2b", 400_000, date(2026, 5, 31), date(2027, 7, 31), contract_rate="8", below_floor="floor")
    assert (after.known_to, after.segments[-1].end) == (date(2026, 12, 31), date(2026, 12, 31))


def test_a_belgian_consumer_pays_after_the_reminder_and_never_above_the_ceiling() -> None:
    due, reminder, on = date(2026, 3, 1), date(2026, 4, 2), date(2026, 5, 22)
    assert interest("be-b2c", 100_000, due, on).reasons == ("no_notice",)
    sheet = interest("be-b2c", 100_000, due, on, notice_on=reminder)
    assert (sheet.segments[0].start, sheet.segments[0].rate) == (date(2026, 4, 23), Decimal("4.50"))
    capped = interest("be-b2c", 100_000, due, on, notice_on=reminder, contract_rate="12")
    assert capped.reasons == ("contract_rate_above_ceiling",)
    assert (capped.segments[0].rate, capped.indemnity) == (Decimal("10.5"), 0)
    assert interest("be-b2c", 100_000, due, on, notice_on=reminder, contract_rate="6").reasons == ()


def test_the_united_kingdom_fixes_the_rate_and_the_sum() -> None:
    # Vectors V24 (published by GOV.UK) and V25.
    sheet = interest("uk", 1_200_000, date(2025, 9, 1), date(2026, 10, 8))
    assert (sheet.days, sheet.interest, sheet.indemnity, sheet.currency) == (402, 161_901, 10_000, "GBP")
    due, on = date(2012, 3, 1), date(2012, 4, 20)
    assert interest("uk", 100_000, due, on).interest == 1164
    assert interest("uk", 100_000, due, on, rounding="daily").interest == 1150
    assert interest("uk", 100_000, due, on, contract_rate="8.5").reasons == ("contract_remedy",)


@pytest.mark.parametrize(
    ("regime", "amount", "due", "on", "interest_due"),
    [
        ("de-b2b", 1_000_000, date(2026, 5, 31), date(2026, 7, 31), 17_376),  # vector V26
        ("be-b2b", 350_000, date(2024, 11, 30), date(2025, 8, 31), 29_918),  # vector V28
        ("de-b2c", 1_000_000, date(2026, 5, 31), date(2026, 7, 31), 10_691),
        ("ch", 1_000_000, date(2025, 12, 31), date(2026, 12, 31), 50_000),
        ("es-b2b", 1_000_000, date(2025, 12, 31), date(2026, 6, 30), 50_333),
        ("nl-b2b", 1_000_000, date(2024, 6, 30), date(2024, 12, 31), 61_753),
    ],
)
def test_the_neighbours(regime: str, amount: int, due: date, on: date, interest_due: int) -> None:
    sheet = interest(regime, amount, due, on)
    assert sheet.interest == interest_due
    assert sheet.indemnity == lump_sum(regime, amount, due)


def test_several_payments_are_shown_step_by_step() -> None:
    sheet = interest(
        "fr-b2b",
        600_000,
        date(2026, 1, 31),
        date(2026, 9, 30),
        payments=[(date(2026, 7, 1), 100_000), (date(2026, 4, 1), 250_000)],
        imputation="interest_first",
    )
    assert [(step.on, step.kind, step.days) for step in sheet.steps] == [
        (date(2026, 4, 1), "payment", 60),
        (date(2026, 7, 1), "payment", 91),
        (date(2026, 9, 30), "end", 91),
    ]
    first, second, end = sheet.steps
    assert (first.to_interest, first.to_principal, first.principal_left, first.interest_left) == (
        11_984,
        238_016,
        361_984,
        0,
    )
    assert second.to_interest == second.accrued
    assert (end.principal_left, end.interest_left) == (sheet.principal, sheet.interest)


def test_money_of_one_currency_is_taken_as_it_is_and_two_are_refused() -> None:
    due, on = date(2026, 1, 31), date(2026, 4, 1)
    sheet = interest("fr-b2b", Money(600_000, "EUR"), due, on, payments=[(on, Money(100, "EUR"))])
    assert sheet == interest("fr-b2b", 600_000, due, on, payments=[(on, 100)])
    dollars = interest("fr-b2b", Money(600_000, "USD"), due, on)
    assert (dollars.interest, dollars.currency, dollars.indemnity_currency) == (11_984, "USD", "EUR")
    with pytest.raises(CurrenciesDiffer, match="state them apart"):
        _ = dollars.total
    with pytest.raises(CurrenciesDiffer, match="convert it first"):
        interest("fr-b2b", Money(600_000, "EUR"), due, on, payments=[(on, Money(100, "GBP"))])
    with pytest.raises(CurrenciesDiffer, match="one currency"):
        interest("fr-b2b", Money(600_000, "EUR"), due, on, currency="GBP")
    assert interest("uk", 600_000, due, on, currency="EUR").reasons == ("fixed_sum_currency",)


def test_how_sure_the_figure_is() -> None:
    assert interest("fr-b2b", 1000, date(2026, 5, 31), date(2026, 6, 30)).confidence == "sure"
    notice = date(2026, 5, 31)
    assert interest("fr-b2c", 1000, notice, date(2026, 6, 30), notice_on=notice).confidence == "sure"
    assert interest("fr-b2c", 1000, notice, date(2026, 7, 1), notice_on=notice).confidence == "probable"
    assert interest("fr-b2c", 1000, notice, notice, notice_on=notice).confidence == "sure"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"regime": "fr-b2x"}, UnknownRegime, "use one of fr-b2b"),
        ({"amount": -1}, NegativeAmount, "zero or more"),
        ({"amount": Money(-1)}, NegativeAmount, "zero or more"),
        ({"amount": 10.5}, InexactAmount, "minor units"),
        ({"amount": True}, InexactAmount, "minor units"),
        ({"contract_rate": 8.25}, InexactRate, "as text"),
        ({"contract_rate": True}, InexactRate, "as text"),
        ({"contract_rate": "huit"}, BadRate, "write it like 8.25"),
        ({"contract_rate": "-1"}, BadRate, "zero or more"),
        ({"contract_rate": "NaN"}, BadRate, "zero or more"),
        ({"contract_rate": "8.25001"}, BadRate, "four decimals"),
        ({"payments": [(date(2026, 1, 2), -5)]}, NegativeAmount, "the payment of 2026-01-02"),
        ({"credits": [(date(2026, 1, 2), "5")]}, InexactAmount, "the credit of 2026-01-02"),
        ({"imputation": "newest"}, UnknownChoice, "principal_first"),
        ({"day_count": "30/360"}, UnknownChoice, "fixed_365"),
        ({"credit_effect": "never"}, UnknownChoice, "origin"),
        ({"below_floor": "ceiling"}, UnknownChoice, "contract, floor, default"),
        ({"category": "merchant"}, UnknownChoice, "other, individual"),
        ({"rounding": "monthly"}, UnknownChoice, "exact, daily"),
        ({"due": "2026-01-01"}, BadDay, "due is a day"),
        ({"on": datetime(2026, 1, 1, 12, 0)}, BadDay, "on is a day"),
        ({"stop_on": 5}, BadDay, "stop_on is a day"),
        ({"due": date(202, 6, 1)}, BadDay, "due is 0202-06-01: check it"),
        ({"on": date.max}, BadDay, "on is 9999-12-31: check it"),
        ({"payments": [("2026-01-02", 5)]}, BadDay, "the day of a payment is a day"),
        ({"currency": "euro"}, ValueError, "euro"),
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
