"""The engine and the slow reference give the same verdicts on random portfolios."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.engine.decide import decide
from encaisse.engine.facts import FACTS
from encaisse.engine.reasons import BLOCKING, CHANNELS, KINDS
from encaisse.engine.strategy import Step, Strategy
from tests.engine import reference

DAY = date(2026, 4, 2)  # before a long Easter week-end in Alsace-Moselle
REGIONS = ("FR", "FR-AM")


def _conditions(draw: Random) -> dict[str, Any]:
    """Mostly none; a fifth of the steps has each."""
    possible: dict[str, list[Any]] = {
        "least": [300, 900],
        "min_age": [12, 35],
        "min_count": [2, 3],
        "kinds": [("company",), ("consumer", "public")],
        "profiles": [("evasive",)],
        "tags": [("vip", "big")],
        "channel": ["phone", "email"],
    }
    return {name: draw.choice(values) for name, values in possible.items() if draw.random() < 0.2}


def _strategy(draw: Random) -> Strategy:
    """Up to three courtesies, which wait alike, and up to five ladder steps."""
    channels, gap = draw.choice([("email",), ("email", "letter"), ("phone",)]), draw.randint(0, 9)
    early = [
        Step(
            f"early-{number}", origin, days if origin == "issue" else -days, gap, channels=channels, **_conditions(draw)
        )
        for number, (origin, days) in enumerate(
            (draw.choice(["issue", "due"]), draw.randint(1, 15)) for _ in range(draw.randint(0, 3))
        )
    ]
    offsets = sorted(draw.sample(range(41), draw.randint(0 if early else 1, 5)))
    late = [
        Step(
            f"step-{number}",
            days=days,
            gap=draw.randint(0, 9),
            scope=draw.choice(["overdue", "eligible"]),
            channels=draw.choice([("email",), ("phone", "letter"), ("letter", "email")]),
            **_conditions(draw),
        )
        for number, days in enumerate(offsets)
    ]
    return Strategy("drawn", (*early, *late))


def _rarely(draw: Random, usual: Any, *others: Any, share: float = 0.15) -> Any:
    return draw.choice(others) if draw.random() < share else usual


def _back(draw: Random, most: int) -> date | None:
    return None if draw.random() < 0.3 else DAY - timedelta(days=draw.randint(0, most))


def _case(draw: Random, case: int, plans: list[Strategy]) -> list[dict[str, Any]]:
    shared = {
        "case": case * 10 + 3,
        "strategy": draw.randrange(len(plans)),
        "credit": _rarely(draw, 0, 250, 700, 1500, -50, share=0.3),
        "last_contact_on": _back(draw, 15),
        "last_step_on": _back(draw, 45),
        "awaiting": draw.random() < 0.04,
        "stale": draw.random() < 0.04,
        "kind": _rarely(draw, "company", *KINDS, share=0.4),
        "profile": draw.choice([None, "evasive", "reliable"]),
        "tags": draw.choice([None, [], ["vip"], ["other", "big"]]),
        "reach": _rarely(draw, 31, 0, CHANNELS["email"], CHANNELS["phone"], 11, share=0.3),
        "region": draw.randrange(2),
        "minimum": _rarely(draw, 0, 500),
    }
    furthest = draw.choice([-1, 20, 45])  # many cases have nothing late, many something at the end of the ladder
    span = draw.choice([(-60, 30), (-3, 30), (5, 30), (-50, -1)])
    return [_receivable(draw, shared, case * 100 + number, span, furthest) for number in range(draw.randint(1, 4))]


def _receivable(
    draw: Random, shared: dict[str, Any], number: int, span: tuple[int, int], furthest: int
) -> dict[str, Any]:
    due = DAY + timedelta(days=draw.randint(*span))
    late = due < DAY
    return shared | {
        "receivable": number,
        "due_on": due,
        "issued_on": due - timedelta(days=draw.randint(0, 30)),
        "open": _rarely(draw, draw.randint(1, 1000), 0, -70, share=0.1),
        "withheld": _rarely(draw, 0, 200),
        "blocked": _rarely(draw, None, *BLOCKING),
        "suspended_days": _rarely(draw, 0, 3, 9) if late else 0,
        "stage_days": draw.randint(0, furthest) if furthest > 0 and (late or draw.random() < 0.1) else None,
        "done": _rarely(draw, 0, *range(1, 8), share=0.4),
        "interest": draw.randint(0, 50),
        "indemnity": draw.choice([0, 4000]),
        "rate_unknown": draw.random() < 0.2,
    }


def portfolio(seed: int) -> tuple[list[Strategy], list[dict[str, Any]]]:
    """Strategies, and the rows of some cases that follow them."""
    draw = Random(seed)
    plans = [_strategy(draw) for _ in range(draw.randint(1, 3))]
    return plans, [row for case in range(draw.randint(1, 9)) for row in _case(draw, case, plans)]


@given(st.integers(0, 2**32), st.integers(0, 6), st.integers(0, 10), st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_same_verdicts(seed: int, ahead: int, cap_days: int, repeat_days: int) -> None:
    plans, rows = portfolio(seed)
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
