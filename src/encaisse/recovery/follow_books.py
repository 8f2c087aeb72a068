"""What the books say is not owed yet is not chased: retention guarantees until they are released, bills until due.

A retention guarantee (4117) is paused without an end: the day of its release is in no books; a person ends the pause,
or newer books that have it on 411 do. A bill of exchange (413) is waited for until it may have come back unpaid. A sum
of an aged balance, whose invoices and due dates nobody told, waits for them or for a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Q
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from encaisse.ledger.books_held import AGED, FREED, HELD
from encaisse.ledger.models import Import, Receivable
from encaisse.parties.models import Creditor
from encaisse.recovery import end_suspension
from encaisse.recovery.models import Suspension
from encaisse.recovery.refusal import Refused
from encaisse.recovery.suspending import keep

AUTHOR = "books"
"""Who wrote down what the books say of a receivable: what it wrote, newer books may end."""
BILL_DAYS = 8
"""After its due date a bill may come back unpaid for so many days."""

REASONS: dict[str, LazyText] = {
    "bill": gettext_lazy("A bill of exchange stands for it in the books (413)"),
    "retention": gettext_lazy("Retention guarantee in the books (4117): end this pause once it is released"),
    AGED: gettext_lazy("A sum of an aged balance, due on a day nobody told: import its invoices, or end this pause"),
}
"""Why a receivable waits, by its mark."""


def follow(creditor: Creditor, row: Import, day: date, at: datetime) -> None:
    """Pause what these books hold, and free what they no longer hold. What a person ended stays ended."""
    for mark, ids in row.report.get(HELD, {}).items():
        _hold(creditor, mark, ids, day, at)
    freed = Suspension.objects.filter(creditor=creditor, author=AUTHOR, receivable_id__in=row.report.get(FREED, ()))
    for one in freed.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day)):
        try:
            end_suspension.end(
                creditor, one.pk, ends_on=day, at=at, actor=AUTHOR, note=_("The books no longer hold it apart")
            )
        except Refused:
            continue


def _hold(creditor: Creditor, mark: str, ids: Iterable[int], day: date, at: datetime) -> None:
    known = Suspension.objects.filter(creditor=creditor, author=AUTHOR, receivable_id__in=ids)
    running = known.filter(end_note="").values_list("receivable_id", flat=True)
    by_hand = known.exclude(ended_by__in=("", AUTHOR)).values_list("receivable_id", flat=True)
    rows = Receivable.objects.filter(creditor=creditor, pk__in=ids, settled_on__isnull=True)
    rows = rows.exclude(pk__in=[*running, *by_hand]).select_related("customer").order_by("customer_id", "pk")
    for _customer, group in groupby(rows, key=lambda row: row.customer_id):
        pauses = [pause for row in group if (pause := _pause(row, mark, day)) is not None]
        if pauses:
            keep(creditor, pauses, "pause_recorded", {"scope": "receivable"}, at=at, actor=AUTHOR)


def _pause(row: Receivable, mark: str, day: date) -> Suspension | None:
    """The pause of one receivable; None for a bill whose time has passed."""
    ends_on = row.due_on + timedelta(days=BILL_DAYS) if mark == "bill" else None
    if ends_on is not None and ends_on <= day:
        return None
    reason = str(REASONS[mark])
    return Suspension(
        customer=row.customer, receivable=row, kind=Suspension.Kind.PAUSED, starts_on=day, ends_on=ends_on,
        reason=reason,
    )  # fmt: skip
