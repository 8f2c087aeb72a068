"""Run by test_migrations as a process on an empty database: its tables by the migrations, then from the models."""

from __future__ import annotations

import json
from typing import Any

Table = dict[str, Any]


def main() -> None:
    """Print both as JSON: table → its columns and what holds them, without the names the database gave."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from encaisse.storage import new_tables

    call_command("migrate", verbosity=0)
    migrated = _tables()
    assert not new_tables.make_all(), "tables of before are never made over"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        else:
            cursor.execute("PRAGMA foreign_keys = OFF")
            for name in connection.introspection.table_names():
                cursor.execute(f'DROP TABLE "{name}"')
    connection.close()
    assert new_tables.make_all()
    call_command("migrate", check_unapplied=True, verbosity=0)
    print(json.dumps({"migrated": migrated, "straight": _tables()}))


def _tables() -> dict[str, Table]:
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            columns = connection.introspection.get_table_description(cursor, name)
            held = connection.introspection.get_constraints(cursor, name)
            facts = ({key: fact for key, fact in one.items() if key != "definition"} for one in held.values())
            found[name] = {
                "columns": sorted((one.name, str(one.type_code), one.null_ok, str(one.default)) for one in columns),
                "held": sorted(json.dumps(_plain(fact), sort_keys=True) for fact in facts),
            }
    return found


def _plain(fact: dict[str, Any]) -> dict[str, Any]:
    """A check may name its columns in any order."""
    return {**fact, "columns": sorted(fact["columns"])} if fact.get("check") else fact


if __name__ == "__main__":
    main()
