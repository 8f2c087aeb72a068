"""Keep the statuses of electronic invoices as dated facts of their invoices; what they mean for chasing comes after.

A status whose invoice is not known is set aside by name. The same file may come again then: what was kept stays, what
has become known meanwhile is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from encaisse.exchange.lifecycle import MAX_BYTES, read_statuses
from encaisse.exchange.problems import Problem, bounded, problem
from encaisse.exchange.statuses import Status, StatusFile
from encaisse.journal.append import Line, append, append_many
from encaisse.journal.keep import keep
from encaisse.ledger import report
from encaisse.ledger.einvoice_draft import minor
from encaisse.ledger.models import Import, Invoice, InvoiceStatus
from encaisse.ledger.taking import KEPT_BYTES, File, ImportRefused, Preview, Progress
from encaisse.parties.models import Creditor
from encaisse.storage import bulk

KINDS = ("cdar", "status-json", "status-csv")
"""The kinds of imports that hold statuses."""
_UNKNOWN = frozenset({"status_of_unknown_invoice", "status_of_several"})
_CHUNK = 400


@dataclass(slots=True)
class _Sorted:
    """Statuses with their invoices, and what is set aside."""

    found: list[tuple[Status, Invoice]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How many may find their invoice later."""
        return sum(one.code in _UNKNOWN for one in self.problems)


class Taker:
    """Files of statuses: CDAR messages, CSV, JSON."""

    def inspect(self, creditor: Creditor, file: File) -> Preview:
        """Say what is in the file and what would change. Writes nothing."""
        told = _read(file, creditor.language)
        found = _sorted(creditor, told)
        problems = _all(creditor, told, found)
        if not found.found:
            return Preview(told.kind, {"statuses": len(told.statuses)}, {}, problems, file.sha256, refused=True)
        days = [one.on for one, _invoice in found.found]
        would = {"new": {"statuses": len(_fresh(creditor, found.found))}, "changed": {"items": []}, "notes": []}
        return Preview(
            told.kind, {"statuses": len(told.statuses)}, would, problems, file.sha256, first_day=min(days),
            last_day=max(days),
        )  # fmt: skip

    def take(self, creditor: Creditor, file: File, *, at: datetime, actor: str, tell: Progress) -> Import:
        """Keep the statuses of known invoices. Raises ImportRefused when there is none."""
        told = _read(file, creditor.language)
        with transaction.atomic():
            bulk.lock(f"books:{creditor.pk}")
            found = _sorted(creditor, told)
            problems = _all(creditor, told, found)
            if not found.found:
                raise ImportRefused(problems)
            row = _take(creditor, file, told, found, problems, at, actor)
        tell("writing", 1.0)
        return row


TAKER = Taker()


def _read(file: File, language: str) -> StatusFile:
    if file.size > MAX_BYTES:
        fault = problem("document_too_large", None, language=language, limit=MAX_BYTES // (1024 * 1024))
        return StatusFile("unknown", (), (fault,))
    return read_statuses(file.whole(), language=language)


def _all(creditor: Creditor, told: StatusFile, found: _Sorted) -> tuple[Problem, ...]:
    none = [problem("statuses_none_taken", None, language=creditor.language)]
    kept, _counts = bounded(found.problems, creditor.language)
    return (*told.problems, *kept, *(none if told.statuses and not found.found else []))


def _sorted(creditor: Creditor, told: StatusFile) -> _Sorted:
    known = _invoices(creditor, {one.invoice[:100] for one in told.statuses})
    found = _Sorted()
    for one in told.statuses:
        fault, meant = "", known.get(one.invoice[:100], [])
        if creditor.siren and one.seller_id and not _same(one.seller_id, creditor.siren):
            fault = "status_of_another_seller"
        else:
            meant = _meant(one, meant)
            fault = "" if len(meant) == 1 else "status_of_several" if meant else "status_of_unknown_invoice"
        if fault:
            said = problem(
                fault, one.line or None, language=creditor.language, status=one.label(creditor.language),
                number=one.invoice, seller=one.seller_id,
            )  # fmt: skip
            found.problems.append(said)
        else:
            found.found.append((one, meant[0]))
    return found


def _invoices(creditor: Creditor, numbers: Iterable[str]) -> dict[str, list[Invoice]]:
    found: dict[str, list[Invoice]] = {}
    wanted = sorted(numbers)
    for start in range(0, len(wanted), _CHUNK):
        rows = Invoice.objects.filter(creditor=creditor, number__in=wanted[start : start + _CHUNK])
        for row in rows.select_related("customer").order_by("pk"):
            found.setdefault(row.number, []).append(row)
    return found


def _meant(one: Status, rows: Sequence[Invoice]) -> list[Invoice]:
    """The invoices a status may be about: its number's, narrowed by buyer, then by day, then to the newest books."""
    if one.buyer_id:
        rows = [row for row in rows if not row.customer.siren or _same(one.buyer_id, row.customer.siren)]
        exact = [row for row in rows if row.customer.siren]
        rows = exact or rows
    if len(rows) > 1 and one.invoice_on:
        rows = [row for row in rows if row.issued_on == one.invoice_on] or rows
    rows = [row for row in rows if row.issued_on <= one.on] or list(rows)
    if len({row.customer_id for row in rows}) == 1:
        # Numbers that begin again every year: the newest one issued by then.
        return sorted(rows, key=lambda row: (row.issued_on, row.pk))[-1:]
    return list(rows)


def _same(number: str, siren: str) -> bool:
    digits = "".join(char for char in number if char.isdigit())
    return digits[:9] == siren if len(digits) in (9, 14) else digits[-9:] == siren


def _fresh(creditor: Creditor, found: Sequence[tuple[Status, Invoice]]) -> list[tuple[Status, Invoice]]:
    """Those that are not kept yet, each once."""
    ids = sorted({invoice.pk for _one, invoice in found})
    known: set[tuple[Any, ...]] = set()
    for start in range(0, len(ids), _CHUNK):
        rows = InvoiceStatus.objects.filter(creditor=creditor, invoice_id__in=ids[start : start + _CHUNK])
        known.update(rows.values_list("invoice_id", "code", "happened_on", "reason_code"))
    fresh = []
    for one, invoice in found:
        key = (invoice.pk, one.code, one.on, one.reason_code[:40])
        if key not in known:
            known.add(key)
            fresh.append((one, invoice))
    return fresh


def _take(
    creditor: Creditor, file: File, told: StatusFile, found: _Sorted, problems: Sequence[Problem], at: datetime,
    actor: str,
) -> Import:  # fmt: skip
    days = [one.on for one, _invoice in found.found]
    row, new = Import.objects.get_or_create(
        creditor=creditor, sha256=file.sha256,
        defaults={
            "kind": told.kind, "name": file.name[:200], "size": file.size, "imported_at": at, "actor": actor,
            "first_day": min(days), "last_day": max(days),
        },
    )  # fmt: skip
    fresh = sorted(_fresh(creditor, found.found), key=lambda pair: (pair[0].on, pair[0].line))
    rows = [
        InvoiceStatus(
            creditor=creditor,
            invoice=invoice,
            code=one.code,
            happened_on=one.on,
            reason_code=one.reason_code[:40],
            reason=one.reason_words(creditor.language)[:300],
            amount=None if one.amount is None else abs(minor(one.amount, one.currency or invoice.currency)),
            source=row,
            recorded_at=at,
        )
        for one, invoice in fresh
    ]
    InvoiceStatus.objects.bulk_create(rows)
    lines = [Line(invoice.customer.code, "status_read", _told(one, invoice, row)) for one, invoice in fresh]
    append_many(creditor.pk, lines, at=at, actor=actor)
    if new and file.size <= KEPT_BYTES:
        media = {"cdar": "application/xml", "status-json": "application/json"}.get(told.kind, "text/csv")
        keep(creditor.pk, file.whole(), name=file.name, media_type=media, at=at)
    # What the message says besides code and day, and recovery wants to know, by the status' own id.
    more = {
        str(kept.pk): {"kind": one.amount_kind, "value_on": one.value_on.isoformat() if one.value_on else ""}
        for kept, (one, _invoice) in zip(rows, fresh, strict=True)
        if one.amount_kind or one.value_on
    }
    before = row.report.get("more", {})
    row.report = {
        "read": {"statuses": len(told.statuses)},
        "new": {"statuses": len(fresh)},
        "changed": {"items": []},
        "set_aside": [report.as_json(one) for one in problems],
        "notes": [],
        "unchanged": not fresh,
        "waiting": found.waiting,
        "more": {**before, **more},
    }
    row.save(update_fields=["report"])
    if fresh:
        append(creditor.pk, "", "statuses_imported", report.for_journal(row), at=at, actor=actor)
    return row


def _told(one: Status, invoice: Invoice, row: Import) -> dict[str, Any]:
    return {
        "number": invoice.number, "code": one.code, "on": one.on.isoformat(), "reason_code": one.reason_code,
        "reason": one.reason[:300], "currency": one.currency or invoice.currency,
        "amount": None if one.amount is None else minor(one.amount, one.currency or invoice.currency),
        "by": one.by, "import": row.sha256,
    }  # fmt: skip
