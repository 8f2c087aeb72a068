"""The rates a creditor added himself: kept with their source, withdrawn but never changed, and never another's.

``rates_of`` puts them in force for a block; everything that counts interest for a creditor runs inside one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet

from encaisse.journal.append import append
from encaisse.law.own import OwnPoint, RefusedPoint, check_own, using
from encaisse.law.series import all_series
from encaisse.parties.models import Creditor, OwnRate
from encaisse.storage import bulk

LONGEST_REFERENCE = 300
HIGHEST = Decimal(100)
"""Percent per year: above it a comma was forgotten, no rate of these laws has ever come near."""


def add(
    creditor: Creditor,
    series: str,
    first: date,
    last: date,
    value: Decimal,
    reference: str,
    *,
    at: datetime,
    actor: str,
) -> OwnRate:
    """Keep a rate of the creditor's own (percent per year), in force from ``first`` to ``last``, both included.

    Raises RefusedPoint, whose ``text`` says in the reader's language what to give instead, and keeps nothing: for a
    series the package does not have, and for what ``check_own`` refuses beside the creditor's other rates.
    """
    with transaction.atomic():
        # Two people who add the same half-year at once: the second one must see the first one's value.
        bulk.lock(f"own-rates:{creditor.pk}")
        point = check(creditor, series, first, last, value, reference)
        rate = OwnRate.objects.create(
            creditor=creditor,
            series=point.series,
            first_on=point.first,
            last_on=point.last,
            value=point.value,
            reference=point.reference,
            actor=actor,
            recorded_at=at,
        )
        append(creditor.pk, "", "own_rate_added", {"rate": rate.pk, **_told(rate)}, at=at, actor=actor)
    return rate


def check(creditor: Creditor, series: str, first: date, last: date, value: Decimal, reference: str) -> OwnPoint:
    """The point that ``add`` would keep, for a preview. Raises RefusedPoint as ``add`` does; keeps nothing."""
    if series not in all_series():
        raise RefusedPoint("unknown_series", series)
    point = OwnPoint(series, first, last, value, reference.strip())
    if value > HIGHEST:
        raise RefusedPoint("too_high", series, value=value)
    if len(point.reference) > LONGEST_REFERENCE:
        raise RefusedPoint("reference_too_long", series, most=LONGEST_REFERENCE)
    with rates_of(creditor):
        return check_own(point)


def withdraw(creditor: Creditor, rate_id: int, *, at: datetime, actor: str) -> OwnRate:
    """Take a rate back: from now on nothing is counted with it; what was counted before stays explained.

    Raises OwnRate.DoesNotExist for one that is not this creditor's, RefusedPoint when it is withdrawn already.
    """
    with transaction.atomic():
        rate: OwnRate = OwnRate.objects.select_for_update().get(creditor=creditor, pk=rate_id)
        if rate.withdrawn_at is not None:
            raise RefusedPoint("already_withdrawn", rate.series, first=rate.first_on, last=rate.last_on)
        rate.withdrawn_at = at
        rate.save(update_fields=["withdrawn_at"])
        append(creditor.pk, "", "own_rate_withdrawn", {"rate": rate.pk, **_told(rate)}, at=at, actor=actor)
    return rate


def in_force(creditor: Creditor, known_at: datetime | None = None) -> QuerySet[OwnRate]:
    """The creditor's rates that are not withdrawn, oldest entry first; ``known_at``: as they were at that instant."""
    found = OwnRate.objects.filter(creditor=creditor).order_by("recorded_at", "pk")
    if known_at is None:
        return found.filter(withdrawn_at=None)
    return found.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=known_at), recorded_at__lte=known_at)


@contextmanager
def rates_of(creditor: Creditor, known_at: datetime | None = None) -> Iterator[None]:
    """Inside the block the law knows this creditor's own rates, and no other's; one query.

    A creditor without any gets an empty set, so that a block inside another's never sees the outer ones.
    """
    columns = in_force(creditor, known_at).values_list("series", "first_on", "last_on", "value", "reference")
    with using(OwnPoint(*row) for row in columns):
        yield


def _told(rate: OwnRate) -> dict[str, str]:
    return {
        "series": rate.series,
        "from": rate.first_on.isoformat(),
        "to": rate.last_on.isoformat(),
        "value": f"{rate.value.normalize():f}",
        "reference": rate.reference,
    }
