"""An invoice seen by the terms of EN 16931 (BT-1, BG-25…), in CII and UBL alike. Where they stand: ``terms.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from encaisse.exchange.safe_xml import Node
from encaisse.exchange.xml_values import amount_of

Syntax = Literal["cii", "ubl"]
Level = Literal["minimum", "basicwl", "full", "extended"]

_TRADE = "SupplyChainTradeTransaction/ApplicableHeaderTrade"
_SHORT = {"A": "Agreement", "D": "Delivery", "S": "Settlement"}
_STEP = re.compile(r"([@.\w]+)(?:\[([^=\]]+)=([^\]]+)\])?")
_CODED_NOTE = re.compile(r"#([A-Z]{3})#\s*(.*)", re.DOTALL)
# The smaller and larger profiles of Factur-X, by a word in their identifier (BT-24); all others are EN 16931 whole.
_LEVELS: tuple[tuple[str, Level], ...] = (
    (":minimum", "minimum"),
    (":basicwl", "basicwl"),
    ("#conformant#urn:factur-x.eu:1p0:extended", "extended"),
    ("#conformant#urn:zugferd.de:2p0:extended", "extended"),
    ("#conformant#urn.cpro.gouv.fr:1p0:extended-ctc-fr", "extended"),
)


class _Step(NamedTuple):
    name: str
    where: tuple[_Step, ...] = ()
    values: frozenset[str] = frozenset()


_Path = tuple[_Step, ...]


class _Kind(NamedTuple):
    """A group: its number, the group it is in, its own paths and those of its terms."""

    group: str
    inside: str
    paths: Mapping[Syntax, tuple[_Path, ...]]
    terms: Mapping[str, Mapping[Syntax, tuple[_Path, ...]]]


@cache
def kinds() -> Mapping[str, _Kind]:
    """The groups of ``terms.toml`` by name."""
    tables = tomllib.loads(files(__package__).joinpath("terms.toml").read_text(encoding="utf-8"))
    found: dict[str, _Kind] = {}
    for name, table in tables.items():
        terms = {key: {"cii": _paths(two[0]), "ubl": _paths(two[1])} for key, two in table.items() if key[0] == "B"}
        paths: dict[Syntax, tuple[_Path, ...]] = {"cii": _paths(table["cii"]), "ubl": _paths(table["ubl"])}
        found[name] = _Kind(table["group"], table.get("in", ""), paths, terms)  # type: ignore[arg-type]
    return found


def _paths(text: str) -> tuple[_Path, ...]:
    return tuple(_path(one) for one in text.split(" | ") if one)


def _path(text: str) -> _Path:
    if text == ".":
        return ()
    head, slash, rest = text.partition("/")
    if slash and head in _SHORT:
        text = f"{_TRADE}{_SHORT[head]}/{rest}"
    return tuple(
        _Step(one[1], _path(one[2]) if one[2] else (), frozenset((one[3] or "").upper().split()))
        for one in _STEP.finditer(text)
    )


def _at(node: Node, path: _Path) -> Iterator[Node]:
    if not path:
        yield node
        return
    step, rest = path[0], path[1:]
    if step.name.startswith("@"):
        value = node.attributes.get(step.name[1:])
        if value is not None:
            found = Node("", step.name, node.line, {})
            found.text = value.strip()
            yield found
        return
    for child in (node,) if step.name == "." else node.children:
        if step.name in (".", child.name) and (not step.where or _fits(child, step)):
            yield from _at(child, rest)


def _fits(node: Node, step: _Step) -> bool:
    return any(found.text.upper() in step.values for found in _at(node, step.where))


@dataclass(frozen=True, slots=True)
class Group:
    """One place of an invoice: the whole (``document``), a line, a total… ``line_id`` is the BT-126 it belongs to."""

    kind: str
    node: Node
    syntax: Syntax
    line_id: str = ""
    _found: dict[str, list[Node]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def line(self) -> int:
        """The line of the file it begins at."""
        return self.node.line

    def nodes(self, term: str) -> list[Node]:
        """The elements, or attributes, of a term; those of all its paths. Looked for once: many rules ask again."""
        found = self._found.get(term)
        if found is None:
            found = self._found[term] = self._look_for(term)
        return found

    def _look_for(self, term: str) -> list[Node]:
        if self.kind == "note" and self.syntax == "ubl":
            return _part_of_note(self.node, term)
        paths = kinds()[self.kind].terms[term][self.syntax]
        return [node for path in paths for node in _at(self.node, path)]

    def first(self, term: str) -> Node | None:
        """The first element of a term."""
        return next(iter(self.nodes(term)), None)

    def has(self, term: str) -> bool:
        """An element of the term has content."""
        return any(node.text or node.children for node in self.nodes(term))

    def text(self, term: str) -> str:
        """The text of a term, ``""`` when it is missing."""
        return next((node.text for node in self.nodes(term) if node.text), "")

    def amount(self, term: str) -> Decimal | None:
        """The number of a term; None when it is missing or no number."""
        return amount_of(self.text(term))


def _part_of_note(node: Node, term: str) -> list[Node]:
    """UBL has no place for the subject of a note: it is written in front of the text, ``#PMT#…``."""
    coded = _CODED_NOTE.fullmatch(node.text)
    text = (coded[1] if coded else "") if term == "BT-21" else (coded[2] if coded else node.text)
    if not text:
        return []
    found = Node("", term, node.line, {})
    found.text = text.strip()
    return [found]


@dataclass(frozen=True, slots=True)
class View:
    """An invoice by its groups; those within lines come after one another, line by line."""

    root: Node
    syntax: Syntax
    level: Level
    profile: str
    _found: dict[str, list[Group]] = field(default_factory=dict)

    @property
    def document(self) -> Group:
        """The invoice as a whole."""
        return self.all("document")[0]

    def all(self, kind: str) -> list[Group]:
        """Every group of a kind, in the order of the document."""
        found = self._found.get(kind)
        if found is None:
            found = self._found[kind] = list(self._look_for(kind))
        return found

    def one(self, kind: str) -> Group | None:
        """The first group of a kind."""
        return next(iter(self.all(kind)), None)

    def text(self, kind: str, term: str) -> str:
        """The text of a term of the first group of a kind, ``""`` when there is none."""
        group = self.one(kind)
        return group.text(term) if group else ""

    def amount(self, kind: str, term: str) -> Decimal | None:
        """The number of a term of the first group of a kind."""
        group = self.one(kind)
        return group.amount(term) if group else None

    def has(self, kind: str, *terms: str) -> bool:
        """The first group of a kind has content for one of the terms."""
        group = self.one(kind)
        return group is not None and any(group.has(term) for term in terms)

    def _look_for(self, kind: str) -> Iterator[Group]:
        what = kinds()[kind]
        for parent in self.all(what.inside) if what.inside else (None,):
            start = parent.node if parent else self.root
            for path in what.paths[self.syntax]:
                for node in _at(start, path):
                    group = Group(kind, node, self.syntax, parent.text("BT-126") if parent else "")
                    yield group if kind != "line" else Group(kind, node, self.syntax, group.text("BT-126"))


def view_of(root: Node) -> View | None:
    """The invoice under a root of CII or UBL; None for another document, ZUGFeRD 1.0 too: it is older than EN 16931."""
    syntax: Syntax
    if root.name == "CrossIndustryInvoice":
        syntax = "cii"
    elif root.name in ("Invoice", "CreditNote") and "ubl" in root.namespace:
        syntax = "ubl"
    else:
        return None
    profile = Group("document", root, syntax).text("BT-24")
    lower = profile.lower()
    level: Level = next((level for word, level in _LEVELS if word in lower), "full")
    return View(root, syntax, level, profile)
