"""The decision: for every case of a portfolio, on one day, the next step or the named reason for none.

One pipeline of Polars expressions over the whole portfolio, the same for one case or a million. The order of thought:
what may be chased of each receivable (``chase``), the step a case calls for (``ladder`` after the due date,
``courtesy`` before it), what it must wait for, and when it will act if nothing changes (``ahead``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl

from encaisse.engine import chase, courtesy, ladder
from encaisse.engine.ahead import next_actions
from encaisse.engine.chase import WorkingDays, day_number, shared, working_days
from encaisse.engine.facts import checked
from encaisse.engine.reasons import NOT_CHASEABLE
from encaisse.engine.strategy import Strategy
from encaisse.engine.tables import Tables, tables
from encaisse.pooled import collected, pooled

CAP_DAYS: Final = 7
REPEAT_DAYS: Final = 30

_OVERDUE, _ELIGIBLE, _COURTESY = 1, 2, 3  # how a step chooses the receivables it lists

_VERDICTS: Final = (
    *("case", "strategy", "step", "step_index", "channel", "reason", "next_on", "next_step", "waiting"),
    *("principal", "interest", "indemnity", "listed", "overdue", "overdue_all", "oldest_due", "days_late", "lead"),
    *("last_contact_on", "credit", "late_count", "rate_unknown"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """The verdicts of one day with the facts they rest on.

    ``verdicts`` holds one row per case, ``lines`` one per receivable, both in the order of ``facts``. Amounts are in
    minor units. ``step`` is set when the case acts today, ``reason`` when it does not; ``waiting`` is the step it
    calls for today in both events; ``next_on`` and ``next_step`` say when it acts (today, for a step) and how.
    ``overdue`` is what is late and may be chased, ``overdue_all`` everything late.
    """

    day: date
    verdicts: pl.DataFrame
    lines: pl.DataFrame
    facts: pl.DataFrame
    strategies: tuple[Strategy, ...]
    regions: tuple[str, ...]
    cap_days: int
    repeat_days: int


def decide(
    facts: pl.DataFrame,
    strategies: Sequence[Strategy],
    day: date,
    *,
    regions: Sequence[str],
    cap_days: int = CAP_DAYS,
    repeat_days: int = REPEAT_DAYS,
) -> Decision:
    """Decide for every case of ``facts`` (see ``facts.FACTS``) on ``day``.

    ``cap_days``: least days between two contacts of a case, whatever the channels. ``repeat_days``: least days
    before a case gets its last step again. Raises ValueError for facts with missing columns or unknown reasons.
    """
    plans, given = tuple(strategies), tuple(regions)
    return pooled(lambda: _decide(facts, plans, day, given, cap_days, repeat_days), len(facts))


def _decide(
    whole: pl.DataFrame,
    strategies: tuple[Strategy, ...],
    day: date,
    regions: tuple[str, ...],
    cap_days: int,
    repeat_days: int,
) -> Decision:
    whole = checked(whole)
    facts, used = _by_followed(whole, len(strategies))
    plans = tables(tuple(strategies[number] for number in used))
    today = day_number(day)
    rows = chase.receivables(facts, plans, day)
    cases = chase.cases(facts, rows, plans)
    calendar = working_days(regions, cases["region"].unique(), day, chase.horizon(rows, plans, day))
    young = courtesy.young_receivables(rows, cases, plans, today)
    own = courtesy.own_courtesy(young, plans, today)
    late = ladder.call_for_step(rows, cases, plans, today, repeat_days)
    ahead = next_actions(rows, young, cases, plans, calendar, today, cap_days, repeat_days)
    judged = collected(_judge(_called(rows, cases, own, late, ahead, plans), calendar, today, cap_days), len(facts))
    listed = _listed(rows, own, judged, plans, today)
    verdicts = _verdicts(judged, _sums(facts, rows, judged, listed), plans, today)
    lines = _lines(facts, rows, judged, listed, plans)
    if facts is not whole:
        verdicts = verdicts.with_columns(strategy=_looked_up(used))
    return Decision(day, verdicts, lines, whole, strategies, regions, cap_days, repeat_days)


def _by_followed(facts: pl.DataFrame, given: int) -> tuple[pl.DataFrame, list[int]]:
    """The facts with their strategies numbered among those that some case follows, and these strategies' numbers.

    Most creditors have more strategies than they follow, and one case follows one: what holds for all strategies
    that are looked at is a constant, and no step is computed that nobody can reach.
    """
    used = facts["strategy"].unique().sort().to_list()
    if used == list(range(given)):
        return facts, used
    places = [0] * given
    for place, number in enumerate(used):
        places[number] = place
    return facts.with_columns(strategy=_looked_up(places)), used


def _looked_up(numbers: Sequence[int]) -> pl.Expr:
    return pl.lit(pl.Series(numbers, dtype=pl.UInt16)).gather(pl.col("strategy"))


def _called(
    rows: pl.DataFrame,
    cases: pl.DataFrame,
    own: pl.DataFrame,
    late: pl.DataFrame,
    ahead: pl.DataFrame,
    plans: Tables,
) -> pl.LazyFrame:
    """The cases with the step each calls for today, whatever it must wait for (``step_index``), and its figures."""
    early = own.lazy().group_by("c").agg(_HIGHEST_OWN)
    frame = cases.lazy()
    for part in (late.lazy(), early, ahead.lazy(), _silence(rows)):
        frame = frame.join(part, on="c", how="left", maintain_order="left")
    return frame.with_columns(_call(plans))


_HIGHEST_OWN: Final = (pl.col("own").max(), pl.col("kept").any())


@lru_cache(maxsize=16)
def _call(plans: Tables) -> list[pl.Expr]:
    """The step a case calls for: of its ladder when something is late, else its courtesy."""

    def either(name: str) -> pl.Expr:
        return pl.coalesce(plans.ladder.at(name, pl.col("slot")), plans.courtesies.at(name, pl.col("own")))

    way = (
        pl.when(pl.col("slot").is_not_null())
        .then(pl.when(plans.ladder.at("eligible", pl.col("slot")) == 1).then(_ELIGIBLE).otherwise(_OVERDUE))
        .when(pl.col("own").is_not_null())
        .then(_COURTESY)
    )
    by_least = pl.col("unless").is_not_null() | pl.col("kept").fill_null(value=False)
    named = {"step_index": either("index"), "bit": either("bit"), "gap": either("gap"), "way": way}
    return [expr.alias(name) for name, expr in {**named, "by_least": by_least}.items()]


def _silence(rows: pl.DataFrame) -> pl.LazyFrame:
    """``c`` and ``silence``: the rank of why a case of which nothing may be chased is left alone."""
    return rows.lazy().filter(_SILENT).select(_SILENCE).group_by("c").agg(_STRONGEST)


_SILENT: Final = pl.col("reason").is_not_null()
_SILENCE: Final = (pl.col("c"), chase.strength().alias("silence"))
_STRONGEST: Final = pl.col("silence").min()


def _judge(cases: pl.LazyFrame, calendar: WorkingDays, today: int, cap_days: int) -> pl.LazyFrame:
    """Add ``reason`` (null when the case acts), and the day and step of the next action."""
    reason, following = _reasons(calendar, today, cap_days)
    return cases.with_columns(reason).with_columns(following)


@lru_cache(maxsize=16)
def _reasons(calendar: WorkingDays, today: int, cap_days: int) -> tuple[pl.Expr, list[pl.Expr]]:
    """Why a case does not act (null when it does), and the day and step of its next action."""
    cap = max(cap_days, 1)
    total = pl.when(pl.col("way") == _COURTESY).then(pl.col("chased")).otherwise(pl.col("total"))
    waits = [
        (pl.col("awaiting"), "awaiting_approval"),
        (pl.col("stale"), "stale_books"),
        (total < pl.col("minimum"), "below_minimum"),
        (pl.col("contact") + pl.max_horizontal("gap", cap) > today, "contact_cap"),
        (pl.col("usable") & pl.col("bit") == 0, "no_reachable_contact"),
        (calendar.next(pl.lit(today, dtype=pl.Int64)) > today, "quiet_day"),
    ]
    never = pl.col("next_day").is_null()
    rests = [
        (pl.col("finished").fill_null(value=False), "strategy_finished"),
        (pl.col("by_least"), "below_minimum"),
        (pl.col("reached").fill_null(value=False), "case_further_on"),
        (never & ((pl.col("chased") < pl.col("minimum")) | pl.col("poor").fill_null(value=False)), "below_minimum"),
        (pl.lit(value=True), "not_yet"),
    ]
    silent = pl.lit(pl.Series(NOT_CHASEABLE * 2, dtype=pl.String)).gather(pl.col("silence"))
    called = pl.col("step_index").is_not_null()
    reason = pl.when(pl.col("chased") == 0).then(silent).when(called).then(_first(waits)).otherwise(_first(rests))
    acts = pl.col("reason").is_null()
    held = pl.col("reason").is_in(["awaiting_approval", "stale_books"])
    following = [
        acts.alias("acts"),
        pl.when(acts).then(today).when(~held).then(pl.col("next_day")).alias("next_day"),
        pl.when(acts).then(pl.col("step_index")).when(~held).then(pl.col("next_index")).alias("next_index"),
    ]
    return reason.alias("reason"), following


def _first(reasons: Sequence[tuple[pl.Expr, str]]) -> pl.Expr:
    """The name of the first reason that holds; null for none."""
    chosen = pl.lit(None, dtype=pl.String)
    for holds, name in reversed(reasons):
        chosen = pl.when(holds).then(pl.lit(name)).otherwise(chosen)
    return chosen


def _listed(rows: pl.DataFrame, own: pl.DataFrame, judged: pl.DataFrame, plans: Tables, today: int) -> pl.DataFrame:
    """``i`` (row), ``c`` and ``counts`` (the offset it will count as) of the receivables in today's actions."""
    chosen, climbed = _climbed(plans, today)
    due = rows.lazy().filter(chase.LATE_TO_CHASE).select("i", "c", "strategy", "base")
    placed = due.with_columns(shared(judged, "acts", "way", "slot"))
    late = collected(placed.filter(chosen).select(climbed), len(rows))
    if own.is_empty():
        return late
    called = judged.select("acts", "way", called="own")
    placed = own.lazy().with_columns(shared(called, "acts", "way", "called"))
    early = collected(placed.filter(_IS_CALLED).select(_COUNTS_NOT), len(own))
    return pl.concat([late, early]).sort("i")


_IS_CALLED: Final = pl.col("acts") & (pl.col("way") == _COURTESY) & (pl.col("own") == pl.col("called"))
_COUNTS_NOT: Final = (pl.col("i"), pl.col("c"), pl.lit(None, dtype=pl.Int64).alias("counts"))


@lru_cache(maxsize=16)
def _climbed(plans: Tables, today: int) -> tuple[pl.Expr, list[pl.Expr]]:
    """Whether a late receivable is listed in its case's action of today; and the columns of :func:`_listed`."""
    ladder = plans.ladder
    eligible = pl.col("base") + ladder.at("days", pl.col("slot")) <= today
    highest = pl.min_horizontal(chase.highest_slot(plans, today - pl.col("base")), "slot")
    counts = ladder.at("days", pl.when(highest >= 0).then(highest))
    chosen = pl.col("acts") & ((pl.col("way") == _OVERDUE) | eligible)
    return chosen, [pl.col("i"), pl.col("c"), counts.alias("counts")]


def _sums(facts: pl.DataFrame, rows: pl.DataFrame, judged: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """Per case: amounts of what is listed (of all that is late, when nothing is), the list, and all that is late."""
    late = rows.lazy().filter(_LATE).select("i", "c", "chase", "open").with_columns(shared(judged, "acts"))
    used = pl.concat([listed.lazy().select("i", "c"), late.filter(_IDLE).select("i", "c")])
    figures = (rows["chase"], facts["interest"], facts["indemnity"], facts["rate_unknown"])
    sums = used.with_columns(pl.lit(series).gather(_ROW) for series in figures).group_by("c").agg(_TOTALS)
    lists = listed.lazy().select(_CASE, pl.lit(rows["receivable"].alias("listed")).gather(_ROW))
    lists = lists.group_by("c", maintain_order=True).agg(pl.col("listed"))
    frame = judged.lazy().select("c")
    for part in (sums, lists, late.group_by("c").agg(_ALL_OPEN)):
        frame = frame.join(part, on="c", how="left", maintain_order="left")
    return collected(frame, len(rows))


_CASE: Final = pl.col("c")
_ROW: Final = pl.col("i")
_LATE: Final = pl.col("late") & pl.col("owes")
_IDLE: Final = chase.TO_CHASE & ~pl.col("acts")
_ALL_OPEN: Final = pl.col("open").sum().alias("overdue_all")
_TOTALS: Final = (
    pl.col("interest", "indemnity").sum(),
    pl.col("rate_unknown").any(),
    pl.col("chase").sum().alias("principal"),
)


def _verdicts(judged: pl.DataFrame, sums: pl.DataFrame, plans: Tables, today: int) -> pl.DataFrame:
    places, values = _figures(plans, today)
    frame = judged.hstack(sums.get_columns()[1:]).lazy()
    return collected(frame.with_columns(places).with_columns(values).select(_VERDICTS), len(judged))


@lru_cache(maxsize=16)
def _figures(plans: Tables, today: int) -> tuple[list[pl.Expr], list[pl.Expr]]:
    """The steps' places in their strategy, and then the other columns of a verdict."""
    empty = pl.lit(pl.Series([[]], dtype=pl.List(pl.Int64)))
    places = [
        pl.col("step_index").alias("waiting_index"),
        pl.when("acts").then(pl.col("step_index")).alias("step_index"),
        plans.ladder.at("index", pl.when(pl.col("lead") >= 0).then(pl.col("lead"))).alias("lead"),
    ]
    values = [
        pl.col("principal", "interest", "indemnity", "overdue_all").fill_null(0),
        pl.col("step_index", "lead").cast(pl.Int16),
        pl.col("rate_unknown").fill_null(value=False),
        pl.col("listed").fill_null(empty),
        plans.name("step_index").alias("step"),
        plans.name("waiting_index").alias("waiting"),
        plans.name("next_index").alias("next_step"),
        plans.channel.alias("channel"),
        pl.col("next_day").cast(pl.Int32).cast(pl.Date).alias("next_on"),
        pl.col("total").fill_null(0).alias("overdue"),
        pl.col("oldest").cast(pl.Int32).cast(pl.Date).alias("oldest_due"),
        (today - pl.col("oldest")).fill_null(0).cast(pl.Int32).alias("days_late"),
        pl.col("count").fill_null(0).cast(pl.UInt32).alias("late_count"),
    ]
    return places, values


def _lines(
    facts: pl.DataFrame, rows: pl.DataFrame, judged: pl.DataFrame, listed: pl.DataFrame, plans: Tables
) -> pl.DataFrame:
    """One row per receivable: what may be chased of it, and its place in the case's next step."""
    aim, origin, columns = _aim(plans)
    target = collected(judged.lazy().select(aim).select(origin), len(judged))
    size = len(rows)
    marks = pl.repeat(value=False, n=size, eager=True).scatter(listed["i"], True)
    counts = pl.repeat(None, size, dtype=pl.Int32, eager=True).scatter(listed["i"], listed["counts"].cast(pl.Int32))
    own = [facts["case"], marks.alias("listed"), counts.alias("stage_days_counted")]
    placed = rows.hstack(own).lazy().with_columns(shared(target, "days", "issue"))
    return collected(placed.select(columns), len(rows))


@lru_cache(maxsize=16)
def _aim(plans: Tables) -> tuple[list[pl.Expr], list[pl.Expr], list[pl.Expr]]:
    """The step a case aims at, what its day counts from, and then the columns of a line."""
    aim = [pl.col("strategy"), pl.coalesce("step_index", "next_index").alias("target")]
    origin = [plans.days("target").alias("days"), plans.from_issue("target").alias("issue")]
    begins = pl.when("issue").then(pl.col("issued")).otherwise(pl.col("base"))
    stage = plans.ladder.at("index", pl.when(pl.col("stage") >= 0).then(pl.col("stage")))
    columns = {
        "case": pl.col("case"),
        "receivable": pl.col("receivable"),
        "reason": pl.col("reason"),
        "chaseable": pl.col("chase"),
        "listed": pl.col("listed"),
        "stage_days": pl.col("stage_days_counted"),
        "stage": stage.cast(pl.Int16),
        "overdue": _LATE,
        "trigger_on": pl.when(chase.TO_CHASE).then((begins + pl.col("days")).cast(pl.Int32)).cast(pl.Date),
    }
    return aim, origin, [expr.alias(name) for name, expr in columns.items()]
