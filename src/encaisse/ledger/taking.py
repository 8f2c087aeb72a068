"""What all readers of files into the ledger share: the file, a refusal, a preview, and who takes which form."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from encaisse.exchange.fec_bytes import MAX_BYTES
from encaisse.exchange.problems import Problem, problem
from encaisse.ledger.models import Import
from encaisse.parties.models import Creditor

KEPT_BYTES = 32 * 1024 * 1024
"""Files up to this size are kept as documents; of larger ones the SHA-256 is."""

Content = bytes | str | Path
Progress = Callable[[str, float], None]
"""Called with the stage (reading, comparing, writing, rereading) and the part done, 0 to 1."""


class ImportRefused(Exception):
    """The file as a whole cannot be taken. `problems` say why and what to do."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(one.message for one in self.problems))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file is and what importing it would do. `would` has the keys of a report: new, changed, notes."""

    kind: str
    counts: dict[str, int] = field(default_factory=dict)
    would: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    sha256: str = ""
    already: bool = False
    first_day: date | None = None
    last_day: date | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file that came in, with the hash it is known by."""

    content: Content
    name: str
    sha256: str
    size: int

    def whole(self) -> bytes:
        """All of it."""
        return self.content if isinstance(self.content, bytes) else Path(self.content).read_bytes()

    def head(self, length: int) -> bytes:
        """Its first bytes."""
        if isinstance(self.content, bytes):
            return self.content[:length]
        with Path(self.content).open("rb") as stream:
            return stream.read(length)


class Taker(Protocol):
    """A reader of one form of file into the ledger."""

    def inspect(self, creditor: Creditor, file: File) -> Preview:
        """Say what is in the file and what would change. Writes nothing, raises nothing for what is in it."""
        ...

    def take(self, creditor: Creditor, file: File, *, at: datetime, actor: str, tell: Progress) -> Import:
        """Take the file, all of it or nothing. Raises ImportRefused."""
        ...


@runtime_checkable
class BatchTaker(Taker, Protocol):
    """A reader that takes many files in one transaction."""

    def take_many(
        self, creditor: Creditor, files: Sequence[File], *, at: datetime, actor: str
    ) -> list[Import | ImportRefused]:
        """Take files of different contents, none of them taken before; return what came of each, in their order.

        Leads to what `take` of one after the other leads to. Raises DatabaseError, and then nothing was written.
        """
        ...


def opened(content: Content, name: str, language: str) -> File:
    """Hash a file. Raises ImportRefused when it is too large for any reader."""
    digest = hashlib.sha256()
    if isinstance(content, bytes):
        digest.update(content)
        return File(content, name, digest.hexdigest(), len(content))
    path = Path(content)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ImportRefused([problem("file_too_large", None, limit=MAX_BYTES // (1024 * 1024), language=language)])
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return File(path, name, digest.hexdigest(), size)


def again(found: Import) -> Import:
    """The row of content that was taken before: its report says that nothing changed."""
    found.report = {**found.report, "unchanged": True}
    return found
