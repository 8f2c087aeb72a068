"""Stories of claims the books hold apart: retention guarantees, bills of exchange."""

from __future__ import annotations

from datetime import date

from encaisse.ledger.models import Receivable
from encaisse.recovery.models import Suspension
from tests.ledger.books import Fec
from tests.stories.telling import Story, on
from tests.stories.test_books_in import drop


def books() -> Fec:
    """An invoice with a retention of 60 beside it, one on a bill, one like any other."""
    made = Fec(2025).sale("MASON", "F3", "20251201", 50_000)
    made._entry(
        "VE",
        "Ventes",
        "20251201",
        [
            ("41100000", "MASON", "F1", "20251201", 114_000, ""),
            ("41170000", "MASON", "F1", "20251201", 6_000, ""),
            ("70600000", "", "F1", "20251201", -120_000, ""),
        ],
    )
    made.sale("MASON", "F2", "20251220", 80_000)
    return made._entry("OD", "Operations", "20251222", [("41300000", "MASON", "F2", "20251222", 80_000, ""),
                       ("41100000", "MASON", "F2", "20251222", -80_000, "")])  # fmt: skip


def running(story: Story) -> dict[tuple[str, int], date | None]:
    """(number, amount) of what is paused, with the first free day."""
    rows = Suspension.objects.filter(creditor=story.creditor, ended_at__isnull=True).select_related("receivable")
    return {(row.receivable.number, row.receivable.amount): row.ends_on for row in rows if row.receivable}


def test_a_retention_waits_for_its_release_and_a_bill_for_its_day(story: Story) -> None:
    drop(story, "2026-01-05", books().bytes(), books().name)
    bill = Receivable.objects.get(number="F2")
    assert running(story) == {("F1", 6_000): None, ("F2", 80_000): date.fromordinal(bill.due_on.toordinal() + 8)}
    # A newer export says the same: nothing is paused twice, and what a person ended stays ended.
    Suspension.objects.filter(receivable=bill).update(
        ends_on=on("2026-01-06"), ended_at="2026-01-06T09:00Z", ended_by="a"
    )
    newer = books().sale("MASON", "F4", "20251230", 1_000)
    drop(story, "2026-01-07", newer.bytes(), newer.name)
    assert running(story) == {("F1", 6_000): None}
    assert Suspension.objects.count() == 2
    # The guarantee is released: the books have it on the customer's account again.
    newer._entry("OD", "Operations", "20251231", [("41100000", "MASON", "F1", "20251231", 6_000, ""),
                 ("41170000", "MASON", "F1", "20251231", -6_000, "")])  # fmt: skip
    drop(story, "2026-01-08", newer.bytes(), newer.name)
    assert running(story) == {}


def test_a_sum_whose_due_date_nobody_told_waits_for_a_person(story: Story) -> None:
    table = "Balance âgée au 05/01/2026;;;\nClient;Non échu;61-90 jours;Total\nMason SARL;0,00;50,00;50,00\n"
    drop(story, "2026-01-05", table.encode(), "balance.csv")
    assert running(story) == {("Solde 2026-01-05 61-90 j", 5_000): None}
    pause = Suspension.objects.get()
    assert "aged" in pause.reason or "âgée" in pause.reason
