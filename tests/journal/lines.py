"""A small journal to change behind the program's back."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection, transaction

from encaisse.journal.append import Line, append_many
from encaisse.journal.keep import keep
from encaisse.journal.models import Entry
from encaisse.journal.verify import verify
from encaisse.parties.models import Creditor
from encaisse.storage.bulk import table

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LETTER = b"%PDF-1.7 the letter that left"


def write(creditor: Creditor, *lines: tuple[str, str, dict], at: datetime = AT, actor: str = "claire@lefevre.example"):
    """Append lines given as (chain, kind, payload)."""
    with transaction.atomic():
        append_many(creditor.pk, [Line(*line) for line in lines], at=at, actor=actor)


def small_journal(creditor: Creditor) -> None:
    """Three chains: the creditor's own (two lines), ALPHA (five, one naming a document) and BETA (three)."""
    digest = keep(creditor.pk, LETTER, name="letter.pdf", media_type="application/pdf", at=AT)
    write(
        creditor,
        ("", "books_imported", {"sha256": "ab" * 32, "lines": 120}),
        ("ALPHA", "action_planned", {"step": "mail", "principal": 120_000}),
        ("BETA", "action_planned", {"step": "firm", "principal": 7_500}),
        ("ALPHA", "action_approved", {"action": 1}),
        ("ALPHA", "action_sending", {"action": 1, "documents": [digest]}),
        ("BETA", "note_written", {"text": "Rappeler Mme Œuvrard après 14 h"}),
        ("ALPHA", "action_sent", {"code": "accepted", "detail": "250 ok"}),
        ("", "light_set", {"strategy": "standard", "light": "auto"}),
        ("BETA", "pause_recorded", {"reason": "congés", "ends_on": None}),
        ("ALPHA", "note_written", {"text": "a promis pour vendredi"}),
    )


def faults(creditor: Creditor) -> set[tuple[str, int, str]]:
    """What verification finds: chain, place, code."""
    return {(fault.chain, fault.sequence, fault.code) for fault in verify(creditor).faults}


def codes(creditor: Creditor) -> set[str]:
    return {fault.code for fault in verify(creditor).faults}


def entry(creditor: Creditor, chain: str, sequence: int) -> Entry:
    return Entry.objects.get(creditor=creditor, chain=chain, sequence=sequence)


def change(creditor: Creditor, chain: str, sequence: int, column: str, value: object) -> None:
    """Write over one column of one line, past every check of the program."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table(Entry)} SET {column} = %s WHERE creditor_id = %s AND chain = %s AND sequence = %s",
            [value, creditor.pk, chain, sequence],
        )
        assert cursor.rowcount == 1
