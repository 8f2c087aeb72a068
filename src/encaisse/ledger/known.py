"""Read from the database what a file of books may touch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from encaisse.ledger.frames import ALLOCATIONS, CUSTOMERS, PAYMENTS, RECEIVABLES, Known, Schema
from encaisse.storage import frames

_CHUNK = 400
_RECEIVABLES = """
SELECT r.id, c.code, r.customer_id, r.invoice_id, r.key, r.number, r.amount, r.issued_on, r.due_on, r.due_from,
       r.currency, r.scope, i.opening, r.settled_on
FROM ledger_receivable r
JOIN ledger_invoice i ON i.id = r.invoice_id JOIN parties_customer c ON c.id = r.customer_id
WHERE r.creditor_id = %s AND """
_PAYMENTS = """
SELECT p.id, c.code, p.customer_id, p.key, p.reference, p.label, p.paid_on, p.amount, p.kind, p.currency, p.scope,
       p.opening, p.spent_on
FROM ledger_payment p JOIN parties_customer c ON c.id = p.customer_id
WHERE p.creditor_id = %s AND p.scope NOT IN ('bank', 'tables') AND """
_ALLOCATIONS = "SELECT a.id, a.receivable_id, a.payment_id, a.amount, a.counts_on, a.scope FROM ledger_allocation a "

# What the bank or a table alone has said is not the books' business: it gives way to them afterwards (`give_way`).
_OF_BOOKS = "WHERE a.creditor_id = %s AND a.scope NOT IN ('bank', 'tables')"


def customers(creditor_id: int) -> pl.DataFrame:
    """Every customer of the creditor: id, code, name, siren, terms."""
    sql = "SELECT id, code, name, siren, terms FROM parties_customer WHERE creditor_id = %s"
    return frames.read(sql, [creditor_id], CUSTOMERS)


def touched_by(creditor_id: int, scopes: Sequence[str], first_day: date, opening_numbers: Sequence[str]) -> Known:
    """What books of these `scopes`, from `first_day` on, may speak of.

    That is: what these books told before, what is open or was settled since, what other books know only from an
    opening, and the documents whose numbers stand in the opening balance. All their allocations come along.
    """
    marks = ", ".join(["%s"] * len(scopes)) or "''"
    still = "{0}.scope IN (" + marks + ") OR {1}.opening OR {0}.{2} IS NULL OR {0}.{2} >= %s"
    params = [creditor_id, *scopes, first_day]
    receivables_where = "(" + still.format("r", "i", "settled_on") + ")"
    payments_where = "(" + still.format("p", "p", "spent_on") + ")"
    receivables = frames.read(_RECEIVABLES + receivables_where, params, RECEIVABLES)
    named = _numbered(creditor_id, sorted(set(opening_numbers) - set(receivables["number"])))
    receivables = pl.concat([receivables, named]).unique("id", maintain_order=True).sort("id")
    payments = frames.read(_PAYMENTS + payments_where, params, PAYMENTS)
    spoken_of = _ALLOCATIONS + (
        "JOIN ledger_receivable r ON r.id = a.receivable_id JOIN ledger_invoice i ON i.id = r.invoice_id"
        f" JOIN ledger_payment p ON p.id = a.payment_id"
        f" {_OF_BOOKS} AND p.scope NOT IN ('bank', 'tables') AND ({receivables_where} OR {payments_where})"
    )
    allocations = frames.read(spoken_of, [*params, *params[1:]], ALLOCATIONS)
    allocations = _united(allocations, allocations_of(creditor_id, "receivable_id", named["id"].to_list()))
    others = sorted(set(allocations["payment"]) - set(payments["id"]))
    payments = pl.concat([payments, _by_ids(_PAYMENTS + "p.id IN ", creditor_id, others, PAYMENTS)]).sort("id")
    allocations = _united(allocations, allocations_of(creditor_id, "payment_id", others))
    return Known(customers(creditor_id), receivables, payments, allocations)


def _united(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([first, second]).unique("id", maintain_order=True)


def allocations_of(creditor_id: int, column: str, ids: Sequence[int]) -> pl.DataFrame:
    """All allocations whose `column` (receivable_id or payment_id) is one of `ids`."""
    if len(ids) > 20 * _CHUNK:
        everything = frames.read(_ALLOCATIONS + _OF_BOOKS, [creditor_id], ALLOCATIONS)
        return everything.filter(pl.col(column.removesuffix("_id")).is_in(list(ids)))
    return _by_ids(_ALLOCATIONS + f"{_OF_BOOKS} AND a.{column} IN ", creditor_id, ids, ALLOCATIONS)


def _numbered(creditor_id: int, numbers: Sequence[str]) -> pl.DataFrame:
    # Settled long ago: their documents are found by number, in small bites of the index.
    sql = _RECEIVABLES + "r.settled_on IS NOT NULL AND i.number IN "
    return _by_ids(sql, creditor_id, numbers, RECEIVABLES)


def _by_ids(sql: str, creditor_id: int, values: Sequence[object], schema: Schema) -> pl.DataFrame:
    parts = [pl.DataFrame(schema=schema)]
    for start in range(0, len(values), _CHUNK):
        bite = values[start : start + _CHUNK]
        marks = ", ".join(["%s"] * len(bite))
        parts.append(frames.read(f"{sql}({marks})", [creditor_id, *bite], schema))
    return pl.concat(parts)
