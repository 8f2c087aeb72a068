"""The drop address: files with a key, a report back; no key, no files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from encaisse.ledger.models import Import, Receivable
from encaisse.parties import drop_key
from tests.ledger.books import Fec
from tests.web.factories import Office

FEC = Fec(2024).sale("CNEW", "N-1", "20240115", 100_00)


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def key(office: Office) -> str:
    with scope(creditor=office.creditor):
        return drop_key.renew(office.creditor, at=timezone.now(), actor="test")


def address(office: Office) -> str:
    return reverse("drop", args=[office.creditor.pk])


def test_a_file_posted_with_the_key_is_in_the_books(office: Office, key: str) -> None:
    client = Client(enforce_csrf_checks=True)
    file = SimpleUploadedFile(FEC.name, FEC.bytes())
    answer = client.post(address(office), {"file": file}, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    (record,) = answer.json()["files"]
    assert (record["kind"], record["new"]["invoices"], record["refused"]) == ("fec", 1, False)
    with scope(creditor=office.creditor):
        assert Receivable.objects.filter(number="N-1").exists()
        assert Import.objects.filter(actor="drop").count() == 1
    again = client.post(
        address(office), FEC.bytes(), content_type="text/plain", headers={"Authorization": f"Bearer {key}"}
    )
    assert again.json()["files"][0]["unchanged"]


def test_an_archive_may_be_posted_as_the_body(office: Office, key: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(FEC.name, FEC.bytes())
        archive.writestr("readme.txt", b"nothing")
    headers = {"Authorization": f"Bearer {key}", "X-File-Name": "export.zip"}
    answer = Client().post(address(office), packed.getvalue(), content_type="application/zip", headers=headers)
    assert answer.status_code == 200
    assert [(one["origin"], one["refused"]) for one in answer.json()["files"]] == [
        ("export.zip", False), ("export.zip", True),
    ]  # fmt: skip


def test_without_the_key_nothing_is_taken(office: Office, key: str) -> None:
    file = SimpleUploadedFile(FEC.name, FEC.bytes())
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {key}"}):
        assert Client().post(address(office), {"file": file}, headers=header).status_code == 401
    good = {"Authorization": f"Bearer {key}"}
    assert Client().post(reverse("drop", args=[office.creditor.pk + 999]), {}, headers=good).status_code == 401
    assert Client().get(address(office), headers=good).status_code == 405
    assert Client().post(address(office), {}, headers=good).status_code == 400
    with scope(creditor=office.creditor):
        drop_key.withdraw(office.creditor, at=timezone.now(), actor="test")
        assert not Import.objects.filter(actor="drop").exists()
    assert Client().post(address(office), {"file": file}, headers=good).status_code == 401


def test_size_and_rate_are_limited(office: Office, key: str, settings: object) -> None:
    good = {"Authorization": f"Bearer {key}"}
    settings.UPLOAD_LIMIT = 1000  # type: ignore[attr-defined]
    answer = Client().post(address(office), b"x" * 2000, content_type="text/plain", headers=good)
    assert answer.status_code == 413
    refused = Client().post(address(office), b"nonsense", content_type="text/plain", headers=good)
    assert (refused.status_code, refused.json()["files"][0]["refused"]) == (422, True)
    for _time in range(20):
        Client().post(address(office), {}, headers={"Authorization": "Bearer wrong"})
    assert Client().post(address(office), {}, headers=good).status_code == 429


def test_the_key_is_shown_once(office: Office) -> None:
    client = office.client(office.owner)
    page = client.post(reverse("settings_drop"), {})
    key = page.context["key"]
    assert key in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert key not in client.get(reverse("settings_drop")).content.decode()
    office.creditor.refresh_from_db()
    assert drop_key.proves(office.creditor, key)
    assert key not in office.creditor.drop_key_sealed
