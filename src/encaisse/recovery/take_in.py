"""Take files that arrive by themselves, from a watched folder or the drop address, and say what came of each.

Archives are opened, everything is taken in the order in which one thing needs another, and recovery follows once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any, BinaryIO

from encaisse.exchange import detect, zips
from encaisse.exchange.problems import Problem, problem
from encaisse.ledger import report
from encaisse.ledger.import_books import ImportRefused, import_file
from encaisse.parties.models import Creditor
from encaisse.recovery.after_import import after_import

ORDER: Mapping[detect.Form, int] = {
    "contacts": 0, "fec": 1, "table": 2, "workbook": 2, "xml": 3, "pdf": 4, "cdar": 5, "statuses-csv": 5,
    "statuses-json": 5, "bank": 6,
}  # fmt: skip
"""What comes first: whom it is about, what they owe, what happened to it, and last the money that pays it."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that arrived. `name` is the one it came under; `origin` that of the archive it was in, else its own."""

    path: Path
    name: str
    origin: str
    form: detect.Form = "none"
    fault: Problem | None = None


def take_in(
    creditor: Creditor, files: Sequence[tuple[Path, str]], day: date, *, at: datetime, actor: str
) -> dict[str, Any]:
    """Import the files, given with their names, and return one report: `files` (one record each), `called_off`.

    A file that is refused is a record with its problems; it does not hold back the others.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="encaisse-")))
        found = [one for path, name in files for one in _opened(path, name, folder)]
        found.sort(key=lambda one: (ORDER.get(one.form, 9), one.name))
        records = [_taken(creditor, one, at=at, actor=actor) for one in found]
    called_off = 0
    if any(not record["refused"] and not record["unchanged"] for record in records):
        called_off = after_import(creditor, day, at=at, actor=actor)
    return {"files": records, "called_off": called_off}


def _opened(path: Path, name: str, folder: Path) -> Iterator[Arrived]:
    try:
        form = detect.recognise(path).form
        if form != "zip":
            yield Arrived(path, name, name, form)
            return
        with path.open("rb") as stream:
            yield from _members(stream, name, folder, zips.Budget(), 1)
    except OSError as error:
        yield Arrived(path, name, name, fault=problem("unreadable", None, reason=error.strerror or error))


def _members(stream: BinaryIO, origin: str, folder: Path, budget: zips.Budget, depth: int) -> Iterator[Arrived]:
    """The files of an archive, each copied under a number."""
    if depth > zips.MAX_DEPTH:
        yield Arrived(folder, origin, origin, fault=problem("zip_too_deep", None))
        return
    try:
        if not zips.count(stream):
            yield Arrived(folder, origin, origin, fault=problem("zip_empty", None))
        for member in zips.members(stream, budget):
            name = member.name.replace("\\", "/").rpartition("/")[2] or origin
            if member.content is None:
                yield Arrived(folder, name, origin, fault=member.problem)
                continue
            form = detect.recognise(member.content).form
            if form == "zip":
                yield from _members(member.content, origin, folder, budget, depth + 1)
                continue
            member.content.seek(0)
            with NamedTemporaryFile(dir=folder, delete=False) as copy:
                shutil.copyfileobj(member.content, copy)
            yield Arrived(Path(copy.name), name, origin, form)
    except zips.Refused as refused:
        yield Arrived(folder, origin, origin, fault=refused.problem)


def _taken(creditor: Creditor, one: Arrived, *, at: datetime, actor: str) -> dict[str, Any]:
    record: dict[str, Any] = {"file": one.name, "origin": one.origin, "refused": True, "unchanged": False}
    if one.fault is not None:
        return {**record, "problems": [report.as_json(one.fault.in_language(creditor.language))]}
    try:
        row = import_file(creditor, one.path, one.name, at=at, actor=actor)
    except ImportRefused as refused:
        return {**record, "problems": [report.as_json(why) for why in refused.problems]}
    told = row.report
    return {
        **record,
        "refused": False,
        "unchanged": bool(told.get("unchanged")),
        "kind": row.kind,
        "sha256": row.sha256,
        "first_day": row.first_day.isoformat() if row.first_day else None,
        "last_day": row.last_day.isoformat() if row.last_day else None,
        "read": told.get("read", {}),
        "new": told.get("new", {}),
        "changed": {key: value for key, value in told.get("changed", {}).items() if key != "items"},
        "problems": told.get("set_aside", []),
    }
