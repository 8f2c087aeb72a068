"""Stories about money owed for lateness: by which law, how often, until when, and who never hears of it."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from pypdf import PdfReader

from encaisse.calendar import is_working_day
from encaisse.documents.words import long_date
from encaisse.journal.keep import fetch
from encaisse.law import find_regime
from encaisse.ledger.models import Receivable
from encaisse.parties.models import Customer
from encaisse.recovery import record_charges_shown, record_regime
from encaisse.recovery.charges import charges
from encaisse.recovery.regime import ruling
from encaisse.recovery.situation import look
from encaisse.recovery.worksheet import worksheet
from tests.stories.telling import Story, on, said

pytestmark = pytest.mark.django_db


def alpha() -> Customer:
    return Customer.objects.get(code="ALPHA")


def sheet(story: Story, number: str, day: str):
    row = story.rows[number]
    row.refresh_from_db()
    return worksheet(row, ruling(story.creditor, row.customer, row.pk).regime, on(day))


def lines(story: Story, day: str) -> dict[str, dict]:
    """The lines of the customer's case as every page and message has them."""
    case = story.explained(day).situation.case
    return {line["row"].number: line for line in look(story.creditor, case, on(day)).lines}


def pages(story: Story, digest: str) -> str:
    """The words of a letter or an annex as they were kept."""
    content = bytes(fetch(story.creditor.pk, digest).content)
    return said(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


def test_34_interest_between_part_payments_over_dated_rates_with_the_law_behind_each(story: Story) -> None:
    story.invoice("F-1", "2025-10-31", "2025-11-30", 10_000)
    story.pays("2025-12-31", 4_000, "F-1")
    story.run("2026-07-31")
    found = sheet(story, "F-1", "2026-07-31")
    assert found is not None
    assert [(one.start, one.end, one.rate, one.base) for one in found.segments] == [
        (date(2025, 12, 1), date(2025, 12, 31), Decimal("12.15"), 1_000_000),
        (date(2026, 1, 1), date(2026, 6, 30), Decimal("12.15"), 600_000),
        (date(2026, 7, 1), date(2026, 7, 31), Decimal("12.40"), 600_000),
    ]
    assert all("L441-10" in one.source.text("fr") for one in found.segments)
    # 103.19 at the payment; then 361.5041 and 63.1890, rounded together at the end.
    assert found.interest == 10_319 + 42_469
    line = lines(story, "2026-07-31")["F-1"]
    assert (line["interest"], line["indemnity"]) == (found.interest, 4_000)


def test_34_still_due_when_the_principal_was_paid_late(story: Story) -> None:
    story.invoice("F-1", "2026-01-02", "2026-02-01", 1_000)
    story.invoice("F-2", "2026-01-02", "2026-02-01", 500)
    story.invoice("F-3", "2026-01-02", "2026-02-01", 700)
    story.pays("2026-03-03", 1_000, "F-1")
    story.pays("2026-02-01", 500, "F-2")
    story.credit_note("2026-03-03", 700, "F-3")
    (owed,) = charges(story.creditor, alpha(), on("2026-11-02"))
    assert (owed.number, owed.days_late, owed.interest, owed.indemnity) == ("F-1", 30, 999, 4_000)
    assert owed.claim_until == on("2031-02-01")
    found = sheet(story, "F-1", "2026-11-02")
    assert found is not None
    assert (found.interest, found.indemnity) == (owed.interest, owed.indemnity)
    # A right to use or to leave: nothing is sent for it.
    assert story.a_day("2026-11-02").planned == 0


def test_34_what_is_limited_is_not_shown(story: Story) -> None:
    story.invoice("F-1", "2020-12-02", "2021-01-04", 1_000)
    story.pays("2021-03-04", 1_000, "F-1")
    assert len(charges(story.creditor, alpha(), on("2026-01-04"))) == 1
    assert charges(story.creditor, alpha(), on("2026-01-05")) == []


def test_35_once_per_invoice_whatever_its_instalments(story: Story) -> None:
    first = story.invoice("F-1", "2026-01-02", "2026-02-01", 1_000)
    second = Receivable.objects.get(pk=first.pk)
    second.pk, second.key, second.due_on = None, "F-1/2", on("2026-03-01")
    second.save()
    story.rows["F-1/2"] = second
    story.run("2026-04-01")
    case = story.explained("2026-04-01").situation.case
    carried = [line["indemnity"] for line in look(story.creditor, case, on("2026-04-01")).lines]
    assert carried == [4_000, 0]
    assert [sheet(story, number, "2026-04-01").indemnity for number in ("F-1", "F-1/2")] == [4_000, 0]
    # The first is paid: the fixed sum goes to the one still open, and is not owed a second time for the first.
    story.pays("2026-04-02", 1_000, "F-1")
    assert [sheet(story, number, "2026-04-10").indemnity for number in ("F-1", "F-1/2")] == [0, 4_000]
    assert [(one.interest > 0, one.indemnity) for one in charges(story.creditor, alpha(), on("2026-04-10"))] == [
        (True, 0)
    ]
    # Both are paid: it is owed once still.
    story.pays("2026-04-11", 1_000, "F-1/2")
    assert [one.indemnity for one in charges(story.creditor, alpha(), on("2026-04-20"))] == [4_000, 0]


def test_35_none_is_forgotten_when_sent_by_hand(story: Story) -> None:
    """A statement asked by hand, a call, a letter: the figures are the facts', not a by-product of the step sent."""
    story.invoice("F-1", "2026-01-02", "2026-02-01", 1_000)
    before = lines(story, "2026-04-01")["F-1"]["indemnity"] if story.run("2026-04-01") else 0
    story.approve_all()
    story.send()
    story.run("2026-04-02")
    assert before == lines(story, "2026-04-02")["F-1"]["indemnity"] == 4_000


def test_37_a_setting_hides_charges_and_shows_them_again(story: Story) -> None:
    story.invoice("F-1", "2026-01-26", "2026-02-25", 1_000)
    stamp = story.stamp("2026-02-25")
    assert record_charges_shown.record(story.creditor, alpha(), shown=False, **stamp) is True
    assert record_charges_shown.record(story.creditor, alpha(), shown=False, **stamp) is False
    story.until("2026-03-31", since="2026-02-26")
    firm = story.action(step="firm", status="sent")
    assert "40" not in story.words(firm).replace("1 000", "")
    assert "L441-10" not in story.words(firm)


KNOWN_TO = find_regime("fr-b2b").rate.last
"""The last day whose rate is known: the end of 2026 until the next half-year is published."""


def after(days: int) -> str:
    return (KNOWN_TO + timedelta(days)).isoformat()


def test_39_an_unknown_rate_stops_the_figure_not_the_program(story: Story) -> None:
    story.invoice("F-1", after(-59), after(-29), 1_000)
    day = next(day for day in map(after, range(32, 40)) if is_working_day(on(day), "FR"))
    assert story.a_day(day).planned == 1
    line, found = lines(story, day)["F-1"], sheet(story, "F-1", day)
    assert found is not None
    assert found.known_to == KNOWN_TO
    assert found.days == 29
    assert line["interest"] == found.interest > 0
    assert line["indemnity"] == 4_000, "the fixed sum needs no rate"
    assert story.left(), "the message leaves all the same"


def test_39_the_letter_of_that_day_says_where_the_figure_stops(story: Story) -> None:
    story.invoice("F-1", after(-59), after(-29), 1_000)
    story.until(after(90), since=after(-28))
    notice = story.action(step="notice", status="sent")
    letter, annex = (pages(story, digest) for digest in notice.documents[:2])
    end = said(long_date(KNOWN_TO, "fr"))
    assert f"calculées au {end}" in letter
    assert f"Le taux applicable après le {end} n’est pas encore connu" in annex


def test_another_law_is_told_with_its_own_articles(story: Story) -> None:
    """A British purchaser under English law: its own rate, its own scale, no French article."""
    story.customer("ALPHA", country="GB", postcode="SW1A 1AA", city="London", language="en")
    row = story.invoice("F-1", "2026-01-26", "2026-02-25", 12_000, currency="GBP")
    record_regime.record(
        story.creditor, alpha(), regime="uk", reason="English law, clause 12", **story.stamp("2026-02-26")
    )
    story.until("2026-04-30", since="2026-02-26")
    assert ruling(story.creditor, alpha(), row.pk).regime == "uk"
    firm = story.words(story.action(step="firm", status="sent"))
    assert "French" not in firm
    assert "L441-10" not in firm
    assert "Late Payment of Commercial Debts (Interest) Act 1998" in firm
    assert "11.75 %" in firm
    found = sheet(story, "F-1", "2026-04-30")
    assert found is not None
    assert found.indemnity == 10_000


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_german_consumer_is_never_told_french_law(story: Story, language: str) -> None:
    story.customer("ALPHA", country="DE", postcode="10117", city="Berlin", kind="consumer", language=language)
    story.invoice("F-1", "2026-01-26", "2026-02-25", 1_000)
    story.until("2026-06-30", since="2026-02-25")
    notice = story.action(step="notice", status="sent")
    words = pages(story, notice.documents[0])
    assert "BGB 247, 286, 288 I" in words
    for french in ("1231-6", "1344", "L441-10", "D441-5", "40,00", "€40"):
        assert french not in words
    # In default since that notice, which is the reminder of BGB 286 I.
    line = lines(story, "2026-06-30")["F-1"]
    found = sheet(story, "F-1", "2026-06-30")
    assert line["regime"] == "de-b2c"
    assert found is not None
    assert found.days == (date(2026, 6, 30) - notice.sent_on).days
    assert line["interest"] == found.interest > 0


def test_where_no_law_is_known_nothing_is_claimed(story: Story) -> None:
    story.customer("ALPHA", country="US", postcode="10001", city="New York", kind="consumer", language="en")
    story.invoice("F-1", "2026-01-26", "2026-02-25", 1_000)
    story.until("2026-06-30", since="2026-02-25")
    line = lines(story, "2026-06-30")["F-1"]
    assert (line["regime"], line["interest"], line["indemnity"]) == (None, 0, 0)
    assert sheet(story, "F-1", "2026-06-30") is None
    assert "interest" not in story.words(story.action(step="firm", status="sent"))
    notice = pages(story, story.action(step="notice", status="sent").documents[0])
    assert "interest" not in notice
    assert "French" not in notice
