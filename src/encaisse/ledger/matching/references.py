"""Creditor references: the RF reference of ISO 11649, alone or inside a text, and national ones as they were given."""

from __future__ import annotations

import re
from collections.abc import Iterator

from encaisse.ledger.matching.text import capitals, words

_RF = re.compile(r"\bRF ?(\d ?\d(?: ?[A-Z0-9]){1,21})\b")
NOTHING_SAID = frozenset({"", "NOTPROVIDED", "NONREF", "NOTAVAILABLE", "NONE", "NR"})
"""What banks write where the payer gave no end-to-end id."""


def plain(reference: str) -> str:
    """A reference without spaces and signs, in capitals: ``+++090/9337/55493+++`` gives ``090933755493``."""
    return "".join(words(reference))


def rf_body(reference: str) -> str | None:
    """What an RF reference carries (often the invoice number); None when it is none, or its check digits are wrong."""
    code = plain(reference)
    if not (5 <= len(code) <= 25 and code.startswith("RF") and code[2:4].isdigit()):
        return None
    turned = code[4:] + code[:4]
    return code[4:] if int("".join(str(int(char, 36)) for char in turned)) % 97 == 1 else None


def rf_of(body: str) -> str:
    """The RF reference that carries ``body`` (letters and digits, at most 21)."""
    carried = plain(body)[:21]
    rest = int("".join(str(int(char, 36)) for char in carried + "RF00")) % 97
    return f"RF{98 - rest:02d}{carried}"


def rf_in(text: str) -> Iterator[str]:
    """The RF references with right check digits that stand in a free text, without spaces.

    Words follow a reference without any sign between: the longest reading whose check digits are right is taken.
    """
    if "RF" not in text.upper():
        return
    for found in _RF.finditer(capitals(text)):
        pieces = found.group(0).split(" ")
        for end in range(len(pieces), 0, -1):
            code = "".join(pieces[:end])
            if rf_body(code) is not None:
                yield code
                break
