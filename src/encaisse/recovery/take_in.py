"""Take what came in, from a watched folder, the drop address, the command line or a page, and say what came of it.

Archives are opened, everything is taken in the order in which one thing needs another, and recovery follows once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import DatabaseError

from encaisse.exchange import arrivals
from encaisse.exchange.arrivals import Arrived, Given
from encaisse.exchange.problems import Problem, problem
from encaisse.ledger import report
from encaisse.ledger.import_books import ImportRefused, Progress, import_file
from encaisse.ledger.import_many import BATCH_FILES, Outcome, import_many
from encaisse.ledger.models import Import
from encaisse.parties.models import Creditor
from encaisse.recovery.after_import import after_import, behind

log = logging.getLogger(__name__)
_NOT_THE_FILE = (OSError, DatabaseError, KeyboardInterrupt, SystemExit, GeneratorExit)
"""What stops the work and is no fault of a file: it goes up, and the files can be taken again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one file: the row of its import, or the problems for which it was refused."""

    file: Arrived
    row: Import | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """Nothing of it was taken."""
        return self.row is None

    @property
    def unchanged(self) -> bool:
        """It says what was known already."""
        return self.row is not None and bool(self.row.report.get("unchanged"))


def take_batches(
    creditor: Creditor, files: Sequence[Arrived], *, at: datetime, actor: str, size: int = BATCH_FILES,
    allow_older: bool = False, strategies: Collection[str] | None = None, progress: Progress | None = None,
) -> Iterator[list[Taken]]:  # fmt: skip
    """Import files in the order given (`arrivals.in_order` makes it), up to `size` of one form at a time.

    Each file is taken as a whole or not at all; one that is refused does not hold back the others. `allow_older` and
    `strategies`: as for `import_file`. `progress` is told of the stages of a file that is taken alone.
    Call `after_import` when all are taken.
    """
    stamp: dict[str, Any] = {
        "at": at, "actor": actor, "allow_older": allow_older, "strategies": strategies, "progress": progress,
    }  # fmt: skip
    for run in _runs(files, size):
        if not run[0].taken:
            yield [Taken(one, None, arrivals.why_not(one, language=creditor.language)) for one in run]
        elif len(run) == 1:
            yield [_taken(run[0], _alone(creditor, run[0], stamp))]
        else:
            yield [_taken(one, outcome) for one, outcome in zip(run, _together(creditor, run, stamp), strict=True)]


def _runs(files: Sequence[Arrived], size: int) -> Iterator[list[Arrived]]:
    """Neighbours of one form, up to so many."""
    for _form, group in groupby(files, key=lambda one: (one.what.form, one.taken)):
        alike = list(group)
        yield from (alike[start : start + size] for start in range(0, len(alike), size))


def _together(creditor: Creditor, run: Sequence[Arrived], stamp: dict[str, Any]) -> list[Outcome]:
    try:
        return import_many(creditor, [(one.path, one.name) for one in run], **stamp)
    except _NOT_THE_FILE:
        raise
    except BaseException:  # noqa: BLE001 - one of them fails its reader: alone, it fails alone
        return [_alone(creditor, one, stamp) for one in run]


def _alone(creditor: Creditor, one: Arrived, stamp: dict[str, Any]) -> Outcome:
    try:
        return import_file(creditor, one.path, one.name, **stamp)
    except ImportRefused as refused:
        return refused
    except _NOT_THE_FILE:
        raise
    except BaseException as error:  # the frames' library panics outside Exception
        log.exception("a reader failed on %s", one.what.form)
        reason = f"{type(error).__name__}: {error}"
        return ImportRefused([problem("reader_failed", None, language=creditor.language, reason=reason)])


def _taken(one: Arrived, outcome: Outcome) -> Taken:
    return Taken(one, None, outcome.problems) if isinstance(outcome, ImportRefused) else Taken(one, outcome)


def take_in(
    creditor: Creditor, files: Sequence[tuple[Path, str]], day: date, *, at: datetime, actor: str
) -> dict[str, Any]:
    """Import the files, given with their names, and return one report: `files` (one record each), `called_off`.

    A file that is refused is a record with its problems; it does not hold back the others.
    """
    with TemporaryDirectory(prefix="encaisse-") as folder:
        given = [Given(path, name) for path, name in files]
        found = arrivals.in_order(arrivals.arrived(given, Path(folder), language=creditor.language))
        taken = [one for batch in take_batches(creditor, found, at=at, actor=actor) for one in batch]
    called_off = 0
    if not all(one.refused or one.unchanged for one in taken) or behind(creditor):
        called_off = after_import(creditor, day, at=at, actor=actor)
    return {"files": [_record(one) for one in taken], "called_off": called_off}


def _record(one: Taken) -> dict[str, Any]:
    record = {
        "file": one.file.name, "origin": one.file.origin, "refused": one.refused, "unchanged": one.unchanged,
    }  # fmt: skip
    if one.row is None:
        return {**record, "problems": [report.as_json(why) for why in one.problems]}
    told = one.row.report
    return {
        **record,
        "kind": one.row.kind,
        "sha256": one.row.sha256,
        "first_day": one.row.first_day.isoformat() if one.row.first_day else None,
        "last_day": one.row.last_day.isoformat() if one.row.last_day else None,
        "read": told.get("read", {}),
        "new": report.new_of(one.row, one.row.creditor.currency),
        "changed": {key: value for key, value in told.get("changed", {}).items() if key != "items"},
        "problems": told.get("set_aside", []),
    }
