"""Payment terms: what the words mean and the day they lead to."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.exchange.terms import EndOfMonth, Terms, due_on, parse_terms

READINGS = {
    "30 jours": Terms(30),
    "30 days": Terms(30),
    "à 30 jours": Terms(30),
    "30j": Terms(30),
    "30 jours nets": Terms(30),
    "30 jours date de facture": Terms(30),
    "Net 30": Terms(30),
    "60": Terms(60),
    "comptant": Terms(0),
    "à réception de facture": Terms(0),
    "Due on receipt": Terms(0),
    "0": Terms(0),
    "45 jours fin de mois": Terms(45, "after"),
    "45 j. FDM": Terms(45, "after"),
    "45 days end of month": Terms(45, "after"),
    "30 EOM": Terms(30, "after"),
    "Paiement à 30 jours fin de mois": Terms(30, "after"),
    "30 jours date de facture, fin de mois": Terms(30, "after"),
    "fin de mois": Terms(0, "after"),
    "fin de mois + 45": Terms(45, "before"),
    "fin de mois 45 jours": Terms(45, "before"),
    "EOM + 45": Terms(45, "before"),
    "45 jours à compter de la fin du mois": Terms(45, "before"),
    "30 jours fin de mois le 10": Terms(30, "after", 10),
    "30 jours fin de mois le 10 du mois suivant": Terms(30, "after", 10),
    "fin de mois le 15": Terms(0, "after", 15),
    "2 mois": Terms(0, months=2),
    "1 month": Terms(0, months=1),
    "trente jours": None,
    "": None,
    "400 jours": None,
    "30 jours fin de mois le 99": None,
}


@pytest.mark.parametrize("text", READINGS)
def test_readings(text: str) -> None:
    expected = READINGS[text]
    if expected is None:
        with pytest.raises(ValueError):
            parse_terms(text)
    else:
        assert parse_terms(text) == expected


def test_the_vector_of_an_invoice_of_15_february_2026() -> None:
    issued = date(2026, 2, 15)
    assert due_on(issued, parse_terms("30 jours")) == date(2026, 3, 17)
    assert due_on(issued, parse_terms("60 jours")) == date(2026, 4, 16)
    assert due_on(issued, parse_terms("45 jours fin de mois")) == date(2026, 4, 30)
    assert due_on(issued, parse_terms("fin de mois + 45 jours")) == date(2026, 4, 14)
    assert due_on(issued, parse_terms("45 jours")) == date(2026, 4, 1)


def test_months_end_with_the_shorter_month() -> None:
    assert due_on(date(2024, 12, 31), parse_terms("2 mois")) == date(2025, 2, 28)
    assert due_on(date(2026, 1, 20), parse_terms("30 jours fin de mois le 10")) == date(2026, 3, 10)


@given(
    st.integers(0, 366),
    st.sampled_from(["none", "before", "after"]),
    st.integers(0, 31),
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
)
def test_the_canonical_form_reads_back(days: int, end: EndOfMonth, extra: int, issued: date) -> None:
    terms = Terms(days, end, extra if end == "after" else 0)
    assert parse_terms(str(terms)) == terms
    assert due_on(issued, terms) >= issued


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert 0 <= parse_terms(text).days <= 366
    except ValueError:
        return
