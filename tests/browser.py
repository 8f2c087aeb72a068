"""A real browser for tests: the system's Chromium, driven by Playwright, which sees this machine only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.parts import missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

ARGUMENTS = [
    "--headless",
    "--no-sandbox",  # the browser shows our own pages only, and root has no sandbox
    "--disable-gpu",
    "--in-process-gpu",  # one process less to hand every picture to
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

INSIDE = ("data", "blob", "chrome", "chrome-extension")
"""Schemes of what the page or the browser carries in itself."""

PATIENCE_MS = 10_000
"""How long a page may take to show what a test waits for, in milliseconds."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, started once for the run."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        missing("no Chromium: install Debian's package chromium")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in the thread of the tests; Django would take it for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS, timeout=60_000)
        yield running
        running.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile: French, Paris, no animation; a request to any other machine fails the test."""
    refused: list[str] = []

    def only_here(route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in INSIDE or address.hostname in ("127.0.0.1", "localhost", "::1"):
            route.fallback()
            return
        refused.append(route.request.url)
        route.abort()

    profile = browser.new_context(
        locale="fr-FR", timezone_id="Europe/Paris", reduced_motion="reduce", viewport={"width": 1280, "height": 900}
    )
    profile.set_default_timeout(PATIENCE_MS)
    profile.route("**/*", only_here)
    yield profile
    profile.close()
    if refused:
        pytest.fail(f"the page asked other machines for {', '.join(refused)}", pytrace=False)


@pytest.fixture
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page; when its test fails, build/screenshots/ shows what it looked like, and errors of its scripts fail it."""
    errors: list[str] = []
    shown = context.new_page()
    shown.on("pageerror", lambda error: errors.append(str(error)))
    failed_before = request.session.testsfailed
    yield shown
    if request.session.testsfailed > failed_before:
        folder = Path("build/screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        shown.screenshot(path=folder / f"{request.node.name}.png", full_page=True)
    if errors:
        pytest.fail(f"scripts of the page failed: {'; '.join(errors)}", pytrace=False)
