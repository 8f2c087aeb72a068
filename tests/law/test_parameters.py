"""The package's parameter files are complete and sourced, and a wrong file is refused with what to mend."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest

from encaisse.law import BadParameter, UnknownRate, all_series, find_regime, load_series
from encaisse.law.series import parse_series, rate_units
from encaisse.law.uses import derived_from, series_of, uses

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
    if series.kind == "reference":
        assert all(isinstance(rate_units(point.value), int) for point in series.points)


@pytest.mark.parametrize("name", [name for name in all_series() if load_series(name).derived])
def test_derived_values_follow_from_their_reference_rate(name: str) -> None:
    series = load_series(name)
    assert series.derived
    reference = load_series(series.derived.series)
    for point in series.points:
        base = reference.at(series.derived.taken_on(point.start))
        assert point.value == series.derived.value(base.value), point.start


@pytest.mark.parametrize(
    ("name", "day", "value"),
    [
        ("de_base_rate", date(2020, 5, 1), "-0.88"),
        ("de_b2b_default", date(2026, 7, 1), "10.52"),
        ("de_b2c_default", date(2026, 7, 1), "6.52"),
        ("be_b2b_default", date(2025, 6, 30), "11.50"),
        ("be_b2b_default", date(2026, 7, 1), "10.50"),
        ("be_legal_interest", date(2026, 3, 1), "4.50"),
        ("es_b2b_default", date(2026, 1, 1), "10.15"),
        ("nl_commercial_interest", date(2024, 7, 1), "12.25"),
        ("lu_b2b_default", date(2026, 12, 31), "10.40"),
        ("uk_late_payment", date(2025, 9, 1), "12.25"),
        ("uk_late_payment", date(2026, 10, 8), "11.75"),
        ("ch_default_interest", date(2040, 1, 1), "5"),
        ("fr_legal_interest_other", date(2014, 6, 1), "0.04"),
        ("fr_judgment_other", date(2026, 1, 1), "7.62"),
    ],
)
def test_published_rates_of_france_and_its_neighbours(name: str, day: date, value: str) -> None:
    assert load_series(name).at(day).value == Decimal(value)


def test_what_was_computed_and_not_read_is_not_called_sure() -> None:
    series = load_series("es_b2b_default")
    assert series.at(date(2026, 1, 1)).confidence == "sure"
    assert series.at(date(2026, 7, 1)).confidence == "probable"
    assert load_series("nl_legal_interest_consumer").at(date(2026, 7, 1)).confidence == "to-verify"


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
        ("to: 2025-12-31", "to: 2025-11-30", "half-years"),
        ("periods: half-year", "periods: week", "periods is one of"),
        ("from: 2025-01-01", "from: null", "has a first day"),
        ("periods: half-year", 'derived: {from: ecb_mro, plus: "1", taken: later}', "first_day or day_before"),
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
    with pytest.raises(LookupError, match=r"known are .*ecb_mro"):
        load_series("ecb")
    with pytest.raises(ValueError, match="fr-b2b"):
        find_regime("fr")


def test_every_series_a_regime_names_is_of_the_package() -> None:
    used = {use.series for use in uses()}
    assert used <= set(all_series())
    assert {"fr_b2b_default_penalty", "uk_late_payment", "ch_default_interest"} <= used
    assert series_of("be-b2b") == ("be_b2b_default", "be_b2b_indemnity", "ecb_mro")
    assert "fr_public_penalty" in derived_from("ecb_mro")


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
