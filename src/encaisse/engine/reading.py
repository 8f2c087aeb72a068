"""YAML with line numbers, and small typed readers that note problems instead of raising.

Files come from strangers: size, depth and shape are limited before the parser sees them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import yaml

from encaisse.engine.problems import Problem
from encaisse.money import parse_minor

MAX_CHARACTERS: Final = 4_000_000
MAX_DEPTH: Final = 40
_MANY_MARKERS: Final = re.compile(r"(?:[-?:][ \t]+){40}|^[ ]{400}", re.MULTILINE)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """A YAML value with the line it stands on: a scalar, ``dict[str, Node]`` or ``list[Node]``."""

    value: Any
    line: int

    def __iter__(self) -> Iterator[Node]:
        return iter(self.value)


@dataclass(slots=True)
class Reader:
    """Reads typed values out of nodes and keeps the problems met on the way."""

    problems: list[Problem] = field(default_factory=list)

    def note(self, code: str, line: int | None, **values: str | int) -> None:
        """Keep a problem."""
        self.problems.append(Problem(code, line, values))

    def mapping(self, node: Node, allowed: Collection[str], what: str) -> dict[str, Node] | None:
        """The node's keys when it is a mapping; unknown keys are noted and left out."""
        if not isinstance(node.value, dict):
            self.note("not_a_mapping", node.line, what=what)
            return None
        for key in node.value.keys() - set(allowed):
            where = node.value[key].line
            self.note("unknown_key", where, key=_short(key), what=what, allowed=", ".join(sorted(allowed)))
        return {key: node.value[key] for key in node.value if key in allowed}

    def items(self, node: Node | None, what: str) -> list[Node]:
        """The node's elements when it is a list; an absent or empty one gives none."""
        if node is None or node.value is None:
            return []
        if not isinstance(node.value, list):
            self.note("not_a_list", node.line, what=what)
            return []
        return list(node)

    def text(self, node: Node, key: str) -> str | None:
        """A short text; numbers and dates are taken as they were written."""
        if isinstance(node.value, (str, int, float, date)) and not isinstance(node.value, bool):
            text = str(node.value).strip()
            if text and len(text) <= 200 and text.isprintable():
                return text
        self.note("not_a_text", node.line, key=key)
        return None

    def integer(self, node: Node, key: str, least: int, most: int) -> int | None:
        """A whole number within bounds."""
        if type(node.value) is int and least <= node.value <= most:
            return node.value
        self.note("not_a_number", node.line, key=key, value=_short(node.value), least=least, most=most)
        return None

    def day(self, node: Node, key: str) -> date | None:
        """A calendar day, written YYYY-MM-DD."""
        value = node.value
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                value = None
        if isinstance(value, date) and not isinstance(value, datetime) and 1970 <= value.year <= 2200:
            return value
        self.note("not_a_day", node.line, key=key, value=_short(node.value))
        return None

    def amount(self, node: Node, key: str, *, least: int | None = None) -> int | None:
        """An amount in minor units of two decimals."""
        value = node.value
        if isinstance(value, float):
            value = format(Decimal(str(value)), "f")
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            try:
                minor = parse_minor(str(value))
            except ValueError:
                minor = None
            if minor is not None and abs(minor) < 10**15 and (least is None or minor >= least):
                return minor
        self.note("not_an_amount", node.line, key=key, value=_short(node.value))
        return None

    def choice(self, node: Node, key: str, allowed: Collection[str]) -> str | None:
        """One word of a closed list."""
        if isinstance(node.value, str) and node.value in allowed:
            return node.value
        self.note("not_a_choice", node.line, key=key, value=_short(node.value), allowed=", ".join(allowed))
        return None

    def each(self, node: Node, read: Callable[[Node], str | None]) -> tuple[str, ...]:
        """Every element of a list, or the single value written without a list."""
        nodes = list(node) if isinstance(node.value, list) else [node]
        return tuple(value for value in map(read, nodes) if value is not None)


def read_yaml(text: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """The tree of a YAML text with line numbers, or the problems that make it unreadable."""
    if len(text) > MAX_CHARACTERS:
        return None, (Problem("too_large", None, {"limit": MAX_CHARACTERS}),)
    if _MANY_MARKERS.search(text) or _bracket_depth(text) > MAX_DEPTH:
        return None, (Problem("too_deep", None, {"limit": MAX_DEPTH}),)
    try:
        loader = _Loader(text)
        tree = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return None, (Problem("not_yaml", mark.line + 1 if mark else None, {"what": _short(error.problem)}),)
    except yaml.YAMLError as error:
        return None, (Problem("not_yaml", None, {"what": _short(error)}),)
    if tree is None:
        return None, (Problem("empty_file"),)
    builder = _Builder(loader)
    node = builder.build(tree, 0)
    return node, tuple(builder.reader.problems)


@dataclass(slots=True)
class _Builder:
    """Turns parser nodes into ours; a node used twice (an alias) is built once, so nothing can blow up."""

    loader: Any
    reader: Reader = field(default_factory=Reader)
    built: dict[int, Node] = field(default_factory=dict)

    def build(self, node: Any, depth: int) -> Node:
        line = node.start_mark.line + 1
        if id(node) in self.built:
            return self.built[id(node)]
        if depth > MAX_DEPTH:
            self.reader.note("too_deep", line, limit=MAX_DEPTH)
            return Node(None, line)
        self.built[id(node)] = Node(None, line)  # an alias to itself finds this and stops
        self.built[id(node)] = Node(self._value(node, line, depth), line)
        return self.built[id(node)]

    def _value(self, node: Any, line: int, depth: int) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, depth + 1) for child in node.value]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if _DAY.fullmatch(node.value) and node.tag.endswith(":timestamp"):
            return node.value  # a text that the reader of a day, or of a text, judges by itself
        try:
            return self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError, TypeError, KeyError):
            self.reader.note("not_a_value", line, value=_short(node.value))
            return None

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.reader.note("not_a_key", line)
                continue
            if key.value in found:
                self.reader.note("twice", line, key=_short(key.value))
                continue
            found[key.value] = Node(self.build(child, depth + 1).value, line)
        return found


def _bracket_depth(text: str) -> int:
    """Deepest nesting of flow brackets; brackets inside texts count too, which only makes the limit stricter."""
    deepest = depth = 0
    for found in re.finditer(r"[\[\]{}]", text):
        depth = depth + 1 if found.group() in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:57] + "..."
