"""Statement and worksheet: their figures add up, on paper too."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from pypdf import PdfReader

from encaisse.documents import Credit, InvoiceLine, WorksheetRow, aging, render_statement, render_worksheet
from encaisse.documents.words import LANGUAGES, plain
from tests.documents.samples import INVOICES, WHOLE

NOT_DUE = InvoiceLine("F-2026-0490", date(2026, 11, 2), date(2026, 12, 2), 45_050, 45_050)
OLD = InvoiceLine("F-2026-0211", date(2026, 3, 2), date(2026, 4, 1), 300_000, 200_000, 233)
WIDE = replace(WHOLE, invoices=(NOT_DUE, *INVOICES, OLD), credit=10_000)
CREDITS = (Credit("Virement du 12 novembre", date(2026, 11, 12), 10_000),)


def stretch(start: date, end: date, rate: str, base: int, invoice: str = "F-2026-0211") -> WorksheetRow:
    days = (end - start).days + 1
    interest = Fraction(base) * Fraction(rate) * days / 36_500
    return WorksheetRow(invoice, start, end, days, Decimal(rate), base, interest, "BCE, 1er juillet 2026")


ROWS = (
    stretch(date(2026, 4, 2), date(2026, 6, 30), "12.15", 200_000),
    stretch(date(2026, 7, 1), date(2026, 11, 20), "12.40", 200_000),
    stretch(date(2026, 10, 2), date(2026, 11, 20), "12.40", 123_456, "F-2026-0412"),
)


def printed(pdf: bytes) -> str:
    return plain(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


@pytest.mark.parametrize(
    ("days", "bucket"), [(-3, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)]
)
def test_buckets_are_half_open(days: int, bucket: int) -> None:
    found = aging([replace(NOT_DUE, days_late=days)])
    assert found[bucket] == sum(found) == NOT_DUE.open


def test_a_statement_adds_up() -> None:
    text = printed(render_statement(WIDE, "fr", CREDITS))
    assert sum(aging(WIDE.invoices)) == WIDE.gross == 606_506
    for words in ("6 065,06 €", "−100,00", "5 965,06 €", "5 514,56 €", "non échue", "233 j", "Plus de 90 jours"):
        assert words in text
    assert "Page 1 / 1" in text


def test_a_statement_whose_credits_differ_is_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        render_statement(WIDE, "fr")


def test_a_statement_with_nothing_due_asks_for_nothing() -> None:
    text = printed(render_statement(replace(WHOLE, invoices=(NOT_DUE,)), "en"))
    assert "To pay by bank transfer" not in text
    assert "€450.50" in text


def test_a_worksheet_rounds_once_per_invoice() -> None:
    text = printed(render_worksheet(WIDE, "fr", ROWS, known_to=date(2026, 12, 31)))
    assert "59,9178" in text
    assert "97,1616" in text
    assert "157,08" in text
    assert "20,9706" in text
    assert "178,05" in text
    assert "31 décembre 2026" in text
    with pytest.raises(ValueError):
        render_worksheet(WIDE, "fr", ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_data_same_bytes(language: str) -> None:
    assert render_statement(WIDE, language, CREDITS) == render_statement(WIDE, language, CREDITS)
    assert render_worksheet(WIDE, language, ROWS) == render_worksheet(WIDE, language, ROWS)
    for pdf in (render_statement(WIDE, language, CREDITS), render_worksheet(WIDE, language, ROWS)):
        metadata = PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/Metadata"].get_data().decode()
        assert "<pdfaid:part>2</pdfaid:part>" in metadata


def test_a_long_statement_goes_on() -> None:
    lines = tuple(replace(OLD, number=f"F-{number:05d}") for number in range(120))
    pdf = render_statement(replace(WHOLE, invoices=lines), "fr")
    found = [plain(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]
    assert len(found) > 2
    assert all(f"Page {number} / {len(found)}" in page for number, page in enumerate(found, 1))
