"""Who may have paid: customers by account, by name, by a name alike, by a parent, each with its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log10

from encaisse.ledger.matching.names import LEAST_ALIKE, Names
from encaisse.ledger.matching.records import Customer, Incoming, Known, Reason
from encaisse.ledger.matching.text import name_key, plain_iban
from encaisse.ledger.matching.weights import WEIGHTS

MOST_ALIKE = 5
"""Among so many customers of a like name invoices are looked for without a number."""
MOST_CHILDREN = 200


@dataclass(slots=True)
class Payers:
    """What is known of the payer. ``reasons`` by customer, the strongest first; ``sure``: some of them surely pay."""

    reasons: dict[int, list[Reason]] = field(default_factory=lambda: defaultdict(list))
    sure: set[int] = field(default_factory=set)

    def points(self, customer: int) -> float:
        """What speaks for this customer."""
        return sum(reason.points for reason in self.reasons.get(customer, ()))


class Register:
    """All customers, with their names and families, and what was learnt."""

    def __init__(self, customers: Iterable[Customer], known: Known) -> None:
        every = list(customers)
        self.called = {customer.id: customer.name for customer in every}
        self.names = Names((one.id, name) for one in every for name in (one.name, *one.aliases) if name)
        self._told = {one.id: one.parent for one in every if one.parent is not None}
        self.know(known)

    def know(self, known: Known) -> None:
        """Take what was learnt in place of what was known before."""
        self.known = known
        self.parents: Mapping[int, int] = {**self._told, **known.parents}
        children: dict[int, list[int]] = defaultdict(list)
        for child, parent in self.parents.items():
            if child != parent:
                children[parent].append(child)
        self.children = {parent: tuple(sorted(found)[:MOST_CHILDREN]) for parent, found in children.items()}

    def payers(self, incoming: Incoming) -> Payers:
        """The customers that the account and the name of the payer speak for."""
        found = Payers()
        self._by_iban(incoming, found)
        self._by_name(incoming, found)
        for customer in list(found.reasons):
            self._children(customer, found)
        return found

    def _by_iban(self, incoming: Incoming, found: Payers) -> None:
        owners = self.known.ibans.get(plain_iban(incoming.iban), frozenset()) if incoming.iban else frozenset()
        for customer in sorted(owners):
            points = WEIGHTS["iban"] - 10 * log10(len(owners))
            found.reasons[customer].append(Reason("iban_known", {"iban": _end(incoming.iban)}, points))
            found.sure.add(customer)

    def _by_name(self, incoming: Incoming, found: Payers) -> None:
        if not incoming.payer:
            if not found.sure:
                for customer in sorted(self.names.inside(incoming.text))[:MOST_ALIKE]:
                    found.reasons[customer].append(self._named("name_in_text", customer, WEIGHTS["in_text"]))
            return
        same = self.names.same(incoming.payer)
        learnt = self.known.names.get(name_key(incoming.payer), frozenset())
        for customer in sorted(same | learnt):
            code, weight = ("name_known", "name") if customer in same else ("name_learnt", "learnt")
            shared = 10 * log10(len(same) if customer in same else len(learnt))
            self._add(found, customer, self._named(code, customer, WEIGHTS[weight] - shared, name=incoming.payer))
            found.sure.add(customer)
        if same or learnt:
            return
        alike = sorted(self.names.alike(incoming.payer).items(), key=lambda one: (-one[1], one[0]))
        for customer, likeness in alike[:MOST_ALIKE]:
            self._add(found, customer, self._alike(customer, incoming.payer, likeness))

    def like(self, incoming: Incoming, customer: int, found: Payers) -> None:
        """Compare the payer's name with one customer's that a number named."""
        if incoming.payer and customer not in found.reasons:
            likeness = self.names.likeness(incoming.payer, customer)
            if likeness >= LEAST_ALIKE:
                self._add(found, customer, self._alike(customer, incoming.payer, likeness))

    def _children(self, parent: int, found: Payers) -> None:
        points = found.points(parent) + WEIGHTS["parent"]
        for child in self.children.get(parent, ()):
            if child not in found.reasons:
                values = {
                    "parent": self.called.get(parent, str(parent)),
                    "customer": self.called.get(child, str(child)),
                }
                found.reasons[child].append(Reason("parent_pays", values, points))
                if parent in found.sure:
                    found.sure.add(child)

    def _add(self, found: Payers, customer: int, reason: Reason) -> None:
        """A second sign of the same payer adds little: the two come together."""
        if customer in found.reasons:
            reason = Reason(reason.code, reason.values, min(WEIGHTS["both"], reason.points))
        found.reasons[customer].append(reason)

    def _alike(self, customer: int, payer: str, likeness: float) -> Reason:
        points = WEIGHTS["alike"] * (likeness - 0.5) * 2
        return self._named("name_alike", customer, points, name=payer, likeness=round(likeness, 2))

    def _named(self, code: str, customer: int, points: float, **values: str | float) -> Reason:
        return Reason(code, {**values, "customer": self.called.get(customer, str(customer))}, points)


def _end(iban: str) -> str:
    """An account as it is shown: its country and its last four signs."""
    plain = plain_iban(iban)
    return f"{plain[:2]}…{plain[-4:]}"
