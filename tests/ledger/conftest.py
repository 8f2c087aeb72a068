"""A creditor to import books into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django_scopes import scope

if TYPE_CHECKING:
    from encaisse.parties.models import Creditor


@pytest.fixture
def creditor(db: None) -> Iterator[Creditor]:
    """A creditor with the default terms, its scope active."""
    from encaisse.parties.models import Creditor

    made = Creditor.objects.create(name="Menuiserie Lefèvre", default_terms="30 jours")
    with scope(creditor=made):
        yield made
