"""A problem in a file is data: where it is, what it is, and what to do about it, in French and in English.

The words live in ``problems.toml`` and ``problems_*.toml``: one table per code with its severity, and a message and a
hint in each language.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("fr", "en")
MAX_SHOWN = 100
"""At most so many problems of one code are listed; the rest is counted in one line."""


class Severity(StrEnum):
    """``error``: something was set aside. ``warning``: kept, look at it. ``info``: good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. ``line`` counts from 1 (the header is line 1); ``None`` when it concerns the whole file."""

    line: int | None
    code: str
    message: str
    hint: str
    severity: Severity
    column: str | None = None
    values: Mapping[str, str] = field(default_factory=dict, hash=False)

    def in_language(self, language: str) -> Problem:
        """The same problem with its words in ``fr`` or ``en``."""
        return problem(self.code, self.line, column=self.column, language=language, **self.values)


@cache
def catalogue() -> Mapping[str, Mapping[str, Any]]:
    """Code → severity and words, from ``problems.toml`` and its neighbours; a code stands in one of them."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in files("encaisse.exchange").iterdir():
        if path.name.startswith("problems") and path.name.endswith(".toml"):
            words = tomllib.loads(path.read_text(encoding="utf-8"))
            twice = sorted(found.keys() & words.keys())
            if twice:
                raise ValueError(f"{path.name} says again what {twice[0]} means: keep one of the two")
            found |= words
    return found


def problem(
    code: str, line: int | None = None, /, *, column: str | None = None, language: str = "fr", **values: object
) -> Problem:
    """Make a problem from its code. ``values`` fill the places in its words; values are cut to a readable length."""
    entry = catalogue()[code]
    shown = {name: _readable(value) for name, value in values.items()}
    words = entry[language if language in LANGUAGES else "en"]
    return Problem(
        line=line,
        code=code,
        message=words["message"].format_map(_Blank(shown)),
        hint=words["hint"].format_map(_Blank(shown)),
        severity=Severity(entry["severity"]),
        column=column,
        values=shown,
    )


def bounded(problems: Iterable[Problem], language: str = "fr") -> tuple[tuple[Problem, ...], dict[str, int]]:
    """Keep the first ``MAX_SHOWN`` of each code, say how many more there are; also count each code."""
    counts: dict[str, int] = {}
    kept: list[Problem] = []
    for one in problems:
        counts[one.code] = counts.get(one.code, 0) + 1
        if counts[one.code] <= MAX_SHOWN:
            kept.append(one)
    for code, count in counts.items():
        if count > MAX_SHOWN:
            kept.append(problem("more_of_the_same", None, language=language, code=code, count=count - MAX_SHOWN))
    return tuple(kept), counts


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _readable(value: object) -> str:
    text = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(value))
    return text if len(text) <= 80 else text[:77] + "..."
