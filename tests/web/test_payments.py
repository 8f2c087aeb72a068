"""The page of payments: a statement dropped, a yes in one key, an undo, and what is told on the customer's page."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from encaisse.ledger.models import BankTransaction, Match, Receivable
from encaisse.recovery.models import Action
from tests.ledger.statements import Statement
from tests.web.factories import Office


def drop(office: Office, client: Client) -> str:
    """A statement of yesterday in which Bravo pays its invoice, and a stranger something else."""
    day = (office.day - timedelta(1)).isoformat()
    made = Statement(day, day)
    made.line(day, "3100.00", "FACTURE F-201", payer="BRAVO TOITURES", iban="DE89370400440532013000")
    made.line(day, "9.99", "REMBOURSEMENT", payer="QUIDAM")
    upload = SimpleUploadedFile("releve.xml", made.bytes(), content_type="text/xml")
    client.post(reverse("books_upload"), {"files": upload})
    page = client.get(reverse("books_check")).content.decode()
    assert "CAMT.053" in page
    return page


def confirm(client: Client, page: str) -> str:
    token = page.split('name="file" value="')[1].split('"')[0]
    return client.post(reverse("books_confirm"), {"file": token}, follow=True).content.decode()


def the_match(office: Office, **wanted: object) -> Match:
    with scope(creditor=office.creditor):
        return Match.objects.filter(rank=0, movement__amount=310_000, **wanted).latest("pk")


def settled(office: Office) -> bool:
    with scope(creditor=office.creditor):
        return Receivable.objects.get(number="F-201").settled_on is not None


def test_from_the_drop_to_a_yes_and_back(office: Office) -> None:
    client = office.client()
    confirm(client, drop(office, client))
    with scope(creditor=office.creditor):
        call = Action.objects.get(customer=office.customers["BRAVO"], day=office.day)
        assert (call.status, call.outcome) == ("cancelled", "payment_seen"), "called off before any yes"
    today = client.get(reverse("today")).content.decode()
    assert reverse("payments") in today
    page = client.get(reverse("payments")).content.decode()
    assert page.index("BRAVO TOITURES") < page.index("QUIDAM"), "worth most first"
    match = the_match(office)
    assert match.customer == office.customers["BRAVO"]
    assert reverse("payments_book", args=[match.pk]) in page
    answer = client.post(reverse("payments_book", args=[match.pk]), follow=True).content.decode()
    assert reverse("payments_undo", args=[match.pk]) in answer
    assert settled(office)
    booked = client.get(reverse("payments") + "?state=booked").content.decode()
    assert "F-201" in booked
    customer = client.get(reverse("customer", args=[match.customer_id])).content.decode()
    assert "BRAVO TOITURES" in customer
    client.post(reverse("payments_undo", args=[match.pk]))
    assert not settled(office)
    again = client.post(reverse("payments_undo", args=[match.pk]), follow=True).content.decode()
    assert "error" in again


def test_no_and_no_customers_payment(office: Office) -> None:
    client = office.client(office.controller)
    confirm(client, drop(office, client))
    match = the_match(office)
    client.post(reverse("payments_refuse", args=[match.pk]))
    assert the_match(office, pk=match.pk).state == "refused"
    with scope(creditor=office.creditor):
        other = BankTransaction.objects.get(amount=999)
    client.post(reverse("payments_aside", args=[other.pk]))
    page = client.get(reverse("payments") + "?state=aside").content.decode()
    assert "QUIDAM" in page
    client.post(reverse("payments_again", args=[other.pk]))
    with scope(creditor=office.creditor):
        assert BankTransaction.objects.get(amount=999).state == "open"


def test_a_person_says_what_it_pays(office: Office) -> None:
    client = office.client()
    confirm(client, drop(office, client))
    with scope(creditor=office.creditor):
        stray = BankTransaction.objects.get(amount=999)
        wanted = Receivable.objects.get(number="F-201")
    link = reverse("payments_choose", args=[stray.pk])
    assert link in client.get(reverse("payments")).content.decode()
    page = client.get(link, {"q": "bravo"}).content.decode()
    assert f'value="{wanted.pk}"' in page
    assert "Bravo Toitures" in page or "BRAVO TOITURES" in page
    none = client.post(reverse("payments_pay", args=[stray.pk]), {}, follow=True).content.decode()
    assert "error" in none, "nothing chosen: said on the same page, nothing booked"
    answer = client.post(reverse("payments_pay", args=[stray.pk]), {"receivable": wanted.pk}, follow=True)
    with scope(creditor=office.creditor):
        made = Match.objects.get(movement=stray, state="booked")
        assert [(part.receivable_id, part.amount) for part in made.parts.all()] == [(wanted.pk, 999)]
    assert reverse("payments_undo", args=[made.pk]) in answer.content.decode()
    assert client.get(link).status_code == 302, "booked: nothing to choose"
    client.post(reverse("payments_undo", args=[made.pk]))
    client.post(reverse("payments_pay", args=[stray.pk]), {"credit": office.customers["BRAVO"].pk})
    with scope(creditor=office.creditor):
        credit = Match.objects.get(movement=stray, state="booked")
        assert (credit.over, credit.parts.count()) == (999, 0)
    assert settled(office) is False
