"""Sentences of matching, one data file per language, read once."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

import yaml

LANGUAGES: Final = ("fr", "en")


@lru_cache(maxsize=len(LANGUAGES))
def phrases(language: str) -> dict[str, str]:
    """Code → sentence with places for values. Raises ValueError for a language without sentences."""
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} has no phrases: use one of {', '.join(LANGUAGES)}")
    loaded: dict[str, str] = yaml.safe_load(files(__name__).joinpath(f"{language}.yaml").read_text("utf-8"))
    return loaded
