"""A company whose story is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django_scopes import scope

if TYPE_CHECKING:
    from tests.stories.telling import Story


@pytest.fixture
def story(db: None, home: Path) -> Iterator[Story]:
    """A company with the bundled strategies, every light on review, messages kept on this machine."""
    from tests.recovery.desk import new_creditor
    from tests.stories.telling import Story

    made = new_creditor()
    with scope(creditor=made):
        yield Story(made)
