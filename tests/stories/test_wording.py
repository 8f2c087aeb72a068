"""Stories about what a message may say, told through the whole life of a case: every word that left is read."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from encaisse.journal.keep import fetch
from encaisse.recovery.models import Action
from tests.stories.telling import said

pytestmark = pytest.mark.django_db
CHARGES = ("40,00", "40 €", "€40", "L441-10", "D441-5", "indemnité", "pénalité", "frais de", "compensation")


def everything(story) -> list[tuple[str, str]]:
    """Each message that left, with all its words: mails as text, letters as read from their pages."""
    found = []
    for action in Action.objects.filter(status="sent").exclude(channel="phone").order_by("sent_on"):
        if action.channel == "email":
            found.append((action.step, story.words(action)))
            continue
        for digest in action.documents:
            pages = PdfReader(io.BytesIO(bytes(fetch(story.creditor.pk, digest).content))).pages
            found.append((action.step, said(" ".join(page.extract_text() for page in pages))))
    return found


@pytest.mark.parametrize("language", ["fr", "en"])
def test_37_consumers_never_see_the_40_euros(story, language):
    story.customer("ALPHA", kind="consumer", language=language)
    story.invoice("F-1", "2026-01-26", "2026-02-25", 1000)
    story.until("2026-06-30", since="2026-02-25")
    left = everything(story)
    assert {"mail", "reminder", "firm", "notice"} <= {step for step, _ in left}
    for step, words in left:
        for charge in CHARGES:
            assert charge not in words, step


def test_37_some_customers_never_see_charges(story):
    """A company that owes them by law, whose creditor chose not to ask."""
    story.customer("ALPHA", shows_charges=False)
    story.invoice("F-1", "2026-01-26", "2026-02-25", 1000)
    story.until("2026-06-30", since="2026-02-25")
    left = everything(story)
    assert {"firm", "notice"} <= {step for step, _ in left}
    for step, words in left:
        assert "1 000,00" in words
        for charge in (*CHARGES, "intérêt"):
            assert charge not in words, step
