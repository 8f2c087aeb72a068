"""One entry of a CAMT message, and what a batch holds: from elements to transactions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import Element  # nosec - a type only

from encaisse.exchange import bank_text
from encaisse.exchange.bank import UNKNOWN_REASON, Draft, Nature, Transaction
from encaisse.exchange.camt_xml import LINE

_SIGNS = {"CRDT": 1, "DBIT": -1}
_PENDING = frozenset({"PDNG", "INFO", "FUTR"})
_FAMILIES: dict[str, Nature] = {
    "RCDT": "transfer", "ICDT": "transfer", "RRCT": "transfer", "IRCT": "transfer", "RDDT": "direct_debit",
    "IDDT": "direct_debit", "CCRD": "card", "MCRD": "card", "RCHQ": "cheque", "ICHQ": "cheque", "DRFT": "bill",
    "LBOX": "cheque", "CNTR": "cash",
}  # fmt: skip
_SUBFAMILIES: dict[str, Nature] = {"CHRG": "fee", "FEES": "fee", "COMM": "fee", "INTR": "interest", "POSD": "card"}
# Sub-families that undo a payment: returned or unpaid transfers, direct debits, cheques, cards.
_RETURNS = frozenset({"RRTN", "UPDD", "PRDD", "UPCQ", "UPCT", "RPCR", "RPBC", "ARET", "BBRT"})


@dataclass(frozen=True, slots=True)
class Party:
    """A name and its account: an IBAN, or another number."""

    name: str = ""
    iban: str = ""
    other: str = ""


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
    for name in path:
        if node is None:
            return ""
        node = node.find(name)
    return (node.text or "").strip() if node is not None else ""


def moment(node: Element | None) -> date | None:
    """The day of an element that holds a date or a date and time, as the bank wrote it (its own time zone)."""
    if node is None:
        return None
    found = text(node, "Dt") or text(node, "DtTm") or (node.text or "").strip()
    return iso_day(found)


def iso_day(written: str) -> date | None:
    """``2014-12-31``, with or without time or zone."""
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
        sign=_SIGNS.get(text(node, "CdtDbtInd"), 0),
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
        note=(text(node, "AddtlTxInf") or text(back, "AddtlInf")),
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
    domain = node.find("Domn")
    if domain is None:
        return text(node, "Prtry", "Cd"), "", False
    family, sub = text(domain, "Fmly", "Cd"), text(domain, "Fmly", "SubFmlyCd")
    code = "/".join(part for part in (text(domain, "Cd"), family, sub) if part)
    return code, _SUBFAMILIES.get(sub) or _FAMILIES.get(family, ""), sub in _RETURNS


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


def transactions(entry: Element, details: list[Detail], draft: Draft, fallback: date | None) -> Iterable[Transaction]:
    """The transactions of one entry: one, or one per payment of a batch whose amounts add up to it.

    What cannot be read becomes a problem of ``draft``. ``fallback`` is the day taken when the entry has none.
    """
    whole = _whole(entry, draft, fallback)
    if whole is None:
        return ()
    if len(details) < 2:
        return (_joined(whole, details, draft),)
    parts = _parts(whole, details, draft)
    return parts or (_joined(whole, details, draft),)


def _whole(entry: Element, draft: Draft, fallback: date | None) -> Transaction | None:
    """The entry itself, or None when it must be set aside."""
    line = line_of(entry)
    money = entry.find("Amt")
    written = (money.text or "").strip() if money is not None else ""
    value = bank_text.amount(written)
    if value is None:
        draft.add("bad_operation_amount", line, value=written)
        return None
    sign = _SIGNS.get(text(entry, "CdtDbtInd"))
    if sign is None:
        draft.add("no_direction", line, value=written)
        return None
    value_on = moment(entry.find("ValDt"))
    booked = moment(entry.find("BookgDt"))
    if booked is None:
        booked = value_on or fallback
        shown = text(entry, "BookgDt", "Dt") or text(entry, "BookgDt", "DtTm")
        if booked is None:
            draft.add("bad_operation_date", line, value=shown)
            return None
        if shown or not value_on:
            draft.add("date_taken_from_elsewhere", line, value=shown, taken=booked)
    status = text(entry, "Sts", "Cd") or text(entry, "Sts")
    code, nature, undone = bank_code(entry.find("BkTxCd"))
    return Transaction(
        booked_on=booked,
        value_on=value_on,
        amount=sign * value if value else value,
        currency=(money.get("Ccy") or draft.currency) if money is not None else draft.currency,
        reference=text(entry, "AddtlNtryInf"),
        bank_id=(text(entry, "AcctSvcrRef") or text(entry, "NtryRef")),
        code=code,
        returned=UNKNOWN_REASON if undone else "",
        charges=charges_of(entry),
        batch=_batch(entry),
        line=line,
        nature=nature,
        pending=status in _PENDING,
        reversal=text(entry, "RvslInd") in ("true", "1"),
    )


def _batch(entry: Element) -> str:
    batch = entry.find("NtryDtls/Btch")
    if batch is None:
        batch = entry.find("Btch")
    return text(batch, "PmtInfId") or text(batch, "MsgId")


def _parts(whole: Transaction, details: list[Detail], draft: Draft) -> list[Transaction]:
    """One transaction per payment, and one for the charges between them and the entry; none when they do not add up."""
    found = [one.amounts.get(whole.currency) for one in details]
    values = [value for value in found if value is not None]
    if len(values) < len(details):
        _doubtful(whole, details, draft)
        return []
    way = -1 if whole.amount < 0 else 1
    signed = [abs(value) * (one.sign or way) for value, one in zip(values, details, strict=True)]
    rest = whole.amount - sum(signed, Decimal(0))
    if rest and sum(map(abs, values), Decimal(0)) == abs(whole.amount):
        signed, rest = [abs(value) * way for value in values], Decimal(0)
    charges = whole.charges or sum((one.charges or Decimal(0) for one in details), Decimal(0))
    if rest and (rest > 0 or -rest != charges):
        draft.add(
            "batch_total", whole.line, found=sum(signed, Decimal(0)), amount=whole.amount, currency=whole.currency
        )
        return []
    batch = whole.batch or whole.bank_id or details[0].batch or f"{whole.line}"
    parts = [
        _told(replace(whole, amount=value, charges=None, reference="", batch=batch, line=one.line), one, draft)
        for value, one in zip(signed, details, strict=True)
    ]
    if rest:
        parts.append(replace(whole, amount=rest, batch=batch, nature="fee", charges=None))
    return parts


def _doubtful(whole: Transaction, details: list[Detail], draft: Draft) -> None:
    """Payments told in another currency than the entry cannot be added up."""
    told = [next(iter(one.amounts.items()), None) for one in details]
    sums: dict[str, Decimal] = {}
    for one in told:
        if one is None:
            return
        sums[one[0]] = sums.get(one[0], Decimal(0)) + one[1]
    found = " + ".join(f"{value} {currency}".strip() for currency, value in sums.items())
    draft.add("batch_total", whole.line, found=found, amount=whole.amount, currency=whole.currency)


def _joined(whole: Transaction, details: list[Detail], draft: Draft) -> Transaction:
    """The entry as one transaction, with what its payments say alike."""
    if not details:
        return whole
    if len(details) == 1:
        return _told(whole, details[0], draft)
    told = [_told(replace(whole, reference=""), one, draft) for one in details]
    alike = told[0]

    def same(name: str) -> str:
        values = {getattr(one, name) for one in told}
        return values.pop() if len(values) == 1 else ""

    return replace(
        alike,
        counterparty=same("counterparty"),
        iban=same("iban"),
        other_account=same("other_account"),
        end_to_end_id=same("end_to_end_id"),
        mandate=same("mandate"),
        bank_id=(whole.bank_id or same("bank_id")),
        reference=(_all_of(one.reference for one in told) or whole.reference),
        structured=_all_of(one.structured for one in told),
        charges=whole.charges,
        line=whole.line,
        batch=(whole.batch or whole.bank_id or f"{whole.line}"),
    )


def _all_of(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(one for one in texts if one))


def _told(whole: Transaction, one: Detail, draft: Draft) -> Transaction:
    """The entry with what one of its payments says."""
    returned = (one.returned if one.returned != UNKNOWN_REASON else "") or whole.returned or one.returned
    party = _counterparty(whole, one, draft, back=bool(returned))
    return replace(
        whole,
        counterparty=party.name,
        iban=party.iban,
        other_account=party.other,
        reference=(one.reference or one.note or whole.reference),
        end_to_end_id=one.end_to_end_id,
        structured=(one.structured or bank_text.creditor_reference(one.reference)),
        mandate=one.mandate,
        bank_id=(one.bank_id or whole.bank_id),
        code=(whole.code or one.code) if not one.code else one.code,
        nature=one.nature or whole.nature,
        returned=returned,
        charges=one.charges if one.charges is not None else whole.charges,
    )


def _counterparty(whole: Transaction, one: Detail, draft: Draft, *, back: bool) -> Party:
    """Who paid or was paid. What comes back names the parties of the first payment, so the other way round."""
    debtor_side = (whole.amount > 0) != back
    chosen, other = (one.debtor, one.creditor) if debtor_side else (one.creditor, one.debtor)
    unknown = chosen == Party()
    if (back and unknown) or (_ours(chosen, draft) and other != Party() and not _ours(other, draft)):
        return other
    return chosen


def _ours(party: Party, draft: Draft) -> bool:
    if party.iban and draft.iban:
        return party.iban == draft.iban
    return bool(party.name) and party.name == draft.owner


def _amounts(node: Element) -> dict[str, Decimal]:
    """What a payment says of its amount, by currency: its own, then the one booked, then the one instructed."""
    found: dict[str, Decimal] = {}
    more = node.find("AmtDtls")
    places = [node.find("Amt")]
    if more is not None:
        places += [more.find(f"{name}/Amt") for name in ("TxAmt", "CntrValAmt", "AnncdPstngAmt", "InstdAmt")]
    for place in places:
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
        free += [(more.text or "").strip() for more in one.findall("AddtlRmtInf")]
    return bank_text.flat(" ".join(free)), _all_of(structured)
