"""What tells one movement from another, so that a statement read twice, or two that overlap, add nothing."""

from __future__ import annotations

import hashlib
from collections import Counter

from encaisse.exchange.bank import Statement, Transaction


def keys(statement: Statement) -> tuple[str, ...]:
    """One key per transaction, in their order: the same in every later file of the same format for that account.

    Account, booking day, amount, currency and all references make the key; equal movements of one day are numbered,
    so two payments alike stay two. What is not booked yet has keys of its own: it comes again, booked, under another.
    """
    seen: Counter[str] = Counter()
    found: list[str] = []
    for one in statement.transactions:
        told = _told(one, statement.iban or _squeezed(statement.account))
        found.append(hashlib.sha256(f"{told}|{seen[told]}".encode()).hexdigest()[:32])
        seen[told] += 1
    return tuple(found)


def _told(one: Transaction, account: str) -> str:
    parts = (
        account,
        one.booked_on.isoformat(),
        f"{one.amount.normalize():f}",
        one.currency,
        one.bank_id,
        one.end_to_end_id,
        one.structured,
        _squeezed(one.reference),
        _squeezed(one.counterparty),
        "pending" if one.pending else "",
    )
    return "|".join(parts)


def _squeezed(text: str) -> str:
    """Letters and digits only: banks change blanks and marks from one export to the next."""
    return "".join(sign for sign in text.upper() if sign.isalnum())
