"""The little language of the text files: names, plurals and conditions, and nothing else.

``{name}`` is the words for a value. ``{name|one|many}`` chooses by its number (French counts 0 and 1 as one).
``{name?yes|no}`` chooses by whether it is there. Choices may hold further placeholders. There is no expression,
no attribute and no call: what is not a known name is an error.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache


class TemplateError(ValueError):
    """A text file that cannot be read: unclosed brace, bad name, too many choices."""


class UnknownPlaceholder(LookupError):
    """A name that no context has."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a name stands for: its words, and the number that plurals and conditions look at."""

    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Hole:
    """A placeholder: a name, how it chooses (nothing, ``|`` or ``?``) and its choices."""

    name: str
    kind: str
    choices: tuple["Nodes", ...]


Nodes = tuple[str | Hole, ...]
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@lru_cache(maxsize=2048)
def parse(source: str) -> Nodes:
    """Read a template. Raises TemplateError, naming the place, when it is malformed."""
    nodes, end = _nodes(source, 0, "")
    if end != len(source):
        raise TemplateError(f"unexpected {source[end]!r} at {end} in {source!r}")
    return nodes


def render(source: str, values: Mapping[str, Value], language: str) -> str:
    """Fill a template. Raises UnknownPlaceholder for a name that ``values`` lacks."""
    return _render(parse(source), values, language)


def names(source: str) -> frozenset[str]:
    """Every name a template uses, whichever choice it stands in."""
    return frozenset(_names(parse(source)))


def _nodes(source: str, start: int, stops: str) -> tuple[Nodes, int]:
    nodes: list[str | Hole] = []
    text = start
    at = start
    while at < len(source) and source[at] not in stops:
        if source[at] == "}":
            break
        if source[at] != "{":
            at += 1
            continue
        if at > text:
            nodes.append(source[text:at])
        hole, at = _hole(source, at + 1)
        nodes.append(hole)
        text = at
    if at > text:
        nodes.append(source[text:at])
    return tuple(nodes), at


def _hole(source: str, start: int) -> tuple[Hole, int]:
    match = _NAME.match(source, start)
    if match is None:
        raise TemplateError(f"a name is missing at {start} in {source!r}")
    at = match.end()
    kind = source[at] if at < len(source) and source[at] in "|?" else ""
    choices: list[Nodes] = []
    while at < len(source) and (source[at] == "|" or (source[at] == "?" and not choices)):
        nodes, at = _nodes(source, at + 1, "|")
        choices.append(nodes)
    if at >= len(source) or source[at] != "}":
        raise TemplateError(f"the brace before {start} is not closed in {source!r}")
    allowed = {"": (0,), "|": (2,), "?": (1, 2)}[kind]
    if len(choices) not in allowed:
        raise TemplateError(f"{match.group()!r} has {len(choices)} choices in {source!r}")
    return Hole(match.group(), kind, tuple(choices)), at + 1


def _render(nodes: Nodes, values: Mapping[str, Value], language: str) -> str:
    return "".join(node if isinstance(node, str) else _fill(node, values, language) for node in nodes)


def _fill(hole: Hole, values: Mapping[str, Value], language: str) -> str:
    value = values.get(hole.name)
    if value is None:
        raise UnknownPlaceholder(hole.name)
    if not hole.kind:
        return value.text
    first = value.number != 0 if hole.kind == "?" else value.number in ((0, 1) if language == "fr" else (1,))
    index = 0 if first else 1
    return _render(hole.choices[index], values, language) if index < len(hole.choices) else ""


def _names(nodes: Nodes) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Hole):
            yield node.name
            for choice in node.choices:
                yield from _names(choice)
