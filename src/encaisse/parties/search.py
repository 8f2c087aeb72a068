"""What the search box compares."""

from __future__ import annotations

import unicodedata

LENGTH = 300


def search_text(name: str, code: str, siren: str = "") -> str:
    """Name, code and SIREN in lower case without accents."""
    text = unicodedata.normalize("NFKD", " ".join(part for part in (name, code, siren) if part))
    return "".join(char for char in text if not unicodedata.combining(char)).casefold()[:LENGTH]
