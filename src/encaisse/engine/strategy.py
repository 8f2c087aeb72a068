"""Strategies: ordered, validated, versioned plans of steps.

A strategy file is YAML: ``name``, ``version``, ``label``, ``about`` and ``steps``. Steps with ``from: due`` and
``days`` of zero or more are the ladder climbed after the due date; steps counted from the issue date, or with negative
days, are courtesies sent before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Final

from encaisse.engine.phrases import LANGUAGES, phrases
from encaisse.engine.problems import Problem
from encaisse.engine.reading import Node, Reader, read_yaml
from encaisse.engine.reasons import CHANNELS, KINDS

ORIGINS: Final = ("due", "issue")
SCOPES: Final = ("overdue", "eligible")
APPROVALS: Final = ("auto", "review")
TONES: Final = ("friendly", "neutral", "firm", "formal")
ATTACHMENTS: Final = ("statement", "invoices")
MAX_STEPS: Final = 60  # the steps already issued travel as the bits of one 64-bit column

_STEP_KEYS: Final = (
    *("name", "label", "from", "days", "gap", "scope", "channels", "tone", "template", "approval", "attach"),
    *("least", "min_age", "min_count", "kinds", "profiles", "tags", "channel"),
)
_STRATEGY_KEYS: Final = ("name", "version", "label", "about", "steps")


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a strategy. Amounts in minor units, times in days.

    ``least``, ``min_age``, ``min_count``, ``kinds``, ``profiles``, ``tags`` and ``channel`` are its conditions; at its
    default a condition always holds.
    """

    name: str
    origin: str = "due"
    days: int = 0
    gap: int = 0
    scope: str = "overdue"
    channels: tuple[str, ...] = ("email",)
    tone: str = "neutral"
    template: str = ""
    approval: str = "auto"
    attach: tuple[str, ...] = ()
    least: int = 0
    min_age: int = 0
    min_count: int = 0
    kinds: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    channel: str | None = None
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def courtesy(self) -> bool:
        """True for a step before the due date, false for a step of the ladder."""
        return self.origin == "issue" or self.days < 0

    @property
    def reach(self) -> int:
        """The bits of the channels this step may use."""
        return sum(CHANNELS[channel] for channel in self.channels)

    def label(self, language: str) -> str:
        """The step's name for a reader, in ``fr`` or ``en``."""
        own = dict(self.labels).get(language)
        known: Mapping[str, str] = phrases(language)["steps"]
        return own or known.get(self.name, self.name)


@dataclass(frozen=True, slots=True)
class Strategy:
    """An ordered plan of steps, its version number and the hash of its content."""

    name: str
    steps: tuple[Step, ...]
    version: int = 1
    labels: tuple[tuple[str, str], ...] = ()
    about: tuple[tuple[str, str], ...] = ()
    digest: str = field(default="", init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", _digest(self))

    def __hash__(self) -> int:
        # Strategies are looked up at every decision: the hash of their content is there already.
        return hash((self.digest, self.version))

    @property
    def courtesies(self) -> tuple[int, ...]:
        """Indexes of the steps before the due date, in strategy order."""
        return tuple(index for index, step in enumerate(self.steps) if step.courtesy)

    @property
    def ladder(self) -> tuple[int, ...]:
        """Indexes of the steps after the due date, in climbing order."""
        return tuple(index for index, step in enumerate(self.steps) if not step.courtesy)

    def step(self, name: str) -> Step | None:
        """The step of that name, if there is one."""
        return next((step for step in self.steps if step.name == name), None)

    def label(self, language: str) -> str:
        """The strategy's name for a reader."""
        return dict(self.labels).get(language, self.name)

    def description(self, language: str) -> str:
        """When to use this strategy, in a sentence; empty when the file says nothing."""
        return dict(self.about).get(language, "")


def bundled_names() -> tuple[str, ...]:
    """Names of the strategies that come with the program, mildest first."""
    return ("courteous", "standard", "firm", "consumer", "public-body")


@lru_cache(maxsize=16)
def bundled(name: str) -> Strategy:
    """A strategy that comes with the program. Raises KeyError when there is none of that name."""
    if name not in bundled_names():
        raise KeyError(f"no bundled strategy {name!r}: use one of {', '.join(bundled_names())}")
    strategy, problems = load_strategy(bundled_text(name))
    if strategy is None or problems:
        raise ValueError(f"{name}: {problems[0].message}")
    return strategy


def bundled_text(name: str) -> str:
    """The YAML text of a bundled strategy, to start one's own from."""
    return files(__package__).joinpath("strategies", f"{name}.yaml").read_text("utf-8")


def load_strategy(text: str, name: str | None = None) -> tuple[Strategy | None, tuple[Problem, ...]]:
    """Read one strategy file. ``name`` is used when the file gives none.

    Returns the strategy and no problem, or None and what is wrong.
    """
    node, problems = read_yaml(text)
    if node is None or problems:
        return None, problems
    reader = Reader()
    strategy = read_strategy(reader, node, name)
    return (None if reader.problems else strategy), tuple(reader.problems)


def load_strategies(text: str) -> tuple[dict[str, Strategy], tuple[Problem, ...]]:
    """Read a mapping of names to strategies (a mapping each, or only its list of steps).

    Good strategies are kept, those with problems are left out.
    """
    node, problems = read_yaml(text)
    if node is None or problems:
        return {}, problems
    reader = Reader()
    return read_strategies(reader, node), tuple(reader.problems)


def read_strategies(reader: Reader, node: Node) -> dict[str, Strategy]:
    """Strategies by name out of a parsed mapping; problems go to the reader."""
    if not isinstance(node.value, dict):
        reader.note("not_a_mapping", node.line, what="strategies")
        return {}
    found: dict[str, Strategy] = {}
    for name, child in node.value.items():
        before = len(reader.problems)
        strategy = read_strategy(reader, child, name)
        if strategy is not None and len(reader.problems) == before:
            found[name] = strategy
    return found


def read_strategy(reader: Reader, node: Node, name: str | None) -> Strategy | None:
    """One strategy out of a parsed mapping, or out of its bare list of steps."""
    if isinstance(node.value, list):
        return _checked(reader, node, Strategy(name or "", _steps(reader, node)))
    keys = reader.mapping(node, _STRATEGY_KEYS, "strategy")
    if keys is None:
        return None
    version = reader.integer(keys["version"], "version", 1, 10**6) if "version" in keys else 1
    own = reader.text(keys["name"], "name") if "name" in keys else name
    steps = _steps(reader, keys["steps"]) if "steps" in keys else ()
    labels, about = (_languages(reader, keys[key], key) if key in keys else () for key in ("label", "about"))
    return _checked(reader, node, Strategy(own or "", steps, version or 1, labels, about))


def _steps(reader: Reader, node: Node) -> tuple[Step, ...]:
    read = (_step(reader, child) for child in reader.items(node, "steps"))
    return tuple(step for step in read if step is not None)


def _step(reader: Reader, node: Node) -> Step | None:
    keys = reader.mapping(node, _STEP_KEYS, "step")
    if keys is None:
        return None
    if "name" not in keys or "days" not in keys:
        reader.note("missing_key", node.line, key="name" if "name" not in keys else "days", what="step")
        return None
    name = reader.text(keys["name"], "name") or ""
    origin = _choice(reader, keys, "from", ORIGINS, "due")
    notice = name == "notice" or name.startswith("notice-")
    step = Step(
        name=name,
        origin=origin,
        days=reader.integer(keys["days"], "days", 0 if origin == "issue" else -365, 3650) or 0,
        gap=_integer(reader, keys, "gap", 365),
        scope=_choice(reader, keys, "scope", SCOPES, "overdue"),
        channels=_choices(reader, keys, "channels", CHANNELS) or _usual_channels(name),
        tone=_choice(reader, keys, "tone", TONES, "neutral"),
        template=(reader.text(keys["template"], "template") if "template" in keys else None) or name,
        approval=_choice(reader, keys, "approval", APPROVALS, "review" if notice else "auto"),
        attach=_choices(reader, keys, "attach", ATTACHMENTS),
        least=(reader.amount(keys["least"], "least", least=0) if "least" in keys else 0) or 0,
        min_age=_integer(reader, keys, "min_age", 3650),
        min_count=_integer(reader, keys, "min_count", 10**6),
        kinds=_choices(reader, keys, "kinds", KINDS),
        profiles=_texts(reader, keys, "profiles"),
        tags=_texts(reader, keys, "tags"),
        channel=_choice(reader, keys, "channel", CHANNELS, "") or None,
        labels=_languages(reader, keys["label"], "label") if "label" in keys else (),
    )
    if step.approval == "auto" and (notice or step.template.startswith("notice")):
        reader.note("notice_needs_review", keys.get("approval", node).line, step=name)
    return step


def _checked(reader: Reader, node: Node, strategy: Strategy) -> Strategy:
    """Note what is wrong between the steps of a strategy."""
    if not strategy.name:
        reader.note("missing_key", node.line, key="name", what="strategy")
    if not strategy.steps:
        reader.note("no_steps", node.line, strategy=strategy.name)
    if len(strategy.steps) > MAX_STEPS:
        reader.note("too_many_steps", node.line, strategy=strategy.name, limit=MAX_STEPS)
    seen: set[str] = set()
    lines = _step_lines(node)
    if len(lines) != len(strategy.steps):  # some step could not be read, and is a problem of its own
        lines = [node.line] * len(strategy.steps)
    highest: Step | None = None
    for step, line in zip(strategy.steps, lines, strict=True):
        if step.name in seen:
            reader.note("step_twice", line, step=step.name, strategy=strategy.name)
        seen.add(step.name)
        if step.courtesy:
            continue
        if highest is not None and step.days <= highest.days:
            reader.note("ladder_falls", line, step=step.name, days=step.days, after=highest.name, least=highest.days)
        highest = step
    return strategy


def _step_lines(node: Node) -> list[int]:
    steps = node.value.get("steps") if isinstance(node.value, dict) else node
    return [child.line for child in steps] if steps is not None and isinstance(steps.value, list) else []


def _usual_channels(name: str) -> tuple[str, ...]:
    return ("phone",) if name == "call" or name.endswith("-call") else ("email",)


def _integer(reader: Reader, keys: Mapping[str, Node], key: str, most: int) -> int:
    return (reader.integer(keys[key], key, 0, most) or 0) if key in keys else 0


def _choice(reader: Reader, keys: Mapping[str, Node], key: str, allowed: Collection[str], default: str) -> str:
    return (reader.choice(keys[key], key, allowed) or default) if key in keys else default


def _choices(reader: Reader, keys: Mapping[str, Node], key: str, allowed: Collection[str]) -> tuple[str, ...]:
    return reader.each(keys[key], lambda node: reader.choice(node, key, allowed)) if key in keys else ()


def _texts(reader: Reader, keys: Mapping[str, Node], key: str) -> tuple[str, ...]:
    return reader.each(keys[key], lambda node: reader.text(node, key)) if key in keys else ()


def _languages(reader: Reader, node: Node, key: str) -> tuple[tuple[str, str], ...]:
    keys = reader.mapping(node, LANGUAGES, key)
    if keys is None:
        return ()
    texts = ((language, _prose(reader, child, key)) for language, child in sorted(keys.items()))
    return tuple((language, text) for language, text in texts if text)


def _prose(reader: Reader, node: Node, key: str) -> str:
    if isinstance(node.value, str) and len(node.value) <= 2000:
        return " ".join(node.value.split())
    reader.note("not_a_text", node.line, key=key)
    return ""


def _digest(strategy: Strategy) -> str:
    """SHA-256 of the content, in one canonical JSON writing; the version number is not part of it."""
    content = asdict(strategy)
    del content["version"], content["digest"]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
