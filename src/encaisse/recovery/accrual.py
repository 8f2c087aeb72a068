"""Interest and indemnity of what is late, per receivable, as of a day.

The books allocate payments to principal, so interest here runs on the principal still open after each of them
(the order "interest first" of C. civ. 1343-1 is the worksheet's business). A credit note or a correction reduces the
price from the beginning; money reduces it from the day after it came.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from encaisse.law.columnar import accrue

REGIME_OF_KIND = {
    "company": "fr-b2b",
    "sole_trader": "fr-b2b",
    "public": "fr-public",
    "consumer": "fr-b2c",
    # An association may be no professional: what is claimed from it is what is sure.
    "association": "fr-b2c",
}
RETROACTIVE = ("credit_note", "correction")


def accrued(
    day: date, items: pl.DataFrame, allocations: pl.DataFrame, cases: pl.DataFrame, issued: pl.DataFrame
) -> pl.DataFrame:
    """Return `receivable`, `interest`, `indemnity` (minor units) and `rate_unknown` for each late receivable.

    `items`: receivables with their `case` and what is `open`; `allocations` and `issued` as `recovery.rows` reads them.
    """
    late = items.filter((pl.col("due_on") < day) & (pl.col("open") > 0))
    stretches = segments(day, late, allocations, cases, notices(issued))
    return accrue(stretches, day).select("interest", "indemnity", "rate_unknown", receivable="id")


def notices(issued: pl.DataFrame) -> pl.DataFrame:
    """Return `receivable` and `notice_on`, the day of the first formal notice that named it."""
    return (
        issued.filter(pl.col("template").str.starts_with("notice"))
        .group_by("receivable")
        .agg(notice_on=pl.col("sent_on").min())
    )


def segments(
    day: date, late: pl.DataFrame, allocations: pl.DataFrame, cases: pl.DataFrame, noticed: pl.DataFrame
) -> pl.DataFrame:
    """Return the stretches of constant balance of each late receivable, as `encaisse.law.columnar` takes them."""
    base = (
        late.lazy()
        .select("receivable", "case", "amount", "due_on")
        .join(cases.lazy().select("case", "kind"), on="case", how="left")
        .join(noticed.lazy(), on="receivable", how="left")
        .collect()
        .lazy()
    )
    moves = _moves(allocations, base).collect().lazy()
    early = moves.filter(pl.col("early")).group_by("receivable").agg(early_sum=pl.col("delta").sum())
    steps = (
        pl.concat(
            [
                base.join(early, on="receivable", how="left").select(
                    "receivable", start_on="due_on", delta=pl.col("amount") - pl.col("early_sum").fill_null(0)
                ),
                moves.filter(~pl.col("early")).select("receivable", start_on="counts_on", delta=-pl.col("delta")),
            ]
        )
        .group_by("receivable", "start_on")
        .agg(pl.col("delta").sum())
        .sort("receivable", "start_on")
    )
    same = pl.col("receivable") == pl.col("receivable").shift(-1)
    return (
        steps.join(base, on="receivable", how="left", maintain_order="left")
        .select(
            id="receivable",
            regime=pl.col("kind").replace_strict(REGIME_OF_KIND, default="fr-b2b", return_dtype=pl.String),
            start_on="start_on",
            end_on=pl.when(same).then(pl.col("start_on").shift(-1)).otherwise(pl.lit(day)),
            balance=pl.col("delta").cum_sum().over("receivable"),
            due_on="due_on",
            notice_on="notice_on",
            contract_rate=pl.lit(None, dtype=pl.Int64),
        )
        .collect()
    )


def _moves(allocations: pl.DataFrame, base: pl.LazyFrame) -> pl.LazyFrame:
    """Allocations of the late receivables; `early` ones are part of the balance from the due date on."""
    return (
        allocations.lazy()
        .join(base.select("receivable", "due_on"), on="receivable")
        .select(
            "receivable",
            "counts_on",
            delta="amount",
            early=(pl.col("counts_on") <= pl.col("due_on")) | pl.col("kind").is_in(RETROACTIVE),
        )
    )
