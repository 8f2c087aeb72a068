"""The watched folder: complete files only, put away with their report, the same after a kill."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ledger.books import Fec

FEC = Fec(2024).sale("CNEW", "N-1", "20240115", 100_00)


def test_a_file_is_ready_when_it_looks_the_same_twice(tmp_path: Path) -> None:
    from encaisse.cli.commands.watch import Watched

    watched = Watched(tmp_path)
    (tmp_path / "half.csv.part").write_text("x")
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / "empty").touch()
    growing = tmp_path / "growing.txt"
    growing.write_text("a")
    assert watched.ready() == []
    growing.write_text("ab")
    assert watched.ready() == []
    assert watched.ready() == [growing]


@pytest.mark.django_db
def test_files_are_put_away_with_their_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import contextmanager

    from django_scopes import scope

    from encaisse.cli.commands import watch
    from encaisse.cli.desk import Desk
    from encaisse.ledger.models import Import, Receivable
    from tests.factories import instant, make_creditor
    from tests.stories.telling import on

    made = make_creditor()
    at = instant(on("2026-01-05"))

    @contextmanager
    def desk(*_args: object) -> object:  # type: ignore[misc]
        with scope(creditor=made):
            yield Desk(made, on("2026-01-05"), at, at)

    monkeypatch.setattr(watch, "at_desk", desk)
    good, bad = tmp_path / FEC.name, tmp_path / "note.txt"
    for _time in range(2):  # the second time as after a kill between taking the file and moving it
        good.write_bytes(FEC.bytes())
        bad.write_text("rien")
        watch.take([bad, good], tmp_path, None, None)
        assert not good.exists()
        assert not bad.exists()
    done = json.loads((tmp_path / "done" / f"{FEC.name}.report.json").read_text())
    assert done["files"][0]["new"]["invoices"] == 1
    assert len(list((tmp_path / "done").iterdir())) == 4
    refused = json.loads((tmp_path / "refused" / "note.txt.report.json").read_text())
    assert refused["files"][0]["problems"][0]["hint"]
    with scope(creditor=made):
        assert (Import.objects.count(), Receivable.objects.count()) == (1, 1)
