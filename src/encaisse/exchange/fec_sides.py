"""The two sides of a customer's account while they are matched: debits and credits, and the links between them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

_WORDS = re.compile(r"[A-Z0-9]+")


@dataclass(slots=True, eq=False)
class Side:
    """A debit (an invoice and the like) or a credit (a payment and the like) of a customer, with what is left of it.

    ``number`` is the document's reference, ``text`` what else is written; amounts are minor units.
    ``carried``: it stands in the opening balance.
    """

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
    carried: bool = False
    left: int = 0

    def __post_init__(self) -> None:
        self.left = self.amount


@dataclass(slots=True, eq=False)
class Link:
    """A part of a credit that pays a debit. An amount of 0: taken back, to be forgotten."""

    debit: Side
    credit: Side
    amount: int
    on: date
    by: str


@dataclass(slots=True)
class Matched:
    """The links of one customer; the debits moved to another account, by place; deposits whose receipt is unknown."""

    links: list[Link] = field(default_factory=list)
    moved: dict[int, str] = field(default_factory=dict)
    unknown_deposits: list[Side] = field(default_factory=list)


def settle(debit: Side, credit: Side, by: str, links: list[Link]) -> None:
    """Pay as much of the debit as both sides have left."""
    amount = min(debit.left, credit.left)
    if amount <= 0:
        return
    debit.left -= amount
    credit.left -= amount
    links.append(Link(debit, credit, amount, max(debit.on, credit.on), by))


def fill(debits: Iterable[Side], credits_: Iterable[Side], by: str, links: list[Link]) -> None:
    """Pay the debits one after the other with the credits one after the other."""
    waiting = [side for side in debits if side.left]
    at = 0
    for credit in credits_:
        while credit.left and at < len(waiting):
            settle(waiting[at], credit, by, links)
            at += not waiting[at].left


def words_of(text: str) -> list[str]:
    """The groups of letters and digits of a text, in capitals."""
    return _WORDS.findall(text.upper())


def telling(number: str) -> bool:
    """True for a word long enough to be a document's number inside a text."""
    return len(number) >= (4 if number.isdigit() else 3) and any(char.isdigit() for char in number)
