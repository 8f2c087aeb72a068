"""When receivables are due: as their document says, else by the customer's terms, else by the creditor's default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import polars as pl

from encaisse.exchange.terms import due_on, parse_terms
from encaisse.journal.append import Line, append_many
from encaisse.ledger.frames import Schema
from encaisse.ledger.models import Receivable
from encaisse.parties.models import Creditor
from encaisse.storage import bulk, frames

FALLBACK_DAYS = 30
"""Used when even the creditor's default cannot be read as terms."""
_CHUNK = 400
_SHOWN = 20


def dates(rows: pl.DataFrame, default_terms: str) -> pl.DataFrame:
    """Add `due_on` and `due_from` (terms, default) to rows with `issued_on` and `terms` (text, empty or null)."""
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
                return due_on(issued_on, parse_terms(words)), origin
            except (ValueError, OverflowError):
                continue
    return issued_on + timedelta(days=FALLBACK_DAYS), "default"


_OPEN: Schema = {
    "id": pl.Int64, "customer": pl.String, "number": pl.String, "issued_on": pl.Date, "terms": pl.String,
    "due_before": pl.Date, "from_before": pl.String,
}  # fmt: skip


def moved(creditor: Creditor, customer_ids: Sequence[int], terms: Mapping[int, str] | None = None) -> pl.DataFrame:
    """Open receivables of these customers whose due date is no longer what the terms say.

    Columns: id, customer (code), number, issued_on, due_before, from_before, due_on, due_from. `terms`: what the terms
    of a customer are about to become; else those stored. What is settled keeps the date it had, and
    what its own document dates keeps that.
    """
    parts = [pl.DataFrame(schema={**_OPEN, "customer_id": pl.Int64})]
    wanted = sorted(set(customer_ids))
    for at in range(0, len(wanted), _CHUNK):
        bite = wanted[at : at + _CHUNK]
        marks = ", ".join(["%s"] * len(bite))
        sql = f"""
SELECT r.id, c.code, r.number, r.issued_on, c.terms, r.due_on, r.due_from, c.id
FROM ledger_receivable r JOIN parties_customer c ON c.id = r.customer_id
WHERE r.creditor_id = %s AND r.settled_on IS NULL AND r.due_from <> 'invoice' AND r.customer_id IN ({marks})"""
        parts.append(frames.read(sql, [creditor.pk, *bite], {**_OPEN, "customer_id": pl.Int64}))
    rows = pl.concat(parts)
    if terms:
        known = pl.DataFrame({"customer_id": list(terms), "_terms": list(terms.values())})
        rows = rows.join(known, on="customer_id", how="left", maintain_order="left").with_columns(
            terms=pl.coalesce("_terms", "terms")
        )
    again = dates(rows, creditor.default_terms)
    differs = (pl.col("due_on") != pl.col("due_before")) | (pl.col("due_from") != pl.col("from_before"))
    columns = ["id", "customer", "number", "issued_on", "due_before", "from_before", "due_on", "due_from"]
    return again.filter(differs).select(columns).sort("id")


def recompute(
    creditor: Creditor, customer_ids: Sequence[int], *, source: str, at: datetime, actor: str
) -> pl.DataFrame:
    """Give open receivables the due dates of their customers' terms; return what moved. In the caller's transaction.

    Each customer's journal says which numbers moved from when to when.
    """
    rows = moved(creditor, customer_ids)
    stored = rows.with_columns(pl.col("due_on").dt.to_string("%Y-%m-%d")).select("due_on", "due_from", "id").rows()
    bulk.update(Receivable, ["due_on", "due_from"], stored)
    lines: dict[str, list[list[str]]] = {}
    for row in rows.iter_rows(named=True):
        change = [row["number"], row["due_before"].isoformat(), row["due_on"].isoformat()]
        lines.setdefault(row["customer"], []).append(change)
    append_many(
        creditor.pk,
        [
            Line(code, "due_dates_changed", {"count": len(found), "first": found[:_SHOWN], "import": source})
            for code, found in sorted(lines.items())
        ],
        at=at,
        actor=actor,
    )
    return rows
