"""One entry of a CAMT message, and what a batch holds: from elements to transactions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from xml.etree.ElementTree import Element  # nosec - a type only

from encaisse.exchange import bank_text, mt_details
from encaisse.exchange.bank import UNKNOWN_REASON, Draft, Transaction
from encaisse.exchange.camt_detail import SIGNS, Detail, Party, all_of, bank_code, charges_of, line_of, moment, text

_PENDING = frozenset({"PDNG", "INFO", "FUTR"})


def transactions(entry: Element, details: list[Detail], draft: Draft, fallback: date | None) -> Iterable[Transaction]:
    """The transactions of one entry: one, or one per payment of a batch whose amounts add up to it.

    What cannot be read becomes a problem of ``draft``. ``fallback`` is the day taken when the entry has none.
    """
    whole = _whole(entry, draft, fallback)
    if whole is None:
        return ()
    if len(details) < 2:
        return (_in_words(_joined(whole, details, draft)),)
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
    sign = SIGNS.get(text(entry, "CdtDbtInd"))
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
        bank_id=text(entry, "AcctSvcrRef") or text(entry, "NtryRef"),
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
    for holder in (entry.find("NtryDtls"), entry):
        batch = holder.find("Btch") if holder is not None else None
        if batch is not None:
            return text(batch, "PmtInfId") or text(batch, "MsgId")
    return ""


def _parts(whole: Transaction, details: list[Detail], draft: Draft) -> list[Transaction]:
    """One transaction per payment, and one for the charges between them and the entry; none when they do not add up."""
    found = [one.amounts.get(whole.currency) for one in details]
    values = [value for value in found if value is not None]
    if len(values) < len(details):
        _doubtful(whole, details, draft)
        return []
    way = -1 if whole.amount < 0 else 1
    signed = [abs(value) * (one.sign or way) + 0 for value, one in zip(values, details, strict=True)]
    rest = whole.amount - sum(signed, Decimal(0))
    if rest and sum(map(abs, values), Decimal(0)) == abs(whole.amount):
        signed, rest = [abs(value) * way + 0 for value in values], Decimal(0)
    charges = whole.charges or sum((one.charges or Decimal(0) for one in details), Decimal(0))
    if rest and (rest > 0 or -rest != charges):
        draft.add(
            "batch_total", whole.line, found=sum(signed, Decimal(0)), amount=whole.amount, currency=whole.currency
        )
        return []
    batch = whole.batch or whole.bank_id or details[0].batch or f"{whole.line}"
    parts = [
        _told(whole, one, draft, _Own(value, None, "", batch, one.line))
        for value, one in zip(signed, details, strict=True)
    ]
    if rest:
        parts.append(replace(whole, amount=rest, batch=batch, nature="fee", charges=None))
    return parts


def _in_words(one: Transaction) -> Transaction:
    """What the text alone says of the other party, where nothing else does: some banks only copy their MT940 there."""
    if one.counterparty or one.iban or one.other_account or one.end_to_end_id or not one.reference:
        return one
    said = mt_details.details([one.reference])
    back = said.returned if one.amount < 0 else ""
    return replace(
        one,
        counterparty=said.name,
        iban=said.iban,
        other_account=said.other_account,
        end_to_end_id=said.end_to_end_id,
        structured=one.structured or said.structured,
        mandate=one.mandate or said.mandate,
        returned=one.returned if one.returned not in ("", UNKNOWN_REASON) else back or one.returned,
        nature=one.nature or said.nature,
    )


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
        return _told(whole, details[0], draft, _own(whole))
    mine = _own(whole)._replace(reference="")
    told = [_told(whole, one, draft, mine) for one in details]
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
        reference=(all_of(one.reference for one in told) or whole.reference),
        structured=all_of(one.structured for one in told),
        charges=whole.charges,
        line=whole.line,
        batch=(whole.batch or whole.bank_id or f"{whole.line}"),
    )


class _Own(NamedTuple):
    """What a transaction has for itself where a payment of its entry says nothing."""

    amount: Decimal
    charges: Decimal | None
    reference: str
    batch: str
    line: int | None


def _own(whole: Transaction) -> _Own:
    return _Own(whole.amount, whole.charges, whole.reference, whole.batch, whole.line)


def _told(whole: Transaction, one: Detail, draft: Draft, own: _Own) -> Transaction:
    """The entry with what one of its payments says."""
    returned = (one.returned if one.returned != UNKNOWN_REASON else "") or whole.returned or one.returned
    party = _counterparty(own.amount, one, draft, back=bool(returned))
    # Made anew: to replace fields of the entry's own takes four times as long, and there may be half a million.
    return Transaction(
        booked_on=whole.booked_on,
        value_on=whole.value_on,
        amount=own.amount,
        currency=whole.currency,
        counterparty=party.name,
        iban=party.iban,
        other_account=party.other,
        reference=one.reference or one.note or own.reference,
        end_to_end_id=one.end_to_end_id,
        structured=one.structured or bank_text.creditor_reference(one.reference),
        mandate=one.mandate,
        bank_id=one.bank_id or whole.bank_id,
        code=one.code or whole.code,
        nature=one.nature or whole.nature,
        returned=returned,
        charges=one.charges if one.charges is not None else own.charges,
        batch=own.batch,
        line=own.line,
        pending=whole.pending,
        reversal=whole.reversal,
    )


def _counterparty(amount: Decimal, one: Detail, draft: Draft, *, back: bool) -> Party:
    """Who paid or was paid. What comes back names the parties of the first payment, so the other way round."""
    debtor_side = (amount > 0) != back
    chosen, other = (one.debtor, one.creditor) if debtor_side else (one.creditor, one.debtor)
    if back and not chosen.known:
        return other
    if _ours(chosen, draft) and other.known and not _ours(other, draft):
        return other
    return chosen


def _ours(party: Party, draft: Draft) -> bool:
    if party.iban and draft.iban:
        return party.iban == draft.iban
    return bool(party.name) and party.name == draft.owner
