"""What tells one movement from another, so that a statement read twice, or two that overlap, add nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from encaisse.exchange.bank import Balance, Kind, Statement, Transaction, ends_of

_RENUMBERED = frozenset({"ofx"})
"""Formats in which many banks number a movement anew at each download."""


def keys(statement: Statement) -> tuple[str, ...]:
    """One key per transaction, in their order: the same in every later file of the same format for that account.

    Account, booking day, amount, currency and all references make the key; equal movements of one day are numbered,
    so two payments alike stay two. What is not booked yet has keys of its own: it comes again, booked, under another.
    """
    return _keys(statement, Counter())


def keys_of_all(statements: Iterable[Statement]) -> Iterator[tuple[str, ...]]:
    """The keys of each statement of a file. A page that goes on where the one before ended goes on numbering too.

    The same statement twice in a file has the same keys twice.
    """
    before: Statement | None = None
    seen: Counter[str] = Counter()
    for statement in statements:
        if before is None or not _goes_on(before, statement):
            seen = Counter()
        yield _keys(statement, seen)
        before = statement


def _goes_on(before: Statement, statement: Statement) -> bool:
    """Whether a statement of the same account opens with what the one before closed with, and is no copy of it."""
    if (before.iban, before.account) != (statement.iban, statement.account):
        return False
    (opened, closed), (opening, closing) = (ends_of(part.balances, part.kind) for part in (before, statement))
    if closed is None or opening is None:
        return False
    if opened and opened.on and opening.on and opening.on < opened.on:
        return False
    copied = _of(opened) == _of(opening) and _of(closed) == _of(closing)
    return _of(closed) == _of(opening) and not copied


def _of(balance: Balance | None) -> tuple[Decimal, str] | None:
    return (balance.amount, balance.currency) if balance else None


def _keys(statement: Statement, seen: Counter[str]) -> tuple[str, ...]:
    found: list[str] = []
    for one in statement.transactions:
        told = _told(one, statement.iban or _squeezed(statement.account), statement.kind)
        found.append(hashlib.sha256(f"{told}|{seen[told]}".encode()).hexdigest()[:32])
        seen[told] += 1
    return tuple(found)


def _told(one: Transaction, account: str, kind: Kind) -> str:
    parts = (
        account,
        one.booked_on.isoformat(),
        f"{one.amount.normalize():f}",
        one.currency,
        "" if kind in _RENUMBERED else one.bank_id,
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
