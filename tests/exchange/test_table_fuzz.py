"""Damaged tables: nothing crashes, hangs or says what cannot be, whatever the bytes and whatever the mapping."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.exchange.table_guess import remapped
from encaisse.exchange.table_mapping import FIELDS, from_json
from encaisse.exchange.table_records import records
from encaisse.exchange.table_values import FIRST_YEAR, LAST_YEAR
from encaisse.exchange.tables import TableFile, read_table
from tests.exchange.table_maker import ods, packed, xlsx

SAMPLES = [path.read_bytes() for path in sorted((Path(__file__).parent / "tables").glob("*.*")) if path.suffix != ".md"]
_ROWS = [["Facture", "Client", "Date", "Total TTC"], ["F1", "Aubry", date(2025, 9, 1), Decimal("5.5")],
         ["F2", "Café", date(2025, 9, 2), 7], ["Total", None, None, Decimal("12.5")]]  # fmt: skip
BOOKS = [xlsx(_ROWS), ods(_ROWS)]
_TOKENS = [b"9", b"-", b",", b".", b";", b'"', b"\t", b"|", b"\0", b"\r", b"\xff", b"Total", b"(", b"99/99/9999", b"CR"]
_XML_TOKENS = [b"<", b">", b"&", b'"', b"9", b"-", b"99999999999", b"<c/>", b"<row>", b"</v>", b"NaN", b"1E999", b"!"]


def consistent(table: TableFile) -> None:
    """What holds of anything read: real days, finite amounts, problems with words, each row accounted for."""
    found = records(table)
    for one in (*table.problems, *found.problems):
        assert one.message
        assert one.hint
        assert one.line is None or one.line > 0
    for invoice in found.invoices:
        assert invoice.number
        assert invoice.customer_code or invoice.customer_name
        assert invoice.payable.is_finite()
        assert invoice.gross is not None or invoice.open is not None
        days = [day for day in (invoice.issued_on, invoice.due_on) if day]
        assert days
        assert all(FIRST_YEAR <= day.year <= LAST_YEAR for day in days)
    for payment in found.payments:
        assert payment.amount.is_finite()
        assert abs(payment.amount) < 10**15
    for transaction in found.transactions:
        assert transaction.amount.is_finite()
        assert transaction.booked_on
    for line in found.aged:
        assert line.total.is_finite()
    taken = found.counts["invoices"] + found.counts["payments"] + found.counts["transactions"] + found.counts["aged"]
    assert taken + found.counts["set_aside"] <= len(table.grid.rows)
    assert from_json(table.guess.to_json()).places == table.guess.places
    assert [one.code for one in records(table, language="en").problems] == [one.code for one in found.problems]


def _damage(draw: st.DrawFn, data: bytes, tokens: list[bytes]) -> bytes:
    lines = data.split(b"\n")
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        place = draw(st.integers(0, len(line)))
        change = draw(st.sampled_from(["drop", "double", "cut", "bytes", "swap", "token", "end"]))
        if change == "drop":
            lines[at] = b""
        elif change == "double":
            lines[at : at + 1] = [line] * draw(st.integers(2, 4))
        elif change == "cut":
            lines[at] = line[:place]
        elif change == "bytes":
            lines[at] = line[:place] + draw(st.binary(max_size=5)) + line[place + draw(st.integers(0, 4)) :]
        elif change == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif change == "token":
            lines[at] = line[:place] + draw(st.sampled_from(tokens)) + line[place:]
        else:
            lines = lines[: at + 1]
    return b"\n".join(lines)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A text sample with lines moved, cut or doubled, bytes changed, or the head of another."""
    data = _damage(draw, draw(st.sampled_from(SAMPLES)), _TOKENS)
    if draw(st.booleans()):
        other = draw(st.sampled_from(SAMPLES)).split(b"\n")
        data = b"\n".join([*other[: draw(st.integers(0, 3))], data])
    return data


@st.composite
def damaged_book(draw: st.DrawFn) -> bytes:
    """A workbook whose archive or one of whose parts is changed."""
    data = draw(st.sampled_from(BOOKS))
    if draw(st.booleans()):
        return _damage(draw, data, _TOKENS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(parts)))
    content = parts[name].replace(b"><", b">\n<")
    parts[name] = _damage(draw, content, _XML_TOKENS)
    return packed(parts)


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_fuzz_damaged_text(data: bytes) -> None:
    consistent(read_table(data))


@settings(max_examples=150, deadline=None)
@given(damaged_book())
def test_fuzz_damaged_workbooks(data: bytes) -> None:
    consistent(read_table(data))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([b"", b"PK\x03\x04", b"Facture;Client;Date;Total\n", b"\xff\xfe", b"sep=\n"]),
    st.binary(max_size=300),
)
def test_fuzz_any_bytes(head: bytes, data: bytes) -> None:
    consistent(read_table(head + data))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_fuzz_any_mapping(data: st.DataObject) -> None:
    table = read_table(data.draw(st.sampled_from(SAMPLES)))
    kind = data.draw(st.sampled_from(sorted(FIELDS)))
    mapping = remapped(table.grid, table.guess, kind)  # type: ignore[arg-type]
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(mapping.columns) - 1))
        mapping = mapping.with_field(place, data.draw(st.sampled_from(("", *FIELDS[mapping.kind]))))
    found = records(table, mapping, "en")
    assert found.kind == kind
    assert all(one.message for one in found.problems)


@pytest.mark.slow
def test_fuzz_damaged_text_at_length() -> None:
    settings(max_examples=20_000, deadline=None)(given(damaged())(lambda data: consistent(read_table(data))))()


@pytest.mark.slow
def test_fuzz_damaged_workbooks_at_length() -> None:
    settings(max_examples=20_000, deadline=None)(given(damaged_book())(lambda data: consistent(read_table(data))))()
