"""A made portfolio for matching, the same for the same seed: open receivables, customers, and damaged payments.

Everything is invented. ``RATES`` states how often each thing happens; the truth of each payment is known, so that what
is booked by itself can be counted as right or wrong.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from encaisse.ledger.matching import Customer, Discount, Incoming, Known, OpenItem
from encaisse.ledger.matching.references import rf_of

TODAY = date(2026, 11, 20)
SEED = 20261121

RATES: dict[str, dict[str, float]] = {
    # What a payment is for, in percent.
    "kind": {
        "one": 52, "several": 15, "all": 5, "part": 4, "over": 1.5, "discount": 3, "charges": 3, "debit": 3,
        "parent": 3, "old_invoice": 4, "no_customer": 4, "returned": 2.5,
    },
    # How its invoices are named.
    "naming": {
        "number": 40, "no_prefix": 10, "no_zeros": 8, "misread": 5, "spaced": 9, "last_digits": 9, "wrong_digit": 2,
        "nothing": 17,
    },
    # How the payer is written.
    "payer": {"as_is": 38, "no_form": 30, "cut": 12, "misspelt": 7, "somebody_else": 5, "none": 8},
    # Whether the payer's account is known from before.
    "iban": {"known": 50, "new": 40, "none": 10},
    # What else stands in the text.
    "noise": {"nothing": 35, "date": 20, "order": 15, "customer_code": 10, "telephone": 5, "words": 15},
}  # fmt: skip
SHARES = {
    "references given (RF) on receivables": 0.12,
    "used by the payer when given": 0.7,
    "receivables of a monthly price (twin amounts)": 0.15,
    "receivables of a round amount": 0.15,
    "receivables with an early-payment discount": 0.08,
    "customers that have a parent": 0.06,
    "an invoice without a number paid out of turn": 0.3,
}
"""Shares of a hundred, as parts of one."""

_PIECES = {
    "trade": """TRANSPORTS GARAGE BOULANGERIE MENUISERIE PHARMACIE IMPRIMERIE HOTEL RESTAURANT ATELIERS CONSTRUCTIONS
        ELECTRICITE PLOMBERIE LIBRAIRIE CLINIQUE DOMAINE FROMAGERIE SCIERIE TOITURES JARDINS CONSEIL""",
    "start": """BAR BEL BOR CAL CHA COR DEL DOR FAR FON GAR GRI HAR JOR LAN LOR MAR MON MOR NAR PEL PER RAN ROU SAL
        TAR VAL""",
    "middle": """A AI AN E EL EN I IN O ON OU U UR ILL ETT AND ERM OST ARD EGN""",
    "end": """AC AIN ARD AT EAU ELLE ET IER IN IS ON OT OUX TIER VILLE ZAN LET DIN GNE MAS""",
    "town": """LYON LILLE NANTES RENNES BREST METZ NANCY DIJON TOURS REIMS ROUEN CAEN PAU NIMES ANNECY""",
    "form": """SARL SAS SA EURL SASU SCI""",
}
_OF_NAMES = {what: tuple(pieces.split()) for what, pieces in _PIECES.items()}
_MONTHLY = (2900, 4900, 5900, 9900, 14900, 24900, 49900)
_LETTERS = str.maketrans("0158", "OISB")


@dataclass(frozen=True, slots=True)
class Truth:
    """What a payment is in truth: its parts (receivable, amount) and the rest; no parts when nothing of it is open."""

    kind: str
    naming: str
    parts: frozenset[tuple[int, int]] = frozenset()
    over: int = 0


@dataclass(slots=True)
class Portfolio:
    """All of it. ``truths`` stand in the order of ``incoming``."""

    items: list[OpenItem]
    customers: list[Customer]
    known: Known
    incoming: list[Incoming] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)


def make(receivables: int = 200_000, payments: int = 50_000, seed: int = SEED) -> Portfolio:
    """The portfolio of a seed."""
    return _Maker(receivables, seed).make(payments)


class _Maker:
    def __init__(self, receivables: int, seed: int) -> None:
        self.chance = random.Random(seed)
        self.customers = self._customers(max(receivables // 4, 4))
        self.name_of = {one.id: one.name for one in self.customers}
        self.items = self._items(receivables)
        self.left: dict[int, list[OpenItem]] = defaultdict(list)
        for item in self.items:
            self.left[item.customer].append(item)
        for open_items in self.left.values():
            open_items.sort(key=lambda item: (item.due_on, item.issued_on, item.receivable))
        self.children: dict[int, list[int]] = defaultdict(list)
        for one in self.customers:
            if one.parent is not None:
                self.children[one.parent].append(one.id)
        self.parents = sorted(self.children)
        self.owners = [item.customer for item in self.items]
        self.ibans = {one.id: self._iban() for one in self.customers}

    def pick(self, what: str) -> str:
        rates = RATES[what]
        return self.chance.choices(list(rates), list(rates.values()))[0]

    def piece(self, what: str) -> str:
        return self.chance.choice(_OF_NAMES[what])

    def often(self, share: str) -> bool:
        return self.chance.random() < SHARES[share]

    def make(self, payments: int) -> Portfolio:
        known = Known.of({iban: [customer] for customer, iban in self.ibans.items()})
        found = Portfolio(self.items, self.customers, known)
        while len(found.incoming) < payments:
            made = self._payment(len(found.incoming))
            if made is not None:
                found.incoming.append(made[0])
                found.truths.append(made[1])
        return found

    # --- who and what ---

    def _surname(self) -> str:
        return self.piece("start") + self.piece("middle") + self.piece("end")

    def _customers(self, count: int) -> list[Customer]:
        chance = self.chance
        found: list[Customer] = []
        for number in range(1, count + 1):
            style = chance.random()
            surname = self._surname()
            if found and self.often("customers that have a parent"):
                parent = found[chance.randrange(len(found))]
                if parent.parent is None:
                    stem = parent.name.rsplit(" ", 1)[0]
                    name = f"{stem} {self.piece('town')} {self.piece('form')}"
                    found.append(Customer(number, name, parent=parent.id))
                    continue
            if style < 0.5:
                name = f"{self.piece('trade')} {surname}"
            elif style < 0.75:
                name = f"{surname} {self.piece('trade')} {self.piece('town')}"
            else:
                name = f"{surname} {self._surname()}"
            found.append(Customer(number, f"{name} {self.piece('form')}"))
        return found

    def _items(self, count: int) -> list[OpenItem]:
        chance, found = self.chance, []
        ids = [one.id for one in self.customers]
        big = ids[: max(len(ids) // 50, 1)]
        prices: dict[int, int] = {}
        serial = [1000] * 4
        for receivable in range(1, count + 1):
            customer = chance.choice(big) if chance.random() < 0.2 else chance.choice(ids)
            issued = TODAY - timedelta(days=int(400 * (1 - receivable / count)) + chance.randrange(5))
            series = chance.choices(range(4), (50, 20, 20, 10))[0]
            serial[series] += chance.choice((1, 1, 2, 3, 4))
            amount = self._amount()
            if self.often("receivables of a monthly price (twin amounts)"):
                amount = prices.setdefault(customer, chance.choice(_MONTHLY))
            discounts = ()
            if self.often("receivables with an early-payment discount"):
                discounts = (Discount(issued + timedelta(days=10), max(amount // 50, 1)),)
            number = _number(series, issued, serial[series])
            references = (rf_of(number),) if self.often("references given (RF) on receivables") else ()
            due = issued + timedelta(days=chance.choice((30, 30, 45, 60)))
            found.append(OpenItem(receivable, customer, number, amount, "EUR", issued, due, discounts, references))
        return found

    def _amount(self) -> int:
        amount = int(100 * self.chance.lognormvariate(6.3, 1.2)) + 100
        return max(amount // 5000, 1) * 5000 if self.often("receivables of a round amount") else amount

    def _iban(self) -> str:
        return f"FR76{self.chance.randrange(10**23):023d}"

    # --- a payment ---

    def _payment(self, number: int) -> tuple[Incoming, Truth] | None:
        kind = self.pick("kind")
        day = TODAY - timedelta(days=self.chance.randrange(10))
        if kind in ("old_invoice", "no_customer", "returned"):
            return self._not_open(number, kind, day)
        payer = self.chance.choice(self.parents if kind == "parent" and self.parents else self.owners)
        owners = [payer]
        if kind == "parent":
            owners = self.children[payer] if self.chance.random() < 0.6 else [payer, *self.children[payer]]
        chosen = self._chosen(kind, owners)
        if not chosen:
            return None
        naming = self.pick("naming")
        if kind != "all" and naming == "nothing":
            chosen = self._in_turn(chosen)
        money, parts, over, charges, day = self._money(kind, chosen, day)
        if money <= 0:
            return None
        truth = Truth(kind, naming, parts, over)
        text, structured = self._text(chosen, naming)
        end_to_end = ""
        if kind == "debit":
            end_to_end, text, structured = f"PRLV{number:08d}", "", ""
            self._collect(chosen, end_to_end)
        name, iban = self._payer(payer)
        for item in chosen:
            self.left[item.customer].remove(next(one for one in self.left[item.customer]
                                                 if one.receivable == item.receivable))  # fmt: skip
        return Incoming(number, day, money, "EUR", name, iban, text, structured, end_to_end, charges), truth

    def _chosen(self, kind: str, owners: list[int]) -> list[OpenItem]:
        left = [item for owner in owners for item in self.left[owner]]
        if not left:
            return []
        if kind == "all":
            return left if len(left) < 40 else []
        if kind == "discount":
            left = [item for item in left if item.discounts]
            return [self.chance.choice(left)] if left else []
        if kind in ("several", "parent"):
            count = min(len(left), 1 + self.chance.choices((1, 2, 3, 4, 6, 9), (50, 20, 12, 8, 6, 4))[0])
            if count < 2:
                return []
            start = self.chance.randrange(len(left) - count + 1)
            return left[start : start + count] if self.chance.random() < 0.6 else self.chance.sample(left, count)
        return [self.chance.choice(left)]

    def _in_turn(self, chosen: list[OpenItem]) -> list[OpenItem]:
        """Without a number, of twins the oldest is mostly paid."""
        if len(chosen) > 1 or self.often("an invoice without a number paid out of turn"):
            return chosen
        one = chosen[0]
        return [next(item for item in self.left[one.customer]
                     if (item.amount, item.discounts) == (one.amount, one.discounts))]  # fmt: skip

    def _money(
        self, kind: str, chosen: list[OpenItem], day: date
    ) -> tuple[int, frozenset[tuple[int, int]], int, int, date]:
        chance, owed = self.chance, sum(item.amount for item in chosen)
        one = chosen[0]
        if kind == "part":
            share = chance.choice((0.3, 0.5, chance.random()))
            money = max(int(owed * share) // 100 * 100, 1)
            return money, frozenset({(one.receivable, money)}), 0, 0, day
        if kind == "over":
            over = chance.choice((100, 1000, 10_000, chance.randrange(1, 50_000)))
            return owed + over, frozenset({(one.receivable, one.amount)}), over, 0, day
        if kind == "discount":
            money = owed - one.discounts[0].off
            return money, frozenset({(one.receivable, money)}), 0, 0, one.discounts[0].until
        if kind == "charges":
            kept = min(chance.choice((250, 500, 1000, 1500, 2000)), owed // 25)
            money = owed - kept
            return money, frozenset({(one.receivable, money)}), 0, kept if chance.random() < 0.5 else 0, day
        return owed, frozenset((item.receivable, item.amount) for item in chosen), 0, 0, day

    def _collect(self, chosen: list[OpenItem], reference: str) -> None:
        """A direct debit carries the reference that was given when it was sent to the bank."""
        for item in chosen:
            self.items[item.receivable - 1] = replace(item, references=(*item.references, reference))

    def _not_open(self, number: int, kind: str, day: date) -> tuple[Incoming, Truth]:
        chance = self.chance
        amount = self._amount()
        if kind == "no_customer":
            name, iban = f"{self._surname()} {self._surname()}", self._iban()
            return Incoming(number, day, amount, "EUR", name, iban, self._noise()), Truth(kind, "nothing")
        owner = chance.choice(self.owners)
        name, iban = self._payer(owner)
        naming = self.pick("naming")
        if chance.random() < 0.3:
            amount = chance.choice(self.items).amount
        gone = replace(
            chance.choice(self.items), number=_number(chance.randrange(4), day, chance.randrange(1000, 300_000))
        )
        text, _ = self._text([replace(gone, references=())], naming)
        back = "AM04" if kind == "returned" else ""
        made = Incoming(number, day, -amount if back else amount, "EUR", name, iban, text, returned=back)
        return made, Truth(kind, naming)

    # --- what is written ---

    def _payer(self, customer: int) -> tuple[str, str]:
        chance, name = self.chance, self.name_of[customer]
        how = self.pick("payer")
        if how != "as_is":
            name = name.rsplit(" ", 1)[0]
        if how == "cut":
            name = name[: max(len(name) - chance.randrange(1, 8), 8)]
        elif how == "misspelt":
            at = chance.randrange(1, len(name))
            name = chance.choice((name[:at] + name[at + 1 :], name[:at] + chance.choice("AEIORST") + name[at:]))
        elif how == "somebody_else":
            name = f"{self._surname()} {self.piece('trade')}"
        elif how == "none":
            name = ""
        known = self.pick("iban")
        return name, self.ibans[customer] if known == "known" else self._iban() if known == "new" else ""

    def _text(self, chosen: list[OpenItem], naming: str) -> tuple[str, str]:
        """Free text and structured reference."""
        chance = self.chance
        if len(chosen) == 1 and chosen[0].references and self.often("used by the payer when given"):
            reference = chosen[0].references[0]
            if chance.random() < 0.7:
                return self._noise(), reference
            return f"{self._noise()} {' '.join(reference[at : at + 4] for at in range(0, len(reference), 4))}", ""
        if naming == "nothing":
            return self._noise(), ""
        written = [self._damaged(item.number, naming) for item in chosen[:8]]
        if len(written) > 1 and naming in ("number", "last_digits") and chance.random() < 0.3:
            written = [written[0], *(self._damaged(item.number, "last_digits") for item in chosen[1:8])]
        between = chance.choice((" ", ", ", " / ", " + ", " ET "))
        before = chance.choice(("FACTURE ", "FACT ", "REGLEMENT FAC ", "", "VIR ", "INVOICE "))
        return f"{before}{between.join(written)} {self._noise()}".strip(), ""

    def _damaged(self, number: str, naming: str) -> str:
        chance = self.chance
        if naming == "no_prefix":
            return number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").lstrip("-")
        if naming == "no_zeros":
            return "-".join(part.lstrip("0") for part in number.replace("/", "-").split("-"))
        if naming == "misread":
            at = [place for place, sign in enumerate(number) if sign in "0158"]
            changed = set(chance.sample(at, min(len(at), chance.choice((1, 1, 2)))))
            return "".join(s.translate(_LETTERS) if place in changed else s for place, s in enumerate(number))
        if naming == "spaced":
            plain = number.replace("-", " ").replace("/", " ")
            at = chance.randrange(2, len(plain) - 1)
            return chance.choice((plain, plain.replace(" ", ""), plain[:at] + " " + plain[at:]))
        if naming == "last_digits":
            return number.replace("/", "-").split("-")[-1].lstrip("F0")[-6:].lstrip("0")
        if naming == "wrong_digit":
            at = chance.choice([place for place, sign in enumerate(number) if sign.isdigit()][-5:])
            return number[:at] + chance.choice([sign for sign in "0123456789" if sign != number[at]]) + number[at + 1 :]
        return number

    def _noise(self) -> str:
        chance, what = self.chance, self.pick("noise")
        if what == "date":
            day = TODAY - timedelta(days=chance.randrange(60))
            return "DU " + day.strftime(chance.choice(("%d/%m/%Y", "%d%m%y", "%d %m %Y")))
        if what == "order":
            return f"CDE {chance.randrange(4_500_000, 4_600_000)}"
        if what == "customer_code":
            return f"CLIENT {chance.randrange(1, 50_000)}"
        if what == "telephone":
            return f"TEL 01 99 00 {chance.randrange(100):02d} {chance.randrange(100):02d}"
        return chance.choice(("SOLDE", "MERCI", "VOTRE FACTURE", "REGLEMENT")) if what == "words" else ""


def _number(series: int, issued: date, serial: int) -> str:
    """Four ways of numbering invoices."""
    if series == 0:
        return f"FA{issued.year}-{serial:06d}"
    if series == 1:
        return f"{issued.year}/{issued.month:02d}/{serial:05d}"
    return f"{2_000_000 + serial}" if series == 2 else f"LYO-F{issued.year % 100}-{serial:05d}"


def by_kind(truths: list[Truth]) -> Mapping[str, int]:
    """How many payments of each kind there are."""
    counts: dict[str, int] = defaultdict(int)
    for truth in truths:
        counts[truth.kind] += 1
    return dict(sorted(counts.items()))
