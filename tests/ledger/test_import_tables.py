"""Tables into the ledger: the mapping that is kept, and what each kind of table comes to."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from encaisse.exchange.tables import TableFile, read_table
from encaisse.journal.models import Entry
from encaisse.ledger import balance, table_mappings
from encaisse.ledger.import_books import ImportRefused, import_file, inspect
from encaisse.ledger.models import Import, Invoice, Payment, Receivable
from encaisse.ledger.table_mappings import MappingRefused
from encaisse.money import to_decimal_text
from encaisse.parties.models import Creditor, Customer
from tests.factories import instant
from tests.ledger.books import Fec
from tests.ledger.statements import Statement

pytestmark = pytest.mark.django_db
NOON = instant(date(2025, 11, 21), 12)
TODAY = date(2025, 11, 21)
WHO: dict[str, Any] = {"at": NOON, "actor": "marie@lefevre.example"}
SAMPLES = Path(__file__).parents[1] / "exchange" / "tables"
ODD = "Réf;Tiers;Jour;Fin;Somme\nA1;Durand SARL;01/02/2026;03/04/2026;120,00\nA2;Petit;02/02/2026;04/04/2026;80,50\n"


def take(creditor: Creditor, content: bytes | str, name: str = "liste.csv", **more: Any) -> Import:
    """Import it; text is written as UTF-8."""
    content = content.encode() if isinstance(content, str) else content
    return import_file(creditor, content, name, **{**WHO, **more})


def owed(creditor: Creditor, on: date = TODAY) -> dict[str, str]:
    """What is open of each invoice, and below zero the credit of each customer."""
    rows = balance.open_items(creditor, on)
    found = {number: to_decimal_text(amount) for number, amount in rows.select("number", "open").iter_rows()}
    names = dict(Customer.objects.values_list("pk", "name"))
    for customer, _currency, credit in balance.unallocated(creditor, on).iter_rows():
        found[names[customer]] = to_decimal_text(-credit)
    return found


# Sample → what is open by it, invoice by invoice, and below zero each customer's credit.
OPEN: dict[str, dict[str, str]] = {
    "pennylane": {"F-2025-0101": "1200.00", "F-2025-0103": "46.00", "Menuiserie Aubry SARL": "-120.00"},
    "sage-100-ledger": {"FA00123": "1200.00", "Menuiserie Aubry": "-120.00"},
    "sage-due": {"FA00123": "1200.00", "FA00125": "49.90"},
    "ebp": {"FA00000201": "1200.00", "Menuiserie Aubry": "-60.00"},
    "cegid": {"2509001": "1200.00", "2509002": "300.60", "Menuiserie Aubry": "-700.00"},
    "quadra": {"F12001": "1200.00"},
    "dolibarr": {"FA2509-0001": "1200.00", "Menuiserie Aubry": "-60.00"},
    "odoo-fr": {"FAC/2025/00101": "1200.00", "Menuiserie Aubry": "-120.00"},
    "odoo": {"INV/2025/00101": "1200.00", "INV/2025/00102": "100.60"},
    "axonaut": {"F20250901": "1200.00"},
    "sellsy": {"F-20250901-00001": "1200.00", "F-20250915-00002": "100.60"},
    "quickbooks-aging": {"1042": "1200.00", "1051": "100.60", "Aubry Joinery": "-120.00"},
    "quickbooks-summary": {
        "Solde 2025-11-21 1-30 j": "1200.00", "Solde 2025-11-21 91+ j": "500.00", "Solde 2025-11-21": "80.00",
    },
    "xero": {"INV-0101": "1200.00", "Arts Café": "-60.00"},
    "stripe-payouts": {},
}  # fmt: skip


@pytest.mark.parametrize("name", OPEN)
def test_every_ready_mapping_comes_into_the_ledger(creditor: Creditor, name: str) -> None:
    path = next(SAMPLES.glob(f"{name}.*"))
    row = take(creditor, path.read_bytes(), path.name)
    assert (row.report["table"]["source"], row.report["table"]["program"]) == ("ready", name)
    assert owed(creditor) == OPEN[name]


@pytest.mark.parametrize("name", ["pennylane", "cegid", "quickbooks-summary"])
def test_what_is_shown_is_done_and_done_once(creditor: Creditor, name: str) -> None:
    path = next(SAMPLES.glob(f"{name}.*"))
    looked = inspect(creditor, path.read_bytes(), path.name)
    assert (looked.refused, looked.would["table"]["program"]) == (False, name)
    assert not Invoice.objects.exists()
    assert take(creditor, path.read_bytes(), path.name).report["new"] == looked.would["new"]
    again = take(creditor, path.read_bytes() + b"\n", path.name)  # other bytes, the same table
    assert again.report["unchanged"], again.report
    assert owed(creditor) == OPEN[name]


def table(text: str) -> TableFile:
    return read_table(text.encode())


def test_what_a_person_says_of_the_columns_is_kept_for_the_next_table(creditor: Creditor) -> None:
    first = table(ODD)
    told = table_mappings.chosen(creditor, first)
    assert told.source == "guessed"
    said = table_mappings.as_kind(first, told.mapping, "invoices")
    places = {name: table_mappings.place_of(first, name) for name in ("réf", "Tiers", "#3", "Fin", "Somme")}
    meanings = ("number", "customer_name", "issued_on", "due_on", "open")
    said = table_mappings.corrected(first, said, dict(zip(places.values(), meanings, strict=True)))
    row = table_mappings.remember(creditor, first, said, name="mars.csv", **WHO)
    assert table_mappings.remember(creditor, first, said, name="mars.csv", **WHO) == row
    after = table_mappings.chosen(creditor, table(ODD.replace("A1", "B7")))
    assert (after.source, after.missing, after.sure) == ("remembered", (), True)
    assert after.mapping.places == dict(zip(meanings, places.values(), strict=True))
    assert table_mappings.listing(creditor) == [row]
    table_mappings.forget(creditor, row.pk, **WHO)
    assert table_mappings.chosen(creditor, first).source == "guessed"
    kinds = list(Entry.objects.filter(creditor=creditor, chain="").order_by("sequence").values_list("kind", flat=True))
    assert kinds == ["mapping_remembered", "mapping_forgotten"]


def test_a_mapping_that_lacks_what_its_kind_needs_is_not_kept(creditor: Creditor) -> None:
    first = table(ODD)
    said = table_mappings.as_kind(first, table_mappings.chosen(creditor, first).mapping, "invoices")
    said = table_mappings.corrected(first, said, {0: ""})
    with pytest.raises(MappingRefused, match="number"):
        table_mappings.remember(creditor, first, said, **WHO)
    with pytest.raises(MappingRefused, match="open"):
        table_mappings.corrected(first, said, {0: "colour"})
    with pytest.raises(MappingRefused, match="Réf"):
        table_mappings.place_of(first, "Référé")
    with pytest.raises(MappingRefused, match="aged"):
        table_mappings.as_kind(first, said, "poems")


# --- lists of invoices ----------------------------------------------------------------------------------------------

HEAD = "Numéro de facture;Code client;Client;Date;Échéance;Montant TTC;Reste à payer\n"
LIST = (
    HEAD + "F-00101;ALPHA;Alpha SARL;05/01/2026;06/03/2026;1200,00;1200,00\n"
    "F-00102;BETA;Beta SAS;10/02/2026;11/04/2026;300,60;100,60\n"
)
LATER = instant(date(2026, 4, 1), 9)
AFTER = {"at": LATER, "actor": "marie@lefevre.example"}
END = date(2026, 4, 30)


def codes(row: Import) -> list[str]:
    return [one["code"] for one in row.report["set_aside"]]


def test_a_newer_export_updates_and_what_it_no_longer_lists_is_paid(creditor: Creditor) -> None:
    row = take(creditor, LIST)
    assert (row.kind, row.report["new"]["invoices"], row.report["table"]["source"]) == ("table-open", 2, "guessed")
    assert owed(creditor, END) == {"F-00101": "1200.00", "F-00102": "100.60"}
    due = {one.number: (one.due_on, one.due_from) for one in Receivable.objects.all()}
    assert due["F-00101"] == (date(2026, 3, 6), "invoice")
    newer = HEAD + "F-00102;BETA;Beta SAS;10/02/2026;30/04/2026;300,60;50,00\n"
    row = take(creditor, newer, **AFTER)
    assert owed(creditor, END) == {"F-00102": "50.00"}
    assert owed(creditor, date(2026, 3, 31)) == {"F-00101": "1200.00", "F-00102": "100.60"}, "it is paid from then on"
    assert codes(row) == ["no_longer_listed"]
    assert row.report["changed"]["due_dates"] == 1
    # It comes back: it was not paid.
    take(creditor, LIST.replace("100,60", "50,00"), at=instant(date(2026, 4, 10)), actor="x")
    assert owed(creditor, END) == {"F-00101": "1200.00", "F-00102": "50.00"}
    assert {one.number: one.settled_on for one in Receivable.objects.all()} == {"F-00101": None, "F-00102": None}


def test_a_list_of_all_invoices_does_not_settle_those_it_leaves_out(creditor: Creditor) -> None:
    take(creditor, LIST + "F-00100;BETA;Beta SAS;02/01/2026;03/02/2026;70,00;0,00\n")
    take(creditor, HEAD + "F-00102;BETA;Beta SAS;10/02/2026;11/04/2026;300,60;100,60\n", **AFTER)
    assert owed(creditor, END) == {"F-00101": "1200.00", "F-00102": "100.60"}


def test_a_list_older_than_what_is_known_is_refused(creditor: Creditor) -> None:
    take(creditor, "Situation au 20/03/2026;;;;;;\n" + LIST, **AFTER)
    with pytest.raises(ImportRefused) as refused:
        take(creditor, "Situation au 28/02/2026;;;;;;\n" + LIST, **AFTER)
    assert [one.code for one in refused.value.problems] == ["older_table"]


def test_the_books_win_as_far_as_they_reach(creditor: Creditor) -> None:
    fec = Fec(2026).sale("ALPHA", "F-00101", "20260105", 1200_00).sale("BETA", "F-00102", "20260210", 300_60)
    take(creditor, fec.bytes(), fec.name)
    row = take(creditor, LIST.replace(";1200,00\n", ";0,00\n"), **AFTER)
    assert Invoice.objects.count() == 2
    assert owed(creditor, END) == {"F-00102": "100.60"}, "books to February, a list of April"
    assert "books_say_otherwise" not in codes(row)
    fec.paid("BETA", "VIR88", "20260401", 200_00)
    take(creditor, fec.bytes(), fec.name, **AFTER)
    assert owed(creditor, END) == {"F-00101": "1200.00", "F-00102": "100.60"}, "the books say who paid, and once"
    fec.paid("ALPHA", "VIR99", "20260402", 1200_00)
    take(creditor, fec.bytes(), fec.name, **AFTER)
    assert owed(creditor, END) == {"F-00102": "100.60"}


def test_the_bank_says_when_it_was_paid(creditor: Creditor) -> None:
    take(creditor, LIST.replace(";1200,00\n", ";0,00\n"), **AFTER)
    assert Payment.objects.get(reference="F-00101").kind == "correction", "nobody said when"
    statement = Statement("2026-02-01", "2026-02-28")
    statement.line("2026-02-12", "1200.00", "VIR ALPHA F-00101", payer="ALPHA SARL")
    row = take(creditor, statement.bytes(), "releve.xml", **AFTER)
    assert row.report["new"]["in_books"] == 1
    paid = Payment.objects.get(reference="F-00101")
    assert (paid.kind, paid.paid_on) == ("payment", date(2026, 2, 12))
    assert "F-00101" in owed(creditor, date(2026, 2, 11))
    assert "F-00101" not in owed(creditor, date(2026, 2, 12))
    take(creditor, LIST.replace(";1200,00\n", ";0,00\n") + "\n", **AFTER)
    assert owed(creditor, END) == {"F-00102": "100.60"}


def test_other_numbers_for_customers_do_not_mix_them_up(creditor: Creditor) -> None:
    fec = Fec(2026).sale("C1", "F-00101", "20260105", 1200_00).sale("C2", "F-00102", "20260210", 300_60)
    text = fec.bytes().replace(b"C1 SARL", b"Alpha").replace(b"C2 SARL", b"Beta")
    take(creditor, text, fec.name)
    swapped = LIST.replace("ALPHA", "C2").replace("BETA", "C1") + "F-00103;C2;Alpha;01/03/2026;02/04/2026;9,00;9,00\n"
    take(creditor, swapped, **AFTER)
    assert set(Customer.objects.values_list("code", flat=True)) == {"C1", "C2"}
    assert Invoice.objects.get(number="F-00103").customer.code == "C1"


# --- payments, aged balances, bank, contacts ------------------------------------------------------------------------

PAID = "Date de règlement;Client;Montant;Facture(s)\n12/02/2026;Alpha SARL;1000,00;F-00101\n"


def test_payments_wait_for_their_invoices_and_count_once(creditor: Creditor) -> None:
    with pytest.raises(ImportRefused) as refused:
        take(creditor, PAID)
    assert [one.code for one in refused.value.problems] == ["payment_of_nobody"]
    take(creditor, LIST)
    unnamed = PAID + "13/02/2026;Beta SAS;40,00;\n14/02/2026;Gamma;5,00;\n"
    row = take(creditor, unnamed)
    assert (row.kind, row.report["waiting"], codes(row)) == ("table-payments", 1, ["payment_of_nobody"])
    # The list still says 1,200 are open: money that came counts, whatever the list had noted.
    assert owed(creditor, END) == {"F-00101": "200.00", "F-00102": "100.60", "Beta SAS": "-40.00"}
    assert take(creditor, unnamed).report["unchanged"]
    statement = Statement("2026-02-01", "2026-02-28").line("2026-02-13", "1000.00", "F-00101", payer="ALPHA")
    assert take(creditor, statement.bytes(), "r.xml").report["new"]["in_books"] == 1
    assert owed(creditor, END)["F-00101"] == "200.00"


AGED = "Balance âgée au 31/01/2026;;;;\nClient;Non échu;1-30 jours;31-60 jours;Total\nAlpha SARL;200,00;0,00;{};{}\n"


def test_an_aged_balance_stands_until_something_better_comes(creditor: Creditor) -> None:
    first = take(creditor, AGED.format("50,00", "250,00"), **AFTER)
    sums = set(Receivable.objects.values_list("pk", flat=True))
    assert set(first.report["held_parts"]["aged"]) == sums, "nobody is chased on a day nobody told"
    assert owed(creditor, END) == {"Solde 2026-01-31": "200.00", "Solde 2026-01-31 31-60 j": "50.00"}
    assert {one.due_on for one in Receivable.objects.all()} == {date(2025, 12, 31), date(2026, 3, 2)}
    take(creditor, LIST, **AFTER)
    assert owed(creditor, END) == {"F-00101": "1200.00", "F-00102": "100.60"}
    row = take(creditor, AGED.format("70,00", "270,00"), **AFTER)
    assert codes(row) == ["aged_differs"]
    assert owed(creditor, END) == {"F-00101": "1200.00", "F-00102": "100.60"}


def test_a_bank_table_and_the_statement_of_the_same_account_are_one(creditor: Creditor) -> None:
    creditor.iban = "FR7630006000011234567890189"
    creditor.save()
    take(creditor, LIST)
    table_ = "Date;Libellé;Débit;Crédit;Solde\n12/02/2026;VIR ALPHA SARL F-00101;;1200,00;2200,00\n"
    row = take(creditor, table_)
    assert (row.kind, row.report["new"]["movements"]) == ("table-bank", 1)
    statement = Statement("2026-02-01", "2026-02-28").line("2026-02-12", "1200.00", "F-00101", payer="ALPHA SARL")
    assert take(creditor, statement.bytes(), "r.xml").report["new"]["movements"] == 0


def test_contacts_with_other_headers(creditor: Creditor) -> None:
    row = take(creditor, "Numéro compte;Raison sociale client;Adresse mail compta\nALPHA;Alpha;compta@alpha.example\n")
    assert (row.kind, row.report["new"]) == ("contacts", {"customers": 1, "contacts": 1})
    assert Customer.objects.get().contacts.get().email == "compta@alpha.example"


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("Alpha;Bêta;Gamma\n1;2;3\n4;5;6\n", "table_kind_unclear", "Alpha, Bêta, Gamma"),
        ("Facture;Date;Échéance;Montant TTC\nF-1;05/01/2026;06/02/2026;12,00\n", "table_lacks", "customer_name"),
        (LIST.replace("Montant TTC", "Somme").replace("Reste à payer", "Total TTC;Montant TTC").replace(
            ";1200,00\n", ";1200,00;1100,00\n").replace(";100,60\n", ";100,60;90,00\n"), "table_unsure", "Montant TTC"),
        ("Number;Customer;Issue date;Total\nF-1;Alpha;05/01/2026;12.00\n", "table_dates_unclear", "Issue date"),
        ("Numéro de facture;Client;Date;Montant TTC\nF-1;Alpha;25/01/2026;1.200\n", "table_amounts_unclear", "1.200"),
    ],
)  # fmt: skip
def test_what_is_open_is_asked_and_nothing_is_taken(creditor: Creditor, text: str, code: str, named: str) -> None:
    looked = inspect(creditor, text.encode(), "x.csv")
    assert looked.refused
    assert [one.code for one in looked.problems] == [code]
    assert named in looked.problems[0].message
    assert "mapping" in looked.problems[0].hint
    with pytest.raises(ImportRefused):
        take(creditor, text)


def test_said_otherwise_the_same_file_is_read_again(creditor: Creditor) -> None:
    take(creditor, LIST)
    first = table(LIST)
    said = table_mappings.corrected(first, table_mappings.chosen(creditor, first).mapping, {6: ""})
    table_mappings.remember(creditor, first, table_mappings.corrected(first, said, {5: "open"}), **WHO)
    row = take(creditor, LIST)
    assert row.report["table"]["source"] == "remembered"
    assert owed(creditor, END) == {"F-00101": "1200.00", "F-00102": "300.60"}
    assert Import.objects.count() == 1


def test_a_list_of_another_month_settles_nothing(creditor: Creditor) -> None:
    take(creditor, LIST)
    row = take(creditor, HEAD + "F-00201;ALPHA;Alpha SARL;05/03/2026;06/05/2026;10,00;10,00\n", **AFTER)
    assert codes(row) == ["list_begins_anew"]
    assert owed(creditor, END) == {"F-00101": "1200.00", "F-00102": "100.60", "F-00201": "10.00"}


def test_long_and_odd_texts_do_no_harm(creditor: Creditor) -> None:
    row = take(creditor, HEAD + f"{'9' * 300};{'C' * 90};{'N' * 400};05/03/2026;06/05/2026;10,00;10,00\n")
    assert row.report["new"]["customers"] == 1
    row = take(creditor, HEAD + f"{'9' * 300};{'C' * 90};{'N' * 400};05/03/2026;06/05/2026;10,00;4,00\n", **AFTER)
    assert "customers" not in row.report["new"]
    assert list(owed(creditor, END).values()) == ["4.00"]


def test_numbers_that_begin_again_every_year(creditor: Creditor) -> None:
    last, this = (HEAD + f"1;ALPHA;Alpha SARL;05/01/{year};06/03/{year};{year},00;{year},00\n" for year in (2025, 2026))
    for text in (last, this, this + "\n"):
        take(creditor, text, **AFTER)
        assert Invoice.objects.count() == 1 + (text is not last)
    assert owed(creditor, END) == {"1": "2025.00", "1 (2026)": "2026.00"}
    both = HEAD + last.removeprefix(HEAD) + this.removeprefix(HEAD)
    take(creditor, both, **AFTER)
    assert owed(creditor, END) == {"1": "2025.00", "1 (2026)": "2026.00"}


def test_a_cancelled_invoice_is_owed_no_more_and_a_broken_row_is_no_payment(creditor: Creditor) -> None:
    head, rest = "N° facture;Client;Date;Échéance;Total TTC;Statut\n", "05/01/2026;06/03/2026;1200,00;{}\n"
    take(creditor, head + "F-00101;Alpha SARL;" + rest.format("Impayée") + "F-00102;Beta;" + rest.format("Impayée"))
    take(
        creditor,
        head + "F-00101;Alpha SARL;" + rest.format("Annulée") + "F-00102;Beta;" + rest.format("Impayée"),
        **AFTER,
    )
    assert owed(creditor, END) == {"F-00102": "1200.00"}
    broken = (
        head + "F-00103;Alpha SARL;" + rest.format("Impayée") + "F-00102;Beta;05/01/2026;06/03/2026;douze;Impayée\n"
    )
    row = take(creditor, broken, **AFTER)
    assert "no_longer_listed" not in codes(row)
    assert owed(creditor, END) == {"F-00102": "1200.00", "F-00103": "1200.00"}
