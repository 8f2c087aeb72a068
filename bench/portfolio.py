"""A made portfolio of any size, written straight into the database: the same one for the same numbers.

Four receivables a customer; 5 % of the customers are late with all of theirs, by 1 to 120 days, the others owe nothing
that calls for a step today. Every customer has a contact and an address.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

PER_CUSTOMER = 4
LATE_SHARE = 20  # one customer in twenty
DAY = date(2026, 11, 19)
CHUNK = 100_000


@contextmanager
def database(kind: str) -> Iterator[None]:
    """Set Django up on a fresh database: SQLite in a folder of its own, or the PostgreSQL server of DATABASE_URL."""
    folder = Path(tempfile.mkdtemp(prefix="encaisse-bench-"))
    os.environ["ENCAISSE_HOME"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "encaisse.config.settings"
    if kind == "sqlite":
        os.environ.pop("DATABASE_URL", None)
    elif not os.environ.get("DATABASE_URL"):
        sys.exit("--database postgresql: run it as  python -m tests.postgres -- python bench/… --database postgresql")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make(receivables: int) -> Any:
    """Write the portfolio and return its creditor."""
    from django.db import connection, transaction
    from django.utils import timezone
    from django_scopes import scope

    from encaisse.parties.models import Creditor
    from encaisse.recovery import setup
    from encaisse.recovery.cases import open_cases
    from encaisse.recovery.models import Run

    # Read a week ago; since then it ran every night.
    at = timezone.make_aware(datetime.combine(DAY - timedelta(days=7), datetime.min.time()))
    night = timezone.make_aware(datetime.combine(DAY - timedelta(days=1), datetime.min.time()).replace(hour=6))
    creditor = Creditor.objects.create(
        name="Atelier d'essai", sender_name="Claire Martin", sender_email="claire@example.org", city="Lyon"
    )
    customers = max(receivables // PER_CUSTOMER, 1)
    with scope(creditor=creditor), transaction.atomic():
        setup.prepare(creditor, at=at, actor="bench")
        _customers(creditor.pk, customers)
        _receivables(creditor.pk, customers, at)
        open_cases(creditor)
        _books(creditor, at)
        Run.objects.create(creditor=creditor, day=DAY - timedelta(days=1), started_at=night, cases=customers)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return creditor


def _books(creditor: Any, at: datetime) -> None:
    from encaisse.ledger.models import Import

    Import.objects.create(
        creditor=creditor, kind="fec", name="made", sha256="0" * 64, size=0, last_day=DAY, imported_at=at, actor="bench"
    )


def _customers(creditor: int, count: int) -> None:
    from encaisse.parties.models import Contact, Customer
    from encaisse.storage import bulk

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(1, count + 1):
            yield (
                *(number, creditor, f"C{number:07d}", f"Client {number:07d}", "", "company", "fr", "1 rue Neuve"),
                *("69001", "Lyon", "FR", "FR", "", "standard", "", "[]", f"client {number:07d} c{number:07d}"),
            )

    columns = ("id", "creditor_id", "code", "name", "siren", "kind", "language", "address", "postcode", "city")
    bulk.insert(
        Customer, (*columns, "country", "region", "terms", "strategy", "profile", "tags", "search"), list(rows())
    )
    bulk.insert(
        Contact,
        ("creditor_id", "customer_id", "position", "name", "role", "email", "phone"),
        [
            (creditor, number, 0, "Comptabilité", "", f"c{number}@example.com", "+33199000000")
            for number in range(1, count + 1)
        ],
    )
    _sequences(Customer, count)


def _receivables(creditor: int, customers: int, at: datetime) -> None:
    from encaisse.ledger.models import Invoice, Receivable
    from encaisse.recovery.rows import moment
    from encaisse.storage import bulk

    draw = random.Random(7)
    invoices: list[tuple[Any, ...]] = []
    receivables: list[tuple[Any, ...]] = []
    number = 0

    def flush() -> None:
        bulk.insert(Invoice, INVOICE, invoices)
        bulk.insert(Receivable, RECEIVABLE, receivables)
        invoices.clear()
        receivables.clear()

    for customer in range(1, customers + 1):
        late = customer % LATE_SHARE == 0
        for _each in range(PER_CUSTOMER):
            number += 1
            amount = draw.randrange(2_000, 900_000)
            if late:
                due = DAY - timedelta(days=draw.randrange(1, 120))
                issued = due - timedelta(days=30)
            else:
                issued = DAY - timedelta(days=draw.randrange(0, 6))
                due = DAY + timedelta(days=draw.randrange(30, 60))
            label = f"FA{number:08d}"
            invoices.append((number, creditor, customer, label, issued, amount, "EUR", "", False, "", "fec:2026"))
            receivables.append(
                (
                    number,
                    creditor,
                    customer,
                    number,
                    label,
                    "EUR",
                    amount,
                    issued,
                    due,
                    "terms",
                    moment(at),
                    label,
                    "fec:2026",
                )
            )
        if len(invoices) >= CHUNK:
            flush()
    flush()
    _sequences(Invoice, number)
    _sequences(Receivable, number)


INVOICE = (
    *("id", "creditor_id", "customer_id", "number", "issued_on", "amount", "currency", "label", "opening"),
    *("document", "scope"),
)
RECEIVABLE = (
    *("id", "creditor_id", "customer_id", "invoice_id", "number", "currency", "amount", "issued_on", "due_on"),
    *("due_from", "recorded_at", "key", "scope"),
)


def _sequences(model: Any, last: int) -> None:
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [model._meta.db_table, last])
