"""The package's parameter files are complete and sourced, and a wrong file is refused with what to mend."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest

from encaisse.law import BadParameter, UnknownRate, all_regimes, all_series, find_regime, load_series
from encaisse.law.series import parse_series, rate_units

GOOD = """
id: sample
kind: rate
unit: percent per year
label: {fr: "Exemple", en: "Sample"}
reference: "Some code, art. 1"
periods: half-year
points:
  - {from: 2025-01-01, to: 2025-06-30, value: "3.15", reference: "order of 1 January 2025", confidence: sure}
  - {from: 2025-07-01, to: 2025-12-31, value: "2.15", reference: "order of 1 July 2025", confidence: probable}
"""


@pytest.mark.parametrize("name", all_series())
def test_every_file_of_the_package_is_sound(name: str) -> None:
    series = load_series(name)
    assert series.id == name
    assert all(point.reference for point in series.points)
    if series.kind == "rate":
        assert all(rate_units(point.value) >= 0 for point in series.points)


@pytest.mark.parametrize("name", [name for name in all_series() if load_series(name).derived])
def test_derived_values_follow_from_their_reference_rate(name: str) -> None:
    series = load_series(name)
    assert series.derived
    reference = load_series(series.derived.series)
    for point in series.points:
        assert point.value == reference.at(point.start).value + series.derived.plus, point.start


def test_the_default_penalty_is_complete_since_2013() -> None:
    series = load_series("fr_b2b_default_penalty")
    assert (series.first, series.last, len(series.points)) == (date(2013, 1, 1), date(2026, 12, 31), 28)
    assert series.at(date(2026, 11, 21)).value == Decimal("12.40")


def test_a_day_outside_a_series_is_a_named_error() -> None:
    series = load_series("fr_b2b_default_penalty")
    for day in (date(2027, 1, 1), date(2012, 12, 31)):
        with pytest.raises(UnknownRate, match="nothing is extrapolated") as caught:
            series.at(day)
        assert (caught.value.series, caught.value.day) == (series.id, day)
        assert caught.value.known_to == date(2026, 12, 31)
    with pytest.raises(UnknownRate):
        series.integral(date(2027, 1, 1))
    assert series.integral(date(2012, 12, 31)) == 0
    assert series.integral(date(2013, 1, 2)) == 2 * 107_500


def test_a_parameter_until_further_notice_has_no_end() -> None:
    series = load_series("fr_b2b_indemnity")
    assert series.at(date(2050, 1, 1)).value == 40
    assert len(list(series.between(date(2050, 1, 1), date.max))) == 1


def test_a_good_file_is_read() -> None:
    series = parse_series(GOOD, "sample.yaml")
    assert series.at(date(2025, 8, 1)).value == Decimal("2.15")
    assert series.label["fr"] == "Exemple"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2025-07-01, to", "2025-06-30, to", "overlaps"),
        ("2025-07-01, to", "2025-07-02, to", "nothing is said between"),
        ("to: 2025-12-31", "to: null", "needs a last day"),
        ("to: 2025-12-31", "to: 2025-11-30", "half-year"),
        ("to: 2025-12-31", "to: 2025-01-31", "ends before it starts"),
        ("from: 2025-07-01", "from: 2025-07-01 10:00:00", "are dates"),
        ("confidence: probable", "confidence: maybe", "confidence 'maybe'"),
        ('reference: "order of 1 July 2025"', 'reference: " "', "a reference"),
        (', reference: "order of 1 July 2025"', "", "missing reference"),
        ('"2.15"', "2.15", "between quotes"),
        ('"2.15"', '"2,15"', "not a number"),
        ('"2.15"', '"-2.15"', "zero or more"),
        ("kind: rate", "kind: speed", "kind 'speed'"),
        ("kind: rate", "kind: rate\ncolour: red", "unknown colour"),
        ('{fr: "Exemple", en: "Sample"}', '{fr: "Exemple"}', "fr and en"),
        ("periods: half-year", "derived: {from: ecb_mro}", "missing plus"),
        ("id: sample", "id: [", "not readable as YAML"),
    ],
)
def test_a_wrong_file_says_what_to_mend(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(BadParameter, match=message) as caught:
        parse_series(GOOD.replace(old, new), "sample.yaml")
    assert "sample.yaml" in str(caught.value)


@pytest.mark.parametrize("text", ["", "- 1", "points"])
def test_a_file_without_fields_is_refused(text: str) -> None:
    with pytest.raises(BadParameter, match="mapping"):
        parse_series(text, "sample.yaml")


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(LookupError, match="known are ecb_mro"):
        load_series("ecb")
    with pytest.raises(ValueError, match="use one of fr-b2b, fr-b2c, fr-public"):
        find_regime("fr")


def test_every_regime_is_readable_in_both_languages_and_sourced() -> None:
    assert set(all_regimes()) == {"fr-b2b", "fr-b2c", "fr-public"}
    for regime in all_regimes().values():
        assert regime.reference
        assert all(regime.label[language] and regime.applies_to[language] for language in ("fr", "en"))
    assert find_regime("fr-b2c").indemnity is None


def test_rates_keep_four_decimals_at_most() -> None:
    assert rate_units(Decimal("12.4")) == 124_000
    with pytest.raises(ValueError, match="four decimals"):
        rate_units(Decimal("12.40001"))


def test_the_law_is_imported_without_a_web_framework_or_a_frame_library() -> None:
    code = (
        "import sys; from encaisse.law import interest; "
        "print(sorted({'django', 'polars', 'holidays'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
