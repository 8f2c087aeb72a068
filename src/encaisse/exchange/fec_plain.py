"""The plain customers of a FEC, matched all at once; what is left over is matched one customer at a time.

A customer is plain when these two rules settle every credit, or leave no debit open:

- lettering groups that balance, with one debit or one credit in them;
- credits that name one invoice, which nothing else overpays, or that name several and are exactly their sum.

For those, ``fec_matching.match`` would find the same; tests compare the two. Everything else (transfers, deposits,
doubtful claims, refunds, corrections, crooked lettering, guesses) is left to it.
"""

from __future__ import annotations

import polars as pl

_WORD = r"[A-Z0-9]+(?:[-_/.][A-Z0-9]+)*"
_LINKS = {"debit": pl.UInt32, "credit": pl.UInt32, "amount": pl.Int64, "by": pl.String}


def sweep(moves: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Links (debit, credit: places; amount; by) of the plain customers, and the customers that are not plain.

    ``moves`` are the movements of ``fec_entries.movements`` with their ``place``.
    """
    odd = pl.col("transfer") | pl.col("applied") | (pl.col("root") != "411")
    odd |= pl.col("kind").is_in(["refund", "correction"])
    special = moves.filter(odd)["customer"].unique()
    slim = moves.filter(~pl.col("customer").is_in(special.implode())).select(
        "place", "customer", "letter", "ref", "text", size=pl.col("amount").abs(), debit=pl.col("amount") > 0
    )
    lettered, crooked = _lettered(slim.filter(pl.col("letter") != ""))
    links = pl.concat([lettered, _referenced(slim.filter(pl.col("letter") == ""))])
    hard = pl.concat([special, crooked, _both_left(slim, links)]).unique()
    owner = slim.select("customer", debit="place")
    links = links.join(owner, on="debit", how="left").filter(~pl.col("customer").is_in(hard.implode()))
    return links.drop("customer"), hard


def _lettered(slim: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    group = ["customer", "letter"]
    signed = pl.when(pl.col("debit")).then(pl.col("size")).otherwise(-pl.col("size"))
    sums = slim.group_by(group).agg(total=signed.sum(), debits=pl.col("debit").sum(), credits=(~pl.col("debit")).sum())
    even = (pl.col("total") == 0) & ((pl.col("debits") == 1) | (pl.col("credits") == 1))
    pairs = _pairs(slim.join(sums.filter(even).select(group), on=group, how="semi"), group)
    links = pairs.select("debit", "credit", amount=pl.min_horizontal("owed", "paid"), by=pl.lit("lettering"))
    return links.cast(pl.Schema(_LINKS)), sums.filter(~even)["customer"]


def _pairs(slim: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    debits = slim.filter(pl.col("debit")).select(*on, debit="place", owed="size")
    return debits.join(slim.filter(~pl.col("debit")).select(*on, credit="place", paid="size"), on=on)


def _referenced(slim: pl.DataFrame) -> pl.DataFrame:
    debits = slim.filter(pl.col("debit")).select("customer", debit="place", owed="size", number=bare("ref"))
    debits = debits.filter((pl.col("number") != "") & ~pl.struct("customer", "number").is_duplicated())
    paying = slim.filter(~pl.col("debit")).select(
        "customer",
        credit="place",
        paid="size",
        number=bare("ref"),
        words=pl.col("ref") + " " + pl.col("text"),
    )
    tokens = paying.select(
        "customer", "credit", "paid", number=pl.col("words").str.to_uppercase().str.extract_all(_WORD)
    ).explode("number", empty_as_null=True)
    tokens = tokens.with_columns(pl.col("number").str.replace_all(r"[-_/.]", "")).filter(_telling())
    named = pl.concat([tokens, paying.select("customer", "credit", "paid", "number")])
    hits = named.join(debits, on=["customer", "number"]).unique(["credit", "debit"])
    hits = hits.with_columns(
        names=pl.len().over("credit"), named_sum=pl.col("owed").sum().over("credit"),
        payers=pl.len().over("debit"), paid_sum=pl.col("paid").sum().over("debit"),
    )  # fmt: skip
    single, exact = pl.col("names") == 1, pl.col("named_sum") == pl.col("paid")
    sure = (single.all().over("debit") & (pl.col("paid_sum") <= pl.col("owed"))) | (
        (exact & (pl.col("payers") == 1)).all().over("credit")
    )
    return hits.filter(sure).select(
        "debit", "credit", amount=pl.min_horizontal("owed", "paid"), by=pl.lit("reference")
    ).cast(pl.Schema(_LINKS))  # fmt: skip


def bare(column: str) -> pl.Expr:
    """A number by its letters and digits alone, in capitals."""
    return pl.col(column).str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")


def _telling() -> pl.Expr:
    number = pl.col("number")
    letters = number.str.contains("[A-Z]")
    return number.str.contains("[0-9]") & (number.str.len_bytes() >= pl.when(letters).then(3).otherwise(4))


def _both_left(slim: pl.DataFrame, links: pl.DataFrame) -> pl.Series:
    """The customers with a debit and a credit that are not settled."""
    used = pl.concat(
        [links.select("amount", place="debit"), links.select("amount", place="credit")]
    ).group_by("place").agg(used=pl.col("amount").sum())  # fmt: skip
    left = slim.join(used, on="place", how="left").with_columns(left=pl.col("size") - pl.col("used").fill_null(0))
    sums = left.group_by("customer").agg(
        owed=pl.col("left").filter(pl.col("debit")).sum(), paid=pl.col("left").filter(~pl.col("debit")).sum()
    )
    return sums.filter((pl.col("owed") > 0) & (pl.col("paid") > 0))["customer"]
