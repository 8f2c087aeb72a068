"""The columnar twin gives exactly what the worksheet gives, on random portfolios."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.law import Worksheet, interest
from encaisse.law.columnar import SCHEMA, accrue

# Half-years and the ends of what is known are where an off-by-one hides, so days near them come often.
EDGES = [date(year, month, 1) for year in (2013, 2015, 2024, 2026, 2027) for month in (1, 7)]
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
        common |= {"contract_rate": self.contract_rate}
        for day, is_payment, amount in sorted(changes, key=lambda change: (change[0], -change[1])):
            if day > start:
                rows.append(common | {"start_on": start, "end_on": day, "balance": balance, "part": part})
                start = day
            part += is_payment
            balance -= amount
        return [*rows, common | {"start_on": start, "end_on": None, "balance": balance, "part": part}]


RECEIVABLES = st.builds(
    Receivable,
    regime=st.sampled_from(["fr-b2b", "fr-b2c", "fr-public"]),
    amount=st.integers(0, 10**13),
    due=DAYS,
    payments=CHANGES,
    credits=CHANGES,
    contract_rate=st.none() | st.integers(0, 300_000),
    notice_on=st.none() | DAYS,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(RECEIVABLES, min_size=1, max_size=12), DAYS, st.sampled_from(["origin", "date"]))
def test_equal_to_the_worksheet(receivables: list[Receivable], on: date, credit_effect: Any) -> None:
    rows = [row for number, each in enumerate(receivables) for row in each.rows(number, on, credit_effect)]
    frame = pl.DataFrame(rows, schema=SCHEMA | {"part": pl.Int64()})
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


def test_an_unknown_regime_is_named() -> None:
    for regime in ("fr-b2x", None):
        with pytest.raises(ValueError, match=r"not known as a regime.*use one of fr-b2b"):
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
