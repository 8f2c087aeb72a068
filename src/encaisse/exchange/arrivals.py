"""What came in, opened in one place: files, folders and zip archives of mixed kinds, in the order they are taken.

Whoever lets files in (the command line, a watched folder, the drop address, the Import page) asks here what they are.
Members of archives are unpacked under numbers, never under names of their own. A file that cannot be read is there
too, with its problems: nothing that was given is left out in silence.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from encaisse.exchange import detect, zips
from encaisse.exchange.detect import Recognised
from encaisse.exchange.inspecting import clean, files_in, inspect, opened
from encaisse.exchange.problems import Problem, problem

ORDER: Mapping[detect.Form, int] = {
    "contacts": 0, "fec": 1, "table": 2, "workbook": 2, "xml": 3, "pdf": 4, "cdar": 5, "statuses-csv": 5,
    "statuses-json": 5, "bank": 6,
}  # fmt: skip
"""What is taken first: whom it is about and their terms, what they owe (books, tables, electronic invoices), the
documents of it, what happened to it, and last the money that pays it."""
LAST = 9
"""The place of what nobody takes."""
_NOT_TAKEN: frozenset[detect.Form] = frozenset({"other", "archive", "empty", "none"})
_UNREAD = Recognised("unknown", "none")


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody gave: a file, and how it is named to the person. ``asked``: it was named itself, not its folder."""

    path: Path
    shown: str
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that came in.

    ``path``: where its bytes are. ``name``: its own name, in which an invoice's number may stand. ``shown``: how it is
    named to the person, with its folder or archive. ``origin``: what was given, so of a member its archive.
    ``asked``: it was given itself. ``problems``: why it cannot be read at all.
    """

    path: Path
    name: str
    shown: str
    origin: str
    what: Recognised
    asked: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def taken(self) -> bool:
        """Somebody reads files of this form."""
        unknown_xml = self.what.form == "xml" and self.what.kind == "unknown"
        return not self.problems and self.what.form not in _NOT_TAKEN and not unknown_xml

    @property
    def left_alone(self) -> bool:
        """Found on the way, and nothing that is imported."""
        return not self.taken and not self.asked and not self.problems


def given(paths: Iterable[Path]) -> Iterator[Given]:
    """Every file of the paths, folders walked, each once, in the order given; names are the paths'."""
    seen: set[Path] = set()
    for path in paths:
        for one in files_in(path) if path.is_dir() else (path,):
            if one not in seen:
                seen.add(one)
                yield Given(one, str(one), one == path)


def arrived(
    files: Iterable[Given], folder: Path, *, language: str = "fr", budget: zips.Budget | None = None
) -> Iterator[Arrived]:
    """Say what each file is; of an archive, what each file in it is, unpacked into `folder`, which must exist.

    `budget`: what all archives together may unpack; None: each may unpack what ``zips`` allows one. Problems are in
    `language`. Never raises for what is in a file, nor for one that cannot be opened; OSError when `folder` is full.
    """
    for one in files:
        yield from _of_one(one, folder, language, budget)


def in_order(files: Iterable[Arrived]) -> list[Arrived]:
    """The files in the order in which one needs another; those of a form by name, so by date for a named FEC."""
    return sorted(files, key=lambda one: (place(one.what.form), one.name, one.shown))


def place(form: detect.Form) -> int:
    """The place of a form in the order."""
    return ORDER.get(form, LAST)


def why_not(one: Arrived, *, language: str = "fr") -> tuple[Problem, ...]:
    """Why a file that nobody takes is not taken: it cannot be read, or what it is instead."""
    return one.problems or inspect(one.path, one.shown, language=language).problems


def _of_one(one: Given, folder: Path, language: str, budget: zips.Budget | None) -> Iterator[Arrived]:
    shown = clean(one.shown)
    try:
        stream = opened(one.path)
    except OSError as error:
        yield _unread(shown, shown, problem("unreadable", None, language=language, reason=error.strerror or error))
        return
    with stream:
        try:
            what = detect.recognise(stream)
        except OSError as error:
            yield _unread(shown, shown, problem("unreadable", None, language=language, reason=error.strerror or error))
            return
        if what.form != "zip":
            yield Arrived(one.path, _last(shown), shown, shown, what, one.asked)
            return
        yield from _members(stream, shown, shown, folder, language, budget or zips.Budget(), 1)


def _members(
    stream: BinaryIO, shown: str, origin: str, folder: Path, language: str, budget: zips.Budget, depth: int
) -> Iterator[Arrived]:
    """The files of an archive, each copied under a name of ours."""
    if depth > zips.MAX_DEPTH:
        yield _unread(shown, origin, problem("zip_too_deep", None, language=language))
        return
    try:
        if not zips.count(stream):
            yield _unread(shown, origin, problem("zip_empty", None, language=language))
        for member in zips.members(stream, budget):
            inside = clean(f"{shown}/{member.name}") if member.name else shown
            if member.content is None:
                told = member.problem or problem("zip_broken", None, reason="")
                yield _unread(inside, origin, told.in_language(language))
                continue
            what = detect.recognise(member.content)
            if what.form == "zip":
                yield from _members(member.content, inside, origin, folder, language, budget, depth + 1)
                continue
            member.content.seek(0)
            with NamedTemporaryFile(dir=folder, delete=False) as copy:
                shutil.copyfileobj(member.content, copy)
            yield Arrived(Path(copy.name), _last(inside), inside, origin, what)
    except zips.Refused as refused:
        yield _unread(shown, origin, refused.problem.in_language(language))


def _unread(shown: str, origin: str, why: Problem) -> Arrived:
    """What cannot be read has no bytes to look at: its path is only a name."""
    return Arrived(Path(shown), _last(shown), shown, origin, _UNREAD, True, (why,))


def _last(shown: str) -> str:
    return shown.replace("\\", "/").rstrip("/").rpartition("/")[2] or shown
