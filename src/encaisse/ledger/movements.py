"""Movements at the bank with what was seen in them, as pages and other programs read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Sum

from encaisse.ledger.match_reasons import texts
from encaisse.ledger.models import BankTransaction, Match
from encaisse.ledger.returned_payments import reason_text
from encaisse.money import to_decimal_text
from encaisse.parties.models import Creditor

State = BankTransaction.State
WAITING = (State.PROPOSED, State.OPEN)


@dataclass(frozen=True, slots=True)
class Seen:
    """A movement with its matches, the best first, and why money came back when it did."""

    movement: BankTransaction
    matches: tuple[Match, ...]
    returned: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many movements of money in wait for a person, and how much they are in the creditor's own currency."""

    proposed: int = 0
    open: int = 0
    amount: int = 0

    @property
    def count(self) -> int:
        return self.proposed + self.open


def waiting(creditor: Creditor) -> Waiting:
    """What waits for a yes, or for somebody who knows what it is."""
    found = BankTransaction.objects.filter(creditor=creditor, state__in=WAITING)
    counts = dict(found.values_list("state").annotate(Count("pk")))
    money_in = found.filter(amount__gt=0, currency=creditor.currency)
    amount = money_in.aggregate(total=Sum("amount"))["total"] or 0
    return Waiting(counts.get(State.PROPOSED, 0), counts.get(State.OPEN, 0), amount)


def bank_to(creditor: Creditor) -> date | None:
    """The last day that imported statements tell of; None before the first one."""
    newest = BankTransaction.objects.filter(creditor=creditor, source__last_day__isnull=False)
    return newest.order_by("-source__last_day").values_list("source__last_day", flat=True).first()


def seen(creditor: Creditor, states: Sequence[str] = WAITING, *, limit: int = 100, older_than: int = 0) -> list[Seen]:
    """Movements in these states. What waits: worth most first; what is done: the newest first, from `older_than` on."""
    found = BankTransaction.objects.filter(creditor=creditor, state__in=list(states))
    if set(states) <= set(WAITING):
        movements = list(found.order_by("-amount", "booked_on", "pk")[:limit])
    else:
        older = found.filter(pk__lt=older_than) if older_than else found
        movements = list(older.order_by("-pk")[:limit])
    return [
        Seen(one, tuple(matches), reason_text(one.returned) if one.returned else "")
        for one, matches in zip(movements, _matches(creditor, movements), strict=True)
    ]


def _matches(creditor: Creditor, movements: Sequence[BankTransaction]) -> list[list[Match]]:
    """Standing matches of each movement: the booked one, or those that wait for a yes."""
    rows = Match.objects.filter(
        creditor=creditor, movement__in=list(movements), state__in=(Match.State.BOOKED, Match.State.PROPOSED)
    )
    by_movement: dict[int, list[Match]] = defaultdict(list)
    rows = rows.select_related("customer", "movement").prefetch_related("parts__receivable")
    for match in rows.order_by("rank", "pk"):
        if match.state == Match.State.BOOKED or match.ended_at is None:
            by_movement[match.movement_id].append(match)
    return [by_movement[one.pk] for one in movements]


def as_json(one: Seen, language: str) -> dict[str, Any]:
    """A movement for other programs: amounts as decimal text, money in positive."""
    movement = one.movement
    return {
        "id": movement.pk,
        "booked_on": movement.booked_on.isoformat(),
        "amount": to_decimal_text(movement.amount, movement.currency),
        "currency": movement.currency,
        "payer": movement.payer,
        "iban": movement.payer_iban,
        "text": movement.text,
        "state": movement.state,
        "returned": movement.returned,
        "matches": [
            {
                "id": match.pk,
                "state": match.state,
                "customer": {"code": match.customer.code, "name": match.customer.name},
                "score": str(match.score),
                "receivables": [
                    {
                        "number": part.receivable.number,
                        "amount": to_decimal_text(part.amount, movement.currency),
                    }
                    for part in match.parts.all()
                ],
                "over": to_decimal_text(match.over, movement.currency),
                "reasons": texts(match, language),
            }
            for match in one.matches
        ],
    }
