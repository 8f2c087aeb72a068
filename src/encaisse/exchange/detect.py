"""What a file is, from its content; its name is only a name.

``recognise`` knows every kind there is and many it does not read, to refuse those by name. ``kind_of`` is what the
ledger asks: books, contacts, or neither.
"""

from __future__ import annotations

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from encaisse.exchange import (
    bank_kinds,
    contacts,
    fec_bytes,
    fec_header,
    lifecycle,
    safe_xml,
    table_look,
    xml_kinds,
    zips,
)
from encaisse.exchange.facturx import looks_like_pdf
from encaisse.exchange.statuses import code_of, meanings, plain

Kind = Literal["fec", "contacts", "unknown"]
FrontKind = Literal[
    "fec", "factur-x", "cii", "ubl", "camt052", "camt053", "camt054", "mt940", "mt942", "ofx", "cfonb120", "cfonb240",
    "csv", "xlsx", "zip", "unknown",
]  # fmt: skip
KINDS: tuple[FrontKind, ...] = get_args(FrontKind)
Form = Literal[
    "fec", "contacts", "statuses-csv", "statuses-json", "cdar", "table", "pdf", "xml", "bank", "workbook", "zip",
    "other", "archive", "empty", "none",
]  # fmt: skip
HEAD = 64 * 1024
"""So many bytes are enough for anything but an archive, whose directory stands at its end."""
SAMPLE_LINES = 50
"""So many lines of a table must agree on their columns."""
NAMES: dict[str, str] = {
    "fec": "FEC", "factur-x": "Factur-X", "cii": "CII", "ubl": "UBL", "camt052": "CAMT.052", "camt053": "CAMT.053",
    "camt054": "CAMT.054", "mt940": "MT940", "mt942": "MT942", "ofx": "OFX", "cfonb120": "CFONB 120",
    "cfonb240": "CFONB 240", "csv": "CSV", "xlsx": "XLSX", "zip": "ZIP",
}  # fmt: skip
"""What a person calls each kind."""

# First bytes -> what begins so. Archives are told apart: their hint is to unpack them.
_ARCHIVES = (
    (b"\x1f\x8b", "gzip"), (b"7z\xbc\xaf\x27\x1c", "7-Zip"), (b"Rar!\x1a\x07", "RAR"), (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "Zstandard"), (b"MSCF", "CAB"),
)  # fmt: skip
_OTHERS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Microsoft Office 97-2003 (XLS, DOC, MSG)"), (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"BM", "BMP"),
    (b"SQLite format 3\0", "SQLite"), (b"{\\rtf", "RTF"), (b"%!PS", "PostScript"), (b"MZ", "EXE"),
    (b"\x7fELF", "ELF"), (b"PAR1", "Parquet"), (b"ISA*", "EDI X12"), (b"UNA:+", "EDIFACT"), (b"UNB+", "EDIFACT"),
    (b"!Type:", "QIF"), (b"!Account", "QIF"), (b"Return-Path:", "EML"), (b"Received: ", "EML"),
    (b"MIME-Version:", "EML"), (b"BEGIN:V", "vCard, iCalendar"),
)  # fmt: skip
_SIGNED = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"  # the object identifier of signed data
_TEXT_MARKS = frozenset({b"BM", b"MZ", b"BZh"})
_CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 12, 13))
_JSON_STATUS = re.compile(r'"(?:statut|status|code|status[ _]?code|code[ _]?statut)"\s*:', re.IGNORECASE)
_MONEY_WORDS = ("amount", "montant", "total", "solde", "balance", "ttc", "debit", "credit", "outstanding", "encours")
_DOCUMENT_WORDS = ("invoice", "facture", "piece", "document", "date", "numero", "number")
_PERSONAL = frozenset({"email", "phone", "address", "contact_name", "strategy"})
_LASTING = frozenset({"siren", "kind", "terms", "postcode", "city", "country", "role", "language"})
_HTML = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
# What tells an invoice whose root is not read: a document type stands before it, or the text is damaged.
_INVOICE_NAMESPACES: tuple[tuple[bytes, FrontKind], ...] = (
    (b"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:", "cii"),
    (b"urn:ferd:CrossIndustryDocument:invoice:", "cii"),
    (b"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", "ubl"),
    (b"urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2", "ubl"),
)
_CXML = re.compile(rb"<!DOCTYPE\s+cXML\s")
_ISO_MESSAGE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.[0-9]{3})")
_SEPARATORS = (";", "\t", ",", "|")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is. ``form`` says who reads it; ``name`` is what a person calls it, also where nobody does.

    ``kind`` is what the first bytes promise: a PDF is ``unknown`` until an invoice was found in it.
    """

    kind: FrontKind
    form: Form
    name: str = ""


_NOTHING = Recognised("unknown", "none")


def kind_of(head: bytes, name: str = "") -> Kind:
    """Say what a file is to the ledger from its first bytes (``HEAD`` of them are enough). ``name`` decides nothing."""
    del name
    lines = fec_bytes.first_lines(head[:HEAD], fec_header.MAX_TITLES)
    if fec_header.find_header(lines) is not None:
        return "fec"
    return "contacts" if lines and _is_contacts(lines[0]) else "unknown"


def recognise(source: fec_bytes.Source) -> Recognised:
    """Say what a file is from its bytes, a path or a stream that can seek. Reads its head, and an archive's directory.

    Never raises for what is in the file; OSError only when a path cannot be opened or read.
    """
    stream = fec_bytes.opened(source)
    try:
        stream.seek(0)
        head = stream.read(HEAD)
        if head.startswith(zips.MARKS):
            return _of_zip(stream)
        return _of_head(head)
    finally:
        if isinstance(source, str | Path):
            stream.close()


def _of_zip(stream: BinaryIO) -> Recognised:
    """A workbook is a zip too: what is in it tells."""
    inside, named = zips.look(stream)
    if inside == "workbook":
        return Recognised("xlsx", "workbook", named)
    if inside == "other":
        return Recognised("unknown", "other", named)
    return Recognised("zip", "zip", "ZIP")


def _of_head(head: bytes) -> Recognised:
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        return Recognised("unknown", "empty")
    by_mark = _marked(head)
    if by_mark:
        return by_mark
    if looks_like_pdf(head):
        return Recognised("unknown", "pdf", "PDF")
    if _HTML.match(head):
        return Recognised("unknown", "other", "HTML")
    if safe_xml.looks_like_xml(head):
        return _of_xml(head)
    lines = fec_bytes.first_lines(head, fec_header.MAX_TITLES)
    if fec_header.find_header(lines) is not None:
        return Recognised("fec", "fec", "FEC")
    bank = bank_kinds.bank_kind(head)
    if bank != "unknown":
        return Recognised(bank, "bank", NAMES[bank])
    return _of_text(head, lines[0] if lines else None)


def _marked(head: bytes) -> Recognised | None:
    """Formats known by their first bytes. Two or three letters may also begin a text: then it must not be one."""
    body = head.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    if body[:1] == b"0" and _SIGNED in body[:64]:
        return Recognised("unknown", "other", "PKCS#7 (P7M)")
    for marks, form in ((_ARCHIVES, "archive"), (_OTHERS, "other")):
        for mark, name in marks:
            if body.startswith(mark) and not (mark in _TEXT_MARKS and text_of(head) is not None):
                return Recognised("unknown", "archive" if form == "archive" else "other", name)
    return None


def _of_xml(head: bytes) -> Recognised:
    known = xml_kinds.known_by_head(head)
    bank = bank_kinds.bank_kind(head)
    open_question = known is None or known.kind in ("unknown", "camt") or known.name in ("OFX", "Peppol envelope")
    if open_question and bank != "unknown":
        return Recognised(bank, "bank", NAMES[bank])
    if known is None:
        narrow = head.replace(b"\0", b"")
        if _CXML.search(narrow):
            return Recognised("unknown", "other", "cXML")
        kind: FrontKind = next((told for mark, told in _INVOICE_NAMESPACES if mark in narrow), "unknown")
        return Recognised(kind, "xml", NAMES.get(kind, "XML"))
    if known.kind == "cdar":
        return Recognised("unknown", "cdar", known.name)
    if known.kind == "cii" or known.kind == "ubl":
        return Recognised(known.kind, "xml", known.name)
    if known.kind in ("other", "camt"):
        message = _ISO_MESSAGE.search(head[:4096].replace(b"\0", b"").decode("latin-1"))
        named = f"ISO 20022 {message[1]}" if message and known.name in ("CAMT", "ISO 20022") else known.name
        return Recognised("unknown", "other", named)
    return Recognised("unknown", "xml", known.name)


def _of_text(head: bytes, line: str | None) -> Recognised:
    text = text_of(head)
    if text is None:
        return _NOTHING
    body = text.lstrip("\ufeff \t\r\n")
    if body[:1] in ("[", "{"):
        return Recognised("unknown", "statuses-json", "JSON") if _JSON_STATUS.search(body) else _json(body)
    if line is None:
        return _NOTHING
    if _tells_statuses(body):
        return Recognised("csv", "statuses-csv", "CSV")
    if _is_contacts(line) and not table_look.tells_documents(line):
        return Recognised("csv", "contacts", "CSV")
    is_table = separator_of(text, cut=len(head) >= HEAD) or table_look.is_titled(head)
    return Recognised("csv", "table", "CSV") if is_table else _NOTHING


def _is_contacts(line: str) -> bool:
    """The header of a list of contacts; a table of invoices names its customers too, with amounts beside them."""
    header = contacts.read_header(line)
    if header is None:
        return False
    others = [plain(name) for name in header.unknown]
    tells_money = any(word in name for name in others for word in _MONEY_WORDS)
    tells_documents = any(word in name for name in others for word in _DOCUMENT_WORDS)
    if not tells_money or _PERSONAL & header.places.keys():
        return True
    return not tells_documents and bool(_LASTING & header.places.keys())


def _tells_statuses(body: str) -> bool:
    """A table with an invoice, a date and a status that is one: many a table of invoices has such columns too."""
    first, second = [*body.split("\n", 2), ""][:2]
    separator = max(_SEPARATORS, key=first.count)
    try:
        names, values = csv.reader([first.rstrip("\r"), second.rstrip("\r")], delimiter=separator)
    except (csv.Error, ValueError):
        return False
    keys = {key: place for place, name in enumerate(names) if (key := lifecycle.column_of(name))}
    if not keys.keys() >= {"invoice", "code", "on"}:
        return False
    place = keys["code"]
    return place < len(values) and code_of(values[place]) in meanings()


def _json(body: str) -> Recognised:
    """JSON of something else, as far as its first characters show."""
    looks = re.match(r'[\[{]\s*(?:["{\[\]}]|-?[0-9]|true|false|null)', body)
    return Recognised("unknown", "other", "JSON") if looks else _NOTHING


def text_of(head: bytes) -> str | None:
    """The head of a text file decoded; None when it is no text. A character cut at the end is left out."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    unmarked = fec_bytes.unmarked_utf16(head)
    if unmarked:
        return head[: len(head) // 2 * 2].decode(unmarked, "replace")
    if b"\0" in head or len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 20:
        return None
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        return decoder.decode(head)
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def separator_of(text: str, *, cut: bool = False) -> str | None:
    """What separates the columns of a table; None when the text is none. ``cut``: its last line may be incomplete.

    A table has a header and at least one row, two columns or more, and rows as wide as the header.
    """
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    lines = lines[:-1] if cut and len(lines) > 1 else lines
    if len(lines) < 2:
        return None
    best: tuple[int, str] | None = None
    for separator in _SEPARATORS:
        width = _width(lines[:SAMPLE_LINES], separator)
        if width > 1 and (best is None or width > best[0]):
            best = (width, separator)
    return best[1] if best else None


def _width(lines: list[str], separator: str) -> int:
    """How many columns the header has, when nine rows in ten have as many; else 0."""
    try:
        rows = [row for row in csv.reader((line + "\n" for line in lines), delimiter=separator) if row]
    except csv.Error:
        return 0
    if len(rows) < 2:
        return 0
    widths = [len(row) for row in rows]
    width = widths[0]
    agreeing = sum(one == width for one in widths)
    named = sum(bool(cell.strip()) for cell in rows[0])
    return width if agreeing * 10 >= len(rows) * 9 and named * 2 > width else 0
