"""A decision of the past is made again from what was known then, and says the same (story 16, rule 3 of the house)."""

from __future__ import annotations

from datetime import date

import pytest

from encaisse.parties.models import Customer
from encaisse.recovery import end_suspension, record_dispute, record_pause
from encaisse.recovery.explain import explain
from encaisse.recovery.models import Run
from encaisse.recovery.refusal import Refused

pytestmark = pytest.mark.django_db


def verdicts_of(story, days) -> dict[date, dict]:
    """Run these days as usual, and keep what each run said."""
    said = {}
    for day in days:
        result = story.a_day(day)
        said[story.today] = result.verdicts[0] if result.verdicts else None
    return said


def said_again(story, day: date) -> dict:
    """The same day explained now, from what its run knew."""
    run = Run.objects.filter(day=day).earliest("pk")
    record = explain(story.creditor, Customer.objects.get(), day, known_at=run.started_at).json
    return {key: record[key] for key in record if key not in ("why", "day")}


DAYS = ["2026-02-05", "2026-02-06", "2026-02-09", "2026-02-13", "2026-02-20", "2026-02-23", "2026-03-02"]


def test_every_day_of_a_case_says_again_what_its_run_said(story):
    """Mails and calls that left since, a payment that came since, a dispute since ended: none was known then."""
    row = story.invoice("F-1", "2026-01-05", "2026-02-04", 500)
    story.invoice("F-2", "2026-01-12", "2026-02-11", 90)
    said = verdicts_of(story, DAYS[:5])
    dispute = record_dispute.record(
        story.creditor, row.customer, receivable_id=row.pk, starts_on=date(2026, 2, 20), **story.stamp("2026-02-20", 12)
    )
    said |= verdicts_of(story, DAYS[5:6])
    end_suspension.end(story.creditor, dispute.pk, ends_on=date(2026, 2, 23), **story.stamp("2026-02-23", 12))
    said |= verdicts_of(story, DAYS[6:])
    story.pays("2026-03-03", 590, "F-1", "F-2")
    assert {verdict["step"] for verdict in said.values()} >= {"mail", "call", "firm", None}
    assert {day: said_again(story, day) for day in said} == said


def test_a_payment_booked_late_does_not_change_what_was_said(story):
    """It is dated the 9th and was entered on the 16th: the run of the 13th could not know."""
    row = story.invoice("F-1", "2026-01-05", "2026-02-04", 500)
    said = verdicts_of(story, DAYS[1:4])
    payment = story.pays("2026-02-09", 500, "F-1")
    payment.allocations.update(recorded_at=story.stamp("2026-02-16")["at"])
    payment.recorded_at = story.stamp("2026-02-16")["at"]
    payment.save()
    assert row.allocations.count() == 1
    assert {day: said_again(story, day) for day in said} == said
    assert story.explained("2026-02-13").json["reason"] == "nothing_owed", "as we know it today"


def test_a_pause_given_today_does_not_rewrite_yesterday(story):
    """Story 16, and nobody can date one back."""
    row = story.invoice("F-1", "2026-01-05", "2026-02-04", 500)
    said = verdicts_of(story, DAYS[:3])
    with pytest.raises(Refused) as refusal:
        record_pause.record(
            story.creditor, scope="customer", customer=row.customer, starts_on=date(2026, 2, 5), reason="x",
            **story.stamp("2026-02-10"),
        )  # fmt: skip
    assert refusal.value.code == "in_the_past"
    record_pause.record(
        story.creditor, scope="customer", customer=row.customer, starts_on=date(2026, 2, 10), reason="inondation",
        **story.stamp("2026-02-10"),
    )  # fmt: skip
    assert story.explained("2026-02-10").json["reason"] == "paused"
    assert {day: said_again(story, day) for day in said} == said
    assert story.explained("2026-02-05").json["reason"] == said[date(2026, 2, 5)]["reason"]


def test_days_that_nobody_changed_need_no_instant(story):
    """A day on which nothing happened says the same whenever it is asked."""
    story.invoice("F-1", "2026-01-05", "2026-02-04", 500)
    said = verdicts_of(story, ["2026-02-05", "2026-02-06", "2026-02-10"])
    for day in (date(2026, 2, 5), date(2026, 2, 10)):
        record = story.explained(day).json
        assert {key: record[key] for key in said[day]} == said[day]
