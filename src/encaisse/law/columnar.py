"""Interest over a frame of receivables: the twin of ``encaisse.law.interest``, principal first, fixed 365.

Each rate series has a running integral F(day), the sum of its daily rates so far, as whole numbers. Interest on a
balance between two days is then ``balance x (F(to) - F(from))``: a row costs two look-ups in a small table, whatever
the number of half-years it spans. Everything is integer, and products are made in 128 bits, since 64 overflow silently.

What only the worksheet does: interest paid first, capitalisation, actual/actual, rounding by the day, another currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import TypeVar, cast

import polars as pl

from encaisse.law.clock import reminder_end
from encaisse.law.errors import UnknownChoice, UnknownRegime
from encaisse.law.integrals import days_since_epoch, lay_out
from encaisse.law.overlay import OwnPoint, overlay
from encaisse.law.regimes import BELOW_FLOOR, CATEGORIES, BelowFloor, Category, Limit, Regime, all_regimes, limits
from encaisse.law.series import UNITS_PER_PERCENT, rate_units
from encaisse.pooled import collected

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
OPTIONAL: dict[str, pl.DataType] = {
    "part": pl.Int64(),
    "stop_on": pl.Date(),
    "category": pl.String(),
    "below_floor": pl.String(),
}

# A product is in minor units x ten-thousandths of a percent x days.
_DIVISOR = UNITS_PER_PERCENT * 100 * 365
_NEVER = days_since_epoch(date.max)


def accrue(segments: Frame, on: date) -> Frame:
    """Interest and indemnity per receivable, as of the end of day ``on``.

    One row of ``segments`` (columns: ``SCHEMA``) is a stretch of days in which a receivable has one balance:

    - ``id`` the receivable; ``regime`` such as ``fr-b2b``; ``due_on``, ``notice_on`` (null: none) and ``contract_rate``
      (ten-thousandths of a percent per year; null: none) are the same on all rows of an id;
    - ``start_on`` the due date, or the day a payment changed the balance: interest runs from the day after;
    - ``end_on`` the last day of the balance (null: until further notice); ``balance`` in minor units.

    Columns that may be left out (``OPTIONAL``), the same on all rows of an id but for the first:

    - ``part``: rows of one id with the same part are rounded together. Without it each row is rounded by itself, as at
      a payment; give it where a balance changes otherwise (a credit note that is a later gesture);
    - ``stop_on`` the day of a judgment opening insolvency proceedings: interest ends the day before (null: none);
    - ``category`` of the creditor, ``other`` (also null) or ``individual``;
    - ``below_floor`` what counts on the days a contract rate is under the floor: ``contract`` (also null), ``floor`` or
      ``default``.

    Gives one row per id, in the order of ids: ``id``, ``interest`` (minor units, rounded half up as in the worksheet),
    ``indemnity`` (minor units of the regime's currency, in which the balance is taken to be), ``rate_unknown``, and
    ``known_to``: the last day counted when a rate is missing, else null. The user's own rates of ``using`` count. A
    lazy frame comes back lazy, but is collected here. Raises UnknownRegime and UnknownChoice.
    """
    if isinstance(segments, pl.LazyFrame):
        return _accrue(segments.collect(), on).lazy()
    return _accrue(segments, on)


def _accrue(segments: pl.DataFrame, on: date) -> pl.DataFrame:
    _check(segments, "regime", tuple(all_regimes()), UnknownRegime)
    _check(segments, "category", (*CATEGORIES, None), UnknownChoice)
    _check(segments, "below_floor", (*BELOW_FLOOR, None), UnknownChoice)
    shape = _Shape(
        on=on,
        parts=("id", "part") if "part" in segments.columns else ("id",),
        given=tuple(name for name in OPTIONAL if name in segments.columns),
        codes=tuple(segments["regime"].unique().sort()),
        reminded=_reminded(segments),
        bounds=tuple(_bounds(segments)),
    )
    if not shape.bounds and not shape.raising:
        return collected(_round_and_sum(_products(segments, shape), shape.parts), len(segments))
    # The few rows whose rate changes otherwise than by its series are worked out apart: they cost more.
    bounded = pl.col("contract_rate").is_not_null() & pl.col("regime").is_in([bound.code for bound in shape.bounds])
    apart = pl.col("regime").is_in(shape.raising) | bounded
    plain = _products(segments.filter(~apart), shape.without_exceptions())
    special = _products(segments.filter(apart), shape)
    return collected(_round_and_sum(pl.concat([plain, special]), shape.parts), len(segments))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the expressions over some segments depend on, beside the rates: few different ones are ever met."""

    on: date
    parts: tuple[str, ...]
    given: tuple[str, ...]
    codes: tuple[str, ...]
    reminded: tuple[date, ...]
    bounds: tuple[_Bound, ...]
    plain: bool = False

    @property
    def raising(self) -> list[str]:
        """The regimes whose rate increases after some months."""
        return [] if self.plain else [code for code in self.codes if all_regimes()[code].increase is not None]

    def without_exceptions(self) -> _Shape:
        """The shape of the rows whose rate follows its series."""
        return replace(self, bounds=(), plain=True)


def _products(segments: pl.DataFrame, shape: _Shape) -> pl.LazyFrame:
    """Interest before rounding (balance x rate x days), indemnity, and what is not known, per row."""
    first, *middle, last = _columns(overlay(), shape)
    frame = segments.lazy().select(first)
    for columns in middle:
        frame = frame.with_columns(columns)
    return frame.select(last)


@lru_cache(maxsize=32)
def _columns(own: tuple[OwnPoint, ...], shape: _Shape) -> list[list[pl.Expr]]:
    """The expressions of :func:`_products`, each list upon the columns of the one before; ``own`` is in force."""
    rules, bounds, raising = _rules(own), shape.bounds, shape.raising
    parts = [pl.col(part) for part in shape.parts]
    return [
        [*parts, *_inputs(shape, rules), *_bound_masks(bounds)],
        [
            _begin(rules).alias("begin"),
            (pl.col("contract_rate").is_not_null() & rules.of(rules.contract)).alias("agreed"),
        ],
        [
            pl.max_horizontal("start", "begin").alias("after"),
            rules.of(rules.base).alias("base"),
            rules.of(rules.last).alias("last"),
        ],
        [
            pl.col("begin").is_between(pl.col("base"), pl.col("last") - 1).alias("known"),
            *_raised_from(rules, raising),
        ],
        [
            _known_to(rules, bounds, raising).alias("known_to"),
            (pl.col("begin").is_not_null() & (pl.col("end") > pl.col("after"))).alias("runs"),
        ],
        [
            *parts,
            (pl.col("balance").cast(pl.Int128) * _weight(rules, bounds, raising)).alias("interest"),
            _indemnity(shape.codes, rules).alias("indemnity"),
            pl.when(_rate_missing()).then(pl.col("known_to")).alias("known_to"),
        ],
    ]


@dataclass(frozen=True, slots=True)
class _Rules:
    """The table of regimes as columns, one row per regime and category, and the daily rates of all series end to end.

    The stretch of a series starts at ``offset`` with the day before its first (``base``, days since 1970). The columns
    ``raised_...`` are those of the increased rate, for the regimes that have one.
    """

    keys: dict[str, int]
    notice: pl.Series
    contract: pl.Series
    fixed: pl.Series
    base: pl.Series
    last: pl.Series
    offset: pl.Series
    increases: pl.Series
    raised_base: pl.Series
    raised_last: pl.Series
    raised_offset: pl.Series
    daily: pl.Series
    integral: pl.Series

    def rows_of(self, code: str) -> list[int]:
        """The rows of a regime, for every category."""
        return [number for key, number in self.keys.items() if key in (code, _key(code, "individual"))]

    def of(self, column: pl.Series) -> pl.Expr:
        """The value of a column of the table for the regime of each row."""
        return pl.lit(column).gather(pl.col("regime"))

    def on_day(self, table: pl.Series, day: pl.Expr) -> pl.Expr:
        """The value of ``daily`` or ``integral`` on each day, held at the ends of the series."""
        length = pl.col("last") - pl.col("base")
        return pl.lit(table).gather(self.of(self.offset) + (day - pl.col("base")).clip(0, length))

    def raised_on_day(self, day: pl.Expr) -> pl.Expr:
        """The integral of the increased rate on each day, held at the ends of its series."""
        base = self.of(self.raised_base)
        length = self.of(self.raised_last) - base
        return pl.lit(self.integral).gather(self.of(self.raised_offset) + (day - base).clip(0, length))


@lru_cache(maxsize=8)
def _rules(own: tuple[OwnPoint, ...]) -> _Rules:
    """The rules as the overlay ``own`` lets them be seen: it is in force where this is called."""
    rows: list[tuple[Regime, Category]] = [(regime, "other") for regime in all_regimes().values()]
    rows += [(regime, "individual") for regime in all_regimes().values() if regime.individual is not None]
    rates = [regime.rate_for(category) for regime, category in rows]
    raised = [regime.increase.rate_for(category) if regime.increase else None for regime, category in rows]
    tables, daily = lay_out([*rates, *(series for series in raised if series is not None)])
    plain = [tables[series.id] for series in rates]
    # A regime without an increase points at the rate itself, and never looks.
    higher = [tables[(series or rate).id] for series, rate in zip(raised, rates, strict=True)]
    return _Rules(
        keys={_key(regime.code, category): number for number, (regime, category) in enumerate(rows)},
        notice=pl.Series([regime.needs_notice for regime, _ in rows]),
        contract=pl.Series([regime.contract_allowed for regime, _ in rows]),
        fixed=pl.Series([regime.fixed_at_start for regime, _ in rows]),
        base=_days_column(table.base for table in plain),
        last=_days_column(table.last for table in plain),
        offset=_days_column(table.offset for table in plain),
        increases=pl.Series([regime.increase is not None for regime, _ in rows]),
        raised_base=_days_column(table.base for table in higher),
        raised_last=_days_column(table.last for table in higher),
        raised_offset=_days_column(table.offset for table in higher),
        daily=pl.Series([rate for rates_of in daily for rate in rates_of], dtype=pl.Int64),
        integral=pl.Series([total for rates_of in daily for total in accumulate(rates_of)], dtype=pl.Int64),
    )


def _days_column(days: Iterable[int]) -> pl.Series:
    return pl.Series(list(days), dtype=pl.Int32)


def _key(code: str, category: str) -> str:
    return code if category == "other" else f"{code} {category}"


def _check(segments: pl.DataFrame, column: str, known: Sequence[str | None], error: type[ValueError]) -> None:
    if column not in segments.columns:
        return
    unknown = [value for value in segments[column].unique().to_list() if value not in known]
    if unknown:
        words = ", ".join(value for value in known if value is not None)
        raise error(f"not known as a {column}: {unknown!r}; use one of {words}")


def _inputs(shape: _Shape, rules: _Rules) -> list[pl.Expr]:
    """The columns of the frame with days as whole numbers since 1970, nothing later than the calculation day."""
    today = days_since_epoch(shape.on)
    end = pl.col("end_on").to_physical().fill_null(today).clip(upper_bound=today)
    if "stop_on" in shape.given:
        end = pl.min_horizontal(end, pl.col("stop_on").to_physical() - 1)
    return [
        _regime_key(shape, rules).replace_strict(rules.keys, return_dtype=pl.UInt32).alias("regime"),
        pl.col("balance").clip(0),
        pl.col("contract_rate"),
        pl.col("due_on").to_physical().alias("due"),
        _notice(shape).to_physical().alias("notice"),
        pl.col("start_on").to_physical().alias("start"),
        end.alias("end"),
    ]


def _regime_key(shape: _Shape, rules: _Rules) -> pl.Expr:
    if "category" not in shape.given:
        return pl.col("regime")
    single = pl.concat_str(pl.col("regime"), pl.lit(" individual"))
    has_one = (pl.col("category") == "individual") & single.is_in(list(rules.keys))
    return pl.when(has_one).then(single).otherwise(pl.col("regime"))


def _slow() -> list[str]:
    """The regimes under which a reminder leaves the debtor some days."""
    return [regime.code for regime in all_regimes().values() if regime.starts == "reminder"]


def _reminded(segments: pl.DataFrame) -> tuple[date, ...]:
    """The days of the reminders that leave some days."""
    if segments["notice_on"].null_count() == len(segments):
        return ()
    rows = segments.filter(pl.col("regime").is_in(_slow()) & pl.col("notice_on").is_not_null())
    return tuple(rows["notice_on"].unique().sort())


def _notice(shape: _Shape) -> pl.Expr:
    """The day after which a notice lets interest run: the notice itself, or the end of the days a reminder leaves."""
    if not shape.reminded:
        return pl.col("notice_on")
    later = pl.col("notice_on").replace(list(shape.reminded), [reminder_end(day) for day in shape.reminded])
    return pl.when(pl.col("regime").is_in(_slow())).then(later).otherwise(pl.col("notice_on"))


def _begin(rules: _Rules) -> pl.Expr:
    """The day after which interest runs; null when the regime needs a notice and there is none."""
    with_notice = pl.when(pl.col("notice").is_not_null()).then(pl.max_horizontal("due", "notice"))
    return pl.when(rules.of(rules.notice)).then(with_notice).otherwise(pl.col("due"))


@dataclass(frozen=True, slots=True)
class _Bound:
    """Rows of one regime and choice whose contract rate the law does not let count as it is, over time."""

    name: str
    code: str
    choice: BelowFloor
    ceiling: bool
    limits: tuple[Limit, ...] = field(compare=False)  # they follow from the code and the choice


def _bounds(segments: pl.DataFrame) -> list[_Bound]:
    if segments["contract_rate"].null_count() == len(segments):
        return []
    agreed = segments.lazy().filter(pl.col("contract_rate").is_not_null())
    choice = pl.col("below_floor").fill_null("contract") if "below_floor" in segments.columns else pl.lit("contract")
    pairs = agreed.select("regime", choice.alias("choice")).unique().sort("regime", "choice").collect()
    found = []
    for number, (code, chosen) in enumerate(pairs.iter_rows()):
        regime = all_regimes()[code]
        beyond = limits(regime, cast(BelowFloor, chosen)) if regime.contract_allowed else None
        if beyond is not None:
            found.append(_Bound(f"bound_{number}", code, chosen, regime.ceiling is not None, beyond))
    return found


def _bound_masks(bounds: Sequence[_Bound]) -> list[pl.Expr]:
    """One column per bound: whether a row is under it."""
    masks = []
    for bound in bounds:
        mask = (pl.col("regime") == bound.code) & pl.col("contract_rate").is_not_null()
        if not bound.ceiling:
            mask &= pl.col("below_floor") == bound.choice
        masks.append(mask.fill_null(value=False).alias(bound.name))
    return masks


def _raised_from(rules: _Rules, raising: list[str]) -> list[pl.Expr]:
    """``eve``: the last day before an increase of the rate, from date to date (null where there is none)."""
    eves = []
    for code in raising:
        increase = all_regimes()[code].increase
        if increase is not None:
            eve = pl.col("due").cast(pl.Date).dt.offset_by(f"{increase.months}mo").to_physical()
            eves.append(pl.when(pl.col("regime").is_in(rules.rows_of(code))).then(eve))
    return [pl.coalesce(eves).alias("eve")] if eves else []


def _known_to(rules: _Rules, bounds: Sequence[_Bound], raising: list[str]) -> pl.Expr:
    """The last day that can be counted. A rate fixed at the start, or by contract, has no end."""
    last = pl.col("last")
    if raising:
        raised = (
            pl.when(last < pl.col("eve")).then(last).otherwise(pl.max_horizontal("eve", rules.of(rules.raised_last)))
        )
        last = pl.when(pl.col("eve").is_not_null()).then(raised).otherwise(last)
    endless = pl.col("agreed") | (pl.col("known") & rules.of(rules.fixed))
    known_to = (
        pl.when(endless)
        .then(pl.lit(_NEVER, pl.Int32))
        .when(pl.col("known"))
        .then(last)
        .otherwise(pl.min_horizontal("begin", "last"))
    )
    for bound in bounds:
        known_to = (
            pl.when(bound.name).then(pl.lit(days_since_epoch(bound.limits[-1].end), pl.Int32)).otherwise(known_to)
        )
    return known_to


def _rate_missing() -> pl.Expr:
    return pl.col("runs") & (pl.col("balance") > 0) & (pl.col("end") > pl.col("known_to"))


def _weight(rules: _Rules, bounds: Sequence[_Bound], raising: list[str]) -> pl.Expr:
    """The sum of the daily rates over the days of the row, in ten-thousandths of a percent."""
    days = (pl.col("end") - pl.col("after")).cast(pl.Int64)
    agreed = pl.col("contract_rate") * days
    for bound in bounds:
        agreed = pl.when(bound.name).then(_bounded(bound)).otherwise(agreed)
    return (
        pl.when(~pl.col("runs"))
        .then(0)
        .when("agreed")
        .then(agreed)
        .when(~pl.col("known"))
        .then(0)
        .when(rules.of(rules.fixed))
        .then(rules.on_day(rules.daily, pl.col("begin") + 1) * days)
        .otherwise(_raised(rules) if raising else _floating(rules, pl.col("after"), pl.col("end")))
    )


def _floating(rules: _Rules, after: pl.Expr, end: pl.Expr) -> pl.Expr:
    return rules.on_day(rules.integral, end) - rules.on_day(rules.integral, after)


def _raised(rules: _Rules) -> pl.Expr:
    """The plain rate to the eve of the increase, the increased one after it."""
    eve = pl.col("eve").fill_null(_NEVER)
    plain = _floating(rules, pl.min_horizontal("after", eve), pl.min_horizontal("end", eve))
    higher = rules.raised_on_day(pl.max_horizontal("end", eve)) - rules.raised_on_day(pl.max_horizontal("after", eve))
    return plain + pl.when(pl.col("eve").is_null()).then(0).otherwise(higher)


def _bounded(bound: _Bound) -> pl.Expr:
    """The contract rate over the days that are known, corrected on those on which it is beyond a limit."""
    agreed = pl.col("contract_rate")
    known = pl.min_horizontal("end", pl.lit(days_since_epoch(bound.limits[-1].end), pl.Int32))
    total = agreed * (known - pl.col("after")).clip(0).cast(pl.Int64)
    for each in bound.limits:
        first, last = pl.lit(days_since_epoch(each.start) - 1, pl.Int32), pl.lit(days_since_epoch(each.end), pl.Int32)
        days = (pl.min_horizontal("end", last) - pl.max_horizontal("after", first)).clip(0).cast(pl.Int64)
        # A floor may have more decimals than a rate: it is compared as it is, and counted as it is.
        limit, value = rate_units(each.limit), rate_units(each.value)
        over = agreed > limit if bound.ceiling else agreed < limit
        total += pl.when(over).then((value - agreed) * days).otherwise(0)
    return total


def _indemnity(codes: Sequence[str], rules: _Rules) -> pl.Expr:
    """The fixed sum of the regime on a row that was late, be it for one day; else zero."""
    amount = pl.lit(0, pl.Int64)
    for code in codes:
        regime = all_regimes()[code]
        mine = pl.col("regime").is_in(rules.rows_of(regime.code))
        first_day_late = pl.col("due") + 1
        if regime.scale is not None:
            last = days_since_epoch(regime.scale.last) if regime.scale.last else _NEVER
            in_force = first_day_late.is_between(days_since_epoch(regime.scale.first), last)
            amount = pl.when(mine & in_force).then(_scaled(regime)).otherwise(amount)
        for point in regime.indemnity.points if regime.indemnity else ():
            started = mine & (first_day_late >= days_since_epoch(point.start))
            amount = pl.when(started).then(pl.lit(int(point.value * 100), pl.Int64)).otherwise(amount)
    late = (pl.col("balance") > 0) & (pl.col("end") > pl.max_horizontal("start", "due"))
    return pl.when(late).then(amount).otherwise(0)


def _scaled(regime: Regime) -> pl.Expr:
    """The fixed sum that goes by the balance. Scales of fixed sums have no percentage."""
    amount = pl.lit(0, pl.Int64)
    for band in reversed(regime.scale.bands if regime.scale else ()):
        here = pl.lit(True) if band.upto is None else pl.col("balance") < band.upto + (not band.below)
        amount = pl.when(here).then(pl.lit(int(band.base), pl.Int64)).otherwise(amount)
    return amount


def _round_and_sum(products: pl.LazyFrame, parts: Sequence[str]) -> pl.LazyFrame:
    if len(parts) > 1:
        products = products.group_by(parts).agg(
            pl.col("interest").sum(), pl.col("indemnity").max(), pl.col("known_to").min()
        )
    return products.with_columns(_ROUNDED).group_by("id").agg(_SUMS).sort("id")


_ROUNDED = ((pl.col("interest") + _DIVISOR // 2) // _DIVISOR).cast(pl.Int64)
_SUMS = (
    pl.col("interest").sum(),
    pl.col("indemnity").max(),
    pl.col("known_to").is_not_null().any().alias("rate_unknown"),
    pl.col("known_to").min().cast(pl.Date),
)
