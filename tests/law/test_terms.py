"""Payment terms: both readings of end of month, ten-day periods, and what is longer than the law allows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.law.counting import decade_end, month_end
from encaisse.law.schema import CONFIDENCES
from encaisse.law.term_rules import Ceiling, ceilings, clauses, find_ceiling
from encaisse.law.terms import (
    Reading,
    TermsQuestion,
    UnknownCeiling,
    UnknownClause,
    acceptance_until,
    allowed_until,
    ceiling_of,
    check_terms,
    decade_due,
    default_due,
    due_dates,
)

ISSUED = date(2026, 2, 15)
DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
READINGS: list[Reading] = ["none", "after", "before", "unsure"]


def asked(due_on: date, **more: Any) -> TermsQuestion:
    return TermsQuestion(**({"invoice_on": ISSUED, "due_on": due_on} | more))


def codes(question: TermsQuestion) -> list[str]:
    return [warning.code for warning in check_terms(question)]


def test_an_invoice_of_15_february_2026() -> None:
    assert due_dates(ISSUED, 30).plain == date(2026, 3, 17)
    assert due_dates(ISSUED, 60).plain == date(2026, 4, 16)
    assert due_dates(ISSUED, 45).end_of_month_after == date(2026, 4, 30)
    assert due_dates(ISSUED, 45).end_of_month_before == date(2026, 4, 14)
    periodic = allowed_until(asked(ISSUED, periodic=True))
    assert periodic is not None
    assert periodic.until == date(2026, 4, 1)
    assert due_dates(date(2026, 1, 31), months=1).plain == date(2026, 2, 28)


def test_terms_on_a_sunday_stay_there() -> None:
    assert due_dates(date(2026, 10, 23), 30).plain == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("delivered", "ends", "due"),
    [
        (date(2026, 2, 1), date(2026, 2, 10), date(2026, 3, 12)),
        (date(2026, 2, 10), date(2026, 2, 10), date(2026, 3, 12)),
        (date(2026, 2, 11), date(2026, 2, 20), date(2026, 3, 22)),
        (date(2026, 2, 21), date(2026, 2, 28), date(2026, 3, 30)),
        (date(2026, 12, 31), date(2026, 12, 31), date(2027, 1, 30)),
    ],
)
def test_thirty_days_after_the_ten_day_period_of_delivery(delivered: date, ends: date, due: date) -> None:
    assert decade_end(delivered) == ends
    assert decade_due(delivered, 30) == due
    question = asked(due, ceiling="perishable_food", periodic=True, delivered_on=delivered)
    assert codes(question) == []


@pytest.mark.parametrize(
    ("ceiling", "more", "last"),
    [
        ("general", {}, date(2026, 4, 16)),
        ("general", {"end_of_month": "after"}, date(2026, 4, 30)),
        ("general", {"end_of_month": "before"}, date(2026, 4, 16)),  # 60 days go further than 14 April
        ("general", {"periodic": True}, date(2026, 4, 1)),
        ("transport", {}, date(2026, 3, 17)),
        ("perishable_food", {"delivered_on": date(2026, 2, 10)}, date(2026, 3, 12)),
        ("live_cattle_fresh_meat", {"delivered_on": date(2026, 2, 10)}, date(2026, 3, 2)),
        ("spirits", {"delivered_on": date(2026, 2, 10)}, date(2026, 3, 30)),
        ("grapes_wine", {}, date(2026, 4, 16)),
        ("grapes_wine", {"end_of_month": "after"}, date(2026, 4, 30)),
        ("export", {}, date(2026, 5, 16)),
        ("public_state_local", {"received_on": date(2026, 2, 16)}, date(2026, 3, 18)),
        ("public_health", {"received_on": date(2026, 2, 16)}, date(2026, 4, 7)),
        ("public_undertaking", {"received_on": date(2026, 2, 16)}, date(2026, 4, 17)),
        ("es", {"delivered_on": date(2026, 2, 10)}, date(2026, 4, 11)),
        ("nl_large_to_small", {"received_on": date(2026, 2, 16)}, date(2026, 3, 18)),
        ("uk_public", {"received_on": date(2026, 2, 16)}, date(2026, 3, 18)),
    ],
)
def test_the_longest_term_of_each_sector(ceiling: str, more: dict[str, Any], last: date) -> None:
    assert codes(asked(last, ceiling=ceiling, **more)) == []
    (warning,) = check_terms(asked(last + timedelta(days=1), ceiling=ceiling, **more))
    assert (warning.code, warning.allowed_until) == ("term_too_long", last)
    assert warning.reference
    assert warning.reference in warning.text("en")
    assert ("L441-16" in warning.text("en")) == find_ceiling(ceiling).fine


def test_end_of_month_needs_the_contract_and_one_reading() -> None:
    unwritten = asked(date(2026, 4, 30), end_of_month="after", end_of_month_written=False)
    assert codes(unwritten) == ["term_too_long", "end_of_month_not_written"]
    (warning,) = check_terms(asked(date(2026, 4, 30), end_of_month="unsure"))
    assert warning.code == "which_reading"
    assert "14\u00a0avril 2026" in warning.text("fr")
    assert "30\u00a0April 2026" in warning.text("en")


def test_longer_terms_that_may_be_agreed_are_asked_about() -> None:
    question = asked(date(2026, 5, 30), ceiling="eu", received_on=ISSUED)
    assert codes(question) == ["term_needs_agreement"]
    assert codes(asked(date(2026, 5, 30), ceiling="sector_agreement")) == ["sector_agreement"]
    assert codes(asked(date(2026, 4, 16), ceiling="sector_agreement")) == []


def test_a_missing_date_is_asked_for_and_nothing_is_guessed() -> None:
    (warning,) = check_terms(asked(date(2030, 1, 1), ceiling="spirits"))
    assert (warning.code, warning.allowed_until) == ("date_needed", None)
    assert "month of delivery" in warning.text("en")
    assert allowed_until(asked(date(2030, 1, 1), ceiling="spirits")) is None


def test_acceptance_lasts_thirty_days_unless_the_contract_says_otherwise() -> None:
    assert acceptance_until(date(2026, 1, 2)) == date(2026, 2, 1)
    late = {"delivered_on": date(2026, 1, 2), "accepted_on": date(2026, 2, 2)}
    (warning,) = check_terms(asked(ISSUED, **late))
    assert (warning.code, warning.allowed_until) == ("acceptance_too_long", date(2026, 2, 1))
    assert "L441-10 III" in warning.text("fr")
    assert codes(asked(ISSUED, acceptance_agreed=True, **late)) == []
    assert codes(asked(ISSUED, accepted_on=date(2026, 2, 2))) == ["date_needed"]


def test_clauses_that_do_not_hold() -> None:
    found = check_terms(asked(ISSUED, clauses=tuple(clauses())))
    assert [warning.code for warning in found] == ["forbids_assignment", "late_start", "automatic_set_off"]
    assert all(warning.text(language).endswith(".") for warning in found for language in ("fr", "en"))


def test_when_nothing_was_agreed() -> None:
    assert default_due(date(2026, 2, 15)) == date(2026, 3, 17)
    assert default_due(date(2026, 2, 15), "uk") == date(2026, 3, 17)
    assert default_due(date(2026, 2, 15), "fr-b2c") is None
    assert ceiling_of("fr-b2b") == "general"
    assert ceiling_of("fr-b2c") is None


@pytest.mark.parametrize("ceiling", ceilings().values(), ids=lambda ceiling: ceiling.id)
def test_every_ceiling_is_sourced_and_said_in_both_languages(ceiling: Ceiling) -> None:
    question = asked(ISSUED, ceiling=ceiling.id, delivered_on=ISSUED, received_on=ISSUED, end_of_month="after")
    found = allowed_until(question)
    assert found is not None
    assert found.reference
    assert found.confidence in CONFIDENCES
    for language in ("fr", "en"):
        assert ceiling.label[language] in found.sentence(language)
        assert "{" not in found.sentence(language)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: due_dates(ISSUED, -1), ValueError, "zero or more"),
        (lambda: due_dates(datetime(2026, 1, 1), 1), TypeError, "date"),
        (lambda: check_terms(asked(ISSUED, ceiling="toys")), UnknownCeiling, "transport"),
        (lambda: check_terms(asked(ISSUED, clauses=("x",))), UnknownClause, "late_start"),
        (lambda: asked(ISSUED, end_of_month="both"), ValueError, "unsure"),
    ],
)
def test_bad_questions_are_refused_by_name(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


@given(DAYS, st.integers(0, 120))
def test_readings_are_month_ends_or_count_from_them(issued: date, days: int) -> None:
    found = due_dates(issued, days)
    assert found.end_of_month_after == month_end(found.plain)
    assert (found.end_of_month_before - month_end(issued)).days == days
    assert found.plain <= min(found.end_of_month_after, found.end_of_month_before)


@given(DAYS, st.integers(0, 150), st.sampled_from(sorted(ceilings())), st.sampled_from(READINGS), st.booleans())
@settings(max_examples=80)
def test_a_term_is_too_long_exactly_from_the_day_after_the_limit(
    issued: date, days: int, ceiling: str, reading: Reading, periodic: bool
) -> None:
    due = issued + timedelta(days=days)
    question = TermsQuestion(issued, due, ceiling, issued, issued, end_of_month=reading, periodic=periodic)
    allowed = allowed_until(question)
    assert allowed is not None
    too_long = {"term_too_long", "term_needs_agreement", "sector_agreement"} & set(codes(question))
    assert bool(too_long) == (due > allowed.until)
