"""Recovery routes: one case per route and condition, dates that change the rule, and what must always hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.law.claims import KINDS, STANDINGS, Claim, Litigant, as_known
from encaisse.law.conditions import all_conditions
from encaisse.law.figures import filled
from encaisse.law.limitation import Event
from encaisse.law.routes import Route, _check, _table, find_route, pending_law, route_ids, routes
from encaisse.law.series import BadParameter

NOW = date(2026, 11, 21)
DECREE = {"l126_decree": date(2026, 11, 1)}
MERCHANT = Litigant(kind="company", postcode="69003", town="Lyon")
BORDEAUX = Litigant(kind="company", postcode="33000", town="Bordeaux")
LIBERAL = Litigant(kind="liberal", postcode="33000", town="Bordeaux")
CONSUMER = Litigant(kind="consumer", postcode="33000", town="Bordeaux")
TRADER = Litigant(kind="sole_trader", postcode="33000", town="Bordeaux")
PUBLIC = Litigant(kind="public", postcode="33000", town="Bordeaux")
GERMAN = Litigant(kind="company", country="DE", postcode="10115", town="Berlin")
DANE = Litigant(kind="company", country="DK")
BRITON = Litigant(kind="company", country="UK")
SIMPLE = Claim(
    amount=300_000,
    creditor=MERCHANT,
    customer=BORDEAUX,
    due_on=date(2026, 3, 31),
    invoiced=True,
    contested=False,
)


def claim(**given: Any) -> Claim:
    return replace(SIMPLE, **given)


INSOLVENT = {"insolvency_opened_on": date(2026, 10, 1), "insolvency_published_on": date(2026, 10, 12)}

# route, what is changed in the simple claim, verdict, codes against it, codes missing
CASES: list[tuple[str, dict[str, Any], str, set[str], set[str]]] = [
    ("amicable_dunning", {}, "allowed", set(), set()),
    ("amicable_dunning", {"due_on": date(2026, 12, 1)}, "not_allowed", {"late"}, set()),
    ("amicable_dunning", {"amount": 0}, "not_allowed", {"late"}, set()),
    ("amicable_dunning", {"invoiced": None}, "needs_person", set(), {"invoiced"}),
    ("amicable_dunning", {"invoiced": False}, "not_allowed", {"invoiced"}, {"invoiced"}),
    ("amicable_dunning", {"contested": True}, "needs_person", set(), {"not_contested"}),
    ("amicable_dunning", {"due_on": date(2020, 1, 1)}, "needs_person", set(), {"not_time_barred"}),
    ("amicable_dunning", INSOLVENT, "not_allowed", {"suits_barred"}, set()),
    ("formal_notice", {}, "allowed", set(), set()),
    ("formal_notice", {"contested": True}, "allowed", set(), set()),
    ("formal_notice", INSOLVENT, "not_allowed", {"suits_barred"}, set()),
    ("business_mediator", {"contested": True}, "allowed", set(), set()),
    ("business_mediator", {"customer": PUBLIC}, "allowed", set(), set()),
    ("business_mediator", {"customer": CONSUMER}, "not_allowed", {"debtor_not_private"}, set()),
    ("business_mediator", {"creditor": CONSUMER}, "not_allowed", {"creditor_in_business"}, set()),
    ("business_mediator", {"customer": GERMAN}, "needs_person", set(), {"debtor_in_france"}),
    ("conciliator", {}, "not_allowed", {"judicial_court_possible"}, set()),
    ("conciliator", {"customer": LIBERAL}, "allowed", set(), set()),
    ("conciliator", {"customer": TRADER}, "needs_person", set(), {"judicial_court_possible"}),
    ("conciliator", {"creditor": LIBERAL}, "allowed", set(), set()),
    ("conciliator", {"creditor": TRADER}, "needs_person", set(), {"judicial_court_possible"}),
    ("conciliator", {"customer": PUBLIC}, "not_allowed", {"judicial_court_possible", "debtor_public"}, set()),
    ("settlement", {"contested": True}, "allowed", set(), set()),
    ("settlement", {"debtor_agrees": False}, "not_allowed", {"debtor_refuses"}, set()),
    ("small_claims_bailiff", {"customer": LIBERAL}, "allowed", set(), set()),
    ("small_claims_bailiff", {"customer": CONSUMER, "amount": 500_000}, "allowed", set(), set()),
    ("small_claims_bailiff", {"customer": CONSUMER, "amount": 500_001}, "not_allowed", {"small_claim"}, set()),
    (
        "small_claims_bailiff",
        {"customer": CONSUMER, "amount": 499_000, "accessories": 2_000},
        "not_allowed",
        {"small_claim"},
        set(),
    ),
    ("small_claims_bailiff", {}, "not_allowed", {"left_to_l126"}, set()),
    ("small_claims_bailiff", {"customer": TRADER}, "needs_person", set(), {"left_to_l126"}),
    ("small_claims_bailiff", {"customer": LIBERAL, "debtor_agrees": False}, "not_allowed", {"debtor_refuses"}, set()),
    ("small_claims_bailiff", {"customer": LIBERAL, "ground": "bill"}, "not_allowed", {"contract_or_statute"}, set()),
    ("small_claims_bailiff", {"customer": LIBERAL, "ground": None}, "needs_person", set(), {"contract_or_statute"}),
    ("small_claims_bailiff", {"customer": LIBERAL, "currency": "USD"}, "needs_person", set(), {"small_claim"}),
    ("l126", {}, "pending", set(), {"l126_decree"}),
    ("l126", {"amount": 90_000_000}, "pending", set(), {"l126_decree"}),
    ("l126", {"contested": None}, "pending", set(), {"l126_decree", "not_contested"}),
    ("l126", {"contested": True}, "not_allowed", {"not_contested"}, set()),
    ("l126", {"customer": LIBERAL}, "not_allowed", {"between_merchants"}, set()),
    ("l126", {"creditor": LIBERAL}, "not_allowed", {"between_merchants"}, set()),
    ("l126", {"customer": Litigant(kind="craftsman")}, "not_allowed", {"between_merchants"}, set()),
    ("l126", {"customer": TRADER}, "pending", set(), {"l126_decree", "between_merchants"}),
    ("l126", {"customer": CONSUMER}, "not_allowed", {"between_merchants"}, set()),
    ("l126", {"customer": GERMAN}, "not_allowed", {"debtor_in_france"}, set()),
    ("order_for_payment", {}, "allowed", set(), set()),
    ("order_for_payment", {"customer": CONSUMER}, "allowed", set(), set()),
    ("order_for_payment", {"ground": "bill"}, "allowed", set(), set()),
    ("order_for_payment", {"ground": "other"}, "not_allowed", {"payable_by_order"}, set()),
    ("order_for_payment", {"contested": None}, "needs_person", set(), {"not_contested"}),
    ("order_for_payment", {"contested": True}, "needs_person", set(), {"not_contested"}),
    ("order_for_payment", {"customer": TRADER}, "needs_person", set(), {"court_settled"}),
    ("order_for_payment", {"customer": PUBLIC}, "not_allowed", {"debtor_public"}, set()),
    ("order_for_payment", {"customer": GERMAN}, "not_allowed", {"debtor_in_france"}, set()),
    ("order_for_payment", {"due_on": date(2021, 11, 20)}, "not_allowed", {"not_time_barred"}, {"not_time_barred"}),
    ("order_for_payment", {"due_on": date(2021, 11, 21)}, "allowed", set(), set()),
    (
        "order_for_payment",
        {"due_on": date(2021, 1, 1), "events": (Event("part_payment", date(2023, 1, 1)),)},
        "allowed",
        set(),
        set(),
    ),
    (
        "order_for_payment",
        {"customer": CONSUMER, "due_on": date(2024, 11, 20)},
        "not_allowed",
        {"not_time_barred"},
        {"not_time_barred"},
    ),
    (
        "order_for_payment",
        {"limitation_ends": date(2026, 11, 20)},
        "not_allowed",
        {"not_time_barred"},
        {"not_time_barred"},
    ),
    ("order_for_payment", {"title_on": date(2026, 6, 1)}, "not_allowed", {"has_title"}, set()),
    ("order_for_payment", {"order_on": date(2026, 4, 1)}, "needs_person", set(), {"order_alive"}),
    ("order_for_payment", {"order_on": date(2026, 8, 31)}, "allowed", set(), set()),
    ("order_for_payment", {"opposition_on": date(2026, 11, 2)}, "not_allowed", {"opposition_made"}, set()),
    ("order_for_payment", INSOLVENT, "not_allowed", {"suits_barred"}, set()),
    ("refere_provision", {}, "allowed", set(), set()),
    ("refere_provision", {"contested": True}, "needs_person", set(), {"not_seriously_contestable"}),
    ("refere_provision", {"contested": True, "seriously_contestable": False}, "allowed", set(), set()),
    ("refere_provision", {"seriously_contestable": True}, "not_allowed", {"not_seriously_contestable"}, set()),
    ("refere_provision", {"customer": CONSUMER}, "needs_person", set(), {"attempt_settled"}),
    ("ordinary_action", {}, "allowed", set(), set()),
    ("ordinary_action", {"contested": True}, "allowed", set(), set()),
    ("ordinary_action", {"customer": CONSUMER}, "not_allowed", {"attempt_settled"}, {"attempt_settled"}),
    ("ordinary_action", {"customer": CONSUMER, "amount": 500_001}, "allowed", set(), set()),
    ("ordinary_action", {"customer": CONSUMER, "amicable_attempt_on": date(2026, 9, 1)}, "allowed", set(), set()),
    ("ordinary_action", {"customer": CONSUMER, "conciliator_unavailable": True}, "allowed", set(), set()),
    ("ordinary_action", {"customer": GERMAN}, "needs_person", set(), {"debtor_in_france"}),
    ("ordinary_action", {"customer": PUBLIC}, "not_allowed", {"debtor_public"}, set()),
    ("administrative_claim", {}, "not_allowed", {"debtor_public", "public_refusal"}, set()),
    ("administrative_claim", {"customer": PUBLIC}, "not_allowed", {"public_refusal"}, {"public_refusal"}),
    ("administrative_claim", {"customer": PUBLIC, "notice_on": date(2026, 9, 21)}, "allowed", set(), set()),
    (
        "administrative_claim",
        {"customer": PUBLIC, "notice_on": date(2026, 9, 22)},
        "not_allowed",
        {"public_refusal"},
        {"public_refusal"},
    ),
    ("eu_order_for_payment", {}, "not_allowed", {"cross_border_eu"}, set()),
    ("eu_order_for_payment", {"customer": GERMAN}, "allowed", set(), set()),
    ("eu_order_for_payment", {"customer": GERMAN, "contested": True}, "needs_person", set(), {"not_contested"}),
    ("eu_order_for_payment", {"customer": DANE}, "not_allowed", {"cross_border_eu"}, set()),
    ("eu_order_for_payment", {"customer": BRITON}, "not_allowed", {"cross_border_eu"}, set()),
    (
        "eu_order_for_payment",
        {"customer": Litigant(kind="company", country="RE")},
        "not_allowed",
        {"cross_border_eu"},
        set(),
    ),
    ("eu_small_claims", {"customer": GERMAN, "contested": True}, "allowed", set(), set()),
    ("eu_small_claims", {"customer": GERMAN, "amount": 500_000, "accessories": 9_000}, "allowed", set(), set()),
    ("eu_small_claims", {"customer": GERMAN, "amount": 500_001}, "not_allowed", {"european_small_claim"}, set()),
    ("eu_small_claims", {"customer": DANE}, "not_allowed", {"cross_border_eu"}, set()),
    ("protective_attachment", {"at_risk": True}, "allowed", set(), set()),
    ("protective_attachment", {}, "needs_person", set(), {"recovery_at_risk"}),
    ("protective_attachment", {"at_risk": False}, "not_allowed", {"recovery_at_risk"}, set()),
    ("protective_attachment", {"at_risk": True, "contested": True}, "needs_person", set(), {"founded_in_principle"}),
    ("protective_attachment", {"at_risk": True, "customer": PUBLIC}, "not_allowed", {"debtor_public"}, set()),
    ("bank_attachment", {}, "not_allowed", {"has_title"}, {"has_title"}),
    ("bank_attachment", {"title_on": date(2026, 6, 1)}, "allowed", set(), set()),
    ("bank_attachment", {"title_on": date(2016, 11, 20)}, "not_allowed", {"title_alive"}, {"title_alive"}),
    (
        "bank_attachment",
        {"title_on": date(2016, 1, 1), "events": (Event("enforcement_act", date(2020, 1, 1)),)},
        "allowed",
        set(),
        set(),
    ),
    ("bank_attachment", {"title_on": date(2026, 6, 1)} | INSOLVENT, "not_allowed", {"suits_barred"}, set()),
    ("wage_attachment", {"title_on": date(2026, 6, 1), "customer": CONSUMER}, "allowed", set(), set()),
    ("wage_attachment", {"title_on": date(2026, 6, 1)}, "not_allowed", {"debtor_private"}, set()),
    (
        "insolvency_proof",
        {},
        "not_allowed",
        {"insolvency_opened"},
        {"insolvency_opened", "claim_before_opening", "proof_in_time"},
    ),
    ("insolvency_proof", INSOLVENT, "allowed", set(), set()),
    ("insolvency_proof", {"insolvency_opened_on": date(2026, 10, 1)}, "needs_person", set(), {"proof_in_time"}),
    (
        "insolvency_proof",
        {"insolvency_opened_on": date(2026, 8, 20), "insolvency_published_on": date(2026, 9, 1)},
        "not_allowed",
        {"proof_in_time"},
        set(),
    ),
    ("insolvency_proof", {**INSOLVENT, "proof_filed_on": date(2026, 10, 20)}, "not_allowed", {"proof_filed"}, set()),
    (
        "insolvency_proof",
        {**INSOLVENT, "due_on": date(2026, 11, 10), "performed_on": date(2026, 10, 15)},
        "not_allowed",
        {"claim_before_opening"},
        set(),
    ),
    ("insolvency_proof", {**INSOLVENT, "due_on": date(2026, 11, 10)}, "needs_person", set(), {"claim_before_opening"}),
    ("insolvency_relief", INSOLVENT, "not_allowed", {"proof_late"}, set()),
    (
        "insolvency_relief",
        {"insolvency_opened_on": date(2026, 8, 20), "insolvency_published_on": date(2026, 9, 1)},
        "allowed",
        set(),
        set(),
    ),
    (
        "insolvency_relief",
        {"insolvency_opened_on": date(2026, 4, 20), "insolvency_published_on": date(2026, 5, 1)},
        "not_allowed",
        {"relief_in_time"},
        set(),
    ),
    ("retention_claim", {**INSOLVENT, "retention_of_title": True}, "allowed", set(), set()),
    ("retention_claim", INSOLVENT, "needs_person", set(), {"retention_of_title"}),
    ("retention_claim", {**INSOLVENT, "retention_of_title": False}, "not_allowed", {"retention_of_title"}, set()),
    ("uk_claim", {"customer": BRITON}, "not_allowed", {"letter_of_claim_over"}, {"letter_of_claim_over"}),
    ("uk_claim", {"customer": BRITON, "notice_on": date(2026, 11, 6)}, "allowed", set(), set()),
    (
        "uk_claim",
        {"customer": Litigant(kind="sole_trader", country="GB"), "notice_on": date(2026, 11, 6)},
        "not_allowed",
        {"letter_of_claim_over"},
        {"letter_of_claim_over"},
    ),
    ("uk_claim", {}, "not_allowed", {"debtor_in_uk", "letter_of_claim_over"}, set()),
]


@pytest.mark.parametrize(("name", "changes", "verdict", "against", "missing"), CASES)
def test_each_condition_settles_its_routes(
    name: str, changes: dict[str, Any], verdict: str, against: set[str], missing: set[str]
) -> None:
    found = find_route(name, claim(**changes), NOW)
    assert found.verdict == verdict
    assert {reason.code for reason in found.reasons if not reason.favourable} == against
    assert {note.code for note in found.missing} == missing


def test_every_route_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(route_ids())
    allowed = {case[0] for case in CASES if case[2] == "allowed"}
    assert allowed == set(route_ids()) - {"l126"}


def test_pending_law_opens_when_a_user_confirms_it_and_not_before() -> None:
    assert find_route("l126", SIMPLE, NOW, confirmed=DECREE).verdict == "allowed"
    assert find_route("l126", SIMPLE, date(2026, 10, 31), confirmed=DECREE).verdict == "pending"
    assert find_route("l126", claim(contested=None), NOW, confirmed=DECREE).verdict == "needs_person"
    assert find_route("l126", claim(customer=CONSUMER), NOW, confirmed=DECREE).verdict == "not_allowed"
    before = claim(due_on=date(2025, 1, 1))
    assert (
        find_route("l126", before, date(2026, 4, 24), confirmed={"l126_decree": date(2026, 1, 1)}).verdict
        == "not_allowed"
    )
    with pytest.raises(ValueError, match="l126_decree"):
        routes(SIMPLE, NOW, confirmed={"decree": NOW})


def test_merchants_had_the_small_claims_procedure_before_the_law_of_april_2026() -> None:
    before = claim(due_on=date(2025, 12, 31))
    assert find_route("small_claims_bailiff", before, date(2026, 4, 24)).verdict == "allowed"
    assert find_route("small_claims_bailiff", before, date(2026, 4, 25)).verdict == "not_allowed"


@pytest.mark.parametrize(
    ("changes", "code", "day"),
    [
        ({}, "limitation", date(2031, 3, 31)),
        ({"order_on": date(2026, 8, 31)}, "order_service", date(2027, 3, 1)),
        ({"order_on": date(2026, 9, 1)}, "order_service", date(2026, 12, 1)),
        ({"order_on": date(2026, 8, 31), "order_served_on": date(2026, 11, 2)}, "order_enforcement", date(2026, 12, 2)),
        ({"order_on": date(2026, 9, 1), "order_served_on": date(2026, 11, 2)}, "order_enforcement", date(2027, 1, 2)),
    ],
)
def test_the_order_for_payment_lives_under_the_rules_of_its_own_date(
    changes: dict[str, Any], code: str, day: date
) -> None:
    found = find_route("order_for_payment", claim(**changes), NOW).deadline
    assert found is not None
    assert (found.code, found.day) == (code, day)
    assert found.text("fr") != found.text("en")


@pytest.mark.parametrize(
    ("name", "changes", "day"),
    [
        ("insolvency_proof", INSOLVENT, date(2026, 12, 14)),  # 12 December is a Saturday
        ("insolvency_proof", {**INSOLVENT, "creditor": GERMAN}, date(2027, 2, 12)),
        ("insolvency_proof", {**INSOLVENT, "creditor": Litigant(kind="company", postcode="97200")}, date(2027, 2, 12)),
        ("insolvency_relief", INSOLVENT, date(2027, 4, 12)),
        ("retention_claim", INSOLVENT, date(2027, 1, 12)),
        ("protective_attachment", {"attachment_on": date(2026, 11, 18)}, date(2026, 11, 26)),
        ("protective_attachment", {"attachment_on": date(2026, 11, 2)}, date(2026, 12, 2)),
        ("bank_attachment", {"title_on": date(2026, 6, 1)}, date(2036, 6, 1)),
        ("uk_claim", {"customer": BRITON, "notice_on": date(2026, 11, 20)}, date(2026, 12, 4)),
        ("uk_claim", {"customer": Litigant(kind="consumer", country="GB"), "notice_on": NOW}, date(2026, 12, 21)),
        ("administrative_claim", {"customer": PUBLIC}, date(2030, 12, 31)),
    ],
)
def test_each_route_says_its_next_date(name: str, changes: dict[str, Any], day: date) -> None:
    found = find_route(name, claim(**changes), NOW).deadline
    assert found is not None
    assert found.day == day


@pytest.mark.parametrize(
    ("on", "low", "high", "confidence"),
    [
        (date(2026, 2, 28), 6200, 7300, "to-verify"),
        (date(2026, 3, 1), 6200, 12300, "to-verify"),
        (date(2026, 4, 30), 6200, 12300, "to-verify"),
        (date(2026, 5, 1), 11200, 12300, "to-verify"),
    ],
)
def test_the_contribution_of_fifty_euros_has_an_uncertain_start(on: date, low: int, high: int, confidence: str) -> None:
    due = {"due_on": date(2025, 12, 31), "customer": CONSUMER, "amicable_attempt_on": date(2026, 1, 15)}
    cost = find_route("ordinary_action", claim(**due), on).cost
    assert (cost.low, cost.high, cost.confidence) == (low, high, confidence)
    item = next((item for item in cost.items if item.code == "contribution"), None)
    assert (item and item.confidence) == {2: None, 3: "to-verify", 4: "to-verify", 5: "probable"}[on.month]
    assert "contribution" not in {item.code for item in find_route("order_for_payment", claim(**due), on).cost.items}
    assert "contribution" not in {item.code for item in find_route("ordinary_action", SIMPLE, NOW).cost.items}


@pytest.mark.parametrize(
    ("cents", "low", "high"),
    [(12_799, 4980, 6540), (12_800, 6280, 8040), (127_999, 6280, 8040), (128_000, 9380, 11140)],
)
def test_an_order_costs_its_registry_and_a_service_by_amount(cents: int, low: int, high: int) -> None:
    cost = find_route("order_for_payment", claim(amount=cents), NOW).cost
    assert (cost.low, cost.high, cost.confidence) == (low, high, "to-verify")
    civil = find_route("order_for_payment", claim(amount=cents, customer=CONSUMER), NOW).cost
    assert [item.code for item in civil.items] == ["service"]


@pytest.mark.parametrize(
    ("employees", "cents", "asked"),
    [(249, 5_000_001, False), (250, 5_000_000, False), (250, 5_000_001, True), (None, 5_000_001, True)],
)
def test_large_creditors_contribute_before_a_court_on_trial(employees: int | None, cents: int, asked: bool) -> None:
    big = claim(creditor=replace(MERCHANT, employees=employees), customer=MERCHANT, amount=cents)
    assert (
        "economic_contribution" in {item.code for item in find_route("ordinary_action", big, NOW).cost.items}
    ) is asked


def test_forms_follow_the_court() -> None:
    def codes(name: str, **changes: Any) -> list[str]:
        return [form.code for form in find_route(name, claim(**changes), NOW).forms]

    assert codes("order_for_payment") == ["Cerfa 12946*02"]
    assert codes("order_for_payment", customer=CONSUMER) == ["Cerfa 12948*06"]
    assert codes("order_for_payment", creditor=LIBERAL) == ["Cerfa 12946*02", "Cerfa 12948*06"]
    assert codes("order_for_payment", customer=CONSUMER, subject="consumer_credit") == ["Cerfa 16040"]
    assert codes("ordinary_action", customer=CONSUMER) == ["Cerfa 16042"]
    assert codes("ordinary_action", customer=CONSUMER, amount=500_001) == []


def test_an_order_is_asked_of_the_debtors_own_court_only() -> None:
    order, action = (find_route(name, SIMPLE, NOW).court for name in ("order_for_payment", "ordinary_action"))
    assert order is not None
    assert action is not None
    assert "at_performance" not in {note.code for note in order.reasons}
    assert "at_performance" in {note.code for note in action.reasons}


def test_what_happens_later_is_not_known_today() -> None:
    later = claim(title_on=date(2026, 12, 1), events=(Event("part_payment", date(2026, 12, 1)),))
    assert as_known(later, NOW) == SIMPLE
    assert find_route("bank_attachment", later, NOW).verdict == "not_allowed"
    assert find_route("bank_attachment", later, date(2026, 12, 1)).verdict == "allowed"


def test_what_interrupts_is_said() -> None:
    effects = {route.id: route.interrupts.effect for route in routes(SIMPLE, NOW)}
    assert effects["formal_notice"] == effects["amicable_dunning"] == "nothing"
    assert effects["business_mediator"] == effects["conciliator"] == "suspends"
    assert effects["order_for_payment"] == effects["insolvency_proof"] == "interrupts"


def test_every_text_is_written_in_both_languages() -> None:
    for changes in ({}, {"customer": TRADER}, INSOLVENT, {"customer": PUBLIC}, {"customer": BRITON}):
        for route in routes(claim(**changes), NOW):
            texts = {language: _texts(route, language) for language in ("fr", "en")}
            assert len(texts["fr"]) == len(texts["en"])
            for fr, en in zip(texts["fr"], texts["en"], strict=True):
                assert fr.strip()
                assert en.strip()
                assert "{" not in fr + en
                assert fr != en or fr.isascii()
    assert set(pending_law()["l126_decree"]) == {"fr", "en"}


def _texts(route: Route, language: str) -> list[str]:
    told = [route.name(language), route.who_text(language), route.cost.text(language), route.interrupts.text(language)]
    told += [reason.text(language) for reason in route.reasons] + [note.text(language) for note in route.missing]
    told += [*route.step_texts(language), *(form.text(language) for form in route.forms)]
    told += [route.deadline.text(language)] if route.deadline else []
    told += [route.duration.text(language)] if route.duration else []
    return told + ([route.court.name(language)] if route.court else [])


def test_figures_in_sentences_are_those_of_the_constants() -> None:
    found = find_route("ordinary_action", claim(customer=CONSUMER), NOW)
    assert "10\u00a0000\u00a0EUR" in found.who["fr"]
    assert "10,000\u00a0EUR" in found.who["en"]
    assert "5\u00a0000\u00a0EUR" in found.reasons[0].text("fr")
    assert "40\u00a0EUR" in " ".join(find_route("amicable_dunning", SIMPLE, NOW).step_texts("en"))


def test_the_whole_table_is_in_both_languages_and_its_figures_exist() -> None:
    sentences = [words for one in all_conditions().values() for words in (one.holds, one.fails, one.ask)]
    for words in sentences:
        written = filled(words, NOW)
        assert set(written) == {"fr", "en"}
        assert all(text.strip() and "{" not in text for text in written.values())
    assert all(one.reference for one in all_conditions().values())


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="check both dates"):
        claim(order_on=NOW, order_served_on=date(2026, 1, 1))
    with pytest.raises(ValueError, match="use one of amicable_dunning"):
        find_route("prison", SIMPLE, NOW)


DAYS = st.dates(date(2020, 1, 1), date(2027, 6, 30))
MAYBE_DAYS = st.none() | DAYS
MAYBE = st.sampled_from([None, True, False])
LITIGANTS = st.builds(
    Litigant,
    kind=st.sampled_from(KINDS),
    country=st.sampled_from(["FR", "FR", "FR", "DE", "DK", "GB", "RE", "CH"]),
    postcode=st.sampled_from(["", "75001", "67000", "33000", "97400"]),
    standing=st.sampled_from([None, *STANDINGS]),
)
CLAIMS = st.builds(
    Claim,
    amount=st.sampled_from([0, 1, 499_999, 500_000, 500_001, 1_000_001, 6_000_000]),
    currency=st.sampled_from(["EUR", "EUR", "GBP"]),
    creditor=LITIGANTS,
    customer=LITIGANTS,
    due_on=DAYS,
    ground=st.sampled_from([None, "contract", "bill", "other"]),
    invoiced=MAYBE,
    contested=MAYBE,
    seriously_contestable=MAYBE,
    at_risk=MAYBE,
    debtor_agrees=MAYBE,
    retention_of_title=MAYBE,
    performed_on=MAYBE_DAYS,
    notice_on=MAYBE_DAYS,
    amicable_attempt_on=MAYBE_DAYS,
    title_on=MAYBE_DAYS,
    order_on=MAYBE_DAYS,
    insolvency_opened_on=MAYBE_DAYS,
)


@settings(max_examples=40)
@given(CLAIMS, DAYS, st.booleans())
def test_a_route_is_allowed_only_with_nothing_against_it_and_nothing_missing(
    any_claim: Claim, on: date, decree: bool
) -> None:
    for route in routes(any_claim, on, confirmed={"l126_decree": on} if decree else None):
        against = [reason for reason in route.reasons if not reason.favourable]
        assert (route.verdict == "not_allowed") == bool(against)
        if route.verdict == "allowed":
            assert not route.missing
        elif route.verdict != "not_allowed":
            assert route.missing
        assert decree is False or route.verdict != "pending"
        assert route.id != "l126" or decree or route.verdict in ("pending", "not_allowed")
        assert route.cost.high is None or route.cost.low <= route.cost.high


@settings(max_examples=40)
@given(CLAIMS, DAYS, st.data())
def test_a_fact_more_opens_a_closed_route_only_by_what_was_missing(less: Claim, on: date, data: st.DataObject) -> None:
    more = replace(less, **{name: data.draw(values) for name, values in _unknown(less).items()})
    if less.customer.known_standing is None:
        more = replace(more, customer=replace(less.customer, standing=data.draw(st.sampled_from(STANDINGS))))
    for before, after in zip(routes(less, on), routes(more, on), strict=True):
        if before.verdict == "not_allowed" and after.verdict == "allowed":
            assert before.missing
        assert _settled(before) <= {reason.code for reason in after.reasons if not reason.favourable}


def _settled(route: Route) -> set[str]:
    """What stands against a route and no act or event can mend."""
    known = all_conditions()
    return {reason.code for reason in route.reasons if not reason.favourable and not known[reason.code].act}


def _unknown(claim: Claim) -> dict[str, st.SearchStrategy[Any]]:
    """The facts nobody has told, with what may be told; the publication follows the judgment within three weeks."""
    choices: dict[str, st.SearchStrategy[Any]] = {}
    for name in ("invoiced", "contested", "seriously_contestable", "at_risk", "debtor_agrees", "retention_of_title"):
        choices[name] = MAYBE
    for name in ("performed_on", "notice_on", "amicable_attempt_on", "title_on"):
        choices[name] = MAYBE_DAYS
    if claim.order_on is not None:
        choices["order_served_on"] = st.none() | st.dates(claim.order_on, claim.order_on + timedelta(days=300))
    opened = claim.insolvency_opened_on
    if opened is not None:
        choices["insolvency_published_on"] = st.none() | st.dates(opened, opened + timedelta(days=21))
    else:
        choices["insolvency_opened_on"] = MAYBE_DAYS
    return {name: values for name, values in choices.items() if getattr(claim, name) is None}


def test_a_wrong_table_is_refused_with_what_to_mend() -> None:
    good = _table()["routes"]["conciliator"]
    for change, message in [
        ({"conditions": ["sunny"]}, "conditions sunny is not known"),
        ({"costs": ["beer"]}, "costs beer is not known"),
        ({"confidence": "maybe"}, "confidence maybe is not known"),
        ({"label": {"fr": "Conciliateur"}}, "every text needs fr and en"),
        ({"colour": "red"}, "missing or unknown: colour"),
        ({"pending": "other_decree"}, "pending other_decree is not known"),
    ]:
        with pytest.raises(BadParameter, match=message):
            _check({**good, **change}, pending_law(), "routes.yaml, conciliator")
