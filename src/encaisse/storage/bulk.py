"""Write many rows at once: COPY on PostgreSQL, `executemany` on SQLite. Always inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

Row = Sequence[Any]


def table(model: type[models.Model]) -> str:
    """Return the quoted table name of a model."""
    return connection.ops.quote_name(model._meta.db_table)


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert `rows` into the table of `model`; values in the order of `columns` (database names).

    Raises `django.db.IntegrityError` when a unique key is hit: nothing of the transaction then stays.
    """
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(f"COPY {table(model)} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table(model)} ({names}) VALUES ({marks})", rows)  # noqa: S608


def update(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Set `columns` of the rows of `model` named by id; each row is `(*values, id)`."""
    if not rows:
        return
    pairs = ", ".join(f"{connection.ops.quote_name(column)} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table(model)} SET {pairs} WHERE id = %s", rows)  # noqa: S608


def take_ids(model: type[models.Model], count: int) -> range:
    """Reserve `count` ids for rows about to be inserted, so that their children can be written in the same pass.

    On SQLite the caller's transaction holds the write lock, so nobody can take the same ones.
    """
    if count == 0:
        return range(0)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = f"{model._meta.db_table}_id_seq"
            # One jump of the sequence instead of `count` calls; the lock keeps others from reading in between.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [sequence])
            cursor.execute("SELECT setval(%s, nextval(%s) + %s)", [sequence, sequence, count - 1])
            last = int(cursor.fetchone()[0])
            return range(last - count + 1, last + 1)
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table(model)}")  # noqa: S608
        first = int(cursor.fetchone()[0]) + 1
        return range(first, first + count)


def lock(name: str) -> None:
    """Make this transaction wait for any other that holds the lock `name` (SQLite: the write lock is held already)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
