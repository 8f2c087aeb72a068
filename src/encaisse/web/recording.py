"""From a form on a customer's page to the verb that records it."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from encaisse.journal.append import append
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.recovery import (
    record_call,
    record_dispute,
    record_handover,
    record_hold,
    record_note,
    record_pause,
    record_plan,
    record_promise,
    record_standing,
)
from encaisse.web import forms_records as forms_of


@dataclass(frozen=True, slots=True)
class Asked:
    """Who records what about whom, and when."""

    creditor: Creditor
    customer: Customer
    at: datetime
    day: date
    actor: str

    @property
    def stamp(self) -> dict[str, Any]:
        return {"at": self.at, "actor": self.actor}


Written = tuple[str, int | None]
"""What to say, and the suspension that would take it back, if any."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A form and the verb behind it."""

    form: type[forms_of.RecordForm]
    write: Callable[[Asked, forms_of.RecordForm, Mapping[str, str]], Written]


def forms(
    customer: Customer, *, day: date, items: list[tuple[int, str]], bound: forms_of.RecordForm | None
) -> dict[str, forms_of.RecordForm]:
    """All side forms of a customer's page; `bound` replaces the one it is."""
    found = {slug: kind.form(day=day, items=items) for slug, kind in KINDS.items()}
    if bound is not None and bound.slug in KINDS:
        found[bound.slug] = bound
    return found


def _pause(asked: Asked, form: forms_of.RecordForm, _post: Mapping[str, str]) -> Written:
    data = form.cleaned_data
    chosen = data["receivable"]
    pause = record_pause.record(
        asked.creditor,
        scope="receivable" if chosen else "customer",
        customer=asked.customer,
        receivable_id=int(chosen) if chosen else None,
        starts_on=asked.day,
        ends_on=data["ends_on"],
        reason=data["reason"],
        **asked.stamp,
    )
    return _("Paused: nothing is sent until it ends."), pause.pk


def _promise(asked: Asked, form: forms_of.RecordForm, _post: Mapping[str, str]) -> Written:
    data = form.cleaned_data
    rows = record_promise.record(
        asked.creditor,
        asked.customer,
        amount=data["amount"],
        promised_for=data["promised_for"],
        person=data["person"],
        receivable_ids=[int(pk) for pk in data["receivables"]] or None,
        grace_days=data["grace_days"],
        starts_on=asked.day,
        **asked.stamp,
    )
    return _("The promise is kept; chasing waits until that day and the grace after it."), _only(rows)


def _dispute(asked: Asked, form: forms_of.RecordForm, _post: Mapping[str, str]) -> Written:
    data = form.cleaned_data
    row = record_dispute.record(
        asked.creditor,
        asked.customer,
        receivable_id=int(data["receivable"]),
        amount=data["amount"],
        ground=data["ground"],
        reason=data["reason"],
        owner=data["owner"],
        answer_by=data["answer_by"],
        starts_on=asked.day,
        **asked.stamp,
    )
    return _("The dispute is kept; what is disputed is no longer chased."), row.pk


def _call(asked: Asked, form: forms_of.RecordForm, post: Mapping[str, str]) -> Written:
    data = form.cleaned_data
    word = None
    if data["result"] == "promise":
        word = record_call.Word(data["promised_for"], data["amount"], data["person"])
    action = post.get("action", "")
    record_call.record(
        asked.creditor,
        asked.customer,
        result=data["result"],
        note=data["note"],
        action_id=int(action) if action.isdigit() else None,
        promise=word,
        **asked.stamp,
    )
    return _("The call is written down."), None


def _note(asked: Asked, form: forms_of.RecordForm, _post: Mapping[str, str]) -> Written:
    record_note.record(asked.creditor, asked.customer, form.cleaned_data["text"], day=asked.day, **asked.stamp)
    return _("The note is kept."), None


def _plan(asked: Asked, form: forms_of.RecordForm, _post: Mapping[str, str]) -> Written:
    data = form.cleaned_data
    row = record_plan.record(
        asked.creditor,
        asked.customer,
        instalments=instalments(data["amount"], data["count"], data["first_on"]),
        acknowledged=data["acknowledged"],
        note=data["reason"],
        starts_on=asked.day,
        **asked.stamp,
    )
    return _("The plan is kept; nothing of it is chased while it runs."), row.pk


def _handover(asked: Asked, form: forms_of.RecordForm, _post: Mapping[str, str]) -> Written:
    data = form.cleaned_data
    rows = record_handover.record(
        asked.creditor,
        asked.customer,
        recipient=data["recipient"],
        reference=data["reference"],
        note=data["reason"],
        starts_on=asked.day,
        **asked.stamp,
    )
    return _("Handed over: nothing more is sent from here."), _only(rows)


def _hold(asked: Asked, form: forms_of.RecordForm, _post: Mapping[str, str]) -> Written:
    data = form.cleaned_data
    record_hold.record(
        asked.creditor,
        asked.customer,
        reason=data["reason"],
        starts_on=asked.day,
        ends_on=data["ends_on"],
        **asked.stamp,
    )
    return _("Orders and deliveries are held. Chasing goes on."), None


def _standing(asked: Asked, form: forms_of.RecordForm, _post: Mapping[str, str]) -> Written:
    data = form.cleaned_data
    rows = record_standing.record(
        asked.creditor,
        asked.customer,
        kind=data["kind"],
        reason=data["reason"],
        starts_on=data["starts_on"],
        ends_on=data["ends_on"],
        **asked.stamp,
    )
    return _("Noted: chasing stops."), _only(rows)


def _contact(asked: Asked, form: forms_of.RecordForm, _post: Mapping[str, str]) -> Written:
    data = form.cleaned_data
    with transaction.atomic():
        last = asked.customer.contacts.order_by("-position").first()
        Contact.objects.create(
            creditor=asked.creditor,
            customer=asked.customer,
            position=last.position + 1 if last else 0,
            name=data["name"],
            role=data["role"],
            email=data["email"],
            phone=data["phone"],
        )
        payload = {"contact": {key: data[key] for key in ("name", "role", "email", "phone")}}
        append(asked.creditor.pk, asked.customer.code, "customer_changed", payload, **asked.stamp)
    return _("The contact is kept; it is tried after those above it."), None


def _only(rows: list[Any]) -> int | None:
    return rows[0].pk if len(rows) == 1 else None


def instalments(total: int, count: int, first: date) -> list[tuple[date, int]]:
    """Cut `total` (minor units) into `count` equal monthly parts; the first one takes the odd cents.

    >>> instalments(10000, 3, date(2026, 1, 31))
    [(datetime.date(2026, 1, 31), 3334), (datetime.date(2026, 2, 28), 3333), (datetime.date(2026, 3, 31), 3333)]
    """
    part, rest = divmod(total, count)
    return [(_month_later(first, number), part + (rest if number == 0 else 0)) for number in range(count)]


def _month_later(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, calendar.monthrange(year, month + 1)[1]))


KINDS: dict[str, Kind] = {
    "call": Kind(forms_of.CallForm, _call),
    "promise": Kind(forms_of.PromiseForm, _promise),
    "dispute": Kind(forms_of.DisputeForm, _dispute),
    "pause": Kind(forms_of.Pause, _pause),
    "plan": Kind(forms_of.PlanForm, _plan),
    "note": Kind(forms_of.NoteForm, _note),
    "contact": Kind(forms_of.ContactForm, _contact),
    "hold": Kind(forms_of.HoldForm, _hold),
    "handover": Kind(forms_of.HandoverForm, _handover),
    "standing": Kind(forms_of.StandingForm, _standing),
}
