"""Helpers that build the facts: suspensions, and what past actions left behind."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.engine import bundled
from encaisse.engine.facts import history, suspend, suspended_days
from encaisse.engine.strategy import Step, Strategy

DUE, DAY = date(2026, 2, 4), date(2026, 3, 1)
_COLUMNS = {
    "receivable": pl.Int64,
    "reason": pl.String,
    "from_on": pl.Date,
    "until_on": pl.Date,
    "amount": pl.Int64,
}
_LINES = {"case": pl.Int64, "receivable": pl.Int64, "day": pl.Date, "step": pl.String, "stage_days": pl.Int32}


def _debts(*numbers: int) -> pl.DataFrame:
    return pl.DataFrame({"receivable": numbers, "due_on": [DUE] * len(numbers)}, schema_overrides={"due_on": pl.Date})


def _suspensions(*rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row")


def test_no_suspension_leaves_all_free() -> None:
    frame = suspend(_debts(1, 2), _suspensions(), DAY)
    assert frame["blocked"].to_list() == [None, None]
    assert frame["withheld"].to_list() == frame["suspended_days"].to_list() == [0, 0]


def test_the_strongest_reason_is_told() -> None:
    rows = (1, "paused", DUE, None, None), (1, "disputed", DUE, None, None), (2, "promised", DUE, DAY, None)
    frame = suspend(_debts(1, 2), _suspensions(*rows), DAY)
    assert frame["blocked"].to_list() == ["disputed", None]
    assert frame["suspended_days"].to_list() == [25, 25]


def test_until_is_the_first_free_day_and_the_future_does_not_count() -> None:
    rows = (
        (1, "paused", date(2026, 2, 27), DAY, None),
        (2, "paused", DAY, None, None),
        (3, "paused", date(2027, 1, 1), None, None),
    )
    frame = suspend(_debts(1, 2, 3), _suspensions(*rows), DAY)
    assert frame["blocked"].to_list() == [None, "paused", None]
    assert frame["suspended_days"].to_list() == [2, 0, 0]


def test_parts_are_withheld_and_leave_the_clock_running() -> None:
    rows = (1, "disputed", DUE, None, 300), (1, "disputed", DUE, None, 200), (1, "disputed", DUE, date(2026, 2, 9), 999)
    frame = suspend(_debts(1), _suspensions(*rows), DAY)
    assert frame.row(0) == (1, None, 500, 0)


@given(st.lists(st.tuples(st.integers(-20, 40), st.none() | st.integers(0, 20)), max_size=6), st.integers(-5, 40))
@settings(max_examples=60, deadline=None)
def test_suspended_days_are_the_union_of_the_periods(periods: list[tuple[int, int | None]], later: int) -> None:
    day = DUE + timedelta(days=later)
    rows = [
        (
            1,
            "paused",
            DUE + timedelta(days=start),
            None if length is None else DUE + timedelta(days=start + length),
            None,
        )
        for start, length in periods
    ]
    frame = suspended_days(_debts(1), _suspensions(*rows), day)
    counted = sum(
        any(row[2] <= one and (row[3] is None or one < row[3]) for row in rows)
        for one in (DUE + timedelta(days=offset) for offset in range(max(later, 0)))
    )
    assert (frame["suspended_days"].to_list() or [0]) == [counted]


def _history(*lines: tuple[Any, ...], strategies: list[Strategy] | None = None, strategy: int = 0) -> Any:
    frame = pl.DataFrame(lines, schema=_LINES, orient="row")
    cases = pl.DataFrame({"case": [7], "strategy": [strategy]})
    return history(frame, frame.select("case", "day"), cases, strategies or [bundled("standard")])


def test_history_without_actions() -> None:
    receivables, cases = _history()
    assert receivables.is_empty()
    assert cases.to_dicts() == [{"case": 7, "last_contact_on": None, "last_step_on": None}]


def test_history_keeps_the_highest_stage_the_courtesies_and_the_last_contact() -> None:
    receivables, cases = _history(
        (7, 1, date(2026, 1, 13), "receipt-check", None),
        (7, 1, date(2026, 1, 30), "pre-due", None),
        (7, 1, date(2026, 2, 6), "mail", 2),
        (7, 1, date(2026, 3, 6), "notice", 30),
        (7, 2, date(2026, 3, 6), "notice", None),
    )
    assert receivables.to_dicts() == [
        {"receivable": 1, "stage_days": 30, "done": 0b11},
        {"receivable": 2, "stage_days": None, "done": 0},
    ]
    assert cases.to_dicts() == [{"case": 7, "last_contact_on": date(2026, 3, 6), "last_step_on": date(2026, 3, 6)}]


def test_history_under_a_strategy_changed_in_mid_course() -> None:
    short = Strategy("short", (Step("hello", days=-9), Step("pre-due", days=-2), Step("end", days=10)))
    lines = (7, 1, date(2026, 1, 30), "pre-due", None), (7, 1, date(2026, 2, 20), "firm", 16)
    receivables, cases = _history(*lines, strategies=[bundled("standard"), short], strategy=1)
    assert receivables.to_dicts() == [{"receivable": 1, "stage_days": 16, "done": 0b10}]
    assert cases["last_step_on"].to_list() == [date(2026, 2, 20)]


def test_any_contact_counts_for_the_cap() -> None:
    contacts = pl.DataFrame({"case": [7, 7], "day": [date(2026, 2, 1), date(2026, 2, 9)]})
    lines = pl.DataFrame([], schema=_LINES)
    _, cases = history(lines, contacts, pl.DataFrame({"case": [7], "strategy": [0]}), [bundled("standard")])
    assert cases["last_contact_on"].to_list() == [date(2026, 2, 9)]
