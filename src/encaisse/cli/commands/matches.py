"""`matches`, `match book`, `match refuse`, `match undo`: money at the bank and what it pays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import EVERY_DAY, AsJson, CreditorName, Group, Home, app, command
from encaisse.cli.desk import ACTOR, Desk, at_desk, find_customer
from encaisse.cli.trouble import REFUSED, Trouble
from encaisse.cli.words import _, language, ngettext

match = typer.Typer(cls=Group, no_args_is_help=True, help=_("Say what a payment pays, say no, or undo it."))
app.add_typer(match, name="match", rich_help_panel=EVERY_DAY)

Movement = Annotated[
    int, typer.Argument(help=_("Number of the movement, as `encaisse matches` lists it."), metavar="MOVEMENT")
]
Number = Annotated[int, typer.Argument(help=_("Number of the match, as `encaisse matches` lists it."), metavar="ID")]
STATES = ("proposed", "open", "booked", "aside")
MOST = 500


@command(EVERY_DAY, _("List money at the bank that waits for a yes: what it pays, how sure, and why."))
def matches(
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            help=_("Only movements in this state: proposed, open, booked or aside (default: proposed and open)."),
        ),
    ] = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """List movements with their matches, worth most first."""
    wanted = state or ["proposed", "open"]
    unknown = [one for one in wanted if one not in STATES]
    if unknown:
        raise Trouble(
            _("There is no state “{name}”.").format(name=unknown[0]),
            _("Known: {names}.").format(names=", ".join(STATES)),
        )
    with at_desk(home, creditor) as desk:
        from encaisse.ledger.movements import as_json, seen

        found = [as_json(one, language()) for one in seen(desk.creditor, wanted, limit=MOST)]
        if json:
            say.as_json({"movements": found})
        elif not found:
            say.line(_("No money waits.") if state is None else _("There is no movement in this state."))
        for one in found if not json else ():
            _show(one)
        if len(found) == MOST:
            say.aside(_("Only {count} movements are shown.").format(count=MOST))


def _nothing_proposed(one: dict[str, Any]) -> str:
    if one["returned"]:
        return _("The payment that came back was not found: look at the customer's account.")
    return _(
        "Nothing is proposed. `encaisse match pay {number} INVOICE…` says what it pays; "
        "`encaisse match aside {number}`, that no customer paid it."
    ).format(number=one["id"])


def _show(one: dict[str, Any]) -> None:
    from encaisse.ledger.returned_payments import reason_text

    head = f"{say.day(one['booked_on'])}  {say.money(one['amount'], one['currency'])}  {one['payer']}".rstrip()
    say.line(head, style="bold")
    say.line("  " + _("movement {number}").format(number=one["id"]), style="dim")
    if one["text"]:
        say.line(f"  {one['text']}", style="dim")
    if one["returned"]:
        say.line("  " + _("came back: {why}").format(why=reason_text(one["returned"])))
    if not one["matches"] and one["state"] in ("proposed", "open"):
        say.line("  " + _nothing_proposed(one))
    for found in one["matches"]:
        numbers = ", ".join(part["number"] for part in found["receivables"])
        paid = f"{found['customer']['name']}: {numbers}" if numbers else found["customer"]["name"]
        say.line(f"  [{found['id']}] {paid}  {_percent(found['score'])}")
        for reason in found["reasons"]:
            say.line(f"      {reason}", style="dim")
        if found["over"].strip("0.-"):
            rest = say.money(found["over"], one["currency"])
            say.line("      " + _("{amount} would stay as the customer's credit.").format(amount=rest), style="dim")


def _percent(score: str) -> str:
    """A score rounded down: what is not certain is not shown as certain."""
    whole = int(float(score) * 1000) / 10
    return f"{whole:g}".replace(".", "," if language() == "fr" else ".") + ("\u00a0%" if language() == "fr" else "%")


@command(EVERY_DAY, _("Book a match: the money pays these invoices."), name="book", to=match)
def match_book(number: Number, home: Home = None, creditor: CreditorName = None) -> None:
    """Book it, and call off what waits for the customer."""
    _done("book", number, home, creditor, _("Booked."))


@command(EVERY_DAY, _("Refuse a match: it is not proposed again."), name="refuse", to=match)
def match_refuse(number: Number, home: Home = None, creditor: CreditorName = None) -> None:
    """Refuse one proposal."""
    _done("refuse", number, home, creditor, _("Refused."))


@command(EVERY_DAY, _("Undo a booked match: the invoices are open again, nothing is deleted."), name="undo", to=match)
def match_undo(number: Number, home: Home = None, creditor: CreditorName = None) -> None:
    """Undo one booked match."""
    _done("undo", number, home, creditor, _("Undone."))


@command(
    EVERY_DAY, _("Say yourself what a movement pays: these invoices, the earliest due first."), name="pay", to=match
)
def match_pay(
    movement: Movement,
    invoices: Annotated[
        list[str] | None, typer.Argument(help=_("Numbers of the invoices it pays."), metavar="[INVOICE]...")
    ] = None,
    customer: Annotated[
        str | None,
        typer.Option(
            "--customer",
            help=_("Code of the customer: alone, all of the money stays as its credit; or to tell two invoices apart."),
        ),
    ] = None,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Book it. What is left of the money stays as the customer's credit; `match undo` takes it back."""
    with at_desk(home, creditor) as desk:
        from encaisse.ledger.pay_by_hand import of_numbers, pay

        owner = find_customer(customer).pk if customer else None

        def act(at: datetime) -> str:
            ids = of_numbers(desk.creditor, invoices or (), desk.day, owner)
            made = pay(desk.creditor, movement, ids, customer=owner, at=at, actor=ACTOR)
            return _("Booked as match {number}.").format(number=made.pk)

        _changed(desk, act)


@command(EVERY_DAY, _("Set a movement aside: it is no customer's payment."), name="aside", to=match)
def match_aside(movement: Movement, home: Home = None, creditor: CreditorName = None) -> None:
    """Set it aside; `match again` takes it up again."""
    _done("aside", movement, home, creditor, _("Set aside."))


@command(EVERY_DAY, _("Look again at a movement that was set aside."), name="again", to=match)
def match_again(movement: Movement, home: Home = None, creditor: CreditorName = None) -> None:
    """Take it up again, and look for what it pays."""
    _done("again", movement, home, creditor, _("It is looked at again."))


def _done(verb: str, number: int, home: Any, creditor: str | None, said: str) -> None:
    with at_desk(home, creditor) as desk:
        from encaisse.ledger import book_match, refuse_match, undo_match

        verbs = {"book": book_match.book, "refuse": refuse_match.refuse, "undo": undo_match.undo,
                 "aside": refuse_match.set_aside, "again": refuse_match.take_up_again}  # fmt: skip

        def act(at: datetime) -> str:
            verbs[verb](desk.creditor, number, at=at, actor=ACTOR)
            return said

        _changed(desk, act)


def _changed(desk: Desk, act: Callable[[datetime], str]) -> None:
    """Change something about the money, say what was done, and call off what waits for the customers concerned."""
    from encaisse.ledger.bank_entries import MatchRefused
    from encaisse.ledger.match_reasons import refusal
    from encaisse.recovery.after_match import after_match

    try:
        said = act(desk.at)
    except MatchRefused as refused:
        raise Trouble(refusal(refused), _("`encaisse matches` lists what waits."), code=REFUSED) from None
    called_off = after_match(desk.creditor, desk.day, at=desk.at, actor=ACTOR)
    say.line(said)
    if called_off:
        say.aside(
            ngettext(
                "{count} waiting action was called off.", "{count} waiting actions were called off.", called_off
            ).format(count=called_off)
        )
