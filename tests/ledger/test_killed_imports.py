"""Imports killed by SIGKILL leave whole files; started again, they lead to the ledger of an unbroken one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.exchange.einvoice_samples import pdf
from tests.ledger.books import Fec
from tests.ledger.einvoices import cii
from tests.ledger.statements import Statement


def _books() -> bytes:
    fec = Fec(2026).sale("ALPHA", "F1", "20260110", 10_000).sale("ALPHA", "F2", "20260210", 5_000, "A")
    return fec.paid("ALPHA", "V", "20260301", 5_000, "A").sale("BETA", "F3", "20260115", 700).bytes()


def _bank() -> bytes:
    """One payment the books know, one for an invoice of theirs, one for an invoice that comes later."""
    told = Statement("2026-02-23", "2026-03-05").line("2026-03-01", "50.00", "F2", payer="Alpha SARL")
    told.line("2026-03-02", "100.00", "FACTURE F1", payer="Alpha SARL", iban="DE89370400440532013000")
    return told.line("2026-03-03", "80.00", "FACTURE FA26-0003", payer="Gamma").bytes()


def _invoices(path: Path) -> None:
    gamma = {"buyer": "Gamma", "buyer_id": ""}
    files = {
        "F1.xml": cii("F1", "100.00", issued="20260110", buyer="Alpha SARL"),
        "FA26-0003.xml": cii("FA26-0003", "80.00", **gamma),
        "FA26-0004.xml": cii("FA26-0004", "90.00", code="393", **gamma),
        "A-1.xml": cii("A-1", "20.00", code="381", names="FA26-0005", issued="20260201", **gamma),
        "FA26-0005.xml": cii("FA26-0005", "200.00", parts=(("20260301", "120.00"), ("20260401", "80.00")), **gamma),
        "other.xml": cii("X", seller="Autre", seller_id="443061841"),
        "FA26-0004.pdf": pdf(),
        "FA26-0006.pdf": pdf(("factur-x.xml", cii("FA26-0006", "12.00"))),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def _steps(place: Path, database: str) -> list[dict[str, Any]]:
    """What came of each step: books, then a bank file, then an archive of electronic invoices."""
    home, files = place / "home", place / "files"
    home.mkdir()
    files.mkdir()
    (files / "1 000000018FEC20261231.txt").write_bytes(_books())
    (files / "2 releve.xml").write_bytes(_bank())
    _invoices(files / "3 factures.zip")
    result = subprocess.run(
        [sys.executable, "-m", "tests.ledger.killed_imports", str(files)],
        env={**os.environ, "DATABASE_URL": database, "ENCAISSE_HOME": str(home)},
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_killed_anywhere_an_import_leaves_whole_files_and_ends_as_an_unbroken_one(
    own_database: str, tmp_path: Path
) -> None:
    steps = _steps(tmp_path, own_database)
    assert [told["step"][0] for told in steps] == ["1", "2", "3"]
    for told in steps:
        assert told["killed"] >= 4
        assert set(told["seen"]) <= {told["before"], *told["passed"]}
        assert len(set(told["seen"])) > 1, "it died at different places"
        assert told["ended"] == 0
        assert told["broken"] == told["whole"]
