"""Limitation on the pages: the date, the warning in words, the form, the way back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django_scopes import scope

from encaisse.journal.models import Entry
from encaisse.ledger.models import Invoice, Receivable
from encaisse.parties.models import Customer
from encaisse.recovery.models import LimitationEvent
from tests.stories.telling import said
from tests.web.factories import Office
from tests.web.test_pages import faults_in


@pytest.fixture
def old(office: Office) -> Receivable:
    """A receivable of the office that will be barred in forty days."""
    with scope(creditor=office.creditor):
        row = Receivable.objects.get(number="F-201")
        ends = office.day + timedelta(40)
        Receivable.objects.filter(pk=row.pk).update(
            due_on=date(ends.year - 5, ends.month, min(ends.day, 28)), issued_on=date(ends.year - 5, 1, 1)
        )
        Invoice.objects.filter(pk=row.invoice_id).update(issued_on=date(ends.year - 5, 1, 1))
        row.refresh_from_db()
    return row


def page_of(office: Office, row: Receivable, **more: str) -> str:
    return office.client().get(reverse("customer", args=[row.customer_id]), more).content.decode()


def post(office: Office, row: Receivable, **data: str):
    given = {
        "kind": "acknowledgement", "happened_on": office.day.isoformat(), "note": "lettre du 3", "receivable": "",
        "until_on": "",
    } | data  # fmt: skip
    return office.client().post(reverse("limitation_record", args=[row.customer_id]), given)


def test_the_pages_say_the_date_and_warn_in_words(office: Office, old: Receivable) -> None:
    for language, said_so in (("fr", "Prescrite après le"), ("en", "Barred after")):
        office.owner.language = language
        office.owner.save()
        html = page_of(office, old)
        assert faults_in(html) == []
        assert said_so in said(html)
        assert "C. com. L110-4" in html
        assert 'class="badge warn" href="#limitation"' in html
        assert f'datetime="{old.due_on.year + 5}-' in html
    today = office.client().get("/").content.decode()
    assert faults_in(today) == []
    part = today.split('id="near"')[1].split("</section>")[0]
    assert "F-201" in part
    assert reverse("customer", args=[old.customer_id]) in part
    assert "F-301" not in part


def test_a_young_receivable_carries_no_mark_and_long_terms_a_warning(office: Office) -> None:
    with scope(creditor=office.creditor):
        row = Receivable.objects.get(number="F-301")
        before = page_of(office, row)
        Customer.objects.filter(pk=row.customer_id).update(terms="60 EOM")
    html = page_of(office, row)
    assert 'id="limitation"' in html
    assert 'href="#limitation"' not in html
    assert "C. com. L441-10 I al.2" in html
    assert "C. com. L441-10 I al.2" not in before


def test_an_event_moves_the_date_and_its_withdrawal_moves_it_back(office: Office, old: Receivable) -> None:
    before = page_of(office, old)
    answer = post(office, old, receivable=str(old.pk))
    assert answer.status_code == 302
    html = page_of(office, old)
    assert "lettre du 3" in html
    assert 'href="#limitation"' not in html
    assert f'datetime="{office.day.year + 5}-' in html
    with scope(creditor=office.creditor):
        event = LimitationEvent.objects.get()
        assert (event.actor, event.receivable_id) == (office.owner.email, old.pk)
    client = office.client()
    assert client.post(reverse("limitation_withdraw", args=[event.pk])).status_code == 302
    with scope(creditor=office.creditor):
        kinds = list(Entry.objects.filter(chain="BRAVO").order_by("pk").values_list("kind", flat=True))
    assert kinds[-2:] == ["limitation_event_recorded", "limitation_event_withdrawn"]
    again = page_of(office, old)
    assert again.count('href="#limitation"') == before.count('href="#limitation"') == 1
    assert client.post(reverse("limitation_withdraw", args=[event.pk]), follow=True).status_code == 200


def test_what_cannot_be_is_said_at_its_field(office: Office, old: Receivable) -> None:
    for field, data in (
        ("happened_on", {"happened_on": "2999-01-01"}),
        ("note", {"note": "   "}),
        ("until_on", {"until_on": office.day.isoformat()}),
        ("receivable", {"receivable": "999999"}),
        ("happened_on", {"happened_on": "2001-01-01", "receivable": str(old.pk)}),
    ):
        answer = post(office, old, **data)
        assert answer.status_code == 422, data
        html = answer.content.decode()
        assert faults_in(html) == [], data
        assert f'href="#limitation-{field}"' in html, data
        assert f'id="limitation-{field}"' in html, data
    with scope(creditor=office.creditor):
        assert not LimitationEvent.objects.exists()


def test_nobody_withdraws_another_creditors_event(office: Office, other: Office, old: Receivable) -> None:
    post(office, old)
    with scope(creditor=office.creditor):
        event = LimitationEvent.objects.get()
    assert other.client().post(reverse("limitation_withdraw", args=[event.pk])).status_code == 404
    assert other.client().post(reverse("limitation_record", args=[old.customer_id])).status_code == 404
    assert office.client(office.reader).post(reverse("limitation_withdraw", args=[event.pk])).status_code == 403
    reader = office.client(office.reader).get(reverse("customer", args=[old.customer_id])).content.decode()
    assert "limitation_withdraw" not in reader
    assert f"/limitation/{event.pk}/withdraw/" not in reader
