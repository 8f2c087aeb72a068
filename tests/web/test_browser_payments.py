"""Money in, in a browser: a statement dropped, a reminder gone, a yes with one key, an undo."""

from __future__ import annotations

import io
import os
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django_scopes import scope
from playwright.sync_api import expect

from encaisse.ledger.models import Invoice, Receivable
from encaisse.recovery.models import Action
from tests.ledger.statements import Statement
from tests.web.factories import Office
from tests.web.test_books_many import ODD, invoice

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def signed_in(live_office: Office, page: Page, live_server) -> Page:
    cookie = {"name": "sessionid", "value": live_office.client().cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    page.goto(live_server.url)
    return page


def statement(office: Office) -> bytes:
    """Alpha pays both its invoices at once, Bravo its own with a damaged number, and a stranger something."""
    day = (office.day - timedelta(1)).isoformat()
    made = Statement(day, day)
    made.line(day, "1448.00", "VIR F-101 F-102", payer="ALPHA CHARPENTE", iban="DE89370400440532013000")
    made.line(day, "3100.00", "VOTRE FACTURE F 2O1", payer="STE BRAVO TOITURE")
    return made.line(day, "9.99", "REMBOURSEMENT", payer="QUIDAM").bytes()


def settled(office: Office) -> set[str]:
    with scope(creditor=office.creditor):
        return set(Receivable.objects.filter(settled_on__isnull=False).values_list("number", flat=True))


def folder(office: Office, place: Path) -> Path:
    """What an office has lying about: invoices, their PDFs in an archive, a list nobody can guess, the statement."""
    made = place / "export"
    (made / "factures").mkdir(parents=True)
    for number in range(1, 7):
        (made / "factures" / f"N-{number}.xml").write_bytes(invoice(office, f"N-{number}"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("F-101", "Facture F-102 - Alpha", "F-201", "N-1", "N-2", "F-999"):
            archive.writestr(f"{name}.pdf", b"%PDF-1.7 " + name.encode())
    (made / "pdf.zip").write_bytes(packed.getvalue())
    (made / "liste.csv").write_bytes(ODD)
    (made / "releve.xml").write_bytes(statement(office))
    (made / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return made


def test_a_folder_dropped_documents_attached_a_reminder_gone_a_yes_and_an_undo(
    live_office: Office, signed_in: Page, live_server, tmp_path: Path
) -> None:
    page, url = signed_in, live_server.url
    drop_folder(live_office, page, url, tmp_path)
    with scope(creditor=live_office.creditor):
        mail = Action.objects.get(customer=live_office.customers["ALPHA"])
        assert (mail.status, mail.outcome) == ("cancelled", "payment_seen")
        documented = Invoice.objects.exclude(document="").values_list("number", flat=True)
        assert set(documented) == {"F-101", "F-102", "F-201", "N-1", "N-2"}
        assert Invoice.objects.filter(number="T-1", amount=120_050).exists()
    page.goto(url + "/")
    page.locator("section", has=page.locator("#money")).get_by_role("link").click()
    expect(page.locator("[data-row]")).to_have_count(3)
    expect(page.locator("[data-row]").first).to_contain_text("BRAVO")
    in_nobodys_way(page, "payments")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_selector(".message.success")
    assert settled(live_office) == {"F-101", "F-102"}
    page.locator(".message.success button").click()
    page.wait_for_load_state()
    expect(page.locator("[data-row]")).to_have_count(3)
    assert settled(live_office) == set()


def drop_folder(office: Office, page: Page, url: str, place: Path) -> None:
    """Choose the folder, look, say what the columns of its list are, say yes, read the report."""
    page.goto(url + reverse("books"))
    page.set_input_files("#folder", folder(office, place))
    page.wait_for_url("**" + reverse("books_check"))
    expect(page.locator("#looking")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("CAMT.053")
    in_nobodys_way(page, "check")
    page.get_by_role("link", name=re.compile("6")).first.click()
    expect(page.locator("[data-row]")).to_have_count(6)
    in_nobodys_way(page, "group")
    page.go_back()
    page.locator("a[href$='/columns/']").click()
    page.select_option("#kind", "invoices")
    page.wait_for_url("**/columns/?kind=invoices")
    for place, meaning in enumerate(("number", "customer_name", "issued_on", "gross", "open")):
        page.select_option(f"[name=column-{place}]", meaning)
    in_nobodys_way(page, "columns")
    page.keyboard.press("Escape")
    page.click("button[data-key=approve]")
    page.wait_for_url(re.compile(r"/books/check/"))
    page.keyboard.press("a")
    page.wait_for_url(re.compile(r"/books/drops/\d+/$"))
    expect(page.locator("main")).to_contain_text("F-999.pdf")
    in_nobodys_way(page, "drop")
    if os.environ.get("SHOTS"):
        page.goto(url + reverse("books"))
        in_nobodys_way(page, "books")


def in_nobodys_way(page: Page, name: str) -> None:
    """No sideways scrolling on a phone, nothing that axe finds; with SHOTS set, how it looks."""
    for width, scheme in ((360, "light"), *([(1280, "dark")] if os.environ.get("SHOTS") else []), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if os.environ.get("SHOTS"):
            page.screenshot(path=Path(os.environ["SHOTS"]) / f"{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
