"""Write down what came of a call: it counts as a contact, and its result may be a promise or a wrong number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from encaisse.journal.append import append
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.recovery import record_promise
from encaisse.recovery.figures import bring_up_to_date
from encaisse.recovery.locking import lock_action, lock_case
from encaisse.recovery.models import Action, Case
from encaisse.recovery.refusal import Refused
from encaisse.recovery.situation import contact_for, look

RESULTS: Mapping[str, LazyText] = MappingProxyType(
    {
        "reached": _("reached, nothing agreed"),
        "promise": _("promises to pay"),
        "dispute": _("disputes it"),
        "voicemail": _("message left"),
        "no_answer": _("no answer"),
        "wrong_number": _("wrong number"),
        "wrong_person": _("wrong person"),
    }
)
BY_HAND = "call-by-hand"
NOT_A_CONTACT = frozenset({"no_answer", "wrong_number"})
"""Nobody was reached: the step is not done, and is called for again."""


@dataclass(frozen=True, slots=True)
class Word:
    """What the customer promised in the call: minor units (None: all) by a day."""

    promised_for: date
    amount: int | None = None
    person: str = ""


def record(
    creditor: Creditor,
    customer: Customer,
    *,
    result: str,
    at: datetime,
    actor: str,
    action_id: int | None = None,
    note: str = "",
    promise: Word | None = None,
    currency: str = "",
) -> Action:
    """Record the result of a call, planned (`action_id`) or made on one's own. Raises Refused.

    A wrong number is marked, so that the next contact is tried. A promise is recorded with it. A dispute needs its
    receivable and ground: record it beside.
    """
    if result not in RESULTS:
        raise ValueError(f"result {result!r}: use one of {', '.join(RESULTS)}")
    if result == "promise" and promise is None:
        raise Refused("reason_missing")
    day = timezone.localdate(at)
    with transaction.atomic():
        if action_id is None:
            action = _by_hand(creditor, customer, currency or creditor.currency, day, at)
        else:
            action = _planned(creditor, customer, action_id, day)
        contact = contact_for(customer, "phone", day)
        _finish(action, result, note, contact, day, at, actor)
        if result == "wrong_number" and contact is not None:
            Contact.objects.filter(pk=contact.pk).update(phone_failed_on=day)
        payload = {"action": action.pk, "step": action.step, "result": result, "note": note}
        append(creditor.pk, customer.code, "call_recorded", payload, at=at, actor=actor)
        if promise is not None and result == "promise":
            record_promise.record(
                creditor,
                customer,
                promised_for=promise.promised_for,
                amount=promise.amount,
                person=promise.person,
                starts_on=day,
                at=at,
                actor=actor,
                note=note,
            )
    return action


def _planned(creditor: Creditor, customer: Customer, action_id: int, day: date) -> Action:
    action = lock_action(creditor, action_id)
    if action.customer_id != customer.pk or action.channel != "phone":
        raise Refused("unknown_receivable")
    if action.status != Action.Status.PLANNED:
        raise Refused("already_finished")
    situation = look(creditor, action.case, day, but_waiting=True)
    if situation.step is not None and situation.step.name == action.step:
        bring_up_to_date(creditor, action, situation)
    return action


def _by_hand(creditor: Creditor, customer: Customer, currency: str, day: date, at: datetime) -> Action:
    """A call nobody planned: it counts as a contact of the case, and as no step."""
    case, _made = Case.objects.get_or_create(creditor=creditor, customer=customer, currency=currency)
    lock_case(case.pk)
    if Action.objects.filter(case=case, day=day).exists():
        raise Refused("already_today")
    return Action(
        creditor=creditor,
        case=case,
        customer=customer,
        day=day,
        strategy="",
        strategy_version=0,
        step=BY_HAND,
        step_days=0,
        courtesy=True,
        template="call",
        channel="phone",
        principal=0,
        interest=0,
        indemnity=0,
        planned_at=at,
    )


def _finish(
    action: Action, result: str, note: str, contact: Contact | None, day: date, at: datetime, actor: str
) -> None:
    action.outcome, action.note, action.finished_at = result, note, at
    action.approved_by = action.approved_by or actor
    action.contact, action.recipient = contact, contact.phone if contact else ""
    if result in NOT_A_CONTACT:
        action.status = Action.Status.FAILED
    else:
        action.status, action.sent_on = Action.Status.SENT, day
    action.save()
