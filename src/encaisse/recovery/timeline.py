"""All that happened with one customer, newest first, out of the journal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from encaisse.journal.check import documents_in
from encaisse.journal.models import Entry
from encaisse.parties.models import Creditor, Customer

TITLES: dict[str, LazyText] = {
    "books_imported": _("Books imported"),
    "contacts_imported": _("Contacts imported"),
    "books_changed": _("Books changed"),
    "customer_changed": _("Customer changed"),
    "action_planned": _("Planned"),
    "action_approved": _("Approved"),
    "approval_withdrawn": _("Approval taken back"),
    "approval_lapsed": _("Approval lapsed: the amounts changed"),
    "action_edited": _("Text edited"),
    "action_cancelled": _("Cancelled"),
    "action_sending": _("Handed over"),
    "action_sent": _("Sent"),
    "action_failed": _("Not delivered"),
    "action_uncertain": _("Perhaps sent, perhaps not"),
    "action_retried_later": _("Will be tried again"),
    "delivery_waits": _("Waiting to leave"),
    "late_outcome": _("Late answer of the mail server"),
    "doubt_resolved": _("Doubt resolved by hand"),
    "call_recorded": _("Call"),
    "note_written": _("Note"),
    "promise_recorded": _("Promise to pay"),
    "dispute_recorded": _("Dispute"),
    "pause_recorded": _("Pause"),
    "plan_recorded": _("Instalment plan"),
    "handover_recorded": _("Handed over to a third party"),
    "insolvent_recorded": _("Insolvency"),
    "deceased_recorded": _("Death"),
    "debit_pending_recorded": _("Direct debit under way"),
    "suspension_ended": _("Ended"),
    "hold_recorded": _("Orders held"),
    "hold_released": _("Hold released"),
    "strategy_assigned": _("Strategy chosen"),
    "regime_chosen": _("Legal regime corrected"),
    "document_attached": _("Document attached"),
    "invoices_imported": _("Electronic invoices imported"),
    "statuses_imported": _("Statuses of invoices imported"),
    "einvoice_read": _("Electronic invoice read"),
    "status_read": _("Status of an invoice"),
    "mapping_remembered": _("Columns of a table said"),
    "mapping_forgotten": _("Columns of a table forgotten"),
    "tables_imported": _("Table imported"),
    "drop_key_renewed": _("Key of the drop address renewed"),
    "drop_key_withdrawn": _("Drop address closed"),
    "customers_merged": _("Two customers made one"),
    "customers_parted": _("Made two customers again"),
    "limitation_event_recorded": _("Limitation: an event recorded"),
    "limitation_event_withdrawn": _("Limitation: an event withdrawn"),
    "payment_booked": _("Payment booked from the bank"),
    "payment_in_books": _("Payment seen at the bank, known from the books"),
    "payment_returned": _("Payment came back"),
    "match_refused": _("Match of a payment refused"),
    "match_undone": _("Match of a payment undone"),
    "bank_imported": _("Bank statement imported"),
    "movement_set_aside": _("Movement set aside: no customer's payment"),
    "movement_taken_up": _("Movement looked at again"),
    "erased": _("Content erased"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline; `payload` is what the journal holds, `documents` the hashes of what belongs to it."""

    sequence: int
    day: date
    at: str
    kind: str
    title: str
    actor: str
    payload: dict[str, Any]
    documents: tuple[str, ...]


def timeline(creditor: Creditor, customer: Customer, *, before: int | None = None, limit: int = 50) -> list[Event]:
    """Return the events of a customer, newest first; `before` is the place in the chain to go on from."""
    entries = Entry.objects.filter(creditor=creditor, chain=customer.code)
    if before is not None:
        entries = entries.filter(sequence__lt=before)
    return [_event(entry) for entry in entries.order_by("-sequence")[:limit]]


def _event(entry: Entry) -> Event:
    payload = json.loads(entry.payload) if entry.payload else {}
    return Event(
        sequence=entry.sequence,
        day=entry.day,
        at=entry.recorded_at,
        kind=entry.kind,
        title=str(TITLES.get(entry.kind, entry.kind)),
        actor=entry.actor,
        payload=payload,
        documents=tuple(documents_in(payload)),
    )
