"""Attach the PDF of an invoice to it, found by the number in the file's name, so that it can travel with a reminder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
    """Which of these invoices, whose numbers stand in the name of a file, it is of. Raises NotAttached.

    A number that is only part of a longer one found is not meant (F-12 in F-12-B), and a short run of digits (2026, 12)
    only when the name says that it is an invoice's. Two numbers side by side, and a number that several customers
    have, leave it open.
    """
    stem = PurePath(name).stem[:_LONGEST]
    spans = {invoice.pk: _spans(stem, invoice.number) for invoice in found}
    taken = [span for many in spans.values() for span in many]
    meant = [invoice for invoice in found if any(not _inside(span, taken) for span in spans[invoice.pk])]
    if not meant:
        raise NotAttached("no_such_invoice", stem)
    if len({invoice.pk for invoice in meant}) > 1:
        raise NotAttached("several_invoices", stem)
    return meant[0]


def candidates(name: str) -> list[str]:
    """Every run of words of a file name, as numbers are written: with all kinds of signs inside, in either case.

    No file name holds a slash: where one stands in a number, names have another sign.
    """
    runs = {run for run, _start, _end in _runs(PurePath(name).stem[:_LONGEST])}
    runs |= {_SLASHED.sub("/", run) for run in runs}
    return sorted(runs | {run.upper() for run in runs} | {run.lower() for run in runs})


_LONGEST = 120
"""So many characters of a name are looked at."""
_GAP = re.compile(r"[\s_.,;#°&+=()\[\]{}\-\u2010-\u2015]+")
_SLASHED = re.compile(r"[-_ ]")
_SAID = re.compile(r"(?:fact(?:ure)?|fac|invoice|inv|n|no|num|numero|numéro|nr|rechnung)\W*$", re.IGNORECASE)
_SHORT = 4
"""A number of so many digits or fewer may be a year or a day: the name must say that it is a number."""


def _runs(stem: str) -> Iterator[tuple[str, int, int]]:
    gaps = list(_GAP.finditer(stem))
    ends = [*(gap.start() for gap in gaps), len(stem)]
    for start in [0, *(gap.end() for gap in gaps)]:
        yield from ((stem[start:end], start, end) for end in ends if start < end)


def _spans(stem: str, number: str) -> list[tuple[int, int]]:
    """Where a number stands in a name."""
    wanted = number.casefold()
    found = [
        (start, end) for run, start, end in _runs(stem) if wanted in (run.casefold(), _SLASHED.sub("/", run).casefold())
    ]
    if not (number.isdigit() and len(number) <= _SHORT):
        return found
    return [(start, end) for start, end in found if end - start == len(stem) or _SAID.search(stem[:start])]


def _inside(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in others)
