"""Where a rule is written, for a reader: articles keep their names, the words around them follow his language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

import yaml

from encaisse.law.schema import BadParameter

_PERCENT = re.compile(r"(\d)\.(\d+) %")
_FIRST_OF_MONTH = re.compile(r"\b1(?= (?:janvier|juillet|septembre) \d{4})")
_EUROPEAN = re.compile(r"(?<=/)EU\b|(?<=\()EC(?=\))")


@lru_cache(maxsize=1024)
def reference_in_words(reference: str, language: str) -> str:
    """A reference as written in the tables, with its words in ``fr`` or ``en`` (as it is)."""
    if language != "fr":
        return reference
    words = _words()
    pattern = _pattern()
    text = pattern.sub(lambda found: words[found[0].casefold()], reference)
    text = _PERCENT.sub("\\1,\\2\N{NO-BREAK SPACE}%", text)
    text = _FIRST_OF_MONTH.sub("1er", text)
    return _EUROPEAN.sub(lambda found: {"EU": "UE", "EC": "CE"}[found[0]], text)


@cache
def _words() -> Mapping[str, str]:
    content = yaml.safe_load((files("encaisse.law") / "references.yaml").read_text(encoding="utf-8"))
    if not isinstance(content, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in content):
        raise BadParameter("references.yaml: a list of pairs is needed: the English words, the French words")
    return {str(english).casefold(): str(french) for english, french in content}


@cache
def _pattern() -> re.Pattern[str]:
    # The longest words first, so that "finance law" is not read as "law".
    known = sorted(_words(), key=len, reverse=True)
    return re.compile(rf"(?<![\w/])(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)
