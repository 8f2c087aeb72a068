"""`pause`, `promise`, `dispute`: what holds chasing back, written down in one line."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from encaisse.cli import say
from encaisse.cli.app import HOLD_BACK, CreditorName, CustomerName, Home, command, misuse
from encaisse.cli.desk import ACTOR, at_desk, find_customer, read_day
from encaisse.cli.words import _
from encaisse.money import parse_minor

Invoice = Annotated[str | None, typer.Option("--invoice", help=_("Only this invoice, by number."))]

StartDay = Annotated[str | None, typer.Option("--on", help=_("The day it begins (default: today)."))]


@command(HOLD_BACK, _("Pause chasing of a customer or of one invoice."))
def pause(
    customer: CustomerName,
    reason: Annotated[str, typer.Option(help=_("Why; kept in the journal."))],
    until: Annotated[
        str | None, typer.Option(help=_("First day that is free again (default: until you end it)."))
    ] = None,
    invoice: Invoice = None,
    on: StartDay = None,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Record a pause."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.recovery.record_pause import record

        found = find_customer(customer)
        ends_on = read_day(until) if until else None
        record(
            desk.creditor,
            scope="receivable" if invoice else "customer",
            customer=found,
            receivable_id=receivable_of(found.pk, invoice) if invoice else None,
            starts_on=desk.day,
            ends_on=ends_on,
            reason=reason,
            at=desk.at,
            actor=ACTOR,
        )
        say.line(_("{name} is paused until {day}.").format(name=found.name, day=_day(ends_on)))


@command(HOLD_BACK, _("Write down a promise to pay; chasing waits for it and two days more."))
def promise(
    customer: CustomerName,
    by: Annotated[str, typer.Option(help=_("The day promised."))],
    amount: Annotated[str | None, typer.Option(help=_("The amount promised (default: all that is owed)."))] = None,
    person: Annotated[str, typer.Option(help=_("Who promised."))] = "",
    invoice: Invoice = None,
    on: StartDay = None,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Record a promise."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.recovery.record_promise import record

        found = find_customer(customer)
        promised_for = read_day(by)
        record(
            desk.creditor,
            found,
            amount=_amount(amount),
            promised_for=promised_for,
            person=person,
            receivable_ids=[receivable_of(found.pk, invoice)] if invoice else None,
            starts_on=desk.day,
            at=desk.at,
            actor=ACTOR,
        )
        say.line(_("{name} promised to pay by {day}.").format(name=found.name, day=_day(promised_for)))


@command(HOLD_BACK, _("Write down that an invoice, or a part of it, is disputed."))
def dispute(
    customer: CustomerName,
    invoice: Annotated[str, typer.Option("--invoice", help=_("The invoice, by number."))],
    reason: Annotated[str, typer.Option(help=_("What the customer says."))],
    amount: Annotated[str | None, typer.Option(help=_("The disputed part (default: all of it)."))] = None,
    ground: Annotated[
        str, typer.Option(help=_("quantity, quality, price, not_ordered, duplicate, paid or other."))
    ] = "other",
    answer_by: Annotated[str | None, typer.Option(help=_("Day by which you answer."))] = None,
    on: StartDay = None,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Record a dispute."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.recovery.models import Dispute
        from encaisse.recovery.record_dispute import record

        if ground not in Dispute.Ground.values:
            raise misuse(_("There is no ground “{ground}”.").format(ground=ground), ", ".join(Dispute.Ground.values))
        found = find_customer(customer)
        record(
            desk.creditor,
            found,
            receivable_id=receivable_of(found.pk, invoice),
            amount=_amount(amount),
            ground=ground,
            reason=reason,
            answer_by=read_day(answer_by) if answer_by else None,
            starts_on=desk.day,
            at=desk.at,
            actor=ACTOR,
        )
        say.line(_("{number} of {name} is disputed; the rest stays as it is.").format(number=invoice, name=found.name))


def receivable_of(customer_id: int, number: str) -> int:
    """The id of a customer's receivable by its number; ends the command with the newest ones when there is none."""
    from encaisse.ledger.models import Receivable

    of_customer = Receivable.objects.filter(customer_id=customer_id).order_by("due_on", "id")
    found = of_customer.filter(number__iexact=number).last()
    if found is None:
        newest = list(of_customer.filter(settled_on=None).values_list("number", flat=True)[:10])
        raise misuse(_("This customer has no invoice {number}.").format(number=number), ", ".join(newest))
    return found.pk


def _amount(text: str | None) -> int | None:
    try:
        return parse_minor(text) if text else None
    except ValueError:
        raise misuse(
            _("“{text}” is not an amount.").format(text=text), _("Write it like 1234,56 or 1234.56.")
        ) from None


def _day(day: date | None) -> str:
    return say.day(day) if day else _("you end it")
