"""ODS workbooks into rows. Rows and cells may stand for many like them; comments are no content."""

from __future__ import annotations

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
from encaisse.exchange.table_text import MAX_CELL, MAX_CELLS, MAX_COLUMNS, RawTable
from encaisse.exchange.table_values import Cell, of_timestamp

_TRUE_OF = {"true": "1", "false": "0"}


class _Ods:
    """The cells of the sheet being read; rows and cells may stand for many like them."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.line = 0
        self.rows = self.columns = 1
        self.row: dict[int, Cell] = {}
        self.column = 0
        self.attributes: dict[str, str] = {}
        self.words: list[str] = []
        self.aside = 0
        self.inside = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table" and not self.aside:
            if len(self.sheets) >= MAX_SHEETS:
                raise Refused("workbook_bomb")
            self.sheets.append(Sheet(attributes.get("name", "")[:80]))
            self.line = 0
        elif tag == "table-row":
            self.rows = max(1, whole(attributes.get("number-rows-repeated"), 1))
            self.row, self.column = {}, 0
        elif tag in ("table-cell", "covered-table-cell"):
            self.columns = max(1, whole(attributes.get("number-columns-repeated"), 1))
            self.attributes = attributes
            self.words, self.inside = [], True
        elif tag == "annotation":
            self.aside += 1
        elif tag == "s" and self.inside and not self.aside:
            self.words.append(" ")

    def before(self, text: str) -> None:
        if self.inside and not self.aside:
            self.words.append(text)

    def end(self, tag: str, text: str) -> None:
        if tag == "annotation":
            self.aside -= 1
        elif self.aside or not self.sheets:
            return
        elif tag in ("p", "span", "a", "h") and self.inside:
            self.words.append(text)
        elif tag in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif tag == "table-row":
            self._end_row()

    def _end_cell(self) -> None:
        self.inside = False
        cell = _ods_cell(self.attributes, self.words)
        span = whole(self.attributes.get("number-rows-spanned"), 1)
        if span > 1 and self.sheets and len(self.sheets[-1].merged) < MAX_FILLED:
            self.sheets[-1].merged.append((self.column, self.line + 1, self.line + span))
        if cell != "":
            for at in range(self.column, min(self.column + self.columns, MAX_COLUMNS + 1)):
                self.row[at] = cell
        self.column += self.columns

    def _end_row(self) -> None:
        if self.row:
            if self.rows * len(self.row) > MAX_CELLS:
                raise Refused("table_too_large")
            for at in range(self.rows):
                self.sheets[-1].add(self.line + at + 1, self.row)
        self.line += self.rows


def _ods_cell(attributes: dict[str, str], words: list[str]) -> Cell:
    kind = attributes.get("value-type", "string")
    if kind in ("float", "currency", "percentage"):
        return number(attributes.get("value", ""))
    if kind == "date":
        return of_timestamp(attributes.get("date-value", "")) or attributes.get("date-value", "")[:40]
    if kind == "boolean":
        return _TRUE_OF.get(attributes.get("boolean-value", ""), "")
    return " ".join("".join(words).split())[:MAX_CELL]


def read_ods(parts: Parts) -> RawTable:
    """The rows of the first sheet of an ODS workbook that has headers we know, else of the first that holds data."""
    read = _Ods()
    parts.parse("content.xml", read.start, read.end, read.before)
    for sheet in read.sheets:
        sheet.fill_down()
    telling = [sheet for sheet in read.sheets if is_telling(sheet.table)]
    if telling:
        return others(telling[0].done(), [sheet.table.sheet for sheet in telling[1:]])
    for sheet in read.sheets:
        if len(sheet.table.rows) > 1:
            return sheet.done()
    return next((sheet.done() for sheet in read.sheets if sheet.table.rows), RawTable())
