"""Run by test_all_or_nothing in a process of its own: import, be killed at every point, count what is left.

Prints one JSON line per point: the number of the write it was killed at, how it ended, and the counts of every table.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any


def main(folder: Path) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    # Imported once, before the forks; nothing of it has worked yet, so no thread of it is lost in them.
    import encaisse.ledger.import_books  # noqa: F401
    from encaisse.parties.models import Creditor

    creditor = Creditor.objects.create(name="Menuiserie Lefèvre").pk
    at = 0
    while True:
        ended = _killed_at(at, creditor, folder)
        print(json.dumps({"at": at, "killed": os.WIFSIGNALED(ended), "counts": _counts()}), flush=True)
        if not os.WIFSIGNALED(ended):
            break
        at += 1
    _killed_at(-1, creditor, folder)
    print(json.dumps({"at": "again", "killed": False, "counts": _counts()}), flush=True)


def _killed_at(at: int, creditor: int, folder: Path) -> int:
    """Fork, import there, die by SIGKILL at the write number `at`. Nothing here has used threads before the fork."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    status = 1
    try:
        _import(at, creditor, folder)
        status = 0
    finally:
        os._exit(status)


def _import(at: int, creditor: int, folder: Path) -> None:
    from django_scopes import scope

    from encaisse.ledger import import_books, write_plan
    from encaisse.parties.models import Creditor
    from encaisse.storage import bulk
    from tests.ledger.books import AT

    count = 0

    def counting(function: Any) -> Any:
        def instead(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return function(*arguments, **named)

        return instead

    bulk.insert, bulk.update = counting(bulk.insert), counting(bulk.update)
    import_books.keep, import_books.append = counting(import_books.keep), counting(import_books.append)
    write_plan.append_many = counting(write_plan.append_many)
    owner = Creditor.objects.get(pk=creditor)
    with scope(creditor=owner):
        for path in sorted(folder.glob("*.txt")):
            tell = counting(lambda stage, part: None)
            import_books.import_file(owner, path, path.name, at=AT, actor="test", progress=tell)


def _counts() -> dict[str, int]:
    from django.apps import apps

    found = {}
    for label in ("ledger", "journal", "parties"):
        for model in apps.get_app_config(label).get_models():
            if model.__name__ not in ("User", "Creditor", "Member", "Contact", "Seal"):
                found[model.__name__] = model._base_manager.count()
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
