"""Procedural deadlines: the worked dates, the rules of the table, and that no deadline falls on a forbidden day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.calendar import REGIONS, is_working_day
from encaisse.law.counting import (
    BeyondCalendar,
    date_to_date,
    days_after,
    decade_end,
    in_words,
    month_end,
    read_table,
    span_in_words,
    typeset,
    weakest,
    year_end,
)
from encaisse.law.deadline_rules import Rule, all_rules, find_rule
from encaisse.law.deadlines import MissingDate, NoRule, deadline, procedural, rules
from encaisse.law.schema import CONFIDENCES

DAYS = st.dates(date(2023, 1, 1), date(2030, 12, 31))
FRENCH = [region for region in REGIONS if region.startswith("FR")]


@pytest.mark.parametrize(
    ("start", "months", "raw_end", "weekday", "ends"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28), "Sunday", date(2027, 3, 1)),
        (date(2026, 9, 1), 3, date(2026, 12, 1), "Tuesday", date(2026, 12, 1)),
        (date(2026, 10, 14), 1, date(2026, 11, 14), "Saturday", date(2026, 11, 16)),
        (date(2026, 10, 20), 2, date(2026, 12, 20), "Sunday", date(2026, 12, 21)),
        (date(2026, 10, 20), 4, date(2027, 2, 20), "Saturday", date(2027, 2, 22)),
        (date(2026, 10, 20), 3, date(2027, 1, 20), "Wednesday", date(2027, 1, 20)),
        (date(2026, 10, 20), 6, date(2027, 4, 20), "Tuesday", date(2027, 4, 20)),
        (date(2024, 1, 31), 1, date(2024, 2, 29), "Thursday", date(2024, 2, 29)),
    ],
)
def test_months_go_to_the_same_number_then_to_a_working_day(
    start: date, months: int, raw_end: date, weekday: str, ends: date
) -> None:
    found = procedural(start, months=months)
    assert (found.raw_end, found.weekday, found.deadline) == (raw_end, weekday, ends)
    assert found.prudent == ends
    assert found.confidence == "sure"


def test_days_leave_out_the_day_of_the_act() -> None:
    assert procedural(date(2026, 11, 2), days=15).deadline == date(2026, 11, 17)
    assert procedural(date(2026, 12, 10), days=15).deadline == date(2026, 12, 28)  # Christmas, Saturday, Sunday


def test_months_are_counted_before_days() -> None:
    assert procedural(date(2026, 1, 30), months=1, days=3).deadline == date(2026, 3, 3)


def test_why_it_moved_is_said_day_by_day() -> None:
    found = procedural(date(2026, 3, 3), months=1, region="FR-AM")
    assert [(skipped.day.day, skipped.code) for skipped in found.moved_because] == [
        (3, "holiday"), (4, "saturday"), (5, "sunday"), (6, "holiday"),
    ]  # fmt: skip
    assert found.moved_because[0].text("fr") == "Vendredi saint"


def test_good_friday_in_alsace_moselle_is_not_settled_and_the_earlier_day_is_kept_too() -> None:
    found = procedural(date(2026, 3, 3), months=1, region="FR-AM")
    assert (found.deadline, found.prudent, found.confidence) == (date(2026, 4, 7), date(2026, 4, 3), "to-verify")
    assert "3 avril 2026" in found.sentence("fr").replace("\u00a0", " ")
    # 26 December, a Thursday in 2024.
    boxing = procedural(date(2024, 11, 26), months=1, region="FR-AM")
    assert (boxing.deadline, boxing.prudent) == (date(2024, 12, 27), date(2024, 12, 26))
    assert procedural(date(2024, 11, 26), months=1).deadline == date(2024, 12, 26)


def test_a_holiday_of_the_debtor_s_place_gives_him_the_later_day() -> None:
    found = deadline("order_opposition", date(2026, 3, 3), region="FR-AM")
    assert found.prudent == found.deadline == date(2026, 4, 7)


def test_people_overseas_and_abroad_have_longer() -> None:
    plain = deadline("order_opposition", date(2026, 10, 14))
    overseas = deadline("order_opposition", date(2026, 10, 14), abroad="overseas")
    foreign = deadline("order_opposition", date(2026, 10, 14), abroad="foreign")
    assert (overseas.raw_end, foreign.raw_end) == (date(2026, 12, 14), date(2027, 1, 14))
    assert plain.raw_end == date(2026, 11, 14)
    assert "643" in foreign.reference
    assert procedural(date(2026, 10, 14), months=1, abroad="foreign").deadline == foreign.deadline


@pytest.mark.parametrize(
    ("order_on", "ends", "article"),
    [
        (date(2026, 8, 31), date(2027, 3, 1), "old"),
        (date(2026, 9, 1), date(2026, 12, 1), "2026-96"),
        (date(2026, 11, 30), date(2027, 3, 1), "2026-96"),
    ],
)
def test_service_of_an_order_follows_the_date_of_the_order(order_on: date, ends: date, article: str) -> None:
    found = deadline("order_service", order_on)
    assert found.deadline == ends
    assert article in found.reference
    assert found.kept(ends)
    assert not found.kept(ends + timedelta(days=1))


def test_enforcement_without_notice_is_date_to_date_and_new_orders_only() -> None:
    found = deadline("order_enforcement", date(2026, 10, 14), order_on=date(2026, 9, 5))
    assert (found.raw_end, found.deadline, found.weekday) == (date(2026, 12, 14), date(2026, 12, 14), "Monday")
    assert not found.kept(date(2026, 12, 14))
    assert found.kept(date(2026, 12, 15))
    old = deadline("order_enforcement", date(2026, 10, 14), order_on=date(2026, 8, 31))
    assert old.raw_end == date(2026, 11, 14)
    assert "certificate" in old.sentence("en")
    with pytest.raises(NoRule, match="order_registry_notice"):
        deadline("order_registry_notice", date(2026, 10, 14), order_on=date(2026, 8, 31))


def test_the_date_of_the_order_is_asked_for() -> None:
    with pytest.raises(MissingDate, match="order_on"):
        deadline("order_enforcement", date(2026, 10, 14))
    with pytest.raises(MissingDate, match="after"):
        deadline("order_enforcement", date(2026, 10, 14), order_on=date(2026, 10, 15))


def test_the_insolvency_of_a_customer() -> None:
    published = date(2026, 10, 20)
    assert deadline("insolvency_proof", published).deadline == date(2026, 12, 21)
    assert deadline("insolvency_proof", published, abroad="foreign").deadline == date(2027, 2, 22)
    assert deadline("insolvency_proof", published, abroad="overseas").deadline == date(2027, 2, 22)
    assert deadline("insolvency_relief", published).deadline == date(2027, 4, 20)
    assert deadline("retention_claim", published).deadline == date(2027, 1, 20)
    assert deadline("insolvency_contest_answer", date(2026, 11, 27)).deadline == date(2026, 12, 28)
    assert deadline("later_claim_notice", published).deadline == date(2027, 10, 20)
    assert "R662-1" in deadline("insolvency_proof", published).reference


def test_the_new_procedure_waits_a_month_and_eight_days() -> None:
    served = date(2026, 6, 1)
    assert deadline("l126_contest", served).deadline == date(2026, 7, 1)
    record = deadline("l126_record", served)
    assert (record.deadline, record.confidence) == (date(2026, 7, 9), "probable")
    assert record.kept(record.deadline)
    # The month ends on a Saturday: the eight days are added after the Monday.
    assert deadline("l126_record", date(2026, 10, 14)).deadline == date(2026, 11, 24)


def test_vat_of_a_bad_debt_ends_with_the_second_year_and_the_article_changes_in_2027() -> None:
    assert deadline("vat_recovery", date(2026, 2, 1)).deadline == date(2028, 12, 31)
    assert "CGI" in deadline("vat_recovery", date(2026, 2, 1)).reference
    assert deadline("vat_recovery", date(2027, 1, 1)).confidence == "to-verify"


def test_belgian_reminders_count_from_the_third_working_day() -> None:
    assert deadline("be_consumer_reminder", date(2026, 11, 20)).deadline == date(2026, 12, 9)
    assert deadline("be_consumer_reminder_electronic", date(2026, 11, 20)).deadline == date(2026, 12, 5)


def test_rules_in_force_on_a_day() -> None:
    names = {rule.id for rule in rules(date(2026, 8, 31))}
    assert "order_registry_notice" not in names
    assert {rule.id for rule in rules(date(2026, 9, 1))} - names == {"order_registry_notice"}
    assert "order_service" not in {rule.id for rule in rules(date(2020, 1, 1))}


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.id)
def test_every_rule_has_a_date_a_reference_and_both_sentences(rule: Rule) -> None:
    found = deadline(rule.id, date(2026, 11, 2), order_on=date(2026, 10, 1))
    assert found.deadline >= found.raw_end > date(2026, 11, 2)
    assert found.reference
    assert found.confidence in CONFIDENCES
    for language in ("fr", "en"):
        sentence = found.sentence(language)
        assert rule.label[language].rstrip(".") in sentence.replace("\u00a0", " ")
        assert in_words(found.deadline, language) in sentence
        assert "{" not in sentence
        assert ("probable" in sentence or "verif" in sentence.replace("é", "e")) == (found.confidence != "sure")


def test_the_sentence_explains_the_date() -> None:
    found = deadline("insolvency_proof", date(2026, 10, 20))
    assert found.sentence("fr").replace("\u00a0", " ") == (
        "Déclaration de créance : au plus tard le lundi 21 décembre 2026, à minuit. 2 mois depuis la publication du "
        "jugement d'ouverture au BODACC (20 octobre 2026). Le 20 décembre 2026 n'est pas un jour ouvrable (dimanche) : "
        "le délai va jusqu'au premier jour ouvrable qui suit. Après cette date : la créance est écartée des "
        "répartitions, sauf relevé de forclusion demandé dans les six mois de la publication. "
        "Texte : C. com. R622-24; C. com. R662-1; CPC 641, 642."
    )
    with pytest.raises(ValueError, match="language"):
        found.sentence("de")


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: procedural(date(2026, 1, 1)), ValueError, "length"),
        (lambda: procedural(date(2026, 1, 1), days=-1), ValueError, "forwards"),
        (lambda: procedural(date(2026, 1, 1), days=1, region="XX"), ValueError, "region"),
        (lambda: procedural(date(2026, 1, 1), days=1, abroad="mars"), ValueError, "overseas"),  # type: ignore[arg-type]
        (lambda: procedural(date(9999, 12, 1), months=2), BeyondCalendar, "calendar"),
        (lambda: procedural(date(9999, 12, 1), days=60), BeyondCalendar, "calendar"),
        (lambda: procedural(datetime(2026, 1, 1, 12), days=1), TypeError, "date"),
        (lambda: procedural(date(2026, 1, 1), months=1.5), ValueError, "whole"),  # type: ignore[arg-type]
        (lambda: deadline("insolvency_proof", date(2026, 1, 1), abroad="mars"), ValueError, "overseas"),  # type: ignore[arg-type]
        (lambda: deadline("made_up", date(2026, 1, 1)), NoRule, "insolvency_proof"),
        (lambda: deadline("order_service", date(2020, 1, 1)), NoRule, "order_service"),
        (lambda: find_rule("no"), NoRule, "known"),
    ],
)
def test_bad_questions_are_refused_by_name(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


@given(DAYS, st.integers(0, 6), st.integers(0, 40), st.sampled_from(REGIONS))
@settings(max_examples=80)
def test_a_procedural_deadline_never_falls_on_a_forbidden_day(start: date, months: int, days: int, region: str) -> None:
    found = procedural(start, months=months, days=days, region=region)
    assert is_working_day(found.deadline, region)
    assert found.deadline >= found.raw_end >= start
    assert all(not is_working_day(skipped.day, region) for skipped in found.moved_because)
    assert len(found.moved_because) == (found.deadline - found.raw_end).days
    assert found.prudent <= found.deadline


@given(DAYS, st.sampled_from(sorted(all_rules())), st.sampled_from(FRENCH), st.sampled_from([None, "overseas"]))
@settings(max_examples=80)
def test_no_rule_with_the_working_day_rule_ends_on_a_forbidden_day(
    start: date, name: str, region: str, abroad: Any
) -> None:
    try:
        found = deadline(name, start, order_on=start, region=region, abroad=abroad)
    except NoRule:
        return
    if all_rules()[name].counting == "procedural":
        assert is_working_day(found.deadline, region)
    else:
        assert found.deadline == found.raw_end
        assert found.moved_because == ()


@given(DAYS, st.integers(-120, 240))
def test_date_to_date_keeps_the_number_or_the_last_day(start: date, months: int) -> None:
    end = date_to_date(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and end == month_end(end))


@given(DAYS)
def test_ten_day_periods(day: date) -> None:
    end = decade_end(day)
    assert end.month == day.month
    assert end.day in (10, 20) or end == month_end(day)
    assert 0 <= (end - day).days <= 10
    assert decade_end(end) == end


def test_counting_in_words() -> None:
    assert in_words(date(2027, 3, 1), "fr", weekday=True) == "lundi 1er\u00a0mars 2027"
    assert in_words(date(2027, 3, 1), "en") == "1\u00a0March 2027"
    assert span_in_words("fr", years=1, months=2, days=1) == "1\u00a0an et 2\u00a0mois et 1\u00a0jour"
    assert span_in_words("en") == "0\u00a0days"
    assert typeset("Lire « ceci » : oui", "fr") == "Lire «\u00a0ceci\u00a0»\u00a0: oui"
    assert weakest(["sure", "to-verify", "probable"]) == "to-verify"
    assert weakest([]) == "sure"
    assert year_end(date(2026, 3, 3), 2) == date(2028, 12, 31)
    assert days_after(date(2026, 1, 1), -1) == date(2025, 12, 31)


def test_both_languages_hold_the_same_words() -> None:
    words = read_table("counting.yaml")
    assert {name: type(each) for name, each in words["fr"].items()} == {
        name: type(each) for name, each in words["en"].items()
    }
    for name in ("months", "weekdays", "day", "month", "year"):
        assert len(words["fr"][name]) == len(words["en"][name])
