"""Take what came in, from a watched folder, the drop address, the command line or a page, and say what came of it.

Archives are opened, everything is taken in the order in which one thing needs another, and recovery follows once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from encaisse.exchange import arrivals
from encaisse.exchange.arrivals import Arrived, Given
from encaisse.exchange.problems import Problem
from encaisse.ledger import report
from encaisse.ledger.import_books import ImportRefused, Progress, import_file
from encaisse.ledger.models import Import
from encaisse.parties.models import Creditor
from encaisse.recovery.after_import import after_import


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


def take_each(
    creditor: Creditor, files: Sequence[Arrived], *, at: datetime, actor: str, allow_older: bool = False,
    strategies: Collection[str] | None = None, progress: Progress | None = None,
) -> Iterator[Taken]:  # fmt: skip
    """Import the files one after the other, as given: `arrivals.in_order` puts them in order.

    Each file is taken as a whole or not at all; one that is refused does not hold back the others. `allow_older` and
    `strategies`: as for `import_file`. Call `after_import` when all are taken.
    """
    for one in files:
        if not one.taken:
            yield Taken(one, None, arrivals.why_not(one, language=creditor.language))
            continue
        try:
            row = import_file(
                creditor, one.path, one.name, at=at, actor=actor, allow_older=allow_older, strategies=strategies,
                progress=progress,
            )  # fmt: skip
        except ImportRefused as refused:
            yield Taken(one, None, refused.problems)
        else:
            yield Taken(one, row)


def take_in(
    creditor: Creditor, files: Sequence[tuple[Path, str]], day: date, *, at: datetime, actor: str
) -> dict[str, Any]:
    """Import the files, given with their names, and return one report: `files` (one record each), `called_off`.

    A file that is refused is a record with its problems; it does not hold back the others.
    """
    with TemporaryDirectory(prefix="encaisse-") as folder:
        given = [Given(path, name) for path, name in files]
        found = arrivals.in_order(arrivals.arrived(given, Path(folder), language=creditor.language))
        taken = list(take_each(creditor, found, at=at, actor=actor))
    called_off = 0
    if not all(one.refused or one.unchanged for one in taken):
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
        "new": told.get("new", {}),
        "changed": {key: value for key, value in told.get("changed", {}).items() if key != "items"},
        "problems": told.get("set_aside", []),
    }
