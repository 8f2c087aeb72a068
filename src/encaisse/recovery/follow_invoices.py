"""What electronic invoices and their statuses mean for chasing, through the same verbs a person has.

Refused and rejected invoices are paused until somebody looks, disputes are opened and ended, money announced is waited
for. Each import is followed once. Facts on invoices that are paid are facts only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from encaisse.exchange.statuses import meanings
from encaisse.ledger.balance import open_items
from encaisse.ledger.books_held import HELD
from encaisse.ledger.import_statuses import KINDS
from encaisse.ledger.models import Import, Invoice, InvoiceStatus, Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery import (
    end_suspension,
    follow_books,
    record_dispute,
    record_pause,
    record_promise,
    record_standing,
)
from encaisse.recovery.models import Dispute, Suspension
from encaisse.recovery.refusal import Refused

AUTHOR = "einvoicing"
"""Who wrote down what follows from a status: what it wrote, a later status may end."""
DOCUMENT = "einvoice"
"""Who wrote down what an invoice says of itself: no status ends that."""
ANSWER_DAYS = 7
"""A dispute that came by a status is to be answered within so many days."""
PAYMENT_DAYS = 5
"""Money announced without a day is waited for so many days."""
DEBIT_DAYS = 8
"""After its due date a direct debit may come back for so many days as insufficient funds do."""
_GROUNDS: dict[str, str] = {
    **dict.fromkeys(("QTE_ERR", "LIVR_INCOMP", "ART_ERR"), Dispute.Ground.QUANTITY),
    **dict.fromkeys(("QUALITE_ERR",), Dispute.Ground.QUALITY),
    **dict.fromkeys(
        ("PU_ERR", "REM_ERR", "MONTANTTOTAL_ERR", "CALCUL_ERR", "TX_TVA_ERR", "MODPAI_ERR"), Dispute.Ground.PRICE
    ),
    **dict.fromkeys(("CMD_ERR", "REF_CT_ABSENT", "TRANSAC_INC", "CONTRAT_TERM"), Dispute.Ground.NOT_ORDERED),
    **dict.fromkeys(("DOUBLE_FACT", "DOUBLON", "REJ_UNI"), Dispute.Ground.DUPLICATE),
}


@dataclass(frozen=True, slots=True)
class _One:
    """A status with what is open of its invoice: (receivable, minor units), first due first."""

    creditor: Creditor
    customer: Customer
    status: InvoiceStatus
    open: tuple[tuple[int, int], ...]
    amount_kind: str
    value_on: date | None
    day: date
    at: datetime

    @property
    def reason(self) -> str:
        """The status in words, with its code and reason."""
        words = meanings()[self.status.code].label(self.creditor.language)
        more = f": {self.status.reason}" if self.status.reason else ""
        return f"{words} ({self.status.code}, {self.status.happened_on.isoformat()}){more}"[:300]

    @property
    def stamp(self) -> dict[str, Any]:
        """When, and by whom."""
        return {"at": self.at, "actor": AUTHOR}


def follow_invoices(creditor: Creditor, *, at: datetime) -> int:
    """Draw the consequences of imports that were not followed yet; return how many there were."""
    rows = Import.objects.filter(creditor=creditor).filter(Q(kind__in=KINDS) | Q(report__has_any_keys=["held", HELD]))
    waiting = rows.exclude(report__has_key="followed").order_by("imported_at", "pk")
    day = timezone.localdate(at)
    count = 0
    for row in waiting:
        with transaction.atomic(), override(creditor.language):
            follow_books.follow(creditor, row, day, at)
            _follow(creditor, row, day, at)
            row.report = {**row.report, "followed": at.isoformat()}
            row.save(update_fields=["report"])
        count += 1
    return count


def _follow(creditor: Creditor, row: Import, day: date, at: datetime) -> None:
    for kind, ids in row.report.get("held", {}).items():
        for invoice in Invoice.objects.filter(creditor=creditor, pk__in=ids).select_related("customer"):
            _hold(creditor, invoice, kind, day, at)
    if row.kind not in KINDS:
        return
    more: Mapping[str, Any] = row.report.get("more", {})
    statuses = InvoiceStatus.objects.filter(creditor=creditor, source=row).select_related("invoice__customer")
    for status in statuses.order_by("happened_on", "pk"):
        does = _DOES.get(meanings()[status.code].effect) if status.code in meanings() else None
        parts = _open(creditor, status.invoice, day)
        if does is None or not parts:
            continue
        told = more.get(str(status.pk), {})
        value_on = date.fromisoformat(told["value_on"]) if told.get("value_on") else None
        one = _One(creditor, status.invoice.customer, status, parts, told.get("kind", ""), value_on, day, at)
        if _later(status):
            continue
        does(one)


def _open(creditor: Creditor, invoice: Invoice, day: date) -> tuple[tuple[int, int], ...]:
    ids = set(Receivable.objects.filter(creditor=creditor, invoice=invoice).values_list("pk", flat=True))
    on = max(day, invoice.issued_on)
    items = open_items(creditor, on, customer_ids=[invoice.customer_id]).sort("due_on", "receivable")
    pairs = items.select("receivable", "open").iter_rows()
    return tuple((pk, amount) for pk, amount in pairs if pk in ids and amount > 0)


_LATER = {
    "refused": ("issued", "available", "approved"), "rejected": ("issued", "available", "approved"),
    "disputed": ("approved", "received"), "disputed_part": ("approved", "received"),
    "suspended": ("completed", "approved", "received"), "payment_sent": ("received",),
}  # fmt: skip


def _later(status: InvoiceStatus) -> bool:
    """True when another status of the invoice, known already, has overtaken this one."""
    effect = meanings()[status.code].effect
    codes = [code for code, one in meanings().items() if one.effect in _LATER.get(effect, ())]
    rows = InvoiceStatus.objects.filter(creditor_id=status.creditor_id, invoice_id=status.invoice_id, code__in=codes)
    return rows.filter(happened_on__gt=status.happened_on).exists()


def _running(one: _One, *kinds: str) -> list[Suspension]:
    """What earlier statuses began on these receivables and nothing has ended."""
    rows = Suspension.objects.filter(creditor=one.creditor, receivable_id__in=[pk for pk, _amount in one.open])
    rows = rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=one.day), kind__in=kinds, author=AUTHOR)
    return list(rows.order_by("pk"))


def _end(one: _One, *kinds: str) -> None:
    for record in _running(one, *kinds):
        try:
            end_suspension.end(one.creditor, record.pk, ends_on=one.day, note=one.reason, **one.stamp)
        except Refused:
            continue


def _approved(one: _One) -> None:
    _end(one, Suspension.Kind.DISPUTED, Suspension.Kind.PAUSED)


def _issued(one: _One) -> None:
    _end(one, Suspension.Kind.PAUSED)


def _refused(one: _One) -> None:
    if _running(one, Suspension.Kind.PAUSED):
        return
    for pk, _amount in one.open:
        record_pause.record(
            one.creditor, scope="receivable", customer=one.customer, receivable_id=pk, starts_on=one.day,
            reason=one.reason, **one.stamp,
        )  # fmt: skip


def _disputed(one: _One) -> None:
    """The part not approved, when the status says how much; else all of it. The last due parts are withheld first."""
    if _running(one, Suspension.Kind.DISPUTED):
        return
    total = sum(amount for _pk, amount in one.open)
    left = total
    if one.status.amount is not None:
        approved = one.amount_kind in ("approved", "left")
        left = max(total - one.status.amount, 0) if approved else min(one.status.amount, total)
    for pk, amount in reversed(one.open):
        part = min(amount, left)
        left -= part
        if part <= 0:
            continue
        record_dispute.record(
            one.creditor, one.customer, receivable_id=pk, starts_on=one.day, amount=part, reason=one.reason,
            ground=_GROUNDS.get(one.status.reason_code.upper(), Dispute.Ground.OTHER),
            answer_by=one.day + timedelta(days=ANSWER_DAYS), **one.stamp,
        )  # fmt: skip


def _payment_sent(one: _One) -> None:
    on = one.value_on or one.status.happened_on + timedelta(days=PAYMENT_DAYS)
    if on < one.day or _running(one, Suspension.Kind.PROMISED):
        return
    amount = one.status.amount
    whole = amount is None or amount >= sum(open_now for _pk, open_now in one.open)
    record_promise.record(
        one.creditor, one.customer, promised_for=on, starts_on=one.day, amount=None if whole else amount,
        receivable_ids=[pk for pk, _amount in one.open], note=one.reason, **one.stamp,
    )  # fmt: skip


_DOES: Mapping[str, Callable[[_One], None]] = {
    "issued": _issued,
    "available": _issued,
    "approved": _approved,
    "completed": _issued,
    "refused": _refused,
    "rejected": _refused,
    "suspended": _refused,
    "disputed": _disputed,
    "disputed_part": _disputed,
    "payment_sent": _payment_sent,
}


def _hold(creditor: Creditor, invoice: Invoice, kind: str, day: date, at: datetime) -> None:
    """An invoice given to a factor is not ours to chase; one we draw ourselves not before it may have come back."""
    for pk, _amount in _open(creditor, invoice, day):
        row = Receivable.objects.get(pk=pk)
        if Suspension.objects.filter(creditor=creditor, receivable=row, author=DOCUMENT).exists():
            continue
        stamp: dict[str, Any] = {"at": at, "actor": DOCUMENT}
        if kind == Suspension.Kind.DEBIT_PENDING:
            ends_on = row.due_on + timedelta(days=DEBIT_DAYS)
            if ends_on > day:
                record_standing.record(
                    creditor, invoice.customer, kind=kind, reason=_("The invoice says it is drawn by direct debit"),
                    starts_on=day, ends_on=ends_on, receivable_ids=[pk], **stamp,
                )  # fmt: skip
            continue
        record_pause.record(
            creditor, scope="receivable", customer=invoice.customer, receivable_id=pk, starts_on=day,
            reason=_("The invoice says that it is assigned to a factor, who collects it"), **stamp,
        )  # fmt: skip
