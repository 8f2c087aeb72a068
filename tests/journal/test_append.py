"""Entries are linked, in order, in the transaction of their change."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from django_scopes import scope
from hypothesis import given
from hypothesis import strategies as st

from encaisse.journal.append import Line, _linked, append
from encaisse.journal.check import Line as Stored
from encaisse.journal.check import check_chain
from encaisse.journal.hashing import GENESIS
from encaisse.journal.models import Entry, Head
from encaisse.journal.verify import lines_of, verify
from encaisse.parties.models import Creditor, Customer
from tests.factories import make_creditor, make_customer
from tests.journal.lines import AT, faults, small_journal, write
from tests.journal.test_hashing import PAYLOADS

CHAINS = st.sampled_from(["", "ALPHA", "BETA", "411ÉTÉ"])


@given(st.lists(st.tuples(CHAINS, PAYLOADS), max_size=6), st.integers(0, 6))
def test_any_lines_in_any_order_make_chains_that_verify(lines, cut):
    """Linked in one call or in two, each chain begins at nothing, counts from one and follows from itself."""
    moment, heads, rows = "2026-03-02T09:30:00.000000+00:00", {}, []
    for part in (lines[:cut], lines[cut:]):
        more, tips = _linked(
            1, [Line(chain, "kind", payload) for chain, payload in part], heads, moment, "2026-03-02", "x"
        )
        rows += more
        heads = {**heads, **tips}
    for chain in {chain for chain, _payload in lines}:
        stored = [Stored(*row[1:]) for row in rows if row[1] == chain]
        assert [line.sequence for line in stored] == list(range(1, len(stored) + 1))
        assert check_chain(stored, heads[chain]) == []


@pytest.mark.django_db
def test_each_line_follows_from_the_one_before_it(creditor):
    small_journal(creditor)
    lines = list(lines_of(creditor, "ALPHA"))
    assert [line.previous for line in lines] == [GENESIS, *(line.hash for line in lines[:-1])]
    assert Head.objects.get(chain="ALPHA").hash == lines[-1].hash
    assert faults(creditor) == set()
    result = verify(creditor)
    assert (result.entries, result.chains, result.documents, result.ok) == (10, 3, 1, True)


@pytest.mark.django_db
def test_lines_added_later_go_on_where_the_chain_ended(creditor):
    small_journal(creditor)
    write(creditor, ("BETA", "note_written", {"text": "un"}), ("NEW", "note_written", {"text": "deux"}))
    write(creditor, ("BETA", "note_written", {"text": "trois"}))
    assert [line.sequence for line in lines_of(creditor, "BETA")] == [1, 2, 3, 4, 5]
    assert [line.sequence for line in lines_of(creditor, "NEW")] == [1]
    assert faults(creditor) == set()


@pytest.mark.django_db
def test_a_thousand_chains_in_one_call(creditor):
    """What a nightly run writes."""
    write(creditor, *((f"C{number:04}", "action_planned", {"action": number}) for number in range(1000)))
    write(creditor, *((f"C{number:04}", "action_sent", {"action": number}) for number in range(0, 1000, 3)))
    result = verify(creditor)
    assert (result.entries, result.chains, result.faults) == (1334, 1000, ())


@pytest.mark.django_db
def test_two_creditors_keep_apart_journals(creditor):
    """The same customer code at two creditors is two chains, and a fault in one is none of the other's."""
    other = make_creditor("Autre SAS")
    small_journal(creditor)
    with scope(creditor=other):
        write(other, ("ALPHA", "note_written", {"text": "chez l'autre"}))
        assert [line.sequence for line in lines_of(other, "ALPHA")] == [1]
        Entry.objects.update(actor="quelqu'un d'autre")
        assert faults(other) == {("ALPHA", 1, "line_changed")}
    assert faults(creditor) == set()


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused():
    made = make_creditor()
    with pytest.raises(RuntimeError, match="transaction"):
        append(made.pk, "ALPHA", "note_written", {"text": "seul"}, at=AT, actor="x")
    with scope(creditor=made):
        assert not Entry.objects.exists()


class Interrupted(Exception):
    """Something goes wrong after the change and its entry."""


def _change(creditor, payload, *, then: Exception | None = None) -> None:
    with transaction.atomic():
        make_customer(creditor, "ALPHA")
        append(creditor.pk, "ALPHA", "customer_changed", payload, at=AT, actor="x")
        if then:
            raise then


@pytest.mark.django_db
def test_a_change_that_is_rolled_back_leaves_no_entry(creditor):
    small_journal(creditor)
    with pytest.raises(Interrupted):
        _change(creditor, {"name": "Alpha"}, then=Interrupted())
    assert not Customer.objects.filter(code="ALPHA").exists()
    assert Entry.objects.filter(kind="customer_changed").count() == 0
    assert faults(creditor) == set()


@pytest.mark.django_db
def test_an_entry_that_cannot_be_written_takes_its_change_back(creditor):
    with pytest.raises(TypeError, match="floats"):
        _change(creditor, {"limit": 12.5})
    assert not Customer.objects.filter(code="ALPHA").exists()
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_the_day_of_a_line_is_the_day_on_the_wall_not_in_greenwich(creditor):
    """Half past eleven in the evening UTC on 1 July is the 2nd in Paris."""
    write(creditor, ("ALPHA", "note_written", {"text": "tard"}), at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    line = Entry.objects.get()
    assert line.day == date(2026, 7, 2)
    assert line.recorded_at == "2026-07-01T23:30:00.000000+00:00"


@pytest.mark.django_db
def test_a_payload_is_kept_letter_for_letter(creditor):
    payload = {"text": "Œuvre « d’été » \t\n\u2028 🧾", "amount": 10**15, "nothing": None, "list": [[], {}]}
    write(creditor, ("ALPHA", "note_written", payload))
    assert json.loads(Entry.objects.get().payload) == payload
    assert faults(creditor) == set()


@pytest.mark.django_db
def test_the_journal_is_read_within_a_scope_only():
    from django_scopes.exceptions import ScopeError

    for model in (Entry, Head):
        with pytest.raises(ScopeError):
            model.objects.count()
    assert Creditor.objects.count() == 0
