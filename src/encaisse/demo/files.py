"""Write the company's books as the files a real one would have."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from encaisse.demo.accounts import fec, file_name
from encaisse.demo.cast import Client, clients
from encaisse.demo.statement import camt
from encaisse.demo.trade import Trade, trade

CONTACTS_NAME = "contacts.csv"
CONTACTS_COLUMNS = [
    "customer_code",
    *("name", "siren", "kind", "contact_name", "email", "phone", "address", "postcode", "city", "country", "language"),
    *("terms", "strategy"),
]


@dataclass(frozen=True, slots=True)
class Files:
    """Where the files are. `books` in the order in which they are imported: terms first, then year after year."""

    contacts: Path
    last_year: Path
    this_year: Path
    statement: Path

    @property
    def books(self) -> tuple[Path, Path, Path]:
        return self.contacts, self.last_year, self.this_year


def write(folder: Path, day: date) -> Files:
    """Write everything known on the morning of `day` into `folder` (made when missing); same day, same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    known = trade(day)
    yesterday = day - timedelta(1)
    year_end = date(yesterday.year - 1, 12, 31)
    files = Files(
        contacts=folder / CONTACTS_NAME,
        last_year=folder / file_name(year_end),
        this_year=folder / file_name(yesterday),
        statement=folder / f"releve-{yesterday:%Y%m%d}.camt053.xml",
    )
    files.contacts.write_bytes(contacts())
    files.last_year.write_bytes(fec(known, year_end.year, year_end))
    files.this_year.write_bytes(fec(known, yesterday.year, yesterday))
    files.statement.write_bytes(camt(known))
    return files


def year_of_books(known: Trade, year: int, on: date) -> tuple[str, bytes]:
    """The books of a year as they were exported on the morning of an earlier day: file name, content."""
    until = min(date(year, 12, 31), on - timedelta(1))
    return file_name(until), fec(known, year, until)


def contacts() -> bytes:
    """Contacts and terms as CSV, as a spreadsheet in France writes it: semicolons, UTF-8 with BOM."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(CONTACTS_COLUMNS)
    writer.writerows(_row(client) for client in clients())
    return text.getvalue().encode("utf-8-sig")


def _row(client: Client) -> list[str]:
    values = {name: getattr(client, name, "") for name in CONTACTS_COLUMNS}
    values |= {"customer_code": client.code, "contact_name": client.contact}
    return [str(values[name]) for name in CONTACTS_COLUMNS]
