"""What the records that hold chasing back have in common: their checks, their journal line, their effect at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from encaisse.journal.append import append
from encaisse.ledger.balance import open_items
from encaisse.ledger.models import Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.locking import lock_waiting_cases
from encaisse.recovery.models import Suspension
from encaisse.recovery.recheck import recheck
from encaisse.recovery.refusal import Refused
from encaisse.recovery.verdicts import refresh

Record = TypeVar("Record", bound=Suspension)


def check_days(starts_on: date, ends_on: date | None, at: datetime) -> None:
    """Raise Refused when a suspension would begin in the past or end before it begins."""
    if starts_on < timezone.localdate(at):
        raise Refused("in_the_past")
    if ends_on is not None and ends_on <= starts_on:
        raise Refused("ends_before_start")


def receivables_of(customer: Customer, ids: Sequence[int] | None) -> list[Receivable | None]:
    """Return the receivables named, or `[None]` for all of the customer's. Raises Refused for somebody else's."""
    if not ids:
        return [None]
    found = list(Receivable.objects.filter(customer=customer, pk__in=ids))
    if len(found) != len(set(ids)):
        raise Refused("unknown_receivable")
    return list(found)


def open_of(creditor: Creditor, customer: Customer, day: date, receivable: Receivable | None = None) -> int:
    """Return what is open on a day: of one receivable, or of the customer."""
    items = open_items(creditor, day, customer_ids=[customer.pk])
    if receivable is not None:
        items = items.filter(items["receivable"] == receivable.pk)
    return int(items["open"].sum())


def keep(
    creditor: Creditor,
    records: Sequence[Record],
    kind: str,
    payload: Mapping[str, Any],
    *,
    at: datetime,
    actor: str,
) -> list[Record]:
    """Save the records with their journal line, and call off at once what waits and is no longer right."""
    first = records[0]
    customers = None if first.customer_id is None else [first.customer_id]
    with transaction.atomic():
        lock_waiting_cases(creditor, customers)
        for record in records:
            record.creditor, record.recorded_at, record.author = creditor, at, actor
            record.save()
        append(
            creditor.pk,
            first.customer.code if first.customer else "",
            kind,
            {
                "ids": [record.pk for record in records],
                "receivables": [record.receivable.number for record in records if record.receivable],
                "starts_on": first.starts_on.isoformat(),
                "ends_on": first.ends_on.isoformat() if first.ends_on else None,
                "reason": first.reason,
                **payload,
            },
            at=at,
            actor=actor,
        )
        recheck(creditor, timezone.localdate(at), at=at, actor=actor, customer_ids=customers)
    refresh(creditor, timezone.localdate(at), customers)
    return list(records)
