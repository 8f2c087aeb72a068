"""The bank statement of the last month as CAMT.053 (ISO 20022, camt.053.001.08)."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from encaisse.demo.accounts import OPENING_BANK, bank_lines
from encaisse.demo.cast import company
from encaisse.demo.trade import Cost, Receipt, Trade
from encaisse.money import to_decimal_text

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
DAYS = 31
CREDIT, DEBIT = "CRDT", "DBIT"


def camt(trade: Trade) -> bytes:
    """The booked movements of the 31 days before the day, with opening and closing balance."""
    last = trade.day - timedelta(1)
    first = trade.day - timedelta(DAYS)
    moves = bank_lines(trade)
    before = OPENING_BANK + sum(amount for on, _, amount in moves if on < first)
    shown = [move for move in moves if first <= move[0] <= last]
    root = Element("Document", xmlns=NAMESPACE)
    report = SubElement(root, "BkToCstmrStmt")
    header = SubElement(report, "GrpHdr")
    _text(header, "MsgId", f"RELEVE-{last:%Y%m%d}")
    _text(header, "CreDtTm", f"{trade.day}T05:00:00+00:00")
    statement = _statement(report, trade, first, last)
    _balance(statement, "OPBD", before, first)
    _balance(statement, "CLBD", before + sum(amount for _, _, amount in shown), last)
    for number, (on, source, amount) in enumerate(shown, 1):
        _movement(statement, number, on, source, amount)
    indent(root)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _statement(report: Element, trade: Trade, first: date, last: date) -> Element:
    statement = SubElement(report, "Stmt")
    _text(statement, "Id", f"{last:%Y%m%d}")
    _text(statement, "CreDtTm", f"{trade.day}T05:00:00+00:00")
    period = SubElement(statement, "FrToDt")
    _text(period, "FrDtTm", f"{first}T00:00:00+00:00")
    _text(period, "ToDtTm", f"{last}T23:59:59+00:00")
    account = SubElement(statement, "Acct")
    _text(SubElement(account, "Id"), "IBAN", company().iban)
    _text(account, "Ccy", "EUR")
    _text(SubElement(account, "Ownr"), "Nm", company().name)
    _text(SubElement(SubElement(account, "Svcr"), "FinInstnId"), "BICFI", company().bic)
    return statement


def _balance(statement: Element, code: str, amount: int, on: date) -> None:
    balance = SubElement(statement, "Bal")
    _text(SubElement(SubElement(balance, "Tp"), "CdOrPrtry"), "Cd", code)
    _money(balance, amount)
    _text(SubElement(balance, "Dt"), "Dt", on.isoformat())


def _movement(statement: Element, number: int, on: date, source: Receipt | Cost, amount: int) -> None:
    entry = SubElement(statement, "Ntry")
    _text(entry, "NtryRef", str(number))
    _money(entry, amount)
    _text(SubElement(entry, "Sts"), "Cd", "BOOK")
    _text(SubElement(entry, "BookgDt"), "Dt", on.isoformat())
    _text(SubElement(entry, "ValDt"), "Dt", on.isoformat())
    _text(entry, "AcctSvcrRef", f"{on:%Y%m%d}{number:05d}")
    domain = SubElement(SubElement(entry, "BkTxCd"), "Domn")
    _text(domain, "Cd", "PMNT")
    family = SubElement(domain, "Fmly")
    _text(family, "Cd", "RCDT" if amount > 0 else "IDDT")
    _text(family, "SubFmlyCd", "ESCT" if amount > 0 else "ESDD")
    details = SubElement(SubElement(entry, "NtryDtls"), "TxDtls")
    _text(SubElement(details, "Refs"), "EndToEndId", _reference(source))
    _money(details, amount)
    _parties(details, source)
    words = " ".join(part for part, _ in source.parts) if isinstance(source, Receipt) else source.label
    _text(SubElement(details, "RmtInf"), "Ustrd", words or "VIREMENT")


def _parties(details: Element, source: Receipt | Cost) -> None:
    parties = SubElement(details, "RltdPties")
    if isinstance(source, Cost):
        _text(SubElement(SubElement(parties, "Cdtr"), "Pty"), "Nm", source.label)
        return
    _text(SubElement(SubElement(parties, "Dbtr"), "Pty"), "Nm", source.client.name)
    _text(SubElement(SubElement(parties, "DbtrAcct"), "Id"), "IBAN", source.client.iban)


def _reference(source: Receipt | Cost) -> str:
    return source.reference if isinstance(source, Receipt) else f"PRL{source.on:%y%m%d}"


def _money(parent: Element, amount: int) -> None:
    _text(parent, "Amt", to_decimal_text(abs(amount))).set("Ccy", "EUR")
    _text(parent, "CdtDbtInd", CREDIT if amount >= 0 else DEBIT)


def _text(parent: Element, name: str, text: str) -> Element:
    child = SubElement(parent, name)
    child.text = text
    return child
