"""The pieces matching is made of: words, references, sums, and the sentences of its reasons."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import encaisse.ledger.matching as matching
from encaisse.exchange.bank import Transaction
from encaisse.ledger.matching import Reason, incoming_of, sentence
from encaisse.ledger.matching.alike import distance, plain_distance, word_likeness
from encaisse.ledger.matching.numbers import Numbers
from encaisse.ledger.matching.phrases import phrases
from encaisse.ledger.matching.references import rf_body, rf_in, rf_of
from encaisse.ledger.matching.subsets import ALL_SETS, MOST_FOUND, runs, subsets
from encaisse.ledger.matching.text import digits_of, name_key

HERE = Path(matching.__file__).parent


@given(st.lists(st.integers(1, 60), max_size=9), st.integers(1, 200), st.integers(1, 3))
def test_every_set_that_fits_is_found(amounts: list[int], target: int, least: int) -> None:
    every = [
        chosen
        for size in range(least, len(amounts) + 1)
        for chosen in combinations(range(len(amounts)), size)
        if sum(amounts[place] for place in chosen) == target
    ]
    assert subsets(amounts, target, least=least).sets == tuple(every[:MOST_FOUND])


@given(st.lists(st.integers(1, 10_000), min_size=ALL_SETS + 1, max_size=60), st.data())
def test_among_many_small_sets_and_nearly_all_are_found_and_the_rest_is_said_to_be_cut(
    amounts: list[int], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(min(len(amounts), 40))), min_size=2, max_size=3, unique=True))
    found = subsets(amounts, sum(amounts[place] for place in chosen))
    assert found.cut
    assert found.sets
    for one in found.sets:
        assert sum(amounts[place] for place in one) == sum(amounts[place] for place in chosen)


def test_runs_are_found_among_any_number() -> None:
    assert runs([5, 7, 11, 13, 17], 31) == ((1, 2, 3),)
    assert runs(range(1, 10_000), 3) == ((0, 1),)


@given(st.text(alphabet="ABCD", max_size=7), st.text(alphabet="ABCD", max_size=7))
def test_the_distance_is_the_same_with_and_without_the_fast_library(one: str, other: str) -> None:
    assert distance(one, other) == plain_distance(one, other) == plain_distance(other, one)
    assert (plain_distance(one, other) == 0) == (one == other)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [("TRAVERSE", "TRAVRESE", 1), ("TRAVERSE", "TRAVESE", 1), ("ABC", "", 3), ("CA", "ABC", 3)],
)
def test_letters_swapped_count_once(one: str, other: str, apart: int) -> None:
    assert plain_distance(one, other) == apart


def test_words_cut_short_are_alike_and_others_are_not() -> None:
    assert word_likeness("TRAV", "TRAVERSE") == 0.9
    assert word_likeness("TRAVERSE", "TRAVRESE") > 0.8
    assert word_likeness("LYON", "NYONS") == 0.0


def test_names_are_one_key_whatever_their_form_and_order() -> None:
    assert name_key("Société Forge Ardente, S.A.R.L.") != ""
    assert name_key("FORGE ARDENTE SARL") == name_key("Ardente (Forge)") == "ARDENTE FORGE"
    assert name_key("Crèche de l’Étoile") == "CRECHE ETOILE"
    assert name_key("SARL") == "SARL"


@pytest.mark.parametrize(
    ("word", "digits"), [("FA2026", "2026"), ("OO123", "00123"), ("2O26", "2026"), ("12A34", ""), ("FACTURE", "")]
)
def test_digits_are_read_through_letters(word: str, digits: str) -> None:
    assert digits_of(word) == digits


def test_the_tail_of_a_number_is_its_last_group_without_zeros() -> None:
    assert Numbers(["FA2026-00123", "2026/03/0007", "ABC", "100045"]).tails == ["123", "7", "", "100045"]


def test_creditor_references_are_checked() -> None:
    assert rf_of("539007547034") == "RF18539007547034"  # the example of the standard
    assert rf_body("RF18 5390 0754 7034") == "539007547034"
    assert rf_body("RF19 5390 0754 7034") is None
    assert list(rf_in("paiement RF18 5390 0754 7034 merci")) == ["RF18539007547034"]
    assert list(rf_in("RF19 5390 0754 7034, TARIF RF")) == []


def test_a_number_short_enough_to_be_anything_is_no_number() -> None:
    said = Numbers(["12", "A1", "FA2026-00012"]).read("12 A1 12")
    assert said.mentions == []
    assert said.tails == {"12", "1"}


@pytest.mark.parametrize("text", ["9" * 5_000, "A1 " * 2_000, "١٢٣ ²³ ①", "RF" * 3_000, "1-99999999999 2..9 3 à 4"])
def test_no_text_makes_it_stumble(text: str) -> None:
    Numbers(["FA2026-00012", "²³", "①", "١٢٣"]).read(text)
    list(rf_in(text))


def test_a_movement_of_a_bank_file_becomes_money_to_match() -> None:
    movement = Transaction(
        date(2026, 10, 5),
        None,
        Decimal("1200.00"),
        "",
        "TRAVERSE",
        "FR76",
        "FA 123",
        "E2E",
        "RF18",
        charges=Decimal("2.505"),
    )
    made = incoming_of(movement, "x", "EUR")
    assert (made.amount, made.charges, made.currency, made.text, made.payer) == (
        120_000,
        250,
        "EUR",
        "FA 123",
        "TRAVERSE",
    )
    assert (made.structured, made.end_to_end_id, made.iban, made.returned) == ("RF18", "E2E", "FR76", "")
    assert incoming_of(replace(movement, reversal=True), "x", "EUR").returned == "reversal"
    with pytest.raises(ValueError, match="currency"):
        incoming_of(movement, "x")
    with pytest.raises(ValueError, match="minor units"):
        incoming_of(replace(movement, amount=Decimal("1.00001")), "x", "EUR")


# --- words ---


def _codes_in_source() -> set[str]:
    known = set(phrases("en"))
    texts: set[str] = set()
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    assert first.value in known, first.value
    return texts


def test_every_reason_has_its_sentence_in_both_languages_with_the_same_values() -> None:
    french, english = phrases("fr"), phrases("en")
    assert french.keys() == english.keys()
    for code, text in english.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", french[code])), code
    assert english.keys() <= _codes_in_source()


def test_french_sentences_keep_their_spaces_together() -> None:
    for code, text in phrases("fr").items():
        assert not re.search(r" [:;?!»]|« ", text), code


def test_a_sentence_writes_amounts_and_shares_for_its_reader() -> None:
    reason = Reason("part_payment", {"amount": 123_456, "rest": 1_000})
    assert sentence(reason, "en") == "A part payment of €1,234.56: €10.00 stays open."
    assert sentence(reason, "fr", "EUR").startswith("Un règlement partiel de 1\u202f234,56\u00a0€\u00a0:")
    below = Reason("below_threshold", {"score": 0.9989999, "threshold": 0.999})
    assert "99.899%" in sentence(below, "en")
    assert "99.9%" in sentence(below, "en")
    assert "99,9\u00a0%" in sentence(below, "fr")
    with pytest.raises(ValueError, match="de"):
        sentence(reason, "de")
