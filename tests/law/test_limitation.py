"""Limitation: worked dates, what each event does, and that no event ever takes time from the creditor."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.law.counting import date_to_date, in_words
from encaisse.law.limitation import (
    Alert,
    BadClause,
    BadEvent,
    Event,
    Limitation,
    UnknownClaim,
    UnknownEvent,
    claim_kind_of,
    claim_kinds,
    event_kinds,
    limitation,
)
from encaisse.law.limitation_rules import EventKind, clause_range
from encaisse.law.schema import CONFIDENCES

DUE = date(2021, 11, 21)
TODAY = date(2026, 11, 21)
NOT_COUNTED = ("letter", "reminder", "formal_notice", "collector", "invoice", "order_for_payment_request")
ACKNOWLEDGED = ("acknowledgement", "part_payment", "request_for_time", "schedule_signed", "invoice_approved")


def of(*events: Event, kind: str = "b2b", due: date = DUE, on: date = TODAY, **more: Any) -> Limitation:
    return limitation(kind, due_on=due, events=events, on=on, **more)


@pytest.mark.parametrize(
    ("kind", "due", "ends"),
    [
        ("b2b", date(2021, 11, 21), date(2026, 11, 21)),  # a Saturday, not moved
        ("civil", date(2021, 11, 21), date(2026, 11, 21)),
        ("consumer", date(2025, 6, 15), date(2027, 6, 15)),
        ("transport", date(2025, 6, 15), date(2026, 6, 15)),
        ("telecom", date(2025, 6, 15), date(2026, 6, 15)),
        ("ship_supplies", date(2025, 6, 15), date(2026, 6, 15)),
        ("rent", date(2025, 6, 15), date(2030, 6, 15)),
        ("rent_residential", date(2025, 6, 15), date(2028, 6, 15)),
        ("public_body", date(2022, 1, 1), date(2026, 12, 31)),
        ("public_body", date(2022, 12, 31), date(2026, 12, 31)),
        ("title", date(2025, 6, 15), date(2035, 6, 15)),
        ("de", date(2023, 1, 1), date(2026, 12, 31)),
        ("uk", date(2025, 6, 15), date(2031, 6, 15)),
        ("uk_scotland", date(2025, 6, 15), date(2030, 6, 15)),
        ("b2b", date(2024, 2, 29), date(2029, 2, 28)),
    ],
)
def test_how_long_each_claim_lives(kind: str, due: date, ends: date) -> None:
    found = of(kind=kind, due=due, on=due)
    assert found.deadline == ends
    assert found.reference
    assert found.confidence in CONFIDENCES
    assert not of(kind=kind, due=due, on=ends).expired
    assert of(kind=kind, due=due, on=date_to_date(ends, 1)).expired


def test_every_kind_of_claim_is_tried_above() -> None:
    assert set(claim_kinds()) == {
        "b2b", "civil", "consumer", "transport", "telecom", "ship_supplies", "rent", "rent_residential",
        "public_body", "title", "de", "uk", "uk_scotland",
    }  # fmt: skip


def test_it_starts_on_the_earlier_of_the_due_date_and_the_service() -> None:
    found = of(kind="consumer", due=date(2025, 7, 15), performed_on=date(2025, 6, 15))
    assert (found.start, found.deadline) == (date(2025, 6, 15), date(2027, 6, 15))
    assert found.notes == ("earlier_service",)
    assert found.confidence == "probable"
    assert "18-25.036" in found.reference
    later = of(performed_on=date(2021, 12, 1))
    assert (later.start, later.notes, later.confidence) == (DUE, (), "sure")
    assert of().notes == ("service_unknown",)


def test_alerts_at_twelve_six_three_and_one_month() -> None:
    found = of(due=date(2023, 8, 31), on=date(2027, 9, 1))
    assert found.alerts == (
        Alert(12, date(2027, 8, 31)),
        Alert(6, date(2028, 2, 29)),
        Alert(3, date(2028, 5, 31)),
        Alert(1, date(2028, 7, 31)),
    )
    assert found.alert == Alert(12, date(2027, 8, 31))
    assert of(due=date(2023, 8, 31), on=date(2027, 8, 30)).alert is None
    assert of(due=date(2023, 8, 31), on=date(2028, 8, 31)).alert == Alert(1, date(2028, 7, 31))
    assert of(due=date(2023, 8, 31), on=date(2028, 9, 1)).alert is None
    assert [alert.months for alert in of(kind="transport", due=TODAY).alerts] == [12, 6, 3, 1]


@pytest.mark.parametrize("kind", NOT_COUNTED)
def test_letters_do_nothing(kind: str) -> None:
    found = of(Event(kind, date(2026, 11, 1)))
    assert found.deadline == date(2026, 11, 21)
    assert [step.code for step in found.steps] == ["nothing"]
    assert "sans effet" in found.sentence("fr")


@pytest.mark.parametrize("kind", ACKNOWLEDGED)
def test_what_the_debtor_admits_starts_it_again(kind: str) -> None:
    found = of(Event(kind, date(2024, 2, 29)))
    assert found.deadline == date(2029, 2, 28)
    assert "2240" in found.reference


def test_a_notice_after_an_acknowledgement_changes_nothing() -> None:
    found = of(Event("formal_notice", date(2025, 5, 5)), Event("part_payment", date(2024, 3, 1)))
    assert found.deadline == date(2029, 3, 1)
    assert [step.code for step in found.steps] == ["interrupts", "nothing"]


def test_a_case_in_court_stops_it_until_its_end() -> None:
    ended = of(Event("court_claim", date(2023, 1, 1), date(2024, 5, 5)))
    assert (ended.deadline, ended.running) == (date(2029, 5, 5), True)
    pending = of(Event("court_claim", date(2023, 1, 1)))
    assert (pending.deadline, pending.running, pending.alert) == (date(2031, 11, 21), False, None)
    assert "not running" in pending.sentence("en")
    title = of(Event("court_claim", date(2023, 1, 1)), Event("enforceable_title", date(2024, 5, 5)))
    assert (title.deadline, title.running) == (date(2034, 5, 5), True)
    assert "10 years" in title.sentence("en").replace("\u00a0", " ")


def test_an_action_that_failed_had_no_effect() -> None:
    found = of(Event("court_claim", date(2023, 1, 1)), Event("court_claim_failed", date(2024, 5, 5)))
    assert (found.deadline, found.running) == (date(2026, 11, 21), True)
    assert [step.code for step in found.steps] == ["undone", "nothing"]
    assert "2243" in found.sentence("fr")


def test_only_the_service_of_an_order_for_payment_counts() -> None:
    found = of(
        Event("order_for_payment_request", date(2026, 9, 1)), Event("order_for_payment_service", date(2026, 10, 1))
    )
    assert found.deadline == date(2031, 10, 1)
    assert [step.code for step in found.steps] == ["nothing", "interrupts"]


def test_mediation_suspends_and_leaves_six_months_at_least() -> None:
    early = of(Event("mediation", date(2022, 1, 1), date(2022, 4, 11)))
    assert early.deadline == date(2027, 3, 1)  # a hundred days later
    late = of(Event("mediation", date(2026, 11, 1), date(2026, 11, 11)))
    assert late.deadline == date(2027, 5, 11)
    assert late.steps[0].code == "suspends"
    going_on = of(Event("conciliation", date(2026, 11, 1)))
    assert (going_on.running, going_on.deadline) == (False, date(2027, 5, 21))


def test_days_that_two_suspensions_share_are_counted_once() -> None:
    once = of(Event("mediation", date(2022, 1, 1), date(2022, 4, 11)))
    twice = of(
        Event("mediation", date(2022, 1, 1), date(2022, 4, 11)),
        Event("conciliation", date(2022, 2, 1), date(2022, 4, 11)),
    )
    assert twice.deadline == once.deadline
    assert [step.code for step in twice.steps] == ["suspends", "unchanged"]


def test_what_comes_too_late_does_nothing() -> None:
    found = of(Event("part_payment", date(2026, 11, 22)), on=date(2026, 12, 1))
    assert (found.deadline, found.expired) == (date(2026, 11, 21), True)
    assert found.steps[0].code == "too_late"
    assert of(Event("part_payment", date(2026, 11, 21))).deadline == date(2031, 11, 21)


def test_events_of_a_later_day_are_not_known_yet() -> None:
    assert of(Event("part_payment", date(2026, 11, 22))).steps == ()


def test_public_bodies_count_from_new_year_and_hear_written_requests() -> None:
    found = of(Event("formal_notice", date(2024, 5, 5)), kind="public_body", due=date(2022, 5, 10))
    assert found.deadline == date(2028, 12, 31)
    assert found.confidence == "probable"
    assert of(kind="public_body", due=date(2022, 5, 10)).deadline == date(2026, 12, 31)


def test_germany_restarts_from_the_day_itself() -> None:
    found = of(Event("part_payment", date(2024, 5, 5)), kind="de", due=date(2022, 5, 10))
    assert found.deadline == date(2027, 5, 5)
    assert of(Event("formal_notice", date(2024, 5, 5)), kind="de", due=date(2022, 5, 10)).deadline == date(2025, 12, 31)


def test_the_long_stop_of_twenty_years() -> None:
    start = date(2001, 11, 21)
    paid = [Event("part_payment", date(year, 2, 27)) for year in range(2005, 2021, 3)]
    found = of(*paid, due=start, on=date(2021, 1, 1))
    assert found.deadline == date(2021, 11, 21)
    assert "capped" in found.notes
    assert "2232" in found.sentence("en")
    # A case in court is outside the long stop (C. civ. 2232 al. 2).
    sued = of(*paid, Event("court_claim", date(2021, 3, 1), date(2022, 3, 1)), due=start, on=date(2023, 1, 1))
    assert sued.deadline == date(2027, 3, 1)


def test_a_length_agreed_between_professionals() -> None:
    assert clause_range()[:2] == (1, 10)
    assert of(agreed_years=1).deadline == date(2022, 11, 21)
    assert of(agreed_years=10).deadline == date(2031, 11, 21)
    assert "2254" in of(agreed_years=3).reference
    for years in (0, 11, 2.5, True):
        with pytest.raises(BadClause, match="from 1 to 10"):
            of(agreed_years=years)
    with pytest.raises(BadClause, match="consumer"):
        of(kind="consumer", agreed_years=3)


def test_regimes_have_their_kind() -> None:
    assert claim_kind_of("fr-b2b") == "b2b"
    assert claim_kind_of("fr-public") == "public_body"
    assert claim_kind_of("ch") is None


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: of(kind="x"), UnknownClaim, "consumer"),
        (lambda: Event("x", DUE), UnknownEvent, "part_payment"),
        (lambda: Event("mediation", DUE, date(2021, 1, 1)), BadEvent, "before"),
        (lambda: Event("letter", DUE, date(2022, 1, 1)), BadEvent, "one day"),
        (lambda: Event("letter", datetime(2022, 1, 1)), TypeError, "date"),
        (lambda: of(due="2026-01-01"), TypeError, "date"),  # type: ignore[arg-type]
    ],
)
def test_bad_questions_are_refused_by_name(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


@pytest.mark.parametrize("kind", event_kinds().values(), ids=lambda kind: kind.id)
def test_every_event_is_explained_in_both_languages_and_every_family(kind: EventKind) -> None:
    for claim in claim_kinds():
        found = of(Event(kind.id, date(2021, 12, 1)), kind=claim)
        for language in ("fr", "en"):
            assert kind.label[language] in found.sentence(language).replace("\u00a0", " ")
            assert in_words(found.deadline, language) in found.sentence(language)
            assert "{" not in found.sentence(language)


def test_the_sentence_explains_the_date() -> None:
    found = of(Event("part_payment", date(2024, 2, 29)), performed_on=DUE)
    assert found.sentence("fr").replace("\u00a0", " ") == (
        "Prescrite après le 28 février 2029, même si ce jour n'est pas ouvrable : agir avant. Créance entre "
        "professionnels : 5 ans à partir du 21 novembre 2021. Paiement partiel, le 29 février 2024 : le délai repart "
        "de zéro et finit le 28 février 2029. Texte : C. com. L110-4 I; C. civ. 2224; C. civ. 2228, 2229; "
        "C. civ. 2240, 2231."
    )


DAYS = st.dates(date(2010, 1, 1), date(2026, 11, 21))
KINDS = st.sampled_from(sorted(claim_kinds()))
# A failed action takes away what an interruption had given: it is no interruption itself.
EFFECTIVE = sorted(set(event_kinds()) - {"court_claim_failed"})


@st.composite
def some_event(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(EFFECTIVE))
    begin = draw(DAYS)
    lasts = event_kinds()[kind].lasts
    until = draw(st.none() | st.dates(begin, date(2026, 11, 21))) if lasts else None
    return Event(kind, begin, until)


EVENTS = st.lists(some_event(), max_size=6)


@given(KINDS, DAYS, DAYS, EVENTS)
@settings(max_examples=60)
def test_no_event_ever_makes_it_earlier(kind: str, due: date, on: date, events: list[Event]) -> None:
    plain = of(kind=kind, due=due, on=on)
    found = of(*events, kind=kind, due=due, on=on)
    assert found.deadline >= plain.deadline
    dates = [plain.deadline, *(step.deadline for step in found.steps)]
    assert dates == sorted(dates)
    assert dates[-1] == found.deadline


@given(KINDS, DAYS, DAYS, EVENTS, some_event())
@settings(max_examples=60)
def test_one_event_more_never_makes_it_earlier(
    kind: str, due: date, on: date, events: list[Event], more: Event
) -> None:
    # A title ends the case it was won in, which otherwise counts as going on: there it may say the end is earlier.
    others = [event for event in events if event.until is not None or not event_kinds()[event.kind].ended_by]
    assert of(*others, more, kind=kind, due=due, on=on).deadline >= of(*others, kind=kind, due=due, on=on).deadline


@given(DAYS, EVENTS)
@settings(max_examples=60)
def test_the_long_stop_holds_without_a_case_or_enforcement(due: date, events: list[Event]) -> None:
    within = [event for event in events if not event_kinds()[event.kind].beyond]
    found = of(*within, due=due)
    assert found.deadline <= date_to_date(due, 240)


@given(DAYS, EVENTS, st.randoms())
@settings(max_examples=30)
def test_the_order_in_which_events_are_told_does_not_matter(due: date, events: list[Event], chance: Any) -> None:
    days = {event.on: event for event in events}
    told = list(days.values())
    chance.shuffle(told)
    assert of(*told, due=due).deadline == of(*days.values(), due=due).deadline


@given(st.integers(1, 10), DAYS)
@settings(max_examples=30)
def test_what_is_agreed_stays_between_one_and_ten_years(years: int, due: date) -> None:
    found = of(due=due, on=due, agreed_years=years)
    assert date_to_date(due, 12) <= found.deadline <= date_to_date(due, 120)
