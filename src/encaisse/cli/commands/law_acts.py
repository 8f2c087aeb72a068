"""`law may`, `law choose`: whether a creditor may do a thing, and which regime rules a claim."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import AsJson, command
from encaisse.cli.commands.law import LAW, law
from encaisse.cli.desk import read_day
from encaisse.cli.law_input import Money, choice, day_or_today, lawful, yes_or_no
from encaisse.cli.law_show import confidence, pairs, reference
from encaisse.cli.trouble import REFUSED, Trouble
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.law.guards import Answer

Creditor = Annotated[str, typer.Option(help=_("Kind of creditor: company, sole_trader, association, individual…"))]
Customer = Annotated[str, typer.Option(help=_("Kind of customer: company, sole_trader, consumer, public…"))]
CreditorCountry = Annotated[str, typer.Option(help=_("Country of the creditor, like FR."))]
CustomerCountry = Annotated[str, typer.Option(help=_("Country of the customer, like FR."))]


@command(LAW, _("Whether a creditor may do a thing: yes, or no with the article and what to do instead."), to=law)
def may(
    act: Annotated[str | None, typer.Argument(help=_("The act; without it they are listed."), metavar="ACT")] = None,
    creditor: Creditor = "company",
    customer: Customer = "company",
    creditor_country: CreditorCountry = "FR",
    customer_country: CustomerCountry = "FR",
    at: Annotated[
        str | None,
        typer.Option(help=_("Moment on the customer's clock, like 2026-11-20T19:30, or a day (default: today).")),
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(
            help=_("What is known, like consent=yes or notice_on=2026-05-04. Can be repeated; --facts lists them."),
            metavar="NAME=VALUE",
        ),
    ] = None,
    facts: Annotated[bool, typer.Option("--facts", help=_("List the facts that can be given."))] = False,
    json: AsJson = False,
) -> None:
    """Exit 1 when the answer is no."""
    with lawful():
        from encaisse.law import guards

        if facts or act is None:
            (_list_facts if facts else _list_acts)(json)
            return
        told = dict(_fact(text) for text in fact or ())
        found = guards.may(
            guards.Side(creditor_country.upper(), choice(creditor, guards.CUSTOMER_KINDS, "--creditor")),
            guards.Side(customer_country.upper(), choice(customer, guards.CUSTOMER_KINDS, "--customer")),
            choice(act, tuple(guards.acts()), "ACT"),
            _moment(at, customer_country, told),
            **told,
        )
        if json:
            say.as_json(_answer_record(found))
        else:
            _show_answer(found)
    if not found.yes:
        raise typer.Exit(REFUSED)


def _moment(text: str | None, country: str, told: Mapping[str, Any]) -> date | datetime:
    """A day, or an instant on the clock of the customer's region."""
    from encaisse.calendar import REGIONS, region_of, timezone_of

    if text is None or not any(sign in text for sign in (":", "T", "t")):
        return day_or_today(text)
    region = str(told.get("region") or region_of(country, ""))
    try:
        there = datetime.fromisoformat(text)
    except ValueError:
        raise Trouble(
            _("--at: “{text}” is not a moment.").format(text=text), _("Write it like 2026-11-20T19:30.")
        ) from None
    return there if there.tzinfo else there.replace(tzinfo=timezone_of(choice(region, REGIONS, "--fact region")))


def _fact(text: str) -> tuple[str, Any]:
    from encaisse.law import guards

    name, sign, value = text.partition("=")
    if not sign or not value.strip():
        raise Trouble(
            _("--fact: “{text}” does not say a name and a value.").format(text=text),
            _("Write it like --fact consent=yes."),
        )
    known = guards.facts()
    name = choice(name.strip(), tuple(known), "--fact")
    value = value.strip()
    if name == "amount":
        return name, Money(None).amount(value, "--fact")
    return name, _READERS[known[name].kind](value, f"--fact {name}")


def _count(text: str, option: str) -> int:
    if not text.isdigit():
        raise Trouble(_("{option}: “{text}” is not a whole number.").format(option=option, text=text))
    return int(text)


_READERS: Mapping[str, Any] = {
    "yes_no": yes_or_no,
    "count": _count,
    "day": lambda text, _option: read_day(text),
    "text": lambda text, _option: text,
}


def _list_acts(json: bool) -> None:
    from encaisse.law import guards

    rows = [(name, act.label[language()]) for name, act in guards.acts().items()]
    if json:
        say.as_json({"acts": [{"act": name, "label": label} for name, label in rows]})
    else:
        say.table([_("Act"), _("What")], rows)


def _list_facts(json: bool) -> None:
    from encaisse.law import guards

    rows = [(one.name, one.kind, one.ask[language()]) for one in guards.facts().values()]
    if json:
        say.as_json({"facts": [{"name": name, "kind": kind, "ask": ask} for name, kind, ask in rows]})
    else:
        say.table([_("Fact"), _("Kind"), _("Question")], rows)


def _answer_record(found: Answer) -> dict[str, Any]:
    spoken = language()
    return {
        "act": found.act,
        "yes": found.yes,
        "code": found.code,
        "article": reference(found.article),
        "reason": found.reason(spoken),
        "instead": found.instead(spoken),
        "assumed": list(found.assumed),
        "questions": list(found.questions(spoken)),
        "confidence": found.confidence,
    }


def _show_answer(found: Answer) -> None:
    spoken = language()
    verdict = _("Yes.") if found.yes else _("No.")
    say.line(f"{verdict} {found.reason(spoken)}", style="bold green" if found.yes else "bold red")
    pairs(
        [
            (_("Respect") if found.yes else _("Instead"), found.instead(spoken)),
            (_("Reference"), reference(found.article)),
            (_("Confidence"), confidence(found.confidence)),
        ]
    )
    for question in found.questions(spoken):
        say.line(f"? {question}")


@command(LAW, _("Which regime rules a claim, why, and what only a person can tell."), to=law)
def choose(
    creditor: Creditor = "company",
    customer: Customer = "company",
    creditor_country: CreditorCountry = "FR",
    customer_country: CustomerCountry = "FR",
    contract_law: Annotated[str | None, typer.Option(help=_("Country whose law the contract names."))] = None,
    for_business: Annotated[
        bool | None,
        typer.Option("--for-business/--for-private-use", help=_("What the customer bought it for, when it is known.")),
    ] = None,
    judgment: Annotated[bool, typer.Option("--judgment", help=_("A court decision has already set the debt."))] = False,
    json: AsJson = False,
) -> None:
    """In doubt, the regime that claims less."""
    with lawful():
        from encaisse.law import choose as rules

        found = rules.choose_regime(
            rules.Party(creditor_country, choice(creditor, rules.KINDS, "--creditor")),  # type: ignore[arg-type]
            rules.Party(customer_country, choice(customer, rules.KINDS, "--customer")),  # type: ignore[arg-type]
            rules.Contract(law=contract_law, for_business=for_business, judgment=judgment),
        )
        reasons, questions = found.explain(language()), found.ask(language())
        if json:
            say.as_json(
                {
                    "regime": found.regime,
                    "law": found.law,
                    "category": found.category,
                    "reasons": [
                        {"code": code, "text": text} for code, text in zip(found.reasons, reasons, strict=True)
                    ],
                    "questions": [
                        {"code": code, "text": text} for code, text in zip(found.questions, questions, strict=True)
                    ],
                }
            )
            return
        say.line(found.regime or _("A person has to choose the regime."), style="bold")
        for reason in reasons:
            say.line(f"  {reason}")
        for question in questions:
            say.line(f"? {question}")
