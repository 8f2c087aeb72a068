"""What was booked from the bank gives way when the books tell of it: the same money never counts twice.

The books are compared with themselves only (see `known`); afterwards each payment of the bank's is looked for among
those the books tell. Found: the bank's own is taken back, and the movement stands for the payment of the books. Not
found, but an invoice is paid twice by it: the part too much is taken back and stays as the customer's credit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from encaisse.ledger import match_payments, returned_payments
from encaisse.ledger.bank_entries import BATCH, SCOPE, Stamp, allocation, net_of, open_of
from encaisse.ledger.in_books import NEAR, Told, payments
from encaisse.ledger.models import Allocation, BankTransaction, Match, Payment, Receivable
from encaisse.ledger.settle import settle
from encaisse.ledger.undo_match import returned_since, withdraw

IN_BOOKS = "in_books"
TOO_MUCH = "too_much"
_OPENING = "opening"


def give_way(stamp: Stamp) -> list[dict[str, Any]]:
    """Bring what the bank booked in line with the books just written; return notes for the report.

    In the transaction of the import, before proposals are made again.
    """
    notes = _returns(stamp)
    live = _live(stamp)
    if not live:
        return notes
    standing = net_of(stamp.creditor, [match.payment_id for match in live if match.payment_id])
    receivables = {receivable for parts in standing.values() for receivable, _ in parts}
    # The books were written as if the bank had said nothing: since when a row is settled is derived again.
    settle(stamp.creditor.pk, receivables=sorted(receivables))
    over = _over(stamp, receivables)
    pairs = _pairs(stamp, live, standing, over)
    for match, payment, day in pairs:
        _replace(stamp, match, payment, day)
        notes.append(_note("bank_gave_way", match))
    replaced = {match.pk for match, _, _ in pairs}
    rest = [match for match in live if match.pk not in replaced]
    return notes + _too_much(stamp, rest, standing)


def _live(stamp: Stamp) -> list[Match]:
    """Bookings of the bank's that the books do not tell of yet, in the order of their days."""
    found = Match.objects.filter(
        creditor=stamp.creditor, state=Match.State.BOOKED, payment__scope=SCOPE, movement__amount__gt=0
    )
    return list(found.select_related("movement", "payment", "customer").order_by("movement__booked_on", "pk"))


def _over(stamp: Stamp, receivables: set[int]) -> dict[int, int]:
    """Receivables to which more is allocated than they amount to: id → how much."""
    ids = sorted(receivables)
    amounts: list[tuple[int, int]] = []
    for at in range(0, len(ids), BATCH):
        rows = Receivable.objects.filter(creditor=stamp.creditor, pk__in=ids[at : at + BATCH])
        amounts += rows.values_list("pk", "amount")
    return {pk: -left for pk, left in open_of(stamp.creditor, amounts).items() if left < 0}


def _pairs(
    stamp: Stamp, live: Sequence[Match], standing: dict[int, dict[tuple[int, date], int]], over: dict[int, int]
) -> list[tuple[Match, int, date]]:
    """Bookings with the payment of the books that is the same money."""
    days = [match.movement.booked_on for match in live]
    told = payments(stamp.creditor, min(days) - NEAR, max(days))
    by_customer: dict[tuple[int, str], list[Told]] = defaultdict(list)
    for one in told:
        by_customer[one.customer, one.currency].append(one)
    paying = _paying(stamp, over)
    given: set[int] = set()
    pairs = []
    for match in live:
        movement = match.movement
        near = [
            one
            for one in by_customer[match.customer_id, movement.currency]
            if abs(one.paid_on - movement.booked_on) <= NEAR
        ]
        same = [one for one in near if one.amount == movement.amount and one.id not in given]
        found = min(same, key=lambda one: (abs(one.paid_on - movement.booked_on), one.id), default=None)
        mine = {receivable for receivable, _ in standing.get(match.payment_id or 0, {}) if receivable in over}
        if found is None and mine:
            found = next((one for one in near if paying.get(one.id, set()) & mine), None)
        if found is not None:
            given.add(found.id)
            pairs.append((match, found.id, found.paid_on))
            continue
        opening = _opened_without(stamp, mine, movement.booked_on)
        if opening is not None:
            pairs.append((match, opening.pk, opening.paid_on))
    return pairs


def _paying(stamp: Stamp, over: dict[int, int]) -> dict[int, set[int]]:
    """Payments of the books → the overpaid receivables they are set against."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = Allocation.objects.filter(creditor=stamp.creditor, receivable_id__in=list(over)).exclude(scope=SCOPE)
    for payment, receivable in rows.values_list("payment_id", "receivable_id"):
        found[payment].add(receivable)
    return found


def _opened_without(stamp: Stamp, receivables: set[int], day: date) -> Payment | None:
    """The correction by which a later opening says that these receivables had been paid before."""
    if not receivables:
        return None
    rows = Payment.objects.filter(
        creditor=stamp.creditor, kind=Payment.Kind.CORRECTION, label=_OPENING, paid_on__gt=day,
        allocations__receivable_id__in=list(receivables), amount__gt=0,
    ).exclude(scope=SCOPE)  # fmt: skip
    return rows.order_by("paid_on", "pk").first()


def _replace(stamp: Stamp, match: Match, payment: int, day: date) -> None:
    back = returned_since(match)
    if back is not None:
        withdraw(stamp, back, IN_BOOKS)
    withdraw(stamp, match, IN_BOOKS)
    movement = BankTransaction.objects.get(pk=match.movement_id)
    match_payments.tie(stamp, [(movement, match.customer_id, payment, day)])


def _too_much(
    stamp: Stamp, live: Sequence[Match], standing: dict[int, dict[tuple[int, date], int]]
) -> list[dict[str, Any]]:
    """Take back what the bank set against receivables that are paid without it."""
    mine = {receivable for match in live for receivable, _ in standing.get(match.payment_id or 0, {})}
    over = _over(stamp, mine)
    entries, notes = [], []
    for match in reversed(live):
        if match.payment_id is None:
            continue
        for (receivable, day), net in standing.get(match.payment_id, {}).items():
            back = min(net, over.get(receivable, 0))
            if back > 0:
                entries.append(allocation(stamp, receivable, match.payment_id, -back, day, TOO_MUCH))
                over[receivable] -= back
                notes.append(_note("bank_paid_twice", match))
    Allocation.objects.bulk_create(entries, BATCH)
    settle(
        stamp.creditor.pk,
        receivables=[one.receivable_id for one in entries],
        payments=[one.payment_id for one in entries],
    )
    return notes


def _returns(stamp: Stamp) -> list[dict[str, Any]]:
    """Returns booked from the bank that the books tell of by now: as a debit, or as an allocation taken back."""
    found = Match.objects.filter(
        creditor=stamp.creditor, state=Match.State.BOOKED, payment__scope=SCOPE, movement__amount__lt=0
    ).select_related("movement", "payment", "customer")
    notes = []
    for match in found.order_by("pk"):
        original = next(
            (one["values"]["payment"] for one in match.reasons if one["code"] == returned_payments.RETURNED), None
        )
        if original is None or match.payment is None:
            continue
        pairs: dict[int, int] = defaultdict(int)
        for (receivable, _day), net in net_of(stamp.creditor, [original]).get(original, {}).items():
            pairs[receivable] += net
        twice = any(net < 0 for net in pairs.values())
        if twice or returned_payments.known_to_books(stamp, match.movement, match.customer_id):
            withdraw(stamp, match, IN_BOOKS)
            BankTransaction.objects.filter(pk=match.movement_id).update(state=BankTransaction.State.ASIDE)
            notes.append(_note("bank_gave_way", match))
        else:
            # The books were written as if it had not come back: whether it is spent is derived again.
            settle(stamp.creditor.pk, payments=[original])
    return notes


def _note(code: str, match: Match) -> dict[str, Any]:
    movement = match.movement
    return {
        "code": code, "customer": match.customer.code, "day": movement.booked_on.isoformat(),
        "amount": movement.amount,
    }  # fmt: skip
