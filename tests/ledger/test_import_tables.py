"""Tables into the ledger: the mapping that is kept, and what each kind of table comes to."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from encaisse.exchange.tables import TableFile, read_table
from encaisse.journal.models import Entry
from encaisse.ledger import balance, table_mappings
from encaisse.ledger.import_books import import_file, inspect
from encaisse.ledger.models import Import, Invoice
from encaisse.ledger.table_mappings import MappingRefused
from encaisse.money import to_decimal_text
from encaisse.parties.models import Creditor, Customer
from tests.factories import instant

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
    looked = inspect(creditor, path.read_bytes(), path.name)
    assert not looked.refused
    assert (looked.would["table"]["source"], looked.would["table"]["program"]) == ("ready", name)
    assert not Invoice.objects.exists()
    row = take(creditor, path.read_bytes(), path.name)
    assert row.report["new"] == looked.would["new"]
    assert owed(creditor) == OPEN[name]
    again = take(creditor, path.read_bytes() + b"\n", path.name)  # other bytes, the same table
    assert owed(creditor) == OPEN[name]
    assert again.report["unchanged"], again.report


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
    kinds = list(Entry.objects.filter(creditor=creditor, chain="").values_list("kind", flat=True))
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
