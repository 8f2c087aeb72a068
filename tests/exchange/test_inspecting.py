"""The front door: what any file is, what it holds, in records of one shape; never an exception."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.exchange import detect, inspect_kinds, inspecting, zips
from encaisse.exchange.inspecting import Inspected, inspect, inspect_all
from encaisse.exchange.problems import Severity
from tests.exchange.einvoice_samples import FILES as INVOICES
from tests.exchange.einvoice_samples import cii, pdf
from tests.exchange.test_bank_samples import FILES as STATEMENTS
from tests.exchange.test_fec_truth import FILES as BOOKS

KEYS = ["path", "kind", "counts", "invoices", "transactions", "balances", "problems"]
INVOICE = "number type issued_on due_on seller buyer buyer_id currency net tax gross payable terms iban".split()  # noqa: SIM905
TRANSACTION = "booked_on value_on amount currency counterparty iban reference end_to_end_id".split()  # noqa: SIM905
DATES = {"issued_on", "due_on", "booked_on", "value_on", "date"}
AMOUNTS = {"net", "tax", "gross", "payable", "amount"}
SAMPLES = [*INVOICES, *STATEMENTS, *BOOKS]
SMALL = [path.read_bytes() for path in SAMPLES if path.stat().st_size < 6_000]


def sound(one: Inspected) -> dict[str, Any]:
    """The record as other programs get it, its shape checked."""
    record: dict[str, Any] = json.loads(orjson.dumps(one.as_json()))
    assert list(record) == KEYS
    assert record["kind"] in detect.KINDS
    for listed, keys in (
        ("invoices", INVOICE),
        ("transactions", TRANSACTION),
        ("balances", ["kind", "date", "amount"]),
    ):
        for row in record[listed]:
            assert list(row) == keys
            for key, value in row.items():
                if key in DATES:
                    assert value is None or re.fullmatch(r"\d{4}-\d\d-\d\d", value)
                elif key in AMOUNTS:
                    assert value is None or re.fullmatch(r"-?\d+(\.\d+)?", value)
                else:
                    assert isinstance(value, str)
    for told in record["problems"]:
        assert list(told) == ["line", "code", "message", "hint"]
        assert told["message"]
        assert told["hint"]
    assert one.recognised or any(told.severity is Severity.ERROR for told in one.problems)
    assert not any(told["code"] == "reader_failed" for told in record["problems"]), record["problems"]
    return record


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_sample_is_read_or_refused_by_name(path: Path) -> None:
    one = inspect(path, language="en")
    record = sound(one)
    expected = {".sta": ("mt940", "mt942"), ".ofx": ("ofx",)}.get(path.suffix)
    if path in STATEMENTS:
        assert one.kind in (expected or (path.name.partition(".")[0],) * (path.suffix == ".xml") or ("cfonb120",))
    if path in BOOKS:
        assert one.kind == "fec"
    assert record["counts"].get("transactions", 0) == len(record["transactions"])
    assert record["kind"] != "unknown" or record["problems"]


def test_an_invoice() -> None:
    (row,) = sound(inspect(cii(), "facture.xml"))["invoices"]
    assert row == {
        "number": "F1", "type": "invoice", "issued_on": "2026-01-15", "due_on": None, "seller": "Moulin Été",
        "buyer": "Boulangerie", "buyer_id": "12345678200027", "currency": "EUR", "net": "100.00", "tax": "20.00",
        "gross": "120.00", "payable": "120.00", "terms": "", "iban": "",
    }  # fmt: skip


def test_a_credit_note_has_the_figures_of_its_document() -> None:
    (row,) = sound(inspect(cii(type_code="381")))["invoices"]
    assert (row["type"], row["gross"]) == ("credit_note", "120.00")


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_books_leave_open_what_they_must(path: Path) -> None:
    truth = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))["customers"]
    expected = sorted((code, one["ref"], one["open"]) for code, who in truth.items() for one in who["open"])
    record = sound(inspect(path))
    left = [row for row in record["invoices"] if row["payable"] != "0.00"]
    assert sorted((row["buyer_id"], row["number"], row["payable"]) for row in left) == expected
    assert record["counts"]["open_items"] == len(expected)


@pytest.mark.parametrize(
    ("data", "kind", "form"),
    [
        (b"", "unknown", "empty"),
        (b"\xef\xbb\xbf \r\n", "unknown", "empty"),
        (b"a;b\n1;2\n", "csv", "table"),
        ("numéro\tmontant\n1\t2\n".encode("utf-16"), "csv", "table"),
        ("numéro,montant\nF1,2\n".encode("cp1252"), "csv", "table"),
        (b"customer_code,name,email\nC1,Un,a@b.fr\n", "csv", "contacts"),
        (b"invoice,customer,country,created_date,amount\nF1,C1,FR,2026-01-01,5\n", "csv", "table"),
        (b"facture;statut;date\nF1;205;2026-01-20\n", "csv", "statuses-csv"),
        (b"facture;statut;date\nF1;Pay\xe9e;2026-01-20\n", "csv", "table"),
        (b'[{"facture": "F1", "statut": "205", "date": "2026-01-20"}]', "unknown", "statuses-json"),
        (b'{"a": 1}', "unknown", "other"),
        (b"Bonjour,\n\nvoici une lettre. Elle n'est pas un tableau.\nCordialement\n", "unknown", "none"),
        (b"BMW;Audi\n1;2\n", "csv", "table"),
        (b"BM\0\0\0\1", "unknown", "other"),
        (b"%PDF-1.7\n", "unknown", "pdf"),
        (b"<!DOCTYPE html><html></html>", "unknown", "other"),
        (b"<a/>", "unknown", "xml"),
        (cii().replace(b"?>", b"?><!DOCTYPE a [<!ENTITY b 'c'>]>", 1), "cii", "xml"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"/>', "unknown", "other"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>', "camt053", "bank"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "unknown", "other"),
        (b'<?xml version="1.0"?><!DOCTYPE cXML SYSTEM "a.dtd"><cXML/>', "unknown", "other"),
        (b"\x30\x82\x0a\0\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + b"\xa0" * 99, "unknown", "other"),
        (b"\r\nUNB+UNOC:3+A+B+260115:1000+1'", "unknown", "other"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "unknown", "archive"),
        (bytes(range(256)) * 4, "unknown", "none"),
    ],
)
def test_kinds_from_content(data: bytes, kind: str, form: str) -> None:
    found = detect.recognise(data)
    assert (found.kind, found.form) == (kind, form)
    sound(inspect(data, "photo.jpg"))


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


WORKBOOK = packed({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
ODS = packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"})


def test_workbooks_and_documents_are_no_archives() -> None:
    assert detect.recognise(WORKBOOK).kind == "xlsx"
    assert detect.recognise(ODS).kind == "xlsx"
    assert detect.recognise(ODS).name == "ODS"
    found = inspect(packed({"word/document.xml": b"<a/>"}), "x.zip", language="en")
    assert (found.kind, found.problems[0].code) == ("unknown", "format_not_read")
    assert "Word" in found.problems[0].message


SALES = "Export du 31/01/2026\n\nN° facture;Client;Date;Échéance;Montant TTC\nF1;Morel;02/01/2026;01/02/2026;1 200,00\n"
BANK = "Date;Libellé;Débit;Crédit\n02/01/2026;VIR MOREL F1;;1 200,00\n03/01/2026;FRAIS;-3,50;\n"


def test_tables_list_what_they_seem_to_hold() -> None:
    record = sound(inspect(SALES.encode("cp1252")))
    assert record["kind"] == "csv"
    (row,) = record["invoices"]
    assert (row["number"], row["buyer"], row["issued_on"], row["due_on"], row["gross"], row["payable"]) == (
        "F1", "Morel", "2026-01-02", "2026-02-01", "1200.00", "1200.00",
    )  # fmt: skip
    record = sound(inspect(BANK.encode()))
    assert [(row["amount"], row["booked_on"]) for row in record["transactions"]] == [
        ("1200.00", "2026-01-02"), ("-3.50", "2026-01-03"),
    ]  # fmt: skip


def test_a_large_table_is_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_kinds, "MAX_TABLE", 1_000)
    one = inspect(BANK.encode() + b"02/01/2026;A;;1,00\n" * 100, language="en")
    assert one.counts == {"rows": 102, "columns": 4}
    assert [told.code for told in one.problems] == ["table_only_counted"]
    assert one.ok


def test_archives_are_opened_two_deep() -> None:
    inner = packed({"f.xml": cii(), "vide.txt": b""})
    data = packed({"b.zip": packed({"a.zip": inner}), "dossier/a.zip": inner, "__MACOSX/x": b"x"})
    found = list(inspect_all(data, "c.zip"))
    assert [(one.path, one.kind, one.ok) for one in found] == [
        ("c.zip", "zip", True),
        ("c.zip/b.zip", "zip", True),
        ("c.zip/b.zip/a.zip", "zip", False),
        ("c.zip/dossier/a.zip", "zip", True),
        ("c.zip/dossier/a.zip/f.xml", "cii", True),
        ("c.zip/dossier/a.zip/vide.txt", "unknown", False),
    ]
    assert found[0].counts == {"files": 2}
    assert found[2].problems[0].code == "zip_too_deep"
    for one in found:
        sound(one)


def codes(data: bytes) -> list[str]:
    """The codes of all problems of an archive and what is in it."""
    return [told.code for one in inspect_all(data, "z.zip") for told in (sound(one), one)[1].problems]


@pytest.mark.parametrize(
    "name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "C:/x.csv", "..\\x.csv", "\\\\host\\x", "x" * 1001]
)
def test_names_that_lead_out(name: str) -> None:
    assert codes(packed({name: b"a;b\n1;2\n"})) == ["zip_unsafe_name"]


def _with_flag(data: bytes, at: int, value: int) -> bytes:
    """Change two bytes of the first directory entry."""
    place = data.index(b"PK\x01\x02") + at
    return data[:place] + value.to_bytes(2, "little") + data[place + 2 :]


def test_members_that_are_not_opened() -> None:
    good = packed({"f.xml": cii()})
    assert codes(_with_flag(good, 8, 1)) == ["zip_encrypted"]
    assert codes(packed({"f.xml": cii()}, zipfile.ZIP_LZMA)) == ["zip_method"]
    assert codes(_with_flag(good, 40, 0o120777)) == ["zip_link"]
    assert codes(good[:60] + b"\xff" * 40 + good[100:]) == ["zip_member_broken"]


def test_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = packed({"a": b"\0" * 5_000_000, "b.xml": cii()})
    assert codes(zeros) == ["zip_ratio"]
    stored = packed({"a": b"\1" * 5_000, "b": b"\1" * 5_000}, zipfile.ZIP_STORED)
    monkeypatch.setattr(zips, "MAX_MEMBER", 4_000)
    assert codes(stored) == ["zip_member_too_large"] * 2
    monkeypatch.setattr(zips, "MAX_MEMBER", 10_000)
    kept = list(zips.members(io.BytesIO(stored), zips.Budget(unpacked=7_000)))
    assert [one.problem.code if one.problem else "" for one in kept] == ["", "zip_unpacked"]
    kept = list(zips.members(io.BytesIO(stored), zips.Budget(members=1)))
    assert [one.problem.code if one.problem else "" for one in kept] == ["", "zip_too_many"]
    monkeypatch.setattr(zips, "MAX_DIRECTORY", 60)
    assert codes(stored) == ["zip_too_many"]


def test_a_directory_that_lies_about_its_size() -> None:
    good = packed({"f": b"\1" * 5_000}, zipfile.ZIP_DEFLATED)
    place = good.index(b"PK\x01\x02") + 24
    lying = good[:place] + (10).to_bytes(4, "little") + good[place + 4 :]
    assert codes(lying) == ["zip_member_broken"]


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 50, packed({"a": b"b"})[:-10]],
    ids=["only a mark", "zeros", "cut short"],
)
def test_broken_archives(data: bytes) -> None:
    assert codes(data) == ["zip_broken"]


def test_an_empty_archive() -> None:
    assert codes(packed({})) == ["zip_empty"]


class Panic(BaseException):
    """What a library in Rust raises when it gives up."""


@pytest.mark.parametrize("error", [RecursionError("deep"), MemoryError(), KeyError("x"), Panic("panicked")])
def test_a_reader_that_fails_is_a_problem(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(inspect_kinds, "read_fec", failing)
    one = inspect(BOOKS[0], language="en")
    assert (one.kind, one.ok, one.problems[0].code) == ("fec", False, "reader_failed")
    assert type(error).__name__ in one.problems[0].message


def test_a_person_may_still_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(inspect_kinds, "read_fec", stopped)
    with pytest.raises(KeyboardInterrupt):
        inspect(BOOKS[0])


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    assert inspect(tmp_path / "nothing").problems[0].code == "unreadable"
    assert next(inspect_all(tmp_path)).problems[0].code == "unreadable"
    os.mkfifo(tmp_path / "pipe")
    assert inspect(tmp_path / "pipe").problems[0].code == "unreadable"
    assert list(inspecting.files_in(tmp_path / "nothing")) == [tmp_path / "nothing"]


def test_a_long_list_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_kinds, "MAX_LISTED", 10)
    one = inspect(BOOKS[0], language="en")
    assert len(one.invoices) == 10
    assert one.counts["invoices"] == 90
    assert [told.message for told in one.problems] == ["80 more items of the file (invoices) are not listed here."]
    assert one.ok


def test_a_large_document_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_kinds.safe_xml, "MAX_BYTES", 100)
    assert inspect(cii()).problems[0].code == "document_too_large"


def test_names_and_texts_no_encoder_takes() -> None:
    one = inspect(b"", "caf\udce9.txt")
    assert sound(one)["path"] == "caf?.txt"


def test_files_of_a_folder_in_order(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a.txt", ".hidden/x", "b/.DS_Store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path)
    found = [path.relative_to(tmp_path).as_posix() for path in inspecting.files_in(tmp_path)]
    assert found == ["a.txt", "b/1.txt", "b/2.txt"]


MADE = [pdf(("factur-x.xml", cii())), packed({"f.xml": cii(), "../x": b"x"}), WORKBOOK, ODS, b'a;b\n1;2\n"3\n;4\n']
SPLICES = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"<",
    b"PK\x03\x04",
    b"\n",
    b'"',
    b";" * 40,
    b":20:",
    b"<OFX>",
    b"%PDF-",
    b"{",
    b"A" * 999,
]


def mutations(samples: list[bytes]) -> st.SearchStrategy[bytes]:
    """A sample cut, spliced, or joined to another."""

    def cut(sample: bytes, start: float, length: int, splice: bytes) -> bytes:
        at = int(start * len(sample))
        return sample[:at] + splice + sample[at + length :]

    place = st.floats(0, 1, exclude_max=True)
    return st.builds(cut, st.sampled_from(samples), place, st.integers(0, 3_000), st.sampled_from(SPLICES))


@settings(max_examples=150, deadline=None)
@given(mutations(SMALL + MADE))
def test_mutated_samples(data: bytes) -> None:
    for one in inspect_all(data, "x", language="en"):
        sound(one)


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    for one in inspect_all(data, "x"):
        sound(one)
