"""Delivery through a real mail server: what leaves, what is refused by name, what is tried again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from encaisse.journal.keep import fetch
from encaisse.journal.models import Entry
from encaisse.journal.verify import verify
from encaisse.parties.models import Contact
from encaisse.recovery import (
    record_call,
    record_dispute,
    record_handover,
    record_pause,
    record_promise,
    record_standing,
)
from encaisse.recovery.approve import approve, withdraw
from encaisse.recovery.cancel import cancel
from encaisse.recovery.deliver import RETRY_AFTER, deliver, resolve_uncertain
from encaisse.recovery.edit import edit
from encaisse.recovery.message import preview
from encaisse.recovery.models import Action, Suspension
from encaisse.recovery.refusal import Refused
from encaisse.recovery.strategies import set_light
from encaisse.recovery.today import today
from tests.channels.mail_server import Plan, running
from tests.factories import instant, make_books, make_contact, make_invoice, make_payment
from tests.recovery.desk import ACTOR, MONDAY, codes, late_customer, ready, run, say_yes, send, the_action, use_server

pytestmark = pytest.mark.django_db
TUESDAY = MONDAY + timedelta(1)


def told(kind: str) -> list[Entry]:
    return list(Entry.objects.filter(kind=kind).order_by("pk"))


def test_a_mail_leaves_once_with_what_is_owed(creditor):
    """Story 2: the amount in the message is what is owed at the moment it leaves."""
    row = late_customer(creditor)
    ready(creditor)
    make_payment(row.customer, MONDAY, 20_000, {row: 20_000})
    with running() as server:
        use_server(creditor, server.port)
        assert codes(send(creditor)) == [("sent", "accepted")]
        assert send(creditor) == []
        (taken,) = server.taken
    action = the_action()
    assert (action.status, action.sent_on, action.principal) == ("sent", MONDAY, 100_000)
    assert taken.recipients == ("compta@alpha.example",)
    assert taken.message["Message-ID"] == action.message_id
    text = " ".join(taken.message.get_body(("plain",)).get_content().split())
    assert "1 200,00 1 000,00" in text, "the invoice's amount and what is open of it"
    assert "1 000,00 €" in text
    assert "1 200,00 €" not in text, "nobody is asked for it"
    assert [entry.kind for entry in Entry.objects.filter(chain="ALPHA").order_by("sequence")] == [
        "action_planned",
        "action_approved",
        "action_sending",
        "action_sent",
    ]
    assert verify(creditor).ok


def test_what_was_sent_is_kept_byte_for_byte(creditor):
    """Story 32: everything sent can be seen exactly as it was."""
    late_customer(creditor)
    ready(creditor)
    with running() as server:
        use_server(creditor, server.port)
        send(creditor)
        (taken,) = server.taken
    assert bytes(fetch(creditor.pk, the_action().documents[0]).content) == taken.content


def test_mails_of_a_case_are_one_conversation(creditor):
    late_customer(creditor, amount=20_000)
    with running() as server:
        use_server(creditor, server.port)
        for day in (MONDAY, MONDAY + timedelta(14)):
            ready(creditor, day)
            send(creditor, instant(day))
        first, second = (taken.message for taken in server.taken)
    assert second["In-Reply-To"] == first["Message-ID"]


# ------------------------------------------------------------------------------------------------- refusals, by name


def _paid(creditor, row):
    make_payment(row.customer, MONDAY, row.amount, {row: row.amount})


def _credit(creditor, row):
    make_payment(row.customer, MONDAY, row.amount)


def _bounced(creditor, row):
    Contact.objects.update(email_failed_on=MONDAY, phone="")
    row.customer.address = ""
    row.customer.save()


def _suspended(kind):
    """A record written while the delivery was under way: nothing had the time to call the action off."""

    def change(creditor, row):
        Suspension.objects.create(
            creditor=creditor, customer=row.customer, receivable=row, kind=kind, starts_on=MONDAY, author="x",
            recorded_at=instant(MONDAY),
        )  # fmt: skip

    return change


def _contacted(creditor, row):
    """A colleague called this morning and wrote it down."""
    other = Action.objects.get()
    Action.objects.create(
        creditor=creditor, case=other.case, customer=row.customer, day=MONDAY - timedelta(1), strategy="standard",
        strategy_version=1, step="call-by-hand", step_days=0, courtesy=True, template="call", channel="phone",
        status="sent", sent_on=MONDAY - timedelta(1), principal=0, interest=0, indemnity=0, planned_at=instant(MONDAY),
    )  # fmt: skip


CHANGES = {
    "paid_meanwhile": _paid,
    "covered_by_credit": _credit,
    "no_reachable_contact": _bounced,
    "contact_cap": _contacted,
    **{kind: _suspended(kind) for kind in Suspension.Kind.values},
}


@pytest.mark.parametrize("code", CHANGES)
def test_what_changed_after_the_approval_is_refused_by_name(creditor, code):
    """Stories 1 and 3: it does not leave, it says why, and the journal keeps it."""
    row = late_customer(creditor)
    ready(creditor)
    CHANGES[code](creditor, row)
    with running() as server:
        use_server(creditor, server.port)
        (outcome,) = send(creditor)
        assert (outcome.code, server.conversations) == (code, 0)
        assert send(creditor) == []
    assert outcome.text
    status = "failed" if code == "no_reachable_contact" else "cancelled"
    assert (the_action(step="mail").status, the_action(step="mail").outcome) == (status, code)
    (entry,) = told(f"action_{status}")
    assert f'"reason":"{code}"' in entry.payload


HELD = {"starts_on": MONDAY, "at": instant(MONDAY), "actor": ACTOR}
RECORDS = {
    "disputed": lambda row: record_dispute.record(row.creditor, row.customer, receivable_id=row.pk, **HELD),
    "promised": lambda row: record_promise.record(row.creditor, row.customer, promised_for=MONDAY, **HELD),
    "paused": lambda row: record_pause.record(
        row.creditor, scope="customer", customer=row.customer, reason="congés", **HELD
    ),
    "handed_over": lambda row: record_handover.record(row.creditor, row.customer, recipient="Étude Petit", **HELD),
    "debit_pending": lambda row: record_standing.record(
        row.creditor, row.customer, kind="debit_pending", reason="prélèvement SEPA", **HELD
    ),
}


@pytest.mark.parametrize("code", RECORDS)
def test_a_record_calls_off_at_once_what_waits(creditor, code):
    row = late_customer(creditor)
    ready(creditor)
    RECORDS[code](row)
    assert (the_action().status, the_action().outcome) == ("cancelled", code)
    assert send(creditor) == []


def test_another_step_is_right_by_now(creditor):
    """The invoice that had carried the firm tone is paid; the younger one gets its own, friendly mail."""
    old = late_customer(creditor, amount=20_000)
    ready(creditor)
    send(creditor)
    later = MONDAY + timedelta(14)
    make_invoice(old.customer, "F-YOUNG", MONDAY - timedelta(20), later - timedelta(3), 5_000)
    (firm,) = ready(creditor, later)
    assert firm.step == "firm"
    make_payment(old.customer, later, 20_000, {old: 20_000})
    assert codes(send(creditor, instant(later))) == [("cancelled", "step_changed")]
    assert run(creditor, later).planned == 0, "one action a day"
    assert [action.step for action in ready(creditor, later + timedelta(1))] == ["mail"]


def test_an_edited_text_is_read_again_when_the_figures_changed(creditor):
    row = late_customer(creditor)
    run(creditor)
    action = the_action()
    source = preview(creditor, action, day=MONDAY).source
    edit(creditor, action.pk, source.replace("Bonjour", "Bonjour Paul"), at=instant(MONDAY, 9), actor=ACTOR)
    say_yes(creditor)
    make_payment(row.customer, MONDAY, 20_000, {row: 20_000})
    assert codes(send(creditor)) == [("planned", "facts_changed")]
    action = the_action()
    assert (action.approved_at, action.principal, list(action.lines.values_list("amount", flat=True))) == (
        None,
        100_000,
        [100_000],
    )
    assert send(creditor) == []
    say_yes(creditor)
    assert codes(send(creditor)) == [("sent", "kept_locally")]


# ------------------------------------------------------------------------------------------- what waits and then leaves


@pytest.mark.parametrize(
    ("hour", "minute", "leaves"), [(7, 59, False), (8, 0, True), (19, 59, True), (20, 0, False), (23, 0, False)]
)
def test_nothing_leaves_outside_contact_hours(creditor, hour, minute, leaves):
    """Story 24, the hours."""
    late_customer(creditor)
    ready(creditor)
    expected = [("sent", "kept_locally")] if leaves else [("approved", "quiet_hour")]
    assert codes(send(creditor, instant(MONDAY, hour, minute))) == expected
    if not leaves:
        assert codes(send(creditor, instant(TUESDAY))) == [("sent", "kept_locally")]


def test_the_hour_is_that_of_the_recipient(creditor):
    """Nine in the morning in Paris is four in Guadeloupe."""
    late_customer(creditor, postcode="97110", city="Pointe-à-Pitre")
    ready(creditor)
    assert codes(send(creditor, instant(MONDAY, 9))) == [("approved", "quiet_hour")]
    assert codes(send(creditor, instant(MONDAY, 14))) == [("sent", "kept_locally")]


QUIET = {"saturday": date(2026, 3, 7), "sunday": date(2026, 3, 8), "easter-monday": date(2026, 4, 6)}


@pytest.mark.parametrize("day", QUIET.values(), ids=QUIET)
def test_nothing_leaves_on_a_quiet_day(creditor, day):
    late_customer(creditor, on=day - timedelta(3), late=4)
    ready(creditor, day - timedelta(3))
    assert codes(send(creditor, instant(day))) == [("approved", "quiet_day")]
    assert len(told("delivery_waits")) == 1
    assert codes(send(creditor, instant(day))) == [("approved", "quiet_day")]
    assert len(told("delivery_waits")) == 1, "told once, not every minute"


def test_a_light_switched_off_holds_back_what_was_approved(creditor):
    late_customer(creditor)
    ready(creditor)
    set_light(creditor, "standard", "off", at=instant(MONDAY), actor=ACTOR)
    assert codes(send(creditor)) == [("approved", "light_off")]
    set_light(creditor, "standard", "review", at=instant(MONDAY), actor=ACTOR)
    assert codes(send(creditor)) == [("sent", "kept_locally")]


def test_stale_books_hold_back_what_was_approved(creditor):
    late_customer(creditor)
    make_books(creditor, MONDAY - timedelta(35))
    ready(creditor)
    assert codes(send(creditor, instant(TUESDAY))) == [("approved", "stale_books")]
    make_books(creditor, TUESDAY)
    assert codes(send(creditor, instant(TUESDAY))) == [("sent", "kept_locally")]


def test_without_a_sender_nothing_leaves_until_there_is_one(creditor):
    creditor.sender_email = ""
    creditor.save()
    late_customer(creditor)
    ready(creditor)
    assert codes(send(creditor)) == [("approved", "no_sender")]
    creditor.sender_email = "claire@lefevre.example"
    creditor.save()
    assert codes(send(creditor)) == [("sent", "kept_locally")]


# ------------------------------------------------------------------------------- mail servers: later, next contact


def test_a_server_that_is_down_is_tried_again_by_the_schedule(creditor):
    late_customer(creditor)
    ready(creditor)
    use_server(creditor, 9)
    now = instant(MONDAY, 8)
    for minutes in RETRY_AFTER:
        assert codes(send(creditor, now)) == [("approved", "server_unreachable")]
        assert send(creditor, now + timedelta(minutes=minutes, seconds=-1)) == []
        now += timedelta(minutes=minutes)
    assert codes(send(creditor, now)) == [("failed", "server_unreachable")]
    action = the_action()
    assert (action.attempts, action.sent_on) == (len(RETRY_AFTER) + 1, None)
    assert len(told("action_retried_later")) == len(RETRY_AFTER)
    assert send(creditor, now + timedelta(days=1)) == []
    assert run(creditor, TUESDAY).planned == 1, "the step was not done: it is called for again"


def test_a_second_try_is_the_same_message(creditor):
    late_customer(creditor)
    ready(creditor)
    with running(Plan(answers={"rcpt": "451 greylisted"})) as server:
        use_server(creditor, server.port)
        assert codes(send(creditor)) == [("approved", "recipient_refused")]
        identity = the_action().message_id
        server.plan = Plan()
        assert codes(send(creditor, instant(MONDAY, 10, 5))) == [("sent", "accepted")]
        assert [taken.message["Message-ID"] for taken in server.taken] == [identity]


def test_a_bounce_goes_on_to_the_next_contact_then_to_a_letter_then_to_a_task(creditor):
    """Story 28: the contact for invoices first; if it bounces, the next one; if none is left, a task."""
    row = late_customer(creditor, phone="", amount=20_000)
    make_contact(row.customer, email="direction@alpha.example", name="Anne Petit")
    with running(Plan(refuse_recipients={"compta@alpha.example": "550 gone"})) as server:
        use_server(creditor, server.port)
        ready(creditor)
        assert codes(send(creditor)) == [("failed", "recipient_refused")]
        ready(creditor, TUESDAY)
        assert codes(send(creditor, instant(TUESDAY))) == [("sent", "accepted")]
        assert server.recipients == ["direction@alpha.example"]
        assert "Anne Petit" in str(server.taken[0].message["To"])
    Contact.objects.update(email_failed_on=TUESDAY)
    third = MONDAY + timedelta(14)
    ready(creditor, third)
    assert codes(send(creditor, instant(third))) == [("sent", "laid_in_tray")]
    row.customer.address = ""
    row.customer.save()
    fourth = third + timedelta(14)
    run(creditor, fourth)
    assert [task.kind for task in today(creditor, fourth).mend if task.kind != "failed"] == ["no_reachable_contact"]


def test_a_refusal_of_our_server_does_not_condemn_the_contact(creditor):
    late_customer(creditor)
    ready(creditor)
    with running(Plan(answers={"mail": "550 we do not know you"})) as server:
        use_server(creditor, server.port)
        assert codes(send(creditor)) == [("approved", "sender_refused")]
    assert Contact.objects.get().email_failed_on is None


@pytest.mark.parametrize("how", ["drop", "stall"])
def test_a_message_that_may_have_arrived_is_shown_and_never_sent_again(creditor, how, monkeypatch):
    late_customer(creditor)
    ready(creditor)
    with running(Plan(**{how: "taken"})) as server:
        use_server(creditor, server.port)
        if how == "stall":
            monkeypatch.setattr("encaisse.recovery.hand_over.server_of", _impatient(creditor))
        assert codes(send(creditor)) == [("uncertain", "no_answer_after_data")]
        server.plan = Plan()
        for day in range(5):
            assert send(creditor, instant(MONDAY + timedelta(day))) == []
            assert run(creditor, MONDAY + timedelta(day)).planned == 0
        assert len(server.taken) == 1


def _impatient(creditor):
    from encaisse.channels.email.smtp import Server

    server = Server("127.0.0.1", creditor.smtp_port, "none", timeout=0.5)
    return lambda _creditor: server


@pytest.mark.parametrize("was_sent", [True, False])
def test_a_person_resolves_a_doubt(creditor, was_sent):
    late_customer(creditor)
    ready(creditor)
    with running(Plan(drop="taken")) as server:
        use_server(creditor, server.port)
        send(creditor)
    resolve_uncertain(creditor, the_action().pk, was_sent, at=instant(MONDAY, 15), actor=ACTOR)
    assert the_action().status == ("sent" if was_sent else "failed")
    assert run(creditor, TUESDAY).planned == (0 if was_sent else 1)
    with pytest.raises(Refused, match=r"."):
        resolve_uncertain(creditor, the_action(day=MONDAY).pk, was_sent, at=instant(MONDAY, 15), actor=ACTOR)


def test_one_bad_address_does_not_hold_back_the_others(creditor):
    """An address that is none (an old import), first in the queue."""
    late_customer(creditor, "ALPHA", email="not an address")
    late_customer(creditor, "BETA", email="compta@beta.example")
    ready(creditor)
    with running() as server:
        use_server(creditor, server.port)
        outcomes = send(creditor)
        assert server.recipients == ["compta@beta.example"]
    assert codes(outcomes)[1] == ("sent", "accepted")
    assert codes(outcomes)[0] == ("failed", "address_invalid")
    assert Contact.objects.get(customer__code="ALPHA").email_failed_on == MONDAY


def test_trouble_with_one_action_does_not_hold_back_the_others(creditor):
    """Something nobody thought of: a customer in a place without a calendar. It is told, tried again, shown."""
    late_customer(creditor, "ALPHA")
    late_customer(creditor, "BETA", email="compta@beta.example")
    first, second = ready(creditor)
    first.customer.region = "Atlantis"
    first.customer.save()
    now = instant(MONDAY, 8)
    assert codes(send(creditor, now)) == [("approved", "unexpected_error"), ("sent", "kept_locally")]
    assert the_action(pk=second.pk).status == "sent"
    for minutes in RETRY_AFTER:
        now += timedelta(minutes=minutes)
        (outcome,) = send(creditor, now)
    assert (outcome.status, outcome.code) == ("failed", "unexpected_error")
    (task,) = today(creditor, MONDAY).mend
    assert (task.code, bool(task.why)) == ("ALPHA", True)
    assert verify(creditor).ok


# ------------------------------------------------------------------------------------------- who may do what when


def test_an_action_is_approved_once_and_may_be_taken_back(creditor):
    late_customer(creditor)
    run(creditor)
    action = the_action()
    assert approve(creditor, [action.pk], at=instant(MONDAY), actor=ACTOR).approved == 1
    assert approve(creditor, [action.pk], at=instant(MONDAY), actor=ACTOR).approved == 0
    withdraw(creditor, action.pk, at=instant(MONDAY), actor=ACTOR)
    assert send(creditor) == []
    assert deliver(creditor, action.pk, now=instant(MONDAY), actor=ACTOR).code == "not_approved"
    say_yes(creditor)
    assert codes(send(creditor)) == [("sent", "kept_locally")]
    (refused,) = approve(creditor, [action.pk], at=instant(MONDAY), actor=ACTOR).refused
    assert refused[1] == "already_finished"
    for verb in (lambda: withdraw(creditor, action.pk, at=instant(MONDAY), actor=ACTOR),
                 lambda: cancel(creditor, action.pk, "x", at=instant(MONDAY), actor=ACTOR),
                 lambda: edit(creditor, action.pk, "x\n\ny", at=instant(MONDAY), actor=ACTOR)):  # fmt: skip
        with pytest.raises(Refused):
            verb()


def test_a_cancelled_action_keeps_its_reason(creditor):
    late_customer(creditor)
    run(creditor)
    with pytest.raises(Refused) as refusal:
        cancel(creditor, the_action().pk, "  ", at=instant(MONDAY), actor=ACTOR)
    assert refusal.value.code == "reason_missing"
    cancel(creditor, the_action().pk, "appelé ce matin", at=instant(MONDAY), actor=ACTOR)
    assert (the_action().status, the_action().outcome, the_action().note) == ("cancelled", "by_hand", "appelé ce matin")
    assert run(creditor).planned == 0, "not planned again on the same day"


def test_a_call_is_made_and_not_approved(creditor):
    late_customer(creditor, late=10)
    Action.objects.all().delete()
    run(creditor, MONDAY - timedelta(7))
    say_yes(creditor, MONDAY - timedelta(7))
    send(creditor, instant(MONDAY - timedelta(7)))
    run(creditor)
    call = the_action(channel="phone")
    (refused,) = approve(creditor, [call.pk], at=instant(MONDAY), actor=ACTOR).refused
    assert refused[1] == "call_not_approved"
    assert send(creditor) == []
    record_call.record(creditor, call.customer, action_id=call.pk, result="voicemail", at=instant(MONDAY), actor=ACTOR)
    assert the_action(pk=call.pk).status == "sent"
