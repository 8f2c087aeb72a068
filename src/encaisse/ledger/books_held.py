"""Which receivables the books say are not owed yet: a retention guarantee (4117), a bill of exchange (413).

What follows is not decided here: the report of the import names the rows, and recovery pauses or frees them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from encaisse.exchange.fec_records import Books
from encaisse.ledger.frames import Told
from encaisse.ledger.models import Import, Receivable
from encaisse.parties.models import Creditor

MARKS = ("retention", "bill")
AGED = "aged"
"""The mark of sums of an aged balance (`table_aged`): nobody knows when they were due."""
HELD, FREED = "held_parts", "freed_parts"
"""In the report of an import: mark → receivables held by it, and receivables no longer held."""

_Name = tuple[str, str]


def parts(creditor: Creditor, books: Books, told: Told) -> dict[str, Any]:
    """What the report says of receivables held and freed by these books; nothing when there are none.

    `told`: the frames of the books as they were taken; its `rec` are places in the books' invoices.
    """
    marked = _marked(books, told)
    before = _held_before(creditor)
    if not marked and not before:
        return {}
    rows = _rows(creditor, {name for name, _mark in marked})
    held: dict[str, list[int]] = {mark: [] for mark in MARKS}
    for name, mark in marked:
        held[mark] += rows.get(name, [])
    now = {pk for ids in held.values() for pk in ids}
    named = set(told.receivables.select("customer", "key").iter_rows())
    gone = Receivable.objects.filter(creditor=creditor, pk__in=before - now).values_list("pk", "customer__code", "key")
    freed = [pk for pk, code, key in gone if (code, key) in named]
    return {HELD: held, FREED: sorted(freed)} if now or freed else {}


def _marked(books: Books, told: Told) -> list[tuple[_Name, str]]:
    """(customer, key) of each open claim that is marked, with its mark."""
    either = pl.any_horizontal(*MARKS)
    if not books.frames.invoices.select(either.any()).item():
        return []
    left = pl.Series("left", books.open_amounts(), dtype=pl.Int64)
    claims = books.frames.invoices.select(*MARKS).with_columns(left).with_row_index("rec")
    claims = claims.filter(either & (pl.col("left") > 0))
    names = told.receivables.select(pl.col("rec").cast(pl.UInt32), "customer", "key")
    joined = claims.join(names, on="rec").select("customer", "key", "retention")
    return [((code, key), "retention" if held else "bill") for code, key, held in joined.iter_rows()]


def _held_before(creditor: Creditor) -> set[int]:
    reports = Import.objects.filter(creditor=creditor, kind="fec", report__has_key=HELD).values_list(
        "report", flat=True
    )
    return {pk for report in reports for ids in report[HELD].values() for pk in ids}


def _rows(creditor: Creditor, names: Iterable[_Name]) -> dict[_Name, list[int]]:
    """The receivables of these names that are not settled."""
    wanted = set(names)
    found: dict[_Name, list[int]] = {}
    rows = Receivable.objects.filter(creditor=creditor, settled_on__isnull=True)
    rows = rows.filter(key__in={key for _code, key in wanted}, customer__code__in={code for code, _key in wanted})
    for pk, code, key in rows.order_by("pk").values_list("pk", "customer__code", "key"):
        if (code, key) in wanted:
            found.setdefault((code, key), []).append(pk)
    return found
