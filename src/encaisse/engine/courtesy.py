"""Before the due date: courtesies. The latest that applies, once per receivable, and none while anything is late."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import polars as pl

from encaisse.engine.chase import shared
from encaisse.engine.tables import NEVER, Tables
from encaisse.pooled import collected

_NO_COURTESY: Final = pl.DataFrame(schema={"i": pl.Int64, "c": pl.Int64, "own": pl.Int64, "kept": pl.Boolean})


def young_receivables(rows: pl.DataFrame, cases: pl.DataFrame, tables: Tables, today: int) -> pl.DataFrame:
    """Receivables that may get a courtesy: not yet due, chaseable, in a case of which nothing is late.

    Adds for each courtesy slot the day ``start_N`` from which it applies, never when a lasting condition fails; no
    column is added when there are none. Most portfolios of one case have none, and each step on nothing costs as much
    as one on a thousand rows.
    """
    found = rows.filter((pl.col("due") > today) & (pl.col("chase") > 0))
    if found.is_empty():
        return found
    placed = shared(cases, "lapse", "standing", "chased_count")
    young = found.lazy().with_columns(placed).filter(pl.col("lapse") >= today).with_columns(_starts(tables))
    return collected(young.select(*_KEPT, *(f"start_{slot}" for slot in range(tables.courtesies.width))), len(rows))


_KEPT: Final = ("i", "c", "strategy", "issued", "due", "chase", "done", "lapse")


def applies_from(tables: Tables, slot: int) -> pl.Expr:
    """The day from which a courtesy applies to the receivable; never when it owes less than the least amount."""
    rich = pl.col("chase") >= tables.courtesies.each("least", slot)
    return pl.when(rich).then(pl.col(f"start_{slot}")).otherwise(NEVER)


def own_courtesy(young: pl.DataFrame, tables: Tables, today: int) -> pl.DataFrame:
    """``i`` (row), ``c``, ``own`` (slot of the courtesy to send, null for none) and ``kept`` (only its least
    amount keeps a courtesy away)."""
    if young.is_empty():
        return _NO_COURTESY
    begun, latest, kept = _own(tables, today)
    return collected(young.lazy().filter(begun).with_columns(latest).select("i", "c", *kept), len(young))


@lru_cache(maxsize=16)
def _own(tables: Tables, today: int) -> tuple[pl.Expr, list[pl.Expr], list[pl.Expr]]:
    """Whether any courtesy applies; the latest that does, and that would but for its least amount; what is kept."""
    slots = range(tables.courtesies.width)
    begun = pl.any_horizontal(pl.col(f"start_{slot}") <= today for slot in slots) if slots else pl.lit(value=False)
    latest = [
        _latest([applies_from(tables, slot) <= today for slot in slots]).alias("own"),
        _latest([pl.col(f"start_{slot}") <= today for slot in slots]).alias("free"),
    ]
    own, free = _unless_done("own", tables), _unless_done("free", tables)
    return begun, latest, [own.alias("own"), (own.is_null() & free.is_not_null()).alias("kept")]


@lru_cache(maxsize=16)
def _starts(tables: Tables) -> list[pl.Expr]:
    return [_start(tables, slot).alias(f"start_{slot}") for slot in range(tables.courtesies.width)]


def _start(tables: Tables, slot: int) -> pl.Expr:
    """The day from which a courtesy applies, without regard to its least amount."""
    each = tables.courtesies.each
    origin = pl.when(each("from_issue", slot) == 1).then(pl.col("issued")).otherwise(pl.col("due"))
    start = pl.max_horizontal(origin + each("days", slot), pl.col("issued") + each("min_age", slot))
    holds = (pl.col("standing") & each("bit", slot) != 0) & (pl.col("chased_count") >= each("min_count", slot))
    return pl.when(holds).then(start).otherwise(NEVER)


def _latest(holds: list[pl.Expr]) -> pl.Expr:
    """The last slot that holds; null for none."""
    if not holds:
        return pl.lit(None, dtype=pl.Int64)
    return pl.coalesce(
        [pl.when(holds[slot]).then(pl.lit(slot, dtype=pl.Int64)) for slot in reversed(range(len(holds)))]
    )


def _unless_done(name: str, tables: Tables) -> pl.Expr:
    sent = pl.col("done").cast(pl.Int64) & tables.courtesies.at("bit", pl.col(name)) != 0
    return pl.when(~sent).then(pl.col(name))
