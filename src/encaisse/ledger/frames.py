"""What a file tells and what the ledger knows, as frames of the same shape.

Rows are named by numbers: in `Known` by their database id, in `Told` by their place in the file (`rec`, `pay`).
Customers are named by their code, since a new one has no id yet. Amounts are minor units.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import polars as pl

from encaisse.exchange.fec_records import Books

KEY_LENGTH = 140
PAYMENT_KEY_LENGTH = 220

CUSTOMERS = {"id": pl.Int64, "customer": pl.String, "name": pl.String, "siren": pl.String, "terms": pl.String}
RECEIVABLES = {
    "id": pl.Int64, "customer": pl.String, "customer_id": pl.Int64, "invoice": pl.Int64, "key": pl.String,
    "number": pl.String, "amount": pl.Int64, "issued_on": pl.Date, "due_on": pl.Date, "due_from": pl.String,
    "currency": pl.String, "scope": pl.String, "opening": pl.Boolean, "settled_on": pl.Date,
}  # fmt: skip
PAYMENTS = {
    "id": pl.Int64, "customer": pl.String, "customer_id": pl.Int64, "key": pl.String, "reference": pl.String,
    "label": pl.String, "paid_on": pl.Date, "amount": pl.Int64, "kind": pl.String, "currency": pl.String,
    "scope": pl.String, "opening": pl.Boolean, "spent_on": pl.Date,
}  # fmt: skip
ALLOCATIONS = {
    "id": pl.Int64, "receivable": pl.Int64, "payment": pl.Int64, "amount": pl.Int64, "counts_on": pl.Date, "scope": pl.String,
}  # fmt: skip
TOLD_RECEIVABLES = {
    "rec": pl.Int64, "customer": pl.String, "number": pl.String, "key": pl.String, "issued_on": pl.Date,
    "amount": pl.Int64, "opening": pl.Boolean, "lump": pl.Boolean, "label": pl.String, "currency": pl.String,
}  # fmt: skip
TOLD_PAYMENTS = {
    "pay": pl.Int64, "customer": pl.String, "key": pl.String, "reference": pl.String, "paid_on": pl.Date,
    "amount": pl.Int64, "kind": pl.String, "opening": pl.Boolean, "lump": pl.Boolean, "label": pl.String,
    "currency": pl.String,
}  # fmt: skip
TOLD_ALLOCATIONS = {
    "rec": pl.Int64, "pay": pl.Int64, "amount": pl.Int64, "counts_on": pl.Date, "rule": pl.String,
}  # fmt: skip
WANTED = {
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
    return Told(
        first_day=books.first_day,
        last_day=books.last_day,
        complete=not books.counts.get("lines_set_aside"),
        customers=pl.DataFrame(
            {
                "customer": [one.code[:60] for one in books.customers],
                "name": [one.name[:200] for one in books.customers],
            },
            schema={"customer": pl.String, "name": pl.String},
        ),
        receivables=_receivables(books),
        payments=_payments(books),
        allocations=pl.DataFrame(
            {
                "rec": [one.invoice_index for one in books.allocations],
                "pay": [one.payment_index for one in books.allocations],
                "amount": [one.amount for one in books.allocations],
                "counts_on": [one.on for one in books.allocations],
                "rule": [one.by for one in books.allocations],
            },
            schema=TOLD_ALLOCATIONS,
        ),
    )


def _receivables(books: Books) -> pl.DataFrame:
    rows = books.invoices
    return pl.DataFrame(
        {
            "rec": range(len(rows)),
            "customer": [one.customer[:60] for one in rows],
            "number": [one.number[:100] for one in rows],
            "key": [_receivable_key(one.number, one.retention, one.occurrence) for one in rows],
            "issued_on": [one.issued_on for one in rows],
            "amount": [one.amount for one in rows],
            "opening": [one.opening for one in rows],
            "lump": [one.opening and one.lump for one in rows],
            "label": [one.label[:300] for one in rows],
            "currency": [one.currency for one in rows],
        },
        schema=TOLD_RECEIVABLES,
    )


def _payments(books: Books) -> pl.DataFrame:
    rows = books.payments
    frame = pl.DataFrame(
        {
            "pay": range(len(rows)),
            "customer": [one.customer[:60] for one in rows],
            "key": [_short(one.key, PAYMENT_KEY_LENGTH) for one in rows],
            "reference": [one.reference[:100] for one in rows],
            "paid_on": [one.paid_on for one in rows],
            "amount": [one.amount for one in rows],
            "kind": [_KINDS.get(one.kind, "correction") for one in rows],
            "opening": [one.opening for one in rows],
            "lump": [False] * len(rows),
            "label": [one.label[:300] for one in rows],
            "currency": [one.currency for one in rows],
        },
        schema=TOLD_PAYMENTS,
    )
    return frame.with_columns(lump=pl.col("opening") & pl.col("reference").str.contains(_LUMP_REFERENCE))


def _receivable_key(number: str, retention: bool, occurrence: int) -> str:
    if not retention and not occurrence and len(number) <= KEY_LENGTH:
        return number
    return _short(f"{number}|{'RG' if retention else ''}|{occurrence}", KEY_LENGTH)


def _short(key: str, length: int) -> str:
    if len(key) <= length:
        return key
    return key[: length - 33] + "#" + hashlib.sha256(key.encode()).hexdigest()[:32]


def empty(schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """A frame without rows."""
    return pl.DataFrame(schema=schema)


def by_rank(left: pl.DataFrame, right: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Pair the rows of two frames one to one within equal `on`, in the order they come. Inner join."""
    if left.is_empty() or right.is_empty():
        return left.clear().join(right.clear(), on=on, how="inner")
    rank = pl.int_range(pl.len()).over(on).alias("_rank")
    return left.with_columns(rank).join(right.with_columns(rank), on=[*on, "_rank"], how="inner").drop("_rank")
