"""Working days where the recipient is: a bank holiday in Strasbourg is not one in Lille."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.calendar import (
    REGIONS,
    holiday_name,
    is_working_day,
    next_working_day,
    non_working_days,
    region_of,
    timezone_of,
)

GOOD_FRIDAY = date(2026, 4, 3)


@pytest.mark.parametrize(
    ("country", "postcode", "region"),
    [
        ("FR", "59000", "FR"),
        ("fr", "67000", "FR-AM"),
        ("FR", "68100", "FR-AM"),
        ("", "57 000", "FR-AM"),
        ("FR", "F-67000", "FR-AM"),
        ("FR", "97400", "FR-974"),
        ("FR", "97133", "FR-977"),
        ("FR", "98800", "FR-988"),
        ("RE", "97400", "FR-974"),
        ("FR", "20000", "FR"),
        ("FR", "", "FR"),
        ("BE", "1000", "BE"),
        ("DE", "67059", "DE"),
        ("UK", "SW1A 1AA", "GB"),
        ("US", "10001", "FR"),
    ],
)
def test_region_of_an_address(country: str, postcode: str, region: str) -> None:
    assert region_of(country, postcode) == region


def test_alsace_moselle_has_two_more_holidays() -> None:
    for day in (GOOD_FRIDAY, date(2025, 12, 26)):
        assert is_working_day(day, "FR")
        assert not is_working_day(day, "FR-AM")


def test_overseas_departments_remember_the_abolition_of_slavery() -> None:
    assert not is_working_day(date(2027, 12, 20), "FR-974")
    assert not is_working_day(date(2026, 5, 22), "FR-972")
    assert is_working_day(date(2026, 5, 22), "FR")


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 8),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 7, 14),
        date(2026, 8, 15),
        date(2026, 11, 1),
        date(2026, 11, 11),
        date(2026, 12, 25),
    ],
)
def test_the_eleven_french_holidays_are_quiet_everywhere_in_france(day: date) -> None:
    for region in ("FR", "FR-AM", "FR-971", "FR-972", "FR-973", "FR-974", "FR-976"):
        assert not is_working_day(day, region)
        assert holiday_name(day, region, "fr")


def test_next_working_day_stays_on_a_working_day_and_leaves_a_long_weekend() -> None:
    assert next_working_day(date(2026, 11, 20), "FR") == date(2026, 11, 20)
    assert next_working_day(date(2026, 10, 31), "FR") == date(2026, 11, 2)
    assert next_working_day(GOOD_FRIDAY, "FR-AM") == date(2026, 4, 7)


def test_names_in_both_languages() -> None:
    assert holiday_name(date(2026, 7, 14), "FR", "fr") == "Fête nationale"
    assert holiday_name(date(2026, 7, 14), "FR", "en") == "National Day"
    assert holiday_name(date(2026, 7, 15), "FR", "fr") is None
    assert holiday_name(date(2026, 12, 25), "IT", "fr") == "Christmas Day"


def test_non_working_days_of_a_week_with_a_bridge() -> None:
    assert non_working_days("FR", date(2026, 5, 11), date(2026, 5, 17)) == [
        date(2026, 5, 14),
        date(2026, 5, 16),
        date(2026, 5, 17),
    ]
    assert non_working_days("FR", date(2026, 5, 17), date(2026, 5, 11)) == []


def test_every_region_has_holidays_and_a_time_zone() -> None:
    for region in REGIONS:
        assert timezone_of(region).key
        assert not is_working_day(date(2026, 1, 1), region)
    assert timezone_of("FR-974").key == "Indian/Reunion"


def test_an_unknown_region_is_named() -> None:
    with pytest.raises(ValueError, match="not a known region"):
        is_working_day(date(2026, 1, 1), "XX")


@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.sampled_from(REGIONS))
def test_next_working_day_is_the_nearest_one(day: date, region: str) -> None:
    found = next_working_day(day, region)
    assert found >= day
    assert is_working_day(found, region)
    assert len(non_working_days(region, day, found)) == (found - day) // timedelta(days=1)
