"""What follows from new books: cases, profiles, actions called off because they were paid, fresh lists."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from encaisse.ledger import match_payments
from encaisse.ledger.bank_entries import Stamp
from encaisse.ledger.models import Import
from encaisse.parties.models import Creditor
from encaisse.recovery import profiles
from encaisse.recovery.cases import open_cases
from encaisse.recovery.follow_invoices import follow_invoices
from encaisse.recovery.recheck import recheck
from encaisse.recovery.verdicts import refresh

CAUGHT_UP = "caught_up"
"""In the report of an import: recovery follows the ledger up to this one and all before it."""


def after_import(creditor: Creditor, day: date, *, at: datetime, actor: str) -> int:
    """Bring recovery up to the ledger as of `day`; return how many waiting actions were called off.

    Cut off half-way, it is `behind` until it ran again: then it does what it did not do.
    """
    newest = _newest(creditor)
    with transaction.atomic():
        match_payments.after_others(Stamp(creditor, at, actor), after=_caught_up(creditor))
        open_cases(creditor)
    follow_invoices(creditor, at=at)
    profiles.refresh(creditor, day)
    called_off = recheck(creditor, day, at=at, actor=actor)
    refresh(creditor, day)
    if newest is not None:
        _mark(newest, at)
    return called_off


def behind(creditor: Creditor) -> bool:
    """Something was imported since recovery last followed the ledger to its end."""
    newest = _newest(creditor)
    return newest is not None and CAUGHT_UP not in newest.report


def _newest(creditor: Creditor) -> Import | None:
    return Import.objects.filter(creditor=creditor).order_by("-pk").first()


def _caught_up(creditor: Creditor) -> int:
    marked = Import.objects.filter(creditor=creditor, report__has_key=CAUGHT_UP)
    return marked.order_by("-pk").values_list("pk", flat=True).first() or 0


def _mark(row: Import, at: datetime) -> None:
    # Following it may have written into its report meanwhile.
    row.refresh_from_db(fields=["report"])
    if CAUGHT_UP not in row.report:
        row.report = {**row.report, CAUGHT_UP: at.isoformat()}
        row.save(update_fields=["report"])
