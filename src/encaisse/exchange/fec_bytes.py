"""From bytes to lines of UTF-8: size limits, kind of bytes, encoding, line ends. Memory stays bounded.

The encoding is tried in a fixed order, not guessed from letter frequencies, which are wrong on ledgers: UTF-16 only
with its mark, then UTF-8, then, for what is not UTF-8, Windows-1252 when a byte between 0x80 and 0x9F occurs (there it
holds letters such as the French oe ligature; in ISO-8859-15 these are control codes nobody writes), else ISO-8859-15,
the encoding the tax code names (LPF A47 A-1).
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from encaisse.exchange.problems import Problem, problem

MAX_BYTES = 512 * 1024 * 1024
"""Largest file read, in bytes: more than three million lines."""
MAX_LINE = 64 * 1024
"""Longest line read, in bytes."""
MAX_HEADER = 8 * 1024
"""So many characters of a line are looked at for a header."""
CHUNK = 16 * 1024 * 1024
"""So much is decoded and parsed at a time, in bytes."""

_C1 = bytes(range(0x80, 0xA0))
_CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 12, 13))
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# "JournalCode" and "journalcode" as a mainframe would write them (EBCDIC).
_EBCDIC = tuple(word.encode("cp500") for word in ("JournalCode", "journalcode", "JOURNALCODE"))

Source = bytes | bytearray | memoryview | str | Path | BinaryIO


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over the bytes shows. ``refusal`` is a problem code when the bytes cannot be read at all."""

    size: int
    encoding: str
    skip: int
    line_end: str
    refusal: str | None = None
    bad_bytes: int = 0


def opened(source: Source) -> BinaryIO:
    """A seekable binary stream over ``source``; a stream that cannot seek is kept in memory up to the limit.

    Raises OSError when a path cannot be opened.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source)
    if isinstance(source, str | Path):
        return Path(source).open("rb")
    if source.seekable():
        return source
    return io.BytesIO(source.read(MAX_BYTES + 1))


def scan(stream: BinaryIO) -> Scan:
    """Read the bytes once, a chunk at a time, and say how they are to be decoded, or why they cannot be."""
    stream.seek(0)
    head = stream.read(4096)
    refusal = _refused_at_sight(head)
    if refusal:
        return Scan(len(head), "", 0, "", refusal)
    encoding, skip = _marked(head)
    stream.seek(skip)
    return _scan_utf16(stream, encoding, skip) if encoding.startswith("utf-16") else _scan_bytes(stream, skip)


def refused(found: Scan) -> Problem:
    """The problem that says why the bytes cannot be read."""
    limit = MAX_LINE if found.refusal == "line_too_long" else MAX_BYTES // (1024 * 1024)
    return problem(found.refusal or "binary_file", None, limit=limit)


def first_lines(head: bytes, count: int) -> list[str]:
    """The first lines from the first that is not blank, decoded, cut to what a header is; none where it is no text."""
    if _refused_at_sight(head):
        return []
    encoding, skip = _marked(head)
    text = head[skip:].decode(encoding or "utf-8", "replace").lstrip("\ufeff \r\n")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", count)[:count] if text else []
    return [line[:MAX_HEADER] for line in lines]


def chunks(stream: BinaryIO, found: Scan) -> Iterator[bytes]:
    """The file as UTF-8 with ``\\n`` line ends, cut at line ends into pieces of about ``CHUNK`` bytes."""
    stream.seek(found.skip)
    decode = codecs.getincrementaldecoder(found.encoding.removesuffix("-sig"))("replace").decode
    already_utf8 = found.encoding.startswith("utf-8") and not found.bad_bytes
    rest = b""
    while True:
        raw = stream.read(CHUNK)
        piece = rest + (raw if already_utf8 else decode(raw, not raw).encode())
        if not raw:
            break
        held = piece.endswith(b"\r") and b"\r"
        body = _unix(piece[:-1] if held else piece, found.line_end)
        cut = body.rfind(b"\n") + 1
        rest = body[cut:] + (held or b"")
        if cut:
            yield body[:cut]
    last = _unix(piece, found.line_end)
    if already_utf8:
        last = last.decode("utf-8", "replace").encode()
    if last.strip():
        yield last


def _unix(piece: bytes, line_end: str) -> bytes:
    if line_end == "lf" or b"\r" not in piece:
        return piece
    return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _refused_at_sight(head: bytes) -> str | None:
    body = head.removeprefix(codecs.BOM_UTF8)
    if not body.strip():
        return "empty_file"
    if any(word in head for word in _EBCDIC):
        return "ebcdic"
    if head.startswith(_UTF32):
        return "binary_file"
    if head[:2] in _UTF16 or unmarked_utf16(head):
        return None
    if head.startswith((b"PK\x03\x04", b"%PDF", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")) or b"\0" in head:
        return "binary_file"
    if body.lstrip().startswith(b"<"):
        return "xml_file"
    return "binary_file" if len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 20 else None


def _marked(head: bytes) -> tuple[str, int]:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", 3
    return (_UTF16[head[:2]], 2) if head[:2] in _UTF16 else (unmarked_utf16(head), 0)


def unmarked_utf16(head: bytes) -> str:
    """UTF-16 without its mark: every second byte of a Western text is zero; ``""`` for anything else."""
    sample = head[:400]
    if len(sample) < 8 or b"\0" not in sample:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if not even and odd * 10 >= half * 9:
        return "utf-16-le"
    return "utf-16-be" if not odd and even * 10 >= half * 9 else ""


def _scan_bytes(stream: BinaryIO, skip: int) -> Scan:
    state = _Pass(size=skip)
    decoder = codecs.getincrementaldecoder("utf-8")()
    clean = True
    while raw := stream.read(CHUNK):
        refusal = state.take(raw)
        if refusal:
            return Scan(state.size, "", skip, "", refusal)
        if clean:
            try:
                decoder.decode(raw)
            except UnicodeDecodeError:
                clean = False
    if skip or clean:
        return Scan(state.size, "utf-8-sig" if skip else "utf-8", skip, state.line_end(), bad_bytes=0 if clean else 1)
    damaged = _damaged_utf8(stream)
    if damaged:
        return Scan(state.size, "utf-8", skip, state.line_end(), bad_bytes=damaged)
    c1, undefined = _controls(stream)
    encoding = "cp1252" if c1 else "iso-8859-15"
    return Scan(state.size, encoding, skip, state.line_end(), bad_bytes=undefined)


def _controls(stream: BinaryIO) -> tuple[bool, int]:
    """Whether a byte from 0x80 to 0x9F occurs, and how many of those Windows-1252 leaves undefined."""
    stream.seek(0)
    c1, undefined = False, 0
    while raw := stream.read(CHUNK):
        c1 = c1 or len(raw.translate(None, _C1)) != len(raw)
        undefined += len(raw) - len(raw.translate(None, b"\x81\x8d\x8f\x90\x9d"))
    return c1, undefined


def _damaged_utf8(stream: BinaryIO) -> int:
    """How many bytes are wrong, when the file is plainly UTF-8 with a little damage; 0 when it is not UTF-8."""
    stream.seek(0)
    text = stream.read(CHUNK)
    high = len(text) - len(text.translate(None, bytes(range(0x80, 0x100))))
    wrong = text.decode("utf-8", "replace").count("\N{REPLACEMENT CHARACTER}")
    return wrong if wrong * 10 <= high else 0


def _scan_utf16(stream: BinaryIO, encoding: str, skip: int) -> Scan:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    state = _Pass(size=skip)
    while raw := stream.read(CHUNK):
        refusal = state.take(decoder.decode(raw).encode(), len(raw))
        if refusal:
            return Scan(state.size, "", skip, "", refusal)
    return Scan(state.size, encoding, skip, state.line_end())


@dataclass(slots=True)
class _Pass:
    size: int
    lf: int = 0
    cr: int = 0
    crlf: int = 0
    tail: int = 0
    ends_with_cr: bool = False

    def take(self, raw: bytes, size: int | None = None) -> str | None:
        """Count one chunk; a problem code when it must not be read on."""
        self.size += len(raw) if size is None else size
        if b"\0" in raw:
            return "binary_file"
        if self.size > MAX_BYTES:
            return "file_too_large"
        self.lf += raw.count(b"\n")
        self.cr += raw.count(b"\r")
        self.crlf += raw.count(b"\r\n") + (self.ends_with_cr and raw.startswith(b"\n"))
        self.ends_with_cr = raw.endswith(b"\r")
        return "line_too_long" if self._too_long(raw) else None

    def _too_long(self, raw: bytes) -> bool:
        last = max(raw.rfind(b"\n"), raw.rfind(b"\r"))
        first = min((at for at in (raw.find(b"\n"), raw.find(b"\r")) if at >= 0), default=-1)
        if first < 0:
            self.tail += len(raw)
            return self.tail > MAX_LINE
        longest = self.tail + first > MAX_LINE or len(raw) - last > MAX_LINE
        self.tail = len(raw) - last - 1
        return longest

    def line_end(self) -> str:
        if not self.lf:
            return "cr" if self.cr else "lf"
        return "crlf" if self.cr else "lf"
