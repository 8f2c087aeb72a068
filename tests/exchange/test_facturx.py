"""Invoices inside PDFs: found wherever they are, whatever their name; hostile and broken PDFs are only problems."""

from __future__ import annotations

import io
from base64 import a85encode
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.errors import LimitReachedError

from encaisse.exchange import facturx, safe_xml
from encaisse.exchange.facturx import _Ascii85, read_einvoice, read_facturx, xml_in_pdf
from tests.exchange.einvoice_samples import cii, pdf, sample, ubl


def codes(data: bytes) -> list[str]:
    return [found.code for found in read_facturx(data).problems]


@pytest.mark.parametrize("where", ["names", "nested", "associated", "clipped", "lost"])
@pytest.mark.parametrize("name", ["factur-x.xml", "ZUGFeRD-invoice.xml", "Facture n° 12", ""])
def test_found_wherever_it_is_and_whatever_its_name(where: str, name: str) -> None:
    file = read_facturx(pdf(("annexe.txt", b"rien"), (name, cii()), where=where))
    assert (file.kind, file.embedded) == ("factur-x", name)
    assert file.invoices[0].gross == Decimal(120)
    assert file.problems == ()


def test_the_xml_is_what_a_plain_reader_of_pdf_finds() -> None:
    data = sample("Facture_UE_MINIMUM.pdf")
    (plain,) = PdfReader(io.BytesIO(data)).attachments["factur-x.xml"]
    assert [(one.name, one.content) for one in xml_in_pdf(data).attachments] == [("factur-x.xml", plain)]


def test_of_two_generations_the_newest_is_read() -> None:
    data = sample("MustangRE-20171118_506_ZUGFeRD1and2.pdf")
    file = read_facturx(data)
    assert (file.embedded, file.problems) == ("factur-x.xml", ())
    old = next(one.content for one in xml_in_pdf(data).attachments if one.name == "ZUGFeRD-invoice.xml")
    alone = read_facturx(pdf(("ZUGFeRD-invoice.xml", old)))
    first, second = alone.invoices[0], file.invoices[0]
    assert first.profile.startswith("urn:ferd:CrossIndustryDocument:invoice:1p0")
    for name in ("number", "issued_on", "due_on", "net", "tax", "gross", "payable", "buyer", "iban"):
        assert getattr(first, name) == getattr(second, name), name
    assert [line.net or line.price for line in first.lines]


def test_the_smallest_profile_says_only_what_is_left_to_pay() -> None:
    invoice = read_facturx(sample("Facture_UE_MINIMUM.pdf")).invoices[0]
    assert (invoice.gross, invoice.prepaid, invoice.payable) == (
        Decimal("2076.76"), Decimal("623.00"), Decimal("1453.76"),
    )  # fmt: skip
    assert invoice.seller_party.siren == "999999998"


def test_a_french_credit_note() -> None:
    invoice = read_facturx(sample("Avoir_FR_type381_BASICWL.pdf")).invoices[0]
    assert (invoice.type, invoice.payable) == ("credit_note", Decimal("-233.47"))
    assert [before.number for before in invoice.preceding] == ["FA-2017-0010"]


def test_a_wrong_encoding_is_mended_and_told() -> None:
    assert codes(sample("factur-x-invalid-xml-encoding-attribute.pdf")) == ["xml_encoding"]
    latin = cii().replace("Été".encode(), b"\xc9t\xe9")
    file = read_einvoice(pdf(("factur-x.xml", latin)))
    assert file.invoices[0].seller == "Moulin Été"
    assert [found.code for found in file.problems] == ["xml_encoding"]


def test_two_different_invoices_in_one_pdf() -> None:
    data = pdf(("other.xml", cii(number="F2")), ("factur-x.xml", cii()))
    file = read_facturx(data)
    assert file.invoices[0].number == "F1"
    assert [found.code for found in file.problems] == ["several_invoices"]
    assert "F2" in file.problems[0].message


def test_ubl_inside_a_pdf() -> None:
    assert read_facturx(pdf(("invoice.xml", ubl()))).invoices[0].syntax == "ubl"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"hello", "not_a_pdf"),
        (sample("pdf_plain.pdf"), "pdf_without_invoice"),
        (pdf(("photo.xml", b"\xff\xd8\xff")), "pdf_without_invoice"),
        (pdf(("factur-x.xml", sample("IT01234567890_FPR01.xml"))), "other_format"),
        (pdf(("factur-x.xml", b"<a/>")), "not_an_invoice"),
        (pdf(("factur-x.xml", cii()), password="secret"), "pdf_encrypted"),
        (b"%PDF-1.7\n" + b"\0" * 5000, "pdf_broken"),
        (b"%PDF-1.7\n" + b"1 0 obj << " * 5000, "pdf_broken"),
        (pdf(("factur-x.xml", cii()))[:-900], "pdf_without_invoice"),
    ],
)
def test_what_is_wrong_is_a_problem(data: bytes, code: str) -> None:
    file = read_facturx(data)
    assert file.invoices == ()
    assert file.problems[0].code in (code, "pdf_broken")


def test_an_empty_password_opens() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(("factur-x.xml", cii())))))
    writer.encrypt("", "owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    assert read_facturx(out.getvalue()).invoices[0].number == "F1"


def test_an_attachment_that_unpacks_without_end_is_left_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert facturx._LIMITS["zlib_maximum_output_length"] == safe_xml.MAX_BYTES
    monkeypatch.setitem(facturx._LIMITS, "zlib_maximum_output_length", 1_000_000)
    bomb = pdf(("factur-x.xml", b"<a>" + b" " * 2_000_000))
    assert len(bomb) < 10_000
    file = read_facturx(bomb, language="en")
    assert [found.code for found in file.problems] == ["attachment_too_large"]
    monkeypatch.setattr(facturx, "MAX_UNPACKED", 100)
    assert codes(pdf(("factur-x.xml", cii()))) == ["attachment_too_large"]


def test_too_large_and_too_many_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pdf(("factur-x.xml", cii()))
    monkeypatch.setattr(facturx, "MAX_OBJECTS", 3)
    assert codes(data) == ["pdf_limit"]
    assert codes(data + b"startxref\n" * 2_000) == ["pdf_limit"]
    monkeypatch.setattr(facturx, "MAX_BYTES", 100)
    assert codes(data) == ["document_too_large"]


def test_a_wrong_filter_is_only_a_problem() -> None:
    data = pdf(("factur-x.xml", cii())).replace(b"/Filter /FlateDecode", b"/Filter [/FlateDecode /FlateDecode]")
    file = read_facturx(data)
    assert file.invoices == ()
    assert file.problems


def test_nothing_a_library_raises_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise KeyError("odd")

    monkeypatch.setattr(facturx, "PdfReader", fails)
    assert codes(pdf(("factur-x.xml", cii()))) == ["pdf_broken"]


def test_problems_are_in_the_language_asked_for() -> None:
    french, english = (read_facturx(sample("pdf_plain.pdf"), language=language) for language in ("fr", "en"))
    assert "facture électronique" in french.problems[0].message
    assert "electronic invoice" in english.problems[0].message


def test_a_pdf_that_lost_its_end_is_read() -> None:
    whole = pdf(("factur-x.xml", cii()))
    cut = whole[: whole.rindex(b"startxref")]
    assert [one.number for one in read_facturx(cut).invoices] == ["F1"]


def test_ascii85_is_read_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = b"<~" + a85encode(cii() + b"\0\0\0\0" * 99, wrapcol=70) + b" ~>"
    assert _Ascii85.decode(packed) == cii() + b"\0\0\0\0" * 99
    assert _Ascii85.decode(a85encode(b"abcde").decode()) == b"abcde"
    monkeypatch.setattr(safe_xml, "MAX_BYTES", 1_000)
    with pytest.raises(LimitReachedError):
        _Ascii85.decode(b"z" * 400)
