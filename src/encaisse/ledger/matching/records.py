"""The records of matching. Amounts are whole minor units of the currency beside them (cents for EUR)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from encaisse.ledger.matching.text import name_key, plain_iban

Value = str | int | float | date | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """Money that came to the bank. ``amount`` is signed, money in positive; only money in is matched.

    ``text`` is the free text, ``structured`` the creditor's reference, ``charges`` what the bank says it kept.
    ``returned`` is the bank's reason code when this undoes an earlier payment or debit, else ``""``.
    """

    id: Hashable
    booked_on: date
    amount: int
    currency: str
    payer: str = ""
    iban: str = ""
    text: str = ""
    structured: str = ""
    end_to_end_id: str = ""
    charges: int = 0
    returned: str = ""


@dataclass(frozen=True, slots=True)
class Discount:
    """``off`` may be taken off when the money is there by ``until``."""

    until: date
    off: int


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A receivable with something left to pay. ``amount`` is what is open today, above zero.

    ``references`` are those that payers were given for it: RF or national creditor references, end-to-end ids of
    direct debits, order numbers.
    """

    receivable: int
    customer: int
    number: str
    amount: int
    currency: str
    issued_on: date
    due_on: date
    discounts: tuple[Discount, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer and the names it is known by in the books. ``parent``: the customer that may pay for it."""

    id: int
    name: str
    aliases: tuple[str, ...] = ()
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What was learnt from payments that a person or the program booked: whose account, whose name.

    Keys are as ``plain_iban`` and ``name_key`` write them; ``parents`` maps a child to the customer that paid for it.
    Records are never changed: ``learn`` and ``forget`` return a new one.
    """

    ibans: Mapping[str, frozenset[int]] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, frozenset[int]] = field(default_factory=lambda: MappingProxyType({}))
    parents: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(
        cls,
        ibans: Mapping[str, Iterable[int]] | None = None,
        names: Mapping[str, Iterable[int]] | None = None,
        parents: Mapping[int, int] | None = None,
    ) -> Known:
        """Make it from IBANs and names as people write them."""
        found = cls(parents=dict(parents or {}))
        by_iban: dict[str, frozenset[int]] = {}
        by_name: dict[str, frozenset[int]] = {}
        for written, customers in (ibans or {}).items():
            _join(by_iban, plain_iban(written), customers)
        for written, customers in (names or {}).items():
            _join(by_name, name_key(written), customers)
        return replace(found, ibans=by_iban, names=by_name)

    def learn(self, customer: int, *, iban: str = "", name: str = "") -> Known:
        """The same, and that this account and this name pay for ``customer``."""
        ibans, names = dict(self.ibans), dict(self.names)
        _join(ibans, plain_iban(iban), (customer,))
        _join(names, name_key(name), (customer,))
        return replace(self, ibans=ibans, names=names)

    def forget(self, customer: int, *, iban: str = "", name: str = "") -> Known:
        """The same without it: the undoing of ``learn``."""
        ibans, names = dict(self.ibans), dict(self.names)
        _part(ibans, plain_iban(iban), customer)
        _part(names, name_key(name), customer)
        return replace(self, ibans=ibans, names=names)


def _join(table: dict[str, frozenset[int]], key: str, customers: Iterable[int]) -> None:
    if key:
        table[key] = table.get(key, frozenset()) | frozenset(customers)


def _part(table: dict[str, frozenset[int]], key: str, customer: int) -> None:
    left = table.get(key, frozenset()) - {customer}
    if left:
        table[key] = left
    else:
        table.pop(key, None)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a code with its values; ``explain.sentence`` says it in French or English. ``points``: what it weighs."""

    code: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
    points: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """``amount`` of the money goes to the receivable; ``discount`` and ``charges`` settle it too, without money.

    The three together never exceed what is open.
    """

    receivable: int
    amount: int
    discount: int = 0
    charges: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to book the money: the parts, and ``over``, the rest, as unallocated credit of ``customer``.

    The parts' amounts and ``over`` add up to the incoming amount. ``score`` (0..1) is the chance that it is right,
    beside all other proposals and beside none of them.
    """

    customer: int
    parts: tuple[Part, ...]
    over: int
    score: float
    reasons: tuple[Reason, ...]
