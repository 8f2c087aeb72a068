"""The daily run: verdicts become planned actions.

At most one action per case and day, and one waiting action per case, held by unique keys: the run may be killed at any
instruction, made late or twice. Everything it writes is one transaction with its journal entries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import polars as pl
from django.db import transaction

from encaisse.engine import Decision
from encaisse.journal.append import Line, append_many
from encaisse.parties.models import Creditor
from encaisse.recovery import rows
from encaisse.recovery.cases import open_cases
from encaisse.recovery.facts import Facts, read
from encaisse.recovery.models import Action, ActionLine, Run
from encaisse.recovery.recheck import recheck
from encaisse.recovery.verdict_json import verdicts_json
from encaisse.recovery.verdicts import keep_verdicts
from encaisse.storage import bulk, frames

Progress = Callable[[str], None]

ACTION_COLUMNS = (
    "id",
    "creditor_id",
    "case_id",
    "customer_id",
    "day",
    "strategy",
    "strategy_version",
    "step",
    "step_days",
    "courtesy",
    "template",
    "channel",
    "status",
    "principal",
    "interest",
    "indemnity",
    "receivable_count",
    "recipient",
    "edited",
    "planned_at",
    "approved_at",
    "approved_by",
    "message_id",
    "attempts",
    "worker",
    "outcome",
    "note",
    "documents",
)
LINE_COLUMNS = ("creditor_id", "action_id", "receivable_id", "stage_days", "amount")


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run saw and did: the facts, the verdicts, how many actions it planned and left to the autopilot."""

    day: date
    facts: Facts
    decision: Decision
    planned: int
    approved: int

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """The verdicts in the shape of `encaisse run --json`."""
        return verdicts_json(self.facts, self.decision)


def plan(
    creditor: Creditor,
    day: date,
    *,
    at: datetime,
    actor: str,
    dry_run: bool = False,
    progress: Progress = lambda _stage: None,
) -> RunResult:
    """Decide for every case of the creditor as of `day` and plan the actions that follow; `dry_run` only decides."""
    if not dry_run:
        with transaction.atomic():
            open_cases(creditor, since=_last_run(creditor))
        progress("recheck")
        recheck(creditor, day, at=at, actor=actor)
    progress("facts")
    facts = read(creditor, day)
    progress("decide")
    decision = facts.decide()
    if dry_run:
        return RunResult(day, facts, decision, 0, 0)
    progress("write")
    with transaction.atomic():
        bulk.lock(f"run:{creditor.pk}")
        keep_verdicts(facts, decision)  # cases before the journal: see recovery.locking
        planned, approved = _write_actions(creditor, facts, decision, at=at, actor=actor)
        Run.objects.create(
            creditor=creditor,
            day=day,
            started_at=at,
            cases=len(facts.cases),
            planned=planned,
            next_on=cast("date | None", decision.verdicts["next_on"].min()),
        )
    return RunResult(day, facts, decision, planned, approved)


def _last_run(creditor: Creditor) -> datetime | None:
    return Run.objects.filter(creditor=creditor).order_by("pk").values_list("started_at", flat=True).last()


def known_then(creditor: Creditor, day: date) -> datetime | None:
    """Return the instant of the last run made for `day`: what was known then replays exactly what it decided."""
    return Run.objects.filter(creditor=creditor, day=day).order_by("pk").values_list("started_at", flat=True).last()


def _write_actions(
    creditor: Creditor, facts: Facts, decision: Decision, *, at: datetime, actor: str
) -> tuple[int, int]:
    wanted = _wanted(creditor, facts, decision)
    if wanted.is_empty():
        return 0, 0
    ids = bulk.take_ids(Action, len(wanted))
    wanted = wanted.with_columns(id=pl.Series(range(ids.start, ids.stop), dtype=pl.Int64))
    moment = rows.moment(at)
    bulk.insert(Action, ACTION_COLUMNS, _action_rows(creditor, facts, wanted, moment))
    lines = (
        decision.lines.filter("listed")
        .join(wanted.select("case", "id"), on="case")
        .select("id", "receivable", "stage_days", "chaseable")
    )
    bulk.insert(ActionLine, LINE_COLUMNS, ((creditor.pk, *line) for line in lines.iter_rows()))
    append_many(creditor.pk, _entries(facts, wanted), at=at, actor=actor, day=facts.day)
    return len(wanted), int(wanted["auto"].sum())


def _wanted(creditor: Creditor, facts: Facts, decision: Decision) -> pl.DataFrame:
    """Verdicts with a step whose strategy's light is on, of cases that have no action on this day and none waiting."""
    lit = [number for number, one in enumerate(facts.strategies) if one.light != "off"]
    auto = [number for number, one in enumerate(facts.strategies) if one.light == "auto"]
    taken = _taken(creditor, facts.day)
    acting = decision.verdicts.filter(pl.col("step").is_not_null() & pl.col("strategy").is_in(lit))
    return (
        facts.named(acting.join(taken, on="case", how="anti"))
        .join(_step_table(facts), on=["strategy", "step"])
        # A call is a person's work whatever the light: what is automatic there is only that it is put on the list.
        .with_columns(
            auto=pl.col("strategy").is_in(auto) & (pl.col("approval") == "auto") & (pl.col("channel") != "phone")
        )
        .sort("case")
    )


def _taken(creditor: Creditor, day: date) -> pl.DataFrame:
    sql = (
        f"SELECT DISTINCT case_id FROM {bulk.table(Action)} WHERE creditor_id = %s"
        " AND (day = %s OR status IN ('planned', 'approved', 'sending', 'uncertain'))"
    )
    return frames.read(sql, [creditor.pk, day], {"case": pl.Int64})


def _step_table(facts: Facts) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (number, step.name, step.days, step.courtesy, step.template, step.approval)
            for number, one in enumerate(facts.strategies)
            for step in one.plan.steps
        ],
        schema={
            "strategy": pl.UInt16,
            "step": pl.String,
            "step_days": pl.Int32,
            "courtesy": pl.Boolean,
            "template": pl.String,
            "approval": pl.String,
        },
        orient="row",
    )


def _action_rows(creditor: Creditor, facts: Facts, wanted: pl.DataFrame, moment: Any) -> Any:
    day = facts.day
    for row in wanted.iter_rows(named=True):
        one = facts.strategies[row["strategy"]]
        yield (
            row["id"],
            creditor.pk,
            row["case"],
            row["customer"],
            day,
            one.name,
            one.version,
            row["step"],
            row["step_days"],
            row["courtesy"],
            row["template"],
            row["channel"],
            "approved" if row["auto"] else "planned",
            row["principal"],
            row["interest"],
            row["indemnity"],
            len(row["listed"]),
            "",
            "",
            moment,
            moment if row["auto"] else None,
            "autopilot" if row["auto"] else "",
            "",
            0,
            "",
            "",
            "",
            "[]",
        )


def _entries(facts: Facts, wanted: pl.DataFrame) -> list[Line]:
    return [
        Line(
            row["code"],
            "action_planned",
            {
                "action": row["id"],
                "day": facts.day.isoformat(),
                "strategy": facts.strategies[row["strategy"]].name,
                "version": facts.strategies[row["strategy"]].version,
                "step": row["step"],
                "channel": row["channel"],
                "receivables": row["listed"],
                "principal": row["principal"],
                "interest": row["interest"],
                "indemnity": row["indemnity"],
                "approved_by": "autopilot" if row["auto"] else None,
            },
        )
        for row in wanted.iter_rows(named=True)
    ]
