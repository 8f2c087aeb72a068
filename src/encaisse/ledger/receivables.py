"""The list of open receivables as other programs read it."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from encaisse.ledger import balance
from encaisse.money import to_decimal_text
from encaisse.parties.models import Creditor
from encaisse.storage import frames

_NAMES = {"customer": pl.Int64, "code": pl.String, "name": pl.String}


def listing(creditor: Creditor, on: date) -> dict[str, Any]:
    """Return what is open at the end of day `on`: amounts as decimal text, dates as ISO text, totals per currency.

    `days_overdue` is 0 until the day after the due date.
    """
    names = frames.read("SELECT id, code, name FROM parties_customer WHERE creditor_id = %s", [creditor.pk], _NAMES)
    items = balance.open_items(creditor, on).join(names, on="customer", how="left")
    items = items.with_columns(days_overdue=(pl.lit(on) - pl.col("due_on")).dt.total_days().clip(lower_bound=0)).sort(
        "code", "due_on", "issued_on", "number", "receivable"
    )
    totals = items.group_by("currency").agg(
        open=pl.col("open").sum(), overdue=pl.col("open").filter(pl.col("days_overdue") > 0).sum()
    )
    return {
        "as_of": on.isoformat(),
        "receivables": [_line(row) for row in items.iter_rows(named=True)],
        "totals": {
            currency: {"open": to_decimal_text(open_, currency), "overdue": to_decimal_text(overdue, currency)}
            for currency, open_, overdue in totals.sort("currency").rows() or [(creditor.currency, 0, 0)]
        },
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "customer": {"code": row["code"], "name": row["name"]},
        "number": row["number"],
        "issued_on": row["issued_on"].isoformat(),
        "due_on": row["due_on"].isoformat(),
        "due_from": row["due_from"],
        "amount": to_decimal_text(row["amount"], row["currency"]),
        "open": to_decimal_text(row["open"], row["currency"]),
        "currency": row["currency"],
        "days_overdue": row["days_overdue"],
    }
