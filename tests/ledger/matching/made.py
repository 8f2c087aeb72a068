"""Small records for the tests of matching."""

from __future__ import annotations

from datetime import date
from typing import Any

from encaisse.ledger.matching import Customer, Incoming, Known, Matcher, OpenItem, Proposal

ISSUED, DUE, DAY = date(2026, 9, 1), date(2026, 10, 1), date(2026, 10, 5)
TRAVERSE, FORGE, GRANITS = 1, 2, 3
IBAN = "FR76 3000 6000 0112 3456 7890 189"

CUSTOMERS = (
    Customer(TRAVERSE, "Transports Traverse SARL"),
    Customer(FORGE, "Forge Ardente"),
    Customer(GRANITS, "Marbrerie Granits & Cie", parent=TRAVERSE),
)


def item(receivable: int, number: str, amount: int, customer: int = TRAVERSE, **more: Any) -> OpenItem:
    given = {"currency": "EUR", "issued_on": ISSUED, "due_on": DUE} | more
    return OpenItem(receivable, customer, number, amount, **given)


def paid(amount: int, **more: Any) -> Incoming:
    return Incoming("one", **({"booked_on": DAY, "currency": "EUR", "amount": amount} | more))


def best(items: list[OpenItem], incoming: Incoming, known: Known | None = None) -> Proposal:
    return Matcher(items, CUSTOMERS, known).propose(incoming)[0]


def parts(proposal: Proposal) -> dict[int, int]:
    return {part.receivable: part.amount for part in proposal.parts}


def codes(proposal: Proposal) -> set[str]:
    return {reason.code for reason in proposal.reasons}
