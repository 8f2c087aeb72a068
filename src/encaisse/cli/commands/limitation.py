"""`time-bars`, `record-event`, `withdraw-event`: until when each receivable can be claimed, and what moves that day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import EVERY_DAY, HOLD_BACK, AsJson, CreditorName, Home, OnDay, command, misuse
from encaisse.cli.app import CustomerName as NeededCustomer
from encaisse.cli.desk import ACTOR, at_desk, find_customer, read_day
from encaisse.cli.law_input import choice
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.recovery.limitation import Standing

LONGEST = 600
"""Months that may be asked for: longer than any claim lives."""


@command(EVERY_DAY, _("List the last day on which each open receivable can be claimed in court."), name="time-bars")
def time_bars(
    customer: Annotated[
        str | None, typer.Argument(help=_("Code or name of a customer (default: all of them)."), metavar="[CUSTOMER]")
    ] = None,
    within: Annotated[
        int | None,
        typer.Option(help=_("Only what is barred within so many months (default: 12, for a customer all).")),
    ] = None,
    on: OnDay = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """List limitation dates, the earliest first."""
    if within is not None and not 1 <= within <= LONGEST:
        raise misuse(_("--within is a number of months from 1 to {most}.").format(most=LONGEST))
    with at_desk(home, creditor, on) as desk:
        from encaisse.recovery.limitation import FIRST_WARNING, names_of, of_customer, of_portfolio, within_months

        if customer is None:
            found = of_portfolio(desk.creditor, desk.day, within=within or FIRST_WARNING)
        else:
            found = of_customer(desk.creditor, find_customer(customer).pk, desk.day)
            found = within_months(found, desk.day, within) if within else found
        names = names_of(one.customer for one in found)
        if json:
            rows = [_record(one, names[one.customer]) for one in found]
            say.as_json({"as_of": desk.day.isoformat(), "receivables": rows})
            return
        _show(found, names, say.day(desk.day))
        if customer is not None:
            _show_events([one.customer for one in found], desk.day)


def _show_events(customer_ids: list[int], day: date) -> None:
    """What was written down, with the numbers that take it back."""
    from encaisse.law.limitation import event_kinds
    from encaisse.recovery.models import LimitationEvent

    kinds, spoken = event_kinds(), language()
    rows = LimitationEvent.objects.filter(customer_id__in=set(customer_ids), withdrawn_at=None, happened_on__lte=day)
    for row in rows.order_by("happened_on", "pk"):
        label = kinds[row.kind].label[spoken] if row.kind in kinds else row.kind
        say.line(f"{row.pk}: {label}, {say.day(row.happened_on)} – {row.note}", style="dim")


def _show(found: list[Standing], names: dict[int, tuple[str, str]], day: str) -> None:
    from encaisse.recovery.limitation import remarks, time_left

    if not found:
        say.line(_("Nothing is barred in that time."))
        return
    say.table(
        (_("code"), _("customer"), _("invoice"), _("last day"), _("time left"), _("confidence"), _("amount")),
        [
            (
                *names[one.customer],
                one.number,
                say.day(one.deadline),
                time_left(one),
                _confidence(one),
                say.money(one.open, one.currency),
            )
            for one in found
        ],
        right=(6,),
        title=_("Limitation dates, seen on {day}").format(day=day),
    )
    for one in found:
        for text in remarks(one, language()):
            say.line(f"{one.number}: {text}", style="yellow")


def _confidence(one: Standing) -> str:
    from encaisse.law.counting import confidence_in_words

    return confidence_in_words(one.found.confidence, language()) if one.found else ""


def _record(one: Standing, name: tuple[str, str]) -> dict[str, Any]:
    from encaisse.money import to_decimal_text
    from encaisse.recovery.limitation import remarks

    found, perhaps = one.found, one.perhaps
    return {
        "customer": {"code": name[0], "name": name[1]},
        "number": one.number,
        "open": to_decimal_text(one.open, one.currency),
        "currency": one.currency,
        "due_on": one.due_on.isoformat(),
        "regime": one.regime,
        "deadline": one.deadline.isoformat() if one.deadline else None,
        "days_left": found.days_left if found else None,
        "running": found.running if found else None,
        "expired": one.expired,
        "alert": one.alert,
        "perhaps": perhaps.deadline.isoformat() if perhaps else None,
        "steps": [
            {"event": step.event.kind, "on": step.event.on.isoformat(), "effect": step.code}
            for step in (found.steps if found else ())
        ],
        "confidence": found.confidence if found else None,
        "sentence": found.sentence(language()) if found else "",
        "remarks": remarks(one, language()),
    }


@command(
    HOLD_BACK,
    _("Write down what interrupts or suspends limitation; `encaisse law limitation --list` shows the events."),
    name="record-event",
)
def record_event(
    customer: NeededCustomer,
    event: Annotated[
        str,
        typer.Argument(
            help=_("What happened and when, like acknowledgement=2026-04-01 or mediation=2026-05-01..2026-06-15."),
            metavar="EVENT=DAY",
        ),
    ],
    note: Annotated[str, typer.Option(help=_("Where it is written: letter, e-mail, judgment, agreement."))],
    invoice: Annotated[str | None, typer.Option("--invoice", help=_("Only this invoice, by number."))] = None,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Record an event of limitation, of one invoice or of all that was owed on the day."""
    with at_desk(home, creditor) as desk:
        from encaisse.cli.commands.hold import receivable_of
        from encaisse.recovery.limitation import of_customer
        from encaisse.recovery.record_limitation_event import record

        found = find_customer(customer)
        kind, begin, end = _event(event)
        row = record(
            desk.creditor,
            found,
            kind=kind,
            happened_on=read_day(begin),
            until_on=read_day(end) if end else None,
            note=note,
            receivable_id=receivable_of(found.pk, invoice) if invoice else None,
            at=desk.at,
            actor=ACTOR,
        )
        say.line(
            _("Kept for {name} as number {number}; `encaisse withdraw-event {number}` takes it back.").format(
                name=found.name, number=row.pk
            )
        )
        names = {found.pk: (found.code, found.name)}
        _show(of_customer(desk.creditor, found.pk, desk.day), names, say.day(desk.day))


def _event(text: str) -> tuple[str, str, str]:
    """The kind, the day and the end of what a person wrote."""
    from encaisse.law.limitation import event_kinds

    name, sign, days = text.partition("=")
    begin, _dots, end = (part.strip() for part in days.partition(".."))
    if not sign or not begin:
        raise misuse(
            _("“{text}” does not say what happened and when.").format(text=text),
            _("Write it like acknowledgement=2026-04-01."),
        )
    return choice(name, tuple(event_kinds()), "EVENT"), begin, end


@command(HOLD_BACK, _("Take back an event of limitation that was written down by mistake."), name="withdraw-event")
def withdraw_event(
    number: Annotated[int, typer.Argument(help=_("The number that record-event gave it."), metavar="NUMBER")],
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Withdraw an event; the journal keeps both."""
    with at_desk(home, creditor) as desk:
        from encaisse.recovery.models import LimitationEvent
        from encaisse.recovery.record_limitation_event import withdraw

        try:
            event = withdraw(desk.creditor, number, at=desk.at, actor=ACTOR)
        except LimitationEvent.DoesNotExist:
            raise misuse(_("There is no event number {number}.").format(number=number)) from None
        say.line(_("Withdrawn for {name}: the dates are what they were without it.").format(name=event.customer.name))
