"""Data quality: what is missing or doubtful, worth most first, and its repairs; twins made one and two again."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import instant, make_contact, make_customer, make_invoice, make_payment
from tests.ledger.books import AT, Fec

if TYPE_CHECKING:
    from encaisse.parties.models import Creditor, Customer

DAY = date(2026, 3, 20)
STAMP: dict[str, Any] = {"at": instant(DAY), "actor": "test"}


def found(creditor: Creditor) -> dict[str, list[str]]:
    """Kind -> codes of its lines, in order."""
    from encaisse.ledger.quality import quality

    return {one.kind: [line.code for line in one.lines] for one in quality(creditor, DAY)}


def owing(creditor: Creditor, code: str, amount: int, **more: Any) -> Customer:
    customer = make_customer(creditor, code, **more)
    make_invoice(customer, f"F-{code}", date(2026, 1, 1), date(2026, 1, 31), amount)
    return customer


def test_each_doubt_is_found_and_what_is_in_order_is_not(creditor: Creditor) -> None:
    from encaisse.ledger.models import Invoice, Receivable

    owing(creditor, "GOOD", 900, siren="552100554")
    owing(creditor, "MUTE", 300, siren="732829320", email="", phone="")
    bounced = owing(creditor, "BOUNCED", 500, siren="443061841", email=None, phone="")
    make_contact(bounced, email="a@b.example", email_failed_on=DAY)
    owing(creditor, "NAMELESS", 200)
    owing(creditor, "WRONG", 700, siren="123456789")
    row = Receivable.objects.get(number="F-GOOD")
    Receivable.objects.exclude(pk=row.pk).update(due_from="invoice")
    Receivable.objects.filter(pk=row.pk).update(due_from="default")
    Invoice.objects.update(document="x" * 64)
    over = Receivable.objects.get(number="F-NAMELESS")
    make_payment(over.customer, date(2026, 2, 1), 300, {over: 300})
    assert found(creditor) == {
        "no_due_date": ["GOOD"],
        "wrong_siren": ["WRONG"],
        "bounced_address": ["BOUNCED"],
        "no_email": ["MUTE"],
        "negative_open": ["NAMELESS"],
    }


def test_each_is_mended_in_place(creditor: Creditor) -> None:
    from encaisse.ledger.mend_customer import NotMended, mend
    from encaisse.ledger.models import Receivable

    customer = owing(creditor, "MUTE", 300, email="", phone="")
    Receivable.objects.update(due_from="default")
    assert set(found(creditor)) == {"no_email", "no_siren", "no_due_date", "no_document"}
    mend(creditor, customer, "email", "compta@mute.example", **STAMP)
    mend(creditor, customer, "siren", "732 829 320", **STAMP)
    mend(creditor, customer, "terms", "45 jours fin de mois", **STAMP)
    assert set(found(creditor)) == {"no_document"}
    assert Receivable.objects.get().due_on == date(2026, 2, 28)
    for field, value in (("email", "x"), ("siren", "123456789"), ("terms", "one day"), ("name", "x")):
        with pytest.raises(NotMended):
            mend(creditor, customer, field, value, **STAMP)


def test_money_that_waits_for_more_than_a_week(creditor: Creditor) -> None:
    from encaisse.ledger.models import BankAccount, BankTransaction

    account = BankAccount.objects.create(creditor=creditor, number="FR76", currency="EUR")
    for key, day in (("old", date(2026, 3, 1)), ("new", date(2026, 3, 15))):
        BankTransaction.objects.create(
            creditor=creditor, account=account, key=key, booked_on=day, amount=10_00, currency="EUR", payer=key,
            recorded_at=instant(day),
        )  # fmt: skip
    from encaisse.ledger.quality import quality

    (section,) = quality(creditor, DAY)
    assert [line.name for line in section.lines] == ["old"]


def test_names_that_are_nearly_the_same_may_be_one_customer(creditor: Creditor) -> None:
    owing(creditor, "A", 500, name="Boulangerie Morel")
    owing(creditor, "B", 100, name="Boulangerie Morelle SARL")
    owing(creditor, "C", 100, name="Durand Plomberie")
    owing(creditor, "D", 100, name="Durand Peinture")
    assert found(creditor)["twin_customers"] == ["A"]


def test_twins_are_shown_merged_and_parted(creditor: Creditor) -> None:
    from encaisse.ledger import merge_customers
    from encaisse.ledger.balance import open_items
    from encaisse.ledger.models import Receivable

    one = owing(creditor, "ALPHA", 500, name="Alpha SARL", siren="552100554")
    two = owing(creditor, "ALPHA2", 200, name="ALPHA", email="autre@alpha.example")
    make_payment(two, date(2026, 2, 1), 50, {Receivable.objects.get(number="F-ALPHA2"): 50})
    assert found(creditor)["twin_customers"] == ["ALPHA"]
    preview = merge_customers.preview(creditor, one, two)
    assert (preview.invoices, preview.payments, preview.open) == (1, 1, {"EUR": 150})
    merge_customers.merge(creditor, one, two, **STAMP)
    assert "twin_customers" not in found(creditor)
    assert set(open_items(creditor, DAY)["customer"]) == {one.pk}
    assert one.contacts.count() == 2
    with pytest.raises(merge_customers.NotMerged):
        merge_customers.merge(creditor, one, two, **STAMP)
    two.refresh_from_db()
    assert merge_customers.undo(creditor, two, **STAMP) == one
    assert dict(open_items(creditor, DAY).select("customer", "open").iter_rows()) == {one.pk: 500, two.pk: 150}
    assert (one.contacts.count(), two.contacts.count()) == (1, 1)
    assert sorted(Receivable.objects.values_list("key", flat=True)) == ["F-ALPHA", "F-ALPHA2"]


def test_books_that_name_a_merged_customer_mean_the_one_that_stands_for_it(creditor: Creditor) -> None:
    from encaisse.ledger import merge_customers
    from encaisse.ledger.import_books import import_file
    from encaisse.ledger.models import Receivable
    from encaisse.parties.models import Customer

    fec = Fec(2026).sale("CA", "F-1", "20260115", 100).sale("CB", "F-2", "20260116", 200)
    import_file(creditor, fec.bytes(), fec.name, at=AT, actor="test")
    one, two = Customer.objects.get(code="CA"), Customer.objects.get(code="CB")
    merge_customers.merge(creditor, one, two, **STAMP)
    fec.sale("CB", "F-3", "20260201", 300).paid("CB", "F-2", "20260220", 200)
    row = import_file(creditor, fec.bytes(), fec.name, at=AT, actor="test")
    assert (row.report["new"]["invoices"], row.report["changed"]["invoices"]) == (1, 0)
    assert set(Receivable.objects.values_list("customer__code", flat=True)) == {"CA"}
    assert Customer.objects.get(code="CA").name == "Ca SARL"
    merge_customers.undo(creditor, Customer.objects.get(code="CB"), **STAMP)
    assert sorted(Receivable.objects.filter(customer=two).values_list("number", flat=True)) == ["F-2", "F-3"]
    again = fec.sale("CA", "F-4", "20260301", 1)
    report = import_file(creditor, again.bytes(), fec.name, at=AT, actor="test").report
    assert (report["new"]["invoices"], report["changed"]["invoices"], report["changed"]["corrections"]) == (1, 0, 0)


def test_two_that_cannot_be_one_are_refused_by_name(creditor: Creditor) -> None:
    from encaisse.ledger.merge_customers import NotMerged, merge

    one = owing(creditor, "A", 1, siren="552100554")
    two = owing(creditor, "B", 1, siren="732829320")
    with pytest.raises(NotMerged, match="other_siren"):
        merge(creditor, one, two, **STAMP)
    merge(creditor, one, two, sure=True, **STAMP)
