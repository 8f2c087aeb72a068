"""Contacts and terms from a file: who is reached how, and when invoices are due."""

from __future__ import annotations

import pytest

from encaisse.journal.models import Entry
from encaisse.ledger import import_books
from encaisse.ledger.models import Import, Receivable
from encaisse.parties.models import Contact, Creditor, Customer
from tests.ledger.books import AT, Fec

pytestmark = pytest.mark.django_db

COLUMNS = (
    "customer_code;name;siren;kind;email;phone;address;postcode;city;country;language;terms;strategy;contact_name;role"
)
CSV = f"""{COLUMNS}
ALPHA;Alpha Élevage;;company;compta@alpha.example;01 99 00 12 34;1 rue H;67000;Metz;FR;fr;45 j fdm;firm;Anne Petit;DAF
ALPHA;;;;chef@alpha.example;;;;;;;;;Paul Petit;Direction
NOUVEAU;Mairie d'Aÿ;;public;finances@ay.example;;;51160;Aÿ;FR;fr;30 jours;;;
"""


def take(creditor: Creditor, text: str, **more: object) -> Import:
    return import_books.import_file(creditor, text.encode(), "contacts.csv", at=AT, actor="test", **more)


def books() -> Fec:
    return (
        Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("ALPHA", "F2", "20250210", 5_000, "A")
        .paid("ALPHA", "V", "20250301", 5_000, "A").sale("BETA", "F3", "20250115", 700)
    )  # fmt: skip


def test_contacts_and_terms_then_new_due_dates(creditor: Creditor) -> None:
    import_books.import_file(creditor, books().bytes(), books().name, at=AT, actor="test")
    assert dict(Receivable.objects.values_list("number", "due_from")) == dict.fromkeys(("F1", "F2", "F3"), "default")
    seen = import_books.inspect(creditor, CSV.encode(), "x", strategies=["firm"])
    assert seen.kind == "contacts"
    assert seen.would["changed"]["due_dates"] == 1
    assert Contact.objects.count() == 0
    row = take(creditor, CSV, strategies=["firm"])
    alpha = Customer.objects.get(code="ALPHA")
    assert (alpha.name, alpha.region, alpha.strategy) == ("Alpha Élevage", "FR-AM", "firm")
    assert alpha.search == "alpha elevage alpha"
    assert list(alpha.contacts.values_list("position", "name", "email")) == [
        (0, "Anne Petit", "compta@alpha.example"), (1, "Paul Petit", "chef@alpha.example"),
    ]  # fmt: skip
    due = {one.number: (str(one.due_on), one.due_from) for one in Receivable.objects.all()}
    assert due["F1"] == ("2025-02-28", "terms")
    assert due["F2"] == ("2025-03-12", "default"), "what is settled keeps its date"
    assert due["F3"] == ("2025-02-14", "default")
    assert row.report["new"]["customers"] == 1
    assert row.report["changed"]["due_dates"] == 1
    assert {"what": "due_date", "customer": "ALPHA", "number": "F1", "before": "2025-02-09", "after": "2025-02-28"} in (
        row.report["changed"]["items"]
    )
    kinds = list(Entry.objects.filter(chain="ALPHA").order_by("id").values_list("kind", flat=True))
    assert kinds == ["ledger_changed", "customer_changed", "due_dates_changed"]
    assert "compta@" not in Entry.objects.get(chain="ALPHA", kind="customer_changed").payload


def test_terms_known_before_the_books(creditor: Creditor) -> None:
    take(creditor, CSV)
    import_books.import_file(creditor, books().bytes(), books().name, at=AT, actor="test")
    assert Receivable.objects.get(number="F2").due_from == "terms"
    assert str(Receivable.objects.get(number="F1").due_on) == "2025-02-28"
    assert Customer.objects.get(code="ALPHA").contacts.count() == 2


def test_same_contacts_twice_and_fewer_contacts(creditor: Creditor) -> None:
    first = take(creditor, CSV)
    assert take(creditor, CSV).pk == first.pk
    again = take(creditor, CSV + "\n")
    assert again.report["unchanged"]
    take(creditor, "\n".join(CSV.splitlines()[:2]))
    assert Customer.objects.get(code="ALPHA").contacts.count() == 1


def test_an_unknown_strategy_is_told_and_left_out(creditor: Creditor) -> None:
    row = take(creditor, CSV, strategies=["standard"])
    assert [one["code"] for one in row.report["set_aside"]] == ["unknown_strategy"]
    assert Customer.objects.get(code="ALPHA").strategy == ""


def test_a_new_address_is_tried_again(creditor: Creditor) -> None:
    take(creditor, CSV)
    Contact.objects.filter(position=0).update(email_failed_on="2025-06-01")
    take(creditor, CSV.replace("compta@alpha", "factures@alpha"))
    assert Contact.objects.get(customer__code="ALPHA", position=0).email_failed_on is None
    assert Contact.objects.get(customer__code="NOUVEAU", position=0).email_failed_on is not None


def test_the_column_that_hides_charges(creditor: Creditor) -> None:
    head = "customer_code;name;charges\n"
    take(creditor, head + "A;Alpha;\nB;Bravo;non\nC;Charlie;yes\nD;Delta;perhaps\n")
    shown = dict(Customer.objects.order_by("code").values_list("code", "shows_charges"))
    assert shown == {"A": True, "B": False, "C": True, "D": True}
    again = take(creditor, head + "A;Alpha;no\nB;Bravo;\nC;Charlie;\n")
    assert again.report["changed"]["items"] == [
        {"what": "customer", "customer": "A", "field": "shows_charges", "before": True, "after": False}
    ]
    assert not Customer.objects.get(code="B").shows_charges, "nothing said changes nothing"
