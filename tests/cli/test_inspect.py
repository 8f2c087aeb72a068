"""`inspect` needs nothing and writes nothing; `import` takes archives of mixed kinds."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CONTACTS, Run, small_fec
from tests.exchange.einvoice_samples import cii

STATEMENT = b"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>1</Id>
<Acct><Id><IBAN>FR7699999010010000003140040</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt>
<Dt>2026-01-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">30.5</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt>
<Dt>2026-01-02</Dt></Dt></Bal>
<Ntry><Amt Ccy="EUR">20.5</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-02</Dt></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs><RmtInf><Ustrd>FA-1</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder with a statement, and a zip of contacts, books, an invoice, a note and a name that leads out."""
    folder = tmp_path / "arrivees"
    (folder / "banque").mkdir(parents=True)
    (folder / "banque" / "releve.dat").write_bytes(STATEMENT)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ventes/000000018FEC20250228.txt", small_fec())
        archive.writestr("ventes/clients.csv", CONTACTS)
        archive.writestr("facture.xml", cii())
        archive.writestr("lisez-moi.txt", "Bonjour.")
        archive.writestr("../../sorti.csv", "a;b\n1;2\n")
    (folder / "tout.zip").write_bytes(target.getvalue())
    return folder


def test_inspect_as_json_without_installation(run: Run, mixed: Path, home: Path) -> None:
    result = run("inspect", str(mixed), "--json")
    assert result.exit_code == 1
    found = {one["path"].removeprefix(f"{mixed}/"): one for one in json.loads(result.stdout)}
    assert {path: one["kind"] for path, one in found.items()} == {
        "banque/releve.dat": "camt053",
        "tout.zip": "zip",
        "tout.zip/ventes/000000018FEC20250228.txt": "fec",
        "tout.zip/ventes/clients.csv": "csv",
        "tout.zip/facture.xml": "cii",
        "tout.zip/lisez-moi.txt": "unknown",
        "tout.zip/../../sorti.csv": "unknown",
    }
    assert found["banque/releve.dat"] == {
        "path": str(mixed / "banque" / "releve.dat"),
        "kind": "camt053",
        "counts": {"invoices": 0, "statements": 1, "accounts": 1, "transactions": 1, "balances": 2},
        "invoices": [],
        "transactions": [
            {
                "booked_on": "2026-01-02",
                "value_on": None,
                "amount": "20.50",
                "currency": "EUR",
                "counterparty": "",
                "iban": "",
                "reference": "FA-1",
                "end_to_end_id": "E1",
            }
        ],
        "balances": [
            {"kind": "opening", "date": "2026-01-01", "amount": "10.00"},
            {"kind": "closing", "date": "2026-01-02", "amount": "30.50"},
        ],
        "problems": [],
    }
    assert [one["code"] for one in found["tout.zip/../../sorti.csv"]["problems"]] == ["zip_unsafe_name"]
    assert not any(home.glob("*"))


def test_inspect_in_words(run: Run, mixed: Path) -> None:
    good = run("inspect", str(mixed / "banque"))
    assert good.exit_code == 0, good.output
    assert "statements 1, accounts 1, operations 1" in good.stdout
    assert "1 file, 1 without error." in good.stdout
    mixed_words = run("inspect", str(mixed))
    assert mixed_words.exit_code == 1
    assert "What this file holds was not recognised." in mixed_words.stdout
    assert run("inspect", str(mixed / "nothing")).exit_code == 2


@pytest.mark.usefixtures("installed")
def test_import_of_mixed_kinds(run: Run, mixed: Path, ask: Callable[..., Any]) -> None:
    result = run("import", str(mixed), "--json")
    assert result.exit_code == 1
    records = json.loads(result.stdout)["imports"]
    by_path = {one["file"].removeprefix(f"{mixed}/"): one for one in records}
    assert set(by_path) == {
        "banque/releve.dat",
        "tout.zip/../../sorti.csv",
        "tout.zip/facture.xml",
        "tout.zip/ventes/000000018FEC20250228.txt",
        "tout.zip/ventes/clients.csv",
    }
    assert list(by_path)[:2] == ["tout.zip/ventes/clients.csv", "tout.zip/ventes/000000018FEC20250228.txt"]
    assert not any(one["refused"] for path, one in by_path.items() if path.startswith("tout.zip/ventes"))
    assert [one["code"] for one in by_path["tout.zip/../../sorti.csv"]["problems"]] == ["zip_unsafe_name"]
    assert "lisez-moi.txt" in result.stderr
    assert ask("receivables", "--on", "2025-02-28")["totals"]["EUR"]["open"] == "1300.50"
