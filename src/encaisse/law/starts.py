"""The day after which interest runs, where the law makes more of it than a date on the invoice."""

from __future__ import annotations

from datetime import date, timedelta

from encaisse.law.clock import reminder_end
from encaisse.law.constants import constant

# BGB 286 III: thirty days after the due date and receipt of the invoice.
_GERMAN_DAYS = 30


def german_default(
    due: date,
    *,
    calendar_date: bool = False,
    reminder_on: date | None = None,
    invoice_on: date | None = None,
    consumer: bool = False,
    told: bool = False,
) -> date | None:
    """The day on which default began under German law (BGB 286), to be given as ``due``; None when it did not.

    The first of: the due date, when the contract fixes it by the calendar (II 1); a reminder received after it (I);
    thirty days after the due date and receipt of the invoice (III), for a consumer only if the invoice told him so.
    """
    began = []
    if calendar_date:
        began.append(due)
    if reminder_on is not None and reminder_on > due:
        began.append(reminder_on)
    if invoice_on is not None and (told or not consumer):
        began.append(max(due, invoice_on) + timedelta(days=_GERMAN_DAYS))
    return min(began, default=None)


def british_relevant_day(
    *, agreed: date | None = None, performed_on: date | None, invoiced_on: date | None
) -> date | None:
    """The relevant day of the 1998 Act (s. 4), to be given as ``due``; None when nothing starts the time.

    The agreed day; else thirty days after the later of performance and the day the purchaser had notice of the amount.
    """
    if agreed is not None:
        return agreed
    known = [day for day in (performed_on, invoiced_on) if day is not None]
    if not known:
        return None
    return max(known) + timedelta(days=constant("uk.default_term_days").whole)


__all__ = ["british_relevant_day", "german_default", "reminder_end"]
