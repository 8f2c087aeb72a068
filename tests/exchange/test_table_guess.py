"""What columns mean: from headers, from values alone, with dates and decimals settled over the whole table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.exchange.table_guess import recalled, remapped
from encaisse.exchange.table_headers import bucket, by_header
from encaisse.exchange.table_mapping import FIELDS, fingerprint, from_json, ready_mappings, words
from encaisse.exchange.table_records import records
from encaisse.exchange.table_values import DateOrder, DecimalMark, read_amount, read_date
from encaisse.exchange.tables import TableFile, read_table
from tests.exchange.table_maker import xlsx

SAMPLES = Path(__file__).parent / "tables"


def table(*lines: str) -> TableFile:
    return read_table("\n".join(lines).encode())


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("31/12/2025", "dmy", date(2025, 12, 31)),
        ("12/31/2025", "mdy", date(2025, 12, 31)),
        ("31/12/2025", "mdy", None),
        ("31.12.25", "dmy", date(2025, 12, 31)),
        ("1-2-2025", "dmy", date(2025, 2, 1)),
        ("01/02/99", "dmy", date(1999, 2, 1)),
        ("2025-12-31", "dmy", date(2025, 12, 31)),
        ("2025/12/31", "mdy", date(2025, 12, 31)),
        ("2025-12-31T10:20:30Z", "dmy", date(2025, 12, 31)),
        ("31/12/2025 10:20", "dmy", date(2025, 12, 31)),
        ("20251231", "ymd", date(2025, 12, 31)),
        ("31122025", "dmy8", date(2025, 12, 31)),
        ("46022", "serial", date(2025, 12, 31)),
        ("46022,5", "serial", date(2025, 12, 31)),
        ("31 décembre 2025", "dmy", date(2025, 12, 31)),
        ("mer. 31 déc. 2025", "dmy", date(2025, 12, 31)),
        ("1er août 2025", "dmy", date(2025, 8, 1)),
        ("31-Dec-25", "dmy", date(2025, 12, 31)),
        ("Dec 31, 2025", "mdy", date(2025, 12, 31)),
        ("30/02/2025", "dmy", None),
        ("31/12/0025", "dmy", None),
        ("soon", "dmy", None),
    ],
)
def test_dates(text: str, order: DateOrder, day: date | None) -> None:
    assert read_date(text, order) == day


@pytest.mark.parametrize(
    ("text", "mark", "value", "side"),
    [
        ("1 234,56", ",", "1234.56", ""),
        ("1\u202f234,56\u00a0€", ",", "1234.56", ""),
        ("1,234.56", ".", "1234.56", ""),
        ("1.234.567,8", ",", "1234567.8", ""),
        ("1'234.50 CHF", ".", "1234.50", ""),
        ("1.234", ",", "1234", ""),
        ("1.234", ".", "1.234", ""),
        ("1234.56", ",", "1234.56", ""),
        ("(12.00)", ".", "-12.00", ""),
        ("-12", ",", "-12", ""),
        ("12,00-", ",", "-12.00", ""),
        ("−12,00", ",", "-12.00", ""),
        ("$-19.40", ".", "-19.40", ""),
        ("-$19.40", ".", "-19.40", ""),
        ("12,00 CR", ",", "12.00", "C"),
        ("12,00 D", ",", "12.00", "D"),
        ("EUR 1 200", ",", "1200", ""),
        ("0", ",", "0", ""),
        ("-0,00", ",", "0.00", ""),
        (",50", ",", "0.50", ""),
        ("12,3456,78", ",", None, ""),
        ("1 23", ",", None, ""),
        ("F001", ",", None, ""),
        ("12/34", ",", None, ""),
        ("1e5", ",", None, ""),
        ("9" * 30, ",", None, ""),
    ],
)
def test_amounts(text: str, mark: DecimalMark, value: str | None, side: str) -> None:
    found = read_amount(text, mark)
    assert (str(found.value), found.side) == (value, side) if found else value is None


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.sampled_from([(",", " "), (",", "."), (".", ","), (".", "'"), (",", "\u202f"), (".", "")]),
)
def test_every_amount_is_read_back(value: Decimal, style: tuple[DecimalMark, str]) -> None:
    mark, group = style
    text = f"{value:,.2f}".replace(",", "\0").replace(".", mark).replace("\0", group)
    found = read_amount(text, mark)
    assert found is not None
    assert found.value == value


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2069, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    forms: dict[str, DateOrder] = {"%d/%m/%Y": "dmy", "%m/%d/%Y": "mdy", "%d.%m.%y": "dmy", "%Y%m%d": "ymd",
                                   "%d%m%Y": "dmy8"}  # fmt: skip
    for form, order in forms.items():
        assert read_date(day.strftime(form), order) == day
    assert read_date(str((day - date(1899, 12, 30)).days), "serial") == day


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("0-30 jours", "bucket:0-30"), ("31 à 60 j", "bucket:31-60"), ("de 61 à 90 jours", "bucket:61-90"),
        ("> 90 jours", "bucket:91-"), ("+ de 120 jours", "bucket:121-"), ("Plus de 90 j.", "bucket:91-"),
        ("91 and over", "bucket:91-"), ("90+", "bucket:90-"), ("1 - 30", "bucket:1-30"), ("Échu 1-30 j", "bucket:1-30"),
        ("Échu de plus de 90 jours", "bucket:91-"), ("< 1 Month", "bucket:1-30"), ("Older", "bucket:121-"),
        ("moins de 30 jours", "bucket:1-30"), ("2024-2025", ""), ("30-1", ""), ("30 jours fin de mois", ""),
        ("Total", ""),
    ],
)  # fmt: skip
def test_ages(header: str, field: str) -> None:
    assert bucket(header) == field


def test_headers_known_whole_or_in_part() -> None:
    assert by_header("N° de facture") == ("number", 95)
    assert by_header("Date d’échéance")[0] == "due_on"
    assert by_header("Montant TTC (€)") == ("gross", 95)
    assert by_header("Montant TTC de la facture")[0] == "gross"
    assert by_header("") == ("", 0)
    assert by_header("Couleur préférée du chat") == ("", 0)


def test_the_words_name_fields_that_exist() -> None:
    general = {"date", "amount", "name", "code", "reference", "label"}
    known = general.union(*FIELDS.values())
    assert set(words()["fields"].values()) <= known
    for one in ready_mappings():
        assert {field for field in one["columns"].values() if not field.startswith("bucket:")} <= set(
            FIELDS[one["kind"]]
        )
        assert set(one["needs"]) - {"Général"} <= set(one["columns"]) | {"Created (UTC)"}
        assert next(SAMPLES.glob(f"{one['id']}.*")).is_file()


@pytest.mark.parametrize(
    ("days", "order", "unsure"),
    [
        (["03/04/2025", "13/04/2025"], "dmy", False),
        (["03/04/2025", "04/13/2025"], "mdy", False),
        (["03/04/2025", "05/06/2025"], "dmy", True),
        (["20250403", "20250413"], "ymd", False),
        (["03042025", "31122025"], "dmy8", False),
        (["45750", "45760"], "serial", False),
        (["2025-04-03", "2025-04-05"], "ymd", False),
        (["3 avril 2025", "4 avril 2025"], "ymd", False),
    ],
)
def test_the_column_as_a_whole_decides(days: list[str], order: str, unsure: bool) -> None:
    rows = [f"INV{at},Aubry,{day},12.50" for at, day in enumerate(days)]
    found = table("Invoice number,Customer,Invoice date,Total", *rows)
    assert (found.guess.date_order, found.guess.ambiguous_dates) == (order, unsure)
    assert ("ambiguous_dates" in [one.code for one in found.problems]) == unsure
    assert len(records(found).invoices) == 2


def test_due_dates_and_french_headers_settle_what_is_open() -> None:
    american = table("Invoice number,Customer,Invoice date,Due date,Total", "1,A,01/10/2025,02/09/2025,5.00")
    assert (american.guess.date_order, american.guess.ambiguous_dates) == ("mdy", False)
    french = table("Facture;Client;Date de facture;Total TTC", "1;A;03/01/2025;5,00")
    assert (french.guess.date_order, french.guess.ambiguous_dates) == ("dmy", False)


def test_the_decimal_mark_is_that_of_the_column() -> None:
    told = table("Facture;Client;Date;Total TTC", "1;A;03/01/2025;1.234", "2;A;03/01/2025;5,50")
    assert (told.guess.decimal_mark, told.guess.ambiguous_amounts) == (",", False)
    assert records(told).invoices[0].gross == 1234
    silent = table("Facture;Client;Date;Total TTC", "1;A;03/01/2025;1.234", "2;A;03/01/2025;5")
    assert silent.guess.ambiguous_amounts
    assert [one.code for one in silent.problems] == ["ambiguous_amounts"]


def test_values_alone_are_enough_for_a_proposal() -> None:
    found = table(
        "F-0001;Menuiserie Aubry;15/09/2025;1 200,00;compta@aubry.example;732 829 320",
        "F-0002;Menuiserie Aubry;16/09/2025;20,50;compta@aubry.example;732829320",
        "F-0003;Café des Arts;17/09/2025;99,90;cafe@arts.example;",
    )
    assert found.grid.header_line is None
    assert [one.field for one in found.guess.columns][2:] == ["issued_on", "gross", "email", "siren"]
    corrected = remapped(found.grid, found.guess, "invoices").with_field(0, "number").with_field(1, "customer_name")
    read = records(found, corrected)
    assert [one.number for one in read.invoices] == ["F-0001", "F-0002", "F-0003"]
    assert {one.siren for one in read.invoices} == {"732829320", ""}


def test_a_header_whose_values_contradict_it_is_not_believed() -> None:
    found = table("Facture;Client;Date;Échéance;Total TTC;Payé", "F1;A;01/09/2025;30 jours fin de mois;5,00;oui")
    fields = {one.header: one.field for one in found.guess.columns}
    assert fields["Échéance"] == "terms"
    assert fields["Payé"] == "status"
    assert records(found).invoices[0].payable == 0


def test_a_mapping_is_kept_corrected_and_found_again() -> None:
    found = table("Facture;Client;Date;Total;Divers", "F1;A;01/09/2025;5,00;x")
    corrected = found.guess.with_field(4, "order").with_field(3, "open")
    again = from_json(corrected.to_json())
    assert again.places == corrected.places
    assert again.fingerprint == fingerprint(["FACTURE ", "client", "Date", "total", "Divers"])
    assert "x" not in again.columns[4].examples
    assert [one.reason for one in again.columns][3:] == ["person", "person"]
    assert recalled(found.grid, again) == corrected
    with pytest.raises(ValueError, match="other headers"):
        recalled(table("Facture;Client;Date;Total", "F1;A;01/09/2025;5,00").grid, again)
    moved = corrected.with_field(0, "open")
    assert moved.places["open"] == 0
    assert moved.columns[3].field == ""
    for wrong in ((9, "open"), (0, "moon")):
        with pytest.raises(ValueError, match="choose one of"):
            corrected.with_field(*wrong)
    for text in ("", "{}", "[]", '{"columns": 3}', corrected.to_json().replace('"invoices"', '"moon"'), "[" * 100_000):
        with pytest.raises(ValueError, match="no mapping"):
            from_json(text)


def test_examples_are_shown() -> None:
    found = read_table(xlsx([["Facture", "Client", "Date", "Total"], ["F1", "A", date(2025, 9, 1), 5.5]]))
    assert [one.examples for one in found.guess.columns] == [("F1",), ("A",), ("2025-09-01",), ("5.5",)]


def test_no_customers_are_made_of_prose_that_shows_a_table() -> None:
    prose = ["Write one row per customer:", ""] + ["A line of prose, of no table."] * 8
    shown = ["customer_code;name;email", "MOREL;Boulangerie Morel;morel@example.org"]
    assert table(*prose[:1], *shown).guess.kind == "contacts"
    assert table(*prose, *shown, *prose).guess.kind == "unknown"
