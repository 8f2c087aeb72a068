"""`law deadline`, `law limitation`: until when something can be done, and the sentence that explains the date."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import AsJson, command
from encaisse.cli.commands.law import LAW, law
from encaisse.cli.desk import read_day
from encaisse.cli.law_input import choice, day_or_none, day_or_today, lawful
from encaisse.cli.law_show import confidence, iso, pairs, reference
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.law.deadlines import Deadline, Rule
    from encaisse.law.limitation import Event, Limitation

ABROAD = ("overseas", "foreign")
RANGE = ".."


@command(LAW, _("A deadline of procedure: its last day, counted by the code, with the reason of each move."), to=law)
def deadline(
    rule: Annotated[
        str | None, typer.Argument(help=_("Which deadline; without it they are listed."), metavar="DEADLINE")
    ] = None,
    start: Annotated[str | None, typer.Option("--from", help=_("Day of the event that starts it."))] = None,
    months: Annotated[int | None, typer.Option(min=0, help=_("Without a DEADLINE: so many months."))] = None,
    days: Annotated[int | None, typer.Option(min=0, help=_("Without a DEADLINE: so many days."))] = None,
    order_on: Annotated[
        str | None, typer.Option("--order-on", help=_("Day of the order for payment: old or new rules."))
    ] = None,
    region: Annotated[str, typer.Option(help=_("Region whose holidays count, like FR, FR-AM, FR-974."))] = "FR",
    abroad: Annotated[
        str | None, typer.Option(help=_("The person lives elsewhere: overseas or foreign (CPC 643)."))
    ] = None,
    on: Annotated[str | None, typer.Option(help=_("Listing: the rules in force on that day (default: today)."))] = None,
    json: AsJson = False,
) -> None:
    """Count one deadline, or list those there are."""
    with lawful():
        from encaisse.law import deadlines

        counted = months is not None or days is not None
        if rule is None and not counted:
            _list(deadlines.rules(day_or_today(on)), json)
            return
        if rule is not None and counted:
            raise Trouble(_("A DEADLINE has its own length."), _("Leave out --months and --days, or the DEADLINE."))
        if start is None:
            raise Trouble(_("The day it starts is missing."), _("Give it with --from, like --from 2026-10-14."))
        away = choice(abroad, ABROAD, "--abroad") if abroad else None
        if rule is None:
            found = deadlines.procedural(
                read_day(start),
                days=days,
                months=months,
                region=_region(region),
                abroad=away,  # type: ignore[arg-type]
            )
        else:
            found = deadlines.deadline(
                choice(rule, tuple(deadlines.all_rules()), "DEADLINE"),
                read_day(start),
                order_on=day_or_none(order_on),
                region=_region(region),
                abroad=away,  # type: ignore[arg-type]
            )
        if json:
            say.as_json(_deadline_record(found))
        else:
            say.line(found.sentence(language()))


def _region(text: str) -> str:
    from encaisse.calendar import REGIONS

    return choice(text, REGIONS, "--region")


def _list(rules: tuple[Rule, ...], json: bool) -> None:
    spoken = language()
    if json:
        records = [
            {"deadline": one.id, "label": one.label[spoken], "from": one.origin[spoken], "who": one.who}
            for one in rules
        ]
        say.as_json({"deadlines": records})
        return
    say.table(
        [_("Deadline"), _("What"), _("Counted from")],
        [[one.id, one.label[spoken], one.origin[spoken]] for one in rules],
    )


def _deadline_record(found: Deadline) -> dict[str, Any]:
    spoken = language()
    return {
        "rule": found.rule.id if found.rule else None,
        "start": iso(found.start),
        "raw_end": iso(found.raw_end),
        "weekday": found.weekday,
        "deadline": iso(found.deadline),
        "prudent": iso(found.prudent),
        "moved_because": [{"day": iso(one.day), "why": one.text(spoken)} for one in found.moved_because],
        "reference": reference(found.reference),
        "confidence": found.confidence,
        "sentence": found.sentence(spoken),
    }


@command(LAW, _("Limitation: the last day to sue, what moved it, and when to be warned."), to=law)
def limitation(
    due: Annotated[str | None, typer.Option(help=_("The due date."))] = None,
    kind: Annotated[
        str | None, typer.Option(help=_("Kind of claim, like b2b or consumer; `--list` shows them."))
    ] = None,
    regime: Annotated[str | None, typer.Option(help=_("Instead of --kind: the regime of the receivable."))] = None,
    performed: Annotated[str | None, typer.Option(help=_("End of the service or delivery, when it is known."))] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            help=_("What happened, like part_payment=2026-04-01 or mediation=2026-05-01..2026-06-15. Can be repeated."),
            metavar="EVENT=DAY",
        ),
    ] = None,
    agreed_years: Annotated[
        int | None, typer.Option(help=_("Length agreed between professionals, in years (C. civ. 2254)."))
    ] = None,
    on: Annotated[str | None, typer.Option(help=_("Day to look at (default: today)."))] = None,
    show: Annotated[bool, typer.Option("--list", help=_("List kinds of claims and events."))] = False,
    json: AsJson = False,
) -> None:
    """The date, and the sentence that explains it."""
    with lawful():
        from encaisse.law import limitation as rules

        if show:
            _list_kinds(json)
            return
        if due is None:
            raise Trouble(_("The due date is missing."), _("Give it with --due, like --due 2026-03-31."))
        found = rules.limitation(
            _kind(kind, regime),
            due_on=read_day(due),
            performed_on=day_or_none(performed),
            events=[read_event(text) for text in event or ()],
            on=day_or_today(on),
            agreed_years=agreed_years,
        )
        if json:
            say.as_json(_limitation_record(found))
            return
        say.line(found.sentence(language()))
        warned = ", ".join(say.day(one.on) for one in found.alerts)
        pairs([(_("Be warned on"), warned), (_("Confidence"), confidence(found.confidence))])


def _kind(kind: str | None, regime: str | None) -> str:
    from encaisse.law import all_regimes
    from encaisse.law.limitation import claim_kind_of, claim_kinds

    if kind is not None:
        return choice(kind, tuple(claim_kinds()), "--kind")
    if regime is None:
        raise Trouble(
            _("Which kind of claim it is decides everything."),
            _("Give --kind ({kinds}) or --regime.").format(kinds=", ".join(claim_kinds())),
        )
    found = claim_kind_of(choice(regime, tuple(all_regimes()), "--regime"))
    if found is None:
        raise Trouble(
            _("No limitation is known here for {regime}.").format(regime=regime),
            _("Ask a lawyer of that country, or give --kind."),
        )
    return found


def read_event(text: str) -> Event:
    """An event of a limitation, written like part_payment=2026-04-01 or mediation=2026-05-01..2026-06-15."""
    from encaisse.law.limitation import Event, event_kinds

    name, sign, days = text.partition("=")
    if not sign:
        raise Trouble(
            _("--event: “{text}” does not say what happened and when.").format(text=text),
            _("Write it like --event part_payment=2026-04-01; `encaisse law limitation --list` shows the events."),
        )
    begin, lasts, end = days.partition(RANGE)
    until: date | None = read_day(end.strip()) if lasts and end.strip() else None
    return Event(choice(name, tuple(event_kinds()), "--event"), read_day(begin.strip()), until)


def _list_kinds(json: bool) -> None:
    from encaisse.law.limitation import claim_kinds, event_kinds

    spoken = language()
    kinds, events = claim_kinds().values(), event_kinds().values()
    if json:
        say.as_json(
            {
                "kinds": [
                    {
                        "kind": one.id,
                        "label": one.label[spoken],
                        "years": one.years.value,
                        "reference": reference(one.years.reference),
                    }
                    for one in kinds
                ],
                "events": [
                    {
                        "event": one.id,
                        "label": one.label[spoken],
                        "lasts": one.lasts,
                        "effects": {family: effect.code for family, effect in one.effects.items()},
                    }
                    for one in events
                ],
            }
        )
        return
    say.table(
        [_("Kind of claim"), _("What"), _("Years"), _("Reference")],
        [[one.id, one.label[spoken], str(one.years.value), reference(one.years.reference)] for one in kinds],
        right=(2,),
    )
    say.line()
    effects = {
        "interrupts": _("starts it again"),
        "suspends": _("suspends it"),
        "title": _("starts it again, as a title"),
        "nothing": _("nothing"),
    }
    say.table(
        [_("Event"), _("What"), _("What it does (France)")],
        [
            [one.id, one.label[spoken], effects[one.effects["fr"].code if "fr" in one.effects else "nothing"]]
            for one in events
        ],
    )


def _limitation_record(found: Limitation) -> dict[str, Any]:
    spoken = language()
    return {
        "kind": found.kind.id,
        "start": iso(found.start),
        "years": found.years,
        "deadline": iso(found.deadline),
        "running": found.running,
        "expired": found.expired,
        "days_left": found.days_left,
        "alerts": [{"months": one.months, "on": iso(one.on)} for one in found.alerts],
        "steps": [
            {
                "event": one.event.kind,
                "on": iso(one.event.on),
                "until": iso(one.event.until),
                "effect": one.code,
                "before": iso(one.before),
                "deadline": iso(one.deadline),
                "sentence": one.sentence(spoken),
            }
            for one in found.steps
        ],
        "reference": reference(found.reference),
        "confidence": found.confidence,
        "sentence": found.sentence(spoken),
    }
