"""Verdicts in the shape that `encaisse run --json` and `encaisse explain --json` promise."""

from __future__ import annotations

from typing import Any

import polars as pl

from encaisse.engine import Decision
from encaisse.ledger import freshness
from encaisse.ledger.models import Receivable
from encaisse.money import to_decimal_text
from encaisse.parties.models import Creditor
from encaisse.recovery.facts import Facts
from encaisse.storage import frames
from encaisse.storage.bulk import table


def numbers_of(facts: Facts) -> dict[int, str]:
    """Return the invoice number of each receivable in the facts."""
    wanted = facts.frame["receivable"]
    if wanted.is_empty():
        return {}
    sql = f"SELECT id, number FROM {table(Receivable)} WHERE id BETWEEN %s AND %s"
    found = frames.read(sql, [wanted.min(), wanted.max()], {"receivable": pl.Int64, "number": pl.String})
    return dict(found.join(wanted.to_frame(), on="receivable", how="semi").iter_rows())


def verdicts_json(facts: Facts, decision: Decision) -> list[dict[str, Any]]:
    """Return one record per case, in order of customer code; amounts as text with decimals, dates in ISO."""
    numbers = numbers_of(facts)
    verdicts = facts.named(decision.verdicts).sort("code", "currency")
    fresh = freshness.as_json(Creditor.objects.get(pk=facts.creditor_id))
    return [{**_record(row, numbers), "freshness": fresh} for row in verdicts.iter_rows(named=True)]


def _record(row: dict[str, Any], numbers: dict[int, str]) -> dict[str, Any]:
    currency = row["currency"]
    return {
        "customer": {"code": row["code"], "name": row["name"]},
        "currency": currency,
        "step": row["step"],
        "reason": row["reason"],
        "channel": row["channel"],
        "receivables": [numbers[receivable] for receivable in row["listed"]],
        "principal": to_decimal_text(row["principal"], currency),
        "interest": to_decimal_text(row["interest"], currency),
        "indemnity": to_decimal_text(row["indemnity"], currency),
        "next_on": row["next_on"].isoformat() if row["next_on"] else None,
    }
