"""Words to tell a case in business order, day by day, through the real verbs.

    story.customer("ALPHA")
    story.invoice("F-1", "2026-01-05", "2026-02-04", 1200)
    story.until("2026-02-10")
    assert story.left() == ["2026-01-13 receipt-check F-1", "2026-01-30 pre-due F-1", "2026-02-06 mail F-1"]

Amounts are euros (a whole number, or text as people write it), days ISO text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from encaisse.journal.keep import fetch
from encaisse.ledger.models import Payment, Receivable
from encaisse.money import parse_minor
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery import record_call
from encaisse.recovery.approve import approve
from encaisse.recovery.deliver import deliver_due
from encaisse.recovery.explain import Explained, explain
from encaisse.recovery.models import Action
from encaisse.recovery.run import RunResult, plan
from tests.factories import instant, make_customer, make_invoice, make_payment

CLAIRE = "claire.morel@lefevre.example"


def on(day: str | date) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)


def cents(amount: int | str) -> int:
    return amount * 100 if isinstance(amount, int) else parse_minor(amount)


def said(text: str) -> str:
    """Text with every kind of space made plain, to look for words in."""
    return " ".join(text.split())


@dataclass
class Story:
    """One company, the day it has reached, and what its people do by habit."""

    creditor: Creditor
    today: date = date(2026, 1, 1)
    rows: dict[str, Receivable] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------------------------- the books

    def customer(self, code: str = "ALPHA", **more: Any) -> Customer:
        return make_customer(self.creditor, code, **{"email": f"compta@{code.lower()}.example", **more})

    def invoice(
        self, number: str, issued: str, due: str, amount: int | str, of: str = "ALPHA", **more: Any
    ) -> Receivable:
        customer = Customer.objects.filter(code=of).first() or self.customer(of)
        self.rows[number] = make_invoice(customer, number, on(issued), on(due), cents(amount), **more)
        return self.rows[number]

    def pays(self, day: str, amount: int | str, *numbers: str, of: str = "ALPHA", kind: str = "payment") -> Payment:
        """The customer pays; `numbers` are the invoices it is set against, in order; none: nobody knows yet."""
        left, parts = cents(amount), {}
        for number in numbers:
            row = self.rows[number]
            open_now = row.amount - sum(row.allocations.values_list("amount", flat=True))
            parts[row] = min(left, open_now)
            left -= parts[row]
        return make_payment(Customer.objects.get(code=of), on(day), cents(amount), parts, kind=kind)

    def credit_note(self, day: str, amount: int | str, *numbers: str, of: str = "ALPHA") -> Payment:
        return self.pays(day, amount, *numbers, of=of, kind=Payment.Kind.CREDIT_NOTE)

    # ------------------------------------------------------------------------------------------------------ the people

    def stamp(self, day: str | date, hour: int = 9) -> dict[str, Any]:
        """When, and by whom: what every verb wants to know."""
        return {"at": instant(on(day), hour), "actor": CLAIRE}

    def run(self, day: str | date, *, hour: int = 6) -> RunResult:
        self.today = on(day)
        return plan(self.creditor, self.today, at=instant(self.today, hour), actor="autopilot")

    def approve_all(self, day: str | date | None = None) -> int:
        waiting = Action.objects.filter(status="planned").exclude(channel="phone").values_list("pk", flat=True)
        return approve(self.creditor, list(waiting), **self.stamp(day or self.today)).approved

    def send(self, day: str | date | None = None, hour: int = 10) -> list[tuple[str, str]]:
        """Deliver what is due; what came of each, as (status, code)."""
        done = deliver_due(self.creditor, now=instant(on(day or self.today), hour), actor="autopilot")
        return [(one.status, one.code) for one in done]

    def make_calls(self, result: str = "reached") -> None:
        for call in Action.objects.filter(status="planned", channel="phone").select_related("customer"):
            record_call.record(
                self.creditor, call.customer, action_id=call.pk, result=result, **self.stamp(self.today, 11)
            )

    def a_day(self, day: str | date) -> RunResult:
        """The night's run, then everything is approved, sent, and called."""
        result = self.run(day)
        self.approve_all()
        self.send()
        self.make_calls()
        return result

    def until(self, last: str | date, *, since: str | date | None = None) -> None:
        """Day after day to `last`; days on which the run itself says that nothing comes are passed over."""
        day: date | None = on(since) if since else self.today + timedelta(1)
        while day and day <= on(last):
            day = self._next_day(self.a_day(day))
        self.today = on(last)

    def _next_day(self, result: RunResult) -> date | None:
        verdicts = result.decision.verdicts
        tomorrow = self.today + timedelta(1)
        if set(verdicts["reason"]) <= {"nothing_owed", "strategy_finished"}:
            return None  # nothing will ever come by itself
        upcoming = verdicts["next_on"].min()
        if verdicts["step"].is_not_null().any() or verdicts["next_on"].is_null().any():
            return tomorrow
        assert isinstance(upcoming, date)
        return max(upcoming, tomorrow)

    # ---------------------------------------------------------------------------------------------------- what is seen

    def verdict(self, day: str | date, code: str = "ALPHA") -> dict[str, Any]:
        """What the run of a day says of a customer, as `encaisse run --json` prints it."""
        (found,) = [one for one in self.run(day).verdicts if one["customer"]["code"] == code]
        return found

    def explained(self, day: str | date, code: str = "ALPHA", **more: Any) -> Explained:
        return explain(self.creditor, Customer.objects.get(code=code), on(day), **more)

    def left(self, of: str | None = None) -> list[str]:
        """What left or was called, in order: day, step, invoices."""
        sent = Action.objects.filter(status="sent").order_by("sent_on", "customer__code")
        sent = sent.filter(customer__code=of) if of else sent
        return [f"{action.sent_on} {action.step} {'+'.join(self.numbers(action))}" for action in sent]

    def numbers(self, action: Action) -> list[str]:
        """The invoices an action lists."""
        return sorted(action.lines.values_list("receivable__number", flat=True))

    def action(self, **wanted: Any) -> Action:
        return Action.objects.get(**wanted)

    def mail(self, action: Action | None = None) -> EmailMessage:
        """The message that left, as it was kept."""
        action = action or Action.objects.filter(status="sent", channel="email").latest("pk")
        content = bytes(fetch(self.creditor.pk, action.documents[0]).content)
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        return message

    def words(self, action: Action | None = None) -> str:
        body = self.mail(action).get_body(("plain",))
        assert body is not None
        return said(body.get_content())
