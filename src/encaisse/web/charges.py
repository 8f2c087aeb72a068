"""What the customer's page shows of lateness: what those who paid late still owe, and how sure figures are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from encaisse.law.counting import confidence_in_words
from encaisse.ledger.models import Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery import regime
from encaisse.recovery.charges import Charge, charges
from encaisse.web import formats

SHOWN = 30
"""Lines on the page: the last ones paid late."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Receivables paid late in one currency, with sums in minor units; `more` are not listed, but summed."""

    currency: str
    lines: tuple[tuple[Charge, str], ...]
    more: int
    interest: int
    indemnity: int

    @property
    def total(self) -> int:
        """Interest and fixed sums together."""
        return self.interest + self.indemnity


def panel(creditor: Creditor, customer: Customer, day: date, currency: str) -> Panel:
    """What the customer still owes for lateness in `currency`, each line with its doubt in words."""
    found = [one for one in charges(creditor, customer, day) if one.currency == currency]
    lines = tuple((one, in_words(one.confidence)) for one in reversed(found[-SHOWN:]))
    interest, indemnity = (sum(getattr(one, name) for one in found) for name in ("interest", "indemnity"))
    return Panel(currency, lines, max(len(found) - SHOWN, 0), interest, indemnity)


def doubts(lines: list[dict[str, Any]], day: date) -> Mapping[int, str]:
    """How sure the figures of open receivables are, in words, by receivable; those that are sure are left out."""
    words = {}
    for line in lines:
        if line["regime"] and (line["interest"] or line["indemnity"]):
            row: Receivable = line["row"]
            words[row.pk] = in_words(regime.confidence(line["regime"], row.due_on, day))
    return {pk: text for pk, text in words.items() if text}


def in_words(confidence: str) -> str:
    """A confidence for the reader; empty when it is sure."""
    return "" if confidence == "sure" else confidence_in_words(confidence, formats.language())
