"""Seal a day: one hash over all heads, so that even lines cut off the end with their head leave a trace."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from encaisse.journal.append import instant
from encaisse.journal.hashing import hash_seal
from encaisse.journal.models import Seal, Tenant
from encaisse.journal.verify import heads_text


def seal_day(creditor: Tenant, day: date, *, at: datetime) -> Seal:
    """Seal the journal as it stands for `day`; a day that is sealed stays as it is."""
    with transaction.atomic():
        known = Seal.objects.filter(creditor_id=creditor.pk, day=day).first()
        if known:
            return known
        heads = heads_text(creditor)
        return Seal.objects.create(
            creditor_id=creditor.pk, day=day, sealed_at=instant(at), heads=heads, hash=hash_seal(day.isoformat(), heads)
        )
