"""Every page opens, is whole, carries its policy, and holds no code of its own."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.urls import get_resolver, reverse

from tests.web import pages
from tests.web.factories import Office

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})


class Reader(HTMLParser):
    """Looks for inline code, unclosed elements and ids that stand twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: set[str] = set()
        self.svg = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in given:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.faults.append(f"<{tag} {name}>")
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.faults.append(f"inline <{tag}>")
        if str(given.get("href", "")).startswith("javascript:"):
            self.faults.append(f"<{tag} href=javascript>")
        if given.get("id") in self.ids:
            self.faults.append(f"id {given['id']} twice")
        self.ids.add(given.get("id") or "")
        self.ids.discard("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1] if self.open else 'nothing'}")
        else:
            self.open.pop()


def faults_in(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    return reader.faults + [f"<{tag}> never closed" for tag in reader.open]


@pytest.fixture(params=["fr", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


def test_every_page_opens_whole_and_without_code_of_its_own(office: Office, language: str) -> None:
    office.owner.language = language
    office.owner.save()
    client = office.client()
    for name, address in pages.reading(office).items():
        response = client.get(address)
        assert response.status_code == 200, (name, response.status_code)
        assert "default-src" in response["Content-Security-Policy"], name
        assert "unsafe-inline" not in response["Content-Security-Policy"] or name == "action_mail", name
        if name in pages.FILES:
            continue
        html = response.content.decode()
        assert faults_in(html) == [], name
        assert f'<html lang="{language}">' in html, name
        assert re.search(r"<title>\s*\S", html), name
        assert html.count("<h1") == 1, name
        assert not re.search(r"{%|{{|<c-", html), name


def test_pages_of_signing_in_open_whole(db: None, client) -> None:
    for name in ("account_login", "account_reset_password", "account_signup"):
        response = client.get(reverse(name))
        assert response.status_code == 200, name
        assert faults_in(response.content.decode()) == [], name
        assert "default-src 'self'" in response["Content-Security-Policy"]


def test_account_pages_of_allauth_are_in_the_frame(office: Office) -> None:
    client = office.client()
    for name in ("account_change_password", "account_logout", "mfa_index"):
        response = client.get(reverse(name), follow=True)
        assert response.status_code == 200, name
        assert faults_in(response.content.decode()) == [], name


def test_pages_are_french_unless_said_otherwise(db: None, client) -> None:
    assert b'<html lang="fr">' in client.get(reverse("account_login"), headers={"accept-language": "en"}).content
    client.post(reverse("language"), {"language": "en", "next": "/accounts/login/"})
    assert b'<html lang="en">' in client.get(reverse("account_login")).content


def test_the_language_switch_leads_nowhere_else(db: None, client) -> None:
    response = client.post(reverse("language"), {"language": "en", "next": "https://example.org/"})
    assert response["Location"] == "/"


def test_errors_are_shown_in_the_frame(office: Office) -> None:
    response = office.client().get("/nothing/here/")
    assert response.status_code == 404
    html = response.content.decode()
    assert 'class="rail"' in html
    assert faults_in(html) == []


def test_an_error_of_somebody_unknown_is_shown_without_the_frame(db: None, client) -> None:
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert 'class="rail"' not in response.content.decode()


def test_another_day_can_be_read(office: Office) -> None:
    client = office.client()
    address = reverse("customer", args=[office.customers["ALPHA"].pk])
    html = client.get(address, {"on": "2099-01-05"}).content.decode()
    assert "5 janvier 2099" in html
    assert f'action="{reverse("customer_record", args=[office.customers["ALPHA"].pk, "note"])}"' not in html
    assert "on=2099-01-05" in html


def test_a_day_nobody_can_read_is_today(office: Office) -> None:
    assert office.client().get("/", {"on": "2026-02-31"}).status_code == 200


def test_no_address_is_forgotten_by_these_tests(office: Office) -> None:
    known = {name.replace("-", "_").split("__")[0] for name in (*pages.reading(office), *pages.changing(office))}
    special = {
        "mailbox_letters",
        "books_check",
        "books_look",
        "books_group",
        "books_columns",
        "books_taking",
        "books_drop",
        "action_attachment",
        "document",
        "suspension_end",
        "hold_release",
        "settings_rates_withdraw",
        "settings_rates_restore",
        "limitation_withdraw",
        "language",
        "creditor",
        "drop",
    }
    ours = {
        pattern.name
        for part in get_resolver().url_patterns
        for pattern in getattr(part, "url_patterns", [])
        if getattr(pattern.callback, "__module__", "").startswith("encaisse.web") or "guarded" in repr(pattern.callback)
    }
    assert {name for name in ours if name and name not in known} <= special


NAMES = (("q", "sort"), ("older", "until"), ("newer", "before"), ("status", "currency", "on", "action"))
"""What pages read of their address, in groups that do not hide one another; today reads the day only."""
JUNK = ("", "-1", "2026-01-01~99999999999999999999", "é\u202e%' OR 1=1 --", "\0")


@pytest.mark.parametrize("junk", JUNK)
def test_no_parameter_breaks_a_page(office: Office, junk: str) -> None:
    client = office.client()
    addresses = ["customers", "customers_csv", "actions", "books", "mailbox", "today"]
    places = [reverse(name) for name in addresses]
    places.append(reverse("customer", args=[office.customers["ALPHA"].pk]))
    for place in places:
        for names in NAMES if place != "/" else NAMES[-1:]:
            response = client.get(place, dict.fromkeys(names, junk))
            if response.streaming:
                b"".join(response.streaming_content)
            assert response.status_code in (200, 302, 400, 404), (place, names)
    for name, address in pages.changing(office).items():
        if name.startswith(("settings_member", "welcome")):
            continue
        data = dict.fromkeys(
            ("action", "file", "older", "text", "reason", "was_sent", "strategy", "light", "role"), junk
        )
        assert client.post(address, data).status_code in (200, 302, 400, 404, 409, 422), name


def test_numbers_beyond_any_database_are_not_found(office: Office) -> None:
    client = office.client()
    huge = 10**30
    for name in ("customer", "action", "action_mail", "books_report", "customer_statement"):
        assert client.get(reverse(name, args=[huge])).status_code == 404, name


def test_a_page_that_was_open_for_too_long_says_so_in_words(office: Office) -> None:
    response = office.client(enforce_csrf_checks=True).post(reverse("account"), {"name": "x"})
    assert response.status_code == 403
    html = response.content.decode()
    assert faults_in(html) == []
    assert "default-src" in response["Content-Security-Policy"]
    assert html.count("<h1") == 1


def test_a_failure_of_ours_is_said_in_words(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("encaisse.web.views.mailbox.paging.by_day", fail)
    client = office.client(raise_request_exception=False)
    response = client.get(reverse("mailbox"))
    assert response.status_code == 500
    assert faults_in(response.content.decode()) == []
    assert "broken on purpose" not in response.content.decode()
