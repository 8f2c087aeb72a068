"""Interest and indemnity of what is late, per receivable, as of a day.

The books allocate payments to principal, so interest here runs on the principal still open after each of them
(the order "interest first" of C. civ. 1343-1 is the worksheet's business). A credit note or a correction reduces the
price from the beginning; money reduces it from the day after it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from encaisse.law.columnar import accrue
from encaisse.law.regimes import all_regimes
from encaisse.recovery import regime

RETROACTIVE = ("credit_note", "correction")
LATE = ["receivable", "case", "amount", "currency", "issued_on", "due_on"]


@dataclass(frozen=True, slots=True)
class Ground:
    """What lateness is reckoned from, beside the receivables, as `recovery.rows` reads it.

    `home`: the creditor's country; `cases` with `kind` and `country`; `given`: regimes that persons gave;
    `instalments`: `receivable` and `invoice` of what is late, and `settled` when some of it is paid.
    """

    home: str
    allocations: pl.DataFrame
    cases: pl.DataFrame
    issued: pl.DataFrame
    given: pl.DataFrame
    instalments: pl.DataFrame


def accrued(day: date, items: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    """Return `receivable`, `interest`, `indemnity` (minor units) and `rate_unknown` for each late receivable.

    `items`: receivables with their `case` and what is `open`. One whose regime is a person's to choose is left out.
    """
    late = items[[*LATE, "open"]].filter((pl.col("due_on") < day) & _OWED)[LATE]
    return charged(day, late, ground)


def charged(day: date, late: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    """Return what `accrued` does for these receivables (columns `LATE`), whether they are still open or not."""
    ruled = ruled_by(late, ground) if len(late) else late
    if ruled.is_empty():
        return _NOTHING
    owed = accrue(segments(day, ruled, ground.allocations), day).select(
        "interest", "indemnity", "rate_unknown", _RECEIVABLE
    )
    return once_per_invoice(_in_currency(owed, ruled), _shared(ground.instalments, ruled))


_OWED = pl.col("open") > 0
_RECEIVABLE = pl.col("id").alias("receivable")
_NOTHING = pl.DataFrame(
    schema={"interest": pl.Int64, "indemnity": pl.Int64, "rate_unknown": pl.Boolean, "receivable": pl.Int64}
)


def notices(issued: pl.DataFrame) -> pl.DataFrame:
    """Return `receivable` and `notice_on`, the day of the first formal notice that named it."""
    return issued.filter(_IS_NOTICE).group_by("receivable").agg(_FIRST_NOTICE)


_IS_NOTICE = pl.col("template").str.starts_with("notice")
_FIRST_NOTICE = pl.col("sent_on").min().alias("notice_on")


def ruled_by(late: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    """Add `regime`, `notice_on` and `default_on` to late receivables; leave out those under no regime or no default."""
    placed = late.join(ground.cases.select("case", "kind", "country"), on="case", how="left", maintain_order="left")
    placed = placed.join(notices(ground.issued), on="receivable", how="left", maintain_order="left")
    ruled = regime.with_regime(placed, ground.home, ground.given)[[*LATE, "regime", "notice_on"]]
    return regime.defaults(ruled).filter(_IN_DEFAULT)


_IN_DEFAULT = pl.col("regime").is_not_null() & pl.col("default_on").is_not_null()


def segments(day: date, ruled: pl.DataFrame, allocations: pl.DataFrame) -> pl.DataFrame:
    """Return the stretches of constant balance of each late receivable, as `encaisse.law.columnar` takes them."""
    moves = _moves(allocations, ruled)
    if moves.is_empty():
        return ruled.select(*_WHOLE, pl.lit(day).alias("end_on")).select(_SEGMENT)
    early = moves.filter(pl.col("early")).group_by("receivable").agg(early_sum=pl.col("delta").sum())
    steps = (
        pl.concat(
            [
                ruled.join(early, on="receivable", how="left").select(
                    "receivable", start_on="due_on", delta=pl.col("amount") - pl.col("early_sum").fill_null(0)
                ),
                moves.filter(~pl.col("early")).select("receivable", start_on="counts_on", delta=-pl.col("delta")),
            ]
        )
        .group_by("receivable", "start_on")
        .agg(pl.col("delta").sum())
        .sort("receivable", "start_on")
    )
    return (
        steps.join(ruled, on="receivable", how="left", maintain_order="left")
        .with_columns(_STRETCH, end_on=pl.when(_GOES_ON).then(pl.col("start_on").shift(-1)).otherwise(pl.lit(day)))
        .select(_SEGMENT)
    )


_GOES_ON = pl.col("receivable") == pl.col("receivable").shift(-1)
_STRETCH = pl.col("delta").cum_sum().over("receivable").alias("balance")
_SEGMENT = (
    pl.col("receivable").alias("id"),
    *map(pl.col, ("regime", "start_on", "end_on", "balance")),
    pl.col("default_on").alias("due_on"),
    pl.col("notice_on"),
    pl.lit(None, dtype=pl.Int64).alias("contract_rate"),
)
_WHOLE = (
    *map(pl.col, ("receivable", "regime", "default_on", "notice_on")),
    pl.col("due_on").alias("start_on"),
    pl.col("amount").alias("balance"),
)


def once_per_invoice(owed: pl.DataFrame, instalments: pl.DataFrame) -> pl.DataFrame:
    """Leave the fixed sum on one receivable of each invoice: the first that owes one (C. com. D441-5, per invoice).

    `instalments` has `receivable` and `invoice`, those first that carry it before others.
    """
    if instalments.is_empty():
        return owed
    charging = instalments.join(
        owed.filter(pl.col("indemnity") > 0), on="receivable", how="semi", maintain_order="left"
    )
    again = charging.filter(~pl.col("invoice").is_first_distinct())["receivable"]
    return owed.with_columns(
        indemnity=pl.when(pl.col("receivable").is_in(again.implode())).then(0).otherwise("indemnity")
    )


def _shared(instalments: pl.DataFrame, ruled: pl.DataFrame) -> pl.DataFrame:
    """The receivables that share an invoice: those still open first, then by due date."""
    shared = instalments.filter(pl.col("invoice").is_duplicated())
    if "settled" not in shared.columns:
        shared = shared.with_columns(settled=pl.lit(value=False))
    if shared.is_empty():
        return shared
    return shared.join(ruled.select("receivable", "due_on"), on="receivable").sort("settled", "due_on", "receivable")


def _in_currency(owed: pl.DataFrame, ruled: pl.DataFrame) -> pl.DataFrame:
    """A fixed sum is owed in the currency of its law: of a debt in another one it is not asked."""
    currencies = {code: rules.currency for code, rules in all_regimes().items()}
    pairs = ruled.select("regime", "currency").unique()
    if all(currencies[code] == currency for code, currency in pairs.iter_rows()):
        return owed
    other = ruled.filter(pl.col("regime").replace_strict(currencies) != pl.col("currency"))["receivable"]
    return owed.with_columns(
        indemnity=pl.when(pl.col("receivable").is_in(other.implode())).then(0).otherwise("indemnity")
    )


def _moves(allocations: pl.DataFrame, late: pl.DataFrame) -> pl.DataFrame:
    """Allocations of the late receivables; `early` ones are part of the balance from the due date on."""
    return allocations.join(late.select("receivable", "due_on"), on="receivable").select(_MOVE)


_MOVE = (
    *map(pl.col, ("receivable", "counts_on")),
    pl.col("amount").alias("delta"),
    ((pl.col("counts_on") <= pl.col("due_on")) | pl.col("kind").is_in(RETROACTIVE)).alias("early"),
)
