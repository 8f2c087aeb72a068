"""Money in, day by day: books, then the bank; what seems paid is not chased, and nothing counts twice (story 9)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from encaisse.ledger.balance import open_items, unallocated
from encaisse.ledger.book_match import book
from encaisse.ledger.import_books import import_file
from encaisse.ledger.models import Import, Match, Receivable
from encaisse.ledger.refuse_match import refuse
from encaisse.ledger.undo_match import undo
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.recovery.after_import import after_import
from encaisse.recovery.after_match import after_match
from encaisse.recovery.models import Action, Run
from encaisse.recovery.timeline import timeline
from tests.ledger.books import Fec
from tests.ledger.statements import Statement
from tests.stories.telling import Story, on

pytestmark = pytest.mark.django_db
IBAN = "DE89370400440532013000"
FIRST, SECOND, THIRD, FOURTH = "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-09"
"""Working days, from the one on which the first mail is due."""


def books(*, paid: str = "") -> Fec:
    """Two customers, one invoice each, due on 27 February; `paid`: the day the books have ALPHA's payment on."""
    letter = "A" if paid else ""
    fec = Fec(2026)
    fec.sale("ALPHA", "FA26-0101", "20260128", 120_000, letter)
    fec.sale("BETA", "FA26-0102", "20260128", 45_000)
    return fec.paid("ALPHA", "VIR", paid, 120_000, letter) if paid else fec


def transfer(day: str = FIRST, text: str = "FACTURE FA26-0101") -> Statement:
    return Statement(day, day).line(day, "1200.00", text, payer="ALPHA SARL", iban=IBAN)


def moment(day: str, hour: int, minute: int = 0) -> dict[str, Any]:
    return {"at": datetime.combine(on(day), datetime.min.time(), UTC).replace(hour=hour, minute=minute), "actor": "x"}


def drop(story: Story, file: Fec | Statement, day: str, hour: int = 11) -> Import:
    """A person drops a file on the page."""
    stamp = moment(day, hour)
    row = import_file(story.creditor, file.bytes(), file.name, **stamp)
    for customer in Customer.objects.filter(contacts__isnull=True):
        email = f"compta@{customer.code.lower()}.example"
        Contact.objects.create(creditor=story.creditor, customer=customer, position=0, email=email, name="Paul Durand")
    after_import(story.creditor, on(day), **stamp)
    return row


def say(story: Story, verb: Any, match: Match, day: str, hour: int = 14) -> Match:
    stamp = moment(day, hour)
    done = verb(story.creditor, match.pk, **stamp)
    after_match(story.creditor, on(day), **stamp)
    return done


def waiting() -> Match:
    return Match.objects.get(rank=0, state="proposed", ended_at__isnull=True)


def statuses() -> dict[str, tuple[str, str]]:
    found = Action.objects.order_by("pk").values_list("customer__code", "status", "outcome")
    return {code: (status, outcome) for code, status, outcome in found}


def owed(creditor: Creditor, day: str) -> int:
    items, credit = open_items(creditor, on(day)), unallocated(creditor, on(day))
    return int(items["open"].sum()) - int(credit["credit"].sum())


@pytest.fixture
def office(story: Story) -> Story:
    story.creditor.stale_after_days = 100
    story.creditor.default_terms = "30 jours"
    story.creditor.save()
    drop(story, books(), "2026-02-28", 8)
    return story


def test_books_then_bank_then_the_planned_reminders_vanish(office: Story) -> None:
    """The whole flow: two mails wait; the statement shows that ALPHA paid; its mail is called off, BETA's leaves."""
    assert office.run(FIRST).planned == 2
    office.approve_all()
    drop(office, transfer(), FIRST, 8)
    assert statuses() == {"ALPHA": ("cancelled", "payment_seen"), "BETA": ("approved", "")}
    assert office.send() == [("sent", "kept_locally")]
    assert office.left() == [f"{FIRST} mail FA26-0102"]
    match = waiting()
    assert (match.customer.code, match.score > 0) == ("ALPHA", True)
    told = office.explained(FIRST, "ALPHA", language="fr")
    assert told.json["reason"] == "payment_seen"
    assert "FA26-0101" in told.sentence
    say(office, book, match, SECOND)
    assert office.explained(SECOND, "ALPHA").json["reason"] == "nothing_owed"
    assert owed(office.creditor, SECOND) == 45_000
    kinds = [event.kind for event in timeline(office.creditor, match.customer)]
    assert "payment_booked" in kinds


def test_a_no_lets_chasing_go_on_and_the_days_between_do_not_count(office: Story) -> None:
    """Held for two days for a payment of somebody else's: the mail comes two days later than planned, not at once."""
    drop(office, transfer(), FIRST, 5)
    for day in (FIRST, SECOND):
        verdicts = {one["customer"]["code"]: one for one in office.run(day).verdicts}
        assert (verdicts["ALPHA"]["step"], verdicts["ALPHA"]["reason"]) == (None, "payment_seen")
    say(office, refuse, waiting(), THIRD, 5)
    for match in Match.objects.filter(state="proposed", ended_at__isnull=True):
        say(office, refuse, match, THIRD, 5)
    assert not Match.objects.filter(state="proposed", ended_at__isnull=True).exists()
    after = {one["customer"]["code"]: one for one in office.run(THIRD).verdicts}["ALPHA"]
    assert (after["step"], after["reason"]) == ("mail", None)
    assert office.explained("2026-03-05", "ALPHA").json["reason"] == "payment_seen", "what held it back is still told"


def test_what_was_decided_is_said_again_the_same(office: Story) -> None:
    """Replay: the first run knew of no payment, the second saw one waiting, the third knew it booked."""
    office.run(FIRST)
    drop(office, transfer(), FIRST, 12)
    office.run(SECOND)
    say(office, book, waiting(), SECOND, 15)
    office.run(THIRD)
    say(office, undo, Match.objects.get(state="booked"), THIRD, 15)

    def again(day: str) -> str:
        run = Run.objects.filter(day=on(day)).earliest("pk")
        told = office.explained(day, "ALPHA", known_at=run.started_at).json
        return str(told["step"] or told["reason"])

    assert [again(day) for day in (FIRST, SECOND, THIRD)] == ["mail", "payment_seen", "nothing_owed"]


@pytest.mark.parametrize("order", ["books first", "bank first", "bank first, with a yes"])
def test_whichever_comes_first_the_money_counts_once(office: Story, order: str) -> None:
    if order == "books first":
        drop(office, books(paid="20260305"), SECOND)
        drop(office, transfer(), SECOND, 12)
    else:
        drop(office, transfer(), FIRST, 12)
        if order.endswith("yes"):
            say(office, book, waiting(), FIRST)
        drop(office, books(paid="20260305"), SECOND)
    assert owed(office.creditor, THIRD) == 45_000
    standing = Match.objects.get(state="booked")
    assert standing.payment is not None
    assert standing.payment.scope.startswith("fec")
    assert not Match.objects.filter(state="proposed", ended_at__isnull=True).exists()
    assert office.explained(THIRD, "ALPHA").json["reason"] == "nothing_owed"


def test_a_returned_debit_restarts_chasing_with_its_reason(office: Story) -> None:
    """Story 15: paid on the first day, back on the fourth for want of money; the reason is on the customer's page."""
    drop(office, transfer(), FIRST, 5)
    say(office, book, waiting(), FIRST, 6)
    back = Statement(FOURTH, FOURTH, opening="2200.00", name="rejet.xml")
    back.line(FOURTH, "-1200.00", "REJET FA26-0101", payer="ALPHA SARL", iban=IBAN, returned="AM04")
    drop(office, back, FOURTH, 5)
    assert owed(office.creditor, THIRD) == 45_000
    assert owed(office.creditor, FOURTH) == 165_000
    assert Receivable.objects.get(number="FA26-0101").settled_on is None
    verdict = {one["customer"]["code"]: one for one in office.run(FOURTH).verdicts}["ALPHA"]
    assert verdict["step"] == "mail"
    events = {event.kind: event.payload for event in timeline(office.creditor, Customer.objects.get(code="ALPHA"))}
    assert events["payment_returned"]["returned"] == "AM04"


def test_a_statement_of_somebody_else_stops_nothing(office: Story) -> None:
    stray = Statement(FIRST, FIRST).line(FIRST, "33.10", "REMBOURSEMENT ASSURANCE", payer="ASSUR SA")
    drop(office, stray, FIRST, 5)
    assert office.run(FIRST).planned == 2
    assert date.fromisoformat(FIRST) == office.today


def test_an_invoice_that_comes_after_its_payment_finds_it(office: Story) -> None:
    """The bank knew first of money for FA26-0103; the invoice itself comes later, by an electronic invoice."""
    early = Statement(FIRST, FIRST).line(FIRST, "360.00", "FACTURE FA26-0103", payer="BETA SARL", iban=IBAN)
    drop(office, early, FIRST, 5)
    assert not Match.objects.filter(parts__receivable__number="FA26-0103").exists()
    office.invoice("FA26-0103", "2026-02-03", "2026-03-03", 360, of="BETA")
    stamp = moment(FIRST, 9)
    Import.objects.create(
        creditor=office.creditor, kind="ubl", name="x.xml", sha256="1" * 64, size=1, imported_at=stamp["at"], actor="x"
    )
    after_import(office.creditor, on(FIRST), **stamp)
    match = Match.objects.get(rank=0, parts__receivable__number="FA26-0103", ended_at__isnull=True)
    assert match.movement.amount == 36_000


def test_money_on_account_of_a_known_customer_stops_its_reminder(office: Story) -> None:
    """500 on account, no word of what for: nobody writes "1,200 are open" on the day it came."""
    drop(office, Statement(FIRST, FIRST).line(FIRST, "500.00", "VIREMENT", payer="ALPHA SARL", iban=IBAN), FIRST, 5)
    assert office.verdict(FIRST)["reason"] == "payment_seen"
    say(office, book, waiting(), FIRST, 6)
    assert owed(office.creditor, FIRST) == 115_000


def test_a_cheque_whose_amount_alone_fits_waits_for_a_look(office: Story) -> None:
    """Exactly what ALPHA owes, without a name, a number or an account: a person looks before ALPHA is chased."""
    drop(office, Statement(FIRST, FIRST).line(FIRST, "1200.00", "REMISE DE CHEQUES"), FIRST, 5)
    assert waiting().customer.code == "ALPHA"
    assert office.verdict(FIRST)["reason"] == "payment_seen"
    say(office, refuse, waiting(), FIRST, 6)
    assert office.verdict(FIRST)["step"] == "mail"
