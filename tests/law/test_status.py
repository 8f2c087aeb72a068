"""What ends soon, what has ended, and what becomes impossible."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from encaisse.law.own import OwnPoint, using
from encaisse.law.rates import rates
from encaisse.law.series import all_series
from encaisse.law.status import SeriesStatus, open_questions, status


def _of(series: str, on: date) -> SeriesStatus:
    return next(one for one in status(on) if one.series == series)


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2026, 8, 1), "known"),
        (date(2026, 11, 21), "ends_soon"),
        (date(2026, 12, 31), "ends_soon"),
        (date(2027, 1, 1), "ended"),
    ],
)
def test_a_half_year_series_ends_soon_and_then_has_ended(on: date, state: str) -> None:
    one = _of("fr_b2b_default_penalty", on)
    assert (one.state, one.known_to, one.needed_from) == (state, date(2026, 12, 31), date(2027, 1, 1))
    assert one.regimes == ("fr-b2b",)
    assert one.days_left == (date(2027, 1, 1) - on).days


def test_a_reference_is_needed_on_the_day_from_which_the_next_half_year_is_taken() -> None:
    ecb = _of("ecb_mro", date(2026, 11, 10))
    assert (ecb.state, ecb.known_to, ecb.needed_from) == ("known", date(2026, 10, 29), date(2027, 1, 1))
    assert {"fr-b2b", "fr-public", "be-b2b"} <= set(ecb.regimes)
    assert _of("uk_bank_rate", date(2026, 12, 31)).state == "ended"
    assert _of("ecb_mro", date(2026, 12, 31)).state == "ends_soon"


def test_it_says_what_becomes_impossible_and_what_to_do() -> None:
    floating = _of("fr_b2b_default_penalty", date(2027, 1, 1))
    assert "fr-b2b" in floating.text("en")
    assert "interest can no longer be counted" in floating.text("en")
    assert "add-rate ecb_mro" in floating.text("fr")
    assert "delay that starts after that day: uk" in _of("uk_late_payment", date(2027, 1, 1)).text("en")
    legal = _of("fr_legal_interest_other", date(2027, 1, 1))
    assert "plancher légal" in legal.text("fr")
    assert "31/12/2026" in legal.text("fr", lambda day: f"{day:%d/%m/%Y}")
    assert _of("ch_default_interest", date(2030, 1, 1)).text("fr") == ""


def test_the_most_pressing_comes_first() -> None:
    states = [one.state for one in status(date(2027, 1, 1))]
    assert states == sorted(states, key=["ended", "ends_soon", "known", "open"].index)
    assert len(states) == len(all_series())


def test_a_rate_of_ones_own_moves_the_end() -> None:
    own = OwnPoint("ecb_mro", date(2027, 1, 1), date(2027, 1, 31), Decimal("2.65"), "ECB site")
    with using([own]):
        one = _of("fr_b2b_default_penalty", date(2027, 2, 1))
        assert (one.state, one.known_to, one.own) == ("known", date(2027, 6, 30), True)
        assert _of("ecb_mro", date(2027, 2, 1)).needed_from == date(2027, 7, 1)


def test_open_questions_are_listed() -> None:
    assert {one.id for one in open_questions()} == {
        "amicable.excluded_clients_list_max_years",
        "l126_uncontested_commercial.decree_published",
    }


def test_rates_are_listed_by_regime_and_by_day() -> None:
    rows = {row.series: row for row in rates("fr-b2b", date(2026, 11, 21))}
    assert rows["fr_b2b_default_penalty"].value == Decimal("12.40")
    assert rows["fr_legal_interest_other"].confidence == "probable"
    assert rows["fr_b2b_indemnity"].value == Decimal("40.00")
    assert rows["ecb_mro"].value is None
    every = rates()
    assert {row.series for row in every} == set(all_series())
    assert all(row.reference and row.confidence and row.value is not None for row in every)
    with pytest.raises(ValueError, match="fr-b2b"):
        rates("fr")
