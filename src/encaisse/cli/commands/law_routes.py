"""`law routes`: which routes are open to a claim, before which court, at what cost, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from encaisse.cli import say
from encaisse.cli.app import AsJson, command
from encaisse.cli.commands.law import LAW, law
from encaisse.cli.commands.law_time import read_event
from encaisse.cli.desk import read_day
from encaisse.cli.law_input import Money, choice, day_or_today, lawful, yes_or_no
from encaisse.cli.law_show import confidence, in_doubt, iso, pairs, reference
from encaisse.cli.trouble import Trouble
from encaisse.cli.words import _, language, pgettext

if TYPE_CHECKING:
    from encaisse.law.claims import Claim
    from encaisse.law.courts import Court
    from encaisse.law.routes import Route

# What is told with --fact: yes or no, a day, or one word of a list that the claim checks itself.
FLAGS = (
    "invoiced",
    "contested",
    "seriously_contestable",
    "at_risk",
    "debtor_agrees",
    "conciliator_unavailable",
    "retention_of_title",
)
DAYS = (
    "performed_on",
    "notice_on",
    "amicable_attempt_on",
    "title_on",
    "order_on",
    "order_served_on",
    "opposition_on",
    "attachment_on",
    "insolvency_opened_on",
    "insolvency_published_on",
    "proof_filed_on",
    "limitation_ends",
)
WORDS = ("ground", "subject", "limitation_kind")


@command(LAW, _("The routes of recovery for a claim: open or not, why, what is missing, court, cost, time."), to=law)
def routes(
    amount: Annotated[str, typer.Option(help=_("The principal left, like 3000.00."))],
    due: Annotated[str, typer.Option(help=_("The due date."))],
    creditor: Annotated[
        str, typer.Option(help=_("Kind of creditor: company, sole_trader, liberal, association…"))
    ] = "company",
    customer: Annotated[
        str, typer.Option(help=_("Kind of customer: company, sole_trader, consumer, public…"))
    ] = "company",
    creditor_standing: Annotated[
        str | None, typer.Option(help=_("merchant, craftsman or civil, when the kind does not say it."))
    ] = None,
    customer_standing: Annotated[
        str | None, typer.Option(help=_("merchant, craftsman or civil, when the kind does not say it."))
    ] = None,
    creditor_country: Annotated[str, typer.Option(help=_("Country of the creditor, like FR."))] = "FR",
    customer_country: Annotated[str, typer.Option(help=_("Country of the customer, like FR."))] = "FR",
    postcode: Annotated[str, typer.Option(help=_("Postcode of the customer."))] = "",
    town: Annotated[str, typer.Option(help=_("Town of the customer."))] = "",
    accessories: Annotated[str, typer.Option(help=_("Interest and costs asked, beside the principal."))] = "0",
    regime: Annotated[str | None, typer.Option(help=_("The regime of the receivable, like fr-b2b."))] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(
            help=_("What is known, like contested=no or notice_on=2026-05-04. Can be repeated; --facts lists them."),
            metavar="NAME=VALUE",
        ),
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(help=_("What touched the limitation, like part_payment=2026-04-01."), metavar="EVENT=DAY"),
    ] = None,
    confirmed: Annotated[
        list[str] | None,
        typer.Option(help=_("Law you have read as published, like l126_decree=2027-01-01."), metavar="CODE=DAY"),
    ] = None,
    only: Annotated[
        str | None, typer.Option("--route", help=_("Only this route, with all that is said of it."))
    ] = None,
    facts: Annotated[bool, typer.Option("--facts", help=_("List the facts that can be given."))] = False,
    on: Annotated[str | None, typer.Option(help=_("Day to look at (default: today)."))] = None,
    json: AsJson = False,
) -> None:
    """Conditions are necessary, not sufficient: a person decides."""
    if facts:
        _list_facts(json)
        return
    with lawful():
        from encaisse.law.courts import competent_court
        from encaisse.law.routes import pending_law, route_ids
        from encaisse.law.routes import routes as all_routes

        money = Money(None)
        claim = _claim(
            amount=money.amount(amount, "--amount"),
            accessories=money.amount(accessories, "--accessories"),
            currency=money.currency or "EUR",
            creditor=_side(creditor, creditor_country, creditor_standing, "--creditor"),
            customer=_side(customer, customer_country, customer_standing, "--customer", postcode=postcode, town=town),
            due_on=read_day(due),
            regime=_regime(regime),
            events=tuple(read_event(text) for text in event or ()),
            facts=fact or [],
        )
        day = day_or_today(on)
        known = {name: read_day(value) for name, value in (_pair(one, "--confirmed") for one in confirmed or ())}
        known = {choice(name, tuple(pending_law()), "--confirmed"): value for name, value in known.items()}
        found: tuple[Route, ...] = all_routes(claim, day, confirmed=known)
        if only:
            wanted = choice(only, route_ids(), "--route")
            found = tuple(one for one in found if one.id == wanted)
        court = competent_court(claim, day)
        if json:
            say.as_json(
                {"as_of": iso(day), "court": _court_record(court), "routes": [_route_record(one) for one in found]}
            )
        elif only:
            _show_route(found[0])
        else:
            _show_routes(found, court)


def _claim(*, facts: list[str], **known: Any) -> Claim:
    from encaisse.law.claims import Claim

    return Claim(**known, **dict(_fact(text) for text in facts))


def _side(kind: str, country: str, standing: str | None, option: str, **where: Any) -> Any:
    from encaisse.law.claims import KINDS, STANDINGS, Litigant

    return Litigant(
        kind=choice(kind, KINDS, option),
        country=country,
        standing=choice(standing, STANDINGS, f"{option}-standing") if standing else None,
        **where,
    )


def _regime(text: str | None) -> str | None:
    from encaisse.law import all_regimes

    return choice(text, tuple(all_regimes()), "--regime") if text else None


def _pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not value.strip():
        raise Trouble(
            _("{option}: “{text}” does not say a name and a value.").format(option=option, text=text),
            _("Write it like {option} NAME=VALUE.").format(option=option),
        )
    return name.strip(), value.strip()


def _fact(text: str) -> tuple[str, Any]:
    name, value = _pair(text, "--fact")
    name = choice(name, (*FLAGS, *DAYS, *WORDS), "--fact")
    if name in DAYS:
        return name, read_day(value)
    if name in WORDS:
        return name, value
    return name, yes_or_no(value, f"--fact {name}")


def _list_facts(json: bool) -> None:
    kinds = {"yes_or_no": FLAGS, "day": DAYS, "word": WORDS}
    if json:
        say.as_json({"facts": {kind: list(names) for kind, names in kinds.items()}})
        return
    titles = {"yes_or_no": _("Yes or no"), "day": _("A day"), "word": _("A word")}
    pairs([(titles[kind], ", ".join(names)) for kind, names in kinds.items()])


def verdict_words(code: str) -> str:
    """Whether a route is open, in words."""
    return {
        "allowed": pgettext("route", "open"),
        "not_allowed": pgettext("route", "closed"),
        "needs_person": _("a person decides"),
        "pending": _("law not yet applicable"),
    }[code]


_STYLES = {"allowed": "green", "not_allowed": "dim", "needs_person": "yellow", "pending": "yellow"}


def _show_routes(found: tuple[Route, ...], court: Court) -> None:
    spoken = language()
    say.line(_("Court: {court}").format(court=court.name(spoken)), style="bold")
    rows: list[list[str | Text]] = []
    for one in found:
        against = [reason.text(spoken) for reason in one.reasons if not reason.favourable]
        why = against or [note.text(spoken) for note in one.missing]
        time = in_doubt(one.duration.text(spoken), one.duration.confidence) if one.duration else ""
        rows.append(
            [
                Text(one.id, style=_STYLES[one.verdict]),
                one.name(spoken),
                Text(verdict_words(one.verdict), style=_STYLES[one.verdict]),
                in_doubt(_cost(one), one.cost.confidence),
                time,
                " ".join(why),
            ]
        )
    say.table([_("Route"), _("What"), _("Verdict"), _("Cost"), _("Time"), _("Why, or what is missing")], rows)


def _cost(one: Route) -> str:
    cost = one.cost
    if cost.high == 0:
        return _("free")
    low = say.money(cost.low, cost.currency) if cost.low else "0"
    if cost.high is None:
        return _("from {low}").format(low=low)
    return low if cost.low == cost.high else f"{low} – {say.money(cost.high, cost.currency)}"


def _show_route(one: Route) -> None:
    spoken = language()
    say.line(f"{one.name(spoken)}  {verdict_words(one.verdict)}", style="bold")
    for reason in one.reasons:
        mark = "+" if reason.favourable else "−"
        say.line(f"{mark} {reason.text(spoken)} ({reference(reason.reference)})")
    for note in one.missing:
        say.line(f"? {note.text(spoken)}")
    rows = [
        (_("By whom"), one.who[spoken]),
        (_("Court"), one.court.name(spoken) if one.court else ""),
        (_("Cost"), f"{in_doubt(_cost(one), one.cost.confidence)} · {one.cost.text(spoken)}"),
        (_("Time"), in_doubt(one.duration.text(spoken), one.duration.confidence) if one.duration else ""),
        (_("Deadline"), one.deadline.text(spoken) if one.deadline else ""),
        (_("Limitation"), one.interrupts.text(spoken)),
        (_("Forms"), "; ".join(in_doubt(form.text(spoken), form.confidence) for form in one.forms)),
        (_("Reference"), reference(one.reference)),
        (_("Confidence"), confidence(one.confidence)),
    ]
    pairs([(label, text) for label, text in rows if text])
    for number, step in enumerate(one.step_texts(spoken), start=1):
        say.line(f"{number}. {step}")


def _court_record(court: Court | None) -> dict[str, Any] | None:
    if court is None:
        return None
    spoken = language()
    return {
        "code": court.code,
        "name": court.name(spoken),
        "town": court.town or None,
        "alternative": court.alternative,
        "lawyer": court.lawyer,
        "prior_attempt": court.prior_attempt,
        "appeal": court.appeal,
        "reasons": [{"code": note.code, "text": note.text(spoken)} for note in court.reasons],
        "questions": [{"code": note.code, "text": note.text(spoken)} for note in court.questions],
        "reference": reference(court.reference),
        "confidence": court.confidence,
    }


def _route_record(one: Route) -> dict[str, Any]:
    from encaisse.money import to_decimal_text

    spoken = language()
    cost, deadline, duration = one.cost, one.deadline, one.duration
    return {
        "id": one.id,
        "label": one.name(spoken),
        "verdict": one.verdict,
        "reasons": [
            {
                "code": reason.code,
                "favourable": reason.favourable,
                "text": reason.text(spoken),
                "reference": reference(reason.reference),
                "confidence": reason.confidence,
            }
            for reason in one.reasons
        ],
        "missing": [{"code": note.code, "text": note.text(spoken)} for note in one.missing],
        "court": _court_record(one.court),
        "cost": {
            "low": to_decimal_text(cost.low, cost.currency),
            "high": None if cost.high is None else to_decimal_text(cost.high, cost.currency),
            "currency": cost.currency,
            "text": cost.text(spoken),
            "confidence": cost.confidence,
        },
        "duration": {"low": duration.low, "high": duration.high, "unit": duration.unit} if duration else None,
        "deadline": {"day": iso(deadline.day), "nature": deadline.nature, "text": deadline.text(spoken)}
        if deadline
        else None,
        "interrupts": {"effect": one.interrupts.effect, "text": one.interrupts.text(spoken)},
        "forms": [{"code": form.code, "text": form.text(spoken), "confidence": form.confidence} for form in one.forms],
        "steps": list(one.step_texts(spoken)),
        "who": one.who[spoken],
        "reference": reference(one.reference),
        "confidence": one.confidence,
    }
