"""Read a file of books into the ledger: look first, then take all of it or nothing.

`inspect` says what a file is and what would change; `import_file` changes it, in one transaction, with its journal
entries. The same content twice changes nothing. When older books come after newer ones, the newer ones are read again
from the kept document, so that the order in which files arrive makes no difference.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from importlib import import_module
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from encaisse.exchange import detect
from encaisse.exchange.contacts import ContactsFile, read_contacts
from encaisse.exchange.fec import read_fec
from encaisse.exchange.fec_records import Books as FecBooks
from encaisse.exchange.problems import Problem, Severity, problem
from encaisse.journal.append import append
from encaisse.journal.keep import keep
from encaisse.journal.models import Document
from encaisse.ledger import (
    adopt,
    books_held,
    books_scope,
    due,
    instalments,
    match_payments,
    merge,
    merge_customers,
    report,
    tables_give_way,
    write_plan,
)
from encaisse.ledger import known as known_rows
from encaisse.ledger.bank_entries import Stamp
from encaisse.ledger.frames import Known, Told
from encaisse.ledger.frames import told as told_by
from encaisse.ledger.freshness import books_to
from encaisse.ledger.give_way import give_way
from encaisse.ledger.identify import Books as Scope
from encaisse.ledger.models import Import
from encaisse.ledger.taking import (
    KEPT_BYTES,
    Content,
    File,
    ImportRefused,
    Preview,
    Progress,
    Taker,
    again,
    opened,
)
from encaisse.parties import agreed_terms, import_contacts
from encaisse.parties.models import Creditor, Customer
from encaisse.storage import bulk

__all__ = ["KEPT_BYTES", "Content", "ImportRefused", "Preview", "Progress", "import_file", "inspect"]


def inspect(creditor: Creditor, content: Content, name: str, *, strategies: Collection[str] | None = None) -> Preview:
    """Say what the file is and what would change. Writes nothing. `strategies`: as for `import_file`."""
    try:
        file = opened(content, name, creditor.language)
        taker = taker_of(file)
        kind = "" if taker else _kind(file, creditor.language)
    except ImportRefused as refusal:
        return Preview("unknown", problems=refusal.problems, refused=True)
    already = Import.objects.filter(creditor=creditor, sha256=file.sha256).first()
    if already and not already.report.get("waiting"):
        would = {**already.report, "unchanged": True}
        return Preview(
            already.kind, already.report.get("read", {}), would, (), file.sha256, True, already.first_day,
            already.last_day,
        )  # fmt: skip
    if taker:
        return taker.inspect(creditor, file)
    if kind == "contacts":
        told = read_contacts(file.content, language=creditor.language)
        if not told.customers:
            return Preview(kind, dict(told.counts), {}, told.problems, file.sha256, refused=True)
        change = import_contacts.compare(creditor, told, on=_terms_day(creditor), strategies=strategies)
        moved = due.moved(creditor, change.new_terms(), change.terms_after())
        would = report.of_contacts(change, told, moved)
        return Preview(kind, dict(told.counts), would, (*told.problems, *change.problems), file.sha256)
    books = _read(file, creditor.language)
    refusals = _refusals(creditor, books) or _out_of_order(creditor, books)
    if refusals:
        return Preview("fec", dict(books.counts), {}, tuple(refusals), file.sha256, False, books.first_day,
                       books.last_day, refused=True)  # fmt: skip
    planned, _known, _told = _planned(creditor, books)
    warnings = _too_long(creditor, planned)
    would = report.of_plan(planned, books, warnings)
    problems = (*books.problems, *warnings)
    return Preview("fec", dict(books.counts), would, problems, file.sha256, False, books.first_day, books.last_day)


def import_file(
    creditor: Creditor,
    content: Content,
    name: str,
    *,
    at: datetime,
    actor: str,
    progress: Progress | None = None,
    allow_older: bool = False,
    strategies: Collection[str] | None = None,
) -> Import:
    """Take a file into the ledger, all of it or nothing, and return its Import row with the report.

    `content` is bytes or a path. `allow_older` takes an export that ends before what is known of the same books.
    `strategies`: the names a contacts file may use; None: names are not checked.
    Raises ImportRefused when the file as a whole cannot be taken. Content that was imported before changes nothing:
    its row comes back with `report["unchanged"]` true.
    """
    tell = progress or _silent
    tell("reading", 0.0)
    file = opened(content, name, creditor.language)
    found = Import.objects.filter(creditor=creditor, sha256=file.sha256).first()
    if found and not found.report.get("waiting"):
        return again(found)
    taker = taker_of(file)
    if taker:
        return taker.take(creditor, file, at=at, actor=actor, tell=tell)
    if _kind(file, creditor.language) == "contacts":
        told = read_contacts(file.content, language=creditor.language)
        if not told.customers:
            raise ImportRefused(told.problems)
        with transaction.atomic():
            return _take_contacts(creditor, file, told, strategies, at, actor)
    books = _read(file, creditor.language)
    refusals = _refusals(creditor, books) or ([] if allow_older else _out_of_order(creditor, books))
    if refusals:
        raise ImportRefused(refusals)
    with transaction.atomic():
        return _take(creditor, file, books, at, actor, tell)


def _take(creditor: Creditor, file: File, books: FecBooks, at: datetime, actor: str, tell: Progress) -> Import:
    bulk.lock(f"books:{creditor.pk}")
    found = Import.objects.filter(creditor=creditor, sha256=file.sha256).first()
    if found:
        return again(found)
    tell("comparing", 0.0)
    adopt.adopt(creditor, told_by(books), at=at, actor=actor)
    planned, known, told = _planned(creditor, books)
    row = Import.objects.create(
        creditor=creditor, kind="fec", name=file.name[:200], scope=planned.books.scope, sha256=file.sha256,
        size=file.size, first_day=books.first_day, last_day=books.last_day, closing=books.closing,
        imported_at=at, actor=actor,
    )  # fmt: skip
    stamp = write_plan.Stamp(creditor, row, at, actor)
    tell("writing", 0.0)
    write_plan.write(planned, known, stamp)
    row.report = report.of_plan(planned, books, _too_long(creditor, planned)) | books_held.parts(creditor, books, told)
    row.report["notes"] += _reread(creditor, planned.books.scope, planned.books.scopes, at, actor, tell)
    bank = Stamp(creditor, at, actor)
    row.report["notes"] += tables_give_way.give_way(bank)
    row.report["notes"] += give_way(bank)
    match_payments.propose(bank)
    if file.size <= KEPT_BYTES:
        keep(creditor.pk, file.whole(), name=file.name, media_type="text/plain", at=at)
    row.save(update_fields=["report"])
    append(creditor.pk, "", "books_imported", report.for_journal(row), at=at, actor=actor)
    tell("writing", 1.0)
    return row


def _take_contacts(
    creditor: Creditor, file: File, told: ContactsFile, strategies: Collection[str] | None, at: datetime, actor: str
) -> Import:
    bulk.lock(f"books:{creditor.pk}")
    found = Import.objects.filter(creditor=creditor, sha256=file.sha256).first()
    if found:
        return again(found)
    change = import_contacts.compare(creditor, told, on=_terms_day(creditor), strategies=strategies)
    import_contacts.apply(creditor, change, source=file.sha256, at=at, actor=actor)
    moved = due.recompute(creditor, change.new_terms(), source=file.sha256, at=at, actor=actor)
    row = Import.objects.create(
        creditor=creditor, kind="contacts", name=file.name[:200], sha256=file.sha256, size=file.size, imported_at=at,
        actor=actor, report=report.of_contacts(change, told, moved),
    )  # fmt: skip
    if file.size <= KEPT_BYTES:
        keep(creditor.pk, file.whole(), name=file.name, media_type="text/csv", at=at)
    append(creditor.pk, "", "contacts_imported", report.for_journal(row), at=at, actor=actor)
    return row


def _reread(
    creditor: Creditor, scope: str, scopes: Sequence[str], at: datetime, actor: str, tell: Progress
) -> list[dict[str, Any]]:
    """Compare later books again, now that what came before them is better known."""
    later = Import.objects.filter(creditor=creditor, kind="fec", scope__gt=scope).exclude(scope__in=scopes)
    newest: dict[str, Import] = {}
    for one in later.order_by("scope", "last_day", "imported_at", "id"):
        newest[one.scope] = one
    notes: list[dict[str, Any]] = []
    for number, one in enumerate(newest.values()):
        tell("rereading", number / len(newest))
        document = Document._base_manager.filter(creditor_id=creditor.pk, sha256=one.sha256).first()
        if document is None:
            notes.append({"code": "not_reread", "name": one.name, "scope": one.scope})
            continue
        planned, known, _told = _planned(creditor, read_fec(bytes(document.content), one.name), one.scope)
        if not planned.changes_nothing():
            write_plan.write(planned, known, write_plan.Stamp(creditor, one, at, actor))
            notes.append({"code": "reread", "name": one.name, "scope": one.scope})
    return notes


def _planned(creditor: Creditor, books: FecBooks, scope: str | None = None) -> tuple[merge.Plan, Known, Told]:
    told = merge_customers.translated(told_by(books), merge_customers.standing(creditor.pk))
    told = instalments.split(adopt.as_known(told, adopt.twins(creditor, told)), instalments.known(creditor.pk))
    of, _same = books_scope.books_of(told.first_day, told.last_day, books.closing, _windows(creditor))
    if scope:
        of = Scope(scope, tuple({*of.scopes, scope}) if scope in of.scopes else (scope,))
    opening = told.receivables.filter(told.receivables["opening"] & ~told.receivables["lump"])
    known = known_rows.touched_by(creditor.pk, of.scopes, told.first_day, opening["number"].to_list())
    return merge.plan(told, known, of), known, told


def _too_long(creditor: Creditor, planned: merge.Plan) -> tuple[Problem, ...]:
    """Warnings about the terms that customers new in the books get: the creditor's default ones."""
    new = planned.new_customers.select("customer", "name").iter_rows()
    company = Customer.Kind.COMPANY.value
    people = (agreed_terms.Agreed(code, name or code, company, creditor.country, "") for code, name in new)
    return agreed_terms.of_many(creditor, people, _terms_day(creditor))


def _terms_day(creditor: Creditor) -> date:
    """The day as of which terms are checked: the last day of the books, else the first day with us."""
    return books_to(creditor) or timezone.localdate(creditor.created_at)


def _windows(creditor: Creditor) -> list[books_scope.Window]:
    past = Import.objects.filter(creditor=creditor, kind="fec")
    return books_scope.windows(past.values_list("scope", "first_day", "last_day", "closing"))


def _silent(stage: str, part: float) -> None:
    return None


def taker_of(file: File) -> Taker | None:
    """Who takes files of this form into the ledger; None: books and contacts, which are taken here."""
    name = _TAKERS.get(detect.recognise(file.content).form)
    taker: Taker | None = import_module(name).TAKER if name else None
    return taker


_TAKERS: dict[detect.Form, str] = {
    "bank": "encaisse.ledger.import_bank",
    "xml": "encaisse.ledger.import_einvoices",
    "pdf": "encaisse.ledger.import_einvoices",
    "cdar": "encaisse.ledger.import_statuses",
    "statuses-csv": "encaisse.ledger.import_statuses",
    "statuses-json": "encaisse.ledger.import_statuses",
    "table": "encaisse.ledger.import_tables",
    "workbook": "encaisse.ledger.import_tables",
}
"""Form of a file -> the module whose TAKER takes it. Loaded when asked for: most imports are books."""


# --- what is refused ------------------------------------------------------------------------------------------------


def _kind(file: File, language: str) -> str:
    """What the file is: fec or contacts. Raises ImportRefused for anything else, with the reader's reasons."""
    kind = detect.kind_of(file.head(detect.HEAD), file.name)
    if kind == "unknown":
        # The FEC reader says why: empty, binary, too large, not a FEC.
        raise ImportRefused(_read(file, language).problems or [problem("not_a_fec", 1, language=language)])
    return kind


def _read(file: File, language: str) -> FecBooks:
    return read_fec(file.content, file.name, language=language)


def _refusals(creditor: Creditor, books: FecBooks) -> list[Problem]:
    """Books without a day, or new ones without a customer, cannot be taken; their problems say why."""
    if books.first_day is not None and books.last_day is not None:
        if books.frames.invoices.height or books.frames.payments.height:
            return []
        # A newer export of known books in which no customer is left says just that.
        windows = _windows(creditor)
        _of, same = books_scope.books_of(books.first_day, books.last_day, books.closing, windows)
        if same:
            return []
    return [one for one in books.problems if one.severity is not Severity.INFO] or list(books.problems)


def _out_of_order(creditor: Creditor, books: FecBooks) -> list[Problem]:
    if books.first_day is None or books.last_day is None:
        return []
    _of, same = books_scope.books_of(books.first_day, books.last_day, books.closing, _windows(creditor))
    with override(creditor.language):
        if books_scope.begins_late(books.first_day, same):
            first = min(window.first_day for window in same)
            return [
                _refusal(
                    "partial_export",
                    _("This file begins on %(day)s, but these books are known from %(known)s.")
                    % {"day": books.first_day, "known": first},
                    _("Export the whole year again, from its first day."),
                )
            ]
        if books_scope.ends_early(books.last_day, same):
            last = max(window.last_day for window in same)
            return [
                _refusal(
                    "older_export",
                    _("This file ends on %(day)s, but these books are known to %(known)s.")
                    % {"day": books.last_day, "known": last},
                    _("Export again from your accounting. If the books really end earlier now, confirm it."),
                )
            ]
    return []


def _refusal(code: str, message: str, hint: str) -> Problem:
    return Problem(None, code, message, hint, Severity.ERROR)
