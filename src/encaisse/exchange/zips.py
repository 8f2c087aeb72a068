"""Zip archives from outside, opened member by member: nothing is written under its own name, nothing unpacks unseen.

Sizes are looked at before anything is unpacked and counted again while it is; the limits hold for an archive with all
the archives inside it together.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Literal, NamedTuple, cast

from encaisse.exchange.problems import Problem, problem

MARKS = (b"PK\x03\x04", b"PK\x05\x06")
"""How a zip archive begins, with members and without."""
MAX_DEPTH = 2
"""An archive may hold archives; what lies deeper is not opened."""
MAX_MEMBERS = 50_000
"""Most members of an archive, those of the archives inside it included."""
MAX_DIRECTORY = 8 * 1024 * 1024
"""Largest directory of an archive read, in bytes."""
MAX_MEMBER = 512 * 1024 * 1024
"""Largest member unpacked, in bytes: the largest FEC read."""
MAX_UNPACKED = 2 * 1024 * 1024 * 1024
"""Most bytes all members together may unpack to."""
MAX_RATIO = 200
"""A member above ``RATIO_FROM`` bytes may be so many times larger than it is packed. Books pack to a tenth."""
RATIO_FROM = 4 * 1024 * 1024
MAX_NAME = 1_000
"""Longest name of a member, in characters."""
IN_MEMORY = 8 * 1024 * 1024
"""A member up to this size is kept in memory, a larger one in a nameless file of the system."""

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_PIECE = 1024 * 1024
_MEBIBYTE = 1024 * 1024
# A member that only one kind of file has -> what the archive is.
_TELLING = {
    "xl/workbook.bin": "Excel (XLSB)", "word/document.xml": "Word (DOCX)", "ppt/presentation.xml": "PowerPoint (PPTX)",
    "META-INF/MANIFEST.MF": "JAR",
}  # fmt: skip
_ODF = "application/vnd.oasis.opendocument."
_MIMETYPES: dict[str, tuple[Literal["zip", "workbook", "other"], str]] = {
    _ODF + "spreadsheet": ("workbook", "ODS"), _ODF + "text": ("other", "OpenDocument (ODT)"),
    _ODF + "presentation": ("other", "OpenDocument (ODP)"), "application/epub+zip": ("other", "EPUB"),
}  # fmt: skip
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, RuntimeError,
    OverflowError, OSError,
)  # fmt: skip


class Refused(Exception):
    """The archive cannot be opened; ``problem`` says why."""

    def __init__(self, reason: Problem) -> None:
        super().__init__(reason.code)
        self.problem = reason


class Member(NamedTuple):
    """A file in an archive; ``content`` is open at its start, or None with the problem why it is not unpacked."""

    name: str
    content: BinaryIO | None
    problem: Problem | None = None


@dataclass(slots=True)
class Budget:
    """What may still be unpacked, for an archive and all those inside it."""

    members: int = MAX_MEMBERS
    unpacked: int = MAX_UNPACKED


def look(stream: BinaryIO) -> tuple[Literal["zip", "workbook", "other"], str]:
    """Whether an archive is a workbook or a document of a known kind, with its name, from its directory alone."""
    try:
        with _opened(stream) as archive:
            names = set(archive.namelist())
            if "[Content_Types].xml" in names and any(name.endswith("workbook.xml") for name in names):
                return "workbook", "XLSX"
            told = next((name for mark, name in _TELLING.items() if mark in names), "")
            if told:
                return "other", told
            if "mimetype" in names:
                with archive.open("mimetype") as entry:
                    kind, name = _MIMETYPES.get(entry.read(100).decode("latin-1").strip(), ("zip", ""))
                return kind, name
    except (Refused, *_BROKEN):
        pass
    return "zip", ""


def count(stream: BinaryIO) -> int:
    """How many files an archive has. Raises Refused when it cannot be opened."""
    with _opened(stream) as archive:
        return sum(not one.is_dir() and not _is_litter(one.filename) for one in archive.infolist())


def members(stream: BinaryIO, budget: Budget) -> Iterator[Member]:
    """The files of an archive in its order, unpacked one at a time: the content is closed when the next is asked for.

    What is not unpacked comes with its problem. Raises Refused when the archive as a whole cannot be opened.
    """
    with _opened(stream) as archive:
        for entry in archive.infolist():
            if entry.is_dir() or _is_litter(entry.filename):
                continue
            if budget.members <= 0:
                yield Member("", None, problem("zip_too_many", None, limit=MAX_MEMBERS))
                return
            budget.members -= 1
            fault = _fault(entry, budget)
            if fault:
                yield Member(entry.filename, None, fault)
                continue
            with SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
                content = cast(BinaryIO, spool)
                fault = _unpack(archive, entry, content, budget)
                content.seek(0)
                yield Member(entry.filename, None if fault else content, fault)


def is_safe(name: str) -> bool:
    """Whether a member's name stays below the folder it would be unpacked in, on any system."""
    parts = name.replace("\\", "/").split("/")
    return bool(name) and len(name) <= MAX_NAME and parts[0] != "" and ".." not in parts and ":" not in parts[0]


def _fault(entry: zipfile.ZipInfo, budget: Budget) -> Problem | None:
    """Why a member is not unpacked, from what the directory says of it."""
    if not is_safe(entry.filename):
        return problem("zip_unsafe_name", None, name=entry.filename)
    if stat.S_ISLNK(entry.external_attr >> 16):
        return problem("zip_link", None, name=entry.filename)
    if entry.flag_bits & 0x1:
        return problem("zip_encrypted", None, name=entry.filename)
    if entry.compress_type not in _METHODS:
        return problem("zip_method", None, name=entry.filename, method=entry.compress_type)
    if entry.file_size > MAX_MEMBER:
        return problem("zip_member_too_large", None, name=entry.filename, limit=MAX_MEMBER // _MEBIBYTE)
    if entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        return problem("zip_ratio", None, name=entry.filename, limit=MAX_RATIO)
    if entry.file_size > budget.unpacked:
        return problem("zip_unpacked", None, name=entry.filename, limit=MAX_UNPACKED // _MEBIBYTE)
    return None


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, content: BinaryIO, budget: Budget) -> Problem | None:
    """Unpack a member; never more than its directory entry announces, which was looked at before."""
    size = 0
    try:
        with archive.open(entry) as packed:
            while piece := packed.read(_PIECE):
                size += len(piece)
                budget.unpacked -= len(piece)
                content.write(piece)
    except _BROKEN as error:
        return problem("zip_member_broken", None, name=entry.filename, reason=error)
    if size < entry.file_size:
        return problem("zip_member_broken", None, name=entry.filename, reason=f"{size} < {entry.file_size}")
    return None


def _opened(stream: BinaryIO) -> zipfile.ZipFile:
    """Open an archive whose directory is not too large. Raises Refused."""
    try:
        size, entries = _directory(stream)
        if size > MAX_DIRECTORY or entries > MAX_MEMBERS:
            raise Refused(problem("zip_too_many", None, limit=MAX_MEMBERS))
        return zipfile.ZipFile(stream)
    except _BROKEN as error:
        raise Refused(problem("zip_broken", None, reason=error)) from None


def _directory(stream: BinaryIO) -> tuple[int, int]:
    """Size in bytes and number of entries of the directory, from the end of the archive, before it is read."""
    end = stream.seek(0, 2)
    start = max(0, end - _END.size - 65_535)
    stream.seek(start)
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise zipfile.BadZipFile("no directory")
    _, _, _, _, entries, size, _, _ = _END.unpack_from(tail, at)
    locator = at - _LOCATOR_64.size
    if locator >= 0 and tail[locator : locator + 4] == b"PK\x06\x07":
        _, _, place, _ = _LOCATOR_64.unpack_from(tail, locator)
        # The reader looks right before the locator; the place written is taken too: the larger of the two counts.
        for offset in {min(place, end), max(0, start + locator - _END_64.size)}:
            stream.seek(offset)
            record = stream.read(_END_64.size)
            if len(record) == _END_64.size and record.startswith(b"PK\x06\x06"):
                told = _END_64.unpack(record)
                entries, size = max(entries if entries < 0xFFFF else 0, told[7]), max(size % 0xFFFFFFFF, told[8])
    stream.seek(0)
    return size, entries


def _is_litter(name: str) -> bool:
    """What systems put into archives unasked."""
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")
