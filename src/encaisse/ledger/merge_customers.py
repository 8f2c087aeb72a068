"""Make one customer of two that are one, and two again.

The twin stays as a row that says who stands for it, so that books which name it later are read as naming the other
(`standing`). Its documents move over under keys that bear its mark: whatever it brings, before or after the merge, is
known as its own, and goes back with it when the merge is undone. Rows of other rooms follow by `merged` and `parted`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.db.models import F, Sum, Value
from django.db.models.functions import Concat, Length, Substr
from django.dispatch import Signal

from encaisse.journal.append import append
from encaisse.journal.models import Entry
from encaisse.ledger.frames import Told
from encaisse.ledger.models import Invoice, Match, PayerLink, Payment, Receivable
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.parties.search import search_text
from encaisse.storage import bulk

merged = Signal()
"""Sent in the transaction of a merge: `creditor`, `keep`, `twin`; a receiver returns the ids it moved by table."""
parted = Signal()
"""Sent in the transaction of an undoing: `creditor`, `keep`, `twin`, `moved` (what the receivers of `merged` said)."""

FILLED = ("siren", "address", "postcode", "city", "terms", "strategy")
"""What the one that stays takes from its twin where it says nothing itself."""
KEY_LENGTHS: dict[Any, int] = {Receivable: 140, Payment: 240}
_OTHERS: dict[str, Any] = {"matches": Match, "payer_links": PayerLink}


class NotMerged(ValueError):
    """The two cannot be made one, or one two; `code` says why: see `NotMerged.CODES`."""

    CODES = ("same_customer", "merged_already", "stands_for_others", "other_siren", "same_number", "not_merged")

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would move. `open` in minor units, by currency; `fills`: what the one that stays would learn."""

    keep: Customer
    twin: Customer
    invoices: int
    payments: int
    contacts: int
    open: Mapping[str, int] = field(default_factory=dict)
    fills: Mapping[str, str] = field(default_factory=dict)
    other_siren: bool = False


def mark(customer_id: int) -> str:
    """What stands at the end of the key of each row that came from a twin."""
    return f"~{customer_id:x}"


def preview(creditor: Creditor, keep: Customer, twin: Customer) -> Preview:
    """Say what merging `twin` into `keep` would move. Raises NotMerged when it cannot be, but for another SIREN."""
    _check(creditor, keep, twin, sure=True)
    mine: dict[str, Any] = {"creditor": creditor, "customer": twin}
    rows = Receivable.objects.filter(**mine, settled_on__isnull=True)
    sums = {one["currency"]: one["total"] for one in rows.values("currency").annotate(total=Sum("amount"))}
    taken = rows.filter(allocations__isnull=False).values("currency").annotate(total=Sum("allocations__amount"))
    for one in taken:
        sums[one["currency"]] -= one["total"]
    return Preview(
        keep, twin, Invoice.objects.filter(**mine).count(), Payment.objects.filter(**mine).count(),
        Contact.objects.filter(**mine).count(), sums, _fills(keep, twin), _other_siren(keep, twin),
    )  # fmt: skip


def merge(
    creditor: Creditor, keep: Customer, twin: Customer, *, at: datetime, actor: str, sure: bool = False, why: str = ""
) -> None:
    """Let `keep` stand for `twin`: its documents, contacts and records move over. Raises NotMerged.

    `sure`: also when both have a SIREN and they differ.
    """
    with transaction.atomic():
        bulk.lock(f"books:{creditor.pk}")
        _check(creditor, keep, twin, sure=sure)
        fills = _fills(keep, twin)
        _move(creditor, twin, keep, mark(twin.pk))
        moved: dict[str, Any] = {"contacts": _move_contacts(creditor, twin, keep)}
        for name, model in _OTHERS.items():
            rows = model.objects.filter(creditor=creditor, customer=twin)
            moved[name] = list(rows.values_list("pk", flat=True))
            rows.update(customer=keep)
        for _receiver, found in merged.send(sender=Customer, creditor=creditor, keep=keep, twin=twin):
            moved.update(found or {})  # type: ignore[arg-type] # what the receivers of this signal return
        for name, value in fills.items():
            setattr(keep, name, value)
        if fills:
            keep.search = search_text(keep.name, keep.code, keep.siren)
            keep.save(update_fields=[*fills, "search"])
        twin.merged_into = keep
        twin.save(update_fields=["merged_into"])
        # The journal cannot forget: of what was filled in it names the fields only.
        payload = {"from": twin.code, "into": keep.code, "why": why, "moved": moved, "filled": sorted(fills)}
        for chain in (keep.code, twin.code):
            append(creditor.pk, chain, "customers_merged", payload, at=at, actor=actor)


def undo(creditor: Creditor, twin: Customer, *, at: datetime, actor: str) -> Customer:
    """Make `twin` a customer of its own again, with all that came under its name; return who stood for it.

    Raises NotMerged.
    """
    with transaction.atomic():
        bulk.lock(f"books:{creditor.pk}")
        twin = Customer.objects.select_for_update().get(creditor=creditor, pk=twin.pk)
        keep = twin.merged_into
        if keep is None:
            raise NotMerged("not_merged", twin.code)
        told = _told_of(creditor, twin)
        _move_back(creditor, keep, twin)
        moved = told.get("moved", {})
        contacts = Contact.objects.filter(creditor=creditor, customer=keep, pk__in=moved.get("contacts", []))
        for place, contact in enumerate(contacts.order_by("position")):
            contact.customer, contact.position = twin, place
            contact.save(update_fields=["customer", "position"])
        for name, model in _OTHERS.items():
            model.objects.filter(creditor=creditor, customer=keep, pk__in=moved.get(name, [])).update(customer=twin)
        parted.send(sender=Customer, creditor=creditor, keep=keep, twin=twin, moved=moved)
        blank = [name for name in told.get("filled", []) if getattr(keep, name) == getattr(twin, name)]
        for name in blank:
            setattr(keep, name, "")
        keep.search = search_text(keep.name, keep.code, keep.siren)
        keep.save(update_fields=[*blank, "search"])
        twin.merged_into = None
        twin.save(update_fields=["merged_into"])
        payload = {"from": twin.code, "into": keep.code}
        for chain in (keep.code, twin.code):
            append(creditor.pk, chain, "customers_parted", payload, at=at, actor=actor)
    return keep


def standing(creditor_id: int) -> dict[str, tuple[str, int]]:
    """Code of each merged customer: the code of who stands for it, and its own id."""
    rows = Customer.objects.filter(creditor_id=creditor_id, merged_into__isnull=False)
    return {code: (stands, pk) for code, stands, pk in rows.values_list("code", "merged_into__code", "pk")}


def translated(told: Told, stands: Mapping[str, tuple[str, int]]) -> Told:
    """What a file tells, its merged customers named by who stands for them, their keys marked."""
    if not stands or not told.customers["customer"].is_in(list(stands)).any():
        return told
    names = {code: one for code, (one, _pk) in stands.items()}
    marks = {code: mark(pk) for code, (_one, pk) in stands.items()}

    def moved(rows: pl.DataFrame, length: int) -> pl.DataFrame:
        sign = pl.col("customer").replace_strict(marks, default="", return_dtype=pl.String)
        fits = pl.lit(length) - sign.str.len_chars().cast(pl.Int64)
        key = pl.col("key").str.slice(0, fits) + sign
        return rows.with_columns(key=key, customer=pl.col("customer").replace(names))

    customers = told.customers.filter(~pl.col("customer").is_in(list(stands)))
    named = set(customers["customer"])
    others = told.customers.filter(pl.col("customer").is_in(list(stands))).with_columns(
        pl.col("customer").replace(names)
    )
    # The name the books give a twin is no news of the one that stands for it.
    others = others.filter(~pl.col("customer").is_in(list(named))).with_columns(name=pl.lit(""))
    return Told(
        told.first_day, told.last_day, told.complete,
        pl.concat([customers, others.unique("customer", maintain_order=True)]),
        moved(told.receivables, KEY_LENGTHS[Receivable]), moved(told.payments, KEY_LENGTHS[Payment]), told.allocations,
    )  # fmt: skip


def _check(creditor: Creditor, keep: Customer, twin: Customer, *, sure: bool) -> None:
    if keep.pk == twin.pk or keep.creditor_id != creditor.pk or twin.creditor_id != creditor.pk:
        raise NotMerged("same_customer", keep.code)
    for one in (keep, twin):
        if one.merged_into_id is not None:
            raise NotMerged("merged_already", one.code)
    if Customer.objects.filter(creditor=creditor, merged_into=twin).exists():
        raise NotMerged("stands_for_others", twin.code)
    if not sure and _other_siren(keep, twin):
        raise NotMerged("other_siren", f"{keep.siren} {twin.siren}")
    theirs = Invoice.objects.filter(creditor=creditor, customer=twin).values("number", "scope")
    if theirs.exists():
        sql = (
            f"SELECT a.number FROM {bulk.table(Invoice)} a JOIN {bulk.table(Invoice)} b"
            " ON b.customer_id = %s AND b.number = a.number AND b.scope = a.scope WHERE a.customer_id = %s LIMIT 1"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [keep.pk, twin.pk])
            row = cursor.fetchone()
        if row:
            raise NotMerged("same_number", row[0])


def _other_siren(keep: Customer, twin: Customer) -> bool:
    return bool(keep.siren and twin.siren and keep.siren != twin.siren)


def _fills(keep: Customer, twin: Customer) -> dict[str, str]:
    # Parts of an address make sense together only.
    place = ("address", "postcode", "city")
    apart = any(getattr(keep, name) for name in place)
    names = [name for name in FILLED if not (apart and name in place)]
    return {name: getattr(twin, name) for name in names if getattr(twin, name) and not getattr(keep, name)}


def _move(creditor: Creditor, twin: Customer, keep: Customer, sign: str) -> None:
    Invoice.objects.filter(creditor=creditor, customer=twin).update(customer=keep)
    for model, length in KEY_LENGTHS.items():
        key = Concat(Substr("key", 1, length - len(sign)), Value(sign))
        model.objects.filter(creditor=creditor, customer=twin).update(customer=keep, key=key)


def _move_back(creditor: Creditor, keep: Customer, twin: Customer) -> None:
    sign = mark(twin.pk)
    mine: dict[str, Any] = {"creditor": creditor, "customer": keep, "key__endswith": sign}
    invoices = list(Receivable.objects.filter(**mine).values_list("invoice_id", flat=True).distinct())
    for start in range(0, len(invoices), 400):
        Invoice.objects.filter(creditor=creditor, pk__in=invoices[start : start + 400]).update(customer=twin)
    for model in KEY_LENGTHS:
        key = Substr("key", 1, Length(F("key")) - len(sign))
        model.objects.filter(**mine).update(customer=twin, key=key)


def _move_contacts(creditor: Creditor, twin: Customer, keep: Customer) -> list[int]:
    theirs = list(Contact.objects.filter(creditor=creditor, customer=keep))
    place = max((one.position for one in theirs), default=-1) + 1
    known = {(one.email, one.phone) for one in theirs}
    moved = []
    for contact in Contact.objects.filter(creditor=creditor, customer=twin).order_by("position"):
        if (contact.email, contact.phone) in known:
            continue
        contact.customer, contact.position = keep, place
        place += 1
        contact.save(update_fields=["customer", "position"])
        moved.append(contact.pk)
    return moved


def _told_of(creditor: Creditor, twin: Customer) -> dict[str, Any]:

    rows = Entry._base_manager.filter(creditor_id=creditor.pk, chain=twin.code, kind="customers_merged")
    newest = rows.order_by("-sequence").first()
    told: dict[str, Any] = json.loads(newest.payload) if newest and newest.payload else {}
    return told
