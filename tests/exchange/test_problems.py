"""Problems speak both languages, with the same values."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from encaisse import exchange
from encaisse.exchange.problems import LANGUAGES, Severity, bounded, catalogue, problem

SOURCES = sorted(Path(exchange.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("code", catalogue())
def test_parity(code: str) -> None:
    entry = catalogue()[code]
    assert set(entry) == {"severity", *LANGUAGES}
    Severity(entry["severity"])
    places = [set(re.findall(r"\{(\w+)\}", " ".join(entry[language].values()))) for language in LANGUAGES]
    assert places[0] == places[1]
    for language in LANGUAGES:
        assert set(entry[language]) == {"message", "hint"}
        assert all(text.endswith((".", "?", "…")) for text in entry[language].values())


def test_every_code_in_the_sources_has_its_words() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "problem":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    assert first.value in catalogue(), path.name


def test_the_values_survive_a_change_of_language() -> None:
    french = problem("bad_date", 3, column="EcritureDate", value="31/31")
    english = french.in_language("en")
    assert "31/31" in french.message
    assert "31/31" in english.message
    assert french.message != english.message
    assert (english.line, english.code, english.column) == (3, "bad_date", "EcritureDate")


def test_hostile_values_are_shown_harmlessly() -> None:
    shown = problem("bad_date", 1, value="{0.__class__}\x1b[31m" + "x" * 500).message
    assert "\x1b" not in shown
    assert len(shown) < 200
    assert "{0.__class__}" in shown


def test_bounded_counts_what_it_leaves_out() -> None:
    kept, counts = bounded((problem("bad_date", line, value="x") for line in range(250)), "en")
    assert counts == {"bad_date": 250}
    assert len(kept) == 101
    assert kept[-1].message.startswith("150 more")


@pytest.mark.parametrize("code", catalogue())
def test_documented(code: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
    assert f"`{code}`" in text
