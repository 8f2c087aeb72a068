"""Write many rows at once: COPY on PostgreSQL, many rows a statement on SQLite. Always in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from django.db import connection, models

Row = Sequence[Any]
_MOST_PARAMETERS = 900
"""Per statement on SQLite: past some hundred values nothing is gained."""


def table(model: type[models.Model]) -> str:
    """Return the quoted table name of a model."""
    return _quoted(model._meta.db_table)


@lru_cache(maxsize=256)
def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


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
    with connection.wrap_database_errors:
        _insert_sqlite(f"INSERT INTO {table(model)} ({names}) VALUES ", len(columns), rows)


def _insert_sqlite(head: str, width: int, rows: Iterable[Row]) -> None:
    """Insert many rows per statement: a third faster than `executemany`, which runs one statement per row."""
    connection.ensure_connection()
    each = f"({', '.join('?' * width)})"
    size = max(1, _MOST_PARAMETERS // width)
    waiting = iter(rows)
    while bite := list(islice(waiting, size)):
        connection.connection.execute(head + ", ".join([each] * len(bite)), list(chain.from_iterable(bite)))


def update(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Set `columns` of the rows of `model` named by id; each row is `(*values, id)`.

    PostgreSQL takes them through a staging table and one UPDATE: single updates cost a round trip each.
    """
    if not rows:
        return
    names = [connection.ops.quote_name(column) for column in columns]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            pairs = ", ".join(f"{name} = %s" for name in names)
            cursor.executemany(f"UPDATE {table(model)} SET {pairs} WHERE id = %s", rows)
            return
        stage = connection.ops.quote_name(f"stage_{model._meta.db_table}")
        listed = ", ".join([*names, "id"])
        cursor.execute(f"CREATE TEMP TABLE {stage} ON COMMIT DROP AS SELECT {listed} FROM {table(model)} WITH NO DATA")
        with cursor.copy(f"COPY {stage} ({listed}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        pairs = ", ".join(f"{name} = s.{name}" for name in names)
        cursor.execute(f"UPDATE {table(model)} t SET {pairs} FROM {stage} s WHERE t.id = s.id")
        cursor.execute(f"DROP TABLE {stage}")


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
        cursor.execute(f"SELECT COALESCE(MAX(id), 0) FROM {table(model)}")
        first = int(cursor.fetchone()[0]) + 1
        return range(first, first + count)


def lock(name: str) -> None:
    """Make this transaction wait for any other that holds the lock `name` (SQLite: the write lock is held already)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
