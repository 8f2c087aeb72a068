"""The drop address: a scheduled export posts its files with the creditor's key, and gets one report back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django_scopes import scope

from encaisse.parties import drop_key
from encaisse.parties.models import Creditor
from encaisse.recovery.take_in import take_in
from encaisse.web import say
from encaisse.web.guards import Asked, owner_page

ACTOR = "drop"
MOST_FILES = 100
"""Files of one request."""
A_MINUTE = 60
"""Requests a creditor may make in a minute."""
WRONG_A_MINUTE = 20
"""Wrong keys an address may send in a minute before it has to wait."""
_PIECE = 1 << 20


@csrf_exempt
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the files posted: as a form, or one as the body with its name in `X-File-Name`. JSON, whatever comes.

    The key comes as `Authorization: Bearer …`. Nothing of a session is looked at, so no browser can be made to post.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if _count(f"wrong:{pk}:{address}", peek=True) >= WRONG_A_MINUTE:
        return _refused(429, "too_many_requests", _("Too many wrong keys. Wait a minute."))
    creditor = Creditor.objects.filter(pk=pk).first()
    if not drop_key.proves(creditor, _key(request)):
        _count(f"wrong:{pk}:{address}")
        return _refused(401, "wrong_key", _("The key is not right. It is made in the settings."))
    creditor = cast(Creditor, creditor)
    if _count(f"drop:{pk}") > A_MINUTE:
        return _refused(429, "too_many_requests", _("Too many requests. Wait a minute."))
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > settings.UPLOAD_LIMIT:
        return _refused(413, "too_large", _("Larger than this address takes."))
    with override(creditor.language), scope(creditor=creditor):
        return _take(request, creditor)


def _take(request: HttpRequest, creditor: Creditor) -> HttpResponse:
    try:
        with _files(request) as files:
            if not files:
                return _refused(400, "no_file", _("There is no file in the request."))
            if len(files) > MOST_FILES:
                return _refused(413, "too_many_files", _("Too many files at once; a zip archive may hold more."))
            found = take_in(creditor, files, timezone.localdate(), at=timezone.now(), actor=ACTOR)
    except _TooLarge:
        return _refused(413, "too_large", _("Larger than this address takes."))
    except (SuspiciousOperation, BadRequest, UnicodeError):
        return _refused(400, "unreadable", _("The request cannot be read."))
    refused = all(one["refused"] for one in found["files"])
    return JsonResponse(found, status=422 if refused else 200)


class _TooLarge(Exception):
    """More came than was announced and is taken."""


@contextmanager
def _files(request: HttpRequest) -> Iterator[list[tuple[Path, str]]]:
    """The files of a request, each under a number in a folder that is removed at the end, with their names."""
    with TemporaryDirectory(prefix="encaisse-") as place:
        folder = Path(place)
        if (request.content_type or "").startswith("multipart/"):
            found = []
            for number, file in enumerate(one for _name, many in request.FILES.lists() for one in many):
                path = folder / str(number)
                with path.open("wb") as target:
                    for chunk in file.chunks():
                        target.write(chunk)
                found.append((path, _named(file.name or "")))
            yield found
            return
        path, size = folder / "0", 0
        with path.open("wb") as target:
            while piece := request.read(_PIECE):
                size += len(piece)
                if size > settings.UPLOAD_LIMIT:
                    raise _TooLarge
                target.write(piece)
        yield [(path, _named(request.headers.get("X-File-Name", "")))] if size else []


def _named(name: str) -> str:
    """The last part of a name, as it may be shown."""
    kept = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable())
    return kept[:200] or "file"


def _key(request: HttpRequest) -> str:
    scheme, _blank, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.casefold() == "bearer" else ""


def _count(name: str, *, peek: bool = False) -> int:
    """How many of these there were in this minute, this one included, in this process.

    Several processes count each for itself: good enough against a script gone wrong, and a key is not guessed.
    """
    place = f"drop:{name}:{int(time.time() // 60)}"
    if peek:
        return int(cache.get(place, 0))
    cache.add(place, 0, timeout=120)
    return int(cache.incr(place))


def _refused(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": code, "message": message}, status=status)


@owner_page
def scheduled(request: Asked) -> HttpResponse:
    """The drop address and its key: made or renewed, and then shown once."""
    key = ""
    if request.method == "POST":
        stamp: dict[str, Any] = {"at": timezone.now(), "actor": request.user.email}
        if "withdraw" in request.POST:
            drop_key.withdraw(request.creditor, **stamp)
            say.done(request, _("The drop address is closed."))
            return redirect("settings_drop")
        key = drop_key.renew(request.creditor, **stamp)
    address = request.build_absolute_uri(reverse("drop", args=[request.creditor.pk]))
    context = {"key": key, "address": address, "open": bool(request.creditor.drop_key_sealed), "here": "drop"}
    response = render(request, "web/settings/drop.html", context)
    if key:
        response["Cache-Control"] = "no-store"
    return response
