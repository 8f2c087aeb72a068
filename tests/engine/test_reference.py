"""The engine and the slow reference give the same verdicts on random portfolios."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaisse.engine.decide import decide
from encaisse.engine.facts import FACTS
from encaisse.engine.reasons import BLOCKING, CHANNELS, KINDS
from encaisse.engine.strategy import Step, Strategy
from tests.engine import reference

DAY = date(2026, 4, 2)  # before a long Easter week-end in Alsace-Moselle
REGIONS = ("FR", "FR-AM")


def _conditions() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "least": st.sampled_from([0, 300, 900]),
            "min_age": st.sampled_from([0, 12, 35]),
            "min_count": st.integers(0, 3),
            "kinds": st.just(("company",)),
            "profiles": st.just(("evasive",)),
            "tags": st.just(("vip", "big")),
            "channel": st.sampled_from(["phone", "email"]),
        },
    )


@st.composite
def strategies(draw: st.DrawFn) -> Strategy:
    """A strategy with up to three courtesies, which wait alike, and up to five ladder steps."""
    channels = draw(st.sampled_from([("email",), ("email", "letter"), ("phone",)]))
    gap = draw(st.integers(0, 9))
    origins = draw(st.lists(st.tuples(st.sampled_from(["issue", "due"]), st.integers(1, 12)), max_size=3))
    steps = [
        Step(
            f"early-{number}",
            origin=origin,
            days=days if origin == "issue" else -days,
            gap=gap,
            channels=channels,
            **draw(_conditions()),
        )
        for number, (origin, days) in enumerate(origins)
    ]
    offsets = sorted(draw(st.sets(st.integers(0, 40), max_size=5)))
    steps += [
        Step(
            f"step-{number}",
            days=days,
            gap=draw(st.integers(0, 9)),
            scope=draw(st.sampled_from(["overdue", "eligible"])),
            channels=draw(st.sampled_from([("email",), ("phone",), ("letter", "email")])),
            **draw(_conditions()),
        )
        for number, days in enumerate(offsets)
    ]
    return Strategy("drawn", tuple(steps) or (Step("only"),))


def _days(least: int, most: int) -> st.SearchStrategy[date]:
    return st.integers(least, most).map(lambda days: DAY + timedelta(days=days))


@st.composite
def portfolios(draw: st.DrawFn) -> tuple[list[Strategy], list[dict[str, Any]]]:
    """Strategies, and the rows of one to four cases."""
    plans = draw(st.lists(strategies(), min_size=1, max_size=3))
    rows: list[dict[str, Any]] = []
    for case in range(draw(st.integers(1, 4))):
        shared = {
            "case": case * 10 + 3,
            "strategy": draw(st.integers(0, len(plans) - 1)),
            "credit": draw(st.sampled_from([0, 0, 0, 250, 700, -50])),
            "last_contact_on": draw(st.none() | _days(-20, 0)),
            "last_step_on": draw(st.none() | _days(-45, 0)),
            "awaiting": draw(st.sampled_from([False, False, False, True])),
            "stale": draw(st.sampled_from([False, False, False, True])),
            "kind": draw(st.sampled_from(KINDS)),
            "profile": draw(st.sampled_from([None, "evasive", "reliable"])),
            "tags": draw(st.sampled_from([None, [], ["vip"], ["other", "big"]])),
            "reach": draw(st.sampled_from([0, CHANNELS["email"], CHANNELS["phone"], 11, 31])),
            "region": draw(st.integers(0, 1)),
            "minimum": draw(st.sampled_from([0, 0, 500])),
        }
        for number in range(draw(st.integers(1, 4))):
            due = draw(_days(-60, 30))
            stage = draw(st.none() | st.integers(0, 45)) if due < DAY or draw(st.booleans()) else None
            rows.append(
                shared
                | {
                    "receivable": case * 100 + number,
                    "due_on": due,
                    "issued_on": due - timedelta(days=draw(st.integers(0, 30))),
                    "open": draw(st.integers(-100, 1000)),
                    "withheld": draw(st.sampled_from([0, 0, 0, 200])),
                    "blocked": draw(st.sampled_from([None] * 8 + list(BLOCKING))),
                    "suspended_days": draw(st.integers(0, 9)) if due < DAY else 0,
                    "stage_days": stage,
                    "done": draw(st.integers(0, 7)),
                    "interest": draw(st.integers(0, 50)),
                    "indemnity": draw(st.sampled_from([0, 4000])),
                    "rate_unknown": draw(st.booleans()),
                }
            )
    return plans, rows


@given(portfolios(), st.integers(0, 6), st.integers(0, 10), st.integers(0, 40))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_same_verdicts(
    portfolio: tuple[list[Strategy], list[dict[str, Any]]], ahead: int, cap_days: int, repeat_days: int
) -> None:
    plans, rows = portfolio
    day = DAY + timedelta(days=ahead)
    limits = {"cap_days": cap_days, "repeat_days": repeat_days}
    facts = pl.DataFrame([[row[name] for name in FACTS] for row in rows], schema=FACTS, orient="row")
    decision = decide(facts, plans, day, regions=REGIONS, **limits)
    verdicts = {verdict["case"]: verdict for verdict in decision.verdicts.iter_rows(named=True)}
    lines = {line["receivable"]: line for line in decision.lines.iter_rows(named=True)}
    for case in dict.fromkeys(row["case"] for row in rows):
        mine = [dict(row) for row in rows if row["case"] == case]
        plan = plans[mine[0]["strategy"]]
        wanted = reference.decide_case(mine, plan, day, REGIONS[mine[0]["region"]], limits)
        got = verdicts[case]
        lead = plan.steps[got["lead"]].name if got["lead"] is not None else None
        seen = {name: got[name] for name in wanted if name not in ("counts", "lead", "listed")}
        seen["lead"] = lead
        seen["listed"] = sorted(got["listed"])
        seen["counts"] = {number: lines[number]["stage_days"] for number in got["listed"]}
        assert seen == wanted
        for row in mine:
            assert lines[row["receivable"]]["chaseable"] == row["chaseable"]
            assert lines[row["receivable"]]["reason"] == row["why"]
            assert lines[row["receivable"]]["listed"] == (row["receivable"] in wanted["listed"])
