"""XML from outside, read safely: no document type, no entity, no network; bounded size, depth and number of elements.

The parser is expat itself, fed with the bytes at once, so every element knows its line. A file that declares a document
type is refused before the type is read: that is where entity bombs and outside references live.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from xml.parsers import expat  # nosec - document types are refused, see above

from encaisse.exchange.problems import Problem, problem

MAX_BYTES = 32 * 1024 * 1024
"""Largest XML document read, in bytes."""
MAX_DEPTH = 100
"""Deepest nesting of elements. The deepest invoice known has 20."""
MAX_ELEMENTS = 500_000
"""Most elements read: an invoice of more than ten thousand lines."""

_DECLARATION = re.compile(rb"\A\s*<\?xml[^>]{0,200}\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']{0,80})")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_ATTRIBUTES: Mapping[str, str] = {}
# What expat says when the bytes are not in the encoding they are declared in.
_ENCODING_ERRORS = frozenset(
    expat.errors.codes[name]
    for name in (
        expat.errors.XML_ERROR_INVALID_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNKNOWN_ENCODING,
        expat.errors.XML_ERROR_INCORRECT_ENCODING,
        expat.errors.XML_ERROR_XML_DECL,
    )
)


class Node:
    """An element: its name without namespace, its namespace, text, attributes, children, and line (from 1)."""

    __slots__ = ("attributes", "children", "line", "name", "namespace", "text")

    def __init__(self, namespace: str, name: str, line: int, attributes: Mapping[str, str]) -> None:
        self.namespace = namespace
        self.name = name
        self.line = line
        self.attributes = attributes
        self.children: list[Node] = []
        self.text = ""

    def all(self, path: str) -> Iterator[Node]:
        """Every element at ``path``: names joined by ``/``, counted from here, namespaces left aside."""
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def first(self, *paths: str) -> Node | None:
        """The first element at the first of the paths that has one."""
        for path in paths:
            for found in self.all(path):
                return found
        return None

    def value(self, *paths: str) -> str:
        """The text of the first element at one of the paths that has text; ``""`` when there is none."""
        for path in paths:
            for found in self.all(path):
                if found.text:
                    return found.text
        return ""


class _Refused(Exception):
    def __init__(self, code: str, limit: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.limit = limit


def looks_like_xml(data: bytes) -> bool:
    """True when the first character is ``<``, whatever the encoding."""
    head = data[:256]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head[:4] in (b"<\0?\0", b"\0<\0?"):
        return head.replace(b"\0", b"")[:3].endswith(b"<") or head[:1] in (b"<", b"\0")
    return head.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"<"


def read_xml(data: bytes) -> tuple[Node | None, list[Problem]]:
    """The root element of ``data`` and the problems met; no root when the document cannot be read."""
    if len(data) > MAX_BYTES:
        return None, [problem("document_too_large", None, limit=MAX_BYTES // (1024 * 1024))]
    body = data.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
    if not body:
        return None, [problem("empty_file", None)]
    skipped = data[: len(data) - len(body)].count(b"\n")
    root, fault, line, token = _parse(body, None)
    if fault is None:
        return _moved(root, skipped), []
    repaired = _recoded(body) if token in _ENCODING_ERRORS else None
    if repaired is not None:
        text, encoding = repaired
        root, again, line_again, _ = _parse(text, "utf-8")
        if again is None:
            return _moved(root, skipped), [problem("xml_encoding", None, encoding=encoding)]
        fault, line = again, line_again
    code, values = fault
    return None, [problem(code, line + skipped if line else None, column=None, language="fr", **values)]


def read_root(head: bytes) -> Node | None:
    """The root element alone, from the first bytes of a document; None when there is none within them."""
    body = head.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
    roots: list[Node] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        roots.append(Node(namespace, name, 1, attributes))
        raise _Refused("found")

    def doctype(*_: object) -> None:
        raise _Refused("xml_doctype")

    for text, encoding in ((body, None), (_recoded(body), "utf-8")):
        parser = expat.ParserCreate(encoding, " ")
        parser.StartElementHandler = start
        parser.StartDoctypeDeclHandler = doctype
        try:
            parser.Parse(text[0] if isinstance(text, tuple) else text or b"", True)
        except (_Refused, expat.ExpatError, ValueError, LookupError):
            pass
        if roots:
            return roots[0]
    return None


_Fault = tuple[str, dict[str, str]]


def _parse(body: bytes, encoding: str | None) -> tuple[Node | None, _Fault | None, int, int]:
    """The root, or what is wrong, at which line, with expat's own number for it."""
    parser = expat.ParserCreate(encoding, " ")
    parser.buffer_text = True
    parser.buffer_size = 64 * 1024
    roots = _handlers(parser)
    try:
        parser.Parse(body, True)
    except _Refused as refused:
        return None, (refused.code, {"limit": str(refused.limit)}), parser.CurrentLineNumber, 0
    except expat.ExpatError as error:
        return None, ("xml_broken", {"reason": expat.ErrorString(error.code)}), error.lineno, error.code
    except (ValueError, LookupError) as error:  # an encoding Python does not know, or not byte by byte
        unknown = expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]
        return None, ("xml_broken", {"reason": str(error)}), parser.CurrentLineNumber, unknown
    return roots[0], None, 0, 0


def _handlers(parser: expat.XMLParserType) -> list[Node]:
    """Have the parser build a tree; the list holds the root once there is one."""
    roots: list[Node] = []
    stack: list[Node] = []
    texts: list[str] = []
    names: dict[str, tuple[str, str]] = {}
    count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MAX_ELEMENTS:
            raise _Refused("xml_too_many", MAX_ELEMENTS)
        if len(stack) >= MAX_DEPTH:
            raise _Refused("xml_too_deep", MAX_DEPTH)
        parts = names.get(tag)
        if parts is None:
            namespace, _, name = tag.rpartition(" ")
            parts = names[tag] = (namespace, name)
        node = Node(parts[0], parts[1], parser.CurrentLineNumber, attributes or _NO_ATTRIBUTES)
        (stack[-1].children if stack else roots).append(node)
        stack.append(node)
        texts.clear()

    def end(tag: str) -> None:
        node = stack.pop()
        if texts and not node.children:
            node.text = "".join(texts).strip()
        texts.clear()

    def doctype(*_: object) -> None:
        raise _Refused("xml_doctype")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = texts.append
    parser.StartDoctypeDeclHandler = doctype
    return roots


def _recoded(body: bytes) -> tuple[bytes, str] | None:
    """The same text as UTF-8 without its declaration, and the encoding it was really in; None when it is no text."""
    if body.startswith(_UTF16_MARKS):
        text = body[: len(body) // 2 * 2].decode("utf-16", "replace").lstrip("\ufeff")
        return _recoded_text(text.encode(), "utf-16")
    return None if b"\0" in body else _recoded_text(body, "")


def _recoded_text(body: bytes, known: str) -> tuple[bytes, str] | None:
    declared = _DECLARATION.match(body)
    head = declared[0] if declared else b""
    rest = body[len(head) :]
    try:
        rest.decode("utf-8")
    except UnicodeDecodeError:
        return _blank_lines(head) + rest.decode("cp1252", "replace").encode(), "cp1252"
    return (_blank_lines(head) + rest, known or "utf-8") if known or _ENCODING.search(head) else None


def _blank_lines(head: bytes) -> bytes:
    return b"\n" * head.count(b"\n")


def _moved(root: Node | None, lines: int) -> Node | None:
    """Lines are counted from the top of the file, whatever blank lines came before the document."""
    if root is None or not lines:
        return root
    waiting = [root]
    while waiting:
        node = waiting.pop()
        node.line += lines
        waiting += node.children
    return root
