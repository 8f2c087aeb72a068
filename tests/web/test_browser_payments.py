"""Money in, in a browser: a statement dropped, a reminder gone, a yes with one key, an undo."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django_scopes import scope
from playwright.sync_api import expect

from encaisse.ledger.models import Receivable
from encaisse.recovery.models import Action
from tests.ledger.statements import Statement
from tests.web.factories import Office

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


def test_a_statement_dropped_a_reminder_gone_a_yes_and_an_undo(
    live_office: Office, signed_in: Page, live_server
) -> None:
    page, url = signed_in, live_server.url
    page.goto(url + reverse("books"))
    content = {"name": "releve.xml", "mimeType": "text/xml", "buffer": statement(live_office)}
    page.set_input_files("#files", content)
    page.wait_for_url("**" + reverse("books_check"))
    expect(page.locator("main")).to_contain_text("CAMT.053")
    page.click("button[data-key=approve]")
    page.wait_for_url(re.compile(r"/books/imports/\d+/$"))
    with scope(creditor=live_office.creditor):
        mail = Action.objects.get(customer=live_office.customers["ALPHA"])
        assert (mail.status, mail.outcome) == ("cancelled", "payment_seen")
    page.goto(url + "/")
    page.locator("section", has=page.locator("#money")).get_by_role("link").click()
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("BRAVO")
    if os.environ.get("SHOTS"):
        page.screenshot(path=os.environ["SHOTS"], full_page=True)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_selector(".message.success")
    assert settled(live_office) == {"F-101", "F-102"}
    page.locator(".message.success button").click()
    page.wait_for_load_state()
    expect(page.locator("[data-row]")).to_have_count(3)
    assert settled(live_office) == set()
