"""A creditor whose journal is empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django_scopes import scope

if TYPE_CHECKING:
    from encaisse.parties.models import Creditor


@pytest.fixture
def creditor(db: None) -> Iterator[Creditor]:
    from tests.factories import make_creditor

    made = make_creditor()
    with scope(creditor=made):
        yield made
