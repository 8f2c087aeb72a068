"""`watch`: take what a scheduled export puts into a folder, as soon as it is complete."""

from __future__ import annotations

import json
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import EVERY_DAY, CreditorName, Home, command
from encaisse.cli.desk import at_desk, require_initialised, set_up
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _

ACTOR = "watch"
DONE, REFUSED = "done", "refused"
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", ".partial", ".swp")
"""Endings that programs give to files they are still writing."""

Mark = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds."""


@dataclass
class Watched:
    """A folder, and how each of its files looked the last time: one that looks the same twice is complete."""

    folder: Path
    seen: dict[Path, Mark] = field(default_factory=dict)

    def ready(self) -> list[Path]:
        """Files that have not changed since the last look, in order of name."""
        now = {path: mark for path in sorted(self.folder.iterdir()) if (mark := _mark(path)) is not None}
        stable = [path for path, mark in now.items() if self.seen.get(path) == mark and mark[0] > 0]
        self.seen = now
        return stable


def _mark(path: Path) -> Mark | None:
    """How a file looks; None for what is left alone: folders, links, hidden and unfinished files."""
    try:
        if path.name.startswith(".") or path.name.lower().endswith(UNFINISHED) or path.is_symlink():
            return None
        found = path.stat()
        return (found.st_size, found.st_mtime_ns) if path.is_file() else None
    except OSError:
        return None


@command(EVERY_DAY, _("Watch a folder: take each file that arrives, and move it to done/ or refused/ with a report."))
def watch(
    folder: Annotated[Path, typer.Argument(help=_("The folder a scheduled export writes to."), metavar="DIR")],
    every: Annotated[float, typer.Option(min=0.1, help=_("Seconds between two looks."))] = 10.0,
    once: Annotated[
        bool, typer.Option("--once", help=_("Look once (twice, to see what is complete), then end."))
    ] = False,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Run until Ctrl-C or SIGTERM. Killed between taking and moving, it finds the file unchanged the next time."""
    if not folder.is_dir():
        raise Trouble(_("There is no folder {path}.").format(path=folder), _("Make it first."))
    set_up(home)
    require_initialised()
    stop = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_args: stop.set())
    watched = Watched(folder)
    say.aside(_("Watching {path}. Ctrl-C stops it.").format(path=folder))
    watched.ready()
    while not stop.wait(every):
        try:
            ready = watched.ready()
            if ready:
                take(ready, folder, home, creditor)
        except (OSError, _database_error()) as error:
            # A disk that is full or a database that is locked: the files stay where they are for the next look.
            say.line(_("Not taken, tried again later: {why}").format(why=error), style="red")
        if once:
            return


def _database_error() -> type[Exception]:
    from django.db import DatabaseError

    return DatabaseError


def take(paths: list[Path], folder: Path, home: Path | None, creditor: str | None) -> None:
    """Take complete files into the books, write each its report, and move it away."""
    with at_desk(home, creditor) as desk:
        from encaisse.exchange.inspecting import clean
        from encaisse.recovery.take_in import take_in

        found = take_in(desk.creditor, [(path, path.name) for path in paths], desk.day, at=desk.at, actor=ACTOR)
    for path in paths:
        records = [one for one in found["files"] if one["origin"] == clean(path.name)]
        refused = all(one["refused"] for one in records)
        _put_away(path, folder / (REFUSED if refused else DONE), records)
        text = _("{file}: refused, its report says why.") if refused else _("{file}: taken.")
        say.line(text.format(file=path.name), style="red" if refused else "green")


def _put_away(path: Path, place: Path, records: list[dict[str, Any]]) -> None:
    """Write the report, then move the file: a report without its file is harmless, a file without report is not."""
    place.mkdir(exist_ok=True)
    target = place / path.name
    if target.exists() or target.with_name(target.name + ".report.json").exists():
        target = place / f"{path.stem}-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000:06d}{path.suffix}"
    report = target.with_name(target.name + ".report.json")
    unfinished = report.with_name("." + report.name)
    unfinished.write_text(json.dumps({"files": records}, ensure_ascii=False, indent=2), encoding="utf-8")
    unfinished.replace(report)
    try:
        path.replace(target)
    except FileNotFoundError:
        return  # somebody else has put it away
