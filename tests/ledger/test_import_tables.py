"""Tables into the ledger: the mapping that is kept, and what each kind of table comes to."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from encaisse.exchange.tables import TableFile, read_table
from encaisse.journal.models import Entry
from encaisse.ledger import table_mappings
from encaisse.ledger.table_mappings import MappingRefused
from encaisse.parties.models import Creditor
from tests.factories import instant

pytestmark = pytest.mark.django_db
NOON = instant(date(2026, 3, 20), 12)
WHO: dict[str, Any] = {"at": NOON, "actor": "marie@lefevre.example"}
ODD = "Ref;Tiers;Jour;Fin;Somme\nA1;Durand SARL;01/02/2026;03/04/2026;120,00\nA2;Petit;02/02/2026;04/04/2026;80,50\n"


def table(text: str) -> TableFile:
    return read_table(text.encode())


def test_what_a_person_says_of_the_columns_is_kept_for_the_next_table(creditor: Creditor) -> None:
    first = table(ODD)
    told = table_mappings.chosen(creditor, first)
    assert told.source == "guessed"
    said = table_mappings.as_kind(first, told.mapping, "invoices")
    places = {name: table_mappings.place_of(first, name) for name in ("ref", "Tiers", "#3", "Fin", "Somme")}
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
    with pytest.raises(MappingRefused, match="Ref"):
        table_mappings.place_of(first, "Réfé")
    with pytest.raises(MappingRefused, match="aged"):
        table_mappings.as_kind(first, said, "poems")
