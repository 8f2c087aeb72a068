"""Many files at once on the Import page: folders and archives, groups with sums, limits said, one report for all."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_scopes import scope

from encaisse.ledger.models import Import, Invoice, TableMapping
from encaisse.web import looking, uploads
from encaisse.web.views import books_check
from tests.ledger.einvoices import cii
from tests.web.factories import Office

if TYPE_CHECKING:
    from django.test import Client

ODD = b"Ref;Qui;Quand;Combien;Reste\nT-1;Tango;05/01/2026;1200,50;1200,50\nT-2;Tango;25/01/2026;80,00;80,00\n"


def invoice(office: Office, number: str, amount: str = "1200.00") -> bytes:
    """An electronic invoice of the office's own, not due yet."""
    creditor, day = office.creditor, office.day
    return cii(
        number, amount, seller=creditor.name, seller_id=creditor.siren, issued=f"{day - timedelta(3):%Y%m%d}",
        due=f"{day + timedelta(20):%Y%m%d}",
    )  # fmt: skip


def packed(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def send(client: Client, files: dict[str, bytes], **more: str):
    """Post files as the script of the page does, with their folders."""
    sent = [SimpleUploadedFile(name.rpartition("/")[2], content) for name, content in files.items()]
    headers = {"X-Requested-With": "XMLHttpRequest"}
    return client.post(
        reverse("books_upload"), {"files": sent, "paths": json.dumps(list(files)), **more}, headers=headers
    )


def test_alike_files_are_one_group_with_sums_and_one_report(office: Office) -> None:
    client = office.client()
    files = {f"factures/{n}.xml": invoice(office, f"N-{n}", f"{n}00.00") for n in range(1, 6)}
    files |= {"factures/.DS_Store": b"x", "factures/logo.png": b"\x89PNG\r\n\x1a\n", "factures/bad.xml": b"<a/>"}
    assert send(client, files).json() == {"next": reverse("books_check")}
    page = client.get(reverse("books_check"))
    groups = {one.key: one for one in page.context["groups"]}
    assert {key: len(one.files) for key, one in groups.items()} == {"cii": 5, "alone": 2}
    assert [line.number for line in groups["cii"].new] == ["5"]
    assert "factures/logo.png" in client.get(reverse("books_group", args=["alone"])).content.decode()
    done = client.post(reverse("books_confirm"), {"group": ["cii"]}, follow=True)
    assert "/books/drops/" in done.redirect_chain[-1][0]
    assert done.context["drop"].count == 5
    with scope(creditor=office.creditor):
        assert Invoice.objects.filter(number__startswith="N-").count() == 5
    history = client.get(reverse("books"))
    assert next(iter(history.context["page"].rows)).files == 5


def test_an_archive_of_everything_leaves_its_documents_on_their_invoices(office: Office) -> None:
    client = office.client()
    zipped = packed(**{
        "a/N-1.xml": invoice(office, "N-1"), "a/Facture N-1 - Alpha.pdf": b"%PDF-1.7 one", "F-101.pdf": b"%PDF-1.7 two",
        "F-999.pdf": b"%PDF-1.7 three",
    })  # fmt: skip
    send(client, {"tout.zip": zipped})
    page = client.get(reverse("books_check"))
    states = {one.upload.name: one.state for one in page.context["files"]}
    assert states == {
        "tout.zip/a/N-1.xml": "ready", "tout.zip/F-101.pdf": "ready", "tout.zip/F-999.pdf": "later",
        "tout.zip/a/Facture N-1 - Alpha.pdf": "later",
    }  # fmt: skip
    tokens = [one.upload.token for one in page.context["files"]]
    done = client.post(reverse("books_confirm"), {"file": tokens}, follow=True)
    assert sorted(done.context["drop"].attached) == ["F-101", "N-1"]
    (refused,) = done.context["drop"].refused
    assert refused["shown"] == "tout.zip/F-999.pdf"
    assert done.context["undocumented"].count > 0
    with scope(creditor=office.creditor):
        assert set(Invoice.objects.exclude(document="").values_list("number", flat=True)) >= {"F-101", "N-1"}
        kept = Invoice.objects.get(number="F-101").document
    customer = client.get(reverse("customer", args=[office.customers["ALPHA"].pk])).content.decode()
    assert reverse("document", args=[kept]) in customer
    assert client.get(reverse("document", args=[kept])).content == b"%PDF-1.7 two"


def test_what_is_beyond_the_limit_is_refused_whole_and_said(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_FILES", 3)
    client = office.client()
    two = {"a.xml": invoice(office, "N-1"), "b.xml": invoice(office, "N-2")}
    assert send(client, two).status_code == 200
    again = send(client, {"c.zip": packed(**two)}, more="1")
    assert (again.status_code, "encaisse import" in again.json()["error"]) == (400, True)
    assert client.get(reverse("books_check")).status_code == 302
    assert list(uploads.folder(office.creditor).iterdir()) == []


def test_what_takes_long_is_looked_at_and_taken_piece_by_piece(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "AT_ONCE", 2)
    monkeypatch.setattr(books_check, "SECONDS", -1.0)
    monkeypatch.setattr(books_check, "BATCH", 2)
    client = office.client()
    send(client, {f"{n}.xml": invoice(office, f"N-{n}") for n in range(1, 6)})
    assert client.get(reverse("books_check")).context["left"] == 3
    more = client.get(reverse("books_look"), headers={"HX-Request": "true"})
    assert more.context["left"] == 1
    last = client.get(reverse("books_look"), headers={"HX-Request": "true"})
    assert last["HX-Redirect"] == reverse("books_check")
    taking = client.post(reverse("books_confirm"), {"group": ["cii"]}, follow=True)
    assert (taking.context["done"], taking.context["count"]) == (2, 5)
    assert client.get(reverse("books_check"))["Location"] == reverse("books_taking")
    client.post(reverse("books_taking"), headers={"HX-Request": "true"})
    done = client.post(reverse("books_taking"), headers={"HX-Request": "true"})
    assert client.get(done["HX-Redirect"]).context["drop"].count == 5
    with scope(creditor=office.creditor):
        assert Import.objects.filter(kind="cii").count() == 5


def test_a_person_says_what_the_columns_of_a_table_are(office: Office) -> None:
    client = office.client()
    send(client, {"liste.csv": ODD})
    (one,) = client.get(reverse("books_check")).context["files"]
    assert one.state == "unclear"
    address = reverse("books_columns", args=[one.upload.token])
    form = client.get(address, {"kind": "invoices"}).context["form"]
    assert form.lines[0].examples.startswith("T-1")
    said = {"kind": "invoices", "column-0": "number", "column-1": "number", "column-2": "issued_on"}
    again = client.post(address, said)
    assert again.context["form"].errors
    said |= {"column-1": "customer_name", "column-3": "gross", "column-4": "open", "dates": "dmy", "decimals": ","}
    assert client.post(address, said)["Location"].startswith(reverse("books_check"))
    page = client.get(reverse("books_check"))
    assert [one.state for one in page.context["files"]] == ["ready"]
    assert page.context["tables"][one.upload.token].chosen.source == "remembered"
    client.post(reverse("books_confirm"), {"file": one.upload.token})
    with scope(creditor=office.creditor):
        assert set(Invoice.objects.filter(number__startswith="T-").values_list("amount", flat=True)) == {120_050, 8_000}
        kept = TableMapping.objects.get()
    assert "T-1" not in client.get(reverse("books")).content.decode()
    client.post(reverse("books_forget_mapping", args=[kept.pk]))
    with scope(creditor=office.creditor):
        assert not TableMapping.objects.exists()


def test_a_reader_that_fails_holds_back_no_other_file(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from encaisse.ledger import import_einvoices

    def fails(*_args: object, **_more: object) -> None:
        raise RuntimeError("out of order")

    for name in ("inspect", "take", "take_many"):
        monkeypatch.setattr(import_einvoices.Taker, name, fails)
    client = office.client()
    send(
        client,
        {f"{n}.xml": invoice(office, f"N-{n}") for n in (1, 2)}
        | {"statut.csv": b"invoice;code;on\nF-101;205;2026-01-19\n"},
    )
    found = client.get(reverse("books_check")).context["files"]
    assert [one.state for one in found] == ["refused", "refused", "ready"]
    done = client.post(reverse("books_confirm"), {"file": [one.upload.token for one in found]}, follow=True)
    assert [one["problems"][0]["code"] for one in done.context["drop"].refused] == ["reader_failed"] * 2
    assert [kind.kind for kind in done.context["drop"].kinds] == ["status-csv"]
