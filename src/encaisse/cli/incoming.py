"""What is given to `import` and `inspect`: files, folders and zip archives of mixed kinds, found in a fixed order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language
from encaisse.exchange import detect, zips
from encaisse.exchange.detect import Recognised
from encaisse.exchange.inspecting import clean, files_in, inspect, opened
from encaisse.exchange.problems import Problem, problem

# Contacts come first, so that terms are known when the books are read; then what tells of invoices, their documents,
# what happened to them, and last the money that pays them.
_ORDER: dict[detect.Form, int] = {
    "contacts": 0, "fec": 1, "xml": 2, "pdf": 3, "cdar": 4, "statuses-csv": 4, "statuses-json": 4, "bank": 5,
}  # fmt: skip
_LEFT_ALONE: frozenset[detect.Form] = frozenset({"other", "archive", "empty", "none"})
_READ_FAULT = Recognised("unknown", "none")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file to read. ``shown`` is how it is named to the person, ``name`` its own name; ``asked``: given itself.

    ``problems``: why it cannot be read at all.
    """

    path: Path
    shown: str
    name: str
    what: Recognised
    asked: bool
    problems: tuple[Problem, ...] = ()

    @property
    def left_alone(self) -> bool:
        """Found on the way, and nothing that is imported."""
        nothing = self.what.form in _LEFT_ALONE or (self.what.form == "xml" and self.what.kind == "unknown")
        return nothing and not self.asked and not self.problems


def named(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Every file of `paths`, each once; True when it was given itself. Ends the command when there is none."""
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise Trouble(_("There is no file {path}.").format(path=missing), _("Nothing was read."))
    seen: set[Path] = set()
    for path in paths:
        for one in files_in(path) if path.is_dir() else (path,):
            if one not in seen:
                seen.add(one)
                yield one, one == path
    if not seen:
        raise Trouble(_("There is nothing to read in {paths}.").format(paths=", ".join(map(str, paths))))


@contextmanager
def collected(paths: Sequence[Path], tell: Callable[[str], None]) -> Iterator[list[Incoming]]:
    """The files to import, those in archives unpacked under names of our own in a folder that is removed at the end.

    Contacts come first, then books in order of name, so of date for a named FEC, documents last.
    """
    with TemporaryDirectory(prefix="encaisse-") as folder:
        found: list[Incoming] = []
        for path, asked in named(paths):
            tell(path.name)
            found += _collected(path, asked, Path(folder))
        yield sorted(found, key=lambda one: (_ORDER.get(one.what.form, 2), one.name, one.shown))


def _collected(path: Path, asked: bool, folder: Path) -> Iterator[Incoming]:
    shown = clean(str(path))
    try:
        with opened(path) as stream:
            what = detect.recognise(stream)
            if what.form == "zip":
                yield from _members(stream, shown, folder, zips.Budget(), 1)
            else:
                yield Incoming(path, shown, clean(path.name), what, asked)
    except OSError as error:
        fault = problem("unreadable", None, language=language(), reason=error.strerror or error)
        yield Incoming(path, shown, clean(path.name), _READ_FAULT, asked, (fault,))


def _members(stream: BinaryIO, shown: str, folder: Path, budget: zips.Budget, depth: int) -> Iterator[Incoming]:
    """The files of an archive, each copied under a number."""
    name = shown.rpartition("/")[2]

    def refused(why: Problem | None, path: str) -> Incoming:
        told = (why.in_language(language()),) if why else ()
        return Incoming(Path(path), path, path.rpartition("/")[2], _READ_FAULT, True, told)

    if depth > zips.MAX_DEPTH:
        yield refused(problem("zip_too_deep", None), shown)
        return
    try:
        if not zips.count(stream):
            yield refused(problem("zip_empty", None), shown)
        for member in zips.members(stream, budget):
            inside = clean(f"{shown}/{member.name}") if member.name else shown
            if member.content is None:
                yield refused(member.problem, inside)
                continue
            what = detect.recognise(member.content)
            if what.form == "zip":
                yield from _members(member.content, inside, folder, budget, depth + 1)
                continue
            copy = folder / f"{zips.MAX_MEMBERS - budget.members}"
            member.content.seek(0)
            with copy.open("wb") as target:
                shutil.copyfileobj(member.content, target)
            yield Incoming(copy, inside, inside.rpartition("/")[2], what, False)
    except zips.Refused as fault:
        yield refused(fault.problem, shown or name)


def why_not(one: Incoming) -> tuple[Problem, ...]:
    """Why a file that the ledger does not take is not imported: it cannot be read, or it cannot be taken yet."""
    if one.problems:
        return one.problems
    if one.what.form in _LEFT_ALONE:
        return inspect(one.path, one.shown, language=language()).problems
    named = one.what.name if one.what.form != "xml" else detect.NAMES.get(one.what.kind, one.what.name)
    if one.what.form == "xml" and one.what.kind == "unknown":
        return inspect(one.path, one.shown, language=language()).problems
    return (problem("not_imported_yet", None, language=language(), name=named),)
