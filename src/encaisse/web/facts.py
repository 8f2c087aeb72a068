"""The figures an action rests on: those of its message as it would leave now, else those it was made with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from encaisse.documents.texts import asked
from encaisse.recovery.message import Message
from encaisse.recovery.models import Action


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice and what is asked for on it, minor units."""

    number: str
    due_on: date
    amount: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Amounts in minor units. `claimed`: interest and indemnity are part of what is asked, not only mentioned."""

    rows: tuple[Row, ...]
    credit: int
    interest: int
    indemnity: int
    asked: int
    claimed: bool


def figures(action: Action, message: Message | None) -> Figures:
    """The figures of an action; `message` when one can be written today."""
    if message is not None:
        of = message.context
        rows = tuple(Row(line.number, line.due_on, line.asked) for line in of.invoices)
        return Figures(rows, of.credit, of.interest, of.indemnity, asked(message.text, of), message.text.claims)
    lines = action.lines.select_related("receivable").order_by("receivable__due_on", "pk")
    rows = tuple(Row(line.receivable.number, line.receivable.due_on, line.amount) for line in lines)
    return Figures(rows, 0, action.interest, action.indemnity, action.principal, claimed=False)
