"""`simulate`, `demo`: nothing real is touched."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from encaisse.cli import say
from encaisse.cli.app import TRY_OUT, AsJson, CreditorName, Home, OnDay, command, misuse
from encaisse.cli.desk import Desk, at_desk, find_customer
from encaisse.cli.trouble import REFUSED, Trouble
from encaisse.cli.words import _, language, pgettext

if TYPE_CHECKING:
    from encaisse.engine.scenarios import Scenario, Scenarios, Settings
    from encaisse.engine.simulate import Played
    from encaisse.parties.models import Customer

MOST_BYTES = 4_000_000


@command(TRY_OUT, _("Play scenarios day by day: which step leaves when. Of a file, or of a real customer."))
def simulate(
    file: Annotated[
        Path | None,
        typer.Argument(
            help=_("Scenario file (YAML); with expected steps it says ok or what differs."), metavar="[FILE]"
        ),
    ] = None,
    customer: Annotated[
        str | None, typer.Option(help=_("Play this customer's open invoices, as if nothing had been sent before."))
    ] = None,
    strategy: Annotated[
        str | None, typer.Option(help=_("With --customer: the strategy to try (default: the customer's)."))
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3000, help=_("With --customer: how many days to play."))] = 90,
    on: OnDay = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Play without a database when a file is given."""
    if (file is None) == (customer is None):
        raise misuse(_("What is to be played?"), _("Give a scenario file, or --customer."))
    from encaisse.engine.scenarios import Scenarios
    from encaisse.engine.simulate import as_json, play

    if file is not None:
        scenarios = _read(file)
    else:
        with at_desk(home, creditor, on) as desk:
            scenarios = Scenarios((_of_customer(desk, customer or "", strategy, days),))
    with say.progress(_("Playing")):
        played = play(scenarios)
    if json:
        say.as_json(as_json(played))
    else:
        for one in played:
            _show(one)
    if any(one.ok is False for one in played):
        raise typer.Exit(REFUSED)


def _read(file: Path) -> Scenarios:
    from encaisse.engine.scenarios import load_scenarios

    try:
        text = file.read_bytes()[:MOST_BYTES].decode("utf-8-sig")
    except FileNotFoundError:
        raise Trouble(_("There is no file {path}.").format(path=file)) from None
    except UnicodeDecodeError:
        raise Trouble(_("{path} is not text in UTF-8.").format(path=file)) from None
    scenarios, problems = load_scenarios(text)
    if scenarios is None or problems:
        told = []
        for one in problems:
            message, hint = one.texts(language())
            place = _("line {number}").format(number=one.line) + ": " if one.line else ""
            told.append(f"{place}{message} {hint}".rstrip())
        raise Trouble(_("{path} cannot be played.").format(path=file), "\n".join(told))
    return scenarios


def _of_customer(desk: Desk, name: str, strategy: str | None, days: int) -> Scenario:
    from encaisse.engine.scenarios import Debt, Paid, Scenario, Suspended
    from encaisse.ledger.balance import open_items, unallocated
    from encaisse.recovery.models import Suspension
    from encaisse.recovery.strategies import current, name_for

    found = find_customer(name)
    wanted = strategy or name_for(
        own=found.strategy, kind=found.kind, profile=found.profile, default=desk.creditor.default_strategy
    )
    installed = {one.name: one.strategy for one in current(desk.creditor)}
    if wanted not in installed:
        raise Trouble(
            _("There is no strategy “{name}”.").format(name=wanted),
            _("Known: {names}.").format(names=", ".join(installed)),
        )
    items = open_items(desk.creditor, desk.day, customer_ids=[found.pk]).filter(currency=desk.creditor.currency)
    if items.is_empty():
        raise Trouble(_("{name} owes nothing on {day}.").format(name=found.name, day=say.day(desk.day)))
    numbers = {row["receivable"]: row["number"] for row in items.iter_rows(named=True)}
    credits = unallocated(desk.creditor, desk.day, customer_ids=[found.pk]).filter(currency=desk.creditor.currency)
    held = Suspension.objects.filter(customer=found).exclude(ends_on__lte=desk.day)
    return Scenario(
        id=found.code,
        title=f"{found.name} · {wanted}",
        from_on=desk.day,
        to_on=desk.day + timedelta(days),
        strategies=((date.min, installed[wanted]),),
        known_from=desk.day,
        debts=tuple(
            Debt(row["number"], row["issued_on"], row["due_on"], row["open"]) for row in items.iter_rows(named=True)
        ),
        paid=tuple(Paid(desk.day, credit) for credit in credits["credit"]),
        suspended=tuple(
            Suspended(one.kind, one.starts_on, one.ends_on, numbers.get(one.receivable_id or 0), one.amount)
            for one in held
            if one.receivable_id is None or one.receivable_id in numbers
        ),
        settings=_settings(desk, found),
    )


def _settings(desk: Desk, customer: Customer) -> Settings:
    from encaisse.engine.scenarios import Settings

    return Settings(
        cap_days=desk.creditor.cap_days,
        repeat_days=desk.creditor.repeat_days,
        minimum=desk.creditor.minimum,
        region=customer.region,
        kind=customer.kind,
        profile=customer.profile or None,
        tags=tuple(customer.tags),
    )


def _show(one: Played) -> None:
    if one.ok is None:
        say.line(f"{one.id}  {one.title}", style="bold")
        for action in one.actions:
            say.line(f"  {say.day(action.day)}  {action.step}  {' '.join(action.receivables)}")
        if not one.actions:
            say.line("  " + _("No step."))
        return
    verdict = pgettext("verdict", "ok") if one.ok else _("differs")
    say.line(f"{verdict}  {one.id}  {one.title}", style="green" if one.ok else "bold red")
    for difference in one.differences:
        expected, got = (
            f"{side.step} {' '.join(side.receivables)}" if side else pgettext("step", "nothing")
            for side in (difference.expected, difference.got)
        )
        say.line(
            "  "
            + _("{day}: expected {expected}, got {got}").format(
                day=difference.day.isoformat(), expected=expected, got=got
            )
        )


@command(TRY_OUT, _("Make a demonstration company, import its books, run its day, and show it in the browser."))
def demo(
    folder: Annotated[
        Path, typer.Option("--dir", help=_("Folder of the demonstration; an older one there is replaced."))
    ] = Path("demo"),
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help=_("Serve its pages after the summary."))] = True,
    port: Annotated[int, typer.Option(help=_("Port of the pages on 127.0.0.1."))] = 8000,
    on: OnDay = None,
) -> None:
    """Nothing leaves the machine: messages go to a local mailbox."""
    from encaisse.cli import demonstration

    demonstration.show(folder, on)
    if serve:
        from encaisse.cli.commands.serve import serve_here

        serve_here("127.0.0.1", port, jobs=on is None)
