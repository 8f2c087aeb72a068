"""What tables and their columns can be, as a page offers it for choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from encaisse.exchange.table_mapping import Kind
from encaisse.ledger import table_meanings
from encaisse.ledger.table_meanings import SOURCES, meaning

KINDS: tuple[str, ...] = tuple(kind for kind in table_meanings.KINDS if kind != "unknown")
BUCKETS = ("0-0", "1-30", "31-60", "61-90", "91-120", "91-", "121-")
DATE_ORDERS: Mapping[str, Promise] = {
    "dmy": gettext_lazy("day, month, year (31/12/2026)"),
    "mdy": gettext_lazy("month, day, year (12/31/2026)"),
    "ymd": gettext_lazy("year, month, day (2026-12-31)"),
}
MARKS: Mapping[str, Promise] = {
    ",": gettext_lazy("a comma (1 234,56)"),
    ".": gettext_lazy("a point (1,234.56)"),
}


def kind_name(kind: str) -> str:
    """What a kind of table is called."""
    return str(capfirst(str(table_meanings.KINDS.get(kind, kind))))


def source_name(source: str, program: str) -> str:
    """Where a mapping comes from, with the program that is known to write such tables."""
    told = str(SOURCES[source])
    return f"{told} ({program})" if program and source == "ready" else told


def meanings(need: str) -> str:
    """What a kind of table needs and no column gives, in words: `gross|net` is one or the other."""
    return _(" or ").join(meaning(field) for field in need.split("|"))


def choices(kind: str, present: set[str]) -> list[tuple[str, str]]:
    """What a column of such a table can be, in words, by alphabet; `present`: the fields it has already."""
    fields = {*(field for field, _words in table_meanings.choices(cast(Kind, kind))), *present} - {""}
    if kind == "aged_balance":
        fields |= {f"bucket:{span}" for span in BUCKETS}
    return sorted(((field, meaning(field)) for field in fields), key=lambda one: one[1].casefold())


def columns_line(kept: Mapping[str, Any]) -> str:
    """The columns of a mapping that is kept, in a line: `N° facture → invoice number`."""
    told = [(column["header"] or f"#{column['place'] + 1}", column["field"]) for column in kept.get("columns", ())]
    return " · ".join(f"{header} → {meaning(field)}" for header, field in told if field)


__all__ = [
    "DATE_ORDERS", "KINDS", "MARKS", "choices", "columns_line", "kind_name", "meaning", "meanings", "source_name",
]  # fmt: skip
