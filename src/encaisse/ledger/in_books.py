"""Movements that the books know already: the same money is never counted twice, whichever of the two came first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Min

from encaisse.ledger.bank_entries import BATCH, SCOPE
from encaisse.ledger.matching import Known, OpenItem
from encaisse.ledger.matching.names import LEAST_ALIKE, Names
from encaisse.ledger.matching.numbers import Numbers
from encaisse.ledger.matching.references import NOTHING_SAID, plain
from encaisse.ledger.matching.text import name_key, plain_iban
from encaisse.ledger.models import Allocation, BankTransaction, Match, Payment
from encaisse.parties.models import Creditor

NEAR = timedelta(days=7)
"""Books and bank may be so far apart on the day of one payment."""
_LEAST_REFERENCE = 5


@dataclass(frozen=True, slots=True)
class Told:
    """A payment as the books tell it."""

    id: int
    customer: int
    amount: int
    currency: str
    paid_on: date
    reference: str
    spent: bool
    since: date | None = None
    """First day it can be of, when only the last one is known: `paid_on`."""

    def near(self, day: date) -> bool:
        """Whether a movement of that day may be this payment."""
        if self.since is not None:
            return self.since <= day <= self.paid_on + NEAR
        return abs(self.paid_on - day) <= NEAR


@dataclass(slots=True)
class Books:
    """Payments of the books that no movement stands for yet, by currency and amount; each is given once."""

    by_amount: dict[tuple[str, int], list[Told]]
    names: Names
    known: Known
    numbers: dict[int, list[str]]
    open_numbers: dict[int, list[str]]
    given: set[int] = field(default_factory=set)
    refused: frozenset[tuple[int, int]] = frozenset()

    def find(self, movement: BankTransaction) -> Told | None:
        """The payment of the books that is this movement: same amount, within a week, and a sign of the customer."""
        near = [
            one
            for one in self.by_amount.get((movement.currency, movement.amount), ())
            if one.id not in self.given and (movement.pk, one.id) not in self.refused and one.near(movement.booked_on)
        ]
        rated = [(self._sign(movement, one), one) for one in near]
        best = [(sign, one) for sign, one in rated if sign and not self._means_another(movement, one)]
        if not best:
            return None
        _, found = min(best, key=lambda two: (-two[0], abs(two[1].paid_on - movement.booked_on), two[1].id))
        self.given.add(found.id)
        return found

    def _sign(self, movement: BankTransaction, one: Told) -> int:
        """How the movement points to the payment's customer: 3 by a number, 2 by the account, 1 by the name, 0 not."""
        text = " ".join((movement.text, movement.structured, movement.end_to_end_id))
        if Numbers(self.numbers.get(one.id, ())).read(text).mentions or _in_text(one.reference, text):
            return 3
        owners = self.known.ibans.get(plain_iban(movement.payer_iban), frozenset()) if movement.payer_iban else ()
        if owners:
            return 2 if one.customer in owners else 0
        if one.customer in self.known.names.get(name_key(movement.payer), frozenset()):
            return 1
        if movement.payer:
            return int(self.names.likeness(movement.payer, one.customer) >= LEAST_ALIKE)
        return int(one.customer in self.names.inside(movement.text))

    def _means_another(self, movement: BankTransaction, one: Told) -> bool:
        """The text names an invoice that is open still, and the books have set this payment against others."""
        if not one.spent:
            return False
        said = Numbers(self.open_numbers.get(one.customer, ())).read(f"{movement.text} {movement.structured}")
        return bool(said.mentions)


def books(
    creditor: Creditor,
    movements: Sequence[BankTransaction],
    items: Iterable[OpenItem],
    names: Iterable[tuple[int, str]],
    known: Known,
    refused: frozenset[tuple[int, int]],
) -> Books:
    """Read what the books tell about the days of these movements."""
    first = min((one.booked_on for one in movements), default=date.max)
    told = payments(
        creditor,
        first - NEAR if movements else date.max,
        max((one.booked_on for one in movements), default=date.min),
    )
    told += stated(creditor, first) if movements else []
    wanted = {(one.currency, one.amount) for one in movements}
    by_amount: dict[tuple[str, int], list[Told]] = defaultdict(list)
    for one in told:
        if (one.currency, one.amount) in wanted:
            by_amount[one.currency, one.amount].append(one)
    every = [one for some in by_amount.values() for one in some]
    customers = {one.customer for one in every}
    open_numbers: dict[int, list[str]] = defaultdict(list)
    for item in items:
        if item.customer in customers:
            open_numbers[item.customer].append(item.number)
    return Books(
        dict(by_amount),
        Names((pk, name) for pk, name in names if pk in customers),
        known,
        _numbers(creditor, [one.id for one in every]),
        dict(open_numbers),
        refused=refused,
    )


def payments(creditor: Creditor, first: date, last: date) -> list[Told]:
    """Payments of the books from the first day to a week after the last that no movement stands for, in order."""
    if first > last + NEAR:
        return []
    rows = Payment.objects.filter(
        creditor=creditor, kind=Payment.Kind.PAYMENT, paid_on__gte=first, paid_on__lte=last + NEAR, amount__gt=0
    ).exclude(scope=SCOPE)
    taken = Match.objects.filter(creditor=creditor, state=Match.State.BOOKED, payment__isnull=False)
    claimed = set(taken.exclude(payment__scope=SCOPE).values_list("payment_id", flat=True))
    fields = ("pk", "customer_id", "amount", "currency", "paid_on", "reference", "spent_on")
    return [
        Told(pk, customer, amount, currency, day, reference, spent is not None)
        for pk, customer, amount, currency, day, reference, spent in rows.order_by("paid_on", "pk").values_list(*fields)
        if pk not in claimed
    ]


def stated(creditor: Creditor, first: date) -> list[Told]:
    """What lists say is paid without saying when, from this day on: the bank may have seen it before."""
    rows = Payment.objects.filter(
        creditor=creditor, kind=Payment.Kind.CORRECTION, scope="tables", label="table", amount__gt=0,
        paid_on__gte=first - NEAR,
    )  # fmt: skip
    fields = ("pk", "customer_id", "amount", "currency", "paid_on", "reference")
    found = rows.annotate(since=Min("allocations__receivable__issued_on")).order_by("paid_on", "pk")
    return [
        Told(pk, customer, amount, currency, day, reference, False, since)
        for pk, customer, amount, currency, day, reference, since in found.values_list(*fields, "since")
        if since is not None
    ]


def _numbers(creditor: Creditor, ids: Sequence[int]) -> dict[int, list[str]]:
    """The numbers of the invoices each payment of the books was set against."""
    found: dict[int, list[str]] = defaultdict(list)
    for at in range(0, len(ids), BATCH):
        rows = Allocation.objects.filter(creditor=creditor, payment_id__in=ids[at : at + BATCH])
        for payment, number in rows.values_list("payment_id", "receivable__number"):
            found[payment].append(number)
    return dict(found)


def _in_text(reference: str, text: str) -> bool:
    said = plain(reference)
    return len(said) >= _LEAST_REFERENCE and said not in NOTHING_SAID and said in plain(text)
