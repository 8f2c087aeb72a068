"""What electronic invoices say of how they may be paid: early-payment discounts, references given to the payer."""

from __future__ import annotations

from datetime import date
from typing import Any

from encaisse.ledger.matching import Discount
from encaisse.ledger.models import Receivable
from encaisse.parties.models import Creditor

Hints = tuple[tuple[Discount, ...], tuple[str, ...]]
NOTHING: Hints = ((), ())
_LEAST_REFERENCE = 4


def of_open(creditor: Creditor) -> dict[int, Hints]:
    """Discounts and references by receivable, of receivables not settled whose invoice says any."""
    rows = Receivable.objects.filter(
        creditor=creditor, settled_on__isnull=True, invoice__details__isnull=False
    ).values_list("pk", "amount", "invoice__details")
    return {pk: hints for pk, amount, details in rows if details and (hints := _hints(amount, details)) != NOTHING}


def _hints(amount: int, details: dict[str, Any]) -> Hints:
    # A discount is meant for the whole invoice: where it is due in parts, nobody can say for which of them.
    offers = () if details.get("instalments") else details.get("discounts", ())
    discounts = tuple(Discount(date.fromisoformat(until), off) for until, off in offers if 0 < off < amount)
    given = (details.get("payment_reference", ""), details.get("order", ""))
    return discounts, tuple(one for one in given if len(one) >= _LEAST_REFERENCE)
