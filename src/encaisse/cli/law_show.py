"""How answers about the law are written on a terminal: pairs of words, percents, how sure something is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.table import Table
from rich.text import Text

from encaisse.cli import say
from encaisse.cli.words import _, language


def pairs(rows: Sequence[tuple[str, str]], *, right: bool = False) -> None:
    """What each thing is called and what it is, below each other; `right` for figures."""
    grid = Table(box=None, show_header=False, pad_edge=False)
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right" if right else "left")
    for label, text in rows:
        grid.add_row(Text(label, style="dim"), Text(text))
    say.out().print(grid)


def number(text: str) -> str:
    """A decimal number with the sign of the language."""
    return text.replace(".", ",") if language() == "fr" else text


def percent(text: str) -> str:
    """A rate in percent."""
    return number(text) + (" %" if language() == "en" else "\N{NO-BREAK SPACE}%")


def confidence(word: str) -> str:
    """How sure a figure or a rule is, in words."""
    words = {
        "sure": _("sure"),
        "probable": _("probable"),
        "to-verify": _("to be verified"),
        "own": _("your own"),
    }
    return words.get(word, word)


def in_doubt(text: str, word: str) -> str:
    """A figure, with how sure it is behind it where it is not sure."""
    return text if word == "sure" else f"{text} ({confidence(word)})"


def reference(text: str) -> str:
    """Where a rule is written, with its words in the reader's language."""
    from encaisse.law.references import reference_in_words

    return reference_in_words(text, language())


def iso(day: date | None) -> str | None:
    """A day for other programs."""
    return day.isoformat() if day else None
