"""`law add-rate`, `law own-rates`, `law withdraw-rate`: rates a user has read before this program knows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import AsJson, CreditorName, Home, command
from encaisse.cli.commands.law import LAW, law
from encaisse.cli.desk import ACTOR, at_desk
from encaisse.cli.law_input import choice, day_or_none, lawful
from encaisse.cli.law_show import iso, percent
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.law.own import Carried
    from encaisse.parties.models import OwnRate

Given = tuple[str, date, date, Decimal, str]
"""Series, first day, last day, percent per year, source."""


@command(
    LAW,
    _("Add a published rate with its source; it is marked as your own, and the package's value wins once it has one."),
    name="add-rate",
    to=law,
)
def add_rate(
    series: Annotated[str, typer.Argument(help=_("The series, like ecb_mro (`encaisse law status` names them)."))],
    value: Annotated[str, typer.Argument(help=_("The rate in percent per year, like 2.65."), metavar="RATE")],
    source: Annotated[
        str, typer.Option("--source", "--reference", help=_("Where it is published, and when you read it."))
    ],
    first: Annotated[
        str | None, typer.Option("--from", help=_("First day it holds (default: the day after the last known one)."))
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help=_("Last day it holds, or on which you know it to hold."))
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only say whether it would be taken."))] = False,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Keep the rate for one creditor; the package's files stay untouched."""
    with lawful(), _in_words(), at_desk(home, creditor) as desk:
        from encaisse.law import all_series
        from encaisse.law.own import carried
        from encaisse.parties import own_rates

        name = choice(series, all_series(), "SERIES")
        with own_rates.rates_of(desk.creditor):
            given = (name, *_days(name, first, last), _rate(value), source)
            carries = carried(own_rates.check(desk.creditor, *given))
        if not dry_run:
            own_rates.add(desk.creditor, *given, at=desk.at, actor=ACTOR)
        if json:
            say.as_json(_told(given, carries, added=not dry_run))
        else:
            _show(given, carries, added=not dry_run)


def _days(series: str, first: str | None, last: str | None) -> tuple[date, date]:
    """The days given; those that the next value of the series would have, where they are not."""
    from encaisse.law import load_series
    from encaisse.law.own import next_days

    expected = next_days(load_series(series))
    begin, end = day_or_none(first), day_or_none(last)
    if expected is not None and begin is None and end is None:
        return expected
    begin = begin or (expected[0] if expected else None)
    end = end or (expected[1] if expected and begin == expected[0] else None)
    if begin is None or end is None:
        raise Trouble(_("The days it holds are missing."), _("Give --from and --to, like --from 2027-01-01."))
    return begin, end


def _told(given: Given, carries: tuple[Carried, ...], *, added: bool) -> dict[str, Any]:
    series, first, last, value, source = given
    return {
        "series": series,
        "from": iso(first),
        "to": iso(last),
        "value": str(value),
        "reference": source,
        "added": added,
        "carries": [
            {"series": one.series, "from": iso(point.start), "to": iso(point.end), "value": str(point.value)}
            for one in carries
            for point in one.points
            if one.series != series
        ],
    }


def _show(given: Given, carries: tuple[Carried, ...], *, added: bool) -> None:
    told = _told(given, carries, added=added)
    if added:
        say.line(
            _("{series}: {value} from {first} to {last} is used from now on, marked as your own.").format(
                series=told["series"], value=percent(told["value"]), first=told["from"], last=told["to"]
            )
        )
    else:
        say.line(_("It would be taken; nothing was kept."))
    for one in told["carries"]:
        say.line(
            "    "
            + _("{series} follows: {value} from {first} to {last}.").format(
                series=one["series"], value=percent(one["value"]), first=one["from"], last=one["to"]
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
                [_("Number"), _("Series"), _("From"), _("To"), _("Value"), _("Where it is published"), _("Added")],
                [_row(one) for one in found],
                right=(0, 4),
            )


def _row(one: dict[str, Any]) -> list[str]:
    added = f"{say.day(one['added_on'])}, {one['added_by']}"
    return [
        str(one["id"]),
        one["series"],
        say.day(one["from"]),
        say.day(one["to"]),
        percent(one["value"]),
        one["reference"],
        added,
    ]


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
            say.line(_("{series} from {first}: withdrawn.").format(series=rate.series, first=say.day(rate.first_on)))


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
    from encaisse.law.own import read_percent

    try:
        return read_percent(text)
    except ValueError:
        raise Trouble(
            _("{option}: “{text}” is not a rate.").format(option="RATE", text=text),
            _("Give a number in percent per year, like 2.65."),
        ) from None


def _record(rate: OwnRate) -> dict[str, Any]:
    return {
        "id": rate.pk,
        "series": rate.series,
        "from": iso(rate.first_on),
        "to": iso(rate.last_on),
        "value": f"{rate.value.normalize():f}",
        "reference": rate.reference,
        "added_on": iso(rate.recorded_at.date()),
        "added_by": rate.actor,
    }
