"""Run by test_killed_imports as a process: import in forked children that die by SIGKILL, and say what is left.

One creditor's imports are never cut off: every state they leave behind a commit is printed. The other one's die at the
places asked for, each time after what stayed of the time before, until they are let run to the end.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

PLACES = (("part", 1), ("part", 3), ("before", 1), ("after", 1), ("after", 2))
"""Where a run dies: before or after a commit, counted from 1, or before a statement, in sixths of an unbroken run."""
BATCH = 3


def main(folder: Path) -> None:
    import django
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    settings.MIGRATION_MODULES = dict.fromkeys(one.label for one in apps.get_app_configs())
    call_command("migrate", verbosity=0, run_syncdb=True)
    # Loaded before the forks; nothing of it has worked yet, so no thread of it is lost in them.
    import encaisse.ledger.import_bank
    import encaisse.ledger.import_einvoices
    import encaisse.recovery.take_in  # noqa: F401
    from encaisse.parties.models import Creditor
    from tests.ledger.einvoices import SELLER

    whole, broken = (Creditor.objects.create(name="Menuiserie Lefèvre", siren=SELLER).pk for _ in range(2))
    for path in sorted(folder.iterdir()):
        before, states = _state(whole), path.with_suffix(".states")
        _run(whole, path, states=states)
        *passed, last = states.read_text().splitlines()
        states.unlink()
        killed, seen = 0, []
        for kind, number in PLACES:
            ended = _run(broken, path, die=(kind, number * int(last) // 6 if kind == "part" else number))
            killed += os.WIFSIGNALED(ended)
            seen.append(_state(broken))
        again = _run(broken, path)
        told = {"step": path.name, "before": before, "passed": passed, "killed": killed, "seen": seen, "ended": again}
        print(json.dumps({**told, "whole": _state(whole), "broken": _state(broken)}), flush=True)


def _run(creditor: int, path: Path, *, die: tuple[str, int] | None = None, states: Path | None = None) -> int:
    """Import in a forked child; return how it ended."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    status = 1
    try:
        watch = _Watch(die, creditor if states else 0)
        _import(creditor, path)
        if states:
            states.write_text("\n".join([*watch.states, str(watch.statements)]))
        status = 0
    except Exception:  # noqa: BLE001 - a child has nobody above it: what went wrong is said before it ends
        traceback.print_exc()
    finally:
        os._exit(status)


def _import(creditor: int, path: Path) -> None:
    from django_scopes import scope

    from encaisse.ledger import import_many
    from encaisse.parties.models import Creditor
    from encaisse.recovery.take_in import take_in
    from tests.ledger.books import AT

    import_many.BATCH_FILES = BATCH
    owner = Creditor.objects.get(pk=creditor)
    with scope(creditor=owner):
        take_in(owner, [(path, path.name)], AT.date(), at=AT, actor="test")


class _Watch:
    """Counts statements and commits, dies where it is told, and keeps what stands after each commit."""

    def __init__(self, die: tuple[str, int] | None, creditor: int) -> None:
        from django.db import connection

        from encaisse.storage import bulk

        self.die, self.creditor = die, creditor
        self.statements = self.commits = 0
        self.states: list[str] = []
        self.looking = False
        connection.execute_wrappers.append(self._statement)
        self._insert, bulk._insert_sqlite = bulk._insert_sqlite, self._inserted
        self._commit, connection._commit = connection._commit, self._committed  # type: ignore[method-assign]

    def _statement(self, execute: Any, sql: str, *arguments: Any) -> Any:
        from django.db import connection

        self._tick()
        if connection.in_atomic_block or not sql.startswith(("INSERT", "UPDATE", "DELETE")):
            return execute(sql, *arguments)
        found = []
        self._commits(lambda: found.append(execute(sql, *arguments)))
        return found[0]

    def _inserted(self, *arguments: Any) -> None:
        self._tick()
        self._insert(*arguments)

    def _tick(self) -> None:
        if self.looking:
            return
        self.statements += 1
        if self.die == ("part", self.statements):
            _die()

    def _committed(self) -> None:
        self._commits(self._commit)

    def _commits(self, commit: Callable[[], None]) -> None:
        self.commits += 1
        if self.die == ("before", self.commits):
            _die()
        commit()
        if self.die == ("after", self.commits):
            _die()
        if self.creditor:
            self.looking = True
            self.states.append(_state(self.creditor))
            # Looking began a transaction where the connection is still told to wait for one.
            self._commit()
            self.looking = False


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _state(creditor: int) -> str:
    """What stands in the database, as a hash."""
    from tests.ledger.dumps import dump

    return hashlib.sha256(json.dumps(dump(creditor), default=str, sort_keys=True).encode()).hexdigest()[:16]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
