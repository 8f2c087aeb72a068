"""How the lines of the journal look on a customer's timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from encaisse.law.limitation import event_kinds
from encaisse.law.regimes import all_regimes
from encaisse.ledger.models import Invoice, Payment
from encaisse.ledger.returned_payments import reason_text
from encaisse.parties.models import Customer
from encaisse.recovery.models import Dispute
from encaisse.recovery.timeline import Event
from encaisse.web import events_invoices, formats, outcomes

LEDGER_MOST = 200
LEFT = frozenset({"action_sent", "call_recorded"})
LEADING = frozenset({"action_planned", "action_approved", "action_sending"})
OUT = frozenset({"action_sent", "action_sending", "call_recorded"})
IN = frozenset({"payment_booked", "promise_recorded", "books_changed", "ledger_changed", "plan_recorded"})
STOP = frozenset(
    {
        "dispute_recorded", "pause_recorded", "handover_recorded", "insolvent_recorded", "deceased_recorded",
        "debit_pending_recorded", "payment_returned", "hold_recorded", "action_failed", "action_uncertain",
    }
)  # fmt: skip
ICONS = {
    "action_planned": "calendar",
    "action_approved": "check",
    "approval_withdrawn": "arrow-uturn-left",
    "approval_lapsed": "arrow-uturn-left",
    "action_edited": "pencil",
    "action_cancelled": "x-mark",
    "action_sending": "paper-airplane",
    "action_sent": "paper-airplane",
    "action_failed": "exclamation-triangle",
    "action_uncertain": "question-mark-circle",
    "action_retried_later": "arrow-path",
    "delivery_waits": "clock",
    "doubt_resolved": "check",
    "call_recorded": "phone",
    "note_written": "pencil-square",
    "promise_recorded": "hand-raised",
    "dispute_recorded": "chat-bubble-left-ellipsis",
    "pause_recorded": "pause",
    "plan_recorded": "calendar-days",
    "handover_recorded": "arrow-right",
    "suspension_ended": "play",
    "hold_recorded": "lock-closed",
    "hold_released": "lock-open",
    "strategy_assigned": "queue-list",
    "regime_chosen": "scale",
    "ledger_changed": "book-open",
    "books_changed": "book-open",
    "customer_changed": "identification",
    "einvoice_read": "document-text",
    "status_read": "document-text",
    "customers_merged": "identification",
    "customers_parted": "identification",
    "payment_booked": "banknotes",
    "payment_in_books": "banknotes",
    "payment_returned": "arrow-uturn-left",
    "match_refused": "x-mark",
    "match_undone": "arrow-uturn-left",
    "limitation_event_recorded": "scale",
    "limitation_event_withdrawn": "scale",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the timeline as a page shows it."""

    day: date
    at: datetime
    title: str
    detail: str
    actor: str
    icon: str
    tone: str
    amount: int | None
    action: int | None
    documents: tuple[str, ...]


def shown_all(lines: list[Event], *, label: Callable[[str, str], str]) -> list[Shown]:
    """Turn journal lines into words. What led to a message that left is told on the line of that message."""
    left = {line.payload.get("action") for line in lines if line.kind in LEFT}
    before: dict[object, list[Event]] = {}
    rows = []
    for line in reversed(lines):
        action = line.payload.get("action")
        if action in left and line.kind in LEADING:
            before.setdefault(action, []).append(line)
            continue
        earlier = before.pop(action, []) if line.kind in LEFT else []
        rows.append(_with(shown(line, label=label), earlier))
    return rows[::-1]


def _with(row: Shown, earlier: list[Event]) -> Shown:
    if not earlier:
        return row
    documents = tuple(digest for line in earlier for digest in line.documents)
    yes = next((line for line in earlier if line.kind == "action_approved"), None)
    planned = next((line for line in earlier if line.kind == "action_planned"), None)
    said = [row.detail] if row.detail else []
    if yes:
        said.append(_("approved by %(who)s") % {"who": yes.actor})
    amount = planned.payload.get("principal") if planned else None
    return replace(
        row,
        detail=", ".join(said),
        documents=row.documents or documents,
        amount=amount if isinstance(amount, int) else row.amount,
    )


def shown(event: Event, *, label: Callable[[str, str], str]) -> Shown:
    """Turn a journal line into words. `label` names a step of a strategy."""
    payload = event.payload
    title = event.title if event.kind != "ledger_changed" else _("Books")
    step = payload.get("step")
    if step:
        title = f"{title} – {label(payload.get('strategy', ''), step)}"
    tone = "out" if event.kind in OUT else "in" if event.kind in IN else "stop" if event.kind in STOP else ""
    action = payload.get("action")
    return Shown(
        day=event.day,
        at=datetime.fromisoformat(event.at),
        title=title,
        detail=_detail(event.kind, payload),
        actor=event.actor,
        icon=ICONS.get(event.kind, "minus"),
        tone=tone,
        amount=_amount(event.kind, payload),
        action=action if isinstance(action, int) else None,
        documents=event.documents,
    )


def with_ledger(events: list[Shown], customer: Customer, *, since: date | None, until: date | None) -> list[Shown]:
    """Add invoices and payments of the days between, by their own dates, newest first."""
    rows = [*_invoices(customer, since, until), *_payments(customer, since, until)]
    return sorted([*events, *rows], key=lambda one: (one.day, one.at), reverse=True)


def _between(rows: QuerySet[Any], field: str, since: date | None, until: date | None) -> QuerySet[Any]:
    if since:
        rows = rows.filter(**{f"{field}__gte": since})
    if until:
        rows = rows.filter(**{f"{field}__lt": until})
    return rows.order_by(f"-{field}", "-pk")[:LEDGER_MOST]


def _invoices(customer: Customer, since: date | None, until: date | None) -> list[Shown]:
    found = _between(Invoice.objects.filter(customer=customer), "issued_on", since, until)
    return [
        Shown(
            day=row.issued_on,
            at=_noon(row.issued_on),
            title=_("Invoice %(number)s") % {"number": row.number},
            detail="" if row.number in row.label else row.label,
            actor="",
            icon="document-text",
            tone="",
            amount=row.amount,
            action=None,
            documents=(row.document,) if row.document else (),
        )
        for row in found
    ]


def _payments(customer: Customer, since: date | None, until: date | None) -> list[Shown]:
    found = _between(Payment.objects.filter(customer=customer), "paid_on", since, until)
    return [
        Shown(
            day=row.paid_on,
            at=_noon(row.paid_on),
            title=f"{row.get_kind_display().capitalize()} {row.reference}".strip(),
            detail="" if row.label == row.reference else row.label,
            actor="",
            icon="banknotes",
            tone="in",
            amount=-row.amount,
            action=None,
            documents=(),
        )
        for row in found
    ]


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _amount(kind: str, payload: dict[str, Any]) -> int | None:
    value = payload.get("principal") if kind == "action_planned" else payload.get("amount")
    return value if isinstance(value, int) and value else None


def _detail(kind: str, payload: dict[str, Any]) -> str:
    if kind in BY_KIND:
        return BY_KIND[kind](payload)
    if kind == "ledger_changed":
        return _books(payload)
    code = payload.get("code")
    if isinstance(code, str) and outcomes.known(code):
        return outcomes.text(code)
    for key in ("reason", "note", "text", "detail"):
        if isinstance(payload.get(key), str) and payload[key]:
            said = str(payload[key])
            return outcomes.text(said) if key == "reason" else said
    return code if isinstance(code, str) else ""


def _cancelled(payload: dict[str, Any]) -> str:
    return " – ".join(part for part in (outcomes.text(payload.get("reason", "")), payload.get("note", "")) if part)


def _call(payload: dict[str, Any]) -> str:
    return " – ".join(part for part in (outcomes.text(payload.get("result", "")), payload.get("note", "")) if part)


def _promise(payload: dict[str, Any]) -> str:
    text = _("for %(day)s") % {"day": _day(payload.get("promised_for"))}
    return f"{text}, {payload['person']}" if payload.get("person") else text


def _dispute(payload: dict[str, Any]) -> str:
    grounds = {value: str(label) for value, label in Dispute.Ground.choices}
    parts = [grounds.get(payload.get("ground", ""), ""), payload.get("reason", "")]
    return " – ".join(part for part in parts if part)


def _until(payload: dict[str, Any]) -> str:
    end = _("until %(day)s") % {"day": _day(payload["ends_on"])} if payload.get("ends_on") else ""
    return " – ".join(part for part in (payload.get("reason", ""), end) if part)


def _strategy(payload: dict[str, Any]) -> str:
    return payload.get("strategy") or _("by the rule")


def _regime(payload: dict[str, Any]) -> str:
    code = payload.get("regime", "")
    named = all_regimes()[code].label[formats.language()] if code in all_regimes() else _("by the rule")
    return " – ".join(part for part in (", ".join(payload.get("receivables", ())), named, payload["reason"]) if part)


def _resolved(payload: dict[str, Any]) -> str:
    return _("it was sent") if payload.get("was_sent") else _("it was not sent")


def _books(payload: dict[str, Any]) -> str:
    invoices, payments = (payload.get(key, {}).get("count", 0) for key in ("invoices", "payments"))
    parts = []
    if invoices:
        parts.append(ngettext("%(n)s invoice", "%(n)s invoices", invoices) % {"n": invoices})
    if payments:
        parts.append(ngettext("%(n)s payment", "%(n)s payments", payments) % {"n": payments})
    return _("Read from the books: %(what)s") % {"what": ", ".join(parts)} if parts else ""


def _day(text: str | None) -> str:
    return formats.day(date.fromisoformat(text)) if text else "–"


def _limitation(payload: dict[str, Any]) -> str:
    kind = event_kinds().get(payload.get("kind", ""))
    named = kind.label[formats.language()] if kind else payload.get("kind", "")
    parts = [f"{named}, {_day(payload.get('happened_on'))}", payload.get("number"), payload.get("note")]
    return " – ".join(part for part in parts if part)


def _match(payload: dict[str, Any]) -> str:
    numbers = ", ".join(str(number) for number, _amount in payload.get("parts", []))
    movement = payload.get("movement", {})
    parts = [_day(movement.get("day")), numbers, movement.get("payer") or movement.get("text")]
    if payload.get("returned"):
        parts.append(reason_text(str(payload["returned"])))
    return " – ".join(str(part) for part in parts if part)


BY_KIND: dict[str, Callable[[dict[str, Any]], str]] = {
    "action_cancelled": _cancelled,
    "call_recorded": _call,
    "promise_recorded": _promise,
    "dispute_recorded": _dispute,
    "pause_recorded": _until,
    "hold_recorded": _until,
    "suspension_ended": lambda payload: payload.get("note", ""),
    "strategy_assigned": _strategy,
    "regime_chosen": _regime,
    "doubt_resolved": _resolved,
    "action_planned": lambda payload: "",
    "action_edited": lambda payload: "",
    "limitation_event_recorded": _limitation,
    **dict.fromkeys(
        ("payment_booked", "payment_in_books", "payment_returned", "match_refused", "match_undone"), _match
    ),
    "limitation_event_withdrawn": _limitation,
    **events_invoices.BY_KIND,
}
