"""The regime of a claim, chosen from who is at its two ends, with its reasons and its questions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.law import all_regimes
from encaisse.law.choose import KINDS, Contract, Party, choice_codes, choice_text, choose_regime
from encaisse.law.errors import UnknownChoice

HOME = Party("FR", "company")


@pytest.mark.parametrize(
    ("creditor", "customer", "contract", "regime", "reasons"),
    [
        (HOME, Party("FR", "company"), None, "fr-b2b", ("customer_is_business", "same_country")),
        (HOME, Party("FR", "sole_trader"), None, "fr-b2b", ("customer_is_business", "same_country")),
        (HOME, Party("FR", "consumer"), None, "fr-b2c", ("customer_is_consumer", "same_country")),
        (HOME, Party("FR", "public"), None, "fr-public", ("customer_is_public", "same_country")),
        (HOME, Party("FR", "association"), None, "fr-b2c", ("customer_is_consumer", "same_country")),
        (HOME, Party("FR", "association"), Contract(for_business=True), "fr-b2b", None),
        (HOME, Party("FR", "sole_trader"), Contract(for_business=False), "fr-b2c", None),
        (HOME, Party("FR", "company"), Contract(for_business=False), "fr-b2b", None),
        (Party("FR", "individual"), Party("FR", "company"), None, "fr-c2c", ("creditor_is_private", "same_country")),
        (Party("FR", "public"), Party("FR", "company"), None, "fr-b2c", ("creditor_is_public", "same_country")),
        (HOME, Party("FR", "consumer"), Contract(judgment=True), "fr-judgment", ("judgment", "same_country")),
        (HOME, Party("DE", "company"), None, "fr-b2b", ("customer_is_business", "creditor_home")),
        (HOME, Party("DE", "company"), Contract(law="DE"), "de-b2b", ("customer_is_business", "law_of_contract")),
        (HOME, Party("DE", "consumer"), None, "de-b2c", ("customer_is_consumer", "consumer_home")),
        (HOME, Party("BE", "consumer"), None, "be-b2c", ("customer_is_consumer", "consumer_home")),
        (HOME, Party("BE", "public"), None, "be-b2b", ("customer_is_public", "public_home")),
        (Party("DE", "company"), HOME, None, "fr-b2b", ("customer_is_business", "debtor_in_france")),
        (Party("NL", "company"), Party("DE", "company"), None, "nl-b2b", None),
        (Party("UK", "company"), Party("GB", "company"), None, "uk", None),
        (Party("PT", "company"), Party("PT", "company"), None, "eu-b2b", None),
        (Party("CH", "company"), Party("CH", "consumer"), None, "ch", None),
        (HOME, Party("ES", "consumer"), None, None, ("customer_is_consumer", "consumer_home", "no_regime")),
        (Party("US", "company"), Party("US", "company"), None, None, None),
    ],
)
def test_the_choice_and_its_reasons(
    creditor: Party, customer: Party, contract: Contract | None, regime: str | None, reasons: Any
) -> None:
    choice = choose_regime(creditor, customer, contract)
    assert choice.regime == regime
    if reasons is not None:
        assert choice.reasons == reasons


@pytest.mark.parametrize(
    ("customer", "contract", "question"),
    [
        (Party("FR", "association"), None, "for_business"),
        (Party("FR", "public"), None, "public_contract"),
        (Party("DE", "company"), None, "which_law"),
        (Party("DE", "consumer"), Contract(law="FR"), "consumer_protection"),
        (Party("FR", "company"), Contract(law="DE"), "french_public_policy"),
        (Party("PT", "company"), Contract(law="PT"), "other_law"),
        (Party("ES", "consumer"), None, "other_law"),
        (Party("DE", "company"), Contract(law="DE", judgment=True), "foreign_judgment"),
    ],
)
def test_what_only_a_person_can_tell_is_asked(customer: Party, contract: Contract | None, question: str) -> None:
    assert question in choose_regime(HOME, customer, contract).questions


def test_nothing_is_asked_where_all_is_known() -> None:
    assert choose_regime(HOME, Party("FR", "company")).questions == ()


def test_the_category_is_the_creditors() -> None:
    customer = Party("FR", "consumer")
    assert choose_regime(Party("FR", "individual"), customer, Contract(judgment=True)).category == "individual"
    assert choose_regime(HOME, customer).category == "other"


def test_every_code_has_a_sentence_in_both_languages() -> None:
    for code in choice_codes():
        assert choice_text(code, "fr") != choice_text(code, "en")
    with pytest.raises(UnknownChoice, match=r"choose\.yaml"):
        choice_text("whatever", "fr")


def test_the_sentences_come_in_the_language_asked_for() -> None:
    choice = choose_regime(HOME, Party("DE", "company"))
    assert choice.explain("en")[0] == "The customer acts for its business."
    assert choice.ask("fr") == ("Le contrat désigne-t-il une loi, et laquelle\u00a0?",)


@pytest.mark.parametrize(("country", "kind"), [("France", "company"), ("fr", "company"), ("FR", "firm")])
def test_a_party_that_cannot_be_one_is_named(country: str, kind: Any) -> None:
    with pytest.raises(UnknownChoice, match=r"FR, DE|company"):
        Party(country, kind)


COUNTRIES = st.sampled_from(["FR", "DE", "BE", "NL", "ES", "IT", "LU", "CH", "GB", "UK", "PT", "US", "GR", "EL"])
PARTIES = st.builds(Party, COUNTRIES, st.sampled_from(KINDS))
CONTRACTS = st.builds(
    Contract, law=st.none() | COUNTRIES, for_business=st.none() | st.booleans(), judgment=st.booleans()
)


@given(PARTIES, PARTIES, st.none() | CONTRACTS)
def test_every_pair_is_answered_and_a_consumer_never_pays_what_businesses_do(
    creditor: Party, customer: Party, contract: Contract | None
) -> None:
    choice = choose_regime(creditor, customer, contract)
    assert choice.regime is None or choice.regime in all_regimes()
    assert len(choice.explain("fr")) == len(choice.reasons) >= 2
    assert choice.regime is not None or "other_law" in choice.questions
    if customer.kind == "consumer" and not (contract and contract.for_business) and choice.regime is not None:
        assert all_regimes()[choice.regime].indemnity is None
        assert all_regimes()[choice.regime].scale is None
