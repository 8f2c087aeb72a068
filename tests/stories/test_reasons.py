"""A story for every reason code: what the run says, and the same in words, in French and in English."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django_scopes import scope
from django_scopes.exceptions import ScopeError

from encaisse.engine import NO_ACTION, NOT_CHASEABLE
from encaisse.journal.models import Entry
from encaisse.ledger.models import BankAccount, BankTransaction, Match, MatchPart, Receivable
from encaisse.parties.models import Contact, Customer
from encaisse.recovery import (
    record_dispute,
    record_handover,
    record_pause,
    record_plan,
    record_promise,
    record_standing,
)
from encaisse.recovery.models import Action, Case, Suspension
from encaisse.recovery.today import today
from tests.factories import make_books
from tests.recovery.desk import new_creditor
from tests.stories.telling import Story

pytestmark = pytest.mark.django_db
MONDAY = "2026-03-02"
DAY = date(2026, 3, 2)


def late(story: Story, amount: int = 1200, due: str = "2026-02-27") -> Receivable:
    """One invoice whose first mail would leave on Monday 2 March."""
    return story.invoice("F-1", "2026-01-28", due, amount)


def held(story: Story) -> dict[str, Any]:
    return {"starts_on": DAY, **story.stamp(MONDAY, 1)}


def proposed(story: Story, row: Receivable) -> Match:
    """A movement of the receivable's amount, matched but not booked."""
    stamp = {"creditor": story.creditor, "recorded_at": story.stamp(MONDAY, 1)["at"]}
    account = BankAccount.objects.create(creditor=story.creditor, number="FR76", currency="EUR")
    movement = BankTransaction.objects.create(
        account=account, key="1", booked_on=DAY, amount=row.amount, currency="EUR", state="proposed", **stamp
    )
    match = Match.objects.create(
        movement=movement, customer=row.customer, state="proposed", score=Decimal("0.9"), actor="autopilot", **stamp
    )
    MatchPart.objects.create(creditor=story.creditor, match=match, receivable=row, amount=row.amount)
    return match


def nothing_owed(story: Story) -> None:
    row = late(story)
    story.pays("2026-02-20", 500, "F-1")
    story.pays("2026-02-27", 700, "F-1")
    assert row.allocations.count() == 2


def covered_by_credit(story: Story) -> None:
    """Story 3: an unallocated transfer covers the debt."""
    late(story)
    story.pays("2026-02-26", 1200)


def disputed(story: Story) -> None:
    row = late(story)
    record_dispute.record(story.creditor, row.customer, receivable_id=row.pk, ground="quality", **held(story))


def promised(story: Story) -> None:
    row = late(story)
    record_promise.record(story.creditor, row.customer, promised_for=date(2026, 3, 9), **held(story))


def plan_running(story: Story) -> None:
    row = late(story)
    parts = [(date(2026, 3, 15), 60_000), (date(2026, 4, 15), 60_000)]
    record_plan.record(story.creditor, row.customer, instalments=parts, acknowledged=True, **held(story))


def paused(story: Story) -> None:
    row = late(story)
    record_pause.record(story.creditor, scope="customer", customer=row.customer, reason="inondation", **held(story))


def payment_seen(story: Story) -> None:
    """Story 9: money at the bank seems to pay it; nobody has said yes yet."""
    row = late(story)
    proposed(story, row)


def debit_pending(story: Story) -> None:
    """Story 15."""
    row = late(story)
    record_standing.record(
        story.creditor, row.customer, kind="debit_pending", reason="prélèvement du 6 mars", **held(story)
    )


def assigned(story: Story) -> None:
    row = late(story)
    record_handover.record(story.creditor, row.customer, recipient="Factor SA", assigned=True, **held(story))


def handed_over(story: Story) -> None:
    row = late(story)
    record_handover.record(story.creditor, row.customer, recipient="Me Petit", **held(story))


def insolvent(story: Story) -> None:
    row = late(story)
    record_standing.record(story.creditor, row.customer, kind="insolvent", reason="BODACC n° 1234", **held(story))


def deceased(story: Story) -> None:
    row = late(story)
    record_standing.record(story.creditor, row.customer, kind="deceased", reason="courrier du notaire", **held(story))


def awaiting_approval(story: Story) -> None:
    """Story 17: the mail of Friday waits for a yes."""
    late(story, due="2026-02-24")
    assert story.run("2026-02-27").planned == 1


def stale_books(story: Story) -> None:
    make_books(story.creditor, date(2026, 1, 20))
    late(story)


def below_minimum(story: Story) -> None:
    story.creditor.minimum = 5_000
    story.creditor.save()
    late(story, amount=49)


def contact_cap(story: Story) -> None:
    """Story 8: the word before the due date of one invoice left on Wednesday; the other's mail waits for Wednesday."""
    story.invoice("F-0", "2026-01-10", "2026-02-23", 300)
    story.until("2026-02-25", since="2026-02-25")
    assert story.left() == ["2026-02-25 mail F-0"]
    late(story, amount=400)
    story.pays("2026-02-26", 300, "F-0")


def no_reachable_contact(story: Story) -> None:
    """Story 28: never a silent queue."""
    story.customer("ALPHA", email="", phone="", address="", city="")
    late(story)


def quiet_day(story: Story) -> None:
    """Story 24: due to leave on Saturday."""
    late(story, due="2026-02-26")


def strategy_finished(story: Story) -> None:
    story.invoice("F-1", "2025-12-05", "2026-01-05", 200)
    story.until("2026-03-01", since="2026-01-06")
    assert story.left()[-1].split()[1] == "notice"


def case_further_on(story: Story) -> None:
    """Stories 13 and 18: the oldest has had its firm mail; the younger one rides along in the next message."""
    story.invoice("F-0", "2026-01-09", "2026-02-09", 100)
    story.until("2026-02-25", since="2026-02-10")
    assert story.left()[-1] == "2026-02-25 firm F-0"
    late(story, amount=100)


def not_yet(story: Story) -> None:
    """Story 5: an invoice due today is not late."""
    late(story, due=MONDAY)


ALL = {
    tell.__name__: tell
    for tell in (
        nothing_owed, covered_by_credit, disputed, promised, plan_running, paused, payment_seen, debit_pending,
        assigned, handed_over, insolvent, deceased, awaiting_approval, stale_books, below_minimum, contact_cap,
        no_reachable_contact, quiet_day, strategy_finished, case_further_on, not_yet,
    )
}  # fmt: skip
DAYS = {"quiet_day": "2026-02-28"}


def test_every_reason_has_its_story():
    assert set(ALL) == {*NOT_CHASEABLE, *NO_ACTION}


@pytest.mark.parametrize("code", ALL)
def test_the_run_says_it_and_explain_says_it_in_words(story, code):
    ALL[code](story)
    before = Action.objects.count()
    day = DAYS.get(code, MONDAY)
    result = story.run(day)
    assert result.planned == 0
    assert Action.objects.count() == before
    if code == "nothing_owed":
        assert result.verdicts == []
    else:
        (verdict,) = result.verdicts
        assert (verdict["step"], verdict["reason"]) == (None, code)
    told = {language: story.explained(day, language=language) for language in ("fr", "en")}
    for explained in told.values():
        assert (explained.json["step"], explained.json["reason"]) == (None, code)
        assert explained.sentence
        assert "{" not in "".join(explained.texts)
        if code != "nothing_owed":
            assert explained.json["why"][0]["code"] == code
            assert explained.json["why"][0]["text"] == explained.sentence
            assert {key: explained.json[key] for key in verdict} == verdict, "explain and run say the same"
    if code != "nothing_owed":  # whose words are the program's own, not the engine's
        assert told["fr"].sentence != told["en"].sentence


def reasons_of_lines(story: Story) -> dict[str, str | None]:
    return {line["row"].number: line["reason"] for line in story.explained(MONDAY).situation.lines}


@pytest.mark.parametrize("code", sorted(set(NOT_CHASEABLE) - {"nothing_owed", "covered_by_credit", "payment_seen"}))
def test_what_is_not_chased_says_why_beside_what_is(story, code):
    """Stories 11 and 13: one invoice is held back, the other is chased, and each says why."""
    ALL[code](story)
    Suspension.objects.update(receivable=story.rows["F-1"])
    story.invoice("F-2", "2026-01-28", "2026-02-27", 400)
    assert story.run(MONDAY).verdicts[0]["receivables"] == ["F-2"]
    assert reasons_of_lines(story) == {"F-1": code, "F-2": None}
    for language in ("fr", "en"):
        explained = story.explained(MONDAY, language=language)
        (reason,) = [one for one in explained.json["why"] if one["code"] == code]
        assert "F-1" in reason["text"]


def test_part_of_a_debt_covered_by_a_credit_is_netted_oldest_first(story):
    """Story 3: what the customer has with us is taken off before anything is asked for."""
    story.invoice("F-0", "2026-01-28", "2026-02-26", 300)
    late(story, amount=500)
    story.pays("2026-02-26", 350)
    (verdict,) = story.run(MONDAY).verdicts
    assert (verdict["receivables"], verdict["principal"]) == (["F-1"], "450.00")
    assert reasons_of_lines(story)["F-0"] == "covered_by_credit"


@pytest.mark.parametrize("code", ["no_reachable_contact", "strategy_finished"])
def test_what_a_person_must_do_is_on_todays_page(story, code):
    ALL[code](story)
    story.run(MONDAY)
    page = today(story.creditor, DAY)
    assert code in [task.kind for task in (*page.mend, *page.watch)]
    assert all(task.title and task.why and task.otherwise for task in (*page.mend, *page.watch))


def test_an_unknown_rate_stops_the_figure_not_the_program(story):
    """Story 39: interest up to the last rate that is published, the reason named, and the message still right."""
    story.invoice("F-1", "2031-11-01", "2031-12-01", 1200)
    (verdict,) = story.run("2032-03-01").verdicts
    assert verdict["step"] == "mail"
    codes = [reason["code"] for reason in story.explained("2032-03-01").json["why"]]
    assert "rate_unknown" in codes


# ----------------------------------------------------------------------------------------------------------- two worlds


def test_two_creditors_never_see_each_other(story):
    """Story 60: the same customer code at two creditors."""
    late(story)
    other = new_creditor(name="Autre SAS")
    with scope(creditor=other):
        theirs = Story(other)
        theirs.invoice("F-1", "2026-01-28", "2026-02-27", 999)
        (verdict,) = theirs.run(MONDAY).verdicts
        assert verdict["principal"] == "999.00"
        record_pause.record(other, scope="creditor", reason="fermeture", **held(theirs))
    (verdict,) = story.run(MONDAY).verdicts
    assert (verdict["step"], verdict["principal"]) == ("mail", "1200.00")
    assert Customer.objects.count() == Case.objects.count() == Action.objects.count() == 1
    assert not Entry.objects.filter(kind="pause_recorded").exists()


@pytest.mark.parametrize("model", [Customer, Contact, Receivable, Case, Action, Entry])
def test_an_unscoped_query_raises(db, model):
    with pytest.raises(ScopeError):
        model.objects.count()
