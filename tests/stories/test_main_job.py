"""What users of other systems asked for, one story each; the numbers are those of the collection of stories."""

from __future__ import annotations

import html
import io
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from itertools import pairwise

import pytest
from django.conf import settings
from pypdf import PdfReader

from encaisse.journal.keep import fetch
from encaisse.ledger import attach_document
from encaisse.ledger.balance import BUCKETS, aging, open_items, unallocated
from encaisse.ledger.models import Allocation, Payment, Receivable
from encaisse.parties.models import Creditor, Customer, Member, User
from encaisse.recovery import end_suspension, record_call, record_pause, record_standing, strategies
from encaisse.recovery.message import preview
from encaisse.recovery.models import Action, Case, Strategy
from encaisse.recovery.notify import notify
from encaisse.recovery.print_batch import print_batch
from encaisse.recovery.refusal import Refused
from encaisse.recovery.today import today
from tests.channels.mail_server import Plan, running
from tests.stories.telling import said

pytestmark = pytest.mark.django_db
MONDAY = "2026-03-02"


def pdf(marker: str) -> bytes:
    """The smallest PDF whose bytes tell whose it is."""
    return b"%PDF-1.4\n% " + marker.encode() + b"\n%%EOF\n"


def words_of_pdf(content: bytes) -> str:
    return said(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


# -------------------------------------------------------------------------------------------------- do not embarrass me


def test_02_the_amount_is_what_is_owed_when_it_leaves(story):
    """Several invoices, part payments, and one more payment between the approval and the hand-over."""
    story.invoice("F-1", "2026-01-26", "2026-02-25", 1000)
    story.invoice("F-2", "2026-01-27", "2026-02-26", "250,50")
    story.pays("2026-02-20", 400, "F-1")
    story.run(MONDAY)
    assert story.action().principal == 60_000 + 25_050
    story.approve_all()
    story.pays(MONDAY, "100,25", "F-1")
    assert story.send(hour=15) == [("sent", "kept_locally")]
    assert story.action().principal == 75_025
    words = story.words()
    assert "499,75" in words
    assert "250,50" in words
    assert "750,25 €" in words
    assert "850,50" not in words


def test_03_credits_are_netted_before_chasing(story):
    """An open credit note and an unallocated transfer, neither of which anybody has matched."""
    story.invoice("F-1", "2026-01-26", "2026-02-25", 1000)
    story.credit_note("2026-02-10", 100)
    story.pays("2026-02-12", 150)
    story.a_day(MONDAY)
    assert story.action().principal == 75_000
    assert "750,00 €" in story.words()
    story.pays("2026-03-03", 750)
    for day in ("2026-03-04", "2026-03-16", "2026-05-04"):
        assert story.a_day(day).verdicts[0]["reason"] == "covered_by_credit"
    assert len(story.left()) == 1


def test_05_due_today_is_not_late_and_sent_yesterday_gets_no_reminder(story):
    story.invoice("F-1", "2026-02-01", MONDAY, 400)
    story.invoice("F-2", "2026-03-01", "2026-03-31", 5000)
    assert story.run(MONDAY).planned == 0
    verdict = story.explained(MONDAY)
    assert (verdict.aging["not_due"], sum(verdict.aging.values())) == (540_000, 540_000)
    story.until("2026-03-04")
    assert story.left() == ["2026-03-04 mail F-1"], "two days after the due date, and of that invoice alone"


def test_06_attachments_come_from_the_messages_own_invoices(story):
    """Two customers in one run, both late enough for a notice with their invoices."""
    for code, number in (("ALPHA", "F-1"), ("ALPHA", "F-2"), ("BETA", "G-1")):
        story.invoice(number, "2025-06-01", "2025-07-01", 200, of=code)
        attach_document.attach(story.creditor, pdf(number), f"{number}.pdf", **story.stamp("2026-01-10"))
    story.pays("2025-12-01", 200, "F-2")
    story.until("2026-03-31", since="2026-01-12")
    notices = Action.objects.filter(step="notice").order_by("customer__code")
    assert [action.customer.code for action in notices] == ["ALPHA", "BETA"]
    for action, own, foreign in zip(notices, ("F-1", "G-1"), (("F-2", "G-1"), ("F-1", "F-2")), strict=True):
        kept = [bytes(fetch(story.creditor.pk, digest).content) for digest in action.documents]
        assert pdf(own) in kept, "story 19: the invoice travels with the reminder"
        assert not any(pdf(other) in kept for other in foreign)
        letter = words_of_pdf(kept[0])
        assert action.customer.name in letter
        assert not any(number in letter for number in foreign)


def test_07_not_to_be_chased_is_silent_everywhere(story):
    row = story.invoice("F-1", "2025-06-01", "2025-07-01", 5000)
    story.run(MONDAY)
    record_pause.record(
        story.creditor, scope="customer", customer=row.customer, starts_on=date(2026, 3, 2),
        reason="beau-frère du gérant", **story.stamp(MONDAY),
    )  # fmt: skip
    assert story.action().status == "cancelled"
    for day in ("2026-03-03", "2026-03-31", "2026-06-30"):
        story.a_day(day)
    assert story.left() == []
    page = today(story.creditor, date(2026, 6, 30))
    assert page.empty
    with pytest.raises(Refused) as refusal:
        print_batch(story.creditor, date(2026, 6, 30))
    assert refusal.value.code == "no_letters"
    assert story.verdict("2026-06-30")["reason"] == "paused"


def test_08_never_daily_and_never_for_ever(story):
    """The cap counts what a colleague did by hand; and after the last step nothing leaves by itself for a year."""
    row = story.invoice("F-1", "2026-01-28", "2026-02-27", 5000)
    record_call.record(story.creditor, row.customer, result="voicemail", **story.stamp("2026-02-27"))
    story.until("2027-03-01", since=MONDAY)
    days = [date.fromisoformat(line.split()[0]) for line in story.left()]
    assert min((b - a).days for a, b in pairwise(days)) >= 7
    assert story.left()[1] == "2026-03-06 mail F-1"
    assert days[-1] < date(2026, 5, 1)
    assert Case.objects.get().verdict_reason == "strategy_finished"


def test_13_reminding_one_invoice_never_silences_or_resets_the_others(story):
    story.invoice("F-1", "2026-01-05", "2026-02-04", 100)
    story.invoice("F-2", "2026-01-19", "2026-02-18", 100)
    story.until("2026-02-27", since="2026-02-05")
    story.pays("2026-03-02", 100, "F-1")
    story.until("2026-05-01", since="2026-03-02")
    assert story.left() == [
        "2026-02-06 mail F-1",
        "2026-02-20 firm F-1+F-2",
        "2026-03-06 firm F-2",
        "2026-03-20 notice F-2",
    ], "the younger rode along, kept its own stage and went on by itself"


# ---------------------------------------------------------------------------------------------------- let me hold back


@pytest.mark.parametrize("scope", ["receivable", "case", "customer", "creditor"])
def test_14_a_pause_has_start_end_reason_author_and_scope_and_ends_by_itself(story, scope):
    row = story.invoice("F-1", "2026-01-28", "2026-02-27", 200)
    story.invoice("F-2", "2026-01-28", "2026-02-27", 300)
    story.invoice("U-1", "2026-01-28", "2026-02-27", 400, currency="USD")
    story.invoice("G-1", "2026-01-28", "2026-02-27", 500, of="BETA")
    pause = record_pause.record(
        story.creditor, scope=scope, customer=None if scope == "creditor" else row.customer, receivable_id=row.pk,
        starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 9), reason="inventaire", **story.stamp(MONDAY, 1),
    )  # fmt: skip
    assert (pause.author, pause.reason) == ("claire.morel@lefevre.example", "inventaire")
    numbers = {"receivable": {"F-1"}, "case": {"F-1", "F-2"}, "customer": {"F-1", "F-2", "U-1"}}
    stopped = numbers.get(scope, {"F-1", "F-2", "U-1", "G-1"})
    chased = {number for one in story.run(MONDAY).verdicts for number in one["receivables"]}
    assert chased == {"F-1", "F-2", "U-1", "G-1"} - stopped
    Action.objects.all().update(status="cancelled", finished_at=story.stamp(MONDAY)["at"])
    again = {number for one in story.run("2026-03-11").verdicts for number in one["receivables"]}
    assert again == {"F-1", "F-2", "U-1", "G-1"}, "seven days later it is over, and the two days of a mail have passed"


def test_15_a_direct_debit_under_way_and_one_that_is_returned(story):
    row = story.invoice("F-1", "2026-01-28", "2026-02-27", 200)
    (debit,) = record_standing.record(
        story.creditor, row.customer, kind="debit_pending", reason="prélèvement du 6 mars",
        starts_on=date(2026, 3, 2), **story.stamp(MONDAY, 1),
    )  # fmt: skip
    story.until("2026-03-09", since=MONDAY)
    assert story.left() == []
    end_suspension.end(
        story.creditor, debit.pk, ends_on=date(2026, 3, 10), note="rejet AM04, provision insuffisante",
        **story.stamp("2026-03-10", 1),
    )  # fmt: skip
    debit.refresh_from_db()
    assert debit.end_note == "rejet AM04, provision insuffisante"
    story.until("2026-03-12", since="2026-03-10")
    assert story.left() == ["2026-03-10 mail F-1"]


def test_16_suspended_days_are_counted_and_shown(story):
    row = story.invoice("F-1", "2026-01-05", "2026-02-04", 200)
    story.until("2026-02-06", since="2026-02-05")
    record_pause.record(
        story.creditor, scope="receivable", customer=row.customer, receivable_id=row.pk, reason="x",
        starts_on=date(2026, 2, 9), ends_on=date(2026, 2, 16), **story.stamp("2026-02-09", 1),
    )  # fmt: skip
    story.until("2026-02-27")
    assert story.left()[-1] == "2026-02-27 firm F-1", "a week later than the 20th"
    for language, words in (("fr", "F-1 : 7 jours"), ("en", "7 days")):
        texts = story.explained("2026-02-26", language=language).texts
        assert words in said(" ".join(texts)), texts


def test_17_nothing_leaves_until_a_light_is_switched(story):
    """A new installation: messages stay on this machine, and every strategy waits for a person."""
    fresh = Creditor.objects.create(name="Toute neuve")
    assert fresh.route == Creditor.Route.LOCAL
    assert set(Strategy.objects.values_list("light", flat=True)) == {"review"}
    story.invoice("F-1", "2026-01-28", "2026-02-27", 200)
    story.run(MONDAY)
    assert story.send() == []
    assert story.action().status == "planned"


@pytest.mark.parametrize(("light", "status"), [("off", None), ("review", "planned"), ("auto", "sent")])
def test_17_the_light_of_each_strategy(story, light, status):
    story.invoice("F-1", "2026-01-28", "2026-02-27", 200)
    story.customer("BETA", kind="public")
    story.invoice("G-1", "2026-01-28", "2026-02-20", 200, of="BETA")
    strategies.set_light(story.creditor, "standard", light, **story.stamp(MONDAY, 1))
    result = story.run(MONDAY)
    assert {one["step"] is not None for one in result.verdicts if one["customer"]["code"] == "ALPHA"} == {True}
    story.send()
    found = Action.objects.filter(customer__code="ALPHA").values_list("status", flat=True)
    assert list(found) == ([status] if status else [])
    assert set(Action.objects.filter(customer__code="BETA").values_list("status", flat=True)) <= {"planned"}


def test_17_a_notice_is_always_reviewed_by_a_person(story):
    """Rule 11 of the house, with every light on auto."""
    story.invoice("F-1", "2025-06-01", "2025-07-01", 200)
    strategies.set_light(story.creditor, "standard", "auto", **story.stamp("2026-01-05", 1))
    for number in range(0, 60, 3):
        story.run(date(2026, 1, 12) + timedelta(number))
        story.send()
    assert [line.split()[1] for line in story.left()] == ["mail", "firm"]
    assert story.action(step="notice").status == "planned"


# ------------------------------------------------------------------------------------------------------------ one voice


def test_18_one_message_in_the_recipients_language(story):
    story.customer("ALPHA", language="en", name="Alpha Ltd")
    story.invoice("F-1", "2026-01-05", "2026-02-04", "1 100,50")
    story.invoice("F-2", "2026-01-28", "2026-02-27", 120)
    story.a_day(MONDAY)
    (action,) = Action.objects.filter(status="sent")
    assert story.numbers(action) == ["F-1", "F-2"]
    message = story.mail()
    text, page = story.words(), said(html.unescape(message.get_body(("html",)).get_content()))
    for words in (text, page):
        assert "1,100.50" in words
        assert "€1,220.50" in words
        assert "4 Feb 2026" in words
        for french in ("Facture", "Échéance", "Montant", "Bonjour", "1 100,50"):
            assert french not in words, french
    assert message["Content-Language"] == "en"


def test_19_the_invoices_travel_when_the_strategy_says_so(story):
    (standard,) = [one for one in strategies.current(story.creditor) if one.name == "standard"]
    text = standard.content.replace(
        "{name: mail, from: due, days: 2, channels: [email, letter], tone: friendly}",
        "{name: mail, from: due, days: 2, channels: [email, letter], tone: friendly, attach: [invoices]}",
    )
    assert text != standard.content
    strategies.save_version(story.creditor, "standard", text, **story.stamp("2026-03-01"))
    story.invoice("F-1", "2026-01-28", "2026-02-27", 200)
    attach_document.attach(story.creditor, pdf("F-1"), "Facture F-1.pdf", **story.stamp("2026-03-01"))
    story.a_day(MONDAY)
    (file,) = story.mail().iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("F-1.pdf", pdf("F-1"))
    assert pdf("F-1") in [bytes(fetch(story.creditor.pk, digest).content) for digest in story.action().documents]


def test_21_plan_and_language_change_in_mid_course_with_a_preview(story):
    row = story.invoice("F-1", "2026-01-05", "2026-02-04", 200)
    story.until("2026-02-06", since="2026-02-05")
    strategies.assign(story.creditor, row.customer, "firm", **story.stamp("2026-02-09"))
    assert story.explained("2026-02-09").json["next_on"] is not None
    Customer.objects.update(language="en")
    while not Action.objects.filter(status="planned").exists():
        story.run(story.today + timedelta(1))
    waiting = Action.objects.get(status="planned")
    assert (waiting.strategy, waiting.step != "mail") == ("firm", True), "what was sent keeps its place by its age"
    shown = preview(story.creditor, waiting, day=story.today)
    assert (shown.language, shown.recipient) == ("en", "compta@alpha.example")
    story.approve_all()
    story.send()
    assert story.words() == said(shown.plain), "what leaves is what was shown"


# -------------------------------------------------------------------------------------------------------------- timing


def test_22_a_missed_night_loses_and_doubles_nothing(story):
    """Three customers; the runs of ten days never happened."""
    for number, due in enumerate(("2026-02-20", "2026-02-27", "2026-03-04")):
        story.invoice(f"F-{number}", "2026-01-20", due, 200, of=f"C{number}")
    story.until("2026-02-23", since="2026-02-23")
    story.until("2026-03-20", since="2026-03-10")
    assert story.left("C0") == ["2026-02-23 mail F-0", "2026-03-10 firm F-0"]
    assert story.left("C1") == ["2026-02-23 pre-due F-1", "2026-03-10 mail F-1", "2026-03-17 firm F-1"]
    assert story.left("C2") == ["2026-03-10 mail F-2", "2026-03-20 firm F-2"], "a word before the due date has lapsed"


def test_23_steps_before_and_after_as_many_as_wanted_per_segment_or_customer(story):
    own = """
name: patient
version: 1
steps:
- {name: pre-due, from: due, days: -10, channel: email}
- {name: mail, from: due, days: 5, channel: email}
- {name: call-1, from: due, days: 12, channel: phone, template: call}
- {name: call-2, from: due, days: 20, channel: phone, template: call}
- {name: firm, from: due, days: 40, channel: email}
"""
    strategies.save_version(story.creditor, "patient", own, **story.stamp("2026-01-05"))
    patient = story.customer("ALPHA")
    strategies.assign(story.creditor, patient, "patient", **story.stamp("2026-01-05"))
    story.customer("MAIRIE", kind="public")
    for code in ("ALPHA", "BETA", "MAIRIE"):
        story.invoice(f"F-{code}", "2026-01-05", "2026-02-04", 200, of=code)
    for day in ("01-26", "01-30", "02-06", "02-09", "02-16", "02-20", "02-24", "03-06", "03-16", "03-23"):
        story.a_day(f"2026-{day}")
    assert [line.split()[:2] for line in story.left("ALPHA")] == [
        ["2026-01-26", "pre-due"], ["2026-02-09", "mail"], ["2026-02-16", "call-1"], ["2026-02-24", "call-2"],
        ["2026-03-16", "firm"],
    ]  # fmt: skip
    plans = {code: [line.split()[1] for line in story.left(code)] for code in ("BETA", "MAIRIE")}
    assert plans["BETA"] == ["pre-due", "mail", "firm", "notice"]
    assert set(Action.objects.filter(customer__code="MAIRIE").values_list("strategy", flat=True)) == {"public-body"}


def test_24_a_bank_holiday_in_strasbourg_is_not_one_in_lille(story):
    """Good Friday 2026 is the 3rd of April."""
    story.customer("LILLE", postcode="59000", city="Lille")
    story.customer("STRASBOURG", postcode="67000", city="Strasbourg")
    for code in ("LILLE", "STRASBOURG"):
        story.invoice(f"F-{code}", "2026-03-01", "2026-04-01", 200, of=code)
    story.until("2026-04-08", since="2026-04-02")
    assert story.left("LILLE") == ["2026-04-03 mail F-LILLE"]
    assert story.left("STRASBOURG") == ["2026-04-07 mail F-STRASBOURG"], "and Easter Monday is one everywhere"


def test_27_tell_me_when_something_becomes_late(story):
    story.creditor.notify_email = "gerant@lefevre.example"
    story.creditor.save()
    story.invoice("F-1", "2026-01-28", "2026-02-27", "1 234,56")
    story.invoice("F-2", "2026-02-28", "2026-03-31", 900)
    story.invoice("F-0", "2026-01-01", "2026-01-31", 700)
    story.run("2026-02-27")
    assert notify(story.creditor, date(2026, 2, 27), at=story.stamp("2026-02-27", 7)["at"], actor="autopilot")
    story.run("2026-02-28")
    outcome = notify(story.creditor, date(2026, 2, 28), at=story.stamp("2026-02-28", 7)["at"], actor="autopilot")
    assert outcome is not None
    sent = sorted((settings.HOME / "mailbox" / str(story.creditor.pk)).glob("*.eml"))
    assert len(sent) == 2
    (late,) = [m for m in (message_from_bytes(path.read_bytes(), policy=default) for path in sent) if "F-1" in str(m)]
    assert late["To"].addresses[0].addr_spec == "gerant@lefevre.example"
    words = said(late.get_body(("plain",)).get_content())
    assert "1 234,56 €" in words
    assert "F-2" not in words
    assert "F-0" not in words, "that was told before"
    assert notify(story.creditor, date(2026, 2, 28), at=story.stamp("2026-02-28", 8)["at"], actor="x") is None, "once"


# --------------------------------------------------------------------------------------------- right person, and proof


def test_30_without_any_email_there_are_letters_calls_and_a_printed_list(story):
    story.customer("ALPHA", email="")
    story.customer("BETA", email="")
    for code in ("ALPHA", "BETA"):
        story.invoice(f"F-{code}", "2025-06-01", "2025-07-01", 500, of=code)
    story.until("2026-01-19", since="2026-01-19")
    letters = print_batch(story.creditor, date(2026, 1, 19))
    words = words_of_pdf(letters)
    assert all(word in words for word in ("Alpha SARL", "Beta SARL", "F-ALPHA", "F-BETA"))
    story.until("2026-02-28")
    assert [line.split()[1] for line in story.left("ALPHA")] == ["mail", "call", "firm", "notice"]
    assert set(Action.objects.exclude(channel="phone").values_list("channel", flat=True)) == {"letter"}


def test_32_what_was_sent_is_seen_exactly_as_it_was_years_later(story):
    """The customer moves, the texts and the identity change, the invoice is paid: the proof stays."""
    story.invoice("F-1", "2026-01-28", "2026-02-27", 500)
    story.a_day(MONDAY)
    before = story.mail().as_bytes()
    Customer.objects.update(name="Alpha Holding", language="en", address="ailleurs")
    story.creditor.name, story.creditor.sender_name = "Lefèvre et fils", "Marc"
    story.creditor.save()
    story.pays("2027-01-01", 500, "F-1")
    assert story.mail().as_bytes() == before
    assert "Claire Morel" in str(story.mail()["From"])


# ------------------------------------------------------------------------------------------------------------- numbers


def test_54_aging_outstanding_and_ledger_agree_to_the_cent_for_any_day(story):
    """For every day of half a year: the buckets, the open items, and what the allocations themselves say."""
    for number in range(6):
        story.invoice(
            f"F-{number}",
            f"2026-0{number % 3 + 1}-0{number + 1}",
            f"2026-0{number % 3 + 2}-1{number}",
            f"{100 + number},0{number}",
        )
    story.pays("2026-02-20", "60,00", "F-0")
    story.pays("2026-03-15", "140,02", "F-0", "F-1")
    story.credit_note("2026-04-01", "10,00", "F-2")
    story.pays("2026-04-10", "33,33")
    for number in range(0, 181, 7):
        day = date(2026, 1, 1) + timedelta(number)
        items = open_items(story.creditor, day)
        buckets = aging(items, day)
        invoiced = sum(Receivable.objects.filter(issued_on__lte=day).values_list("amount", flat=True))
        allocated = sum(Allocation.objects.filter(counts_on__lte=day).values_list("amount", flat=True))
        paid = sum(Payment.objects.filter(paid_on__lte=day).values_list("amount", flat=True))
        assert sum(buckets.values()) == items["open"].sum() == invoiced - allocated
        assert unallocated(story.creditor, day)["credit"].sum() == paid - allocated


def test_54_day_30_is_in_exactly_one_bucket(story):
    row = story.invoice("F-1", "2026-01-01", "2026-01-31", 100)
    for days, bucket in ((0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (400, 4)):
        day = row.due_on + timedelta(days)
        found = aging(open_items(story.creditor, day), day)
        assert found == {name: 10_000 if place == bucket else 0 for place, name in enumerate(BUCKETS)}, days


def test_33_colleagues_may_get_copies_and_nobody_else(story):
    """Two members, one of whom asked for copies; the server refuses the copy, the customer gets the message anyway."""
    wants = User.objects.create_user("paula@menuiserie.example", "a long password")
    other = User.objects.create_user("marc@menuiserie.example", "a long password")
    Member.objects.create(creditor=story.creditor, user=wants, copies=True)
    Member.objects.create(creditor=story.creditor, user=other)
    story.invoice("F-1", "2026-01-26", "2026-02-25", 1000)
    with running(Plan(refuse_recipients={"paula@menuiserie.example": "550 no"})) as server:
        story.creditor.route, story.creditor.smtp_host = Creditor.Route.SMTP, "127.0.0.1"
        story.creditor.smtp_port, story.creditor.smtp_security = server.port, "none"
        story.creditor.save()
        story.a_day(MONDAY)
        first = story.action()
        assert first.status == Action.Status.SENT
        assert server.recipients == [first.recipient]
        assert server.taken[0].message["Cc"] == "paula@menuiserie.example"
        assert server.taken[0].message["Bcc"] is None
        server.plan = Plan()
        story.until("2026-03-30", since="2026-03-03")
        assert set(server.recipients) == {first.recipient, "paula@menuiserie.example"}
