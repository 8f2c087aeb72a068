"""What an import did, in numbers and names: for the screen, the command line and the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from encaisse.exchange.contacts import ContactsFile
from encaisse.exchange.fec_records import Books
from encaisse.exchange.problems import Problem
from encaisse.ledger.merge import Plan
from encaisse.ledger.models import Import
from encaisse.money import to_decimal_text
from encaisse.parties import import_contacts

SHOWN = 200
"""A report lists so many changes one by one; all are counted, and all are in the journal."""
AMOUNTS = frozenset({"invoiced", "received"})
"""What of a report is money, in minor units."""
SHOWN_PROBLEMS = 500


def of_plan(plan: Plan, books: Books, warnings: Sequence[Problem] = ()) -> dict[str, Any]:
    """The report of an import: `read`, `new`, `changed`, `set_aside`, `notes`, `unchanged`. Amounts are minor units.

    `warnings`: what is wrong with none of its lines, but to be looked at.
    """
    changed = plan.changed_receivables
    told_again = (pl.col("amount") != pl.col("amount_before")) | (pl.col("issued_on") != pl.col("issued_on_before"))
    completed = (pl.col("opening_before") & ~pl.col("opening")) if changed.height else pl.lit(False)
    altered = changed.filter(told_again & ~completed)
    payments = plan.changed_payments.filter(
        (pl.col("amount") != pl.col("amount_before")) | (pl.col("paid_on") != pl.col("paid_on_before"))
    )
    undone = plan.new_allocations.filter(pl.col("amount") < 0)
    corrections = [note for note in plan.notes if note["code"].startswith("corrected_")]
    return {
        "read": {**{key: int(value) for key, value in books.counts.items()}},
        "form": {"encoding": books.encoding, **books.dialect},
        "scope": plan.books.scope,
        "new": {
            "customers": plan.new_customers.height,
            "invoices": plan.new_receivables.height,
            "payments": plan.new_payments.filter(pl.col("kind") != "correction").height,
            "allocations": plan.new_allocations.filter(pl.col("amount") > 0).height,
            "invoiced": int(plan.new_receivables["amount"].sum()),
        },
        "changed": {
            "customers": plan.renamed.height,
            "invoices": altered.height,
            "completed": changed.filter(completed).height,
            "payments": payments.height,
            "undone": undone.height,
            "corrections": len(corrections),
            "items": _items(plan, altered, payments, corrections)[:SHOWN],
        },
        "set_aside": [as_json(one) for one in (*books.problems[: SHOWN_PROBLEMS - len(warnings)], *warnings)],
        "notes": [note for note in plan.notes if note not in corrections][:SHOWN],
        "unchanged": plan.changes_nothing(),
    }


def _items(
    plan: Plan, altered: pl.DataFrame, payments: pl.DataFrame, corrections: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = [
        {"what": "customer", "customer": code, "before": before, "after": name}
        for _, code, name, before, _ in plan.renamed.head(SHOWN).iter_rows()
    ]
    for what, rows, label, day in (
        ("invoice", altered, "number", "issued_on"),
        ("payment", payments, "reference", "paid_on"),
    ):
        for row in rows.head(SHOWN).iter_rows(named=True):
            items.append(
                {
                    "what": what,
                    "customer": row["customer"],
                    "number": row[label],
                    "before": {"amount": row["amount_before"], "day": row[f"{day}_before"].isoformat()},
                    "after": {"amount": row["amount"], "day": row[day].isoformat()},
                }
            )
    return items + [{"what": "correction", **note} for note in corrections]


def of_contacts(change: import_contacts.Plan, told: ContactsFile, moved: pl.DataFrame) -> dict[str, Any]:
    """The report of a contacts file; `moved`: the receivables whose due date follows from new terms."""
    found = change.report()
    found["changed"]["due_dates"] = moved.height
    found["changed"]["items"] += [
        {
            "what": "due_date", "customer": row["customer"], "number": row["number"],
            "before": row["due_before"].isoformat(), "after": row["due_on"].isoformat(),
        }
        for row in moved.head(SHOWN).iter_rows(named=True)
    ]  # fmt: skip
    problems = [*told.problems, *change.problems]
    return {
        "read": {key: int(value) for key, value in told.counts.items()},
        "form": {"encoding": told.encoding, "separator": told.separator},
        **found,
        "set_aside": [as_json(one) for one in problems[:SHOWN_PROBLEMS]],
        "notes": [],
        "unchanged": change.changes_nothing(),
    }


def as_json(one: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    return {
        "line": one.line, "code": one.code, "message": one.message, "hint": one.hint, "severity": str(one.severity),
        "column": one.column,
    }  # fmt: skip


def new_of(row: Import, currency: str) -> dict[str, Any]:
    """What an import brought, for other programs: counts, and amounts as decimal text in the creditor's currency.

    All are zero when the file was known: what it brought, it brought then.
    """
    new = dict.fromkeys(row.report.get("new", {}), 0) if row.report.get("unchanged") else row.report.get("new", {})
    return {key: to_decimal_text(value, currency) if key in AMOUNTS else value for key, value in new.items()}


def for_journal(row: Import) -> dict[str, Any]:
    """What the creditor's own chain says of an import: the file, its counts, no names."""
    told = row.report
    return {
        "name": row.name,
        "kind": row.kind,
        "sha256": row.sha256,
        "size": row.size,
        "scope": row.scope,
        "first_day": row.first_day.isoformat() if row.first_day else None,
        "last_day": row.last_day.isoformat() if row.last_day else None,
        "read": told.get("read", {}),
        "new": told.get("new", {}),
        "changed": {key: value for key, value in told.get("changed", {}).items() if key != "items"},
        "set_aside": len(told.get("set_aside", [])),
        "notes": told.get("notes", []),
    }
