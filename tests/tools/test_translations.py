"""The catalogue tool finds every text, keeps the catalogue in one form, and refuses French that is wrong in form."""

import gettext
from pathlib import Path

import pytest

from tools import translations
from tools.translations import Text, entries, faults, find_texts, forms, merge, polish, read

PYTHON = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext
a = _("From a " "function")
b = gettext_lazy("Lazily")
c = ngettext("One invoice", "%(count)s invoices", n)
d = pgettext("month", "May")
e = _(variable)
f = _(f"computed {variable}")
"""

TEMPLATE = """{% load i18n %}
<p>{% trans "Simple" %} and {% translate 'Quoted' as x %}</p>
    <p>{% blocktranslate count counter=n trimmed %}
        {{ counter }} letter
    {% plural %}
        {{ counter }} letters
    {% endblocktranslate %}</p>
{% blocktrans with name=customer.name context "greeting" %}Dear {{ name }}, it's time{% endblocktrans %}
{% url 'x' as y %}{{ _("In a variable") }} it's (unbalanced "
<c-button :label="_('In an attribute')" title="{% trans 'In a tag' %}" />
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "verbs.py").write_text(PYTHON)
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    return tmp_path


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "locale" / "fr" / "LC_MESSAGES" / "django.po"
    monkeypatch.setattr(translations, "CATALOGUE", path)
    monkeypatch.setattr(translations, "SOURCE", tmp_path)
    return path


def fragment(folder: Path, text: str) -> Path:
    path = folder / "fragment.po"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_way_of_marking_a_text_is_found(source: Path) -> None:
    found = {(text.singular, text.plural, text.context) for text in find_texts(source).values()}

    assert found == {
        ("From a function", None, None),
        ("Lazily", None, None),
        ("One invoice", "%(count)s invoices", None),
        ("May", None, "month"),
        ("Simple", None, None),
        ("Quoted", None, None),
        ("%(counter)s letter", "%(counter)s letters", None),
        ("Dear %(name)s, it's time", None, "greeting"),
        ("In a variable", None, None),
        ("In an attribute", None, None),
        ("In a tag", None, None),
    }


def test_merge_sorts_polishes_and_gives_the_same_bytes_again(tmp_path: Path, catalogue: Path) -> None:
    piece = fragment(tmp_path, 'msgid "Why?"\nmsgstr "Pourquoi ?"\n\nmsgid "Again"\nmsgstr "Aujourd\'hui encore"\n')

    assert merge([piece], replace=False) == 0
    first = catalogue.read_bytes()
    assert merge([piece], replace=False) == 0

    assert catalogue.read_bytes() == first
    assert [forms(message)[0] for message in entries(read(catalogue)).values()] == [
        "Aujourd’hui encore",
        "Pourquoi\xa0?",
    ]


def test_merge_keeps_what_is_there_unless_told_otherwise(
    tmp_path: Path, catalogue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    merge([fragment(tmp_path, 'msgid "Case"\nmsgstr "Dossier"\n')], replace=False)
    other = fragment(tmp_path, 'msgid "Case"\nmsgstr "Affaire"\n')

    merge([other], replace=False)
    assert forms(entries(read(catalogue))["Case", None]) == ["Dossier"]
    assert "kept ['Dossier']" in capsys.readouterr().err

    merge([other], replace=True)
    assert forms(entries(read(catalogue))["Case", None]) == ["Affaire"]


def test_check_wants_all_texts_and_no_others(source: Path, catalogue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    merge(
        [fragment(source, 'msgid "Lazily"\nmsgstr "Paresseusement"\n\nmsgid "Gone"\nmsgstr "Parti"\n')], replace=False
    )

    assert translations.check() == 1
    said = capsys.readouterr().out
    assert "'Gone': nothing uses it any more" in said
    assert "'Simple': has no French" in said
    assert "Lazily" not in said

    translations.prune()
    assert [key[0] for key in entries(read(catalogue))] == ["Lazily"]


def test_what_missing_prints_can_be_filled_in_and_merged(
    source: Path, catalogue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    translations.missing()
    stubs = capsys.readouterr().out
    filled = stubs.replace('msgstr[0] ""', 'msgstr[0] "Un"').replace('msgstr[1] ""', 'msgstr[1] "%(count)s"')
    filled = filled.replace('msgstr ""', 'msgstr "Texte"')

    merge([fragment(source, filled)], replace=False)

    assert len(entries(read(catalogue))) == 11


@pytest.mark.parametrize(
    ("english", "plural", "french", "fault"),
    [
        ("Due %(day)s", None, ["Échue"], "placeholders"),
        ("Due {day}", None, ["Échue {jour}"], "placeholders"),
        ("<b>Due</b>", None, ["Échue"], "HTML"),
        ("Due\n", None, ["Échue"], "line end"),
        ("Due?", None, ["Échue ?"], "typographic"),
        ("One", "%(n)s", ["Une", "Plusieurs"], "placeholders"),
        ("Due", None, [""], "no French"),
    ],
)
def test_faults_of_form(english: str, plural: str | None, french: list[str], fault: str) -> None:
    assert [told for told in faults(Text(english, plural, None, "x.py"), french) if fault in told]


def test_a_singular_may_leave_its_count_out() -> None:
    assert not list(faults(Text("One invoice", "%(n)s invoices", None, "x.py"), ["Une facture", "%(n)s factures"]))


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("À payer : 5 € !", "À payer\xa0: 5\xa0€\xa0!"),
        ("« Dossier »", "«\xa0Dossier\xa0»"),
        ("5 % de plus, %(rate)s %", "5\xa0% de plus, %(rate)s\xa0%"),
        ("du %(day)s au %(end)s", "du %(day)s au %(end)s"),
        ("<a href='x'>l'avis</a>", "<a href='x'>l’avis</a>"),
        ("12:30 ; http://x", "12:30\xa0; http://x"),
    ],
)
def test_french_print_conventions(typed: str, set_: str) -> None:
    assert polish(typed) == set_
    assert polish(set_) == set_


def test_a_broken_fragment_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"fragment\.po"):
        read(fragment(tmp_path, 'msgid "Open\nmsgstr broken\n'))


def test_compiling_serves_gettext_and_leaves_what_is_fresh(tmp_path: Path, catalogue: Path) -> None:
    merge([fragment(tmp_path, 'msgid "Case"\nmsgstr "Dossier"\n')], replace=False)

    translations.compile_catalogues()
    with catalogue.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Case") == "Dossier"

    before = catalogue.with_suffix(".mo").stat()
    translations.compile_catalogues(only_stale=True)
    assert catalogue.with_suffix(".mo").stat().st_ino == before.st_ino
