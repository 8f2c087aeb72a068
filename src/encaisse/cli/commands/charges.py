"""`regime`, `charges`, `hide-charges`: the law of each receivable, what lateness still costs, and who never sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import law_show, say
from encaisse.cli.app import EVERY_DAY, HOLD_BACK, AsJson, CreditorName, CustomerName, Home, OnDay, command, misuse
from encaisse.cli.commands.hold import receivable_of
from encaisse.cli.desk import ACTOR, Desk, at_desk, find_customer
from encaisse.cli.words import _, language

if TYPE_CHECKING:
    from encaisse.ledger.models import Receivable
    from encaisse.parties.models import Customer
    from encaisse.recovery.charges import Charge
    from encaisse.recovery.regime import Ruling

Invoice = Annotated[
    str | None, typer.Option("--invoice", help=_("Only this invoice, by number (default: all that is open)."))
]


@command(EVERY_DAY, _("Show under which law receivables are, and why; correct it with --set and a reason."))
def regime(
    customer: CustomerName,
    invoice: Invoice = None,
    new: Annotated[str | None, typer.Option("--set", help=_("Give them this regime, such as de-b2b."))] = None,
    by_rule: Annotated[bool, typer.Option("--by-rule", help=_("Give the choice back to the program."))] = False,
    reason: Annotated[str, typer.Option(help=_("Why; kept in the journal."))] = "",
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Show or correct the regime of one invoice or of all that is open."""
    if new is not None and by_rule:
        raise misuse(_("--set and --by-rule exclude each other."))
    with at_desk(home, creditor) as desk:
        found = find_customer(customer)
        row = receivable_of(found.pk, invoice) if invoice else None
        if new is not None or by_rule:
            _correct(desk, found, new or "", reason, row)
        rows = _rows(found, row)
        from encaisse.recovery.regime import rulings

        ruled = rulings(desk.creditor.country, found, [one.pk for one in rows])
        if json:
            say.as_json(
                {
                    "customer": {"code": found.code, "name": found.name},
                    "receivables": [_record(one, ruled[one.pk]) for one in rows],
                }
            )
            return
        if not rows:
            say.line(_("Nothing is open."))
        for one in rows:
            _show(one, ruled[one.pk])


@command(EVERY_DAY, _("Show what a customer who has paid still owes for lateness: your right, never asked by itself."))
def charges(
    customer: CustomerName,
    on: OnDay = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """List receivables paid late, each with interest, indemnity and until when they can be claimed."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.recovery.charges import charges as find_charges

        found = find_customer(customer)
        owed = find_charges(desk.creditor, found, desk.day)
        if json:
            say.as_json(
                {
                    "customer": {"code": found.code, "name": found.name},
                    "as_of": desk.day.isoformat(),
                    "shown_to_customer": found.shows_charges,
                    "charges": [_charge(one) for one in owed],
                    "totals": _totals(owed),
                }
            )
            return
        _table(owed)


@command(HOLD_BACK, _("Never show interest and indemnity to a customer; --undo shows them again."), name="hide-charges")
def hide_charges(
    customer: CustomerName,
    undo: Annotated[bool, typer.Option("--undo", help=_("Show them again."))] = False,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Keep charges out of every message, statement and annex for a customer."""
    with at_desk(home, creditor) as desk:
        from encaisse.recovery.record_charges_shown import record

        found = find_customer(customer)
        record(desk.creditor, found, shown=undo, at=desk.at, actor=ACTOR)
        if undo:
            say.line(_("{name} is shown interest and indemnity where a text speaks of them.").format(name=found.name))
        else:
            say.line(_("{name} never sees interest or indemnity.").format(name=found.name))


def _correct(desk: Desk, customer: Customer, code: str, reason: str, row: int | None) -> None:
    from encaisse.recovery.record_regime import record

    kept = record(desk.creditor, customer, regime=code, reason=reason, receivable_id=row, at=desk.at, actor=ACTOR)
    say.aside(_("Corrected: {numbers}.").format(numbers=", ".join(one.receivable.number for one in kept) or "–"))


def _rows(customer: Customer, row: int | None) -> list[Receivable]:
    from encaisse.ledger.models import Receivable

    rows = Receivable.objects.filter(customer=customer).order_by("due_on", "pk")
    return list(rows.filter(settled_on=None) if row is None else rows.filter(pk=row))


def _record(row: Receivable, ruling: Ruling) -> dict[str, Any]:
    rules, spoken = ruling.rules, language()
    given = ruling.given
    return {
        "number": row.number,
        "due_on": row.due_on.isoformat(),
        "regime": ruling.regime,
        "by": "person" if given else "rule",
        "reason": given.reason if given else None,
        "actor": given.actor if given else None,
        "why": list(ruling.choice.explain(spoken)),
        "questions": _questions(ruling),
        "reference": rules.reference if rules else None,
        "confidence": rules.confidence if rules else None,
    }


def _questions(ruling: Ruling) -> list[str]:
    spoken, rules = language(), ruling.rules
    own = [question.text[spoken] for question in rules.asks] if rules else []
    return [*(ruling.choice.ask(spoken) if ruling.given is None else ()), *own]


def _show(row: Receivable, ruling: Ruling) -> None:
    rules, spoken = ruling.rules, language()
    title = rules.label[spoken] if rules else _("A person has to choose the regime.")
    say.line(f"{row.number}: {title}" + (f" ({ruling.regime})" if rules else ""), style="bold")
    if ruling.given:
        say.line("  " + _("chosen by {who}: {why}").format(who=ruling.given.actor, why=ruling.given.reason))
    else:
        for sentence in ruling.choice.explain(spoken):
            say.line(f"  {sentence}")
    if rules and rules.confidence != "sure":
        say.line("  " + law_show.confidence(rules.confidence))
    for question in _questions(ruling):
        say.line(f"  ? {question}")


def _charge(one: Charge) -> dict[str, Any]:
    from encaisse.money import to_decimal_text

    return {
        "number": one.number,
        "due_on": one.due_on.isoformat(),
        "settled_on": one.settled_on.isoformat(),
        "days_late": one.days_late,
        "regime": one.regime,
        "currency": one.currency,
        "interest": to_decimal_text(one.interest, one.currency),
        "indemnity": to_decimal_text(one.indemnity, one.currency),
        "rate_unknown": one.rate_unknown,
        "claim_until": law_show.iso(one.claim_until),
        "confidence": one.confidence,
    }


def _totals(owed: list[Charge]) -> dict[str, dict[str, str]]:
    from encaisse.money import to_decimal_text

    found = {}
    for currency in sorted({one.currency for one in owed}):
        mine = [one for one in owed if one.currency == currency]
        sums = {"interest": sum(one.interest for one in mine), "indemnity": sum(one.indemnity for one in mine)}
        found[currency] = {name: to_decimal_text(value, currency) for name, value in sums.items()}
    return found


def _table(owed: list[Charge]) -> None:
    if not owed:
        say.line(_("Nothing is owed for lateness on what has been paid."))
        return
    rows = [
        (
            one.number,
            say.day(one.due_on),
            say.day(one.settled_on),
            str(one.days_late),
            say.money(one.interest, one.currency),
            say.money(one.indemnity, one.currency),
            say.day(one.claim_until),
            "" if one.confidence == "sure" else law_show.confidence(one.confidence),
        )
        for one in owed
    ]
    heads = (
        _("invoice"), _("due"), _("paid"), _("days late"), _("interest"), _("indemnity"), _("claimable until"),
        _("how sure"),
    )  # fmt: skip
    say.table(heads, rows, right=(3, 4, 5))
    say.aside(_("A right to use or to leave: no message asks for it by itself."))
