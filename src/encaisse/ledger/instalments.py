"""An invoice due in several parts: as many receivables, however the books write it.

The books of a year hold one line where the invoice itself has several due dates. That line is spread over the parts in
the order of their dates, and what the books set against it likewise, so that both tell of the same receivables.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from encaisse.ledger.frames import TOLD_ALLOCATIONS, TOLD_RECEIVABLES, Told
from encaisse.storage import frames

Parts = tuple[int, ...]
"""Amounts in minor units, first due first."""
_STORED = {"customer": pl.String, "number": pl.String, "details": pl.String}
_SQL = """
SELECT c.code, i.number, CAST(i.details AS TEXT) FROM ledger_invoice i JOIN parties_customer c ON c.id = i.customer_id
WHERE i.creditor_id = %s AND i.details IS NOT NULL AND CAST(i.details AS TEXT) LIKE %s"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of a payment set against one instalment; `place` counts from 0."""

    place: int
    amount: int


def key_of(number: str, place: int) -> str:
    """The key of an instalment: the first bears the number alone, as the line of the books does."""
    return number[:100] if place == 0 else f"{number[:100]}|E{place + 1}"


def spread(total: int, parts: Parts) -> Parts:
    """A total over parts of another sum: what is missing is taken as paid first, what is over falls to the last."""
    left, found = total, []
    for part in reversed(parts[1:]):
        mine = min(part, left)
        found.append(mine)
        left -= mine
    if left > parts[0]:
        # More than all parts together: the last date bears it.
        over = left - parts[0]
        found[0] += over
        left = parts[0]
    return (left, *reversed(found))


def pour(parts: Parts, amounts: Sequence[int]) -> list[list[Taken]]:
    """Each amount, in order, over what is still free of the parts; what is over falls to the last part."""
    free = list(parts)
    found: list[list[Taken]] = []
    for amount in amounts:
        taken, left = [], amount
        for place, room in enumerate(free):
            last = place == len(free) - 1
            mine = left if last or left < 0 else min(max(room, 0), left)
            if mine:
                taken.append(Taken(place, mine))
                free[place] -= mine
                left -= mine
            if left == 0:
                break
        found.append(taken)
    return found


def known(creditor_id: int) -> dict[tuple[str, str], Parts]:
    """(customer's code, number) of each invoice that says several dates itself: its parts."""
    rows = frames.read(_SQL, [creditor_id, '%"instalments"%'], _STORED)
    found: dict[tuple[str, str], Parts] = {}
    for code, number, details in rows.iter_rows():
        dated = sorted(json.loads(details).get("instalments", []))
        parts = tuple(int(amount) for _day, amount in dated)
        if len(parts) > 1 and all(amount > 0 for amount in parts):
            found[code, number] = parts
    return found


def split(told: Told, parts_of: Mapping[tuple[str, str], Parts]) -> Told:
    """What a file tells, its lines for invoices of several dates spread over the parts."""
    if not parts_of:
        return told
    rows = told.receivables
    named = pl.DataFrame(
        [(*place, list(parts)) for place, parts in parts_of.items()],
        schema={"customer": pl.String, "number": pl.String, "_parts": pl.List(pl.Int64)}, orient="row",
    )  # fmt: skip
    single = rows.filter(pl.len().over("customer", "number") == 1, pl.col("amount") > 0, ~pl.col("lump"))
    chosen = single.join(named, on=["customer", "number"])
    if chosen.is_empty():
        return told
    fresh: list[dict[str, Any]] = []
    again: dict[int, list[tuple[int, int]]] = {}
    following = rows.height
    for row in chosen.iter_rows(named=True):
        parts = spread(row["amount"], tuple(row.pop("_parts")))
        sign = row["key"].removeprefix(row["number"])
        places = []
        for place, amount in enumerate(parts):
            number = row["rec"] if place == 0 else following
            following += place > 0
            places.append((number, amount))
            key = row["key"] if place == 0 else key_of(row["number"], place) + sign
            fresh.append({**row, "rec": number, "key": key, "amount": amount})
        again[row["rec"]] = places
    whole = rows.filter(~pl.col("rec").is_in(list(again)))
    receivables = pl.concat([whole, pl.DataFrame(fresh, schema=TOLD_RECEIVABLES)]).sort("rec")
    return Told(
        told.first_day, told.last_day, told.complete, told.customers, receivables, told.payments,
        _poured(told.allocations, again),
    )  # fmt: skip


def _poured(allocations: pl.DataFrame, again: Mapping[int, list[tuple[int, int]]]) -> pl.DataFrame:
    touched = pl.col("rec").is_in(list(again))
    rows: list[tuple[int, int, int, date, str]] = []
    waiting: dict[int, list[tuple[int, int, date, str]]] = defaultdict(list)
    columns = ("rec", "pay", "amount", "counts_on", "rule")
    for rec, *rest in allocations.filter(touched).sort("counts_on", "pay").select(columns).iter_rows():
        waiting[rec].append((rest[0], rest[1], rest[2], rest[3]))
    for rec, parts in waiting.items():
        places = again[rec]
        poured = pour(tuple(amount for _, amount in places), [amount for _, amount, _, _ in parts])
        for (pay, _amount, on, rule), taken in zip(parts, poured, strict=True):
            rows += [(places[one.place][0], pay, one.amount, on, rule) for one in taken]
    fresh = pl.DataFrame(rows, schema=TOLD_ALLOCATIONS, orient="row")
    return pl.concat([allocations.filter(~touched).select(columns), fresh.select(columns)])
