"""The page of a receivable's interest says under which law it is reckoned, and takes a correction."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django_scopes import scope

from encaisse.journal.models import Entry
from encaisse.law import find_regime
from encaisse.ledger.models import Receivable, RegimeChoice
from encaisse.parties.models import Customer
from tests.factories import make_invoice, make_payment
from tests.web.factories import Office


@pytest.fixture
def row(office: Office) -> Receivable:
    with scope(creditor=office.creditor):
        return Receivable.objects.get(number="F-101")


def _interest(office: Office, row: Receivable) -> str:
    page = office.client().get(reverse("customer_interest", args=[row.customer_id, row.pk]))
    return " ".join(unescape(page.content.decode()).split())


def _correct(office: Office, row: Receivable, user=None, **data: str):
    address = reverse("customer_regime", args=[row.customer_id, row.pk])
    return office.client(user).post(address, data, follow=True)


def test_the_page_says_which_law_why_and_what_only_a_person_can_tell(office: Office, row: Receivable) -> None:
    page = _interest(office, row)
    for words in (
        "France, entre professionnels",
        "Le client agit pour son activité professionnelle.",
        "Le contrat fixe-t-il un taux de pénalité, et lequel ?",
    ):
        assert words in page


def test_a_correction_is_kept_with_its_reason_and_changes_the_figures(office: Office, row: Receivable) -> None:
    answer = _correct(office, row, regime="be-b2b", reason="Droit belge, article 12 du contrat")
    assert answer.status_code == 200
    page = _interest(office, row)
    assert "Belgique, entre professionnels" in page
    assert "Droit belge, article 12 du contrat" in page
    assert "BCE + 8 points, arrondi" in page
    with scope(creditor=office.creditor):
        assert RegimeChoice.objects.get().receivable_id == row.pk
        assert Entry.objects.filter(kind="regime_chosen", chain="ALPHA").count() == 1


def test_a_correction_for_all_that_is_open_and_given_back(office: Office, row: Receivable) -> None:
    _correct(office, row, regime="uk", reason="English law", everything="on")
    with scope(creditor=office.creditor):
        assert RegimeChoice.objects.filter(regime="uk").count() == 2
    _correct(office, row, regime="by-rule", reason="error", everything="on")
    assert "Le client agit pour son activité professionnelle." in _interest(office, row)


def test_a_reason_is_needed_and_a_judgment_is_not_offered(office: Office, row: Receivable) -> None:
    for data in ({"regime": "uk", "reason": ""}, {"regime": "fr-judgment", "reason": "judgment of 3 May"}):
        answer = _correct(office, row, **data)
        assert answer.status_code == 422
        assert "Under which law" in answer.content.decode() or "loi" in answer.content.decode()
    with scope(creditor=office.creditor):
        assert not RegimeChoice.objects.exists()


def test_a_reader_changes_nothing(office: Office, row: Receivable) -> None:
    assert _correct(office, row, office.reader, regime="uk", reason="law").status_code == 403


def test_where_no_regime_is_known_the_page_asks(office: Office, row: Receivable) -> None:
    with scope(creditor=office.creditor):
        Customer.objects.filter(pk=row.customer_id).update(country="US", kind="consumer")
    page = _interest(office, row)
    assert "Quel taux et quel départ donne la loi qui régit le contrat ?" in page


def test_the_setting_that_hides_charges(office: Office, row: Receivable) -> None:
    address = reverse("customer_charges_shown", args=[row.customer_id])
    office.client().post(address, {"shown": "no"})
    with scope(creditor=office.creditor):
        assert Customer.objects.get(pk=row.customer_id).shows_charges is False
        assert Entry.objects.filter(kind="customer_changed", chain="ALPHA").count() == 1
    assert office.client().get(reverse("customer", args=[row.customer_id])).status_code == 200


def test_39_a_day_whose_rate_nobody_knows_has_its_pages(office: Office, row: Receivable) -> None:
    known_to = find_regime("fr-b2b").rate.last
    day = max(known_to, office.day) + timedelta(40)
    client = office.client()
    shown = client.get(reverse("customer_interest", args=[row.customer_id, row.pk]), {"on": day.isoformat()})
    assert shown.context["sheet"].known_to == known_to
    assert "n’est pas connu" in shown.content.decode().replace("'", "’")
    assert client.get(reverse("customer", args=[row.customer_id]), {"on": day.isoformat()}).status_code == 200


def test_34_who_paid_late_still_owes_and_the_page_says_it_is_a_right(office: Office, row: Receivable) -> None:
    with scope(creditor=office.creditor):
        customer = office.customers["ECHO"]
        due = office.day - timedelta(100)
        late = make_invoice(customer, "F-400", due - timedelta(30), due, 100_000)
        make_payment(customer, due + timedelta(30), 100_000, {late: 100_000})
    page = unescape(office.client().get(reverse("customer", args=[customer.pk])).content.decode())
    assert "F-400" in page
    assert reverse("customer_interest", args=[customer.pk, late.pk]) in page
    found = office.client().get(reverse("customer", args=[customer.pk])).context["charges"]
    assert (found.indemnity, found.more, len(found.lines)) == (4_000, 0, 1)
    assert found.interest > 0
