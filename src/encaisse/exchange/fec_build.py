"""From the movements of the customers to records: matched, numbered, keyed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

import polars as pl

from encaisse.exchange import fec_matching, fec_plain
from encaisse.exchange.fec_matching import Side
from encaisse.exchange.fec_records import FecAllocation, FecCustomer, FecInvoice, FecPayment, Frames
from encaisse.exchange.problems import Problem, problem

CURRENCY = "EUR"
"""A FEC is kept in euros (C. com. L123-22); the foreign amount of a line is information beside it."""

_LUMP = r"(?i)^(A\.?N|RAN|REPORT|SOLDE|OUV\w*|A NOUVEAU)[ _/.-]*\d{0,8}$"
_SIDE = ["customer", "root", "kind", "on", "size", "ref", "text", "letter", "let_day", "entry", "transfer", "applied"]
_SIDE += ["lump", "place", "debit", "line", "opening"]


@dataclass(slots=True)
class _Outcome:
    """What matching one customer at a time changed: by place in the movements."""

    links: list[tuple[int, int, int, date, str]] = field(default_factory=list)
    amounts: dict[int, int] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    marks: dict[int, str] = field(default_factory=dict)
    deposits: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Records:
    """The records of all customers, in the order of customer and day."""

    frames: Frames
    problems: tuple[Problem, ...]


def records(moves: pl.DataFrame, *, lettered: bool) -> Records:
    """Match the movements (``fec_entries.movements``) and make the records. ``lettered``: the books use lettering."""
    moves = _prepared(moves)
    links, hard = fec_plain.sweep(moves)
    outcome = _one_by_one(moves.filter(pl.col("customer").is_in(hard.implode())), lettered)
    days = moves["on"]
    plain = links.with_columns(
        on=pl.max_horizontal(days.gather(links["debit"]), days.gather(links["credit"]))
    ).select("debit", "credit", "amount", "on", "by")  # fmt: skip
    rows = pl.concat([plain, _links_frame(outcome)]).sort("debit", "on", "credit", maintain_order=True)
    moves = _changed(moves, outcome)
    debits, paying = moves.filter(pl.col("debit")), moves.filter(~pl.col("debit"))
    frames = Frames(_customers(moves), _invoices(debits), _payments(paying), _allocations(rows, debits, paying))
    return Records(frames, tuple(outcome.problems))


def _prepared(moves: pl.DataFrame) -> pl.DataFrame:
    """With the day that counts, the document's number, and the place; sorted by customer and day."""
    piece, day, ref = pl.col("ref_day"), pl.col("day"), pl.col("ref")
    late = (day - piece).dt.total_days()
    # A document's date far from its booking is a slip of the pen; an opening line may be years old.
    near = piece.is_not_null() & (late >= -31) & (late <= pl.when("opening").then(3660).otherwise(400))
    own_day = pl.col("kind").is_in(["invoice", "opening"]) & near
    in_label = pl.col("label").str.extract(r"([\w/.-]*\d[\w/.-]{3,}|[\w/.-]{3,}\d)")
    return (
        moves.with_columns(
            on=pl.when(own_day).then(piece).otherwise(day),
            debit=pl.col("amount") > 0,
            size=pl.col("amount").abs(),
            lump=pl.col("opening") & (~ref.str.contains(r"\d") | ref.str.contains(_LUMP)),
            number=pl.when(ref != "").then(ref)
            .otherwise(pl.coalesce(in_label, pl.format("{}-{}", "journal", "num"))),
        )
        .sort("customer", "on", "line")
        .with_row_index("place")
    )  # fmt: skip


def _one_by_one(moves: pl.DataFrame, lettered: bool) -> _Outcome:
    outcome = _Outcome()
    for customer, group in groupby(moves.select(_SIDE).rows(), key=lambda row: row[0]):
        rows = list(group)
        debits = [_side(row) for row in rows if row[14]]
        payments = [_side(row) for row in rows if not row[14]]
        matched = fec_matching.match(debits, payments, lettered=lettered)
        outcome.links += [(k.debit.place, k.credit.place, k.amount, k.on, k.by) for k in matched.links]
        outcome.marks |= matched.moved
        _keep_debits(str(customer), rows, debits, matched, outcome)
        _keep_payments(rows, payments, outcome)
    return outcome


def _side(row: tuple[Any, ...]) -> Side:
    _, root, kind, on, size, ref, text, letter, let_day, entry, transfer, applied, lump, place, _, _, carried = row
    return Side(place, root, kind, on, size, ref, text, letter, let_day, entry, transfer, applied, lump, carried)


def _keep_debits(
    customer: str, rows: list[tuple[Any, ...]], debits: list[Side], matched: fec_matching.Matched, outcome: _Outcome
) -> None:
    lines = {row[13]: row[15] for row in rows}
    sizes = {row[13]: row[4] for row in rows}
    unknown = list(matched.unknown_deposits)
    for side in debits:
        if side.root == "419" and not side.transfer and not side.applied and side.left == side.amount:
            unknown.append(side)
            outcome.gone.append(side.place)
        elif side.transfer or side.applied:
            outcome.gone.append(side.place)
        elif side.amount != sizes[side.place]:
            outcome.amounts[side.place] = side.amount
    outcome.problems += [
        problem("deposit_unknown", lines[side.place], customer=customer, amount=f"{side.amount / 100:.2f}")
        for side in unknown
    ]


def _keep_payments(rows: list[tuple[Any, ...]], payments: list[Side], outcome: _Outcome) -> None:
    sizes = {row[13]: row[4] for row in rows}
    for side in payments:
        if not side.amount or side.kind == "advance":
            outcome.gone.append(side.place)
        elif side.amount != sizes[side.place]:
            outcome.amounts[side.place] = side.amount
        if side.transfer:
            outcome.deposits.append(side.place)


def _links_frame(outcome: _Outcome) -> pl.DataFrame:
    schema = {"debit": pl.UInt32, "credit": pl.UInt32, "amount": pl.Int64, "on": pl.Date, "by": pl.String}
    return pl.DataFrame(outcome.links, schema=schema, orient="row")


def _changed(moves: pl.DataFrame, outcome: _Outcome) -> pl.DataFrame:
    place = pl.col("place")
    root = pl.col("root")
    applied = place.is_in(outcome.deposits)
    drawn = (root == "413") & (pl.col("kind") == "payment")
    return moves.with_columns(
        size=place.replace_strict(outcome.amounts, default=pl.col("size"), return_dtype=pl.Int64)
        if outcome.amounts else pl.col("size"),
        mark=place.replace_strict(outcome.marks, default=root, return_dtype=pl.String) if outcome.marks else root,
        kind=pl.when(applied).then(pl.lit("deposit")).when(drawn).then(pl.lit("bill")).otherwise(pl.col("kind")),
    ).filter(~place.is_in(outcome.gone))  # fmt: skip


def _customers(moves: pl.DataFrame) -> pl.DataFrame:
    """One record per customer, by code; the name is the latest the books give."""
    name = (
        pl.when(pl.col("aux_lib") != "").then(pl.col("aux_lib"))
        .when(pl.col("aux") == "").then(pl.col("account_lib")).otherwise(pl.lit(""))
    )  # fmt: skip
    rows = (
        moves.select("customer", "day", "line", "account", "root", name=name).sort("day", "line")
        .group_by("customer").agg(
            name=pl.col("name").filter(pl.col("name") != "").last(),
            account=pl.col("account").filter(pl.col("root") == "411").first(),
            any_account=pl.col("account").first(),
        ).sort("customer")
    )  # fmt: skip
    return rows.select(
        code="customer", name=pl.coalesce("name", "customer"), account=pl.coalesce("account", "any_account")
    )


def _invoices(debits: pl.DataFrame) -> pl.DataFrame:
    same = ["customer", "number", "guarantee"]
    held = pl.col("root") == "4117"
    rows = debits.with_columns(retention=held & (pl.col("mark") == "4117"), guarantee=held).select(
        "customer", "number", "account", "journal", "line", "opening", "label", "kind", "retention", "lump",
        guarantee="guarantee", issued_on="on", amount="size", entry="num", currency=pl.lit(CURRENCY),
        doubtful=pl.col("mark") == "416",
        bill=pl.col("mark") == "413", occurrence=pl.int_range(pl.len()).over(same),
    )  # fmt: skip
    part = pl.when("guarantee").then(pl.lit("RG")).otherwise(pl.lit(""))
    key = pl.concat_str("customer", "number", part, "occurrence", separator="|")
    return rows.select(*FecInvoice._fields, key=key)


def _payments(paying: pl.DataFrame) -> pl.DataFrame:
    same = ["customer", "journal", "ref", "on", "size"]
    day = pl.col("on").dt.strftime("%Y%m%d")
    key = pl.concat_str("customer", "journal", "ref", day, "size", pl.int_range(pl.len()).over(same), separator="|")
    rows = paying.select(
        "customer", "kind", "label", "journal", "line", "opening", "account",
        key=key, reference="ref", paid_on="on", amount="size", entry="num", currency=pl.lit(CURRENCY),
    )  # fmt: skip
    return rows.select(FecPayment._fields)


def _allocations(links: pl.DataFrame, debits: pl.DataFrame, paying: pl.DataFrame) -> pl.DataFrame:
    owed = debits.select("customer", debit="place").with_row_index("invoice_index")
    paid = paying.select(credit="place").with_row_index("payment_index")
    rows = links.join(owed, on="debit", maintain_order="left").join(paid, on="credit", maintain_order="left")
    return rows.select(FecAllocation._fields)


NOTHING = Frames(
    pl.DataFrame(schema=dict.fromkeys(FecCustomer._fields, pl.String)),
    pl.DataFrame(schema=dict.fromkeys((*FecInvoice._fields, "key"), pl.String) | {"amount": pl.Int64}),
    pl.DataFrame(schema=dict.fromkeys(FecPayment._fields, pl.String) | {"amount": pl.Int64}),
    pl.DataFrame(schema=dict.fromkeys(FecAllocation._fields, pl.String) | {"amount": pl.Int64}),
)
"""The frames of a file in which nothing was found."""
