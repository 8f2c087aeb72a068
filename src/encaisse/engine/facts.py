"""The frame of facts ``decide`` reads, and pure helpers that build its columns out of dated records.

One row per receivable that exists on the day, sorted by case, due date, receivable. Columns from ``credit`` on belong
to the case and are repeated on its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl

from encaisse.engine.reasons import BLOCKING
from encaisse.engine.strategy import Strategy
from encaisse.pooled import collected

FACTS: Final[dict[str, type[pl.DataType] | pl.DataType]] = {
    "case": pl.Int64,
    "receivable": pl.Int64,
    "strategy": pl.UInt16,  # index into the strategies given to decide
    "issued_on": pl.Date,
    "due_on": pl.Date,
    "open": pl.Int64,  # balance on the day, minor units; may be zero or less
    "withheld": pl.Int64,  # the part of it that is not to be chased (a disputed part)
    "blocked": pl.String,  # one of reasons.BLOCKING: nothing of it is to be chased; null when free
    "suspended_days": pl.Int32,  # days d, due_on <= d < day, on which it was suspended
    "stage_days": pl.Int32,  # offset of the highest ladder step that counts for it; null when none
    "done": pl.UInt64,  # bits of the courtesies of its strategy already issued for it
    "interest": pl.Int64,
    "indemnity": pl.Int64,
    "rate_unknown": pl.Boolean,
    "credit": pl.Int64,  # unallocated credit of the case, minor units
    "last_contact_on": pl.Date,  # over all channels
    "last_step_on": pl.Date,  # last day the case had the last ladder step
    "awaiting": pl.Boolean,  # an action of the case waits for approval
    "stale": pl.Boolean,  # the books are older than the creditor allows
    "kind": pl.String,
    "profile": pl.String,
    "tags": pl.List(pl.String),
    "reach": pl.UInt8,  # bits of reasons.CHANNELS
    "region": pl.UInt8,  # index into the regions given to decide
    "minimum": pl.Int64,  # a case below this total is left alone
}


def checked(facts: pl.DataFrame) -> pl.DataFrame:
    """The facts with their columns in order and typed, sorted. Raises ValueError when they cannot be used."""
    missing = [name for name in FACTS if name not in facts.columns]
    if missing:
        raise ValueError(f"the facts lack {', '.join(missing)}")
    frame = facts if dict(facts.schema) == FACTS else facts.select(TYPED)
    if frame["blocked"].null_count() < len(frame):
        unknown = set(frame["blocked"].drop_nulls().unique()) - set(BLOCKING)
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))}: not a reason to block; use one of {', '.join(BLOCKING)}")
    return frame if frame.select(_ORDERED).item() else frame.sort("case", "due_on", "receivable")


def _ordered() -> pl.Expr:
    """Whether the rows stand in the order of case, due date and receivable."""
    case, due = pl.col("case").diff(), pl.col("due_on").to_physical().diff()
    later = (due > 0) | ((due == 0) & (pl.col("receivable").diff() > 0))
    return ((case > 0) | ((case == 0) & later)).fill_null(value=True).all()


_ORDERED: Final = _ordered()
TYPED: Final = [pl.col(name).cast(kind) for name, kind in FACTS.items()]


def suspend(receivables: pl.DataFrame, suspensions: pl.DataFrame, day: date) -> pl.DataFrame:
    """``receivable``, ``blocked``, ``withheld`` and ``suspended_days`` on a day, for each receivable.

    ``receivables``: ``receivable``, ``due_on``. ``suspensions``: ``receivable``, ``reason``, ``from_on``, ``until_on``
    (the first free day, null when open), ``amount`` (minor units; null when the whole receivable is suspended). A part
    withholds its amount and leaves the clock running; only what is suspended as a whole stops it.
    """
    began = suspensions.filter(pl.col("from_on") <= day)
    active = began.filter(pl.col("until_on").is_null() | (pl.col("until_on") > day))
    whole = pl.col("amount").is_null()
    strength = pl.col("reason").replace_strict(list(BLOCKING), list(range(len(BLOCKING))), return_dtype=pl.Int32)
    blocked = active.filter(whole).sort(strength).unique("receivable", keep="first", maintain_order=True)
    withheld = active.filter(~whole).group_by("receivable").agg(withheld=pl.col("amount").sum())
    return (
        receivables.select("receivable")
        .join(blocked.select("receivable", blocked="reason"), on="receivable", how="left", maintain_order="left")
        .join(withheld, on="receivable", how="left", maintain_order="left")
        .join(suspended_days(receivables, began.filter(whole), day), on="receivable", how="left", maintain_order="left")
        .with_columns(pl.col("withheld").fill_null(0), pl.col("suspended_days").fill_null(0))
    )


def suspended_days(receivables: pl.DataFrame, suspensions: pl.DataFrame, day: date) -> pl.DataFrame:
    """``receivable`` and ``suspended_days``: days from the due date on and before ``day`` with any suspension.

    Overlaps count once. Same columns as for :func:`suspend`; every suspension given counts, whatever its amount.
    """
    if suspensions.is_empty():
        return _NEVER_SUSPENDED
    clipped = (
        suspensions.lazy()
        .join(receivables.lazy().select("receivable", "due_on"), on="receivable")
        .select(
            "receivable",
            start=pl.max_horizontal("from_on", "due_on"),
            end=pl.min_horizontal(pl.col("until_on").fill_null(day), pl.lit(day)),
        )
        .filter(pl.col("start") < pl.col("end"))
        .sort("receivable", "start")
        .with_columns(covered=pl.col("end").cum_max().shift(1).over("receivable"))
    )
    fresh = (pl.col("end") - pl.max_horizontal("start", "covered")).dt.total_days().clip(0)
    days = clipped.group_by("receivable", maintain_order=True).agg(suspended_days=fresh.sum().cast(pl.Int32))
    return collected(days.select("receivable", "suspended_days"), len(receivables))


_NEVER_SUSPENDED: Final = pl.DataFrame(schema={"receivable": pl.Int64, "suspended_days": pl.Int32})


def history(
    lines: pl.DataFrame, contacts: pl.DataFrame, cases: pl.DataFrame, strategies: Sequence[Strategy]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What past actions left behind: one frame per receivable, one per case.

    ``lines``: ``case``, ``receivable``, ``day``, ``step`` (name), ``stage_days`` (offset of the ladder step the action
    counted as for this receivable, null for none), one row per receivable listed in an issued action. ``contacts``:
    ``case``, ``day``, every contact over all channels, issued actions included. ``cases``: ``case``, ``strategy``
    (index into ``strategies``), the strategy each case follows now: a stage is kept by its offset and a courtesy by
    its name, so that a strategy changed in mid-course keeps its place.

    Returns ``receivable``, ``stage_days``, ``done`` and ``case``, ``last_contact_on``, ``last_step_on``.
    """
    plans, ends = _plans(tuple(strategies))
    by_case = cases.select("case").sort("case")
    by_receivable, ended = _NOTHING_TOLD, _NEVER_ENDED
    if len(lines):
        followed = cases.select("case", pl.col("strategy").cast(pl.UInt16))
        told = lines.join(followed, on="case", how="left").join(plans, on=["strategy", "step"], how="left")
        by_receivable = told.group_by("receivable").agg(_TOLD).sort("receivable")
        ended = told.join(ends, on="strategy", how="left").filter(_AT_END).group_by("case").agg(_ENDED)
    touched = contacts.group_by("case").agg(_TOUCHED)
    return by_receivable, by_case.join(touched, on="case", how="left", maintain_order="left").join(
        ended, on="case", how="left", maintain_order="left"
    )


_TOLD: Final = (
    pl.col("stage_days").max().cast(pl.Int32),
    pl.col("bit").fill_null(0).bitwise_or().cast(pl.UInt64).alias("done"),
)
_AT_END: Final = pl.col("stage_days") >= pl.col("last")
_ENDED: Final = pl.col("day").max().alias("last_step_on")
_TOUCHED: Final = pl.col("day").max().alias("last_contact_on")
_NOTHING_TOLD: Final = pl.DataFrame(schema={"receivable": pl.Int64, "stage_days": pl.Int32, "done": pl.UInt64})
_NEVER_ENDED: Final = pl.DataFrame(schema={"case": pl.Int64, "last_step_on": pl.Date})


@lru_cache(maxsize=64)
def _plans(strategies: tuple[Strategy, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The bit of each courtesy, by strategy and name; the offset of the last ladder step, by strategy."""
    bits = [
        (number, strategy.steps[index].name, 1 << index)
        for number, strategy in enumerate(strategies)
        for index in strategy.courtesies
    ]
    lasts = [
        (number, strategy.steps[strategy.ladder[-1]].days if strategy.ladder else None)
        for number, strategy in enumerate(strategies)
    ]
    return (
        pl.DataFrame(bits, schema={"strategy": pl.UInt16, "step": pl.String, "bit": pl.UInt64}, orient="row"),
        pl.DataFrame(lasts, schema={"strategy": pl.UInt16, "last": pl.Int32}, orient="row"),
    )
