"""Single rules of the decision, and what ``decide`` does with odd facts."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import polars as pl
import pytest

from encaisse.engine import bundled, decide
from encaisse.engine.chase import day_number, working_days
from encaisse.engine.decide import Decision
from encaisse.engine.reasons import BLOCKING, NO_ACTION, NOT_CHASEABLE
from encaisse.engine.strategy import Step, Strategy
from tests.engine.facts_maker import debt, frame

TUESDAY = date(2026, 2, 10)
STANDARD = bundled("standard")


def _decide(*rows: dict[str, Any], day: date = TUESDAY, strategy: Strategy = STANDARD, **limits: int) -> Decision:
    return decide(frame(*rows), [strategy], day, regions=["FR", "FR-AM"], **limits)


def _verdict(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return _decide(*rows, **more).verdicts.row(0, named=True)


def _late(days: int, receivable: int = 1, **values: Any) -> dict[str, Any]:
    return debt(receivable, TUESDAY - timedelta(days=days), **values)


def test_a_calendar_of_no_region_leaves_a_constant_day_as_it_is() -> None:
    """Polars looks a constant day up even where no case is left, such as after a customer's last debt was paid."""
    none = working_days(("FR",), (), TUESDAY, 30)
    for later in (0, 29, 500):
        assert pl.select(none.next(pl.lit(day_number(TUESDAY) + later))).item() == day_number(TUESDAY) + later


def test_empty_facts_give_empty_frames() -> None:
    decision = _decide()
    assert len(decision.verdicts) == len(decision.lines) == 0
    assert decide(frame(), [], TUESDAY, regions=[]).verdicts.is_empty()


def test_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="blocked"):
        decide(frame(_late(3)).drop("blocked"), [STANDARD], TUESDAY, regions=["FR"])


def test_unknown_block_is_named() -> None:
    with pytest.raises(ValueError, match="on_the_moon"):
        _decide(_late(3, blocked="on_the_moon"))


def test_unsorted_facts_give_the_same_as_sorted_ones() -> None:
    rows = [_late(40, 2, case=2), _late(3, 1, case=1), _late(50, 4, case=2), _late(5, 3, case=1)]
    straight = sorted(rows, key=lambda row: (row["case"], row["due_on"], row["receivable"]))
    assert _decide(*rows).verdicts.equals(_decide(*straight).verdicts)
    assert _decide(*rows).lines.equals(_decide(*straight).lines)


def test_a_step_carries_its_figures() -> None:
    verdict = _verdict(
        _late(3, 1, interest=120, indemnity=4000), _late(2, 2, open=50_000, interest=30, rate_unknown=True)
    )
    assert verdict["step"] == "mail"
    assert verdict["channel"] == "email"
    assert verdict["reason"] is None
    assert verdict["listed"] == [1, 2]
    assert (verdict["principal"], verdict["interest"], verdict["indemnity"]) == (150_000, 150, 4000)
    assert verdict["rate_unknown"] is True
    assert verdict["oldest_due"] == TUESDAY - timedelta(days=3)
    assert (verdict["days_late"], verdict["late_count"]) == (3, 2)
    assert verdict["next_on"] == TUESDAY


def test_the_first_reachable_channel_is_used() -> None:
    assert _verdict(_late(3, reach=2))["channel"] == "letter"


@pytest.mark.parametrize("reason", BLOCKING)
def test_blocked_receivable_is_silent_with_its_reason(reason: str) -> None:
    decision = _decide(_late(20, blocked=reason))
    verdict = decision.verdicts.row(0, named=True)
    assert (verdict["step"], verdict["reason"], verdict["next_on"]) == (None, reason, None)
    assert decision.lines["reason"].to_list() == [reason]
    assert verdict["overdue_all"] == 100_000
    assert verdict["overdue"] == 0


def _some_of_each_reason() -> dict[str, dict[str, Any]]:
    """One verdict for each reason, by what brings it about."""
    contacted = {"last_contact_on": TUESDAY - timedelta(days=3)}
    done: dict[str, Any] = {"stage_days": 30, "last_step_on": TUESDAY - timedelta(days=8)}
    return {
        "nothing_owed": _verdict(_late(20, open=0)),
        "covered_by_credit": _verdict(_late(20, credit=100_000)),
        "not_yet": _verdict(_late(1)),
        "case_further_on": _verdict(_late(17, 1, stage_days=16), _late(4, 2)),
        "below_minimum": _verdict(_late(3, minimum=100_001)),
        "contact_cap": _verdict(_late(3, **contacted)),
        "quiet_day": _verdict(_late(3), day=date(2026, 2, 14)),
        "no_reachable_contact": _verdict(_late(3, reach=8)),
        "stale_books": _verdict(_late(3, stale=True)),
        "awaiting_approval": _verdict(_late(3, awaiting=True)),
        "strategy_finished": _verdict(_late(40, **done)),
    } | {reason: _verdict(_late(20, blocked=reason)) for reason in BLOCKING}


def test_every_reason_of_the_closed_lists_exists() -> None:
    some = _some_of_each_reason()
    assert {name: verdict["reason"] for name, verdict in some.items()} == {name: name for name in some}
    assert set(some) == set(NOT_CHASEABLE) | set(NO_ACTION)


def test_reasons_that_wait_say_until_when() -> None:
    some = _some_of_each_reason()
    assert some["contact_cap"]["next_on"] == TUESDAY + timedelta(days=4 + 2)  # the fourth day is a Saturday
    assert some["quiet_day"]["next_on"] == date(2026, 2, 16)
    assert some["not_yet"]["next_on"] == TUESDAY + timedelta(days=1)
    assert some["awaiting_approval"]["next_on"] is None
    assert some["strategy_finished"]["next_on"] is None


def test_a_finished_case_says_when_a_younger_one_will_call_again() -> None:
    last = TUESDAY - timedelta(days=8)
    old = {"stage_days": 30, "last_step_on": last, "last_contact_on": last}
    verdict = _verdict(_late(40, 1, **old), _late(29, 2, **old | {"stage_days": None}))
    assert verdict["reason"] == "strategy_finished"
    assert (verdict["next_on"], verdict["next_step"]) == (last + timedelta(days=30), "notice")


def test_late_ones_speak_first_when_nothing_may_be_chased() -> None:
    rows = _late(3, 1, blocked="paused"), debt(2, TUESDAY + timedelta(days=20), blocked="disputed")
    assert _verdict(*rows)["reason"] == "paused"


def test_disputed_part_is_left_out_and_the_whole_is_disputed() -> None:
    decision = _decide(_late(3, withheld=40_000))
    assert decision.verdicts["principal"].to_list() == [60_000]
    assert decision.lines["chaseable"].to_list() == [60_000]
    assert _verdict(_late(3, withheld=100_000))["reason"] == "disputed"


def test_credit_covers_the_oldest_first_and_never_what_is_blocked() -> None:
    rows = _late(9, 1, credit=120_000), _late(5, 2, blocked="disputed", credit=120_000), _late(3, 3, credit=120_000)
    decision = _decide(*rows)
    assert decision.lines["chaseable"].to_list() == [0, 0, 80_000]
    assert decision.lines["reason"].to_list() == ["covered_by_credit", "disputed", None]
    assert decision.verdicts["listed"].to_list() == [[3]]


def test_credit_of_one_case_does_not_reach_the_next() -> None:
    rows = _late(9, 1, credit=500_000), _late(9, 2, case=2), _late(9, 3, case=3, credit=20_000)
    assert _decide(*rows).lines["chaseable"].to_list() == [0, 100_000, 80_000]


def test_two_strategies_in_one_frame() -> None:
    other = Strategy("other", (Step("word", days=1), Step("louder", days=5)))
    facts = frame(_late(3, 1), _late(3, 2, case=2, strategy=1), _late(6, 3, case=3, strategy=1, stage_days=1))
    verdicts = decide(facts, [STANDARD, other], TUESDAY, regions=["FR"]).verdicts
    assert verdicts["step"].to_list() == ["mail", "word", "louder"]
    assert verdicts["step_index"].to_list() == [2, 0, 1]


def test_a_strategy_of_courtesies_only_is_finished_after_the_due_date() -> None:
    early = Strategy("early", (Step("before", days=-5),))
    assert _verdict(_late(3), strategy=early)["reason"] == "strategy_finished"
    assert _verdict(debt(1, TUESDAY + timedelta(days=2)), strategy=early)["step"] == "before"


def test_large_amounts_do_not_overflow() -> None:
    rows = [_late(20, number, open=10**15) for number in range(1, 6)]
    assert _verdict(*rows)["principal"] == 5 * 10**15


def test_far_dates_are_decided_all_the_same() -> None:
    rows = debt(1, date(2190, 1, 1), issued_on=TUESDAY), debt(2, date(1971, 1, 1), case=2)
    assert _decide(*rows).verdicts["reason"].to_list() == ["not_yet", None]


def test_next_action_comes_on_next_on() -> None:
    """Going on day by day without any event, a single receivable acts exactly on the day that was announced."""
    plans = [STANDARD, bundled("courteous"), bundled("consumer"), bundled("public-body")]
    amounts = [100_000, 40_000, 9_000, 250_000]
    rows = [
        _late(days_late, case, case=case, strategy=number, open=amounts[number], region=number % 2)
        for case, (days_late, number) in enumerate(product([-40, -6, -2, 0, 1, 8, 15, 31, 200], range(4)))
    ]

    def on(day: date) -> Decision:
        return decide(frame(*rows), plans, day, regions=["FR", "FR-AM"])

    first = on(TUESDAY)
    stages = dict(first.lines.select("receivable", "stage_days").iter_rows())
    for case, step in first.verdicts.select("case", "step").iter_rows():
        if step is not None:
            done = (1 << len(plans[rows[case]["strategy"]].courtesies)) - 1
            rows[case] |= {"last_contact_on": TUESDAY, "stage_days": stages[case], "done": done}
    announced = {one["case"]: one for one in on(TUESDAY).verdicts.iter_rows(named=True)}
    last_days = {one["next_on"] - timedelta(days=before) for one in announced.values() for before in range(6)}
    for day in sorted({TUESDAY} | {day for day in last_days if day > TUESDAY}):
        for verdict in on(day).verdicts.iter_rows(named=True):
            wanted = announced[verdict["case"]]
            if day < wanted["next_on"]:
                assert verdict["step"] is None, (rows[verdict["case"]], day)
            elif day == wanted["next_on"]:
                assert verdict["step"] == wanted["next_step"] is not None, (rows[verdict["case"]], day)


def test_lines_keep_to_the_contract() -> None:
    decision = _decide(_late(3))
    expected = ("case", "receivable", "reason", "chaseable", "listed", "stage_days", "stage", "overdue", "trigger_on")
    assert decision.lines.columns == list(expected)
    assert decision.verdicts.schema["listed"] == pl.List(pl.Int64)
    assert decision.verdicts.schema["next_on"] == pl.Date
