"""Look before you import: what waits, what it would change, a yes or a no, and then the taking, a piece at a time."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.engine import bundled_names
from encaisse.ledger.import_books import Preview, inspect
from encaisse.recovery.after_import import after_import, behind
from encaisse.recovery.models import Strategy
from encaisse.recovery.setup import prepare
from encaisse.recovery.take_in import Taken, take_batches
from encaisse.web import arrived_tables, drops, looking, reports, say, uploads
from encaisse.web.guards import Asked, changes, form_page
from encaisse.web.uploads import Tray, Upload

A_PAGE = 200
"""Files listed on one page of a group."""
BATCH = 50
"""Files of one form taken together between two looks at the clock."""
SECONDS = 4.0
"""The taking answers after so long, and is asked to go on."""


@form_page
def check(request: Asked) -> HttpResponse:
    """What each waiting file is, what it holds, what it would change."""
    tray = uploads.tray(request.creditor, request.session)
    if tray is None or not tray.waiting:
        return redirect(home(request))
    if tray.to_take:
        return redirect("books_taking")
    left = looking.look_on(tray, lambda one: _inspect(request, one))
    found = looking.looked_at(tray, request.creditor.language)
    groups = looking.groups(found)
    tables = {
        one.upload.token: arrived_tables.understood(request.creditor, one.upload)
        for group in groups if group.cards
        for one in group.files if one.is_table
    }  # fmt: skip
    context = {
        "groups": groups, "ready": [one for one in found if one.wanted], "files": found, "left": left,
        "done": len(found) - left, "tables": tables, "welcome": welcoming(request),
    }  # fmt: skip
    return render(request, "web/books_check.html", context)


@form_page
def look(request: Asked) -> HttpResponse:
    """Look at some more files: how far it is, or the whole page anew when nothing is left."""
    tray = uploads.tray(request.creditor, request.session)
    left = looking.look_on(tray, lambda one: _inspect(request, one)) if tray else 0
    if tray is None or not left or not request.htmx:
        response = HttpResponse(headers={"HX-Redirect": reverse("books_check")})
        return response if request.htmx else redirect("books_check")
    count = len(tray.waiting)
    return render(request, "web/_looking.html", {"left": left, "done": count - left, "count": count})


@form_page
def group(request: Asked, key: str) -> HttpResponse:
    """All files of one kind, some on each page."""
    tray = uploads.tray(request.creditor, request.session)
    found = {one.key: one for one in looking.groups(looking.looked_at(tray, request.creditor.language))} if tray else {}
    if key not in found:
        return redirect("books_check")
    files, after = found[key].files, request.GET.get("after", "")
    start = next((place + 1 for place, one in enumerate(files) if one.upload.token == after), 0)
    context = {
        "group": found[key], "files": files[start : start + A_PAGE], "first": start + 1,
        "last": min(start + A_PAGE, len(files)), "begins": start == 0,
        "older": files[start + A_PAGE - 1].upload.token if start + A_PAGE < len(files) else "",
        "welcome": welcoming(request),
    }  # fmt: skip
    return render(request, "web/books_group.html", context)


@form_page
def columns(request: Asked, token: str) -> HttpResponse:
    """How the columns of a table are read, to be corrected and remembered."""
    tray = uploads.tray(request.creditor, request.session)
    one = next((one for one in tray.waiting if one.token == token), None) if tray else None
    if tray is None or one is None or one.file.what.form not in ("table", "workbook"):
        return redirect("books_check")
    form = arrived_tables.ColumnsForm(request.creditor, one, request.GET, request.POST or None)
    if not form.table.grid.rows:
        return redirect("books_check")
    if request.method == "POST" and form.remember(at=timezone.now(), actor=request.user.email):
        tables = [one.token for one in tray.waiting if one.file.what.form in ("table", "workbook")]
        tray.forget_looks(tables)
        say.done(request, _("Kept: tables with these columns are read so from now on."))
        return redirect(reverse("books_check") + f"#file-{token}")
    return render(request, "web/books_columns.html", {"form": form, "upload": one, "welcome": welcoming(request)})


@changes
def confirm(request: Asked) -> HttpResponse:
    """Take the files that were said yes to into the books, in order, and bring the cases up to them."""
    tray = uploads.tray(request.creditor, request.session)
    if tray is None:
        return redirect(home(request))
    now = timezone.now()
    prepare(request.creditor, at=now, actor=request.user.email)
    chosen, kinds = set(request.POST.getlist("file")), set(request.POST.getlist("group"))
    older = request.POST.get("older", "")
    found = looking.looked_at(tray, request.creditor.language)
    tokens = [
        one.upload.token for one in found
        if one.upload.token == older or (one.upload.file.taken and one.upload.token in chosen)
        or (one.wanted and one.kind in kinds)
    ]  # fmt: skip
    if not tokens:
        say.refused(request, _("Nothing was chosen: tick what is to be imported."))
        return redirect("books_check")
    tray.choose(tokens, older, now)
    return _go_on(request, tray)


@form_page
def taking(request: Asked) -> HttpResponse:
    """How far the import is; it goes on from here, by itself or by a button."""
    tray = uploads.tray(request.creditor, request.session)
    if tray is None or not tray.choice:
        return redirect(home(request))
    if request.method == "POST":
        return _go_on(request, tray)
    return _progress(request, tray)


def _go_on(request: Asked, tray: Tray) -> HttpResponse:
    """Take what fits into a few seconds; when nothing is left, follow up and report."""
    until = time.monotonic() + SECONDS
    at, older = datetime.fromisoformat(tray.choice["at"]), tray.choice["older"]
    for allow_older in (False, True):
        files = [one for one in tray.to_take if (one.token == older) == allow_older]
        tokens = {id(one.file): one.token for one in files}
        batches = take_batches(
            request.creditor, [one.file for one in files], at=at, actor=request.user.email, size=BATCH,
            allow_older=allow_older, strategies=strategy_names(),
        )  # fmt: skip
        for batch in batches:
            tray.add_done([_outcome(tokens[id(one.file)], one, at) for one in batch])
            if time.monotonic() > until and tray.to_take:
                return _on_the_way(request, tray)
    return _ended(request, tray, at)


def _outcome(token: str, one: Taken, at: datetime) -> dict[str, Any]:
    row = {}
    if one.row:
        row = {"pk": one.row.pk, "unchanged": one.unchanged, "again": one.row.imported_at != at}
    return {
        "token": token, "shown": one.file.shown, "refused": one.refused, **row,
        "problems": uploads.problem_rows(one.problems),
    }  # fmt: skip


def _on_the_way(request: Asked, tray: Tray) -> HttpResponse:
    return _progress(request, tray) if request.htmx else redirect("books_taking")


def _progress(request: Asked, tray: Tray) -> HttpResponse:
    count, left = len(tray.choice["tokens"]), len(tray.to_take)
    context = {"count": count, "done": count - left, "left": left, "welcome": welcoming(request)}
    return render(request, "web/_taking.html" if request.htmx else "web/books_taking.html", context)


def _ended(request: Asked, tray: Tray, at: datetime) -> HttpResponse:
    outcomes = [tray.done[token] for token in tray.choice["tokens"] if token in tray.done]
    called_off = 0
    if any(not one["refused"] and not one["unchanged"] for one in outcomes) or behind(request.creditor):
        called_off = after_import(request.creditor, request.today, at=at, actor=request.user.email)
    tray.end_choice()
    tray.forget_looks()
    drops.keep(request.creditor, at, outcomes, called_off)
    place = _where_to(request, tray, at, outcomes)
    if not _more(tray):
        uploads.clear(request.creditor, request.session)
    return HttpResponse(headers={"HX-Redirect": place}) if request.htmx else redirect(place)


def _where_to(request: Asked, tray: Tray, at: datetime, outcomes: list[dict[str, Any]]) -> str:
    """The report of one file or of all; in the first run the next question; what was refused stays in sight."""
    refused = [one for one in outcomes if one["refused"]]
    taken = [one for one in outcomes if not one["refused"]]
    if len(outcomes) == 1 and refused:
        first = reports.problems(refused[0]["problems"])[0]
        say.refused(request, f"{refused[0]['shown']}: {first['message']} {first['hint']}")
        return reverse("books_check") if tray.waiting else reverse("books")
    if welcoming(request) and not refused:
        return reverse("books_check") if _more(tray) else reverse("welcome_tone")
    if len(outcomes) == 1:
        say.done(request, _("“%(name)s” is in the books.") % {"name": outcomes[0]["shown"]})
        return reverse("books_check") if _more(tray) else reverse("books_report", args=[taken[0]["pk"]])
    return reverse("books_drop", args=[drops.stamp_of(at)])


def _more(tray: Tray) -> bool:
    """Something that could still be imported waits."""
    return any(one.file.taken for one in tray.waiting)


@changes
def leave(request: Asked) -> HttpResponse:
    """Leave a file, or all of them, out of the books."""
    tray = uploads.tray(request.creditor, request.session)
    token = request.POST.get("file")
    if tray is None or token is None:
        uploads.clear(request.creditor, request.session)
        return redirect(home(request))
    known = [one.token for one in tray.waiting if one.token == token]
    tray.add_done([{"token": one, "left": True} for one in known])
    back = request.POST.get("back", "")
    if not tray.waiting:
        return redirect(home(request))
    keys = {one.key for one in looking.groups(looking.looked_at(tray, request.creditor.language))}
    return redirect("books_group", back) if back in keys else redirect("books_check")


def _inspect(request: Asked, one: Upload) -> Preview:
    return inspect(request.creditor, one.path, one.file.name, strategies=strategy_names())


def strategy_names() -> set[str]:
    """The strategies a contacts file may name."""
    return set(Strategy.objects.values_list("name", flat=True)) or set(bundled_names())


def welcoming(request: Asked) -> bool:
    """The first run is going on."""
    return bool(request.session.get("welcome"))


def home(request: Asked) -> str:
    """Where one came from: the Import page, or the first run's question."""
    return "welcome_books" if welcoming(request) else "books"
