"""A rate of the user's own continues a series and what follows from it; the package's own value wins."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.law import BadParameter, UnknownRate, find_regime, interest, load_series
from encaisse.law.own import OwnPoint, RefusedPoint, carried, check_own, next_days, overlay, read_percent, using
from encaisse.law.rates import rates

HALF = (date(2027, 1, 1), date(2027, 6, 30))
ECB = OwnPoint("ecb_mro", date(2027, 1, 1), date(2027, 2, 3), Decimal("2.6500"), "ECB site, read on 2 January 2027")
LEGAL = OwnPoint("fr_legal_interest_other", *HALF, Decimal("2.90"), "order of December 2026")


def test_a_rate_added_continues_the_figure_and_is_marked_as_own() -> None:
    point = OwnPoint("fr_b2b_default_penalty", *HALF, Decimal("12.65"), "ECB site")
    known = load_series("fr_b2b_default_penalty").last
    with using([check_own(point)]):
        series = load_series("fr_b2b_default_penalty")
        assert (series.last, series.at(date(2027, 3, 1)).confidence) == (date(2027, 6, 30), "own")
        sheet = interest("fr-b2b", 120_000, due=date(2026, 12, 31), on=date(2027, 1, 31))
        assert sheet.known_to is None
        assert [(segment.rate, segment.source.confidence) for segment in sheet.segments] == [(Decimal("12.65"), "own")]
    assert load_series("fr_b2b_default_penalty").last == known
    assert interest("fr-b2b", 120_000, due=date(2026, 12, 31), on=date(2027, 1, 31)).known_to == known


def test_an_ecb_rate_on_the_first_day_of_a_half_year_carries_all_that_follows_from_it() -> None:
    with using([check_own(ECB)]):
        expected = {
            "fr_b2b_default_penalty": "12.65",
            "fr_public_penalty": "10.65",
            "eu_directive_default": "10.65",
            "be_b2b_default": "11.00",
            "nl_commercial_interest": "10.65",
        }
        for name, value in expected.items():
            series = load_series(name)
            point = series.at(date(2027, 6, 30))
            assert (series.last, str(point.value), point.confidence) == (HALF[1], value, "own"), name
            assert "2.65" in point.reference
            assert "ECB site" in point.reference
        assert find_regime("fr-b2b").rate.last == HALF[1]
        assert load_series("uk_late_payment").last == date(2026, 12, 31)
        assert load_series("fr_legal_interest_other").last == date(2026, 12, 31)
        # The rate itself has a hole between what the package knows and the user's day: it is not bridged.
        with pytest.raises(UnknownRate):
            load_series("ecb_mro").at(date(2026, 12, 1))
        assert load_series("ecb_mro").known_on(date(2027, 1, 5)) is not None


def test_the_bank_rate_counts_on_the_day_before_the_half_year() -> None:
    late = OwnPoint("uk_bank_rate", date(2027, 1, 1), date(2027, 3, 1), Decimal("3.50"), "Bank of England")
    with using([late]):
        assert load_series("uk_late_payment").last == date(2026, 12, 31)
    with using([OwnPoint("uk_bank_rate", date(2026, 12, 31), date(2027, 3, 1), Decimal("3.50"), "Bank of England")]):
        assert load_series("uk_late_payment").at(date(2027, 2, 1)).value == Decimal("11.50")


def test_legal_interest_carries_the_rate_after_a_judgment() -> None:
    with using([LEGAL]):
        assert load_series("fr_judgment_other").at(date(2027, 1, 1)).value == Decimal("7.90")
        assert load_series("fr_judgment_individual").last == date(2026, 12, 31)


def test_a_half_year_that_nobody_knows_stops_the_run() -> None:
    later = OwnPoint("ecb_mro", date(2027, 7, 1), date(2027, 7, 31), Decimal("2.40"), "ECB site")
    with using([later]):
        assert load_series("fr_b2b_default_penalty").last == date(2026, 12, 31)
    with using([later, ECB]):
        assert load_series("fr_b2b_default_penalty").at(date(2027, 12, 31)).value == Decimal("12.40")


def test_a_value_that_ends_within_a_half_year_is_not_continued_by_the_rule() -> None:
    odd = OwnPoint("fr_b2b_default_penalty", date(2027, 1, 1), date(2027, 5, 31), Decimal("12.65"), "not checked")
    with using([odd, OwnPoint("ecb_mro", date(2027, 1, 1), date(2027, 12, 31), Decimal("2.65"), "ECB site")]):
        assert load_series("fr_b2b_default_penalty").last == date(2027, 5, 31)


def test_what_the_package_knows_wins() -> None:
    early = OwnPoint("fr_b2b_default_penalty", date(2026, 7, 1), date(2027, 6, 30), Decimal(99), "a mistake")
    with using([early]):
        series = load_series("fr_b2b_default_penalty")
        assert series.at(date(2026, 12, 31)).value == Decimal("12.40")
        assert series.at(date(2027, 1, 1)).value == Decimal(99)
    again = OwnPoint("fr_b2b_default_penalty", *HALF, Decimal("12.65"), "the first one holds")
    with using([again, early]):
        assert load_series("fr_b2b_default_penalty").at(date(2027, 1, 1)).value == Decimal("12.65")


def test_a_value_before_the_series_continues_it_backwards() -> None:
    before = OwnPoint("fr_b2b_default_penalty", date(2012, 7, 1), date(2012, 12, 31), Decimal("10.75"), "old text")
    with using([check_own(before)]):
        series = load_series("fr_b2b_default_penalty")
        assert series.first == date(2012, 7, 1)
        assert series.integral(date(2012, 7, 2)) == 2 * 107_500


def test_one_creditor_never_sees_the_rates_of_another() -> None:
    with using([ECB]):
        with using([LEGAL]):
            assert overlay() == (LEGAL,)
            assert load_series("fr_b2b_default_penalty").last == date(2026, 12, 31)
        assert overlay() == (ECB,)
    assert overlay() == ()


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (OwnPoint("ecb_mro", date(2026, 10, 1), date(2026, 12, 31), Decimal("2.65"), "x"), "2.65 is already known"),
        (OwnPoint("fr_b2b_default_penalty", *HALF, Decimal(-1), "x"), "below zero"),
        (OwnPoint("fr_b2b_default_penalty", *HALF, Decimal("12.65001"), "x"), "four decimals"),
        (OwnPoint("fr_b2b_default_penalty", HALF[0], date(2027, 5, 31), Decimal(12), "x"), "1 January to 30 June"),
        (OwnPoint("fr_b2b_indemnity", *HALF, Decimal(50), "x"), "only rates are added"),
        (OwnPoint("be_b2b_default", date(2027, 7, 1), date(2027, 12, 31), Decimal(11), "x"), "adjoins these days"),
        (OwnPoint("ch_default_interest", *HALF, Decimal(4), "x"), "further notice"),
    ],
)
def test_a_point_that_cannot_be_used_is_refused_with_the_reason(point: OwnPoint, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        check_own(point)


def test_a_refusal_is_said_in_the_language_of_the_reader() -> None:
    with pytest.raises(RefusedPoint) as caught:
        check_own(OwnPoint("ecb_mro", date(2026, 10, 1), date(2026, 12, 31), Decimal("2.65"), "x"))
    assert caught.value.code == "already_known"
    assert caught.value.text("fr", lambda day: f"{day:%d/%m/%Y}").startswith(
        "ecb_mro\u00a0: 2,65 est déjà connu du 16/09/2026 au 29/10/2026"
    )


def test_a_rate_that_follows_from_another_own_one_is_already_known() -> None:
    double = OwnPoint("fr_b2b_default_penalty", *HALF, Decimal("12.56"), "mistyped")
    with using([ECB]), pytest.raises(BadParameter, match=r"12\.65 is already known"):
        check_own(double)


@pytest.mark.parametrize(
    ("first", "last", "value", "reference", "message"),
    [
        (HALF[1], HALF[0], Decimal(1), "x", "before it starts"),
        (*HALF, Decimal("NaN"), "x", "exact number"),
        (*HALF, 2.65, "x", "exact number"),
        (*HALF, Decimal(1), "  ", "where it is published"),
        ("2027-01-01", HALF[1], Decimal(1), "x", "as dates"),
    ],
)
def test_a_point_without_sense_is_never_made(
    first: date, last: date, value: Decimal, reference: str, message: str
) -> None:
    with pytest.raises(BadParameter, match=message):
        OwnPoint("ecb_mro", first, last, value, reference)


def test_an_unknown_series_is_answered_with_the_known_ones() -> None:
    with pytest.raises(LookupError, match="known are"):
        check_own(OwnPoint("ecb", *HALF, Decimal(1), "x"))


def test_own_rates_are_listed_as_such() -> None:
    with using([ECB]):
        listed = {row.series: row for row in rates("fr-b2b", date(2027, 1, 15))}
    assert listed["fr_b2b_default_penalty"].own
    assert listed["ecb_mro"].own
    assert listed["fr_legal_interest_other"].value is None
    assert listed["fr_legal_interest_other"].known_to == date(2026, 12, 31)


@st.composite
def _own_points(draw: st.DrawFn) -> list[OwnPoint]:
    points = []
    for _ in range(draw(st.integers(1, 5))):
        first = date(2025, 1, 1) + timedelta(days=draw(st.integers(0, 1200)))
        value = Decimal(draw(st.integers(0, 900))) / 100
        points.append(OwnPoint("ecb_mro", first, first + timedelta(days=draw(st.integers(0, 400))), value, "drawn"))
    return points


@settings(max_examples=60)
@given(_own_points())
def test_whatever_is_added_a_series_has_no_gap_and_known_days_do_not_change(points: list[OwnPoint]) -> None:
    package = load_series("ecb_mro")
    with using(points):
        for name in ("ecb_mro", "fr_b2b_default_penalty", "be_b2b_default"):
            series = load_series(name)
            days = sum((end - start).days + 1 for start, end, _ in series.between(series.first, series.last))
            assert days == (series.last - series.first).days + 1
        ecb = load_series("ecb_mro")
        for point in package.points:
            assert ecb.at(point.start) == point


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2,65", "2.65"),
        ("2.65 %", "2.65"),
        (" 12,4\u00a0% ", "12.4"),
        ("-0,25", "-0.25"),
        ("\u22120,25", "-0.25"),
        ("3", "3"),
    ],
)
def test_a_rate_is_read_as_people_write_it(written: str, value: str) -> None:
    assert read_percent(written) == Decimal(value)


@pytest.mark.parametrize("written", ["", "%", "2,6,5", "1e3", "NaN", "Infinity", "deux", "٢٫٦٥", "2.65 % + 8"])
def test_what_is_no_rate_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match=r"such as 2,65"):
        read_percent(written)


def test_what_goes_on_is_known_before_anything_is_kept() -> None:
    found = {one.series: one for one in carried(check_own(ECB))}
    assert next(iter(found)) == "ecb_mro"
    assert {"fr_b2b_default_penalty", "fr_public_penalty", "be_b2b_default"} <= set(found)
    penalty = found["fr_b2b_default_penalty"]
    assert (penalty.known_before, penalty.known_to) == (date(2026, 12, 31), HALF[1])
    assert [(point.value, point.confidence) for point in penalty.points] == [(Decimal("12.65"), "own")]
    assert overlay() == ()
    no_use = OwnPoint("ecb_mro", date(2026, 11, 1), date(2026, 11, 30), Decimal("2.65"), "ECB site")
    assert [one.series for one in carried(no_use)] == ["ecb_mro"]


def test_the_days_of_the_next_value() -> None:
    assert next_days(load_series("fr_legal_interest_other")) == HALF
    assert next_days(load_series("ecb_mro")) == (date(2027, 1, 1),) * 2
    assert next_days(load_series("uk_bank_rate")) == (date(2026, 12, 31),) * 2
    assert next_days(load_series("ch_default_interest")) is None
    assert next_days(load_series("fr_b2b_indemnity")) is None
    with using([LEGAL]):
        assert next_days(load_series("fr_legal_interest_other")) == (date(2027, 7, 1), date(2027, 12, 31))


def test_a_refusal_names_the_series_as_the_reader_knows_it() -> None:
    refused = RefusedPoint("below_zero", "ecb", value=Decimal("-1.50"))
    assert refused.text("fr", name="Taux d'intérêt légal") == refused.text("fr").replace("ecb", "Taux d'intérêt légal")
    assert "-1,50" in refused.text("fr")
    assert "-1.50" in refused.text("en")
