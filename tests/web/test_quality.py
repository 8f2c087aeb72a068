"""Data quality in the browser: what is missing is written down in its line, twins are merged and parted."""

from __future__ import annotations

from django.urls import reverse
from django_scopes import scope

from encaisse.parties.models import Contact, Customer
from tests.web.factories import Office


def test_a_missing_number_is_mended_in_its_line(office: Office) -> None:
    client = office.client(office.owner)
    with scope(creditor=office.creditor):
        customer = office.customers["ALPHA"]
        Customer.objects.filter(pk=customer.pk).update(siren="")
    page = client.get(reverse("books_quality")).content.decode()
    assert reverse("books_quality_repair", args=[customer.pk]) in page
    address = reverse("books_quality_repair", args=[customer.pk])
    wrong = client.post(address, {"field": "siren", "value": "123456789"}, follow=True).content.decode()
    assert "SIREN" in wrong
    client.post(address, {"field": "siren", "value": "552 100 554"})
    with scope(creditor=office.creditor):
        assert Customer.objects.get(pk=customer.pk).siren == "552100554"


def test_two_customers_become_one_and_two_again(office: Office) -> None:
    client = office.client(office.owner)
    with scope(creditor=office.creditor):
        keep, twin = office.customers["ALPHA"], office.customers["ECHO"]
        contacts = Contact.objects.filter(customer=keep).count()
    assert client.get(reverse("books_quality_merge_preview", args=[keep.pk, twin.pk])).status_code == 200
    page = client.post(reverse("books_quality_merge", args=[keep.pk, twin.pk]), {"sure": "on"}, follow=True)
    undo = reverse("books_quality_part", args=[twin.pk])
    assert undo in page.content.decode()
    with scope(creditor=office.creditor):
        assert Customer.objects.get(pk=twin.pk).merged_into_id == keep.pk
    assert client.post(undo).status_code == 302
    with scope(creditor=office.creditor):
        assert Customer.objects.get(pk=twin.pk).merged_into_id is None
        assert Contact.objects.filter(customer=keep).count() == contacts
