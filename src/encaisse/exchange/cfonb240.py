"""CFONB 240: operations given back to a customer one by one, such as unpaid direct debits and returned transfers.

Records: 31 header (whose account), 34 operation, 39 total. Amounts bear no sign: the interbank code says the way, and
an operation that names an earlier one (its day, its reference) undoes it.
"""

from __future__ import annotations

from decimal import Decimal

from encaisse.exchange import bank_text, mt_details
from encaisse.exchange.bank import MAX_STATEMENTS, MAX_TRANSACTIONS, UNKNOWN_REASON, Draft, Notes, Transaction
from encaisse.exchange.cfonb_fields import DEBITS, NATURES, RETURNS, day, signed

LENGTH = 240
CODES = frozenset({"31", "34", "39"})
_CURRENCIES = {"E": "EUR", "F": "FRF"}
# Ways in which the same 45 signs (bank, branch, account, name) stand in a record.
_FIRST, _SECOND = 21, 77
_RETURNED_TRANSFERS = frozenset({"12", "A3", "A4", "C3", "C5"})


def statements(lines: list[tuple[int, str]], notes: Notes) -> list[Draft]:
    """One draft per header; what stands outside of one is kept, and noted in ``notes``."""
    drafts: list[Draft] = []
    is_open = False
    taken = 0
    for number, line in lines:
        code = line[:2]
        taken += code == "34"
        if taken > MAX_TRANSACTIONS:
            notes.add("too_many_transactions", number, limit=MAX_TRANSACTIONS)
            return drafts
        if code not in CODES:
            notes.add("unknown_record", number, record=line[:20].strip())
            continue
        if code == "31" or not is_open:
            if code != "31":
                notes.add("record_out_of_place", number, record=code)
            drafts.append(_header(line, number, known=code == "31"))
            is_open = True
            if len(drafts) > MAX_STATEMENTS:
                notes.add("too_many_statements", number, limit=MAX_STATEMENTS)
                break
        if code == "34":
            _operation(line, number, drafts[-1])
        elif code == "39":
            _total(line, number, drafts[-1])
            is_open = False
    if is_open:
        notes.add("statement_cut", lines[-1][0])
    return drafts


def _header(line: str, number: int, *, known: bool) -> Draft:
    draft = Draft("cfonb240", number, id=line[10:16].strip(), currency=_CURRENCIES.get(line[16:17], "EUR"))
    if known:
        draft.iban, draft.account, draft.owner = _party(line, _FIRST)
        if not draft.account:
            draft.iban, draft.account, draft.owner = _party(line, _SECOND)
    return draft


def _party(line: str, at: int) -> tuple[str, str, str]:
    """IBAN, account number and name of the party that stands at a place."""
    account = line[at + 10 : at + 21].strip()
    name = bank_text.flat(line[at + 21 : at + 45])
    return bank_text.french_iban(line[at : at + 5], line[at + 5 : at + 10], account), account, name


def _operation(line: str, number: int, draft: Draft) -> None:
    written = line[228:240].strip()
    value, bears_sign = signed(written, "2") if len(line) >= LENGTH else (None, False)
    if value is None:
        draft.add("bad_operation_amount", number, value=written)
        return
    settled, initial = day(line[10:16]), day(line[216:222])
    if settled is None:
        draft.add("bad_operation_date", number, value=line[10:16])
        return
    code, text = line[8:10].strip(), bank_text.flat(line[128:216])
    returned = _returned(code, text, undoes=initial is not None or bool(line[222:228].strip(" 0")))
    if not bears_sign:
        value *= -1 if value and _takes_out(code, returned, text) else 1
    iban, account, name = _other_party(line, draft)
    draft.transactions.append(
        Transaction(
            booked_on=settled,
            value_on=initial if initial and not returned else None,
            amount=value,
            currency=_CURRENCIES.get(line[16:17], draft.currency),
            counterparty=name,
            iban=iban,
            reference=text,
            end_to_end_id="",
            structured=bank_text.creditor_reference(text),
            bank_id=line[122:128].strip() or line[222:228].strip(),
            code=code,
            returned=returned,
            line=number,
            other_account="" if iban else account,
            nature=NATURES.get(code, ""),
        )
    )


def _other_party(line: str, draft: Draft) -> tuple[str, str, str]:
    """Of the two parties in the record, the one that is not the account's own."""
    second, first = _party(line, _SECOND), _party(line, _FIRST)
    if any(second) and second[1] != draft.account:
        return second
    return first if first[1] != draft.account else ("", "", second[2] if second[2] != draft.owner else "")


def _returned(code: str, text: str, *, undoes: bool) -> str:
    said = mt_details.reason_in(text)
    if code in RETURNS or undoes or mt_details.says_unpaid(text):
        return said or UNKNOWN_REASON
    return ""


def _takes_out(code: str, returned: str, text: str) -> bool:
    """Which way the money went: a payment received that comes back goes out."""
    if code in DEBITS:
        return True
    return bool(returned) and code not in _RETURNED_TRANSFERS and not text.upper().startswith("VIR")


def _total(line: str, number: int, draft: Draft) -> None:
    announced, _ = signed(line[228:240].strip(), "2")
    found = sum((abs(one.amount) for one in draft.transactions), Decimal(0))
    if announced is None:
        draft.add("bad_balance", number, value=line[228:240].strip())
    elif abs(announced) != found:
        draft.add("announced_total", number, announced=abs(announced), found=found)
