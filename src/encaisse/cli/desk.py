"""Where a command works: the installation, the creditor, the day. Django is set up here, and only when needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.parties.models import Creditor, Customer

ACTOR = "cli"
WORKING_HOUR = time(10)
"""The time of day taken when a command is asked about another day than today."""

_MOST_NAMES = 5000


@dataclass(frozen=True, slots=True)
class Desk:
    """A creditor on a day. `at` is when it really is; `now` is that moment moved to the day asked for."""

    creditor: Creditor
    day: date
    at: datetime
    now: datetime


def set_up(home: Path | None) -> None:
    """Set Django up for the installation in `home` (default: ENCAISSE_HOME, else ./encaisse-data)."""
    if home is not None:
        os.environ["ENCAISSE_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "encaisse.config.settings")
    import django
    from django.utils import translation

    django.setup()
    translation.activate(language())


def pending_migrations() -> list[str]:
    """What the database lacks, as names of migrations; empty when it is ready."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def migrate() -> None:
    """Bring the database to the state this program needs."""
    from django.core.management import call_command

    from encaisse.storage import new_tables

    if not new_tables.make_all():
        call_command("migrate", interactive=False, verbosity=0)


def initialised() -> bool:
    """Whether there is something to open: the database file, or a database elsewhere."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    return "sqlite3" not in database["ENGINE"] or Path(database["NAME"]).exists()


def require_initialised() -> None:
    """End the command when `encaisse init` has not been run here."""
    if not initialised():
        raise not_initialised()


def not_initialised() -> Trouble:
    """Nothing has been set up where we look."""
    from django.conf import settings

    return Trouble(
        _("There is no installation in {folder}.").format(folder=settings.HOME),
        _("Run `encaisse init` first, or say where it is with --home or ENCAISSE_HOME."),
    )


@contextmanager
def at_desk(home: Path | None, creditor_name: str | None, on: str | None = None) -> Iterator[Desk]:
    """Open the installation and the scope of one creditor on a day (default: today where the creditor is)."""
    from django_scopes import scope

    set_up(home)
    require_initialised()
    from encaisse.jobs.place import zone_of

    creditor = choose_creditor(creditor_name)
    at = datetime.now(UTC)
    zone = zone_of(creditor)
    day = read_day(on) if on else at.astimezone(zone).date()
    now = datetime.combine(day, WORKING_HOUR, zone) if on else at
    with scope(creditor=creditor):
        yield Desk(creditor, day, at, now)


def choose_creditor(name: str | None) -> Creditor:
    """The creditor of that name or SIREN; without a name, the only one there is."""
    from encaisse.parties.models import Creditor

    name = name or os.environ.get("ENCAISSE_CREDITOR")
    known = list(Creditor.objects.order_by("name"))
    if not known:
        raise not_initialised()
    names = ", ".join(one.name for one in known)
    if not name:
        if len(known) > 1:
            raise Trouble(_("There are several creditors: {names}.").format(names=names), _("Choose with --creditor."))
        return known[0]
    found = [one for one in known if name.casefold() in {one.name.casefold(), one.siren}]
    found = found or [one for one in known if name.casefold() in one.name.casefold()]
    if len(found) != 1:
        raise Trouble(_("There is no creditor “{name}”.").format(name=name), _("Known: {names}.").format(names=names))
    return found[0]


def find_customer(text: str) -> Customer:
    """The customer with that code or name, whatever the capitals; else ends the command with the nearest ones."""
    from encaisse.parties.models import Customer

    customers = Customer.objects.all()
    for condition in ({"code": text}, {"code__iexact": text}, {"name__iexact": text}, {"name__icontains": text}):
        found = list(customers.filter(**condition)[:2])
        if len(found) == 1:
            return found[0]
    near = _near(text, list(customers.filter(name__icontains=text).values_list("code", "name")[:6]))
    raise Trouble(
        _("No customer “{text}”.").format(text=text)
        if not near
        else _("Which customer is “{text}”?").format(text=text),
        _("Near: {names}.").format(names="; ".join(near)) if near else _("`encaisse receivables` lists them."),
    )


def _near(text: str, containing: list[tuple[str, str]]) -> list[str]:
    from encaisse.parties.models import Customer

    if not containing:
        known = list(Customer.objects.values_list("code", "name")[:_MOST_NAMES])
        by_word: dict[str, tuple[str, str]] = {}
        for code, name in known:
            by_word |= dict.fromkeys((code.casefold(), name.casefold()), (code, name))
            by_word |= dict.fromkeys((word for word in name.casefold().split() if len(word) > 3), (code, name))
        close = get_close_matches(text.casefold(), list(by_word), n=5, cutoff=0.6)
        containing = list(dict.fromkeys(by_word[word] for word in close))
    return [f"{code} ({name})" for code, name in containing[:5]]


def read_day(text: str) -> date:
    """A day as a person writes it: 2026-03-31 or 31/03/2026."""
    day, month, year = [*text.split("/"), "", ""][:3] if "/" in text else ("", "", "")
    try:
        return date(int(year), int(month), int(day)) if year else date.fromisoformat(text)
    except ValueError:
        raise Trouble(
            _("“{text}” is not a date.").format(text=text), _("Write it like 2026-03-31 or 31/03/2026.")
        ) from None
