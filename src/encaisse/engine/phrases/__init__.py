"""Sentences of the engine, one data file per language, read once."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import yaml

LANGUAGES: Final = ("fr", "en")


@lru_cache(maxsize=len(LANGUAGES))
def phrases(language: str) -> dict[str, Any]:
    """The whole phrase file of a language. Raises ValueError for a language without one."""
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} has no phrases: use one of {', '.join(LANGUAGES)}")
    text = files(__name__).joinpath(f"{language}.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def problem_texts(language: str) -> dict[str, dict[str, str]]:
    """Message and hint of every problem code."""
    texts: dict[str, dict[str, str]] = phrases(language)["problems"]
    return texts
