"""What `encaisse demo` makes and shows: the company, its story, and a summary a person can read."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.text import Text

from encaisse.cli import say
from encaisse.cli.commands.decisions import reason_label
from encaisse.cli.desk import migrate, read_day, set_up
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language, ngettext, pgettext

if TYPE_CHECKING:
    from encaisse.parties.models import Creditor

MARKER = "encaisse-demonstration"


def show(folder: Path, on: str | None) -> None:
    """Make the demonstration in `folder` and print its summary."""
    folder = folder.expanduser().resolve()
    day = read_day(on) if on else datetime.now(UTC).astimezone(ZoneInfo("Europe/Paris")).date()
    _clear(folder)
    # The demonstration is alone: whatever database the environment names is somebody's real one.
    os.environ.pop("DATABASE_URL", None)
    set_up(folder)
    migrate()
    creditor, runs = _lived(folder, day)
    from django_scopes import scope

    with scope(creditor=creditor):
        _summary(creditor, day, folder, runs)


def _clear(folder: Path) -> None:
    """Make room: a demonstration made before goes, anything else stays and stops us."""
    if folder.exists() and not folder.is_dir():
        raise Trouble(_("{path} is a file.").format(path=folder), _("Choose another place with --dir."))
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARKER).is_file():
            raise Trouble(
                _("{path} holds something that is not a demonstration; nothing was touched.").format(path=folder),
                _("Choose another place with --dir."),
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    (folder / MARKER).write_text("Made by `encaisse demo`, which replaces this folder when it is run again.\n")


def _lived(folder: Path, day: date) -> tuple[Creditor, int]:
    from django_scopes import scope

    from encaisse.demo import files, story

    with say.progress(_("Writing the books")):
        books = files.write(folder / "files", day)
    creditor = story.create(day)
    with scope(creditor=creditor), say.progress(_("Living the last weeks")) as tell:
        told = story.live(creditor, day, books, progress=tell)
    return creditor, told.runs


# ----------------------------------------------------------------------------------------------------------- summary


def _summary(creditor: Creditor, day: date, folder: Path, runs: int) -> None:
    from encaisse.recovery.run import plan

    verdicts = plan(creditor, day, at=datetime.now(UTC), actor="demo", dry_run=True)
    say.line(_("{name} on {day}").format(name=creditor.name, day=say.day(day)), style="bold")
    say.line(
        _("60 customers, two years of books, {runs} daily runs lived through. All of it is made up.").format(runs=runs),
        style="dim",
    )
    say.line()
    _show_aging(creditor, day)
    say.line()
    _show_cases(creditor, verdicts, day)
    say.line()
    _show_waiting(creditor, day)
    _show_places(folder)


def _show_aging(creditor: Creditor, day: date) -> None:
    from encaisse.ledger.balance import BUCKETS, aging, open_items, unallocated

    items = open_items(creditor, day)
    ages = aging(items, day)
    labels = {
        "not_due": _("not due"),
        "1-30": _("1 to 30 days"),
        "31-60": _("31 to 60 days"),
        "61-90": _("61 to 90 days"),
        "91+": _("91 days and more"),
    }
    total = sum(ages.values())
    heads = [*(labels[bucket] for bucket in BUCKETS), _("total")]
    row = [*(say.money(ages[bucket]) for bucket in BUCKETS), say.money(total)]
    say.table(heads, [row], right=range(len(heads)), title=_("What is owed, by age"))
    credit = int(unallocated(creditor, day)["credit"].sum())
    if credit:
        say.line(_("Paid and not matched with any invoice yet: {amount}").format(amount=say.money(credit)), style="dim")


def _show_cases(creditor: Creditor, result: Any, day: date) -> None:
    verdicts = result.facts.named(result.decision.verdicts)
    known = {row["customer"]: row for row in verdicts.iter_rows(named=True)}
    late = sorted(_late(creditor, day), key=lambda one: (-one[2], known[one[0]]["code"]))
    waiting = _waiting_steps()
    rows = [
        (
            known[customer]["code"],
            known[customer]["name"],
            say.money(amount),
            say.late(days),
            _next_step(known[customer], waiting),
            _why(known[customer], waiting, day),
        )
        for customer, amount, days in late
    ]
    heads = (_("code"), _("customer"), _("late amount"), pgettext("column", "late"), _("next step"), _("why"))
    say.table(heads, rows, right=(2, 3), title=_("Who is late, and what comes next"))
    say.line(
        _("More on one of them: encaisse explain CODE --home {folder}").format(folder=_short(settings_home())),
        style="dim",
    )


def _late(creditor: Creditor, day: date) -> list[tuple[int, int, int]]:
    """Customers with something late: id, late amount in minor units, days late of the oldest."""
    import polars as pl

    from encaisse.ledger.balance import open_items

    items = open_items(creditor, day).filter(pl.col("due_on") < day)
    late = items.group_by("customer").agg(pl.col("open").sum(), pl.col("due_on").min())
    return [(customer, amount, (day - oldest).days) for customer, amount, oldest in late.iter_rows()]


def settings_home() -> Path:
    """The folder of the installation that is set up."""
    from django.conf import settings

    return Path(settings.HOME)


def _short(path: Path) -> str:
    """A path as a person would type it from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _waiting_steps() -> dict[int, tuple[str, str, date]]:
    from encaisse.recovery.models import Action

    waiting = Action.objects.filter(status=Action.Status.PLANNED)
    return {
        case: (step, channel, on) for case, step, channel, on in waiting.values_list("case", "step", "channel", "day")
    }


def _next_step(row: dict[str, Any], waiting: dict[int, tuple[str, str, date]]) -> Text:
    from encaisse.recovery.today import step_label

    if row["case"] in waiting:
        return Text(step_label(waiting[row["case"]][0], language()), style="bold")
    if row["step"]:
        return Text(step_label(row["step"], language()))
    return Text(_("none today"), style="dim")


def _why(row: dict[str, Any], waiting: dict[int, tuple[str, str, date]], day: date) -> str:
    if row["case"] in waiting:
        _step, channel, on = waiting[row["case"]]
        since = say.day(on)
        return (
            _("a call to make since {day}").format(day=since)
            if channel == "phone"
            else _("waits for your yes since {day}").format(day=since)
        )
    told = reason_label(row["reason"])
    if row["next_on"] and row["next_on"] > day:
        told += ", " + _("again on {day}").format(day=say.day(row["next_on"]))
    return told


def _show_waiting(creditor: Creditor, day: date) -> None:
    from encaisse.recovery.today import today

    page = today(creditor, day, language=language())
    rows = [
        (group.label, say.channel(group.channel), str(group.count), say.money(group.principal)) for group in page.decide
    ]
    if rows:
        say.table(
            (_("step"), _("channel"), pgettext("column", "number"), _("amount")),
            rows,
            right=(2, 3),
            title=_("Waits for your yes; nothing leaves before"),
        )
    told = (
        ngettext("{count} call to make", "{count} calls to make", len(page.call)).format(count=len(page.call)),
        ngettext("{count} thing to mend", "{count} things to mend", len(page.mend)).format(count=len(page.mend)),
        ngettext("{count} case to watch", "{count} cases to watch", len(page.watch)).format(count=len(page.watch)),
    )
    say.line(" · ".join(told))


def _show_places(folder: Path) -> None:
    from encaisse.demo.story import EMAIL, PASSWORD

    letters = sorted((folder / "letters").rglob("*.pdf"))
    mails = sorted((folder / "mailbox").rglob("*.eml"))
    say.line()
    say.line(_("Books it was made from: {path}").format(path=_short(folder) + os.sep + "files"))
    say.line(
        ngettext("{count} letter (PDF): {path}", "{count} letters (PDF): {path}", len(letters)).format(
            count=len(letters), path=_short(folder) + os.sep + "letters"
        )
    )
    say.line(
        ngettext(
            "{count} message, in a local mailbox: {path}", "{count} messages, in a local mailbox: {path}", len(mails)
        ).format(count=len(mails), path=_short(folder) + os.sep + "mailbox")
    )
    say.line(_("Nothing has left this machine, and nothing will."))
    say.line(_("Sign in with {email} and the password {password}").format(email=EMAIL, password=PASSWORD), style="bold")
