"""Which court is competent: a table of claims, and what is asked when something is not known."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from encaisse.law.claims import Claim, Litigant
from encaisse.law.courts import Court, competent_court

NOW = date(2026, 11, 21)
LYON_COMPANY = Litigant(kind="company", postcode="69003", town="Lyon")


def court(amount: int = 300_000, on: date | None = NOW, creditor: Litigant = LYON_COMPANY, **given: Any) -> Court:
    subject = given.pop("subject", "ordinary")
    currency = given.pop("currency", "EUR")
    debtor = Litigant(**{"kind": "company", "postcode": "33000", "town": "Bordeaux"} | given)
    claim = Claim(
        amount=amount, currency=currency, creditor=creditor, customer=debtor, due_on=date(2026, 5, 31), subject=subject
    )
    return competent_court(claim, on)


@pytest.mark.parametrize(
    ("debtor", "code"),
    [
        ({}, "commercial"),
        ({"kind": "craftsman"}, "commercial"),
        ({"kind": "sole_trader", "standing": "merchant"}, "commercial"),
        ({"kind": "sole_trader", "standing": "craftsman"}, "commercial"),
        ({"kind": "sole_trader", "standing": "civil"}, "judicial_local"),
        ({"kind": "liberal"}, "judicial_local"),
        ({"kind": "civil_company"}, "judicial_local"),
        ({"kind": "company", "standing": "civil"}, "judicial_local"),
        ({"kind": "association"}, "judicial_local"),
        ({"kind": "consumer"}, "judicial_local"),
        ({"kind": "sole_trader"}, "unsettled"),
        ({"kind": "public"}, "administrative"),
        ({"kind": "public", "country": "BE"}, "foreign"),
        ({"kind": "consumer", "subject": "tenancy"}, "protection"),
        ({"kind": "consumer", "subject": "consumer_credit"}, "protection"),
        ({"kind": "company", "subject": "tenancy"}, "commercial"),
        ({"postcode": "67000", "town": "Strasbourg"}, "commercial_chamber"),
        ({"postcode": "57000", "town": "Metz"}, "commercial_chamber"),
        ({"kind": "consumer", "postcode": "68100", "town": "Mulhouse"}, "judicial_local"),
        ({"postcode": "97400", "town": "Saint-Denis"}, "mixed_commercial"),
        ({"country": "DE", "postcode": "10115"}, "foreign_eu"),
        ({"country": "DK", "postcode": "1050"}, "foreign_eu"),
        ({"country": "UK", "postcode": "EC1A 1BB"}, "uk"),
        ({"country": "CH", "postcode": "1200"}, "foreign"),
    ],
)
def test_each_debtor_has_its_court(debtor: dict[str, Any], code: str) -> None:
    found = court(**debtor)
    assert found.code == code
    assert found.settled is (code != "unsettled")


@pytest.mark.parametrize(
    ("town", "postcode"),
    [
        ("Auxerre", "89000"),
        ("AVIGNON CEDEX 9", "84000"),
        ("Le Havre", "76600"),
        ("Le Mans", "72000"),
        ("Limoges", "87000"),
        ("Lyon 3e", "69003"),
        ("MARSEILLE 8EME", "13008"),
        ("Nancy", "54000"),
        ("Nanterre", "92000"),
        ("Paris", "75011"),
        ("St Brieuc", "22000"),
        ("Versailles", "78000"),
    ],
)
def test_the_twelve_towns_have_a_court_of_economic_activities_from_2025_to_2028(town: str, postcode: str) -> None:
    first, last = date(2025, 1, 1), date(2028, 12, 31)
    for day, code in [(date(2024, 12, 31), "commercial"), (first, "economic"), (last, "economic")]:
        assert court(town=town, postcode=postcode, on=day).code == code
    assert court(town=town, postcode=postcode, on=date(2029, 1, 1)).code == "commercial"
    assert court(town=town, postcode=postcode, on=None).code == "economic"


def test_a_town_near_a_trial_seat_is_asked_for_where_the_area_has_two_courts() -> None:
    found = court(town="Aix-en-Provence", postcode="13100")
    assert (found.code, [note.code for note in found.questions]) == ("commercial", ["economic_area"])
    whole = court(town="Boulogne-Billancourt", postcode="92100")
    assert (whole.code, whole.town, whole.confidence) == ("economic", "Nanterre", "probable")


def test_without_a_postcode_the_place_is_a_question() -> None:
    assert [note.code for note in court(postcode="", town="").questions] == ["customer_place"]
    assert not court().questions


def test_a_civil_creditor_chooses_against_a_merchant_and_not_the_reverse() -> None:
    liberal = Litigant(kind="liberal", postcode="69003")
    chosen = court(creditor=liberal)
    assert (chosen.code, chosen.alternative) == ("commercial", "judicial")
    assert "civil_creditor_may_choose" in [note.code for note in chosen.reasons]
    open_creditor = court(creditor=Litigant(kind="sole_trader"))
    assert (open_creditor.code, open_creditor.alternative) == ("commercial", "judicial")
    assert court().alternative is None
    assert court(kind="liberal").alternative is None


@pytest.mark.parametrize(
    ("cents", "code", "lawyer", "attempt", "appeal"),
    [
        (500_000, "judicial_local", False, True, False),
        (500_001, "judicial_local", False, False, True),
        (1_000_000, "judicial_local", False, False, True),
        (1_000_001, "judicial", True, False, True),
    ],
)
def test_thresholds_of_the_judicial_court(cents: int, code: str, lawyer: bool, attempt: bool, appeal: bool) -> None:
    found = court(cents, kind="consumer")
    assert (found.code, found.lawyer, found.prior_attempt, found.appeal) == (code, lawyer, attempt, appeal)


def test_the_commercial_court_asks_for_no_amicable_attempt_and_for_a_lawyer_above_its_ceiling() -> None:
    assert court(100_000).prior_attempt is False
    assert court(1_000_000).lawyer is False
    assert court(1_000_001).lawyer is True
    assert court(100_000, postcode="67000").prior_attempt is None


def test_a_foreign_amount_leaves_the_thresholds_open() -> None:
    found = court(currency="GBP", kind="consumer")
    assert (found.code, found.lawyer, found.prior_attempt) == ("judicial", None, None)
    assert [note.code for note in found.questions] == ["amount_in_euros"]


@pytest.mark.parametrize(
    ("debtor", "place"),
    [
        ({}, "at_performance"),
        ({"kind": "consumer"}, "at_consumer"),
        ({"kind": "consumer", "country": "ES"}, "at_consumer"),
        ({"kind": "consumer", "subject": "tenancy"}, "at_building"),
        ({"kind": "public"}, "at_public_body"),
    ],
)
def test_the_place_is_said(debtor: dict[str, Any], place: str) -> None:
    assert place in [note.code for note in court(**debtor).reasons]


def test_a_consumer_is_sued_at_home_only() -> None:
    assert not {"at_debtor", "at_performance"} & {note.code for note in court(kind="consumer").reasons}


def test_texts_are_in_two_languages() -> None:
    found = court(kind="sole_trader")
    assert "micro-entrepreneur" in found.questions[0].text("fr")
    assert "micro-entrepreneur" in found.questions[0].text("en")
    assert court(town="Paris", postcode="75001").name("fr") == "tribunal des activités économiques (Paris)"


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="use one of company"):
        Litigant(kind="firm")
    with pytest.raises(ValueError, match="use one of merchant"):
        Litigant(kind="company", standing="trader")
    with pytest.raises(ValueError, match="two-letter"):
        Litigant(kind="company", country="FRA")
    with pytest.raises(ValueError, match="zero or more"):
        court(-1)
    with pytest.raises(TypeError, match="minor units"):
        court(12.5)  # type: ignore[arg-type]
