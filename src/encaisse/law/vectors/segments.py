"""The steps that a vector gives, against the segments of the worksheets: which one differs, and in what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from encaisse.law.vectors.compare import Difference, same, written
from encaisse.law.vectors.money import Reckoning
from encaisse.law.vectors.reading import Unclear, as_day
from encaisse.law.worksheet import Segment, Worksheet

_NESTED = ("detail", "segments", "steps")
_FROM, _TO = ("from", "start"), ("to", "until", "end")
_EXACT = ("interest_unrounded", "interest_exact", "interest")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days with one rate on one base, from one segment or several that join."""

    start: date
    end: date
    days: int
    rate: Decimal
    base: int
    interest: Fraction


def differing_segments(reckoning: Reckoning, steps: Sequence[Any]) -> list[Difference]:
    """What differs between the steps of a vector and the worksheets that its figures asked for."""
    wanted = list(_leaves(steps))
    found: list[Difference] = []
    for step in wanted:
        found += _compare(reckoning, step)
    before: Mapping[str, Any] | None = None
    for stage in _stages(steps):
        found += _compare_stage(reckoning, stage, before)
        before = stage
    return found


def _leaves(steps: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    for step in steps:
        if not isinstance(step, Mapping):
            continue
        if _first(step, _FROM) is not None and _first(step, _TO) is not None:
            yield step
        for name in _NESTED:
            if isinstance(step.get(name), list):
                yield from _leaves(step[name])


def _stages(steps: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """The steps that tell the account on a day of payment, or one of several invoices."""
    for step in steps:
        if isinstance(step, Mapping) and ("date" in step or {"amount", "due_date"} <= set(step)):
            yield step


def _first(step: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((step[name] for name in names if name in step), None)


def _compare(reckoning: Reckoning, step: Mapping[str, Any]) -> list[Difference]:
    start, end = as_day(_first(step, _FROM), "from"), as_day(_first(step, _TO), "to")
    candidates = [found for sheet in reckoning.all_sheets() if (found := _stretch(sheet, start, end))]
    if any(_agrees(reckoning, step, found) for found in candidates):
        return []
    got = _row(reckoning, candidates[0]) if candidates else "no such segment: " + _around(reckoning, start, end)
    return [Difference(f"segment {start} to {end}", _step_row(step), got)]


def _stretch(sheet: Worksheet, start: date, end: date) -> _Stretch | None:
    """The days from ``start`` to ``end`` of a worksheet, when they have one rate on one base and no gap."""
    parts = [segment for segment in sheet.segments if segment.start <= end and segment.end >= start]
    if not parts or parts[0].start > start or parts[-1].end < end:
        return None
    if len({(part.rate, part.base) for part in parts}) > 1:
        return None
    if any(after.start - before.end != timedelta(1) for before, after in pairwise(parts)):
        return None
    return _Stretch(
        start,
        end,
        (end - start).days + 1,
        parts[0].rate,
        parts[0].base,
        sum((_share(part, start, end) for part in parts), Fraction(0)),
    )


def _share(segment: Segment, start: date, end: date) -> Fraction:
    days = (min(segment.end, end) - max(segment.start, start)).days + 1
    return segment.interest * days / segment.days


def _agrees(reckoning: Reckoning, step: Mapping[str, Any], found: _Stretch) -> bool:
    figures: dict[str, Any] = {
        "days": found.days,
        "rate": found.rate,
        "base": reckoning.text(found.base),
        **dict.fromkeys(_EXACT, reckoning.exact(found.interest)),
    }
    return all(same(step[name], figure) for name, figure in figures.items() if name in step)


def untold_segments(reckoning: Reckoning, steps: Sequence[Any]) -> list[Difference]:
    """Segments of the plain reading that no step tells: no difference in themselves, but often where one comes from."""
    spans = [(as_day(_first(step, _FROM), "from"), as_day(_first(step, _TO), "to")) for step in _leaves(steps)]
    return [
        Difference(f"segment {segment.start} to {segment.end}", "no such segment", _row(reckoning, _whole(segment)))
        for segment in (reckoning.segments if spans else ())
        if not any(start <= segment.end and segment.start <= end for start, end in spans)
    ]


def _whole(one: Segment) -> _Stretch:
    return _Stretch(one.start, one.end, one.days, one.rate, one.base, one.interest)


def _around(reckoning: Reckoning, start: date, end: date) -> str:
    near = [one for one in reckoning.segments if one.start <= end and one.end >= start]
    return (
        "; ".join(f"{one.start} to {one.end}, {_row(reckoning, _whole(one))}" for one in near)
        or "nothing on these days"
    )


def _row(reckoning: Reckoning, one: _Stretch) -> str:
    exact = written(reckoning.exact(one.interest))
    return f"{one.days} days, {one.rate} %, base {reckoning.text(one.base)}, interest {exact}"


def _step_row(step: Mapping[str, Any]) -> str:
    parts = [("days", "{} days"), ("rate", "{} %"), ("base", "base {}")]
    said = [form.format(written(step[name])) for name, form in parts if name in step]
    exact = _first(step, _EXACT)
    return ", ".join([*said, f"interest {written(exact)}"] if exact is not None else said)


def _compare_stage(
    reckoning: Reckoning, stage: Mapping[str, Any], before: Mapping[str, Any] | None
) -> list[Difference]:
    figures = _on_day(reckoning, stage, before) if "date" in stage else _of_invoice(reckoning, stage)
    named = f"step of {written(stage.get('date', stage.get('due_date')))}"
    return [
        Difference(f"{named}, {name}", written(stage[name]), written(figure))
        for name, figure in figures.items()
        if name in stage and not same(stage[name], figure)
    ]


def _of_invoice(reckoning: Reckoning, stage: Mapping[str, Any]) -> dict[str, Any]:
    key = (reckoning.vector.minor(stage["amount"], "amount"), as_day(stage["due_date"], "due_date"))
    if key not in reckoning.invoices:
        raise Unclear(f"steps: no invoice of {stage['amount']} due on {stage['due_date']} is among the inputs")
    sheet = reckoning.sheets()[reckoning.invoices.index(key)]
    return {
        "interest": reckoning.text(sheet.interest),
        "indemnity": reckoning.text(sheet.indemnity),
        "days": sheet.days,
        "total": reckoning.text(sheet.total),
    }


def _on_day(reckoning: Reckoning, stage: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The account on a day, from the worksheets of that day and of the step before."""
    day = as_day(stage["date"], "date")
    previous = as_day(before["date"], "date") if before is not None else reckoning.due
    then, now = reckoning.sheets(on=previous)[0], reckoning.sheets(on=day)[0]
    paid = sum(amount for on, amount in reckoning.vector.changes("payments") if on == day)
    to_interest = now.interest_paid - then.interest_paid
    figures = {
        "payment": paid,
        "interest_accrued_in_period": now.interest + now.interest_paid - then.interest - then.interest_paid,
        "to_interest": to_interest,
        "to_principal": then.principal - now.principal,
        "principal_left": now.principal,
        "interest_left": now.interest,
    }
    return {"days": (day - previous).days} | {name: reckoning.text(value) for name, value in figures.items()}
