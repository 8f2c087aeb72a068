"""The dated facts that limitation rests on, read for some customers or for a whole portfolio.

For a portfolio, receivables too young for any warning are passed over by the index on the due date, so that a million
of them cost nothing; what is left is worked on one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import polars as pl
from django.db import models

from encaisse.law.limitation import claim_kinds
from encaisse.law.limitation_rules import claim_kind_of, read_settings
from encaisse.ledger.models import Allocation, Invoice, Payment, RegimeChoice
from encaisse.ledger.models import Receivable as ReceivableRow
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Action, ActionLine, LimitationEvent, Plan, Promise
from encaisse.recovery.regime import with_regime
from encaisse.recovery.rows import NAMES_AT_ONCE, Part, regimes_given
from encaisse.storage import frames
from encaisse.storage.bulk import table

PAID_BY_DEBTOR = (Payment.Kind.PAYMENT, Payment.Kind.DEPOSIT)
"""What the customer does about the debt; a credit note or a correction is the creditor's own act."""
NAMED_NOTHING = "oldest"
"""The rule of an allocation that nobody chose: the payment named no invoice."""
LONG_LIVED = (Customer.Kind.COMPANY, Customer.Kind.SOLE_TRADER, Customer.Kind.PUBLIC)
FRANCE = "FR"
AT_ONCE = NAMES_AT_ONCE
"""Receivables asked for in one query."""
SLACK = timedelta(days=183)
"""Time runs from the end of the service when that came before the due date; it is looked for so long before."""


@dataclass(frozen=True, slots=True)
class Row:
    """An open receivable. `open` in minor units; `performed_on` when a document says it; no regime: nobody chose."""

    receivable: int
    customer: int
    number: str
    currency: str
    open: int
    issued_on: date
    due_on: date
    performed_on: date | None
    regime: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened on a day. `kind` is one of `encaisse.law`; `code` says who knows it, and how."""

    kind: str
    on: date
    until: date | None
    code: str


@dataclass(frozen=True, slots=True)
class Wide:
    """Something told of a whole customer, or of the case in one currency: it concerns what was owed on the day."""

    told: Told
    currency: str

    def concerns(self, row: Row) -> bool:
        """Whether the receivable was owed then."""
        return row.issued_on <= self.told.on and self.currency in ("", row.currency)


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows with what happened to them."""

    rows: tuple[Row, ...]
    single: Mapping[int, Sequence[Told]]
    wide: Mapping[int, Sequence[Wide]]

    def told(self, row: Row) -> list[Told]:
        """What happened to a receivable, by day."""
        everywhere = [one.told for one in self.wide.get(row.customer, ()) if one.concerns(row)]
        return sorted([*self.single.get(row.receivable, ()), *everywhere], key=lambda one: (one.on, one.kind))


def read(
    creditor: Creditor, day: date, *, customer_ids: Sequence[int] | None = None, within: int | None = None
) -> Facts:
    """Read the open receivables of a day with what interrupts or suspends their limitation.

    `customer_ids`: of these customers only. `within`: only those that may end within so many months, found by age.
    """
    part = Part(creditor.pk, day, None if customer_ids is None else tuple(customer_ids))
    rows = _rows(_chosen(creditor, part, within))
    ids = rows["receivable"].to_list()
    allocations = _allocations(ids, day)
    ruled = with_regime(_open(rows, allocations), creditor.country, regimes_given(part))
    single: dict[int, list[Told]] = defaultdict(list)
    wide: dict[int, list[Wide]] = defaultdict(list)
    for receivable, told in (*_payments(allocations), *_notices(ids, day)):
        single[receivable].append(told)
    for customer, only, said in _said(creditor, day, customer_ids):
        if only is None:
            wide[customer].append(said)
        else:
            single[only].append(said.told)
    return Facts(tuple(Row(*values) for values in ruled.select(_FIELDS).iter_rows()), single, wide)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A query for the ids of receivables, with its parameters."""

    sql: str
    params: tuple[Any, ...]


def _chosen(creditor: Creditor, part: Part, within: int | None) -> _Chosen:
    mine, params = part.where("r")
    text = f"SELECT r.id FROM {_t(ReceivableRow)} r WHERE {mine} AND r.issued_on <= %s"
    params.append(part.day)
    if within is not None:
        aged, more = _aged(creditor, part.day, within)
        text, params = text + aged, [*params, *more]
    # Each half by its own index; what is settled later was open on a past day.
    both = f"{text} AND r.settled_on IS NULL UNION ALL {text} AND r.settled_on > %s"
    return _Chosen(both, (*params, *params, part.day))


def _aged(creditor: Creditor, day: date, within: int) -> tuple[str, list[Any]]:
    """The condition that a receivable is old enough: two years for a consumer and where we cannot know, else longer."""
    least, french = shortest_years()
    young, old = (_back(day, 12 * years - within) + SLACK for years in (least, french))
    if creditor.country != FRANCE:
        return " AND r.due_on <= %s", [young]
    marks = ", ".join(["%s"] * len(LONG_LIVED))
    other = (
        f"SELECT k.id FROM {_t(Customer)} k WHERE k.creditor_id = %s AND (k.country <> %s OR k.kind NOT IN ({marks}))"
    )
    condition = (
        f" AND r.due_on <= %s AND (r.due_on <= %s OR r.customer_id IN ({other})"
        f" OR r.id IN (SELECT c.receivable_id FROM {_t(RegimeChoice)} c WHERE c.creditor_id = %s))"
    )
    known = [str(kind) for kind in LONG_LIVED]
    return condition, [young, old, creditor.pk, FRANCE, *known, creditor.pk]


@cache
def shortest_years() -> tuple[int, int]:
    """The shortest life of any claim by its regime, and that of a French business or public body, in years."""
    kinds = claim_kinds()
    everywhere = min(kinds[name].years.value for name in read_settings()["regimes"].values())
    french = [claim_kind_of(regime) for regime in ("fr-b2b", "fr-public")]
    return everywhere, min(kinds[name].years.value for name in french if name)


def _back(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    # The last days of a month are left to SLACK.
    return date(min(max(year, 1), 9998), month + 1, min(day.day, 28))


def _t(model: type[models.Model]) -> str:
    return table(model)


_ROWS: frames.Schema = {
    "receivable": pl.Int64, "customer": pl.Int64, "number": pl.String, "currency": pl.String, "amount": pl.Int64,
    "issued_on": pl.Date, "due_on": pl.Date, "performed_on": pl.Date, "kind": pl.String, "country": pl.String,
}  # fmt: skip
_FIELDS = ["receivable", "customer", "number", "currency", "open", "issued_on", "due_on", "performed_on", "regime"]


def _rows(chosen: _Chosen) -> pl.DataFrame:
    sql = (
        "SELECT r.id, r.customer_id, r.number, r.currency, r.amount, r.issued_on, r.due_on, i.performed_on, k.kind,"
        f" k.country FROM {_t(ReceivableRow)} r JOIN {_t(Invoice)} i ON i.id = r.invoice_id"
        f" JOIN {_t(Customer)} k ON k.id = r.customer_id WHERE r.id IN ({chosen.sql})"
    )
    return frames.read(sql, chosen.params, _ROWS).sort("due_on", "receivable")


def _open(rows: pl.DataFrame, allocations: pl.DataFrame) -> pl.DataFrame:
    """Those of which something is open, with how much."""
    taken = allocations.group_by("receivable").agg(taken=pl.col("amount").sum())
    joined = rows.join(taken, on="receivable", how="left", maintain_order="left")
    return joined.with_columns(open=pl.col("amount") - pl.col("taken").fill_null(0)).filter(pl.col("open") > 0)


_ALLOCATIONS: frames.Schema = {
    "receivable": pl.Int64, "payment": pl.Int64, "amount": pl.Int64, "paid_on": pl.Date, "kind": pl.String,
    "rule": pl.String,
}  # fmt: skip


def _allocations(receivable_ids: Sequence[int], day: date) -> pl.DataFrame:
    sql = (
        "SELECT a.receivable_id, a.payment_id, a.amount, p.paid_on, p.kind, a.rule"
        f" FROM {_t(Allocation)} a JOIN {_t(Payment)} p ON p.id = a.payment_id"
        " WHERE a.receivable_id IN ({marks}) AND a.counts_on <= %s"
    )
    return _of_each(sql, receivable_ids, [day], _ALLOCATIONS)


def _of_each(sql: str, ids: Sequence[int], params: Sequence[Any], schema: frames.Schema) -> pl.DataFrame:
    """Ask a query for so many ids at once, named where it says `{marks}`; `params` come after them."""
    parts = [pl.DataFrame(schema=schema)]
    for start in range(0, len(ids), AT_ONCE):
        bite = ids[start : start + AT_ONCE]
        parts.append(frames.read(sql.replace("{marks}", ", ".join(["%s"] * len(bite))), [*bite, *params], schema))
    return pl.concat(parts)


def _payments(allocations: pl.DataFrame) -> Iterable[tuple[int, Told]]:
    """Part payments, on the day they came; one that was taken back again never was."""
    money = allocations.filter(pl.col("kind").is_in([str(kind) for kind in PAID_BY_DEBTOR]))
    kept = money.group_by("receivable", "payment", maintain_order=True).agg(
        pl.col("amount").sum(), pl.col("paid_on").first(), pl.col("rule").first()
    )
    for receivable, paid_on, rule in (
        kept.filter(pl.col("amount") > 0).select("receivable", "paid_on", "rule").iter_rows()
    ):
        code = "payment_named_nothing" if rule == NAMED_NOTHING else "payment"
        yield receivable, Told("part_payment", paid_on, None, code)


def _notices(receivable_ids: Sequence[int], day: date) -> Iterable[tuple[int, Told]]:
    """Formal notices that left and named the receivable."""
    sql = (
        f"SELECT DISTINCT l.receivable_id, a.sent_on FROM {_t(ActionLine)} l JOIN {_t(Action)} a ON a.id = l.action_id"
        " WHERE l.receivable_id IN ({marks}) AND a.status = 'sent' AND a.sent_on <= %s AND a.template LIKE %s"
    )
    schema: frames.Schema = {"receivable": pl.Int64, "sent_on": pl.Date}
    found = _of_each(sql, receivable_ids, [day, "notice%"], schema)
    for receivable, sent_on in found.iter_rows():
        yield receivable, Told("formal_notice", sent_on, None, "notice")


def _said(creditor: Creditor, day: date, customer_ids: Sequence[int] | None) -> Iterable[tuple[int, int | None, Wide]]:
    """What people recorded: events of limitation, promises, plans; customer and receivable they are about."""
    mine: dict[str, Any] = {"creditor": creditor}
    if customer_ids is not None:
        mine["customer_id__in"] = list(customer_ids)
    events = LimitationEvent.objects.filter(**mine, withdrawn_at=None, happened_on__lte=day)
    for customer, receivable, kind, on, until in events.values_list(
        "customer_id", "receivable_id", "kind", "happened_on", "until_on"
    ):
        yield customer, receivable, Wide(Told(kind, on, until, "recorded"), "")
    # Taken back at once, it ends on the day it began: it was a slip of the pen.
    real = models.Q(ends_on=None) | models.Q(ends_on__gt=models.F("starts_on"))
    promises = Promise.objects.filter(real, **mine, starts_on__lte=day, customer__isnull=False)
    for customer, receivable, currency, on in promises.values_list(
        "customer_id", "receivable_id", "currency", "starts_on"
    ):
        assert customer is not None
        yield customer, receivable, Wide(Told("promise_to_pay", on, None, "promise_by_word"), currency)
    plans = Plan.objects.filter(real, **mine, starts_on__lte=day, customer__isnull=False)
    for customer, receivable, currency, on, signed in plans.values_list(
        "customer_id", "receivable_id", "currency", "starts_on", "acknowledged"
    ):
        assert customer is not None
        code = "plan_signed" if signed else "plan_by_word"
        yield customer, receivable, Wide(Told("schedule_signed", on, None, code), currency)
