"""CAMT as a stream: expat builds elements piece by piece, what is complete is handed out and forgotten.

So a file of 100,000 entries takes the memory of a few. A document type is refused before it is read: that is where
entity bombs and outside references live. Namespaces and prefixes are left aside: banks write them in every way.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import BinaryIO
from xml.etree.ElementTree import Element, TreeBuilder  # nosec - only the builder; expat reads, see above
from xml.parsers import expat  # nosec

from encaisse.exchange.problems import Problem, problem

MAX_BYTES = 1024 * 1024 * 1024
"""Largest CAMT file read, in bytes: about a million entries."""
MAX_PIECE = 32 * 1024 * 1024
"""Largest entry or detail, in bytes; nothing real comes near."""
MAX_TOKEN = 1024 * 1024
"""Longest tag, attribute or comment, in bytes."""
MAX_NAMES = 2_000
"""Most different names of elements, and of attributes; the largest message has some hundreds of them."""
MAX_DEPTH = 64
"""Deepest nesting followed; the deepest message known has about 15 levels."""
CHUNK = 64 * 1024

LINE = "\0line"
"""The attribute that holds an element's line in the file (from 1), an int; no file can write it."""
STATEMENTS = frozenset({"Stmt", "Rpt", "Ntfctn"})
_LINED = STATEMENTS | {"Ntry", "TxDtls", "Bal"}
_LONGEST_ENTITY = 12
_BARE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_JUNK = expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 13))

Take = Callable[[Element, Element | None], None]


class Refused(Exception):
    """The file is not read any further, for the reason of ``code``."""

    def __init__(self, code: str, limit: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.limit = limit


class Stream:
    """Feeds expat and hands out complete elements.

    ``take(element, statement)`` gets each complete child of a statement with the statement it belongs to, and each
    complete statement itself with None, in the order of the file. ``open_entry`` gets an entry still being read, to
    take finished details from it; it says how many it took. ``mend``: see ``mend_for``; ``above``: lines before it.
    """

    def __init__(
        self, take: Take, open_entry: Callable[[Element], int], mend: str = "", above: int = 0, *, wide: bool = False
    ) -> None:
        self.root: Element | None = None
        self.message = ""
        self._take = take
        self._open_entry = open_entry
        self._mend = mend
        self._above = above
        self._builder = TreeBuilder()
        self.ampersands = 0
        self.ended = False
        self._held = b""
        told = "utf-8" if "recode" in mend or "relabel" in mend else None
        self._parser = expat.ParserCreate("utf-16" if wide else told)
        self._parser.buffer_text = True
        self._fed = 0
        self._progress = 0
        self._connect()

    def _connect(self) -> None:
        parser, build = self._parser, self._builder.start
        names: dict[str, str] = {}
        known: set[str] = set()

        def start(tag: str, attributes: dict[str, str]) -> None:
            name = names.get(tag)
            if name is None:
                name = tag.rpartition(":")[2]
                names[tag] = name
                if len(names) > MAX_NAMES:
                    raise Refused("too_many_names", MAX_NAMES)
                if not self.message and name.startswith("BkToCstmr"):
                    self.message = name
            if attributes:
                known.update(attributes)
                if len(known) > MAX_NAMES:
                    raise Refused("too_many_names", MAX_NAMES)
            if name in _LINED:
                attributes[LINE] = parser.CurrentLineNumber + self._above  # type: ignore[assignment]
            element = build(name, attributes)
            if self.root is None:
                self.root = element

        def doctype(*_: object) -> None:
            raise Refused("statement_doctype")

        parser.StartElementHandler = start
        parser.EndElementHandler = self._builder.end
        parser.CharacterDataHandler = self._builder.data
        parser.StartDoctypeDeclHandler = doctype

    def feed(self, chunk: bytes) -> None:
        """Read one more piece. Raises Refused, or ExpatError where the XML is broken."""
        if "strip" in self._mend:
            chunk = chunk.translate(None, _CONTROLS)
        if "recode" in self._mend:
            chunk = chunk.decode("cp1252", "replace").encode()
        if "amp" in self._mend:
            chunk = self._without_bare(chunk)
        self._fed += len(chunk)
        if self._fed > MAX_BYTES:
            raise Refused("file_too_large", MAX_BYTES // (1024 * 1024))
        try:
            self._parser.Parse(chunk, False)
        except expat.ExpatError as error:
            self.ended = error.code == _JUNK
            raise
        finally:
            self._hand_out()
        if self._fed - max(self._parser.CurrentByteIndex, 0) > MAX_TOKEN:
            raise Refused("piece_too_large", MAX_TOKEN // (1024 * 1024))
        if self._fed - self._progress > MAX_PIECE:
            raise Refused("piece_too_large", MAX_PIECE // (1024 * 1024))

    def _without_bare(self, chunk: bytes) -> bytes:
        """The bytes with ampersands that begin no entity written out; one at the very end waits for what follows."""
        chunk = self._held + chunk
        last = chunk.rfind(b"&", -_LONGEST_ENTITY)
        self._held = chunk[last:] if last >= 0 and b";" not in chunk[last:] else b""
        chunk, count = _BARE.subn(b"&amp;", chunk[: len(chunk) - len(self._held)])
        self.ampersands += count
        return chunk

    def close(self) -> None:
        """Say that the file ends here. Raises ExpatError when something is still open."""
        if self._held:
            self._parser.Parse(self._held, False)
        self._parser.Parse(b"", True)
        if self.root is not None:
            self._walk(self.root, complete=True)

    def stop(self) -> None:
        """Hand out what is complete where the reading stops: all that comes before an element begun here."""
        if self.root is None:
            return
        complete = False
        try:
            self._builder.start(LINE, {})
        except SyntaxError:  # the root itself was complete
            complete = True
        try:
            self._walk(self.root, complete=complete)
        except Refused:
            return

    @property
    def stopped_at(self) -> int:
        """Where the parser is, in bytes from the document's start."""
        return max(self._parser.CurrentByteIndex, self._parser.ErrorByteIndex)

    def _hand_out(self) -> None:
        if self.root is not None:
            self._walk(self.root, complete=False)
            self._see_depth(self.root)

    def _see_depth(self, node: Element) -> None:
        """Refuse a branch that goes on too deep; asked once a piece, so that nothing grows without end."""
        for _ in range(MAX_DEPTH):
            if not len(node):
                return
            node = node[-1]
        raise Refused("statement_too_deep", MAX_DEPTH)

    def _walk(self, node: Element, *, complete: bool) -> None:
        """Hand out what is complete along the open branch: at each level all children but the last."""
        for _ in range(MAX_DEPTH):
            done = len(node) if complete else len(node) - 1
            if done > 0:
                for child in node[:done]:
                    self._whole(child, node)
                del node[:done]
                self._progress = self._fed
            if not len(node):
                return
            last = node[0]
            if node.tag in STATEMENTS:
                if last.tag == "Ntry" and self._open_entry(last):
                    self._progress = self._fed
                return
            node = last
        raise Refused("statement_too_deep", MAX_DEPTH)

    def _whole(self, child: Element, parent: Element) -> None:
        if parent.tag in STATEMENTS:
            self._take(child, parent)
        elif child.tag in STATEMENTS:
            for part in child:
                self._take(part, child)
            self._take(child, None)
        else:
            for message in child if child.tag == "Document" else (child,):
                for statement in message:
                    if statement.tag in STATEMENTS:
                        self._whole(statement, message)


def mend_for(error: expat.ExpatError, byte: bytes, tried: str) -> str | None:
    """What to try when expat stops at ``byte``: drop control characters, take the bytes for Windows-1252, or take
    ampersands that begin no entity for themselves.
    """
    codes = expat.errors.codes
    if error.code in (codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING], codes[expat.errors.XML_ERROR_INCORRECT_ENCODING]):
        return None if "relabel" in tried else f"{tried} relabel"
    bare = None if "amp" in tried else f"{tried} amp"
    if error.code == codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]:
        return bare
    if error.code != codes[expat.errors.XML_ERROR_INVALID_TOKEN] or not byte:
        return None
    if byte in _CONTROLS and "strip" not in tried:
        return f"{tried} strip"
    if byte >= b"\x80":
        return None if "recode" in tried else f"{tried} recode"
    return bare


def broken(error: expat.ExpatError, above: int) -> Problem:
    """The problem of XML that does not go on."""
    return problem("statement_broken", error.lineno + above, reason=expat.ErrorString(error.code))


def is_utf16(stream: BinaryIO) -> bool:
    """Whether the file begins with the mark of UTF-16: whatever its declaration says, it is."""
    stream.seek(0)
    return stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def document_at(stream: BinaryIO, place: int) -> int | None:
    """Where another document begins at ``place``, its own mark left out; None when something else stands there."""
    stream.seek(place)
    head = stream.read(8)
    if head.startswith(codecs.BOM_UTF8):
        return place + 3 if head[3:4] == b"<" else None
    return place if head.startswith(b"<") else None


def after_blanks(stream: BinaryIO) -> tuple[int, int]:
    """How many bytes of blanks or marks stand before the document, and how many line ends among them."""
    stream.seek(0)
    head = stream.read(4096)
    start = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    body = head[start:].lstrip(b" \t\r\n")
    skipped = len(head) - len(body)
    return (skipped, head[:skipped].count(b"\n")) if body.startswith(b"<") else (0, 0)
