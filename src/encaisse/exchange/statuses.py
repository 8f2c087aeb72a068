"""The life cycle of an electronic invoice: what each status says, what it does to a claim, and a dated record."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from encaisse.exchange.problems import LANGUAGES, Problem

# By whom is no part of a status: "refusée par le destinataire".
_WHO = re.compile(r" (?:par|by) .*")
Effect = Literal[
    "none", "issued", "available", "approved", "disputed_part", "disputed", "suspended", "completed", "refused",
    "payment_sent", "received", "rejected",
]  # fmt: skip
AmountKind = Literal["", "received", "paid", "approved", "unapproved", "left"]
FileKind = Literal["cdar", "status-json", "status-csv", "unknown"]


class Meaning(NamedTuple):
    """What a status says (``words`` by language) and does. ``stops_clock``: the invoice as it stands is not due."""

    code: str
    words: Mapping[str, str]
    effect: Effect
    stops_clock: bool

    def label(self, language: str = "fr") -> str:
        """Its words in ``fr`` or ``en``."""
        return self.words[language if language in LANGUAGES else "en"]


@dataclass(frozen=True, slots=True)
class Status:
    """One status of one invoice: a dated fact.

    ``code`` is one of ``meanings()``. ``amount`` is what the status is about, in ``currency``: received (212), paid
    (211), approved or not approved (206), as ``amount_kind`` says; ``None`` when the message gives none. ``value_on``
    is the day that money is paid, where it is said. ``at`` has no zone. ``by`` is the role of who set it (SE seller,
    BY buyer, WK platform), where the message says so.
    """

    invoice: str
    code: str
    on: date
    at: datetime | None = None
    reason_code: str = ""
    reason: str = ""
    amount: Decimal | None = None
    amount_kind: AmountKind = ""
    value_on: date | None = None
    currency: str = ""
    seller_id: str = ""
    buyer_id: str = ""
    by: str = ""
    invoice_type: str = ""
    invoice_on: date | None = None
    message: str = ""
    line: int = 0

    @property
    def effect(self) -> Effect:
        """What it does to the claim."""
        return meanings()[self.code].effect

    @property
    def stops_clock(self) -> bool:
        """The invoice, as it stands, is not due: 210, 213, 501."""
        return meanings()[self.code].stops_clock

    def label(self, language: str = "fr") -> str:
        """The words of the status in ``fr`` or ``en``."""
        return meanings()[self.code].label(language)

    def reason_words(self, language: str = "fr") -> str:
        """The reason in words: the message's own when it gives one, else those of its code."""
        return self.reason or reason_words(self.reason_code, language)


@dataclass(frozen=True, slots=True)
class StatusFile:
    """What was read from one file of statuses, in its order."""

    kind: FileKind
    statuses: tuple[Status, ...]
    problems: tuple[Problem, ...]


@cache
def _table() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    text = files("encaisse.exchange").joinpath("einvoice_statuses.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def meanings() -> Mapping[str, Meaning]:
    """Code → what it says and does."""
    found = {}
    for code, entry in _table()["status"].items():
        words = {language: entry[language] for language in LANGUAGES}
        effect: Effect = entry["effect"]  # type: ignore[assignment] # a test holds the table to the words above
        found[code] = Meaning(code, words, effect, bool(entry.get("stops_clock", False)))
    return found


def reason_words(code: str, language: str = "fr") -> str:
    """The words of a reason code; the code itself when it is not known."""
    entry = _table()["reason"].get(code.strip().upper())
    return entry[language if language in LANGUAGES else "en"] if entry else code


def code_of(text: str) -> str:
    """The status code a text means: the code, or its words in French or English; ``""`` when it is none."""
    number = re.match(r"(?:[a-z]{2}:)?([0-9]{3})(?![0-9])", text.strip(), re.IGNORECASE)
    if number:
        return number[1] if number[1] in meanings() else ""
    words = plain(text)
    return _by_words().get(words) or _by_words().get(_WHO.sub("", words), "")


@cache
def _by_words() -> Mapping[str, str]:
    return {plain(label): code for code, one in meanings().items() for label in one.words.values()}


def plain(text: str) -> str:
    """Letters and digits only, without accents, in small letters, words apart by one space."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(char if char.isalnum() else " " for char in letters if not unicodedata.combining(char))
    return " ".join(kept.split())
