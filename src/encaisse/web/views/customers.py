"""The list of customers: search, sort, older and newer, and the same as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_scopes import scope

from encaisse.ledger.models import Invoice
from encaisse.money import to_decimal_text
from encaisse.recovery.customers import SORTS, Page, Row, page
from encaisse.web import downloads, outcomes
from encaisse.web.guards import Asked, reads
from encaisse.web.steps import Names

PAGE = 50
CSV_PAGE = 500
CSV_MOST = 50_000


def _asked(request: Asked) -> dict[str, str]:
    sort = request.GET.get("sort", SORTS[0])
    return {"search": request.GET.get("q", "").strip()[:100], "sort": sort if sort in SORTS else SORTS[0]}


@reads
def customers(request: Asked) -> HttpResponse:
    """A page of customers. An exact invoice number leads straight to its customer."""
    asked = _asked(request)
    try:
        found = page(
            request.creditor,
            day=request.day,
            after=request.GET.get("older", ""),
            before=request.GET.get("newer", ""),
            size=PAGE,
            **asked,
        )
    except ValueError:
        return redirect("customers")
    if asked["search"] and not found.rows and not request.htmx:
        invoice = Invoice.objects.filter(number=asked["search"]).first()
        if invoice:
            return redirect("customer", invoice.customer_id)
    context: dict[str, Any] = {"page": found, "rows": _rows(request, found), "total": _total(found), **asked}
    return render(request, "web/customers.html", context)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list with the words for what comes next."""

    row: Row
    next: str
    currency: str


def _rows(request: Asked, found: Page) -> list[Line]:
    label = Names(request.creditor).step
    return [
        Line(row, _next(row, label), row.case.currency if row.case.currency != request.creditor.currency else "")
        for row in found.rows
    ]


def _next(row: Row, label: Callable[[str, str], str]) -> str:
    case = row.case
    if case.verdict_step:
        return label(row.customer.strategy, case.verdict_step)
    return outcomes.standing(case.verdict_reason)


def _total(found: Page) -> dict[str, int] | None:
    currencies = {row.case.currency for row in found.rows}
    if len(currencies) != 1:
        return None
    return {"open": sum(row.open for row in found.rows), "overdue": sum(row.overdue for row in found.rows)}


@reads
def customers_csv(request: Asked) -> StreamingHttpResponse:
    """The customers that the page's search and order show, as a table for a spreadsheet."""
    names = [
        _("code"),
        _("customer"),
        _("currency"),
        _("open"),
        _("overdue"),
        _("oldest due date"),
        _("days late"),
        _("next step"),
        _("reason"),
    ]
    response = StreamingHttpResponse(_lines(request, names, _asked(request)), content_type="text/csv; charset=utf-8")
    name = _("customers")
    response["Content-Disposition"] = f'attachment; filename="{name}-{request.day.isoformat()}.csv"'
    return response


def _lines(request: Asked, names: list[str], asked: dict[str, str]) -> Iterator[bytes]:
    writer = csv.writer(_Echo(), delimiter=";")
    yield b"\xef\xbb\xbf" + writer.writerow(names)
    # The answer is written after the request's own scope has closed.
    with scope(creditor=request.creditor):
        after, written = "", 0
        while written < CSV_MOST:
            found = page(request.creditor, day=request.day, after=after, size=CSV_PAGE, **asked)
            for row in found.rows:
                yield writer.writerow(downloads.cells(_cells(row)))
            written += len(found.rows)
            after = found.older
            if not after:
                return


def _cells(row: Any) -> list[object]:
    case = row.case
    return [
        row.customer.code,
        row.customer.name,
        case.currency,
        to_decimal_text(row.open, case.currency),
        to_decimal_text(row.overdue, case.currency),
        row.oldest_due_on.isoformat() if row.oldest_due_on else "",
        row.days_late,
        case.verdict_step,
        outcomes.standing(case.verdict_reason),
    ]


class _Echo:
    def write(self, text: str) -> bytes:
        return text.encode()
