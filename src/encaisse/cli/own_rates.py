"""The rates a creditor added himself, for commands that work with and without an installation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from encaisse.cli import say
from encaisse.cli.desk import choose_creditor, initialised, set_up
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _


@contextmanager
def own_rates(home: Path | None, creditor: str | None) -> Iterator[bool]:
    """Inside the block the law knows the creditor's own rates; True when there is a creditor whose rates they are.

    Without an installation, or with several creditors of which none is named, the law is the package's alone.
    """
    with ExitStack() as stack:
        yield _enter(stack, home, creditor)


def _enter(stack: ExitStack, home: Path | None, name: str | None) -> bool:
    if not _folder_or_server(home) and name is None:
        return False
    set_up(home)
    from django.db import DatabaseError

    if not initialised() and name is None:
        return False
    from django_scopes import scope

    from encaisse.parties.own_rates import rates_of

    try:
        creditor = choose_creditor(name)
        stack.enter_context(scope(creditor=creditor))
        stack.enter_context(rates_of(creditor))
    except Trouble:
        if name is not None:
            raise
        return False
    except DatabaseError:
        say.aside(_("Your own rates cannot be read here; only those of the package are used."))
        return False
    return True


def _folder_or_server(home: Path | None) -> bool:
    """A cheap look, before Django is loaded, at whether there may be an installation."""
    from encaisse.config.home import home as folder

    if home is not None:
        os.environ["ENCAISSE_HOME"] = str(home)
    return bool(os.environ.get("DATABASE_URL")) or folder().is_dir()
