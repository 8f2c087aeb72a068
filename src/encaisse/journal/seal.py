"""Seal a day: one hash over all heads, so that even lines cut off the end with their head leave a trace.

The seal is told of in the creditor's own chain, which the next seal holds: a seal that is taken away is missed.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from encaisse.journal.append import append, instant
from encaisse.journal.hashing import hash_seal
from encaisse.journal.models import Seal, Tenant
from encaisse.journal.verify import SEALED, heads_text
from encaisse.storage import bulk


def seal_day(creditor: Tenant, day: date, *, at: datetime, actor: str = "autopilot") -> Seal:
    """Seal the journal as it stands for `day`; a day that is sealed stays as it is."""
    with transaction.atomic():
        bulk.lock(f"journal:{creditor.pk}")
        known = Seal.objects.filter(creditor_id=creditor.pk, day=day).first()
        if known:
            return known
        heads = heads_text(creditor)
        digest = hash_seal(day.isoformat(), heads)
        append(creditor.pk, "", SEALED, {"day": day.isoformat(), "seal": digest}, at=at, actor=actor)
        return Seal.objects.create(creditor_id=creditor.pk, day=day, sealed_at=instant(at), heads=heads, hash=digest)
