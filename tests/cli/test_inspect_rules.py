"""`inspect --rules`: the rules an invoice breaks, in an archive too, in words and as JSON."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from tests.cli.conftest import Run
from tests.exchange.rule_samples import invoice


def test_rules_are_told_only_when_asked(run: Run, tmp_path: Path, home: Path) -> None:
    path = tmp_path / "factures.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bonne.xml", invoice())
        archive.writestr("mauvaise.xml", invoice("ubl").replace(b">114.00<", b">113.00<"))
    plain = run("inspect", str(path), "--json")
    assert not any(problem["code"].startswith("BR-") for one in json.loads(plain.stdout) for problem in one["problems"])

    asked = run("inspect", "--rules", str(path), "--json")
    assert asked.exit_code == 1
    _, good, bad = json.loads(asked.stdout)
    assert good["problems"] == []
    broken = {one["code"]: one for one in bad["problems"]}
    assert broken["BR-CO-15"]["severity"] == "fatal"
    assert broken["BR-CO-15"]["line"]
    assert "113.00" in broken["BR-CO-15"]["message"]

    told = run("inspect", "--rules", str(path))
    assert "BR-CO-15 The total with VAT (BT-112)" in " ".join(told.stdout.split())
