"""`law rates`, `law status`: what the rates are, and how far they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import AsJson, CreditorName, Home, command
from encaisse.cli.commands.law import LAW, law
from encaisse.cli.desk import read_day
from encaisse.cli.law_input import choice, day_or_today, lawful
from encaisse.cli.law_show import confidence, iso, number, percent, reference
from encaisse.cli.own_rates import own_rates
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.law.rates import Rate
    from encaisse.law.status import SeriesStatus

_SHOWN_STATES = ("ended", "ends_soon")


@command(LAW, _("The rates and sums of the law, with dates and sources; those of one regime or of one day."), to=law)
def rates(
    regime: Annotated[str | None, typer.Option(help=_("Only what this regime uses."))] = None,
    on: Annotated[str | None, typer.Option(help=_("Only what holds on that day, like 2026-03-31."))] = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """One row per value; those you added are marked as your own."""
    with lawful(), own_rates(home, creditor):
        from encaisse.law import all_regimes
        from encaisse.law import rates as values

        code = choice(regime, tuple(all_regimes()), "--regime") if regime else None
        found = values.rates(code, read_day(on) if on else None)
        if json:
            say.as_json({"rates": [_rate_record(one) for one in found]})
            return
        say.table(
            [_("Series"), _("From"), _("To"), _("Value"), _("Reference"), _("Confidence")],
            [_rate_row(one) for one in found],
            right=(3,),
        )


def _rate_record(one: Rate) -> dict[str, Any]:
    return {
        "series": one.series,
        "kind": one.kind,
        "label": one.label[language()],
        "from": iso(one.first),
        "to": iso(one.last),
        "value": None if one.value is None else str(one.value),
        "unit": one.unit,
        "reference": reference(one.reference),
        "confidence": one.confidence or None,
        "known_to": iso(one.known_to),
        "own": one.own,
    }


def _rate_row(one: Rate) -> list[str]:
    if one.value is None:
        missing = _("not known after {day}").format(day=say.day(one.known_to))
        return [one.series, "", "", missing, reference(one.reference), ""]
    value = percent(str(one.value)) if one.kind in ("rate", "reference") else number(str(one.value))
    value = f"{value} {one.unit}" if one.kind == "amount" else value
    until = say.day(one.last) if one.last else _("further notice")
    return [one.series, say.day(one.first), until, value, reference(one.reference), confidence(one.confidence)]


@command(LAW, _("How far each rate is known, which end soon or have ended, and what becomes impossible."), to=law)
def status(
    on: Annotated[str | None, typer.Option(help=_("Day to look at (default: today)."))] = None,
    everything: Annotated[bool, typer.Option("--all", help=_("Also the series that are known for longer."))] = False,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """What needs somebody comes first; with --all, everything."""
    with lawful(), own_rates(home, creditor):
        from encaisse.law import status as series

        day = day_or_today(on)
        found = series.status(day)
        if json:
            open_ones = [_question_record(one) for one in series.open_questions()]
            say.as_json(
                {"as_of": iso(day), "series": [_status_record(one) for one in found], "not_confirmed": open_ones}
            )
            return
        shown = [one for one in found if everything or one.state in _SHOWN_STATES]
        if not shown:
            say.line(_("Every rate is known for the weeks to come."))
        for one in shown:
            say.line(f"{one.series}  {one.label[language()]}", style=_STYLES.get(one.state, ""))
            say.line("    " + (one.text(language(), say.day) or _("in force until further notice")))
        for question in series.open_questions():
            say.line(
                _("Not confirmed: {name} ({note})").format(
                    name=question.label[language()], note=question.note or question.reference
                ),
                style="dim",
            )


_STYLES = {"ended": "bold red", "ends_soon": "bold yellow"}


def _status_record(one: SeriesStatus) -> dict[str, Any]:
    return {
        "series": one.series,
        "label": one.label[language()],
        "state": one.state,
        "known_to": iso(one.known_to),
        "needed_from": iso(one.needed_from),
        "days_left": one.days_left,
        "own": one.own,
        "add_to": one.add_to,
        "regimes": list(one.regimes),
        "impossible": [{"role": each.role, "names": list(each.names)} for each in one.consequences],
        "text": one.text(language()),
    }


def _question_record(one: Any) -> dict[str, Any]:
    return {"id": one.id, "label": one.label[language()], "note": one.note, "reference": reference(one.reference)}
