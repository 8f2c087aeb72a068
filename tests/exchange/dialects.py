"""Rewrites a FEC into another dialect, keeping what it says. Used to try every reader on every way of writing."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from encaisse.exchange.fec_header import FIELDS
from encaisse.exchange.fec_lines import cents

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to write the file."""

    separator: str = "\t"
    encoding: str = "utf-8"
    line_end: str = "\r\n"
    signed: str = ""
    """"" for Debit/Credit, "DC" or "+1" for Montant/Sens."""
    point: bool = False
    lettering: bool = True
    account_per_customer: bool = False
    header: Callable[[str], str] = str
    order: int = 1
    """A step through the columns: another order."""
    extra: bool = False
    shuffled_lines: bool = False


def read(path: Path, encoding: str) -> list[Row]:
    """The lines of a synthetic file as dictionaries, with Debit and Credit."""
    text = path.read_text(encoding=encoding)
    separator = "|" if "|" in text.splitlines()[0] else "\t"
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE))
    for row in rows:
        if "Montant" in row:
            amount, side = row.pop("Montant"), row.pop("Sens")
            row |= {"Debit": amount if side == "D" else "0,00", "Credit": amount if side == "C" else "0,00"}
    return rows


def write(rows: list[Row], dialect: Dialect) -> bytes:
    """The same books in another dialect."""
    written = [_converted(dict(row), dialect) for row in rows]
    amounts = {"Montant", "Sens"} if dialect.signed else {"Debit", "Credit"}
    names = [name for name in FIELDS if name in amounts or name not in ("Montant", "Sens", "Debit", "Credit")]
    if dialect.extra:
        names += ["DateRglt", "ModeRglt", "NatOp", "IdClient"]
    count = len(names)
    names = [names[at * dialect.order % count] for at in range(count)]
    lines = [dialect.separator.join(dialect.header(name) for name in names)]
    lines += [dialect.separator.join(row.get(name, "") for name in names) for row in written]
    text = dialect.line_end.join([*lines, ""])
    return text.encode(dialect.encoding, "replace")


def _converted(row: Row, dialect: Dialect) -> Row:
    if not dialect.lettering:
        row |= {"EcritureLet": "", "DateLet": ""}
    if dialect.account_per_customer and row["CompAuxNum"]:
        row |= {"CompteNum": account_of(row["CompAuxNum"]), "CompteLib": row["CompAuxLib"]}
        row |= {"CompAuxNum": "", "CompAuxLib": ""}
    debit, credit = cents(row["Debit"]) or 0, cents(row["Credit"]) or 0
    if dialect.signed:
        signs = ("D", "C") if dialect.signed == "DC" else ("+1", "-1")
        row |= {"Montant": _text(debit or credit, dialect), "Sens": signs[0] if debit else signs[1]}
    else:
        row |= {"Debit": _text(debit, dialect), "Credit": _text(credit, dialect)}
    return row


def account_of(code: str) -> str:
    """The account a customer gets in books with one account per customer."""
    return f"411{code}"


def _text(amount: int, dialect: Dialect) -> str:
    return f"{amount // 100}{'.' if dialect.point else ','}{amount % 100:02}"
