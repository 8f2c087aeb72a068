"""The parts of CAMT entries: texts, days, codes, parties, remittances, wherever the versions put them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from xml.etree.ElementTree import Element  # nosec - a type only

from encaisse.exchange import bank_text, cfonb_fields, mt_details
from encaisse.exchange.bank import UNKNOWN_REASON, Nature
from encaisse.exchange.camt_xml import LINE

SIGNS = {"CRDT": 1, "DBIT": -1}
_FAMILIES: dict[str, Nature] = {
    "RCDT": "transfer", "ICDT": "transfer", "RRCT": "transfer", "IRCT": "transfer", "RDDT": "direct_debit",
    "IDDT": "direct_debit", "CCRD": "card", "MCRD": "card", "RCHQ": "cheque", "ICHQ": "cheque", "DRFT": "bill",
    "LBOX": "cheque", "CNTR": "cash",
}  # fmt: skip
_SUBFAMILIES: dict[str, Nature] = {"CHRG": "fee", "FEES": "fee", "COMM": "fee", "INTR": "interest", "POSD": "card"}
_TOLD_AMOUNTS = ("TxAmt", "CntrValAmt", "AnncdPstngAmt", "InstdAmt")
# Codes a country keeps beside the ISO ones: the German one is type+transaction code+more.
_GERMAN_CODE = re.compile(r"N[A-Z]{3}\+([0-9]{3})\+", re.ASCII)
# Swiss banks say beside a reference whether they could read it.
_SWISS_MARK = re.compile(r"\?[A-Z]+\?[0-9]*", re.ASCII)
# Sub-families that undo a payment: returned or unpaid transfers, direct debits, cheques, cards.
_RETURNS = frozenset({"RRTN", "UPDD", "PRDD", "UPCQ", "UPCT", "RPCR"})


@dataclass(frozen=True, slots=True)
class Party:
    """A name and its account: an IBAN, or another number."""

    name: str = ""
    iban: str = ""
    other: str = ""

    @property
    def known(self) -> bool:
        """Whether anything is said of it."""
        return bool(self.name or self.iban or self.other)


@dataclass(frozen=True, slots=True)
class Detail:
    """One payment inside an entry. ``amounts``: what it says of its amount, by currency, signed when it says so."""

    line: int | None
    amounts: dict[str, Decimal]
    sign: int
    debtor: Party
    creditor: Party
    reference: str
    end_to_end_id: str
    structured: str
    mandate: str
    bank_id: str
    batch: str
    code: str
    nature: Nature
    returned: str
    charges: Decimal | None
    note: str


def text(node: Element | None, *path: str) -> str:
    """The text at a path of names below ``node``, or ``""``."""
    if node is None:
        return ""
    *above, last = path
    for name in above:
        node = node.find(name)
        if node is None:
            return ""
    return (node.findtext(last) or "").strip()


def moment(node: Element | None) -> date | None:
    """The day of an element that holds a date or a date and time, as the bank wrote it (its own time zone)."""
    if node is None:
        return None
    found = text(node, "Dt") or text(node, "DtTm") or (node.text or "").strip()
    return iso_day(found)


def iso_day(written: str) -> date | None:
    """``2014-12-31``, with or without time or zone."""
    return _day(written[:10])


@lru_cache(maxsize=4096)
def _day(written: str) -> date | None:
    # The same few days stand on thousands of movements.
    if len(written) < 10 or written[4] != "-" or written[7] != "-":
        return None
    return bank_text.day(written[:4], written[5:7], written[8:10])


def line_of(node: Element) -> int | None:
    """Where the element stands in the file."""
    at: object = node.get(LINE)
    return at if isinstance(at, int) else None


def detail(node: Element) -> Detail:
    """Read one payment (TxDtls)."""
    refs = node.find("Refs")
    parties = node.find("RltdPties")
    back = node.find("RtrInf")
    reference, structured = _remittance(node.find("RmtInf"))
    code, nature, undone = bank_code(node.find("BkTxCd"))
    returned = UNKNOWN_REASON if undone or back is not None else ""
    return Detail(
        line=line_of(node),
        amounts=_amounts(node),
        sign=SIGNS.get(text(node, "CdtDbtInd"), 0),
        debtor=_party(parties, "Dbtr", "DbtrAcct", "UltmtDbtr"),
        creditor=_party(parties, "Cdtr", "CdtrAcct", "UltmtCdtr"),
        reference=reference,
        end_to_end_id=bank_text.said(text(refs, "EndToEndId")),
        structured=structured,
        mandate=bank_text.said(text(refs, "MndtId")),
        bank_id=text(refs, "AcctSvcrRef"),
        batch=text(refs, "PmtInfId"),
        code=code,
        nature=nature,
        returned=_reason(back) or returned,
        charges=charges_of(node),
        note=text(node, "AddtlTxInf") or text(back, "AddtlInf"),
    )


def _reason(back: Element | None) -> str:
    """Why a payment came back: a code, or the bank's own word."""
    if back is None:
        return ""
    for name in ("Rsn", "RtrRsn"):
        reason = back.find(name)
        if reason is not None:
            return text(reason, "Cd") or text(reason, "Prtry")
    return ""


def bank_code(node: Element | None) -> tuple[str, Nature, bool]:
    """The bank's code of a movement, what kind of money it is, and whether it undoes a payment."""
    if node is None:
        return "", "", False
    own, own_nature, own_return = _national_code(node.find("Prtry"))
    domain = node.find("Domn")
    if domain is None:
        return own, own_nature, own_return
    family = domain.find("Fmly")
    name, sub = text(family, "Cd"), text(family, "SubFmlyCd")
    code = "/".join(part for part in (text(domain, "Cd"), name, sub) if part)
    nature = _SUBFAMILIES.get(sub) or _FAMILIES.get(name) or own_nature
    return code, nature, sub in _RETURNS or own_return


def _national_code(node: Element | None) -> tuple[str, Nature, bool]:
    """A country's own code; the French interbank ones (CFONB) and the German ones are known."""
    if node is None:
        return "", "", False
    code = text(node, "Cd")
    german = _GERMAN_CODE.match(code)
    if german:
        return code, mt_details.GERMAN_NATURES.get(german[1], ""), german[1] in mt_details.GERMAN_RETURNS
    if len(code) == 2 and "CFONB" in text(node, "Issr").upper():
        return code, cfonb_fields.NATURES.get(code, ""), code in cfonb_fields.RETURNS
    return code, "", False


def charges_of(node: Element) -> Decimal | None:
    """What the bank kept of this payment, positive; None when it says nothing."""
    found: list[Decimal] = []
    for charges in node.findall("Chrgs"):
        total = bank_text.amount(text(charges, "TtlChrgsAndTaxAmt"))
        if total is not None:
            found.append(total)
            continue
        for one in (charges, *charges.findall("Rcrd")):
            value = bank_text.amount(text(one, "Amt"))
            if value is not None:
                found.append(-value if text(one, "CdtDbtInd") == "CRDT" else value)
    return sum(found, Decimal(0)) if found else None


def _amounts(node: Element) -> dict[str, Decimal]:
    """What a payment says of its amount, by currency: its own, then the one booked, then the one instructed."""
    found: dict[str, Decimal] = {}
    more = node.find("AmtDtls")
    holders = [node]
    if more is not None:
        holders += [one for name in _TOLD_AMOUNTS if (one := more.find(name)) is not None]
    for holder in holders:
        place = holder.find("Amt")
        if place is None:
            continue
        value = bank_text.amount(place.text or "")
        if value is not None:
            found.setdefault(place.get("Ccy") or "", value)
    return found


def _party(parties: Element | None, name: str, account: str, ultimate: str) -> Party:
    if parties is None:
        return Party()
    node = parties.find(name)
    holder = parties.find(account)
    iban, other = "", ""
    if holder is not None:
        iban, other = account_of(holder)
    said = party_name(node) or party_name(parties.find(ultimate)) or text(holder, "Nm")
    return Party(said, iban, other)


def party_name(node: Element | None) -> str:
    """A party's name: before version 8 in the party itself, since then below Pty; or its bank's."""
    if node is None:
        return ""
    found = text(node, "Nm") or text(node, "Pty", "Nm") or text(node, "Agt", "FinInstnId", "Nm")
    return bank_text.flat(found)


def account_of(node: Element) -> tuple[str, str]:
    """An account as (IBAN, other number), however it is identified."""
    identity = node.find("Id")
    written = text(identity, "IBAN") or text(identity, "Othr", "Id")
    for name in () if written or identity is None else ("PrtryAcct", "BBAN", "UPIC"):
        written = written or text(identity, name, "Id") or text(identity, name)
    return bank_text.account(written)


def _remittance(node: Element | None) -> tuple[str, str]:
    """Free text and structured references of a payment. Invoice numbers given in structured form join the text."""
    if node is None:
        return "", ""
    free = [(one.text or "").strip() for one in node.findall("Ustrd")]
    structured: list[str] = []
    for one in node.findall("Strd"):
        structured.append(text(one, "CdtrRefInf", "Ref") or text(one, "CdtrRefInf", "CdtrRef"))
        for document in one.findall("RfrdDocInf"):
            free.append(text(document, "Nb") or text(document, "RfrdDocNb"))
        more = [(found.text or "").strip() for found in one.findall("AddtlRmtInf")]
        free += [said for said in more if not _SWISS_MARK.fullmatch(said)]
    return bank_text.flat(" ".join(free)), all_of(structured)


def all_of(texts: Iterable[str]) -> str:
    """The texts that say something, each once, on one line."""
    return " ".join(dict.fromkeys(one for one in texts if one))
