"""What documents must say, on a day, in both languages; figures come from the parameters of that day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from encaisse.law import BadParameter, all_regimes
from encaisse.law.mentions import KINDS, Mention, known_facts, mentions, parse_mentions
from encaisse.law.own import OwnPoint, using
from encaisse.law.wording import check_wording
from encaisse.money import Money

TODAY = date(2026, 11, 21)
NOTICE: dict[str, Any] = {
    "creditor": "Atelier Durand, 3 rue des Lilas, 69003 Lyon",
    "customer": "Société Martin, 8 quai Perrache, 69002 Lyon",
    "contract": "commande du 4 mai 2026",
    "invoices": "F-2026-0412 du 1er septembre 2026, échéance 1er octobre 2026, 1 200,00 €",
    "principal": Money(120_000),
    "interest": Money(2_080),
    "interest_detail": "12,40 %, 51 jours",
    "indemnity_count": 1,
    "total": Money(126_080),
    "pay_by": date(2026, 12, 1),
    "bank_details": "FR76 3000 1007 9412 3456 7890 185, référence F-2026-0412",
    "next_step": "nous demanderons une injonction de payer au tribunal compétent",
    "signed_on": TODAY,
    "signatory": "Claire Durand",
}
INVOICE: dict[str, Any] = {
    "creditor": NOTICE["creditor"],
    "creditor_ids": "SIREN 732 829 320, TVA FR44732829320",
    "customer": NOTICE["customer"],
    "customer_siren": "552 100 554",
    "number": "F-2026-0412",
    "issued_on": date(2026, 9, 1),
    "performed_on": date(2026, 8, 28),
    "lines": "dix heures de conseil à 100,00 € hors TVA",
    "vat_lines": "20 % sur 1 000,00 €, soit 200,00 €",
    "operation": "services",
    "due_on": date(2026, 10, 1),
    "mediator": "Médiation Rhône, mediation.example",
}


def _texts(found: tuple[Mention, ...]) -> dict[str, str]:
    return {one.id: one.text.replace("\u00a0", " ") for one in found}


def test_an_invoice_between_professionals_states_rate_and_indemnity_of_the_day() -> None:
    texts = _texts(mentions("invoice", TODAY))
    assert "au taux de la BCE majoré de 10 points (soit 12,40 % jusqu'au 31 décembre 2026)" in texts["penalty_default"]
    assert "recouvrement : 40 € par facture" in texts["fixed_indemnity"]
    assert texts["no_discount"] == "Pas d'escompte pour paiement anticipé."


def test_a_rate_that_nobody_knows_is_left_out_and_an_own_one_is_marked() -> None:
    after = date(2027, 3, 1)
    assert "soit" not in _texts(mentions("invoice", after))["penalty_default"]
    with using([OwnPoint("ecb_mro", date(2027, 1, 1), date(2027, 3, 31), Decimal("2.65"), "ECB site")]):
        found = next(one for one in mentions("invoice", after) if one.id == "penalty_default")
    assert "12,65" in found.text
    assert found.confidence == "own"


def test_a_contract_rate_replaces_the_default_one() -> None:
    texts = _texts(mentions("general_terms", TODAY, contract_rate=Decimal("9.5")))
    assert "9,50 % l'an" in texts["penalty_contract"]
    assert "3 fois le taux de l'intérêt légal" in texts["penalty_contract"]
    assert "penalty_default" not in texts


def test_a_consumer_never_reads_of_an_indemnity() -> None:
    for kind in ("invoice", "general_terms", "notice", "quote_consumer"):
        found = mentions(kind, TODAY, "en", regime="fr-b2c")
        assert not {"fixed_indemnity", "penalty_default", "notice_indemnity"} & {one.id for one in found}
    assert not next(one for one in mentions("invoice", TODAY, regime="fr-b2c") if one.id == "payment_date").obligatory


def test_new_mentions_come_with_electronic_invoicing_by_size() -> None:
    new = {"invoice_customer_siren", "invoice_operation"}
    assert not new & {one.id for one in mentions("invoice", TODAY, size="small")}
    assert new <= {one.id for one in mentions("invoice", TODAY, size="large")}
    assert new <= {one.id for one in mentions("invoice", date(2027, 9, 1), operation="services")}


def test_references_to_the_old_tax_code_end_with_2026() -> None:
    (old,) = mentions("vat_recovery_duplicate", date(2026, 12, 31), net=Money(100_000), vat=Money(20_000))
    assert old.text.replace("\u00a0", " ") == (
        "Facture demeurée impayée pour la somme de 1 000,00 euros (prix net) et pour la somme de 200,00 euros "
        "(taxe correspondante) qui ne peut faire l'objet d'une déduction (article 272 du CGI)"
    )
    (new,) = mentions("vat_recovery_duplicate", date(2027, 1, 1), net=Money(100_000), vat=Money(20_000))
    assert new.confidence == "to-verify"
    assert new.missing == ("vat_article",)
    assert "CGI" not in new.text
    for kind in KINDS:
        assert not [one.id for one in mentions(kind, date(2027, 1, 1)) if "CGI" in one.reference]
    (nothing,) = mentions("vat_recovery_duplicate", TODAY, services_on_receipts=True)
    assert "rien à récupérer" in nothing.text


def test_facts_that_were_not_given_stand_in_the_text_by_name() -> None:
    found = {one.id: one for one in mentions("notice", TODAY)}
    assert found["notice_demand"].missing == ("total", "pay_by")
    assert "[total dû]" in found["notice_demand"].text
    assert all(one.missing == () for one in mentions("notice", TODAY, **NOTICE))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_notice_made_of_its_mentions_passes_the_check_of_wording(language: str) -> None:
    text = "\n".join(one.text for one in mentions("notice", TODAY, language, **NOTICE))
    assert check_wording(text, language, kind="notice", regime="fr-b2b") == ()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("regime", ["fr-b2b", "fr-public", "fr-b2c"])
def test_an_invoice_made_of_its_mentions_passes_the_check_of_wording(language: str, regime: str) -> None:
    found = mentions("invoice", TODAY, language, regime=regime, size="large", **INVOICE)
    assert all(one.missing == () for one in found)
    assert check_wording("\n".join(one.text for one in found), language, kind="invoice", regime=regime) == ()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_general_terms_made_of_their_mentions_pass_the_check_of_wording(language: str) -> None:
    found = mentions(
        "general_terms", TODAY, language, term_days=45, end_of_month="days_then_month_end", capitalisation=True
    )
    assert all(one.missing == () for one in found)
    text = "\n".join(one.text for one in found)
    assert check_wording(text, language, kind="general_terms", regime="fr-b2b") == ()


def test_a_duplicate_for_the_vat_passes_the_check_of_wording() -> None:
    (one,) = mentions("vat_recovery_duplicate", TODAY, net=Money(123_456), vat=Money(24_691))
    assert check_wording(one.text, "fr", kind="vat_recovery_duplicate") == ()


def test_the_first_letter_of_a_collector_passes_the_check_of_wording() -> None:
    found = mentions(
        "third_party_first_letter",
        TODAY,
        collector="Recouvrement Rhône, 1 rue Mercière, 69002 Lyon",
        creditor=NOTICE["creditor"],
        basis="facture F-2026-0412 du 1er septembre 2026",
        principal=Money(120_000),
        interest=Money(2_080),
        accessories=Money(0),
        total=Money(122_080),
        pay_by=date(2026, 12, 6),
        bank_details=NOTICE["bank_details"],
        case_reference="R-118",
    )
    text = "\n".join(one.text for one in found)
    assert check_wording(text, "fr", kind="third_party_first_letter", regime="fr-b2b") == ()
    assert all(one.obligatory and one.confidence == "probable" for one in found)


def test_a_quote_says_what_a_sum_paid_in_advance_is() -> None:
    assert (
        "arrhes, faute de précision"
        in _texts(mentions("quote_consumer", TODAY, deposit=Money(5_000)))["quote_deposit_silent"]
    )
    given = _texts(mentions("quote_consumer", TODAY, "en", deposit=Money(5_000), deposit_kind="acompte"))
    assert "50.00 EUR" in given["quote_deposit"]
    assert "3 months" in given["quote_prepaid_interest"]


@pytest.mark.parametrize("regime", sorted(all_regimes()))
def test_both_languages_say_the_same_things_under_every_regime(regime: str) -> None:
    for kind in KINDS:
        french = mentions(kind, TODAY, "fr", regime=regime)
        english = mentions(kind, TODAY, "en", regime=regime)
        assert [(one.id, one.missing, one.obligatory) for one in french] == [
            (one.id, one.missing, one.obligatory) for one in english
        ]
        assert all(one.text and one.reference and "{" not in one.text for one in (*french, *english))


@pytest.mark.parametrize(
    ("facts", "error", "message"),
    [
        ({"kind": "postcard"}, ValueError, "use one of invoice"),
        ({"language": "de"}, ValueError, "use one of fr, en"),
        ({"regime": "fr"}, ValueError, "fr-b2b"),
        ({"colour": "red"}, ValueError, "not a fact"),
        ({"net": 1000}, TypeError, "amount of money"),
        ({"contract_rate": 9.5}, TypeError, "exact rate"),
        ({"due_on": "2026-12-01"}, TypeError, "a date"),
        ({"size": "huge"}, ValueError, "use one of large, mid, small"),
        ({"net": Money(100, "GBP")}, ValueError, "stated in EUR"),
    ],
)
def test_a_wrong_fact_is_refused_with_what_to_give(facts: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        mentions(**{"kind": "invoice", "on": TODAY, **facts})


def test_every_fact_has_a_name_in_both_languages() -> None:
    assert all(set(label) == {"fr", "en"} for _, label in known_facts().values())


GOOD = """
facts: {who: {kind: text, fr: "qui", en: "who"}}
phrases: {}
choices: {}
mentions:
  one:
    kinds: [invoice]
    obligatory: true
    sources: [{from: null, to: null, reference: "an article", confidence: sure}]
    text: {fr: "À {who}.", en: "To {who}."}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kinds: [invoice]", "kinds: [postcard]", "not a kind of document: postcard"),
        ("obligatory: true", "obligatory: often", "true, false or professionals"),
        ("To {who}", "To {whom}", "not a fact or figure: whom"),
        ("To {who}", "To you", "do not use the same facts"),
        ("confidence: sure", "confidence: maybe", "confidence 'maybe'"),
        ("kind: text", "kind: song", "kind is one of"),
        ("obligatory: true", "obligatory: true\n    when: [where]", "not a fact: where"),
        ("obligatory: true", "obligatory: true\n    figures: {x: {table: y}}", "a figure is"),
        ("choices: {}", "choices: {}\nmore: 1", "unknown more"),
    ],
)
def test_a_wrong_table_says_what_to_mend(old: str, new: str, message: str) -> None:
    assert old in GOOD
    parse_mentions(GOOD, "mentions.yaml")
    with pytest.raises(BadParameter, match=message):
        parse_mentions(GOOD.replace(old, new), "mentions.yaml")
