"""The other tests make their tables straight from the models; here the migrations are held to make the same ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

JOINED = ("auth_group_permissions",)
"""Tables in which Django joins two of its own; the migrations give their rows a longer number than the models do."""


@pytest.mark.django_db
def test_no_model_is_ahead_of_its_migrations() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.usefixtures("db")
def test_a_new_database_gets_the_tables_that_the_migrations_make(own_database: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.tools.tables_both_ways"],
        env={**os.environ, "DATABASE_URL": own_database, "ENCAISSE_HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["straight"].keys() == told["migrated"].keys()
    assert len(told["straight"]) > 40
    for tables in told.values():
        for name in JOINED:
            tables[name]["columns"] = [column for column in tables[name]["columns"] if column[0] != "id"]
    for name, table in told["straight"].items():
        assert table == told["migrated"][name], name
