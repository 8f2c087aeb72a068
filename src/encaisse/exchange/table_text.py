"""A text table into rows: encoding, separator, quotes. Nothing is thrown away for a stray quote or a short line."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from encaisse.exchange import fec_bytes
from encaisse.exchange.problems import Problem, problem
from encaisse.exchange.table_headers import is_header
from encaisse.exchange.table_values import Cell

MAX_CELL = 32_767
"""Longest cell, in characters: what a workbook may hold. What is longer is cut, with a problem."""
MAX_COLUMNS = 500
"""Most columns read."""
MAX_CELLS = 4_000_000
"""Most cells read: 200,000 rows of 20 columns."""
MAX_JOINED = 50
"""Most lines one quoted cell may run over."""

_SEPARATORS = (";", "\t", ",", "|")
_SAMPLE = 200
_MOST_PROBLEMS = 1_000
_MOST_OPEN = 200  # so many quotes left open, and quotes no longer run over lines
_TOLD = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
_FORMULA_TEXT = re.compile(r'="([^"]*)"')
# Letters of other code pages read as Windows-1252 give these signs inside words, where nobody writes them.
_ODD = re.compile(r"(?<=[A-Za-z])[‚„…†‡ˆ‰Š‹Ž‘“”•–—˜™š›ž\x80-\x9f](?=[A-Za-z])")
_OTHER_PAGES = ("cp850", "mac-roman")
_ACCENTED = re.compile(r"[éèêëàâçîïôùûœ]", re.IGNORECASE)


@dataclass(slots=True)
class RawTable:
    """Rows as (line, cells) without blank ones. ``problems`` may hold a refusal: then there are no rows."""

    rows: list[tuple[int, list[Cell]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    encoding: str = ""
    separator: str = ""
    sheet: str = ""

    def add(self, code: str, line: int, **values: Any) -> None:
        """Note a problem of one row; after a thousand of them it is plain enough."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem(code, line, **values))


def read_text(data: bytes) -> RawTable:
    """Read separated text of any usual encoding. Never raises for what is in it."""
    data, unmarked = _marked(data)
    found = fec_bytes.scan(io.BytesIO(data))
    if found.refusal:
        code = "not_a_table" if found.refusal == "xml_file" else found.refusal
        limit = fec_bytes.MAX_LINE if code == "line_too_long" else fec_bytes.MAX_BYTES // (1024 * 1024)
        return RawTable(problems=[problem(code, None, limit=limit)])
    text, encoding = _decoded(data, found)
    table = RawTable(encoding=unmarked or encoding)
    if found.bad_bytes and encoding == found.encoding:
        table.problems.append(problem("table_bad_bytes", None, encoding=encoding))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    told = _TOLD.fullmatch(lines[0]) if lines else None
    table.separator = told[1] if told else _separator(lines)
    _read_rows(lines, 1 if told else 0, table)
    return table


def _marked(data: bytes) -> tuple[bytes, str]:
    """UTF-16 without its mark gets one: every second byte of Latin text is then zero."""
    head = data[:4096]
    if len(head) < 4 or head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" not in head:
        return data, ""
    half = len(head) // 2
    if head[1::2].count(0) > half * 0.7 and head[0::2].count(0) < half * 0.1:
        return codecs.BOM_UTF16_LE + data, "utf-16-le"
    if head[0::2].count(0) > half * 0.7 and head[1::2].count(0) < half * 0.1:
        return codecs.BOM_UTF16_BE + data, "utf-16-be"
    return data, ""


def _decoded(data: bytes, found: fec_bytes.Scan) -> tuple[str, str]:
    body = data[found.skip :]
    text = body.decode(found.encoding.removesuffix("-sig"), "replace")
    if found.encoding == "cp1252" and len(_ODD.findall(text[:200_000])) > 0:
        best, best_odd = "cp1252", _oddity(text)
        for page in _OTHER_PAGES:
            odd = _oddity(body[:200_000].decode(page, "replace"))
            if odd < best_odd:
                best, best_odd = page, odd
        if best != "cp1252":
            return body.decode(best, "replace"), best
    return text, found.encoding


def _oddity(text: str) -> int:
    """Letters that nobody writes inside words, less those French is full of."""
    strange = re.findall(r"(?<=[A-Za-z])[^\x00-\x7fÀ-ÿŒœŸ’“”«»\xa0°€](?=[A-Za-z])", text[:200_000])
    doubtful = _ODD.findall(text[:200_000])
    return 4 * len(strange) + 4 * len(doubtful) - len(_ACCENTED.findall(text[:200_000]))


def _separator(lines: list[str]) -> str:
    """The separator that makes known headers, with which most lines have the same number of cells, and many cells."""
    sample = [line for line in lines[:_SAMPLE] if line.strip()]
    best, best_score = ";", 0.0
    for separator in _SEPARATORS:
        rows = list(csv.reader(_bounded(sample), delimiter=separator))
        widths = Counter(len(cells) for cells in rows)
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            continue
        width, count = max(wide.items(), key=lambda one: (one[1], one[0]))
        known = max((sum(map(is_header, cells)) for cells in rows[:60] if len(cells) > 1), default=0)
        score = 1000 * min(known, 4) + count * 10 + min(width, 20) - (5 * len(widths) if len(widths) > 3 else 0)
        if score > best_score:
            best, best_score = separator, score
    return best


def _bounded(lines: list[str]) -> Iterator[str]:
    """Each line by itself: a stray quote must not swallow the sample."""
    for line in lines:
        yield line if line.count('"') % 2 == 0 else line.replace('"', "")


def _read_rows(lines: list[str], start: int, table: RawTable) -> None:
    at, cells_read = start, 0
    separator = table.separator
    while at < len(lines):
        line, number = lines[at], at + 1
        at += 1
        if '"' in line:
            cells, taken = _quoted(lines, at - 1, separator, table)
            at += taken
        else:
            cells = line.split(separator)
        if len(cells) > MAX_COLUMNS and any(cell.strip() for cell in cells[MAX_COLUMNS:]):
            table.add("too_many_columns", number, limit=MAX_COLUMNS)
        row: list[Cell] = [_clean(cell) for cell in cells[:MAX_COLUMNS]]
        if not any(row):
            continue
        cells_read += len(row)
        if cells_read > MAX_CELLS:
            table.rows.clear()
            table.problems = [problem("table_too_large", None, limit=MAX_CELLS)]
            return
        table.rows.append((number, row))


def _clean(cell: str) -> str:
    text = cell.strip().strip("\ufeff")
    if text.startswith('="'):
        found = _FORMULA_TEXT.fullmatch(text)
        text = found[1] if found else text
    return text[:MAX_CELL]


def _quoted(lines: list[str], at: int, separator: str, table: RawTable) -> tuple[list[str], int]:
    """The cells of a line with quotes, and how many further lines they run over."""
    joined, cells, taken = lines[at], list[str](), 0
    most = MAX_JOINED if len(table.problems) < _MOST_OPEN else 1
    for taken in range(min(most, len(lines) - at)):
        if taken:
            joined += "\n" + lines[at + taken]
            if len(joined) > 2 * MAX_CELL:
                break
        cells, open_ = _parsed(joined, separator)
        if not open_ and (cells or taken):
            break
    if cells:
        return cells, taken
    table.add("open_quote", at + 1)
    return [cell.strip().strip('"') for cell in lines[at].split(separator)], 0


def _parsed(text: str, separator: str) -> tuple[list[str], bool]:
    """The cells, none when the quotes are wrong over several lines; and whether a quote is still open."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            return [], True
        if "\n" in text:
            return [], False
        try:
            rows = list(csv.reader([text], delimiter=separator))
        except csv.Error:
            return text.replace('"', "").split(separator), False
    return (rows[0], False) if len(rows) == 1 else ([cell for row in rows for cell in row], False)
