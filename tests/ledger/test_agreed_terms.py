"""Terms that are longer than the law allows are told at import, by customer and with the article; none is refused."""

from __future__ import annotations

from datetime import date

import pytest

from encaisse.exchange.problems import MAX_SHOWN, Severity
from encaisse.exchange.terms import parse_terms
from encaisse.ledger import import_books
from encaisse.parties import agreed_terms
from encaisse.parties.agreed_terms import Agreed
from encaisse.parties.models import Creditor, Customer
from tests.ledger.books import AT, Fec

pytestmark = pytest.mark.django_db
ON = date(2026, 6, 30)
CSV = """customer_code;name;kind;country;terms
LONG;Longue SARL;company;FR;60 jours fin de mois
GOOD;Bonne SARL;company;FR;45 jours fin de mois
CITY;Mairie d'Aÿ;public;FR;45 jours
MARC;Marc Petit;consumer;FR;90 jours
ROMA;Roma SpA;company;IT;90 jours
NONE;Sans SARL;company;FR;
"""


def codes(problems: object) -> dict[str, str]:
    """Code of the warning by the customer it names."""
    return {one.values["customer"].split("(")[-1].rstrip(")"): one.code for one in problems}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("terms", "kind", "country", "code"),
    [
        ("60 jours", "company", "FR", None),
        ("61 jours", "company", "FR", "terms_too_long"),
        ("90 jours", "sole_trader", "FR", "terms_too_long"),
        ("45 jours fin de mois", "company", "FR", None),
        ("fin de mois + 45", "company", "FR", None),
        ("46 jours fin de mois", "company", "FR", "terms_too_long"),
        ("60 jours fin de mois", "company", "FR", "terms_too_long"),
        ("30 jours fin de mois", "company", "FR", None),
        ("30 jours fin de mois le 10", "company", "FR", "terms_too_long"),
        ("2 mois", "company", "FR", "terms_too_long"),
        ("30 jours", "public", "FR", None),
        ("31 jours", "public", "FR", "terms_too_long_public"),
        ("120 jours", "consumer", "FR", None),
        ("120 jours", "association", "FR", None),
        ("", "company", "FR", None),
        ("comptant", "company", "FR", None),
        ("quand je pourrai", "company", "FR", None),
        ("90 jours", "company", "??", "terms_too_long"),
    ],
)
def test_what_the_law_allows(creditor: Creditor, terms: str, kind: str, country: str, code: str | None) -> None:
    (*found,) = agreed_terms.of_many(creditor, [Agreed("A", "A", kind, country, terms)], ON)
    assert [one.code for one in found] == [code] * bool(code)
    assert all(one.severity is Severity.WARNING for one in found)


def test_the_words_name_the_customer_the_limits_and_the_article(creditor: Creditor) -> None:
    (found,) = agreed_terms.of_many(creditor, [Agreed("L", "Longue SARL", "company", "FR", "60 EOM")], ON)
    for part in ("Longue SARL (L)", "60 jours", "45 jours fin de mois", "C. com. L441-10"):
        assert part in found.message.replace("\u00a0", " ")
    assert "\ufffd" not in found.message
    assert "“" in found.in_language("en").message


def test_a_contacts_file_is_warned_about_and_taken(creditor: Creditor) -> None:
    seen = import_books.inspect(creditor, CSV.encode(), "contacts.csv")
    wanted = {"LONG": "terms_too_long", "CITY": "terms_too_long_public"}
    assert {code: text for code, text in codes(seen.problems).items() if code != "ROMA"} == wanted
    assert not seen.refused
    row = import_books.import_file(creditor, CSV.encode(), "contacts.csv", at=AT, actor="test")
    assert row.report["new"]["customers"] == 6
    told = [
        (one["line"], one["code"], one["severity"]) for one in row.report["set_aside"] if "Roma" not in one["message"]
    ]
    assert told == [(2, "terms_too_long", "warning"), (4, "terms_too_long_public", "warning")]
    assert Customer.objects.get(code="LONG").terms == "60 EOM"


def test_default_terms_are_told_of_for_each_new_customer_of_the_books(creditor: Creditor) -> None:
    creditor.default_terms = "90 jours"
    creditor.save()
    books = Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("BETA", "F2", "20250210", 5_000)
    row = import_books.import_file(creditor, books.bytes(), books.name, at=AT, actor="test")
    warned = [one for one in row.report["set_aside"] if one["code"] == "terms_too_long"]
    assert len(warned) == 2
    assert "Alpha SARL (ALPHA)" in warned[0]["message"]
    assert row.report["new"]["invoices"] == 2
    again = books.sale("ALPHA", "F3", "20250301", 100)
    later = import_books.import_file(creditor, again.bytes(), books.name, at=AT, actor="test")
    assert [one for one in later.report["set_aside"] if one["code"] == "terms_too_long"] == [], "told once"
    csv = "customer_code;name\nALPHA;Alpha\n"
    assert codes(import_books.inspect(creditor, csv.encode(), "contacts.csv").problems) == {"ALPHA": "terms_too_long"}


def test_of_many_the_first_are_listed_and_the_rest_counted(creditor: Creditor) -> None:
    many = [Agreed(f"C{n}", f"C{n}", "company", "FR", "90 jours") for n in range(MAX_SHOWN + 50)]
    found = agreed_terms.of_many(creditor, many, ON)
    assert len(found) == MAX_SHOWN + 1
    assert found[-1].values["count"] == "50"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("30", "30 days"), ("45 EOM", "45 days end of month"), ("EOM + 45", "end of month + 45 days"),
        ("30 EOM + 10", "30 days end of month + 10 days"), ("2 months", "2 months"), ("0", "on receipt"),
    ],
)  # fmt: skip
def test_terms_in_words(text: str, words: str) -> None:
    assert agreed_terms.in_words(parse_terms(text), "en").replace("\u00a0", " ") == words
