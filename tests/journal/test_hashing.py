"""Canonical text and hashes: the same content is the same text everywhere, and floats never get in."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.journal.hashing import GENESIS, canonical, hash_entry, hash_payload

KEYS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
PAYLOADS = st.dictionaries(KEYS, VALUES, max_size=3)


@given(PAYLOADS)
def test_canonical_text_says_the_same_and_only_once(payload):
    text = canonical(payload)
    assert json.loads(text) == payload
    assert canonical(json.loads(text)) == text
    assert canonical(dict(reversed(payload.items()))) == text


@given(PAYLOADS, KEYS, LEAVES, LEAVES)
def test_different_payloads_have_different_texts(payload, key, one, other):
    same = type(one) is type(other) and one == other
    assert (canonical({**payload, key: one}) == canonical({**payload, key: other})) == same


def test_canonical_text_has_no_spaces_sorted_keys_and_plain_letters():
    assert canonical({"b": [1, None, True], "a": "Œuvre « é »\n"}) == '{"a":"Œuvre « é »\\n","b":[1,null,true]}'


@given(PAYLOADS, st.floats())
def test_a_float_is_refused_at_any_depth(payload, number):
    for hidden in ({**payload, "x": number}, {"x": [payload, {"y": number}]}, {"x": (1, number)}):
        with pytest.raises(TypeError, match="floats"):
            canonical(hidden)


@pytest.mark.parametrize("key", ["été", 3, None])
def test_a_key_that_is_not_ascii_text_is_refused(key):
    with pytest.raises(TypeError, match="ASCII"):
        canonical({"deep": {key: 1}})


LINE = (GENESIS, "ALPHA", 1, "2026-03-02T09:30:00.000000+00:00", "2026-03-02", "claire", "note_written", "ab" * 32)


@given(st.integers(0, 7), TEXTS, st.integers(1, 10**6))
def test_every_part_of_a_line_enters_its_hash(place, text, number):
    other = list(LINE)
    other[place] = number if place == 2 else text
    assert (hash_entry(*LINE) == hash_entry(*other)) == (tuple(other) == LINE)


def test_neighbouring_parts_cannot_flow_into_each_other():
    """The same letters, split elsewhere between two columns, are another line."""
    assert hash_entry(GENESIS, "AB", 1, "t", "d", "C", "k", "h") != hash_entry(
        GENESIS, "A", 1, "t", "d", "BC", "k", "h"
    )


def test_the_salt_hides_what_a_short_payload_says():
    """Without the salt nobody can find out by trying whether the erased line said yes or no."""
    assert hash_payload("00" * 16, '{"a":1}') != hash_payload("01" + "00" * 15, '{"a":1}')
    assert hash_payload("s", "p") == hashlib.sha256(b"sp").hexdigest()
