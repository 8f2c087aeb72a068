"""Whether the beginning of a text is a table that its first line does not show: one with a title, or of a program."""

from __future__ import annotations

import csv

from encaisse.exchange import table_guess
from encaisse.exchange.table_headers import by_header
from encaisse.exchange.table_mapping import AMOUNTS, DATES, ready_mappings
from encaisse.exchange.table_text import read_text
from encaisse.exchange.table_values import plain
from encaisse.exchange.tables import layout

_SEPARATORS = (";", "\t", ",", "|")


def tells_documents(line: str) -> bool:
    """Whether a line of headers is that of a list of invoices or payments, though it may name people too.

    A usual program's export of them is one; so is any with a document's number, an amount and a day.
    """
    try:
        headers = next(csv.reader([line], delimiter=max(_SEPARATORS, key=line.count)), [])
    except csv.Error:
        return False
    there = {plain(header) for header in headers}
    fields = {by_header(header)[0] for header in headers}
    if fields & {"number", "invoice"} and fields & AMOUNTS and fields & DATES:
        return True
    return any(
        one["kind"] != "contacts" and all(plain(header) in there for header in one["needs"]) for one in ready_mappings()
    )


def is_titled(head: bytes) -> bool:
    """Whether a text holds a table below a title. The first bytes are enough; a row cut at their end does no harm."""
    raw = read_text(head)
    grid = layout(raw)
    if not raw.separator or grid.header_line is None or not grid.title or not grid.rows:
        return False
    return table_guess.guess(grid).kind != "unknown"
