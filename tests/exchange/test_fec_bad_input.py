"""Files that are wrong: each gets its problem with line, code, reason and hint; the good is kept; nothing crashes."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.exchange import fec_bytes
from encaisse.exchange.fec import Books, read_fec
from tests.exchange.fec_maker import HEADER, Maker, left
from tests.exchange.test_fec_truth import FILES

SAMPLES = [path.read_bytes() for path in FILES]


def found(data: bytes) -> list[tuple[int | None, str]]:
    return [(one.line, one.code) for one in read_fec(data).problems]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b"\r\n\r\n", "empty_file"),
        (b"\0" * 100_000, "binary_file"),
        (b"PK\x03\x04" + bytes(range(256)), "binary_file"),
        (b"%PDF-1.7\n", "binary_file"),
        (bytes(range(1, 32)) * 50, "binary_file"),
        (b"<?xml version='1.0'?><comptabilite/>", "xml_file"),
        ("JournalCode\tJournalLib".encode("cp500"), "ebcdic"),
        (b"nom;adresse\nDupont;Lyon\n", "not_a_fec"),
        (b"JournalCode|EcritureNum|EcritureDate|CompteNum|Debit\n", "required_column"),
        (HEADER.encode(), "no_entries"),
        (b"a" * 200_000, "line_too_long"),
        ((HEADER + "\n").encode() + b"x" * 200_000, "line_too_long"),
    ],
)
def test_refused_by_name(data: bytes, code: str) -> None:
    books = read_fec(data)
    assert code in [one.code for one in books.problems]
    assert not books.invoices
    assert all(one.message and one.hint for one in books.problems)


class Zeros(io.RawIOBase):
    """A gigabyte of one byte after a head, without its memory."""

    def __init__(self, head: bytes, filler: bytes, size: int = 1 << 30) -> None:
        self.head, self.filler, self.size, self.at, self.most = head, filler, size, 0, 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        size = min(self.size - self.at, size if size >= 0 else self.size)
        self.most = max(self.most, self.at + size)
        head = self.head[self.at : self.at + size]
        self.at += size
        return head + self.filler * (size - len(head))


def test_a_gigabyte_of_zeros_is_refused_at_sight() -> None:
    stream: Any = Zeros(b"", b"\0")
    assert [one.code for one in read_fec(stream).problems] == ["binary_file"]
    assert stream.most <= 4096


def test_zeros_after_a_good_head_and_endless_lines_are_refused_after_a_chunk() -> None:
    head = SAMPLES[0]
    for filler, code in ((b"\0", "binary_file"), (b"0", "line_too_long")):
        stream: Any = Zeros(head, filler)
        assert [one.code for one in read_fec(stream).problems] == [code]
        assert stream.most <= 2 * fec_bytes.CHUNK


def test_a_file_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fec_bytes, "MAX_BYTES", 10_000)
    assert [one.code for one in read_fec(SAMPLES[0]).problems] == ["file_too_large"]
    not_seekable: Any = io.BufferedReader(Pipe(SAMPLES[0]))
    assert [one.code for one in read_fec(not_seekable).problems] == ["file_too_large"]


class Pipe(io.RawIOBase):
    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self.data.readinto(buffer)


def test_a_truncated_file_sets_its_last_entry_aside_and_keeps_the_rest() -> None:
    made = Maker().invoice("20250110", "FA-101", 100).invoice("20250111", "FA-102", 50)
    data = made.text().encode()
    books = read_fec(data[: data.rindex(b"FA-102|2025") + 3])
    assert [(one.line, one.code) for one in books.problems] == [(7, "column_count"), (5, "unbalanced_entry")]
    assert left(books) == {"FA-101": 100}
    assert books.counts["lines_set_aside"] == 3


def test_truncated_inside_a_letter_is_still_utf8() -> None:
    data = Maker().invoice("20250110", "FA-101", 100).text().encode() + "VE|Ventes|9|20250101|411|Élo".encode()[:-2]
    books = read_fec(data.replace(b"Facture", "Reçu".encode()) + b"\xc3")
    assert books.encoding == "utf-8"
    assert left(books) == {"FA-101": 100}


def test_an_unbalanced_entry_is_set_aside() -> None:
    made = Maker().invoice("20250110", "FA-101", 100)
    made.entry("VE", "20250111", "FA-102", "faux", ("411000", "C1", 100, ""), ("706000", "", -99, ""))
    books = made.books()
    assert left(books) == {"FA-101": 100}
    problem = books.problems[0]
    assert (problem.line, problem.code) == (5, "unbalanced_entry")
    assert "1.00" in problem.message


def test_wrong_dates_amounts_and_accounts() -> None:
    good = Maker().invoice("20250110", "FA-101", 100).text()
    line = "OD|OD|77|{date}|{account}|x|||R|20250101|lib|{amount}|0,00|||||\r\n"
    bad = [
        line.format(date="20250231", account="512", amount="0,00"),
        line.format(date="", account="512", amount="0,00"),
        line.format(date="20250101", account="512", amount="1,2,3"),
        line.format(date="20250101", account="512", amount="12,345"),
        line.format(date="20250101", account="512", amount="9" * 30),
        line.format(date="20250101", account="client", amount="0,00"),
    ]
    assert found((good + "".join(bad)).encode())[:6] == [
        (5, "bad_date"), (6, "bad_date"), (7, "bad_amount"), (8, "bad_amount"), (9, "bad_amount"), (10, "bad_account"),
    ]  # fmt: skip


def test_a_side_that_is_no_side() -> None:
    data = (
        b"JournalCode|EcritureNum|EcritureDate|CompteNum|PieceRef|PieceDate|EcritureLib|JournalLib|CompteLib|Montant|Sens\n"
        b"VE|1|20250101|411000|F1|20250101|l|V|C|10,00|D\nVE|1|20250101|706000|F1|20250101|l|V|C|10,00|X\n"
    )
    assert found(data) == [(3, "bad_amount"), (2, "unbalanced_entry"), (None, "no_customers")]


def test_amounts_in_other_forms() -> None:
    made = Maker().invoice("20250110", "FA-101", 100)
    forms = ("1 234,50", "1\u202f234,5", "1.234,50", "1,234.50", "1234.5", "+1234,500", "1234,50\u20ac")
    for number, form in enumerate(forms):
        for account, sides in (("411000", (form, "")), ("706000", ("0", "1234,50"))):
            made.lines.append("|".join(["VE", "V", f"9{number}", "20250101", account, "c", "C1", "n", f"F-{number}",
                                        "20250101", "l", *sides, "", "", "20250101", "", ""]))  # fmt: skip
    books = made.books()
    assert not books.problems
    assert {i.amount for i in books.invoices if i.number.startswith("F-")} == {123450}


def test_a_line_break_inside_a_label_is_mended() -> None:
    text = Maker().invoice("20250110", "FA-101", 100).text().replace("|Facture FA-101|", "|Facture\r\nFA-101|", 1)
    books = read_fec(text.encode())
    assert [(one.line, one.code) for one in books.problems] == [(2, "broken_line")]
    assert left(books) == {"FA-101": 100}


def test_a_separator_inside_a_label_is_mended_when_only_one_reading_fits() -> None:
    text = Maker().invoice("20250110", "FA-101", 100).text()
    books = read_fec(text.replace("|Facture FA-101|", "|Facture|FA-101|", 1).encode())
    assert [(one.line, one.code) for one in books.problems] == [(2, "separator_in_text")]
    assert left(books) == {"FA-101": 100}
    assert books.invoices[0].label == "Facture FA-101"


def test_a_line_with_too_many_columns_is_set_aside() -> None:
    text = Maker().invoice("20250110", "FA-101", 100).text().replace("|20250110|411000", "|x|y|20250110|411000", 1)
    assert found(text.encode()) == [(2, "column_count"), (3, "unbalanced_entry"), (None, "no_customers")]


def test_empty_columns_left_out_at_the_end_and_blank_lines_do_not_matter() -> None:
    text = Maker().invoice("20250110", "FA-101", 100).text().replace("||\r\n", "\r\n\r\n")
    books = read_fec(text.encode())
    assert left(books) == {"FA-101": 100}
    assert not books.problems


def test_a_closing_separator_on_each_line_does_not_matter() -> None:
    text = Maker().invoice("20250110", "FA-101", 100).text()
    assert left(read_fec(text.replace("\r\n", "|\r\n").encode())) == {"FA-101": 100}


def test_quoted_fields_are_read() -> None:
    made = Maker().invoice("20250110", "FA-101", 100)
    lines = ["|".join(f'"{cell}"' for cell in line.split("|")) for line in made.text().split("\r\n") if line]
    assert left(read_fec("\n".join(lines).encode())) == {"FA-101": 100}


def test_drafts_and_foreign_currencies_are_said_once() -> None:
    text = Maker().invoice("20250110", "FA-101", 100).text()
    text = text.replace("|20250110||\r\n", "||-108,00|USD\r\n")
    assert found(text.encode()) == [(None, "draft_entries"), (None, "foreign_currency")]


def test_missing_and_unknown_columns_are_said() -> None:
    text = Maker().invoice("20250110", "FA-101", 100).text().replace("PieceRef", "Humeur").replace("FA-101|2", "|2")
    books = read_fec(text.encode())
    assert [(one.code, one.column) for one in books.problems] == [
        ("unknown_column", "Humeur"), ("missing_column", "PieceRef"),
    ]  # fmt: skip
    assert left(books) == {"FA-101": 100}


def test_one_flipped_byte_does_not_change_the_encoding_of_the_rest() -> None:
    data = bytearray(SAMPLES[0])
    data[data.index("É".encode()[0:1])] = 0xFF
    books = read_fec(bytes(data))
    assert books.encoding == "utf-8"
    assert "bad_bytes" in [one.code for one in books.problems]


def test_numbered_by_line_the_entries_still_balance() -> None:
    made = Maker().invoice("20250110", "FA-101", 100)
    lines = made.text().split("\r\n")
    lines[1:4] = [line.replace("|00001|", f"|0000{at}|") for at, line in enumerate(lines[1:4])]
    books = read_fec("\n".join(lines).encode())
    assert left(books) == {"FA-101": 100}
    assert not books.problems


def test_the_same_problem_a_thousand_times_is_listed_a_hundred_times() -> None:
    lines = [HEADER, *("VE|V|1|20259999|411|c|C|n|F|20250101|l|1,00|0,00|||||" for _ in range(1000))]
    books = read_fec("\n".join(lines).encode())
    assert books.counts["problem:bad_date"] == 1000
    assert len(books.problems) < 110
    assert any("900" in one.message for one in books.problems if one.code == "more_of_the_same")


# A place left open in the words; a brace of the file itself may stand there.
_UNFILLED = re.compile(r"\{[a-z_]{2,}\}")


def consistent(books: Books) -> None:
    """What holds of any books: no debit or credit is used beyond its amount, and every problem has its words."""
    assert all(amount >= 0 for amount in books.open_amounts())
    assert all(amount >= 0 for amount in books.unallocated())
    assert all(invoice.amount > 0 for invoice in books.invoices)
    assert all(payment.amount > 0 for payment in books.payments)
    assert books.frames.invoices["key"].to_list() == [invoice.key for invoice in books.invoices]
    assert len({payment.key for payment in books.payments}) == len(books.payments)
    assert len({invoice.key for invoice in books.invoices}) == len(books.invoices)
    assert all(one.message and one.hint and not _UNFILLED.search(one.message) for one in books.problems)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real sample with lines moved, cut or doubled and bytes changed."""
    lines = draw(st.sampled_from(SAMPLES)).split(b"\n")[: draw(st.integers(1, 60))]
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        place = draw(st.integers(0, len(line)))
        change = draw(st.sampled_from(["drop", "double", "cut", "bytes", "swap", "join"]))
        if change == "drop":
            lines[at] = b""
        elif change == "double":
            lines.insert(at, line)
        elif change == "cut":
            lines[at] = line[:place]
        elif change == "bytes":
            lines[at] = line[:place] + draw(st.binary(max_size=6)) + line[place + draw(st.integers(0, 4)) :]
        elif change == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] = line + (lines.pop(at + 1) if at + 1 < len(lines) else b"")
    return b"\n".join(lines)


@settings(max_examples=100, deadline=None)
@given(mutated())
def test_fuzz_damaged_books(data: bytes) -> None:
    consistent(read_fec(data))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600), st.booleans())
def test_fuzz_any_bytes(data: bytes, with_header: bool) -> None:
    consistent(read_fec((HEADER.encode() + b"\n" if with_header else b"") + data))


_CELLS = st.sampled_from(
    ["", "VE", "BQ", "AN", "OD", "20250101", "20250230", "411000", "416000", "419100", "512000", "706000", "C1", "F1",
     "1,00", "-1,00", "100,00", "99999999999,99", "AA", "é", '"', "x|y", "\u2028", "\x0b"]
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(_CELLS, min_size=16, max_size=19), max_size=12))
def test_fuzz_any_cells(rows: list[list[str]]) -> None:
    consistent(read_fec("\n".join([HEADER, *("|".join(row) for row in rows)]).encode()))


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(mutated())
def test_fuzz_damaged_books_at_length(data: bytes) -> None:
    consistent(read_fec(data))
