"""The four synthetic books in every other dialect say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from encaisse.exchange.fec import read_fec
from tests.exchange.dialects import Dialect, account_of, read, write
from tests.exchange.test_fec_truth import FILES, open_items

DIALECTS = {
    "pipe, cp1252, LF": Dialect("|", "cp1252", "\n"),
    "tab, iso-8859-15, CR": Dialect("\t", "iso-8859-15", "\r"),
    "semicolon, BOM": Dialect(";", "utf-8-sig", "\r\n"),
    "utf-16": Dialect("\t", "utf-16", "\r\n"),
    "montant/sens D/C, no lettering": Dialect("|", signed="DC", lettering=False),
    "montant/sens +1/-1, account per customer": Dialect("\t", signed="+1", account_per_customer=True),
    "account per customer, no lettering": Dialect("\t", account_per_customer=True, lettering=False),
    "account per customer, montant/sens, no lettering, latin": Dialect(
        "|", "iso-8859-15", "\n", signed="DC", account_per_customer=True, lettering=False
    ),
    "decimal point, upper-case header": Dialect("\t", point=True, header=str.upper),
    "lower-case header, other order, extra columns": Dialect("|", header=str.lower, order=5, extra=True),
}


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_another_dialect_says_the_same(path: Path, name: str) -> None:
    dialect = DIALECTS[name]
    truth = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
    books = read_fec(write(read(path, truth["encoding"]), dialect))
    rename = account_of if dialect.account_per_customer and truth["style"] != "account" else str
    expected = {
        rename(code): sorted((item["ref"], item["date"], item["open"]) for item in customer["open"])
        for code, customer in truth["customers"].items()
    }
    assert open_items(books) == expected
    assert not books.problems


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_encoding_is_named(path: Path) -> None:
    truth = json.loads(path.with_suffix(".truth.json").read_text(encoding="utf-8"))
    rows = read(path, truth["encoding"])
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "iso-8859-15"):
        assert read_fec(write(rows, Dialect(encoding=encoding))).encoding == encoding
