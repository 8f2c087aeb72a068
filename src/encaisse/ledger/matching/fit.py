"""How an amount fits a set of invoices: to the cent, less a discount, less charges, in part, or with a rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from encaisse.ledger.matching.records import Incoming, OpenItem, Part
from encaisse.ledger.matching.subsets import subsets
from encaisse.money import exponent

DISCOUNT_GRACE = timedelta(days=3)
"""Money takes so long from one bank to another: a discount is still good so many days after its last day."""
MOST_CHARGES = 30
"""So many units of the currency a bank may have kept without a word (never more than ``CHARGES_SHARE``)."""
CHARGES_SHARE = 20
"""What a bank kept without a word is no more than one part in so many of what was owed."""

SETTLING = frozenset({"exact", "discount", "charges_told", "charges_supposed"})
"""The ways in which nothing is left of the invoices, and nothing of the money."""


@dataclass(frozen=True, slots=True)
class Fit:
    """``how``: exact, discount, charges_told, charges_supposed, part or over. ``apart``: missing or too much."""

    how: str
    parts: tuple[Part, ...]
    over: int = 0
    apart: int = 0


def fit(items: Sequence[OpenItem], incoming: Incoming) -> Fit:
    """The best way for the money to pay these invoices (oldest first), and these only."""
    total = sum(item.amount for item in items)
    missing = total - incoming.amount
    if missing == 0:
        return Fit("exact", tuple(Part(item.receivable, item.amount) for item in items))
    if missing < 0:
        return Fit("over", tuple(Part(item.receivable, item.amount) for item in items), -missing, -missing)
    off = discounts(items, incoming, missing)
    if off:
        return Fit("discount", _reduced(items, off, {}), apart=missing)
    for how, kept in _charges(total, missing, incoming):
        return Fit(how, _reduced(items, {}, kept_by(items, kept)), apart=missing)
    return Fit("part", oldest_first(items, incoming.amount), apart=missing)


def discounts(items: Sequence[OpenItem], incoming: Incoming, missing: int) -> dict[int, int]:
    """Discounts by receivable that make up what is missing; empty when none do."""
    best = {item.receivable: off for item in items if 0 < (off := discount_of(item, incoming)) < item.amount}
    if sum(best.values()) == missing:
        return best
    if sum(best.values()) < missing:
        return {}
    offs = list(best.items())
    found = subsets([off for _, off in offs], missing, least=1).sets
    return dict(offs[place] for place in found[0]) if found else {}


def discount_of(item: OpenItem, incoming: Incoming) -> int:
    """The greatest discount that the day of the money still allows."""
    good = [one.off for one in item.discounts if incoming.booked_on <= one.until + DISCOUNT_GRACE]
    return max(good, default=0)


def charges_bound(total: int, currency: str) -> int:
    """The most a bank may have kept of ``total`` without a word, in minor units."""
    return int(min(MOST_CHARGES * 10 ** exponent(currency), total // CHARGES_SHARE))


def _charges(total: int, missing: int, incoming: Incoming) -> Iterable[tuple[str, int]]:
    if incoming.charges == missing:
        yield "charges_told", missing
    elif missing <= charges_bound(total, incoming.currency):
        yield "charges_supposed", missing


def kept_by(items: Sequence[OpenItem], kept: int) -> dict[int, int]:
    """Charges are set against the greatest invoice, which can bear them."""
    greatest = max(items, key=lambda item: item.amount)
    return {greatest.receivable: kept}


def _reduced(items: Sequence[OpenItem], off: dict[int, int], kept: dict[int, int]) -> tuple[Part, ...]:
    parts = []
    for item in items:
        discount, charges = off.get(item.receivable, 0), kept.get(item.receivable, 0)
        parts.append(Part(item.receivable, item.amount - discount - charges, discount, charges))
    return tuple(parts)


def oldest_first(items: Sequence[OpenItem], amount: int) -> tuple[Part, ...]:
    """Pay the invoices one after the other as far as the money goes."""
    parts = []
    for item in items:
        paid = min(item.amount, amount)
        if paid <= 0:
            break
        parts.append(Part(item.receivable, paid))
        amount -= paid
    return tuple(parts)
