"""What a creditor may do: every act of the closed list, with its article, in both languages, at any hour and place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.calendar import REGIONS, holiday_name, timezone_of
from encaisse.law.guards import CUSTOMER_KINDS, PREDICATES, Side, acts, facts, find_act, may
from encaisse.law.schema import CONFIDENCES

US = Side("FR", "company")
FRIDAY = date(2026, 11, 20)
NEVER = (
    "open_mail", "third_party_copy", "contact_third_party", "threaten_publication", "threaten_criminal_complaint",
    "court_like_document", "false_title", "share_list", "charge_vat_on_penalties", "clause_late_start",
)  # fmt: skip
CONTACTS = ("contact_phone", "contact_sms", "contact_email", "contact_visit")

CASES: list[tuple[str, str, dict[str, Any], bool, str]] = [
    ("company", "charge_indemnity", {}, True, "allowed"),
    ("sole_trader", "charge_indemnity", {}, True, "allowed"),
    ("public", "charge_indemnity", {}, True, "allowed"),
    ("consumer", "charge_indemnity", {}, False, "consumer"),
    ("individual", "charge_indemnity", {}, False, "consumer"),
    ("association", "charge_indemnity", {}, False, "maybe_not_professional"),
    ("company", "charge_indemnity", {"due_on": FRIDAY}, False, "not_late"),
    ("company", "charge_indemnity", {"due_on": FRIDAY - timedelta(1)}, True, "allowed"),
    ("company", "charge_indemnity", {"insolvent": True}, False, "insolvent"),
    ("consumer", "charge_recovery_costs", {}, False, "consumer"),
    ("consumer", "charge_recovery_costs", {"title": True}, True, "allowed"),
    ("company", "charge_recovery_costs", {}, False, "no_evidence"),
    ("company", "charge_recovery_costs", {"evidence": True}, True, "allowed"),
    ("consumer", "charge_interest", {}, False, "notice_first"),
    ("consumer", "charge_interest", {"notice_on": date(2026, 11, 2)}, True, "allowed"),
    ("consumer", "charge_interest", {"notice_on": date(2026, 12, 2)}, False, "notice_first"),
    ("company", "charge_interest", {}, True, "allowed"),
    ("consumer", "charge_interest_before_notice", {"notice_on": FRIDAY}, False, "notice_first"),
    ("company", "charge_interest_before_notice", {}, True, "allowed"),
    ("public", "charge_interest_before_notice", {}, True, "allowed"),
    ("company", "capitalise_interest", {}, False, "no_clause"),
    ("company", "capitalise_interest", {"clause": True}, False, "less_than_a_year"),
    (
        "company", "capitalise_interest", {"court_order": True, "interest_since": date(2025, 11, 21)}, False,
        "less_than_a_year",
    ),
    ("company", "capitalise_interest", {"clause": True, "interest_since": date(2025, 11, 20)}, True, "allowed"),
    ("consumer", "registered_email", {}, False, "consent_missing"),
    ("association", "registered_email", {}, False, "consent_missing"),
    ("consumer", "registered_email", {"consent": True}, True, "allowed"),
    ("company", "registered_email", {}, True, "allowed"),
    ("public", "registered_email", {}, True, "allowed"),
    ("company", "contact_letter", {"disputed": True}, False, "disputed"),
    ("company", "contact_email", {"contacts_this_week": 1}, False, "contact_cap"),
    ("company", "contact_email", {"contacts_this_week": 1, "most_per_week": 2}, True, "allowed"),
    ("company", "contact_email", {"asked_to_stop": True}, False, "asked_to_stop"),
    ("company", "contact_email", {"assigned": True}, False, "assigned"),
    ("company", "contact_email", {"for_others": True}, False, "mandate_missing"),
    ("company", "contact_email", {"for_others": True, "mandate": True}, True, "allowed"),
    ("consumer", "contact_visit", {}, False, "visit_uninvited"),
    ("consumer", "enter_home", {}, False, "no_consent"),
    ("company", "publish_name", {}, False, "publication"),
    ("company", "publish_name", {"court_order": True}, True, "allowed"),
    ("company", "threaten_seizure", {}, False, "no_title"),
    ("company", "announce_bailiff_visit", {"mandate": True}, True, "allowed"),
    ("company", "petition_insolvency", {}, False, "not_shown"),
    ("company", "internal_list", {}, True, "allowed"),
    ("sole_trader", "internal_list", {}, False, "not_proven"),
    ("sole_trader", "internal_list", {"certain": True}, False, "not_informed"),
    ("consumer", "internal_list", {"certain": True, "informed": True}, False, "not_checked"),
    ("consumer", "internal_list", {"certain": True, "informed": True, "checked": True}, True, "allowed"),
    ("company", "internal_list", {"paid_on": FRIDAY - timedelta(2)}, True, "allowed"),
    ("company", "internal_list", {"paid_on": FRIDAY - timedelta(3)}, False, "paid"),
    ("company", "share_list", {}, False, "disparagement"),
    ("consumer", "share_list", {}, False, "personal_data"),
    ("consumer", "refuse_on_score", {}, False, "automated_decision"),
    ("company", "stop_work", {"serious": True}, False, "notice_first"),
    ("company", "stop_work", {"serious": True, "notice_on": date(2026, 11, 2)}, True, "allowed"),
    ("company", "stop_work", {"insolvent": True, "serious": True}, False, "insolvent"),
    ("company", "stop_building_work", {"amount": 1_200_000}, False, "below_threshold"),
    ("company", "stop_building_work", {"amount": 1_200_001, "notice_on": date(2026, 11, 5)}, False, "notice_15_days"),
    ("company", "stop_building_work", {"amount": 1_200_001, "notice_on": date(2026, 11, 4)}, True, "allowed"),
    ("company", "terminate_contract", {"notice_on": FRIDAY, "clause": True}, True, "allowed"),
    ("company", "set_off", {"certain": True}, True, "allowed"),
    ("company", "clause_no_assignment", {}, False, "void_clause"),
    ("company", "clause_automatic_penalty", {}, False, "not_certain"),
    ("company", "refuse_partial_payment", {}, True, "allowed"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "act", "told", "yes", "code"), CASES)
def test_what_is_allowed_in_france(kind: str, act: str, told: dict[str, Any], yes: bool, code: str) -> None:
    answer = may(US, Side("FR", kind), act, FRIDAY, **told)
    assert (answer.yes, answer.code) == (yes, code)


@pytest.mark.parametrize(
    ("country", "act", "told", "code"),
    [
        ("BE", "charge_recovery_costs", {"clause": True}, "belgian_first_reminder"),
        ("BE", "charge_recovery_costs", {"letter_14_days": True}, "belgian_clause"),
        ("BE", "charge_recovery_costs", {"letter_14_days": True, "clause": True}, "allowed"),
        ("NL", "charge_recovery_costs", {}, "dutch_letter"),
        ("NL", "charge_recovery_costs", {"letter_14_days": True, "clause": True}, "allowed"),
        ("GB", "charge_recovery_costs", {}, "clause_missing"),
        ("DE", "charge_indemnity", {}, "consumer"),
    ],
)
def test_consumers_abroad(country: str, act: str, told: dict[str, Any], code: str) -> None:
    assert may(US, Side(country, "consumer"), act, FRIDAY, **told).code == code


def test_no_lump_sum_in_switzerland_nor_from_a_private_creditor() -> None:
    assert may(US, Side("CH", "company"), "charge_indemnity", FRIDAY).code == "swiss"
    private = Side("FR", "individual")
    assert may(private, US, "charge_indemnity", FRIDAY).code == "creditor_not_professional"


@pytest.mark.parametrize("act", NEVER)
@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
def test_what_is_never_allowed(act: str, kind: str) -> None:
    every = {name: True for name, fact in facts().items() if fact.kind == "yes_no"}
    assert not may(US, Side("FR", kind), act, FRIDAY, **every).yes
    assert find_act(act).allowed is None


# ------------------------------------------------------------------------------------------------------ days and hours


@pytest.mark.parametrize(
    ("region", "instant", "code"),
    [
        ("FR", datetime(2026, 11, 20, 7, 0, tzinfo=UTC), "allowed"),
        ("FR", datetime(2026, 11, 20, 6, 59, tzinfo=UTC), "quiet_hour"),
        ("FR", datetime(2026, 11, 20, 18, 59, tzinfo=UTC), "allowed"),
        ("FR", datetime(2026, 11, 20, 19, 0, tzinfo=UTC), "quiet_hour"),
        ("FR-974", datetime(2026, 11, 20, 16, 0, tzinfo=UTC), "quiet_hour"),
        ("FR-971", datetime(2026, 11, 20, 19, 0, tzinfo=UTC), "allowed"),
        ("FR", datetime(2026, 11, 22, 10, 0, tzinfo=UTC), "sunday"),
        ("FR-987", datetime(2026, 11, 22, 20, 0, tzinfo=UTC), "sunday"),
        ("FR", datetime(2026, 11, 21, 10, 0, tzinfo=UTC), "allowed"),
        ("FR", datetime(2026, 11, 11, 10, 0, tzinfo=UTC), "holiday"),
        ("FR-AM", datetime(2026, 12, 26, 10, 0, tzinfo=UTC), "holiday"),
        ("FR", datetime(2026, 12, 26, 10, 0, tzinfo=UTC), "allowed"),
    ],
)
def test_the_hour_and_the_holiday_are_those_of_the_recipient(region: str, instant: datetime, code: str) -> None:
    answer = may(US, Side("FR", "consumer"), "contact_phone", instant, region=region)
    assert answer.code == code
    if code == "quiet_hour":
        assert "8" in answer.instead("fr")
        assert "20:00" in answer.instead("en")


def test_the_address_tells_the_region_and_overseas_is_france() -> None:
    boxing_day = datetime(2026, 12, 26, 10, tzinfo=UTC)
    assert may(US, Side("FR", "company", "67000"), "contact_email", boxing_day).code == "holiday"
    assert may(US, Side("FR", "company", "59000"), "contact_email", boxing_day).yes
    assert may(US, Side("RE", "consumer"), "charge_recovery_costs", FRIDAY).code == "consumer"


def test_without_a_region_it_is_that_of_the_country_and_a_letter_may_always_leave() -> None:
    assert may(US, Side("RE", "company"), "contact_sms", datetime(2026, 11, 20, 16, 0, tzinfo=UTC)).code == "quiet_hour"
    sunday_night = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert may(US, Side("FR", "consumer"), "contact_letter", sunday_night).yes
    assert may(US, US, "contact_email", FRIDAY).yes, "a day without an hour: hours are not looked at"
    late = may(US, US, "contact_email", datetime(2026, 11, 20, 20, 30, tzinfo=UTC), until_hour=22)
    assert late.yes


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.sampled_from(REGIONS),
    st.sampled_from(CONTACTS),
)
@settings(max_examples=150)
def test_nobody_is_ever_disturbed_at_night_or_on_a_holiday(instant: datetime, region: str, act: str) -> None:
    there = instant.astimezone(timezone_of(region))
    quiet = there.weekday() == 6 or not 8 <= there.hour < 20 or holiday_name(there.date(), region, "en") is not None
    assert may(US, Side("FR", "consumer"), act, instant, region=region, consent=True).yes is not quiet


# ----------------------------------------------------------------------------------------------------------- the table


def test_every_no_says_why_and_what_to_do_instead_in_both_languages() -> None:
    for act in acts().values():
        assert set(act.label) == {"fr", "en"}
        for rule in (*act.rules, *filter(None, [act.allowed])):
            assert rule.article, act.name
            assert rule.confidence in CONFIDENCES
            for words in (rule.reasons, rule.insteads):
                assert set(words) == {"fr", "en"}
                assert all(text[0].isupper() or text[0] in "«“" for text in words.values()), (act.name, rule.code)


def test_every_act_answers_for_every_party() -> None:
    for name in acts():
        for kind in CUSTOMER_KINDS:
            answer = may(US, Side("FR", kind), name, FRIDAY)
            assert answer.reason("fr")
            assert answer.instead("en")
            assert "{" not in answer.instead("fr")


def test_what_nobody_told_is_said() -> None:
    refused = may(US, Side("FR", "consumer"), "registered_email", FRIDAY)
    assert refused.assumed == ("consent",)
    assert refused.questions("fr") == ("Le destinataire a-t-il accepté ce mode d’envoi ?",)
    assert may(US, Side("FR", "consumer"), "registered_email", FRIDAY, consent=False).assumed == ()
    allowed = may(US, US, "charge_indemnity", FRIDAY)
    assert allowed.assumed == ("due_on", "insolvent")
    assert may(US, US, "charge_indemnity", FRIDAY, due_on=date(2026, 1, 1), insolvent=False).assumed == ()


def test_conditions_in_the_table_are_all_used() -> None:
    used = {one.removeprefix("not ") for act in acts().values() for rule in act.rules for one in rule.when}
    assert set(PREDICATES) - used == set()


def test_confidence_is_shown() -> None:
    assert may(US, US, "contact_phone", datetime(2026, 11, 22, 10, tzinfo=UTC)).confidence == "probable"
    assert may(US, Side("FR", "consumer"), "charge_indemnity", FRIDAY).confidence == "sure"


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"act": "dance"}, ValueError, "use one of contact_phone"),
        ({"customer": Side("FR", "ghost")}, ValueError, "kind of party"),
        ({"when": datetime(2026, 11, 20, 9)}, ValueError, "time zone"),
        ({"moon": True}, ValueError, "not a known fact"),
        ({"consent": "yes"}, TypeError, "consent is a bool"),
        ({"amount": True}, TypeError, "amount is a int"),
        ({"notice_on": datetime(2026, 11, 2, tzinfo=UTC)}, TypeError, "notice_on is a date"),
        ({"region": "Atlantis", "when": datetime(2026, 11, 20, 9, tzinfo=UTC)}, ValueError, "known region"),
    ],
)
def test_bad_questions_are_told_what_to_give(asked: dict[str, Any], error: type[Exception], said: str) -> None:
    given = {"customer": US, "act": "contact_email", "when": FRIDAY, **asked}
    with pytest.raises(error, match=said):
        may(US, given.pop("customer"), given.pop("act"), given.pop("when"), **given)
