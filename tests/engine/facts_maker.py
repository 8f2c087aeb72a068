"""Short ways to write facts in tests: only what matters is named, the rest is an ordinary debt."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from encaisse.engine.facts import FACTS

_USUAL: dict[str, Any] = {
    "case": 1,
    "strategy": 0,
    "open": 100_000,
    "withheld": 0,
    "blocked": None,
    "suspended_days": 0,
    "stage_days": None,
    "done": 0,
    "interest": 0,
    "indemnity": 0,
    "rate_unknown": False,
    "credit": 0,
    "last_contact_on": None,
    "last_step_on": None,
    "awaiting": False,
    "stale": False,
    "kind": "company",
    "profile": None,
    "tags": [],
    "reach": 31,
    "region": 0,
    "minimum": 0,
}


def debt(receivable: int, due_on: date, **values: Any) -> dict[str, Any]:
    """One row of facts; issued thirty days before it is due unless said otherwise."""
    return {"issued_on": due_on - timedelta(days=30), **_USUAL, "receivable": receivable, "due_on": due_on, **values}


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows as a frame of facts."""
    return pl.DataFrame([[row[name] for name in FACTS] for row in rows], schema=FACTS, orient="row")
