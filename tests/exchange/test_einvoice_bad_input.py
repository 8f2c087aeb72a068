"""Hostile and damaged electronic invoices and statuses: a problem with line, code, message and hint; never a crash."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.exchange import safe_xml
from encaisse.exchange.facturx import read_einvoice, read_facturx
from encaisse.exchange.lifecycle import read_statuses
from encaisse.exchange.problems import Problem, Severity
from encaisse.exchange.safe_xml import looks_like_xml, read_root, read_xml
from tests.exchange.einvoice_samples import GOOD, cii, cii_terms, pdf, ubl
from tests.exchange.test_lifecycle import CSV, amount, cdar, reference

XMLS = [path.read_bytes() for path in GOOD if path.suffix == ".xml" and path.stat().st_size < 14_000]
XMLS += [cii(terms=cii_terms("20260214", "2% 10 jours")), ubl(credit=True)]
PDFS = [pdf(("factur-x.xml", cii()), ("x.pdf", b"%PDF-1.4"), where=where) for where in ("names", "nested", "clipped")]
STATUSES = [
    cdar(reference("206", reason="QTE_ERR", more=amount("MNA", "40.00")), reference("212")),
    (CSV + "F1;Approuvée;20/01/2026;;;;\nF2;206;2026-01-21;QTE_ERR;1 040,50;eur;\n").encode(),
    b'[{"invoice": "F1", "code": 205, "on": "2026-01-20", "amount": 1.5e3}, {"facture": "F2"}]',
]
SPLICES = [
    b"", b"<", b">", b"</", b"&", b"&#0;", b"&x;", b"\0", b"\xff", b"\xc3", b"<!DOCTYPE a [", b"<![CDATA[", b"<!--",
    b"?>", b"<ram:ID>", b"</cbc:ID>", b"-", b"99999999999999999999999", b"1e9", b"NaN", b"20260230", b"0000-00-00",
    b" " * 99, b"endobj", b"stream", b"<<", b"[", b"/Kids", b"0 R", b"/Length 1", b"{", b'"', b";",
]  # fmt: skip


def codes(data: bytes) -> list[str]:
    return [one.code for one in read_einvoice(data).problems]


def sound(problems: tuple[Problem, ...], kept: object) -> None:
    for one in problems:
        assert one.message
        assert one.hint
        assert one.line is None or one.line >= 1
    assert kept or any(one.severity is Severity.ERROR for one in problems)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf \n", "empty_file"),
        (b"hello", "xml_broken"),
        (b"<a>\0</a>", "xml_broken"),
        (b"\0" * 1000, "xml_broken"),
        (b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>', "xml_doctype"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "xml_doctype"),
        (b'<!DOCTYPE a PUBLIC "x" "http://example.org/x.dtd"><a/>', "xml_doctype"),
        (b"<a>&b;</a>", "xml_broken"),
        (b"<a>" * 101, "xml_too_deep"),
        (b"<a>" * 1_000_000, "xml_too_deep"),
        (b"<a" + b" " * 100_000 + b">", "xml_broken"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "not_an_invoice"),
        (b'<?xml version="1.0" encoding="cp500"?><a/>', "not_an_invoice"),
        ("<?xml version='1.0' encoding='UTF-16'?><a>é</a>".encode("utf-16"), "not_an_invoice"),
        (cii()[:-40], "xml_broken"),
        (cii() + b"<more/>", "xml_broken"),
        (cii().replace(b"</ram:ID>", b"</ram:Id>", 1), "xml_broken"),
    ],
)
def test_each_has_its_problem(data: bytes, code: str) -> None:
    file = read_einvoice(data)
    assert file.invoices == ()
    assert code in [one.code for one in file.problems]
    sound(file.problems, ())


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(b"<a>" + b"x" * (safe_xml.MAX_BYTES) + b"</a>") == ["document_too_large"]
    monkeypatch.setattr(safe_xml, "MAX_ELEMENTS", 10)
    assert codes(cii()) == ["xml_too_many"]


def test_a_very_long_text_is_read() -> None:
    data = cii().replace(b"Boulangerie", b"B" * 5_000_000)
    assert len(read_einvoice(data).invoices[0].buyer) == 5_000_000


def test_lines_are_counted_from_the_top_of_the_file() -> None:
    root, _ = read_xml(b"\n\n<a>\n<b/></a>")
    assert root is not None
    assert (root.line, root.children[0].line) == (3, 4)
    _, problems = read_xml(b"\n\n<a>\n</b>")
    assert problems[0].line == 4


def test_a_wrong_encoding_does_not_move_the_lines() -> None:
    data = cii().replace("Été".encode(), b"\xc9t\xe9").replace(b"120.00", b"1x", 1)
    problems = read_einvoice(data).problems
    assert [(one.code, one.line) for one in problems] == [("xml_encoding", None), ("bad_invoice_amount", 19)]


def test_utf16_is_read() -> None:
    text = cii().decode().replace("UTF-8", "UTF-16")
    assert looks_like_xml(text.encode("utf-16"))
    assert read_einvoice(text.encode("utf-16")).invoices[0].seller == "Moulin Été"


def test_the_root_is_known_from_the_head() -> None:
    root = read_root(cii()[:700])
    assert root is not None
    assert root.name == "CrossIndustryInvoice"
    assert read_root(b"<!DOCTYPE a><a/>") is None
    assert read_root(b"") is None


@st.composite
def mutated(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 300)))
        change = draw(st.sampled_from(("cut", "splice", "repeat", "move", "end")))
        if change == "cut":
            del data[at:end]
        elif change == "splice":
            data[at : at + draw(st.integers(0, 8))] = draw(st.one_of(st.sampled_from(SPLICES), st.binary(max_size=6)))
        elif change == "repeat":
            data[at:at] = data[at:end] * draw(st.integers(1, 5))
        elif change == "move":
            piece = bytes(data[at:end])
            del data[at:end]
            to = draw(st.integers(0, len(data)))
            data[to:to] = piece
        else:
            del data[at:]
    return bytes(data)


def check_invoice(data: bytes) -> None:
    file = read_einvoice(data)
    sound(file.problems, file.invoices)
    for invoice in file.invoices:
        assert invoice.type != "credit_note" or invoice.gross <= 0
        assert all(part.due_on for part in invoice.instalments)


def check_pdf(data: bytes) -> None:
    file = read_facturx(data)
    sound(file.problems, file.invoices)


def check_statuses(data: bytes) -> None:
    file = read_statuses(data)
    sound(file.problems, file.statuses or file.kind != "unknown")
    assert all(status.label("fr") and status.effect for status in file.statuses)


@settings(max_examples=100, deadline=None)
@given(mutated(XMLS))
def test_fuzz_invoices(data: bytes) -> None:
    check_invoice(data)


@settings(max_examples=80, deadline=None)
@given(mutated(PDFS))
def test_fuzz_pdfs(data: bytes) -> None:
    check_pdf(data)


@settings(max_examples=100, deadline=None)
@given(mutated(STATUSES))
def test_fuzz_statuses(data: bytes) -> None:
    check_statuses(data)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"%PDF-1.7\n", b"<?xml ", b"[", b"\xff\xfe<\0"]))
def test_fuzz_any_bytes(data: bytes, head: bytes) -> None:
    check_invoice(head + data)
    check_pdf(head + data)
    check_statuses(head + data)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(mutated(XMLS))
def test_fuzz_invoices_at_length(data: bytes) -> None:
    check_invoice(data)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(mutated(PDFS))
def test_fuzz_pdfs_at_length(data: bytes) -> None:
    check_pdf(data)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(mutated(STATUSES))
def test_fuzz_statuses_at_length(data: bytes) -> None:
    check_statuses(data)


def test_utf16_that_says_it_is_utf8() -> None:
    found = read_einvoice(cii().decode().encode("utf-16"))
    assert [one.code for one in found.problems] == ["xml_encoding"]
    assert [one.number for one in found.invoices] == ["F1"]
