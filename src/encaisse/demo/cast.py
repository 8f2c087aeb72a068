"""Who plays: the company that is owed, and its customers as `customers.csv` describes them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from stdnum import luhn

from encaisse.money import parse_minor

SIREN_OF_COMPANY = 3140
FIRST_SIREN_OF_CUSTOMERS = 3200


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice open on the day: so many days late (negative: not due yet), its amount, what was paid of it."""

    days_late: int
    gross: int
    paid: int


@dataclass(frozen=True, slots=True)
class Client:
    """One line of `customers.csv`.

    `manner` says how this customer pays, `every` after how many days it orders again, `size` what an order is worth
    without VAT (minor units). `owes` fixes what is open on the day; without it, that follows from the manner.
    `credits` are transfers without any invoice: days ago, amount.
    """

    code: str
    name: str
    kind: str
    manner: str
    every: int
    size: int
    terms: str
    strategy: str
    language: str
    contact: str
    email: str
    phone: str
    address: str
    postcode: str
    city: str
    country: str
    siren: str
    iban: str
    owes: tuple[Owed, ...]
    credits: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Company:
    """The creditor of the demonstration."""

    name: str
    siren: str
    vat_number: str
    legal_form: str
    address: str
    postcode: str
    city: str
    iban: str
    bic: str
    sender_name: str
    sender_title: str
    sender_email: str
    sender_phone: str


def siren(number: int) -> str:
    """A SIREN with a right check digit in the range 0000…, which is never given out."""
    body = f"{number:08d}"
    return body + luhn.calc_check_digit(body)


def french_iban(number: int) -> str:
    """An IBAN with right keys at a bank that does not exist (99999)."""
    bank, branch, account = 99999, 1001, number
    key = 97 - (89 * bank + 15 * branch + 3 * account) % 97
    basic = f"{bank:05d}{branch:05d}{account:011d}{key:02d}"
    return f"FR{98 - int(basic + '152700') % 97:02d}{basic}"


@cache
def company() -> Company:
    """The company whose books are made up."""
    number = siren(SIREN_OF_COMPANY)
    return Company(
        name="Atelier Fauvelin",
        siren=number,
        vat_number=f"FR{(12 + 3 * (int(number) % 97)) % 97:02d}{number}",
        legal_form="SARL au capital de 20 000 €",
        address="9 rue des Enseignes",
        postcode="69100",
        city="Villeurbanne",
        iban=french_iban(31400),
        bic="ENCAFRP0XXX",
        sender_name="Camille Fauvelin",
        sender_title="Gérante",
        sender_email="camille.fauvelin@example.org",
        sender_phone="01 99 00 31 40",
    )


@cache
def clients() -> tuple[Client, ...]:
    """All customers, in the order of the file."""
    text = files(__package__).joinpath("customers.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter=";")
    return tuple(_client(row, place) for place, row in enumerate(rows, 1))


def _client(row: dict[str, str], place: int) -> Client:
    private = row["kind"] == "consumer" or row["country"] != "FR"
    return Client(
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        manner=row["manner"],
        every=int(row["every"]),
        size=parse_minor(row["size"]),
        terms=row["terms"],
        strategy=row["strategy"],
        language=row["language"],
        contact=row["contact"],
        email=row["email"],
        phone=row["phone"],
        address=row["address"],
        postcode=row["postcode"],
        city=row["city"],
        country=row["country"],
        siren="" if private else siren(FIRST_SIREN_OF_CUSTOMERS + place),
        iban=french_iban(320000 + place),
        owes=tuple(_owed(part) for part in row["owes"].split()),
        credits=tuple(_credit(part) for part in row["credit"].split()),
    )


def _credit(part: str) -> tuple[int, int]:
    ago, amount = part.split(":")
    return int(ago), parse_minor(amount)


def _owed(part: str) -> Owed:
    late, gross, *paid = part.split(":")
    return Owed(int(late), parse_minor(gross), parse_minor(paid[0]) if paid else 0)
