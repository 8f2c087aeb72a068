"""docs/journal.md gives a program that verifies a whole installation: it must find what it says it finds."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from encaisse.journal.check import MEANING
from encaisse.journal.erase import erase
from tests.journal.lines import AT, small_journal

TEXT = (Path(__file__).parents[2] / "docs" / "journal.md").read_text("utf-8")


def judge(tmp_path: Path, *statements: str) -> str:
    """Copy the database, change the copy, and run the program of the page on it, alone."""
    (program,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    copy = tmp_path / "copy.sqlite3"
    with sqlite3.connect(copy) as other:
        connection.connection.backup(other)
        for statement in statements:
            assert other.execute(statement).rowcount == 1
    other.close()
    command = [sys.executable, "-I", "-S", "-c", program, str(copy)]
    done = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_the_program_of_the_page_finds_each_change(tmp_path, home):
    from django_scopes import scope

    from tests.factories import make_creditor

    made = make_creditor()
    with scope(creditor=made):
        small_journal(made)
        erase(made, "BETA", 2, "art. 17", at=AT, actor="claire")
        assert judge(tmp_path) == "3 chains: everything is as it was written\n"
    here = "chain = 'ALPHA' AND sequence ="
    for statement in (
        f"UPDATE journal_entry SET actor = 'x' WHERE {here} 3",
        f"UPDATE journal_entry SET payload = 'x' WHERE {here} 3",
        f"DELETE FROM journal_entry WHERE {here} 1",
        f"DELETE FROM journal_entry WHERE {here} 3",
        f"DELETE FROM journal_entry WHERE {here} 5",
        f"UPDATE journal_entry SET sequence = 9 WHERE {here} 5",
        "UPDATE journal_head SET hash = 'x' WHERE chain = 'ALPHA'",
        "DELETE FROM journal_head WHERE chain = 'ALPHA'",
        "UPDATE journal_document SET content = X'00'",
    ):
        assert "not as it was" in judge(tmp_path, statement), statement


def test_every_fault_is_explained_on_the_page():
    of_evidence_only = {"file_changed", "file_missing", "file_added"}
    assert {code for code in MEANING if f"`{code}`" not in TEXT} == of_evidence_only
