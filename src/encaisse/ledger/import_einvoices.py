"""Take electronic invoices into the ledger as the creditor's own sales: Factur-X, CII and UBL; other PDFs by number.

An invoice that the books tell of is found, not doubled: it gets its due dates, its details and its document. One that
the books do not know yet stands under a scope of its own until they tell of it (`frames.STATED`). A credit note
is set against the invoice it names, else it is credit of the customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum

from encaisse.exchange.einvoice import EInvoice, InvoiceFile
from encaisse.exchange.facturx import MAX_BYTES, looks_like_pdf, read_einvoice
from encaisse.exchange.problems import Problem, problem
from encaisse.journal.append import Line, append, append_many
from encaisse.journal.keep import keep
from encaisse.ledger import attach_document, due, einvoice_party, instalments, report, settle
from encaisse.ledger.einvoice_draft import Draft, Part, draft
from encaisse.ledger.einvoice_party import Found
from encaisse.ledger.frames import STATED
from encaisse.ledger.models import Allocation, Import, Invoice, Payment, Receivable
from encaisse.ledger.taking import KEPT_BYTES, File, ImportRefused, Preview, Progress, again
from encaisse.money import to_decimal_text
from encaisse.parties.models import Creditor, Customer
from encaisse.storage import bulk

HELD = {"assigned": "factored", "debit_pending": "direct_debit"}
"""Why an invoice is not to be chased from its first day -> the detail that says so."""
_SIDES = {"bought": "invoice_bought", "another": "invoice_of_another", "unknown": "seller_unclear"}
_ATTACHING = {
    "not_a_pdf": "not_a_pdf", "too_large": "invoice_pdf_too_large", "no_such_invoice": "document_without_invoice",
    "several_invoices": "document_of_several",
}  # fmt: skip


@dataclass(slots=True)
class _Done:
    """What taking the invoices of one file comes to; the keys of `count` are those of a report."""

    count: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    held: dict[str, list[int]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def add(self, name: str, more: int = 1) -> None:
        self.count[name] = self.count.get(name, 0) + more

    def change(self, name: str, more: int = 1) -> None:
        self.changed[name] = self.changed.get(name, 0) + more


@dataclass(frozen=True, slots=True)
class _Stamp:
    creditor: Creditor
    source: Import
    document: str
    at: datetime
    actor: str

    def say(self, about: str, **values: object) -> Problem:
        return problem(about, None, column=None, language=self.creditor.language, **values)


class Taker:
    """Electronic invoices, and PDFs that are documents of known ones."""

    def inspect(self, creditor: Creditor, file: File) -> Preview:
        """Say what is in the file and what would change. Writes nothing."""
        told = _read(file, creditor.language)
        if _is_plain_pdf(file, told):
            return _inspect_document(creditor, file)
        ours, problems = _ours(creditor, told)
        if not ours:
            kind = told.kind if told.kind != "unknown" else "unknown"
            return Preview(kind, {}, {}, tuple(problems), file.sha256, refused=True)
        new: dict[str, int] = {"customers": 0, "invoices": 0, "payments": 0}
        changed = {"invoices": 0}
        for one in map(draft, ours):
            found = _found(creditor, one)
            new["customers"] += found is None
            known = found is not None and (found.invoice is not None or _known_credit(found.customer, one) is not None)
            changed["invoices"] += known
            new["payments" if one.credit else "invoices"] += not known
        days = [one.issued_on for one in ours]
        would = {"new": new, "changed": {**changed, "items": []}, "notes": []}
        return Preview(
            told.kind, {"invoices": len(ours)}, would, tuple(problems), file.sha256, first_day=min(days),
            last_day=max(days),
        )  # fmt: skip

    def take(self, creditor: Creditor, file: File, *, at: datetime, actor: str, tell: Progress) -> Import:
        """Take the file, all of it or nothing. Raises ImportRefused."""
        told = _read(file, creditor.language)
        if _is_plain_pdf(file, told):
            return _attach(creditor, file, at=at, actor=actor)
        ours, problems = _ours(creditor, told)
        if not ours:
            raise ImportRefused(problems)
        tell("writing", 0.0)
        with transaction.atomic():
            bulk.lock(f"books:{creditor.pk}")
            found = Import.objects.filter(creditor=creditor, sha256=file.sha256).first()
            if found:
                return again(found)
            row = _take(creditor, file, told, ours, problems, at, actor)
        tell("writing", 1.0)
        return row


TAKER = Taker()


def _read(file: File, language: str) -> InvoiceFile:
    if file.size > MAX_BYTES:
        fault = problem("document_too_large", None, language=language, limit=MAX_BYTES // (1024 * 1024))
        return InvoiceFile("unknown", (), (fault,))
    return read_einvoice(file.whole(), language=language)


def _ours(creditor: Creditor, told: InvoiceFile) -> tuple[list[EInvoice], list[Problem]]:
    """The invoices that are the creditor's own claims, and why the others are not taken."""
    ours, problems = [], list(told.problems)
    for one in told.invoices:
        code = _SIDES.get(einvoice_party.side(creditor, one), "")
        if code:
            seller = one.seller or one.seller_id
            problems.append(problem(code, one.line, language=creditor.language, number=one.number, seller=seller))
        elif one.claims_payment:
            ours.append(one)
    return ours, problems


def _take(
    creditor: Creditor, file: File, told: InvoiceFile, ours: Sequence[EInvoice], problems: Sequence[Problem],
    at: datetime, actor: str,
) -> Import:  # fmt: skip
    days = [one.issued_on for one in ours]
    row = Import.objects.create(
        creditor=creditor, kind=told.kind, name=file.name[:200], scope=STATED, sha256=file.sha256, size=file.size,
        first_day=min(days), last_day=max(days), imported_at=at, actor=actor,
    )  # fmt: skip
    content, pdf = file.whole(), told.kind == "factur-x"
    document = ""
    if file.size <= KEPT_BYTES:
        media, end = ("application/pdf", "pdf") if pdf else ("application/xml", "xml")
        digest = keep(creditor.pk, content, name=f"{ours[0].number}.{end}", media_type=media, at=at)
        document = digest if pdf and file.size <= attach_document.MAX_BYTES else ""
    done = _Done(problems=list(problems))
    stamp = _Stamp(creditor, row, document, at, actor)
    for one in map(draft, ours):
        _write(one, stamp, done)
    row.report = _report(ours, done)
    row.save(update_fields=["report"])
    append_many(creditor.pk, done.lines, at=at, actor=actor)
    append(creditor.pk, "", "invoices_imported", report.for_journal(row), at=at, actor=actor)
    return row


def _report(ours: Sequence[EInvoice], done: _Done) -> dict[str, Any]:
    found = {
        "read": {"invoices": len(ours)},
        "form": {"profile": ours[0].profile, "syntax": ours[0].syntax},
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


# --- one invoice or credit ------------------------------------------------------------------------------------------


def _found(creditor: Creditor, one: Draft) -> Found | None:
    """The customer and, for an invoice, the row that has its number."""
    told = one.told
    if one.credit:
        named = _named(creditor, told)
        known = next(iter({row.customer_id: row.customer for row in named}.values()), None)
        return Found(known, "number") if known else einvoice_party.find(creditor, told, ())
    found = einvoice_party.find(creditor, told, one.amounts)
    if found is None or found.invoice is not None:
        return found
    rows = Invoice.objects.filter(creditor=creditor, customer=found.customer, number=told.number[:100])
    near = [row for row in rows if abs((row.issued_on - told.issued_on).days) <= einvoice_party.SAME_INVOICE_DAYS]
    stated = [row for row in rows if row.scope == STATED]
    return Found(found.customer, found.by, next(iter([*near, *stated]), None))


def _write(one: Draft, stamp: _Stamp, done: _Done) -> None:
    found = _found(stamp.creditor, one)
    if found is None:
        customer = einvoice_party.make(stamp.creditor, one.told)
        found = Found(customer, "new")
        done.add("customers")
        done.problems.append(stamp.say("customer_made", name=customer.name, account=customer.code))
    filled = einvoice_party.complete(found.customer, one.told)
    if filled:
        done.change("customers")
    if one.credit:
        _write_credit(one, found.customer, stamp, done)
    elif found.invoice is not None:
        _complete(one, found.invoice, stamp, done)
    else:
        _write_invoice(one, found.customer, stamp, done)


def _write_invoice(one: Draft, customer: Customer, stamp: _Stamp, done: _Done) -> None:
    told = one.told
    invoice = Invoice.objects.create(
        creditor=stamp.creditor, customer=customer, number=told.number[:100], scope=STATED, issued_on=told.issued_on,
        amount=one.amount, currency=told.currency, label="", performed_on=told.delivered_on, opening=True,
        document=stamp.document, details=one.details, source=stamp.source,
    )  # fmt: skip
    rows = [
        Receivable(
            creditor=stamp.creditor,
            customer=customer,
            invoice=invoice,
            key=instalments.key_of(told.number, place),
            scope=STATED,
            number=told.number[:100],
            currency=told.currency,
            amount=part.amount,
            issued_on=told.issued_on,
            recorded_at=stamp.at,
            **_dated(part, told.issued_on, customer),
        )
        for place, part in enumerate(one.parts)
    ]
    for row in rows:
        row.save()
    settle.settle(stamp.creditor.pk, receivables=[row.pk for row in rows])
    done.add("invoices")
    done.add("invoiced", one.amount)
    _documented(stamp, done)
    _hold(invoice, one, done)
    _tell(done, customer, invoice, rows, stamp, new=True)
    if one.replaces:
        _replace(one, customer, stamp, done)
    _credit_that_waited(invoice, rows, stamp, done)


def _credit_that_waited(invoice: Invoice, rows: Sequence[Receivable], stamp: _Stamp, done: _Done) -> None:
    """A credit note may be read before the invoice it names."""
    free = Payment.objects.filter(
        creditor=stamp.creditor, customer_id=invoice.customer_id, kind=Payment.Kind.CREDIT_NOTE, scope=STATED,
        spent_on=None, label__contains=invoice.number,
    )  # fmt: skip
    for payment in free.order_by("paid_on", "pk"):
        if invoice.number in payment.label.split(", "):
            made = _set_against(payment, rows, payment.paid_on, stamp)
            if made:
                done.add("allocations", made)


def _dated(part: Part, issued_on: date, customer: Customer) -> dict[str, Any]:
    if part.due_on is not None:
        return {"due_on": part.due_on, "due_from": Receivable.DueFrom.INVOICE}
    due_on, origin = due.due(issued_on, customer.terms, customer.creditor.default_terms)
    return {"due_on": due_on, "due_from": origin}


def _complete(one: Draft, invoice: Invoice, stamp: _Stamp, done: _Done) -> None:
    """Give an invoice that is known what its document says: dates, parts, details, the document itself."""
    told = one.told
    rows = list(Receivable.objects.filter(creditor=stamp.creditor, invoice=invoice).order_by("due_on", "pk"))
    if invoice.amount not in one.amounts:
        books, stated = (to_decimal_text(amount, told.currency) for amount in (invoice.amount, one.amount))
        done.problems.append(stamp.say("books_say_otherwise", number=told.number, books=books, stated=stated))
    before = [(row.pk, row.due_on, row.due_from, row.amount) for row in rows]
    if len(one.parts) > 1 and len(rows) == 1 and rows[0].amount == one.amount:
        rows = _split(rows[0], one.parts, stamp)
    for row, part in zip(rows, one.parts, strict=False):
        if part.due_on is not None:
            row.due_on, row.due_from = part.due_on, Receivable.DueFrom.INVOICE
            row.save(update_fields=["due_on", "due_from"])
    moved = [(row.pk, row.due_on, row.due_from, row.amount) for row in rows] != before
    fields: dict[str, Any] = {}
    if invoice.details != one.details:
        fields["details"] = one.details
    if told.delivered_on and told.delivered_on != invoice.performed_on:
        fields["performed_on"] = told.delivered_on
    if stamp.document and stamp.document != invoice.document:
        fields["document"] = stamp.document
        _documented(stamp, done)
    for name, value in fields.items():
        setattr(invoice, name, value)
    if fields:
        invoice.save(update_fields=list(fields))
    if not fields and not moved:
        return
    done.change("invoices")
    if moved:
        done.change("due_dates")
        done.items.append(_due_item(invoice, before, rows))
    _hold(invoice, one, done)
    _tell(done, invoice.customer, invoice, rows, stamp, new=False)


def _due_item(invoice: Invoice, before: Sequence[tuple[int, date, str, int]], rows: Sequence[Receivable]) -> Any:
    return {
        "what": "due_date", "customer": invoice.customer.code, "number": invoice.number,
        "before": before[0][1].isoformat() if before else "", "after": rows[-1].due_on.isoformat() if rows else "",
    }  # fmt: skip


def _split(row: Receivable, parts: Sequence[Part], stamp: _Stamp) -> list[Receivable]:
    """Make one receivable several; what was set against it is poured over them in the order of their dates."""
    sign = row.key.removeprefix(row.number)
    rows = [row]
    row.amount = parts[0].amount
    row.save(update_fields=["amount"])
    for place, part in enumerate(parts[1:], start=1):
        made = Receivable.objects.create(
            creditor=stamp.creditor, customer_id=row.customer_id, invoice_id=row.invoice_id,
            key=instalments.key_of(row.number, place) + sign, scope=row.scope, number=row.number,
            currency=row.currency, amount=part.amount, issued_on=row.issued_on, recorded_at=stamp.at,
            due_on=part.due_on or row.due_on, due_from=Receivable.DueFrom.INVOICE,
        )  # fmt: skip
        rows.append(made)
    stood = list(Allocation.objects.filter(creditor=stamp.creditor, receivable=row).order_by("counts_on", "payment_id"))
    poured = instalments.pour(tuple(part.amount for part in parts), [one.amount for one in stood])
    for one, taken in zip(stood, poured, strict=True):
        for share in taken:
            if share.place:
                _allocate(stamp, rows[share.place], one, share.amount)
                _allocate(stamp, row, one, -share.amount)
    settle.settle(stamp.creditor.pk, receivables=[one.pk for one in rows])
    return rows


def _allocate(stamp: _Stamp, row: Receivable, like: Allocation, amount: int) -> None:
    Allocation.objects.create(
        creditor=stamp.creditor, receivable=row, payment_id=like.payment_id, amount=amount, counts_on=like.counts_on,
        rule=like.rule, scope=like.scope, recorded_at=stamp.at,
    )  # fmt: skip


def _hold(invoice: Invoice, one: Draft, done: _Done) -> None:
    for kind, detail in HELD.items():
        if one.details.get(detail):
            done.held.setdefault(kind, []).append(invoice.pk)


def _documented(stamp: _Stamp, done: _Done) -> None:
    if stamp.document:
        done.add("documents")


def _tell(
    done: _Done, customer: Customer, invoice: Invoice, rows: Sequence[Receivable], stamp: _Stamp, *, new: bool
) -> None:
    payload = {
        "number": invoice.number, "amount": invoice.amount, "currency": invoice.currency, "new": new,
        "issued_on": invoice.issued_on.isoformat(),
        "due_on": [[row.due_on.isoformat(), row.amount] for row in rows],
        "documents": [stamp.document] if stamp.document else [], "import": stamp.source.sha256,
    }  # fmt: skip
    done.lines.append(Line(customer.code, "einvoice_read", payload))


# --- credits --------------------------------------------------------------------------------------------------------


def _named(creditor: Creditor, told: EInvoice) -> list[Invoice]:
    """The invoices a credit note or correction names, as far as they are known and told apart."""
    found: list[Invoice] = []
    for one in told.preceding:
        rows = list(Invoice.objects.filter(creditor=creditor, number=one.number[:100]).select_related("customer"))
        if one.issued_on is not None and len(rows) > 1:
            rows = [row for row in rows if row.issued_on == one.issued_on] or rows
        siren = told.buyer_party.siren
        rows = [row for row in rows if not (siren and row.customer.siren and row.customer.siren != siren)]
        if len(rows) > 1:
            rows = sorted(rows, key=lambda row: row.issued_on)[-1:]
        found += rows
    return found


def _known_credit(customer: Customer, one: Draft) -> Payment | None:
    if not one.credit:
        return None
    rows = Payment.objects.filter(creditor=customer.creditor, customer=customer, kind=Payment.Kind.CREDIT_NOTE)
    return rows.filter(reference=one.told.number[:100], amount=one.amount).order_by("pk").first()


def _write_credit(one: Draft, customer: Customer, stamp: _Stamp, done: _Done) -> None:
    told = one.told
    payment = _known_credit(customer, one)
    new = payment is None
    if payment is None:
        payment = _credit(customer, one, stamp, key=told.number, reference=told.number, on=told.issued_on)
        done.add("payments")
    named = [row for row in _named(stamp.creditor, told) if row.customer_id == customer.pk]
    missing = {one.number for one in told.preceding} - {row.number for row in named}
    for number in sorted(missing):
        done.problems.append(stamp.say("preceding_unknown", number=told.number, preceding=number))
    made = _set_against(payment, _receivables(named), told.issued_on, stamp)
    if made:
        done.add("allocations", made)
    if not new and not made:
        return
    payload = {
        "number": told.number, "amount": -one.amount, "currency": told.currency, "new": new,
        "issued_on": told.issued_on.isoformat(), "names": [row.number for row in named], "import": stamp.source.sha256,
        "documents": [stamp.document] if stamp.document else [],
    }  # fmt: skip
    done.lines.append(Line(customer.code, "einvoice_read", payload))


def _credit(
    customer: Customer, one: Draft, stamp: _Stamp, *, key: str, reference: str, on: date, amount: int | None = None
) -> Payment:
    payment = Payment.objects.create(
        creditor=stamp.creditor, customer=customer, kind=Payment.Kind.CREDIT_NOTE, key=f"einvoice#{key}"[:220],
        scope=STATED, opening=amount is None, reference=reference[:100], paid_on=on,
        label=", ".join(named.number for named in one.told.preceding)[:300],
        amount=one.amount if amount is None else amount, currency=one.told.currency, recorded_at=stamp.at,
        source=stamp.source,
    )  # fmt: skip
    settle.settle(stamp.creditor.pk, payments=[payment.pk])
    return payment


def _replace(one: Draft, customer: Customer, stamp: _Stamp, done: _Done) -> None:
    """Settle the invoices that this one stands for: what was paid on them before stays with the customer as credit."""
    told = one.told
    for old in _named(stamp.creditor, told):
        if old.customer_id != customer.pk or old.number == told.number:
            continue
        key = f"{old.number} replaced by {told.number}"
        payment = _credit(
            customer, one, stamp, key=key, reference=told.number, on=told.issued_on, amount=old.amount
        )  # fmt: skip
        done.add("allocations", _set_against(payment, _receivables([old]), told.issued_on, stamp))
        done.problems.append(stamp.say("invoice_replaced", number=told.number, preceding=old.number))


def _receivables(invoices: Iterable[Invoice]) -> list[Receivable]:
    return [row for one in invoices for row in Receivable.objects.filter(invoice=one).order_by("due_on", "pk")]


def _set_against(payment: Payment, rows: Sequence[Receivable], on: date, stamp: _Stamp) -> int:
    """Allocate what is free of a credit to what is open of these; return how many allocations were made."""
    left = payment.amount - _sum(payment.allocations)
    touched = []
    for row in rows:
        amount = min(left, row.amount - _sum(row.allocations))
        if amount <= 0 or row.currency != payment.currency:
            continue
        Allocation.objects.create(
            creditor=stamp.creditor, receivable=row, payment=payment, amount=amount,
            counts_on=max(on, row.issued_on), rule="named", scope=STATED, recorded_at=stamp.at,
        )  # fmt: skip
        touched.append(row.pk)
        left -= amount
    if touched:
        settle.settle(stamp.creditor.pk, receivables=touched, payments=[payment.pk])
    return len(touched)


def _sum(allocations: Any) -> int:
    return int(allocations.aggregate(total=Sum("amount"))["total"] or 0)


# --- documents ------------------------------------------------------------------------------------------------------


def _is_plain_pdf(file: File, told: InvoiceFile) -> bool:
    """A PDF with nothing to read in it: a picture of an invoice."""
    return not told.invoices and told.kind == "unknown" and looks_like_pdf(file.head(1024))


def _inspect_document(creditor: Creditor, file: File) -> Preview:
    try:
        number = attach_document.invoice_of(creditor, file.name).number
    except attach_document.NotAttached as refused:
        return Preview(
            "invoice_pdf", {}, {}, (_not_attached(creditor, file, refused),), file.sha256, refused=True
        )  # fmt: skip
    would = {"new": {"documents": 1}, "changed": {"items": []}, "notes": [{"code": "document_of", "number": number}]}
    return Preview("invoice_pdf", {"documents": 1}, would, (), file.sha256)


def _attach(creditor: Creditor, file: File, *, at: datetime, actor: str) -> Import:
    """Attach a PDF to the invoice its name bears. Raises ImportRefused."""
    with transaction.atomic():
        try:
            done = attach_document.attach(creditor, file.whole(), file.name, at=at, actor=actor)
        except attach_document.NotAttached as refused:
            raise ImportRefused([_not_attached(creditor, file, refused)]) from None
        found = {
            "read": {"documents": 1}, "new": {"documents": int(done.changed)}, "changed": {"items": []},
            "set_aside": [], "notes": [{"code": "document_of", "number": done.number}], "unchanged": not done.changed,
        }  # fmt: skip
        return Import.objects.create(
            creditor=creditor, kind="invoice_pdf", name=file.name[:200], sha256=file.sha256, size=file.size,
            imported_at=at, actor=actor, report=found,
        )  # fmt: skip


def _not_attached(creditor: Creditor, file: File, refused: attach_document.NotAttached) -> Problem:
    limit = attach_document.MAX_BYTES // (1024 * 1024)
    return problem(_ATTACHING[refused.code], None, language=creditor.language, name=file.name, limit=limit)
