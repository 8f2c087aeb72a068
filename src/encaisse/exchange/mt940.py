"""Read MT940 and MT942 (SWIFT, and the ways banks bend it): text in, records and problems out.

Written here rather than taken from the mt-940 library: that one raises at the first field it cannot read, so that the
rest of the file is lost; it strips lines before it reads them, so that neither line numbers nor the blanks at a cut
survive; and it does not take French field :86: apart.
``read_mt940`` never raises for what is in the file.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from encaisse.exchange import bank_text, mt_details
from encaisse.exchange.bank import (
    MAX_STATEMENTS,
    MAX_TRANSACTIONS,
    UNKNOWN_REASON,
    Balance,
    BalanceKind,
    BankFile,
    Draft,
    Kind,
    Nature,
    Notes,
    Transaction,
    finish,
    refuse,
)
from encaisse.exchange.fec_bytes import Source
from encaisse.exchange.problems import Problem

MAX_LINES = 200
"""Lines kept of one field, and of all that is told of one movement; SWIFT allows six."""

_TAG = re.compile(r":([0-9]{2}[A-Z]?|NS):", re.ASCII)
# The head of another format, where files were put together.
_FOREIGN = re.compile(r"\s*(?:<\?xml|<OFX>|OFXHEADER|<Document)")
_OTHER = "?"
_ENDS = frozenset({"", _OTHER})
_ANY_TAG = re.compile(r"(?:^[ \t]{0,40}|\{4:[ \t\n]{0,9}):?([0-9]{2}[A-Z]?|NS):", re.ASCII | re.MULTILINE)
_BARE_TAG = re.compile(r"[0-9]{2}[A-Z]?:", re.ASCII)
_END = re.compile(r"-\s*(?:\}.*|\^C|XXX|$)")
_BLOCK = re.compile(r"\{4:\s*")
_BALANCE = re.compile(r"(R?[CD])([0-9]{6})([A-Z]{3})?([0-9.]*(?:,[0-9]*)?)", re.ASCII)
_MOVEMENT = re.compile(
    r"([0-9]{6})([0-9]{4})?(R?[CD]|E[CD])([A-Z])?\s?([0-9][0-9.]*(?:,[0-9]*)?|,[0-9]+)([NFS][A-Z0-9 ]{3})?(.*)",
    re.ASCII | re.DOTALL,
)
_TOTAL = re.compile(r"([0-9]{1,5})([A-Z]{3})([0-9.]*(?:,[0-9]*)?)", re.ASCII)
_RIB = re.compile(r"([0-9]{5})[ /.-]?([0-9]{5})[ /.-]?([0-9A-Z]{11})(?:[ /.-]?[0-9]{2})?", re.ASCII)
# Code words that some banks put beside the references of field :61:; only the charges are of use here.
_ABOUT_MONEY = re.compile(r"/(TRCD|OCMT|CHGS|EXCH|CTC)/([^/]{0,35})/?", re.ASCII)
_LONGEST_REFERENCE = 35
# Some banks fill the reference up to 16 signs and put the other party's name behind it.
_COLUMNS = re.compile(r"(?=[^\s/]{1,14}\s{2})([^\n]{16})(\S[^\n]*)", re.ASCII)
_CURRENCY_AT_END = re.compile(r"(?<=[0-9 /])([A-Z]{3})$", re.ASCII)
_GERMAN_DETAILS = re.compile(r"[0-9]{3}\?[0-9]{2}", re.ASCII)
_SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1, "EC": 1, "ED": -1}
_BALANCES: dict[str, BalanceKind] = {
    "60F": "opening", "60M": "opening", "62F": "closing", "62M": "closing", "64": "available", "65": "forward",
    "60": "opening", "62": "closing",
}  # fmt: skip
_TYPES: dict[str, Nature] = {
    "TRF": "transfer", "DDT": "direct_debit", "CHK": "cheque", "CHG": "fee", "COM": "fee", "INT": "interest",
    "BOE": "bill", "CLR": "cheque", "CMI": "transfer",
}  # fmt: skip
_INTRADAY = frozenset({"34F", "13", "13D", "90C", "90D"})
_KNOWN = frozenset({*_BALANCES, *_INTRADAY, "20", "21", "25", "25P", "28", "28C", "61", "86", "NS", "12", "13", "05"})


@dataclass(slots=True)
class _Field:
    tag: str
    line: int
    lines: list[str]


@dataclass(slots=True)
class _Reader:
    """What was read so far."""

    kind: Kind = "mt940"
    drafts: list[Draft] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    movement: Transaction | None = None
    told: list[str] = field(default_factory=list)
    numbered: list[str] = field(default_factory=list)
    totals: dict[str, tuple[int, Decimal, int]] = field(default_factory=dict)
    ended: bool = True
    taken: int = 0


def read_mt940(source: Source, *, language: str = "fr") -> BankFile:
    """Read one file of MT940 or MT942 messages from bytes, a path or a binary stream.

    ``language``: of the problems' words, fr or en. Reversals (RC, RD) bear the sign of the money, not of what they
    reverse. Raises OSError only when a path cannot be opened or read.
    """
    found = bank_text.read_text(source, by_lines=True)
    if isinstance(found, Problem):
        return refuse(found.code, language=language, **found.values)
    tags = {one[1] for one in _ANY_TAG.finditer(found.text)}
    if not tags:
        return refuse("not_a_statement", language=language, expected="MT940, MT942")
    reader = _Reader("mt942" if tags & _INTRADAY and not tags & {"60F", "62F"} else "mt940", notes=found.notes)
    for one in _fields(found.text):
        _take(one, reader)
        if len(reader.drafts) > MAX_STATEMENTS:
            reader.notes.add("too_many_statements", one.line, limit=MAX_STATEMENTS)
            break
        if reader.taken >= MAX_TRANSACTIONS:
            reader.notes.add("too_many_transactions", one.line, limit=MAX_TRANSACTIONS)
            reader.drafts[-1].cut = True
            break
    _close(reader)
    return finish(reader.kind, reader.drafts, reader.notes, language=language, encoding=found.encoding)


def _fields(text: str) -> Iterator[_Field]:
    """The fields in order; a field without tag ends a message."""
    current: _Field | None = None
    for number, line in _without_blocks(text):
        begun = _begun(line, number)
        if begun:
            if current:
                yield current
            current = begun
            if begun.tag in _ENDS:
                yield begun
                current = None
        elif current and len(current.lines) < MAX_LINES:
            current.lines.append(line)
    if current:
        yield current


def _without_blocks(text: str) -> Iterator[tuple[int, str]]:
    """The lines without what stands before the text block, and tags with the colon they lost to the line before."""
    lost_colon = False
    for number, raw in bank_text.lines(text):
        block = _BLOCK.search(raw)
        line = raw[block.end() :] if block else raw
        if lost_colon and _BARE_TAG.match(line):
            line = ":" + line
        lost_colon = line.strip() == ":"
        if not lost_colon:
            yield number, line


def _begun(line: str, number: int) -> _Field | None:
    """The field a line begins, or the end of the message; None for a line that goes on."""
    tag = _TAG.match(line) if line[:1] == ":" else _TAG.match(line.lstrip(" \t"))
    if tag:
        return _Field(tag[1], number, [tag.string[tag.end() :]])
    if _END.match(line):
        return _Field("", number, [])
    return _Field(_OTHER, number, [line[:20]]) if _FOREIGN.match(line) else None


def _take(one: _Field, reader: _Reader) -> None:
    if one.tag in _ENDS:
        _close(reader)
        if one.tag:
            reader.notes.add("unknown_record", one.line, record=one.lines[0].strip())
        return
    if one.tag == "20" or reader.ended:
        _close(reader)
        reader.drafts.append(Draft(reader.kind, one.line))
        reader.ended = False
    draft = reader.drafts[-1]
    if one.tag == "25" and reader.movement and _GERMAN_DETAILS.match(one.lines[0]):
        draft.add("wrong_tag", one.line, found="25", meant="86")
        one.tag = "86"
    if one.tag == "86":
        reader.told += one.lines[: MAX_LINES - len(reader.told)]
    elif one.tag == "NS":
        _numbered(one, reader, draft)
    else:
        _settle(reader)
        _plain(one, reader, draft)


def _plain(one: _Field, reader: _Reader, draft: Draft) -> None:
    written = one.lines[0].strip()
    if one.tag == "61":
        reader.movement = _movement(one, draft)
    elif one.tag in _BALANCES:
        _balance(one, written, draft)
    elif one.tag in ("20", "28", "28C"):
        draft.id = f"{draft.id} {written}".strip()
    elif one.tag in ("25", "25P"):
        _account(written, draft)
    elif one.tag == "34F":
        draft.kind = draft.kind if draft.balances else "mt942"
        draft.currency = draft.currency or (written[:3] if written[:3].isalpha() else "")
    elif one.tag in ("90C", "90D"):
        total = _TOTAL.match(written)
        value = bank_text.amount(total[3]) if total else None
        if total and value is not None:
            reader.totals[one.tag[2]] = (int(total[1]), value, one.line)
    elif one.tag not in _KNOWN:
        draft.add("unknown_record", one.line, record=f":{one.tag}:")


def _numbered(one: _Field, reader: _Reader, draft: Draft) -> None:
    """Lines of two digits and text: of the movement before them, or of the account."""
    if reader.movement:
        reader.numbered += one.lines[: MAX_LINES - len(reader.numbered)]
        return
    for line in one.lines:
        if line.startswith("22") and not draft.owner:
            draft.owner = bank_text.flat(line[2:])


def _account(written: str, draft: Draft) -> None:
    currency = _CURRENCY_AT_END.search(written)
    if currency:
        draft.currency = draft.currency or currency[1]
        written = written[: currency.start()].strip()
    rib = _RIB.fullmatch(written)
    if rib:
        draft.iban, draft.account = bank_text.french_iban(*rib.groups()), written
        return
    draft.iban, draft.account = bank_text.account(written)


def _balance(one: _Field, written: str, draft: Draft) -> None:
    found = _BALANCE.fullmatch("".join(written.split()))
    value = bank_text.amount(found[4]) if found else None
    if found is None or value is None:
        draft.add("bad_balance", one.line, value=f":{one.tag}:{written}")
        return
    on = bank_text.day(found[2][:2], found[2][2:4], found[2][4:])
    if on is None:
        draft.add("bad_balance_date", one.line, value=found[2])
    currency = found[3] or draft.currency
    draft.currency = draft.currency or currency
    signed = value * _SIGNS[found[1]] if value else value
    draft.balances.append(Balance(_BALANCES[one.tag], on, signed, currency, one.line))
    draft.kind = "mt940" if one.tag.startswith("60") else draft.kind


def _movement(one: _Field, draft: Draft) -> Transaction | None:
    """Field :61:. Its second line is more about it; when the first alone cannot be read, both are put together."""
    head, more = one.lines[0], [line.strip() for line in one.lines[1:]]
    found = _MOVEMENT.match(head.strip())
    found = found or _MOVEMENT.match("".join(head.split()))
    if found is None and more:
        found, more = _MOVEMENT.match(head.strip() + more[0]), more[1:]
    value = bank_text.amount(found[5]) if found else None
    if found is None or value is None:
        draft.add("bad_operation", one.line, value=f":61:{head}")
        return None
    days = _days(found[1], found[2] or "", one.line, draft)
    if days is None:
        return None
    booked, value_on = days
    mark, kind = found[3], (found[6] or "").strip()
    columns = _COLUMNS.fullmatch(found[7])
    own, bank_id, rest = _references(columns[1] if columns else found[7])
    charges = [_charge(one, draft.currency) for part in (rest, *more) for one in _ABOUT_MONEY.findall(part)]
    kept = [charge for charge in charges if charge is not None]
    parts = (bank_text.flat(_ABOUT_MONEY.sub(" ", part)) for part in (own, rest, *more))
    return Transaction(
        booked_on=booked,
        value_on=value_on,
        amount=value * _SIGNS[mark] if value else value,
        currency=draft.currency,
        counterparty=bank_text.flat(columns[2]) if columns else "",
        reference="\n".join(part for part in parts if part),
        bank_id=bank_text.said(bank_id),
        code=kind,
        returned=UNKNOWN_REASON if kind[1:] == "RTI" else "",
        charges=sum(kept, Decimal(0)) if kept else None,
        line=one.line,
        nature=_TYPES.get(kind[1:], ""),
        pending=mark.startswith("E"),
        reversal=mark.startswith("R"),
    )


def _days(value: str, entry: str, line: int, draft: Draft) -> tuple[date, date | None] | None:
    """Booking day and value day; one of them is enough, and said. The year of a booking day alone is the balance's."""
    value_on = _value_day(value)
    near = value_on or next((one.on for one in reversed(draft.balances) if one.on), None)
    booked = _booking_day(near, entry) if near and (value_on or entry) else None
    if booked and value_on:
        return booked, value_on
    taken = booked or value_on
    if taken is None:
        draft.add("bad_operation_date", line, value=value + entry)
        return None
    draft.add("date_taken_from_elsewhere", line, value=value + entry, taken=taken)
    return taken, value_on


def _references(text: str) -> tuple[str, str, str]:
    """The account owner's reference (16 signs, or more), the bank's after ``//`` (16 signs), and what follows them."""
    own, slashes, after = text.partition("//")
    if slashes and len(own) <= _LONGEST_REFERENCE:
        return bank_text.said(own), after[:16].strip(), after[16:].strip()
    first, _, rest = text.strip().partition(" ")
    return (text.strip(), "", "") if bank_text.said(first) else ("", "", rest.strip())


def _charge(told: tuple[str, str], currency: str) -> Decimal | None:
    """What ``/CHGS/EUR5,00/`` says, in the account's currency."""
    word, money = told
    return bank_text.amount(money[3:]) if word == "CHGS" and money[:3] == currency else None


def _value_day(written: str) -> date | None:
    """YYMMDD. The 30th of February exists where interest counts months of 30 days: it is the month's last day."""
    exact = bank_text.day(written[:2], written[2:4], written[4:])
    start = bank_text.day(written[:2], written[2:4], "01")
    if exact or start is None or written[4:] not in ("29", "30"):
        return exact
    return start.replace(day=calendar.monthrange(start.year, start.month)[1])


def _booking_day(near: date, written: str) -> date | None:
    """MMDD of the year nearest to another day, the value day as a rule; that day itself when there is none."""
    if not written:
        return near
    years = (near.year, near.year - 1, near.year + 1)
    days = [bank_text.day(str(year), written[:2], written[2:]) for year in years if 1900 < year < 2100]
    return min((one for one in days if one), key=lambda one: abs((one - near).days), default=None)


def _settle(reader: _Reader) -> None:
    """The movement being read is complete: add what was told of it."""
    if reader.movement:
        draft = reader.drafts[-1]
        draft.transactions.append(_told(reader.movement, reader.told, reader.numbered))
        reader.taken += 1
    reader.movement, reader.told, reader.numbered = None, [], []


def _told(movement: Transaction, lines: list[str], numbered: list[str]) -> Transaction:
    filled = [line for line in lines if line.strip()]
    parts = movement.reference.split("\n")
    party = mt_details.party_before(parts, filled)
    if party:
        filled, parts = [party.reference], []
    if not filled and not numbered and any(mt_details.is_worded(part) for part in parts):
        filled, parts = parts, []
    found = mt_details.details(filled) if filled else mt_details.numbered(numbered)
    own = bank_text.flat(movement.reference)
    whole_iban, _ = bank_text.account(own)
    extra_iban = whole_iban or bank_text.iban_in(own)
    reference, end_to_end_id = found.reference, found.end_to_end_id
    for part in parts:
        told = "\n".join((reference, end_to_end_id, found.mandate, found.name, found.label)).upper()
        if part.startswith("EREF+"):
            end_to_end_id = end_to_end_id or part[5:]
        elif part.upper() not in told and part != extra_iban:
            reference = f"{reference} {part}".strip()
    returned = found.returned or movement.returned
    if found.returned == UNKNOWN_REASON and movement.returned:
        returned = movement.returned
    found = replace(found, name=party.name, iban=party.iban, other_account=party.other_account) if party else found
    return replace(
        movement,
        counterparty=found.name or movement.counterparty,
        iban=found.iban or (extra_iban if not found.other_account else ""),
        other_account=found.other_account,
        reference=reference,
        end_to_end_id=end_to_end_id,
        structured=found.structured or bank_text.creditor_reference(own),
        mandate=found.mandate,
        code=found.code or movement.code,
        returned=returned,
        nature=found.nature or movement.nature,
    )


def _close(reader: _Reader) -> None:
    """The message ends here."""
    _settle(reader)
    reader.ended = True
    if not reader.drafts:
        return
    draft = reader.drafts[-1]
    draft.transactions = [one if one.currency else replace(one, currency=draft.currency) for one in draft.transactions]
    for side, (count, value, line) in reader.totals.items():
        found = [one.amount for one in draft.transactions if (one.amount < 0) == (side == "D")]
        if len(found) != count or abs(sum(found, Decimal(0))) != value:
            announced = f"{count} × {value}" if count != len(found) else value
            draft.add("announced_total", line, announced=announced, found=abs(sum(found, Decimal(0))))
    reader.totals = {}
