"""Keep the statuses of electronic invoices as dated facts of their invoices; what they mean for chasing comes after.

A status whose invoice is not known is set aside by name. The same file may come again then: what was kept stays, what
has become known meanwhile is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models, transaction

from encaisse.exchange.lifecycle import MAX_BYTES, read_statuses
from encaisse.exchange.problems import Problem, bounded, problem
from encaisse.exchange.statuses import Status, StatusFile
from encaisse.journal.append import Line, append_many
from encaisse.journal.keep import Kept, keep_many
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
_Key = tuple[int, str, date, str]


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
        known = _invoices(creditor, {one.invoice[:100] for one in told.statuses})
        found = _sorted(creditor, told, known)
        problems = _all(creditor, told, found)
        if not found.found:
            return Preview(told.kind, {"statuses": len(told.statuses)}, {}, problems, file.sha256, refused=True)
        days = [one.on for one, _invoice in found.found]
        would = {
            "new": {"statuses": len(_fresh(found.found, _kept(creditor, known)))},
            "changed": {"items": []},
            "notes": [],
        }
        return Preview(
            told.kind, {"statuses": len(told.statuses)}, would, problems, file.sha256, first_day=min(days),
            last_day=max(days),
        )  # fmt: skip

    def take(self, creditor: Creditor, file: File, *, at: datetime, actor: str, tell: Progress) -> Import:
        """Keep the statuses of known invoices. Raises ImportRefused when there is none."""
        (outcome,) = self.take_many(creditor, [file], at=at, actor=actor)
        if isinstance(outcome, ImportRefused):
            raise outcome
        tell("writing", 1.0)
        return outcome

    def take_many(
        self, creditor: Creditor, files: Sequence[File], *, at: datetime, actor: str
    ) -> list[Import | ImportRefused]:
        """Keep the statuses of files of different contents, in one transaction; return what came of each."""
        told = [(file, _read(file, creditor.language)) for file in files]
        with transaction.atomic():
            bulk.lock(f"books:{creditor.pk}")
            desk = _Desk.of(creditor, told, at, actor)
            outcomes = [_outcome(desk, file, one) for file, one in told]
            desk.flush()
        return outcomes


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


def _sorted(creditor: Creditor, told: StatusFile, known: Mapping[str, Sequence[Invoice]]) -> _Sorted:
    found = _Sorted()
    for one in told.statuses:
        fault, meant = "", list(known.get(one.invoice[:100], []))
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


def _kept(creditor: Creditor, invoices: Mapping[str, Sequence[Invoice]]) -> set[_Key]:
    """What tells the statuses of these invoices that are kept already."""
    ids = sorted(row.pk for rows in invoices.values() for row in rows)
    known: set[_Key] = set()
    for start in range(0, len(ids), _CHUNK):
        rows = InvoiceStatus.objects.filter(creditor=creditor, invoice_id__in=ids[start : start + _CHUNK])
        known.update(rows.values_list("invoice_id", "code", "happened_on", "reason_code"))
    return known


def _fresh(found: Sequence[tuple[Status, Invoice]], known: set[_Key]) -> list[tuple[Status, Invoice]]:
    """Those that are not kept yet, each once, in the order in which they happened; `known` has them afterwards."""
    fresh = []
    for one, invoice in found:
        key = (invoice.pk, one.code, one.on, one.reason_code[:40])
        if key not in known:
            known.add(key)
            fresh.append((one, invoice))
    return sorted(fresh, key=lambda pair: (pair[0].on, pair[0].line))


# --- taking ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Desk:
    """What is known of the invoices that a batch of files speaks of, and what waits to be written."""

    creditor: Creditor
    at: datetime
    actor: str
    invoices: dict[str, list[Invoice]]
    kept: set[_Key]
    imports: dict[str, Import]
    ids: dict[type[models.Model], Iterator[int]]
    new: list[Import] = field(default_factory=list)
    again: list[Import] = field(default_factory=list)
    statuses: list[InvoiceStatus] = field(default_factory=list)
    documents: list[Kept] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @classmethod
    def of(cls, creditor: Creditor, told: Sequence[tuple[File, StatusFile]], at: datetime, actor: str) -> _Desk:
        """Read what is known, and reserve the ids of what may be made."""
        invoices = _invoices(creditor, {one.invoice[:100] for _file, each in told for one in each.statuses})
        rows = Import.objects.filter(creditor=creditor, sha256__in=[file.sha256 for file, _ in told])
        imports = {row.sha256: row for row in rows}
        most = sum(len(each.statuses) for _file, each in told) if invoices else 0
        ids: dict[type[models.Model], Iterator[int]] = {
            Import: iter(bulk.take_ids(Import, len(told) - len(imports) if most else 0)),
            InvoiceStatus: iter(bulk.take_ids(InvoiceStatus, most)),
        }
        return cls(creditor, at, actor, invoices, _kept(creditor, invoices), imports, ids)

    def flush(self) -> None:
        """Write what waits."""
        Import.objects.bulk_create(self.new)
        Import.objects.bulk_update(self.again, ["report"], _CHUNK)
        InvoiceStatus.objects.bulk_create(self.statuses)
        keep_many(self.creditor.pk, self.documents, at=self.at)
        append_many(self.creditor.pk, self.lines, at=self.at, actor=self.actor)


def _outcome(desk: _Desk, file: File, told: StatusFile) -> Import | ImportRefused:
    found = _sorted(desk.creditor, told, desk.invoices)
    problems = _all(desk.creditor, told, found)
    return _taken(desk, file, told, found, problems) if found.found else ImportRefused(problems)


def _taken(desk: _Desk, file: File, told: StatusFile, found: _Sorted, problems: Sequence[Problem]) -> Import:
    row = desk.imports.get(file.sha256)
    new = row is None
    if row is None:
        days = [one.on for one, _invoice in found.found]
        row = Import(
            pk=next(desk.ids[Import]), creditor=desk.creditor, sha256=file.sha256, kind=told.kind,
            name=file.name[:200], size=file.size, imported_at=desk.at, actor=desk.actor, first_day=min(days),
            last_day=max(days),
        )  # fmt: skip
    fresh = _fresh(found.found, desk.kept)
    rows = [_status(desk, one, invoice, row) for one, invoice in fresh]
    desk.statuses += rows
    desk.lines += [Line(invoice.customer.code, "status_read", _told(one, invoice, row)) for one, invoice in fresh]
    if new and file.size <= KEPT_BYTES:
        media = {"cdar": "application/xml", "status-json": "application/json"}.get(told.kind, "text/csv")
        desk.documents.append(Kept(file.whole(), file.sha256, file.name, media))
    # What the message says besides code and day, and recovery wants to know, by the status' own id.
    more = {
        str(kept.pk): {"kind": one.amount_kind, "value_on": one.value_on.isoformat() if one.value_on else ""}
        for kept, (one, _invoice) in zip(rows, fresh, strict=True)
        if one.amount_kind or one.value_on
    }
    row.report = {
        "read": {"statuses": len(told.statuses)},
        "new": {"statuses": len(fresh)},
        "changed": {"items": []},
        "set_aside": [report.as_json(one) for one in problems],
        "notes": [],
        "unchanged": not fresh,
        "waiting": found.waiting,
        "more": {**row.report.get("more", {}), **more},
    }
    (desk.new if new else desk.again).append(row)
    if fresh:
        desk.lines.append(Line("", "statuses_imported", report.for_journal(row)))
    return row


def _status(desk: _Desk, one: Status, invoice: Invoice, source: Import) -> InvoiceStatus:
    return InvoiceStatus(
        pk=next(desk.ids[InvoiceStatus]),
        creditor=desk.creditor,
        invoice=invoice,
        code=one.code,
        happened_on=one.on,
        reason_code=one.reason_code[:40],
        reason=one.reason_words(desk.creditor.language)[:300],
        amount=None if one.amount is None else abs(minor(one.amount, one.currency or invoice.currency)),
        source=source,
        recorded_at=desk.at,
    )


def _told(one: Status, invoice: Invoice, row: Import) -> dict[str, Any]:
    return {
        "number": invoice.number, "code": one.code, "on": one.on.isoformat(), "reason_code": one.reason_code,
        "reason": one.reason[:300], "currency": one.currency or invoice.currency,
        "amount": None if one.amount is None else minor(one.amount, one.currency or invoice.currency),
        "by": one.by, "import": row.sha256,
    }  # fmt: skip
