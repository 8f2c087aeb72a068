"""How a table writes its days and amounts, settled for the table as a whole: one cell alone is often ambiguous."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from encaisse.exchange.table_headers import is_french
from encaisse.exchange.table_mapping import AMOUNTS, DATES, Mapping
from encaisse.exchange.table_values import (
    CURRENCIES,
    Amount,
    DateOrder,
    DecimalMark,
    date_forms,
    mark_of,
    plain,
    read_amount,
    read_date,
)

if TYPE_CHECKING:
    from encaisse.exchange.tables import Grid

_SAMPLE = 2_000
_ORDERS: tuple[DateOrder, ...] = ("ymd", "dmy", "mdy", "serial", "dmy8")


def with_forms(grid: Grid, mapping: Mapping) -> Mapping:
    """The mapping with the order of dates, the decimal mark and the currency its columns show."""
    order, unsure = _date_order(grid, mapping)
    mark, doubtful = _decimal_mark(grid, mapping)
    return replace(
        mapping,
        date_order=order,
        decimal_mark=mark,
        currency=mapping.currency or _currency(grid, mapping),
        ambiguous_dates=unsure,
        ambiguous_amounts=doubtful,
    )


def _date_order(grid: Grid, mapping: Mapping) -> tuple[DateOrder, bool]:
    """The order in which most days can be read, and whether another reads as many of them otherwise."""
    places = [column.place for column in mapping.columns if column.field in DATES]
    cells = [row.at(place) for row in grid.rows[:_SAMPLE] for place in places]
    cells = [cell for cell in cells if cell != "" and not isinstance(cell, date)]
    if not cells:
        return ("ymd" if places else ""), False
    counts = Counter(order for cell in cells for order in date_forms(cell))
    if not counts:
        return "dmy", False
    most = max(counts.values())
    likely = [order for order in _ORDERS if counts[order] == most]
    readings = {order: tuple(read_date(cell, order) for cell in cells) for order in likely}
    if len(set(readings.values())) == 1:
        return likely[0], False
    if "dmy" in readings and "mdy" in readings and readings["dmy"] != readings["mdy"]:
        plausible = {"dmy": _plausible(grid, mapping, "dmy"), "mdy": _plausible(grid, mapping, "mdy")}
        if plausible["dmy"] != plausible["mdy"]:
            return ("dmy" if plausible["dmy"] > plausible["mdy"] else "mdy"), False
        return "dmy", not is_french(grid.headers)
    return ("dmy" if "dmy" in likely else likely[0]), False


def _plausible(grid: Grid, mapping: Mapping, order: DateOrder) -> int:
    """How many rows have their second day within four months after the first: due dates, value dates."""
    places = mapping.places
    first = next((places[field] for field in ("issued_on", "booked_on") if field in places), None)
    second = next((places[field] for field in ("due_on", "value_on") if field in places), None)
    if first is None or second is None:
        return 0
    count = 0
    for row in grid.rows[:_SAMPLE]:
        start, end = read_date(row.at(first), order), read_date(row.at(second), order)
        count += start is not None and end is not None and 0 <= (end - start).days <= 125
    return count


def _decimal_mark(grid: Grid, mapping: Mapping) -> tuple[DecimalMark, bool]:
    """The mark most amounts show, and whether some could be read with either and none tells."""
    fields = [column for column in mapping.columns if column.field in AMOUNTS or column.field.startswith("bucket:")]
    counts: Counter[DecimalMark] = Counter()
    open_ones = False
    for row in grid.rows[:_SAMPLE]:
        for column in fields:
            cell = row.at(column.place)
            if isinstance(cell, str) and cell and len(cell) <= 40:
                mark = mark_of(re.sub(r"[^\d.,' ]", "", cell).strip())
                counts[mark] += 1
                open_ones |= not mark and bool(re.search(r"\d[.,]\d{3}(?!\d)", cell))
    told: DecimalMark = "," if counts[","] > counts["."] else "." if counts["."] else ","
    decided = bool(counts[","] or counts["."])
    return told, open_ones and not decided


def _currency(grid: Grid, mapping: Mapping) -> str:
    """The one currency the amounts or the headers bear, else ``""``."""
    if "currency" in mapping.places:
        return ""
    told = {amount.currency for amount in _amounts(grid, mapping) if amount and amount.currency}
    for header in (column.header for column in mapping.columns if column.field in AMOUNTS):
        told |= {code for sign, code in (("€", "EUR"), ("£", "GBP"), ("$", "USD")) if sign in header}
        told |= {"EUR" if word.startswith("euro") else word.upper() for word in plain(header).split(" ")
                 if re.fullmatch(rf"euros?|{CURRENCIES.lower()}", word)}  # fmt: skip
    return told.pop() if len(told) == 1 else ""


def _amounts(grid: Grid, mapping: Mapping) -> Iterable[Amount | None]:
    for column in mapping.columns:
        if column.field in AMOUNTS:
            yield from (read_amount(row.at(column.place)) for row in grid.rows[:50])
