"""The demonstration as `make demo SERVE=0` makes it: once, on a fixed day, then looked at from all sides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from encaisse.cli.demonstration import MARKER

DAY = "2026-11-20"
# It brings a database of its own, always SQLite.
pytestmark = pytest.mark.sqlite


def encaisse(*arguments: str, home: Path | None = None, code: int = 0) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"} | {"ENCAISSE_LANG": "en"}
    if home:
        environment["ENCAISSE_HOME"] = str(home)
    program = [sys.executable, "-c", "from encaisse.cli import main; main()"]
    done = subprocess.run([*program, *arguments], env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demonstration's folder and its summary."""
    folder = tmp_path_factory.mktemp("demonstration") / "demo"
    return folder, encaisse("demo", "--dir", str(folder), "--no-serve", "--on", DAY)


def asked(made: tuple[Path, str], *arguments: str) -> Any:
    return json.loads(encaisse(*arguments, "--json", home=made[0]))


def test_the_summary_says_who_owes_what_and_what_comes_next(made: tuple[Path, str]) -> None:
    _, told = made
    for words in ("Atelier Fauvelin", "31 to 60 days", "Who is late", "Menuiserie Tardivel", "insolvent", "disputed"):
        assert words in told
    for words in ("covered by a credit", "paused", "waits for your yes", "a call to make", "strategy finished"):
        assert words in told
    assert "demo@example.org" in told
    assert "Nothing has left this machine" in told


def test_several_steps_and_channels_wait_for_a_yes(made: tuple[Path, str]) -> None:
    waiting = asked(made, "actions", "--status", "planned")["actions"]
    assert {"mail", "call", "firm", "notice"} <= {one["step"] for one in waiting}
    assert {"email", "letter", "phone"} <= {one["channel"] for one in waiting}


def test_what_is_open_is_what_was_made_up(made: tuple[Path, str]) -> None:
    from datetime import date

    from encaisse.demo.trade import trade
    from encaisse.money import to_decimal_text

    known = trade(date.fromisoformat(DAY))
    left = {sale.number: sale.gross for sale in known.sales}
    for receipt in known.receipts:
        for number, amount in receipt.parts:
            left[number] -= amount
    listed = asked(made, "receivables", "--on", DAY)["receivables"]
    opened = {one["number"]: one["open"] for one in listed}
    assert opened == {number: to_decimal_text(rest) for number, rest in left.items() if rest}
    assert {one["due_from"] for one in listed} == {"terms"}


def test_messages_and_letters_are_files_here(made: tuple[Path, str]) -> None:
    folder, _ = made
    letters = list((folder / "letters").rglob("*.pdf"))
    assert letters
    assert all(path.read_bytes().startswith(b"%PDF") for path in letters)
    assert len(list((folder / "mailbox").rglob("*.eml"))) > 20


def test_its_journal_is_whole(made: tuple[Path, str]) -> None:
    assert asked(made, "verify")["ok"] is True


def test_it_is_replaced_but_nothing_else_is(made: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = made
    assert (folder / MARKER).is_file()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    told = encaisse("demo", "--dir", str(mine), "--no-serve", code=2)
    assert "not a demonstration" in told
    assert [one.name for one in mine.iterdir()] == ["thesis.txt"]
