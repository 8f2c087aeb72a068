"""`law add-rate`, `law own-rates`, `law withdraw-rate`: rates a user has read before this program knows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import AsJson, CreditorName, Home, command
from encaisse.cli.commands.law import LAW, law
from encaisse.cli.desk import ACTOR, at_desk, read_day
from encaisse.cli.law_input import choice, lawful
from encaisse.cli.law_show import iso, percent
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.parties.models import OwnRate


@command(
    LAW,
    _("Add a published rate with its source; it is marked as your own, and the package's value wins once it has one."),
    name="add-rate",
    to=law,
)
def add_rate(
    series: Annotated[str, typer.Argument(help=_("The series, like ecb_mro (`encaisse law status` names them)."))],
    value: Annotated[str, typer.Argument(help=_("The rate in percent per year, like 2.65."), metavar="RATE")],
    first: Annotated[str, typer.Option("--from", help=_("First day it holds, like 2027-01-01."))],
    last: Annotated[str, typer.Option("--to", help=_("Last day it holds, or on which you know it to hold."))],
    source: Annotated[str, typer.Option("--source", help=_("Where it is published, and when you read it."))],
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only say whether it would be taken."))] = False,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Keep the rate for one creditor; the package's files stay untouched."""
    with lawful(), _in_words(), at_desk(home, creditor) as desk:
        from encaisse.law import all_series
        from encaisse.parties import own_rates

        given = (choice(series, all_series(), "SERIES"), read_day(first), read_day(last), _rate(value), source)
        if dry_run:
            own_rates.check(desk.creditor, *given)
        else:
            own_rates.add(desk.creditor, *given, at=desk.at, actor=ACTOR)
        told = {"series": given[0], "from": given[1].isoformat(), "to": given[2].isoformat(), "value": str(given[3])}
        if json:
            say.as_json({**told, "reference": source, "added": not dry_run})
        elif dry_run:
            say.line(_("It would be taken; nothing was kept."))
        else:
            say.line(
                _("{series}: {value} from {first} to {last} is used from now on, marked as your own.").format(
                    series=told["series"], value=percent(told["value"]), first=told["from"], last=told["to"]
                )
            )


@command(LAW, _("List the rates you added."), name="own-rates", to=law)
def own_rates_list(home: Home = None, creditor: CreditorName = None, json: AsJson = False) -> None:
    """Only those that are not withdrawn."""
    with at_desk(home, creditor) as desk:
        from encaisse.parties.own_rates import in_force

        found = [_record(rate) for rate in in_force(desk.creditor)]
        if json:
            say.as_json({"own_rates": found})
        elif not found:
            say.line(_("You added no rate; the package's are used."))
        else:
            say.table(
                [_("Number"), _("Series"), _("From"), _("To"), _("Value"), _("Where it is published")],
                [
                    [str(one["id"]), one["series"], one["from"], one["to"], percent(one["value"]), one["reference"]]
                    for one in found
                ],
                right=(0, 4),
            )


@command(LAW, _("Take back a rate you added; what was counted with it stays explained."), name="withdraw-rate", to=law)
def withdraw_rate(
    number: Annotated[int, typer.Argument(help=_("Its number, as `encaisse law own-rates` shows it."))],
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Nothing is erased: the journal keeps both."""
    with _in_words(), at_desk(home, creditor) as desk:
        from encaisse.parties.models import OwnRate
        from encaisse.parties.own_rates import withdraw

        try:
            rate = withdraw(desk.creditor, number, at=desk.at, actor=ACTOR)
        except OwnRate.DoesNotExist:
            raise Trouble(
                _("You added no rate with the number {number}.").format(number=number),
                _("`encaisse law own-rates` lists them."),
            ) from None
        if json:
            say.as_json({**_record(rate), "withdrawn": True})
        else:
            say.line(_("{series} from {first}: withdrawn.").format(series=rate.series, first=iso(rate.first_on)))


@contextmanager
def _in_words() -> Iterator[None]:
    """Refusals of the law room, in the reader's language."""
    from encaisse.law.own import RefusedPoint

    try:
        yield
    except RefusedPoint as refused:
        raise Trouble(refused.text(language(), say.day)) from refused


def _rate(text: str) -> Decimal:
    """A rate, which may be below zero for a central bank's."""
    try:
        found = Decimal(text.replace("%", "").replace(",", ".").replace("\N{MINUS SIGN}", "-").strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Trouble(
            _("{option}: “{text}” is not a rate.").format(option="RATE", text=text),
            _("Give a number in percent per year, like 2.65."),
        )
    return found


def _record(rate: OwnRate) -> dict[str, Any]:
    return {
        "id": rate.pk,
        "series": rate.series,
        "from": iso(rate.first_on),
        "to": iso(rate.last_on),
        "value": f"{rate.value.normalize():f}",
        "reference": rate.reference,
    }
