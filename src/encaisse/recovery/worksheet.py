"""How the interest of a receivable was reckoned, segment by segment, with the source of each rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from encaisse.documents.rates import rate_words
from encaisse.documents.statement import WorksheetRow, render_worksheet
from encaisse.law import Worksheet, interest
from encaisse.ledger.models import Allocation, Receivable
from encaisse.recovery.accrual import REGIME_OF_KIND, RETROACTIVE
from encaisse.recovery.models import ActionLine
from encaisse.recovery.situation import Situation

BASIS = {"fr-b2b": "ecb_10", "fr-public": "ecb_8", "fr-b2c": "legal"}


def worksheet(receivable: Receivable, kind: str, day: date) -> Worksheet:
    """Return the worksheet of one receivable as of `day`; `kind` is the customer's. Same rules as the facts."""
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
    return interest(
        REGIME_OF_KIND[kind],
        receivable.amount - early,
        receivable.due_on,
        day,
        payments=[(on, amount) for on, amount in sorted(paid.items()) if amount > 0],
        notice_on=notice_on(receivable, day),
    )


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
    kind = situation.customer.kind
    return [(line["row"], worksheet(line["row"], kind, situation.day)) for line in lines if line["interest"]]


def rate_of(situation: Situation, sheets: Sequence[tuple[Receivable, Worksheet]], language: str) -> str:
    """Return the words for the rates that a message names: those of its longest delay, in the order of its days."""
    longest = max(sheets, key=lambda sheet: sheet[1].days, default=None)
    if longest is None:
        return ""
    basis = BASIS[REGIME_OF_KIND[situation.customer.kind]]
    return rate_words([segment.rate for segment in longest[1].segments], basis, language)


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
    known = [sheet.known_to for _receivable, sheet in sheets if sheet.known_to]
    return render_worksheet(context, language, rows, known_to=min(known) if known else None) if rows else None
