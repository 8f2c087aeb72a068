"""Indexes over all that is open, built once, and the proposals for each incoming payment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace

from encaisse.ledger.matching.drafts import Draft, Naming, Pool
from encaisse.ledger.matching.fit import SETTLING
from encaisse.ledger.matching.numbers import Mention, Numbers, Said
from encaisse.ledger.matching.payer import MOST_ALIKE, Payers, Register
from encaisse.ledger.matching.records import Customer, Incoming, Known, OpenItem, Proposal, Reason
from encaisse.ledger.matching.references import NOTHING_SAID, plain, rf_body, rf_in
from encaisse.ledger.matching.weights import WEIGHTS

MOST_PROPOSALS = 5
CERTAIN = 45.0
"""From these points on a draft that pays named invoices to the cent has no rival among those not named."""
LONGEST_TEXT = 4_000
"""So many characters of a text are read: a bank's are a few hundred."""
MOST_STRANGERS = 20
"""An amount that more invoices share says nothing of who paid."""
MOST_CUSTOMERS = 40
"""So many customers are looked at for one payment, those named first."""
MOST_IN_FAMILY = 400
"""A family's invoices are looked at together up to so many."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found for one payment. ``notes`` say why nothing is proposed."""

    proposals: tuple[Proposal, ...]
    notes: tuple[Reason, ...] = ()


@dataclass(slots=True)
class _Own:
    """One payer's open items of one currency: their places, and where they stand in that list by amount, by tail."""

    places: tuple[int, ...]
    items: tuple[OpenItem, ...]
    by_amount: dict[int, list[int]]
    by_tail: dict[str, list[int]]


class Matcher:
    """Proposes what incoming payments pay. Reads its records once; asked twice, it answers the same.

    Raises ValueError for an open item without an amount above zero: what is settled or in credit is not open.
    """

    def __init__(
        self, items: Iterable[OpenItem], customers: Iterable[Customer] = (), known: Known | None = None
    ) -> None:
        self._items = sorted(items, key=lambda item: (item.due_on, item.issued_on, item.receivable))
        for item in self._items:
            if item.amount <= 0:
                raise ValueError(f"receivable {item.receivable} has {item.amount} open: give only what is still owed")
        self._numbers = Numbers(item.number for item in self._items)
        self._register = Register(customers, known or Known())
        self._references: dict[str, list[int]] = defaultdict(list)
        self._amounts: dict[tuple[str, int], list[int]] = defaultdict(list)
        self._of_customer: dict[tuple[int, str], list[int]] = defaultdict(list)
        for place, item in enumerate(self._items):
            self._amounts[item.currency, item.amount].append(place)
            self._of_customer[item.customer, item.currency].append(place)
            for reference in item.references:
                self._references[plain(reference)].append(place)
        self._open = {item.receivable: item.amount for item in self._items}
        self._currencies = {currency for _, currency in self._of_customer}
        self._owned: dict[tuple[tuple[int, ...], str], _Own] = {}

    def with_known(self, known: Known) -> Matcher:
        """The same open items, with what is known now: a payment booked or undone changes only that."""
        other = copy(self)
        other._register = copy(self._register)
        other._register.know(known)
        return other

    def open_amount(self, receivable: int) -> int:
        """What was open of a receivable when the matcher was made, in minor units; 0 for one it does not know."""
        return self._open.get(receivable, 0)

    def propose(self, incoming: Incoming) -> tuple[Proposal, ...]:
        """At most five ways to book the money, best first; none for money that is not matched (see ``look``)."""
        return self.look(incoming).proposals

    def look(self, incoming: Incoming) -> Look:
        """The proposals, or the reasons why there are none."""
        refusal = self._refusal(incoming)
        if refusal:
            return Look((), (refusal,))
        if len(incoming.text) > LONGEST_TEXT:
            incoming = replace(incoming, text=incoming.text[:LONGEST_TEXT])
        proposals = _weighed(self._drafts(incoming))
        return Look(proposals, () if proposals else (Reason("nothing_found"),))

    def _refusal(self, incoming: Incoming) -> Reason | None:
        if incoming.returned:
            return Reason("returned", {"reason": incoming.returned, "amount": abs(incoming.amount)})
        if incoming.amount <= 0:
            return Reason("money_out", {"amount": -incoming.amount})
        if incoming.currency not in self._currencies:
            return Reason("nothing_in_currency", {"currency": incoming.currency})
        return None

    def _drafts(self, incoming: Incoming) -> list[Draft]:
        said, named = self._read(incoming)
        payers = self._register.payers(incoming)
        owners = list(dict.fromkeys(self._items[place].customer for place in named))[:MOST_CUSTOMERS]
        for customer in owners:
            self._register.like(incoming, customer, payers)
        found: list[Draft] = []
        for customer in owners:
            found += self._of(customer, (customer,), incoming, said, named, payers)
        if len(owners) == 1 and any(draft.how in SETTLING and draft.points >= CERTAIN for draft in found):
            return found
        heard = sorted(payers.reasons, key=lambda customer: (-payers.points(customer), customer))
        customers = list(dict.fromkeys([*owners, *heard]))[:MOST_CUSTOMERS]
        for customer in customers[len(owners) :]:
            found += self._of(customer, (customer,), incoming, said, named, payers)
        for parent in heard[:MOST_ALIKE]:
            found += self._family(parent, incoming, said, named, payers)
        if len(owners) > 1:
            found += self._together(owners, incoming, named, payers)
        if not named and not payers.sure:
            found += self._strangers(incoming, said, payers, customers)
        return found

    # --- what the payment says ---

    def _read(self, incoming: Incoming) -> tuple[Said, dict[int, Naming]]:
        """The short numbers of the text, and the items named, each by its strongest naming."""
        mentions: list[Mention] = []
        said = self._numbers.read(incoming.text)
        for code in dict.fromkeys([plain(incoming.structured), *rf_in(incoming.text)]):
            if code:
                mentions += self._referenced(code, "structured")
        end_to_end = plain(incoming.end_to_end_id)
        if end_to_end not in NOTHING_SAID:
            mentions += (
                self._referenced(end_to_end, "end_to_end") or self._numbers.read(incoming.end_to_end_id).mentions
            )
        if incoming.structured and not any(mention.how == "structured" for mention in mentions):
            mentions += self._numbers.read(incoming.structured).mentions
        mentions += said.mentions
        named: dict[int, Naming] = {}
        for group, mention in enumerate(mentions):
            naming = Naming(mention.how, mention.said, mention.signs, group)
            for place in mention.places:
                if self._items[place].currency != incoming.currency:
                    continue
                if place not in named or named[place].points < naming.points:
                    named[place] = naming
        if any(naming.how == "structured" for naming in named.values()):
            # What a checked reference says is not weakened by other numbers that stand beside it.
            named = {place: naming for place, naming in named.items() if naming.how in ("structured", "exact")}
        return said, named

    def _referenced(self, code: str, how: str) -> list[Mention]:
        places = tuple(self._references.get(code, ()))
        body = rf_body(code)
        if body is not None and not places:
            places = tuple(self._references.get(body, ())) or self._numbers.carrying(body)
        return [Mention(places, how, code, len(code))] if places else []

    # --- whose items ---

    def _of(
        self, payer: int, customers: Sequence[int], incoming: Incoming, said: Said, named: dict[int, Naming],
        payers: Payers,
    ) -> list[Draft]:  # fmt: skip
        own = self._own(customers, incoming.currency)
        here = {at: named[place] for at, place in enumerate(own.places) if place in named} if named else {}
        reasons = self._payer_reasons(payer, incoming, payers)
        points = sum(reason.points for reason in reasons)
        pool = Pool(payer, own.items, incoming, here, self._tails(own, said, here), points, own.by_amount)
        return [replace(draft, reasons=(*draft.reasons, *reasons)) for draft in pool.drafts()] if pool.items else []

    def _together(
        self, owners: Sequence[int], incoming: Incoming, named: dict[int, Naming], payers: Payers
    ) -> list[Draft]:
        """The invoices of several customers, all named, that one payment pays to the cent."""
        places = sorted(named)
        payer = _payer_of(owners, payers)
        reasons = self._payer_reasons(payer, incoming, payers)
        points = sum(reason.points for reason in reasons)
        items = tuple(self._items[place] for place in places)
        pool = Pool(payer, items, incoming, {at: named[place] for at, place in enumerate(places)}, {}, points)
        whole = [draft for draft in pool.drafts() if draft.how in SETTLING]
        return [replace(draft, reasons=(*draft.reasons, *reasons)) for draft in whole]

    def _family(
        self, parent: int, incoming: Incoming, said: Said, named: dict[int, Naming], payers: Payers
    ) -> list[Draft]:
        """What a parent and its children owe, looked at together; what only one of them owes was looked at before."""
        members = (parent, *self._register.children.get(parent, ()))
        if len(members) == 1:
            return []
        counts = [len(self._of_customer.get((member, incoming.currency), ())) for member in members]
        if sum(map(bool, counts)) < 2 or sum(counts) > MOST_IN_FAMILY:
            return []
        owner = {item.receivable: item.customer for item in self._own(members, incoming.currency).items}
        drafts = self._of(parent, members, incoming, said, named, payers)
        several = [draft for draft in drafts if len({owner[part.receivable] for part in draft.parts}) > 1]
        family = Reason("family_paid", {"parent": self._register.called.get(parent, str(parent))}, WEIGHTS["parent"])
        return [replace(one, points=one.points + family.points, reasons=(*one.reasons, family)) for one in several]

    def _own(self, customers: Sequence[int], currency: str) -> _Own:
        key = (tuple(customers), currency)
        if key in self._owned:
            return self._owned[key]
        places = sorted(place for customer in customers for place in self._of_customer.get((customer, currency), ()))
        items = tuple(self._items[place] for place in places)
        own = _Own(tuple(places), items, {}, {})
        for at, item in enumerate(items):
            own.by_amount.setdefault(item.amount, []).append(at)
            own.by_tail.setdefault(self._numbers.tails[places[at]], []).append(at)
        self._owned[key] = own
        return own

    def _tails(self, own: _Own, said: Said, here: dict[int, Naming]) -> dict[int, Naming]:
        """Items whose last digits stand in the text, or in a range it names."""
        found: dict[int, Naming] = {}
        for how, tails in (("ranged", said.ranged), ("tail", said.tails)):
            for tail in sorted(tails):
                for at in own.by_tail.get(tail, ()):
                    if at not in here:
                        # A range is one way of naming all that lies in it.
                        found[at] = Naming(how, tail, len(tail), -1 if how == "ranged" else -2 - at)
        return found

    def _payer_reasons(self, payer: int, incoming: Incoming, payers: Payers) -> list[Reason]:
        heard = payers.reasons.get(payer)
        if heard:
            return heard
        values = {"name": incoming.payer or incoming.iban}
        if payers.sure:
            return [Reason("payer_other", values, WEIGHTS["other"])]
        return [Reason("payer_unlike", values, WEIGHTS["unlike"])] if incoming.payer else []

    def _strangers(self, incoming: Incoming, said: Said, payers: Payers, seen: Sequence[int]) -> list[Draft]:
        """Nothing names an invoice or a customer: those who owe exactly this amount."""
        places = self._amounts.get((incoming.currency, incoming.amount), ())
        if len(places) > MOST_STRANGERS:
            return []
        found: list[Draft] = []
        stranger = Reason("stranger", {}, WEIGHTS["stranger"])
        for customer in dict.fromkeys(self._items[place].customer for place in places):
            if customer not in seen:
                drafts = [
                    one for one in self._of(customer, (customer,), incoming, said, {}, payers) if one.how == "exact"
                ]
                found += [
                    replace(one, points=one.points + stranger.points, reasons=(*one.reasons, stranger))
                    for one in drafts
                    if len(one.parts) == 1
                ]
        return found


def _payer_of(owners: Sequence[int], payers: Payers) -> int:
    """Of several customers whose invoices are paid at once: the one who most likely pays."""
    return max(owners, key=lambda customer: (payers.points(customer), -owners.index(customer)))


def _weighed(drafts: Iterable[Draft]) -> tuple[Proposal, ...]:
    """The best draft of each booking, its points turned into a chance beside all the others and beside none."""
    best: dict[tuple[object, ...], Draft] = {}
    for draft in drafts:
        key = (frozenset(draft.parts), draft.over, draft.customer if draft.over else None)
        if key not in best or draft.points > best[key].points:
            best[key] = draft
    ranked = sorted(best.values(), key=lambda one: (-one.points, _order(one)))
    if not ranked:
        return ()
    top = max(ranked[0].points, WEIGHTS["none"])
    odds = [10 ** ((draft.points - top) / 10) for draft in ranked]
    whole = sum(odds) + 10 ** ((WEIGHTS["none"] - top) / 10)
    return tuple(
        Proposal(one.customer, one.parts, one.over, share / whole, _told(one.reasons))
        for one, share in zip(ranked[:MOST_PROPOSALS], odds, strict=False)
    )


def _order(draft: Draft) -> tuple[object, ...]:
    return tuple((part.receivable, part.amount) for part in draft.parts)


def _told(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """What speaks for it first, the heaviest first; each reason once."""
    every = {(reason.code, tuple(reason.values.items())): reason for reason in reasons}
    return tuple(sorted(every.values(), key=lambda reason: -reason.points))
