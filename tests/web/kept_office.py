"""An office, made once in a run through the real verbs and put back for each test that wants one.

Making an office takes the time of a nightly run; most tests only need it to be there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django.utils import timezone
from django_scopes import scopes_disabled

from encaisse.parties.models import Creditor, Customer, User
from tests import kept
from tests.web.factories import Office, make_office


@dataclass(frozen=True)
class Kept:
    """The office as it was made, and every row of every table then."""

    office: Office
    rows: kept.Rows


_KEPT: dict[tuple[str, date], Kept] = {}


def office_of(name: str, host: str, **more: object) -> Office:
    """An office of this name: made the first time, put back after. The database must hold no other."""
    key = (name, timezone.localdate())
    if key not in _KEPT:
        office = make_office(name, host, **more)
        _KEPT[key] = Kept(office, kept.take())
        return office
    found = _KEPT[key]
    kept.put_back(found.rows)
    return _read_again(found.office)


def _read_again(made: Office) -> Office:
    with scopes_disabled():
        creditor = Creditor.objects.get(pk=made.creditor.pk)
        customers = {one.code: one for one in Customer.objects.filter(creditor=creditor)}
        users = User.objects.in_bulk([made.owner.pk, made.controller.pk, made.reader.pk])
    for customer in customers.values():
        customer.creditor = creditor
    return replace(
        made,
        creditor=creditor,
        customers={code: customers[code] for code in made.customers},
        owner=users[made.owner.pk],
        controller=users[made.controller.pk],
        reader=users[made.reader.pk],
    )
