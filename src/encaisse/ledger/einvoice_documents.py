"""PDFs with nothing to read in them: each is the document of the invoice whose number its name bears."""

from __future__ import annotations

from encaisse.exchange.problems import Problem, problem
from encaisse.journal.append import Line
from encaisse.ledger import attach_document
from encaisse.ledger.attach_document import NotAttached
from encaisse.ledger.einvoice_desk import Desk
from encaisse.ledger.einvoice_known import Known
from encaisse.ledger.models import Import, Invoice
from encaisse.ledger.taking import File, ImportRefused, Preview
from encaisse.parties.models import Creditor

_WHY = {
    "not_a_pdf": "not_a_pdf", "too_large": "invoice_pdf_too_large", "no_such_invoice": "document_without_invoice",
    "several_invoices": "document_of_several",
}  # fmt: skip


def look(creditor: Creditor, file: File) -> Preview:
    """Say which invoice it is of. Writes nothing."""
    try:
        number = attach_document.invoice_of(creditor, file.name).number
    except NotAttached as refused:
        return Preview("invoice_pdf", {}, {}, (_why(creditor, file, refused),), file.sha256, refused=True)
    would = {"new": {"documents": 1}, "changed": {"items": []}, "notes": [{"code": "document_of", "number": number}]}
    return Preview("invoice_pdf", {"documents": 1}, would, (), file.sha256)


def attach(desk: Desk, file: File) -> Import:
    """Attach it at the desk. Raises ImportRefused, and then nothing waits to be written."""
    content = file.whole()
    try:
        attach_document.check(content, file.name)
        invoice = attach_document.meant_by(file.name, _of_name(desk.known, file.name))
    except NotAttached as refused:
        raise ImportRefused([_why(desk.creditor, file, refused)]) from None
    changed = invoice.document != file.sha256
    desk.keep(content, file.sha256, f"{invoice.number}.pdf", "application/pdf")
    if changed:
        invoice.document = file.sha256
        desk.change(invoice, "document")
        payload = {"number": invoice.number, "documents": [file.sha256]}
        desk.say([Line(invoice.customer.code, "document_attached", payload)])
    found = {
        "read": {"documents": 1}, "new": {"documents": int(changed)}, "changed": {"items": []}, "set_aside": [],
        "notes": [{"code": "document_of", "number": invoice.number}], "unchanged": not changed,
    }  # fmt: skip
    row = Import(
        pk=desk.next_id(Import), creditor=desk.creditor, kind="invoice_pdf", name=file.name[:200], sha256=file.sha256,
        size=file.size, imported_at=desk.at, actor=desk.actor, report=found,
    )  # fmt: skip
    desk.make(row)
    return row


def _of_name(known: Known, name: str) -> list[Invoice]:
    rows = [row for number in attach_document.candidates(name) for row in known.invoices(number)]
    return sorted(rows, key=lambda row: row.pk)


def _why(creditor: Creditor, file: File, refused: NotAttached) -> Problem:
    limit = attach_document.MAX_BYTES // (1024 * 1024)
    return problem(_WHY[refused.code], None, language=creditor.language, name=file.name, limit=limit)
