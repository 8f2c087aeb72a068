"""The four synthetic books in every other dialect say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from encaisse.exchange.detect import recognise
from encaisse.exchange.fec import read_fec
from tests.exchange.dialects import Dialect, account_of, read, write
from tests.exchange.fec_maker import HEADER, Maker
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


# --- ways of writing met in the wild, on one small book ---

NAMES = HEADER.split("|")
IN_WORDS = [
    "Code journal", "Libellé journal", "N° écriture", "Date comptable", "N° compte", "Intitulé compte",
    "Compte auxiliaire", "Libellé auxiliaire", "N° pièce", "Date de pièce", "Libellé", "Débit", "Crédit", "Lettrage",
    "Date lettrage", "Date de validation", "Montant en devise", "Devise",
]  # fmt: skip
ACCENTED = [name.replace("Ecriture", "Écriture") for name in NAMES]
DAYS = ("EcritureDate", "PieceDate", "ValidDate")
Cells = dict[str, str]


def small(change: Callable[[Cells], Cells] = dict, names: list[str] | None = None) -> str:
    """FA1 paid, FA2 of 1234.56 open; ``change`` rewrites the cells of a line."""
    made = Maker().invoice("20250105", "FA1", 120).invoice("20250210", "FA2", 1234.56).payment("20250220", "FA1", 120)
    lines = [change(dict(zip(NAMES, line.split("|"), strict=True))) for line in made.lines]
    return "\r\n".join("|".join(cells) for cells in [names or NAMES, *(list(line.values()) for line in lines)]) + "\r\n"


def amounts(write: Callable[[str], str]) -> Callable[[Cells], Cells]:
    return lambda line: line | {side: write(line[side]) for side in ("Debit", "Credit")}


def days(form: str) -> Callable[[Cells], Cells]:
    return lambda line: line | {name: form.format(*re.findall("(....)(..)(..)", line[name])[0]) for name in DAYS}


def short(day: str) -> str:
    return f"{day[6:]}/{day[4:6]}/{day[2:4]}"


def sides(debit: str, credit: str) -> str:
    def change(line: Cells) -> Cells:
        on_debit = line["Debit"] != "0,00"
        return line | {"Debit": line["Debit"] if on_debit else line["Credit"], "Credit": debit if on_debit else credit}

    return small(change, [{"Debit": "Montant", "Credit": "Sens"}.get(name, name) for name in NAMES])


WAYS: dict[str, str | bytes] = {
    "names in French words": small(names=IN_WORDS),
    "names with accents, cp1252": small(names=ACCENTED).encode("cp1252"),
    "names with underscores": small(names=[re.sub("(?<=[a-z])(?=[A-Z])", "_", name) for name in NAMES]),
    "quotes around values only": small(lambda line: {name: f'"{cell}"' for name, cell in line.items()}),
    "a dash for nothing": small(amounts(lambda text: "-" if text == "0,00" else text)),
    "nothing for nothing": small(amounts(lambda text: "" if text == "0,00" else text)),
    "currency codes": small(amounts(lambda text: f"{text} EUR")),
    "leading zeros": small(amounts(lambda text: text.rjust(16, "0"))),
    "thousands and points": small(amounts(lambda text: text.replace("1234.56", "1.234,56"))),
    "sides as Db and Cr": sides("Db", "Cr"),
    "days first, eight digits": small(days("{2}{1}{0}")),
    "days first, with time": small(days("{2}/{1}/{0} 00:00")),
    "days first, short years": small(lambda line: line | {name: short(line[name]) for name in DAYS}),
    "some lines end in CR alone": small().replace("\r\n", "\r", 4).replace("\r", "\r\n", 1),
    "UTF-16 without its mark": small().encode("utf-16-le"),
    "UTF-16 of the other order without its mark": small().encode("utf-16-be"),
    "a title above": "Société ACME;Exercice 2025\r\n\r\nFichier des écritures comptables\r\n" + small(),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_other_ways_of_writing_say_the_same(way: str) -> None:
    given = WAYS[way]
    data = given if isinstance(given, bytes) else given.encode()
    books = read_fec(data)
    left = zip(books.invoices, books.open_amounts(), strict=True)
    assert {invoice.number: amount for invoice, amount in left if amount} == {"FA2": 123456}
    assert not books.problems
    assert recognise(data).kind == "fec"


@pytest.mark.parametrize(
    "header",
    [
        "Date;Compte;Libellé;Débit;Crédit", "Compte;Libellé;Devise;Débit;Crédit", "Compte;Montant;Sens;Libellé",
        "Date;Journal;Pièce;Compte;Libellé;Débit;Crédit;Lettrage",
    ],
)  # fmt: skip
def test_tables_with_words_of_the_trade_are_no_fec(header: str) -> None:
    row = ";".join(["1"] * header.count(";")) + ";2"
    found = recognise(f"{header}\n{row}\n".encode())
    assert (found.kind, found.form) == ("csv", "table")
