"""Take electronic invoices into the ledger as the creditor's own sales: Factur-X, CII and UBL; other PDFs by number.

An invoice that the books tell of is found, not doubled: it gets its due dates, its details and its document. One that
the books do not know yet stands under a scope of its own until they tell of it (`frames.STATED`). A credit note
is set against the invoice it names, else it is credit of the customer.

One file or many: the files are read, then brought to one desk in their order, and what waits there is written at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models, transaction

from encaisse.exchange.einvoice import EInvoice, InvoiceFile
from encaisse.exchange.facturx import MAX_BYTES, looks_like_pdf, read_einvoice
from encaisse.exchange.problems import Problem, problem
from encaisse.journal.append import Line
from encaisse.ledger import (
    attach_document,
    einvoice_claims,
    einvoice_credits,
    einvoice_documents,
    report,
    tables_give_way,
)
from encaisse.ledger.bank_entries import Stamp
from encaisse.ledger.einvoice_desk import Desk, Done
from encaisse.ledger.einvoice_draft import Draft, draft
from encaisse.ledger.einvoice_known import Known
from encaisse.ledger.einvoice_party import foresee, side
from encaisse.ledger.frames import STATED
from encaisse.ledger.models import Import, Invoice, Payment, Receivable
from encaisse.ledger.taking import KEPT_BYTES, File, ImportRefused, Preview, Progress, again
from encaisse.parties.models import Creditor, Customer
from encaisse.storage import bulk

_SIDES = {"bought": "invoice_bought", "another": "invoice_of_another", "unknown": "seller_unclear"}


@dataclass(frozen=True, slots=True)
class _Reading:
    """A file as it was read: the creditor's own invoices in it, reckoned, and why the others are not taken.

    `plain`: a PDF with nothing to read in it, a picture of an invoice.
    """

    file: File
    kind: str
    drafts: tuple[Draft, ...]
    problems: tuple[Problem, ...]
    plain: bool


class Taker:
    """Electronic invoices, and PDFs that are documents of known ones."""

    def inspect(self, creditor: Creditor, file: File) -> Preview:
        """Say what is in the file and what would change. Writes nothing."""
        told = _read(creditor, file)
        if told.plain:
            return einvoice_documents.look(creditor, file)
        if not told.drafts:
            return Preview(told.kind, {}, {}, told.problems, file.sha256, refused=True)
        known = Known(creditor)
        _foresee(known, [told])
        new: dict[str, int] = {"customers": 0, "invoices": 0, "payments": 0}
        changed = {"invoices": 0}
        for one in told.drafts:
            found = einvoice_claims.found(known, one)
            new["customers"] += found is None
            there = found is not None and (
                found.invoice is not None or einvoice_credits.known_credit(known, found.customer, one) is not None
            )
            changed["invoices"] += there
            new["payments" if one.credit else "invoices"] += not there
            if not there and not one.credit and one.told.currency == creditor.currency:
                new["invoiced"] = new.get("invoiced", 0) + one.amount
        days = [one.told.issued_on for one in told.drafts]
        would = {"new": new, "changed": {**changed, "items": []}, "notes": []}
        return Preview(
            told.kind, {"invoices": len(told.drafts)}, would, told.problems, file.sha256, first_day=min(days),
            last_day=max(days),
        )  # fmt: skip

    def take(self, creditor: Creditor, file: File, *, at: datetime, actor: str, tell: Progress) -> Import:
        """Take the file, all of it or nothing. Raises ImportRefused."""
        (outcome,) = self.take_many(creditor, [file], at=at, actor=actor)
        if isinstance(outcome, ImportRefused):
            raise outcome
        tell("writing", 1.0)
        return outcome

    def take_many(
        self, creditor: Creditor, files: Sequence[File], *, at: datetime, actor: str
    ) -> list[Import | ImportRefused]:
        """Take files of different contents, in one transaction; return what came of each, in their order."""
        told = [_read(creditor, file) for file in files]
        with transaction.atomic():
            bulk.lock(f"books:{creditor.pk}")
            before = Import.objects.filter(creditor=creditor, sha256__in=[file.sha256 for file in files])
            meanwhile = {row.sha256: again(row) for row in before}
            desk = Desk(creditor, at, actor, Known(creditor), _most(told))
            _foresee(desk.known, told)
            outcomes = [meanwhile.get(one.file.sha256) or _outcome(desk, one) for one in told]
            desk.flush()
            tables_give_way.give_way(Stamp(creditor, at, actor))
        return outcomes


TAKER = Taker()


# --- reading --------------------------------------------------------------------------------------------------------


def _read(creditor: Creditor, file: File) -> _Reading:
    told = _told(file, creditor.language)
    plain = not told.invoices and told.kind == "unknown" and looks_like_pdf(file.head(1024))
    ours, problems = _ours(creditor, told)
    # Lines are in the details by now; those of two hundred files together would fill the memory.
    drafts = tuple(replace(one, told=replace(one.told, lines=(), taxes=(), notes=())) for one in map(draft, ours))
    return _Reading(file, told.kind, drafts, tuple(problems), plain)


def _told(file: File, language: str) -> InvoiceFile:
    if file.size > MAX_BYTES:
        fault = problem("document_too_large", None, language=language, limit=MAX_BYTES // (1024 * 1024))
        return InvoiceFile("unknown", (), (fault,))
    return read_einvoice(file.whole(), language=language)


def _ours(creditor: Creditor, told: InvoiceFile) -> tuple[list[EInvoice], list[Problem]]:
    """The invoices that are the creditor's own claims, and why the others are not taken."""
    ours, problems = [], list(told.problems)
    for one in told.invoices:
        code = _SIDES.get(side(creditor, one), "")
        if code:
            seller = one.seller or one.seller_id
            problems.append(problem(code, one.line, language=creditor.language, number=one.number, seller=seller))
        elif one.claims_payment:
            ours.append(one)
    return ours, problems


def _foresee(known: Known, told: Sequence[_Reading]) -> None:
    numbers = {number for one in told if one.plain for number in attach_document.candidates(one.file.name)}
    foresee(known, [each.told for one in told for each in one.drafts], numbers)


def _most(told: Sequence[_Reading]) -> dict[type[models.Model], int]:
    """How many rows of each table these files can make at most."""
    most: Counter[type[models.Model]] = Counter({Import: len(told)})
    for one in told:
        for each in one.drafts:
            parts, named = max(1, len(each.parts)), 1 + len(each.told.preceding)
            most.update({Customer: 1, Invoice: 1, Receivable: parts, Payment: named})
    return most


# --- taking ---------------------------------------------------------------------------------------------------------


def _outcome(desk: Desk, told: _Reading) -> Import | ImportRefused:
    """Bring a file to the desk. One that is refused leaves nothing there."""
    if told.plain:
        try:
            return einvoice_documents.attach(desk, told.file)
        except ImportRefused as refused:
            return refused
    return _taken(desk, told) if told.drafts else ImportRefused(told.problems)


def _taken(desk: Desk, told: _Reading) -> Import:
    file, days = told.file, [one.told.issued_on for one in told.drafts]
    row = Import(
        pk=desk.next_id(Import), creditor=desk.creditor, kind=told.kind, name=file.name[:200], scope=STATED,
        sha256=file.sha256, size=file.size, first_day=min(days), last_day=max(days), imported_at=desk.at,
        actor=desk.actor,
    )  # fmt: skip
    pdf = told.kind == "factur-x"
    if file.size <= KEPT_BYTES:
        media, end = ("application/pdf", "pdf") if pdf else ("application/xml", "xml")
        desk.keep(file.whole(), file.sha256, f"{told.drafts[0].told.number}.{end}", media)
    document = file.sha256 if pdf and file.size <= attach_document.MAX_BYTES else ""
    done = Done(problems=list(told.problems))
    of = einvoice_claims.Told(row, document)
    for one in told.drafts:
        einvoice_claims.take(one, of, desk, done)
    row.report = _report(told, done)
    desk.make(row)
    desk.say([*done.lines, Line("", "invoices_imported", report.for_journal(row))])
    return row


def _report(told: _Reading, done: Done) -> dict[str, Any]:
    first = told.drafts[0].told
    found = {
        "read": {"invoices": len(told.drafts)},
        "form": {"profile": first.profile, "syntax": first.syntax},
        "scope": STATED,
        "new": done.count,
        "changed": {**done.changed, "items": done.items},
        "set_aside": [report.as_json(one) for one in done.problems],
        "notes": [],
        "unchanged": not (any(done.count.values()) or any(done.changed.values())),
    }
    if done.held:
        found["held"] = done.held
    return found
