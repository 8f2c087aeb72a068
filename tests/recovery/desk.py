"""What a person at the desk does, in one line each: plan a day, approve, send, look."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from encaisse.ledger.models import Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.approve import approve
from encaisse.recovery.deliver import Outcome, deliver_due
from encaisse.recovery.models import Action
from encaisse.recovery.run import RunResult, plan
from encaisse.recovery.setup import prepare
from tests.factories import instant, make_creditor, make_customer, make_invoice

ACTOR = "claire.morel@lefevre.example"
MONDAY = date(2026, 3, 2)
"""An ordinary Monday: no holiday near it in any region."""


def new_creditor(**more: Any) -> Creditor:
    """A creditor with the bundled strategies, its light on review."""
    from django_scopes import scope

    made = make_creditor(**more)
    with scope(creditor=made):
        prepare(made, at=instant(date(2026, 1, 1)), actor="test")
    return made


def late_customer(
    creditor: Creditor, code: str = "ALPHA", *, amount: int = 120_000, late: int = 3, on: date = MONDAY, **more: Any
) -> Receivable:
    """A customer with one invoice that is `late` days late on `on`; return its receivable."""
    customer = make_customer(creditor, code, **more)
    due = on - timedelta(late)
    return make_invoice(customer, f"F-{code}", due - timedelta(30), due, amount)


def run(creditor: Creditor, day: date = MONDAY, *, hour: int = 6) -> RunResult:
    """The nightly run of a day."""
    return plan(creditor, day, at=instant(day, hour), actor="autopilot")


def say_yes(creditor: Creditor, day: date = MONDAY, *, hour: int = 9) -> int:
    """Approve everything that is planned and is no call."""
    waiting = Action.objects.filter(status=Action.Status.PLANNED).exclude(channel="phone").order_by("pk")
    result = approve(creditor, list(waiting.values_list("pk", flat=True)), at=instant(day, hour), actor=ACTOR)
    assert result.refused == ()
    return result.approved


def send(creditor: Creditor, now: datetime | None = None) -> list[Outcome]:
    """Deliver what is due."""
    return deliver_due(creditor, now=now or instant(MONDAY), actor="autopilot")


def ready(creditor: Creditor, day: date = MONDAY) -> list[Action]:
    """Plan and approve a day; return the actions that wait to leave."""
    run(creditor, day)
    say_yes(creditor, day)
    return list(Action.objects.filter(status=Action.Status.APPROVED).order_by("pk"))


def the_action(**wanted: Any) -> Action:
    """The one action there is (of these)."""
    return Action.objects.get(**wanted)


def codes(outcomes: Iterable[Outcome]) -> list[tuple[str, str]]:
    return [(one.status, one.code) for one in outcomes]


def use_server(creditor: Creditor, port: int) -> None:
    """Send by a mail server on this machine."""
    creditor.route, creditor.smtp_host, creditor.smtp_port = Creditor.Route.SMTP, "127.0.0.1", port
    creditor.smtp_security = Creditor.Security.NONE
    creditor.save()


def customer_of(row: Receivable) -> Customer:
    return row.customer
