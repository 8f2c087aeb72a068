"""How a table that waits is understood, column by column, and a person's correction of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from encaisse.exchange.table_guess import missing
from encaisse.exchange.table_mapping import Column
from encaisse.exchange.tables import MAX_BYTES, TableFile, read_table
from encaisse.ledger import table_mappings
from encaisse.ledger.table_mappings import Chosen, MappingRefused
from encaisse.parties.models import Creditor
from encaisse.web import table_words
from encaisse.web.uploads import Upload

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Understood:
    """How a table is read, in words."""

    token: str
    chosen: Chosen

    @property
    def kind(self) -> str:
        """What the table is, in words."""
        return table_words.kind_name(self.chosen.mapping.kind) if self.known else _("not understood yet")

    @property
    def known(self) -> bool:
        """It is known what the table is."""
        return self.chosen.mapping.kind != "unknown"

    @property
    def source(self) -> str:
        """Where the mapping comes from, in words."""
        return table_words.source_name(self.chosen.source, self.chosen.mapping.program)

    @property
    def missing(self) -> list[str]:
        """What no column gives, in words."""
        return [table_words.meanings(need) for need in self.chosen.missing]

    @property
    def columns(self) -> list[tuple[str, str, str]]:
        """The columns that are read: header, meaning, examples."""
        return [
            (_header(column), table_words.meaning(column.field), examples(column))
            for column in self.chosen.mapping.columns
            if column.field
        ]

    @property
    def unread(self) -> list[str]:
        """The headers of the columns that are not read."""
        return [_header(column) for column in self.chosen.mapping.columns if not column.field]


def understood(creditor: Creditor, upload: Upload) -> Understood | None:
    """How a waiting table would be read; None when it cannot be read at all."""
    table = read(creditor, upload)
    return Understood(upload.token, table_mappings.chosen(creditor, table)) if table.grid.rows else None


def read(creditor: Creditor, upload: Upload) -> TableFile:
    """The table, laid out."""
    with upload.path.open("rb") as stream:
        return read_table(stream.read(MAX_BYTES + 1), upload.file.name, creditor.language)


def examples(column: Column) -> str:
    """Some values of a column, as they stand in the file."""
    return " · ".join(one for one in column.examples[:EXAMPLES] if one)


def _header(column: Column) -> str:
    return column.header or _("column %(number)s") % {"number": column.place + 1}


@dataclass(frozen=True, slots=True)
class Line:
    """A column in the form: its select, with what it says now and what is wrong with that."""

    name: str
    header: str
    examples: str
    field: str
    choices: Sequence[tuple[str, str]]
    error: str


class ColumnsForm:
    """The columns of one table as selects, filled with how it is read now, or with what was just sent."""

    def __init__(
        self, creditor: Creditor, upload: Upload, asked: Mapping[str, Any], sent: Mapping[str, Any] | None
    ) -> None:
        self.creditor, self.upload, self.sent = creditor, upload, sent
        self.table = read(creditor, upload)
        self.chosen = table_mappings.chosen(creditor, self.table)
        self.error = ""
        self.errors: dict[int, str] = {}
        said = str((sent or asked).get("kind", ""))
        self.kind = said if said in table_words.KINDS else self.chosen.mapping.kind
        self.mapping = self.chosen.mapping
        if self.kind in table_words.KINDS:
            self.mapping = table_mappings.as_kind(self.table, self.mapping, self.kind)
        self.dates = str(sent.get("dates", "")) if sent else self.mapping.date_order
        self.decimals = str(sent.get("decimals", "")) if sent else self.mapping.decimal_mark

    def remember(self, *, at: datetime, actor: str) -> bool:
        """Keep what was sent; False when it cannot be, and then the form says why."""
        said = {column.place: self._said(column) for column in self.mapping.columns}
        for place, field in said.items():
            if field and any(other < place for other, one in said.items() if one == field):
                self.errors[place] = _("Another column is said to be this already.")
        if self.errors:
            return False
        mapping = self.mapping
        try:
            mapping = table_mappings.corrected(self.table, mapping, said)
            mapping = table_mappings.with_said_forms(mapping, dates=self.dates, decimals=self.decimals)
            table_mappings.remember(
                self.creditor, self.table, mapping, name=self.upload.file.name, at=at, actor=actor
            )  # fmt: skip
        except MappingRefused as refused:
            lacking = "; ".join(table_words.meanings("|".join(need)) for need in missing(mapping))
            told = _("Such a table needs a column that is: %(meanings)s. Say which one it is.")
            self.error = told % {"meanings": lacking} if lacking else str(refused)
            return False
        return True

    def _said(self, column: Column) -> str:
        return str(self.sent.get(f"column-{column.place}", "")) if self.sent else column.field

    @property
    def lines(self) -> list[Line]:
        """The columns, each with its select."""
        choices = table_words.choices(self.kind, {column.field for column in self.mapping.columns})
        return [
            Line(
                f"column-{column.place}", _header(column), examples(column), self._said(column), choices,
                self.errors.get(column.place, ""),
            )
            for column in self.mapping.columns
        ]  # fmt: skip

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """The kinds of tables, in words."""
        return [(kind, table_words.kind_name(kind)) for kind in table_words.KINDS]

    @property
    def source(self) -> str:
        """Where the mapping in force comes from, in words."""
        return Understood(self.upload.token, self.chosen).source

    @property
    def date_orders(self) -> list[tuple[str, str]]:
        """The orders of dates, in words."""
        return [(order, str(word)) for order, word in table_words.DATE_ORDERS.items()]

    @property
    def marks(self) -> list[tuple[str, str]]:
        """The decimal marks, in words."""
        return [(mark, str(word)) for mark, word in table_words.MARKS.items()]
