"""Mail: plain text and HTML say the same, carry the figures, hide nothing and load nothing."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from encaisse.documents import compose, render_mail
from encaisse.documents.payment import epc_payload
from encaisse.documents.tables import invoice_table
from encaisse.documents.words import LANGUAGES, plain
from tests.documents.samples import INVOICES, WHOLE, case

NASTY = "<script>alert(1)</script> & \"Fils\" #let $x$ \\ 'é'"


class Reader(HTMLParser):
    """The words of a page, its tags and what they point to."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "background", "srcset")]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["mail", "firm", "notice", "notice-consumer", "firm-public", "statement"])
def test_plain_text_and_html_say_the_same(name: str, language: str) -> None:
    context = case(name, credit=5_000, annexes=("Relevé de compte",))
    text = compose(name, language, context)
    mail = render_mail(text, context)
    body = plain(" ".join(read(mail.html).words))
    letters_of_html = re.sub(r"\W", "", body)
    table = invoice_table(context, language, claims=text.claims)
    wanted = [text.greeting, text.closing, *(part for part in text.paragraphs if not part.startswith("["))]
    wanted += [cell for row in table.rows for cell in row] + [word for pair in table.sums for word in pair]
    wanted += [
        "Claire Fontaine",
        "04 78 00 00 12",
        "FR76 3000 6000 0112 3456 7890 189",
        "411DUP-26",
        "Relevé de compte",
    ]
    for words in wanted:
        assert plain(words) in plain(mail.text_plain), words
        assert re.sub(r"\W", "", plain(words)) in letters_of_html, words
    assert mail.subject == text.subject


def test_what_is_asked_is_what_the_table_sums() -> None:
    context = replace(case("mail"), credit=5_000, invoices=(replace(INVOICES[0], disputed_part=10_000), *INVOICES[1:]))
    table = invoice_table(context, "en", claims=False)
    assert table.sums == (
        ("Disputed part, not asked for here", "−€100.00"),
        ("Standing to your credit", "−€50.00"),
        ("Total to pay", "€3,464.56"),
    )
    assert context.principal == 346_456


def test_one_invoice_needs_no_total() -> None:
    assert invoice_table(case("mail", 1), "fr", claims=False).sums == ()


def test_lines_of_plain_text_stay_short_in_tables() -> None:
    for name in ("mail", "firm", "notice"):
        mail = render_mail(compose(name, "en", case(name)), case(name))
        rows = [line for line in mail.text_plain.splitlines() if line.startswith("  ")]
        assert rows
        assert max(map(len, rows)) <= 78


def test_nothing_is_loaded_and_nothing_tracks() -> None:
    context = case("mail")
    bare = read(render_mail(compose("mail", "fr", context), context).html)
    assert bare.links == []
    assert bare.tags.isdisjoint({"script", "img", "iframe", "link", "form", "object"})
    pictured = render_mail(compose("mail", "fr", context), context, qr=True)
    assert read(pictured.html).links == [f"cid:{image.content_id}" for image in pictured.images]
    assert pictured.images[0].png.startswith(b"\x89PNG")


def test_styles_are_inlined_and_colours_leave_dark_readers_alone() -> None:
    context = case("firm")
    html = render_mail(compose("firm", "fr", context), context).html
    assert "<style" not in html
    assert 'class="n"' not in html or "text-align" in html
    assert re.search(r"[^-]color: ?#", html) is None
    assert 'name="color-scheme" content="light dark"' in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_nasty_name_stays_a_name(language: str) -> None:
    context = replace(
        WHOLE,
        customer=NASTY,
        contact=NASTY,
        creditor=replace(WHOLE.creditor, name=NASTY),
        invoices=(replace(INVOICES[0], number="<b>#1</b>$"),),
        payment_reference=NASTY,
        annexes=(NASTY,),
    )
    mail = render_mail(compose("notice", language, context), context)
    reader = read(mail.html)
    assert reader.tags.isdisjoint({"script", "b"})
    assert NASTY in "".join(reader.words)
    assert NASTY in mail.text_plain


def test_an_edited_line_break_is_kept() -> None:
    context = case("mail")
    text = replace(compose("mail", "fr", context), paragraphs=("Une ligne\nune <autre>",))
    mail = render_mail(text, context)
    assert "Une ligne\nune <autre>" in mail.text_plain
    assert "Une ligne<br>une &lt;autre&gt;" in mail.html


def test_the_qr_code_says_what_the_message_says() -> None:
    context = case("notice")
    assert epc_payload(context, context.total) == (
        "BCD\n002\n1\nSCT\nAGRIFRPP\nAtelier Brunel SARL\nFR7630006000011234567890189\nEUR3779.64\n\n\n411DUP-26"
    )
    assert epc_payload(replace(context, currency="GBP"), 100) is None
    assert epc_payload(replace(context, iban=""), 100) is None
    assert epc_payload(context, 0) is None
    forged = replace(context, payment_reference="a\nb", creditor=replace(context.creditor, name="x\r\ny" * 60))
    payload = epc_payload(forged, 100)
    assert payload is not None
    assert len(payload.split("\n")) == 11


def test_without_bank_details_no_payment_block() -> None:
    context = replace(case("mail"), iban="")
    mail = render_mail(compose("mail", "fr", context), context, qr=True)
    assert "virement" not in mail.text_plain
    assert mail.images == ()
