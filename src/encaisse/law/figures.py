"""Figures inside the sentences of the law: ``{group.constant}`` in a text stands for the constant of that day.

So a sentence never says another figure than the one that was reckoned with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from encaisse.law.constants import Constant, UnknownConstant, constant

_FIGURE = re.compile(r"\{([a-z0-9_]+\.[a-z0-9_]+)\}")
_NO_BREAK = "\u00a0"
_FRENCH = str.maketrans({",": _NO_BREAK, ".": ","})


def filled(words: Mapping[str, str], on: date) -> Mapping[str, str]:
    """The texts of each language with their figures, as in force on ``on`` (the newest when none was).

    Raises UnknownConstant for a constant that does not exist or is not known yet.
    """
    if not any("{" in text for text in words.values()):
        return words
    return {language: _fill(text, language, on) for language, text in words.items()}


def written(figure: Constant, language: str) -> str:
    """A figure for a reader: ``5 000 EUR`` in French, ``5,000 EUR`` in English; a bare number when it is no money."""
    number = figure.number
    digits = 0 if number == number.to_integral_value() else 2
    text = f"{number:,.{digits}f}"
    if language == "fr":
        text = text.translate(_FRENCH)
    return f"{text}{_NO_BREAK}{figure.unit}" if figure.unit.isupper() else text


def _fill(text: str, language: str, on: date) -> str:
    return _FIGURE.sub(lambda found: written(_at(found[1], on), language), text)


def _at(name: str, on: date) -> Constant:
    try:
        return constant(name, on)
    except UnknownConstant:
        return constant(name)
