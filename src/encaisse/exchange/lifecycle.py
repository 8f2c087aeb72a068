"""Read status messages of electronic invoices: UN/CEFACT CDAR, and a plain table (CSV) or list (JSON) of statuses.

The plain forms have one status per row or object; ``FIELDS`` says which names are understood. Only the invoice's
number, the status and its date are needed.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from encaisse.exchange import safe_xml, table_values, xml_kinds
from encaisse.exchange.problems import Problem, bounded, problem
from encaisse.exchange.safe_xml import Node
from encaisse.exchange.statuses import AmountKind, FileKind, Status, StatusFile, code_of, meanings, plain
from encaisse.exchange.xml_values import amount_of, day_of, instant_of

MAX_BYTES = 32 * 1024 * 1024
"""Largest file of statuses read, in bytes."""
MAX_STATUSES = 200_000
"""Most statuses read from one file."""

# What is understood -> the names it goes by in CSV and JSON (compared without accents, signs and capitals).
FIELDS: dict[str, tuple[str, ...]] = {
    "invoice": (
        "invoice", "invoice number", "invoice id", "number", "facture", "numero", "numero de facture", "numero facture",
        "num facture", "no facture", "n facture", "reference facture", "ref facture",
    ),
    "code": ("code", "status", "statut", "code statut", "code du statut", "status code", "libelle statut"),
    "on": (
        "on", "date", "at", "date statut", "date du statut", "status date", "date de statut", "horodatage", "datetime",
        "timestamp", "date heure", "status at",
    ),
    "reason_code": ("reason code", "code motif", "motif code", "code du motif"),
    "reason": ("reason", "motif", "comment", "commentaire", "libelle motif"),
    "amount": ("amount", "montant", "montant ttc"),
    "value_on": ("value on", "value date", "payment date", "date de paiement", "date paiement", "date de valeur"),
    "currency": ("currency", "devise", "monnaie"),
    "seller_id": ("seller id", "seller", "siren vendeur", "siren fournisseur", "siren emetteur"),
    "buyer_id": ("buyer id", "buyer", "siren acheteur", "siren client", "siren destinataire"),
    "by": ("by", "role", "par"),
}  # fmt: skip
_NAMES = {name.replace(" ", ""): key for key, names in FIELDS.items() for name in names}
_WRAPPERS = 4
"""A list of statuses may lie in so many objects."""
_NEEDED = ("invoice", "code", "on")
# Types of amount in a CDAR, and what an amount without type is for each status.
_AMOUNT_KINDS: dict[str, AmountKind] = {
    "MEN": "received", "MPA": "paid", "MAP": "approved", "MAPTTC": "approved", "MNA": "unapproved",
    "MNATTC": "unapproved", "RAP": "left",
}  # fmt: skip
_USUAL_KIND: dict[str, AmountKind] = {"206": "unapproved", "207": "unapproved", "211": "paid", "212": "received"}
# The amount that matters most comes first when a status has several kinds.
_PRECEDENCE: tuple[AmountKind, ...] = ("received", "paid", "unapproved", "approved")


@dataclass(slots=True)
class _Raw:
    """A status as its file writes it."""

    line: int
    invoice: str = ""
    code: str = ""
    on: str = ""
    reason_code: str = ""
    reason: str = ""
    amount: Decimal | None = None
    amount_kind: AmountKind = ""
    value_on: date | None = None
    currency: str = ""
    seller_id: str = ""
    buyer_id: str = ""
    by: str = ""
    invoice_type: str = ""
    invoice_on: date | None = None
    message: str = ""


def read_statuses(data: bytes, *, language: str = "fr") -> StatusFile:
    """Read a file of statuses of any of the three forms, told apart by content. Problems in ``language``.

    Never raises for what is in ``data``; limits: ``MAX_BYTES``, ``MAX_STATUSES`` and those of ``safe_xml``.
    """
    if len(data) > MAX_BYTES:
        return _file("unknown", [], [problem("document_too_large", None, limit=MAX_BYTES // (1024 * 1024))], language)
    if not data.strip():
        return _file("unknown", [], [problem("empty_file", None)], language)
    if safe_xml.looks_like_xml(data):
        return read_cdar(data, language=language)
    text = _decoded(data)
    if text.lstrip()[:1] in ("[", "{"):
        return _read_json(text, language)
    return _read_csv(text, language)


def read_cdar(data: bytes, *, language: str = "fr") -> StatusFile:
    """Read one CDAR message (Cross Domain Acknowledgement and Response): one status per invoice and reason."""
    root, problems = safe_xml.read_xml(data)
    if root is None:
        return _file("unknown", [], problems, language)
    document = xml_kinds.unwrapped(root)
    known = xml_kinds.known_as(document)
    if known.kind != "cdar":
        return _file("unknown", [], [*problems, problem("not_a_status", document.line, name=known.name)], language)
    return _file("cdar", _cdar(document, problems), problems, language)


def _cdar(root: Node, problems: list[Problem]) -> Iterable[_Raw]:
    message = root.value("ExchangedDocument/ID")
    sent = _moment(root.first("ExchangedDocument/IssueDateTime"))
    role = root.value("ExchangedDocument/IssuerTradeParty/RoleCode")
    found = 0
    for acknowledged in root.all("AcknowledgementDocument"):
        at = _moment(acknowledged.first("IssueDateTime")) or sent
        by = acknowledged.value("IssuerTradeParty/RoleCode") or role
        for reference in acknowledged.all("ReferenceReferencedDocument"):
            found += 1
            yield _reference(reference, acknowledged, at, by, message, problems)
    if not found:
        problems.append(problem("no_status", root.line))


def _reference(
    reference: Node, acknowledged: Node, at: str, by: str, message: str, problems: list[Problem]
) -> _Raw:  # fmt: skip
    details = list(reference.all("SpecifiedDocumentStatus"))
    raw = _Raw(line=reference.line, on=at, by=by, message=message)
    raw.invoice = reference.value("IssuerAssignedID", "ID")
    raw.code = reference.value("ProcessConditionCode", "ProcessCondition") or acknowledged.value("ProcessConditionCode")
    raw.invoice_type = reference.value("TypeCode")
    raw.invoice_on = day_of(_moment(reference.first("FormattedIssueDateTime", "IssueDateTime")))
    raw.seller_id, raw.buyer_id = _sides(reference)
    for detail in details:
        raw.code = raw.code or detail.value("ProcessConditionCode")
        raw.on = _moment(detail.first("ReferenceDateTime")) or raw.on
        raw.reason_code = raw.reason_code or detail.value("ReasonCode")
    reasons = [node.text for detail in details for node in detail.all("Reason")]
    reasons += [note.value("Content") for detail in details for note in detail.all("IncludedNote")]
    raw.reason = " ".join(dict.fromkeys(text for text in reasons if text))
    _amounts(raw, details, problems)
    return raw


def _sides(reference: Node) -> tuple[str, str]:
    """The numbers of seller and buyer: by their role where it is said, else the invoice's issuer and recipient."""
    by_role: dict[str, str] = {}
    for name, usual in (("IssuerTradeParty", "SE"), ("RecipientTradeParty", "BY")):
        for party in reference.all(name):
            by_role.setdefault(party.value("RoleCode") or usual, party.value("GlobalID", "ID"))
    return by_role.get("SE", ""), by_role.get("BY", "")


def _amounts(raw: _Raw, details: list[Node], problems: list[Problem]) -> None:
    """The sum of each kind of amount (there is one per VAT rate); the kind that matters for the status is kept."""
    sums: dict[AmountKind, Decimal] = {}
    for detail in details:
        for characteristic in detail.all("SpecifiedDocumentCharacteristic"):
            raw.value_on = raw.value_on or day_of(_moment(characteristic.first("ValueDateTime")))
            node = characteristic.first("ValueAmount")
            if node is None:
                continue
            amount = amount_of(node.text)
            if amount is None:
                problems.append(problem("bad_invoice_amount", node.line, column=node.name, value=node.text))
                continue
            code = characteristic.value("TypeCode").upper()
            kind = _AMOUNT_KINDS.get(code) or ("" if code else _USUAL_KIND.get(raw.code, ""))
            if kind:
                sums[kind] = sums.get(kind, Decimal(0)) + amount
                raw.currency = raw.currency or node.attributes.get("currencyID", "")
    usual = _USUAL_KIND.get(raw.code)
    for kind in (usual, *_PRECEDENCE) if usual else _PRECEDENCE:
        if kind in sums:
            raw.amount, raw.amount_kind = sums[kind], kind
            return


def _moment(node: Node | None) -> str:
    if node is None:
        return ""
    return node.value("DateTimeString", "DateTime", "Date") or node.text


def _read_json(text: str, language: str) -> StatusFile:
    try:
        content = _json_content(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        return _file("unknown", [], [problem("json_broken", line, reason=getattr(error, "msg", error))], language)
    problems: list[Problem] = []
    rows: list[tuple[int, dict[str, Any]]] = [
        (number, {str(key): value for key, value in one.items()})
        for number, one in enumerate(content, 1)
        if isinstance(one, dict)
    ]
    known = {column_of(name) for _, row in rows[:100] for name in row}
    if not known.issuperset(_NEEDED):
        return _file("unknown", [], [problem("not_statuses", None)], language)
    return _file("status-json", (_from_row(line, row, problems) for line, row in rows), problems, language)


def _json_content(text: str) -> list[Any]:
    """The objects of a JSON text, or of one with an object a line. Raises ValueError or RecursionError."""
    content: Any
    try:
        content = _parsed(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not all(line.strip().startswith("{") and line.strip().endswith("}") for line in lines):
            raise
        return [_parsed(line) for line in lines]
    for _ in range(_WRAPPERS):
        if not isinstance(content, dict):
            break
        inside: list[Any] = [value for value in content.values() if isinstance(value, list)]
        inside += [value for value in content.values() if isinstance(value, dict)]
        if not inside or {column_of(str(name)) for name in content}.issuperset(_NEEDED):
            break
        content = inside[0]
    return content if isinstance(content, list) else [content]


def _parsed(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def column_of(name: str) -> str | None:
    """What a column or member is; words joined as in invoiceNumber are the same as words apart."""
    return _NAMES.get(plain(name[:100]).replace(" ", ""))


def _read_csv(text: str, language: str) -> StatusFile:
    head = text.lstrip("\ufeff\r\n ").partition("\n")[0]
    separator = max(";\t,|", key=head.count)
    skipped = text[: len(text) - len(text.lstrip("\ufeff\r\n "))].count("\n")
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff\r\n "), newline=""), delimiter=separator)
    problems: list[Problem] = []
    try:
        header = next(rows, [])
    except csv.Error:
        header = []
    if not {column_of(name) for name in header}.issuperset(_NEEDED):
        return _file("unknown", [], [problem("not_statuses", skipped + 1)], language)
    return _file("status-csv", _csv_rows(rows, header, skipped, problems), problems, language)


def _csv_rows(rows: Any, header: list[str], skipped: int, problems: list[Problem]) -> Iterable[_Raw]:
    while True:
        try:
            row = next(rows, None)
        except csv.Error:
            problems.append(problem("bad_row", skipped + rows.line_num))
            return
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield _from_row(skipped + rows.line_num, dict(zip(header, row, strict=False)), problems)


def _from_row(line: int, row: Mapping[str, Any], problems: list[Problem]) -> _Raw:
    values: dict[str, str] = {}
    for name, value in row.items():
        key = column_of(name)
        if key and value is not None and not isinstance(value, list | dict):
            values.setdefault(key, str(value).strip())
    amount, value_on = values.pop("amount", ""), values.pop("value_on", "")
    raw = _Raw(line, **values)  # type: ignore[arg-type] # the names of FIELDS are those of _Raw, and texts
    raw.value_on = _day(value_on)
    if amount:
        raw.amount, told = _amount(amount)
        raw.currency = raw.currency or told
        raw.amount_kind = _USUAL_KIND.get(code_of(raw.code), "")
        if raw.amount is None:
            problems.append(problem("bad_invoice_amount", line, value=amount))
    return raw


def _amount(text: str) -> tuple[Decimal | None, str]:
    """An amount as JSON writes it, else as French and English tables do, with its currency where it says one."""
    exact = amount_of(text)
    if exact is not None:
        return exact, ""
    found = table_values.read_amount(text, ",")
    return (found.value, found.currency) if found else (None, "")


def _file(kind: FileKind, rows: Iterable[_Raw], problems: list[Problem], language: str) -> StatusFile:
    found: list[Status] = []
    for number, raw in enumerate(rows):
        if number >= MAX_STATUSES:
            problems.append(problem("too_many_statuses", raw.line, limit=MAX_STATUSES))
            break
        status = _status(raw, problems)
        if status:
            found.append(status)
    kept, _ = bounded((one if language == "fr" else one.in_language(language) for one in problems), language)
    return StatusFile(kind, tuple(found), kept)


def _status(raw: _Raw, problems: list[Problem]) -> Status | None:
    """The record, or None with the problem that says what it lacks."""
    if not raw.invoice:
        problems.append(problem("status_without_invoice", raw.line))
        return None
    code = code_of(raw.code)
    if code not in meanings():
        problems.append(problem("unknown_status", raw.line, value=raw.code, invoice=raw.invoice))
        return None
    on = _day(raw.on)
    if on is None:
        problems.append(problem("bad_status_date", raw.line, value=raw.on, invoice=raw.invoice))
        return None
    return Status(
        invoice=raw.invoice, code=code, on=on, at=instant_of(raw.on), reason_code=raw.reason_code, reason=raw.reason,
        amount=raw.amount, amount_kind=raw.amount_kind, value_on=raw.value_on, currency=raw.currency.upper(),
        seller_id=raw.seller_id, buyer_id=raw.buyer_id, by=raw.by, invoice_type=raw.invoice_type,
        invoice_on=raw.invoice_on, message=raw.message, line=raw.line,
    )  # fmt: skip


def _day(text: str) -> date | None:
    """A day as messages write it, else as French tables do (31/12/2026), with or without a time after it."""
    return day_of(text) or table_values.read_date(text, "dmy")


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
