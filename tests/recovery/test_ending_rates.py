"""The rates that a creditor's claims need are told of before they end; those of other countries are not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from encaisse.parties import own_rates
from encaisse.parties.models import Creditor
from encaisse.recovery.ending_rates import ending, regimes_in_use
from tests.factories import instant, make_customer

NEW_YEAR = date(2027, 1, 1)


def test_only_the_rates_of_ones_own_customers_are_told_of(creditor: Creditor, django_assert_num_queries) -> None:
    make_customer(creditor, "ALPHA")
    make_customer(creditor, "GAMMA", country="DE", postcode="10115")
    assert regimes_in_use(creditor) == {"fr-b2b"}
    make_customer(creditor, "MAIRIE", kind="public")
    assert regimes_in_use(creditor) == {"fr-b2b", "fr-public"}
    with django_assert_num_queries(1):
        assert ending(creditor, date(2026, 11, 21)) == ()
    told = ending(creditor, date(2026, 12, 5))
    assert {one.status.series for one in told} == {"fr_b2b_default_penalty", "fr_public_penalty"}
    assert {one.regimes for one in told} == {("fr-b2b",), ("fr-public",)}
    assert {one.status.state for one in ending(creditor, NEW_YEAR)} == {"ended"}


def test_a_rate_of_ones_own_ends_the_warning(creditor: Creditor) -> None:
    make_customer(creditor, "ALPHA")
    given = ("ecb_mro", NEW_YEAR, NEW_YEAR, Decimal("2.65"), "ECB site")
    own_rates.add(creditor, *given, at=instant(date(2026, 12, 30)), actor="claire")
    assert ending(creditor, NEW_YEAR) == ()
    assert {one.status.state for one in ending(creditor, date(2027, 6, 20))} == {"ends_soon"}


def test_a_customer_of_no_known_country_is_taken_to_be_at_home(creditor: Creditor) -> None:
    make_customer(creditor, "NOWHERE", country="")
    assert regimes_in_use(creditor) == {"fr-b2b"}
    make_customer(creditor, "PAUL", kind="consumer")
    assert "fr_legal_interest_other" in {one.status.series for one in ending(creditor, NEW_YEAR)}
