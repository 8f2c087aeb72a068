"""Read CFONB files: account statements of 120 signs a record, and returned operations of 240 signs (``cfonb240``).

Records of 120: 01 old balance, 04 movement, 05 more about it, 07 new balance; days are DDMMYY. An amount's last sign
holds its last digit and whether it is a credit ({ A to I) or a debit (} J to R). Records may be cut at the right, run
on without line ends, or be parted by blank lines. ``read_cfonb`` never raises for what is in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from encaisse.exchange import bank_text, cfonb240, mt_details
from encaisse.exchange.bank import (
    MAX_STATEMENTS,
    MAX_TRANSACTIONS,
    UNKNOWN_REASON,
    Balance,
    BalanceKind,
    BankFile,
    Draft,
    Notes,
    Transaction,
    finish,
    refuse,
)
from encaisse.exchange.cfonb_fields import NATURES, RETURNS, day, records, signed
from encaisse.exchange.fec_bytes import Source
from encaisse.exchange.problems import Problem

_CODES = frozenset({"01", "04", "05", "07"})
_LABEL = re.compile(
    r"(?:VIR(?:EMENT)?|PRLV|PRELEVEMENT)\b(?:\s+(?:SEPA|INST|INSTANTANE|RECU|EMIS|FAVEUR|TIERS|DE))*(?:\s+|$)",
    re.IGNORECASE,
)
_LOST_AMOUNT = re.compile(r"([0-9]{6,13}[{}A-R])(?![0-9A-Z])", re.ASCII)
# What a complement (record 05) says, by its qualifier; others join the free text.
_NAMES = ("NPY", "NBE", "NPO", "NBU")
_TEXTS = ("LIB", "LCC", "LC2", "LEM")
_UNSAID = frozenset({"IPY", "IBE", "MMO", "BDB"})


@dataclass(slots=True)
class _Reader:
    """What was read so far. ``told`` is what the complements say of the movement, by qualifier."""

    drafts: list[Draft] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    open: bool = False
    movement: str = ""
    movement_line: int = 0
    told: dict[str, list[str]] = field(default_factory=dict)
    skipped: bool = False
    taken: int = 0


def read_cfonb(source: Source, *, language: str = "fr") -> BankFile:
    """Read one CFONB 120 or 240 file from bytes, a path or a binary stream.

    ``language``: of the problems' words, fr or en. The account's IBAN is worked out from bank, branch and number.
    Raises OSError only when a path cannot be opened or read.
    """
    found = bank_text.read_text(source, by_lines=False)
    if isinstance(found, Problem):
        return refuse(found.code, language=language, **found.values)
    lines = records(found.text)
    if isinstance(lines, Problem):
        return refuse(lines.code, language=language, **lines.values)
    codes = [line[:2] for _, line in lines]
    if sum(code in cfonb240.CODES for code in codes) * 2 > len(codes):
        drafts = cfonb240.statements(lines, found.notes)
        return finish("cfonb240", drafts, found.notes, language=language, encoding=found.encoding)
    if not sum(code in _CODES for code in codes) * 2 > len(codes):
        return refuse("not_a_statement", language=language, expected="CFONB 120, 240")
    reader = _Reader(notes=found.notes)
    for number, line in lines:
        _take(line, number, reader)
        if len(reader.drafts) > MAX_STATEMENTS:
            reader.notes.add("too_many_statements", number, limit=MAX_STATEMENTS)
            break
        if reader.taken >= MAX_TRANSACTIONS:
            reader.notes.add("too_many_transactions", number, limit=MAX_TRANSACTIONS)
            reader.drafts[-1].cut = True
            break
    _settle(reader)
    return finish("cfonb120", reader.drafts, reader.notes, language=language, encoding=found.encoding)


def _take(line: str, number: int, reader: _Reader) -> None:
    code = line[:2]
    if code == "05":
        _complement(line, number, reader)
        return
    _settle(reader)
    if code == "01":
        _begin(line, number, reader)
        _balance(line, number, "opening", reader.drafts[-1])
    elif code == "04":
        _placed(line, number, reader)
        reader.movement, reader.movement_line = line, number
    elif code == "07":
        _placed(line, number, reader)
        _balance(line, number, "closing", reader.drafts[-1])
        reader.open = False
    else:
        reader.notes.add("unknown_record", number, record=line[:20].strip())


def _begin(line: str, number: int, reader: _Reader) -> None:
    draft = Draft("cfonb120", number, currency=line[16:19].strip(), account=line[21:32].strip())
    draft.iban = bank_text.french_iban(line[2:7], line[11:16], draft.account)
    draft.id = line[34:40].strip() if day(line[34:40]) else ""
    reader.drafts.append(draft)
    reader.open = True


def _placed(line: str, number: int, reader: _Reader) -> None:
    """See that the record stands inside a statement, of its own account."""
    if not reader.open:
        reader.notes.add("record_out_of_place", number, record=line[:2])
        _begin(line, number, reader)
    draft, account = reader.drafts[-1], line[21:32].strip()
    if account and draft.account and account != draft.account:
        draft.add("other_account", number, found=account, account=draft.account)


def _amount(line: str, number: int, draft: Draft) -> Decimal | None:
    written = line[90:104].strip() if len(line) >= 104 else ""  # a cut amount would be read a tenth of itself
    value, bears_sign = signed(written, line[19:20])
    if not bears_sign and line[90:91] == " " and line[104:105].strip():
        written = line[90:].lstrip()[:14]  # a letter too many somewhere before it has moved it
        value, bears_sign = signed(written, line[19:20])
    if value is None:
        lost = _LOST_AMOUNT.search(line, 79)
        written = lost[1] if lost else written
        value, bears_sign = signed(written, line[19:20])
    if value is not None and not bears_sign:
        draft.add("unsigned_amount", number, value=written)
    return value


def _balance(line: str, number: int, kind: BalanceKind, draft: Draft) -> None:
    value = _amount(line, number, draft)
    if value is None:
        draft.add("bad_balance", number, value=line[90:104].strip())
        return
    on = day(line[34:40])
    if on is None:
        draft.add("bad_balance_date", number, value=line[32:40].strip())
    draft.balances.append(Balance(kind, on, value, line[16:19].strip() or draft.currency, number))


def _complement(line: str, number: int, reader: _Reader) -> None:
    if reader.movement:
        reader.told.setdefault(line[45:48], []).append(line[48:118])
    elif not reader.skipped:
        reader.notes.add("record_out_of_place", number, record="05")


def _settle(reader: _Reader) -> None:
    """The movement and its complements are complete."""
    line, number, told = reader.movement, reader.movement_line, reader.told
    reader.movement, reader.told, reader.skipped = "", {}, False
    if not line:
        return
    draft = reader.drafts[-1]
    value = _amount(line, number, draft)
    if value is None:
        draft.add("bad_operation_amount", number, value=line[90:104].strip())
        reader.skipped = True
        return
    booked, value_on = day(line[34:40]), day(line[42:48])
    if booked is None and value_on is None:
        draft.add("bad_operation_date", number, value=line[34:40])
        reader.skipped = True
        return
    if booked is None and value_on is not None:
        draft.add("date_taken_from_elsewhere", number, value=line[34:40], taken=value_on)
        booked = value_on
    if booked is not None:
        draft.transactions.append(_transaction(line, number, told, value, booked, value_on))
        reader.taken += 1


def _transaction(
    line: str, number: int, told: dict[str, list[str]], value: Decimal, booked: date, value_on: date | None
) -> Transaction:
    code, label = line[32:34].strip(), bank_text.flat(line[48:79])
    texts = [label, *_free(told), line[104:120]]
    reference = bank_text.flat(" ".join(texts))
    iban, other = bank_text.account(_first(told, "CPY", "CBE", "IBP", "IBB"))
    return Transaction(
        booked_on=booked,
        value_on=value_on,
        amount=value,
        currency=line[16:19].strip(),
        counterparty=_name(told, label, received=value > 0, code=code),
        iban=iban,
        reference=reference,
        end_to_end_id=bank_text.said(bank_text.flat(_first(told, "RCN")[:35])),
        structured=bank_text.flat(_first(told, "LCS")) or bank_text.creditor_reference(reference),
        bank_id=bank_text.flat(_first(told, "REF")) or line[81:88].strip().lstrip("0"),
        code=code,
        returned=_returned(line, code, told),
        charges=_charges(told),
        line=number,
        other_account=other,
        mandate=bank_text.flat(_first(told, "RUM")[:35]),
        nature=NATURES.get(code, ""),
    )


def _free(told: dict[str, list[str]]) -> Iterator[str]:
    """The free text of the complements, the known ones first, then what unknown ones say, and the purpose."""
    for qualifier in _TEXTS:
        yield from told.get(qualifier, ())
    for qualifier, texts in told.items():
        if qualifier == "RCN":
            yield from (text[35:] for text in texts)
        elif len(qualifier.strip()) == 3 and qualifier not in _KNOWN:
            yield from texts


_KNOWN = frozenset({*_TEXTS, *_NAMES, *_UNSAID, "RCN", "REF", "RUM", "LCS", "FEE", "RET", "CPY", "CBE", "IBP", "IBB"})


def _first(told: dict[str, list[str]], *qualifiers: str) -> str:
    return next((told[one][0].strip() for one in qualifiers if told.get(one)), "")


def _name(told: dict[str, list[str]], label: str, *, received: bool, code: str) -> str:
    """Who paid or was paid: from the complements, else what the label says after its first words."""
    if code in RETURNS:
        received = not received
    names = _first(told, "NPY", "NPO") if received else _first(told, "NBE", "NBU")
    names = names or _first(told, *_NAMES)
    if names:
        return bank_text.flat(names)
    begun = _LABEL.match(label)
    return label[begun.end() :] if begun else ""


def _returned(line: str, code: str, told: dict[str, list[str]]) -> str:
    reason = _first(told, "RET")
    if code not in RETURNS and not reason:
        return ""
    iso = mt_details.reason_in(reason[:4]) or mt_details.reason_in(reason)
    return iso or line[40:42].strip() or reason.partition(" ")[0][:4] or UNKNOWN_REASON


def _charges(told: dict[str, list[str]]) -> Decimal | None:
    written = _first(told, "FEE")
    value, _ = signed(written[4:18].strip(), written[3:4])
    return abs(value) if value is not None else None
