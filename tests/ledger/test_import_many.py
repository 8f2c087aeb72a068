"""Many files in one go lead to what one after the other leads to."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, transaction

from tests.exchange.einvoice_samples import pdf
from tests.ledger.books import AT, Fec
from tests.ledger.dumps import dump
from tests.ledger.einvoices import SELLER, cii
from tests.ledger.statements import Statement

if TYPE_CHECKING:
    from encaisse.ledger.models import Import
    from encaisse.ledger.taking import ImportRefused
    from encaisse.parties.models import Creditor

STAMP: dict[str, Any] = {"at": AT, "actor": "test"}
PARTS = (("20260215", "400.00"), ("20260315", "400.00"), ("20260415", "400.00"))
GAMMA = {"buyer": "Gamma &amp; Fils", "buyer_id": ""}


def books() -> bytes:
    fec = Fec(2026).sale("CALPHA", "F-1", "20260115", 1200_00, "A").paid("CALPHA", "V", "20260301", 500_00, "A")
    fec.sale("CBETA", "F-2", "20260116", 90_00).credit_note("CBETA", "A-2", "20260201", 10_00)
    return fec.bytes()


FILES: tuple[tuple[bytes, str], ...] = (
    (cii(parts=PARTS), "F-1.xml"),
    (pdf(("factur-x.xml", cii("F-3", "80.00", **GAMMA))), "F-3.pdf"),
    (cii("F-3", "80.00", **GAMMA, terms="30 jours"), "F-3.xml"),
    (cii("F-4", "70.00", buyer="SARL Gamma et Fils", buyer_id="", due=""), "F-4.xml"),
    (cii("F-5", "60.00", buyer="Gamma &amp; Fils", buyer_id="443061841"), "F-5.xml"),
    (cii("F-6", "0.00"), "F-6.xml"),
    (cii("A-1", "200.00", code="381", names="F-1", issued="20260201"), "A-1.xml"),
    (cii("A-3", "30.00", code="381", names="F-3", issued="20260202", **GAMMA), "A-3.xml"),
    (cii("A-9", "15.00", code="381", names="F-99", issued="20260203"), "A-9.xml"),
    (cii("A-0", "-12.00"), "A-0.xml"),
    (cii("F-7", "75.00", code="384", names="F-4", **GAMMA), "F-7.xml"),
    (cii("F-8", "20.00", code="393"), "factored.xml"),
    (pdf(), "facture F-3.pdf"),
    (pdf(("a.txt", b"a")), "F-98.pdf"),
    (cii("F-10", "9.00", seller="Autre", seller_id="443061841"), "other.xml"),
    (cii("F-11", "11.00")[:400], "cut.xml"),
    (cii("F-6", "0.00"), "F-6 again.xml"),
    (b"facture;statut;date\nF-1;205;2026-01-20\nF-3;210;2026-01-21\nF-97;205;2026-01-22\n", "s1.csv"),
    (b"facture;statut;date\nF-3;210;2026-01-21\nF-5;206;2026-01-22\n", "s2.csv"),
    (b'[{"invoice": "F-1", "status": 207, "at": "2026-01-25", "amount": 40.5, "reason_code": "PU_ERR"}]', "s3.json"),
    (b'[{"invoice": "F-96", "status": 207, "at": "2026-01-25"}]', "s4.json"),
)


@pytest.fixture
def two(creditor: Creditor) -> tuple[Creditor, Creditor]:
    """Two creditors alike."""
    from encaisse.parties.models import Creditor

    creditor.siren = SELLER
    creditor.save()
    return creditor, Creditor.objects.create(name=creditor.name, default_terms="30 jours", siren=SELLER)


def one_by_one(creditor: Creditor, files: list[tuple[bytes, str]]) -> list[Import | ImportRefused]:
    from encaisse.ledger.import_books import ImportRefused, import_file

    found: list[Import | ImportRefused] = []
    for content, name in files:
        try:
            found.append(import_file(creditor, content, name, **STAMP))
        except ImportRefused as refused:
            found.append(refused)
    return found


def told(outcomes: list[Import | ImportRefused]) -> list[Any]:
    """What came of each file, as a person sees it."""
    return [
        {key: value for key, value in one.report.items() if key not in ("held", "more")}
        if not isinstance(one, Exception)
        else [replace(why, line=None) for why in one.problems]
        for one in outcomes
    ]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_many_lead_to_what_one_by_one_leads_to(two: tuple[Creditor, Creditor], seed: int) -> None:
    from django_scopes import scopes_disabled

    from encaisse.ledger.import_many import import_many

    # The first file of statuses waits for an invoice: it comes again.
    files = [
        *FILES,
        FILES[-4],
        (books(), "123456789FEC20261231.txt"),
        (Statement("2026-02-23", "2026-02-27").bytes(), "b.xml"),
    ]
    if seed:
        random.Random(seed).shuffle(files)
    with scopes_disabled():
        alone, together = one_by_one(two[0], files), import_many(two[1], files, **STAMP)
    assert told(alone) == told(together)
    assert dump(two[0].pk) == dump(two[1].pk)


def test_nothing_of_it_twice_and_paths_too(two: tuple[Creditor, Creditor], tmp_path: Path) -> None:
    from encaisse.ledger.import_books import ImportRefused
    from encaisse.ledger.import_many import import_many

    (tmp_path / "F-6.xml").write_bytes(FILES[5][0])
    files: list[tuple[Any, str]] = [*FILES[:3], (tmp_path / "F-6.xml", "F-6.xml"), (tmp_path / "gone.xml", "gone.xml")]
    stages: list[float] = []
    first = import_many(two[0], files, **STAMP, progress=lambda _stage, part: stages.append(part))
    before = dump(two[0].pk)
    again = import_many(two[0], files, **STAMP)
    assert stages == sorted(stages)
    assert stages[-1] == 1.0
    assert [one.code for one in first[-1].problems if isinstance(first[-1], ImportRefused)] == ["unreadable"]
    assert all(one.report["unchanged"] for one in again[:-1] if not isinstance(one, ImportRefused))
    assert dump(two[0].pk) == before


def test_what_cannot_be_written_holds_back_no_other(
    two: tuple[Creditor, Creditor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch the database refuses is taken file by file."""
    from encaisse.ledger import import_many
    from encaisse.ledger.import_einvoices import Taker

    good = Taker.take_many

    def refusing(self: Taker, creditor: Creditor, files: Any, **more: Any) -> Any:
        if len(files) > 1:
            with transaction.atomic():
                good(self, creditor, files[:2], **more)
                raise DatabaseError
        return good(self, creditor, files, **more)

    monkeypatch.setattr(Taker, "take_many", refusing)
    found = import_many.import_many(two[0], FILES[3:6], **STAMP)
    assert [str(one) for one in found if isinstance(one, Exception)] == []
