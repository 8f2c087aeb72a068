"""Books in by the browser: look, confirm or leave; the first run; the settings."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from encaisse.ledger.models import Import, Invoice
from encaisse.parties.models import Creditor, Member, User
from tests.factories import make_creditor
from tests.web import mail_tests_host
from tests.web.factories import Office, fec, make_member


def _file(name: str = "732829320FEC20251231.txt", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if content is not None else _books())


CONTACTS = b"customer_code;name;email;terms\nKILO;Kilo Bois;compta@kilo.example;30 jours\n"


def _books() -> bytes:
    year = timezone.localdate().year
    today = timezone.localdate()
    days = (date(year, 1, 1), today - timedelta(40), today)
    return fec([("KILO", "Kilo Bois", f"K-{n}", max(day, days[0]), 60_000 + n) for n, day in enumerate(days)], year)


def test_a_file_is_looked_at_before_anything_is_kept(office: Office) -> None:
    client = office.client()
    with scope(creditor=office.creditor):
        before = Invoice.objects.count()
    assert client.post(reverse("books_upload"), {"files": [_file()]})["Location"] == reverse("books_check")
    html = client.get(reverse("books_check")).content.decode()
    assert "732829320FEC20251231.txt" in html
    with scope(creditor=office.creditor):
        assert Invoice.objects.count() == before


def test_a_confirmed_file_is_in_the_books_with_its_report(office: Office) -> None:
    client = office.client()
    client.post(reverse("books_upload"), {"files": [_file()]})
    ready = client.get(reverse("books_check")).context["ready"]
    response = client.post(reverse("books_confirm"), {"file": [one.upload.token for one in ready]}, follow=True)
    with scope(creditor=office.creditor):
        assert Invoice.objects.filter(number__startswith="K-").count() == 3
    assert response.context["row"].name == "732829320FEC20251231.txt"
    client.post(reverse("books_upload"), {"files": [_file()]})
    assert client.get(reverse("books_check")).context["files"][0].state == "already"


def test_a_file_can_be_left(office: Office) -> None:
    client = office.client()
    client.post(reverse("books_upload"), {"files": [_file()]})
    assert client.post(reverse("books_leave"))["Location"] == reverse("books")
    assert client.get(reverse("books_check")).status_code == 302


@pytest.mark.parametrize("content", [b"", b"\x00" * 5000, b"%PDF-1.7 no books", b"JournalCode\tonly\r\n"])
def test_a_file_that_is_no_books_says_why(office: Office, content: bytes) -> None:
    client = office.client()
    client.post(reverse("books_upload"), {"files": [_file("strange.txt", content)]})
    response = client.get(reverse("books_check"))
    if response.status_code == 302:
        return  # nothing arrived at all
    (looked,) = response.context["files"]
    assert looked.state == "refused"
    assert looked.problems
    client.post(reverse("books_confirm"), {"file": [looked.upload.token]})
    with scope(creditor=office.creditor):
        assert not Import.objects.filter(name="strange.txt").exists()


def test_too_large_files_are_refused_with_the_way_out(office: Office, settings) -> None:
    settings.UPLOAD_LIMIT = 100
    response = office.client().post(reverse("books_upload"), {"files": [_file()]}, follow=True)
    assert "encaisse import" in response.content.decode()


def test_another_persons_upload_is_not_mine(office: Office, other: Office) -> None:
    theirs = other.client()
    theirs.post(reverse("books_upload"), {"files": [_file()]})
    token = theirs.get(reverse("books_check")).context["files"][0].upload.token
    office.client().post(reverse("books_confirm"), {"file": [token]})
    with scope(creditor=office.creditor):
        assert not Invoice.objects.filter(number__startswith="K-").exists()


def test_a_creditor_without_books_is_led_through_three_questions(db: None, home: object) -> None:
    creditor = make_creditor("Neuve", sender_name="", sender_email="", iban="")
    user = make_member(creditor, "owner@neuve.example", Member.Role.OWNER, "Nina")
    office = Office(creditor, user, user, user, {}, timezone.localdate())
    client = office.client()
    assert client.get("/")["Location"] == reverse("welcome")
    bad = client.post(reverse("welcome"), {"name": "", "siren": "123456789"})
    assert "error-summary" in bad.content.decode()
    assert client.post(reverse("welcome"), {"name": "Neuve SARL"})["Location"] == reverse("welcome_books")
    client.post(reverse("books_upload"), {"files": [_file(), _file("contacts.csv", CONTACTS)]})
    ready = client.get(reverse("books_check")).context["ready"]
    assert [one.kind for one in ready] == ["contacts", "fec"]
    response = client.post(reverse("books_confirm"), {"file": [one.upload.token for one in ready]})
    assert response["Location"] == reverse("welcome_tone")
    form = {"tone": "courteous", "sender_name": "Nina Roy", "sender_email": "nina@neuve.example"}
    assert client.post(reverse("welcome_tone"), form)["Location"] == reverse("welcome_ready")
    shown = client.get(reverse("welcome_ready"))
    assert shown.context["open"] == 180_003
    assert "Kilo Bois" in shown.content.decode()
    assert client.post(reverse("welcome_start"), follow=True).redirect_chain[-1][0] == "/"
    creditor.refresh_from_db()
    assert (creditor.name, creditor.default_strategy) == ("Neuve SARL", "courteous")


def test_the_first_run_can_be_left(db: None, home: object) -> None:
    creditor = make_creditor("Neuve")
    user = make_member(creditor, "owner@neuve.example", Member.Role.OWNER)
    client = Office(creditor, user, user, user, {}, timezone.localdate()).client()
    client.get(reverse("welcome"))
    client.post(reverse("welcome_later"))
    assert client.get("/").status_code == 200


def test_identity_is_checked_next_to_the_field(office: Office) -> None:
    client = office.client()
    form = {
        "name": "X",
        "country": "FR",
        "language": "fr",
        "iban": "FR76 3000 6000 0112 3456 7890 188",
        "siren": "732829321",
    }
    html = client.post(reverse("settings_identity"), form).content.decode()
    assert 'href="#id_iban"' in html
    assert 'href="#id_siren"' in html
    form |= {"iban": "FR76 3000 6000 0112 3456 7890 189", "siren": "732 829 320"}
    assert client.post(reverse("settings_identity"), form).status_code == 302
    office.creditor.refresh_from_db()
    assert (office.creditor.iban, office.creditor.siren) == ("FR7630006000011234567890189", "732829320")


def test_rules_are_kept_and_checked(office: Office) -> None:
    client = office.client()
    form = {
        "default_terms": "45 jours", "default_strategy": "firm", "cap_days": 9, "repeat_days": 30, "hour_from": 9,
        "hour_until": 8, "stale_after_days": 40, "run_hour": 5, "minimum_amount": "12,50",
    }  # fmt: skip
    assert client.post(reverse("settings_rules"), form).status_code == 200
    client.post(reverse("settings_rules"), form | {"hour_until": 18})
    office.creditor.refresh_from_db()
    assert (office.creditor.minimum, office.creditor.cap_days, office.creditor.hour_until) == (1_250, 9, 18)


def test_the_mail_password_is_sealed_and_never_shown(office: Office) -> None:
    client = office.client()
    form = {"route": "smtp", "smtp_host": "smtp.example.com", "smtp_port": 587, "smtp_security": "starttls"}
    client.post(reverse("settings_mail"), form | {"smtp_user": "claire", "password": "very secret"})
    creditor = Creditor.objects.get(pk=office.creditor.pk)
    assert creditor.smtp_password == "very secret"
    assert "very secret" not in creditor.smtp_password_sealed
    assert "very secret" not in client.get(reverse("settings_mail")).content.decode()
    client.post(reverse("settings_mail"), form | {"smtp_user": "claire", "password": ""})
    assert Creditor.objects.get(pk=office.creditor.pk).smtp_password == "very secret"


def test_a_mail_server_that_works_is_told_stage_by_stage(office: Office) -> None:
    with mail_tests_host.server() as (host, port, received):
        form = {"route": "smtp", "smtp_host": host, "smtp_port": port, "smtp_security": "none", "test": "send"}
        report = office.client().post(reverse("settings_mail"), form).context["report"]
    assert [stage.ok for stage in report] == [True, True, True]
    assert received == [office.owner.email]
    office.creditor.refresh_from_db()
    assert office.creditor.route == "local", "a test saves nothing"


@pytest.mark.parametrize(
    ("security", "port", "failing"), [("none", "closed", 1), ("starttls", "open", 2), ("tls", "open", 1)]
)
def test_a_mail_server_that_does_not_work_is_explained(office: Office, security: str, port: str, failing: int) -> None:
    with mail_tests_host.server() as (host, number, _received):
        wanted = number if port == "open" else mail_tests_host.closed_port()
        form = {"route": "smtp", "smtp_host": host, "smtp_port": wanted, "smtp_security": security, "test": "connect"}
        report = office.client().post(reverse("settings_mail"), form).context["report"]
    assert [stage.ok for stage in report][: failing + 1] == [True] * failing + [False]
    assert report[failing].text
    assert report[failing].advice


def test_an_invited_person_signs_in_with_a_password_shown_once(office: Office) -> None:
    client = office.client()
    response = client.post(reverse("settings_team"), {"email": "new@lefevre.example", "name": "Noé", "role": "reader"})
    password = response.context["invited"]["password"]
    assert password in response.content.decode()
    assert password not in client.get(reverse("settings_team")).content.decode()
    assert User.objects.get(email="new@lefevre.example").check_password(password)
    again = client.post(reverse("settings_team"), {"email": "new@lefevre.example", "role": "reader"})
    assert "error-summary" in again.content.decode()


def test_there_is_always_an_owner(office: Office) -> None:
    client = office.client()
    with scope(creditor=office.creditor):
        owner = Member.objects.get(user=office.owner)
        controller = Member.objects.get(user=office.controller)
    client.post(reverse("settings_member_remove", args=[owner.pk]))
    client.post(reverse("settings_member_role", args=[owner.pk]), {"role": "reader"})
    with scope(creditor=office.creditor):
        owner.refresh_from_db()
    assert owner.role == "owner"
    client.post(reverse("settings_member_role", args=[controller.pk]), {"role": "owner", "copies": "on"})
    mail = reverse("action", args=[office.action().pk])
    assert office.controller.email in client.get(mail).content.decode()
    client.post(reverse("settings_member_remove", args=[controller.pk]))
    with scope(creditor=office.creditor):
        assert not Member.objects.filter(pk=controller.pk).exists()
