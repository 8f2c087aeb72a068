"""Every way of booking the money that is worth a look, for one payer at a time, with what speaks for it and against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import log10

from encaisse.ledger.matching.fit import SETTLING, Fit, charges_bound, discount_of, fit, oldest_first
from encaisse.ledger.matching.records import Incoming, OpenItem, Part, Reason, Value
from encaisse.ledger.matching.subsets import ALL_SETS, MOST_ITEMS, Found, by_chance, runs, subsets
from encaisse.ledger.matching.weights import WEIGHTS, number_points

AHEAD = timedelta(days=5)
"""An invoice issued more than so many days after the money came is an unlikely one to be paid by it."""
MOST_NAMED = 60
"""A payment names at most so many invoices; of more, the oldest are taken."""
CLEAR = 34.0
"""From these points on named invoices and amount say enough: sums of invoices not named are not looked for."""


@dataclass(frozen=True, slots=True)
class Naming:
    """An item is named: how, with which words, how many signs agree. ``group``: one for each naming."""

    how: str
    said: str
    signs: int
    group: int

    @property
    def points(self) -> float:
        return number_points(self.how, self.signs)


@dataclass(frozen=True, slots=True)
class Draft:
    """A way of booking the money before it is weighed against the others."""

    customer: int
    parts: tuple[Part, ...]
    over: int
    points: float
    reasons: tuple[Reason, ...]
    how: str


@dataclass(slots=True)
class Pool:
    """The open items of one payer (or family) in the currency, oldest due first, and what the payment says of them.

    ``named`` and ``tails`` are by place in ``items``.
    """

    customer: int
    items: Sequence[OpenItem]
    incoming: Incoming
    named: Mapping[int, Naming]
    tails: Mapping[int, Naming]
    payer_points: float
    by_amount: Mapping[int, Sequence[int]] = field(default_factory=dict)

    def drafts(self) -> list[Draft]:
        """All drafts of this payer."""
        found = list(self._by_number())
        if not any(draft.points >= CLEAR and draft.how in SETTLING for draft in found):
            found += self._by_tail()
            found += self._by_amount()
        return found

    # --- named by number ---

    def _by_number(self) -> Iterator[Draft]:
        places = sorted(self.named)[:MOST_NAMED]
        if not places:
            return
        whole = self._fit(places)
        if whole.how in SETTLING:
            yield self._named(places, whole)
            return
        # Instalments share a number, and a text may name what is not paid: some of the named may fit to the cent.
        some = subsets([self.items[place].amount for place in places], self.incoming.amount, least=1)
        for chosen in some.sets:
            picked = [places[at] for at in chosen]
            yield self._named(picked, self._fit(picked), Reason("ambiguous", {"count": len(some.sets)}, 0.0)
                              if len(some.sets) > 1 else None)  # fmt: skip
        yield self._named(places, whole)
        if len(places) > 1 and not some.sets:
            yield from self._one_named(places)
        if whole.how == "over":
            yield from self._named_and_more(places, whole.over)

    def _one_named(self, places: Sequence[int]) -> Iterator[Draft]:
        """One of those named fits with a discount or charges."""
        for place in places:
            one = self._fit([place])
            if one.how in SETTLING:
                yield self._named([place], one)

    def _named_and_more(self, places: Sequence[int], rest: int) -> Iterator[Draft]:
        """The named invoices and others beside them pay to the cent."""
        every_other = [place for place in range(len(self.items)) if place not in self.named]
        if every_other and sum(self.items[place].amount for place in every_other) == rest:
            everything = range(len(self.items))
            whole = Reason(
                "all_open", {"amount": self.incoming.amount, "count": len(self.items)}, WEIGHTS["unnamed_all"]
            )
            reasons = [*self._namings(sorted(self.named)), whole]
            yield self._draft(everything, self._fit(everything), reasons)
            return
        others = every_other[:MOST_ITEMS]
        more = subsets([self.items[place].amount for place in others], rest, least=1)
        for chosen in more.sets:
            every = sorted([*places, *(others[at] for at in chosen)])
            chance = self._chance([self.items[place] for place in others], len(chosen), more)
            yield self._named(every, self._fit(every), *chance)

    def _named(self, places: Sequence[int], how: Fit, *more: Reason | None) -> Draft:
        paid = {part.receivable for part in how.parts}
        reasons = list(self._namings(places))
        reasons += self._left_out(paid)
        beside = [place for place in places if place not in self.named and place not in self.tails]
        if beside:
            reasons.append(Reason("also_paid", {"numbers": self._numbers(beside)}, WEIGHTS["also"] * len(beside)))
        reasons.append(self._amount_reason(places, how))
        if how.how in ("part", "over") and self._fits_other(places):
            reasons.append(Reason("amount_fits_other", {}, WEIGHTS["fits_other"]))
        reasons += [reason for reason in more if reason is not None]
        return self._draft(places, how, reasons)

    def _namings(self, places: Sequence[int]) -> Iterator[Reason]:
        """One reason for each way of naming; the strongest one counts, each further invoice named adds a little."""
        named = [(place, naming) for place in places if (naming := self.named.get(place) or self.tails.get(place))]
        ways: dict[str, list[tuple[int, Naming]]] = {}
        for place, naming in sorted(named, key=lambda one: (-one[1].points, one[0])):
            ways.setdefault(naming.how, []).append((place, naming))
        groups = {naming.group for _, naming in named}
        points = WEIGHTS["corroborated"] * min(len(groups) - 1, 5)
        for rank, (how, found) in enumerate(ways.items()):
            said = ", ".join(dict.fromkeys(naming.said for _, naming in found[:5]))
            values = {"numbers": self._numbers(sorted(place for place, _ in found)), "said": said}
            yield Reason(_NAMED[how], values, 0.0 if rank else points + found[0][1].points)

    def _left_out(self, paid: set[int]) -> Iterator[Reason]:
        groups: dict[int, bool] = {}
        for place, naming in self.named.items():
            groups[naming.group] = groups.get(naming.group, False) or self.items[place].receivable in paid
        left = [place for place, naming in self.named.items() if not groups[naming.group]]
        count = sum(not covered for covered in groups.values())
        if count:
            yield Reason("named_left_out", {"numbers": self._numbers(sorted(left))}, WEIGHTS["left_out"] * count)

    def _fits_other(self, places: Sequence[int]) -> bool:
        return any(place not in places for place in self.by_amount.get(self.incoming.amount, ()))

    def _amount_reason(self, places: Sequence[int], how: Fit) -> Reason:
        amount = self.incoming.amount
        if how.how == "exact" and len(places) > 1:
            return Reason("sum_exact", {"count": len(places), "amount": amount}, WEIGHTS["sum"])
        code = "amount_exact" if how.how == "exact" else _AMOUNT[how.how]
        weight = "amount" if how.how == "exact" else how.how
        if how.how == "over" and self._could_pay_more(places, how.over):
            weight = "over_beside_others"
        return Reason(code, _amounts(amount, how), WEIGHTS[weight])

    def _could_pay_more(self, places: Sequence[int], rest: int) -> bool:
        """Another open invoice is not greater than the rest: it may well be meant, and was not named."""
        chosen = set(places)
        return any(item.amount <= rest for place, item in enumerate(self.items) if place not in chosen)

    # --- named by the last digits only ---

    def _by_tail(self) -> Iterator[Draft]:
        every = sorted({*self.named, *self.tails})[:MOST_ITEMS]
        if not self.tails:
            return
        whole = self._fit(every)
        if whole.how in SETTLING:
            yield self._named(every, whole)
        elif len(every) > 1:
            found = subsets([self.items[place].amount for place in every], self.incoming.amount, least=1)
            for chosen in found.sets:
                picked = [every[at] for at in chosen]
                yield self._named(picked, self._fit(picked))
            yield from self._one_named(every)
        elif not self.named:
            yield self._named(every, whole)

    # --- not named ---

    def _by_amount(self) -> Iterator[Draft]:
        fitting = list(self.by_amount.get(self.incoming.amount, ()))
        for place in fitting:
            reasons = [Reason("amount_exact", {"amount": self.incoming.amount}, WEIGHTS["unnamed_amount"])]
            if len(fitting) > 1:
                reasons.append(Reason("ambiguous", {"count": len(fitting)}, 0.0))
            yield self._unnamed([place], self._fit([place]), reasons)
        yield from self._less()
        sums = list(self._sums())
        yield from sums
        if not fitting and not sums and self.items:
            yield self._oldest()

    def _less(self) -> Iterator[Draft]:
        """One invoice less its discount, or less charges."""
        incoming = self.incoming
        highest = incoming.amount + charges_bound(2 * incoming.amount, incoming.currency)
        for place, item in enumerate(self.items[:500]):
            near = incoming.amount < item.amount <= highest or item.amount - incoming.amount == incoming.charges > 0
            if near or (item.discounts and item.amount - discount_of(item, incoming) == incoming.amount):
                one = self._fit([place])
                if one.how in SETTLING and one.how != "exact":
                    weight = WEIGHTS["unnamed_" + one.how]
                    yield self._unnamed(
                        [place], one, [Reason(_AMOUNT[one.how], _amounts(incoming.amount, one), weight)]
                    )

    def _sums(self) -> Iterator[Draft]:
        amounts = [item.amount for item in self.items]
        if len(amounts) < 2 or sum(amounts) < self.incoming.amount:
            return
        count = {"amount": self.incoming.amount}
        in_a_row = set(runs(amounts, self.incoming.amount))
        whole = tuple(range(len(amounts)))
        for places in sorted(in_a_row):
            code, weight = ("all_open", "unnamed_all") if places == whole else ("sum_in_a_row", "unnamed_run")
            reasons = [Reason(code, {**count, "count": len(places)}, WEIGHTS[weight])]
            if places != whole:
                # So many runs there are, spread over all that is open.
                reasons += _coincidence(len(amounts) ** 2 / 2 / sum(amounts))
            yield self._unnamed(places, self._fit(places), reasons)
        if whole in in_a_row:
            return
        found = subsets(amounts, self.incoming.amount)
        for places in found.sets:
            if places in in_a_row:
                continue
            reasons = [Reason("sum_exact", {**count, "count": len(places)}, WEIGHTS["unnamed_sum"])]
            reasons += self._chance(self.items, len(places), found)
            yield self._unnamed(places, self._fit(places), reasons)

    def _oldest(self) -> Draft:
        """Nothing fits: the oldest debts are paid first, and what is over stays the customer's."""
        total = sum(item.amount for item in self.items)
        amount = self.incoming.amount
        how = Fit("part", oldest_first(self.items, amount), max(amount - total, 0), abs(total - amount))
        if amount >= total:
            reason = Reason("over_payment", {"amount": amount, "rest": amount - total}, WEIGHTS["unnamed_over"])
        else:
            reason = Reason("oldest_first", {"amount": amount}, WEIGHTS["unnamed_part"])
        return self._unnamed(range(len(how.parts)), how, [reason])

    def _unnamed(self, places: Sequence[int], how: Fit, reasons: list[Reason]) -> Draft:
        paid = {part.receivable for part in how.parts}
        return self._draft(places, how, [*reasons, *self._left_out(paid)])

    # --- all ---

    def _fit(self, places: Sequence[int]) -> Fit:
        return fit([self.items[place] for place in places], self.incoming)

    def _draft(self, places: Sequence[int], how: Fit, reasons: list[Reason]) -> Draft:
        latest = max(self.items[place].issued_on for place in places)
        if latest > self.incoming.booked_on + AHEAD:
            reasons.append(Reason("issued_later", {"issued_on": latest}, WEIGHTS["issued_later"]))
        points = self.payer_points + sum(reason.points for reason in reasons)
        return Draft(self.customer, how.parts, how.over, points, tuple(reasons), how.how)

    def _chance(self, items: Sequence[OpenItem], size: int, found: Found) -> list[Reason]:
        reasons = _coincidence(by_chance([item.amount for item in items], size))
        if found.cut:
            reasons.append(Reason("search_cut", {"items": ALL_SETS}, WEIGHTS["cut"]))
        if len(found.sets) > 1:
            reasons.append(Reason("ambiguous", {"count": len(found.sets)}, 0.0))
        return reasons

    def _numbers(self, places: Sequence[int]) -> str:
        shown = ", ".join(dict.fromkeys(self.items[place].number for place in places[:5]))
        return shown + ("…" if len(places) > 5 else "")


_NAMED = {
    "structured": "structured_reference",
    "end_to_end": "end_to_end",
    "exact": "number_exact",
    "misread": "number_misread",
    "digits": "number_digits",
    "tail": "number_tail",
    "ranged": "number_range",
}
_AMOUNT = {
    "discount": "discount_taken",
    "charges_told": "charges_told",
    "charges_supposed": "charges_supposed",
    "part": "part_payment",
    "over": "over_payment",
}


def _amounts(amount: int, how: Fit) -> dict[str, Value]:
    return {"amount": amount} if how.how == "exact" else {"amount": amount, "rest": how.apart}


def _coincidence(expected: float) -> list[Reason]:
    """From one sum in a thousand that would fit by chance on, the fit says less."""
    if expected <= 0.001:
        return []
    return [Reason("by_chance", {}, -WEIGHTS["chance"] * log10(expected / 0.001))]
