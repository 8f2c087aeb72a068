"""Which record of a file is which row of the ledger.

In books of the same scope a record is known by its key. Across books it is known by customer and number, one to one,
the equal amount first: an opening line is the receivable that last year left open, and a document of last year is the
one this year's opening already told of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from encaisse.ledger.frames import STATED, Known, Told, by_rank


@dataclass(frozen=True, slots=True)
class Books:
    """The scope a file belongs to. `scopes`: all that it takes over (partial exports of the same time)."""

    scope: str
    scopes: tuple[str, ...]

    def mine(self) -> pl.Expr:
        """Told by these books before."""
        return pl.col("scope").is_in(list(self.scopes))

    def older(self) -> pl.Expr:
        """Told by earlier books, or by no books."""
        return ~self.mine() & (pl.col("scope") < self.scope)

    def newer(self) -> pl.Expr:
        """Told by later books."""
        return ~self.mine() & (pl.col("scope") > self.scope)

    def before(self, first_day: date) -> pl.Expr:
        """Allocations that these books begin with: of earlier books, and stated by invoices before their first day."""
        return self.older() | ((pl.col("scope") == STATED) & (pl.col("counts_on") < first_day))


def left_before(known: Known, books: Books, first_day: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Receivables and payments of earlier books with `left`, what those books leave of each."""
    before = known.allocations.filter(books.before(first_day))
    return (
        left_of(known.receivables.filter(books.older()), before, "receivable"),
        left_of(known.payments.filter(books.older()), before, "payment"),
    )


def left_of(rows: pl.DataFrame, allocations: pl.DataFrame, side: str) -> pl.DataFrame:
    """Rows with `left`: their amount less their part of `allocations`."""
    taken = allocations.group_by(side).agg(taken=pl.col("amount").sum())
    joined = rows.join(taken, left_on="id", right_on=side, how="left", maintain_order="left")
    return joined.with_columns(left=pl.col("amount") - pl.col("taken").fill_null(0)).drop("taken")


def receivables(told: Told, known: Known, before: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Pairs (rec, id, carried): `carried` when the row belongs to earlier books and the record is its opening line."""
    records = told.receivables.sort("issued_on", "rec")
    mine = known.receivables.filter(books.mine()).sort("scope", "id")
    ahead = known.receivables.filter(books.newer() & pl.col("opening")).sort("scope", "issued_on", "id")
    now, carried = pl.col("opening").not_(), pl.col("opening") & ~pl.col("lump")
    pairs = _Pairs("rec")
    past = before.sort("issued_on", "id").sort(pl.col("left") == 0, maintain_order=True)
    records_carried = records.filter(carried)
    # An opening line is first looked for in earlier books: these may have been read since the last export.
    pairs.take(records_carried.with_columns(left=pl.col("amount")), past, ["customer", "number", "left"], carried=True)
    pairs.take(records_carried, past, ["customer", "number"], carried=True)
    pairs.take(records.filter(now), mine, ["customer", "key"])
    pairs.take(records.filter(~now), mine.filter(pl.col("opening")), ["customer", "key"])
    pairs.take(records.filter(~now), mine, ["customer", "key"])
    pairs.take(records.filter(now), ahead, ["customer", "number"])
    # What only its own document told of so far is in an opening balance too when its year's books are not read.
    pairs.take(records_carried, ahead.filter(pl.col("scope") == STATED), ["customer", "number"])
    return pairs.frame()


def payments(told: Told, known: Known, before: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Pairs (pay, id, carried), as for receivables."""
    used = told.allocations.group_by("pay").agg(used=pl.col("amount").sum())
    records = told.payments.join(used, on="pay", how="left", maintain_order="left").sort("paid_on", "pay")
    records = records.with_columns(left=pl.col("amount") - pl.col("used").fill_null(0))
    mine = known.payments.filter(books.mine() & ~_of_correction()).sort("scope", "id")
    ahead = known.payments.filter(books.newer() & pl.col("opening") & ~_of_correction()).sort("scope", "paid_on", "id")
    ahead = ahead.with_columns(left=pl.col("amount"), whole=pl.col("amount"))
    stated, ahead = ahead.filter(pl.col("scope") == STATED), ahead.filter(pl.col("scope") != STATED)
    now, carried = ~pl.col("opening"), pl.col("opening") & ~pl.col("lump")
    pairs = _Pairs("pay")
    past = before.filter(~_of_correction()).sort("paid_on", "id")
    lines = records.filter(carried).with_columns(left=pl.col("amount"), whole=pl.col("amount"))
    alive = past.filter(pl.col("left") != 0)
    for on in (["customer", "reference", "left"], ["customer", "left"]):
        pairs.take(lines, alive, on, carried=True)
    pairs.take(lines, past.with_columns(whole=pl.col("amount")), ["customer", "reference", "whole"], carried=True)
    pairs.take(records, mine, ["customer", "key"])
    notes = records.filter(now & (pl.col("kind") == "credit_note")).with_columns(whole=pl.col("amount"))
    pairs.take(notes, stated, ["customer", "reference", "whole"])
    rest = records.filter(now & (pl.col("left") != 0))
    for on in (["customer", "reference", "left"], ["customer", "left"]):
        pairs.take(rest, ahead, on)
    return pairs.frame()


def _of_correction() -> pl.Expr:
    # A correction is written by the ledger itself under a key of its own; the books' own corrections are credits.
    return pl.col("key").str.starts_with(CORRECTION)


CORRECTION = "correction#"
"""How the keys of the ledger's own corrections begin."""


class _Pairs:
    """Collects pairs; what has found its other is not offered again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: list[pl.DataFrame] = [pl.DataFrame(schema={name: pl.Int64, "id": pl.Int64, "carried": pl.Boolean})]

    def take(self, records: pl.DataFrame, rows: pl.DataFrame, on: Sequence[str], *, carried: bool = False) -> None:
        """Pair what is left of `records` with what is left of `rows`."""
        if records.is_empty() or rows.is_empty():
            return
        done = self.frame()
        free = records.join(done, on=self.name, how="anti", maintain_order="left").select(self.name, *on)
        rows = rows.join(done, on="id", how="anti", maintain_order="left").select("id", *on)
        found = by_rank(free, rows, list(on))
        self.parts.append(found.select(self.name, "id", carried=pl.lit(carried)))

    def frame(self) -> pl.DataFrame:
        """All pairs so far."""
        return pl.concat(self.parts)
