"""Every step has words, in both languages, that ask clearly, charge only what the law allows and threaten nobody."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from encaisse import engine
from encaisse.documents import (
    UnknownTemplate,
    apply_edit,
    asked,
    compose,
    missing_locked,
    render_mail,
    resolve,
    script,
    to_editable,
)
from encaisse.documents.library import labels, scripts, templates
from encaisse.documents.template import names
from encaisse.documents.texts import MARKERS, PROFILES, Text, fields
from encaisse.documents.words import LANGUAGES, plain
from tests.documents.samples import INVOICES, SENDER, WHOLE, case

TEMPLATES = sorted(templates("fr"))
REQUIRED = [
    "receipt-check",
    "pre-due",
    "mail",
    "call",
    "firm",
    "manager-call",
    "notice",
    "statement",
    "call-recap",
    "mail-courteous",
    "firm-courteous",
    "notice-consumer",
    "mail-consumer",
    "firm-consumer",
    "pre-due-public",
    "mail-public",
    "firm-public",
    "notice-public",
]
EARLY = (
    "receipt-check",
    "reminder",
    "reminder-public",
    "call-public",
    "receipt-check-public",
    "pre-due",
    "pre-due-public",
    "mail",
    "mail-courteous",
    "mail-public",
    "call",
    "statement",
)

# Acts a creditor may not perform or threaten (C. pén. 312-10, 433-13, 222-16; defamation), and words that shame.
FORBIDDEN = (
    r"avis avant saisie|saisi[er]|huissier|commissaire de justice|tribunal|plainte|\bpénale?\b|police|gendarme"
    r"|procureur|publi(er|cation)|réseaux sociaux|réputation|liste noire|fich[ée]|mauvais payeur|dernier avertissement"
    r"|sous peine|poursuites|honte|inadmissible|inacceptable|malhonnête|employeur|voisin|famille|banque de france"
    r"|bailiff|court order|criminal|prosecut|sue you|seizure|blacklist|shame|unacceptable|dishonest|final warning"
    r"|employer|neighbour|credit bureau|disgrace|!"
)
CHARGES = re.compile(
    r"indemnit|40\s?€|€\s?40|compensation|frais|recovery cost|D441|L441|pénalit|R2192|D2192", re.IGNORECASE
)


def every() -> list[tuple[str, str, int]]:
    return [(name, language, count) for name in TEMPLATES for language in LANGUAGES for count in (1, 3)]


def words_of(text: Text) -> str:
    return "\n".join((text.subject, text.greeting, *text.paragraphs, text.closing))


def test_the_steps_of_the_bundled_strategies_have_words() -> None:
    assert set(REQUIRED) <= set(TEMPLATES)


def test_both_languages_have_the_same_files_and_placeholders() -> None:
    assert set(templates("fr")) == set(templates("en"))
    assert set(labels("fr")) == set(labels("en"))
    assert set(scripts("fr")) == set(scripts("en"))
    known = fields(WHOLE, "fr").keys()
    for name in TEMPLATES:
        french, english = templates("fr")[name], templates("en")[name]
        assert [p.locked for p in french.passages] == [p.locked for p in english.passages], name
        for here, there in zip(french.passages, english.passages, strict=True):
            assert (here.source in MARKERS or there.source in MARKERS) <= (here.source == there.source)
            assert names(here.source) == names(there.source), (name, here.source)
            assert names(here.source) <= known


@pytest.mark.parametrize(("name", "language", "count"), every())
def test_composes(name: str, language: str, count: int) -> None:
    context = case(name, count, credit=1_000)
    text = compose(name, language, context)
    whole = words_of(text)
    assert "{" not in whole
    assert "  " not in whole
    assert text.template == name
    money = plain(fields(context, language)["total" if text.claims else "due"].text)
    assert money in plain(text.subject)
    assert INVOICES[0].number in text.subject
    assert len(text.subject) < 110
    assert sum(part in MARKERS for part in text.paragraphs) == 2
    assert text.paragraphs[-1].startswith(
        {"fr": "Un point bloque\u00a0? Répondez à ce message", "en": "Is something"}[language]
    )
    assert SENDER.phone in text.paragraphs[-1]
    first = plain(text.paragraphs[0])
    assert money in first or "?" in first or name == "call-recap"


@pytest.mark.parametrize(("name", "language", "count"), every())
def test_nothing_is_threatened_and_nobody_is_shamed(name: str, language: str, count: int) -> None:
    for channel in ("email", "letter"):
        text = compose(name, language, case(name, count, channel=channel))
        assert re.search(FORBIDDEN, words_of(text), re.IGNORECASE) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [name for name in TEMPLATES if "public" not in name])
def test_consumers_never_see_charges(name: str, language: str) -> None:
    context = case("consumer", 3)
    text = compose(name, language, context)
    assert text.locked == () or text.template == "notice-consumer"
    assert CHARGES.search(words_of(text)) is None, text.template
    mail = render_mail(text, context)
    assert CHARGES.search(mail.text_plain) is None
    assert CHARGES.search(mail.html) is None


def test_a_consumer_cannot_be_given_an_indemnity() -> None:
    with pytest.raises(ValueError, match="L111-8"):
        replace(WHOLE, regime="fr-b2c")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EARLY)
def test_early_messages_charge_nothing(name: str, language: str) -> None:
    context = case(name)
    text = compose(name, language, context)
    assert CHARGES.search(words_of(text)) is None
    assert asked(text, context) == context.principal


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["firm", "firm-courteous", "firm-public"])
def test_firm_messages_say_the_charges_and_that_silence_is_a_choice(name: str, language: str) -> None:
    context = case(name)
    text = compose(name, language, context)
    whole = plain(words_of(text))
    assert (
        ("R2192-31" in whole and "D2192-35" in whole)
        if "public" in name
        else ("L441-10" in whole and "D441-5" in whole)
    )
    assert {"fr": "silence est un choix", "en": "silence is a choice"}[language] in whole
    assert asked(text, context) == context.principal


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", ["notice", "notice-public", "notice-consumer"])
def test_a_notice_is_complete(name: str, count: int, language: str) -> None:
    context = case(name, count, pay_by=date(2026, 11, 28))
    text = compose(name, language, context)
    plain_text = plain(render_mail(text, context).text_plain)
    values = fields(context, language)
    assert "mise en demeure" in plain_text
    for number in (line.number for line in context.invoices):
        assert number in plain_text
    for needed in ("total", "pay_by"):
        assert plain(values[needed].text) in plain_text
    assert {"fr": "sous 8 jours", "en": "within 8 days"}[language] in plain_text
    assert "FR76 3000 6000 0112 3456 7890 189" in plain_text
    assert "1344" in plain_text
    assert asked(text, context) == context.total
    assert len(text.locked) == (2 if name == "notice-consumer" else 3)
    if name != "notice-consumer":
        assert f"{count} × " in plain_text
        assert context.rate.replace("’", "'") in plain_text
        assert plain(values["interest"].text) in plain_text
        assert all(str(line.days_late) in plain_text for line in context.invoices)
    else:
        assert "1231-6" in plain_text


def test_a_notice_without_a_known_rate_claims_no_interest() -> None:
    lines = tuple(replace(line, interest=0) for line in INVOICES)
    text = compose("notice", "fr", replace(WHOLE, invoices=lines, rate=""))
    assert "énalités de retard, soit" not in words_of(text)
    assert len(text.locked) == 2


def test_the_regime_decides_the_audience() -> None:
    assert resolve("notice", consumer=True) == "notice-consumer"
    assert resolve("firm-courteous", consumer=True) == "firm-consumer"
    assert resolve("notice-consumer") == "notice"
    assert resolve("mail-public") == "mail"
    assert resolve("mail", public=True) == "mail-public"
    assert resolve("receipt-check", public=True) == "receipt-check-public"
    assert resolve("statement", public=True) == "statement"
    assert resolve("firm-very-firm") == "firm"
    assert resolve("mail-courteous") == "mail-courteous"
    assert resolve("call-public") == "call"
    with pytest.raises(UnknownTemplate):
        resolve("serenade")


@pytest.mark.parametrize(
    ("name", "tone", "expected"),
    [
        ("mail", "friendly", "mail-courteous"),
        ("mail", "neutral", "mail"),
        ("mail", "", "mail"),
        ("firm", "neutral", "firm-courteous"),
        ("firm", "firm", "firm"),
        ("notice", "friendly", "notice"),
        ("call", "friendly", "call"),
    ],
)
def test_a_softer_tone_takes_the_courteous_form(name: str, tone: str, expected: str) -> None:
    assert resolve(name, tone=tone) == expected
    assert compose(name, "fr", WHOLE, tone=tone).template == expected
    assert resolve(name, consumer=True, tone=tone) == f"{name}-consumer"


@pytest.mark.parametrize(
    "path", sorted(Path(engine.__file__).parent.glob("strategies/*.yaml")), ids=lambda path: path.stem
)
def test_every_step_of_the_bundled_strategies_has_its_own_words(path: Path) -> None:
    steps = yaml.safe_load(path.read_text(encoding="utf-8"))["steps"]
    assert steps
    for step in steps:
        name = step.get("template", step["name"])
        assert name in TEMPLATES, f"{path.stem}: {name}"


def test_nothing_owed_is_not_asked_for() -> None:
    with pytest.raises(ValueError, match="nothing is owed"):
        compose("mail", "fr", case("mail", 1, credit=INVOICES[0].open))


def test_values_cannot_break_a_subject_line() -> None:
    context = replace(WHOLE, customer="Dupré\r\nBcc: x@y.example", contact="A\u202eB\nC")
    text = compose("mail", "fr", context)
    assert text.greeting == "Bonjour A B C,"
    bad = replace(context, invoices=(replace(INVOICES[0], number="F-1\r\nBcc: x"),))
    assert "\n" not in render_mail(compose("mail", "fr", bad), bad).subject


@pytest.mark.parametrize(("name", "language", "count"), every())
def test_editing_nothing_changes_nothing(name: str, language: str, count: int) -> None:
    text = compose(name, language, case(name, count))
    editable = to_editable(text)
    assert apply_edit(text, editable) == text
    assert apply_edit(text, editable.replace("\n", "\r\n")) == text
    assert missing_locked(text, editable) == ()


def test_an_edit_is_kept_and_the_figures_come_back() -> None:
    text = compose("firm", "fr", WHOLE)
    kept = to_editable(text).replace("[tableau des factures]\n\n", "").replace("Bien cordialement,", "À bientôt,")
    edited = apply_edit(text, kept.replace("Objet\u00a0: ", "Objet : Votre commande, "))
    assert edited.subject == "Votre commande, " + text.subject
    assert edited.closing == "À bientôt,"
    assert edited.paragraphs == text.paragraphs
    assert edited.claims == text.claims


def test_a_locked_passage_that_is_lost_is_named() -> None:
    text = compose("notice", "fr", WHOLE)
    editable = to_editable(text)
    assert missing_locked(text, editable.replace("\u00a0", " ").replace("’", "'")) == ()
    assert missing_locked(text, editable.replace("mise en demeure au sens", "rappel au sens")) == text.locked[:1]
    assert missing_locked(text, "Bonjour") == text.locked


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", ["call", "manager-call"])
@pytest.mark.parametrize("profile", [*PROFILES, None, "in trouble"])
def test_a_call_has_its_words(step: str, profile: str | None, language: str) -> None:
    for context in (case(step, 1), case(step, 3), case("consumer")):
        spoken = script(step, language, context, profile)
        said = (
            spoken.opening,
            *spoken.questions,
            spoken.if_promise,
            spoken.if_dispute,
            spoken.if_refusal,
            spoken.closing,
        )
        assert all(said)
        assert SENDER.name in spoken.opening
        assert re.search(FORBIDDEN, " ".join(said), re.IGNORECASE) is None
        assert CHARGES.search(" ".join(said)) is None


def test_a_call_fits_the_payer() -> None:
    spoken = {profile: script("call", "fr", WHOLE, profile) for profile in PROFILES}
    assert len(set(spoken.values())) == len(PROFILES)
    assert script("serenade", "fr", WHOLE) == spoken["unknown"]
    assert "en personne" in script("call", "fr", case("consumer"), "evasive").opening
