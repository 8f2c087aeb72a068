"""Threats and wrong claims are found however they are written; ordinary words are left alone; our own words pass."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.documents import compose, script
from encaisse.documents.library import scripts, templates
from encaisse.documents.mail import plain_text
from encaisse.law.mentions import mentions
from encaisse.law.phrase import compile_phrase, fold
from encaisse.law.regimes import all_regimes
from encaisse.law.schema import BadParameter
from encaisse.law.wording import FINDINGS, KINDS, LANGUAGES, check_wording, load_list, rules
from tests.documents.samples import case

FORBIDDEN = [
    ("fr", "Ceci est un AVIS\u00a0avant  saisie.", "court_paper", "AVIS avant saisie"),
    ("fr", "Passage d’un huissier demain", "officer_visit", "Passage d’un huissier"),
    ("fr", "Un commissaire de justice passera chez vous.", "officer_visit", None),
    ("fr", "Dernière relance avant poursuites", "court_paper", "avant poursuites"),
    ("fr", "Nous ferons saisir dès lundi vos biens.", "seizure", "saisir dès lundi vos biens"),
    ("fr", "Nous déposerons plainte pour escroquerie.", "criminal_complaint", "déposerons plainte"),
    ("fr", "Sans paiement, nous publierons votre nom.", "publication", "publierons votre nom"),
    ("fr", "NOUS PUBLIERONS\nsur les re\u0301seaux sociaux", "publication", None),
    ("fr", "Vous serez sur notre liste-noire", "bad_payer_list", "liste-noire"),
    ("fr", "mauvaise payeuse", "bad_payer_list", "mauvaise payeuse"),
    ("fr", "Nous informerons votre employeur", "third_parties", None),
    ("fr", "Vos voisins seront informés de la dette", "third_parties", None),
    ("fr", "Nous vous rappellerons tous les jours", "harassment", None),
    ("fr", "Vous êtes un escroc", "insult", "escroc"),
    ("fr", "Vous serez fiché à la Banque de France", "credit_file", None),
    ("fr", "Nous demanderons votre liquidation judiciaire", "insolvency_threat", None),
    ("fr", "Nous entrerons chez vous", "home_entry", None),
    ("fr", "En ma qualité d'huissier", "false_title", None),
    ("fr-CH", "Press charges", "criminal_complaint", "Press charges"),
    ("en", "Notice  before seizure", "court_paper", "Notice before seizure"),
    ("en", "A bailiff will visit you", "officer_visit", "bailiff will visit"),
    ("en", "We will freeze your bank account", "seizure", None),
    ("en", "BLACKLIST", "bad_payer_list", "BLACKLIST"),
    ("en", "We’ll name and shame you", "publication", "name and shame"),
    ("en", "We will tell your boss", "third_parties", None),
    ("en", "avis avant saisie", "court_paper", "avis avant saisie"),
    ("fr", "Payez, ou tout le monde saura.", "publication", "tout le monde saura"),
    ("fr", "Votre entreprise sera citée sur LinkedIn.", "publication", "citée sur LinkedIn"),
    ("fr", "Un avis négatif sera laissé à votre nom.", "publication", None),
    ("fr", "Nous partagerons votre nom avec nos confrères.", "publication", None),
    ("fr", "Nous passerons à votre domicile.", "home_entry", None),
    ("en", "Pay, or everyone will know.", "publication", "everyone will know"),
    ("en", "We will share your name with other businesses.", "publication", None),
    ("en", "We will write to you and tell your employer.", "third_parties", None),
    ("en", "Your credit score will suffer.", "credit_file", None),
    ("en", "We will visit your home.", "home_entry", None),
    ("de", "We will call you every day", "harassment", None),
]
HARMLESS = [
    ("fr", "La saisie de vos coordonnées bancaires a échoué. Notre compte bancaire a changé."),
    ("fr", "Gestion de vos réseaux sociaux, novembre."),
    ("fr", "Nos conditions sont publiées sur Internet ; partagez-nous votre avis sur nos produits."),
    ("en", "Follow our news on LinkedIn, and contact your accountant about the name on the invoice."),
    ("fr", "Vous pouvez m’appeler tous les jours de 9 h à 18 h, ou informez votre banque du virement."),
    ("fr", "La police d’assurance couvre le chantier de vos voisins."),
    ("fr", "Sans réponse, nous examinerons les voies amiables ou judiciaires que la loi nous ouvre."),
    ("fr", "Le mandatement est en cours, merci au comptable public."),
    ("en", "Express charges apply; in order to pay, use the portal. Attached is your account statement."),
    ("en", "Please make the payment to our public account. Call me about your customers' orders."),
    ("en", "We will consider the amicable or judicial ways open to us by law."),
    ("de", ""),
]


@pytest.mark.parametrize(("language", "text", "rule", "passage"), FORBIDDEN)
def test_what_no_message_may_say(language: str, text: str, rule: str, passage: str | None) -> None:
    found = {finding.rule: finding for finding in check_wording(text, language)}
    assert rule in found, found
    assert found[rule].kind == "forbidden"
    assert passage is None or found[rule].phrase == passage, "as it stands in the text"
    assert found[rule].why
    assert found[rule].instead
    assert found[rule].article


@pytest.mark.parametrize(("language", "text"), HARMLESS)
def test_ordinary_words_are_left_alone(language: str, text: str) -> None:
    assert check_wording(text, language, kind="reminder", regime="fr-b2b") == ()


@pytest.mark.parametrize(
    ("regime", "text", "rule"),
    [
        ("fr-b2c", "une indemnité forfaitaire de 40,00 €", "consumer_indemnity"),
        ("fr-b2c", "40€ pour frais", "consumer_indemnity"),
        ("fr-c2c", "indemnité de recouvrement", "consumer_indemnity"),
        ("fr-b2c", "article L. 441-10", "consumer_indemnity"),
        ("fr-b2c", "15 € de frais de relance", "consumer_costs"),
        ("fr-b2c", "Des pénalités de retard courent.", "consumer_penalties"),
        ("de-b2c", "an indemnity of €40", "consumer_indemnity"),
        ("fr-b2b", "Frais de relance : 15 €", "reminder_fees"),
        ("fr-public", "article L441-10 du code de commerce", "public_basis"),
    ],
)
def test_what_a_regime_does_not_allow(regime: str, text: str, rule: str) -> None:
    found = check_wording(text, "fr", regime=regime)
    assert rule in {finding.rule for finding in found}
    assert {finding.kind for finding in found} == {"must_not"}
    assert rule not in {finding.rule for finding in check_wording(text, "fr")}


@pytest.mark.parametrize(
    ("regime", "text"),
    [
        ("fr-b2c", "Il reste 40,00 € à payer sur votre facture, sans frais de relance ni pénalité de retard."),
        ("fr-b2c", "Il reste 1 040 € ; l'indemnité de départ de M. Durand n'est pas en cause."),
        (
            "fr-b2c",
            "Les frais de recouvrement entrepris sans titre exécutoire restent à la charge du créancier.",
        ),
        ("fr-b2b", "L'indemnité forfaitaire est de 40 € par facture."),
        ("fr-b2b", "Frais de contentieux, sur justificatif joint : 120 €."),
    ],
)
def test_what_a_regime_allows(regime: str, text: str) -> None:
    assert check_wording(text, "fr", regime=regime) == ()


def test_a_customer_may_never_see_charges() -> None:
    text = "Des intérêts de retard courent."
    assert check_wording(text, "fr", regime="fr-b2b") == ()
    (finding,) = check_wording(text, "fr", regime="fr-b2b", charges=False)
    assert (finding.rule, finding.phrase) == ("no_charges", "intérêts de retard")


NOTICE = "Nous vous mettons en demeure de payer 100,00 € sous 8 jours, facture F-1."


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (NOTICE, set()),
        ("Merci de payer 100 € avant le 28 novembre 2026, facture F-1.", {"notice_words"}),
        (NOTICE.replace("100,00 €", "la somme"), {"notice_amount"}),
        (NOTICE.replace(" sous 8 jours", ""), {"notice_deadline"}),
        (NOTICE.replace("facture F-1", "merci"), {"notice_claim"}),
        ("Mise en demeure.", {"notice_demand", "notice_amount", "notice_deadline", "notice_claim"}),
    ],
)
def test_what_a_notice_must_say(text: str, missing: set[str]) -> None:
    found = check_wording(text, "fr", kind="notice", reader="en")
    assert {finding.rule for finding in found} == missing
    assert all(
        finding.kind == "missing" and finding.phrase.startswith("the ") for finding in found
    ) or "deadline" in str(found)
    assert {finding.rule for finding in check_wording(text, "fr", kind="reminder")} == set()


def test_what_a_collector_must_say_first() -> None:
    text = (
        "Recouvrements Dupont, 1 rue Haute, 69001 Lyon, exerçant une activité de recouvrement amiable, agissant pour "
        "le compte de l'Atelier Brunel, 12 rue des Tanneurs. Facture F-1. Principal : 100,00 € ; intérêts et "
        "accessoires : néant. Par virement. « Les frais de recouvrement entrepris sans titre exécutoire restent à la "
        "charge du créancier, sauf s'ils concernent un acte dont l'accomplissement est prescrit par la loi au "
        "créancier. Cependant, le créancier qui justifie du caractère nécessaire des démarches entreprises pour "
        "recouvrer sa créance peut demander au juge de l'exécution de laisser tout ou partie des frais ainsi exposés "
        "à la charge du débiteur de mauvaise foi. »"
    )
    assert check_wording(text, "fr", kind="third_party_first_letter", regime="fr-b2c") == ()
    without = check_wording(text.partition("« Les frais")[0], "fr", kind="third_party_first_letter", regime="fr-b2c")
    assert {finding.rule for finding in without} == {"collector_costs_stay", "collector_bad_faith"}
    assert {finding.confidence for finding in without} == {"probable"}, "the wording of R124-4 is to be read again"


def test_what_an_invoice_must_say() -> None:
    text = (
        "Facture n° F-1 du 1er septembre 2026. SIREN 732829320. TVA 20 % : 20,00 €. À régler au plus tard le "
        "01/10/2026. Pas d'escompte. Pénalités de retard : taux de la BCE majoré de 10 points. Indemnité forfaitaire "
        "pour frais de recouvrement : 40 €."
    )
    assert check_wording(text, "fr", kind="invoice", regime="fr-b2b") == ()
    short = text.partition("Pas d'escompte")[0]
    missing = {finding.rule for finding in check_wording(short, "fr", kind="invoice")}
    assert missing == {"invoice_discount", "invoice_penalties", "invoice_indemnity"}
    assert check_wording(short, "fr", kind="invoice", regime="fr-b2c") == ()


def test_what_the_duplicate_for_vat_must_say() -> None:
    text = (
        "Facture demeurée impayée pour la somme de 1 000,00 euros (prix net) et pour la somme de 200,00 euros (taxe "
        "correspondante) qui ne peut faire l'objet d'une déduction (article 272 du CGI)"
    )
    assert check_wording(text, "fr", kind="vat_recovery_duplicate") == ()
    assert len(check_wording("Duplicata", "fr", kind="vat_recovery_duplicate")) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_words_pass(language: str) -> None:
    for name in templates(language):
        for count in (1, 3):
            context = case(name, count)
            text = compose(name, language, context)
            kind = "notice" if name.startswith("notice") else "reminder"
            whole = f"{text.subject}\n{plain_text(text, context, language)}"
            assert check_wording(whole, language, kind=kind, regime=context.regime) == (), name
    for name in scripts(language):
        for profile in ("reliable", "evasive", "in_trouble"):
            spoken = script(name, language, case(name), profile)
            words = " ".join((spoken.opening, *spoken.questions, spoken.if_promise, spoken.if_refusal, spoken.closing))
            assert check_wording(words, language, kind="call", regime="fr-b2c") == (), name


def test_every_rule_can_be_found_and_is_told_in_both_languages() -> None:
    for rule in rules():
        assert rule.finding in FINDINGS
        assert set(rule.phrases) == set(LANGUAGES), rule.id
        assert all(set(words) == {"fr", "en"} and all(words.values()) for words in (rule.why, rule.instead)), rule.id
        assert rule.kinds <= set(KINDS)
        assert rule.regimes | set(rule.elsewhere) <= set(all_regimes()), rule.id
        if rule.finding == "missing":
            assert rule.kinds, "an obligatory passage belongs to a kind of document"


def test_a_reader_is_told_in_his_own_language() -> None:
    (french,) = check_wording("bad payer", "en", reader="fr")
    (english,) = check_wording("bad payer", "en")
    assert "facture" in french.instead
    assert "invoice" in english.instead


def test_the_article_is_that_of_the_regime() -> None:
    text = "We will bring criminal proceedings"
    (french,) = check_wording(text, "en", regime="fr-b2b")
    (british,) = check_wording(text, "en", regime="uk")
    assert french.article == "C. pén. 312-1, 312-10"
    assert british.article == "AJA 1970 s. 40(1)(b)"


@pytest.mark.parametrize("asked", [{"kind": "poem"}, {"regime": "atlantis"}])
def test_unknown_kinds_and_regimes_are_named(asked: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="use one of"):
        check_wording("", "fr", **asked)  # type: ignore[arg-type]


OWN = """
our-tone:
  finding: forbidden
  article: "note interne du 3 mars"
  confidence: own
  why: {fr: "Trop sec.", en: "Too dry."}
  instead: {fr: "Merci de régler.", en: "Please pay."}
  fr: {phrases: ["dépêchez-vous", "pay* vite"], unless: ["sans payer vite"]}
"""


def test_a_list_of_ones_own_is_added() -> None:
    own = load_list(OWN, "wording.yaml")
    (finding,) = check_wording("Payez vite !", "fr", extra=own)
    assert (finding.phrase, finding.confidence, finding.instead) == ("Payez vite", "own", "Merci de régler.")
    assert check_wording("Payez vite !", "fr") == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("finding: forbidden", "finding: perhaps"), "finding is one of"),
        (("confidence: own", "confidence: high"), "confidence is one of"),
        (("dépêchez-vous", "(dépêchez"), "parenthesis"),
        (("dépêchez-vous", "dépêchez …"), "must end with a word"),
        (("dépêchez-vous", "<yesterday>"), "not known"),
        (("pay* vite", " "), "not empty"),
        (("  why:", "  because:"), "missing why"),
        (("article:", "kinds: [poem]\n  article:"), "no kind of document"),
        ((', en: "Too dry."', ""), "needs fr and en"),
        (('  fr: {phrases: ["dépêchez-vous", "pay* vite"], unless: ["sans payer vite"]}', ""), "give phrases"),
    ],
)
def test_a_list_that_cannot_be_read_says_what_to_mend(change: tuple[str, str], said: str) -> None:
    with pytest.raises(BadParameter, match=said) as told:
        load_list(OWN.replace(*change), "wording.yaml")
    assert str(told.value).startswith("wording.yaml")


@given(st.text(max_size=80))
@settings(max_examples=100)
def test_any_text_can_be_checked_and_folding_keeps_its_places(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.places)
    assert list(folded.places) == sorted(folded.places)
    for finding in check_wording(text, "fr", kind="notice", regime="fr-b2b"):
        assert finding.kind == "missing" or finding.phrase in " ".join(text.split())
    assert {one.rule for one in check_wording(f"{text}. Avis avant saisie", "fr")} >= {"court_paper"}


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("voisin*", "VOISINES", True),
        ("voisin", "voisins", False),
        ("(vos|tes) biens", "vos biens", True),
        ("par (le)? tribunal", "par tribunal", True),
        ("saisir … biens", "saisir un à un tous vos biens", True),
        ("saisir … biens", "saisir. Vos biens", False),
        ("saisir … biens", "saisir a b c d e f biens", False),
        ("<amount>", "1\u202f234,56\u00a0€", True),
        ("<amount>", "EUR 12", True),
        ("<amount>", "12 jours", False),
        ("<forty>", "140 €", False),
        ("<forty>", "40 000 €", False),
        ("<forty>", "€40.00", True),
        ("<date>", "2026-11-28", True),
        ("<delay>", "8 working days", True),
    ],
)
def test_the_notation_of_phrases(phrase: str, text: str, found: bool) -> None:
    assert any(True for _ in compile_phrase(phrase, "here").spans(fold(text).text)) is found


@pytest.mark.parametrize("regime", ["fr-b2b", "fr-b2c"])
@pytest.mark.parametrize("day", [date(2026, 11, 21), date(2027, 3, 1)])
def test_the_mandatory_wording_we_produce_passes(regime: str, day: date) -> None:
    """What `mentions` writes for a date, its blanks filled in, holds all that is looked for."""
    blanks = {"fr": "1er septembre 2026, 100,00 €", "en": "1 September 2026, €100.00"}
    read_only = ("third_party_first_letter", "vat_recovery_duplicate")  # in English for reading: the law wants French
    for kind in ("invoice", "general_terms", "notice", *read_only):
        for language in ("fr",) if kind in read_only else LANGUAGES:
            whole = "\n".join(one.text for one in mentions(kind, day, language, regime=regime))
            filled = (
                re.sub(r"\[[^\]]*\]", blanks[language], whole).replace("Vendeur", "SIREN").replace("Seller", "SIREN")
            )
            assert check_wording(filled, language, kind=kind, regime=regime) == (), (kind, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_words_can_do_without_charges(language: str) -> None:
    """Story 37: for a customer who must never see charges, every text passes the check for it."""
    for name in templates(language):
        whole = case(name)
        lines = tuple(replace(line, interest=0, indemnity=0) for line in whole.invoices)
        context = replace(whole, invoices=lines, charges_shown=False)
        text = compose(name, language, context)
        kind = "notice" if name.startswith("notice") else "reminder"
        found = check_wording(plain_text(text, context), language, kind=kind, regime=context.regime, charges=False)
        assert found == (), name
