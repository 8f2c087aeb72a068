"""All letters of a day as one file for the printer, each followed by its annexes."""

from __future__ import annotations

from datetime import date

from encaisse.documents.merge import merge
from encaisse.journal.keep import fetch
from encaisse.parties.models import Creditor
from encaisse.recovery.models import Action
from encaisse.recovery.refusal import Refused


def letters_of(creditor: Creditor, day: date) -> list[Action]:
    """Return the letters that left on `day`, in order of customer."""
    sent = Action.objects.filter(creditor=creditor, channel="letter", status=Action.Status.SENT, sent_on=day)
    return list(sent.select_related("customer", "case").order_by("customer__code", "pk"))


def print_batch(creditor: Creditor, day: date, *, duplex: bool = False) -> bytes:
    """Return one PDF with exactly the pages kept for each letter of `day`. Raises Refused `no_letters`."""
    files = [
        bytes(fetch(creditor.pk, digest).content) for action in letters_of(creditor, day) for digest in action.documents
    ]
    if not files:
        raise Refused("no_letters")
    return merge(files, duplex=duplex)
