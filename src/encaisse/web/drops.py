"""What came of files that were dropped together: one report for all.

The rows of an import bear the instant of their drop, so the report can be told again at any time; what was refused has
no row and is kept beside the uploads for some weeks.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from encaisse.ledger.models import Import, Invoice, Receivable
from encaisse.parties.models import Creditor
from encaisse.web import looking, reports, uploads

KEPT_SECONDS = 60 * 24 * 3600
SHOWN = 200
"""Files listed one by one; all are counted."""
LACKING = 30
"""Invoices without a document that are listed."""
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def stamp_of(at: datetime) -> int:
    """The instant of a drop as a number: microseconds since 1970."""
    return (at - _BEGIN) // timedelta(microseconds=1)


def instant_of(stamp: int) -> datetime:
    """The instant that a number stands for. Raises OverflowError for one that no calendar has."""
    return _BEGIN + timedelta(microseconds=stamp)


@dataclass(frozen=True, slots=True)
class Kind:
    """The files of one kind in a drop, with sums."""

    kind: str
    rows: Sequence[Import]

    @property
    def name(self) -> str:
        """The kind, in words."""
        return reports.kind_name(self.kind)

    @property
    def read(self) -> str:
        """How much was read."""
        return reports.read_line(looking.added(row.report.get("read", {}) for row in self.rows))

    @property
    def new(self) -> list[reports.Line]:
        """What was new."""
        return reports.new_lines({"new": looking.added(row.report.get("new", {}) for row in self.rows)})

    @property
    def changed(self) -> list[reports.Line]:
        """What was different."""
        return reports.changed_lines({"changed": looking.added(row.report.get("changed", {}) for row in self.rows)})

    @property
    def remarks(self) -> list[tuple[Import, Mapping[str, Any]]]:
        """The first remark on each of the first files that have one."""
        marred = [row for row in self.rows if row.report.get("set_aside")]
        return [(row, reports.problems(row.report["set_aside"])[0]) for row in marred[: looking.FIRST_PROBLEMS]]

    @property
    def shown(self) -> Sequence[Import]:
        """The files listed one by one."""
        return self.rows[:SHOWN]

    @property
    def rest(self) -> int:
        """The files that are not."""
        return max(len(self.rows) - SHOWN, 0)


@dataclass(frozen=True, slots=True)
class Drop:
    """What came of a drop. `unchanged`: files that were in the books before. `attached`: numbers of invoices."""

    at: datetime
    actor: str
    kinds: Sequence[Kind]
    refused: Sequence[Mapping[str, Any]]
    unchanged: Sequence[str]
    called_off: int | None
    attached: Sequence[str]

    @property
    def count(self) -> int:
        """All its files."""
        return sum(len(kind.rows) for kind in self.kinds) + len(self.refused) + len(self.unchanged)


def keep(creditor: Creditor, at: datetime, outcomes: Sequence[Mapping[str, Any]], called_off: int) -> None:
    """Keep what has no row: the files that were refused or imported before, and what was called off."""
    place = _place(creditor, stamp_of(at))
    _forget_old(place.parent)
    told = {
        "called_off": called_off,
        "refused": [{"shown": one["shown"], "problems": one["problems"]} for one in outcomes if one["refused"]],
        "unchanged": [one["shown"] for one in outcomes if one.get("again")],
    }
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.write_text(json.dumps(told), encoding="utf-8")


def told(creditor: Creditor, stamp: int) -> Drop | None:
    """The report of a drop; None when there was none at that instant."""
    try:
        at = instant_of(stamp)
    except OverflowError:
        return None
    rows = list(Import.objects.filter(creditor=creditor, imported_at=at).order_by("pk"))
    kept = _kept(creditor, stamp)
    if not rows and not kept:
        return None
    kinds: dict[str, list[Import]] = {}
    for row in rows:
        kinds.setdefault(row.kind, []).append(row)
    attached = [
        note["number"] for row in rows for note in row.report.get("notes", [])
        if note.get("code") == "document_of" and row.report.get("new", {}).get("documents")
    ]  # fmt: skip
    refused = [
        {"shown": one["shown"], "problems": reports.problems(one["problems"])} for one in kept.get("refused", [])
    ]
    return Drop(
        at, rows[0].actor if rows else "", [Kind(kind, found) for kind, found in kinds.items()], refused,
        kept.get("unchanged", []), kept.get("called_off"), attached,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Undocumented:
    """Open invoices without a document that could travel with a reminder: how many, and the first ones."""

    count: int
    first: Sequence[Invoice]

    @property
    def rest(self) -> int:
        """Those that are not listed."""
        return self.count - len(self.first)


def undocumented(creditor: Creditor) -> Undocumented:
    """The open invoices that no document is attached to, oldest first."""
    open_ones = Receivable.objects.filter(creditor=creditor, settled_on__isnull=True, invoice__document="")
    invoices = Invoice.objects.filter(creditor=creditor, pk__in=open_ones.values("invoice"))
    first = invoices.select_related("customer").order_by("issued_on", "pk")[:LACKING]
    return Undocumented(invoices.count(), list(first))


def _place(creditor: Creditor, stamp: int) -> Path:
    return uploads.folder(creditor).with_name(f"{creditor.pk}-reports") / f"{stamp}.json"


def _kept(creditor: Creditor, stamp: int) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(_place(creditor, stamp).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found


def _forget_old(place: Path) -> None:
    limit = time.time() - KEPT_SECONDS
    for path in place.iterdir() if place.is_dir() else ():
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
