"""Credits undone, deposits applied, and claims moved from one account of a customer to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from encaisse.exchange.fec_sides import Link, Matched, Side, fill, settle, telling, words_of

_LOOKED_AT = 200
"""So many credits of the same amount are compared; more would only be alike."""


def taken_back(debits: list[Side], payments: list[Side], links: list[Link]) -> None:
    """Money paid back, or a payment the bank took back, undoes the credit of the same amount it belongs to."""
    undoing = [d for d in debits if d.kind in ("refund", "correction") and d.left and not d.transfer]
    if not undoing:
        return
    by_size: dict[int, list[Side]] = defaultdict(list)
    for side in payments:
        if side.left and not side.transfer:
            by_size[side.left].append(side)
    for debit in undoing:
        size = debit.left
        fitting = [c for c in by_size.get(size, ())[-_LOOKED_AT:] if c.left == size and c.on <= debit.on]
        if not fitting:
            continue
        shared = _shares_a_number(debit)
        best = max(fitting, key=lambda c: (shared(c), c.kind == "credit_note", c.on, c.place))
        if debit.kind == "refund" or shared(best):
            settle(debit, best, "reference" if shared(best) else "amount", links)
            by_size[size].remove(best)


def _shares_a_number(debit: Side) -> Callable[[Side], bool]:
    mine = {word for word in words_of(debit.number + " " + debit.text) if telling(word)}
    return lambda credit: any(word in mine for word in words_of(credit.number + " " + credit.text))


def deposits(debits: list[Side], payments: list[Side], links: list[Link]) -> None:
    """What is taken off the deposit account comes from the deposit it names, else of that amount, else the oldest."""
    taken = [side for side in debits if side.root == "419" and side.left]
    held = [side for side in payments if side.root == "419" and side.left and not side.transfer]
    if len(taken) * len(held) > _LOOKED_AT * _LOOKED_AT:
        fill(taken, held, "oldest", links)
        return
    for debit in taken:
        shared = _shares_a_number(debit)
        order = sorted(held, key=lambda c: (not shared(c), c.left != debit.left, c.on, c.place))
        for credit in order:
            by = "reference" if shared(credit) else "amount" if credit.left == debit.left else "oldest"
            settle(debit, credit, by, links)


def moved_on(debits: list[Side], payments: list[Side], out: Matched) -> None:
    """Take the two legs of each transfer out: what paid the new claim paid the old one.

    A transfer credits the old account (a leg that looks like a payment of the invoice) and debits the new one (a leg
    that looks like a new invoice). A deposit applied is the same with the deposit account as the new one.
    """
    links = _Links(out.links)
    inward: dict[int, list[Side]] = defaultdict(list)
    outward: dict[int, list[Side]] = defaultdict(list)
    for sides, legs in ((debits, inward), (payments, outward)):
        for side in sides:
            if side.transfer:
                legs[side.entry].append(side)
    for entry in sorted(inward.keys() | outward.keys()):
        _join(inward[entry], outward[entry], links, out)
    invoices: dict[int, Side] = {}
    for side in debits:
        if side.root != "419" and side.kind == "invoice":
            invoices.setdefault(side.entry, side)
    for side in debits:
        if side.applied:
            _join_invoice(side, invoices.get(side.entry), links, out)
    out.links[:] = [link for link in links.all if link.amount]


class _Links:
    """The links so far, found by either side. A link is forgotten by its amount becoming 0."""

    def __init__(self, links: list[Link]) -> None:
        self.all: list[Link] = []
        self.of_debit: dict[Side, list[Link]] = defaultdict(list)
        self.of_credit: dict[Side, list[Link]] = defaultdict(list)
        for link in links:
            self.add(link)

    def add(self, link: Link) -> None:
        self.all.append(link)
        self.of_debit[link.debit].append(link)
        self.of_credit[link.credit].append(link)


def _join(inward: list[Side], outward: list[Side], links: _Links, out: Matched) -> None:
    paid = [link for side in inward for link in links.of_debit[side] if link.amount]
    # A deposit that was invoiced is no money: what it is applied to is lowered by the entry itself.
    sources = [link for link in paid if link.credit.kind != "advance"]
    targets = [link for side in outward for link in links.of_credit[side] if link.amount]
    deposit = any(side.root == "419" for side in inward)
    mark = next((side.root for side in inward if side.root in ("411", "413", "416")), "")
    for target in targets:
        if mark and mark != target.debit.root:
            out.moved[target.debit.place] = mark
        _pay_through(target, sources, links)
    for target in targets if not deposit else ():
        # Not paid on its new account: the invoice is still owed.
        target.debit.left += target.amount
        target.amount = 0
    for link in paid:
        if link.credit.kind != "advance":
            link.credit.left += link.amount
        link.amount = 0
    for side in inward:
        side.left = 0
    for side in outward:
        # The deposit itself may not be in these books: what the entry took off the invoice stays taken off.
        side.amount = sum(link.amount for link in links.of_credit[side])
        side.left = 0


def _pay_through(target: Link, sources: list[Link], links: _Links) -> None:
    """What paid the new claim pays the old one instead."""
    for source in sources:
        amount = min(target.amount, source.amount)
        if amount <= 0:
            continue
        target.amount -= amount
        source.amount -= amount
        links.add(Link(target.debit, source.credit, amount, max(target.on, source.on), source.by))


def _join_invoice(side: Side, invoice: Side | None, links: _Links, out: Matched) -> None:
    """A deposit taken off inside the invoice's own entry: the invoice is the sum, and the deposit pays its part."""
    paid = [link for link in links.of_debit[side] if link.amount]
    if sum(link.amount for link in paid) < side.amount:
        out.unknown_deposits.append(side)
    for link in paid:
        if link.credit.kind == "advance":
            link.amount = 0
    sources = [link for link in paid if link.amount]
    side.left = 0
    if invoice is None:
        side.applied = not sources
        side.amount = sum(link.amount for link in sources)
        return
    for link in sources:
        invoice.amount += link.amount
        links.add(Link(invoice, link.credit, link.amount, max(link.on, side.on), link.by))
        link.amount = 0
