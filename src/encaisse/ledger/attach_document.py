"""Attach the PDF of an invoice to it, found by the number in the file's name, so that it can travel with a reminder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from django.db import transaction

from encaisse.journal.append import append
from encaisse.journal.keep import keep
from encaisse.ledger.models import Invoice
from encaisse.parties.models import Creditor

MAX_BYTES = 20 * 1024 * 1024
PDF_MARK = b"%PDF-"


class NotAttached(ValueError):
    """The file was not attached; `code` is `not_a_pdf`, `too_large`, `no_such_invoice` or `several_invoices`."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(f"{code}: {detail}")


@dataclass(frozen=True, slots=True)
class Attached:
    """The invoice a document was attached to; `changed` is false when it was there already."""

    number: str
    customer: str
    sha256: str
    changed: bool


def attach(creditor: Creditor, content: bytes, name: str, *, at: datetime, actor: str) -> Attached:
    """Attach the PDF `content` to the invoice whose number the file name holds. Raises NotAttached.

    A new file for the same invoice takes the place of the old one; the old bytes stay in the journal's store.
    """
    check(content, name)
    with transaction.atomic():
        invoice = invoice_of(creditor, name)
        digest = keep(creditor.pk, content, name=f"{invoice.number}.pdf", media_type="application/pdf", at=at)
        if invoice.document == digest:
            return Attached(invoice.number, invoice.customer.code, digest, changed=False)
        invoice.document = digest
        invoice.save(update_fields=["document"])
        payload = {"number": invoice.number, "documents": [digest]}
        append(creditor.pk, invoice.customer.code, "document_attached", payload, at=at, actor=actor)
    return Attached(invoice.number, invoice.customer.code, digest, changed=True)


def check(content: bytes, name: str) -> None:
    """Raise NotAttached for what is no PDF, or too large to travel with a reminder."""
    if not content.startswith(PDF_MARK):
        raise NotAttached("not_a_pdf", name)
    if len(content) > MAX_BYTES:
        raise NotAttached("too_large", name)


def invoice_of(creditor: Creditor, name: str) -> Invoice:
    """The invoice whose number stands in the name of a file. Raises NotAttached."""
    rows = Invoice.objects.filter(creditor=creditor, number__in=candidates(name)).select_related("customer")
    return meant_by(name, list(rows.order_by("pk")))


def meant_by(name: str, found: Sequence[Invoice]) -> Invoice:
    """Which of these invoices, whose numbers stand in the name of a file, it is of. Raises NotAttached."""
    stem = PurePath(name).stem
    # The longest number in the name is the one meant: F-12 is also in F-12-B.
    longest = max((len(invoice.number) for invoice in found), default=0)
    meant = [invoice for invoice in found if len(invoice.number) == longest]
    if not meant:
        raise NotAttached("no_such_invoice", stem)
    if len(meant) > 1:
        raise NotAttached("several_invoices", stem)
    return meant[0]


def candidates(name: str) -> list[str]:
    """Every run of words of a file name, as it stands: numbers are written with all kinds of signs inside."""
    stem = PurePath(name).stem[:120]
    edges = [0, *(match.start() for match in re.finditer(r"[\s_.,()\-]+", stem)), len(stem)]
    starts = [0, *(match.end() for match in re.finditer(r"[\s_.,()\-]+", stem))]
    return sorted({stem[start:end] for start in starts for end in edges if start < end})
