"""Read many files into the ledger in one go: what reading them one by one in the same order leads to, only sooner.

Files of one kind that follow one another are taken in batches, each batch in one transaction, where the reader of
their kind can do so. Each file is still taken whole or not at all, and refused alone; a batch that is cut off leaves
nothing, so starting again takes up where it ended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError

from encaisse.exchange.problems import problem
from encaisse.ledger.import_books import import_file, taker_of
from encaisse.ledger.models import Import
from encaisse.ledger.taking import BatchTaker, Content, File, ImportRefused, Progress, again, opened
from encaisse.parties.models import Creditor

BATCH_FILES = 200
BATCH_BYTES = 64 * 1024 * 1024
"""A batch ends with either: what its files hold is in memory until it is written."""

Outcome = Import | ImportRefused


def import_many(
    creditor: Creditor,
    files: Iterable[tuple[Content, str]],
    *,
    at: datetime,
    actor: str,
    progress: Progress | None = None,
    allow_older: bool = False,
    strategies: Collection[str] | None = None,
) -> list[Outcome]:
    """Take files, each (content, name), into the ledger; return what came of each, in their order.

    A file that cannot be taken comes back as its ImportRefused and holds back no other. The arguments and rows are
    those of `import_file`. `progress` is told the part of all files that is done. Payments are not looked for again
    after invoices: whoever calls this does so once at the end (`match_payments.after_others`).
    """
    given = list(files)
    queue = _Queue(creditor, at, actor, allow_older, strategies, [None] * len(given))
    for place, (content, name) in enumerate(given):
        try:
            queue.add(place, opened(content, name, creditor.language))
        except ImportRefused as refused:
            queue.found[place] = refused
        except OSError as error:
            queue.found[place] = ImportRefused(
                [problem("unreadable", None, language=creditor.language, reason=error.strerror or error)]
            )
        if progress and not queue.waiting:
            progress("writing", (place + 1) / len(given))
    queue.flush()
    if progress:
        progress("writing", 1.0)
    return [one for one in queue.found if one is not None]


@dataclass(slots=True)
class _Queue:
    """Files that wait to be taken together, and what came of those before."""

    creditor: Creditor
    at: datetime
    actor: str
    allow_older: bool
    strategies: Collection[str] | None
    found: list[Outcome | None]
    taker: BatchTaker | None = None
    waiting: dict[str, tuple[int, File]] = field(default_factory=dict)
    size: int = 0

    def add(self, place: int, file: File) -> None:
        """Let the file wait where its reader takes many; else take it now, after those that wait."""
        taker = taker_of(file)
        if not isinstance(taker, BatchTaker):
            self.flush()
            self.found[place] = self._alone(file)
            return
        # The same content twice is one batch and then another, so that the second finds the first.
        if taker is not self.taker or file.sha256 in self.waiting or self.size + file.size > BATCH_BYTES:
            self.flush()
        self.taker = taker
        self.waiting[file.sha256] = (place, file)
        self.size += file.size
        if len(self.waiting) >= BATCH_FILES:
            self.flush()

    def flush(self) -> None:
        """Take what waits."""
        waiting, taker = dict(self.waiting), self.taker
        self.waiting.clear()
        self.size = 0
        if not waiting or taker is None:
            return
        known = Import.objects.filter(creditor=self.creditor, sha256__in=list(waiting))
        for row in known:
            if not row.report.get("waiting"):
                place, _file = waiting.pop(row.sha256)
                self.found[place] = again(row)
        files = [file for _place, file in waiting.values()]
        taken = self._together(taker, files) if len(files) > 1 else [self._alone(file) for file in files]
        for (place, _file), outcome in zip(waiting.values(), taken, strict=True):
            self.found[place] = outcome

    def _together(self, taker: BatchTaker, files: list[File]) -> list[Outcome]:
        try:
            return taker.take_many(self.creditor, files, at=self.at, actor=self.actor)
        except DatabaseError:
            # One of them cannot be written: alone, it fails alone.
            return [self._alone(file) for file in files]

    def _alone(self, file: File) -> Outcome:
        try:
            return import_file(
                self.creditor, file.content, file.name, at=self.at, actor=self.actor, allow_older=self.allow_older,
                strategies=self.strategies,
            )  # fmt: skip
        except ImportRefused as refused:
            return refused
