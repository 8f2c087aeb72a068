"""The rows of the whole database, kept as they were made once in a run, to be put back for each test that wants them.

What is dear to make through the real verbs is made once. The rows are those the verbs wrote, with the same keys, so
nothing tells the copy from the first.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection, transaction

Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]
"""Table → the names of its columns, and its rows."""


def take() -> Rows:
    """Every row of every table of ours, as they are now."""
    found = {}
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
            if rows:
                found[table] = (names, list(rows))
    return found


def put_back(kept: Rows) -> None:
    """Write them into a database that holds none of ours."""
    # Foreign keys are checked when a transaction ends, so the order of the tables does not matter.
    with transaction.atomic(), connection.cursor() as cursor:
        for table, (names, rows) in kept.items():
            places = ", ".join(["%s"] * len(names))
            columns = ", ".join(f'"{name}"' for name in names)
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)


def _tables() -> list[str]:
    ours = (model for model in apps.get_models() if model.__module__.startswith("encaisse."))
    return [model._meta.db_table for model in ours]
