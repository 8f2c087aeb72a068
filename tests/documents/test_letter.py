"""Letters: laid out for the window, numbered, kept for decades, the same bytes for the same data."""

import hashlib
import io
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from encaisse.documents import Context, Letter, compose, preview_letter, render_letter, render_letters
from encaisse.documents.library import templates
from encaisse.documents.typesetting import typeset
from encaisse.documents.words import LANGUAGES, plain
from tests.documents.samples import INVOICES, WHOLE, case

MM = 72 / 25.4
NASTY = '#panic() $x$ \\ " ` <script> @a [b] *c* _d_ = /* 100% */ \ue000 \ue001 語'


def letter(name: str = "notice", language: str = "fr", **changes: object) -> Letter:
    context = case(name, channel="letter", annexes=("Relevé de compte", "Décompte des intérêts"), **changes)
    return Letter(compose(name, language, context), context, "Lettre recommandée avec avis de réception")


def many(count: int) -> Context:
    lines = tuple(replace(INVOICES[0], number=f"F-{number:05d}") for number in range(count))
    return replace(WHOLE, channel="letter", invoices=lines)


def pages(pdf: bytes) -> list[str]:
    return [plain(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def boxes(pdf: bytes, words: str, page: int = 0) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the first place where words stand, in millimetres from the top left corner."""
    sheet = pypdfium2.PdfDocument(pdf)[page]
    found = sheet.get_textpage()
    place = found.search(words).get_next()
    assert place is not None, words
    corners = [found.get_charbox(index) for index in range(place[0], place[0] + place[1])]
    height = sheet.get_height()
    return (
        min(box[0] for box in corners) / MM,
        (height - max(box[3] for box in corners)) / MM,
        max(box[2] for box in corners) / MM,
        (height - min(box[1] for box in corners)) / MM,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(templates("fr")))
def test_every_template_prints(name: str, language: str) -> None:
    item = letter(name, language)
    printed = " ".join(pages(render_letter(item)))
    assert plain(item.text.subject) in printed
    assert INVOICES[2].number in printed
    assert "Page 1 / " in printed


def test_the_recipient_stands_in_the_window() -> None:
    pdf = render_letter(letter())
    left, top, _, _ = boxes(pdf, "Menuiserie Dupré")
    assert left == pytest.approx(110, abs=0.7)
    assert 45 <= top <= 48
    for line in ("ZA des Prés", "38500 VOIRON"):
        left, _, right, bottom = boxes(pdf, line)
        assert left == pytest.approx(110, abs=0.7)
        assert right <= 195
        assert bottom <= 80
    sender = boxes(pdf, "Atelier Brunel SARL")
    assert sender[0] == pytest.approx(20, abs=0.7)
    assert sender[1] < 20
    reference = boxes(pdf, "411DUP-26")
    assert reference[0] > 110
    assert reference[3] < 40
    assert boxes(pdf, "Objet")[1] > 95


def test_nothing_else_stands_in_the_window() -> None:
    sheet = pypdfium2.PdfDocument(render_letter(letter()))[0]
    height = sheet.get_height()
    inside = sheet.get_textpage().get_text_bounded(102 * MM, height - 82 * MM, 200 * MM, height - 42 * MM)
    assert plain(inside) == "Menuiserie Dupré À l'attention de Alain Dupré ZA des Prés 4 allée des Chênes 38500 VOIRON"


def test_a_long_name_stays_in_the_window_and_an_address_has_six_lines() -> None:
    long = case("mail", customer="Société anonyme des menuiseries et charpentes du Dauphiné réunies", channel="letter")
    long = replace(long, address=("Bâtiment C", "ZA des Prés", "4 allée des Chênes", "BP 12", "38500 VOIRON CEDEX"))
    pdf = render_letter(Letter(compose("mail", "fr", long), long))
    assert boxes(pdf, "38500 VOIRON CEDEX")[3] <= 82


def test_pages_are_numbered_and_the_last_one_is_signed() -> None:
    context = many(70)
    found = pages(render_letter(Letter(compose("notice", "fr", context), context)))
    assert len(found) >= 2
    for number, page in enumerate(found, 1):
        assert f"Page {number} / {len(found)}" in page
    for page in found[1:]:
        assert page.startswith("Atelier Brunel SARL")
    for page in found[:-1]:
        assert "Facture Date Échéance" in page
    assert "Claire Fontaine" in found[-1]
    assert "F-00069" in " ".join(found)


def test_figures_are_flush_right() -> None:
    pdf = render_letter(letter("mail"))
    rights = [boxes(pdf, amount)[2] for amount in ("1\u00a0234,56", "980,00")]
    assert boxes(pdf, "Reste dû")[2] == pytest.approx(190, abs=0.5)
    assert rights[1] == pytest.approx(boxes(pdf, "2\u00a0400,00")[2], abs=0.3)


def test_annexes_and_delivery_are_named() -> None:
    printed = " ".join(pages(render_letter(letter())))
    assert "Pièces jointes : Relevé de compte · Décompte des intérêts" in printed
    assert "Lettre recommandée avec avis de réception" in printed
    assert "Lyon, le 20 novembre 2026" in printed


def test_it_claims_pdf_a_and_pdf_ua_and_holds_its_fonts() -> None:
    reader = PdfReader(io.BytesIO(render_letter(letter())))
    metadata = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert reader.trailer["/Root"]["/Lang"] == "fr"
    assert reader.metadata is not None
    assert reader.metadata.title == letter().text.subject
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == date(2026, 11, 20)
    fonts = {font for page in reader.pages for font in page["/Resources"]["/Font"].values()}
    for font in fonts:
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert descriptor.keys() & {"/FontFile", "/FontFile2", "/FontFile3"}


def test_same_data_same_bytes_here_and_in_another_process() -> None:
    here = render_letter(letter())
    assert render_letter(letter()) == here
    render_letter(letter("mail", "en"))
    assert render_letter(letter()) == here
    program = (
        "import hashlib; from tests.documents.test_letter import letter; from encaisse.documents import render_letter;"
        "print(hashlib.sha256(render_letter(letter())).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_other_data_other_bytes() -> None:
    assert render_letter(letter()) != render_letter(letter(customer="Menuiserie Dupre"))


def test_a_batch_numbers_each_letter_by_itself() -> None:
    context = many(70)
    letters = [letter("mail"), Letter(compose("notice", "fr", context), context), letter("firm", "en")]
    alone = [pages(render_letter(item)) for item in letters]
    together = pages(render_letters(letters))
    assert together == [page for item in alone for page in item]
    with pytest.raises(ValueError):
        render_letters([])


def test_a_nasty_name_stays_a_name() -> None:
    context = replace(
        WHOLE,
        channel="letter",
        customer=NASTY,
        contact="",
        creditor=replace(WHOLE.creditor, name=NASTY),
        payment_reference=NASTY,
        annexes=(NASTY,),
    )
    item = Letter(replace(compose("mail", "fr", context), paragraphs=(NASTY, "[payment]")), context, NASTY)
    printed = " ".join(pages(render_letter(item)))
    assert printed.count("#panic()") >= 6


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_printed_or_left_out_but_never_read_as_code(words: str) -> None:
    context = case("mail", 1, channel="letter")
    item = Letter(replace(compose("mail", "fr", context), paragraphs=(words,), greeting=words, subject=words), context)
    assert render_letter(item).startswith(b"%PDF-1.7")


def test_a_preview_shows_every_page() -> None:
    context = many(70)
    item = Letter(compose("notice", "fr", context), context)
    pictures = preview_letter(item, ppi=48)
    assert len(pictures) == len(pages(render_letter(item)))
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(KeyError):
        typeset("../secret", {}, date(2026, 1, 1))
