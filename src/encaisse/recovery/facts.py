"""One frame with one row per receivable, as of a day: all that the decision looks at.

The nightly run, every page and the last look before a message leaves read it here, for a portfolio or for one customer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from encaisse.engine import Decision, decide
from encaisse.engine.facts import FACTS, TYPED, history, suspend
from encaisse.engine.reasons import CHANNELS
from encaisse.ledger.freshness import books_to
from encaisse.parties.models import Creditor
from encaisse.parties.own_rates import rates_of
from encaisse.pooled import collected, pooled
from encaisse.recovery import rows
from encaisse.recovery.accrual import Ground, accrued
from encaisse.recovery.payments_seen import payments_seen
from encaisse.recovery.rows import Part
from encaisse.recovery.strategies import Installed, current, name_for

KEY = ["customer", "currency"]
FOLLOWS = ["own_strategy", "kind", "profile"]


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a creditor on a day, with the tables their indexes point into.

    `frame` has the columns of `encaisse.engine.facts.FACTS`; `cases` one row per case with its customer and currency.
    """

    creditor_id: int
    day: date
    frame: pl.DataFrame
    cases: pl.DataFrame
    strategies: tuple[Installed, ...]
    regions: tuple[str, ...]
    cap_days: int
    repeat_days: int
    books_to: date | None
    home: str = "FR"
    known_at: datetime | None = None

    def named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add `customer`, `currency`, `code` and `name` to a frame of cases."""
        placed = frame.join(self.cases.select("case", *KEY), on="case", maintain_order="left")
        found = rows.names(self.creditor_id, placed["customer"].unique().to_list())
        return placed.join(found, on="customer", maintain_order="left")

    def decide(self) -> Decision:
        """Return the verdicts: the only place where recovery asks the engine."""
        return decide(
            self.frame,
            [installed.plan for installed in self.strategies],
            self.day,
            regions=self.regions,
            cap_days=self.cap_days,
            repeat_days=self.repeat_days,
        )


def read(
    creditor: Creditor,
    day: date,
    *,
    customer_ids: Sequence[int] | None = None,
    but_waiting: bool = False,
    known_at: datetime | None = None,
) -> Facts:
    """Read the facts of a creditor on `day`.

    `customer_ids` asks for some customers only; `but_waiting` asks as if no action were planned or approved (the last
    look at an action that is); `known_at` asks what was known at that instant, so that a decision of the past can be
    made again: with the instant of a run it gives what that run saw.
    """
    part = Part(creditor.pk, day, None if customer_ids is None else tuple(customer_ids), known_at)
    installed = tuple(current(creditor))
    found = _gather(part, but_waiting=but_waiting)
    terms = _Terms(
        installed,
        creditor.default_strategy,
        creditor.stale_after_days,
        creditor.minimum,
        books_to(creditor),
        creditor.country,
    )
    with rates_of(creditor, known_at):
        frame, cases, regions = pooled(lambda: _build(day, found, terms), len(found.receivables))
    return Facts(
        creditor.pk,
        day,
        frame,
        cases,
        installed,
        regions,
        creditor.cap_days,
        creditor.repeat_days,
        terms.books_to,
        creditor.country,
        known_at,
    )


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the creditor has settled once for all its customers."""

    installed: tuple[Installed, ...]
    default_strategy: str
    stale_after_days: int
    minimum: int
    books_to: date | None
    home: str


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database holds, as `recovery.rows` reads it."""

    cases: pl.DataFrame
    awaiting: pl.DataFrame
    reach: pl.DataFrame
    credits: pl.DataFrame
    receivables: pl.DataFrame
    allocations: pl.DataFrame
    suspensions: pl.DataFrame
    contacts_made: pl.DataFrame
    lines_issued: pl.DataFrame
    regimes_given: pl.DataFrame
    instalments: pl.DataFrame


def _gather(part: Part, *, but_waiting: bool) -> _Found:
    cases = rows.cases(part)
    return _Found(
        cases,
        rows.awaiting(part, but_waiting=but_waiting),
        rows.reach(part),
        rows.credits(part),
        rows.receivables(part, sorted(cases["currency"].unique().to_list())),
        rows.allocations(part),
        _suspensions(part),
        rows.contacts_made(part),
        rows.lines_issued(part),
        rows.regimes_given(part),
        rows.instalments(part),
    )


def _suspensions(part: Part) -> pl.DataFrame:
    given, seen = rows.suspensions(part), payments_seen(part)
    return pl.concat([given, seen]) if len(seen) else given


def _build(day: date, found: _Found, terms: _Terms) -> tuple[pl.DataFrame, pl.DataFrame, tuple[str, ...]]:
    """Return the frame of facts, the cases, and the regions; nothing is read from here on."""
    cases = _cases(found, terms)
    regions = tuple(sorted(cases["region"].unique().to_list())) or ("FR",)
    items = _receivables(day, found)
    issued = found.lines_issued.join(items.select("receivable", "case"), on="receivable")
    by_receivable, by_case = history(
        issued.rename(_SENT),
        found.contacts_made.rename(_SENT),
        cases.select("case", "strategy"),
        [one.plan for one in terms.installed],
    )
    # What the cases share is joined once to them, then once to their receivables, whose order is kept all along.
    region = pl.col("region").replace_strict(list(regions), list(range(len(regions))), return_dtype=pl.UInt8)
    shared = cases.lazy().join(by_case.lazy(), on="case", how="left").select(*_OF_CASE, region)
    ground = Ground(terms.home, found.allocations, cases, issued, found.regimes_given, found.instalments)
    owed = accrued(day, items, ground)
    fresh_to = terms.books_to
    frame = (
        items.lazy()
        .join(by_receivable.lazy(), on="receivable", how="left", maintain_order="left")
        .join(owed.lazy(), on="receivable", how="left", maintain_order="left")
        .join(shared, on="case", how="left", maintain_order="left")
        .with_columns(
            *_FILLED,
            stale=pl.lit(fresh_to is not None and (day - fresh_to).days > terms.stale_after_days),
            minimum=pl.lit(terms.minimum, dtype=pl.Int64),
        )
        .select(TYPED)
    )
    return collected(frame, len(items)), cases, regions


_SENT = {"sent_on": "day"}
_OF_CASE = (
    *map(pl.col, ("case", "strategy", "credit", "last_contact_on", "last_step_on", "awaiting")),
    *map(pl.col, ("kind", "profile", "tags")),
    pl.col("reach").cast(FACTS["reach"]),
)
_FILLED = (pl.col("done", "interest", "indemnity").fill_null(0), pl.col("rate_unknown").fill_null(value=False))


def _cases(found: _Found, terms: _Terms) -> pl.DataFrame:
    cases = found.cases
    frame = (
        cases.lazy()
        .join(_strategies(cases, terms).lazy(), on=FOLLOWS, how="left")
        .join(_tags(cases["tags"]).lazy(), on="tags", how="left")
        .join(found.reach.lazy(), on="customer", how="left")
        .join(found.credits.lazy(), on=KEY, how="left")
        .join(found.awaiting.lazy().with_columns(awaiting=pl.lit(value=True)), on="case", how="left")
        .with_columns(_CASE_FILLED)
        .drop("email", "phone", "has_address", "decoded")
    )
    return collected(frame, len(cases))


_CASE_FILLED = (
    pl.col("decoded").alias("tags"),
    pl.col("credit").fill_null(0),
    pl.col("awaiting").fill_null(value=False),
    pl.when(pl.col("profile") != "").then("profile"),
    (
        pl.col("email").fill_null(0) * CHANNELS["email"]
        + pl.col("phone").fill_null(0) * (CHANNELS["phone"] + CHANNELS["sms"])
        + pl.col("has_address") * (CHANNELS["letter"] + CHANNELS["visit"])
    ).alias("reach"),
)


def _strategies(cases: pl.DataFrame, terms: _Terms) -> pl.DataFrame:
    """Index of the strategy by what it follows from. There are few kinds of customers, so each is asked for once."""
    index = {one.name: number for number, one in enumerate(terms.installed)}
    kinds = cases.select(FOLLOWS).unique()
    names = [
        name_for(own=own, kind=kind, profile=profile, default=terms.default_strategy)
        for own, kind, profile in kinds.iter_rows()
    ]
    fallback = index.get(terms.default_strategy, 0)
    return kinds.with_columns(strategy=pl.Series([index.get(name, fallback) for name in names], dtype=pl.UInt16))


def _tags(tags: pl.Series) -> pl.DataFrame:
    """The lists behind the texts of tags; almost nobody has any, so each different text is decoded once."""
    texts = tags.unique().to_list()
    lists = [json.loads(text) for text in texts]
    return pl.DataFrame({"tags": texts, "decoded": lists}, schema={"tags": pl.String, "decoded": pl.List(pl.String)})


def _receivables(day: date, found: _Found) -> pl.DataFrame:
    paid = found.allocations.lazy().group_by("receivable").agg(paid=pl.col("amount").sum())
    # With one currency the customer says it all.
    key = KEY if found.cases["currency"].n_unique() > 1 else KEY[:1]
    items = collected(
        found.receivables.lazy()
        .join(found.cases.lazy().select(*key, "case"), on=key)
        .join(paid, on="receivable", how="left")
        .with_columns(_OPEN)
        .sort("case", "due_on", "receivable"),
        len(found.receivables),
    )
    if found.suspensions.is_empty():
        return items.with_columns(_NOT_SUSPENDED)
    held = suspend(items, _spread(found.suspensions, items), day)
    return items.join(held, on="receivable", how="left", maintain_order="left")


_OPEN = (pl.col("amount") - pl.col("paid").fill_null(0)).alias("open")
_NOT_SUSPENDED = (
    pl.lit(None, dtype=pl.String).alias("blocked"),
    pl.lit(0, dtype=pl.Int64).alias("withheld"),
    pl.lit(0, dtype=pl.Int32).alias("suspended_days"),
)


def _spread(suspensions: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Suspensions of a customer, a case or the whole creditor, brought down to each of their receivables."""
    frame = suspensions.rename({"kind": "reason", "starts_on": "from_on", "ends_on": "until_on"}).with_columns(
        # A dispute of a part withholds that part; the amount of a promise or a plan is what was said, not a limit.
        amount=pl.when(pl.col("reason") == "disputed").then("amount")
    )
    columns = ["receivable", "reason", "from_on", "until_on", "amount"]
    single = frame.filter(pl.col("receivable").is_not_null()).select(columns)
    wide = frame.filter(pl.col("receivable").is_null()).drop("receivable")
    if wide.is_empty():
        return single
    places = items.select("receivable", *KEY)
    of_case = wide.filter(pl.col("currency") != "").join(places, on=KEY)
    of_customer = wide.filter((pl.col("currency") == "") & pl.col("customer").is_not_null())
    of_creditor = wide.filter(pl.col("customer").is_null())
    return pl.concat(
        [
            single,
            of_case.select(columns),
            of_customer.drop("currency").join(places, on="customer").select(columns),
            of_creditor.drop("customer", "currency").join(places, how="cross").select(columns),
        ]
    )
