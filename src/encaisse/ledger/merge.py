"""What must change in the ledger so that it says what the books say. Frames in, frames out: nothing is written here.

The books of one scope (say fec:2026) own their records and their allocations. For each pair of receivable and payment
and each day the wanted sum is compared with what these books had said before, and the difference is written. A
lettering that was undone is therefore a second allocation of opposite sign counting from the same day: at no day did it
hold, and `recorded_at` tells since when that is known. What earlier or later books said stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from encaisse.ledger import identify, openings
from encaisse.ledger.frames import STATED, WANTED, Known, Told
from encaisse.ledger.identify import CORRECTION, Books
from encaisse.ledger.openings import Correction

_FIRST_NEW_CORRECTION = -(10**12)


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows to add and rows to change. New rows have ids below zero, by which new allocations name them."""

    books: Books
    new_customers: pl.DataFrame
    renamed: pl.DataFrame
    new_receivables: pl.DataFrame
    changed_receivables: pl.DataFrame
    new_payments: pl.DataFrame
    changed_payments: pl.DataFrame
    new_allocations: pl.DataFrame
    notes: tuple[dict[str, Any], ...]

    def changes_nothing(self) -> bool:
        """True when the ledger already says all of it."""
        return all(
            frame.is_empty()
            for frame in (
                self.new_customers, self.renamed, self.new_receivables, self.changed_receivables,
                self.new_payments, self.changed_payments, self.new_allocations,
            )
        )  # fmt: skip


def plan(told: Told, known: Known, books: Books) -> Plan:
    """Compare a file with what the ledger knows."""
    debits, credits = identify.left_before(known, books, told.first_day)
    rows = identify.receivables(told, known, debits, books)
    pays = identify.payments(told, known, credits, books)
    debits = _with_told(debits, rows, told.receivables, "rec")
    credits = _with_told(credits, pays, told.payments, "pay")
    unfolded = openings.unfold(told, debits.filter(pl.col("told").is_null()), credits.filter(pl.col("told").is_null()))
    told = unfolded.told
    before = known.allocations.filter(books.before(told.first_day))
    adjusted = openings.carried(told, debits, credits, before, told.first_day, unfolded.spared)
    receivables = _named(told.receivables, rows, "rec")
    payments = _named(told.payments, pays, "pay")
    wanted = pl.concat(
        [
            _translated(told.allocations, receivables, payments),
            _renamed(unfolded.wanted, receivables, payments),
            adjusted.wanted(),
        ]
    )
    wanted = pl.concat([wanted, _across(told, debits, payments, wanted)])
    corrections = [*adjusted.corrections, *unfolded.corrections, *_vanished(told, known, receivables, before, books)]
    made = _corrections(corrections, known, books)
    wanted = pl.concat([wanted, _correcting(corrections, made)])
    gone = _gone(told, known, payments, receivables, made, books)
    return Plan(
        books=books,
        new_customers=_new_customers(told, known),
        renamed=_renamed_customers(told, known),
        new_receivables=receivables.filter(pl.col("id") < 0),
        changed_receivables=_changed_receivables(receivables, known, books),
        new_payments=pl.concat([_new_payments(payments, books), made.filter(pl.col("id") < 0)]),
        changed_payments=pl.concat([_changed_payments(payments, made, known, books), gone]),
        new_allocations=_difference(wanted, told, known, receivables, payments, books),
        notes=(*unfolded.notes, *adjusted.notes, *_correction_notes(corrections)),
    )


# --- naming rows ----------------------------------------------------------------------------------------------------


def _with_told(rows: pl.DataFrame, pairs: pl.DataFrame, records: pl.DataFrame, name: str) -> pl.DataFrame:
    lines = pairs.filter(pl.col("carried")).join(records.select(name, told="amount"), on=name)
    return rows.join(lines.select("id", "told"), on="id", how="left", maintain_order="left")


def _named(records: pl.DataFrame, pairs: pl.DataFrame, name: str) -> pl.DataFrame:
    """Records with the id of their row, or a new one below zero; `carried` is false for these."""
    joined = records.join(pairs, on=name, how="left", maintain_order="left")
    return joined.with_columns(
        id=pl.col("id").fill_null(-1 - pl.col(name)), carried=pl.col("carried").fill_null(pl.lit(False))
    )


def _translated(allocations: pl.DataFrame, receivables: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    joined = allocations.join(receivables.select("rec", receivable="id"), on="rec", maintain_order="left")
    joined = joined.join(payments.select("pay", payment="id"), on="pay", maintain_order="left")
    return joined.select(list(WANTED))


def _renamed(wanted: pl.DataFrame, receivables: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """Replace places in the file (-1 - rec, -1 - pay) by ids."""
    rows = receivables.select(receivable=-1 - pl.col("rec"), _row="id")
    pays = payments.select(payment=-1 - pl.col("pay"), _pay="id")
    joined = wanted.join(rows, on="receivable", how="left", maintain_order="left")
    joined = joined.join(pays, on="payment", how="left", maintain_order="left")
    return joined.with_columns(
        receivable=pl.coalesce("_row", "receivable"), payment=pl.coalesce("_pay", "payment")
    ).select(list(WANTED))


def _across(told: Told, debits: pl.DataFrame, payments: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Books without an opening (exported before it was carried over) may still pay what earlier books left."""
    none = pl.DataFrame(schema=WANTED)
    if told.receivables["opening"].any() or told.payments["opening"].any():
        return none
    open_rows = debits.filter(pl.col("left") > 0).select("id", "customer", "number", "issued_on", "left")
    used = wanted.group_by("payment").agg(used=pl.col("amount").sum())
    free = payments.join(used, left_on="id", right_on="payment", how="left", maintain_order="left")
    free = free.with_columns(left=pl.col("amount") - pl.col("used").fill_null(0)).filter(pl.col("left") > 0)
    if open_rows.is_empty() or free.is_empty():
        return none
    return pl.DataFrame(openings.settled_by_name(open_rows, free), schema=WANTED, orient="row")


# --- corrections ----------------------------------------------------------------------------------------------------


def _vanished(
    told: Told, known: Known, receivables: pl.DataFrame, before: pl.DataFrame, books: Books
) -> list[Correction]:
    """Close what these books told of before and no longer do (a draft that was deleted)."""
    if not told.complete:
        return []
    gone = known.receivables.filter(books.mine()).join(receivables, on="id", how="anti", maintain_order="left")
    gone = identify.left_of(gone, before, "receivable").filter(pl.col("left") != 0)
    return [
        Correction(
            row["customer"], f"{CORRECTION}{row['scope']}|{row['key']}", row["left"], told.last_day,
            row["currency"], row["id"], "gone", row["number"],
        )
        for row in gone.iter_rows(named=True)
    ]  # fmt: skip


_MADE = {
    "id": pl.Int64, "customer": pl.String, "key": pl.String, "reference": pl.String, "label": pl.String,
    "paid_on": pl.Date, "amount": pl.Int64, "kind": pl.String, "currency": pl.String, "scope": pl.String,
    "opening": pl.Boolean,
}  # fmt: skip


def _corrections(corrections: list[Correction], known: Known, books: Books) -> pl.DataFrame:
    """The corrections as payments: the row that stands when there is one (it keeps its day), else a new one."""
    standing = {
        (row["customer"], row["key"]): row
        for row in known.payments.filter(books.mine() & pl.col("key").str.starts_with(CORRECTION)).iter_rows(named=True)
    }
    rows = []
    for number, one in enumerate(corrections):
        row = standing.get((one.customer, one.key))
        stays = row is not None and row["amount"] == one.amount
        rows.append(
            (
                row["id"] if row else _FIRST_NEW_CORRECTION - number,
                one.customer, one.key, one.number, one.why,
                row["paid_on"] if row and stays else one.on,
                one.amount, "correction", one.currency, books.scope, False,
            )
        )  # fmt: skip
    return pl.DataFrame(rows, schema=_MADE, orient="row")


def _correcting(corrections: list[Correction], made: pl.DataFrame) -> pl.DataFrame:
    rows = [
        (one.receivable, payment, one.amount, day, one.why)
        for one, (payment, day) in zip(corrections, made.select("id", "paid_on").iter_rows(), strict=True)
        if one.receivable is not None
    ]
    return pl.DataFrame(rows, schema=WANTED, orient="row")


def _correction_notes(corrections: Iterable[Correction]) -> list[dict[str, Any]]:
    return [
        {"code": f"corrected_{one.why}", "customer": one.customer, "number": one.number, "amount": one.amount}
        for one in corrections
    ]


# --- what changes ---------------------------------------------------------------------------------------------------


def _new_customers(told: Told, known: Known) -> pl.DataFrame:
    mentioned = set(told.receivables["customer"]) | set(told.payments["customer"])
    fresh = told.customers.join(known.customers, on="customer", how="anti", maintain_order="left")
    return fresh.filter(pl.col("customer").is_in(list(mentioned)))


def _renamed_customers(told: Told, known: Known) -> pl.DataFrame:
    both = told.customers.join(known.customers, on="customer", suffix="_before", maintain_order="left")
    named = (pl.col("name") != "") & (pl.col("name") != pl.col("customer"))
    return both.filter(named & (pl.col("name") != pl.col("name_before"))).select(
        "id", "customer", "name", "name_before", "siren"
    )


_ROW_FACTS = ("amount", "issued_on", "key", "scope", "opening")
_PAY_FACTS = ("amount", "paid_on", "key", "scope", "opening", "kind", "reference", "label")


def _changed_receivables(receivables: pl.DataFrame, known: Known, books: Books) -> pl.DataFrame:
    own = receivables.filter((pl.col("id") > 0) & ~pl.col("carried")).with_columns(scope=pl.lit(books.scope))
    both = own.join(known.receivables, on="id", suffix="_before", maintain_order="left")
    return both.filter(_any_differs(_ROW_FACTS)).select(
        "id", "customer", "number", "currency", *_ROW_FACTS, *(f"{name}_before" for name in _ROW_FACTS),
        "invoice", "due_on", "due_from",
    )  # fmt: skip


def _new_payments(payments: pl.DataFrame, books: Books) -> pl.DataFrame:
    return payments.filter(pl.col("id") < 0).with_columns(scope=pl.lit(books.scope)).select(list(_MADE))


def _changed_payments(payments: pl.DataFrame, made: pl.DataFrame, known: Known, books: Books) -> pl.DataFrame:
    own = payments.filter((pl.col("id") > 0) & ~pl.col("carried")).with_columns(scope=pl.lit(books.scope))
    own = pl.concat([own.select(list(_MADE)), made.filter(pl.col("id") > 0)])
    both = own.join(known.payments, on="id", suffix="_before", maintain_order="left")
    return both.filter(_any_differs(_PAY_FACTS)).select(_PAY_COLUMNS)


_PAY_COLUMNS = ["id", "customer", "currency", *_PAY_FACTS, *(f"{name}_before" for name in _PAY_FACTS)]


def _any_differs(names: Iterable[str]) -> pl.Expr:
    return pl.any_horizontal([pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in names])


def _gone(
    told: Told, known: Known, payments: pl.DataFrame, receivables: pl.DataFrame, made: pl.DataFrame, books: Books
) -> pl.DataFrame:
    """Credits these books no longer tell of, and corrections no longer needed, become zero."""
    mine = known.payments.filter(books.mine() & (pl.col("amount") != 0))
    mine = mine.join(payments, on="id", how="anti", maintain_order="left")
    mine = mine.join(made, on="id", how="anti", maintain_order="left")
    if not told.complete:
        back = known.receivables.join(receivables, on="id", how="semi")
        keys = [f"{CORRECTION}{scope}|{key}" for scope, key in back.select("scope", "key").iter_rows()]
        mine = mine.filter(pl.col("key").is_in(keys))
    before = mine.with_columns(pl.col(name).alias(f"{name}_before") for name in _PAY_FACTS)
    return before.with_columns(amount=pl.lit(0, pl.Int64)).select(_PAY_COLUMNS)


def _difference(
    wanted: pl.DataFrame, told: Told, known: Known, receivables: pl.DataFrame, payments: pl.DataFrame, books: Books
) -> pl.DataFrame:
    """Allocations to add: per receivable, payment and day, what is wanted less what these books said before."""
    pair = ["receivable", "payment", "counts_on"]
    # What a credit note states of itself gives way to what the books say of it, as soon as they do.
    spoken_of = (pl.col("scope") == STATED) & pl.col("payment").is_in(wanted["payment"].unique().to_list())
    stands = known.allocations.filter(books.mine() | spoken_of)
    if not told.complete:
        corrections = known.payments.filter(pl.col("key").str.starts_with(CORRECTION))["id"]
        told_credits = pl.concat([payments["id"], corrections])
        stands = stands.filter(
            pl.col("receivable").is_in(receivables["id"].to_list()) & pl.col("payment").is_in(told_credits.to_list())
        )
    sums = wanted.group_by(pair, maintain_order=True).agg(pl.col("amount").sum(), pl.col("rule").first())
    said = stands.group_by(pair, maintain_order=True).agg(said=pl.col("amount").sum())
    both = sums.join(said, on=pair, how="full", coalesce=True, maintain_order="left_right")
    both = both.with_columns(
        amount=pl.col("amount").fill_null(0) - pl.col("said").fill_null(0), rule=pl.col("rule").fill_null("undone")
    )
    return both.filter(pl.col("amount") != 0).select(list(WANTED))
