"""A creditor that chases, and processes that may be killed while they do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django_scopes import scope

if TYPE_CHECKING:
    from encaisse.parties.models import Creditor
    from tests.recovery.nursery import Nursery


@pytest.fixture
def creditor(db: None, home: Path) -> Iterator[Creditor]:
    """A creditor with the bundled strategies, its scope active; what it sends goes to a folder of this test."""
    from tests.recovery.desk import new_creditor

    made = new_creditor()
    with scope(creditor=made):
        yield made


@pytest.fixture
def committed(transactional_db: None, home: Path) -> Iterator[Creditor]:
    """The same, in a database where everything is really committed, so that other processes see it."""
    from tests.recovery.desk import new_creditor

    made = new_creditor()
    with scope(creditor=made):
        yield made


@pytest.fixture(scope="session")
def _nursery(django_db_setup: None) -> Iterator[Nursery]:
    from tests.recovery.nursery import Nursery

    with Nursery() as nursery:
        yield nursery


@pytest.fixture
def nursery(_nursery: Nursery, committed: Creditor) -> Iterator[Nursery]:
    """Starts real processes on the database of this test, and ends those that still live."""
    yield _nursery
    _nursery.end_all()
