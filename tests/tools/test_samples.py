"""The table of samples: made from what `inspect` says, checked in a second way."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from encaisse.exchange.inspecting import inspect
from tests.exchange.einvoice_samples import cii
from tools import samples

SAMPLES = Path(__file__).parents[1] / "exchange"
MARKS = f"before\n{samples.BEGIN}\nold\n{samples.END}\nafter\n"


def test_the_table_of_our_own_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "imports.md"
    document.write_text(MARKS, encoding="utf-8")
    for name in ("bank", "einvoices", "fec"):
        (tmp_path / "all" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "all" / name).mkdir()
        for path in sorted((SAMPLES / name).rglob("*"))[:40]:
            if path.is_file():
                (tmp_path / "all" / name / path.name).write_bytes(path.read_bytes())
    assert samples.main([str(tmp_path / "all"), "--document", str(document)]) == 0, capsys.readouterr().err
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text.splitlines()
    assert "| hate1.xml | `cii` | read | 1 invoice, 2 lines | totals as in the XML |" in text
    assert "`format_not_read` (FatturaPA)" in text
    assert "open items as in its truth" in text
    assert "balances agree" in text


def test_a_document_without_marks() -> None:
    with pytest.raises(ValueError, match="marks"):
        samples.written("nothing", "x")


def test_a_difference_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(cii())
    found = inspect(path)
    assert samples.check(found, path) == "totals as in the XML"
    path.write_bytes(cii().replace(b"120.00", b"121.00"))
    assert samples.check(found, path) == "TOTALS DIFFER"
    assert Decimal(found.invoices[0]["gross"] or 0) == 120
