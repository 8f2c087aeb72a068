"""What an import would do or did, as lines for a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    "table-payments": gettext_lazy("Table of payments"),
    "table-aged": gettext_lazy("Aged balance"),
    "table-bank": gettext_lazy("Table of bank movements"),
    "csv": gettext_lazy("Table"),
    "xlsx": gettext_lazy("Table (workbook)"),
    "unknown": gettext_lazy("Not recognised"),
}
NEW = {
    "customers": gettext_lazy("customers"),
    "contacts": gettext_lazy("contacts"),
    "invoices": gettext_lazy("invoices"),
    "payments": gettext_lazy("payments and credit notes"),
    "allocations": gettext_lazy("payments set against invoices"),
    "movements": gettext_lazy("movements at the bank"),
    "booked": gettext_lazy("payments booked by themselves"),
    "proposed": gettext_lazy("payments that wait for a yes"),
    "in_books": gettext_lazy("payments the books know already"),
    "returned": gettext_lazy("payments that came back: their invoices are open again"),
    "documents": gettext_lazy("documents attached"),
    "statuses": gettext_lazy("statuses of invoices"),
}
CHANGED = {
    "customers": gettext_lazy("customers: other name or details"),
    "contacts": gettext_lazy("contacts changed"),
    "invoices": gettext_lazy("invoices: other amount or date"),
    "completed": gettext_lazy("invoices known from an opening balance, now complete"),
    "payments": gettext_lazy("payments: other amount or date"),
    "undone": gettext_lazy("allocations taken back"),
    "corrections": gettext_lazy("corrections, because the books no longer say so"),
    "receivables": gettext_lazy("due dates"),
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
    shown = [("lines", _("lines")), ("entries", _("entries")), ("invoices", _("invoices")), ("payments", _("payments")),
             ("customers", _("customers")), ("contacts", _("contacts")),
             ("statements", _("statements")), ("movements", _("movements"))]  # fmt: skip
    return ", ".join(f"{formats.number(counts[key])} {name}" for key, name in shown if counts.get(key))


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
    return [Line(formats.number(counts[key]), str(names[key])) for key in names if counts.get(key)]
