"""Books that come again, later, earlier, changed: the ledger says what the books say, nothing twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from encaisse.journal.models import Entry
from encaisse.ledger import import_books
from encaisse.ledger.balance import open_items, unallocated
from encaisse.ledger.models import Allocation, Import, Invoice, Payment, Receivable
from encaisse.ledger.receivables import listing
from encaisse.money import parse_minor
from encaisse.parties.models import Creditor, Customer
from tests.ledger.books import AT, Fec

pytestmark = pytest.mark.django_db


def take(creditor: Creditor, fec: Fec, **more: Any) -> Import:
    return import_books.import_file(creditor, fec.bytes(), fec.name, at=AT, actor="test", **more)


def open_on(creditor: Creditor, day: str) -> dict[tuple[str, str], int]:
    found = listing(creditor, date.fromisoformat(day))["receivables"]
    opened = {(line["customer"]["code"], line["number"]): parse_minor(line["open"]) for line in found}
    assert len(opened) == len(found)
    return opened


def credit_on(creditor: Creditor, day: str) -> dict[str, int]:
    frame = unallocated(creditor, date.fromisoformat(day))
    codes = dict(Customer.objects.values_list("id", "code"))
    return {codes[customer]: credit for customer, _, credit in frame.iter_rows()}


def year_2025() -> Fec:
    books = Fec(2025)
    books.sale("ALPHA", "F25-001", "20250310", 100_000, "A")
    books.paid("ALPHA", "VIR1", "20250415", 40_000, "A")
    books.sale("ALPHA", "F25-002", "20251120", 50_000)
    books.sale("BETA", "F25-003", "20250601", 70_000, "B")
    books.paid("BETA", "VIR2", "20250701", 70_000, "B")
    return books.paid("GAMMA", "VIR3", "20251210", 12_300)


def year_2026() -> Fec:
    books = Fec(2026)
    books.opening(
        ("ALPHA", "F25-001", "20250310", 60_000, "C"), ("ALPHA", "F25-002", "20251120", 50_000),
        ("GAMMA", "VIR3", "20251210", -12_300),
    )  # fmt: skip
    books.paid("ALPHA", "VIR4", "20260120", 60_000, "C")
    return books.sale("BETA", "F26-001", "20260105", 33_000)


AT_2025_END = {("ALPHA", "F25-001"): 60_000, ("ALPHA", "F25-002"): 50_000}
IN_2026 = {("ALPHA", "F25-002"): 50_000, ("BETA", "F26-001"): 33_000}


def test_same_content_twice_changes_nothing(creditor: Creditor) -> None:
    first = take(creditor, year_2025())
    entries = Entry.objects.count()
    again = take(creditor, year_2025())
    assert again.pk == first.pk
    assert again.report["unchanged"]
    assert not Import.objects.get(pk=first.pk).report["unchanged"]
    assert Entry.objects.count() == entries
    assert Import.objects.count() == 1


def test_same_books_in_other_bytes_change_nothing(creditor: Creditor) -> None:
    first = year_2025()
    take(creditor, first)
    facts = (Receivable.objects.count(), Payment.objects.count(), Allocation.objects.count())
    again = import_books.import_file(creditor, first.bytes().replace(b"\n", b"\r\n"), first.name, at=AT, actor="test")
    assert again.report["unchanged"]
    assert (Receivable.objects.count(), Payment.objects.count(), Allocation.objects.count()) == facts


def test_two_years_in_order(creditor: Creditor) -> None:
    take(creditor, year_2025())
    assert open_on(creditor, "2025-12-31") == AT_2025_END
    assert credit_on(creditor, "2025-12-31") == {"GAMMA": 12_300}
    row = take(creditor, year_2026())
    assert row.report["new"]["invoices"] == 1
    assert row.report["new"]["payments"] == 1
    assert open_on(creditor, "2026-01-31") == IN_2026
    assert open_on(creditor, "2026-01-19") == {**IN_2026, ("ALPHA", "F25-001"): 60_000}
    assert open_on(creditor, "2025-12-31") == AT_2025_END
    assert credit_on(creditor, "2026-01-31") == {"GAMMA": 12_300}


def test_two_years_the_other_way_round_come_to_the_same(creditor: Creditor) -> None:
    take(creditor, year_2026())
    assert open_on(creditor, "2026-01-31") == IN_2026
    assert Invoice.objects.filter(opening=True).count() == 2
    row = take(creditor, year_2025())
    assert row.report["changed"]["completed"] == 2
    assert open_on(creditor, "2026-01-31") == IN_2026
    assert open_on(creditor, "2025-12-31") == AT_2025_END
    assert credit_on(creditor, "2026-01-31") == {"GAMMA": 12_300}
    assert not Invoice.objects.filter(opening=True).exists()
    first = Receivable.objects.get(number="F25-001")
    assert (first.amount, first.issued_on.isoformat()) == (100_000, "2025-03-10")
    assert Payment.objects.filter(customer__code="GAMMA").count() == 1


def test_a_newer_export_adds_what_is_new_and_undoes_what_was_undone(creditor: Creditor) -> None:
    take(creditor, Fec(2025).sale("ALPHA", "F1", "20250110", 10_000, "A").sale("ALPHA", "F2", "20250112", 10_000)
         .paid("ALPHA", "VIR", "20250201", 10_000, "A"))  # fmt: skip
    row = take(creditor, Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("ALPHA", "F2", "20250112", 10_000, "A")
               .paid("ALPHA", "VIR", "20250201", 10_000, "A").sale("BETA", "F3", "20250301", 5_000))  # fmt: skip
    assert row.report["changed"]["undone"] == 1
    assert open_on(creditor, "2025-12-31") == {("ALPHA", "F1"): 10_000, ("BETA", "F3"): 5_000}
    told = Allocation.objects.filter(receivable__number="F1").order_by("id").values_list("amount", "counts_on", "rule")
    assert [(amount, str(day), rule) for amount, day, rule in told] == [
        (10_000, "2025-02-01", "lettering"), (-10_000, "2025-02-01", "undone"),
    ]  # fmt: skip
    assert Receivable.objects.get(number="F1").settled_on is None


def test_a_deleted_draft_is_closed_by_a_correction(creditor: Creditor) -> None:
    take(creditor, Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("ALPHA", "F2", "20250112", 20_000))
    row = take(creditor, Fec(2025).sale("ALPHA", "F2", "20250112", 20_000).sale("ALPHA", "F3", "20250220", 1_000))
    assert row.report["changed"]["corrections"] == 1
    assert row.report["changed"]["items"][-1]["number"] == "F1"
    assert open_on(creditor, "2025-12-31") == {("ALPHA", "F2"): 20_000, ("ALPHA", "F3"): 1_000}
    assert open_on(creditor, "2025-02-01") == {("ALPHA", "F1"): 10_000, ("ALPHA", "F2"): 20_000}
    assert Payment.objects.get(kind="correction").amount == 10_000
    # It comes back, later it is gone again with the same export as before: each time the books are right.
    back = Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("ALPHA", "F2", "20250112", 20_000)
    back.sale("ALPHA", "F3", "20250220", 1_000).sale("ALPHA", "F4", "20250221", 7)
    take(creditor, back)
    assert open_on(creditor, "2025-12-31")["ALPHA", "F1"] == 10_000
    assert Payment.objects.get(kind="correction").amount == 0
    assert unallocated(creditor, date(2025, 12, 31)).is_empty()


def test_a_changed_amount_and_date_are_told_before_and_after(creditor: Creditor) -> None:
    take(creditor, Fec(2025).sale("ALPHA", "F1", "20250110", 10_000))
    row = take(creditor, Fec(2025).sale("ALPHA", "F1", "20250115", 9_000))
    assert row.report["changed"]["items"] == [
        {
            "what": "invoice", "customer": "ALPHA", "number": "F1",
            "before": {"amount": 10_000, "day": "2025-01-10"}, "after": {"amount": 9_000, "day": "2025-01-15"},
        }
    ]  # fmt: skip
    found = Receivable.objects.get()
    assert (found.amount, str(found.due_on)) == (9_000, "2025-02-14")
    assert Invoice.objects.get().amount == 9_000
    assert '"changed":{"count":1,"first":["F1 10000 2025-01-10 9000 2025-01-15"]}' in (
        Entry.objects.filter(chain="ALPHA").latest("id").payload
    )


def test_a_payment_that_is_gone_leaves_no_credit(creditor: Creditor) -> None:
    take(creditor, Fec(2025).sale("ALPHA", "F1", "20250110", 10_000, "A").paid("ALPHA", "V", "20250201", 10_000, "A"))
    take(creditor, Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("ALPHA", "F2", "20250301", 500))
    assert open_on(creditor, "2025-12-31") == {("ALPHA", "F1"): 10_000, ("ALPHA", "F2"): 500}
    assert credit_on(creditor, "2025-12-31") == {}


def test_an_older_export_of_the_same_books_is_refused_by_name(creditor: Creditor) -> None:
    take(creditor, year_2025())
    older = Fec(2025).sale("ALPHA", "F25-001", "20250310", 100_000)
    with pytest.raises(import_books.ImportRefused) as refused:
        take(creditor, older)
    assert refused.value.problems[0].code == "older_export"
    assert refused.value.problems[0].hint
    assert open_on(creditor, "2025-12-31") == AT_2025_END
    take(creditor, older, allow_older=True)
    assert open_on(creditor, "2025-12-31") == {("ALPHA", "F25-001"): 100_000}


def test_paid_in_books_never_seen_is_closed_on_the_opening_day(creditor: Creditor) -> None:
    take(creditor, Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("BETA", "F2", "20250111", 20_000))
    row = take(creditor, Fec(2026).opening(("BETA", "F2", "20250111", 15_000)).sale("BETA", "F3", "20260110", 100))
    assert open_on(creditor, "2025-12-31") == {("ALPHA", "F1"): 10_000, ("BETA", "F2"): 20_000}
    assert open_on(creditor, "2026-01-31") == {("BETA", "F2"): 15_000, ("BETA", "F3"): 100}
    assert {item["number"] for item in row.report["changed"]["items"]} == {"F1", "F2"}
    # The final export of 2025 tells of the payments: nothing is left to correct.
    final = Fec(2025).sale("ALPHA", "F1", "20250110", 10_000, "A").sale("BETA", "F2", "20250111", 20_000, "B")
    take(creditor, final.paid("ALPHA", "V1", "20251220", 10_000, "A").paid("BETA", "V2", "20251222", 5_000, "B"))
    assert open_on(creditor, "2025-12-31") == {("BETA", "F2"): 15_000}
    assert open_on(creditor, "2026-01-31") == {("BETA", "F2"): 15_000, ("BETA", "F3"): 100}
    assert credit_on(creditor, "2026-01-31") == {}
    assert set(Payment.objects.filter(kind="correction").values_list("amount", flat=True)) == {0}


def test_an_opening_sum_that_is_known_in_detail_is_passed_over(creditor: Creditor) -> None:
    take(creditor, year_2025())
    books = Fec(2026).opening(("ALPHA", "AN", "20260101", 110_000), ("GAMMA", "AN", "20260101", -12_300))
    row = take(creditor, books.paid("ALPHA", "Solde F25-001", "20260120", 60_000))
    assert row.report["new"]["invoices"] == 0
    assert {note["code"] for note in row.report["notes"]} == {"opening_sum_known"}
    assert open_on(creditor, "2026-01-31") == {("ALPHA", "F25-002"): 50_000}
    assert credit_on(creditor, "2026-01-31") == {"GAMMA": 12_300}


@pytest.mark.parametrize(
    ("told", "credit", "more"), [(115_000, 12_300, {("ALPHA", "AN"): 5_000}), (108_000, 12_300, {})]
)
def test_an_opening_sum_that_differs_gives_one_line_for_the_difference(
    creditor: Creditor, told: int, credit: int, more: dict[tuple[str, str], int]
) -> None:
    take(creditor, year_2025())
    row = take(creditor, Fec(2026).opening(("ALPHA", "AN", "20260101", told), ("GAMMA", "AN", "20260101", -credit)))
    assert "opening_sum_differs" in {note["code"] for note in row.report["notes"]}
    assert open_on(creditor, "2026-01-31") == {**AT_2025_END, **more}
    assert sum(open_on(creditor, "2026-01-31").values()) - credit_on(creditor, "2026-01-31").get("ALPHA", 0) == told


def test_an_opening_sum_gives_way_to_the_detail_of_the_year_before(creditor: Creditor) -> None:
    books = Fec(2026).opening(("ALPHA", "AN", "20260101", 110_000), ("GAMMA", "AN", "20260101", -12_300))
    take(creditor, books.paid("ALPHA", "Solde F25-001", "20260120", 60_000))
    assert open_on(creditor, "2026-01-31") == {("ALPHA", "AN"): 50_000}
    take(creditor, year_2025())
    assert open_on(creditor, "2026-01-31") == {("ALPHA", "F25-002"): 50_000}
    assert credit_on(creditor, "2026-01-31") == {"GAMMA": 12_300}


def test_one_opening_sum_for_all_customers_is_passed_over(creditor: Creditor) -> None:
    take(creditor, year_2025())
    take(creditor, Fec(2026).opening(("CLIENTS", "AN", "20260101", 110_000 - 12_300)).sale("BETA", "F9", "20260202", 9))
    assert open_on(creditor, "2026-02-28") == {**AT_2025_END, ("BETA", "F9"): 9}


def test_books_without_any_opening_pay_what_was_left(creditor: Creditor) -> None:
    take(creditor, year_2025())
    take(creditor, Fec(2026).paid("ALPHA", "VIR F25-001", "20260120", 60_000).paid("ALPHA", "VIR9", "20260120", 1))
    assert open_on(creditor, "2026-01-31") == {("ALPHA", "F25-002"): 50_000}
    assert credit_on(creditor, "2026-01-31") == {"ALPHA": 1, "GAMMA": 12_300}
    # The next export has the opening.
    take(creditor, year_2026())
    assert open_on(creditor, "2026-01-31") == IN_2026
    assert credit_on(creditor, "2026-01-31") == {"GAMMA": 12_300}


def test_lines_carried_over_whole_with_what_paid_them_are_not_doubled(creditor: Creditor) -> None:
    take(creditor, year_2025())
    books = Fec(2026).opening(
        ("ALPHA", "F25-001", "20250310", 100_000), ("ALPHA", "VIR1", "20250415", -40_000),
        ("ALPHA", "F25-002", "20251120", 50_000), ("GAMMA", "VIR3", "20251210", -12_300),
    )  # fmt: skip
    take(creditor, books.sale("BETA", "F26-001", "20260105", 33_000))
    total = sum(open_on(creditor, "2026-01-31").values()) - sum(credit_on(creditor, "2026-01-31").values())
    assert total == 60_000 + 50_000 + 33_000 - 12_300
    assert Receivable.objects.count() == 4
    assert Payment.objects.count() == 3


def test_numbers_that_begin_again_every_year_are_other_invoices(creditor: Creditor) -> None:
    take(creditor, Fec(2025).sale("ALPHA", "1001", "20250110", 10_000).sale("ALPHA", "1002", "20250111", 5_000))
    second = Fec(2026).opening(("ALPHA", "1001", "20250110", 10_000), ("ALPHA", "1002", "20250111", 5_000))
    take(creditor, second.sale("ALPHA", "1001", "20260110", 7_000))
    opened = open_items(creditor, date(2026, 1, 31))
    assert sorted(opened.select("number", "open").rows()) == [("1001", 7_000), ("1001", 10_000), ("1002", 5_000)]


def test_lines_set_aside_are_not_taken_for_deleted(creditor: Creditor) -> None:
    take(creditor, Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("ALPHA", "F2", "20250112", 20_000))
    damaged = Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("ALPHA", "F2", "20250112", 20_000)
    damaged.sale("ALPHA", "F3", "20250220", 1_000)
    damaged.lines[0] = damaged.lines[0].replace("100,00", "100,01")
    row = take(creditor, damaged)
    assert row.report["set_aside"]
    assert open_on(creditor, "2025-12-31") == {
        ("ALPHA", "F1"): 10_000, ("ALPHA", "F2"): 20_000, ("ALPHA", "F3"): 1_000,
    }  # fmt: skip


def test_quarters_one_after_the_other_then_the_whole(creditor: Creditor) -> None:
    first = Fec(2025).sale("ALPHA", "F1", "20250110", 10_000).sale("ALPHA", "F2", "20250320", 5_000)
    second = Fec(2025).paid("ALPHA", "VIR F1", "20250410", 10_000).sale("ALPHA", "F3", "20250620", 3_000)
    take(creditor, first)
    take(creditor, second)
    wanted = {("ALPHA", "F2"): 5_000, ("ALPHA", "F3"): 3_000}
    assert open_on(creditor, "2025-06-30") == wanted
    whole = Fec(2025)
    whole.sale("ALPHA", "F1", "20250110", 10_000).sale("ALPHA", "F2", "20250320", 5_000)
    take(creditor, whole.paid("ALPHA", "VIR F1", "20250410", 10_000).sale("ALPHA", "F3", "20250620", 3_000))
    assert open_on(creditor, "2025-06-30") == wanted
    assert Receivable.objects.count() == 3
