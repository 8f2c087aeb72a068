"""A person says what a movement pays, where nothing was proposed or nothing proposed was right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from encaisse.ledger import match_payments
from encaisse.ledger.bank_entries import BATCH, MatchRefused, Stamp, open_of
from encaisse.ledger.book_match import book_many
from encaisse.ledger.match_reasons import BY_HAND, kept
from encaisse.ledger.matching import Reason
from encaisse.ledger.models import BankTransaction, Match, MatchPart, Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.parties.search import folded
from encaisse.storage import bulk

State = BankTransaction.State
WAITING = (State.OPEN, State.PROPOSED)


@dataclass(frozen=True, slots=True)
class Choice:
    """A receivable that a movement could pay. `open` in minor units; `proposed`: among what matching saw."""

    receivable: Receivable
    open: int
    proposed: bool


def pay(
    creditor: Creditor,
    movement_id: int,
    receivables: Sequence[int] = (),
    *,
    customer: int | None = None,
    at: datetime,
    actor: str,
) -> Match:
    """Book a movement to these receivables (ids) of one customer, the earliest due first, and return the match.

    What the money does not reach stays open; what is left of it stays as the customer's credit. Without receivables
    all of it is credit of `customer`. Raises MatchRefused.
    """
    with transaction.atomic():
        bulk.lock(f"books:{creditor.pk}")
        movement = BankTransaction.objects.select_for_update(of=("self",)).filter(creditor=creditor, pk=movement_id)
        found = movement.first()
        _check_movement(found)
        assert found is not None
        rows = _chosen(creditor, receivables, found.currency)
        owner = _owner(creditor, rows, customer)
        parts, over = _shared(creditor, rows, found.amount)
        stamp = Stamp(creditor, at, actor)
        match = Match.objects.create(
            creditor=creditor, movement=found, customer=owner, state=Match.State.PROPOSED, score=Decimal(1),
            reasons=kept([Reason(BY_HAND, {"who": actor})]), over=over, actor=actor, recorded_at=at,
        )  # fmt: skip
        MatchPart.objects.bulk_create(
            [MatchPart(creditor=creditor, match=match, receivable=row, amount=amount) for row, amount in parts], BATCH
        )
        book_many(stamp, [match])
        match_payments.again(stamp, receivables=[row.pk for row, _ in parts])
    return match


def choices(creditor: Creditor, movement: BankTransaction, asked: str = "", *, limit: int = 60) -> list[Choice]:
    """Open receivables a movement could pay: those proposed first, then the same amount, then the earliest due.

    `asked`: words of an invoice number, or of a customer's name or code; none: of the customers proposed only,
    or of all when there is none.
    """
    found = Receivable.objects.filter(
        creditor=creditor, currency=movement.currency, settled_on__isnull=True, amount__gt=0
    ).select_related("customer")
    standing = MatchPart.objects.filter(
        creditor=creditor, match__movement=movement, match__state=Match.State.PROPOSED, match__ended_at__isnull=True
    )
    proposed = set(standing.values_list("receivable_id", flat=True))
    if asked.strip():
        for word in asked.split():
            found = found.filter(Q(number__icontains=word) | Q(customer__search__contains=folded(word)))
    elif proposed:
        found = found.filter(customer__receivables__in=proposed).distinct()
    first = list(found.filter(pk__in=proposed).order_by("due_on", "pk")[:limit])
    same = list(found.exclude(pk__in=proposed).filter(amount=movement.amount).order_by("due_on", "pk")[:limit])
    known = proposed | {row.pk for row in same}
    others = list(found.exclude(pk__in=known).order_by("due_on", "pk")[:limit])
    rows = [*first, *same, *others][:limit]
    left = open_of(creditor, [(row.pk, row.amount) for row in rows])
    return [Choice(row, left[row.pk], row.pk in proposed) for row in rows if left[row.pk] > 0]


def _check_movement(movement: BankTransaction | None) -> None:
    if movement is None:
        raise MatchRefused("unknown_movement")
    if movement.amount <= 0 or movement.returned:
        raise MatchRefused("no_money_in")
    if movement.state == State.BOOKED:
        raise MatchRefused("already_booked")
    if movement.state not in WAITING:
        raise MatchRefused("set_aside")


def _chosen(creditor: Creditor, receivables: Sequence[int], currency: str) -> list[Receivable]:
    wanted = sorted(set(receivables))
    rows: list[Receivable] = []
    for at in range(0, len(wanted), BATCH):
        rows += Receivable.objects.filter(creditor=creditor, pk__in=wanted[at : at + BATCH]).order_by("pk")
    if len(rows) != len(wanted):
        raise MatchRefused("unknown_receivable")
    if any(row.currency != currency for row in rows):
        raise MatchRefused("other_currency")
    return sorted(rows, key=lambda row: (row.due_on, row.issued_on, row.pk))


def _owner(creditor: Creditor, rows: Sequence[Receivable], customer: int | None) -> Customer:
    owners = {row.customer_id for row in rows} | ({customer} if customer else set())
    if not owners:
        raise MatchRefused("nothing_chosen")
    if len(owners) > 1:
        raise MatchRefused("two_customers")
    found = Customer.objects.filter(creditor=creditor, pk=owners.pop()).first()
    if found is None:
        raise MatchRefused("unknown_customer")
    return found


def _shared(creditor: Creditor, rows: Sequence[Receivable], amount: int) -> tuple[list[tuple[Receivable, int]], int]:
    """The money over the receivables in their order, and what is left of it."""
    left = open_of(creditor, [(row.pk, row.amount) for row in rows])
    if any(left[row.pk] <= 0 for row in rows):
        raise MatchRefused("nothing_open")
    rest, parts = amount, []
    for row in rows:
        part = min(left[row.pk], rest)
        if part:
            parts.append((row, part))
        rest -= part
    return parts, rest


def of_numbers(creditor: Creditor, numbers: Sequence[str], day: date, customer: int | None = None) -> list[int]:
    """The open receivables of these invoice numbers, those of one number together (instalments): due first.

    Raises MatchRefused: `unknown_receivable`, or `number_twice` when two customers have the number.
    """
    ids: list[int] = []
    for number in numbers:
        found = Receivable.objects.filter(creditor=creditor, number=number, issued_on__lte=day)
        if customer:
            found = found.filter(customer=customer)
        rows = list(found.order_by("due_on", "pk"))
        if not rows:
            raise MatchRefused("unknown_receivable")
        if len({row.customer_id for row in rows}) > 1:
            raise MatchRefused("number_twice")
        unpaid = [row.pk for row in rows if row.settled_on is None]
        ids += unpaid or [row.pk for row in rows]
    return ids
