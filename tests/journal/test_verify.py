"""Verification finds every change made behind the program's back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django_scopes import scope

from encaisse.journal.erase import erase
from encaisse.journal.hashing import GENESIS, canonical, hash_entry, hash_payload
from encaisse.journal.keep import DocumentChanged, fetch
from encaisse.journal.models import Document, Entry, Head, Seal
from encaisse.journal.seal import seal_day
from encaisse.journal.verify import verify
from encaisse.storage.bulk import table
from tests.factories import make_creditor
from tests.journal.lines import AT, LETTER, change, codes, entry, faults, small_journal, write

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def journal(creditor):
    small_journal(creditor)
    assert faults(creditor) == set()
    return creditor


# --------------------------------------------------------------------------------------------------- a byte of a column


def _flipped(text: str, place: int) -> str:
    return text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]


TEXT_COLUMNS = ["chain", "recorded_at", "actor", "kind", "payload", "salt", "payload_hash", "previous", "hash"]


@pytest.mark.parametrize("sequence", [1, 3, 5])
@pytest.mark.parametrize("column", TEXT_COLUMNS)
def test_any_byte_changed_in_any_text_column_is_found(journal, column, sequence):
    before = getattr(entry(journal, "ALPHA", sequence), column)
    for place in {0, len(before) // 2, len(before) - 1}:
        changed = _flipped(before, place)
        change(journal, "ALPHA", sequence, column, changed)
        assert codes(journal), f"{column}[{place}] of line {sequence}"
        change(journal, changed if column == "chain" else "ALPHA", sequence, column, before)
    assert faults(journal) == set()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("sequence", 12),
        ("sequence", 0),
        ("day", "2026-03-03"),
        ("day", "0001-01-01"),
        ("payload", ""),
        ("payload", "not JSON at all"),
        ("payload", "[]"),
        ("salt", ""),
        ("kind", "erased"),
    ],
)
@pytest.mark.parametrize("sequence", [1, 3, 5])
def test_other_values_in_a_column_are_found(journal, column, value, sequence):
    change(journal, "ALPHA", sequence, column, value)
    assert codes(journal)


NONSENSE = [("day", "2026-13-45"), ("day", "x"), ("sequence", "two"), ("payload", b"\xff")]


@pytest.mark.sqlite
@pytest.mark.parametrize(("column", "value"), NONSENSE)
def test_what_no_column_should_hold_is_a_fault_and_not_a_crash(journal, column, value):
    """SQLite keeps any value in any column."""
    change(journal, "ALPHA", 2, column, value)
    assert codes(journal)


def test_a_changed_line_is_named_by_its_place(journal):
    change(journal, "ALPHA", 3, "actor", "somebody else")
    assert faults(journal) == {("ALPHA", 3, "line_changed")}
    change(journal, "BETA", 2, "payload", '{"text":"autre chose"}')
    assert faults(journal) == {("ALPHA", 3, "line_changed"), ("BETA", 2, "payload_changed")}


def test_a_line_rewritten_with_fitting_hashes_breaks_the_next_one(journal):
    """Somebody who knows the arithmetic changes a line and its own hashes: the following line no longer follows."""
    line = entry(journal, "ALPHA", 2)
    payload = canonical({"action": 2})
    payload_hash = hash_payload(line.salt, payload)
    digest = hash_entry(
        line.previous, "ALPHA", 2, line.recorded_at, line.day.isoformat(), line.actor, line.kind, payload_hash
    )
    Entry.objects.filter(pk=line.pk).update(payload=payload, payload_hash=payload_hash, hash=digest)
    assert faults(journal) == {("ALPHA", 3, "link_broken")}


# -------------------------------------------------------------------------------------------------------- whole lines


@pytest.mark.parametrize(
    ("sequence", "found"),
    [(1, ("ALPHA", 2, "line_missing")), (3, ("ALPHA", 4, "line_missing")), (5, ("ALPHA", 5, "end_cut_off"))],
)
def test_a_line_removed_at_the_start_the_middle_or_the_end_is_found(journal, sequence, found):
    Entry.objects.filter(chain="ALPHA", sequence=sequence).delete()
    assert faults(journal) >= {found}
    assert {chain for chain, _place, _code in faults(journal)} == {"ALPHA"}


def test_a_line_removed_and_the_rest_renumbered_is_found(journal):
    Entry.objects.filter(chain="ALPHA", sequence=2).delete()
    for sequence in (3, 4, 5):
        change(journal, "ALPHA", sequence, "sequence", sequence - 1)
    Head.objects.filter(chain="ALPHA").update(sequence=4)
    assert ("ALPHA", 2, "link_broken") in faults(journal)


def test_two_lines_that_changed_places_are_found(journal):
    change(journal, "ALPHA", 2, "sequence", 99)
    change(journal, "ALPHA", 3, "sequence", 2)
    change(journal, "ALPHA", 99, "sequence", 3)
    assert {("ALPHA", 2, "link_broken"), ("ALPHA", 3, "link_broken")} <= faults(journal)


def test_the_contents_of_two_lines_exchanged_are_found(journal):
    first, second = entry(journal, "ALPHA", 1), entry(journal, "ALPHA", 5)
    for one, other in ((first, second), (second, first)):
        Entry.objects.filter(pk=one.pk).update(payload=other.payload, salt=other.salt)
    assert faults(journal) == {("ALPHA", 1, "payload_changed"), ("ALPHA", 5, "payload_changed")}


def test_a_line_moved_to_another_chain_is_found(journal):
    Entry.objects.filter(chain="ALPHA", sequence=5).update(chain="BETA", sequence=4)
    assert ("ALPHA", 5, "end_cut_off") in faults(journal)
    assert {("BETA", 4, "link_broken"), ("BETA", 4, "line_changed")} <= faults(journal)


def test_a_line_moved_to_another_creditor_is_found_by_both(journal):
    other = make_creditor("Autre SAS")
    Entry.objects.filter(chain="ALPHA", sequence=5).update(creditor=other)
    assert faults(journal) == {("ALPHA", 5, "end_cut_off")}
    with scope(creditor=other):
        assert {code for _chain, _place, code in faults(other)} >= {"line_missing", "head_missing"}


def test_a_line_copied_to_the_end_is_found(journal):
    line = entry(journal, "ALPHA", 4)
    line.pk, line.sequence = None, 6
    line.save()
    assert ("ALPHA", 6, "link_broken") in faults(journal)
    assert ("ALPHA", 6, "head_changed") in faults(journal)


def test_a_line_slipped_in_at_the_end_with_fitting_hashes_is_found_by_the_head(journal):
    line = entry(journal, "ALPHA", 5)
    digest = hash_entry(
        line.hash, "ALPHA", 6, line.recorded_at, line.day.isoformat(), line.actor, line.kind, line.payload_hash
    )
    line.pk, line.sequence, line.previous, line.hash = None, 6, line.hash, digest
    line.save()
    assert faults(journal) == {("ALPHA", 6, "head_changed")}


# -------------------------------------------------------------------------------------------------- heads, whole chains


@pytest.mark.parametrize(
    "change_head", [{"sequence": F("sequence") + 1}, {"sequence": F("sequence") - 1}, {"hash": GENESIS}]
)
def test_a_changed_head_is_found(journal, change_head):
    Head.objects.filter(chain="ALPHA").update(**change_head)
    assert codes(journal) <= {"head_changed", "end_cut_off"}
    assert codes(journal)


def test_a_removed_head_is_found(journal):
    Head.objects.filter(chain="BETA").delete()
    assert faults(journal) == {("BETA", 3, "head_missing")}


def test_a_head_moved_to_another_chain_is_found(journal):
    Head.objects.filter(chain="BETA").update(chain="GAMMA")
    assert faults(journal) == {("BETA", 3, "head_missing"), ("GAMMA", 0, "chain_missing")}


def test_a_whole_chain_removed_is_found(journal):
    Entry.objects.filter(chain="BETA").delete()
    assert faults(journal) == {("BETA", 0, "chain_missing")}


# ----------------------------------------------------------------------------------------------------------- documents


@pytest.mark.parametrize("place", [0, len(LETTER) // 2, len(LETTER) - 1])
def test_a_changed_byte_of_a_document_is_found(journal, place):
    document = Document.objects.get()
    changed = bytearray(document.content)
    changed[place] ^= 1
    Document.objects.update(content=bytes(changed))
    assert codes(journal) == {"document_changed"}
    with pytest.raises(DocumentChanged):
        fetch(journal.pk, document.sha256)


@pytest.mark.sqlite
def test_text_where_bytes_were_kept_is_a_fault_and_not_a_crash(journal):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table(Document)} SET content = 'text'")
    assert codes(journal) == {"document_changed"}


def test_a_document_under_another_hash_is_found(journal):
    Document.objects.update(sha256="0" * 64)
    assert codes(journal) == {"document_changed", "document_missing"}


def test_a_removed_document_is_found_by_the_line_that_names_it(journal):
    Document.objects.all().delete()
    assert faults(journal) == {("ALPHA", 3, "document_missing")}


# --------------------------------------------------------------------------------------------------------------- seals


def _cut(chain: str, *, keep: int) -> None:
    """Cut lines off the end together with the record of the end, as if they had never been."""
    Entry.objects.filter(chain=chain, sequence__gt=keep).delete()
    if keep:
        last = Entry.objects.get(chain=chain, sequence=keep)
        Head.objects.filter(chain=chain).update(sequence=keep, hash=last.hash)
    else:
        Head.objects.filter(chain=chain).delete()


def test_lines_cut_off_with_their_head_after_a_seal_are_found(journal):
    seal_day(journal, DAY, at=AT)
    _cut("ALPHA", keep=3)
    assert faults(journal) == {("ALPHA", 5, "sealed_line_changed")}


def test_a_whole_chain_removed_with_its_head_after_a_seal_is_found(journal):
    seal_day(journal, DAY, at=AT)
    _cut("BETA", keep=0)
    assert faults(journal) == {("BETA", 3, "sealed_line_changed")}


def test_the_end_rewritten_after_a_seal_is_found(journal):
    """The last line is cut off and another one written by the program itself: every hash fits, the seal does not."""
    seal_day(journal, DAY, at=AT)
    _cut("ALPHA", keep=4)
    write(journal, ("ALPHA", "note_written", {"text": "n'a rien promis"}))
    assert faults(journal) == {("ALPHA", 5, "sealed_line_changed")}


def test_lines_written_after_a_seal_do_not_disturb_it(journal):
    seal_day(journal, DAY, at=AT)
    write(journal, ("ALPHA", "note_written", {"text": "plus tard"}), ("NEW", "note_written", {"text": "nouveau"}))
    seal_day(journal, DAY + timedelta(1), at=AT + timedelta(1))
    result = verify(journal)
    assert (result.seals, result.faults) == (2, ())


def test_a_sealed_day_stays_sealed(journal):
    first = seal_day(journal, DAY, at=AT)
    write(journal, ("ALPHA", "note_written", {"text": "plus tard"}))
    assert seal_day(journal, DAY, at=AT + timedelta(hours=1)).hash == first.hash
    assert Seal.objects.count() == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [("hash", GENESIS), ("day", date(2026, 3, 1)), ("heads", "[]"), ("heads", "not JSON"), ("heads", '[["ALPHA",5]]')],
)
def test_a_changed_seal_is_found(journal, column, value):
    seal_day(journal, DAY, at=AT)
    Seal.objects.update(**{column: value})
    assert "seal_changed" in codes(journal)


def test_a_removed_seal_is_found(journal):
    seal_day(journal, DAY, at=AT)
    Seal.objects.all().delete()
    assert codes(journal) == {"seal_missing"}


# ------------------------------------------------------------------------------------------------------------- erasure


def test_an_erased_payload_leaves_the_chain_whole(journal):
    erase(journal, "ALPHA", 5, "demande de M. Durand, art. 17", at=AT, actor="claire")
    line = entry(journal, "ALPHA", 5)
    assert (line.payload, line.salt) == ("", "")
    assert entry(journal, "ALPHA", 6).kind == "erased"
    assert faults(journal) == set()


@pytest.mark.parametrize("sequence", [1, 3, 5])
def test_a_payload_blanked_without_the_line_that_says_so_is_found(journal, sequence):
    Entry.objects.filter(chain="ALPHA", sequence=sequence).update(payload="", salt="")
    assert faults(journal) == {("ALPHA", sequence, "payload_changed")}


def test_the_erasure_of_one_line_allows_no_other(journal):
    erase(journal, "ALPHA", 5, "art. 17", at=AT, actor="claire")
    Entry.objects.filter(chain="ALPHA", sequence=4).update(payload="", salt="")
    assert faults(journal) == {("ALPHA", 4, "payload_changed")}


def test_an_erasure_told_of_before_the_line_allows_nothing(journal):
    """A line can only be erased after it was written."""
    write(
        journal,
        ("ALPHA", "erased", {"sequence": 7, "reason": "pour plus tard"}),
        ("ALPHA", "note_written", {"text": "x"}),
    )
    Entry.objects.filter(chain="ALPHA", sequence=7).update(payload="", salt="")
    assert faults(journal) == {("ALPHA", 7, "payload_changed")}


def test_an_erased_line_that_is_filled_again_is_found(journal):
    erase(journal, "ALPHA", 5, "art. 17", at=AT, actor="claire")
    Entry.objects.filter(chain="ALPHA", sequence=5).update(payload='{"text":"autre"}', salt="00" * 16)
    assert faults(journal) == {("ALPHA", 5, "payload_changed")}


def test_erasing_a_line_that_is_not_there_changes_nothing(journal):
    with pytest.raises(Entry.DoesNotExist):
        erase(journal, "ALPHA", 50, "art. 17", at=AT, actor="claire")
    assert Entry.objects.filter(kind="erased").count() == 0


def test_the_journal_has_no_column_that_is_not_tested():
    """A new column must enter the hash, and its change must be tried above."""
    tried = {*TEXT_COLUMNS, "sequence", "day"}
    assert {field.column for field in Entry._meta.concrete_fields} - tried == {"id", "creditor_id"}
