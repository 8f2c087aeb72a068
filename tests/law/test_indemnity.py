"""Fixed sums of the regimes, and the scales of collection costs: published figures, edges, and bad tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.law import BadParameter, all_regimes
from encaisse.law.errors import InexactAmount, NegativeAmount, UnknownRegime
from encaisse.law.indemnity import all_scales, be_consumer_ceiling, find_scale, lump_sum, nl_costs, parse_scale

AMOUNTS = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("debt", "ceiling"),
    # 215.00 -> 36.50 is a published example (creno.be, September 2023); the others are computed.
    [(15_000, 2_000), (21_500, 3_650), (50_000, 6_500), (120_000, 10_000), (5_000_000, 200_000), (1, 2_000), (0, 0)],
)
def test_the_ceiling_of_a_belgian_clause(debt: int, ceiling: int) -> None:
    assert be_consumer_ceiling(debt) == ceiling


@pytest.mark.parametrize(
    ("debt", "costs"),
    [
        (10_000, 4_000),
        (26_667, 4_000),
        (100_000, 15_000),
        (250_000, 37_500),
        (500_000, 62_500),
        (1_000_000, 87_500),
        (20_000_000, 277_500),
        (100_000_000, 677_500),
        (10**12, 677_500),
        (0, 0),
    ],
)
def test_the_dutch_scale(debt: int, costs: int) -> None:
    assert nl_costs(debt) == costs


@pytest.mark.parametrize(
    ("debt", "wanted"), [(99_999, 4_000), (100_000, 7_000), (999_999, 7_000), (1_000_000, 10_000), (0, 0)]
)
def test_the_british_sum_goes_by_the_debt(debt: int, wanted: int) -> None:
    assert lump_sum("uk", debt, date(2025, 9, 1)) == wanted
    assert lump_sum("uk", debt, date(2002, 8, 5)) == 0  # before the rule


def test_the_fixed_sum_of_every_regime_today() -> None:
    none = {"fr-b2c", "fr-c2c", "fr-judgment", "de-b2c", "be-b2c", "ch"}
    for code in all_regimes():
        wanted = 0 if code in none else 7_000 if code == "uk" else 4_000
        assert lump_sum(code, 500_000, date(2026, 6, 30)) == wanted, code


def test_no_fixed_sum_before_its_law() -> None:
    assert lump_sum("fr-b2b", 1_000, date(2012, 12, 30)) == 0
    assert lump_sum("fr-b2b", 1_000, date(2012, 12, 31)) == 4_000
    assert lump_sum("de-b2b", 1_000, date(2014, 7, 1)) == 0


def test_bad_input_is_named() -> None:
    with pytest.raises(UnknownRegime, match="use one of fr-b2b"):
        lump_sum("fr-b2x", 1_000, date(2026, 1, 1))
    with pytest.raises(NegativeAmount, match="zero or more"):
        nl_costs(-1)
    with pytest.raises(InexactAmount, match="minor units"):
        be_consumer_ceiling(10.5)  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="use one of uk_fixed_sum"):
        find_scale("nothing")


@given(AMOUNTS, AMOUNTS)
def test_scales_never_fall_when_the_debt_grows(one: int, other: int) -> None:
    low, high = sorted((one, other))
    for scale in all_scales().values():
        assert 0 <= scale.of(low) <= scale.of(high)


GOOD: dict[str, Any] = {
    "kind": "fixed",
    "currency": "EUR",
    "label": {"fr": "Somme", "en": "Sum"},
    "reference": "art. 1",
    "confidence": "sure",
    "from": date(2020, 1, 1),
    "to": None,
    "least": None,
    "most": None,
    "bands": [{"upto": "10.00", "base": "1.00"}, {"base": "2.00"}],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "gift"}, "kind is one of"),
        ({"from": None}, "first day"),
        ({"confidence": "quite"}, "confidence"),
        ({"reference": ""}, "reference"),
        ({"label": {"fr": "Somme"}}, "fr and en"),
        ({"bands": []}, "last one"),
        ({"bands": [{"upto": "10.00", "base": "1.00"}]}, "last one"),
        ({"bands": [{"upto": "20.00"}, {"upto": "10.00"}, {"base": "2.00"}]}, "small debts"),
        ({"bands": [{"upto": "20.00", "below": "10.00"}, {"base": "2.00"}]}, "not both"),
        ({"bands": [{"base": "2.005"}]}, "two decimals"),
        ({"bands": [{"base": 2.5}]}, "between quotes"),
    ],
)
def test_a_wrong_scale_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    parse_scale("test", GOOD)
    with pytest.raises(BadParameter, match=message):
        parse_scale("test", GOOD | change)
