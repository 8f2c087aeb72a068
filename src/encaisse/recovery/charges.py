"""What lateness still costs a customer who has paid: interest and fixed sums of receivables that were settled late.

Paying the principal late does not pay for the lateness (C. com. L441-10, D441-5). What is found here is a right of the
creditor, who may use it or leave it: no message asks for it by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import polars as pl

from encaisse.law.limitation import claim_kind_of, claim_kinds, limitation
from encaisse.ledger.models import Allocation, Invoice, Payment, Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.parties.own_rates import rates_of
from encaisse.pooled import pooled
from encaisse.recovery import regime, rows
from encaisse.recovery.accrual import LATE, Ground, charged
from encaisse.recovery.models import Action, ActionLine
from encaisse.recovery.rows import Part
from encaisse.storage import frames
from encaisse.storage.bulk import table

_CASE = 0
"""Every row is of one customer: the country and the kind are the same for all."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What is still owed for one receivable that was paid late; amounts in minor units of `currency`.

    `claim_until`: the last day on which it can surely be brought to court, None when no limitation is known here.
    `confidence`: the least sure of the regime and its rates (`sure`, `own`, `probable`, `to-verify`).
    """

    receivable: int
    number: str
    currency: str
    amount: int
    due_on: date
    settled_on: date
    regime: str
    interest: int
    indemnity: int
    rate_unknown: bool
    claim_until: date | None
    confidence: str

    @property
    def days_late(self) -> int:
        """Days from the due date to the day on which nothing was left."""
        return (self.settled_on - self.due_on).days

    @property
    def total(self) -> int:
        """Interest and fixed sum together."""
        return self.interest + self.indemnity


def charges(creditor: Creditor, customer: Customer, day: date) -> list[Charge]:
    """What a customer still owes on `day` for receivables settled late and not limited, by due date.

    Each receivable once, and each fixed sum once per invoice: where another part of the invoice is late and open, that
    one carries it. Where a person has to choose the regime, nothing is counted.
    """
    part = Part(creditor.pk, day, (customer.pk,))
    found = _late(part)
    if found.is_empty():
        return []
    ground = _ground(part, creditor, customer, found)
    with rates_of(creditor):
        owed = pooled(lambda: _owed(day, found, ground), len(found))
        made = (_charge(row, day) for row in owed.iter_rows(named=True))
        return [one for one in made if one.claim_until is None or one.claim_until >= day]


def _owed(day: date, found: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    ruled = regime.with_regime(
        found.select("receivable", country=pl.lit(ground.cases["country"][0]), kind=pl.lit(ground.cases["kind"][0])),
        ground.home,
        ground.given,
    ).select("receivable", "regime")
    owed = charged(day, found.select(LATE), ground).filter(pl.col("interest") + pl.col("indemnity") > 0)
    settled = found.filter("settled").join(owed, on="receivable", maintain_order="left")
    return settled.join(ruled, on="receivable", maintain_order="left")


def _late(part: Part) -> pl.DataFrame:
    """Receivables settled late by the day, and the late ones still open that share an invoice with one of them.

    What was settled on its due date or before was on time.
    """
    where, params = part.where("r")
    sql = (
        "SELECT r.id, r.invoice_id, r.number, r.amount, r.currency, r.issued_on, r.due_on, r.settled_on, i.performed_on"
        f" FROM {table(Receivable)} r JOIN {table(Invoice)} i ON i.id = r.invoice_id"
        f" WHERE {where} AND r.due_on < %s AND r.due_on >= %s"
        " AND (r.settled_on IS NULL OR r.settled_on > r.due_on) ORDER BY r.due_on, r.id"
    )
    day, since = part.day, part.day.replace(year=part.day.year - longest_years() - 1, day=1)
    schema = {
        "receivable": pl.Int64,
        "invoice": pl.Int64,
        "number": pl.String,
        "amount": pl.Int64,
        "currency": pl.String,
        "issued_on": pl.Date,
        "due_on": pl.Date,
        "settled_on": pl.Date,
        "performed_on": pl.Date,
    }
    found = frames.read(sql, [*params, day, since], schema).with_columns(
        case=pl.lit(_CASE, pl.Int64), settled=(pl.col("settled_on") <= day).fill_null(value=False)
    )
    return found.filter(pl.col("settled").any().over("invoice"))


def _ground(part: Part, creditor: Creditor, customer: Customer, found: pl.DataFrame) -> Ground:
    places = found.select("receivable", "invoice", "settled")
    cases = pl.DataFrame({"case": [_CASE], "kind": [customer.kind], "country": [customer.country]})
    return Ground(
        creditor.country, _allocations(part), cases, _notices(part), rows.regimes_given(part), instalments=places
    )


def _allocations(part: Part) -> pl.DataFrame:
    where, params = part.where("r")
    sql = (
        "SELECT a.receivable_id, a.amount, a.counts_on, p.kind"
        f" FROM {table(Allocation)} a JOIN {table(Receivable)} r ON r.id = a.receivable_id"
        f" JOIN {table(Payment)} p ON p.id = a.payment_id WHERE {where} AND a.counts_on <= %s"
    )
    schema = {"receivable": pl.Int64, "amount": pl.Int64, "counts_on": pl.Date, "kind": pl.String}
    return frames.read(sql, [*params, part.day], schema)


def _notices(part: Part) -> pl.DataFrame:
    where, params = part.where("r")
    issued, more = part.issued("a")
    sql = (
        f"SELECT l.receivable_id, a.sent_on, a.template FROM {table(ActionLine)} l"
        f" JOIN {table(Action)} a ON a.id = l.action_id JOIN {table(Receivable)} r ON r.id = l.receivable_id"
        f" WHERE {where} AND {issued}"
    )
    return frames.read(sql, [*params, *more], {"receivable": pl.Int64, "sent_on": pl.Date, "template": pl.String})


def _charge(row: dict[str, object], day: date) -> Charge:
    code, due_on, performed_on, settled_on = (row[name] for name in ("regime", "due_on", "performed_on", "settled_on"))
    assert isinstance(code, str)
    assert isinstance(due_on, date)
    assert isinstance(settled_on, date)
    assert performed_on is None or isinstance(performed_on, date)
    kept = {name: row[name] for name in Charge.__dataclass_fields__ if name in row}
    return Charge(
        **kept,  # type: ignore[arg-type]
        claim_until=_claim_until(code, due_on, performed_on, day),
        confidence=regime.confidence(code, due_on, settled_on),
    )


@lru_cache(maxsize=4096)
def _claim_until(code: str, due_on: date, performed_on: date | None, day: date) -> date | None:
    """The last day for what lateness costs: the prudent reading gives it the life of its principal, uninterrupted."""
    kind = claim_kind_of(code)
    return None if kind is None else limitation(kind, due_on=due_on, performed_on=performed_on, on=day).deadline


@lru_cache(maxsize=1)
def longest_years() -> int:
    """The longest life of any claim that is known here, in years."""
    return max(int(kind.years.value) for kind in claim_kinds().values())
