"""Tables into records: samples of usual programs, rows set aside with their reason, sums checked."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from encaisse.exchange.problems import catalogue
from encaisse.exchange.table_mapping import ready_mappings
from encaisse.exchange.table_records import TableRecords, records
from encaisse.exchange.tables import read_table

SAMPLES = Path(__file__).parent / "tables"
SOURCES = sorted((Path(__file__).parents[2] / "src" / "encaisse" / "exchange").glob("table*.py"))


def read(*lines: str) -> TableRecords:
    return records(read_table("\n".join(lines).encode()))


def codes(found: TableRecords) -> list[str]:
    return [one.code for one in found.problems]


# Sample → what each invoice still owes, payments, problems.
PROGRAMS: dict[str, tuple[dict[str, str], list[str], list[str]]] = {
    "pennylane": ({"F-2025-0101": "1200", "F-2025-0102": "0", "F-2025-0103": "46", "AV-2025-0007": "-120"}, [],
                  ["not_issued"]),
    "sage-100-ledger": ({"FA00123": "1200", "FA00124": "0", "AV00009": "-120"}, ["300.60"], []),
    "sage-due": ({"FA00123": "1200", "FA00125": "49.90"}, [], []),
    "ebp": ({"FA00000201": "1200", "FA00000202": "0", "AV00000011": "-60"}, [], []),
    "cegid": ({"2509001": "1200", "2509002": "300.60"}, ["700"], []),
    "quadra": ({"F12001": "1200", "F12002": "300.60"}, ["300.60"], []),
    "dolibarr": ({"FA2509-0001": "1200", "FA2509-0002": "0", "AV2509-0001": "-60"}, [], ["not_issued"]),
    "odoo-fr": ({"FAC/2025/00101": "1200", "FAC/2025/00102": "0", "RFAC/2025/00003": "-120"}, [], []),
    "odoo": ({"INV/2025/00101": "1200", "INV/2025/00102": "100.60"}, [], []),
    "axonaut": ({"F20250901": "1200", "F20250902": "0"}, [], []),
    "sellsy": ({"F-20250901-00001": "1200", "F-20250915-00002": "100.60"}, [], ["not_issued"]),
    "quickbooks-aging": ({"1042": "1200", "1051": "100.60", "1052": "-120"}, [], []),
    "xero": ({"INV-0101": "1200", "INV-0102": "0", "CN-0004": "-60"}, [], ["repeated_invoice", "not_issued"]),
    "stripe-payouts": ({}, ["1234.56"], ["not_issued"]),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    table = read_table(next(SAMPLES.glob(f"{name}.*")).read_bytes())
    owed, paid, problems = PROGRAMS[name]
    assert table.guess.program == name
    assert table.problems == ()
    found = records(table)
    assert {one.number: one.payable for one in found.invoices} == {key: Decimal(value) for key, value in owed.items()}
    assert [one.amount for one in found.payments] == [Decimal(value) for value in paid]
    assert codes(found) == problems
    assert all((one.type == "credit_note") == ((one.gross or 0) < 0) for one in found.invoices)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if not name.startswith(("stripe", "quadra"))])
def test_the_guess_alone_reads_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = next(SAMPLES.glob(f"{name}.*")).read_bytes()
    ready = records(read_table(data))
    monkeypatch.setattr("encaisse.exchange.table_guess.ready_mappings", lambda: ())
    guessed = records(read_table(data))
    assert [(one.number, one.payable, one.due_on, one.issued_on) for one in guessed.invoices] == [
        (one.number, one.payable, one.due_on, one.issued_on) for one in ready.invoices
    ]


def test_every_ready_mapping_has_its_sample() -> None:
    assert {one["id"] for one in ready_mappings()} == {*PROGRAMS, "quickbooks-summary"}


def test_aged_balances() -> None:
    for name, totals in (("aged-fr", ["1250", "280.60"]), ("quickbooks-summary", ["1700", "80"])):
        found = records(read_table((SAMPLES / f"{name}.csv").read_bytes()))
        assert [one.total for one in found.aged] == [Decimal(total) for total in totals]
        assert codes(found) == []
    aubry = records(read_table((SAMPLES / "aged-fr.csv").read_bytes())).aged[0]
    assert aubry.not_due == 200
    assert [(one.first, one.last, one.amount) for one in aubry.buckets] == [(0, 30, 1000), (91, None, 50)]


def test_an_age_that_is_not_seen_is_told() -> None:
    found = read("Client;0-30 j;31-60 j;Mystère;Total", "Aubry;10,00;20,00;5,00;35,00", "Total;10,00;20,00;5,00;30,00")
    assert codes(found) == ["aged_parts_differ", "total_differs"]
    assert found.aged[0].total == 35


def test_bank_tables() -> None:
    found = records(read_table((SAMPLES / "bank-agence.csv").read_bytes()))
    assert [(one.booked_on, one.amount, one.currency, one.line) for one in found.transactions] == [
        (date(2025, 11, 3), Decimal("1200.00"), "EUR", 7),
        (date(2025, 11, 5), Decimal("-69.44"), "EUR", 10),
        (date(2025, 11, 12), Decimal("300.00"), "EUR", 11),
    ]
    assert "FA00123" in found.transactions[0].reference
    assert [(one.kind, one.on, one.amount) for one in found.balances] == [
        ("closing", date(2025, 11, 20), Decimal("1480.56"))
    ]
    neo = records(read_table((SAMPLES / "bank-neo.csv").read_bytes()))
    assert [one.amount for one in neo.transactions] == [Decimal("300.6"), Decimal("-70.0"), Decimal("1200.0")]
    assert neo.transactions[0].iban == "FR7630006000011234567890189"
    assert codes(neo) == []
    holed = (
        (SAMPLES / "bank-neo.csv").read_text(encoding="utf-8").replace("1130.0", "1131.0", 1).replace("-70.0", "-70.5")
    )
    assert "running_balance" not in codes(read(holed))  # too short to tell which is wrong


def test_a_missing_movement_shows_in_the_running_balance() -> None:
    rows = [f"{day:02}/11/2025;VIR {day};10,00;{100 + 10 * day},00" for day in range(1, 20)]
    assert codes(read("Date;Libellé;Montant;Solde", *rows)) == []
    del rows[7]
    assert codes(read("Date;Libellé;Montant;Solde", *rows)) == ["running_balance"]
    assert codes(read("Date;Libellé;Montant;Solde", *rows[::-1])) == ["running_balance"]


def test_sides_and_balances_among_movements() -> None:
    found = read(
        "Date;Libellé;Montant;Sens",
        "01/11/2025;ANCIEN SOLDE;100,00;C",
        "02/11/2025;VIR AUBRY;1 200,00;C",
        "03/11/2025;PRLV EDF;20,00;D",
        "03/11/2025;NOUVEAU SOLDE AU 03/11/2025;1 280,00;C",
    )
    assert [one.amount for one in found.transactions] == [Decimal("1200.00"), Decimal("-20.00")]
    assert [(one.kind, one.amount) for one in found.balances] == [("opening", 100), ("closing", 1280)]


def test_payments() -> None:
    found = records(read_table((SAMPLES / "payments.csv").read_bytes()))
    assert [(one.paid_on, one.amount, one.customer_name, one.invoices) for one in found.payments] == [
        (date(2025, 10, 15), Decimal("300.60"), "Café des Arts", ("F12002",)),
        (date(2025, 10, 16), Decimal("1500.00"), "Menuiserie Aubry", ("F12001", "F12009")),
    ]


def test_rows_set_aside_say_why_and_lose_nothing_else() -> None:
    found = read(
        "Facture;Client;Date;Échéance;Total TTC;SIREN;E-mail",
        ";Aubry;01/09/2025;01/10/2025;1,00;;",
        "F2;;01/09/2025;01/10/2025;2,00;;",
        "F3;Aubry;;;3,00;;",
        "F4;Aubry;01/09/2025;01/10/2025;quatre;;",
        "F5;Aubry;31/02/2025;01/10/2025;5,005;123456789;pas une adresse",
        "F6;Aubry;01/09/2025;01/08/2025;6,00;;",
        "Remarque de la comptable",
        "Total;;;;11,00;;",
    )
    assert [one.number for one in found.invoices] == ["F5", "F6"]
    assert found.invoices[0].issued_on is None
    assert found.invoices[0].gross == Decimal("5.01")
    assert [(one.line, one.code) for one in found.problems] == [
        (2, "row_without_number"), (3, "row_without_customer"), (4, "row_without_date"), (5, "bad_table_amount"),
        (5, "row_without_amount"), (6, "rounded_amount"), (6, "bad_table_date"), (6, "bad_siren"), (6, "bad_email"),
        (7, "due_before_issue"), (9, "total_differs"),
    ]  # fmt: skip
    assert found.counts["set_aside"] == 4


def test_sums_agree_with_the_totals() -> None:
    lines = ["Facture;Client;Date;Total TTC", "F1;A;01/09/2025;1,00", "F2;A;02/09/2025;2,00"]
    assert codes(read(*lines, "Total A;;;3,00", "F3;Total Énergies;02/09/2025;3,00", "TOTAL;;;6,00")) == []
    assert codes(read(*lines, "TOTAL;;;6,00")) == ["total_differs"]


def test_instalments_and_other_rows_of_one_number_are_kept() -> None:
    found = read(
        "Facture;Client;Date;Échéance;Total TTC",
        "F1;A;01/09/2025;01/10/2025;5,00", "F1;A;01/09/2025;01/11/2025;5,00", "F1;A;01/09/2025;01/11/2025;7,00",
    )  # fmt: skip
    assert [one.gross for one in found.invoices] == [5, 5, 7]
    assert codes(found) == ["same_number_again"]


@pytest.mark.parametrize(
    "status", ["Partiellement payée", "Payée partiellement", "Non payée", "En retard", "Partially paid"]
)
def test_a_part_payment_is_not_a_payment(status: str) -> None:
    assert read("Facture;Client;Date;Total TTC;Statut", f"F1;A;01/09/2025;5,00;{status}").invoices[0].payable == 5


@pytest.mark.parametrize("status", ["Payée", "payé", "Réglée le 12", "PAID", "Soldée", "Acquittée"])
def test_what_is_paid_is_not_owed(status: str) -> None:
    assert read("Facture;Client;Date;Total TTC;Statut", f"F1;A;01/09/2025;5,00;{status}").invoices[0].payable == 0


def test_contacts_keep_their_own_checks_and_lines() -> None:
    found = read("Nos clients", "", "Code client;Nom;E-mail;Téléphone;Conditions de règlement",
                 "C1;Aubry;compta@aubry.example;01 23 45 67 89;30 jours",
                 "C2;Arts;pasbon;;45 jours fin de mois")  # fmt: skip
    assert found.contacts is not None
    assert [(one.code, one.line) for one in found.contacts.customers] == [("C1", 4), ("C2", 5)]
    assert found.contacts.customers[0].contacts[0].phone == "+33123456789"
    assert str(found.contacts.customers[1].terms) == "45 EOM"
    assert [(one.line, one.code) for one in found.problems] == [(5, "bad_email")]


def test_what_is_not_understood_is_said() -> None:
    table = read_table(b"Poids;Taille\n70;180\n80;170")
    assert [one.code for one in table.problems] == ["table_unknown"]
    assert records(table).counts["rows"] == 2
    assert "missing_meaning" in codes(read("Facture;Date;Échéance;Total TTC", "F1;01/09/2025;01/10/2025;5,00"))


def test_the_words_of_every_problem_exist_and_are_english_on_demand() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    told = set(re.findall(r'(?:problem|add|Refused)\(\s*"(\w+)"', text)) | set(re.findall(r'"(row_\w+)"', text))
    assert len(told) > 25
    assert told <= set(catalogue())
    data = b"Facture;Client;Date;Total TTC\nF1;A;hier;5,00\nF2;A;01/09/2025;5,00"
    assert [one.message for one in records(read_table(data), language="en").problems] == [
        '"hier" is not a date (column Date).', "The row has no readable date."
    ]  # fmt: skip


def test_a_ledger_by_sections_names_its_customers_in_headings() -> None:
    found = read(
        "Date;Pièce;Libellé;Échéance;Débit;Crédit",
        "411AUB Menuiserie Aubry",
        "01/09/2025;F1;Facture F1;01/10/2025;100,00;",
        "02/10/2025;;VIR AUBRY;;;60,00",
        "Total 411AUB;;;;100,00;60,00",
        "411CAF Café des Arts",
        "03/09/2025;F2;Facture F2;03/10/2025;50,00;",
        "Total 411CAF;;;;50,00;",
        "Totaux;;;;150,00;60,00",
    )
    assert [(one.number, one.customer_name) for one in found.invoices] == [
        ("F1", "411AUB Menuiserie Aubry"),
        ("F2", "411CAF Café des Arts"),
    ]
    assert [(one.amount, one.customer_name) for one in found.payments] == [(60, "411AUB Menuiserie Aubry")]
    assert codes(found) == []


def test_details_percentages_and_accounts() -> None:
    bank = read("Date;Libellé;Détail de l'écriture;Montant;Compte",
                "01/11/2025;VIR RECU;VIR RECU DE AUBRY F001;5,00;123",
                "02/11/2025;CB;PEAGE;-1,00;456")  # fmt: skip
    assert [one.reference for one in bank.transactions] == ["VIR RECU DE AUBRY F001", "CB PEAGE"]
    assert codes(bank) == ["several_accounts"]
    aged = read("Client;Non échu;1-30 j;Total", "A;1,00;2,00;3,00", "Total;1,00;2,00;3,00", "Part;33%;67%;100%")
    assert codes(aged) == []
    assert len(aged.aged) == 1
    assert codes(read("Nom;E-mail", "Aubry;a@aubry.example")) == ["missing_meaning"]


def test_amounts_marked_as_credits_take_off() -> None:
    aged = read(
        "Client;Non échu;1-30 j;Total",
        "A;100,00;20,00 CR;80,00 DR",
        "B;;5,00 CR;5,00 CR",
        "Total;100,00;25,00 CR;75,00",
    )
    assert [one.total for one in aged.aged] == [80, -5]
    assert codes(aged) == []
    owed = read("Facture;Client;Date;Reste dû", "F1;A;01/09/2025;12,00", "F2;A;01/09/2025;4,00 CR")
    assert [one.payable for one in owed.invoices] == [12, -4]


def test_a_day_of_payment_settles_unless_amounts_say_otherwise() -> None:
    rows = ["F1,A,2025-09-01,2025-10-01,100.00,2025-10-02", "F2,A,2025-09-01,2025-10-01,50.00,"]
    found = read("invoice,customer,created_date,due_date,amount_usd,clear_date", *rows)
    assert [(one.payable, one.paid_on, one.currency) for one in found.invoices] == [
        (0, date(2025, 10, 2), "USD"), (50, None, "USD")
    ]  # fmt: skip
    part = read("invoice,customer,date,amount,outstanding,clear_date", "F1,A,2025-09-01,100.00,40.00,2025-10-02")
    assert part.invoices[0].payable == 40
    part = read("Facture;Client;Date;Total TTC;Montant payé;Date de paiement", "F1;A;01/09/2025;10,00;4,00;02/10/2025")
    assert part.invoices[0].payable == 6


def test_noise_of_binary_fractions_in_text() -> None:
    found = read("invoice,customer,date,amount", "F1,200540723,2025-09-01,17828.069999999996", "F2,7,2025-09-01,5.5")
    assert [one.gross for one in found.invoices] == [Decimal("17828.07"), Decimal("5.50")]
    assert found.invoices[0].customer_code == "200540723"
    assert codes(found) == []


def test_sections_name_the_customer_from_above_the_headers_on() -> None:
    head = "Numéro;Date;Échéance;Montant TTC"
    found = read(
        "Client : Durand SA;;;", head, "FA1;05/01/2025;04/02/2025;1200,00", "Total Durand SA;;;1200,00",
        "Client : Martin;;;", head, "FA2;20/01/2025;19/02/2025;234,56", "Total Martin;;;234,56",
    )  # fmt: skip
    assert [(one.number, one.customer_name) for one in found.invoices] == [("FA1", "Durand SA"), ("FA2", "Martin")]
    assert codes(found) == []


def test_each_column_of_states_is_looked_at() -> None:
    found = read(
        "Number;Customer;Invoice Date;Due Date;Total;Payment Status;Status",
        "F1;Durand;2025-01-05;2025-02-04;1200.50;Not Paid;Posted",
        "F2;Durand;2025-01-05;2025-02-04;1200.50;Not Paid;Draft",
        "F3;Durand;2025-01-05;2025-02-04;1200.50;Paid;Posted",
    )
    assert [(one.number, one.payable) for one in found.invoices] == [("F1", Decimal("1200.5")), ("F3", Decimal(0))]
    assert codes(found) == ["not_issued"]


def test_a_company_comes_before_its_contact_and_a_number_before_an_identifier() -> None:
    found = read(
        "Invoice ID;Invoice Number;Contact;Société;Date;Échéance;Total TTC",
        "9001;INV-1;M. Petit;Durand SA;05/01/2025;04/02/2025;1200,50",
        "9002;INV-2;Mme Roux;Martin;20/01/2025;19/02/2025;12,00",
    )
    assert [(one.number, one.customer_name) for one in found.invoices] == [("INV-1", "Durand SA"), ("INV-2", "Martin")]


def test_a_ledger_with_journal_and_lettering_is_no_bank_statement() -> None:
    found = read(
        "Date;C.j;N° pièce;Libellé écriture;Lettrage;Mouvement débit;Mouvement crédit;Solde progressif",
        "Durand SA;;;;;;;", "05/01/2025;VTE;F1;Facture F1;;1 200,00;;1 200,00", "Total;;;;;1 200,00;;1 200,00",
        "Martin;;;;;;;", "20/01/2025;VTE;F2;Facture F2;A;1 234,56;;1 234,56", "25/01/2025;BQ;3;Vir;A;;1 234,56;0,00",
    )  # fmt: skip
    assert [(one.number, one.customer_name, one.payable) for one in found.invoices] == [
        ("F1", "Durand SA", Decimal(1200)), ("F2", "Martin", Decimal(0)),
    ]  # fmt: skip
    assert [one.amount for one in found.payments] == [Decimal("1234.56")]
