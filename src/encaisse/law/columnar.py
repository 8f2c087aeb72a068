"""Interest over a frame of receivables: the twin of ``encaisse.law.interest``, principal first, fixed 365.

Each rate series has a running integral F(day), the sum of its daily rates so far, as whole numbers. Interest on a
balance between two days is then ``balance x (F(to) - F(from))``: a row costs two look-ups in a small table, whatever
the number of half-years it spans. Everything is integer, and products are made in 128 bits, since 64 overflow silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate, repeat
from typing import TypeVar

import polars as pl

from encaisse.law.regimes import all_regimes
from encaisse.law.series import UNITS_PER_PERCENT, Series, rate_units

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

SCHEMA: dict[str, pl.DataType] = {
    "id": pl.Int64(),
    "regime": pl.String(),
    "start_on": pl.Date(),
    "end_on": pl.Date(),
    "balance": pl.Int64(),
    "due_on": pl.Date(),
    "notice_on": pl.Date(),
    "contract_rate": pl.Int64(),
}

# A product is in minor units x ten-thousandths of a percent x days.
_DIVISOR = UNITS_PER_PERCENT * 100 * 365
_EPOCH = date(1970, 1, 1)
_NEVER = (date.max - _EPOCH).days


def accrue(segments: Frame, on: date) -> Frame:
    """Interest and indemnity per receivable, as of the end of day ``on``.

    One row of ``segments`` (columns: ``SCHEMA``) is a stretch of days in which a receivable has one balance:

    - ``id`` the receivable; ``regime`` such as ``fr-b2b``; ``due_on``, ``notice_on`` (null: none) and ``contract_rate``
      (ten-thousandths of a percent per year; null: none) are the same on all rows of an id;
    - ``start_on`` the due date, or the day a payment changed the balance: interest runs from the day after;
    - ``end_on`` the last day of the balance (null: until further notice); ``balance`` in minor units;
    - ``part`` (optional, Int64): rows of one id with the same part are rounded together. Without it each row is rounded
      by itself, as at a payment; give it where a balance changes otherwise (a credit note that is a later gesture).

    Gives one row per id, in the order of ids: ``id``, ``interest`` (minor units, rounded half up as in the worksheet),
    ``indemnity`` (euro cents), ``rate_unknown``, and ``known_to``: the last day counted when a rate is missing, else
    null. A lazy frame comes back lazy, but is collected here. Raises ValueError for an unknown regime.
    """
    if isinstance(segments, pl.LazyFrame):
        return _accrue(segments.collect(), on).lazy()
    return _accrue(segments, on)


def _accrue(segments: pl.DataFrame, on: date) -> pl.DataFrame:
    _check_regimes(segments)
    rules = _rules()
    parts = ["id", "part"] if "part" in segments.columns else ["id"]
    products = (
        segments.lazy()
        .select(*parts, *_inputs(rules, on))
        .with_columns(begin=_begin(rules), agreed=pl.col("contract_rate").is_not_null() & rules.of(rules.contract))
        .with_columns(after=pl.max_horizontal("start", "begin"), base=rules.of(rules.base), last=rules.of(rules.last))
        .with_columns(known=pl.col("begin").is_between(pl.col("base"), pl.col("last") - 1))
        .with_columns(known_to=_known_to(rules), runs=pl.col("begin").is_not_null() & (pl.col("end") > pl.col("after")))
        .select(
            *parts,
            interest=pl.col("balance").cast(pl.Int128) * _weight(rules),
            indemnity=_indemnity(),
            known_to=pl.when(_rate_missing()).then(pl.col("known_to")),
        )
    )
    return _round_and_sum(products, parts).collect()


@dataclass(frozen=True, slots=True)
class _Rules:
    """The table of regimes as columns, one row per regime, and the daily rates of all their series end to end.

    The stretch of a series starts at ``offset`` with the day before its first (``base``, days since 1970).
    """

    codes: tuple[str, ...]
    notice: pl.Series
    contract: pl.Series
    fixed: pl.Series
    base: pl.Series
    last: pl.Series
    offset: pl.Series
    daily: pl.Series
    integral: pl.Series

    def of(self, column: pl.Series) -> pl.Expr:
        """The value of a column of the table for the regime of each row."""
        return pl.lit(column).gather(pl.col("regime"))

    def on_day(self, table: pl.Series, day: pl.Expr) -> pl.Expr:
        """The value of ``daily`` or ``integral`` on each day, held at the ends of the series."""
        length = pl.col("last") - pl.col("base")
        return pl.lit(table).gather(self.of(self.offset) + (day - pl.col("base")).clip(0, length))


@cache
def _rules() -> _Rules:
    regimes = all_regimes()
    rates = [regime.rate for regime in regimes.values()]
    daily = [_daily_rates(series) for series in rates]
    return _Rules(
        codes=tuple(regimes),
        notice=pl.Series([regime.needs_notice for regime in regimes.values()]),
        contract=pl.Series([regime.contract_allowed for regime in regimes.values()]),
        fixed=pl.Series([regime.fixed_at_start for regime in regimes.values()]),
        base=pl.Series([_days(series.first) - 1 for series in rates], dtype=pl.Int32),
        last=pl.Series([_days(series.last) for series in rates], dtype=pl.Int32),
        offset=pl.Series([0, *accumulate(map(len, daily[:-1]))], dtype=pl.Int32),
        daily=pl.Series([rate for table in daily for rate in table], dtype=pl.Int64),
        integral=pl.Series([total for table in daily for total in accumulate(table)], dtype=pl.Int64),
    )


def _daily_rates(series: Series) -> list[int]:
    """Zero for the day before the series, then the rate of each of its days (ten-thousandths of a percent)."""
    rates = [0]
    for start, end, point in series.between(series.first, series.last):
        rates.extend(repeat(rate_units(point.value), (end - start).days + 1))
    return rates


def _days(day: date) -> int:
    return (day - _EPOCH).days


def _check_regimes(segments: pl.DataFrame) -> None:
    known = _rules().codes
    unknown = segments.filter(~pl.col("regime").is_in(known, nulls_equal=True))["regime"].unique().to_list()
    if unknown:
        raise ValueError(f"not known as a regime: {unknown!r}; use one of {', '.join(known)}")


def _inputs(rules: _Rules, on: date) -> list[pl.Expr]:
    """The columns of the frame with days as whole numbers since 1970, nothing later than the calculation day."""
    today = _days(on)
    index = {code: number for number, code in enumerate(rules.codes)}
    return [
        pl.col("regime").replace_strict(index, return_dtype=pl.UInt32),
        pl.col("balance").clip(0),
        pl.col("contract_rate"),
        pl.col("due_on").to_physical().alias("due"),
        pl.col("notice_on").to_physical().alias("notice"),
        pl.col("start_on").to_physical().alias("start"),
        pl.col("end_on").to_physical().fill_null(today).clip(upper_bound=today).alias("end"),
    ]


def _begin(rules: _Rules) -> pl.Expr:
    """The day after which interest runs; null when the regime needs a notice and there is none."""
    with_notice = pl.when(pl.col("notice").is_not_null()).then(pl.max_horizontal("due", "notice"))
    return pl.when(rules.of(rules.notice)).then(with_notice).otherwise(pl.col("due"))


def _known_to(rules: _Rules) -> pl.Expr:
    """The last day that can be counted. A rate fixed at the start, or by contract, has no end."""
    endless = pl.col("agreed") | (pl.col("known") & rules.of(rules.fixed))
    return (
        pl.when(endless)
        .then(pl.lit(_NEVER, pl.Int32))
        .when(pl.col("known"))
        .then(pl.col("last"))
        .otherwise(pl.min_horizontal("begin", "last"))
    )


def _rate_missing() -> pl.Expr:
    return pl.col("runs") & (pl.col("balance") > 0) & (pl.col("end") > pl.col("known_to"))


def _weight(rules: _Rules) -> pl.Expr:
    """The sum of the daily rates over the days of the row, in ten-thousandths of a percent."""
    days = (pl.col("end") - pl.col("after")).cast(pl.Int64)
    floating = rules.on_day(rules.integral, pl.col("end")) - rules.on_day(rules.integral, pl.col("after"))
    return (
        pl.when(~pl.col("runs"))
        .then(0)
        .when("agreed")
        .then(pl.col("contract_rate") * days)
        .when(~pl.col("known"))
        .then(0)
        .when(rules.of(rules.fixed))
        .then(rules.on_day(rules.daily, pl.col("begin") + 1) * days)
        .otherwise(floating)
    )


def _indemnity() -> pl.Expr:
    """The fixed sum of the regime (euro cents) on a row that was late, be it for one day; else zero."""
    amount = pl.lit(0, pl.Int64)
    for number, regime in enumerate(all_regimes().values()):
        for point in regime.indemnity.points if regime.indemnity else ():
            in_force = (pl.col("regime") == number) & (pl.col("due") + 1 >= _days(point.start))
            amount = pl.when(in_force).then(pl.lit(int(point.value * 100), pl.Int64)).otherwise(amount)
    late = (pl.col("balance") > 0) & (pl.col("end") > pl.max_horizontal("start", "due"))
    return pl.when(late).then(amount).otherwise(0)


def _round_and_sum(products: pl.LazyFrame, parts: list[str]) -> pl.LazyFrame:
    if len(parts) > 1:
        products = products.group_by(parts).agg(
            pl.col("interest").sum(), pl.col("indemnity").max(), pl.col("known_to").min()
        )
    rounded = ((pl.col("interest") + _DIVISOR // 2) // _DIVISOR).cast(pl.Int64)
    return (
        products.with_columns(interest=rounded)
        .group_by("id")
        .agg(
            pl.col("interest").sum(),
            pl.col("indemnity").max(),
            rate_unknown=pl.col("known_to").is_not_null().any(),
            known_to=pl.col("known_to").min().cast(pl.Date),
        )
        .sort("id")
    )
