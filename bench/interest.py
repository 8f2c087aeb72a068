"""Interest on a portfolio over ten half-years: the columnar way, the plain way, and a raw limit, in one run.

    python bench/interest.py [--receivables 1000000] [--json]

The promise is 1 second for 1,000,000 receivables on 2 cores. Every receivable spans the ten half-years from January
2022 to November 2026; a tenth of them has a part payment; the rows are shuffled. The raw limit is the least that any
program must do with the same frame: multiply each balance by a number of days and add up per receivable.

The same portfolio is then spread over all sixteen regimes, with judgments, notices, contract rates below the floor and
insolvencies: the figure ``every_regime`` holds no promise, and must not run away.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from datetime import date
from time import perf_counter
from typing import Any

import polars as pl

from encaisse.law import all_regimes, interest
from encaisse.law.columnar import SCHEMA, accrue

ON = date(2026, 11, 21)
FIRST_DUE = date(2021, 12, 1)
PAID_ON = date(2024, 5, 15)
PROMISE_SECONDS = 1.0
ROUNDS = 5
SAMPLE = 2_000


def portfolio(receivables: int) -> pl.DataFrame:
    """The balance segments of a made-up portfolio: 70 % fr-b2b, 20 % fr-b2c with a notice, 10 % fr-public."""
    number = pl.int_range(receivables, dtype=pl.Int64)
    kind = number % 10
    whole = pl.LazyFrame().select(
        id=number,
        regime=pl.when(kind < 7)
        .then(pl.lit("fr-b2b"))
        .when(kind < 9)
        .then(pl.lit("fr-b2c"))
        .otherwise(pl.lit("fr-public")),
        due_on=pl.lit(FIRST_DUE) + pl.duration(days=number * 7919 % 31),
        balance=number * 104_729 % 2_000_000 + 1_000,
        contract_rate=pl.when(number % 20 == 3).then(pl.lit(150_000, pl.Int64)),
        part_paid=number % 10 == number // 10 % 10,
    )
    whole = whole.with_columns(
        start_on="due_on",
        end_on=pl.when("part_paid").then(pl.lit(PAID_ON)),
        notice_on=pl.when(pl.col("regime") == "fr-b2c").then(pl.col("due_on").dt.offset_by("30d")),
    )
    rest = whole.filter("part_paid").with_columns(
        start_on=pl.lit(PAID_ON), end_on=pl.lit(None, pl.Date), balance=pl.col("balance") - pl.col("balance") // 3
    )
    rows = pl.concat([whole.select(list(SCHEMA)), rest.select(list(SCHEMA))]).collect()
    return rows.sample(fraction=1.0, shuffle=True, seed=1)


def every_regime(rows: pl.DataFrame) -> pl.DataFrame:
    """The same balances over all regimes: a third of the choices each, an insolvency on every fiftieth receivable."""
    number = pl.col("id")
    codes = pl.Series(list(all_regimes()))
    return rows.with_columns(
        regime=pl.lit(codes).gather((number % len(codes)).cast(pl.UInt32)),
        notice_on=pl.col("due_on").dt.offset_by("30d"),
        stop_on=pl.when(number % 50 == 0).then(pl.lit(PAID_ON)),
        category=pl.when(number % 7 == 0).then(pl.lit("individual")),
        below_floor=pl.when(number % 3 == 0).then(pl.lit("floor")).when(number % 3 == 1).then(pl.lit("default")),
    )


def raw_limit(rows: pl.DataFrame) -> pl.DataFrame:
    """Multiply and add up the same columns per receivable, with no law at all."""
    days = (pl.col("end_on").fill_null(ON) - pl.col("start_on")).dt.total_days()
    return rows.lazy().group_by("id").agg((pl.col("balance") * days).sum()).collect()


def sample(rows: pl.DataFrame, ids: list[int]) -> dict[int, dict[str, Any]]:
    """The arguments of the plain function for a few receivables, made outside the timed loop."""
    found: dict[int, dict[str, Any]] = {}
    for row in rows.filter(pl.col("id").is_in(ids)).sort("id", "start_on").iter_rows(named=True):
        if row["id"] in found:  # the second balance: what is missing from the first was paid
            paid = found[row["id"]]["amount"] - row["balance"]
            found[row["id"]]["payments"] = [(row["start_on"], paid)]
            continue
        found[row["id"]] = {
            "regime": row["regime"],
            "amount": row["balance"],
            "due": row["due_on"],
            "contract_rate": None if row["contract_rate"] is None else row["contract_rate"] // 10_000,
            "notice_on": row["notice_on"],
            "stop_on": row.get("stop_on"),
            "category": row.get("category") or "other",
            "below_floor": row.get("below_floor") or "contract",
        }
    return found


def timed(work: Callable[[], Any]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def compare(rows: pl.DataFrame, receivables: int) -> float:
    """The seconds the plain function takes for a sample; ends the program when the two ways differ."""
    ids = list(range(0, receivables, max(1, receivables // SAMPLE)))[:SAMPLE]
    arguments = sample(rows, ids)
    start = perf_counter()
    sheets = {number: interest(on=ON, **given) for number, given in arguments.items()}
    seconds = perf_counter() - start
    columns = accrue(rows, ON).filter(pl.col("id").is_in(ids))
    found = {number: (due, fixed) for number, due, fixed in columns.select("id", "interest", "indemnity").iter_rows()}
    if found != {number: (sheet.interest, sheet.indemnity) for number, sheet in sheets.items()}:
        sys.exit("the columnar and the plain interest differ: the figures mean nothing")
    return seconds


def measure(receivables: int) -> dict[str, Any]:
    rows = portfolio(receivables)
    first = timed(lambda: accrue(rows, ON))
    seconds = [timed(lambda: accrue(rows, ON)) for _ in range(ROUNDS)]
    raw = [timed(lambda: raw_limit(rows)) for _ in range(ROUNDS)]

    loop = compare(rows, receivables)
    spread = every_regime(rows)
    compare(spread, receivables)
    seconds_spread = [timed(lambda: accrue(spread, ON)) for _ in range(ROUNDS)]

    median, limit = statistics.median(seconds), statistics.median(raw)
    promise = PROMISE_SECONDS * max(1.0, receivables / 1_000_000)
    return {
        "receivables": receivables,
        "rows": rows.height,
        "half_years": 10,
        "seconds": round(median, 4),
        "seconds_first_run": round(first, 4),
        "seconds_each_run": [round(each, 4) for each in seconds],
        "raw_limit": "multiply balance by days and add up per receivable",
        "raw_seconds": round(limit, 4),
        "ratio_to_raw_limit": round(median / limit, 1),
        "every_regime_seconds": round(statistics.median(seconds_spread), 4),
        "plain_sample": min(SAMPLE, receivables),
        "plain_sample_seconds": round(loop, 4),
        "plain_seconds_extrapolated": round(loop / min(SAMPLE, receivables) * receivables, 1),
        "promise_seconds": promise,
        "promise_kept": median <= promise,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the interest of a portfolio over ten half-years.")
    parser.add_argument("--receivables", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON only")
    options = parser.parse_args()
    if options.receivables < 1:
        parser.error("--receivables is one or more")
    figures = measure(options.receivables)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    print(f"{figures['receivables']:,} receivables, {figures['rows']:,} balances, ten half-years")
    first = f"median of {ROUNDS}; first run {figures['seconds_first_run']:.3f} s"
    print(f"  columnar       {figures['seconds']:.3f} s ({first})")
    print(f"  every regime   {figures['every_regime_seconds']:.3f} s (sixteen regimes, choices, insolvencies)")
    print(f"  raw limit      {figures['raw_seconds']:.3f} s ({figures['raw_limit']})")
    print(f"  ratio          {figures['ratio_to_raw_limit']:.1f} x the raw limit")
    print(
        f"  plain loop     {figures['plain_seconds_extrapolated']:.1f} s, extrapolated from "
        f"{figures['plain_sample']:,} receivables in {figures['plain_sample_seconds']:.2f} s"
    )
    kept = "kept" if figures["promise_kept"] else "NOT kept"
    print(f"  promise        {figures['promise_seconds']:g} s: {kept}")


if __name__ == "__main__":
    main()
