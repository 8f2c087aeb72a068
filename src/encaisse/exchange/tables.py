"""Any table into one grid: separated text, XLSX or ODS; where its headers are, and which rows only add up the others.

Known by its content, never by its name. What cannot be read is refused with a problem; nothing raises.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from encaisse.exchange import table_guess
from encaisse.exchange.problems import Problem, bounded, problem
from encaisse.exchange.table_book import container, read_book
from encaisse.exchange.table_headers import bucket, is_header
from encaisse.exchange.table_mapping import Mapping, words
from encaisse.exchange.table_text import RawTable, read_text
from encaisse.exchange.table_values import Cell, plain, read_amount, read_date, shown

Form = Literal["csv", "tsv", "xlsx", "ods", ""]
MAX_BYTES = 64 * 1024 * 1024
"""Largest table read, in bytes."""
_HEADER_WITHIN = 60
_FEW_ROWS = 3
_TOTALS_BEGIN = ("tot", "sous", "sub", "grand", "ensemble", "som", "sum", "cumul", "a report", "report")
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


class Row(NamedTuple):
    """One row: its line in the file (or row of the sheet), counted from 1, and its cells."""

    line: int
    cells: tuple[Cell, ...]

    def at(self, place: int | None) -> Cell:
        """The cell at a place; blank where the row is shorter."""
        return self.cells[place] if place is not None and 0 <= place < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table laid out. ``title``: the rows above the headers. ``totals``: rows that only add up the others.

    ``header_line`` is None when the table has no headers; then ``headers`` are blank.
    """

    headers: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    totals: tuple[Row, ...] = ()
    title: tuple[Row, ...] = ()
    header_line: int | None = None
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table as read. ``kind`` is ``csv`` for text and ``xlsx`` for workbooks (``form`` says which), else
    ``unknown``. ``guess``: how its columns seem to be meant."""

    kind: Literal["csv", "xlsx", "unknown"]
    grid: Grid
    guess: Mapping
    problems: tuple[Problem, ...]
    form: Form = ""
    encoding: str = ""
    separator: str = ""


def read_table(data: bytes, name: str = "", language: str = "fr") -> TableFile:
    """Read a table and guess its columns. ``name`` decides nothing; ``language`` of the problems' words, fr or en."""
    del name
    raw, form = _raw(data)
    grid = layout(raw)
    problems = list(raw.problems)
    if not grid.rows and not problems:
        problems.append(problem("empty_file" if not raw.rows else "table_without_rows", None))
    found = table_guess.guess(grid)
    problems += table_guess.doubts(grid, found) if grid.rows else []
    kind: Literal["csv", "xlsx", "unknown"] = "xlsx" if form in ("xlsx", "ods") else "csv"
    if not grid.rows and not raw.rows and form not in ("xlsx", "ods"):
        kind = "unknown"
    kept, _ = bounded((one if language == "fr" else one.in_language(language) for one in problems), language)
    return TableFile(kind, grid, found, kept, form, raw.encoding, raw.separator)


def _raw(data: bytes) -> tuple[RawTable, Form]:
    if len(data) > MAX_BYTES:
        return RawTable(problems=[problem("file_too_large", None, limit=MAX_BYTES // (1024 * 1024))]), ""
    if data[:4] == _OLD_WORKBOOK:
        return RawTable(problems=[problem("other_workbook", None, name="XLS")]), ""
    if data[:4] == b"PK\x03\x04":
        kind = container(data)
        if not kind:
            return RawTable(problems=[problem("not_a_table", None)]), ""
        return read_book(data, kind), "ods" if kind == "ods" else "xlsx"
    table = read_text(data)
    return table, "tsv" if table.separator == "\t" else "csv"


def layout(raw: RawTable) -> Grid:
    """Find the headers and set title, data and totals apart."""
    rows = [Row(line, tuple(cells)) for line, cells in raw.rows]
    at = _header_at(rows)
    if at is None:
        start = _first_data(rows)
        width = max((len(row.cells) for row in rows[start:]), default=0)
        headers: tuple[str, ...] = ("",) * width
        title, body, line = rows[:start], rows[start:], None
    else:
        headers = _trimmed(rows[at].cells)
        title, body, line = rows[:at], rows[at + 1 :], rows[at].line
        width = max((len(row.cells) for row in body), default=0)
        headers += ("",) * (width - len(headers))
    again = tuple(plain(header) for header in headers)
    data: list[Row] = []
    totals: list[Row] = []
    for row in body:
        if line is not None and _same_headers(row, again):
            continue  # the headers again, at the top of a printed page
        (totals if is_total(row) else data).append(row)
    if line is not None and _is_bare_sum(data):
        totals.append(data.pop())
    return Grid(headers, tuple(data), tuple(totals), tuple(title), line, raw.sheet)


def _is_bare_sum(rows: list[Row]) -> bool:
    """Whether the last row is a sum without a word: amounts alone, at least two, in far fewer cells than the others."""
    if len(rows) < _FEW_ROWS:
        return False
    filled = [cell for cell in rows[-1].cells if cell != ""]
    usual = Counter(_filled(row) for row in rows[:-1]).most_common(1)[0][0]
    plain_amounts = all(
        isinstance(cell, Decimal) or (isinstance(cell, str) and read_amount(cell) and not read_date(cell, "dmy"))
        for cell in filled
    )
    return rows[-1].at(0) == "" and len(filled) <= usual - 2 and plain_amounts


def _trimmed(cells: tuple[Cell, ...]) -> tuple[str, ...]:
    texts = [shown(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def _same_headers(row: Row, again: tuple[str, ...]) -> bool:
    cells = tuple(plain(shown(cell)) for cell in row.cells)
    return cells + ("",) * (len(again) - len(cells)) == again


def _header_at(rows: list[Row]) -> int | None:
    """Where the headers stand: the row of words that names the most known columns, above rows as wide as it."""
    best, best_score = None, 0.0
    widths = Counter(_filled(row) for row in rows[:500])
    usual = max(widths.items(), key=lambda one: (one[1], one[0]))[0] if widths else 0
    for at, row in enumerate(rows[:_HEADER_WITHIN]):
        texts = [shown(cell) for cell in row.cells if cell != ""]
        if not texts or any(_is_value(cell) for cell in row.cells) or max(map(len, texts)) > 120:
            continue
        known = sum(is_header(text) for text in texts)
        distinct = len({plain(text) for text in texts}) == len(texts)
        score = known * 3 + (2 if distinct else 0) + (2 if len(texts) >= usual else 0) - at / _HEADER_WITHIN
        enough = known >= 2 or (known and len(texts) <= 2) or (len(texts) >= max(2, usual) and _below(rows, at))
        if enough and score > best_score:
            best, best_score = at, score
    return best


def _below(rows: list[Row], at: int) -> bool:
    """Whether the row beneath holds numbers or days: then words above it are headers."""
    return any(_is_value(cell) for row in rows[at + 1 : at + 3] for cell in row.cells)


def _filled(row: Row) -> int:
    return sum(cell != "" for cell in row.cells)


def _first_data(rows: list[Row]) -> int:
    for at, row in enumerate(rows[:_HEADER_WITHIN]):
        if _filled(row) > 1 and any(_is_value(cell) for cell in row.cells):
            return at
    return 0


def _is_value(cell: Cell) -> bool:
    """A day, an amount or an address: no header."""
    if isinstance(cell, date | Decimal):
        return True
    if not any(char.isdigit() for char in cell):
        return "@" in cell
    if bucket(cell):
        return False
    return "@" in cell or read_date(cell, "dmy") is not None or read_date(cell, "mdy") is not None or (
        read_amount(cell) is not None
    )  # fmt: skip


def is_total(row: Row) -> bool:
    """Whether a row only adds up others: its first word says so, it bears an amount, and no day."""
    first = next((cell for cell in row.cells if isinstance(cell, str) and any(map(str.isalpha, cell))), "")
    if not _says_total(first):
        return False
    texts = [cell for cell in row.cells if isinstance(cell, str) and cell and read_amount(cell) is None]
    if not texts or any(isinstance(cell, date) for cell in row.cells):
        return False
    if any(read_date(cell, "dmy") or read_date(cell, "mdy") for cell in texts if len(cell) < 30):
        return False
    amounts = any(isinstance(cell, Decimal) or (cell and read_amount(cell)) for cell in row.cells)
    return bool(amounts) and len(texts) <= 3


def _says_total(text: str) -> bool:
    if not plain(text[:40]).startswith(_TOTALS_BEGIN):
        return False
    told = re.sub(r"\b(?:\d+|eur|euros?|au|du|en|lignes?|factures?|invoices?)\b", " ", plain(text))
    return " ".join(told.split()) in words()["totals"]
