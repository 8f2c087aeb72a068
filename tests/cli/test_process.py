"""The program as people start it: a process of its own, both languages, pages served and stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-c", "from encaisse.cli import main; main()"]

COMMANDS = ["init", "import", "receivables", "run", "explain", "simulate", "actions", "approve", "cancel", "deliver"]
COMMANDS += [
    "verify",
    "evidence",
    "serve",
    "demo",
    "doctor",
    "pause",
    "promise",
    "dispute",
    "user",
    "strategies",
    "call",
    "resolve",
]


def start(*arguments: str, home: Path, database: str = "", **more: str) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "LC_ALL")}
    environment |= {"ENCAISSE_HOME": str(home), "LC_ALL": "C.UTF-8", **more}
    if database.startswith("postgres"):
        environment["DATABASE_URL"] = database
    return subprocess.Popen(
        [*PROGRAM, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(*arguments: str, home: Path, code: int = 0, database: str = "", **more: str) -> tuple[str, str]:
    process = start(*arguments, home=home, database=database, **more)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, out + err
    return out, err


def test_help_in_both_languages(tmp_path: Path) -> None:
    english, _ = finish("--help", "--lang", "en", home=tmp_path)
    french, _ = finish("--help", home=tmp_path)
    chosen, _ = finish("import", "--help", home=tmp_path, ENCAISSE_LANG="fr")
    for command in COMMANDS:
        assert command in english
        assert command in french
    assert "Exit codes: 0 done" in english
    assert "Codes de sortie" in french
    assert "Show this help" not in chosen


def test_the_program_loads_what_a_command_needs_and_no_more() -> None:
    """Reading files and frames takes long to load, and most commands do neither before they know what is asked."""
    loaded = "import encaisse.cli.commands, sys; print(*{'django', 'polars', 'pypdf', 'typst'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, run) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 5


@pytest.mark.usefixtures("db")
def test_from_an_empty_folder_to_open_items(tmp_path: Path, own_database: str, books: Path) -> None:
    home = tmp_path / "installation"
    out, _ = finish("import", str(books), "--lang", "en", home=home, database=own_database, code=2)
    out, _ = finish("init", "--name", "X", "--lang", "en", home=home, database=own_database)
    assert "X is set up" in out
    assert home.stat().st_mode & 0o077 == 0
    finish("import", str(books / "000000018FEC20250228.txt"), home=home, database=own_database)
    out, err = finish("receivables", "--on", "2025-12-31", "--json", home=home, database=own_database)
    values = json.loads(out)
    assert err == ""
    assert [
        (one["customer"]["code"], one["number"], one["open"], one["due_from"]) for one in values["receivables"]
    ] == [
        ("MOREL", "FA-1", "1000.00", "default"),
        ("OLIVE", "FA-3", "300.50", "default"),
    ]
    assert values["totals"] == {"EUR": {"open": "1300.50", "overdue": "1300.50"}}


def test_an_unreachable_database_is_said_in_words(tmp_path: Path) -> None:
    port = free_port()
    url = f"postgresql://nobody@127.0.0.1:{port}/nothing"
    _, err = finish("receivables", "--lang", "en", home=tmp_path, database=url, code=2)
    assert "cannot be reached" in err
    assert "DATABASE_URL" in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("db")
def test_pages_are_served_and_stopped(tmp_path: Path, own_database: str) -> None:
    home, port = tmp_path / "installation", free_port()
    finish("init", home=home, database=own_database)
    process = start("serve", "--port", str(port), "--lang", "en", home=home, database=own_database)
    try:
        assert answer(port) == 200
        taken = start("serve", "--port", str(port), "--lang", "en", home=home, database=own_database)
        assert "--port" in taken.communicate(timeout=30)[1]
        assert taken.returncode == 2
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert f"http://127.0.0.1:{port}" in out
    assert "Traceback" not in err
    assert unreachable(port)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(port: int) -> int:
    """The status of the sign-in page, asked until the server is up."""
    for _try in range(150):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=5) as page:
                return int(page.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not come up")


def unreachable(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
