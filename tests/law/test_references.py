"""References keep their articles, and their words follow the reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import encaisse.law
from encaisse.law.constants import all_constants
from encaisse.law.deadlines import all_rules, deadline
from encaisse.law.limitation import claim_kinds, event_kinds
from encaisse.law.references import reference_in_words
from encaisse.law.series import read_yaml

ENGLISH = re.compile(
    r"\b(the|of|law|decree|order|and|from|now|with|by|than|outside|January|July|Feb|Dec)\b", re.IGNORECASE
)
FOLDER = Path(encaisse.law.__file__).parent
# British rules keep their names.
OWN_NAMES = re.compile(r"Pre-Action Protocol for Debt Claims|Practice Direction on Pre-Action Conduct")


@pytest.mark.parametrize(
    ("kept", "french"),
    [
        ("C. com. L441-10 I al.2", "C. com. L441-10 I al.2"),
        ("CPC 1411; decree 2026-96 of 16 Feb 2026, art. 9", "CPC 1411; décret 2026-96 du 16 février 2026, art. 9"),
        ("Directive 2011/7/EU, art. 6", "Directive 2011/7/UE, art. 6"),
        ("C. civ. 2240 to 2244", "C. civ. 2240 à 2244"),
        ("CGI 289 bis; finance law 2024 art. 91", "CGI 289 bis; loi de finances 2024 art. 91"),
        (
            "BGB 288 I; base rate on 1 July 2026: 1.52 %",
            "BGB 288 I; taux de base au 1er juillet 2026: 1,52\N{NO-BREAK SPACE}%",
        ),
    ],
)
def test_a_reference_for_a_french_reader(kept: str, french: str) -> None:
    assert reference_in_words(kept, "fr") == french
    assert reference_in_words(kept, "en") == kept


def test_no_english_is_left_where_deadlines_and_limitation_are_explained() -> None:
    start = date(2026, 11, 2)
    found = {deadline(rule, start, order_on=date(2026, 10, 1)).reference for rule in all_rules()}
    found |= {effect.reference for kind in event_kinds().values() for effect in kind.effects.values()}
    found |= {f"{kind.early_start}; {kind.counting}; {kind.years.reference}" for kind in claim_kinds().values()}
    assert not [text for text in found if ENGLISH.search(reference_in_words(text, "fr"))]


@pytest.mark.parametrize(
    "table", sorted(set(FOLDER.rglob("*.yaml")) - {FOLDER / "references.yaml"}), ids=lambda table: table.stem
)
def test_no_english_is_left_in_any_reference(table: Path) -> None:
    found = set(_references(read_yaml(table.read_text(encoding="utf-8"), table.name)))
    assert not [text for text in found if ENGLISH.search(OWN_NAMES.sub("", reference_in_words(text, "fr")))]


def _references(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for one in content:
            yield from _references(one)
    elif isinstance(content, dict):
        for key, one in content.items():
            yield from ([one] if key == "reference" and isinstance(one, str) else _references(one))


def test_articles_and_numbers_stay_as_they_are() -> None:
    for constant in all_constants():
        french = reference_in_words(constant.reference, "fr")
        assert re.findall(r"[A-Z]?\d[\d-]+", french) == re.findall(r"[A-Z]?\d[\d-]+", constant.reference)
