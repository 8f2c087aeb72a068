"""Write a remark on a customer."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from encaisse.journal.append import append
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.models import Note
from encaisse.recovery.refusal import Refused


def record(creditor: Creditor, customer: Customer, text: str, *, day: date, at: datetime, actor: str) -> Note:
    """Keep a note. Raises Refused for an empty one."""
    if not text.strip():
        raise Refused("reason_missing")
    with transaction.atomic():
        note = Note.objects.create(
            creditor=creditor, customer=customer, day=day, text=text.strip(), author=actor, recorded_at=at
        )
        append(creditor.pk, customer.code, "note_written", {"note": note.pk, "text": note.text}, at=at, actor=actor)
    return note
