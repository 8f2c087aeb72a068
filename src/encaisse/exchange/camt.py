"""Read CAMT.052, .053 and .054 (ISO 20022), every version: bytes in, records and problems out.

``read_camt`` never raises for what is in the file. Versions differ in where names, statuses and codes stand; each is
looked for in every place it has had. Prefixes and namespaces do not matter, nor does an envelope around the message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element  # nosec - a type only
from xml.parsers import expat  # nosec - see camt_xml

from encaisse.exchange import bank_text, camt_entry, camt_xml, fec_bytes
from encaisse.exchange.bank import (
    MAX_STATEMENTS,
    MAX_TRANSACTIONS,
    Balance,
    BalanceKind,
    BankFile,
    Draft,
    Kind,
    Notes,
    finish,
    refuse,
)
from encaisse.exchange.camt_detail import SIGNS, Detail, account_of, detail, iso_day, line_of, moment, party_name, text
from encaisse.exchange.problems import Problem, problem

_KINDS: dict[str, Kind] = {"Rpt": "camt052", "Stmt": "camt053", "Ntfctn": "camt054"}
_MESSAGES: dict[str, Kind] = {
    "BkToCstmrAcctRpt": "camt052",
    "BkToCstmrStmt": "camt053",
    "BkToCstmrDbtCdtNtfctn": "camt054",
}
_MESSAGE = re.compile(r"(BkToCstmr(?:AcctRpt|Stmt|DbtCdtNtfctn))(?:V[0-9]{2})?", re.ASCII)
_BALANCES: dict[str, BalanceKind] = {
    "OPBD": "opening", "PRCD": "opening", "CLBD": "closing", "ITBD": "interim", "OPAV": "opening_available",
    "CLAV": "available", "ITAV": "available", "FWAV": "forward",
}  # fmt: skip
_ATTEMPTS = 5
MAX_DOCUMENTS = 1_000
"""Most XML documents read from one file, one after the other."""


def read_camt(source: fec_bytes.Source, *, language: str = "fr") -> BankFile:
    """Read one CAMT file from bytes, a path or a binary stream. ``language``: of the problems' words, fr or en.

    An entry whose payments add up to it becomes one transaction each, sharing ``batch``; else it stays whole. Limits:
    those of ``camt_xml``. Raises OSError only when a path cannot be opened or read.
    """
    stream = fec_bytes.opened(source)
    try:
        return _read(stream, language)
    finally:
        if isinstance(source, str | Path):
            stream.close()


@dataclass(slots=True)
class _Reader:
    """What was read so far; statements in the order of the file."""

    drafts: list[Draft] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)
    totals: dict[str, Decimal] = field(default_factory=dict)
    summary: Element | None = None
    fallback: date | None = None
    open: Element | None = None
    taken: int = 0
    opened_by: str = ""

    def take(self, node: Element, statement: Element | None) -> None:
        """Take a complete part of a statement, or the end of the statement."""
        if statement is None:
            self._begin(node)
            self._close()
            return
        self._begin(statement)
        handle = _PARTS.get(node.tag)
        if handle:
            handle(self, node, self.drafts[-1])

    def open_entry(self, entry: Element) -> int:
        """Take the finished payments out of an entry that is still being read: a batch may be very long."""
        taken = 0
        for holder in entry.findall("NtryDtls"):
            ready = [one for one in holder[:-1] if one.tag == "TxDtls"]
            for one in ready:
                self.details.append(detail(one))
                holder.remove(one)
            taken += len(ready)
        self._count(0)
        return taken

    def _count(self, more: int) -> None:
        self.taken += more
        if self.taken + len(self.details) > MAX_TRANSACTIONS:
            raise camt_xml.Refused("too_many_transactions", MAX_TRANSACTIONS)

    def _begin(self, statement: Element) -> None:
        if self.open is statement:
            return
        if self.open is not None:
            self._close()
        self.open = statement
        if len(self.drafts) >= MAX_STATEMENTS:
            raise camt_xml.Refused("too_many_statements", MAX_STATEMENTS)
        self.drafts.append(Draft(_KINDS[statement.tag], line_of(statement)))
        self.totals, self.summary, self.fallback, self.opened_by = {}, None, None, ""

    def _close(self) -> None:
        if self.summary is not None:
            _check_totals(self.summary, self.totals, self.drafts[-1])
        self.open = None
        self.details = []

    def stop(self) -> None:
        """The file ends inside what is open: its operations cannot add up."""
        if self.open is not None:
            self.drafts[-1].cut = True
            self.summary = None
            self._close()

    def entry(self, node: Element, draft: Draft) -> None:
        """Read one entry."""
        found = self.details
        self.details = []
        for holder in (node, *node.findall("NtryDtls")):
            found += [detail(one) for one in holder.findall("TxDtls")]
        made = list(camt_entry.transactions(node, found, draft, self.fallback))
        draft.transactions += made
        self._count(len(made))
        if made:
            total = sum((one.amount for one in made), Decimal(0))
            side = "TtlCdtNtries" if total > 0 else "TtlDbtNtries"
            self.totals[side] = self.totals.get(side, Decimal(0)) + abs(total)

    def account(self, node: Element, draft: Draft) -> None:
        """Read whose account the statement is of."""
        draft.iban, draft.account = account_of(node)
        draft.currency = text(node, "Ccy")
        draft.owner = party_name(node.find("Ownr")) or text(node, "Nm")

    def balance(self, node: Element, draft: Draft) -> None:
        """Read one balance."""
        money = node.find("Amt")
        written = (money.text or "").strip() if money is not None else ""
        value, sign = bank_text.amount(written), SIGNS.get(text(node, "CdtDbtInd"), 0 if written.strip("0.") else 1)
        named = node.find("Tp")
        code = text(named, "CdOrPrtry", "Cd") or text(named, "Cd") or text(named, "CdOrPrtry", "Prtry")
        if value is None or not sign:
            draft.add("bad_balance", line_of(node), value=f"{code} {written}".strip())
            return
        on = moment(node.find("Dt"))
        if on is None:
            draft.add("bad_balance_date", line_of(node), value=text(node, "Dt", "Dt") or text(node, "Dt", "DtTm"))
        currency = (money.get("Ccy") or draft.currency) if money is not None else draft.currency
        draft.currency = draft.currency or currency
        kind = _BALANCES.get(code, "other")
        if kind == "opening" and any(one.kind == "opening" for one in draft.balances):
            kind = self._second_opening(code, draft)
        self.opened_by = code if kind == "opening" else self.opened_by
        draft.balances.append(Balance(kind, on, sign * value, currency, line_of(node)))
        if kind in ("closing", "interim") and on:
            self.fallback = on

    def _second_opening(self, code: str, draft: Draft) -> BalanceKind:
        """The previous closing balance may stand beside the opening one, the same amount twice: one of them opens."""
        if code != "OPBD" or self.opened_by == "OPBD":
            return "other"
        draft.balances[:] = [replace(one, kind="other") if one.kind == "opening" else one for one in draft.balances]
        return "opening"

    def created(self, node: Element, draft: Draft) -> None:
        """The day the statement was made: the last resort for an entry without a date."""
        self.fallback = self.fallback or iso_day((node.text or "").strip())

    def named(self, node: Element, draft: Draft) -> None:
        """The statement's own number."""
        draft.id = (node.text or "").strip()

    def summed(self, node: Element, draft: Draft) -> None:
        """The totals the statement announces, checked at its end."""
        self.summary = node


_PARTS = {
    "Id": _Reader.named,
    "CreDtTm": _Reader.created,
    "Acct": _Reader.account,
    "Bal": _Reader.balance,
    "TxsSummry": _Reader.summed,
    "Ntry": _Reader.entry,
}


def _check_totals(summary: Element, totals: dict[str, Decimal], draft: Draft) -> None:
    for side in ("TtlCdtNtries", "TtlDbtNtries"):
        announced = bank_text.amount(text(summary, side, "Sum"))
        found = totals.get(side, Decimal(0))
        if announced is not None and announced != found:
            draft.add("announced_total", draft.line, announced=announced, found=found)


@dataclass(slots=True)
class _Document:
    """One XML document of a file. ``after``: offset and lines above the next one, when one document follows another."""

    reader: _Reader
    message: str
    stop: Problem | None
    mend: str
    ampersands: int
    after: tuple[int, int] | None


def _read(stream: BinaryIO, language: str) -> BankFile:
    place: tuple[int, int] | None = camt_xml.after_blanks(stream)
    wide = camt_xml.is_utf16(stream)
    notes, drafts = Notes(), list[Draft]()
    kind: Kind = "unknown"
    taken, mend = 0, ""
    for _ in range(MAX_DOCUMENTS):
        if place is None:
            break
        one = _document(stream, *place, taken, wide=wide)
        drafts, taken, place, mend = drafts + one.reader.drafts, one.reader.taken, one.after, mend + one.mend
        kind = _kind(one.reader, one.message) if kind == "unknown" else kind
        if one.stop:
            notes.add(one.stop.code, one.stop.line, **one.stop.values)
        if one.ampersands:
            notes.add("bare_ampersands", None, count=one.ampersands)
    if place is not None:
        notes.add("too_many_statements", None, limit=MAX_DOCUMENTS)
    encoding = "utf-16" if wide else "cp1252" if "recode" in mend else "utf-8"
    if mend:
        notes.add("bad_bytes", None, encoding=encoding)
    if kind == "unknown":
        if one.stop and one.stop.code != "statement_broken":
            return refuse(one.stop.code, language=language, **one.stop.values)
        return refuse("not_a_statement", language=language, expected="CAMT.052, .053, .054")
    if not drafts and not one.stop:
        notes.add("no_statement", None)
    return finish(kind, drafts, notes, language=language, encoding=encoding)


def _document(stream: BinaryIO, start: int, above: int, taken: int, *, wide: bool) -> _Document:
    mend = ""
    for _ in range(_ATTEMPTS):
        reader = _Reader(taken=taken)
        xml = camt_xml.Stream(reader.take, reader.open_entry, mend, above, wide=wide)
        stop, again = _feed(stream, start, above, xml, mend)
        if again is None or wide:
            break
        mend = again
    after = None
    if stop and xml.ended and xml.message and not mend:
        place = camt_xml.document_at(stream, start + xml.stopped_at)
        after = (place, (stop.line or 1) - 1) if place else None
    if stop and not stop.code.startswith("too_many"):
        xml.stop()
    if after:
        stop = None
    if stop:
        reader.stop()
    return _Document(reader, xml.message, stop, mend.replace(" amp", ""), xml.ampersands, after)


def _feed(
    stream: BinaryIO, start: int, above: int, xml: camt_xml.Stream, mend: str
) -> tuple[Problem | None, str | None]:
    """Read to the end: what stopped it, if anything, and how to mend the bytes when a second reading may go on."""
    stream.seek(start)
    at, chunk = start, b""
    try:
        while chunk := stream.read(camt_xml.CHUNK):
            xml.feed(chunk)
            at += len(chunk)
        if at == start:
            return problem("empty_file", None), None
        xml.close()
    except camt_xml.Refused as refused:
        return problem(refused.code, None, limit=refused.limit), None
    except expat.ExpatError as error:
        again = camt_xml.mend_for(error, _byte_at(stream, start, xml, at, chunk), mend)
        return camt_xml.broken(error, above), again
    except (LookupError, ValueError):  # an encoding Python does not know
        return problem("not_a_statement", None, expected="CAMT"), None if "relabel" in mend else f"{mend} relabel"
    return None, None


def _byte_at(stream: BinaryIO, start: int, xml: camt_xml.Stream, at: int, chunk: bytes) -> bytes:
    """The byte the parser stopped at, or the first one of its piece that is no text."""
    place = start + xml.stopped_at
    if at <= place < at + len(chunk):
        return chunk[place - at : place - at + 1]
    return next((bytes([one]) for one in chunk if one < 9 or one >= 0x80), b"")


def _kind(reader: _Reader, message: str) -> Kind:
    if reader.drafts:
        return reader.drafts[0].kind
    found = _MESSAGE.fullmatch(message)
    return _MESSAGES[found[1]] if found else "unknown"
