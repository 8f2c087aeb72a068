"""What the header of a column says it is, from the words people and programs use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from encaisse.exchange.table_mapping import words
from encaisse.exchange.table_values import plain

SURE, LIKELY = 95, 75
_FRENCH = re.compile(
    r"\b(?:de|du|libelle|montant|facture|echeance|reglement|piece|solde|devise|intitule|societe|operation|valeur|"
    r"numero|emission|encaissement|echu|nom|jours|statut|etat)\b"
)
_UNIT = r"(?: ?(?:j|jrs?|jours?|d|days?))?(?: de retard)?"
_BETWEEN = re.compile(rf"(?:de |from )?(\d{{1,3}}){_UNIT} ?[-/] ?(\d{{1,3}}){_UNIT}")
_UP_TO = re.compile(rf"(?:moins de|<=?|less than|jusqu'?a|up to) ?(\d{{1,3}}){_UNIT}")
_OVER = re.compile(rf"(?:plus de|>=?|over|more than|\+ de|\+|au[- ]dela de|superieur a) ?(\d{{1,3}}){_UNIT}")
_FROM = re.compile(rf"(\d{{1,3}}){_UNIT} ?(?:\+|et plus|and over|and above|and more|or more)")
_BUCKET_NOISE = re.compile(
    r"^(?:echus?|retard|overdue|past due|due|tranche|creances|solde)(?: depuis)?(?: de(?= plus| moins))? ?"
    r"(?=[\d<>+]|de \d|plus |moins )"
)
_MONTH_BUCKETS = {"< 1 month": "1-30", "1 month": "31-60", "2 months": "61-90", "3 months": "91-120", "older": "121-",
                  "< 1 mois": "1-30", "1 mois": "31-60", "2 mois": "61-90", "3 mois": "91-120", "plus ancien": "121-",
                  "anterieur": "121-"}  # fmt: skip


@lru_cache(maxsize=4096)
def bucket(header: str) -> str:
    """The field of an aged balance's column (``bucket:31-60``), or ``""``."""
    text = header[:60].casefold().replace("à", "a").replace("é", "e").replace("–", "-").replace("’", "'")
    text = " ".join(re.sub(r"[.:()\[\]€]", " ", text).split())
    text = _BUCKET_NOISE.sub("", text)
    if text in _MONTH_BUCKETS:
        return f"bucket:{_MONTH_BUCKETS[text]}"
    text = re.sub(r"(?<=[\dsj]) (?:a|to|et|and) (?=\d)", "-", text)
    found = _BETWEEN.fullmatch(text)
    if found:
        first, last = int(found[1]), int(found[2])
        return f"bucket:{first}-{last}" if first < last else ""
    for form, shape, more in ((_UP_TO, "bucket:1-{}", 0), (_OVER, "bucket:{}-", 1), (_FROM, "bucket:{}-", 0)):
        found = form.fullmatch(text)
        if found:
            return shape.format(int(found[1]) + more)
    return ""


@lru_cache(maxsize=4096)
def by_header(header: str) -> tuple[str, int]:
    """(field, confidence) that a header proposes; general fields such as ``date`` are not yet settled."""
    told = plain(header)
    if not told:
        return "", 0
    aged = bucket(header)
    if aged:
        return aged, SURE
    fields: Mapping[str, str] = words()["fields"]
    bare = re.sub(r"\b(?:eur|euros?|en euros?|utc)\b", " ", told)
    for form in (told, " ".join(bare.split()), told.replace(" ", ""), re.sub(r" \d+$", "", told)):
        if form in fields:
            # A program's own identifier of an invoice is no number where it has one beside it.
            return fields[form], SURE - 5 * (form.endswith(" id") and fields[form] == "number")
    parts = told.split()[:12]
    best, longest = "", 0
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            piece = " ".join(parts[start:end])
            if piece in fields and len(piece) > max(longest, 2):
                best, longest = fields[piece], len(piece)
    return (best, LIKELY) if longest * 3 >= len(told) else ("", 0)


def is_header(text: str) -> bool:
    """Whether a text is the name of a known column."""
    return len(text) <= 120 and bool(by_header(text)[0])


def is_french(headers: Iterable[str]) -> bool:
    """Whether headers are French: days then come before months, without any doubt."""
    return any(_FRENCH.search(plain(header)) for header in headers)
