"""The little language of the text files does what it says and nothing more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.documents.template import TemplateError, UnknownPlaceholder, Value, names, parse, render

VALUES = {"n": Value("0", 0), "one": Value("1", 1), "many": Value("7", 7), "who": Value("Léa", 1), "no": Value("", 0)}


@pytest.mark.parametrize(
    ("source", "french", "english"),
    [
        ("{who}, {many}", "Léa, 7", "Léa, 7"),
        ("{n|jour|jours}", "jour", "jours"),
        ("{one|jour|jours} {many|jour|jours}", "jour jours", "jour jours"),
        ("{who?à {who}|à tous}{no?!|}", "à Léa", "à Léa"),
        ("{no?oui|non}", "non", "non"),
        ("{no?oui}", "", ""),
        ("{who?{many|un|{many} fois}|jamais} ?", "7 fois ?", "7 fois ?"),
        ("un | deux ?", "un | deux ?", "un | deux ?"),
    ],
)
def test_says(source: str, french: str, english: str) -> None:
    assert render(source, VALUES, "fr") == french
    assert render(source, VALUES, "en") == english


@pytest.mark.parametrize(
    "source", ["{", "{who", "}", "{}", "{who.name}", "{who!r}", "{Who}", "{n|a}", "{n|a|b|c}", "{__x}"]
)
def test_malformed_is_refused(source: str) -> None:
    with pytest.raises(TemplateError):
        parse(source)


def test_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownPlaceholder):
        render("{nobody}", VALUES, "fr")


def test_names_are_found_in_every_choice() -> None:
    assert names("{a?{b|{c}|}|{d}} {e}") == {"a", "b", "c", "d", "e"}


@given(st.text(alphabet="{}|?ab .", max_size=30))
def test_any_text_is_read_or_refused(source: str) -> None:
    try:
        read = parse(source)
    except TemplateError:
        return
    assert isinstance(read, tuple)


@given(st.text(max_size=40))
def test_values_are_never_read_as_templates(words: str) -> None:
    assert render("{who}", {"who": Value(words, 1)}, "fr") == words
