"""What a person does with a mouse, a keyboard, a phone, a screen reader; and without scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django_scopes import scope
from playwright.sync_api import expect

from encaisse.ledger.models import Invoice
from encaisse.recovery.models import Action
from tests.web import pages
from tests.web.factories import PASSWORD, Office
from tests.web.test_books import _books

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

DARK = frozenset(
    {"today", "customers", "customer", "action", "action-call", "books", "strategies_one", "settings_team"}
)
"""Pages looked at in the dark too: between them they show every part and colour."""
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
ALIKE = frozenset({"actions-approved", "actions-uncertain", "actions-failed", "actions-cancelled", "customer-paid"})
"""Pages that are made of the same parts as another one."""


class Desk:
    """The office in a browser: the server's address and a page that is signed in."""

    def __init__(self, office: Office, page: Page, url: str) -> None:
        self.office, self.page, self.url = office, page, url

    def go(self, address: str) -> None:
        self.page.goto(self.url + address)

    def status(self, action: Action) -> str:
        with scope(creditor=self.office.creditor):
            return Action.objects.get(pk=action.pk).status


@pytest.fixture
def desk(live_office: Office, page: Page, live_server) -> Desk:
    client = live_office.client()
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    return Desk(live_office, page, live_server.url)


def test_sign_in_open_edit_approve(live_office: Office, page: Page, live_server) -> None:
    action = live_office.action()
    page.goto(live_server.url + "/")
    page.fill("input[name=login]", live_office.owner.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button.primary")
    page.click("text=Alpha Charpente")
    frame = page.frame_locator("iframe[sandbox]")
    assert "F-101" in frame.locator("body").inner_text()
    page.click("main >> [data-key=edit]")
    text = page.input_value("textarea[name=text]")
    page.fill("textarea[name=text]", text.replace("Bonjour", "Bonjour à tous"))
    page.click("#edit button.primary")
    assert "Bonjour à tous" in page.frame_locator("iframe[sandbox]").locator("body").inner_text()
    page.click("main >> [data-key=approve]")
    page.wait_for_selector(".message.success")
    with scope(creditor=live_office.creditor):
        assert Action.objects.get(pk=action.pk).status == "approved"


def test_the_group_button_counts_what_is_chosen(desk: Desk) -> None:
    desk.go("/")
    group = desk.page.locator("form[data-group]").filter(has_text="Alpha Charpente")
    before = group.locator("button[data-key=approve]").inner_text()
    assert "1" in before
    group.locator("input[name=action]").first.uncheck()
    assert group.locator("button[data-key=approve]").is_disabled()


def test_keys_move_open_and_approve(desk: Desk) -> None:
    action = desk.office.action()
    desk.go("/")
    keyboard = desk.page.keyboard
    keyboard.press("j")
    keyboard.press("j")
    keyboard.press("k")
    for _line in range(10):
        if "Alpha Charpente" in desk.page.locator("[data-row].current").inner_text():
            break
        keyboard.press("j")
    keyboard.press("Enter")
    desk.page.wait_for_url(re.compile(r"/actions/\d+/$"))
    keyboard.press("a")
    desk.page.wait_for_selector(".message.success")
    assert desk.status(action) == "approved"


def test_the_slash_searches_as_one_types_and_the_question_mark_helps(desk: Desk) -> None:
    desk.go(reverse("customers"))
    desk.page.keyboard.press("/")
    desk.page.keyboard.type("façades")
    expect(desk.page.locator("#customers [data-row]")).to_have_count(1)
    assert "q=" in desk.page.url
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("?")
    assert desk.page.locator("#keys").is_visible()


def test_c_and_p_open_the_forms_of_a_customer(desk: Desk) -> None:
    desk.go(reverse("customer", args=[desk.office.customers["ALPHA"].pk]))
    desk.page.keyboard.press("p")
    assert desk.page.locator("#pause").get_attribute("open") is not None
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("c")
    assert desk.page.locator("#call").get_attribute("open") is not None


@pytest.mark.parametrize("how", ["choose", "drop"])
def test_books_are_dropped_looked_at_and_confirmed(desk: Desk, how: str) -> None:
    desk.go(reverse("books"))
    if how == "choose":
        desk.page.set_input_files("#files", {"name": "FEC.txt", "mimeType": "text/plain", "buffer": _books()})
    else:
        transfer = desk.page.evaluate_handle(
            "text => { const t = new DataTransfer(); t.items.add(new File([text], 'FEC.txt')); return t; }",
            _books().decode(),
        )
        desk.page.dispatch_event(".drop", "drop", {"dataTransfer": transfer})
    desk.page.wait_for_url("**" + reverse("books_check"))
    desk.page.click("button[data-key=approve]")
    desk.page.wait_for_url(re.compile(r"/books/imports/\d+/$"))
    with scope(creditor=desk.office.creditor):
        assert Invoice.objects.filter(number__startswith="K-").count() == 3


def test_everything_works_without_scripts(live_office: Office, browser, live_server) -> None:
    plain: BrowserContext = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = plain.new_page()
    page.goto(live_server.url + "/")
    page.fill("input[name=login]", live_office.owner.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button.primary")
    page.locator("form[data-group]").filter(has_text="Alpha Charpente").locator("button[data-key=approve]").click()
    assert page.locator(".message.success").is_visible()
    page.goto(live_server.url + reverse("books"))
    page.set_input_files("#files", {"name": "FEC.txt", "mimeType": "text/plain", "buffer": _books()})
    page.click(".drop button")
    assert page.url.endswith(reverse("books_check"))
    page.goto(live_server.url + reverse("customers"))
    page.fill("#search", "delta")
    page.press("#search", "Enter")
    assert page.locator("[data-row]").count() == 1
    plain.close()


def test_no_page_is_in_anybodys_way(desk: Desk) -> None:
    """Each page once: no sideways scrolling at 360 and 1280 pixels, and nothing that axe finds, in light or in dark."""
    found = {}
    for name, address in pages.reading(desk.office).items():
        if name in pages.FILES or name in ALIKE:
            continue
        desk.page.set_viewport_size(WIDE)
        desk.go(address)
        said = [(size, width) for size, width in _widths(desk.page) if width > size]
        for scheme in ("light", "dark") if name in DARK else ("light",):
            desk.page.emulate_media(color_scheme=scheme)
            options: dict[str, object] = {"iframes": False, "resultTypes": ["violations"]}
            if scheme == "dark":  # the page is the same, its colours are not
                options["runOnly"] = {"type": "rule", "values": ["color-contrast"]}
            violations = _violations(desk.page, options)
            said += [(scheme, one["id"], one["nodes"][0]["html"][:160]) for one in violations]
        if said:
            found[name] = said
    assert found == {}


def _violations(page: Page, options: dict[str, object]) -> list[dict[str, Any]]:
    """What axe finds on a page; its half a million characters are handed over once a page."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(Axe().axe_script)
    return page.evaluate("options => axe.run(options).then(result => result.violations)", options)


def _widths(page: Page) -> list[tuple[int, int]]:
    widths = []
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        widths.append((size["width"], page.evaluate("document.documentElement.scrollWidth")))
    return widths


def test_signing_in_meets_no_obstacle(page: Page, live_server, transactional_db: None) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for name in ("account_login", "account_reset_password"):
            page.goto(live_server.url + reverse(name))
            assert Axe().run(page).violations_count == 0, (scheme, name)


def test_an_open_side_form_and_a_refused_one_meet_no_obstacle(desk: Desk) -> None:
    desk.go(reverse("customer", args=[desk.office.customers["ALPHA"].pk]))
    desk.page.click("#promise > summary")
    desk.page.fill("#promise-amount", "beaucoup")
    desk.page.click("#promise button.primary")
    desk.page.wait_for_selector(".error-summary")
    result = Axe().run(desk.page)
    assert result.violations_count == 0, result.generate_report()
    assert desk.page.evaluate("document.activeElement.className").startswith("error-summary")
