"""The key a scheduled export proves itself with: made once, shown once, compared in constant time."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from encaisse.journal.append import append
from encaisse.parties.models import Creditor
from encaisse.storage.text import seal, unseal

BYTES = 32


def renew(creditor: Creditor, *, at: datetime, actor: str) -> str:
    """Make a new key, in place of the one there is, and return it; it is not shown again."""
    key = secrets.token_urlsafe(BYTES)
    _keep(creditor, seal(key), "drop_key_renewed", at, actor)
    return key


def withdraw(creditor: Creditor, *, at: datetime, actor: str) -> None:
    """Close the drop address."""
    _keep(creditor, "", "drop_key_withdrawn", at, actor)


def proves(creditor: Creditor | None, key: str) -> bool:
    """Whether `key` is the creditor's, compared in constant time; never, when there is no creditor or no key."""
    known = unseal(creditor.drop_key_sealed) if creditor else ""
    same = secrets.compare_digest((known or secrets.token_urlsafe(BYTES)).encode(), key.encode())
    return same and bool(known)


def _keep(creditor: Creditor, sealed: str, kind: str, at: datetime, actor: str) -> None:
    with transaction.atomic():
        creditor.drop_key_sealed = sealed
        creditor.save(update_fields=["drop_key_sealed"])
        append(creditor.pk, "", kind, {}, at=at, actor=actor)
