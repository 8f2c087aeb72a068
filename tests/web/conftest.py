"""Offices to look at. Models are imported late: Django is set up after this file is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

if TYPE_CHECKING:
    from tests.web.factories import Office


@pytest.fixture(autouse=True)
def _no_limits() -> None:
    """Sign-in attempts of earlier tests do not count."""
    cache.clear()


@pytest.fixture
def office(db: None, home: object) -> Office:
    """An office with work on its desk."""
    from tests.web.kept_office import office_of

    return office_of("Menuiserie Lefèvre", "lefevre.example")


@pytest.fixture
def other(office: Office, home: object) -> Office:
    """Somebody else’s office in the same installation, beside `office`."""
    from tests.web.factories import make_office

    return make_office("Autre Maison", "autre.example", siren="")


@pytest.fixture
def live_office(transactional_db: None, home: object) -> Office:
    """An office that a browser, through a server in another thread, sees too."""
    from tests.web.kept_office import office_of

    return office_of("Menuiserie Lefèvre", "lefevre.example")
