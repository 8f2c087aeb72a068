"""A slow second opinion: the sentences of the design, one receivable and one day at a time, in plain Python.

Written without looking at how the engine computes: dicts, loops and a walk over the days. Only tests use it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from encaisse.calendar import is_working_day

Row = dict[str, Any]

STRONGEST_FIRST = [
    *("insolvent", "deceased", "handed_over", "assigned", "plan_running", "disputed", "promised", "payment_seen"),
    *("debit_pending", "paused", "covered_by_credit", "nothing_owed"),
]
BITS = {"email": 1, "letter": 2, "sms": 4, "phone": 8, "visit": 16}


def is_courtesy(step: Any) -> bool:
    return step.origin == "issue" or step.days < 0


def trigger_on(row: Row, step: Any) -> date:
    start = row["issued_on"] if step.origin == "issue" else row["due_on"] + timedelta(days=row["suspended_days"])
    return start + timedelta(days=step.days)


def net(rows: list[Row]) -> None:
    """What may be chased of each receivable, and why not."""
    credit = max(rows[0]["credit"], 0)
    for row in sorted(rows, key=lambda row: (row["due_on"], row["receivable"])):
        row["chaseable"], row["why"] = 0, None
        if row["open"] <= 0:
            row["why"] = "nothing_owed"
        elif row["blocked"]:
            row["why"] = row["blocked"]
        elif row["withheld"] >= row["open"]:
            row["why"] = "disputed"
        else:
            free = row["open"] - max(row["withheld"], 0)
            used = min(credit, free)
            credit -= used
            row["chaseable"] = free - used
            if free == used:
                row["why"] = "covered_by_credit"


def stage(row: Row, ladder: list[Any]) -> int:
    """Place on the ladder of the highest step that counts; -1 for none."""
    if row["stage_days"] is None:
        return -1
    return max((place for place, step in enumerate(ladder) if step.days <= row["stage_days"]), default=-1)


def lasting(step: Any, row: Row) -> bool:
    if step.channel and not row["reach"] & BITS[step.channel]:
        return False
    if step.kinds and row["kind"] not in step.kinds:
        return False
    if step.profiles and row["profile"] not in step.profiles:
        return False
    return not step.tags or any(tag in step.tags for tag in row["tags"] or [])


def measured(step: Any, amount: int, age: int, count: int, *, with_least: bool = True) -> bool:
    if with_least and amount < step.least:
        return False
    return age >= step.min_age and count >= step.min_count


def courtesy(row: Row, steps: list[Any], day: date, count: int, *, with_least: bool = True) -> int | None:
    """The courtesy a receivable not yet due calls for: the latest that applies, unless it had it."""
    own = None
    for index, step in enumerate(steps):
        if not is_courtesy(step) or trigger_on(row, step) > day:
            continue
        age = (day - row["issued_on"]).days
        if lasting(step, row) and measured(step, row["chaseable"], age, count, with_least=with_least):
            own = index
    return None if own is None or row["done"] >> own & 1 else own


def called(rows: list[Row], strategy: Any, day: date, limits: dict[str, int]) -> dict[str, Any]:
    """The step a case calls for on a day, before it waits for anything, with what surrounds it."""
    steps = strategy.steps
    ladder = [step for step in steps if not is_courtesy(step)]
    chaseable = [row for row in rows if row["chaseable"] > 0]
    late = [row for row in chaseable if row["due_on"] < day]
    anything_late = [
        row for row in rows if row["due_on"] < day and row["open"] > 0 and row["why"] != "covered_by_credit"
    ]
    found: dict[str, Any] = {"step": None, "late": late, "total": 0, "lead": -1, "kept": False, "listed": []}
    if not anything_late:
        own = {}
        for row in chaseable:
            if row["due_on"] > day:
                own[row["receivable"]] = courtesy(row, steps, day, len(chaseable))
                free = courtesy(row, steps, day, len(chaseable), with_least=False)
                found["kept"] |= own[row["receivable"]] is None and free is not None
        best = max((index for index in own.values() if index is not None), default=None)
        if best is not None:
            found["step"] = steps[best]
            found["listed"] = [row for row in chaseable if own.get(row["receivable"]) == best]
        found["total"] = sum(row["chaseable"] for row in chaseable)
        return found
    if not late:
        return found
    lead = max(stage(row, ladder) for row in late)
    total = sum(row["chaseable"] for row in late)
    age = max((day - row["due_on"]).days for row in late)
    found |= {"lead": lead, "total": total}
    found["further"] = any(
        stage(row, ladder) < place <= lead and trigger_on(row, step) <= day
        for row in late
        for place, step in enumerate(ladder)
    )
    found["finished"] = not any(lasting(step, rows[0]) for step in ladder[lead + 1 :])
    met = [step for step in ladder[lead + 1 :] if lasting(step, rows[0]) and measured(step, total, age, len(late))]
    free = [
        step
        for step in ladder[lead + 1 :]
        if lasting(step, rows[0]) and measured(step, total, age, len(late), with_least=False)
    ]
    found["poor"] = not met and bool(free)
    candidates = []
    for row in late:
        place = max(stage(row, ladder), lead)
        for step in ladder[place + 1 :]:
            if trigger_on(row, step) <= day and step in met:
                candidates.append(step)
                break
        found["kept"] |= any(trigger_on(row, step) <= day for step in free)
    if ladder and lead == len(ladder) - 1:
        last = ladder[-1]
        rested = rows[0]["last_step_on"] is None or day >= rows[0]["last_step_on"] + timedelta(
            days=limits["repeat_days"]
        )
        if rested and lasting(last, rows[0]) and measured(last, total, age, len(late)):
            candidates += [
                last for row in late if stage(row, ladder) < len(ladder) - 1 and trigger_on(row, last) <= day
            ]
    if candidates:
        step = max(candidates, key=lambda step: step.days)
        found["step"] = step
        found["listed"] = [row for row in late if step.scope == "overdue" or trigger_on(row, step) <= day]
    return found


def waits_for(rows: list[Row], found: dict[str, Any], day: date, region: str, limits: dict[str, int]) -> str | None:
    """What the step called for must wait for; None when it may go."""
    first, step = rows[0], found["step"]
    if first["awaiting"]:
        return "awaiting_approval"
    if first["stale"]:
        return "stale_books"
    if found["total"] < first["minimum"]:
        return "below_minimum"
    if first["last_contact_on"]:
        silence = max(limits["cap_days"], step.gap, 1)
        if day < first["last_contact_on"] + timedelta(days=silence):
            return "contact_cap"
    if not any(first["reach"] & BITS[channel] for channel in step.channels):
        return "no_reachable_contact"
    return None if is_working_day(day, region) else "quiet_day"


def next_action(rows: list[Row], strategy: Any, day: date, region: str, limits: dict[str, int], walk: int) -> Any:
    """The first later day on which the case acts if nothing but time changes, found by trying each."""
    patient = [row | {"awaiting": False, "stale": False} for row in rows]
    if not any(row["chaseable"] for row in rows):
        return None, None
    for ahead in range(1, walk):
        later = day + timedelta(days=ahead)
        found = called(patient, strategy, later, limits)
        if found["step"] and waits_for(patient, found, later, region, limits) is None:
            return later, found["step"].name
    return None, None


def silent_reason(rows: list[Row], day: date) -> str:
    def rank(row: Row) -> tuple[bool, int]:
        late = row["due_on"] < day and row["open"] > 0
        return not late, STRONGEST_FIRST.index(row["why"])

    return min(rows, key=rank)["why"]


def decide_case(
    rows: list[Row], strategy: Any, day: date, region: str, limits: dict[str, int], walk: int = 110
) -> dict[str, Any]:
    """The verdict on one case."""
    net(rows)
    found = called(rows, strategy, day, limits)
    step = found["step"]
    chaseable = sum(row["chaseable"] for row in rows)
    next_on, next_step = next_action(rows, strategy, day, region, limits, walk)
    reason: str | None
    if chaseable == 0:
        reason = silent_reason(rows, day)
    elif step:
        reason = waits_for(rows, found, day, region, limits)
    elif found.get("finished"):
        reason = "strategy_finished"
    elif found["kept"]:
        reason = "below_minimum"
    elif found.get("further"):
        reason = "case_further_on"
    elif next_on is None and (chaseable < rows[0]["minimum"] or found.get("poor")):
        reason = "below_minimum"
    else:
        reason = "not_yet"
    acts = reason is None
    listed = found["listed"] if acts else []
    used = listed if acts else found["late"]
    if acts:
        next_on, next_step = day, step.name
    if reason in ("awaiting_approval", "stale_books"):
        next_on, next_step = None, None
    ladder = [step for step in strategy.steps if not is_courtesy(step)]
    return {
        "step": step.name if acts else None,
        "waiting": step.name if step else None,
        "reason": reason,
        "next_on": next_on,
        "next_step": next_step,
        "listed": sorted(row["receivable"] for row in listed),
        "principal": sum(row["chaseable"] for row in used),
        "overdue": sum(row["chaseable"] for row in found["late"]),
        "lead": ladder[found["lead"]].name if found["lead"] >= 0 else None,
        "counts": {
            row["receivable"]: max(
                (other.days for other in ladder if other.days <= step.days and trigger_on(row, other) <= day),
                default=None,
            )
            if not is_courtesy(step)
            else None
            for row in listed
        },
    }
