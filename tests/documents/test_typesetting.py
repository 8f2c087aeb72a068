"""Every character that a name may hold is drawn, replaced or dropped; none stops a letter."""

import unicodedata
from datetime import date

import pytest

from encaisse.documents.typesetting import PRINTABLE, printable, typeset


def test_every_printable_character_is_drawn_by_the_fonts() -> None:
    characters = [
        chr(code)
        for first, last in PRINTABLE
        for code in range(first, last + 1)
        if unicodedata.category(chr(code)) != "Cn"
    ]
    rows = [["".join(characters[at : at + 60])] * 8 for at in range(0, len(characters), 60)]
    data = {
        "language": "fr",
        "title": "Caractères",
        "author": "x",
        "date": {"year": 2026, "month": 1, "day": 1},
        "subtitle": [],
        "heads": ["x"] * 8,
        "numeric": [False] * 8,
        "groups": [{"rows": rows, "label": "x", "amount": "x"}],
        "total": ["x", "x"],
        "notes": ["".join(characters)],
        "imprint": "".join(characters[:100]),
        "page-label": "Page",
    }
    assert typeset("worksheet", data, date(2026, 1, 1)).startswith(b"%PDF")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Léa Œuvrard-Ÿ ŁódŹ Ελλάδα Київ", "Léa Œuvrard-Ÿ ŁódŹ Ελλάδα Київ"),
        ("e\u0301t\u0301", "ét\u0301"),
        ("ﬁn №① ｆｕｌｌ", "fin №1 full"),
        ("山田 😀", "□□ □"),
        ("a\u200bb\u00adc\x07d\ue000", "abcd□"),
        ("un\ndeux", "un\ndeux"),
    ],
)
def test_printable(text: str, expected: str) -> None:
    assert printable(text) == expected
