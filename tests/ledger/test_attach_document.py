"""Which invoice a PDF is of, by the number in its name."""

from __future__ import annotations

import pytest

from encaisse.ledger.attach_document import NotAttached, candidates, meant_by
from encaisse.ledger.models import Invoice

NUMBERS = ("FA-2026-0123", "FA-2026-012", "F-12", "F-12-B", "2026/001", "0042", "2026", "fac 9", "77", "77")
KNOWN = [Invoice(pk=place, number=number) for place, number in enumerate(NUMBERS, 1)]


def found(name: str) -> str:
    """The number found, or why none is."""
    wanted = set(candidates(name))
    try:
        return meant_by(name, [one for one in KNOWN if one.number in wanted]).number
    except NotAttached as refused:
        return refused.code


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("FA-2026-0123.pdf", "FA-2026-0123"),
        ("Facture FA-2026-0123 - Dupont.pdf", "FA-2026-0123"),
        ("2026-03-01_FA-2026-0123_Dupont & Fils (copie).pdf", "FA-2026-0123"),
        ("fa-2026-0123.PDF", "FA-2026-0123"),
        ("F-12-B.pdf", "F-12-B"),
        ("F-12 envoyée.pdf", "F-12"),
        ("Facture 2026-001 Dupont.pdf", "2026/001"),
        ("Facture n°0042.pdf", "0042"),
        ("0042.pdf", "0042"),
        ("Relevé 2026 Dupont.pdf", "no_such_invoice"),
        ("FAC 9.pdf", "fac 9"),
        ("FA-2026-0123 et F-12.pdf", "several_invoices"),
        ("Facture 77.pdf", "several_invoices"),
        ("Facture FA-2026-999.pdf", "no_such_invoice"),
        ("x" * 500 + " F-12.pdf", "no_such_invoice"),
    ],
)
def test_the_number_in_the_name_of_a_file_is_found_or_named_as_open(name: str, number: str) -> None:
    assert found(name) == number
