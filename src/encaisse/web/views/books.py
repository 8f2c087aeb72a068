"""Books in: the Import page, what was imported before, and the report of one file or of a whole drop."""

from __future__ import annotations

import csv
import io
import json
from importlib.resources import files

from django.conf import settings
from django.db.models import Count, Min
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.ledger import table_mappings
from encaisse.ledger.models import Import
from encaisse.web import downloads, drops, formats, paging, reports, say, table_words, uploads
from encaisse.web.guards import Asked, changes, reads
from encaisse.web.views.books_check import home

PAGE = 30
TEMPLATE = ("encaisse.exchange", "templates/contacts.csv")


@reads
def books(request: Asked) -> HttpResponse:
    """The drop zone, how tables are read, and the history of imports: files of one drop on one line."""
    drops_of = Import.objects.values("imported_at").annotate(first=Min("pk"), files=Count("pk"))
    page = paging.by_day(
        Import.objects.filter(pk__in=drops_of.values("first")),
        field="imported_at",
        older_than=request.GET.get("older", ""),
        newer_than=request.GET.get("newer", ""),
        size=PAGE,
    )
    counts = {
        row["imported_at"]: row["files"]
        for row in drops_of.filter(imported_at__in=[one.imported_at for one in page.rows])
    }
    for one in page.rows:
        one.kind_name = reports.kind_name(one.kind)
        one.read_line = reports.read_line(one.report.get("read", {}))
        one.files, one.stamp = counts[one.imported_at], drops.stamp_of(one.imported_at)
    mappings = [
        {"row": one, "kind": table_words.kind_name(one.kind), "columns": table_words.columns_line(one.mapping)}
        for one in table_mappings.listing(request.creditor)
    ]
    context = {
        "page": page, "waiting": _waiting(request), "mappings": mappings, **limits(),
    }  # fmt: skip
    return render(request, "web/books.html", context)


def _waiting(request: Asked) -> list[uploads.Upload]:
    """What waits for a yes and could be imported."""
    return [one for one in uploads.waiting(request.creditor, request.session) if one.file.taken]


def limits() -> dict[str, int]:
    """What the drop zone takes, for its texts: bytes and files."""
    return {"limit": settings.UPLOAD_LIMIT, "limit_mb": settings.UPLOAD_LIMIT >> 20, "most": uploads.MOST_FILES}


@changes
def upload(request: Asked) -> HttpResponse:
    """Keep the dropped files until the person has looked at them.

    A page with its script sends many files in several requests (`more`) and is answered in JSON: `next`, the address
    to go to when all are sent, or `error`.
    """
    sent = [*request.FILES.getlist("files"), *request.FILES.getlist("folder")]
    more = "more" in request.POST
    if not sent:
        return _answer(request, error=_("Choose at least one file."))
    try:
        tray = uploads.take(request.creditor, request.session, sent, _paths(request), more=more)
    except uploads.TooLarge:
        return _answer(request, error=too_large())
    except uploads.TooMany:
        return _answer(request, error=too_many())
    if not tray.files and "last" in request.POST:
        return _answer(request, error=_("There is no file in what was dropped."))
    return _answer(request)


def too_large() -> str:
    """What a person is told who drops more bytes than the page takes."""
    return _(
        "These files are larger than %(limit)s MB together, more than this page takes. Nothing was kept. Drop fewer, "
        "or use “encaisse import” on the command line."
    ) % {"limit": formats.number(settings.UPLOAD_LIMIT >> 20)}


def too_many() -> str:
    """What a person is told who drops more files than the page takes."""
    return _(
        "These are more than %(most)s files, those in archives included, more than this page takes. Nothing was kept. "
        "Drop fewer, or use “encaisse import” on the command line."
    ) % {"most": formats.number(uploads.MOST_FILES)}


def _paths(request: Asked) -> list[str]:
    """The names of the files with their folders, as the script of the page sends them; empty when it did not."""
    try:
        found = json.loads(request.POST.get("paths", "[]"))
    except ValueError:
        return []
    return [str(one) for one in found] if isinstance(found, list) else []


def _answer(request: Asked, *, error: str = "") -> HttpResponse:
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        told = {"error": error} if error else {"next": reverse("books_check")}
        return JsonResponse(told, status=400 if error else 200)
    if error:
        say.refused(request, error)
        return redirect(home(request))
    return redirect("books_check")


@changes
def forget_mapping(request: Asked, pk: int) -> HttpResponse:
    """Forget how tables of one layout are read; they are guessed again."""
    try:
        table_mappings.forget(request.creditor, pk, at=timezone.now(), actor=request.user.email)
    except table_mappings.MappingRefused as refused:
        raise Http404 from refused
    say.done(request, _("Forgotten: tables of this layout are guessed again."))
    return redirect("books")


@reads
def drop(request: Asked, stamp: int) -> HttpResponse:
    """What came of all files of one drop."""
    found = drops.told(request.creditor, stamp)
    if found is None:
        raise Http404
    context = {"drop": found, "waiting": len(_waiting(request)), "undocumented": drops.undocumented(request.creditor)}
    return render(request, "web/books_drop.html", context)


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
