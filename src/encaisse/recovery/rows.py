"""The queries behind the facts: each reads one kind of row as a frame, for a creditor or for some of its customers.

Amounts are minor units. Every query takes the day, so any past day can be asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from django.db import connection, models
from django.utils import timezone

from encaisse.ledger.models import Allocation, Payment, Receivable, RegimeChoice
from encaisse.parties.models import Contact, Customer
from encaisse.recovery.models import Action, ActionLine, Case, Suspension
from encaisse.storage import frames
from encaisse.storage.bulk import table


@dataclass(frozen=True, slots=True)
class Part:
    """Which rows are asked for: one creditor, on one day, all customers or some.

    `known_at` asks for what was known at that instant: what was recorded, sent or ended later is left out.
    """

    creditor_id: int
    day: date
    customer_ids: tuple[int, ...] | None = None
    known_at: datetime | None = None

    def where(self, alias: str, column: str = "customer_id") -> tuple[str, list[Any]]:
        """Return the SQL condition and its parameters for a table that has a creditor and a customer column."""
        text, params = f"{alias}.creditor_id = %s", [self.creditor_id]
        if self.customer_ids is not None:
            marks = ", ".join(["%s"] * len(self.customer_ids)) or "NULL"
            text += f" AND {alias}.{column} IN ({marks})"
            params += list(self.customer_ids)
        return text, params

    def known(self, column: str, than: str = "<=") -> tuple[str, list[Any]]:
        """Return the SQL condition that the instant in `column` had come by `known_at`."""
        return ("", []) if self.known_at is None else (f" AND {column} {than} %s", [moment(self.known_at)])

    def issued(self, alias: str) -> tuple[str, list[Any]]:
        """Return the SQL condition that an action had left by the day; what a run itself plans comes after it."""
        known, instants = self.known(f"COALESCE({alias}.sending_at, {alias}.finished_at)", "<")
        return f"{alias}.status IN ('sent', 'uncertain') AND {alias}.sent_on <= %s{known}", [self.day, *instants]

    def open(self, alias: str) -> tuple[str, list[Any]]:
        """Return the SQL condition that a receivable exists and is not settled on the day."""
        if self.known_at is None:
            text = f"{alias}.issued_on <= %s AND ({alias}.settled_on IS NULL OR {alias}.settled_on > %s)"
            return text, [self.day, self.day]
        # Since when it is settled may have been learnt later: look at all of them.
        return f"{alias}.issued_on <= %s AND {alias}.recorded_at <= %s", [self.day, moment(self.known_at)]


SUSPENSIONS = {
    "customer": pl.Int64,
    "currency": pl.String,
    "receivable": pl.Int64,
    "kind": pl.String,
    "amount": pl.Int64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
}
NAMES_AT_ONCE = 10_000
"""Customers asked for in one query: SQLite takes some thirty thousand parameters."""


def _t(model: type[models.Model]) -> str:
    return table(model)


def cases(part: Part) -> pl.DataFrame:
    """Cases with what of the customer matters to the decision."""
    where, params = part.where("c")
    sql = (
        "SELECT c.id, c.customer_id, c.currency, c.overdue, c.oldest_due_on, c.verdict_step, c.verdict_reason,"
        " c.verdict_next_on, k.kind, k.region, k.country, k.strategy, k.profile,"
        " CAST(k.tags AS TEXT), CASE WHEN k.address <> '' AND k.city <> '' THEN 1 ELSE 0 END"
        f" FROM {_t(Case)} c JOIN {_t(Customer)} k ON k.id = c.customer_id WHERE {where}"
    )
    return frames.read(
        sql,
        params,
        {
            "case": pl.Int64,
            "customer": pl.Int64,
            "currency": pl.String,
            "kept_overdue": pl.Int64,
            "kept_oldest": pl.Date,
            "kept_step": pl.String,
            "kept_reason": pl.String,
            "kept_next": pl.Date,
            "kind": pl.String,
            "region": pl.String,
            "country": pl.String,
            "own_strategy": pl.String,
            "profile": pl.String,
            "tags": pl.String,
            "has_address": pl.Int64,
        },
    )


def names(creditor_id: int, customer_ids: Sequence[int]) -> pl.DataFrame:
    """Codes and names of some customers."""
    schema = {"customer": pl.Int64, "code": pl.String, "name": pl.String}
    parts = [pl.DataFrame(schema=schema)]
    for start in range(0, len(customer_ids), NAMES_AT_ONCE):
        bite = list(customer_ids[start : start + NAMES_AT_ONCE])
        marks = ", ".join(["%s"] * len(bite))
        sql = f"SELECT id, code, name FROM {_t(Customer)} WHERE creditor_id = %s AND id IN ({marks})"
        parts.append(frames.read(sql, [creditor_id, *bite], schema))
    return pl.concat(parts)


def receivables(part: Part, currencies: Sequence[str]) -> pl.DataFrame:
    """Receivables in these currencies that exist on the day and were not settled by then."""
    columns = {
        "receivable": pl.Int64,
        "customer": pl.Int64,
        "amount": pl.Int64,
        "issued_on": pl.Date,
        "due_on": pl.Date,
    }
    where, params = part.where("r")
    is_open, days = part.open("r")
    sql = f"SELECT r.id, r.customer_id, r.amount, r.issued_on, r.due_on FROM {_t(Receivable)} r"
    sql += f" WHERE {where} AND {is_open} AND r.currency = %s"
    # One read per currency: nearly everybody has one, and a million times "EUR" is a text too many.
    parts = [
        frames.read(sql, [*params, *days, currency], columns).with_columns(currency=pl.lit(currency))
        for currency in currencies
    ]
    if len(parts) == 1:
        return parts[0]
    return pl.concat(parts or [pl.DataFrame(schema={**columns, "currency": pl.String})])


def instalments(part: Part) -> pl.DataFrame:
    """Receivables late on the day with their invoice, which may have several."""
    where, params = part.where("r")
    is_open, days = part.open("r")
    late = f"SELECT r.id, r.invoice_id FROM {_t(Receivable)} r WHERE {where} AND r.due_on < %s"
    params = [*params, part.day]
    sql, values = f"{late} AND {is_open}", [*params, *days]
    if part.known_at is None:
        # Asked one after the other, each finds its few rows by an index; asked at once, all rows are looked at.
        sql = f"{late} AND r.settled_on IS NULL UNION ALL {late} AND r.settled_on > %s"
        values = [*params, *params, part.day]
    return frames.read(sql, values, {"receivable": pl.Int64, "invoice": pl.Int64})


def regimes_given(part: Part) -> pl.DataFrame:
    """The last regime that a person gave each receivable; empty: given back to the program. There are few."""
    known, instants = part.known("g.recorded_at")
    text, params = "g.creditor_id = %s", [part.creditor_id]
    source = f"{_t(RegimeChoice)} g"
    if part.customer_ids is not None:
        where, params = part.where("r")
        text, source = where, f"{source} JOIN {_t(Receivable)} r ON r.id = g.receivable_id"
    sql = f"SELECT g.receivable_id, g.regime FROM {source} WHERE {text}{known} ORDER BY g.id"
    found = frames.read(sql, [*params, *instants], {"receivable": pl.Int64, "regime": pl.String})
    return found.unique("receivable", keep="last") if len(found) else found


def allocations(part: Part) -> pl.DataFrame:
    """Allocations that count by the day, of receivables not settled by then."""
    where, params = part.where("r")
    is_open, days = part.open("r")
    known, instants = part.known("a.recorded_at")
    sql = (
        "SELECT a.receivable_id, a.amount, a.counts_on, p.kind"
        f" FROM {_t(Allocation)} a JOIN {_t(Receivable)} r ON r.id = a.receivable_id"
        f" JOIN {_t(Payment)} p ON p.id = a.payment_id"
        f" WHERE {where} AND {is_open} AND a.counts_on <= %s{known}"
    )
    return frames.read(
        sql,
        [*params, *days, part.day, *instants],
        {"receivable": pl.Int64, "amount": pl.Int64, "counts_on": pl.Date, "kind": pl.String},
    )


def credits(part: Part) -> pl.DataFrame:
    """What is unallocated per customer and currency: payments and credit notes received less their allocations."""
    where, params = part.where("p")
    allocated, first = part.known("a.recorded_at")
    known, second = part.known("p.recorded_at")
    unspent = " AND (p.spent_on IS NULL OR p.spent_on > %s)" if part.known_at is None else ""
    sql = (
        "SELECT x.customer_id, x.currency, CAST(SUM(x.free) AS BIGINT) FROM ("
        "SELECT p.customer_id, p.currency, p.amount - CAST(COALESCE(("
        f"SELECT SUM(a.amount) FROM {_t(Allocation)} a WHERE a.payment_id = p.id AND a.counts_on <= %s{allocated}), 0)"
        " AS BIGINT) AS free"
        f" FROM {_t(Payment)} p WHERE {where} AND p.paid_on <= %s{known}{unspent}"
        ") x GROUP BY x.customer_id, x.currency"
    )
    return frames.read(
        sql,
        [part.day, *first, *params, part.day, *second, *([part.day] if unspent else [])],
        {"customer": pl.Int64, "currency": pl.String, "credit": pl.Int64},
    )


def suspensions(part: Part) -> pl.DataFrame:
    """Suspensions that have begun by the day, at whatever level they were given."""
    text, params = "s.creditor_id = %s AND s.starts_on <= %s", [part.creditor_id, part.day]
    if part.customer_ids is not None:
        marks = ", ".join(["%s"] * len(part.customer_ids)) or "NULL"
        text += f" AND (s.customer_id IS NULL OR s.customer_id IN ({marks}))"
        params += list(part.customer_ids)
    known, instants = part.known("s.recorded_at")
    # One that a person ended later was still running then.
    ended, later = part.known("s.ended_at", ">")
    ends_on = f"CASE WHEN {ended.removeprefix(' AND ')} THEN NULL ELSE s.ends_on END" if ended else "s.ends_on"
    sql = (
        f"SELECT s.customer_id, s.currency, s.receivable_id, s.kind, s.amount, s.starts_on, {ends_on}"
        f" FROM {_t(Suspension)} s WHERE {text}{known}"
    )
    return frames.read(
        sql,
        [*later, *params, *instants],
        SUSPENSIONS,
    )


def reach(part: Part) -> pl.DataFrame:
    """Customers' addresses that work: whether any e-mail and any phone number was not refused by the day."""
    where, params = part.where("k")
    # Of a failure only its day is kept; asked what was known when the day's run began, it had not happened yet.
    than = ">" if part.known_at is None else ">="
    works = (
        f"MAX(CASE WHEN k.{one} <> '' AND (k.{one}_failed_on IS NULL OR k.{one}_failed_on {than} %s) THEN 1 ELSE 0 END)"
        for one in ("email", "phone")
    )
    sql = f"SELECT k.customer_id, {', '.join(works)} FROM {_t(Contact)} k WHERE {where} GROUP BY k.customer_id"
    return frames.read(sql, [part.day, part.day, *params], {"customer": pl.Int64, "email": pl.Int64, "phone": pl.Int64})


def contacts_made(part: Part) -> pl.DataFrame:
    """Actions that count as contacts by the day."""
    where, params = part.where("a")
    issued, more = part.issued("a")
    sql = (
        "SELECT a.case_id, a.sent_on, a.step, a.step_days, a.courtesy, a.template"
        f" FROM {_t(Action)} a WHERE {where} AND {issued}"
    )
    return frames.read(
        sql,
        [*params, *more],
        {
            "case": pl.Int64,
            "sent_on": pl.Date,
            "step": pl.String,
            "step_days": pl.Int32,
            "courtesy": pl.Boolean,
            "template": pl.String,
        },
    )


def lines_issued(part: Part) -> pl.DataFrame:
    """What each issued action counts as for each receivable it listed and that is still open."""
    where, params = part.where("r")
    is_open, days = part.open("r")
    issued, more = part.issued("a")
    sql = (
        "SELECT l.receivable_id, a.sent_on, a.step, l.stage_days, a.courtesy, a.template"
        f" FROM {_t(ActionLine)} l JOIN {_t(Action)} a ON a.id = l.action_id"
        f" JOIN {_t(Receivable)} r ON r.id = l.receivable_id"
        f" WHERE {where} AND {is_open} AND {issued}"
    )
    return frames.read(
        sql,
        [*params, *days, *more],
        {
            "receivable": pl.Int64,
            "sent_on": pl.Date,
            "step": pl.String,
            "stage_days": pl.Int32,
            "courtesy": pl.Boolean,
            "template": pl.String,
        },
    )


def awaiting(part: Part, *, but_waiting: bool = False) -> pl.DataFrame:
    """Cases with an action under way on the day; `but_waiting` leaves out those not yet being sent."""
    where, params = part.where("a")
    midnight = timezone.make_aware(datetime.combine(part.day + timedelta(days=1), datetime.min.time()))
    known, more = part.known("a.planned_at", "<")
    text, more = f"a.status IN ('sending', 'uncertain'){known}", list(more)
    if not but_waiting:
        text = f"(a.status IN ('planned', 'approved', 'sending', 'uncertain') OR a.finished_at >= %s){known}"
        more = [moment(part.known_at or midnight), *more]
    sql = f"SELECT DISTINCT a.case_id FROM {_t(Action)} a WHERE {where} AND a.day <= %s AND {text}"
    return frames.read(sql, [*params, part.day, *more], {"case": pl.Int64})


def moment(value: datetime) -> Any:
    """Return an instant as the database compares it (SQLite keeps UTC text)."""
    return connection.ops.adapt_datetimefield_value(value) if connection.vendor == "sqlite" else value
