"""Books in: drop files, see what they are and what they would change, then say yes or leave it."""

from __future__ import annotations

import csv
import io
from importlib.resources import files
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.engine import bundled_names
from encaisse.ledger.import_books import ImportRefused, Preview, import_file, inspect
from encaisse.ledger.models import Import
from encaisse.recovery.after_import import after_import
from encaisse.recovery.models import Strategy
from encaisse.recovery.setup import prepare
from encaisse.web import downloads, paging, reports, say, uploads
from encaisse.web.guards import Asked, changes, form_page, reads

PAGE = 30
ORDER = {
    "fec": 0, "contacts": 1, "factur-x": 2, "cii": 2, "ubl": 2, "invoice_pdf": 3, "cdar": 4, "status-csv": 4,
    "status-json": 4,
}  # fmt: skip
"""What is taken first: what is owed, then its documents and what happened to it, then (9) the money that pays it."""
TEMPLATE = ("encaisse.exchange", "templates/contacts.csv")


@reads
def books(request: Asked) -> HttpResponse:
    """The drop zone and the history of imports."""
    page = paging.by_day(
        Import.objects.all(),
        field="imported_at",
        older_than=request.GET.get("older", ""),
        newer_than=request.GET.get("newer", ""),
        size=PAGE,
    )
    for one in page.rows:
        one.kind_name = reports.kind_name(one.kind)
        one.read_line = reports.read_line(one.report.get("read", {}))
    context = {
        "page": page,
        "waiting": uploads.waiting(request.creditor, request.session),
        "limit": settings.UPLOAD_LIMIT,
    }
    return render(request, "web/books.html", context)


@changes
def upload(request: Asked) -> HttpResponse:
    """Keep the dropped files until the person has looked at them."""
    files_in = request.FILES.getlist("files")
    if not files_in:
        say.refused(request, _("Choose at least one file."))
        return redirect(_home(request))
    try:
        uploads.take(request.creditor, request.session, files_in)
    except uploads.TooLarge:
        say.refused(request, _("These files are too large for this page. Use “encaisse import” on the command line."))
        return redirect(_home(request))
    return redirect("books_check")


@form_page
def check(request: Asked) -> HttpResponse:
    """What each waiting file is, what it holds, what it would change."""
    waiting = uploads.waiting(request.creditor, request.session)
    if not waiting:
        return redirect(_home(request))
    looked = [_look(request, one) for one in waiting]
    ready = [one for one in looked if not one["preview"].refused and not one["preview"].already]
    context = {"files": looked, "ready": ready, "welcome": _welcoming(request)}
    return render(request, "web/books_check.html", context)


def _look(request: Asked, one: uploads.Upload) -> dict[str, Any]:
    preview = _inspect(request, one)
    return {
        "upload": one,
        "older": preview.refused and {one.code for one in preview.problems} == {"older_export"},
        "preview": preview,
        "kind": reports.kind_name(preview.kind),
        "read": reports.read_line(preview.counts),
        "new": reports.new_lines(preview.would),
        "changed": reports.changed_lines(preview.would),
        "problems": reports.problems(preview.problems),
        "invoiced": preview.would.get("new", {}).get("invoiced"),
    }


@changes
def confirm(request: Asked) -> HttpResponse:
    """Take the files that were looked at into the books, and bring the cases up to them."""
    now, actor = timezone.now(), request.user.email
    prepare(request.creditor, at=now, actor=actor)
    chosen, older = set(request.POST.getlist("file")), request.POST.get("older", "")
    waiting = [
        one for one in uploads.waiting(request.creditor, request.session) if one.token in chosen or one.token == older
    ]
    kinds = {one.token: _inspect(request, one).kind for one in waiting}
    done = [
        _take(request, one, older=one.token == older)
        for one in sorted(waiting, key=lambda one: ORDER.get(kinds[one.token], 9))
    ]
    taken = [row for row in done if row is not None]
    if taken:
        after_import(request.creditor, request.today, at=now, actor=actor)
    if uploads.waiting(request.creditor, request.session):
        return redirect("books_check")
    if _welcoming(request):
        return redirect("welcome_tone")
    return redirect("books_report", taken[-1].pk) if taken else redirect("books")


def _take(request: Asked, one: uploads.Upload, *, older: bool) -> Import | None:
    try:
        row = import_file(
            request.creditor,
            one.path,
            one.name,
            at=timezone.now(),
            actor=request.user.email,
            allow_older=older,
            strategies=_strategy_names(),
        )
    except ImportRefused as refused:
        first = reports.problems(refused.problems)[0]
        say.refused(request, f"{one.name}: {first['message']} {first['hint']}")
        return None
    uploads.drop(request.creditor, request.session, one.token)
    say.done(request, _("“%(name)s” is in the books.") % {"name": row.name})
    return row


def _inspect(request: Asked, one: uploads.Upload) -> Preview:
    return inspect(request.creditor, one.path, one.name, strategies=_strategy_names())


def _strategy_names() -> set[str]:
    return set(Strategy.objects.values_list("name", flat=True)) or set(bundled_names())


@changes
def leave(request: Asked) -> HttpResponse:
    """Leave a file, or all of them, out of the books."""
    for one in uploads.waiting(request.creditor, request.session):
        if request.POST.get("file") in (one.token, None):
            uploads.drop(request.creditor, request.session, one.token)
    if uploads.waiting(request.creditor, request.session):
        return redirect("books_check")
    return redirect(_home(request))


@reads
def report(request: Asked, pk: int) -> HttpResponse:
    """What an import said when it was made."""
    row = get_object_or_404(Import, pk=pk)
    context = {
        "row": row,
        "kind": reports.kind_name(row.kind),
        "read": reports.read_line(row.report.get("read", {})),
        "new": reports.new_lines(row.report),
        "changed": reports.changed_lines(row.report),
        "items": row.report.get("changed", {}).get("items", []),
        "problems": reports.problems(row.report.get("set_aside", [])),
        "notes": row.report.get("notes", []),
    }
    return render(request, "web/books_report.html", context)


@reads
def template(request: Asked) -> HttpResponse:
    """The contacts and terms file, empty but for an example line."""
    package, path = TEMPLATE
    return downloads.attached(files(package).joinpath(path).read_bytes(), "text/csv; charset=utf-8", "contacts.csv")


@reads
def problems_csv(request: Asked, pk: int) -> HttpResponse:
    """The problems of an import as a table, to work through in a spreadsheet."""
    row = get_object_or_404(Import, pk=pk)
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";")
    writer.writerow([_("line"), _("code"), _("problem"), _("what to do")])
    for one in reports.problems(row.report.get("set_aside", [])):
        writer.writerow(downloads.cells([one["line"] or "", one["code"], one["message"], one["hint"]]))
    return downloads.attached(target.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"{row.pk}.csv")


def _welcoming(request: Asked) -> bool:
    return bool(request.session.get("welcome"))


def _home(request: Asked) -> str:
    return "welcome_books" if _welcoming(request) else "books"
