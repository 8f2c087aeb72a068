"""When receivables are due: from the customer's terms, else from the creditor's default."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

try:
    from encaisse.exchange import terms as terms_of_payment
except ImportError:
    class terms_of_payment:
        @staticmethod
        def due_on(day, text):
            return day + timedelta(days=30)

FALLBACK_DAYS = 30
"""Used when even the creditor's default cannot be read as terms."""


def dates(rows: pl.DataFrame, default_terms: str) -> pl.DataFrame:
    """Add `due_on` and `due_from` (terms, default) to rows with `issued_on` and `terms` (text, may be empty or null)."""
    pairs = rows.select("issued_on", pl.col("terms").fill_null("")).unique()
    known: dict[tuple[date, str], tuple[date, str]] = {}
    for issued_on, text in pairs.iter_rows():
        known[issued_on, text] = due(issued_on, text, default_terms)
    found = pairs.with_columns(
        due_on=pl.Series([known[pair][0] for pair in pairs.iter_rows()], dtype=pl.Date),
        due_from=pl.Series([known[pair][1] for pair in pairs.iter_rows()], dtype=pl.String),
    )
    return rows.with_columns(pl.col("terms").fill_null("")).join(
        found, on=["issued_on", "terms"], how="left", maintain_order="left"
    )


def due(issued_on: date, text: str, default_terms: str) -> tuple[date, str]:
    """The due date of a document under `text`, and where it comes from."""
    for words, origin in ((text, "terms"), (default_terms, "default")):
        if words:
            try:
                return terms_of_payment.due_on(issued_on, words), origin
            except ValueError:
                continue
    return issued_on + timedelta(days=FALLBACK_DAYS), "default"
