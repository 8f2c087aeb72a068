"""The contacts file: columns in both languages, several rows per customer, bad values set aside one by one."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.exchange import contact_values
from encaisse.exchange.contacts import COLUMNS, read_contacts
from encaisse.exchange.terms import Terms


def csv(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def codes(data: bytes) -> list[tuple[int | None, str, str | None]]:
    return [(one.line, one.code, one.column) for one in read_contacts(data).problems]


def test_the_template_reads_without_a_problem_but_its_invented_numbers() -> None:
    template = files("encaisse.exchange").joinpath("templates/contacts.csv").read_bytes()
    found = read_contacts(template)
    assert {one.code for one in found.problems} <= {"doubtful_phone"}
    assert [customer.code for customer in found.customers] == ["C0001", "C0002"]
    first = found.customers[0]
    assert [contact.name for contact in first.contacts] == ["Anne Modèle", "Paul Modèle"]
    assert first.terms == Terms(45, "after")
    assert first.contacts[0].phone == "+33199001234"
    assert template.decode().splitlines()[0].split(";") == list(COLUMNS)


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_french_headers_in_any_dress(separator: str, encoding: str) -> None:
    rows = [
        ["Code client", "Raison sociale", "SIRET", "Type", "Courriel", "Téléphone", "Conditions de règlement", "Pays"],
        ["C1", "Œuvre & Cie", "", "Mairie", "Jean@Exemple.FR", "0612345678", "30 jours", "France"],
        ["C2", '"Dupont, fils"', "", "particulier", "", "02 123 45 67", "comptant", "Belgique"],
    ]
    quoted = [[f'"{cell}"' if separator in cell and '"' not in cell else cell for cell in row] for row in rows]
    found = read_contacts("\r\n".join(separator.join(row) for row in quoted).encode(encoding))
    one, two = found.customers
    assert (one.name, one.kind, one.country, one.terms) == ("Œuvre & Cie", "public", "FR", Terms(30))
    assert (one.contacts[0].email, one.contacts[0].phone) == ("Jean@exemple.fr", "+33612345678")
    assert (two.name, two.kind, two.country, two.contacts[0].phone) == ("Dupont, fils", "consumer", "BE", "+3221234567")


def test_a_bad_value_is_left_out_and_the_rest_of_the_row_kept() -> None:
    data = csv(
        "customer_code;name;siren;kind;email;phone;language;terms;country;postcode",
        "C1;Un;123456789;robot;pas une adresse@x;12;klingon;quand je peux;Atlantide;1000",
        "C2;Deux;356 000 000;société;a@b.fr;;EN;60;FR;1000",
    )
    found = read_contacts(data)
    assert [customer.name for customer in found.customers] == ["Un", "Deux"]
    bad = found.customers[0]
    assert (bad.siren, bad.kind, bad.language, bad.country, bad.terms) == ("", "", "", "", None)
    assert {(one.line, one.column) for one in found.problems if one.line == 2} >= {
        (2, "siren"), (2, "kind"), (2, "email"), (2, "phone"), (2, "language"), (2, "terms"), (2, "country"),
    }  # fmt: skip
    good = found.customers[1]
    assert (good.siren, good.kind, good.language, good.postcode) == ("356000000", "company", "en", "01000")
    assert [(one.line, one.code) for one in found.problems if one.line == 3] == [(3, "postcode_completed")]


def test_several_rows_make_several_contacts_and_fill_what_is_blank() -> None:
    found = read_contacts(
        csv("customer_code,name,email,contact_name,terms,tags", "C1,Un,a@b.fr;c@d.fr,Anne,,vip",
            "C1,,e@f.fr,Paul,30 jours,vip|lent", "C1,Autre,,,,")
    )  # fmt: skip
    customer = found.customers[0]
    assert [contact.email for contact in customer.contacts] == ["a@b.fr", "c@d.fr", "e@f.fr"]
    assert (customer.name, customer.terms, customer.tags) == ("Un", Terms(30), ("vip", "lent"))
    assert [(one.line, one.code, one.column) for one in found.problems] == [(4, "says_otherwise", "name")]


def test_rows_that_cannot_be_kept_are_said() -> None:
    assert codes(csv("customer_code;name", ";Sans code", "C1;Un;x;y", "C2;Deux")) == [
        (2, "no_customer_code", "customer_code"),
        (3, "column_count", None),
    ]


def test_unknown_columns_are_said_and_ignored() -> None:
    assert codes(csv("customer_code;name;humeur", "C1;Un;gaie")) == [(1, "ignored_column", "humeur")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\0" * 5000, "binary_file"),
        (b"PK\x03\x04rest", "binary_file"),
        (b"a;b\n1;2\n", "not_contacts"),
    ],
)
def test_what_is_no_contacts_file(data: bytes, code: str) -> None:
    assert [one.code for one in read_contacts(data).problems] == [code]


def test_a_cell_over_two_lines() -> None:
    found = read_contacts(b'customer_code;address;city\nC1;"12 rue X\nBat. B";Lyon\nC2;;Nice\n')
    assert found.customers[0].address == "12 rue X Bat. B"
    assert [customer.line for customer in found.customers] == [2, 4]


def test_siren_in_its_forms() -> None:
    assert contact_values.siren("356 000 000") == "356000000"
    assert contact_values.siren("FR39356000000") == "356000000"
    assert contact_values.siren("35600000000048") == "356000000"
    assert contact_values.siren("356000001") is None


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_after_a_header(data: bytes) -> None:
    read_contacts(b"customer_code;name;email;phone;terms\n" + data)


@settings(max_examples=100)
@given(st.lists(st.lists(st.text(max_size=12), max_size=8), max_size=6), st.sampled_from(";,\t"))
def test_any_cells(rows: list[list[str]], separator: str) -> None:
    text = "\n".join([separator.join(COLUMNS), *(separator.join(row) for row in rows)])
    found = read_contacts(text.encode("utf-8", "surrogatepass"))
    assert all(customer.code for customer in found.customers)
