"""What a file tells and what the ledger knows, as frames of the same shape.

Rows are named by numbers: in `Known` by their database id, in `Told` by their place in the file (`rec`, `pay`).
Customers are named by their code, since a new one has no id yet. Amounts are minor units.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from encaisse.exchange.fec_records import Books

Schema = dict[str, type[pl.DataType] | pl.DataType]
Types = dict[Any, Any]

STATED = "invoices"
"""Scope of what electronic invoices state and no books have told of yet. It sorts after all books: they take over."""
CODE_LENGTH = 60
KEY_LENGTH = 140
PAYMENT_KEY_LENGTH = 220

CUSTOMERS: Schema = {"id": pl.Int64, "customer": pl.String, "name": pl.String, "siren": pl.String, "terms": pl.String}
RECEIVABLES: Schema = {
    "id": pl.Int64, "customer": pl.String, "customer_id": pl.Int64, "invoice": pl.Int64, "key": pl.String,
    "number": pl.String, "amount": pl.Int64, "issued_on": pl.Date, "due_on": pl.Date, "due_from": pl.String,
    "currency": pl.String, "scope": pl.String, "opening": pl.Boolean, "settled_on": pl.Date,
}  # fmt: skip
PAYMENTS: Schema = {
    "id": pl.Int64, "customer": pl.String, "customer_id": pl.Int64, "key": pl.String, "reference": pl.String,
    "label": pl.String, "paid_on": pl.Date, "amount": pl.Int64, "kind": pl.String, "currency": pl.String,
    "scope": pl.String, "opening": pl.Boolean, "spent_on": pl.Date,
}  # fmt: skip
ALLOCATIONS: Schema = {
    "id": pl.Int64, "receivable": pl.Int64, "payment": pl.Int64, "amount": pl.Int64, "counts_on": pl.Date,
    "scope": pl.String,
}  # fmt: skip
TOLD_RECEIVABLES: Types = {
    "rec": pl.Int64, "customer": pl.String, "number": pl.String, "key": pl.String, "issued_on": pl.Date,
    "amount": pl.Int64, "opening": pl.Boolean, "lump": pl.Boolean, "label": pl.String, "currency": pl.String,
}  # fmt: skip
TOLD_PAYMENTS: Types = {
    "pay": pl.Int64, "customer": pl.String, "key": pl.String, "reference": pl.String, "paid_on": pl.Date,
    "amount": pl.Int64, "kind": pl.String, "opening": pl.Boolean, "lump": pl.Boolean, "label": pl.String,
    "currency": pl.String,
}  # fmt: skip
TOLD_ALLOCATIONS: Types = {
    "rec": pl.Int64, "pay": pl.Int64, "amount": pl.Int64, "counts_on": pl.Date, "rule": pl.String,
}  # fmt: skip
WANTED: Schema = {
    "receivable": pl.Int64, "payment": pl.Int64, "amount": pl.Int64, "counts_on": pl.Date, "rule": pl.String,
}  # fmt: skip

# The ledger knows four kinds of credit; money on a bill of exchange is money.
_KINDS = {"payment": "payment", "bill": "payment", "credit_note": "credit_note", "deposit": "deposit"}
_LUMP_REFERENCE = r"(?i)^(\D*|(AN|RAN|REPORT|SOLDE)[ _-]*\d{0,8})$"


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows that a file may touch."""

    customers: pl.DataFrame
    receivables: pl.DataFrame
    payments: pl.DataFrame
    allocations: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Told:
    """What a file tells. `complete`: nothing was set aside, so what it does not tell is not in the books."""

    first_day: date
    last_day: date
    complete: bool
    customers: pl.DataFrame
    receivables: pl.DataFrame
    payments: pl.DataFrame
    allocations: pl.DataFrame


def told(books: Books) -> Told:
    """The records of a FEC as frames."""
    if books.first_day is None or books.last_day is None:
        raise ValueError("books without entries tell nothing: refuse them before")
    frames = books.frames
    return Told(
        first_day=books.first_day,
        last_day=books.last_day,
        complete=not books.counts.get("lines_set_aside"),
        customers=frames.customers.select(
            customer=_short(frames.customers["code"], CODE_LENGTH), name=_cut("name", 200)
        ),
        receivables=_receivables(frames.invoices),
        payments=_payments(frames.payments),
        allocations=frames.allocations.select(
            rec="invoice_index", pay="payment_index", amount="amount", counts_on="on", rule="by"
        ).cast(TOLD_ALLOCATIONS),
    )


def _receivables(rows: pl.DataFrame) -> pl.DataFrame:
    # A guarantee that was released keeps its key: it stands beside the rest of its invoice.
    guarantee = pl.col("account").str.starts_with("4117")
    again = guarantee | (pl.col("occurrence") > 0)
    part = pl.when(guarantee).then(pl.lit("RG")).otherwise(pl.lit(""))
    mark = pl.concat_str("number", part, "occurrence", separator="|")
    keyed = rows.with_columns(key=pl.when(again).then(mark).otherwise(pl.col("number")))
    return keyed.select(
        rec=pl.int_range(pl.len()),
        customer=_short(rows["customer"], CODE_LENGTH),
        number=_cut("number", 100),
        key=_short(keyed["key"], KEY_LENGTH),
        issued_on="issued_on",
        amount="amount",
        opening="opening",
        lump=pl.col("opening") & pl.col("lump"),
        label=_cut("label", 300),
        currency="currency",
    ).cast(TOLD_RECEIVABLES)


def _payments(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        pay=pl.int_range(pl.len()),
        customer=_short(rows["customer"], CODE_LENGTH),
        key=_short(rows["key"], PAYMENT_KEY_LENGTH),
        reference=_cut("reference", 100),
        paid_on="paid_on",
        amount="amount",
        kind=pl.col("kind").replace_strict(_KINDS, default="correction", return_dtype=pl.String),
        opening="opening",
        lump=pl.col("opening") & pl.col("reference").str.contains(_LUMP_REFERENCE),
        label=_cut("label", 300),
        currency="currency",
    ).cast(TOLD_PAYMENTS)


def _cut(name: str, length: int) -> pl.Expr:
    return pl.col(name).str.slice(0, length)


def _short(texts: pl.Series, length: int) -> pl.Series:
    """Names that are too long keep their beginning and a hash, so that two stay two."""
    long = texts.filter(texts.str.len_chars() > length).unique().to_list()
    if not long:
        return texts
    names = {text: text[: length - 17] + "#" + hashlib.sha256(text.encode()).hexdigest()[:16] for text in long}
    return texts.replace(names)


def by_rank(left: pl.DataFrame, right: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Pair the rows of two frames one to one within equal `on`, in the order they come. Inner join."""
    if left.is_empty() or right.is_empty():
        return left.clear().join(right.clear(), on=on, how="inner")
    rank = pl.int_range(pl.len()).over(on).alias("_rank")
    return left.with_columns(rank).join(right.with_columns(rank), on=[*on, "_rank"], how="inner").drop("_rank")
