"""How amounts, days, lateness and phone numbers are written."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone, translation

from encaisse.web import charts, formats
from encaisse.web.downloads import cells
from encaisse.web.recording import instalments


@pytest.mark.parametrize(
    ("minor", "french", "english"),
    [
        (123_456, "1\u00a0234,56\u00a0€", "€1,234.56"),
        (-1_200, "−12,00\u00a0€", "−€12.00"),
        (0, "–", "–"),
        (None, "", ""),
    ],
)
def test_money(minor: int | None, french: str, english: str) -> None:
    with translation.override("fr"):
        assert formats.money(minor) == french
    with translation.override("en"):
        assert formats.money(minor) == english


def test_days_have_their_year_only_when_it_is_not_this_one() -> None:
    today = timezone.localdate()
    with translation.override("fr"):
        assert formats.day(date(today.year, 11, 18)) == "18\u00a0nov."
        assert formats.day(date(today.year, 1, 1)) == "1er\u00a0janv."
        assert formats.day(date(2019, 11, 18)) == "18\u00a0nov.\u00a02019"
    with translation.override("en"):
        assert formats.day(date(2019, 11, 18)) == "18\u00a0Nov\u00a02019"


@pytest.mark.parametrize(
    ("days", "age"), [(-3, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)]
)
def test_day_thirty_is_in_one_age_only(days: int, age: int) -> None:
    assert formats.age(days) == age


def test_phone_numbers() -> None:
    assert formats.phone("+33199001110") == "01\u00a099\u00a000\u00a011\u00a010"
    assert formats.phone("+442079460958") == "+44\u00a020\u00a07946\u00a00958"
    assert formats.phone("poste 12") == "poste 12"


def test_the_strip_fills_its_width_and_shows_what_is_small() -> None:
    bands = charts.strip({"not_due": 1_000_000_00, "1-30": 1, "31-60": 0, "61-90": 0, "91+": 50_00})
    shown = [band for band in bands if band.width]
    assert [band.age for band in shown] == [0, 1, 4]
    assert all(band.width >= charts.LEAST_WIDTH or band.amount == 0 for band in shown[:2])
    assert max(band.x + band.width for band in bands) <= charts.STRIP_WIDTH
    assert all(band.width == 0 for band in charts.strip(dict.fromkeys(charts.bucket_names(), 0)))


def test_cells_hold_no_formula() -> None:
    assert cells(["=1+1", "+33", "-5,20", "@x", "plain", None, 3]) == [
        "'=1+1",
        "'+33",
        "-5,20",
        "'@x",
        "plain",
        "",
        "3",
    ]


def test_instalments_fall_on_the_last_day_of_short_months_and_add_up() -> None:
    plan = instalments(100_01, 4, date(2027, 11, 30))
    assert [day for day, _amount in plan] == [
        date(2027, 11, 30),
        date(2027, 12, 30),
        date(2028, 1, 30),
        date(2028, 2, 29),
    ]
    assert sum(amount for _day, amount in plan) == 100_01
