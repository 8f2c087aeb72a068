"""Say of any file what it is, what it holds and what is wrong with it. Writes nothing, never raises for a file.

``inspect`` looks at one file; ``inspect_all`` also opens archives and looks at each file in them. Lists are kept to
``inspect_kinds.MAX_LISTED`` rows and counts count everything.
"""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from encaisse.exchange import detect, fec_bytes, inspect_kinds, zips
from encaisse.exchange.detect import Recognised
from encaisse.exchange.inspect_kinds import Rules
from encaisse.exchange.inspected import Inspected, clean
from encaisse.exchange.problems import Problem, problem

__all__ = ["Inspected", "clean", "files_in", "inspect", "inspect_all", "opened"]


def inspect(source: fec_bytes.Source, name: str = "", *, language: str = "fr") -> Inspected:
    """Look at one file, from bytes, a path or a stream that can seek. ``name`` is its path in the record.

    Of an archive only what it is and how many files it has: see ``inspect_all``. Problems are in ``language`` (``fr``
    or ``en``). Never raises: a file that cannot be opened, and a reader that fails, are problems too.
    """
    path = name or (str(source) if isinstance(source, str | Path) else "")
    try:
        stream = opened(source)
    except OSError as error:
        return _unreadable(path, error, language)
    try:
        return _inspected(stream, path, language)
    finally:
        if isinstance(source, str | Path):
            stream.close()


def inspect_all(
    source: fec_bytes.Source, name: str = "", *, language: str = "fr", rules: Rules | None = None
) -> Iterator[Inspected]:
    """Look at one file and, when it is an archive, at each file in it, down to ``zips.MAX_DEPTH`` archives deep.

    A file in an archive has the path of the archive, a slash, and its name there. One file is held at a time. ``rules``
    adds what it finds in an electronic invoice (``rules.checking.Checker.check``).
    """
    path = name or (str(source) if isinstance(source, str | Path) else "")
    try:
        stream = opened(source)
    except OSError as error:
        yield _unreadable(path, error, language)
        return
    try:
        yield from _all(stream, path, language, zips.Budget(), 1, rules)
    finally:
        if isinstance(source, str | Path):
            stream.close()


def opened(source: fec_bytes.Source) -> BinaryIO:
    """A stream over the source. Raises OSError for a path that is no ordinary file: a pipe would never end."""
    if isinstance(source, str | Path):
        mode = Path(source).stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise OSError(errno.EINVAL, "no ordinary file")
    return fec_bytes.opened(source)


def files_in(folder: Path) -> Iterator[Path]:
    """The files below a folder in the order of their names, folder by folder; hidden ones and links to folders not.

    A folder that may not be listed stands for itself: opening it will say why.
    """
    try:
        entries = sorted(folder.iterdir(), key=lambda one: one.name)
    except OSError:
        yield folder
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from files_in(entry)
        elif entry.is_file():
            yield entry


def _all(
    stream: BinaryIO, path: str, language: str, budget: zips.Budget, depth: int, rules: Rules | None
) -> Iterator[Inspected]:
    found = _inspected(stream, path, language, rules)
    if found.kind != "zip" or not found.counts.get("files"):
        yield found
        return
    if depth > zips.MAX_DEPTH:
        yield Inspected(path, "zip", True, found.name, found.counts, problems=(_say("zip_too_deep", language),))
        return
    yield found
    try:
        for member in zips.members(stream, budget):
            inside = f"{path}/{member.name}" if member.name else path
            if member.content is None:
                told = (member.problem.in_language(language),) if member.problem else ()
                yield Inspected(inside, "unknown", problems=told)
            else:
                yield from _all(member.content, inside, language, budget, depth + 1, rules)
    except zips.Refused as refused:
        yield Inspected(path, "zip", True, found.name, problems=(refused.problem.in_language(language),))


def _inspected(stream: BinaryIO, path: str, language: str, rules: Rules | None = None) -> Inspected:
    """Recognise and read. Whatever goes wrong in a reader, its panics too, becomes a problem of the file."""
    what = Recognised("unknown", "none")
    try:
        what = detect.recognise(stream)
        return inspect_kinds.read(stream, path, what, language, rules)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except OSError as error:
        return _unreadable(path, error, language)
    except BaseException as error:  # noqa: BLE001 - the frames' library panics outside Exception
        reason = f"{type(error).__name__}: {error}"
        return Inspected(path, what.kind, False, what.name, problems=(_say("reader_failed", language, reason=reason),))


def _say(code: str, language: str, **values: Any) -> Problem:
    return problem(code, None, language=language, **values)


def _unreadable(path: str, error: OSError, language: str) -> Inspected:
    return Inspected(path, "unknown", problems=(_say("unreadable", language, reason=error.strerror or error),))
