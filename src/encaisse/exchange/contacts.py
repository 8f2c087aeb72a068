"""Read the customers' contacts and terms from a CSV file: one row per contact, several rows per customer.

A bad value is a problem and is left out; the rest of its row is kept. ``docs/imports.md`` lists the columns.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from encaisse.exchange import contact_values, fec_bytes
from encaisse.exchange.problems import Problem, bounded, problem
from encaisse.exchange.terms import Terms

COLUMNS = (
    "customer_code", "name", "siren", "kind", "email", "phone", "address", "postcode", "city", "country", "language",
    "terms", "strategy", "contact_name", "role", "tags", "charges",
)  # fmt: skip
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "customer_code": ("code", "codeclient", "client", "compte", "compteauxiliaire", "compauxnum", "numeroclient",
                      "numclient", "comptetiers", "codetiers", "customer", "customerid", "account", "accountcode",
                      "reference", "referenceclient", "refclient", "customernumber"),
    "name": ("nom", "raisonsociale", "nomclient", "societe", "denomination", "companyname", "customername", "company",
             "intitule", "libelle", "compauxlib"),
    "siren": ("siret", "sirensiret", "numerosiren", "numsiren", "companynumber", "registrationnumber", "nsiren"),
    "kind": ("type", "typeclient", "nature", "categorie", "customertype", "typedeclient"),
    "email": ("courriel", "mail", "emails", "adressemail", "adresseemail", "adresseelectronique", "emailaddress"),
    "phone": ("telephone", "tel", "portable", "mobile", "numerodetelephone", "phonenumber", "gsm", "telephones"),
    "address": ("adresse", "rue", "street", "adressepostale", "adresse1", "voie", "addressline1"),
    "postcode": ("codepostal", "cp", "zip", "zipcode", "postalcode"),
    "city": ("ville", "commune", "town", "localite"),
    "country": ("pays", "codepays", "countrycode"),
    "language": ("langue", "lang"),
    "terms": ("conditions", "conditionsdepaiement", "conditionsdereglement", "delai", "delaidepaiement",
              "delaidereglement", "paymentterms", "echeance", "modalites", "reglement"),
    "strategy": ("scenario", "strategie", "scenarioderelance", "relance"),
    "contact_name": ("contact", "interlocuteur", "nomcontact", "nomducontact", "personne", "contactperson"),
    "role": ("fonction", "poste", "jobtitle", "titre"),
    "tags": ("etiquettes", "etiquette", "motscles", "libelles", "labels", "tag"),
    "charges": ("penalites", "fraisderetard", "penalitesderetard", "latecharges", "showscharges"),
}  # fmt: skip
_KNOWN = {name.replace("_", ""): name for name in COLUMNS}
_KNOWN |= {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}
_SEPARATORS = (";", ",", "\t", "|")
_OF_CUSTOMER = ("name", "siren", "kind", "address", "postcode", "city", "country", "language", "terms", "strategy",
                "charges")  # fmt: skip
MAX_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or address at a customer. ``phone`` is in E.164 form; ``line`` is where it stands in the file."""

    line: int
    name: str = ""
    role: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ContactCustomer:
    """What the file says of one customer; blank or None: nothing said. ``kind``: see ``contact_values.KINDS``.

    ``charges``: ``yes`` or ``no``, whether the customer may ever be shown interest and indemnity.
    """

    code: str
    line: int
    name: str = ""
    siren: str = ""
    kind: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    language: str = ""
    terms: Terms | None = None
    strategy: str = ""
    tags: tuple[str, ...] = ()
    charges: str = ""
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactsFile:
    """All that was found, customers in the order of the file."""

    customers: tuple[ContactCustomer, ...]
    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    encoding: str = ""
    separator: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """How the columns are to be read."""

    separator: str
    places: Mapping[str, int]
    unknown: tuple[str, ...]
    width: int


def read_header(line: str) -> Header | None:
    """Recognise the header line of a contacts file, or return None: it names the customer and at least one more."""
    best: Header | None = None
    for separator in _SEPARATORS:
        cells = next(csv.reader([line.lstrip("\ufeff")], delimiter=separator), [])
        places: dict[str, int] = {}
        unknown: list[str] = []
        for place, cell in enumerate(cells):
            name = _KNOWN.get(_plain(cell))
            if name and name not in places:
                places[name] = place
            elif cell.strip():
                unknown.append(cell.strip())
        if best is None or len(places) > len(best.places):
            best = Header(separator, places, tuple(unknown), len(cells))
    return best if best and "customer_code" in best.places and len(best.places) > 1 else None


def read_contacts(source: fec_bytes.Source, *, language: str = "fr") -> ContactsFile:
    """Read a contacts file from bytes, a path or a binary stream. ``language``: of the problems' words, fr or en.

    Never raises for what is in the file; OSError only when a path cannot be opened or read.
    """
    stream = fec_bytes.opened(source)
    try:
        return _read(stream, language)
    finally:
        if isinstance(source, str | Path):
            stream.close()


def _read(stream: BinaryIO, language: str) -> ContactsFile:
    found = fec_bytes.scan(stream)
    if found.refusal:
        return _done({}, [fec_bytes.refused(found)], language, found.encoding)
    lines = _lines(fec_bytes.chunks(stream, found))
    start, first = next(((at, line) for at, line in lines if line.strip() and not line.startswith("sep=")), (1, ""))
    header = read_header(first)
    if header is None:
        return _done({}, [problem("not_contacts", start)], language, found.encoding)
    problems = [problem("ignored_column", start, column=name, name=name) for name in header.unknown]
    customers = _rows(lines, start, header, problems)
    return _done(customers, problems, language, found.encoding, header.separator)


def _done(
    customers: Mapping[str, ContactCustomer], problems: list[Problem], language: str, encoding: str, separator: str = ""
) -> ContactsFile:
    spoken = (one if language == "fr" else one.in_language(language) for one in problems)
    kept, by_code = bounded(spoken, language)
    counts = {"customers": len(customers), "contacts": sum(len(one.contacts) for one in customers.values())}
    counts |= {f"problem:{code}": count for code, count in by_code.items()}
    return ContactsFile(tuple(customers.values()), kept, counts, encoding, separator)


def _lines(chunks: Iterator[bytes]) -> Iterator[tuple[int, str]]:
    at = 0
    for chunk in chunks:
        for line in chunk.decode("utf-8", "replace").split("\n")[: None if not chunk.endswith(b"\n") else -1]:
            at += 1
            yield at, line


def _rows(
    lines: Iterator[tuple[int, str]], start: int, header: Header, problems: list[Problem]
) -> dict[str, ContactCustomer]:
    customers: dict[str, ContactCustomer] = {}
    at = [start]

    def feed() -> Iterator[str]:
        for number, line in lines:
            at[0] = number
            yield line + "\n"

    reader = csv.reader(feed(), delimiter=header.separator)
    while len(customers) <= MAX_ROWS:
        before = at[0] + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            problems.append(problem("bad_row", before))
            continue
        if cells is None:
            break
        if any(cell.strip() for cell in cells):
            _take(cells, before, header, customers, problems)
    return customers


def _take(
    cells: list[str], line: int, header: Header, customers: dict[str, ContactCustomer], problems: list[Problem]
) -> None:
    if len(cells) > header.width and any(cell.strip() for cell in cells[header.width :]):
        problems.append(problem("column_count", line, found=len(cells), expected=header.width))
        return
    row: defaultdict[str, str] = defaultdict(str)
    for name, place in header.places.items():
        row[name] = " ".join(cells[place].split()) if place < len(cells) else ""
    code = row["customer_code"]
    if not code:
        problems.append(problem("no_customer_code", line, column="customer_code", name=row["name"] or row["email"]))
        return
    values = _checked(row, line, problems)
    known = customers.get(code)
    customer = _joined(known, values, line, problems) if known else values
    contacts = _contacts(row, line, customer.country, problems)
    customers[code] = replace(customer, contacts=customer.contacts + contacts)


def _checked(row: Mapping[str, str], line: int, problems: list[Problem]) -> ContactCustomer:
    """The customer's own values of one row; what is wrong is left out and reported."""

    def value(name: str) -> str:
        found = contact_values.CHECKS[name](row[name]) if row[name] else ""
        if found is None:
            problems.append(problem(f"bad_{name}", line, column=name, value=row[name]))
        return found or ""

    country = value("country")
    postcode, padded = contact_values.postcode(row["postcode"], country)
    if padded:
        problems.append(
            problem("postcode_completed", line, column="postcode", value=row["postcode"], completed=postcode)
        )
    terms = contact_values.terms(row["terms"]) if row["terms"] else None
    if row["terms"] and terms is None:
        problems.append(problem("bad_terms", line, column="terms", value=row["terms"]))
    return ContactCustomer(
        code=row["customer_code"], line=line, name=row["name"], siren=value("siren"), kind=value("kind"),
        address=row["address"], postcode=postcode, city=row["city"], country=country, language=value("language"),
        terms=terms, strategy=row["strategy"], tags=contact_values.tags(row["tags"]),
        charges=value("charges"),
    )  # fmt: skip


def _joined(known: ContactCustomer, values: ContactCustomer, line: int, problems: list[Problem]) -> ContactCustomer:
    """A later row of the same customer fills what is blank; what it says otherwise is reported, the first is kept."""
    filled: dict[str, object] = {}
    for name in _OF_CUSTOMER:
        first, later = getattr(known, name), getattr(values, name)
        if later and not first:
            filled[name] = later
        elif later and later != first:
            problems.append(
                problem("says_otherwise", line, column=name, name=name, value=later, kept=first, first=known.line)
            )
    tags = tuple(dict.fromkeys(known.tags + values.tags))
    return replace(known, tags=tags, **filled)  # type: ignore[arg-type]


def _contacts(row: Mapping[str, str], line: int, country: str, problems: list[Problem]) -> tuple[Contact, ...]:
    """The contact of one row; a second address in the e-mail column is a second contact."""
    phone = ""
    if row["phone"]:
        phone, sure = contact_values.phone(row["phone"], country or "FR")
        if not phone:
            problems.append(problem("bad_phone", line, column="phone", value=row["phone"]))
        elif not sure:
            problems.append(problem("doubtful_phone", line, column="phone", value=row["phone"]))
    emails: list[str] = []
    for text in re.split(r"[;,\s]+", row["email"]):
        email = contact_values.email(text) if text else None
        if text and email is None:
            problems.append(problem("bad_email", line, column="email", value=text))
        elif email:
            emails.append(email)
    if not (emails or phone or row["contact_name"]):
        return ()
    first = Contact(line, row["contact_name"], row["role"], emails[0] if emails else "", phone)
    return (first, *(Contact(line, row["contact_name"], row["role"], email) for email in emails[1:]))


def _plain(cell: str) -> str:
    letters = unicodedata.normalize("NFKD", cell.casefold())
    return "".join(char for char in letters if char.isalnum() and not unicodedata.combining(char))
