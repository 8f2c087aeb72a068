"""Take tables into the ledger: CSV, TSV, XLSX and ODS with any headers, of any of the five kinds.

How the columns are read is what a person said before, else what the program is known to write, else a guess, which is
taken only when nothing that decides is open. What a table tells never counts beside what the books, an electronic
invoice or the bank tell of the same (`table_claims`, `table_money`, `table_aged`, `tables_give_way`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import override

from encaisse.exchange import bank
from encaisse.exchange.bank import BankFile, Statement
from encaisse.exchange.problems import Problem, Severity, problem
from encaisse.exchange.table_found import TableRecords
from encaisse.exchange.table_mapping import AMOUNTS, DATES, Mapping
from encaisse.exchange.table_records import records
from encaisse.exchange.table_values import read_date, shown
from encaisse.exchange.tables import TableFile, read_table
from encaisse.journal.append import append, append_many
from encaisse.journal.keep import keep
from encaisse.ledger import due, import_bank, report, table_aged, table_claims, table_mappings, table_money
from encaisse.ledger.bank_entries import Stamp
from encaisse.ledger.books_held import AGED, HELD
from encaisse.ledger.freshness import LIST_KIND
from encaisse.ledger.models import Allocation, BankAccount, Import, TableStatement
from encaisse.ledger.stated_payments import SCOPE
from encaisse.ledger.table_mappings import Chosen
from encaisse.ledger.table_meanings import meaning
from encaisse.ledger.table_people import Named, People
from encaisse.ledger.table_work import Work, named
from encaisse.ledger.tables_give_way import give_way
from encaisse.ledger.taking import KEPT_BYTES, File, ImportRefused, Preview, Progress, again, opened
from encaisse.parties import import_contacts
from encaisse.parties.models import Creditor
from encaisse.storage import bulk

KINDS = {
    "invoices": "table-invoices", "payments": "table-payments", "aged_balance": "table-aged", "bank": "table-bank",
    "contacts": "contacts",
}  # fmt: skip
"""Kind of a mapping → kind of the import."""
_MEDIA = {
    "csv": "text/csv", "tsv": "text/tab-separated-values",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}  # fmt: skip
_SHOWN = 12


class _LookedAt(Exception):
    """Carries what an import would do out of the transaction that is undone."""

    def __init__(self, row: Import) -> None:
        self.row = row


class Taker:
    """Takes tables, as `encaisse.ledger.taking.Taker` says."""

    def inspect(self, creditor: Creditor, file: File) -> Preview:
        """Say what is in the table, how its columns are read, and what would change: all of it is done and undone."""
        table, chosen = _read(creditor, file)
        kind = KINDS.get(chosen.mapping.kind, "unknown")
        shown_ = {"table": told(table, chosen)}
        refusals = _refusals(creditor, table, chosen)
        if refusals:
            counts = {"rows": len(table.grid.rows)}
            return Preview(kind, counts, shown_, tuple(refusals), file.sha256, refused=True)
        try:
            with transaction.atomic():
                raise _LookedAt(_take(creditor, file, table, chosen, at=_lately(creditor), actor="", tell=_silent))
        except _LookedAt as done:
            row = done.row
        except ImportRefused as refused:
            return Preview(kind, {}, shown_, refused.problems, file.sha256, refused=True)
        problems = tuple(_problem(one) for one in row.report["set_aside"])
        would = {**row.report, **shown_}
        return Preview(
            row.kind, row.report["read"], would, problems, file.sha256, False, row.first_day, row.last_day
        )  # fmt: skip

    def take(self, creditor: Creditor, file: File, *, at: datetime, actor: str, tell: Progress) -> Import:
        """Take the table, all of it or nothing. Raises ImportRefused."""
        table, chosen = _read(creditor, file)
        refusals = _refusals(creditor, table, chosen)
        if refusals:
            raise ImportRefused(refusals)
        tell("writing", 0.0)
        with transaction.atomic():
            row = _take(creditor, file, table, chosen, at=at, actor=actor, tell=tell)
        tell("writing", 1.0)
        return row


TAKER = Taker()


def _silent(stage: str, part: float) -> None:
    return None


def _lately(creditor: Creditor) -> datetime:
    """A moment for what is looked at and not kept: that of the last import, so that no clock is asked."""
    newest = Import.objects.filter(creditor=creditor).aggregate(at=Max("imported_at"))["at"]
    return max(newest, creditor.created_at) if newest else creditor.created_at


def _problem(one: dict[str, Any]) -> Problem:
    return Problem(one["line"], one["code"], one["message"], one["hint"], Severity(one["severity"]), one["column"])


def look(creditor: Creditor, content: bytes, name: str = "") -> tuple[TableFile, Chosen, tuple[Problem, ...]]:
    """A table, how its columns are read, and why it cannot be imported before something is said. Writes nothing."""
    table, chosen = _read(creditor, opened(content, name, creditor.language))
    return table, chosen, tuple(_refusals(creditor, table, chosen))


# --- how it is read -------------------------------------------------------------------------------------------------


def _read(creditor: Creditor, file: File) -> tuple[TableFile, Chosen]:
    table = read_table(file.whole(), file.name, language=creditor.language)
    return table, table_mappings.chosen(creditor, table)


def _refusals(creditor: Creditor, table: TableFile, chosen: Chosen) -> list[Problem]:
    """Why the table cannot be taken as it is, and how to say what is open. Empty: it can."""
    if not table.grid.rows:
        return [one for one in table.problems if one.severity is Severity.ERROR] or list(table.problems)
    line, mapping, language = table.grid.header_line, chosen.mapping, creditor.language

    def say(code: str, **values: object) -> list[Problem]:
        return [problem(code, line, column=None, language=language, **values)]

    if mapping.kind == "unknown":
        return say("table_kind_unclear", columns=_headers(table, range(len(table.grid.headers))))
    if chosen.missing:
        free = [column.place for column in mapping.columns if not column.field]
        lacking = "; ".join(
            _or(language).join(_words(one, language) for one in need.split("|")) for need in chosen.missing
        )
        example = chosen.missing[0].partition("|")[0]
        return say("table_lacks", missing=lacking, columns=_headers(table, free), example=example)
    if chosen.source == "guessed" and mapping.confidence < table_mappings.SURE:
        unsure = [one for one in mapping.columns if one.field and one.confidence < table_mappings.SURE]
        named = ", ".join(f"{_header(table, one.place)} = {_words(one.field, language)}" for one in unsure[:_SHOWN])
        return say("table_unsure", columns=named)
    rivals = table_mappings.rivals(table, chosen)
    if rivals:
        return say(
            "table_unsure",
            columns=", ".join(f"{_header(table, place)} = {_words(name, language)}" for place, name in rivals),
        )
    if mapping.ambiguous_dates:
        places = [one.place for one in mapping.columns if one.field in DATES]
        return say("table_dates_unclear", value=_first(table, places), columns=_headers(table, places))
    if mapping.ambiguous_amounts:
        places = [one.place for one in mapping.columns if one.field in AMOUNTS]
        return say("table_amounts_unclear", value=_first(table, places), columns=_headers(table, places))
    return []


def _or(language: str) -> str:
    return " ou " if language == "fr" else " or "


def _words(field: str, language: str) -> str:
    """A meaning as a person reads it, with its name for the command line."""
    with override(language):
        return f"{meaning(field)} ({field})"


def _headers(table: TableFile, places: Sequence[int]) -> str:
    """Headers as a person reads them, as many as fit."""
    shown_ = [_header(table, place) for place in places][:_SHOWN]
    return ", ".join(shown_) or "-"


def _header(table: TableFile, place: int) -> str:
    return (table.grid.headers[place] if place < len(table.grid.headers) else "")[:40] or f"#{place + 1}"


def _first(table: TableFile, places: Sequence[int]) -> str:
    cells = (shown(row.at(place)) for row in table.grid.rows for place in places)
    return next((cell for cell in cells if cell), "")


def told(table: TableFile, chosen: Chosen, *, examples: bool = True) -> dict[str, Any]:
    """The mapping as pages and other programs read it."""
    mapping = chosen.mapping
    return {
        "kind": mapping.kind, "source": chosen.source, "program": mapping.program, "confidence": mapping.confidence,
        "sheet": table.grid.sheet, "header_line": table.grid.header_line,
        "date_order": mapping.date_order, "decimal_mark": mapping.decimal_mark, "currency": mapping.currency,
        "columns": [
            {
                "place": one.place, "header": one.header, "field": one.field, "confidence": one.confidence,
                "reason": one.reason, **({"examples": list(one.examples)} if examples else {}),
            }
            for one in mapping.columns
        ],
        "unused": [_header(table, one.place) for one in mapping.columns if not one.field and one.header],
        "missing": list(chosen.missing),
    }  # fmt: skip


# --- taking ---------------------------------------------------------------------------------------------------------


def _take(
    creditor: Creditor, file: File, table: TableFile, chosen: Chosen, *, at: datetime, actor: str, tell: Progress
) -> Import:  # fmt: skip
    """Write it, in the caller's transaction."""
    bulk.lock(f"books:{creditor.pk}")
    found = Import.objects.filter(creditor=creditor, sha256=file.sha256).first()
    if found and not found.report.get("waiting"):
        return again(found)
    rows = records(table, chosen.mapping, creditor.language)
    if chosen.mapping.kind == "bank":
        row = _bank(creditor, file, table, rows, found, at, actor, tell)
    elif chosen.mapping.kind == "contacts":
        row = _contacts(creditor, file, table, rows, found, at, actor)
    else:
        row = _claims(creditor, file, table, chosen, rows, found, at, actor)
    row.report["table"] = told(table, chosen, examples=False)
    row.report["layout"] = table_mappings.layout_of(table)
    row.save(update_fields=["report"])
    return row


def _reasons(told: TableRecords, table: TableFile, creditor: Creditor) -> list[Problem]:
    """Why nothing of a table can be taken."""
    found = [one for one in told.problems if one.severity is not Severity.INFO] or list(told.problems)
    return found or [problem("table_without_rows", table.grid.header_line, column=None, language=creditor.language)]


def _row(creditor: Creditor, file: File, kind: str, found: Import | None, at: datetime, actor: str) -> Import:
    row = found or Import(creditor=creditor, sha256=file.sha256)
    row.kind, row.name, row.size, row.imported_at, row.actor = kind, file.name[:200], file.size, at, actor
    row.report = {}
    row.save()
    return row


def _claims(
    creditor: Creditor, file: File, table: TableFile, chosen: Chosen, told: TableRecords, found: Import | None,
    at: datetime, actor: str,
) -> Import:  # fmt: skip
    """Invoices, payments, an aged balance."""
    if not (told.invoices or told.payments or told.aged):
        raise ImportRefused(_reasons(told, table, creditor))
    stamp = Stamp(creditor, at, actor)
    as_of = _as_of(table, chosen.mapping, timezone.localdate(at))
    layout = table_mappings.layout_of(table)
    newer = TableStatement.objects.filter(creditor=creditor, layout=layout, as_of__gt=as_of).order_by("-as_of").first()
    if newer is not None:
        day, known = as_of.isoformat(), newer.as_of.isoformat()
        raise ImportRefused([problem("older_table", None, language=creditor.language, day=day, known=known)])
    row = _row(creditor, file, KINDS[told.kind], found, at, actor)
    row.scope, row.last_day = SCOPE, _last_day(told, as_of)
    row.first_day = min((day for day in _days(told) if day <= row.last_day), default=row.last_day)
    rows = [named(one) for one in told.invoices]
    rows += [Named(one.customer_code, one.customer_name) for one in told.payments]
    rows += [Named(one.customer_code, one.customer_name, one.siren) for one in told.aged]
    work = Work(stamp, row, layout, as_of, People(creditor, rows))
    work.withdrawn = frozenset(one.values.get("number", "") for one in told.problems if one.code == "not_issued")
    work.complete = told.counts.get("set_aside", 0) <= told.counts.get("problem:not_issued", 0)
    before = Allocation.objects.filter(creditor=creditor).count()
    table_claims.take(told.invoices, work)
    if chosen.mapping.program.startswith("stripe"):
        work.add("payouts_pay_nothing", None)
    else:
        table_money.take(told.payments, work)
    strangers = [one for one in work.problems if one.code == "payment_of_nobody"]
    if strangers and len(strangers) == len(told.payments) and not told.invoices:
        raise ImportRefused(strangers)
    if told.aged:
        table_aged.take(told.aged, work)
    work.notes += give_way(stamp)
    work.new["allocations"] = Allocation.objects.filter(creditor=creditor).count() - before
    work.new["customers"] = len(work.people.made)
    work.changed["customers"] = len(work.people.filled - {one.pk for one in work.people.made})
    if told.invoices:
        row.kind = LIST_KIND if work.states else row.kind
        row.last_day = as_of if work.states else max(_days(told), default=as_of)
    row.report = _report(table, chosen, told, work)
    if work.held:
        row.report[HELD] = {AGED: work.held}
    if strangers:
        # Once their invoices are known, the same file says more.
        row.report["waiting"] = len(strangers)
    row.save()
    _keep(creditor, file, table, at)
    append_many(creditor.pk, work.lines(), at=at, actor=actor)
    append(creditor.pk, "", "tables_imported", report.for_journal(row), at=at, actor=actor)
    return row


def _report(table: TableFile, chosen: Chosen, told: TableRecords, work: Work) -> dict[str, Any]:
    new = {name: count for name, count in work.new.items() if count}
    changed = {name: count for name, count in work.changed.items() if count}
    unused = [one.place for one in chosen.mapping.columns if not one.field and one.header]
    problems = [*told.problems, *work.people.problems, *work.problems]
    if unused:
        names = _headers(table, unused)
        problems.append(problem("columns_not_used", None, column=None, language=work.creditor.language, columns=names))
    read = {name: told.counts.get(name, 0) for name in ("rows", "invoices", "payments", "aged", "set_aside")}
    return {
        "read": {("lines_set_aside" if name == "set_aside" else name): count for name, count in read.items() if count},
        "form": {"encoding": table.encoding, "separator": table.separator, "form": table.form},
        "scope": SCOPE,
        "new": new,
        "changed": {**changed, "items": work.items[: report.SHOWN]},
        "set_aside": [report.as_json(one) for one in problems[: report.SHOWN_PROBLEMS]],
        "notes": work.notes[: report.SHOWN],
        "unchanged": not new and not changed,
    }


def _keep(creditor: Creditor, file: File, table: TableFile, at: datetime) -> None:
    if file.size <= KEPT_BYTES:
        keep(creditor.pk, file.whole(), name=file.name, media_type=_MEDIA.get(table.form, "text/csv"), at=at)


def _as_of(table: TableFile, mapping: Mapping, day: date) -> date:
    """The day the table speaks of, where its title says one; else that of its import."""
    found = []
    for row in table.grid.title:
        for cell in row.cells:
            if isinstance(cell, date):
                found.append(cell)
            words = shown(cell).replace(" at ", " ").split()
            for start in range(len(words)):
                told = read_date(" ".join(words[start : start + 3]).strip(",;:()"), mapping.date_order or "dmy")
                if told is not None and any(char in " ".join(words[start:]) for char in "/-.,"):
                    found.append(told)
    return max((one for one in found if one <= day), default=day)


def _days(told: TableRecords) -> list[date]:
    days = [day for one in told.invoices for day in (one.issued_on,) if day]
    return [*days, *(one.paid_on for one in told.payments)]


def _last_day(told: TableRecords, as_of: date) -> date:
    """Up to which day it tells of payments: a list of payments up to its last one, a list of debts to its own."""
    if told.kind == "payments":
        return min(max((one.paid_on for one in told.payments), default=as_of), as_of)
    return as_of


# --- bank and contacts: the ways there are ---------------------------------------------------------------------------


def _bank(
    creditor: Creditor, file: File, table: TableFile, told: TableRecords, found: Import | None, at: datetime,
    actor: str, tell: Progress,
) -> Import:  # fmt: skip
    """Movements of an account, on the way of every other bank file."""
    if not told.transactions:
        raise ImportRefused(_reasons(told, table, creditor))
    currencies = {one.currency for one in told.transactions if one.currency}
    currency = currencies.pop() if len(currencies) == 1 else creditor.currency
    account = told.account or _account(creditor, currency)
    kind = cast(bank.Kind, KINDS["bank"])
    iban = account if account[:2].isalpha() else ""
    movements = tuple(replace(one, currency=one.currency or currency) for one in told.transactions)
    balances = tuple(replace(one, currency=one.currency or currency) for one in told.balances)
    statement = Statement(kind, "", iban, account, "", currency, balances, movements, ())
    if found is not None:
        # The same content, its columns said otherwise: the row of the import goes on.
        found.sha256 = f"{found.pk}~{found.sha256}"[:64]
        found.save(update_fields=["sha256"])
    return import_bank.take_told(
        Stamp(creditor, at, actor), file, BankFile(kind, (statement,), told.problems, table.encoding), tell
    )  # fmt: skip


def _account(creditor: Creditor, currency: str) -> str:
    """The account of a table that does not say it: the only one known, else the creditor's own."""
    known = list(BankAccount.objects.filter(creditor=creditor, currency=currency).values_list("number", flat=True)[:2])
    return known[0] if len(known) == 1 else creditor.iban.replace(" ", "")


def _contacts(
    creditor: Creditor, file: File, table: TableFile, told: TableRecords, found: Import | None, at: datetime,
    actor: str,
) -> Import:  # fmt: skip
    if told.contacts is None or not told.contacts.customers:
        raise ImportRefused(_reasons(told, table, creditor))
    change = import_contacts.compare(creditor, told.contacts)
    import_contacts.apply(creditor, change, source=file.sha256, at=at, actor=actor)
    moved = due.recompute(creditor, change.new_terms(), source=file.sha256, at=at, actor=actor)
    row = _row(creditor, file, KINDS["contacts"], found, at, actor)
    row.report = report.of_contacts(change, told.contacts, moved)
    row.save()
    _keep(creditor, file, table, at)
    append(creditor.pk, "", "contacts_imported", report.for_journal(row), at=at, actor=actor)
    return row
