"""How the interest of a receivable was reckoned, segment by segment, with the source of each rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from encaisse.documents.rates import rate_words
from encaisse.documents.statement import WorksheetRow, render_worksheet
from encaisse.law import Worksheet, find_regime, interest
from encaisse.law.reasons import NO_NOTICE
from encaisse.ledger.models import Allocation, Receivable
from encaisse.parties.own_rates import rates_of
from encaisse.recovery import regime
from encaisse.recovery.accrual import RETROACTIVE
from encaisse.recovery.models import ActionLine
from encaisse.recovery.situation import Situation

BASIS = {"fr-b2b": "ecb_10", "fr-public": "ecb_8", "fr-b2c": "legal", "fr-c2c": "legal"}
"""Regimes whose rate has words of its own in messages; of the others the series says what it is."""


def worksheet(receivable: Receivable, code: str | None, day: date) -> Worksheet | None:
    """Return the worksheet of one receivable as of `day` under a regime; None when a person has to choose it.

    Same rules as the facts: the fixed sum stands on the first receivable of an invoice that owes one.
    """
    if code is None:
        return None
    with rates_of(receivable.creditor):
        sheet = _alone(receivable, code, day)
        if not sheet.indemnity or not _carried_before(receivable, day):
            return sheet
        return replace(sheet, indemnity=0)


def _alone(receivable: Receivable, code: str, day: date) -> Worksheet:
    """The worksheet of a receivable as if its invoice had no other one."""
    rules, noticed = find_regime(code), notice_on(receivable, day)
    began = regime.default_on(rules, receivable.due_on, receivable.issued_on, noticed)
    if began is None:
        return Worksheet(0, 0, 0, (), None, (NO_NOTICE,), receivable.amount, currency=receivable.currency)
    moves = list(
        Allocation.objects.filter(receivable=receivable, counts_on__lte=day)
        .order_by("counts_on", "pk")
        .values_list("counts_on", "amount", "payment__kind")
    )
    # What came by the due date, or reduces the price from the beginning, was never late; an allocation undone
    # (a negative amount) gives the amount back from the day on which it counts.
    early = sum(amount for on, amount, how in moves if on <= receivable.due_on or how in RETROACTIVE)
    paid: dict[date, int] = {}
    for on, amount, how in moves:
        if on > receivable.due_on and how not in RETROACTIVE:
            paid[on] = paid.get(on, 0) + amount
    sheet = interest(
        code,
        max(receivable.amount - early, 0),
        began,
        day,
        payments=[(on, amount) for on, amount in sorted(paid.items()) if amount > 0],
        notice_on=noticed,
        currency=receivable.currency,
    )
    return sheet if sheet.indemnity_currency == receivable.currency else replace(sheet, indemnity=0)


def _carried_before(receivable: Receivable, day: date) -> bool:
    """Whether another receivable of the invoice carries its fixed sum: one still open first, then by due date."""
    siblings = Receivable.objects.filter(invoice_id=receivable.invoice_id, due_on__lt=day).exclude(pk=receivable.pk)
    for other in siblings.select_related("customer", "creditor"):
        if _place(other, day) < _place(receivable, day):
            code = regime.ruling(other.creditor, other.customer, other.pk).regime
            if code is not None and _alone(other, code, day).indemnity:
                return True
    return False


def _place(receivable: Receivable, day: date) -> tuple[bool, date, int]:
    settled = receivable.settled_on is not None and receivable.settled_on <= day
    return settled, receivable.due_on, receivable.pk


def notice_on(receivable: Receivable, day: date) -> date | None:
    """Return the day of the first formal notice that named the receivable and left by `day`."""
    return (
        ActionLine.objects.filter(
            receivable=receivable,
            action__template__startswith="notice",
            action__status__in=("sent", "uncertain"),
            action__sent_on__lte=day,
        )
        .order_by("action__sent_on")
        .values_list("action__sent_on", flat=True)
        .first()
    )


def worksheets(situation: Situation, lines: Sequence[Mapping[str, Any]]) -> list[tuple[Receivable, Worksheet]]:
    """Return the worksheets of some lines of a situation, those that bear interest."""
    found = []
    for line in lines:
        sheet = worksheet(line["row"], line["regime"], situation.day) if line["interest"] else None
        if sheet is not None:
            found.append((line["row"], sheet))
    return found


def rate_of(situation: Situation, sheets: Sequence[tuple[Receivable, Worksheet]], language: str) -> str:
    """Return the words for the rates that a message names: those of its longest delay, in the order of its days."""
    row, longest = max(sheets, key=lambda sheet: sheet[1].days, default=(None, None))
    if row is None or longest is None:
        return ""
    code = next(line["regime"] for line in situation.lines if line["receivable"] == row.pk)
    rates = [segment.rate for segment in longest.segments]
    if code in BASIS:
        return rate_words(rates, BASIS[code], language)
    series = find_regime(code).rate
    return rate_words(rates, "", language, source=series.label["fr" if language.startswith("fr") else "en"])


def counted_to(sheets: Sequence[tuple[Receivable, Worksheet]]) -> date | None:
    """Return the first day on which interest had to stop for want of a rate; None when all of it could be counted."""
    return min((sheet.known_to for _receivable, sheet in sheets if sheet.known_to), default=None)


def worksheet_pdf(context: Any, language: str, sheets: Sequence[tuple[Receivable, Worksheet]]) -> bytes | None:
    """Return the annex that shows the calculation, or None when no interest is due."""
    rows = [
        WorksheetRow(
            invoice=receivable.number,
            start=segment.start,
            end=segment.end,
            days=segment.days,
            rate=segment.rate,
            base=segment.base,
            interest=segment.interest,
            source=segment.source.text(language),
        )
        for receivable, sheet in sheets
        for segment in sheet.segments
    ]
    return render_worksheet(context, language, rows, known_to=counted_to(sheets)) if rows else None
