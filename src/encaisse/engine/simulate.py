"""Playing scenarios day by day through ``decide``: all of a file together, as one portfolio per day.

Every step that comes out is taken as issued the same day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import polars as pl

from encaisse.calendar import REGIONS, is_working_day
from encaisse.engine.decide import decide
from encaisse.engine.facts import FACTS, history, suspend
from encaisse.engine.reasons import CHANNELS
from encaisse.engine.scenarios import Action, Debt, Scenario, Scenarios, load_scenarios
from encaisse.engine.strategy import Strategy

__all__ = ["Action", "Difference", "Played", "as_json", "load_scenarios", "play"]

_SUSPENSIONS: Final = {
    "receivable": pl.Int64,
    "reason": pl.String,
    "from_on": pl.Date,
    "until_on": pl.Date,
    "amount": pl.Int64,
}
_ISSUED: Final = {
    "case": pl.Int64,
    "receivable": pl.Int64,
    "day": pl.Date,
    "step": pl.String,
    "stage_days": pl.Int32,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A day on which something else came out than was expected; None stands for no action."""

    day: date
    expected: Action | None
    got: Action | None

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return {
            "day": self.day.isoformat(),
            "expected": self.expected.as_dict() if self.expected else None,
            "got": self.got.as_dict() if self.got else None,
        }


@dataclass(frozen=True, slots=True)
class Played:
    """What came out of a scenario; ``ok`` is None when the file expects nothing in particular."""

    id: str
    title: str
    actions: tuple[Action, ...]
    expected: tuple[Action, ...] | None
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool | None:
        """Whether all came out as expected."""
        return None if self.expected is None else not self.differences

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "actions": [action.as_dict() for action in self.actions],
            "expected": None if self.expected is None else [action.as_dict() for action in self.expected],
            "ok": self.ok,
            "differences": [difference.as_dict() for difference in self.differences],
        }


def play(scenarios: Scenarios, *, every_day: bool = False) -> tuple[Played, ...]:
    """Play every scenario and compare with what it expects, in the order of the file.

    A case is decided when one of its facts changes and on the day its last verdict named; ``every_day`` decides it on
    each working day instead, which is slower and gives the same.
    """
    actions: dict[int, list[Action]] = {case: [] for case in range(len(scenarios.scenarios))}
    limits: dict[tuple[int, int], list[tuple[int, Scenario]]] = {}
    for case, scenario in enumerate(scenarios.scenarios):
        settings = scenario.settings
        limits.setdefault((settings.cap_days, settings.repeat_days), []).append((case, scenario))
    for (cap_days, repeat_days), together in limits.items():
        for case, action in _Portfolio(together, cap_days, repeat_days, every_day).play():
            actions[case].append(action)
    return tuple(_played(scenario, actions[case]) for case, scenario in enumerate(scenarios.scenarios))


def as_json(played: Sequence[Played]) -> dict[str, object]:
    """The result as plain values; ``ok`` is false when any scenario differs from what it expects."""
    return {"scenarios": [one.as_dict() for one in played], "ok": all(one.ok is not False for one in played)}


def _played(scenario: Scenario, actions: Sequence[Action]) -> Played:
    return Played(
        scenario.id, scenario.title, tuple(actions), scenario.expected, _differences(scenario.expected, actions)
    )


def _differences(expected: Sequence[Action] | None, got: Sequence[Action]) -> tuple[Difference, ...]:
    if expected is None:
        return ()
    wanted: dict[date, list[Action]] = {}
    for one in expected:
        wanted.setdefault(one.day, []).append(one)
    came = {action.day: action for action in got}
    found = []
    for day in sorted(wanted.keys() | came.keys()):
        left: list[Action] = list(wanted.get(day, []))
        action: Action | None = came.get(day)
        if action is not None and action in left:
            left.remove(action)
            found += [Difference(day, other, None) for other in left]
        else:
            found.append(Difference(day, left[0] if left else None, action))
            found += [Difference(day, other, None) for other in left[1:]]
    return tuple(found)


@dataclass(slots=True)
class _Portfolio:
    """Scenarios that share their limits, with what has been issued so far."""

    scenarios: Sequence[tuple[int, Scenario]]
    cap_days: int
    repeat_days: int
    every_day: bool
    issued: list[tuple[int, int, date, str, int | None]] = field(default_factory=list)
    numbered: list[tuple[int, Scenario, int, Debt]] = field(init=False)
    strategies: list[Strategy] = field(init=False)
    suspensions: pl.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        every = ((case, scenario, debt) for case, scenario in self.scenarios for debt in scenario.debts)
        self.numbered = [(case, scenario, number, debt) for number, (case, scenario, debt) in enumerate(every)]
        plans = (plan for _, scenario in self.scenarios for _, plan in scenario.strategies)
        self.strategies = list(dict.fromkeys(plans))
        rows = [row for _, scenario, number, debt in self.numbered for row in _suspensions(scenario, number, debt)]
        self.suspensions = pl.DataFrame(rows, schema=_SUSPENSIONS, orient="row")

    def play(self) -> Iterable[tuple[int, Action]]:
        """Every action of every scenario, day after day."""
        names = {number: debt.number for _, _, number, debt in self.numbered}
        changes = {case: _changes(scenario) for case, scenario in self.scenarios}
        wake = {case: scenario.from_on for case, scenario in self.scenarios}
        for day in _days(self.scenarios):
            facts = self._facts(day, {case for case in wake if self.every_day or wake[case] <= day})
            if facts is None:
                continue
            limits = {"cap_days": self.cap_days, "repeat_days": self.repeat_days}
            decision = decide(facts, self.strategies, day, regions=REGIONS, **limits)
            listed: dict[int, list[int]] = {}
            for case, receivable, stage_days in _listed(decision.lines):
                listed.setdefault(case, []).append(receivable)
                step = decision.verdicts.row(by_predicate=pl.col("case") == case, named=True)["step"]
                self.issued.append((case, receivable, day, step, stage_days))
            for case, step, next_on in decision.verdicts.select("case", "step", "next_on").iter_rows():
                if step is None:
                    later = [change for change in changes[case] if change > day]
                    wake[case] = min([next_on or date.max, *later])
                    continue
                wake[case] = day + timedelta(days=max(self.cap_days, 1))  # silent until then, whatever happens
                yield case, Action(day, step, tuple(sorted(names[number] for number in listed[case])))

    def _facts(self, day: date, awake: Collection[int]) -> pl.DataFrame | None:
        """The facts of the day, over the scenarios under way that are to be decided."""
        known = [
            (case, scenario, number, debt)
            for case, scenario, number, debt in self.numbered
            if case in awake and _exists(scenario, debt, day)
        ]
        if not known:
            return None
        plain = pl.DataFrame(
            [self._row(case, scenario, number, debt, day) for case, scenario, number, debt in known],
            schema={name: FACTS[name] for name in _PLAIN},
            orient="row",
        )
        lines = pl.DataFrame(self.issued, schema=_ISSUED, orient="row").filter(pl.col("case").is_in(list(awake)))
        cases = plain.unique("case", maintain_order=True)
        per_receivable, per_case = history(lines, lines.select("case", "day"), cases, self.strategies)
        return (
            plain.join(suspend(plain, self.suspensions, day), on="receivable", how="left")
            .join(per_receivable, on="receivable", how="left")
            .join(per_case, on="case", how="left")
            .with_columns(pl.col("done").fill_null(0))
        )

    def _row(self, case: int, scenario: Scenario, number: int, debt: Debt, day: date) -> tuple[object, ...]:
        settings = scenario.settings
        paid = sum(one.amount for one in scenario.paid if one.number == debt.number and one.day <= day)
        credit = sum(one.amount for one in scenario.paid if one.number is None and one.day <= day)
        values: dict[str, object] = {
            "case": case,
            "receivable": number,
            "strategy": self.strategies.index(scenario.strategy_on(day)),
            "issued_on": debt.issued_on,
            "due_on": debt.due_on,
            "open": debt.amount - paid,
            "credit": credit,
            "kind": settings.kind,
            "profile": settings.profile,
            "tags": list(settings.tags),
            "reach": sum(CHANNELS[channel] for channel in set(settings.channels)),
            "region": REGIONS.index(settings.region),
            "minimum": settings.minimum,
            "interest": 0,
            "indemnity": 0,
            "rate_unknown": False,
            "awaiting": False,
            "stale": False,
        }
        return tuple(values[name] for name in _PLAIN)


_COMPUTED: Final = frozenset(("blocked", "withheld", "suspended_days", "stage_days", "done")) | {
    "last_contact_on",
    "last_step_on",
}
_PLAIN: Final = tuple(name for name in FACTS if name not in _COMPUTED)


def _days(scenarios: Sequence[tuple[int, Scenario]]) -> Iterable[date]:
    """The days to decide on: every day that works for one of the scenarios under way."""
    first = min(scenario.from_on for _, scenario in scenarios)
    last = max(scenario.to_on for _, scenario in scenarios)
    regions = {scenario.settings.region for _, scenario in scenarios}
    every = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return (day for day in every if any(is_working_day(day, region) for region in regions))


def _listed(lines: pl.DataFrame) -> list[tuple[int, int, int | None]]:
    return lines.filter("listed").select("case", "receivable", "stage_days").rows()


def _changes(scenario: Scenario) -> list[date]:
    """The days on which the facts of a scenario change by themselves."""
    days = {debt.issued_on for debt in scenario.debts} | {one.day for one in scenario.paid}
    for one in scenario.suspended:
        days |= {one.from_on, one.until_on or date.max}
    days |= {day for day, _ in scenario.strategies}
    return sorted(days | {scenario.known_from or scenario.from_on})


def _exists(scenario: Scenario, debt: Debt, day: date) -> bool:
    if not scenario.from_on <= day <= scenario.to_on:
        return False
    return debt.issued_on <= day and (scenario.known_from is None or scenario.known_from <= day)


def _suspensions(scenario: Scenario, number: int, debt: Debt) -> Iterable[tuple[object, ...]]:
    """The suspensions of one receivable; a part as large as the whole is the whole."""
    for one in scenario.suspended:
        if one.number in (None, debt.number):
            part = one.amount if one.amount is not None and one.amount < debt.amount else None
            yield number, one.reason, one.from_on, one.until_on, part
