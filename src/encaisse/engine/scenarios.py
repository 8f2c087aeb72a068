"""Scenario files: made-up or real customers, the strategy they follow, and the steps that should come out.

The format is described in ``docs/strategies.md``; a file that cannot be read gives problems with their lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

from encaisse.calendar import REGIONS
from encaisse.engine.problems import Problem
from encaisse.engine.reading import Node, Reader, read_yaml
from encaisse.engine.reasons import BLOCKING, CHANNELS, KINDS
from encaisse.engine.strategy import Strategy, bundled, bundled_names, read_strategies, read_strategy

_SETTINGS: Final = ("cap_days", "repeat_days", "minimum", "region", "calendar", "kind", "profile", "tags", "channels")
_FILE: Final = ("strategies", "scenarios", *_SETTINGS)
_SCENARIO: Final = (
    *("id", "title", "from", "to", "known_from", "strategy", "strategies_from", "receivables", "payments", "credits"),
    *("suspensions", "expected", *_SETTINGS),
)
MAX_DAYS: Final = 3660
_Entry = TypeVar("_Entry")


@dataclass(frozen=True, slots=True)
class Debt:
    """A receivable of a scenario; its number names it."""

    number: str
    issued_on: date
    due_on: date
    amount: int


@dataclass(frozen=True, slots=True)
class Paid:
    """Money in; without a number it is unallocated credit of the case."""

    day: date
    amount: int
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Suspended:
    """A stop from a day on; without a number for the whole case, with an amount for that part only."""

    reason: str
    from_on: date
    until_on: date | None
    number: str | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A step issued on a day for some receivables, by number, in order."""

    day: date
    step: str
    receivables: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return {"day": self.day.isoformat(), "step": self.step, "receivables": list(self.receivables)}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a scenario, or the whole file, may set about the creditor and the customer."""

    cap_days: int = 7
    repeat_days: int = 30
    minimum: int = 0
    region: str = "FR"
    kind: str = "company"
    profile: str | None = None
    tags: tuple[str, ...] = ()
    channels: tuple[str, ...] = tuple(CHANNELS)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One customer's story, played day by day from ``from_on`` to ``to_on``, both included."""

    id: str
    title: str
    from_on: date
    to_on: date
    strategies: tuple[tuple[date, Strategy], ...]
    known_from: date | None = None
    debts: tuple[Debt, ...] = ()
    paid: tuple[Paid, ...] = ()
    suspended: tuple[Suspended, ...] = ()
    expected: tuple[Action, ...] | None = None
    settings: Settings = field(default_factory=Settings)

    def strategy_on(self, day: date) -> Strategy:
        """The strategy followed on a day: the last one begun."""
        return [strategy for begins, strategy in self.strategies if begins <= day][-1]


@dataclass(frozen=True, slots=True)
class Scenarios:
    """A readable scenario file."""

    scenarios: tuple[Scenario, ...]


def load_scenarios(text: str) -> tuple[Scenarios | None, tuple[Problem, ...]]:
    """Read a scenario file: the scenarios and no problem, or None and everything that is wrong with it."""
    node, problems = read_yaml(text)
    if node is None or problems:
        return None, problems
    reader = Reader()
    keys = reader.mapping(node, _FILE, "file")
    if keys is None:
        return None, tuple(reader.problems)
    strategies = read_strategies(reader, keys["strategies"]) if "strategies" in keys else {}
    settings = _settings(reader, keys, Settings())
    if "scenarios" not in keys:
        reader.note("missing_key", node.line, key="scenarios", what="file")
    found: list[Scenario] = []
    for child in reader.items(keys.get("scenarios"), "scenarios"):
        scenario = _scenario(reader, child, strategies, settings)
        if scenario is None:
            continue
        if any(scenario.id == other.id for other in found):
            reader.note("scenario_twice", child.line, id=scenario.id)
        found.append(scenario)
    if not found and not reader.problems:
        reader.note("no_scenarios", node.line)
    return (None if reader.problems else Scenarios(tuple(found))), tuple(reader.problems)


def _scenario(reader: Reader, node: Node, strategies: Mapping[str, Strategy], settings: Settings) -> Scenario | None:
    keys = reader.mapping(node, _SCENARIO, "scenario")
    if keys is None or not _complete(reader, node, keys, ("id", "from", "to", "receivables"), "scenario"):
        return None
    first, last = reader.day(keys["from"], "from"), reader.day(keys["to"], "to")
    name = reader.text(keys["id"], "id") or ""
    known = _day(reader, keys, "known_from")
    plans = _followed(reader, node, keys, strategies)
    debts = tuple(_each(reader, keys, "receivables", _debt))
    numbers = _numbers(reader, keys, debts)
    paid = [*_each(reader, keys, "payments", _payment), *_each(reader, keys, "credits", _credit)]
    suspended = _each(reader, keys, "suspensions", _suspension)
    for key, entries in (("payments", paid), ("suspensions", suspended)):
        _known_numbers(reader, keys.get(key), [entry.number for entry in entries], numbers)
    expected = tuple(_each(reader, keys, "expected", _expected)) if "expected" in keys else None
    if first is None or last is None or not plans:
        return None
    if last < first or (last - first).days > MAX_DAYS:
        reader.note("wrong_span", keys["to"].line, first=first.isoformat(), last=last.isoformat(), limit=MAX_DAYS)
        return None
    return Scenario(
        id=name,
        title=(reader.text(keys["title"], "title") if "title" in keys else None) or name,
        from_on=first,
        to_on=last,
        strategies=plans,
        known_from=known,
        debts=debts,
        paid=tuple(paid),
        suspended=tuple(suspended),
        expected=expected,
        settings=_settings(reader, keys, settings),
    )


def _followed(
    reader: Reader, node: Node, keys: Mapping[str, Node], strategies: Mapping[str, Strategy]
) -> tuple[tuple[date, Strategy], ...]:
    """The strategies followed, each with the day it begins."""
    plans: list[tuple[date, Strategy]] = []
    if "strategy" in keys:
        strategy = _strategy(reader, keys["strategy"], strategies)
        plans += [(date.min, strategy)] if strategy else []
    elif "strategies_from" not in keys:
        reader.note("missing_key", node.line, key="strategy", what="scenario")
    for child in reader.items(keys.get("strategies_from"), "strategies_from"):
        change = reader.mapping(child, ("day", "strategy"), "strategies_from")
        if change is None or not _complete(reader, child, change, ("day", "strategy"), "strategies_from"):
            continue
        day, strategy = reader.day(change["day"], "day"), _strategy(reader, change["strategy"], strategies)
        if day and strategy:
            plans.append((day if plans else date.min, strategy))
    return tuple(sorted(plans, key=lambda plan: plan[0]))


def _strategy(reader: Reader, node: Node, strategies: Mapping[str, Strategy]) -> Strategy | None:
    """A strategy by name (of the file, then bundled), or written out in place."""
    if isinstance(node.value, (list, dict)):
        return read_strategy(reader, node, "inline")
    name = reader.text(node, "strategy")
    if name is None or name in strategies:
        return strategies.get(name or "")
    if name in bundled_names():
        return bundled(name)
    reader.note("unknown_strategy", node.line, name=name, known=", ".join([*strategies, *bundled_names()]))
    return None


def _debt(reader: Reader, node: Node) -> Debt | None:
    keys = _entry(reader, node, ("number", "issued_on", "due_on", "amount"), (), "receivable")
    if keys is None:
        return None
    number = reader.text(keys["number"], "number")
    issued, due = reader.day(keys["issued_on"], "issued_on"), reader.day(keys["due_on"], "due_on")
    amount = reader.amount(keys["amount"], "amount", least=0)
    if number is None or issued is None or due is None or amount is None:
        return None
    return Debt(number, issued, due, amount)


def _payment(reader: Reader, node: Node) -> Paid | None:
    keys = _entry(reader, node, ("day", "amount"), ("number",), "payment")
    if keys is None:
        return None
    day, amount = reader.day(keys["day"], "day"), reader.amount(keys["amount"], "amount")
    number = reader.text(keys["number"], "number") if _given(keys, "number") else None
    return None if day is None or amount is None else Paid(day, amount, number)


def _credit(reader: Reader, node: Node) -> Paid | None:
    keys = _entry(reader, node, ("day", "amount"), (), "credit")
    if keys is None:
        return None
    day, amount = reader.day(keys["day"], "day"), reader.amount(keys["amount"], "amount")
    return None if day is None or amount is None else Paid(day, amount)


def _suspension(reader: Reader, node: Node) -> Suspended | None:
    keys = _entry(reader, node, ("reason", "from"), ("number", "until", "amount"), "suspension")
    if keys is None:
        return None
    reason, begins = reader.choice(keys["reason"], "reason", BLOCKING), reader.day(keys["from"], "from")
    until = reader.day(keys["until"], "until") if _given(keys, "until") else None
    number = reader.text(keys["number"], "number") if _given(keys, "number") else None
    amount = reader.amount(keys["amount"], "amount", least=1) if _given(keys, "amount") else None
    if amount is not None and number is None:
        reader.note("part_of_what", keys["amount"].line)
    if reason is None or begins is None:
        return None
    if until is not None and until < begins:
        reader.note("ends_before", keys["until"].line, first=begins.isoformat(), last=until.isoformat())
    return Suspended(reason, begins, until, number, amount)


def _expected(reader: Reader, node: Node) -> Action | None:
    keys = _entry(reader, node, ("day", "step", "receivables"), (), "expected")
    if keys is None:
        return None
    day, step = reader.day(keys["day"], "day"), reader.text(keys["step"], "step")
    numbers = reader.each(keys["receivables"], lambda child: reader.text(child, "receivables"))
    return None if day is None or step is None else Action(day, step, tuple(sorted(numbers)))


def _settings(reader: Reader, keys: Mapping[str, Node], default: Settings) -> Settings:
    def number(key: str, usual: int) -> int:
        found = reader.integer(keys[key], key, 0, 3650) if key in keys else usual
        return usual if found is None else found

    region = next((keys[key] for key in ("region", "calendar") if key in keys), None)
    tags = reader.each(keys["tags"], lambda node: reader.text(node, "tags")) if "tags" in keys else default.tags
    channels = default.channels
    if "channels" in keys:
        channels = reader.each(keys["channels"], lambda node: reader.choice(node, "channels", CHANNELS))
    minimum = reader.amount(keys["minimum"], "minimum", least=0) if "minimum" in keys else default.minimum
    return Settings(
        cap_days=number("cap_days", default.cap_days),
        repeat_days=number("repeat_days", default.repeat_days),
        minimum=minimum or 0,
        region=(reader.choice(region, "region", REGIONS) if region else None) or default.region,
        kind=(reader.choice(keys["kind"], "kind", KINDS) if "kind" in keys else None) or default.kind,
        profile=reader.text(keys["profile"], "profile") if "profile" in keys else default.profile,
        tags=tags,
        channels=channels,
    )


def _each(
    reader: Reader, keys: Mapping[str, Node], key: str, read: Callable[[Reader, Node], _Entry | None]
) -> list[_Entry]:
    entries = (read(reader, child) for child in reader.items(keys.get(key), key))
    return [entry for entry in entries if entry is not None]


def _entry(
    reader: Reader, node: Node, needed: Sequence[str], optional: Sequence[str], what: str
) -> dict[str, Node] | None:
    """The keys of one list entry, when all that is needed is there."""
    keys = reader.mapping(node, (*needed, *optional), what)
    return keys if keys is not None and _complete(reader, node, keys, needed, what) else None


def _complete(reader: Reader, node: Node, keys: Mapping[str, Node], needed: Sequence[str], what: str) -> bool:
    missing = [key for key in needed if key not in keys]
    for key in missing:
        reader.note("missing_key", node.line, key=key, what=what)
    return not missing


def _given(keys: Mapping[str, Node], key: str) -> bool:
    return key in keys and keys[key].value is not None


def _day(reader: Reader, keys: Mapping[str, Node], key: str) -> date | None:
    return reader.day(keys[key], key) if _given(keys, key) else None


def _numbers(reader: Reader, keys: Mapping[str, Node], debts: Sequence[Debt]) -> set[str]:
    """The numbers of the receivables; one used twice is a problem."""
    seen: set[str] = set()
    for debt in debts:
        if debt.number in seen:
            reader.note("number_twice", keys["receivables"].line, number=debt.number)
        seen.add(debt.number)
    return seen


def _known_numbers(reader: Reader, node: Node | None, used: Sequence[str | None], numbers: set[str]) -> None:
    for number in used:
        if number is not None and number not in numbers and node is not None:
            reader.note("unknown_number", node.line, number=number, known=", ".join(sorted(numbers)))
