"""The parts of a workbook's archive, read straight from it, piece by piece, never unpacked to disk.

What is read is counted as it unpacks, so an archive that unpacks without end is refused after ``MAX_UNPACKED`` bytes.
A document type in a part is refused before it is read.
"""

from __future__ import annotations

import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Literal
from xml.parsers import expat  # nosec - document types are refused

from encaisse.exchange.problems import problem
from encaisse.exchange.table_headers import is_header
from encaisse.exchange.table_text import MAX_CELL, MAX_CELLS, MAX_COLUMNS, RawTable
from encaisse.exchange.table_values import Cell

Container = Literal["xlsx", "ods", "xlsb", ""]
MAX_UNPACKED = 128 * 1024 * 1024
"""So many bytes may unpack from one workbook."""
MAX_PARTS = 5_000
"""Most parts in a workbook's archive."""
MAX_SHEETS = 50
"""Most sheets looked at for the first that holds data."""
MAX_ROWS = 1_048_576
"""Most rows of a sheet: as many as spreadsheets have."""
MAX_DEPTH = 60
MAX_FILLED = 200_000
"""So many cells merged with one above are filled from it."""
_HEADER_ROWS = 60
_CHUNK = 64 * 1024

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str, str], None]


class Refused(Exception):
    """A part that must not be read on, with the code of the problem."""


class Parts:
    """The parts of one archive and how much they may still unpack to."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = set(archive.namelist())
        self.left = MAX_UNPACKED

    def parse(self, name: str, start: Start, end: End, before: Callable[[str], None] | None = None) -> None:
        """Feed one part to the handlers, element names without namespace; ``end`` gets the text since the last tag.

        ``before`` gets the text that stands before an inner element.
        """
        parser = expat.ParserCreate(None, " ")
        parser.buffer_text = True
        texts: list[str] = []
        length = depth = 0

        def on_start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal length, depth
            depth += 1
            if depth > MAX_DEPTH:
                raise Refused("workbook_bomb")
            if before and texts:
                before("".join(texts))
            texts.clear()
            length = 0
            start(tag.rpartition(" ")[2], {key.rpartition(" ")[2]: value for key, value in attributes.items()})

        def on_end(tag: str) -> None:
            nonlocal depth
            depth -= 1
            end(tag.rpartition(" ")[2], "".join(texts))
            texts.clear()

        def on_text(text: str) -> None:
            nonlocal length
            length += len(text)
            if length <= MAX_CELL + _CHUNK:
                texts.append(text)

        def doctype(*_: object) -> None:
            raise Refused("workbook_doctype")

        parser.StartElementHandler, parser.EndElementHandler = on_start, on_end
        parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = on_text, doctype
        with self.archive.open(name) as part:
            while piece := part.read(_CHUNK):
                self.left -= len(piece)
                if self.left < 0:
                    raise Refused("workbook_bomb")
                parser.Parse(piece, False)
        parser.Parse(b"", True)


class Sheet:
    """Rows as they come, blank ones left out, cells counted."""

    def __init__(self, name: str) -> None:
        self.table = RawTable(sheet=name)
        self.cells = 0
        self.unvalued = 0
        self.merged: list[tuple[int, int, int]] = []

    def add(self, line: int, cells: dict[int, Cell]) -> None:
        filled = {at: cell for at, cell in cells.items() if cell != ""}
        if not filled:
            return
        width = min(max(filled) + 1, MAX_COLUMNS)
        if max(filled) >= MAX_COLUMNS:
            self.table.add("too_many_columns", line, limit=MAX_COLUMNS)
        self.cells += width
        if self.cells > MAX_CELLS or len(self.table.rows) >= MAX_ROWS:
            raise Refused("table_too_large")
        self.table.rows.append((line, [filled.get(at, "") for at in range(width)]))

    def fill_down(self) -> None:
        """Words of cells ``merged`` over several rows stand in each of them: (column, first line, last line).

        Amounts and days are left where they are: they are said once.
        """
        rows = self.table.rows
        lines = [line for line, _ in rows]
        left = MAX_FILLED
        for column, first, last in self.merged:
            start = bisect_left(lines, first)
            if start == len(rows) or lines[start] != first or column >= len(rows[start][1]):
                continue
            told = rows[start][1][column]
            if not isinstance(told, str) or not told:
                continue
            for _, cells in rows[start + 1 : bisect_right(lines, last)]:
                left -= 1
                if left < 0:
                    return
                if column < len(cells) and cells[column] == "":
                    cells[column] = told

    def done(self) -> RawTable:
        if self.unvalued:
            self.table.problems.append(problem("formula_without_value", None, count=self.unvalued))
        return self.table


def is_telling(table: RawTable) -> bool:
    """Whether one of its first rows names two known columns or more, above a row of data."""
    rows = table.rows[:_HEADER_ROWS]
    headed = any(sum(isinstance(cell, str) and is_header(cell) for cell in cells) > 1 for _, cells in rows)
    return headed and len(table.rows) > 1


def others(table: RawTable, names: list[str]) -> RawTable:
    """The table, with the problem that other sheets with data are not read."""
    if names:
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        table.problems.append(problem("other_sheets", None, name=table.sheet, others=shown))
    return table


def number(text: str) -> Cell:
    """A workbook's number; its last digits are noise of binary fractions beyond the fifteenth. Not one: the text."""
    try:
        value = Decimal(text.strip())
        if not value.is_finite() or abs(value.adjusted()) > 15:
            return text.strip()
        if len(value.as_tuple().digits) > 15:
            value = Decimal(format(float(value), ".15g"))
    except (InvalidOperation, ValueError, OverflowError):
        return text.strip()
    whole = value.to_integral_value()
    return whole if whole == value else value.normalize()


def whole(text: str | None, otherwise: int = 0) -> int:
    """A plain whole number, else ``otherwise``."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
