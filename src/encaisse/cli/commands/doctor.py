"""`doctor`: what is set up, what is missing, how to mend it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from encaisse.cli import say
from encaisse.cli.app import PROVE, AsJson, Home, OnDay, command
from encaisse.cli.desk import initialised, pending_migrations, read_day, set_up
from encaisse.cli.trouble import REFUSED
from encaisse.cli.words import LOCALE, _, language, ngettext, pgettext

if TYPE_CHECKING:
    from encaisse.parties.models import Creditor

GOOD, NOTE, BAD = "good", "note", "bad"
CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its state (good, note, bad), what was found, how to mend it."""

    code: str
    state: str
    text: str
    mend: str = ""
    creditor: str = ""


@command(PROVE, _("Look at what is set up and what is missing, and say how to mend it."))
def doctor(on: OnDay = None, home: Home = None, json: AsJson = False) -> None:
    """Exit 1 when something is bad; notes alone are no fault."""
    set_up(home)
    with say.progress(_("Looking")):
        checks = list(_checks(read_day(on) if on else datetime.now(UTC).date()))
    if json:
        say.as_json({"ok": all(one.state != BAD for one in checks), "checks": [asdict(one) for one in checks]})
    else:
        marks = {GOOD: Text("✓", style="green"), NOTE: Text("·", style="yellow"), BAD: Text("✗", style="bold red")}
        rows = [(marks[one.state], one.creditor, one.text, one.mend) for one in checks]
        say.table(("", _("creditor"), pgettext("column", "found"), _("how to mend it")), rows)
        bad = sum(one.state == BAD for one in checks)
        say.line(
            ngettext("{count} thing must be mended.", "{count} things must be mended.", bad).format(count=bad)
            if bad
            else _("Nothing must be mended.")
        )
    if any(one.state == BAD for one in checks):
        raise typer.Exit(REFUSED)


def _checks(day: date) -> Iterator[Check]:
    yield from _machine()
    found = list(_database())
    yield from found
    if any(one.state == BAD for one in found):
        return
    from django_scopes import scope

    from encaisse.parties.models import Creditor

    creditors = list(Creditor.objects.order_by("name"))
    if not creditors:
        yield Check("creditor", BAD, _("No creditor yet."), _("Run `encaisse init`."))
    for creditor in creditors:
        with scope(creditor=creditor):
            for look in (_identity, _sender, _route, _people, _books, _rates, _lights, _waiting):
                for check in look(creditor, day):
                    yield Check(check.code, check.state, check.text, check.mend, creditor.name)


# ----------------------------------------------------------------------------------------------------------- machine


def _machine() -> Iterator[Check]:
    from django.conf import settings

    from encaisse import __version__

    yield Check("version", GOOD, f"encaisse {__version__}")
    yield from _folder(settings.HOME)
    yield _letters()
    if not (LOCALE / "fr" / "LC_MESSAGES" / "django.mo").exists():
        yield Check(
            "translations", BAD, _("The French texts are not compiled."), "python -m tools.translations compile"
        )


def _folder(folder: Path) -> Iterator[Check]:
    if not folder.is_dir():
        yield Check("home", BAD, _("No installation in {folder}.").format(folder=folder), _("Run `encaisse init`."))
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        yield Check(
            "home",
            BAD,
            _("Others on this machine can look into {folder}.").format(folder=folder),
            f"chmod 700 {folder}",
        )
    elif not os.access(folder, os.W_OK):
        yield Check(
            "home", BAD, _("{folder} cannot be written to.").format(folder=folder), f"chown {os.getuid()} {folder}"
        )
    else:
        yield Check("home", GOOD, _("Installation in {folder}.").format(folder=folder))
    key = folder / "secret.key"
    if os.environ.get("SECRET_KEY"):
        yield Check("secret", GOOD, _("The secret comes from SECRET_KEY."))
    elif not key.exists():
        yield Check("secret", NOTE, _("No secret yet."), _("`encaisse init` makes one."))
    elif stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield Check("secret", BAD, _("Others on this machine can read the secret."), f"chmod 600 {key}")
    else:
        yield Check("secret", GOOD, _("The secret is yours alone."))


def _letters() -> Check:
    from encaisse.documents.context import Context, Creditor, InvoiceLine, Sender
    from encaisse.documents.letter import Letter, render_letter
    from encaisse.documents.texts import compose

    day = date(2026, 1, 31)
    line = InvoiceLine("F-1", date(2025, 12, 1), date(2025, 12, 31), 10_000, 10_000, days_late=31)
    context = Context(Creditor(name="A"), Sender(name="B"), customer="C", invoices=(line,), day=day, regime="fr-b2b")
    try:
        render_letter(Letter(compose("mail", "fr", context), context))
    except Exception as error:  # noqa: BLE001 - whatever keeps letters from being typeset is what we look for
        return Check(
            "letters", BAD, _("Letters cannot be typeset: {reason}").format(reason=error), _("Install encaisse again.")
        )
    return Check("letters", GOOD, _("Letters can be typeset (PDF/A)."))


def _database() -> Iterator[Check]:
    from django.db import connection
    from django.db.utils import DatabaseError

    if not initialised():
        yield Check("database", BAD, _("No database yet."), _("Run `encaisse init`."))
        return
    try:
        connection.ensure_connection()
        pending = pending_migrations()
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        yield Check(
            "database",
            BAD,
            _("The database cannot be reached: {reason}").format(reason=reason),
            _("Look at DATABASE_URL, and whether the database server runs."),
        )
        return
    if pending:
        yield Check(
            "database",
            BAD,
            _("The database is not ready for this version of encaisse."),
            _("Run `encaisse init` again."),
        )
        return
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.vendor, connection.vendor)
    yield Check("database", GOOD, _("Database: {kind}, up to date.").format(kind=kind))


# ---------------------------------------------------------------------------------------------------------- creditor


def _identity(creditor: Creditor, _day: date) -> Iterator[Check]:
    missing = [
        label
        for value, label in ((creditor.siren, "SIREN"), (creditor.address, _("address")), (creditor.city, _("city")))
        if not value
    ]
    if missing:
        yield Check(
            "identity",
            NOTE,
            _("Missing on letters: {what}.").format(what=", ".join(missing)),
            _("Settings, on the pages."),
        )
    if creditor.iban:
        yield Check("iban", GOOD, _("Customers are told the IBAN to pay to."))
    else:
        yield Check(
            "iban",
            BAD,
            _("No IBAN: messages cannot say where to pay."),
            _("Settings, on the pages, or encaisse init --iban."),
        )


def _sender(creditor: Creditor, _day: date) -> Iterator[Check]:
    if not creditor.sender_email:
        yield Check("sender", BAD, _("No sender's e-mail: no mail can leave."), _("Settings, on the pages."))
    elif not creditor.sender_name or not creditor.sender_phone:
        yield Check(
            "sender", NOTE, _("Messages are not signed by a person with a phone number."), _("Settings, on the pages.")
        )
    else:
        yield Check("sender", GOOD, _("Messages are signed by {name}.").format(name=creditor.sender_name))


def _route(creditor: Creditor, _day: date) -> Iterator[Check]:
    if creditor.route == creditor.Route.LOCAL:
        yield Check(
            "route",
            NOTE,
            _("Messages go to the local mailbox; nothing leaves this machine."),
            _("Name a mail server in the settings when you are ready."),
        )
        return
    from encaisse.channels.email.smtp import connect, describe
    from encaisse.recovery.hand_over import server_of

    try:
        connect(server_of(creditor)).close()
    except Exception as error:  # noqa: BLE001 - described in words, whatever it is
        yield Check(
            "route",
            BAD,
            _("The mail server {host} does not answer well: {reason}").format(
                host=creditor.smtp_host, reason=describe(error)
            ),
            _("Settings, mail server: there is a test."),
        )
    else:
        yield Check("route", GOOD, _("The mail server {host} answers.").format(host=creditor.smtp_host))


def _people(_creditor: Creditor, _day: date) -> Iterator[Check]:
    from encaisse.parties.models import Member

    if not Member.objects.exists():
        yield Check("people", NOTE, _("Nobody can sign in to the pages."), "encaisse user add you@example.org")


def _books(creditor: Creditor, day: date) -> Iterator[Check]:
    from encaisse.ledger.freshness import books_to
    from encaisse.ledger.models import Receivable

    last = books_to(creditor)
    if last is None:
        yield Check("books", BAD, _("No books yet."), "encaisse import FEC.txt")
        return
    age = (day - last).days
    if age > creditor.stale_after_days:
        yield Check(
            "books",
            BAD,
            _("The books end on {day}: nothing is chased until newer ones come.").format(day=say.day(last)),
            "encaisse import FEC.txt",
        )
    else:
        yield Check("books", GOOD, _("Books to {day}.").format(day=say.day(last)))
    guessed = Receivable.objects.filter(settled_on=None, due_from="default").count()
    if guessed:
        yield Check(
            "terms",
            NOTE,
            ngettext(
                "{count} open invoice is due by default terms.",
                "{count} open invoices are due by default terms.",
                guessed,
            ).format(count=guessed),
            _("Import a contacts and terms CSV."),
        )


def _rates(creditor: Creditor, day: date) -> Iterator[Check]:
    from encaisse.law.regimes import find_regime
    from encaisse.recovery.ending_rates import ending

    found = ending(creditor, day)
    if not found:
        yield Check("rates", GOOD, _("Legal rates are known for the weeks to come."))
        return
    for each in found:
        one, names = each.status, ", ".join(find_regime(code).label[language()] for code in each.regimes)
        text = (
            _("A legal rate is missing since {day}: interest stands still for {regimes}.")
            if one.state == "ended"
            else _("Legal rates are known until {day}: after it interest stands still for {regimes}.")
        )
        yield Check(
            "rates",
            NOTE,
            text.format(day=say.day(one.known_to), regimes=names),
            _("Update encaisse, or add the published rate: encaisse law add-rate {series}").format(series=one.add_to),
        )


def _lights(_creditor: Creditor, _day: date) -> Iterator[Check]:
    from encaisse.recovery.models import Strategy

    lights = {
        light: list(Strategy.objects.filter(light=light).order_by("pk").values_list("name", flat=True))
        for light in Strategy.Light.values
    }
    told = "; ".join(f"{light}: {', '.join(names)}" for light, names in lights.items() if names)
    if not told:
        yield Check("strategies", BAD, _("No strategy is installed."), _("Run `encaisse init` again."))
    else:
        yield Check(
            "strategies",
            NOTE if lights["off"] else GOOD,
            _("Lights: {told}.").format(told=told),
            "encaisse strategies light NAME review" if lights["off"] else "",
        )


def _waiting(_creditor: Creditor, day: date) -> Iterator[Check]:
    from encaisse.recovery.models import Action

    for status, words in (
        (Action.Status.UNCERTAIN, _("{count} sendings are doubtful.")),
        (Action.Status.FAILED, _("{count} sendings failed in the last 30 days.")),
    ):
        found = Action.objects.filter(status=status)
        if status == Action.Status.FAILED:
            found = found.filter(day__gte=day - timedelta(days=30))
        if count := found.count():
            yield Check(status, NOTE, words.format(count=count), _("Today, on the pages: To mend."))
