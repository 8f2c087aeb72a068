"""XLSX workbooks into rows: shared texts, styles that make days of numbers, sheets in their order."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from contextlib import suppress
from decimal import Decimal
from xml.parsers import expat  # nosec - only its error is used

from encaisse.exchange.table_archive import (
    MAX_FILLED,
    MAX_SHEETS,
    Parts,
    Refused,
    Sheet,
    is_telling,
    number,
    others,
    whole,
)
from encaisse.exchange.table_text import MAX_CELL, MAX_CELLS, RawTable
from encaisse.exchange.table_values import Cell, of_serial, of_timestamp

_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_IN_FORMAT = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_RANGE = re.compile(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})")
MAX_PEEKED = 60
"""So many rows of the sheets that are not read are looked at."""
_TRUE_OF = {"1": "1", "0": "0", "true": "1", "false": "0"}


class _Enough(Exception):
    """So many rows were asked for."""


def read_xlsx(parts: Parts) -> RawTable:
    """The rows of the first sheet of an XLSX workbook that has headers we know, else of the first that holds data.

    Visible sheets come before hidden ones; other visible ones with headers we know are named in a problem.
    """
    main = next((name for name in sorted(parts.names) if name.endswith("workbook.xml")), "")
    folder = posixpath.dirname(main)
    visible, hidden, from_1904 = _sheets(parts, main)
    targets = _targets(parts, f"{folder}/_rels/{posixpath.basename(main)}.rels", folder)
    texts = _shared(parts, _named(parts, targets, f"{folder}/sharedStrings.xml", "sharedStrings.xml"))
    dated = _date_styles(parts, _named(parts, targets, f"{folder}/styles.xml", "styles.xml"))
    best = RawTable()
    for some in (visible, hidden):
        there = [
            (name, targets[relation]) for name, relation in some[:MAX_SHEETS] if targets.get(relation) in parts.names
        ]
        for at, (name, path) in enumerate(there):
            table = _xlsx_sheet(parts, path, name, texts, dated, from_1904)
            if is_telling(table):
                rest = there[at + 1 :] if some is visible else []
                return others(table, [one for one, place in rest if _peek(parts, place, texts)])
            best = table if len(table.rows) > 1 >= len(best.rows) or not best.rows else best
        if len(best.rows) > 1:
            return best
    return best


def _peek(parts: Parts, path: str, texts: list[str]) -> bool:
    """Whether a sheet has headers we know, from its first rows; one that cannot be read has none."""
    try:
        return is_telling(_xlsx_sheet(parts, path, "", texts, frozenset(), False, MAX_PEEKED))
    except (Refused, expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
        return False


def _sheets(parts: Parts, main: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]], bool]:
    """(name, relation) of each visible sheet, of each hidden one, and whether days count from 1904."""
    visible: list[tuple[str, str]] = []
    hidden: list[tuple[str, str]] = []
    from_1904 = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal from_1904
        if tag == "sheet":
            place = hidden if attributes.get("state", "visible") != "visible" else visible
            place.append((attributes.get("name", "")[:80], attributes.get("id", "")))
        elif tag == "workbookPr":
            from_1904 = attributes.get("date1904") in ("1", "true")

    parts.parse(main, start, _nothing)
    return visible, hidden, from_1904


def _targets(parts: Parts, name: str, folder: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            target = attributes.get("Target", "")
            path = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = path

    if name in parts.names:
        parts.parse(name, start, _nothing)
    return found


def _named(parts: Parts, targets: dict[str, str], usual: str, ending: str) -> str:
    found = next((path for path in targets.values() if path.endswith(ending)), usual)
    return found if found in parts.names else ""


def _shared(parts: Parts, name: str) -> list[str]:
    texts: list[str] = []
    pieces: list[str] = []
    phonetic = [False]

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "si":
            pieces.clear()
        elif tag == "rPh":
            phonetic[0] = True

    def end(tag: str, text: str) -> None:
        if tag == "t" and not phonetic[0]:
            pieces.append(text)
        elif tag == "rPh":
            phonetic[0] = False
        elif tag == "si":
            texts.append("".join(pieces).strip()[:MAX_CELL])
            if len(texts) > MAX_CELLS:
                raise Refused("table_too_large")

    if name:
        parts.parse(name, start, end)
    return texts


def _date_styles(parts: Parts, name: str) -> frozenset[int]:
    """Numbers of the cell styles that show a day."""
    own: dict[int, bool] = {}
    styles: list[int] = []
    inside = [False]

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            code = _IN_FORMAT.sub("", attributes.get("formatCode", "")).casefold().split(";")[0]
            own[whole(attributes.get("numFmtId"))] = any(letter in code for letter in "yad") and not re.search(
                r"[0#?]", code.replace("general", "")
            )
        elif tag == "cellXfs":
            inside[0] = True
        elif tag == "xf" and inside[0]:
            styles.append(whole(attributes.get("numFmtId")))

    def end(tag: str, text: str) -> None:
        if tag == "cellXfs":
            inside[0] = False

    if name:
        parts.parse(name, start, end)
    return frozenset(at for at, style in enumerate(styles) if own.get(style, style in _BUILT_IN_DATES))


def _xlsx_sheet(
    parts: Parts, path: str, name: str, texts: list[str], dated: frozenset[int], from_1904: bool,
    most: int = MAX_CELLS,
) -> RawTable:  # fmt: skip
    sheet = Sheet(name)
    row: dict[int, Cell] = {}
    state = {"line": 0, "column": -1, "style": 0}
    kind = ["n"]
    value: list[str] = []
    formula = [False]

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            row.clear()
            state["line"] = whole(attributes.get("r"), state["line"] + 1)
            state["column"] = -1
        elif tag == "c":
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            state["column"] = _column(found[1]) if found else state["column"] + 1
            state["style"] = whole(attributes.get("s"))
            kind[0] = attributes.get("t", "n")
            value.clear()
            formula[0] = False
        elif tag == "f":
            formula[0] = True
        elif tag == "mergeCell":
            _merge(sheet, attributes.get("ref", ""))

    def end(tag: str, text: str) -> None:
        if tag in ("v", "t"):
            value.append(text)
        elif tag == "c":
            told = "".join(value)
            if formula[0] and not told and kind[0] != "str":
                sheet.unvalued += 1
            row[state["column"]] = _xlsx_cell(told, kind[0], state["style"] in dated, texts, from_1904)
        elif tag == "row":
            sheet.add(state["line"], row)
            if len(sheet.table.rows) >= most:
                raise _Enough

    with suppress(_Enough):
        parts.parse(path, start, end)
    sheet.fill_down()
    return sheet.done()


def _merge(sheet: Sheet, told: str) -> None:
    """Note cells merged over several rows, as A2:A5."""
    found = _RANGE.fullmatch(told)
    if found and int(found[4]) > int(found[2]) and len(sheet.merged) < MAX_FILLED:
        sheet.merged.append((_column(found[1]), int(found[2]), int(found[4])))


def _xlsx_cell(text: str, kind: str, is_day: bool, texts: list[str], from_1904: bool) -> Cell:
    if kind == "s":
        at = whole(text, -1)
        return texts[at] if 0 <= at < len(texts) else ""
    if not text:
        return ""
    if kind == "d":
        return of_timestamp(text) or text.strip()
    if kind == "n":
        found = number(text)
        if is_day and isinstance(found, Decimal):
            return of_serial(float(found), from_1904=from_1904) or found
        return found
    return _TRUE_OF.get(text, text) if kind == "b" else "" if kind == "e" else text.strip()[:MAX_CELL]


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _nothing(tag: str, text: str) -> None:
    """Nothing to do at the end of an element."""
