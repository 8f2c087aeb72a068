"""Amounts are integers; text is read strictly and written exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.money import Money, exponent, parse_minor, round_half_up, to_decimal_text


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1 234,56", 123456),
        ("1234.56", 123456),
        ("1.234,56", 123456),
        ("1,234.56", 123456),
        ("1'234.56", 123456),
        ("1’234.56", 123456),
        ("1\u00a0234,56", 123456),
        ("1\u202f234\u202f567,5", 123456750),
        ("1.234.567", 123456700),
        ("1 234", 123400),
        ("-12,00", -1200),
        ("−12", -1200),
        ("12,00-", -1200),
        ("- 12", -1200),
        ("+7", 700),
        ("0,5", 50),
        (",50", 50),
        ("0.500", 50),
        ("1234.560", 123456),
        ("0", 0),
        ("12,50 €", 1250),
        ("EUR 12.50", 1250),
        ("-12,50 €", -1250),
    ],
)
def test_reads_what_people_write(text: str, minor: int) -> None:
    assert parse_minor(text) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "abc",
        "1.234",
        "12,345",
        "12,3456",
        "1 23,45",
        "1,2,3",
        "1.23.456",
        "12,34.56",
        "1e5",
        "٣",
        "--1",
        ".",
    ],
)
def test_refuses_what_has_no_single_reading(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|decimals"):
        parse_minor(text)


def test_currencies_without_cents_or_with_three_decimals() -> None:
    assert parse_minor("1.234", "XPF") == 1234
    assert parse_minor("1.234", "TND") == 1234
    assert parse_minor("1234.00", "JPY") == 1234
    assert to_decimal_text(1234, "XPF") == "1234"
    assert to_decimal_text(-1, "TND") == "-0.001"
    assert exponent("EUR") == 2


def test_a_currency_code_is_three_capitals() -> None:
    with pytest.raises(ValueError, match="three capital letters"):
        exponent("euro")


@given(st.integers(min_value=-(10**15), max_value=10**15), st.sampled_from(["EUR", "GBP", "XPF"]))
def test_written_amounts_are_read_back(minor: int, currency: str) -> None:
    text = to_decimal_text(minor, currency)
    assert parse_minor(text, currency) == minor
    assert parse_minor(text.replace(".", ","), currency) == minor


@given(st.text(max_size=30))
def test_any_text_gives_an_amount_or_a_value_error(text: str) -> None:
    try:
        assert isinstance(parse_minor(text), int)
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(149, 100), 1),
        (Fraction(5, 2), 3),
        (Decimal("2.5"), 3),
        (Decimal("-2.5"), -3),
        (Decimal("2.4999"), 2),
    ],
)
def test_a_half_goes_away_from_zero(value: Fraction | Decimal, rounded: int) -> None:
    assert round_half_up(value) == rounded


def test_money_adds_within_one_currency_only() -> None:
    assert Money(100) + Money(50) - Money(25) == Money(125, "EUR")
    assert str(-Money(1205)) == "-12.05 EUR"
    with pytest.raises(ValueError, match="one total per currency"):
        Money(1) + Money(1, "GBP")
    with pytest.raises(TypeError, match="whole number"):
        Money(1.5)  # type: ignore[arg-type]
