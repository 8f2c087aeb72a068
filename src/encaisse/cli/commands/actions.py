"""`actions`, `approve`, `cancel`, `deliver`, `call`, `resolve`: what is planned, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from encaisse.cli import say
from encaisse.cli.app import EVERY_DAY, AsJson, CreditorName, Home, OnDay, command, misuse
from encaisse.cli.desk import ACTOR, at_desk, find_customer, read_day
from encaisse.cli.trouble import REFUSED, Trouble
from encaisse.cli.words import _, ngettext, pgettext

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from encaisse.recovery.models import Action

OPEN_STATUSES = ("planned", "approved", "sending", "uncertain", "failed")


@command(EVERY_DAY, _("List actions: those that wait, or with --all all of them."))
def actions(
    customer: Annotated[str | None, typer.Option(help=_("Only this customer's."))] = None,
    status: Annotated[
        str | None, typer.Option(help=_("Only these: planned, approved, sent, failed, uncertain, cancelled."))
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=_("Finished ones too."))] = False,
    on: OnDay = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """List actions in order of day; with --on, those planned for that day or before."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.recovery.models import Action

        found = Action.objects.order_by("day", "id")
        if on:
            found = found.filter(day__lte=desk.day)
        if status and status not in Action.Status.values:
            raise misuse(_("There is no status “{status}”.").format(status=status), ", ".join(Action.Status.values))
        if status:
            found = found.filter(status=status)
        elif not every:
            found = found.filter(status__in=OPEN_STATUSES)
        if customer:
            found = found.filter(customer=find_customer(customer))
        records = action_records(found)
        if json:
            say.as_json({"actions": records})
            return
        show_actions(records)


def action_records(actions: QuerySet[Action]) -> list[dict[str, Any]]:
    """Actions in the shape of `encaisse actions --json`."""
    from encaisse.money import to_decimal_text

    found = actions.select_related("case", "customer").prefetch_related("lines__receivable")
    return [
        {
            "id": one.pk,
            "day": one.day.isoformat(),
            "customer": {"code": one.customer.code, "name": one.customer.name},
            "strategy": one.strategy,
            "step": one.step,
            "channel": one.channel,
            "status": one.status,
            "receivables": [line.receivable.number for line in one.lines.all()],
            "currency": one.case.currency,
            "principal": to_decimal_text(one.principal, one.case.currency),
            "interest": to_decimal_text(one.interest, one.case.currency),
            "indemnity": to_decimal_text(one.indemnity, one.case.currency),
            "recipient": one.recipient,
            "sent_on": one.sent_on.isoformat() if one.sent_on else None,
            "outcome": one.outcome,
            "note": one.note,
        }
        for one in found
    ]


def show_actions(records: list[dict[str, Any]]) -> None:
    """Print actions as a table."""
    from encaisse.recovery.models import Action

    rows = [
        (
            str(one["id"]),
            say.day(one["day"]),
            one["customer"]["code"],
            one["customer"]["name"],
            one["step"],
            say.channel(one["channel"]),
            say.money(one["principal"], one["currency"]),
            str(Action.Status(one["status"]).label),
        )
        for one in records
    ]
    if not rows:
        say.line(_("No action."))
        return
    say.table(
        (
            pgettext("column", "no."),
            _("day"),
            _("code"),
            _("customer"),
            _("step"),
            _("channel"),
            _("amount"),
            _("status"),
        ),
        rows,
        right=(0, 6),
    )


@command(EVERY_DAY, _("Say yes to planned actions: by number, by customer, by step, or all."))
def approve(
    ids: Annotated[
        list[int] | None,
        typer.Argument(help=_("Numbers of actions, as `encaisse actions` shows them."), metavar="[NUMBER]..."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=_("All that are planned; calls stay with a person."))] = False,
    step: Annotated[str | None, typer.Option(help=_("All of this step."))] = None,
    customer: Annotated[str | None, typer.Option(help=_("All of this customer's."))] = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Approve; a refusal of one does not hold back the others."""
    if not (ids or every or step or customer):
        raise misuse(_("Which actions?"), _("Give their numbers, or --all, --step or --customer."))
    with at_desk(home, creditor) as desk:
        from encaisse.recovery.approve import approve as say_yes
        from encaisse.recovery.models import Action

        wanted = list(ids or [])
        unknown = set(wanted) - set(Action.objects.filter(pk__in=wanted).values_list("pk", flat=True))
        if unknown:
            raise _no_action(min(unknown))
        if every or step or customer:
            planned = Action.objects.filter(status="planned").exclude(channel="phone").order_by("day", "id")
            planned = planned.filter(step=step) if step else planned
            planned = planned.filter(customer=find_customer(customer)) if customer else planned
            wanted += [pk for pk in planned.values_list("pk", flat=True) if pk not in wanted]
        result = say_yes(desk.creditor, wanted, at=desk.at, actor=ACTOR)
        if json:
            refused = [{"id": pk, "code": code, "text": text} for pk, code, text in result.refused]
            say.as_json({"approved": result.approved, "refused": refused})
        else:
            for pk, _code, text in result.refused:
                say.line(f"{pk}: {text}", style="yellow")
            say.line(
                ngettext("{count} action approved.", "{count} actions approved.", result.approved).format(
                    count=result.approved
                )
            )
        if result.refused:
            raise typer.Exit(REFUSED)


@command(EVERY_DAY, _("Call an action off, with the reason kept."))
def cancel(
    number: Annotated[int, typer.Argument(help=_("Number of the action."), metavar="NUMBER")],
    reason: Annotated[str, typer.Option(help=_("Why; kept in the journal."))],
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Cancel an action that has not left."""
    with at_desk(home, creditor) as desk:
        from encaisse.recovery.cancel import cancel as call_off

        _the_action(number)
        call_off(desk.creditor, number, reason, at=desk.at, actor=ACTOR)
        say.line(_("Action {number} was cancelled.").format(number=number))


@command(EVERY_DAY, _("Send what is approved and due, after looking once more whether it is still owed."))
def deliver(
    ids: Annotated[
        list[int] | None,
        typer.Argument(help=_("Only these actions (default: all that are approved)."), metavar="[NUMBER]..."),
    ] = None,
    on: OnDay = None,
    home: Home = None,
    creditor: CreditorName = None,
    json: AsJson = False,
) -> None:
    """Deliver; each action is told with what became of it."""
    with at_desk(home, creditor, on) as desk:
        from encaisse.recovery import deliver as delivery
        from encaisse.recovery.models import Action

        if on and desk.creditor.route != desk.creditor.Route.LOCAL:
            raise misuse(
                _("What leaves by a mail server leaves now, not on another day."),
                _("--on works with the local mailbox only."),
            )
        with say.progress(_("Sending")) as tell:
            if ids:
                try:
                    outcomes = [delivery.deliver(desk.creditor, pk, now=desk.now, actor=ACTOR) for pk in ids]
                except Action.DoesNotExist:
                    raise _no_action(next(pk for pk in ids if not Action.objects.filter(pk=pk).exists())) from None
            else:
                outcomes = delivery.deliver_due(
                    desk.creditor, now=desk.now, actor=ACTOR, progress=lambda one: tell(one.text)
                )
        _show_outcomes(outcomes, as_json=json)


@command(EVERY_DAY, _("Write down what came of a call."))
def call(
    number: Annotated[int, typer.Argument(help=_("Number of the action."), metavar="NUMBER")],
    result: Annotated[
        str,
        typer.Argument(
            help=_("reached, promise, dispute, voicemail, no_answer, wrong_number or wrong_person."), metavar="RESULT"
        ),
    ],
    note: Annotated[str, typer.Option(help=_("What was said."))] = "",
    by: Annotated[str | None, typer.Option(help=_("With promise: the day promised."))] = None,
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Record the result of a planned call; it counts as a contact when somebody was reached."""
    with at_desk(home, creditor) as desk:
        from encaisse.recovery import record_call

        if result not in record_call.RESULTS:
            raise misuse(_("There is no result “{result}”.").format(result=result), ", ".join(record_call.RESULTS))
        if (result == "promise") != bool(by):
            raise misuse(_("A promise needs its day, and only a promise has one."), "--by 2026-03-31")
        action = _the_action(number)
        word = record_call.Word(promised_for=read_day(by)) if by else None
        record_call.record(
            desk.creditor,
            action.customer,
            result=result,
            note=note,
            action_id=number,
            promise=word,
            at=desk.at,
            actor=ACTOR,
        )
        say.line(_("Call {number}: {result}").format(number=number, result=record_call.RESULTS[result]))


@command(EVERY_DAY, _("Say of a doubtful sending whether it was sent."))
def resolve(
    number: Annotated[int, typer.Argument(help=_("Number of the action."), metavar="NUMBER")],
    sent: Annotated[
        bool, typer.Option("--sent/--not-sent", help=_("What you found out, for example in your mail server's log."))
    ],
    home: Home = None,
    creditor: CreditorName = None,
) -> None:
    """Settle an action whose sending was cut off; it is never sent again by itself."""
    with at_desk(home, creditor) as desk:
        from encaisse.recovery.deliver import resolve_uncertain

        _the_action(number)
        resolve_uncertain(desk.creditor, number, sent, at=desk.at, actor=ACTOR)
        say.line(
            _("Action {number} counts as sent.").format(number=number)
            if sent
            else _("Action {number} counts as not sent; the case goes on.").format(number=number)
        )


def _the_action(number: int) -> Action:
    from encaisse.recovery.models import Action

    found = Action.objects.select_related("customer").filter(pk=number).first()
    if found is None:
        raise _no_action(number)
    return found


def _show_outcomes(outcomes: list[Any], *, as_json: bool) -> None:
    from encaisse.recovery.models import Action

    actions = {
        one["id"]: one for one in action_records(Action.objects.filter(pk__in=[one.action_id for one in outcomes]))
    }
    if as_json:
        say.as_json(
            {
                "outcomes": [
                    {"id": one.action_id, "status": one.status, "code": one.code, "text": one.text} for one in outcomes
                ]
            }
        )
    elif not outcomes:
        say.line(_("Nothing to send: no action is approved and due."))
    else:
        rows = [
            (
                str(one.action_id),
                actions[one.action_id]["customer"]["name"],
                actions[one.action_id]["step"],
                actions[one.action_id]["recipient"],
                str(Action.Status(one.status).label),
                one.text,
            )
            for one in outcomes
        ]
        say.table(
            (
                pgettext("column", "no."),
                _("customer"),
                _("step"),
                pgettext("column", "to"),
                _("status"),
                _("what happened"),
            ),
            rows,
            right=(0,),
        )
    if any(one.status not in ("sent", "approved") for one in outcomes):
        raise typer.Exit(REFUSED)


def _no_action(number: int) -> Trouble:
    return misuse(_("There is no action {number}.").format(number=number), _("`encaisse actions --all` lists them."))
