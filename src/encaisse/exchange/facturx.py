"""Read Factur-X and ZUGFeRD: a PDF that carries its invoice as an XML attachment, of any profile, age and name."""

from __future__ import annotations

import io
import logging
from base64 import a85decode
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pypdf import PdfReader, apply_configuration, filters, get_configuration
from pypdf.errors import FileNotDecryptedError, LimitReachedError
from pypdf.generic import DictionaryObject, IndirectObject, StreamObject

from encaisse.exchange import cii, safe_xml, ubl
from encaisse.exchange.einvoice import FileKind, InvoiceFile
from encaisse.exchange.einvoice_files import Reader, file_of, read_one
from encaisse.exchange.problems import Problem, problem

MAX_BYTES = 64 * 1024 * 1024
"""Largest PDF read, in bytes."""
MAX_OBJECTS = 200_000
"""Most objects a PDF may have."""
MAX_REVISIONS = 1_000
"""Most times a PDF may have been added to: each has its own end mark, and all of them are read."""
MAX_ATTACHMENTS = 50
"""So many attachments are looked at, those with the usual names first."""
MAX_XML = 10
"""So many of them are read when they are XML."""
MAX_UNPACKED = 64 * 1024 * 1024
"""Most bytes all attachments together may unpack to."""
MAX_PAGES = 100
"""On so many pages a paper clip (file attachment annotation) is looked for, when there is no other attachment."""

_TAIL = 2_048
_READERS: dict[FileKind, Reader] = {"cii": cii.invoice_in, "ubl": ubl.invoice_in}
# The names the norms have given the XML, newest first. Any other name is looked at after these.
_NAMES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml", "order-x.xml")
_LIMITS: dict[str, Any] = {
    "maximum_declared_stream_length": MAX_BYTES,
    "zlib_maximum_output_length": safe_xml.MAX_BYTES,
    "lzw_maximum_output_length": safe_xml.MAX_BYTES,
    "run_length_maximum_output_length": safe_xml.MAX_BYTES,
    "array_based_stream_maximum_output_length": safe_xml.MAX_BYTES,
    "stream_decoding_work_maximum_length": 2 * safe_xml.MAX_BYTES,
    "stream_filters_maximum_length": 4,
}


class _Ascii85:
    """The filter ASCII85Decode, piece by piece: that of pypdf takes ninety bytes of memory for each byte it reads."""

    @staticmethod
    def decode(data: str | bytes, decode_parms: Any = None, **_: Any) -> bytes:
        """The decoded bytes. Raises LimitReachedError beyond the largest XML, ValueError for what is no ASCII85."""
        del decode_parms
        raw = data.encode("latin-1", "replace") if isinstance(data, str) else data
        body = raw.translate(None, b" \t\r\n\f\0").removeprefix(b"<~").partition(b"~")[0]
        if (len(body) + 4 * body.count(b"z")) // 5 * 4 > safe_xml.MAX_BYTES:
            raise LimitReachedError(f"ASCII85 > {safe_xml.MAX_BYTES}")
        whole = body.replace(b"z", b"!!!!!")
        return b"".join(a85decode(whole[at : at + _ASCII85_STEP]) for at in range(0, len(whole), _ASCII85_STEP))


_ASCII85_STEP = 5 * 50_000
setattr(filters, "ASCII85Decode", _Ascii85)  # noqa: B010 - there is no other way to have it replaced
# What pypdf mends in a damaged PDF is no news: the result, or a problem, is.
logging.getLogger("pypdf").setLevel(logging.ERROR)


class Attachment(NamedTuple):
    """A file inside a PDF."""

    name: str
    content: bytes


class _Pdf(NamedTuple):
    """The XML attachments of a PDF, and what kept it, or one of them, from being read."""

    attachments: list[Attachment]
    problems: list[Problem]


def looks_like_pdf(head: bytes) -> bool:
    """True when the mark of a PDF stands in the first kilobyte, as readers of PDF accept it."""
    return b"%PDF-" in head[:1024]


def read_facturx(data: bytes, *, language: str = "fr") -> InvoiceFile:
    """Read the invoice inside one PDF. Amounts are decimals of its currency, signed; problems in ``language``.

    Never raises for what is in ``data``; limits are the constants above and those of ``safe_xml``. Where a PDF holds
    two invoices, the one with the newest usual name is read; when their numbers differ, a problem says so.
    """
    pdf = xml_in_pdf(data)
    if not pdf.attachments:
        return file_of("unknown", None, pdf.problems or [problem("pdf_without_invoice", None)], language)
    read = [(one, read_one(one.content, _READERS, language=language)) for one in pdf.attachments]
    found = [(one, file) for one, file in read if file.invoices]
    if not found:
        attachment, first = next((one for one in read if one[1].kind != "unknown"), read[0])
        kind: FileKind = "unknown" if first.kind == "unknown" else "factur-x"
        return file_of(kind, None, [*pdf.problems, *first.problems], language, attachment.name)
    attachment, chosen = found[0]
    invoice = chosen.invoices[0]
    others = sorted({file.invoices[0].number for _, file in found[1:]} - {invoice.number})
    problems = [*pdf.problems, *chosen.problems]
    if others:
        problems.append(problem("several_invoices", None, name=attachment.name, others=", ".join(others)))
    return file_of("factur-x", invoice, problems, language, attachment.name)


def read_einvoice(data: bytes, *, language: str = "fr") -> InvoiceFile:
    """Read an electronic invoice of any kind: PDF, CII or UBL, told apart by content."""
    if looks_like_pdf(data):
        return read_facturx(data, language=language)
    return read_one(data, _READERS, language=language)


def xml_in_pdf(data: bytes) -> _Pdf:
    """The attachments of a PDF that are XML, those with the usual names first. Never raises."""
    if len(data) > MAX_BYTES:
        return _Pdf([], [problem("document_too_large", None, limit=MAX_BYTES // (1024 * 1024))])
    if not data.strip():
        return _Pdf([], [problem("empty_file", None)])
    if not looks_like_pdf(data):
        return _Pdf([], [problem("not_a_pdf", None)])
    with apply_configuration(get_configuration(), **_LIMITS):
        try:
            return _open(data)
        except FileNotDecryptedError:
            return _Pdf([], [problem("pdf_encrypted", None)])
        except (LimitReachedError, MemoryError, RecursionError) as error:
            return _Pdf([], [problem("pdf_limit", None, reason=str(error) or type(error).__name__)])
        except Exception as error:  # noqa: BLE001 - a damaged PDF fails in any way at all, and is only a damaged file
            return _Pdf([], [problem("pdf_broken", None, reason=str(error) or type(error).__name__)])


def _too_much(data: bytes) -> str:
    """What of a PDF exceeds the limits, counted in its bytes before anything is built from them; ``""`` for nothing."""
    marks = ((b" obj", MAX_OBJECTS), (b"startxref", MAX_REVISIONS), (b"trailer", MAX_REVISIONS))
    for mark, limit in marks:
        count = data.count(mark)
        if count > limit:
            return f"{count} > {limit} {mark.decode().strip()}"
    return ""


def _open(data: bytes) -> _Pdf:
    excess = _too_much(data)
    if excess:
        return _Pdf([], [problem("pdf_limit", None, reason=excess)])
    # A PDF cut at its end has lost the place of its table of objects: a wrong place has the table made anew.
    mended = data if b"startxref" in data[-_TAIL:] else data + b"\nstartxref\n0\n%%EOF"
    reader = PdfReader(io.BytesIO(mended), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        return _Pdf([], [problem("pdf_encrypted", None)])
    size = len(reader.xref_objStm) + sum(len(table) for table in reader.xref.values())
    if size > MAX_OBJECTS:
        return _Pdf([], [problem("pdf_limit", None, reason=f"{size} > {MAX_OBJECTS} objects")])
    found = _Pdf([], [])
    unpacked = 0
    seen: set[int] = set()
    # A stream is never packed inside another, so its mark stands in the open.
    lost = (_anywhere,) if b"/EmbeddedFile" in data else ()
    for places in (_declared, _clipped, *lost):
        for name, stream in _by_name(places(reader))[:MAX_ATTACHMENTS]:
            if id(stream) in seen:
                continue
            seen.add(id(stream))
            try:
                content = stream.get_data()
            except LimitReachedError as error:
                found.problems.append(problem("attachment_too_large", None, name=name, reason=error))
                continue
            unpacked += len(content)
            if unpacked > MAX_UNPACKED:
                found.problems.append(problem("attachment_too_large", None, name=name, reason=f"> {MAX_UNPACKED}"))
                break
            if safe_xml.looks_like_xml(content):
                found.attachments.append(Attachment(name, content))
        if found.attachments:
            break
    del found.attachments[MAX_XML:]
    return found


def _by_name(files: Iterable[tuple[str, StreamObject]]) -> list[tuple[str, StreamObject]]:
    """Usual names first, then other XML, then the rest; a stream that is there twice counts once."""
    unique: dict[int, tuple[str, StreamObject]] = {}
    for name, stream in files:
        if name or id(stream) not in unique:
            unique[id(stream)] = (name, stream)
        if len(unique) >= 10 * MAX_ATTACHMENTS:
            break

    def rank(one: tuple[str, StreamObject]) -> int:
        name = one[0].lower()
        if name in _NAMES:
            return _NAMES.index(name)
        return len(_NAMES) + (not name.endswith(".xml"))

    return sorted(unique.values(), key=rank)


def _declared(reader: PdfReader) -> Iterator[tuple[str, StreamObject]]:
    """The files of the catalog's name tree and of its list of associated files."""
    root = reader.root_object
    names = _plain(root.get("/Names"))
    waiting = [_plain(names.get("/EmbeddedFiles"))] if isinstance(names, DictionaryObject) else []
    seen: set[int] = set()
    while waiting and len(seen) < MAX_OBJECTS:
        branch = waiting.pop()
        if not isinstance(branch, DictionaryObject) or id(branch) in seen:
            continue
        seen.add(id(branch))
        leaves, kids = _plain(branch.get("/Names")), _plain(branch.get("/Kids"))
        for leaf in leaves[1::2] if isinstance(leaves, list) else ():
            yield from _streams(leaf)
        waiting += [_plain(kid) for kid in kids] if isinstance(kids, list) else []
    yield from _each(root.get("/AF"))


def _clipped(reader: PdfReader) -> Iterator[tuple[str, StreamObject]]:
    """The files associated with a page or clipped to it."""
    for number, page in enumerate(reader.pages):
        if number >= MAX_PAGES:
            return
        yield from _each(page.get("/AF"))
        annotations = _plain(page.get("/Annots"))
        for annotation in annotations if isinstance(annotations, list) else ():
            plain = _plain(annotation)
            if isinstance(plain, DictionaryObject):
                yield from _streams(plain.get("/FS"))


def _anywhere(reader: PdfReader) -> Iterator[tuple[str, StreamObject]]:
    """The embedded files nothing points to: found by going through all objects."""
    for generation, table in reader.xref.items():
        for number in table:
            plain = _plain(IndirectObject(number, generation, reader))
            if isinstance(plain, StreamObject) and plain.get("/Type") == "/EmbeddedFile":
                yield "", plain
            elif isinstance(plain, DictionaryObject) and "/EF" in plain:
                yield from _streams(plain)


def _each(files: Any) -> Iterator[tuple[str, StreamObject]]:
    plain = _plain(files)
    for one in plain if isinstance(plain, list) else (plain,):
        yield from _streams(one)


def _streams(specification: Any) -> Iterator[tuple[str, StreamObject]]:
    """The content of a file specification, with its name."""
    plain = _plain(specification)
    if not isinstance(plain, DictionaryObject):
        return
    name = next((str(_plain(plain[key])) for key in ("/UF", "/F") if key in plain), "")
    files = _plain(plain.get("/EF"))
    if isinstance(files, DictionaryObject):
        stream = next((_plain(files[key]) for key in ("/F", "/UF") if key in files), None)
        if isinstance(stream, StreamObject):
            yield name, stream


def _plain(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value
