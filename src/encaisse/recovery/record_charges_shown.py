"""Decide whether a customer is ever shown interest and indemnity. What is owed by law stays owed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from encaisse.journal.append import append
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.locking import lock_waiting_cases


def record(creditor: Creditor, customer: Customer, *, shown: bool, at: datetime, actor: str) -> bool:
    """Show this customer charges, or never; return whether that is a change. Messages not yet sent follow at once."""
    with transaction.atomic():
        lock_waiting_cases(creditor, [customer.pk])
        changed = Customer.objects.filter(creditor=creditor, pk=customer.pk).exclude(shows_charges=shown)
        if not changed.update(shows_charges=shown):
            return False
        payload = {"fields": {"shows_charges": [not shown, shown]}}
        append(creditor.pk, customer.code, "customer_changed", payload, at=at, actor=actor)
    customer.shows_charges = shown
    return True
