"""Tables are read whatever their container, encoding, separator and title; what cannot be read is refused by name."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from encaisse.exchange import table_archive, table_text, tables
from encaisse.exchange.tables import TableFile, read_table
from tests.exchange.table_maker import ods, packed, xlsx

HEADERS = ["N° facture", "Client", "Date", "Échéance", "Montant TTC", "Réglé"]
ROWS = [
    ["F-001", "Menuiserie Aubry", date(2025, 9, 1), date(2025, 10, 1), Decimal("1234.5"), 0],
    ["F-002", "Œuvres  & Fils", date(2025, 9, 15), None, 1200, 1200],
]
TEXT = """N° facture;Client;Date;Échéance;Montant TTC;Réglé
F-001;Menuiserie Aubry;01/09/2025;01/10/2025;1 234,50;0
F-002;Café d'été à Nîmes;15/09/2025;15/10/2025;1 200,00;1200
"""


def codes(table: TableFile) -> list[str]:
    return [one.code for one in table.problems]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "cp1252", "iso-8859-15", "cp850", "mac-roman", "utf-16", "utf-16-le", "utf-16-be"],
)
@pytest.mark.parametrize("separator", [";", "\t", "|", ","])
def test_encodings_and_separators(encoding: str, separator: str) -> None:
    text = TEXT.replace(";", separator).replace("1 234,50", "1 234.50").replace("1 200,00", "1 200.00")
    table = read_table(text.encode(encoding))
    assert table.grid.headers == ("N° facture", "Client", "Date", "Échéance", "Montant TTC", "Réglé")
    assert table.grid.rows[1].at(1) == "Café d'été à Nîmes"
    assert table.separator == separator
    assert codes(table) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_told_separator(end: str) -> None:
    table = read_table(("sep=;\n" + TEXT).replace("\n", end).encode())
    assert [row.line for row in table.grid.rows] == [3, 4]
    assert table.grid.header_line == 2


def test_title_totals_repeated_headers_and_remarks() -> None:
    lines = TEXT.splitlines()
    text = "\n".join(
        ["Société Exemple;;;", "", "Édité le 21/11/2025", lines[0], lines[1], lines[0], lines[2],
         "Total général;;;;2 434,50;1200", "Nombre de lignes : 2"]
    )  # fmt: skip
    grid = read_table(text.encode()).grid
    assert grid.header_line == 4
    assert [row.at(0) for row in grid.rows] == ["F-001", "F-002", "Nombre de lignes : 2"]
    assert [row.line for row in grid.totals] == [8]
    assert len(grid.title) == 2


def test_a_customer_whose_name_begins_with_total_is_no_total() -> None:
    text = TEXT.replace("Menuiserie Aubry", "Total Énergies") + "F-003;TOTAL;01/09/2025;01/10/2025;5,00;0\n"
    grid = read_table(text.encode()).grid
    assert len(grid.rows) == 3
    assert grid.totals == ()


def test_quotes_over_lines_stray_quotes_and_excel_texts() -> None:
    text = (
        'Facture;Client;Date;Montant TTC\n'
        '="00012";"Aubry ; ""le vrai""\nBât. B";01/09/2025;12,00\n'
        'F2;Écran 24" plat;02/09/2025;13,00\n'
        'F3;"jamais fermé;03/09/2025;14,00\n'
        "F4;Dupont;04/09/2025;15,00\n"
    )  # fmt: skip
    table = read_table(text.encode())
    assert [row.at(0) for row in table.grid.rows] == ["00012", "F2", "F3", "F4"]
    assert [row.line for row in table.grid.rows] == [2, 4, 5, 6]
    assert table.grid.rows[0].at(1) == 'Aubry ; "le vrai"\nBât. B'
    assert table.grid.rows[1].at(1) == 'Écran 24" plat'
    assert codes(table) == ["open_quote"]


@pytest.mark.parametrize("data", [xlsx([HEADERS, *ROWS]), ods([HEADERS, *ROWS])], ids=["xlsx", "ods"])
def test_workbooks_keep_days_and_numbers(data: bytes) -> None:
    table = read_table(data, language="en")
    assert table.kind == "xlsx"
    assert codes(table) == []
    assert table.grid.headers == tuple(HEADERS)
    assert table.grid.rows[0].cells[2:] == (date(2025, 9, 1), date(2025, 10, 1), Decimal("1234.5"), Decimal(0))
    assert str(table.grid.rows[1].at(1)).split() == ["Œuvres", "&", "Fils"]
    assert [row.line for row in table.grid.rows] == [2, 3]


def test_a_workbook_of_1904_hidden_sheets_and_blank_ones() -> None:
    table = read_table(xlsx([["secret"], ["x"]], [], [HEADERS, *ROWS], hidden=1, from_1904=True))
    assert table.grid.sheet == "s3"
    assert table.grid.rows[0].at(2) == date(2025, 9, 1)


def test_noise_of_binary_fractions_formulas_and_errors() -> None:
    row = ["F1", "Aubry", date(2025, 9, 1), "<f>A1</f><v></v>", "<v>1234.5599999999999</v>", "<v>1E+2</v>"]
    table = read_table(xlsx([HEADERS, row]))
    assert table.grid.rows[0].cells[3:] == ("", Decimal("1234.56"), Decimal(100))
    assert codes(table) == ["formula_without_value"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"  \n \n", "empty_file"),
        (b"%PDF-1.4\n%\xe2\xe3", "binary_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "other_workbook"),
        (b"<html><table><tr><td>Facture</td></tr></table>", "not_a_table"),
        (packed({"facture.pdf": b"x"}), "not_a_table"),
        (packed({"xl/workbook.bin": b"x", "[Content_Types].xml": b""}), "other_workbook"),
        (xlsx([HEADERS, *ROWS])[:-40], "not_a_table"),
        (packed({"[Content_Types].xml": "", "xl/workbook.xml": "<workbook><sheets>"}), "workbook_broken"),
        (xlsx([HEADERS, *ROWS], extra='<!DOCTYPE x [<!ENTITY a "b">]>'), "workbook_doctype"),
        (ods([HEADERS, *ROWS], before='<!DOCTYPE x [<!ENTITY a "b">]>'), "workbook_doctype"),
        (b"a" * 70_000, "line_too_long"),
        (TEXT.splitlines()[0].encode(), "table_without_rows"),
    ],
)
def test_refused_by_name(data: bytes, code: str) -> None:
    table = read_table(data, language="en")
    assert codes(table) == [code]
    assert table.grid.rows == ()
    assert table.problems[0].message.isascii()


def test_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_archive, "MAX_UNPACKED", 100_000)
    bomb = packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a>" + b" " * 10**7})
    assert len(bomb) < 20_000
    assert codes(read_table(bomb)) == ["workbook_bomb"]
    deep = packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a>" * 5000})
    assert codes(read_table(deep)) == ["workbook_bomb"]
    monkeypatch.setattr(table_text, "MAX_CELLS", 10)
    monkeypatch.setattr(table_archive, "MAX_CELLS", 10)
    monkeypatch.setattr(tables, "MAX_BYTES", 10_000)
    assert codes(read_table(TEXT.encode())) == ["table_too_large"]
    assert codes(read_table(xlsx([HEADERS, *ROWS]))) == ["table_too_large"]
    assert codes(read_table(b"a;b\n" * 5_000)) == ["file_too_large"]


def test_repeated_cells_of_a_hostile_sheet_are_counted() -> None:
    row = (
        '<table:table-row table:number-rows-repeated="999999999"><table:table-cell office:value-type="float" '
        'table:number-columns-repeated="16384" office:value="1"/></table:table-row>'
    )
    good = zipfile.ZipFile(io.BytesIO(ods([HEADERS])))
    content = good.read("content.xml").decode().replace("<table:table-row>", row + "<table:table-row>", 1)
    data = packed({"mimetype": good.read("mimetype"), "content.xml": content})
    assert codes(read_table(data)) == ["table_too_large"]


def test_too_many_columns_are_cut_with_a_problem() -> None:
    wide = ";".join(["x"] * 600)
    table = read_table((TEXT + wide + "\n").encode())
    assert codes(table) == ["too_many_columns"]
    assert len(table.grid.rows[-1].cells) == table_text.MAX_COLUMNS


def test_open_quotes_one_after_the_other_take_no_row_away() -> None:
    rows = [f'F{at};"Écran 24;0{at}/09/2025;5,00' for at in range(1, 5)]
    table = read_table("\n".join(["Facture;Client;Date;Total", *rows]).encode())
    assert [row.at(0) for row in table.grid.rows] == ["F1", "F2", "F3", "F4"]
    assert codes(table) == ["open_quote"] * 4


def test_quotes_made_to_stay_open_do_not_hang() -> None:
    table = read_table(b"Facture;Client\n" + b'x";"y\n' * 20_000)
    assert len(table.grid.rows) > 10_000
    assert codes(table).count("open_quote") == 100


NOTICE = [["Bonjour"], ["Les factures sont dans le deuxième onglet"], ["Bonne lecture"]]


def test_of_several_sheets_the_first_with_headers_is_read_and_the_others_named() -> None:
    table = read_table(xlsx(NOTICE, [HEADERS, *ROWS], NOTICE, [HEADERS, ROWS[0]]))
    assert (table.grid.headers, len(table.grid.rows)) == (tuple(HEADERS), 2)
    assert [(one.code, one.values["name"], one.values["others"]) for one in table.problems] == [
        ("other_sheets", "s2", "s4")
    ]


def test_a_damaged_sheet_that_is_not_read_takes_nothing_away() -> None:
    parts = zipfile.ZipFile(io.BytesIO(xlsx([HEADERS, *ROWS], [HEADERS, *ROWS])))
    content = {name: parts.read(name) for name in parts.namelist()} | {"xl/worksheets/s2.xml": b"<worksheet><x"}
    table = read_table(packed(content))
    assert (len(table.grid.rows), codes(table)) == (2, [])


def test_words_merged_over_rows_stand_in_each_and_amounts_once() -> None:
    below = ["F-003", None, date(2025, 9, 2), None, 50, None]
    for merged, cells in (
        ("B2:B3", ("Menuiserie Aubry", Decimal(50))),
        ("E2:E3", ("", Decimal(50))),
        ("B2:B1", ("", 50)),
    ):
        table = read_table(xlsx([HEADERS, ROWS[0], below, ROWS[1]], merged=merged))
        assert (table.grid.rows[1].at(1), table.grid.rows[1].at(4)) == cells
    blank = ["F-003", "x", date(2025, 9, 2), None, None, None]
    table = read_table(xlsx([HEADERS, ROWS[0], blank, ROWS[1]], merged="E2:E3"))
    assert table.grid.rows[1].at(4) == ""


def test_a_sum_without_a_word_is_a_total() -> None:
    table = read_table((TEXT + ";;;;2 434,50;1200\n").encode())
    assert (len(table.grid.rows), len(table.grid.totals)) == (2, 1)
    table = read_table((TEXT + "F-003;Durand;;;;1200\n").encode())
    assert (len(table.grid.rows), len(table.grid.totals)) == (3, 0)
