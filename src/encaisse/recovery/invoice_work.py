"""What the life cycle of electronic invoices asks of a person: refused ones to mend, money received to declare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, Sum
from django.utils.translation import gettext as _

from encaisse.exchange.statuses import meanings
from encaisse.ledger.models import Allocation, InvoiceStatus, Receivable
from encaisse.parties.models import Creditor
from encaisse.recovery.follow_invoices import AUTHOR
from encaisse.recovery.models import Suspension

MOST = 100
ASKED_DAYS = 90
"""Money received is asked to be declared for so many days."""
RECEIVED = "212"


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to do about an invoice. `amount` in minor units of `currency`."""

    kind: str
    customer_id: int
    code: str
    name: str
    number: str
    title: str
    why: str
    otherwise: str
    amount: int
    currency: str


def work(creditor: Creditor, day: date) -> Iterator[Work]:
    """All of it as of `day`, what stops a claim first."""
    yield from _stopped(creditor, day)
    if InvoiceStatus.objects.filter(creditor=creditor).exists():
        yield from _to_declare(creditor, day)
        yield from _declared_open(creditor)


def _stopped(creditor: Creditor, day: date) -> Iterator[Work]:
    """Invoices that are not due as they stand: to be corrected and sent again, or chased all the same."""
    running = Suspension.objects.filter(creditor=creditor, author=AUTHOR, kind=Suspension.Kind.PAUSED)
    running = running.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day), starts_on__lte=day)
    rows = running.filter(receivable__settled_on__isnull=True).select_related("customer", "receivable")
    for one in rows.order_by("-receivable__amount", "pk")[:MOST]:
        assert one.customer is not None
        assert one.receivable is not None
        yield Work(
            kind="invoice_stopped",
            customer_id=one.customer.pk,
            code=one.customer.code,
            name=one.customer.name,
            number=one.receivable.number,
            title=_("Invoice to mend: %(number)s") % {"number": one.receivable.number},
            why=one.reason,
            otherwise=_("It is not chased: correct it and send it again, or end its pause."),
            amount=one.receivable.amount,
            currency=one.receivable.currency,
        )


def _to_declare(creditor: Creditor, day: date) -> Iterator[Work]:
    """Invoices of the life cycle that are paid and whose receipt was not declared (status 212)."""
    mine = InvoiceStatus.objects.filter(creditor=creditor, invoice=OuterRef("invoice"))
    told = Exists(mine.filter(code__in=[code for code in meanings() if code < "212"]))
    declared = Exists(mine.filter(code=RECEIVED))
    rows = Receivable.objects.filter(
        told, ~declared, creditor=creditor, amount__gt=0, settled_on__lte=day,
        settled_on__gt=day - timedelta(days=ASKED_DAYS),
    )  # fmt: skip
    paid = Allocation.objects.filter(receivable=OuterRef("pk"), payment__kind__in=("payment", "deposit"))
    rows = rows.filter(Exists(paid))
    still_open = Receivable.objects.filter(invoice=OuterRef("invoice"), settled_on__isnull=True)
    asked: set[int] = set()
    for row in rows.exclude(Exists(still_open)).select_related("customer").order_by("-amount", "pk")[:MOST]:
        if row.invoice_id in asked:
            continue
        asked.add(row.invoice_id)
        yield _of(
            row,
            "receipt_undeclared",
            _("Receipt to declare: %(number)s") % {"number": row.number},
            _("It is paid, and its platform was not told (status 212)."),
            _("The VAT on receipts that your platform reports stays incomplete."),
        )


def _declared_open(creditor: Creditor) -> Iterator[Work]:
    """Invoices declared as paid that are open in the books: one of the two is wrong."""
    # From the few statuses to their invoices, not from every open receivable to its statuses.
    declared = InvoiceStatus.objects.filter(creditor=creditor, code=RECEIVED).values("invoice")
    rows = Receivable.objects.filter(invoice__in=declared, creditor=creditor, settled_on__isnull=True, amount__gt=0)
    for row in rows.select_related("customer").order_by("-amount", "pk")[:MOST]:
        left = row.amount - int(row.allocations.aggregate(total=Sum("amount"))["total"] or 0)
        if left <= 0:
            continue
        yield _of(
            row,
            "declared_paid",
            _("Declared as paid, open in the books: %(number)s") % {"number": row.number},
            _("Its platform was told that the money came (status 212); the books know of none."),
            _("It is chased as the books say: check before the next message leaves."),
            left,
        )


def _of(row: Receivable, kind: str, title: str, why: str, otherwise: str, amount: int | None = None) -> Work:
    return Work(
        kind, row.customer_id, row.customer.code, row.customer.name, row.number, title, why, otherwise,
        row.amount if amount is None else amount, row.currency,
    )  # fmt: skip
