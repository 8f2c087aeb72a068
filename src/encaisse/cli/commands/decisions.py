"""`run`, `explain`: the next step of every customer, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import typer
from rich.text import Text

from encaisse.cli import say
from encaisse.cli.app import EVERY_DAY, AsJson, CreditorName, CustomerName, Home, OnDay, command
from encaisse.cli.desk import ACTOR, at_desk, find_customer
from encaisse.cli.trouble import REFUSED, Trouble
from encaisse.cli.words import _, language, ngettext, pgettext


def reason_label(code: str | None) -> str:
    """A reason for doing nothing, in a few words."""
    labels = {
        "nothing_owed": _("nothing owed"),
        "covered_by_credit": _("covered by a credit"),
        "disputed": _("disputed"),
        "promised": _("promised"),
        "plan_running": _("instalment plan"),
        "paused": _("paused"),
        "payment_seen": _("payment seen at the bank"),
        "debit_pending": _("direct debit under way"),
        "assigned": _("assigned to a factor"),
        "handed_over": _("handed over"),
        "insolvent": _("insolvent"),
        "deceased": _("deceased"),
        "not_yet": _("not yet"),
        "case_further_on": _("case further on"),
        "below_minimum": _("below the least amount"),
        "contact_cap": _("last contact too recent"),
        "quiet_day": _("quiet day"),
        "no_reachable_contact": _("no reachable contact"),
        "stale_books": _("books too old"),
        "awaiting_approval": _("awaiting approval"),
        "strategy_finished": _("strategy finished"),
    }
    return labels.get(code or "", code or "")


@command(EVERY_DAY, _("Decide the next step of every customer and plan what is due."))
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only decide; plan nothing."))] = False,
    on: OnDay = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Plan the day. Run twice, it plans nothing twice."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.recovery.run import plan

        with say.progress(_("Deciding")) as tell:
            result = plan(desk.creditor, desk.day, at=desk.at, actor=ACTOR, dry_run=dry_run, progress=tell)
        if json:
            say.as_json({"day": result.day.isoformat(), "verdicts": result.verdicts, "planned": result.planned})
            return
        _show_verdicts(result.verdicts)
        if dry_run:
            say.line(_("Nothing was planned: this was a trial."))
        else:
            say.line(
                ngettext("{count} action planned.", "{count} actions planned.", result.planned).format(
                    count=result.planned
                )
                + " "
                + _("`encaisse actions` lists what waits for a yes.")
            )


def _show_verdicts(verdicts: list[dict[str, Any]]) -> None:
    rows = [
        (
            one["customer"]["code"],
            one["customer"]["name"],
            Text(one["step"], style="bold") if one["step"] else Text(reason_label(one["reason"]), style="dim"),
            say.channel(one["channel"]),
            say.money(one["principal"], one.get("currency", "EUR")),
            say.day(one["next_on"]),
        )
        for one in verdicts
        if one["reason"] != "nothing_owed"
    ]
    say.table(
        (_("code"), _("customer"), _("step or why none"), _("channel"), _("amount"), _("next on")), rows, right=(4,)
    )


@command(EVERY_DAY, _("Say what comes next for a customer, and why, or why nothing."))
def explain(
    customer: CustomerName, on: OnDay = None, home: Home = None, creditor: CreditorName = None, json: AsJson = False
) -> None:
    """Tell the verdict of one case with its reasons."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.recovery.explain import explain as explained

        found = find_customer(customer)
        from encaisse.recovery.models import Case
        from encaisse.recovery.run import known_then

        # A past day is told as its run saw it; what that run planned is not held against it.
        then = known_then(desk.creditor, desk.day) if on and desk.now < desk.at else None
        try:
            result = explained(desk.creditor, found, desk.day, language=language(), known_at=then)
        except Case.DoesNotExist:
            raise Trouble(_("{name} has never been invoiced.").format(name=found.name), code=REFUSED) from None
        if json:
            say.as_json(result.json)
            return
        say.line(f"{found.code} · {found.name}", style="bold")
        for text in result.texts:
            say.line(text)
        if result.situation.lines:
            say.line()
            say.table(
                (
                    _("invoice"),
                    _("due on"),
                    _("days late"),
                    pgettext("column", "open"),
                    _("to chase"),
                    _("interest"),
                    _("why not chased"),
                ),
                [_explained_line(one, result.json["currency"], desk.day) for one in result.situation.lines],
                right=(2, 3, 4, 5),
            )


def _explained_line(one: Mapping[str, Any], currency: str, day: date) -> tuple[str, ...]:
    row = one["row"]
    late = (day - row.due_on).days
    return (
        row.number,
        say.day(row.due_on),
        str(late) if late > 0 else "",
        say.money(one["open"], currency),
        say.money(one["chaseable"], currency),
        say.money(one["interest"], currency),
        reason_label(one["reason"]),
    )
