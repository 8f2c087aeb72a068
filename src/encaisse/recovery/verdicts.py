"""Keep on each case what lists are sorted and filtered by: it repeats the last verdict and decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
from django.db import transaction

from encaisse.engine import Decision
from encaisse.parties.models import Creditor
from encaisse.recovery.facts import Facts, read
from encaisse.recovery.models import Case
from encaisse.storage import bulk


def refresh(creditor: Creditor, day: date, customer_ids: Sequence[int] | None = None) -> None:
    """Decide for some customers, or for all, as of `day`, and keep the verdicts."""
    facts = read(creditor, day, customer_ids=customer_ids)
    decision = facts.decide()
    with transaction.atomic():
        keep_verdicts(facts, decision)


def keep_verdicts(facts: Facts, decision: Decision) -> None:
    """Keep on each late case what lists are sorted and filtered by; only rows that changed are written."""
    # All that is late sorts the list, also what is disputed or paused: it is owed all the same.
    matters = (pl.col("overdue_all") > 0) | pl.col("step").is_not_null()
    fresh = decision.verdicts.filter(matters).select(
        "case",
        overdue="overdue_all",
        oldest=pl.when(pl.col("overdue") > 0).then(pl.col("oldest_due")),
        step=pl.col("step").fill_null(""),
        reason=pl.col("reason").fill_null(""),
        next="next_on",
    )
    kept = facts.cases.select("case", "kept_overdue", "kept_oldest", "kept_step", "kept_reason", "kept_next")
    both = kept.join(fresh, on="case", how="left").with_columns(
        pl.col("overdue").fill_null(0), pl.col("step", "reason").fill_null("")
    )
    changed = both.filter(
        (pl.col("overdue") != pl.col("kept_overdue"))
        | pl.col("oldest").ne_missing(pl.col("kept_oldest"))
        | (pl.col("step") != pl.col("kept_step"))
        | (pl.col("reason") != pl.col("kept_reason"))
        | pl.col("next").ne_missing(pl.col("kept_next"))
    )
    columns = ("overdue", "oldest_due_on", "verdict_step", "verdict_reason", "verdict_next_on", "seen_on")
    values = changed.select("overdue", "oldest", "step", "reason", "next", pl.lit(facts.day), "case")
    bulk.update(Case, columns, list(values.iter_rows()))
