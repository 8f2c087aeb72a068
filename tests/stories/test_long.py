"""Whole cases, told day by day."""

from __future__ import annotations

from datetime import date

import pytest

from encaisse.journal.verify import verify
from encaisse.recovery import end_suspension, record_dispute, record_promise
from encaisse.recovery.models import Action, Case
from encaisse.recovery.today import today

pytestmark = pytest.mark.django_db


def test_nobody_ever_pays(story):
    """The whole ladder, a week apart, then a person decides (stories 8 and 49)."""
    story.invoice("F-1", "2026-01-05", "2026-02-04", 1200)
    story.until("2026-05-01", since="2026-01-06")
    assert story.left() == [
        "2026-01-13 receipt-check F-1",
        "2026-01-30 pre-due F-1",
        "2026-02-06 mail F-1",
        "2026-02-13 call F-1",
        "2026-02-20 firm F-1",
        "2026-02-27 manager-call F-1",
        "2026-03-06 notice F-1",
    ]
    assert Case.objects.get().verdict_reason == "strategy_finished"
    assert [task.kind for task in today(story.creditor, story.today).watch] == ["strategy_finished"]
    assert verify(story.creditor).ok


def test_forgetful_customer_pays_after_the_second_mail(story):
    story.invoice("F-1", "2026-01-05", "2026-02-04", 250)
    story.until("2026-02-21", since="2026-01-06")
    assert story.left() == ["2026-01-30 pre-due F-1", "2026-02-06 mail F-1", "2026-02-20 firm F-1"]
    assert "250,00 €" in story.words()
    story.pays("2026-02-24", 250, "F-1")
    story.until("2026-06-01")
    assert len(story.left()) == 3, "silence from then on"
    assert story.explained("2026-06-01").json["reason"] == "nothing_owed"
    assert Case.objects.get().overdue == 0


def test_part_payment_keeps_the_rest_at_its_stage(story):
    """Story 4: the rest stays in chasing, at its own stage, with its history."""
    story.invoice("F-1", "2026-01-05", "2026-02-04", 1200)
    story.until("2026-02-16", since="2026-01-06")
    story.pays("2026-02-17", 700, "F-1")
    story.until("2026-04-30")
    assert story.left() == [
        "2026-01-13 receipt-check F-1",
        "2026-01-30 pre-due F-1",
        "2026-02-06 mail F-1",
        "2026-02-13 call F-1",
        "2026-02-20 firm F-1",
        "2026-03-06 notice F-1",
    ], "no manager's call: what is left is below its least amount"
    assert list(Action.objects.filter(step__in=["firm", "notice"]).values_list("principal", flat=True)) == [50_000] * 2


def test_payment_between_approval_and_sending(story):
    """Story 1: the customer pays at ten; the mail planned at noon does not leave, and says why."""
    story.invoice("F-1", "2026-01-05", "2026-02-04", 250)
    story.run("2026-02-06")
    story.approve_all()
    story.pays("2026-02-06", 250, "F-1")
    assert story.send(hour=12) == [("cancelled", "paid_meanwhile")]
    action = story.action(step="mail")
    assert (action.outcome, bool(action.note)) == ("paid_meanwhile", True)


def test_credit_note_for_a_part_then_for_the_rest(story):
    story.invoice("F-1", "2026-01-05", "2026-02-04", 1000)
    story.until("2026-02-06", since="2026-02-05")
    assert story.action(step="mail").principal == 100_000
    story.credit_note("2026-02-10", 400, "F-1")
    story.until("2026-02-20")
    firm = story.action(step="firm")
    assert firm.principal == 60_000
    assert "600,00 €" in story.words(firm)
    story.credit_note("2026-02-23", 600, "F-1")
    story.until("2026-04-01")
    assert story.left()[-1] == "2026-02-20 firm F-1"


def test_dispute_of_a_part_of_an_invoice(story):
    """Story 12: the undisputed part is chased meanwhile; when the dispute ends, all of it is."""
    row = story.invoice("F-1", "2026-01-05", "2026-02-04", 1000)
    story.until("2026-02-06", since="2026-02-05")
    dispute = record_dispute.record(
        story.creditor,
        row.customer,
        receivable_id=row.pk,
        amount=30_000,
        ground="quality",
        reason="deux fenêtres rayées",
        owner="atelier",
        answer_by=date(2026, 2, 20),
        starts_on=date(2026, 2, 9),
        **story.stamp("2026-02-09"),
    )
    story.until("2026-02-20")
    firm = story.action(step="firm")
    assert firm.principal == 70_000
    assert "700,00 €" in story.words(firm)
    assert [task.kind for task in today(story.creditor, date(2026, 2, 20)).mend] == ["dispute_unanswered"]
    end_suspension.end(
        story.creditor, dispute.pk, ends_on=date(2026, 2, 23), note="vitres changées", **story.stamp("2026-02-23")
    )
    story.until("2026-03-06", since="2026-02-23")
    assert story.left()[3:] == ["2026-02-27 manager-call F-1", "2026-03-06 notice F-1"]
    assert story.action(step="notice").principal == 100_000


def test_dispute_of_a_whole_invoice_stops_its_clock(story):
    """Story 11: the other invoice is chased; the disputed one goes on where it stood, suspended days not counted."""
    row = story.invoice("F-1", "2026-01-05", "2026-02-04", 250)
    story.invoice("F-2", "2026-01-05", "2026-02-04", 250)
    story.until("2026-02-06", since="2026-02-05")
    dispute = record_dispute.record(
        story.creditor, row.customer, receivable_id=row.pk, starts_on=date(2026, 2, 9), **story.stamp("2026-02-09")
    )
    story.until("2026-02-20")
    assert story.left()[-1] == "2026-02-20 firm F-2"
    end_suspension.end(story.creditor, dispute.pk, ends_on=date(2026, 3, 2), **story.stamp("2026-03-02"))
    story.pays("2026-03-02", 250, "F-2")
    assert story.explained("2026-03-02").situation.lines[0]["suspended_days"] == 21
    story.until("2026-04-10")
    assert story.left()[2:] == ["2026-03-13 firm F-1", "2026-03-27 notice F-1"], "21 days later than it would have been"


def test_promise_kept(story):
    row = story.invoice("F-1", "2026-01-05", "2026-02-04", 250)
    story.until("2026-02-06", since="2026-02-05")
    record_promise.record(
        story.creditor, row.customer, promised_for=date(2026, 2, 27), person="Mme Petit", starts_on=date(2026, 2, 9),
        **story.stamp("2026-02-09"),
    )  # fmt: skip
    story.until("2026-02-26")
    assert story.explained("2026-02-26").json["reason"] == "promised"
    story.pays("2026-02-27", 250, "F-1")
    story.until("2026-04-30")
    assert story.left() == ["2026-02-06 mail F-1"]


def test_promise_broken(story):
    """After the day and its grace chasing goes on by itself, where it stood; the waiting time does not count."""
    row = story.invoice("F-1", "2026-01-05", "2026-02-04", 250)
    story.until("2026-02-06", since="2026-02-05")
    record_promise.record(
        story.creditor, row.customer, promised_for=date(2026, 2, 18), starts_on=date(2026, 2, 9),
        **story.stamp("2026-02-09"),
    )  # fmt: skip
    story.until("2026-02-19")
    assert [task.kind for task in today(story.creditor, date(2026, 2, 19)).watch] == ["promise_due"]
    story.until("2026-04-10")
    assert story.left() == ["2026-02-06 mail F-1", "2026-03-04 firm F-1", "2026-03-18 notice F-1"]
    assert story.explained("2026-03-04").situation.lines[0]["suspended_days"] == 12


def test_invoices_of_different_ages(story):
    """Story 18: one message per customer with all its late invoices, its tone set by the oldest."""
    story.invoice("F-1", "2026-01-05", "2026-02-04", 100)
    story.invoice("F-2", "2026-01-19", "2026-02-18", 120)
    story.invoice("F-3", "2026-02-16", "2026-03-18", 400)
    story.until("2026-02-27", since="2026-02-05")
    assert story.left() == ["2026-02-06 mail F-1", "2026-02-20 firm F-1+F-2"]
    text = story.words()
    assert "F-1" in text
    assert "F-2" in text
    assert "F-3" not in text, "it is not due"
    story.pays("2026-03-02", 100, "F-1")
    story.until("2026-03-10")
    assert story.left()[2:] == ["2026-03-06 firm F-2"], "the oldest is paid: the tone falls to what the younger had"


def test_a_run_missed_for_ten_days(story):
    """Story 22: the next run does what was due, once, in order, with the gaps kept."""
    story.invoice("F-1", "2026-01-05", "2026-02-04", 250)
    story.until("2026-02-06", since="2026-02-05")
    story.until("2026-04-10", since="2026-03-02")
    assert story.left() == ["2026-02-06 mail F-1", "2026-03-02 firm F-1", "2026-03-09 notice F-1"]
    assert Action.objects.count() == 3


def test_imported_200_days_late(story):
    """Story 25: an old invoice starts politely and climbs with its gaps."""
    story.invoice("F-1", "2025-06-01", "2025-07-01", 1500)
    story.until("2026-04-01", since="2026-01-17")
    assert story.left() == [
        "2026-01-19 mail F-1",
        "2026-01-26 call F-1",
        "2026-02-02 firm F-1",
        "2026-02-09 manager-call F-1",
        "2026-02-16 notice F-1",
    ]


def test_a_consumer_never_hears_of_the_forty_euros(story):
    """Story 37."""
    story.customer("ALPHA", kind="consumer", name="Mme Aubry")
    story.invoice("F-1", "2026-01-05", "2026-02-04", 900)
    story.until("2026-05-30", since="2026-01-06")
    assert [line.split()[1] for line in story.left()][-1] == "notice"
    for action in Action.objects.filter(status="sent"):
        assert action.indemnity == 0
    for action in Action.objects.filter(status="sent", channel="email"):
        assert "40,00" not in story.words(action)
