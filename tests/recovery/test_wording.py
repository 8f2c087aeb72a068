"""No message leaves that says what it may not: refused while it is written, and again at the last moment, by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from encaisse.journal.models import Entry
from encaisse.recovery.approve import approve
from encaisse.recovery.deliver import deliver_due
from encaisse.recovery.edit import edit
from encaisse.recovery.message import preview
from encaisse.recovery.models import Action
from encaisse.recovery.refusal import Refused
from encaisse.recovery.wording import RefusedWording
from tests.factories import instant
from tests.recovery.desk import ACTOR, MONDAY, late_customer, ready, run, say_yes, the_action

pytestmark = pytest.mark.django_db


def written(creditor, added: str, **more) -> str:
    """The words of the one action, with a paragraph added by hand."""
    source = preview(creditor, the_action(**more), day=MONDAY).source
    head, _, tail = source.rstrip("\n").rpartition("\n\n")
    return f"{head}\n\n{added}\n\n{tail}\n"


def say(creditor, text: str) -> None:
    edit(creditor, the_action().pk, text, at=instant(MONDAY), actor=ACTOR)


def leave(creditor) -> tuple[str, str]:
    (outcome,) = deliver_due(creditor, now=instant(MONDAY, 10), actor=ACTOR)
    return outcome.status, outcome.code


@pytest.mark.parametrize(
    ("kind", "added", "code", "instead"),
    [
        ("company", "Dernier avis avant saisie.", "forbidden_wording", "mise en demeure"),
        ("company", "Frais de relance : 15 €.", "regime_wording", "justification"),
        ("consumer", "Une indemnité forfaitaire de 40 € est due.", "regime_wording", "intérêts au taux légal"),
        ("association", "Frais de dossier : 12 €.", "regime_wording", "Supprimez"),
        ("public", "Voir l'article L441-10 du code de commerce.", "regime_wording", "R2192-31"),
    ],
)
def test_words_added_by_hand_are_refused_with_why_and_what_to_write(creditor, kind, added, code, instead):
    late_customer(creditor, kind=kind, late=7)
    run(creditor)
    with pytest.raises(RefusedWording) as refusal:
        say(creditor, written(creditor, added))
    assert refusal.value.code == code
    assert instead in refusal.value.text
    assert refusal.value.findings[0].article in refusal.value.text
    assert the_action().edited == ""


def test_how_sure_a_rule_is_is_said_when_it_is_not(creditor):
    late_customer(creditor)
    run(creditor)
    with pytest.raises(RefusedWording) as refusal:
        say(creditor, written(creditor, "Vous êtes un escroc."))
    assert refusal.value.findings[0].confidence == "probable"
    assert "C. civ. 1240;" in refusal.value.text.replace("\N{NO-BREAK SPACE};", ";")


def test_the_last_look_reads_the_words_again(creditor):
    """Approved words that are forbidden since (here: changed behind the program's back) come back to a person."""
    late_customer(creditor)
    run(creditor)
    good = written(creditor, "Merci d'avance.")
    bad = written(creditor, "Nous publierons votre nom.")
    say(creditor, good)
    say_yes(creditor)
    Action.objects.update(edited=bad)
    assert leave(creditor) == ("planned", "forbidden_wording")
    action = the_action()
    assert "publierons votre nom" in action.note
    assert (action.approved_by, action.sent_on, action.documents) == ("", None, [])
    lapsed = Entry.objects.filter(kind="approval_lapsed").latest("pk")
    assert "forbidden_wording" in str(lapsed.payload)
    (refused,) = approve(creditor, [action.pk], at=instant(MONDAY), actor=ACTOR).refused
    assert refused[1] == "forbidden_wording"
    say(creditor, good)
    assert (the_action().outcome, the_action().note) == ("", "")
    say_yes(creditor)
    assert leave(creditor) == ("sent", "kept_locally")


@pytest.fixture
def own_list(home: Path):
    def write(text: str) -> Path:
        path = Path(settings.HOME) / "wording.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


OWN = """
no-hello:
  finding: forbidden
  article: "note interne"
  confidence: own
  why: {fr: "Trop familier.", en: "Too familiar."}
  instead: {fr: "Écrivez « Madame, Monsieur, ».", en: "Write “Dear Sir or Madam,”."}
  fr: {phrases: ["bonjour"]}
"""


def test_a_list_of_ones_own_holds_for_our_own_texts_too(creditor, own_list):
    late_customer(creditor)
    ready(creditor)
    own_list(OWN)
    message = preview(creditor, the_action(), day=MONDAY)
    assert [finding.rule for finding in message.findings] == ["no-hello"]
    assert "Trop familier" in message.problems[0]
    assert leave(creditor) == ("planned", "forbidden_wording")
    (refused,) = approve(creditor, [the_action().pk], at=instant(MONDAY), actor=ACTOR).refused
    assert refused[1] == "forbidden_wording"


def test_a_list_that_cannot_be_read_holds_everything_back_until_it_is_mended(creditor, own_list):
    late_customer(creditor)
    ready(creditor)
    path = own_list(OWN.replace("forbidden", "perhaps"))
    assert leave(creditor) == ("approved", "wording_list_broken")
    with pytest.raises(Refused, match=r"wording\.yaml, no-hello"):
        preview(creditor, the_action(), day=MONDAY)
    path.unlink()
    assert leave(creditor) == ("sent", "kept_locally")


def test_names_of_the_parties_are_no_words(creditor):
    late_customer(creditor, name="Escroc & Fils, liste noire")
    ready(creditor)
    assert leave(creditor) == ("sent", "kept_locally")


@pytest.mark.parametrize(
    ("kind", "language"), [("consumer", "fr"), ("association", "en"), ("public", "fr"), ("company", "en")]
)
def test_whatever_text_a_strategy_names_it_suits_the_customer(creditor, kind, language):
    """Story 37: a strategy of one's own may name any text for anybody; a consumer never sees the 40 euros."""
    late_customer(creditor, kind=kind, language=language, late=7)
    run(creditor)
    for template in ("mail", "firm", "firm-courteous", "notice", "notice-public"):
        Action.objects.update(template=template, step="own", channel="email")
        message = preview(creditor, the_action(), day=MONDAY)
        assert message.findings == (), template
        if kind in ("consumer", "association"):
            assert message.context.indemnity == 0
            assert "40" not in message.plain


@pytest.mark.parametrize("language", ["fr", "en"])
def test_37_some_customers_never_see_charges(creditor, language):
    """Story 37: the text asks for the invoices alone, and words added by hand cannot bring charges back."""
    late_customer(creditor, late=200, shows_charges=False, language=language)
    run(creditor)
    for template in ("firm", "firm-courteous", "notice"):
        Action.objects.update(template=template, step="own", channel="email")
        message = preview(creditor, the_action(), day=MONDAY)
        assert message.findings == ()
        assert (message.context.interest, message.context.indemnity) == (0, 0)
        for word in ("L441-10", "D441-5", "indemnit", "pénalité", "compensation", "interest"):
            assert word not in message.plain
    with pytest.raises(RefusedWording) as refusal:
        say(creditor, written(creditor, "Des pénalités de retard courent."))
    assert refusal.value.findings[0].rule == "no_charges"


def test_35_no_fee_is_forgotten_or_added_by_hand(creditor):
    """Story 35, as far as words go: the obligatory fee cannot be cut out of a text, nor a second one be written in."""
    late_customer(creditor, late=60)
    run(creditor)
    Action.objects.update(template="notice", step="own", channel="letter")
    message = preview(creditor, the_action(), day=MONDAY)
    passage = next(locked for locked in message.locked if "indemnité forfaitaire" in locked)
    with pytest.raises(Refused) as refusal:
        say(creditor, message.source.replace(passage, ""))
    assert refusal.value.code == "locked_wording"
    with pytest.raises(RefusedWording) as refusal:
        say(creditor, written(creditor, "S'y ajoutent des frais de relance de 40 €."))
    assert refusal.value.findings[0].rule == "reminder_fees"
