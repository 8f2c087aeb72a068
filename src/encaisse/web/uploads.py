"""Files a member has dropped: they wait on a tray, opened and recognised, until the person has looked at them.

A tray is a folder of the creditor: the files under names of chance, and three lists that only grow, so that a process
that dies leaves a tray that can be taken up again: `files` (what came in), `looked` (what each would change) and
`done` (what came of each).
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.files.uploadedfile import UploadedFile

from encaisse.exchange import arrivals, zips
from encaisse.exchange.arrivals import Arrived, Given
from encaisse.exchange.detect import Form, FrontKind, Recognised
from encaisse.exchange.problems import Problem, Severity
from encaisse.parties.models import Creditor

SESSION_KEY = "uploads"
KEPT_SECONDS = 24 * 3600
MOST_FILES = 5_000
"""Files of one drop, those in its archives included."""
LONGEST_NAME = 300
TOKEN = re.compile(r"[0-9a-f]{32}")


class TooLarge(Exception):
    """All files together are larger than pages take."""


class TooMany(Exception):
    """More files than pages take at once."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on a tray. `token` stands for it in forms."""

    token: str
    file: Arrived

    @property
    def name(self) -> str:
        """How it is named to the person."""
        return self.file.shown

    @property
    def path(self) -> Path:
        """Where its bytes are."""
        return self.file.path


class Tray:
    """What one person dropped at one creditor, and how far it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def files(self) -> list[Upload]:
        """Everything that came in, in the order it is taken; what cannot be read is among it."""
        found = {row["token"]: _upload(row, self.folder) for row in self._rows("files")}
        by_file = {id(one.file): one for one in found.values()}
        return [by_file[id(file)] for file in arrivals.in_order(one.file for one in found.values())]

    @cached_property
    def done(self) -> dict[str, dict[str, Any]]:
        """What came of the files that are no longer waiting; what was said first of a file stands."""
        found: dict[str, dict[str, Any]] = {}
        for row in self._rows("done"):
            found.setdefault(row["token"], row)
        return found

    @cached_property
    def looked(self) -> dict[str, dict[str, Any]]:
        """What importing a file would change, as far as it was looked at; a later look replaces an earlier one."""
        return {row["token"]: row for row in self._rows("looked")}

    @cached_property
    def choice(self) -> dict[str, Any]:
        """What the person said yes to: `tokens`, `older`, `at`; empty before."""
        return next(self._rows("choice"), {})

    @property
    def waiting(self) -> list[Upload]:
        """The files that were neither imported nor left."""
        return [one for one in self.files if one.token not in self.done]

    @property
    def to_take(self) -> list[Upload]:
        """The files a person said yes to and that are not taken yet."""
        chosen = set(self.choice.get("tokens", ()))
        return [one for one in self.waiting if one.token in chosen]

    def add_looks(self, looks: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Keep what files, by their tokens, would change."""
        self._append("looked", [{**looked, "token": token} for token, looked in looks])

    def forget_looks(self, tokens: Collection[str] | None = None) -> None:
        """What was looked at is no longer so: the books have changed, or how these files are read."""
        kept = [] if tokens is None else [row for row in self.looked.values() if row["token"] not in tokens]
        self._write("looked", kept)

    def add_done(self, outcomes: Sequence[dict[str, Any]]) -> None:
        """Keep what came of files, and remove their bytes."""
        self._append("done", outcomes)
        gone = {row["token"] for row in outcomes}
        for one in self.files:
            if one.token in gone:
                one.path.unlink(missing_ok=True)

    def choose(self, tokens: Iterable[str], older: str, at: datetime) -> None:
        """Keep what the person said yes to."""
        self._write("choice", [{"tokens": list(tokens), "older": older, "at": at.isoformat()}])

    def end_choice(self) -> None:
        """Everything that was said yes to is taken."""
        self._write("choice", [])

    def remove(self) -> None:
        """Forget the tray with all that is on it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, token: str) -> Path:
        """Where the bytes of a file lie."""
        return self.folder / "bytes" / token

    @property
    def spent(self) -> dict[str, int]:
        """Bytes that were sent to this tray, and those its archives unpacked to."""
        return next(self._rows("spent"), {"sent": 0, "unpacked": 0})

    def spend(self, spent: dict[str, int]) -> None:
        """Keep how much was put on the tray."""
        self._write("spent", [spent])

    def begin(self) -> None:
        """Make the folder."""
        (self.folder / "bytes").mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, found: Iterable[Arrived]) -> None:
        """Put files on the tray; those that cannot be read too, with their problems. Raises TooMany."""
        count, rows = sum(1 for _row in self._rows("files")), []
        for one in found:
            count += 1
            if count > MOST_FILES:
                raise TooMany
            token = secrets.token_hex(16)
            if one.path.parent == self.folder / "bytes":
                one.path.rename(self.place(token))
            rows.append(_row(token, one))
        self._append("files", rows)

    def _rows(self, name: str) -> Iterator[dict[str, Any]]:
        try:
            with (self.folder / f"{name}.jsonl").open(encoding="utf-8") as lines:
                for line in lines:
                    if line.endswith("\n"):  # else the process died while it wrote
                        yield json.loads(line)
        except FileNotFoundError:
            return

    def _append(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        with (self.folder / f"{name}.jsonl").open("a", encoding="utf-8") as target:
            target.writelines(json.dumps(row, default=str) + "\n" for row in rows)
        self.__dict__.pop(name, None)

    def _write(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        path = self.folder / f"{name}.jsonl"
        half = path.with_suffix(".new")
        half.write_text("".join(json.dumps(row, default=str) + "\n" for row in rows), encoding="utf-8")
        half.replace(path)
        self.__dict__.pop(name, None)


def folder(creditor: Creditor) -> Path:
    """Where a creditor's trays are."""
    return Path(settings.HOME) / "uploads" / str(creditor.pk)


def take(
    creditor: Creditor, session: SessionBase, files: Sequence[UploadedFile], paths: Sequence[str] = (), *,
    more: bool = False,
) -> Tray:  # fmt: skip
    """Put dropped files on a tray, archives opened, and remember the tray in the session.

    `paths`: the name of each file with its folder, where the sender knows it. `more`: onto the tray there is, which is
    else replaced. Raises TooLarge or TooMany, and then nothing of the drop is kept.
    """
    found = tray(creditor, session) if more else None
    if found is None:
        clear(creditor, session)
        _forget_old(folder(creditor))
        found = Tray(folder(creditor) / secrets.token_hex(16))
        session[SESSION_KEY] = {**_trays(session), str(creditor.pk): found.folder.name}
    found.begin()
    try:
        _put(creditor, found, files, paths)
    except (TooLarge, TooMany):
        clear(creditor, session)
        raise
    return found


def _put(creditor: Creditor, tray: Tray, files: Sequence[UploadedFile], paths: Sequence[str]) -> None:
    spent = tray.spent
    spent["sent"] += sum(file.size or 0 for file in files)
    if spent["sent"] > settings.UPLOAD_LIMIT:
        raise TooLarge
    given = []
    for number, file in enumerate(files):
        shown = shown_name(paths[number] if number < len(paths) else file.name or "")
        if any(part.startswith(".") for part in shown.split("/")):
            continue  # what systems put into folders unasked
        path = tray.folder / "bytes" / f"in-{secrets.token_hex(8)}"
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        given.append(Given(path, shown, "/" not in shown))
    budget = zips.Budget(members=MOST_FILES + 1, unpacked=max(zips.MAX_UNPACKED - spent["unpacked"], 0))
    before = budget.unpacked
    tray.put(arrivals.arrived(given, tray.folder / "bytes", language=creditor.language, budget=budget))
    tray.spend({**spent, "unpacked": spent["unpacked"] + before - budget.unpacked})
    for one in given:
        one.path.unlink(missing_ok=True)  # an archive, now that its files are out of it


def shown_name(name: str) -> str:
    """The name a sender gave, as it may be shown: its folders with it, nothing that does not print."""
    kept = "".join(char for char in name.replace("\\", "/") if char.isprintable()).strip("/")
    return "/".join(part for part in kept[-LONGEST_NAME:].split("/") if part not in ("", "..")) or "?"


def tray(creditor: Creditor, session: SessionBase) -> Tray | None:
    """The tray of this session at this creditor, while it is there."""
    name = _trays(session).get(str(creditor.pk), "")
    found = Tray(folder(creditor) / name)
    return found if TOKEN.fullmatch(name) and found.folder.is_dir() else None


def waiting(creditor: Creditor, session: SessionBase) -> list[Upload]:
    """The files of this session that still wait at this creditor."""
    found = tray(creditor, session)
    return found.waiting if found else []


def clear(creditor: Creditor, session: SessionBase) -> None:
    """Forget the tray of this session at this creditor."""
    found = tray(creditor, session)
    if found is not None:
        found.remove()
    session[SESSION_KEY] = {key: name for key, name in _trays(session).items() if key != str(creditor.pk)}


def _trays(session: SessionBase) -> dict[str, str]:
    kept = session.get(SESSION_KEY, {})
    return kept if isinstance(kept, dict) else {}


def _row(token: str, one: Arrived) -> dict[str, Any]:
    what = {"kind": one.what.kind, "form": one.what.form, "format": one.what.name}
    told = [_problem_row(why) for why in one.problems]
    return {
        "token": token, "name": one.name, "shown": one.shown, "origin": one.origin, "asked": one.asked, **what,
        "problems": told,
    }  # fmt: skip


def _upload(row: dict[str, Any], place: Path) -> Upload:
    what = Recognised(cast(FrontKind, row["kind"]), cast(Form, row["form"]), row["format"])
    told = tuple(_problem(why) for why in row["problems"])
    path = place / "bytes" / row["token"]
    return Upload(
        row["token"], Arrived(path, row["name"], row["shown"], row["origin"], what, row["asked"], told)
    )  # fmt: skip


def _problem_row(one: Problem) -> dict[str, Any]:
    return {
        "line": one.line, "code": one.code, "message": one.message, "hint": one.hint, "severity": str(one.severity),
        "column": one.column, "values": dict(one.values),
    }  # fmt: skip


def _problem(row: dict[str, Any]) -> Problem:
    return Problem(**{**row, "severity": Severity(row["severity"])})


def problem_rows(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as they are kept on a tray, with what their words are made of."""
    return [_problem_row(one) for one in problems]


def _forget_old(place: Path) -> None:
    limit = time.time() - KEPT_SECONDS
    for path in place.iterdir() if place.is_dir() else ():
        if path.stat().st_mtime < limit:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
