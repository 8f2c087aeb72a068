"""What follows from new books: cases, profiles, actions called off because they were paid, fresh lists."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from encaisse.ledger import match_payments
from encaisse.ledger.bank_entries import Stamp
from encaisse.parties.models import Creditor
from encaisse.recovery import profiles
from encaisse.recovery.cases import open_cases
from encaisse.recovery.follow_invoices import follow_invoices
from encaisse.recovery.recheck import recheck
from encaisse.recovery.verdicts import refresh


def after_import(creditor: Creditor, day: date, *, at: datetime, actor: str) -> int:
    """Bring recovery up to the ledger as of `day`; return how many waiting actions were called off."""
    with transaction.atomic():
        match_payments.after_others(Stamp(creditor, at, actor))
        open_cases(creditor)
    follow_invoices(creditor, at=at)
    profiles.refresh(creditor, day)
    called_off = recheck(creditor, day, at=at, actor=actor)
    refresh(creditor, day)
    return called_off
