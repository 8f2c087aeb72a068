"""Erase what a line says about a person (GDPR, article 17), and leave the chain whole."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from encaisse.journal.append import append
from encaisse.journal.models import Entry, Tenant


def erase(creditor: Tenant, chain: str, sequence: int, reason: str, *, at: datetime, actor: str) -> None:
    """Remove the payload and the salt of one line; the erasure is itself a line. Raises Entry.DoesNotExist."""
    with transaction.atomic():
        entry = Entry.objects.select_for_update().get(creditor_id=creditor.pk, chain=chain, sequence=sequence)
        Entry.objects.filter(pk=entry.pk).update(payload="", salt="")
        append(creditor.pk, chain, "erased", {"sequence": sequence, "reason": reason}, at=at, actor=actor)
