"""The columnar twin gives exactly what the worksheet gives, on random portfolios."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.law import Worksheet, all_regimes, interest
from encaisse.law.columnar import OPTIONAL, SCHEMA, accrue
from encaisse.law.errors import UnknownChoice, UnknownRegime
from encaisse.law.own import OwnPoint, using

# Half-years and the ends of what is known are where an off-by-one hides, so days near them come often.
EDGES = [date(year, month, 1) for year in (2005, 2009, 2013, 2015, 2024, 2026, 2027) for month in (1, 7)]
DAYS = st.dates(date(2012, 6, 1), date(2027, 12, 31)) | st.builds(
    lambda edge, days: edge + timedelta(days=days), st.sampled_from(EDGES), st.integers(-2, 2)
)
CHANGES = st.lists(st.tuples(DAYS, st.integers(0, 5_000_000)), max_size=3)


@dataclass(frozen=True)
class Receivable:
    regime: str
    amount: int
    due: date
    payments: list[tuple[date, int]]
    credits: list[tuple[date, int]]
    contract_rate: int | None
    notice_on: date | None
    stop_on: date | None
    category: Any
    below_floor: Any

    def worksheet(self, on: date, credit_effect: Any) -> Worksheet:
        rate = (
            None if self.contract_rate is None else f"{self.contract_rate // 10_000}.{self.contract_rate % 10_000:04}"
        )
        return interest(
            self.regime,
            self.amount,
            self.due,
            on,
            payments=self.payments,
            credits=self.credits,
            contract_rate=rate,
            notice_on=self.notice_on,
            credit_effect=credit_effect,
            stop_on=self.stop_on,
            category=self.category or "other",
            below_floor=self.below_floor or "contract",
        )

    def rows(self, number: int, on: date, credit_effect: str) -> list[dict[str, Any]]:
        """The stretches of balance as the ledger would give them, with the part each belongs to."""
        balance = self.amount
        changes = [(day, 1, amount) for day, amount in self.payments if day <= on]
        credits_seen = [(day, 0, amount) for day, amount in self.credits if day <= on]
        if credit_effect == "origin":
            balance -= sum(amount for _, _, amount in credits_seen)
        else:
            changes += credits_seen
        rows, start, part = [], self.due, 0
        common = {"id": number, "regime": self.regime, "due_on": self.due, "notice_on": self.notice_on}
        common |= {"contract_rate": self.contract_rate, "stop_on": self.stop_on}
        common |= {"category": self.category, "below_floor": self.below_floor}
        for day, is_payment, amount in sorted(changes, key=lambda change: (change[0], -change[1])):
            if day > start:
                rows.append(common | {"start_on": start, "end_on": day, "balance": balance, "part": part})
                start = day
            part += is_payment
            balance -= amount
        return [*rows, common | {"start_on": start, "end_on": None, "balance": balance, "part": part}]


RECEIVABLES = st.builds(
    Receivable,
    regime=st.sampled_from(sorted(all_regimes())),
    # Near the limits of the British bands too.
    amount=st.integers(0, 10**13) | st.sampled_from([99_999, 100_000, 999_999, 1_000_000]),
    due=DAYS,
    payments=CHANGES,
    credits=CHANGES,
    contract_rate=st.none() | st.integers(0, 300_000),
    notice_on=st.none() | DAYS,
    stop_on=st.none() | DAYS,
    category=st.sampled_from([None, "other", "individual"]),
    below_floor=st.sampled_from([None, "contract", "floor", "default"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(RECEIVABLES, min_size=1, max_size=12), DAYS, st.sampled_from(["origin", "date"]))
def test_equal_to_the_worksheet(receivables: list[Receivable], on: date, credit_effect: Any) -> None:
    rows = [row for number, each in enumerate(receivables) for row in each.rows(number, on, credit_effect)]
    frame = pl.DataFrame(rows, schema=SCHEMA | OPTIONAL)
    wanted = [each.worksheet(on, credit_effect) for each in receivables]
    found = accrue(frame, on)
    assert found["id"].to_list() == list(range(len(receivables)))
    assert found["interest"].to_list() == [sheet.interest for sheet in wanted]
    assert found["indemnity"].to_list() == [sheet.indemnity for sheet in wanted]
    assert found["known_to"].to_list() == [sheet.known_to for sheet in wanted]
    assert found["rate_unknown"].to_list() == ["unknown_rate" in sheet.reasons for sheet in wanted]
    if credit_effect == "origin":
        # Only payments change the balance, so each row is a part of its own.
        assert accrue(frame.drop("part"), on).equals(found)


def one(**changes: Any) -> pl.DataFrame:
    row = {
        "id": 7,
        "regime": "fr-b2b",
        "start_on": date(2025, 9, 30),
        "end_on": None,
        "balance": 120_000,
        "due_on": date(2025, 9, 30),
        "notice_on": None,
        "contract_rate": None,
    }
    return pl.DataFrame([row | changes], schema=SCHEMA)


def test_a_known_figure() -> None:
    found = accrue(one(), date(2025, 10, 30))
    assert found.rows() == [(7, 1198, 4000, False, None)]
    assert found.schema == {
        "id": pl.Int64,
        "interest": pl.Int64,
        "indemnity": pl.Int64,
        "rate_unknown": pl.Boolean,
        "known_to": pl.Date,
    }


def test_a_lazy_frame_comes_back_lazy() -> None:
    lazy = accrue(one().lazy(), date(2025, 10, 30))
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().equals(accrue(one(), date(2025, 10, 30)))


def test_products_do_not_overflow() -> None:
    """A hundred billion euros over ten years: in 64 bits the product would wrap around in silence."""
    due, on, amount = date(2016, 1, 1), date(2026, 1, 1), 10**13
    found = accrue(one(balance=amount, start_on=due, due_on=due), on)
    assert found["interest"].item() == interest("fr-b2b", amount, due, on).interest > 10**12


def test_a_choice_that_does_not_exist_is_named() -> None:
    frame = one(contract_rate=50_000).with_columns(below_floor=pl.lit("whatever"))
    with pytest.raises(UnknownChoice, match=r"use one of contract, floor, default"):
        accrue(frame, date(2025, 10, 30))


def test_a_choice_per_row_on_the_days_below_the_floor() -> None:
    due, on = date(2026, 2, 28), date(2026, 5, 29)
    rows = one(contract_rate=50_000, balance=400_000, start_on=due, due_on=due)
    choices = {"contract": 4932, "floor": 7752, "default": 11984}
    for choice, wanted in choices.items():
        assert accrue(rows.with_columns(below_floor=pl.lit(choice)), on)["interest"].item() == wanted
    assert accrue(rows, on)["interest"].item() == choices["contract"]


def test_a_judgment_bears_more_after_two_months_and_nothing_after_insolvency() -> None:
    due, on = date(2026, 1, 15), date(2026, 9, 30)
    rows = one(regime="fr-judgment", balance=300_000, start_on=due, due_on=due)
    assert accrue(rows, on)["interest"].item() == 13_832
    stopped = accrue(rows.with_columns(stop_on=pl.lit(date(2026, 3, 16))), on)
    assert stopped["interest"].item() == 1271  # the 59 days before the increase


def test_the_users_own_rates_count_inside_their_block_only() -> None:
    due, on = date(2026, 11, 30), date(2027, 2, 15)
    rows = one(start_on=due, due_on=due)
    point = OwnPoint("fr_b2b_default_penalty", date(2027, 1, 1), date(2027, 6, 30), Decimal("12.65"), "read by me")
    before = accrue(rows, on)
    with using([point]):
        own = accrue(rows, on)
        assert own["interest"].item() == interest("fr-b2b", 120_000, due, on).interest > before["interest"].item()
    assert own["rate_unknown"].to_list() == [False]
    assert accrue(rows, on).equals(before)


def test_a_rate_without_end_is_counted_for_a_long_time() -> None:
    due, on = date(1990, 1, 1), date(2090, 1, 1)
    found = accrue(one(regime="ch", start_on=due, due_on=due), on)
    assert found.row(0)[1:] == (interest("ch", 120_000, due, on).interest, 0, False, None)


def test_an_unknown_regime_is_named() -> None:
    for regime in ("fr-b2x", None):
        with pytest.raises(UnknownRegime, match=r"not known as a regime.*use one of fr-b2b"):
            accrue(one(regime=regime), date(2025, 10, 30))


def test_an_empty_frame_gives_an_empty_answer() -> None:
    assert accrue(pl.DataFrame(schema=SCHEMA), date(2025, 10, 30)).height == 0


def test_nothing_is_owed_on_a_negative_balance_or_before_the_due_date() -> None:
    on = date(2025, 10, 30)
    assert accrue(one(balance=-5), on).row(0)[1:4] == (0, 0, False)
    future = on + timedelta(days=3)
    assert accrue(one(due_on=future, start_on=future), on).row(0)[1:4] == (0, 0, False)
    # A stretch that begins before the due date bears interest from the due date only.
    assert accrue(one(start_on=date(2025, 1, 1)), on).row(0)[1] == 1198


def test_a_stretch_that_ends_by_the_due_date_was_never_late() -> None:
    due = date(2025, 9, 30)
    paid_early = one(start_on=date(2025, 9, 1), end_on=due)
    assert accrue(paid_early, date(2025, 10, 30)).row(0)[1:3] == (0, 0)
    assert accrue(one(start_on=date(2025, 9, 1), end_on=date(2025, 10, 1)), date(2025, 10, 30)).row(0)[2] == 4000


def test_a_notice_before_the_due_date_does_not_start_interest_before_it() -> None:
    notice, on = date(2025, 9, 1), date(2025, 12, 30)
    early = one(regime="fr-b2c", notice_on=notice, start_on=notice)
    assert (
        accrue(early, on)["interest"].item()
        == interest("fr-b2c", 120_000, date(2025, 9, 30), on, notice_on=notice).interest
    )


def test_exactly_half_a_cent_is_rounded_up() -> None:
    # 5.00 EUR at 36.5 % bears exactly half a cent a day.
    due, on = date(2025, 9, 30), date(2025, 10, 1)
    assert accrue(one(balance=500, contract_rate=365_000), on)["interest"].item() == 1
    assert interest("fr-b2b", 500, due, on, contract_rate="36.5").interest == 1
    assert accrue(one(balance=499, contract_rate=365_000), on)["interest"].item() == 0


@pytest.mark.parametrize(("due", "known"), [(date(2026, 12, 30), True), (date(2026, 12, 31), False)])
def test_a_public_purchaser_bears_the_rate_of_the_day_after_the_due_date(due: date, known: bool) -> None:
    on = date(2027, 2, 1)
    found = accrue(one(regime="fr-public", due_on=due, start_on=due), on)
    assert (found["interest"].item() > 0, found["rate_unknown"].item()) == (known, not known)
    turn = date(2026, 6, 30)  # interest starts on 1 July: 10.40 %, not the 10.15 % of the first half-year
    found = accrue(one(regime="fr-public", due_on=turn, start_on=turn), date(2026, 7, 30))
    assert found["interest"].item() == round(120_000 * 10.40 * 30 / 36_500)
