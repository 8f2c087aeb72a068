"""Write a plan: all of it in the caller's transaction, set by set, each customer's journal entry with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection

from encaisse.calendar import region_of
from encaisse.journal.append import Line, append_many
from encaisse.ledger import due, settle
from encaisse.ledger.frames import Known
from encaisse.ledger.merge import Plan
from encaisse.ledger.models import Allocation, Import, Invoice, Payment, Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.parties.search import search_text
from encaisse.storage import bulk

SHOWN = 10
"""A customer's journal entry names so many new documents of each kind; the others are counted."""
ALL_SHOWN = 1_000
"""Changed ones are all named, up to what one entry can reasonably hold."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes what, when, from which file."""

    creditor: Creditor
    source: Import
    at: datetime
    actor: str

    def moment(self) -> Any:
        """The instant as the database takes it."""
        return connection.ops.adapt_datetimefield_value(self.at)


def write(plan: Plan, known: Known, stamp: Stamp) -> None:
    """Apply `plan`. Must run in a transaction, right after `plan` was made from `known` in that same transaction."""
    customers = _customers(plan, known, stamp)
    dated = _with_due(plan.new_receivables, customers, stamp.creditor)
    moved = _with_due(plan.changed_receivables, customers, stamp.creditor, keep=True)
    row_ids = _ids(plan.new_receivables, Receivable)
    payment_ids = _ids(plan.new_payments, Payment)
    allocations = _mapped(_mapped(plan.new_allocations, row_ids, "receivable"), payment_ids, "payment")
    rows = _mapped(dated, row_ids, "id").join(customers.select("customer", "customer_id"), on="customer")
    pays = _mapped(plan.new_payments, payment_ids, "id").join(
        customers.select("customer", "customer_id"), on="customer"
    )
    parts = pl.concat([known.allocations.select("receivable", "payment", "amount", "counts_on"),
                       allocations.select("receivable", "payment", "amount", "counts_on")])  # fmt: skip
    _receivables(plan, known, rows, moved, parts, stamp)
    _payments(plan, known, pays, allocations, parts, stamp)
    _allocations(plan, allocations, stamp)
    _journal(plan, known, dated, moved, stamp)


# --- customers ------------------------------------------------------------------------------------------------------


def _customers(plan: Plan, known: Known, stamp: Stamp) -> pl.DataFrame:
    """Insert the new ones; return (customer, customer_id, terms) of all."""
    creditor = stamp.creditor
    fresh = plan.new_customers.sort("customer")
    ids = bulk.take_ids(Customer, fresh.height)
    region = region_of(creditor.country, "")
    common = (creditor.pk, "", Customer.Kind.COMPANY.value, creditor.language, "", "", "", creditor.country, region)
    rows = [
        (number, code, name, *common, "", "", "", "[]", search_text(name, code))
        for number, (code, name) in zip(ids, fresh.select("customer", "name").iter_rows(), strict=True)
    ]
    columns = (
        "id", "code", "name", "creditor_id", "siren", "kind", "language", "address", "postcode", "city", "country",
        "region", "terms", "strategy", "profile", "tags", "search",
    )  # fmt: skip
    bulk.insert(Customer, columns, rows)
    renamed = [
        (name, search_text(name, code, siren), number) for number, code, name, _, siren in plan.renamed.iter_rows()
    ]
    bulk.update(Customer, ["name", "search"], renamed)
    added = fresh.select("customer", customer_id=pl.Series(list(ids), dtype=pl.Int64), terms=pl.lit(""))
    return pl.concat([known.customers.select("customer", pl.col("id").alias("customer_id"), "terms"), added])


def _with_due(rows: pl.DataFrame, customers: pl.DataFrame, creditor: Creditor, *, keep: bool = False) -> pl.DataFrame:
    named = rows.join(customers.select("customer", "terms"), on="customer", how="left", maintain_order="left")
    if not keep:
        return due.dates(named, creditor.default_terms)
    # A changed receivable keeps its due date unless its issue date moved; one that its invoice states stays.
    again = due.dates(named.drop("due_on", "due_from"), creditor.default_terms)
    stays = (pl.col("issued_on") == pl.col("issued_on_before")) | (pl.col("_from") == "invoice")
    before = named.select(_due="due_on", _from="due_from")
    return (
        again.hstack(before)
        .with_columns(
            due_on=pl.when(stays).then(pl.col("_due")).otherwise(pl.col("due_on")),
            due_from=pl.when(stays).then(pl.col("_from")).otherwise(pl.col("due_from")),
        )
        .drop("_due", "_from")
    )


# --- rows -----------------------------------------------------------------------------------------------------------


def _ids(rows: pl.DataFrame, model: type[Receivable] | type[Payment]) -> pl.DataFrame:
    taken = bulk.take_ids(model, rows.height)
    return rows.select(_new="id", _id=pl.Series(list(taken), dtype=pl.Int64))


def _mapped(rows: pl.DataFrame, ids: pl.DataFrame, column: str) -> pl.DataFrame:
    joined = rows.join(ids, left_on=column, right_on="_new", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("_id", column).alias(column)).drop("_id")


def _receivables(
    plan: Plan, known: Known, rows: pl.DataFrame, moved: pl.DataFrame, parts: pl.DataFrame, stamp: Stamp
) -> None:
    rows = rows.with_columns(scope=pl.lit(plan.books.scope))
    invoices = _invoices(plan, known, rows, stamp)
    rows = rows.join(invoices, on=["customer_id", "number"], how="left", maintain_order="left")
    mine = parts.select(id="receivable", amount="amount", counts_on="counts_on")
    rows = rows.join(
        settle.derive(rows.select("id", "amount", start="issued_on"), mine), on="id", maintain_order="left"
    )
    columns = ["id", "customer_id", "invoice", "key", "scope", "number", "currency", "amount", "issued_on", "due_on"]
    columns += ["due_from", "on"]
    names = ["invoice_id" if name == "invoice" else "settled_on" if name == "on" else name for name in columns]
    constant = (stamp.creditor.pk, stamp.moment())
    bulk.insert(Receivable, (*names, "creditor_id", "recorded_at"), (row + constant for row in _rows(rows, columns)))
    changed = ["amount", "issued_on", "due_on", "due_from", "key", "scope"]
    bulk.update(Receivable, changed, _rows(moved, [*changed, "id"]))
    _move_invoices(plan, known, moved)
    touched = set(plan.new_allocations["receivable"]) | set(moved["id"])
    amounts = known.receivables.select("id", "amount", "issued_on", "settled_on").update(
        moved.select("id", "amount", "issued_on"), on="id"
    )
    _settled(amounts, touched, mine, Receivable, "issued_on", "settled_on")


def _settled(
    rows: pl.DataFrame, touched: set[int], parts: pl.DataFrame, model: type[Receivable] | type[Payment],
    start: str, column: str,
) -> None:  # fmt: skip
    old = rows.filter(pl.col("id").is_in([number for number in touched if number > 0]))
    if old.is_empty():
        return
    found = settle.derive(old.select("id", "amount", start=start), parts.join(old, on="id", how="semi"))
    both = old.join(found, on="id").filter(pl.col(column).ne_missing(pl.col("on")))
    bulk.update(model, [column], _rows(both, ["on", "id"]))


def _invoices(plan: Plan, known: Known, rows: pl.DataFrame, stamp: Stamp) -> pl.DataFrame:
    """Insert the invoices of new receivables; return (customer_id, number, invoice). One number, one invoice."""
    standing = known.receivables.filter(pl.col("scope") == plan.books.scope)
    standing = standing.select("customer_id", "number", "invoice").unique(["customer_id", "number"], keep="first")
    groups = rows.group_by("customer_id", "number", maintain_order=True).agg(
        pl.col("issued_on").first(), pl.col("amount").sum(), pl.col("currency").first(), pl.col("label").first(),
        pl.col("opening").all(), pl.col("scope").first(),
    )  # fmt: skip
    fresh = groups.join(standing, on=["customer_id", "number"], how="anti", maintain_order="left")
    grown = groups.join(standing, on=["customer_id", "number"])
    if grown.height:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {bulk.table(Invoice)} SET amount = amount + %s WHERE id = %s",
                grown.select("amount", "invoice").rows(),
            )
    ids = bulk.take_ids(Invoice, fresh.height)
    fresh = fresh.with_columns(invoice=pl.Series(list(ids), dtype=pl.Int64))
    columns = ["invoice", "customer_id", "number", "issued_on", "amount", "currency", "label", "opening", "scope"]
    constant = (stamp.creditor.pk, "", stamp.source.pk)
    bulk.insert(
        Invoice,
        ("id", *columns[1:], "creditor_id", "document", "source_id"),
        (row + constant for row in _rows(fresh, columns)),
    )
    return pl.concat([standing, fresh.select("customer_id", "number", "invoice")])


def _move_invoices(plan: Plan, known: Known, moved: pl.DataFrame) -> None:
    """Let invoices follow their receivables: amount, date, scope, and no longer only from an opening."""
    if moved.is_empty():
        return
    kept = known.receivables.join(moved, on="id", how="anti").select("invoice", "amount")
    sums = pl.concat([kept, moved.select("invoice", "amount")]).group_by("invoice").agg(pl.col("amount").sum())
    taken = known.receivables.join(moved, on="id", how="anti").filter(pl.col("scope") == plan.books.scope)
    first = moved.sort("invoice", "id").unique("invoice", keep="first", maintain_order=True)
    first = first.drop("amount").join(sums, on="invoice", maintain_order="left")
    names = taken.select("customer", "number").unique()
    clash = first.join(names, on=["customer", "number"], how="semi").filter(pl.col("scope") != pl.col("scope_before"))
    bulk.update(Invoice, ["amount", "issued_on"], _rows(first, ["amount", "issued_on", "invoice"]))
    free = first.join(clash, on="id", how="anti")
    bulk.update(Invoice, ["scope", "opening"], _rows(free, ["scope", "opening", "invoice"]))


def _payments(
    plan: Plan, known: Known, pays: pl.DataFrame, allocations: pl.DataFrame, parts: pl.DataFrame, stamp: Stamp
) -> None:
    mine = parts.select(id="payment", amount="amount", counts_on="counts_on")
    pays = pays.join(settle.derive(pays.select("id", "amount", start="paid_on"), mine), on="id", maintain_order="left")
    columns = ["id", "customer_id", "kind", "key", "scope", "opening", "reference", "label", "paid_on", "amount"]
    columns += ["currency", "on"]
    names = ["spent_on" if name == "on" else name for name in columns]
    constant = (stamp.creditor.pk, stamp.moment(), stamp.source.pk)
    bulk.insert(
        Payment,
        (*names, "creditor_id", "recorded_at", "source_id"),
        (row + constant for row in _rows(pays, columns)),
    )
    changed = ["amount", "paid_on", "key", "scope", "opening", "kind", "reference", "label"]
    bulk.update(Payment, changed, _rows(plan.changed_payments, [*changed, "id"]))
    touched = set(plan.new_allocations["payment"]) | set(plan.changed_payments["id"])
    amounts = known.payments.select("id", "amount", "paid_on", "spent_on").update(
        plan.changed_payments.select("id", "amount", "paid_on"), on="id"
    )
    _settled(amounts, touched, mine, Payment, "paid_on", "spent_on")


def _allocations(plan: Plan, allocations: pl.DataFrame, stamp: Stamp) -> None:
    columns = ["receivable", "payment", "amount", "counts_on", "rule"]
    constant = (stamp.creditor.pk, plan.books.scope, stamp.moment())
    bulk.insert(
        Allocation,
        ("receivable_id", "payment_id", "amount", "counts_on", "rule", "creditor_id", "scope", "recorded_at"),
        (row + constant for row in _rows(allocations, columns)),
    )


def _rows(frame: pl.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Rows as the database takes them: dates as ISO text."""
    picked = frame.select(columns)
    dates = [name for name, kind in picked.schema.items() if kind == pl.Date]
    return picked.with_columns(pl.col(dates).dt.to_string("%Y-%m-%d")).rows() if dates else picked.rows()


# --- journal --------------------------------------------------------------------------------------------------------


def _journal(plan: Plan, known: Known, rows: pl.DataFrame, moved: pl.DataFrame, stamp: Stamp) -> None:
    """One entry per customer touched: what is new and what changed, by number, amount (minor units) and day."""
    payloads: dict[str, dict[str, Any]] = {}
    _gather(payloads, rows, "invoices", ("number", "amount", "issued_on", "due_on"), SHOWN)
    _gather(payloads, plan.new_payments, "payments", ("reference", "amount", "paid_on", "kind"), SHOWN)
    before_after = ("amount_before", "issued_on_before", "amount", "issued_on")
    _gather(payloads, moved, "changed", ("number", *before_after), ALL_SHOWN)
    before_after = ("amount_before", "paid_on_before", "amount", "paid_on")
    _gather(payloads, plan.changed_payments, "changed_payments", ("reference", *before_after), ALL_SHOWN)
    _allocated(payloads, plan, known)
    for _, code, name, before, _ in plan.renamed.iter_rows():
        payloads.setdefault(code, {})["name"] = [before, name]
    common = {"import": stamp.source.sha256, "scope": plan.books.scope}
    lines = [Line(code, "ledger_changed", {**payloads[code], **common}) for code in sorted(payloads)]
    append_many(stamp.creditor.pk, lines, at=stamp.at, actor=stamp.actor)


def _gather(
    payloads: dict[str, dict[str, Any]], rows: pl.DataFrame, name: str, columns: Sequence[str], shown: int
) -> None:
    if rows.is_empty():
        return
    item = pl.concat_str([pl.col(column).cast(pl.String) for column in columns], separator=" ")
    groups = rows.group_by("customer", maintain_order=True).agg(items=item.head(shown), count=pl.len())
    for customer, items, count in groups.iter_rows():
        payloads.setdefault(customer, {})[name] = {"count": count, "first": items}


def _allocated(payloads: dict[str, dict[str, Any]], plan: Plan, known: Known) -> None:
    """Count allocations made and undone, with their sums, per customer."""
    if plan.new_allocations.is_empty():
        return
    of_rows = pl.concat([plan.new_receivables.select("id", "customer"), known.receivables.select("id", "customer")])
    joined = plan.new_allocations.join(of_rows, left_on="receivable", right_on="id")
    made, undone = pl.col("amount") > 0, pl.col("amount") < 0
    sums = joined.group_by("customer", maintain_order=True).agg(
        made=made.sum(), made_sum=pl.col("amount").filter(made).sum(),
        undone=undone.sum(), undone_sum=pl.col("amount").filter(undone).sum(),
    )  # fmt: skip
    for customer, count, total, back, back_total in sums.iter_rows():
        payloads.setdefault(customer, {})["allocated"] = [count, total]
        if back:
            payloads[customer]["undone"] = [back, -back_total]
