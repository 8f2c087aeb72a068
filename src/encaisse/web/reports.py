"""What an import would do or did, as lines for a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy, npgettext_lazy

from encaisse.exchange.detect import NAMES
from encaisse.exchange.problems import Problem, catalogue, problem
from encaisse.web import formats

KINDS = {
    "fec": gettext_lazy("Accounting entries (FEC)"),
    "contacts": gettext_lazy("Contacts and terms (CSV)"),
    "factur-x": gettext_lazy("Electronic invoice (Factur-X)"),
    "cii": gettext_lazy("Electronic invoice (CII)"),
    "ubl": gettext_lazy("Electronic invoice (UBL)"),
    "invoice_pdf": gettext_lazy("Document of an invoice (PDF)"),
    "cdar": gettext_lazy("Statuses of electronic invoices"),
    "status-csv": gettext_lazy("Statuses of electronic invoices"),
    "status-json": gettext_lazy("Statuses of electronic invoices"),
    "pdf": gettext_lazy("PDF: an electronic invoice or a document"),
    "table-invoices": gettext_lazy("Table of invoices"),
    "table-open": gettext_lazy("List of what is owed"),
    "table-payments": gettext_lazy("Table of payments"),
    "table-aged": gettext_lazy("Aged balance"),
    "table-bank": gettext_lazy("Table of bank movements"),
    "csv": gettext_lazy("Table"),
    "xlsx": gettext_lazy("Table (workbook)"),
    "unknown": gettext_lazy("Not recognised"),
}
NEW = {
    "customers": npgettext_lazy("count", "customer", "customers"),
    "contacts": npgettext_lazy("count", "contact", "contacts"),
    "invoices": npgettext_lazy("count", "invoice", "invoices"),
    "payments": npgettext_lazy("count", "payment or credit note", "payments and credit notes"),
    "allocations": npgettext_lazy("count", "payment set against an invoice", "payments set against invoices"),
    "movements": npgettext_lazy("count", "movement at the bank", "movements at the bank"),
    "booked": npgettext_lazy("count", "payment booked by itself", "payments booked by themselves"),
    "proposed": npgettext_lazy("count", "payment that waits for a yes", "payments that wait for a yes"),
    "in_books": npgettext_lazy("count", "payment the books know already", "payments the books know already"),
    "returned": npgettext_lazy(
        "count",
        "payment that came back: its invoices are open again",
        "payments that came back: their invoices are open again",
    ),
    "documents": npgettext_lazy("count", "document attached", "documents attached"),
    "statuses": npgettext_lazy("count", "status of an invoice", "statuses of invoices"),
}
CHANGED = {
    "customers": npgettext_lazy("count", "customer: other name or details", "customers: other name or details"),
    "contacts": npgettext_lazy("count", "contact changed", "contacts changed"),
    "invoices": npgettext_lazy("count", "invoice: other amount or date", "invoices: other amount or date"),
    "completed": npgettext_lazy(
        "count",
        "invoice known from an opening balance, now complete",
        "invoices known from an opening balance, now complete",
    ),
    "payments": npgettext_lazy("count", "payment: other amount or date", "payments: other amount or date"),
    "undone": npgettext_lazy("count", "allocation taken back", "allocations taken back"),
    "corrections": npgettext_lazy(
        "count",
        "correction, because the books no longer say so",
        "corrections, because the books no longer say so",
    ),
    "receivables": npgettext_lazy("count", "due date", "due dates"),
}
READ = {
    "lines": npgettext_lazy("count", "line", "lines"),
    "entries": npgettext_lazy("count", "entry", "entries"),
    "invoices": npgettext_lazy("count", "invoice", "invoices"),
    "payments": npgettext_lazy("count", "payment", "payments"),
    "customers": npgettext_lazy("count", "customer", "customers"),
    "contacts": npgettext_lazy("count", "contact", "contacts"),
    "statements": npgettext_lazy("count", "statement", "statements"),
    "movements": npgettext_lazy("count", "movement", "movements"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A number and what it counts."""

    number: str
    text: str


def kind_name(kind: str) -> str:
    """What a kind of file is called."""
    return str(KINDS.get(kind) or NAMES.get(kind, kind))


def new_lines(report: Mapping[str, Any]) -> list[Line]:
    """What is new, without what is zero."""
    return _lines(report.get("new", {}), NEW)


def changed_lines(report: Mapping[str, Any]) -> list[Line]:
    """What is different from before, without what is zero."""
    return _lines(report.get("changed", {}), CHANGED)


def read_line(counts: Mapping[str, int]) -> str:
    """How much was read: `12 480 lines, 310 invoices`."""
    return ", ".join(f"{line.number} {line.text}" for line in _lines(counts, READ))


def problems(found: Sequence[Problem | Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Problems of a preview or of a report, errors first, in the reader's language where the code is known."""
    rows = [_problem(one) for one in found]
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(rows, key=lambda row: (order.get(row["severity"], 3), row["line"] or 0))


def _problem(one: Problem | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(one, Problem):
        told = one.in_language(formats.language()) if one.code in catalogue() else one
        return {
            "line": told.line,
            "code": told.code,
            "message": told.message,
            "hint": told.hint,
            "severity": str(told.severity),
        }
    if one.get("values") and one["code"] in catalogue():
        return _problem(problem(one["code"], one["line"], language=formats.language(), **one["values"]))
    return {**one, "severity": str(one.get("severity", "info"))}


def _lines(counts: Mapping[str, Any], names: Mapping[str, Any]) -> list[Line]:
    return [Line(formats.number(counts[key]), str(names[key] % counts[key])) for key in names if counts.get(key)]
