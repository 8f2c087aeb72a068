"""Read a query as a Polars frame.

PostgreSQL: outside a transaction the rows come through ADBC, columnar; inside one through Django's cursor, because only
that connection sees what this transaction has written.

SQLite: each column comes as one JSON text, aggregated by SQLite itself on Django's own connection, which costs a third
of fetching rows and sees this transaction's writes. ADBC brings a second copy of the SQLite library into the process;
two copies cannot see each other's file locks, and the one that closes takes itself for the last and deletes the
write-ahead log the other still writes to (sqlite.org/howtocorrupt.html, 2.2.1). It was seen to happen, so not here.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import adbc_driver_postgresql.dbapi as adbc_postgresql
import orjson
import polars as pl
from django.db import connection

Kind = type[pl.DataType] | pl.DataType
Schema = Mapping[str, Kind]

SMALL = 20_000
"""Characters below which starting the CSV reader costs more than it saves."""


def read(sql: str, params: Sequence[Any], schema: Schema) -> pl.DataFrame:
    """Run `sql` (with `%s` places, as Django's cursor takes them) and return a frame with the columns of `schema`.

    The query must give its columns in the order of `schema`.
    """
    if connection.vendor == "sqlite":
        return _by_json(sql, params, schema)
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(sql, list(params))
            return _from_rows(cursor.fetchall(), schema)
    return _cast(_by_adbc(sql, params), schema)


def few(sql: str, params: Sequence[Any], kinds: Sequence[type]) -> list[tuple[Any, ...]]:
    """Run `sql` and return its few rows as tuples: without a frame, and without the models' own building of queries.

    `kinds`: the Python type of each column; SQLite gives days and instants (UTC) of a computed column as text, and
    instants of a table's own column without their zone: here they are what they are.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        found = cursor.fetchall()
    if connection.vendor != "sqlite":
        return [tuple(row) for row in found]
    readers = [_READERS.get(kind) for kind in kinds]
    return [
        tuple(value if read is None or value is None else read(value) for value, read in zip(row, readers, strict=True))
        for row in found
    ]


_READERS: Mapping[type, Callable[[Any], Any]] = {
    date: lambda value: date.fromisoformat(value) if isinstance(value, str) else value,
    datetime: lambda value: (datetime.fromisoformat(value) if isinstance(value, str) else value).replace(tzinfo=UTC),
}


def _by_json(sql: str, params: Sequence[Any], schema: Schema) -> pl.DataFrame:
    names = [f"c{number}" for number in range(len(schema))]
    arrays = ", ".join(f"json_group_array({name})" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH q({', '.join(names)}) AS ({sql}) SELECT {arrays} FROM q", list(params))
        texts = cursor.fetchone()
    return pl.DataFrame(
        [_from_json(name, kind, text) for (name, kind), text in zip(schema.items(), texts, strict=True)]
    )


def _from_json(name: str, kind: Kind, text: str) -> pl.Series:
    inner = text[1:-1]
    if not inner:
        return pl.Series(name, [], dtype=kind)
    if kind == pl.String or kind == pl.Float64:
        return pl.Series(name, orjson.loads(text), dtype=kind, strict=False)
    if len(text) < SMALL:
        values = orjson.loads(text)
        if kind == pl.Date:
            values = [value and date.fromisoformat(value) for value in values]
        return pl.Series(name, values, dtype=kind) if kind != pl.Boolean else pl.Series(name, values).cast(kind)
    # Numbers and dates hold no comma: one value a line is what the CSV reader parses fastest.
    lines = inner.replace(",", "\n").encode()
    read_as = pl.String if kind == pl.Date else pl.Int64
    column = pl.read_csv(lines, has_header=False, schema={name: read_as}, null_values="null").to_series()
    return _typed(column, kind)


def _from_rows(rows: list[tuple[Any, ...]], schema: Schema) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in schema]
    return pl.DataFrame(
        [
            _typed(pl.Series(name, list(values), strict=False), kind)
            for (name, kind), values in zip(schema.items(), columns, strict=True)
        ]
    )


def _by_adbc(sql: str, params: Sequence[Any]) -> pl.DataFrame:
    text, marks = _numbered(sql)
    values = list(params) if marks else None
    try:
        return _fetch(_link(), text, values)
    except adbc_postgresql.OperationalError:
        # The server may have closed a link that rested; a second refusal is the caller's.
        close_link()
        return _fetch(_link(), text, values)


def _fetch(link: adbc_postgresql.Connection, text: str, values: list[Any] | None) -> pl.DataFrame:
    with link.cursor() as cursor:
        cursor.execute(text, values)
        found = cursor.fetch_arrow_table()
    # Columns are known by their place: PostgreSQL calls every unnamed MAX(…) "max", and a frame takes a name once.
    return pl.DataFrame(found.rename_columns([str(place) for place in range(found.num_columns)]))


def _link() -> adbc_postgresql.Connection:
    """This thread's reading link, kept: opening one costs more than most reads; each read sees the newest."""
    wanted = (os.getpid(), _postgresql_uri())
    if getattr(_held, "of", None) != wanted:
        close_link()
        _held.link, _held.of = adbc_postgresql.connect(wanted[1], autocommit=True), wanted
    link: adbc_postgresql.Connection = _held.link
    return link


def close_link() -> None:
    """Close this thread's reading link, if it has one; the next read opens another."""
    link, _held.link, _held.of = getattr(_held, "link", None), None, None
    if link is not None:
        with contextlib.suppress(adbc_postgresql.Error):
            link.close()


_held = threading.local()
# A child would say goodbye on its parent's link when it ends.
os.register_at_fork(before=close_link)


def _numbered(sql: str) -> tuple[str, int]:
    parts = sql.split("%s")
    text = parts[0] + "".join(f"${number}{part}" for number, part in enumerate(parts[1:], 1))
    return text, len(parts) - 1


def _postgresql_uri() -> str:
    settings = connection.get_connection_params()
    words = {
        "host": settings.get("host"),
        "port": settings.get("port"),
        "user": settings.get("user"),
        "password": settings.get("password"),
        "dbname": settings.get("dbname"),
        "sslmode": settings.get("sslmode"),
    }
    quoted = {key: str(value).replace("\\", "\\\\").replace("'", "\\'") for key, value in words.items() if value}
    return " ".join(f"{key}='{value}'" for key, value in quoted.items())


def _cast(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    return pl.DataFrame(
        [_typed(frame.to_series(index), kind).alias(name) for index, (name, kind) in enumerate(schema.items())]
    )


def _typed(series: pl.Series, kind: Kind) -> pl.Series:
    if series.dtype == kind:
        return series
    if series.dtype == pl.Null or len(series) == 0:
        return pl.Series(series.name, [None] * len(series), dtype=kind)
    if kind == pl.Date and series.dtype == pl.String:
        return series.str.to_date("%Y-%m-%d")
    return series.cast(kind)
