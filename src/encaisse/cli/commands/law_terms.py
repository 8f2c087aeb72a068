"""`law due`: the day payment terms lead to, in both readings of end of month, and whether the law allows them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import AsJson, command
from encaisse.cli.commands.law import LAW, law
from encaisse.cli.desk import read_day
from encaisse.cli.law_input import choice, day_or_none, lawful
from encaisse.cli.law_show import iso, pairs, reference
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.exchange.terms import Terms
    from encaisse.law.terms import TermsQuestion


@command(LAW, _("The due date of an invoice from its terms, and whether the law allows terms so long."), to=law)
def due(
    issued: Annotated[str, typer.Option(help=_("Day of the invoice, like 2026-02-15."))],
    terms: Annotated[
        str | None,
        typer.Option(help=_("The terms in words, like “30 days” or “45 days end of month” (default: the law's).")),
    ] = None,
    sale: Annotated[
        str | None,
        typer.Option(
            "--sale", help=_("Kind of sale, for its ceiling: general, transport, spirits… (default: by regime).")
        ),
    ] = None,
    regime: Annotated[str, typer.Option(help=_("The regime, like fr-b2b."))] = "fr-b2b",
    delivered: Annotated[str | None, typer.Option(help=_("Day of the delivery, or end of the service."))] = None,
    received: Annotated[str | None, typer.Option(help=_("Day the invoice or request for payment arrived."))] = None,
    periodic: Annotated[bool, typer.Option("--periodic", help=_("It is a summary invoice."))] = False,
    decade: Annotated[
        bool, typer.Option("--decade", help=_("Count from the end of the ten-day period of the delivery."))
    ] = False,
    json: AsJson = False,
) -> None:
    """Calendar days, never moved by a weekend; warnings carry their article."""
    with lawful():
        from encaisse.law import terms as rules

        invoice, delivery, arrival = read_day(issued), day_or_none(delivered), day_or_none(received)
        read = _terms(terms)
        if read is None:
            days = {"due": rules.default_due(arrival or delivery or invoice, _regime(regime))}
        elif decade:
            days = {"due": rules.decade_due(delivery or invoice, read.days)}
        else:
            days = _readings(invoice, read)
        ended = next((day for day in days.values() if day is not None), None)
        if ended is None:
            raise Trouble(
                _("The law of {regime} sets no term when nothing was agreed.").format(regime=regime),
                _("Give the agreed terms with --terms."),
            )
        ceiling = _ceiling(sale, regime)
        question = None
        if ceiling is not None:
            question = rules.TermsQuestion(
                invoice_on=invoice,
                due_on=ended,
                ceiling=ceiling,
                delivered_on=delivery,
                received_on=arrival,
                end_of_month=read.end_of_month if read is not None and not decade else "none",
                periodic=periodic,
            )
        if json:
            say.as_json(_record(days, question))
        else:
            _show(days, question)


def _regime(text: str) -> str:
    from encaisse.law import all_regimes

    return choice(text, tuple(all_regimes()), "--regime")


def _ceiling(sale: str | None, regime: str) -> str | None:
    from encaisse.law.terms import ceiling_of, ceilings

    return choice(sale, tuple(ceilings()), "--sale") if sale else ceiling_of(_regime(regime))


def _terms(text: str | None) -> Terms | None:
    from encaisse.exchange.terms import parse_terms

    if text is None:
        return None
    try:
        return parse_terms(text)
    except ValueError:
        raise Trouble(
            _("--terms: “{text}” is not understood.").format(text=text),
            _("Write for example: 30 days, 45 days end of month, end of month + 45, 2 months, on receipt."),
        ) from None


def _readings(invoice: date, read: Terms) -> dict[str, date | None]:
    """The due date in the reading of the words first, then the other one where both are accepted."""
    from encaisse.exchange.terms import due_on
    from encaisse.law.terms import due_dates

    found: dict[str, date | None] = {"due": due_on(invoice, read)}
    if read.end_of_month != "none" and not read.extra:
        both = due_dates(invoice, read.days, months=read.months)
        found |= {"days_then_end_of_month": both.end_of_month_after, "end_of_month_then_days": both.end_of_month_before}
    return found


def _record(days: dict[str, date | None], question: TermsQuestion | None) -> dict[str, Any]:
    from encaisse.law.terms import allowed_until, check_terms

    allowed = allowed_until(question) if question else None
    return {
        **{name: iso(day) for name, day in days.items()},
        "allowed_until": iso(allowed.until) if allowed else None,
        "reference": reference(allowed.reference) if allowed else None,
        "confidence": allowed.confidence if allowed else None,
        "warnings": [
            {
                "code": one.code,
                "allowed_until": iso(one.allowed_until),
                "text": one.text(language()),
                "reference": reference(one.reference),
                "confidence": one.confidence,
            }
            for one in (check_terms(question) if question else ())
        ],
    }


def _show(days: dict[str, date | None], question: TermsQuestion | None) -> None:
    from encaisse.law.terms import allowed_until, check_terms

    labels = {
        "due": _("Due"),
        "days_then_end_of_month": _("Days, then end of month"),
        "end_of_month_then_days": _("End of month, then days"),
    }
    pairs([(labels[name], say.day(day)) for name, day in days.items() if day is not None])
    if question is None:
        say.line(_("No ceiling of terms is known for this regime."), style="dim")
        return
    allowed = allowed_until(question)
    if allowed is not None:
        say.line(allowed.sentence(language()), style="dim")
    for one in check_terms(question):
        say.line(one.text(language()), style="yellow")
