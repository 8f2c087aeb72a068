"""How far the books go."""

from __future__ import annotations

from datetime import date

from encaisse.ledger.models import Import
from encaisse.parties.models import Creditor


def books_to(creditor: Creditor) -> date | None:
    """The last day that imported books tell of; None before the first import."""
    newest = Import.objects.filter(creditor=creditor, kind="fec", last_day__isnull=False).order_by("-last_day").first()
    return newest.last_day if newest else None
