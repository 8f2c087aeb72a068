"""The rows of an office, made once in a run through the real verbs and put back for each test that wants one.

Making an office takes the time of a nightly run; most tests only need it to be there. The rows are those the verbs
wrote, with the same keys, so nothing tells the copy from the first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.apps import apps
from django.db import connection
from django.utils import timezone
from django_scopes import scopes_disabled

from encaisse.parties.models import Creditor, Customer, User
from tests.web.factories import Office, make_office

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Kept:
    """The office as it was made, and every row of every table then."""

    office: Office
    tables: dict[str, tuple[list[str], Rows]]


_KEPT: dict[tuple[str, date], Kept] = {}


def office_of(name: str, host: str, **more: object) -> Office:
    """An office of this name: made the first time, put back after. The database must hold no other."""
    key = (name, timezone.localdate())
    if key not in _KEPT:
        office = make_office(name, host, **more)
        _KEPT[key] = Kept(office, _rows())
        return office
    kept = _KEPT[key]
    _put_back(kept.tables)
    return _read_again(kept.office)


def _tables() -> list[str]:
    ours = (model for model in apps.get_models() if model.__module__.startswith("encaisse."))
    return [model._meta.db_table for model in ours]


def _rows() -> dict[str, tuple[list[str], Rows]]:
    found = {}
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
            if rows:
                found[table] = (names, list(rows))
    return found


def _put_back(tables: dict[str, tuple[list[str], Rows]]) -> None:
    # Foreign keys are checked when the test ends, so the order of the tables does not matter.
    with connection.cursor() as cursor:
        for table, (names, rows) in tables.items():
            places = ", ".join(["%s"] * len(names))
            columns = ", ".join(f'"{name}"' for name in names)
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)


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
