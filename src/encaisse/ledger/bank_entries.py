"""What the bank's word writes into the ledger beside the books: payments and allocations of a scope of their own.

Books are compared with what books said, as if the bank had said nothing; what the bank said gives way when the books
say the same. Nothing is deleted: what no longer holds is taken back by entries of the opposite sign.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Sum

from encaisse.ledger.models import Allocation, BankTransaction, Payment
from encaisse.ledger.settle import settle
from encaisse.parties.models import Creditor

SCOPE = "bank"
"""The scope of payments and allocations that come from bank statements."""
RULE = "bank"
BATCH = 2_000


class MatchRefused(ValueError):
    """A match was not changed. `code` is one of `match_reasons.REFUSALS`, which says it in words."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who writes, when."""

    creditor: Creditor
    at: datetime
    actor: str


def payment_key(movement: BankTransaction, suffix: str = "") -> str:
    """The key of what a movement is booked as. A second booking after an undone one has another suffix."""
    return f"{movement.account_id}|{movement.key}{suffix}"


def open_of(creditor: Creditor, receivables: Sequence[tuple[int, int]]) -> dict[int, int]:
    """What is open of each receivable, given as (id, amount), by all that is allocated to it whatever the day."""
    taken: dict[int, int] = defaultdict(int)
    ids = [pk for pk, _ in receivables]
    for at in range(0, len(ids), BATCH):
        found = Allocation.objects.filter(creditor=creditor, receivable_id__in=ids[at : at + BATCH])
        for pk, total in found.values_list("receivable_id").annotate(Sum("amount")):
            taken[pk] = int(total)
    return {pk: amount - taken[pk] for pk, amount in receivables}


def net_of(creditor: Creditor, payment_ids: Iterable[int]) -> dict[int, dict[tuple[int, date], int]]:
    """What stands allocated of each payment: payment, then (receivable, day), what is left of all its entries."""
    found: dict[int, dict[tuple[int, date], int]] = defaultdict(lambda: defaultdict(int))
    ids = sorted(set(payment_ids))
    for at in range(0, len(ids), BATCH):
        rows = Allocation.objects.filter(creditor=creditor, payment_id__in=ids[at : at + BATCH]).order_by("pk")
        for payment, receivable, day, amount in rows.values_list("payment_id", "receivable_id", "counts_on", "amount"):
            found[payment][receivable, day] += amount
    return {payment: {key: net for key, net in parts.items() if net} for payment, parts in found.items()}


def allocation(stamp: Stamp, receivable: int, payment: int, amount: int, on: date, rule: str = RULE) -> Allocation:
    """One entry of the bank's own, not yet written."""
    return Allocation(
        creditor=stamp.creditor, receivable_id=receivable, payment_id=payment, amount=amount, counts_on=on, rule=rule,
        scope=SCOPE, recorded_at=stamp.at,
    )  # fmt: skip


def take_back(stamp: Stamp, payments: Mapping[int, str], *, on: date | None = None) -> set[int]:
    """Take back payments (id → why) with all their allocations; return the receivables that are open again by it.

    `on` None: at no day did they hold (the entries count from the same days). A day: they held until then.
    """
    rows = list(Payment.objects.filter(creditor=stamp.creditor, pk__in=list(payments)).order_by("pk"))
    nets = net_of(stamp.creditor, payments)
    undone = [
        allocation(stamp, receivable, pk, -net, on or day, payments[pk])
        for pk, parts in nets.items()
        for (receivable, day), net in parts.items()
    ]
    Allocation.objects.bulk_create(undone, BATCH)
    counters = [_counter(stamp, row, payments[row.pk], on or row.paid_on) for row in rows]
    Payment.objects.bulk_create(counters, BATCH)
    touched = {one.receivable_id for one in undone}
    # Neither of the two is ever spent: what is left of both together is nothing, on every day.
    settle(stamp.creditor.pk, receivables=sorted(touched), payments=[row.pk for row in rows])
    return touched


def _counter(stamp: Stamp, row: Payment, why: str, on: date) -> Payment:
    ended = Payment.objects.filter(creditor=stamp.creditor, customer=row.customer_id, key__startswith=f"back|{row.pk}|")
    return Payment(
        creditor=stamp.creditor, customer_id=row.customer_id, kind=Payment.Kind.CORRECTION,
        key=f"back|{row.pk}|{ended.count()}", scope=SCOPE, reference=row.reference, label=why, paid_on=on,
        amount=-row.amount, currency=row.currency, recorded_at=stamp.at,
    )  # fmt: skip
