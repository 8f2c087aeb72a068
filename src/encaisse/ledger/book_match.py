"""Book matches: the movement becomes the customer's payment, set against the receivables of the match."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from encaisse.journal.append import Line, append_many
from encaisse.ledger import learn_payer
from encaisse.ledger.bank_entries import BATCH, SCOPE, MatchRefused, Stamp, allocation, open_of, payment_key
from encaisse.ledger.models import Allocation, BankTransaction, Match, MatchPart, Payment
from encaisse.ledger.settle import settle
from encaisse.parties.models import Creditor, Customer
from encaisse.storage import bulk

State = Match.State
RESTS = {"discount": "early payment discount", "charges": "bank charges"}
"""What may settle a receivable beside the money, as the reason of a match names it, with the label it is kept under."""


def book(creditor: Creditor, match_id: int, *, at: datetime, actor: str) -> Match:
    """Book one proposed match. Over-payment stays as unallocated credit. Raises MatchRefused.

    The other proposals of the movement end with it, and those of other movements that no longer fit are made again.
    """
    from encaisse.ledger import match_payments

    with transaction.atomic():
        bulk.lock(f"books:{creditor.pk}")
        found = Match.objects.select_for_update(of=("self",)).select_related("movement", "customer")
        match = found.filter(creditor=creditor, pk=match_id).first()
        if match is None:
            raise MatchRefused("unknown_match")
        if match.state != State.PROPOSED or match.ended_at is not None:
            raise MatchRefused("not_waiting")
        stamp = Stamp(creditor, at, actor)
        book_many(stamp, [match])
        match_payments.again(stamp, receivables=[part.receivable_id for part in match.parts.all()])
    return match


def book_many(stamp: Stamp, matches: Sequence[Match]) -> None:
    """Book matches of different movements, in the caller's transaction, under the lock of the books.

    Raises MatchRefused (`open_changed`) when less is open than a part would take: then nothing of it is written.
    """
    if not matches:
        return
    parts = _parts(stamp, matches)
    _check_open(stamp, matches, parts)
    payments = _payments(stamp, matches)
    entries = []
    for match, payment in zip(matches, payments, strict=True):
        for part in parts[match.pk]:
            entries.append(allocation(stamp, part.receivable_id, payment.pk, part.amount, payment.paid_on))
    entries += _rests(stamp, matches)
    Allocation.objects.bulk_create(entries, BATCH)
    settle(
        stamp.creditor.pk,
        receivables=[one.receivable_id for one in entries],
        payments=[*(one.pk for one in payments), *(one.payment_id for one in entries)],
    )
    for match, payment in zip(matches, payments, strict=True):
        match.state, match.ended_at, match.payment, match.actor = State.BOOKED, stamp.at, payment, stamp.actor
    moment = connection.ops.adapt_datetimefield_value(stamp.at)
    rows = [(str(State.BOOKED), moment, match.payment_id, stamp.actor, match.pk) for match in matches]
    bulk.update(Match, ["state", "ended_at", "payment_id", "actor"], rows)
    close_movements(stamp, matches)
    learn_payer.learn(stamp, matches)
    codes = codes_of(stamp, matches)
    lines = [Line(codes[match.customer_id], "payment_booked", told(match, parts[match.pk])) for match in matches]
    append_many(stamp.creditor.pk, lines, at=stamp.at, actor=stamp.actor)


def close_movements(stamp: Stamp, matches: Sequence[Match]) -> None:
    """Mark the movements of these matches as booked, and end what else was proposed for them."""
    movements = [match.movement_id for match in matches]
    for at in range(0, len(movements), BATCH):
        bite = movements[at : at + BATCH]
        BankTransaction.objects.filter(pk__in=bite).update(state=BankTransaction.State.BOOKED)
        others = Match.objects.filter(creditor=stamp.creditor, movement_id__in=bite, state=State.PROPOSED)
        others.update(state=State.UNDONE, ended_at=stamp.at)


def codes_of(stamp: Stamp, matches: Sequence[Match]) -> dict[int, str]:
    """The codes of the customers of these matches."""
    ids = sorted({match.customer_id for match in matches})
    found: dict[int, str] = {}
    for at in range(0, len(ids), BATCH):
        rows = Customer.objects.filter(creditor=stamp.creditor, pk__in=ids[at : at + BATCH])
        found |= dict(rows.values_list("pk", "code"))
    return found


def told(match: Match, parts: Sequence[MatchPart]) -> dict[str, Any]:
    """What the journal says of a match: the movement, the invoices and amounts (minor units), why."""
    movement = match.movement
    return {
        "match": match.pk,
        "movement": {
            "day": movement.booked_on.isoformat(), "amount": movement.amount, "currency": movement.currency,
            "payer": movement.payer, "text": movement.text, "key": movement.key,
        },
        "parts": [[part.receivable.number, part.amount] for part in parts],
        "over": match.over,
        "score": str(match.score),
        "reasons": match.reasons,
    }  # fmt: skip


def rests_of(match: Match) -> list[tuple[str, int, int]]:
    """What settles receivables beside the money: (kind, receivable, amount)."""
    return [
        (one["values"]["kind"], one["values"]["receivable"], one["values"]["amount"])
        for one in match.reasons
        if one["code"] == "settles"
    ]


def _parts(stamp: Stamp, matches: Sequence[Match]) -> dict[int, list[MatchPart]]:
    found: dict[int, list[MatchPart]] = defaultdict(list)
    ids = [match.pk for match in matches]
    for at in range(0, len(ids), BATCH):
        rows = MatchPart.objects.filter(creditor=stamp.creditor, match_id__in=ids[at : at + BATCH])
        for part in rows.select_related("receivable").order_by("pk"):
            found[part.match_id].append(part)
    for match in matches:
        found.setdefault(match.pk, [])
    return found


def _check_open(stamp: Stamp, matches: Sequence[Match], parts: dict[int, list[MatchPart]]) -> None:
    every = [part for some in parts.values() for part in some]
    left = open_of(stamp.creditor, [(part.receivable_id, part.receivable.amount) for part in every])
    taken = [(part.receivable_id, part.amount) for part in every]
    for receivable, amount in [*taken, *((where, much) for match in matches for _, where, much in rests_of(match))]:
        left[receivable] -= amount
    if any(rest < 0 for rest in left.values()):
        raise MatchRefused("open_changed")


def _payments(stamp: Stamp, matches: Sequence[Match]) -> list[Payment]:
    """One payment per movement. Its key holds the place of the booking, so that no movement is ever booked twice."""
    ids = [match.movement_id for match in matches]
    if len(set(ids)) != len(ids):
        raise MatchRefused("already_booked")
    earlier: dict[int, int] = defaultdict(int)
    for at in range(0, len(ids), BATCH):
        before = Match.objects.filter(creditor=stamp.creditor, movement_id__in=ids[at : at + BATCH])
        for pk, state in before.filter(payment__scope=SCOPE).values_list("movement_id", "state"):
            if state == State.BOOKED:
                raise MatchRefused("already_booked")
            earlier[pk] += 1
    payments = []
    for match in matches:
        movement, again = match.movement, earlier[match.movement_id]
        payments.append(
            Payment(
                creditor=stamp.creditor, customer_id=match.customer_id, kind=Payment.Kind.PAYMENT,
                key=payment_key(movement, f"|{again}" if again else ""), scope=SCOPE,
                reference=movement.end_to_end_id[:100], label=(movement.text or movement.payer)[:300],
                paid_on=movement.booked_on, amount=movement.amount, currency=movement.currency,
                recorded_at=stamp.at, source_id=movement.source_id,
            )
        )  # fmt: skip
    return Payment.objects.bulk_create(payments, BATCH)


def _rests(stamp: Stamp, matches: Sequence[Match]) -> list[Allocation]:
    """Discounts taken and charges kept by a bank settle what the money did not: corrections of their own."""
    wanted = [(match, *rest) for match in matches for rest in rests_of(match)]
    rows = [
        Payment(
            creditor=stamp.creditor, customer_id=match.customer_id, kind=Payment.Kind.CORRECTION,
            key=f"{kind}|{match.pk}|{receivable}", scope=SCOPE, label=RESTS[kind], paid_on=match.movement.booked_on,
            amount=amount, currency=match.movement.currency, recorded_at=stamp.at, source_id=match.movement.source_id,
        )
        for match, kind, receivable, amount in wanted
    ]  # fmt: skip
    Payment.objects.bulk_create(rows, BATCH)
    return [
        allocation(stamp, receivable, row.pk, amount, row.paid_on, kind)
        for row, (_match, kind, receivable, amount) in zip(rows, wanted, strict=True)
    ]


def payments_of(match: Match) -> list[int]:
    """The payments a booked match wrote: the money's, and those of its discounts and charges."""
    keys = [f"{kind}|{match.pk}|{receivable}" for kind, receivable, _ in rests_of(match)]
    more = Payment.objects.filter(creditor=match.creditor_id, customer=match.customer_id, key__in=keys, scope=SCOPE)
    return [*([match.payment_id] if match.payment_id else []), *more.values_list("pk", flat=True)]
