"""Money, dates and spaces are written as each language writes them."""

from datetime import date
from decimal import Decimal

import pytest

from encaisse.documents import words
from encaisse.documents.rates import rate_words

NB = "\u00a0"


@pytest.mark.parametrize(
    ("minor", "currency", "language", "expected"),
    [
        (123_456, "EUR", "fr", f"1{NB}234,56{NB}€"),
        (123_456_789, "EUR", "fr", f"1{NB}234{NB}567,89{NB}€"),
        (-10_000, "EUR", "fr", f"−100,00{NB}€"),
        (123_456, "EUR", "en", "€1,234.56"),
        (-10_000, "GBP", "en", "−£100.00"),
        (1_234, "JPY", "en", "JP¥1,234"),
    ],
)
def test_money(minor: int, currency: str, language: str, expected: str) -> None:
    assert words.money(minor, currency, language) == expected


def test_amount_in_a_table_shows_zero_as_a_dash() -> None:
    assert words.amount(0, "EUR", "fr") == "–"
    assert words.amount(123_456, "EUR", "fr") == f"1{NB}234,56"
    assert words.amount(-5, "EUR", "en") == "−0.05"


@pytest.mark.parametrize(
    ("minor", "expected"), [(4_000, f"40{NB}€"), (4_050, f"40,50{NB}€"), (400_000, f"4{NB}000{NB}€")]
)
def test_whole_amounts_drop_their_decimals(minor: int, expected: str) -> None:
    assert words.round_money(minor, "EUR", "fr") == expected


def test_dates() -> None:
    assert words.long_date(date(2026, 11, 1), "fr") == f"1er{NB}novembre 2026"
    assert words.long_date(date(2026, 11, 21), "fr") == f"21{NB}novembre 2026"
    assert words.long_date(date(2026, 11, 1), "en") == f"1{NB}November 2026"
    assert words.short_date(date(2026, 2, 3), "fr") == "03/02/2026"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Un point bloque ? Oui : non ; 5 % !", f"Un point bloque{NB}? Oui{NB}: non{NB}; 5{NB}%{NB}!"),
        ("« oui »", f"«{NB}oui{NB}»"),
        ("1 234,56 €, 40 €.", f"1{NB}234,56{NB}€, 40{NB}€."),
        ("n° 12, 8 jours, 10 points", f"n°{NB}12, 8{NB}jours, 10{NB}points"),
        ("https://a.example/?x=1:2", "https://a.example/?x=1:2"),
    ],
)
def test_french_spaces(text: str, expected: str) -> None:
    once = words.spaced(text, "fr")
    assert once == expected
    assert words.spaced(once, "fr") == once


def test_english_is_left_alone() -> None:
    assert words.spaced("Really ? 5 %", "en") == "Really ? 5 %"


def test_listing() -> None:
    assert words.listing(["A"], "fr") == "A"
    assert words.listing(["A", "B", "C"], "fr") == "A, B et C"
    assert words.listing(["A", "B", "C", "D", "E"], "fr") == "A, B et 3 autres"
    assert words.listing(["A", "B", "C", "D", "E"], "en") == "A, B and 3 more"


@pytest.mark.parametrize(
    ("code", "language"), [("fr", "fr"), ("fr-CH", "fr"), ("FR_be", "fr"), ("de", "en"), ("", "en")]
)
def test_language_of(code: str, language: str) -> None:
    assert words.language_of(code) == language


def test_rate_words() -> None:
    rates = [Decimal("12.15"), Decimal("12.15"), Decimal("12.4")]
    assert rate_words(rates, "ecb_10", "fr") == (f"12,15{NB}% puis 12,40{NB}% l’an (taux BCE majoré de 10{NB}points)")
    assert rate_words(rates[2:], "contract", "en") == "12.40 % a year (contract rate)"
    assert rate_words([], "legal", "fr") == ""
