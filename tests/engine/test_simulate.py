"""Scenario files: what they may say, what is wrong with bad ones, and what playing them gives."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.engine.reasons import BLOCKING
from encaisse.engine.simulate import as_json, load_scenarios, play

HEAD = "strategies: {s: [{name: mail, days: 2}, {name: firm, days: 9, gap: 8}]}\nscenarios:\n"
CASE = "- {id: A, from: 2026-02-01, to: 2026-02-28, strategy: s, receivables: "
GOOD = CASE + "[{number: 1, issued_on: 2026-01-05, due_on: 2026-02-04, amount: 100}]"


def _problems(text: str) -> list[tuple[str, int | None]]:
    scenarios, problems = load_scenarios(text)
    assert (scenarios is None) == bool(problems)
    assert all(problem.texts(language) for problem in problems for language in ("fr", "en"))
    return [(problem.code, problem.line) for problem in problems]


def test_differences_are_named_by_day() -> None:
    mail = "{day: 2026-02-06, step: mail, receivables: [1]}"
    firm = "{day: 2026-02-12, step: firm, receivables: [1]}"
    expected = f", expected: [{mail}, {firm}]}}"
    scenarios, problems = load_scenarios(HEAD + GOOD + expected)
    assert scenarios is not None, problems
    result = as_json(play(scenarios))
    assert json.loads(json.dumps(result)) == result
    assert result["ok"] is False
    (one,) = result["scenarios"]  # type: ignore[misc]
    assert one["ok"] is False
    assert one["actions"] == [
        {"day": "2026-02-06", "step": "mail", "receivables": ["1"]},
        {"day": "2026-02-16", "step": "firm", "receivables": ["1"]},
    ]
    assert one["differences"] == [
        {"day": "2026-02-12", "expected": {"day": "2026-02-12", "step": "firm", "receivables": ["1"]}, "got": None},
        {"day": "2026-02-16", "expected": None, "got": {"day": "2026-02-16", "step": "firm", "receivables": ["1"]}},
    ]


def test_without_expectation_nothing_is_judged() -> None:
    scenarios, _ = load_scenarios(HEAD + GOOD + "}")
    assert scenarios is not None
    (one,) = play(scenarios)
    assert one.ok is None
    assert one.expected is None
    assert as_json([one])["ok"] is True


def test_a_scenario_without_receivables_plays_to_nothing() -> None:
    scenarios, _ = load_scenarios(HEAD + CASE + "[], expected: []}")
    assert scenarios is not None
    assert play(scenarios)[0].ok is True


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_file"),
        ("scenarios: []", "no_scenarios"),
        ("strategies: {}", "missing_key"),
        ("- a", "not_a_mapping"),
        (HEAD + GOOD + ", colour: red}", "unknown_key"),
        (HEAD + GOOD + ", region: ATLANTIS}", "not_a_choice"),
        (HEAD + GOOD + ", cap_days: many}", "not_a_number"),
        (HEAD + GOOD + ", payments: [{number: 2, day: 2026-02-05, amount: 10}]}", "unknown_number"),
        (HEAD + GOOD + ", payments: [{number: 1, day: 2026-02-31, amount: 10}]}", "not_a_day"),
        (HEAD + GOOD + ", suspensions: [{number: 1, reason: bored, from: 2026-02-05}]}", "not_a_choice"),
        (
            HEAD + GOOD + ", suspensions: [{number: 1, reason: paused, from: 2026-02-05, until: 2026-02-01}]}",
            "ends_before",
        ),
        (HEAD + GOOD + ", suspensions: [{reason: paused, from: 2026-02-05, amount: 5}]}", "part_of_what"),
        (HEAD + GOOD + ", expected: [{day: 2026-02-05}]}", "missing_key"),
        (HEAD + GOOD + "}\n" + GOOD + "}", "scenario_twice"),
        (HEAD + GOOD.replace("strategy: s", "strategy: t") + "}", "unknown_strategy"),
        (HEAD + GOOD.replace("strategy: s, ", "") + "}", "missing_key"),
        (HEAD + GOOD.replace("to: 2026-02-28", "to: 2025-02-28") + "}", "wrong_span"),
        (HEAD + GOOD.replace("to: 2026-02-28", "to: 2190-02-28") + "}", "wrong_span"),
        (HEAD + GOOD.replace("amount: 100", "amount: heaps") + "}", "not_an_amount"),
        (HEAD + GOOD.replace("number: 1, ", "") + "}", "missing_key"),
    ],
)
def test_bad_files_say_what_is_wrong(text: str, code: str) -> None:
    assert code in [found for found, _ in _problems(text)]


def test_a_problem_says_its_line() -> None:
    text = "scenarios:\n- id: A\n  from: 2026-02-01\n  to: tomorrow\n  strategy: standard\n  receivables: []\n"
    assert _problems(text) == [("not_a_day", 4)]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_files_never_break_the_reader(data: st.DataObject) -> None:
    text = (Path(__file__).parent / "scenarios.yaml").read_text("utf-8")[:3000]
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 40))
    filler = data.draw(st.text(max_size=10))
    _problems(text[:start] + filler + text[start + length :])


def _random_scenario(draw: st.DrawFn, number: int) -> dict[str, Any]:
    start = date(2026, 3, 20)

    def day(least: int, most: int) -> date:
        return start + timedelta(days=draw(st.integers(least, most)))

    numbers = [f"{number}-{one}" for one in range(draw(st.integers(1, 3)))]
    dues = [day(-30, 30) for _ in numbers]
    issues = [due - timedelta(days=draw(st.integers(5, 30))) for due in dues]
    amounts = draw(st.lists(st.sampled_from([100, 400, 800]), min_size=len(numbers), max_size=len(numbers)))
    names = st.sampled_from([*numbers, None])
    suspensions = [
        {"number": draw(names), "reason": draw(st.sampled_from(BLOCKING)), "from": (begins := day(-20, 40))}
        | {"until": begins + timedelta(days=draw(st.integers(1, 30)))}
        for _ in range(draw(st.integers(0, 2)))
    ]
    return {
        "id": str(number),
        "from": start,
        "to": start + timedelta(days=60),
        "strategy": draw(st.sampled_from(["standard", "firm"])),
        "region": draw(st.sampled_from(["FR", "FR-AM"])),
        "minimum": draw(st.sampled_from([0, 500])),
        "receivables": [
            {"number": name, "issued_on": issued, "due_on": due, "amount": amount}
            for name, issued, due, amount in zip(numbers, issues, dues, amounts, strict=True)
        ],
        "payments": [
            {"number": draw(names), "day": day(0, 60), "amount": draw(st.sampled_from([100, 400]))}
            for _ in range(draw(st.integers(0, 2)))
        ],
        "suspensions": suspensions,
    }


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file of random scenarios."""
    return yaml.safe_dump({"scenarios": [_random_scenario(draw, number) for number in range(6)]})


@given(files())
@settings(max_examples=2, deadline=None)
def test_sleeping_until_the_announced_day_misses_nothing(text: str) -> None:
    scenarios, problems = load_scenarios(text)
    assert scenarios is not None, problems
    assert play(scenarios) == play(scenarios, every_day=True)
