"""Who may do what, and that two creditors never meet."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from encaisse.journal.keep import keep
from encaisse.parties.models import Member, User
from encaisse.recovery import record_hold, record_limitation_event, record_pause
from encaisse.recovery.models import Action
from tests.web import pages
from tests.web.factories import PASSWORD, Office


def test_nobody_sees_a_page_without_signing_in(office: Office) -> None:
    client = Client()
    for name, address in (pages.reading(office) | pages.changing(office)).items():
        response = client.post(address) if name in pages.changing(office) else client.get(address)
        assert response.status_code == 302, name
        assert response["Location"].startswith("/accounts/login/"), name


def test_signing_in_leads_to_today(office: Office) -> None:
    client = Client()
    response = client.post(reverse("account_login"), {"login": office.owner.email, "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0] == "/"
    assert "Alpha Charpente" in response.content.decode()


def test_a_wrong_password_is_said_on_the_form(office: Office) -> None:
    response = Client().post(reverse("account_login"), {"login": office.owner.email, "password": "wrong"})
    assert response.status_code == 200
    assert "error-summary" in response.content.decode()


def test_nobody_signs_up_by_themselves(db: None) -> None:
    form = {"email": "stranger@example.org", "password1": PASSWORD, "password2": PASSWORD}
    Client().post(reverse("account_signup"), form)
    assert not User.objects.filter(email="stranger@example.org").exists()


def test_a_reader_reads_everything_and_is_neither_offered_nor_granted_a_change(office: Office) -> None:
    client = office.client(office.reader)
    allowed = {reverse("account_logout"), reverse("language"), reverse("creditor"), reverse("customers")}
    for name, address in pages.reading(office).items():
        response = client.get(address)
        assert response.status_code == (403 if name in pages.OWNERS_ONLY else 200), name
        if name in pages.OWNERS_ONLY | pages.FILES | {"account"}:
            continue
        for part in response.content.decode().split("<form")[1:]:
            head = part.split(">", 1)[0]
            if 'method="post"' not in head or 'method="dialog"' in head:
                continue
            action = head.split('action="')[1].split('"')[0] if 'action="' in head else address
            assert action in allowed or "data-group" in head, (name, head)
    for name, address in pages.changing(office).items():
        assert client.post(address).status_code == 403, name


def test_settings_and_team_belong_to_owners(office: Office) -> None:
    client = office.client(office.controller)
    for name in sorted(pages.OWNERS_ONLY & set(pages.PLAIN)):
        assert client.get(reverse(name)).status_code == 403, name
    assert client.get(reverse("settings")).status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_creditors_things_do_not_exist(office: Office, other: Office, method: str) -> None:
    """Every address with an id: what belongs to another creditor is not found, whoever asks."""
    _hold_back(other)
    client = office.client()
    with_ids = {name: address for name, address in _all(other, method).items() if any(map(str.isdigit, address))}
    assert len(with_ids) > 6
    for name, address in with_ids.items():
        data = {"text": "x", "reason": "x", "strategy": "firm", "light": "auto", "was_sent": "yes", "role": "reader"}
        response = client.get(address) if method == "get" else client.post(address, data)
        assert response.status_code == 404, (name, response.status_code)


def _all(office: Office, method: str) -> dict[str, str]:
    return pages.reading(office) if method == "get" else pages.changing(office)


def _hold_back(office: Office) -> None:
    with scope(creditor=office.creditor):
        now, customer = timezone.now(), office.customers["ECHO"]
        common = {"starts_on": timezone.localdate(), "reason": "test", "at": now, "actor": "test"}
        record_pause.record(office.creditor, scope="customer", customer=customer, **common)
        record_hold.record(office.creditor, customer, **common)
        record_limitation_event.record(
            office.creditor,
            customer,
            kind="acknowledgement",
            happened_on=timezone.localdate(),
            note="test",
            at=now,
            actor="test",
        )


def test_lists_and_exports_show_ones_own_creditor_only(office: Office, other: Office) -> None:
    with scope(creditor=other.creditor):
        other.customers["ALPHA"].name = "Zanzibar Secret"
        other.customers["ALPHA"].search = "zanzibar secret"
        other.customers["ALPHA"].save()
    client = office.client()
    for name, address in pages.reading(office).items():
        response = client.get(address)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        assert b"Zanzibar" not in content, name
    assert "Zanzibar" not in client.get(reverse("customers"), {"q": "zanzibar"}).content.decode()


def test_another_creditors_actions_cannot_be_approved(office: Office, other: Office) -> None:
    theirs = other.action()
    assert office.client().post(reverse("actions_approve"), {"action": theirs.pk}).status_code == 404
    with scope(creditor=other.creditor):
        assert Action.objects.get(pk=theirs.pk).status == "planned"


def test_another_creditors_documents_are_not_found(office: Office, other: Office) -> None:
    digest = keep(other.creditor.pk, b"secret", name="a.txt", media_type="text/plain", at=timezone.now())
    assert office.client().get(reverse("document", args=[digest])).status_code == 404
    assert other.client().get(reverse("document", args=[digest])).content == b"secret"


def test_one_cannot_choose_a_creditor_one_is_no_member_of(office: Office, other: Office) -> None:
    assert office.client().post(reverse("creditor"), {"creditor": other.creditor.pk}).status_code == 404


def test_an_accountant_switches_between_clients(office: Office, other: Office) -> None:
    with scope(creditor=other.creditor):
        Member.objects.create(creditor=other.creditor, user=office.owner, role=Member.Role.READER)
    client = office.client()
    client.post(reverse("creditor"), {"creditor": other.creditor.pk})
    html = client.get("/").content.decode()
    assert "Autre Maison" in html
    assert client.post(reverse("today_run")).status_code == 403, "a reader there, whatever the role elsewhere"
    client.post(reverse("creditor"), {"creditor": office.creditor.pk})
    assert client.post(reverse("today_run")).status_code == 302


def test_somebody_without_a_creditor_is_told_so(db: None) -> None:
    user = User.objects.create_user("alone@example.org", PASSWORD)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/").status_code == 403


def test_forms_from_elsewhere_are_refused(office: Office) -> None:
    client = office.client(enforce_csrf_checks=True)
    for name, address in pages.changing(office).items():
        assert client.post(address).status_code == 403, name
    for name in ("settings_identity", "account", "language", "creditor"):
        assert client.post(reverse(name), {"name": "x"}).status_code == 403, name


def test_nothing_changes_on_another_day(office: Office) -> None:
    client = office.client()
    for name, address in pages.changing(office).items():
        assert client.post(f"{address}?on=2020-01-02").status_code == 403, name


def test_a_page_that_changes_something_is_no_link(office: Office) -> None:
    client = office.client()
    for name, address in pages.changing(office).items():
        if name != "action_edit":
            assert client.get(address).status_code == 405, name
