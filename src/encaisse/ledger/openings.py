"""Make what earlier books leave open and what these books open with agree, by dated corrections.

Three cases. A line carried over with another amount than the ledger shows (or not carried over at all): a correction
of the difference, on the opening day. A line carried over whole, beside the credit that already paid it here: that
allocation is taken back on the opening day, these books will say it again. One sum per customer without detail:
nothing when it equals what the ledger shows, else one line for the difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from encaisse.exchange.fec_matching import Side, match
from encaisse.ledger.frames import WANTED, Told
from encaisse.ledger.identify import CORRECTION

Row = dict[str, Any]


@dataclass(slots=True)
class Correction:
    """A credit (below zero: a debit) that the ledger writes so that its balance is that of the books."""

    customer: str
    key: str
    amount: int
    on: date
    currency: str
    receivable: int | None
    why: str
    number: str


@dataclass(slots=True)
class Adjusted:
    """What an opening asks for beside what the file says."""

    corrections: list[Correction] = field(default_factory=list)
    reopened: list[tuple[int, int, int, date, str]] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)

    def wanted(self) -> pl.DataFrame:
        """The allocations taken back, as wanted allocations."""
        return pl.DataFrame(self.reopened, schema=WANTED, orient="row")


def carried(
    told: Told, debits: pl.DataFrame, credits: pl.DataFrame, before: pl.DataFrame, on: date, spared: set[str]
) -> Adjusted:
    """Compare rows of earlier books with the opening lines they were found in.

    `debits`, `credits`: rows of earlier books with `left` (what those leave) and `told` (the opening line's amount,
    null when there is none). `before`: allocations of earlier books. `spared`: customers whose opening has no detail.
    """
    out = Adjusted()
    detailed = told.receivables["opening"].any() or told.payments["opening"].any()
    if not detailed:
        return out
    owed = [row for row in _differing(debits, told.complete) if row["customer"] not in spared]
    held = [row for row in _differing(credits, told.complete) if row["customer"] not in spared]
    _reopen(owed, held, before, on, out)
    for row in owed:
        if row["left"] != row["told"]:
            amount = row["left"] - row["told"]
            key = f"{CORRECTION}{row['scope']}|{row['key']}"
            out.corrections.append(
                Correction(row["customer"], key, amount, on, row["currency"], row["id"], "opening", row["number"])
            )
    for row in held:
        # Only credit that earlier books show too much of: more credit than known comes with the file's own lines.
        if row["left"] > row["told"]:
            key = f"{CORRECTION}credit|{row['key']}"[:240]
            amount = row["told"] - row["left"]
            out.corrections.append(
                Correction(row["customer"], key, amount, on, row["currency"], None, "opening", row["reference"])
            )
    return out


def _differing(rows: pl.DataFrame, complete: bool) -> list[Row]:
    # When lines were set aside, one that is missing may be among them: it is left as it is.
    told = pl.col("told") if not complete else pl.col("told").fill_null(0)
    return rows.with_columns(told=told).filter(pl.col("left") != pl.col("told")).to_dicts()


def _reopen(owed: list[Row], held: list[Row], before: pl.DataFrame, on: date, out: Adjusted) -> None:
    short = {row["id"]: row for row in owed if row["told"] > row["left"]}
    over = {row["id"]: row for row in held if row["told"] > row["left"]}
    if not short or not over:
        return
    pairs = before.filter(pl.col("receivable").is_in(list(short)) & pl.col("payment").is_in(list(over)))
    sums = pairs.group_by("receivable", "payment", maintain_order=True).agg(pl.col("amount").sum())
    for receivable, payment, amount in sums.iter_rows():
        debit, credit = short[receivable], over[payment]
        back = min(amount, debit["told"] - debit["left"], credit["told"] - credit["left"])
        if back > 0:
            debit["left"] += back
            credit["left"] += back
            out.reopened.append((receivable, payment, -back, on, "reopened"))


# --- sums without detail --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Unfolded:
    """A file whose opening sums were replaced by what the ledger knows in detail."""

    told: Told
    wanted: pl.DataFrame
    spared: set[str]
    corrections: list[Correction]
    notes: list[Row]


def unfold(told: Told, debits: pl.DataFrame, credits: pl.DataFrame) -> Unfolded:
    """Put the detail of earlier books in the place of opening sums, customer by customer.

    `debits`, `credits`: rows of earlier books with `left` that no opening line of the file speaks of.
    """
    lumps = told.receivables.filter(pl.col("lump"))
    lump_credits = told.payments.filter(pl.col("lump"))
    known = _balances(debits, credits)
    coded = set(lumps["customer"]) | set(lump_credits["customer"])
    spared = {customer for customer in coded if customer in known}
    out = Unfolded(told, pl.DataFrame(schema=WANTED), spared, [], [])
    collective = _collective(lumps, lump_credits, coded - spared, known)
    if collective:
        spared |= collective | set(known)
    if not spared:
        return out
    for customer in sorted(spared & coded):
        _unfold_one(customer, known.get(customer, 0), customer in collective, debits, credits, out)
    return out


def _balances(debits: pl.DataFrame, credits: pl.DataFrame) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for frame, sign in ((debits, 1), (credits, -1)):
        alive = frame.filter(pl.col("left") != 0)
        for customer, left in alive.select("customer", "left").iter_rows():
            sums[customer] += sign * left
    return dict(sums)


def _collective(
    lumps: pl.DataFrame, lump_credits: pl.DataFrame, strangers: set[str], known: dict[str, int]
) -> set[str]:
    """Sums on accounts the ledger does not know, when together they are what its customers owe: nothing new."""
    here = pl.col("customer").is_in(list(strangers))
    total = int(lumps.filter(here)["amount"].sum()) - int(lump_credits.filter(here)["amount"].sum())
    return strangers if strangers and total and total == sum(known.values()) else set()


def _unfold_one(
    customer: str, known: int, collective: bool, debits: pl.DataFrame, credits: pl.DataFrame, out: Unfolded
) -> None:
    told, here = out.told, pl.col("customer") == customer
    lumps = told.receivables.filter(here & pl.col("lump"))
    lump_credits = told.payments.filter(here & pl.col("lump"))
    total = int(lumps["amount"].sum()) - int(lump_credits["amount"].sum())
    rest = 0 if collective else total - known
    keep = int(lumps["rec"][0]) if rest > 0 and lumps.height else None
    receivables = told.receivables.filter(~(here & pl.col("lump")) | (pl.col("rec") == (-1 if keep is None else keep)))
    if keep is not None:
        receivables = receivables.with_columns(
            amount=pl.when(pl.col("rec") == keep).then(pl.lit(rest)).otherwise(pl.col("amount"))
        )
    dropped, dropped_credits = set(lumps["rec"]), set(lump_credits["pay"])
    touches = pl.col("rec").is_in(list(dropped)) | pl.col("pay").is_in(list(dropped_credits))
    freed = told.allocations.filter(touches)
    out.told = Told(
        told.first_day, told.last_day, told.complete, told.customers, receivables,
        told.payments.filter(~pl.col("pay").is_in(list(dropped_credits))), told.allocations.filter(~touches),
    )  # fmt: skip
    links = _relinked(customer, freed, dropped_credits, debits, credits, out.told, keep, rest)
    out.wanted = pl.concat([out.wanted, pl.DataFrame(links, schema=WANTED, orient="row")])
    if rest and keep is None:
        key = f"{CORRECTION}opening sum"
        currency = (lumps["currency"].to_list() + lump_credits["currency"].to_list())[0]
        out.corrections.append(Correction(customer, key, -rest, told.first_day, currency, None, "opening_sum", ""))
    code = "opening_sum_known" if not rest else "opening_sum_differs"
    out.notes.append({"code": code, "customer": customer, "told": total, "known": total - rest})


def _relinked(
    customer: str, freed: pl.DataFrame, dropped_credits: set[int], debits: pl.DataFrame, credits: pl.DataFrame,
    told: Told, keep: int | None, rest: int,
) -> list[tuple[int, int, int, date, str]]:  # fmt: skip
    """What the file paid off the sum pays what the ledger has in its place: by number, by amount, the oldest first."""
    here = pl.col("customer") == customer
    open_rows = debits.filter(here & (pl.col("left") > 0)).sort("issued_on", "id").to_dicts()
    sides = [_debit(row["id"], row["left"], row["issued_on"], row["number"]) for row in open_rows]
    if keep is not None:
        sides.append(_debit(-1 - keep, rest, told.first_day, ""))
    paid = freed.filter(~pl.col("pay").is_in(list(dropped_credits))).group_by("pay").agg(pl.col("amount").sum())
    rows = told.payments.join(paid.rename({"amount": "freed"}), on="pay").sort("paid_on", "pay").to_dicts()
    paying = [_credit(-1 - row["pay"], row["freed"], row["paid_on"], row["reference"], row["label"]) for row in rows]
    links = _links(sides, paying)
    # What the file took from a carried-over credit comes from the credits the ledger has in its place.
    taken = freed.filter(
        pl.col("pay").is_in(list(dropped_credits)) & pl.col("rec").is_in(told.receivables["rec"].to_list())
    )
    owing = told.receivables.join(taken.group_by("rec").agg(freed=pl.col("amount").sum()), on="rec").to_dicts()
    held = credits.filter(here & (pl.col("left") > 0)).sort("paid_on", "id").to_dicts()
    links += _links(
        [_debit(-1 - row["rec"], row["freed"], row["issued_on"], row["number"]) for row in owing],
        [_credit(row["id"], row["left"], row["paid_on"], row["reference"], row["label"]) for row in held],
    )
    return links


def settled_by_name(debits: pl.DataFrame, credits: pl.DataFrame) -> list[tuple[int, int, int, date, str]]:
    """Pay receivables of earlier books with credits of books without any opening: by number or exact amount only.

    `debits`: id, customer, number, issued_on, left. `credits`: id, customer, reference, label, paid_on, left.
    """
    both = set(debits["customer"]) & set(credits["customer"])
    links: list[tuple[int, int, int, date, str]] = []
    owed, held = _by_customer(debits, both, "issued_on"), _by_customer(credits, both, "paid_on")
    for customer in sorted(both):
        links += _links(
            [_debit(r["id"], r["left"], r["issued_on"], r["number"], lump=False) for r in owed[customer]],
            [_credit(r["id"], r["left"], r["paid_on"], r["reference"], r["label"]) for r in held[customer]],
        )
    return links


def _by_customer(frame: pl.DataFrame, customers: Iterable[str], order: str) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in frame.filter(pl.col("customer").is_in(list(customers))).sort(order, "id").iter_rows(named=True):
        rows[row["customer"]].append(row)
    return rows


def _debit(place: int, amount: int, on: date, number: str, *, lump: bool = True) -> Side:
    return Side(place, "411", "invoice", on, amount, number, "", "", None, 0, lump=lump)


def _credit(place: int, amount: int, on: date, reference: str, label: str) -> Side:
    return Side(place, "411", "payment", on, amount, reference, label, "", None, 0)


def _links(debits: list[Side], credits: list[Side]) -> list[tuple[int, int, int, date, str]]:
    if not debits or not credits:
        return []
    found = match(debits, credits, lettered=True)
    return [(link.debit.place, link.credit.place, link.amount, link.on, link.by) for link in found.links]
