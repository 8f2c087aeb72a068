"""Which credit pays which debit, for one customer at a time, and by which rule.

Order of the rules, from what the bookkeeper said to what the law supposes:

1. ``lettering``: lines that share a lettering code on one account (and one lettering date, where the same letters
   served twice). Inside a group payments go first to the debit they name, then to the oldest.
2. ``reference``: the credit names the debit's number in its reference or its label.
3. ``amount``: the credit equals what is left of one debit, or of all debits.
4. ``oldest``: the credit of somebody who named nothing goes to the oldest debit (C. civ. art. 1342-10). Only in books
   without any lettering, or against an opening balance carried over as one sum: where a bookkeeper letters, a credit
   left unlettered is left alone, an unallocated credit of the customer.

Only money goes to the oldest; a credit note or a correction that names nothing stays a credit.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from datetime import date, timedelta

from encaisse.exchange import fec_transfers
from encaisse.exchange.fec_sides import Link, Matched, Side, fill, settle, telling, words_of

__all__ = ["Link", "Matched", "Side", "match"]

_NUMBER = re.compile(r"\b(?=[A-Z]*[0-9])[A-Z0-9]{5,}\b")
_PAID_AHEAD = timedelta(days=60)
"""An exact amount may pay an invoice issued so much later: orders paid before they are invoiced."""
_LONGEST_NUMBER = 5
"""A number may be written in up to so many groups of letters and digits: FA 2025 03 0001."""

_Numbers = dict[str, deque[Side]]


def match(debits: list[Side], payments: list[Side], *, lettered: bool) -> Matched:
    """Allocate the payments of a customer to the debits (both oldest first). ``lettered``: the books use lettering."""
    out = Matched()
    pay = out.links
    if lettered:
        _by_lettering(debits, payments, pay)
    legs = any(side.transfer or side.applied for side in debits)
    plain = [side for side in debits if side.root != "419"]
    paying = [side for side in payments if side.root != "419"]
    fec_transfers.taken_back(plain, paying, pay)
    for root in sorted({side.root for side in plain}) if legs else ():
        _by_reference([d for d in plain if d.root == root], [c for c in paying if c.root == root], pay)
    fec_transfers.deposits(debits, payments, pay)
    if legs:
        fec_transfers.moved_on(debits, payments, out)
        plain = [side for side in plain if not side.transfer]
        paying = [side for side in paying if not side.transfer or side.left]
    _by_reference(plain, paying, pay)
    fec_transfers.taken_back(plain, paying, pay)
    _by_amount(plain, paying, pay)
    due = [side for side in plain if side.root != "4117" and (side.lump or not lettered)]
    _oldest_first(due, paying, pay)
    return out


# --- lettering ---


def _by_lettering(debits: list[Side], payments: list[Side], links: list[Link]) -> None:
    groups: dict[tuple[str, str], list[Side]] = defaultdict(list)
    signs: dict[int, int] = {}
    for sign, sides in ((1, debits), (-1, payments)):
        for side in sides:
            if side.letter:
                groups[side.root, side.letter].append(side)
                signs[id(side)] = sign
    crooked: dict[str, list[Side]] = defaultdict(list)
    for (_, letter), group in groups.items():
        for part in _parts(group, signs):
            if sum(signs[id(side)] * side.amount for side in part):
                crooked[letter] += part
            else:
                _pair(part, signs, links)
    for group in crooked.values():
        whole = not sum(signs[id(side)] * side.amount for side in group)
        for part in [group] if whole else _by_root(group):
            _pair(part, signs, links)


def _by_root(group: list[Side]) -> list[list[Side]]:
    parts: dict[str, list[Side]] = defaultdict(list)
    for side in group:
        parts[side.root].append(side)
    return list(parts.values())


def _parts(group: list[Side], signs: dict[int, int]) -> list[list[Side]]:
    """A group that balances stays whole; in one that does not, the lettering dates that balance stand alone."""
    if not sum(signs[id(side)] * side.amount for side in group):
        return [group]
    by_day: dict[date | None, list[Side]] = defaultdict(list)
    for side in group:
        by_day[side.let_day].append(side)
    if len(by_day) == 1:
        return [group]
    even: list[list[Side]] = []
    rest: list[Side] = []
    for part in by_day.values():
        if sum(signs[id(side)] * side.amount for side in part):
            rest += part
        else:
            even.append(part)
    return even + ([rest] if rest else [])


def _pair(group: list[Side], signs: dict[int, int], links: list[Link]) -> None:
    debits = [side for side in group if signs[id(side)] > 0]
    payments = [side for side in group if signs[id(side)] < 0]
    if len(debits) > 1 and len(payments) > 1:
        _by_reference(debits, payments, links, by="lettering")
    fill(debits, payments, "lettering", links)


# --- reference ---

_FIRST = {"credit_note": 0, "correction": 1}


def _by_reference(debits: list[Side], payments: list[Side], links: list[Link], by: str = "reference") -> None:
    waiting = sorted(
        (side for side in debits if side.left), key=lambda side: (side.root == "4117", side.on, side.place)
    )
    paying = [side for side in payments if side.left and side.root != "419"]
    if not waiting or not paying:
        return
    numbers: _Numbers = defaultdict(deque)
    for side in waiting:
        numbers["".join(words_of(side.number))].append(side)
    numbers.pop("", None)
    labels: _Numbers | None = None
    for credit in sorted(paying, key=lambda side: (not side.transfer, _FIRST.get(side.kind, 2))):
        named = _named(credit, numbers)
        if not named:
            labels = _in_labels(waiting) if labels is None else labels
            named = _named(credit, labels)
        for debit in named:
            # The two legs of a retention: one lowers the invoice, the other is what is owed later.
            if debit.root != "4117" or debit.entry != credit.entry:
                settle(debit, credit, by, links)


def _in_labels(debits: list[Side]) -> _Numbers:
    """Numbers that stand in the label of one debit only: where the reference is the program's own, they say more."""
    labels: _Numbers = defaultdict(deque)
    for side in debits:
        for word in set(_NUMBER.findall(side.text.upper())):
            labels[word].append(side)
    return {word: sides for word, sides in labels.items() if len(sides) == 1}


def _named(credit: Side, numbers: _Numbers) -> list[Side]:
    """The debits a credit names, oldest first. A bare short number counts only as the whole reference."""
    found = {id(side): side for side in _waiting("".join(words_of(credit.number)), numbers, credit.left)}
    words = words_of(credit.text)
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + _LONGEST_NUMBER), start, -1):
            number = "".join(words[start:end])
            if number in numbers and telling(number):
                found.update((id(side), side) for side in _waiting(number, numbers, credit.left))
                start = end - 1
                break
        start += 1
    return sorted(found.values(), key=_freed_first)


def _freed_first(side: Side) -> tuple[bool, date, int]:
    """Oldest first, retention guarantees last."""
    return (side.root == "4117", side.on, side.place)


def _waiting(number: str, numbers: _Numbers, needed: int) -> list[Side]:
    """The oldest debits of this number that are not paid, as many as the credit can pay."""
    sides = numbers.get(number)
    if sides is None:
        return []
    while sides and not sides[0].left:
        sides.popleft()
    found: list[Side] = []
    for side in sides:
        if needed <= 0:
            break
        if side.left:
            found.append(side)
            needed -= side.left
    return found


# --- amount, oldest ---


def _by_amount(debits: list[Side], payments: list[Side], links: list[Link]) -> None:
    """One pass over the credits by day, beside the debits by day: what each amount and all together still need."""
    waiting = sorted((side for side in debits if side.left), key=lambda side: (side.on, side.place))
    by_size: dict[int, deque[Side]] = defaultdict(deque)
    for side in waiting:
        by_size[side.left].append(side)
    reached, owed, count = 0, 0, 0
    for credit in sorted((side for side in payments if side.left), key=lambda side: (side.on, side.place)):
        while reached < len(waiting) and waiting[reached].on <= credit.on:
            owed += waiting[reached].left
            count += bool(waiting[reached].left)
            reached += 1
        size = credit.left
        same = by_size.get(size)
        while same and same[0].left != size:
            same.popleft()
        if same and same[0].on <= credit.on + _PAID_AHEAD:
            if same[0].on <= credit.on:
                owed, count = owed - size, count - 1
            settle(same.popleft(), credit, "amount", links)
        elif count > 1 and owed == size:
            fill(waiting[:reached], [credit], "amount", links)
            owed, count = 0, 0


def _oldest_first(debits: list[Side], payments: list[Side], links: list[Link]) -> None:
    waiting = sorted((side for side in debits if side.left), key=lambda side: (side.on, side.place))
    at = 0
    for credit in sorted(payments, key=lambda side: (side.on, side.place)):
        # A credit carried over stood beside the invoices carried over when the year ended: it was not theirs.
        if credit.kind not in ("payment", "bill") or credit.carried:
            continue
        while credit.left and at < len(waiting) and waiting[at].on <= credit.on:
            settle(waiting[at], credit, "oldest", links)
            at += not waiting[at].left
