"""Read OFX 1 (SGML) and 2 (XML), whatever a bank makes of them: text in, records and problems out.

One reading for both: tags that hold others are known by name, every other tag is a value up to the next tag, whether
it is closed or not. No XML parser is involved, so neither entities nor document types can do anything.
``read_ofx`` never raises for what is in the file.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from encaisse.exchange import bank_text
from encaisse.exchange.bank import (
    MAX_STATEMENTS,
    MAX_TRANSACTIONS,
    Balance,
    BalanceKind,
    BankFile,
    Draft,
    Nature,
    Notes,
    Transaction,
    finish,
    refuse,
)
from encaisse.exchange.fec_bytes import Source
from encaisse.exchange.mt_details import details
from encaisse.exchange.problems import Problem

MAX_VALUE = 4096
"""A value is cut to so many signs."""

_ATTRIBUTES = r"(?:\s{1,20}[A-Za-z][\w:.-]{0,60}=(?:\"[^\"<>]{0,300}\"|'[^'<>]{0,300}')){0,9}"
_PREFIX = r"(?:[A-Za-z][\w.-]{0,20}:)?"
_TAG = re.compile(rf"<(/?){_PREFIX}([A-Za-z][A-Za-z0-9_.]{{0,40}}){_ATTRIBUTES}\s{{0,20}}/?>", re.ASCII)
_ROOT = re.compile(rf"<{_PREFIX}OFX{_ATTRIBUTES}\s{{0,20}}>|OFXHEADER", re.ASCII | re.IGNORECASE)
_DATE = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})", re.ASCII)
_FRENCH_DATE = re.compile(r"([0-9]{2})[-/.]([0-9]{2})[-/.]([0-9]{4})", re.ASCII)
_OTHER_FORMAT = re.compile(
    r"^:(?:20|25|60F|61|86):[^\n]{0,20}|^0[147][0-9]{5} {4}[0-9]{5}[A-Z]{3}", re.ASCII | re.MULTILINE
)
_BODY = re.compile(rf"<{_PREFIX}OFX\b", re.ASCII | re.IGNORECASE)
_HEADER = 4096
_UNIT = re.compile(r"[A-Z]{3}|[€$£]")
_STATEMENTS = frozenset({"STMTRS", "CCSTMTRS", "INVSTMTRS"})
_MOVEMENTS = frozenset({"STMTTRN", "STMTTRNP"})
_INVESTMENTS = frozenset(
    {
        "BUYDEBT", "BUYMF", "BUYOPT", "BUYOTHER", "BUYSTOCK", "CLOSUREOPT", "INCOME", "INVEXPENSE", "JRNLFUND",
        "JRNLSEC", "MARGININTEREST", "REINVEST", "RETOFCAP", "SELLDEBT", "SELLMF", "SELLOPT", "SELLOTHER", "SELLSTOCK",
        "SPLIT", "TRANSFER",
    }
)  # fmt: skip
_HOLDERS = frozenset(
    {"BANKACCTFROM", "CCACCTFROM", "INVACCTFROM", "BANKACCTTO", "CCACCTTO", "LEDGERBAL", "AVAILBAL", "STATUS", "PAYEE",
     "CURRENCY", "ORIGCURRENCY", "BANKTRANLIST", "INVTRANLIST", "STMTTRNRS", "CCSTMTTRNRS", "INVSTMTTRNRS", "SONRS",
     "INVBANKTRAN", "OFX", "BALLIST", "BAL", "INVBAL", "INVPOSLIST", "SECLIST"}
)  # fmt: skip
_AGGREGATES = _STATEMENTS | _MOVEMENTS | _INVESTMENTS | _HOLDERS
_BALANCES: dict[str, BalanceKind] = {"LEDGERBAL": "closing", "AVAILBAL": "available"}
_NATURES: dict[str, Nature] = {
    "XFER": "transfer", "PAYMENT": "transfer", "DIRECTDEP": "transfer", "DEP": "", "DIRECTDEBIT": "direct_debit",
    "REPEATPMT": "transfer", "CHECK": "cheque", "POS": "card", "ATM": "cash", "CASH": "cash", "FEE": "fee",
    "SRVCHG": "fee", "INT": "interest",
}  # fmt: skip


@dataclass(slots=True)
class _Reader:
    """What was read so far. ``open`` are the aggregates one is in, ``values`` what the innermost ones said."""

    drafts: list[Draft] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    open: list[str] = field(default_factory=list)
    movement: dict[str, str] | None = None
    movement_line: int = 0
    balance: dict[str, str] = field(default_factory=dict)
    account: dict[str, str] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    investments: int = 0
    taken: int = 0
    numbers: set[str] = field(default_factory=set)

    @property
    def draft(self) -> Draft | None:
        """The statement one is in, if any."""
        return self.drafts[-1] if self.drafts and _STATEMENTS & set(self.open) else None


def read_ofx(source: Source, *, language: str = "fr") -> BankFile:
    """Read one OFX file from bytes, a path or a binary stream. ``language``: of the problems' words, fr or en.

    Raises OSError only when a path cannot be opened or read.
    """
    found = bank_text.read_text(source, by_lines=False)
    if isinstance(found, Problem):
        return refuse(found.code, language=language, **found.values)
    if not _ROOT.search(found.text):
        return refuse("not_a_statement", language=language, expected="OFX")
    reader = _Reader(notes=found.notes)
    _outside(found.text, reader.notes)
    last = 1
    for closing, name, value, line in _tags(_plain(found.text)):
        last = line
        if name not in _AGGREGATES:
            if not closing:
                _leaf(reader, name, value)
        elif closing:
            _end(reader, name, line)
        else:
            _start(reader, name, line)
            if len(reader.drafts) > MAX_STATEMENTS:
                reader.notes.add("too_many_statements", line, limit=MAX_STATEMENTS)
                break
            if reader.taken >= MAX_TRANSACTIONS:
                reader.notes.add("too_many_transactions", line, limit=MAX_TRANSACTIONS)
                break
    _stop(reader, last)
    if not reader.drafts and not reader.notes.problems:
        reader.notes.add("no_statement", None)
    if reader.investments:
        reader.notes.add("investments_ignored", None, count=reader.investments)
    return finish("ofx", reader.drafts, reader.notes, language=language, encoding=found.encoding)


def _outside(text: str, notes: Notes) -> None:
    """Note what stands after the end and begins no other document: movements of another format would be lost."""
    end = text.rfind("</OFX>")
    rest = text[end + 6 :].lstrip() if end >= 0 else ""
    root = _BODY.search(text)
    before = _OTHER_FORMAT.search(text, 0, root.start() if root else _HEADER)
    for place, shown in ((before.start(), before[0]) if before else (0, ""), (len(text) - len(rest), rest[:20])):
        if shown and not shown.startswith(("<", "OFXHEADER")):
            notes.add("unknown_record", text.count("\n", 0, place) + 1, record=" ".join(shown.split()))


def _plain(text: str) -> str:
    """Without comments, but for their line ends, and with CDATA sections as plain text."""
    bare = _between(text, "<!--", "-->", lambda comment: "\n" * comment.count("\n"))
    return _between(bare, "<![CDATA[", "]]>", lambda data: html.escape(data, quote=False))


def _between(text: str, begin: str, end: str, change: Callable[[str], str]) -> str:
    """Change what stands between two marks; the first without an end, and all after it, stay as they are."""
    pieces: list[str] = []
    at = 0
    while (start := text.find(begin, at)) >= 0 and (stop := text.find(end, start + len(begin))) >= 0:
        pieces += [text[at:start], change(text[start + len(begin) : stop])]
        at = stop + len(end)
    return "".join([*pieces, text[at:]])


def _tags(text: str) -> Iterator[tuple[bool, str, str, int]]:
    """Each tag: whether it closes, its name, the text after it, its line."""
    line, at = 1, 0
    previous: re.Match[str] | None = None
    for found in _TAG.finditer(text):
        if previous:
            yield bool(previous[1]), previous[2].upper(), text[previous.end() : found.start()], line
        line += text.count("\n", at, found.start())
        previous, at = found, found.start()
    if previous:
        yield bool(previous[1]), previous[2].upper(), text[previous.end() :], line


def _start(reader: _Reader, name: str, line: int) -> None:
    if name in _MOVEMENTS:
        if reader.movement is not None:
            _movement(reader)
            while reader.open and reader.open.pop() not in _MOVEMENTS:
                pass
        reader.movement, reader.movement_line = {"": name}, line
    elif name in _STATEMENTS:
        reader.drafts.append(Draft("ofx", line))
        reader.account, reader.numbers = {}, set()
    elif name in _BALANCES:
        reader.balance = {}
    elif name == "STATUS":
        reader.status = {}
    elif name in _INVESTMENTS and "INVTRANLIST" in reader.open:
        reader.investments += 1
    if len(reader.open) < len(_AGGREGATES):
        reader.open.append(name)


def _leaf(reader: _Reader, name: str, raw: str) -> None:
    value = bank_text.flat(html.unescape(raw[:MAX_VALUE])) if raw else ""
    if not value:
        return
    inside = reader.open[-1] if reader.open else ""
    if inside == "STATUS":
        reader.status[name] = value
    elif reader.movement is not None:
        prefix = "" if inside in _MOVEMENTS else f"{inside}."
        reader.movement.setdefault(prefix + name, value)
    elif inside in _BALANCES:
        reader.balance[name] = value
    elif inside in ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM"):
        reader.account[name] = value
    elif name == "CURDEF" and reader.draft:
        reader.draft.currency = value.upper()[:3]
    elif name in ("DTSTART", "DTEND") and reader.draft:
        reader.draft.id = f"{reader.draft.id} {value[:8]}".strip()


def _end(reader: _Reader, name: str, line: int) -> None:
    if name not in reader.open:
        return
    while reader.open:
        closed = reader.open.pop()
        if closed in _MOVEMENTS:
            _movement(reader)
        elif closed in _BALANCES:
            _balance(reader, closed, line)
        elif closed in ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM"):
            _account(reader)
        elif closed == "STATUS":
            _status(reader, line)
        if closed == name:
            return


def _stop(reader: _Reader, line: int) -> None:
    """The file ends: whatever is still open was cut."""
    if not _STATEMENTS & set(reader.open) and reader.movement is None:
        return
    reader.notes.add("statement_cut", line)
    if reader.drafts:
        reader.drafts[-1].cut = True


def _status(reader: _Reader, line: int) -> None:
    code = reader.status.get("CODE", "0")
    if code.strip("0") and reader.status.get("SEVERITY", "ERROR").upper() == "ERROR":
        text = reader.status.get("MESSAGE", "").rstrip(". ")
        reader.notes.add("bank_refused", line, code=code, text=text)


def _account(reader: _Reader) -> None:
    if not reader.draft:
        return
    told, draft = reader.account, reader.draft
    number = told.get("ACCTID", "")
    iban, other = bank_text.account(number)
    if not iban:
        iban = bank_text.french_iban(told.get("BANKID", ""), told.get("BRANCHID", ""), number)
    draft.iban, draft.account = iban, other and number


def _balance(reader: _Reader, kind: str, line: int) -> None:
    if not reader.draft:
        return
    written = reader.balance.get("BALAMT", "")
    value = bank_text.amount(_UNIT.sub("", written))
    if value is None:
        reader.draft.add("bad_balance", line, value=f"{kind} {written}".strip())
        return
    on = _day(reader.balance.get("DTASOF", ""))
    if on is None:
        reader.draft.add("bad_balance_date", line, value=reader.balance.get("DTASOF", ""))
    reader.draft.balances.append(Balance(_BALANCES[kind], on, value, reader.draft.currency, line))


def _movement(reader: _Reader) -> None:
    told, line = reader.movement or {}, reader.movement_line
    reader.movement = None
    draft = reader.draft
    if draft is None:
        reader.notes.add("record_out_of_place", line, record="STMTTRN")
        return
    written = told.get("TRNAMT", "")
    value = bank_text.amount(_UNIT.sub("", written))
    if value is None:
        draft.add("bad_operation_amount", line, value=written)
        return
    booked = _day(told.get("DTPOSTED", ""))
    if booked is None and told[""] == "STMTTRNP":
        booked = _day(told.get("DTTRAN", ""))
    if booked is None:
        booked = _day(told.get("DTUSER", "")) or _day(told.get("DTAVAIL", "")) or _day(told.get("VALUEDATE", ""))
        code = "bad_operation_date" if booked is None else "date_taken_from_elsewhere"
        draft.add(code, line, value=told.get("DTPOSTED", ""), taken=booked)
    if booked is None:
        return
    number = told.get("FITID", "")
    if number and number in reader.numbers:
        draft.add("repeated_number", line, value=number)
    reader.numbers.add(number)
    draft.transactions.append(_transaction(told, value, booked, draft, line))
    reader.taken += 1


def _transaction(told: dict[str, str], value: Decimal, booked: date, draft: Draft, line: int) -> Transaction:
    name = told.get("NAME") or told.get("PAYEE.NAME") or told.get("PAYEE2.NAME") or told.get("EXTDNAME", "")
    memo = told.get("MEMO", "")
    words = details([memo or name])
    account = told.get("BANKACCTTO.ACCTID") or told.get("CCACCTTO.ACCTID", "")
    iban, other = bank_text.account(account)
    number = told.get("CHECKNUM", "").lstrip("0")
    reference = " ".join(part for part in (memo if memo != name else "", number) if part)
    kind = told.get("TRNTYPE", "").upper()
    return Transaction(
        booked_on=booked,
        value_on=_day(told.get("DTAVAIL", "")) or _day(told.get("VALUEDATE", "")) or _day(told.get("DTUSER", "")),
        amount=value,
        currency=told.get("CURRENCY.CURSYM", draft.currency).upper()[:3],
        counterparty=name,
        iban=iban or words.iban,
        reference=reference or name,
        end_to_end_id=words.end_to_end_id,
        structured=bank_text.creditor_reference(f"{memo} {name}"),
        bank_id=told.get("FITID", ""),
        code=kind,
        returned=words.returned if value < 0 else "",
        line=line,
        other_account=other,
        mandate=words.mandate,
        nature=_NATURES.get(kind) or words.nature,
        pending=told[""] == "STMTTRNP",
    )


def _day(written: str) -> date | None:
    found = _DATE.match(written)
    if found:
        return bank_text.day(found[1], found[2], found[3])
    french = _FRENCH_DATE.match(written)
    return bank_text.day(french[3], french[2], french[1]) if french else None
