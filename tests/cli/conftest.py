"""The program in this process: English words, an installation of its own, small books."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer import testing
from typer.testing import CliRunner, Result

from encaisse.cli import words

if TYPE_CHECKING:
    from tests.kept import Rows

words.settle("en")
# The runner makes the whole program anew for every command: longer than most commands take.
testing._get_command = cache(testing._get_command)

HEADER = (
    "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef"
    "\tPieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise"
)
CONTACTS = (
    "customer_code;name;kind;contact_name;email;phone;postcode;country;terms;strategy\r\n"
    "MOREL;Boulangerie Morel;company;Anne Morel;compta.morel@example.org;01 99 00 20 01;69001;FR;30 jours;standard\r\n"
    "OLIVE;Garage Olive;company;Luc Olive;garage.olive@example.org;01 99 00 20 02;69002;FR;45 jours;standard\r\n"
)
# Entries: date, journal, customer, piece, text, amount (above zero: invoice, below: payment), letter.
ENTRIES: list[tuple[str, str, str, str, str, int, str]] = [
    ("20250110", "VE", "MOREL", "FA-1", "Facture FA-1", 120_000, ""),
    ("20250115", "VE", "OLIVE", "FA-2", "Facture FA-2", 45_000, "AAA"),
    ("20250212", "BQ", "MOREL", "VIR1", "VIR acompte FA-1", -20_000, ""),
    ("20250214", "BQ", "OLIVE", "VIR2", "VIR FA-2", -45_000, "AAA"),
    ("20250225", "VE", "OLIVE", "FA-3", "Facture FA-3", 30_050, ""),
]
NAMES = {"MOREL": "Boulangerie Morel", "OLIVE": "Garage Olive"}


def small_fec() -> bytes:
    """Books of two customers: one invoice part paid, one paid, one open."""
    rows = [HEADER]
    for number, (day, journal, code, piece, text, amount, letter) in enumerate(ENTRIES, 1):
        debit, credit = (amount, 0) if amount > 0 else (0, -amount)
        other = "70600000" if journal == "VE" else "51200000"
        start = f"{journal}\t{journal}\t{number}\t{day}"
        end = f"{piece}\t{day}\t{text}"
        let = f"{letter}\t{'20250214' if letter else ''}\t{day}\t\t"
        rows.append(
            f"{start}\t41100000\tClients\t{code}\t{NAMES[code]}\t{end}\t{_euros(debit)}\t{_euros(credit)}\t{let}"
        )
        rows.append(f"{start}\t{other}\tContrepartie\t\t\t{end}\t{_euros(credit)}\t{_euros(debit)}\t\t\t{day}\t\t")
    return ("\r\n".join(rows) + "\r\n").encode()


def _euros(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"


Run = Callable[..., Result]


@pytest.fixture
def run() -> Iterator[Run]:
    """Run a command in this process; `run("receivables", "--json")` gives a result with stdout, stderr, exit_code."""
    from django.utils import translation

    from encaisse.cli.commands import app

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    with translation.override("en"):
        yield call


@pytest.fixture
def ask(run: Run) -> Callable[..., Any]:
    """Run a command with --json that must succeed, and give its JSON; nothing else may be on standard output."""

    def call(*arguments: str) -> Any:
        result = run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return call


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """A folder with the small books and the contacts."""
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "000000018FEC20250228.txt").write_bytes(small_fec())
    (folder / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    return folder


_MADE: list[tuple[Path, Rows]] = []
"""The installation as it was made the first time: its files, its rows."""


@pytest.fixture
def installed(home: Path, db: None, run: Run, books: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with the small books imported; gives its folder. Made once in a run, put back after."""
    from tests import kept

    if _MADE:
        files, rows = _MADE[0]
        shutil.copytree(files, home, dirs_exist_ok=True)
        kept.put_back(rows)
    else:
        _install(run, books)
        files = tmp_path_factory.mktemp("installation")
        shutil.copytree(home, files, dirs_exist_ok=True)
        _MADE.append((files, kept.take()))
    return home


def _install(run: Run, books: Path) -> None:
    options = ("--name", "Atelier Témoin", "--iban", "FR7699999010010000003140040", "--email", "camille@example.org")
    assert run("init", *options, "--sender", "Camille Témoin", "--password", "correct horse").exit_code == 0
    result = run("import", str(books))
    assert result.exit_code == 0, result.output
