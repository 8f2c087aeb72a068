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
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

_WORDS = re.compile(r"[A-Z0-9]+")
_NUMBER = re.compile(r"\b(?=[A-Z]*[0-9])[A-Z0-9]{5,}\b")
_PAID_AHEAD = timedelta(days=60)
"""An exact amount may pay an invoice issued so much later: orders paid before they are invoiced."""
_LONGEST_NUMBER = 5
"""A number may be written in up to so many groups of letters and digits: FA 2025 03 0001."""


@dataclass(slots=True)
class Side:
    """A debit (an invoice and the like) or a credit (a payment and the like) of a customer, with what is left of it."""

    place: int
    root: str
    kind: str
    on: date
    amount: int
    number: str
    text: str
    letter: str
    let_day: date | None
    entry: int
    transfer: bool = False
    applied: bool = False
    lump: bool = False
    left: int = 0

    def __post_init__(self) -> None:
        self.left = self.amount


@dataclass(slots=True)
class Link:
    """A part of a credit that pays a debit."""

    debit: Side
    credit: Side
    amount: int
    on: date
    by: str


@dataclass(slots=True)
class Matched:
    """The links of one customer, and what became of his transfers: debits known doubtful or drawn on a bill."""

    links: list[Link] = field(default_factory=list)
    moved: dict[int, str] = field(default_factory=dict)
    unknown_deposits: list[Side] = field(default_factory=list)


def match(debits: list[Side], payments: list[Side], *, lettered: bool) -> Matched:
    """Allocate the payments of a customer to the debits (both oldest first). ``lettered``: the books use lettering."""
    out = Matched()
    pay = out.links
    if lettered:
        _by_lettering(debits, payments, pay)
    legs = any(side.transfer or side.applied for side in debits)
    plain = [side for side in debits if side.root != "419"]
    paying = [side for side in payments if side.root != "419"]
    _taken_back(plain, paying, pay)
    for root in sorted({side.root for side in plain}) if legs else ():
        _by_reference([d for d in plain if d.root == root], [c for c in paying if c.root == root], pay)
    _deposits(debits, payments, pay)
    if legs:
        _moved_on(debits, payments, out)
        plain = [side for side in plain if not side.transfer]
        paying = [side for side in paying if not side.transfer or side.left]
    _by_reference(plain, paying, pay)
    _taken_back(plain, paying, pay)
    _by_amount(plain, paying, pay)
    due = [side for side in plain if side.root != "4117" and (side.lump or not lettered)]
    _oldest_first(due, paying, pay)
    return out


def words_of(text: str) -> list[str]:
    """The groups of letters and digits of a text, in capitals."""
    return _WORDS.findall(text.upper())


def _settle(debit: Side, credit: Side, by: str, links: list[Link]) -> None:
    amount = min(debit.left, credit.left)
    if amount <= 0:
        return
    debit.left -= amount
    credit.left -= amount
    links.append(Link(debit, credit, amount, max(debit.on, credit.on), by))


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
    even = [part for part in by_day.values() if not sum(signs[id(side)] * side.amount for side in part)]
    if not even:
        return [group]
    rest = [side for part in by_day.values() if part not in even for side in part]
    return even + ([rest] if rest else [])


def _pair(group: list[Side], signs: dict[int, int], links: list[Link]) -> None:
    debits = [side for side in group if signs[id(side)] > 0]
    payments = [side for side in group if signs[id(side)] < 0]
    if len(debits) > 1 and len(payments) > 1:
        _by_reference(debits, payments, links, by="lettering")
    _fill(debits, payments, "lettering", links)


def _fill(debits: Iterable[Side], payments: Iterable[Side], by: str, links: list[Link]) -> None:
    waiting = [side for side in debits if side.left]
    at = 0
    for credit in payments:
        while credit.left and at < len(waiting):
            _settle(waiting[at], credit, by, links)
            at += not waiting[at].left


# --- reference ---

_FIRST = {"credit_note": 0, "correction": 1}


def _by_reference(debits: list[Side], payments: list[Side], links: list[Link], by: str = "reference") -> None:
    waiting = [side for side in debits if side.left]
    paying = [side for side in payments if side.left and side.root != "419"]
    if not waiting or not paying:
        return
    numbers: dict[str, list[Side]] = defaultdict(list)
    for side in waiting:
        numbers["".join(words_of(side.number))].append(side)
    numbers.pop("", None)
    labels: dict[str, list[Side]] | None = None
    for credit in sorted(paying, key=lambda side: (not side.transfer, _FIRST.get(side.kind, 2))):
        named = _named(credit, numbers)
        if not named:
            labels = _in_labels(waiting) if labels is None else labels
            named = _named(credit, labels) if labels else []
        for debit in named:
            _settle(debit, credit, by, links)


def _in_labels(debits: list[Side]) -> dict[str, list[Side]]:
    """Numbers that stand in the label of one debit only: where the reference is the program's own, they say more."""
    labels: dict[str, list[Side]] = defaultdict(list)
    for side in debits:
        for word in set(_NUMBER.findall(side.text.upper())):
            labels[word].append(side)
    return {word: sides for word, sides in labels.items() if len(sides) == 1}


def _named(credit: Side, numbers: dict[str, list[Side]]) -> list[Side]:
    """The debits a credit names, oldest first. A bare short number counts only as the whole reference."""
    found: dict[int, Side] = {}
    for side in numbers.get("".join(words_of(credit.number)), ()):
        found[id(side)] = side
    words = words_of(credit.text)
    start = 0
    while start < len(words):
        for end in range(min(len(words), start + _LONGEST_NUMBER), start, -1):
            number = "".join(words[start:end])
            sides = numbers.get(number)
            if sides and _telling(number):
                found.update((id(side), side) for side in sides)
                start = end - 1
                break
        start += 1
    return sorted(found.values(), key=lambda side: (side.root == "4117", side.on, side.place))


def _telling(number: str) -> bool:
    return len(number) >= (4 if number.isdigit() else 3) and any(char.isdigit() for char in number)


# --- money taken back, deposits ---


def _taken_back(debits: list[Side], payments: list[Side], links: list[Link]) -> None:
    """Money paid back, or a payment the bank took back, undoes the credit of the same amount it belongs to."""
    for debit in debits:
        if debit.kind not in ("refund", "correction") or not debit.left or debit.transfer:
            continue
        fitting = [c for c in payments if c.left == debit.left and c.on <= debit.on and not c.transfer]
        if not fitting:
            continue
        shared = _shares_a_number(debit)
        best = max(fitting, key=lambda c: (shared(c), c.kind == "credit_note", c.on, c.place))
        if debit.kind == "refund" or shared(best):
            _settle(debit, best, "reference" if shared(best) else "amount", links)


def _shares_a_number(debit: Side) -> Callable[[Side], bool]:
    mine = {word for word in words_of(debit.number + " " + debit.text) if _telling(word)}
    return lambda credit: any(word in mine for word in words_of(credit.number + " " + credit.text))


def _deposits(debits: list[Side], payments: list[Side], links: list[Link]) -> None:
    """What is taken off the deposit account comes from the deposit it names, else of that amount, else the oldest."""
    taken = [side for side in debits if side.root == "419" and side.left]
    held = [side for side in payments if side.root == "419" and side.left and not side.transfer]
    if not taken or not held:
        return
    for debit in taken:
        shared = _shares_a_number(debit)
        order = sorted(held, key=lambda c: (not shared(c), c.left != debit.left, c.on, c.place))
        for credit in order:
            by = "reference" if shared(credit) else "amount" if credit.left == debit.left else "oldest"
            _settle(debit, credit, by, links)


# --- transfers ---


def _moved_on(debits: list[Side], payments: list[Side], out: Matched) -> None:
    """Take the two legs of each transfer out: what paid the new claim paid the old one.

    A transfer payments the old account (a leg that looks like a payment of the invoice) and debits the new one (a leg
    that looks like a new invoice). A deposit applied is the same with the deposit account as the new one.
    """
    entries = sorted({side.entry for side in (*debits, *payments) if side.transfer})
    for entry in entries:
        inward = [side for side in debits if side.transfer and side.entry == entry]
        outward = [side for side in payments if side.transfer and side.entry == entry]
        _join(inward, outward, out)
    for side in [side for side in debits if side.applied]:
        _join_invoice(side, debits, out)


def _join(inward: list[Side], outward: list[Side], out: Matched) -> None:
    ins, outs = {id(side) for side in inward}, {id(side) for side in outward}
    # A deposit that was invoiced is no money: what it is applied to is lowered by the entry itself.
    sources = [link for link in out.links if id(link.debit) in ins and link.credit.kind != "advance"]
    targets = [link for link in out.links if id(link.credit) in outs]
    out.links[:] = [link for link in out.links if id(link.debit) not in ins and id(link.credit) not in outs]
    deposit = any(side.root == "419" for side in inward)
    mark = next((side.root for side in inward if side.root in ("411", "413", "416")), "")
    for target in targets:
        if mark and mark != target.debit.root:
            out.moved[target.debit.place] = mark
        for source in sources:
            amount = min(target.amount, source.amount)
            if amount <= 0 or target.debit is source.credit:
                continue
            target.amount -= amount
            source.amount -= amount
            on = max(target.on, source.on)
            out.links.append(Link(target.debit, source.credit, amount, on, source.by))
        if target.amount and deposit:
            # The deposit itself is not in these books: what the entry took off the invoice stays taken off.
            out.links.append(target)
        elif target.amount:
            target.debit.left += target.amount
    kept = sum(target.amount for target in targets) if deposit else 0
    for source in sources:
        source.credit.left += source.amount
    for side in inward:
        side.left = 0
    for side in outward:
        side.amount = side.left = min(side.amount, kept)
        kept -= side.amount
    for side in outward:
        side.left = side.amount - sum(link.amount for link in out.links if link.credit is side)


def _join_invoice(side: Side, debits: list[Side], out: Matched) -> None:
    """A deposit taken off inside the invoice's own entry: the invoice is the sum, and the deposit pays its part."""
    advances = [link for link in out.links if link.debit is side and link.credit.kind == "advance"]
    out.links[:] = [link for link in out.links if not any(link is one for one in advances)]
    sources = [link for link in out.links if link.debit is side]
    invoice = next((d for d in debits if d.entry == side.entry and d.root != "419" and d.kind == "invoice"), None)
    if sum(link.amount for link in (*sources, *advances)) < side.amount:
        out.unknown_deposits.append(side)
    side.left = 0
    if invoice is None:
        side.applied = not sources
        side.amount = sum(link.amount for link in sources)
        return
    for link in sources:
        invoice.amount += link.amount
        link.debit = invoice
        link.on = max(link.on, side.on)


# --- amount, oldest ---


def _by_amount(debits: list[Side], payments: list[Side], links: list[Link]) -> None:
    waiting = [side for side in debits if side.left]
    for credit in payments:
        if not credit.left or not waiting:
            continue
        before = [side for side in waiting if side.on <= credit.on]
        soon = [side for side in waiting if credit.on < side.on <= credit.on + _PAID_AHEAD]
        exact = next((side for side in (*before, *soon) if side.left == credit.left), None)
        if exact is not None:
            _settle(exact, credit, "amount", links)
        elif len(before) > 1 and sum(side.left for side in before) == credit.left:
            _fill(before, [credit], "amount", links)
        else:
            continue
        waiting = [side for side in waiting if side.left]


def _oldest_first(debits: list[Side], payments: list[Side], links: list[Link]) -> None:
    waiting = [side for side in debits if side.left]
    for credit in payments:
        if credit.left and credit.kind in ("payment", "bill"):
            _fill((side for side in waiting if side.on <= credit.on), [credit], "oldest", links)
