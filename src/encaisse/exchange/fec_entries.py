"""From the lines of a FEC to the movements of its customers: entries that balance, roles of journals, kinds of lines.

What an entry is follows from the accounts it moves (class 7 and 4457 against the customer: a sale; 51, 53, 58: money),
and from the journal's name only where the accounts leave it open, since every program names its journals its own way.
"""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from encaisse.exchange.problems import Problem, problem

KEY = ["journal", "num", "day"]
_OPENING_CODE = r"^(A\.?N\.?[0-9]{0,2}|ANO|ANOU|ANOUV|A-N|RAN[0-9]{0,2}|RN|OUV|OUVERTURE|REPORT|REPRISE|OPEN)$"
_OPENING_WORDS = r"(?i)nouveau|\bouverture\b|\breports?\b|\breprise\b|\bopening\b"
_SALES_NAME = r"(?i)^(V[ET][A-Z0-9]{0,3}|FAC[A-Z0-9]*|FA|VT.*|70.*|SALES|INV.*|CLI.*)$"
_SALES_WORDS = r"(?i)vente|factur|sales|honoraire"
_CASH_NAME = r"(?i)^(BQ?[0-9]{0,3}|B[QN][A-Z0-9]*|BAN.*|CA|CAI.*|CS|CCP|5[0-9]*|TR[ES].*|REG.*|ENC.*|BANK)$"
_CASH_WORDS = r"(?i)banque|caisse|tr[\u00e9e]sor|r[\u00e8e]glement|encaissement|\bbank|cash"

_ROOTS = (
    # prefix, root; the first that fits wins; None: not a claim (not yet invoiced, to be credited, packaging)
    ("4117", "4117"), ("411", "411"), ("413", "413"), ("416", "416"),
    ("4196", None), ("4197", None), ("4198", None), ("419", "419"),
)  # fmt: skip


def root() -> pl.Expr:
    """411, 4117, 413, 416, 419, or null for an account that is no customer's."""
    account = pl.col("account")
    expression: pl.Expr = pl.lit(None, pl.String)
    for prefix, name in reversed(_ROOTS):
        expression = pl.when(account.str.starts_with(prefix)).then(pl.lit(name, pl.String)).otherwise(expression)
    return expression.alias("root")


def balanced(lines: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem], int]:
    """The lines of entries that balance, with the number ``entry``; problems for the others; how many were set aside.

    An entry is journal + number + date. Where that does not balance, other readings are tried, since programs number
    in their own way: journal + number, journal + document + date, journal + date.
    """
    rest, kept, start = lines, [], 0
    readings: tuple[list[str], ...] = (KEY, ["journal", "num"], ["journal", "ref", "day"], ["journal", "day"])
    for reading in readings:
        if rest.is_empty():
            break
        sums = rest.group_by(reading, maintain_order=True).agg(total=pl.col("amount").sum(), n=pl.len())
        sums = sums.with_row_index("entry", start)
        start += sums.height
        joined = rest.join(sums, on=reading, how="left", maintain_order="left")
        kept.append(joined.filter(pl.col("total") == 0).drop("total", "n"))
        rest = joined.filter(pl.col("total") != 0).drop("total", "n", "entry")
    good = pl.concat(kept) if kept else lines.with_columns(entry=pl.lit(0, pl.UInt32))
    return good, _unbalanced(rest), rest.height


def _unbalanced(rest: pl.DataFrame) -> list[Problem]:
    facts = {"line": pl.col("line").first(), "total": pl.col("amount").sum(), "n": pl.len()}
    groups = rest.group_by(KEY, maintain_order=True).agg(**facts)
    return [
        problem(
            "unbalanced_entry", row["line"], journal=row["journal"], entry=row["num"], day=row["day"],
            difference=f"{row['total'] / 100:.2f}", lines=row["n"],
        )
        for row in groups.iter_rows(named=True)
    ]  # fmt: skip


def described(lines: pl.DataFrame) -> pl.DataFrame:
    """One row per entry: what it moves on income and money accounts, and the role of its journal."""
    account, amount = pl.col("account"), pl.col("amount")
    sale = account.str.starts_with("7") | account.str.starts_with("4457") | account.str.starts_with("487")
    cash = account.str.contains(r"^(51|53|58)")
    result = account.str.contains(r"^[67]")
    deposit = account.str.contains(r"^419")
    entries = lines.group_by("entry", maintain_order=True).agg(
        journal=pl.col("journal").first(),
        journal_lib=pl.col("journal_lib").first(),
        first_label=pl.col("label").first(),
        sales=amount.filter(sale).sum(),
        has_sales=sale.any(),
        cash=amount.filter(cash).sum(),
        has_cash=cash.any(),
        has_result=result.any(),
        has_capital=account.str.contains(r"^1").any(),
        deposit=amount.filter(deposit).sum(),
    )
    # In a journal of another name, the label and the accounts of a balance sheet tell an opening entry.
    told = pl.col("first_label").str.contains(_OPENING_WORDS) & (pl.col("has_capital") | ~pl.col("has_cash"))
    opening = ((pl.col("role") == "opening") | told) & ~pl.col("has_result")
    return entries.join(_roles(entries), on="journal", how="left", maintain_order="left").with_columns(opening=opening)


def _roles(entries: pl.DataFrame) -> pl.DataFrame:
    journals = entries.group_by("journal", maintain_order=True).agg(
        lib=pl.col("journal_lib").first(),
        sales=(pl.col("has_sales") & ~pl.col("has_cash")).mean(),
        cash=pl.col("has_cash").mean(),
        result=pl.col("has_result").any(),
    )
    code, lib = pl.col("journal").str.strip_chars().str.to_uppercase(), pl.col("lib")
    opening = (code.str.contains(_OPENING_CODE) | lib.str.contains(_OPENING_WORDS)) & ~pl.col("result")
    named_cash = code.str.contains(_CASH_NAME) | lib.str.contains(_CASH_WORDS)
    named_sales = code.str.contains(_SALES_NAME) | lib.str.contains(_SALES_WORDS)
    role = (
        pl.when(opening).then(pl.lit("opening"))
        .when((pl.col("cash") >= 0.6) & ~named_sales).then(pl.lit("cash"))
        .when((pl.col("sales") >= 0.5) & ~named_cash).then(pl.lit("sales"))
        .when(named_cash & (pl.col("cash") > 0)).then(pl.lit("cash"))
        .when(named_sales & (pl.col("sales") > 0)).then(pl.lit("sales"))
        .when(pl.col("cash") >= 0.6).then(pl.lit("cash"))
        .otherwise(pl.lit("other"))
    )  # fmt: skip
    return journals.select("journal", role=role)


def movements(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines on customer accounts with customer, root, kind and transfer mark, sorted by customer, day, line.

    ``kind`` of a debit: invoice, opening, refund, correction; of a credit: payment, credit_note, deposit, correction,
    or advance (a deposit that was invoiced, so no money yet). ``text``: the label, and for a credit alone in its entry
    the labels beside it. ``transfer``: the line only moves a claim between accounts of the customer within its entry.
    """
    entries = described(lines)
    claims = lines.with_columns(root()).filter(pl.col("root").is_not_null() & (pl.col("amount") != 0))
    claims = _with_customer(claims)
    facts = entries.select("entry", "role", "opening", "sales", "cash", "has_sales", "has_cash", "deposit")
    claims = claims.join(facts, on="entry", how="left", maintain_order="left")
    claims = _with_transfers(claims).with_columns(kind=_kind())
    return _with_text(_merged(claims), lines).sort("customer", "day", "line")


def _with_text(claims: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """With ``text``: some programs name the invoice on the bank's line of the entry only."""
    alone = claims.filter((pl.len().over("entry") == 1) & (pl.col("amount") < 0) & (pl.col("letter") == ""))
    others = lines.filter(root().is_null()).join(alone.select("entry"), on="entry", how="semi")
    beside = others.group_by("entry").agg(
        beside=pl.concat_str("ref", "label", separator=" ").unique(maintain_order=True).head(10).str.join(" ")
    )
    joined = claims.join(beside, on="entry", how="left", maintain_order="left")
    text = pl.concat_str("label", pl.col("beside").fill_null(""), separator=" ")
    return joined.with_columns(text=text).drop("beside")


def _with_customer(claims: pl.DataFrame) -> pl.DataFrame:
    """The auxiliary account where there is one, else the account; 416, 413, 419 follow the 411 of the same ending."""
    own = claims.filter(pl.col("aux") == "").select("account", "root", "account_lib").unique()
    codes = _main_accounts(own.sort("account", "account_lib").rows())
    code = pl.lit(None, pl.String)
    if codes:
        code = pl.col("account").replace_strict(list(codes), list(codes.values()), default=None, return_dtype=pl.String)
    return claims.with_columns(customer=pl.when(pl.col("aux") != "").then(pl.col("aux")).otherwise(code))


def _main_accounts(own: list[tuple[str, str, str]]) -> dict[str, str]:
    """Account to the account its customer goes by: by the same ending, with or without leading zeros, or by name."""
    endings: dict[str, set[str]] = defaultdict(set)
    names: dict[str, set[str]] = defaultdict(set)
    for account, prefix, name in own:
        if prefix == "411":
            endings[account[3:].lstrip("0")].add(account)
            names[name.casefold()].add(account)
    codes: dict[str, str] = {}
    for account, prefix, name in own:
        if prefix == "411":
            codes[account] = account
            continue
        starts = [start for start in (prefix, prefix + "1", prefix + "0") if account.startswith(start)]
        tails = {account[len(start) :].lstrip("0") for start in starts} - {""}
        fitting = set().union(*(endings.get(tail, set()) for tail in tails))
        if len(fitting) != 1:
            fitting = names.get(name.casefold(), set()) if name else set()
        codes.setdefault(account, next(iter(fitting)) if len(fitting) == 1 else account)
    return codes


def _with_transfers(claims: pl.DataFrame) -> pl.DataFrame:
    """Mark lines that move a claim between accounts of one customer in one entry (411 to 416 or 413, from 419)."""
    several = pl.len().over("entry") > 1
    alone = claims.filter(~several).with_columns(transfer=pl.lit(False), applied=_applied())
    return pl.concat([alone, _moved(claims.filter(several))])


def _applied() -> pl.Expr:
    return ~pl.col("opening") & ~pl.col("has_cash") & (pl.col("root") == "419") & (pl.col("amount") > 0)


def _moved(claims: pl.DataFrame) -> pl.DataFrame:
    here = ["entry", "customer"]
    amount = pl.col("amount")
    debit = amount.filter(amount > 0).sum().over(here)
    credit = -amount.filter(amount < 0).sum().over(here)
    roots = pl.col("root").n_unique().over(here)
    plain = ~pl.col("opening") & ~pl.col("has_cash")
    moved = plain & (debit > 0) & (debit == credit) & ((roots > 1) | ~pl.col("has_sales"))
    advance = (pl.col("role") == "sales") & ((pl.col("root") == "419") & (amount < 0)).any().over(here)
    # What is moved to 4117 becomes a claim of its own, owed later than the rest of its invoice.
    retained = ((pl.col("root") == "4117") & (amount > 0)).any().over(here)
    moved &= ~advance & ~retained
    return claims.with_columns(transfer=moved, applied=_applied() & ~moved)


def _kind() -> pl.Expr:
    role, debit = pl.col("role"), pl.col("amount") > 0
    sale = (role == "sales") | ((role != "cash") & (pl.col("sales") < 0) & ~pl.col("has_cash"))
    sale |= (role != "cash") & pl.col("has_cash") & (pl.col("sales") < 0)
    cash = (role == "cash") | ((role != "sales") & pl.col("has_cash"))
    credit_note = (role == "sales") | ((role != "cash") & (pl.col("sales") > 0))
    return (
        pl.when((pl.col("root") == "419") & ~debit & (role == "sales")).then(pl.lit("advance"))
        .when((pl.col("root") == "419") & ~debit).then(pl.lit("deposit"))
        .when(pl.col("opening") & debit).then(pl.lit("opening"))
        .when(pl.col("opening")).then(pl.lit("payment"))
        .when(debit & (sale | ((pl.col("root") == "4117") & ~pl.col("has_cash")))).then(pl.lit("invoice"))
        .when(debit & cash).then(pl.lit("refund"))
        .when(debit).then(pl.lit("correction"))
        .when(pl.col("has_cash") & (pl.col("cash") > 0)).then(pl.lit("payment"))
        .when(credit_note).then(pl.lit("credit_note"))
        .when(cash).then(pl.lit("payment"))
        .when(pl.col("deposit") > 0).then(pl.lit("deposit"))
        .otherwise(pl.lit("correction"))
    )  # fmt: skip


def _merged(claims: pl.DataFrame) -> pl.DataFrame:
    """An invoice booked over several lines of one entry, under one number and lettering code, is one movement."""
    sale = pl.col("kind").is_in(["invoice", "credit_note"]) & (pl.col("ref") != "") & ~pl.col("transfer")
    booked = claims.filter(sale)
    here = ["entry", "customer", "root", "ref", "letter"]
    sums = booked.group_by(here, maintain_order=True).agg(
        pl.all().exclude(*here, "amount", "kind").first(),
        amount=pl.col("amount").sum(),
        kind=pl.when(pl.col("amount").sum() > 0).then(pl.lit("invoice")).otherwise(pl.lit("credit_note")),
    )
    return pl.concat([sums.select(claims.columns).filter(pl.col("amount") != 0), claims.filter(~sale)])
