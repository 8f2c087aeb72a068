"""Threats that a creditor may not make are found, however they are spaced; our own words hold none."""

import pytest

from encaisse.documents import compose, script
from encaisse.documents.library import scripts, templates
from encaisse.documents.wording import FORBIDDEN, forbidden
from encaisse.documents.words import LANGUAGES
from tests.documents.samples import case


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Ceci est un AVIS\u00a0avant  saisie.", "fr", ("avis avant saisie",)),
        ("Passage d’un huissier demain", "fr-CH", ("passage d'un huissier",)),
        ("La saisie de vos coordonnées", "fr", ()),
        ("Press charges or BLACKLIST", "en", ("press charges", "blacklist")),
        ("express charges", "en", ()),
        ("", "de", ()),
    ],
)
def test_forbidden(text: str, language: str, expected: tuple[str, ...]) -> None:
    assert forbidden(text, language) == expected


def test_both_languages_forbid_something() -> None:
    assert set(FORBIDDEN) == set(LANGUAGES)
    assert all(FORBIDDEN.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_words_hold_none(language: str) -> None:
    for name in templates(language):
        text = compose(name, language, case(name))
        assert forbidden("\n".join((text.subject, *text.paragraphs)), language) == (), name
    for name in scripts(language):
        spoken = script(name, language, case(name), "evasive")
        assert forbidden(" ".join((spoken.opening, *spoken.questions, spoken.if_refusal)), language) == (), name
