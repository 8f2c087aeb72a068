"""A limitation date is never a surprise; a recognised debt moves it, a formal notice does not. Told over years."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import translation

from encaisse.ledger.models import Allocation, Invoice, RegimeChoice
from encaisse.recovery import record_limitation_event, record_plan, record_promise
from encaisse.recovery.limitation import Standing, mark, near, of_customer, of_portfolio, remarks, time_left
from encaisse.recovery.models import Action
from encaisse.recovery.today import today
from tests.stories.telling import on, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def standing(story, day: str, number: str = "F-1") -> Standing:
    row = story.rows[number]
    (found,) = (one for one in of_customer(story.creditor, row.customer_id, on(day)) if one.number == number)
    return found


def happened(story, kind: str, day: str, number: str | None = "F-1", **more):
    """A person writes down what happened, on that day."""
    row = story.rows[number] if number else None
    customer = row.customer if row else next(iter(story.rows.values())).customer
    return record_limitation_event.record(
        story.creditor, customer, kind=kind, happened_on=on(day), note="lettre du client",
        receivable_id=row.pk if row else None, **story.stamp(more.pop("written", day)), **more,
    )  # fmt: skip


def warned(story, day: str) -> list[str]:
    """What Today says of limitation."""
    return [task.title for task in today(story.creditor, on(day), language="en").near]


def test_53_the_date_is_never_a_surprise(story):
    """Five years of one invoice: five warnings before the end, then the word that it is over."""
    story.invoice("F-1", "2021-01-15", "2021-02-14", 1000)
    for day, alert in (
        ("2021-02-14", None), ("2025-02-13", None), ("2025-02-14", 12), ("2025-08-13", 12), ("2025-08-14", 6),
        ("2025-11-14", 3), ("2026-01-14", 1), ("2026-02-14", 1),
    ):  # fmt: skip
        found = standing(story, day)
        assert (found.deadline, found.alert, found.expired) == (date(2026, 2, 14), alert, False), day
        assert bool(warned(story, day)) is (alert is not None), day
        assert [one.receivable for one in near(story.creditor, on(day))] == [found.receivable] * bool(alert), day
    over = standing(story, "2026-02-15")
    assert (over.expired, over.alert, mark(over)) == (True, None, "barred")
    assert warned(story, "2026-02-15") == []


def test_53_a_recognised_debt_moves_it(story):
    """A written acknowledgement, a part payment and a signed plan start the time again, each from its day."""
    story.invoice("F-1", "2021-01-15", "2021-02-14", 1000)
    happened(story, "acknowledgement", "2022-05-02")
    assert standing(story, "2022-05-01").deadline == date(2026, 2, 14), "not before the day"
    assert standing(story, "2022-05-02").deadline == date(2027, 5, 2)
    story.pays("2023-03-10", 200, "F-1")
    assert standing(story, "2023-03-10").deadline == date(2028, 3, 10)
    assert standing(story, "2023-03-10").open == 80_000
    record_plan.record(
        story.creditor, story.rows["F-1"].customer, acknowledged=True, starts_on=date(2024, 1, 8),
        instalments=[(date(2024, 2, 1), 40_000), (date(2024, 3, 1), 40_000)], **story.stamp("2024-01-08"),
    )  # fmt: skip
    moved = standing(story, "2024-01-08")
    assert (moved.deadline, moved.perhaps) == (date(2029, 1, 8), None)
    assert warned(story, "2028-01-07") == []
    assert warned(story, "2028-01-08") == ["F-1: barred after 8\u00a0January 2029"]


def test_53_a_formal_notice_does_not(story):
    """A notice left by the program, another one is told of by hand: the day stays."""
    story.invoice("F-1", "2026-01-15", "2026-02-14", 1000)
    before = standing(story, "2026-02-15").deadline
    story.run("2026-03-02")
    Action.objects.update(step="notice", template="notice", status="sent", sent_on=on("2026-03-02"))
    happened(story, "formal_notice", "2026-06-30")
    after = standing(story, "2026-06-30")
    assert after.deadline == before == date(2031, 2, 14)
    assert [step.code for step in after.found.steps] == ["nothing", "nothing"]
    assert "sans effet sur la prescription" in said(after.found.sentence("fr"))


def test_a_promise_on_the_phone_is_probable_and_asks_for_a_writing(story):
    story.invoice("F-1", "2021-01-15", "2021-02-14", 1000)
    row = story.rows["F-1"]
    record_promise.record(
        story.creditor, row.customer, promised_for=date(2025, 3, 20), starts_on=date(2025, 3, 10),
        **story.stamp("2025-03-10"),
    )  # fmt: skip
    found = standing(story, "2025-03-10")
    assert found.deadline == date(2026, 2, 14), "the date that holds even if nobody can prove the call"
    assert found.perhaps.deadline == date(2030, 3, 10)
    assert found.perhaps.confidence == "probable"
    words = said(" ".join(remarks(found, "en")))
    assert "On 10 March 2025 the customer promised to pay" in words
    assert "hard to prove" in words
    assert "Ask for a line in writing" in words
    assert "would be 10 March 2030" in words
    assert len(warned(story, "2025-03-10")) == 1, "so the warnings go on"
    happened(story, "acknowledgement", "2025-03-12")
    written = standing(story, "2025-03-12")
    assert (written.deadline, written.perhaps, remarks(written, "en")) == (date(2030, 3, 12), None, [])


def test_a_promise_taken_back_at_once_and_a_payment_undone_never_were(story):
    row = story.invoice("F-1", "2021-01-15", "2021-02-14", 1000)
    (promise,) = record_promise.record(
        story.creditor, row.customer, promised_for=date(2025, 3, 20), starts_on=date(2025, 3, 10),
        **story.stamp("2025-03-10"),
    )  # fmt: skip
    promise.ends_on = promise.starts_on
    promise.save()
    payment = story.pays("2023-03-10", 200, "F-1")
    (link,) = payment.allocations.all()
    Allocation.objects.create(
        creditor=story.creditor, receivable=row, payment=payment, amount=-20_000, counts_on=link.counts_on,
        rule="undone", recorded_at=link.recorded_at,
    )  # fmt: skip
    found = standing(story, "2025-03-10")
    assert (found.deadline, found.perhaps, found.found.steps) == (date(2026, 2, 14), None, ())


def test_a_payment_that_named_no_invoice_is_not_counted(story):
    story.invoice("F-1", "2021-01-15", "2021-02-14", 1000)
    payment = story.pays("2023-03-10", 200, "F-1")
    payment.allocations.update(rule="oldest")
    found = standing(story, "2023-03-11")
    assert (found.deadline, found.perhaps.deadline) == (date(2026, 2, 14), date(2028, 3, 10))
    assert "which invoice they paid" in said(" ".join(remarks(found, "en")))


def test_an_event_of_the_customer_concerns_what_was_owed_then(story):
    story.invoice("F-1", "2021-01-15", "2021-02-14", 1000)
    story.invoice("F-2", "2022-07-01", "2022-07-31", 500)
    happened(story, "acknowledgement", "2022-06-01", None)
    assert standing(story, "2022-08-01", "F-1").deadline == date(2027, 6, 1)
    assert standing(story, "2022-08-01", "F-2").deadline == date(2027, 7, 31)


def test_a_service_that_ended_before_the_due_date_starts_the_time(story):
    story.invoice("F-1", "2021-01-15", "2021-02-14", 1000)
    Invoice.objects.update(performed_on=date(2020, 12, 20))
    assert standing(story, "2021-03-01").deadline == date(2025, 12, 20)
    assert len(warned(story, "2024-12-20")) == 1


def test_each_law_has_its_length_and_a_person_may_choose_it(story):
    for code, kind, country, deadline in (
        ("ALPHA", "company", "FR", date(2026, 2, 14)), ("BETA", "consumer", "FR", date(2023, 2, 14)),
        ("GAMMA", "public", "FR", date(2025, 12, 31)), ("DELTA", "consumer", "BE", None),
    ):  # fmt: skip
        story.customer(code, kind=kind, country=country)
        story.invoice(f"F-{code}", "2021-01-15", "2021-02-14", 1000, of=code)
        assert standing(story, "2021-03-01", f"F-{code}").deadline == deadline, code
    abroad = standing(story, "2021-03-01", "F-DELTA")
    assert "ask a lawyer of that country" in remarks(abroad, "en")[0]
    assert len(warned(story, "2022-02-14")) == 1, "the consumer's comes after one year"
    RegimeChoice.objects.create(
        creditor=story.creditor, receivable=story.rows["F-ALPHA"], regime="fr-b2c", reason="particulier", actor="test",
        recorded_at=story.stamp("2021-03-02")["at"],
    )  # fmt: skip
    assert standing(story, "2021-03-03", "F-ALPHA").deadline == date(2023, 2, 14)
    assert len(warned(story, "2022-02-14")) == 2


def test_a_written_claim_interrupts_against_a_public_body_if_it_is_proved(story):
    story.customer("ALPHA", kind="public")
    story.invoice("F-1", "2026-01-15", "2026-02-14", 1000)
    happened(story, "formal_notice", "2027-03-01", written="2027-03-02")
    assert standing(story, "2027-03-02").deadline == date(2031, 12, 31)


def test_today_names_what_is_worth_most_first_and_says_what_helps(story):
    story.invoice("F-1", "2021-01-15", "2021-02-14", 1000)
    story.invoice("F-2", "2021-04-15", "2021-05-15", 9000, of="BETA")
    story.invoice("F-3", "2024-04-15", "2024-05-15", 90_000, of="BETA")
    work = today(story.creditor, date(2025, 12, 1), language="en")
    assert [(task.code, task.amount) for task in work.near] == [("BETA", 900_000), ("ALPHA", 100_000)]
    assert not work.empty
    assert work.near[0].why == "5 months left · probable"
    assert "a formal notice does not" in said(work.near[0].otherwise)
    assert [one.number for one in of_portfolio(story.creditor, date(2025, 12, 1), within=3)] == ["F-1"]
    assert time_left(standing(story, "2026-01-20")) == "25 days left"
    story.pays("2025-12-02", 9000, "F-2", of="BETA")
    assert [task.code for task in today(story.creditor, date(2025, 12, 2)).near] == ["ALPHA"], "what is paid is silent"
