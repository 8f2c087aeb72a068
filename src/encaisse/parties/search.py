"""Text as the search box compares it."""

from __future__ import annotations

import unicodedata

LENGTH = 300


def folded(text: str) -> str:
    """Return `text` in lower case, without accents, ligatures opened, single spaces.

    >>> folded("  Boulangerie de l’Œuvre ")
    'boulangerie de l oeuvre'
    """
    opened = text.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae").replace("Æ", "ae")
    plain = "".join(char for char in unicodedata.normalize("NFKD", opened) if not unicodedata.combining(char))
    kept = "".join(char if char.isalnum() else " " for char in plain.casefold())
    return " ".join(kept.split())


def search_text(name: str, code: str, siren: str = "") -> str:
    """Return what is kept of a customer to be searched: name, code and SIREN, folded like what is typed."""
    return folded(f"{name} {code} {siren}")[:LENGTH]
