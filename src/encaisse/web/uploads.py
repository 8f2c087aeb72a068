"""Files a member has dropped and not yet confirmed: kept in a folder of the creditor, named by chance."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.files.uploadedfile import UploadedFile

from encaisse.parties.models import Creditor

SESSION_KEY = "uploads"
KEPT_SECONDS = 24 * 3600
MOST_FILES = 20
TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits for a yes."""

    token: str
    name: str
    path: Path


class TooLarge(Exception):
    """All files together are larger than pages take."""


def folder(creditor: Creditor) -> Path:
    """Where a creditor's dropped files wait."""
    return Path(settings.HOME) / "uploads" / str(creditor.pk)


def take(creditor: Creditor, session: SessionBase, files: Iterable[UploadedFile]) -> list[Upload]:
    """Keep dropped files and remember them in the session. Raises TooLarge."""
    chosen = list(files)[:MOST_FILES]
    if sum(file.size or 0 for file in chosen) > settings.UPLOAD_LIMIT:
        raise TooLarge
    place = folder(creditor)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    _forget_old(place)
    for known in waiting(creditor, session):
        drop(creditor, session, known.token)
    taken = []
    for file in chosen:
        token = secrets.token_hex(16)
        with (place / token).open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        taken.append({"token": token, "name": Path(file.name or "").name[:200], "creditor": creditor.pk})
    session[SESSION_KEY] = taken
    return waiting(creditor, session)


def waiting(creditor: Creditor, session: SessionBase) -> list[Upload]:
    """The files of this session that still wait at this creditor."""
    place = folder(creditor)
    return [
        Upload(one["token"], one["name"], place / one["token"])
        for one in session.get(SESSION_KEY, [])
        if one["creditor"] == creditor.pk and TOKEN.fullmatch(one["token"]) and (place / one["token"]).exists()
    ]


def drop(creditor: Creditor, session: SessionBase, token: str) -> None:
    """Forget a file and remove it."""
    for one in waiting(creditor, session):
        if one.token == token:
            one.path.unlink(missing_ok=True)
    session[SESSION_KEY] = [one for one in session.get(SESSION_KEY, []) if one["token"] != token]


def _forget_old(place: Path) -> None:
    limit = time.time() - KEPT_SECONDS
    for path in place.iterdir():
        if path.is_file() and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
