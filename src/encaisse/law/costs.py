"""What a route costs: dated sums and ranges from the constants, the sum of them, and what nobody can say beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from encaisse.law.claims import Claim
from encaisse.law.constants import constant
from encaisse.law.counting import read_table, typeset, weakest
from encaisse.law.courts import Court, euros, within
from encaisse.law.series import BadParameter

_FILE = "costs.yaml"
_WAYS = {"range", "amount", "open", "bands", "least"}
_CENTS = 100


@dataclass(frozen=True, slots=True)
class CostItem:
    """One cost, from ``low`` to ``high`` euro cents (``high`` None: nobody can say beforehand), and its source."""

    code: str
    low: int
    high: int | None
    words: Mapping[str, str]
    reference: str
    confidence: str

    def text(self, language: str) -> str:
        """What is paid for, in ``fr`` or ``en``."""
        return typeset(self.words[_spoken(language)], _spoken(language))


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a route in euro cents: from ``low`` to ``high`` (None: open), and what it is made of."""

    low: int
    high: int | None
    items: tuple[CostItem, ...]
    confidence: str
    currency: str = "EUR"

    def text(self, language: str) -> str:
        """What must be paid for, item by item; free when there is nothing."""
        spoken = _spoken(language)
        if not self.items:
            return {"fr": "gratuit", "en": "free"}[spoken]
        return typeset({"fr": " ; ", "en": "; "}[spoken].join(item.text(spoken) for item in self.items), spoken)


def cost_of(codes: Iterable[str], claim: Claim, court: Court | None, on: date) -> Cost:
    """The cost of the listed items for a claim before a court on a day; items that do not apply are left out."""
    found = (_item(code, claim, court, on) for code in codes)
    items = tuple(item for item in found if item is not None)
    highs = [item.high for item in items]
    high = None if None in highs else sum(value for value in highs if value is not None)
    return Cost(sum(item.low for item in items), high, items, weakest(item.confidence for item in items))


def _item(code: str, claim: Claim, court: Court | None, on: date) -> CostItem | None:
    raw = cost_items()[code]
    applies = _WHEN[raw["when"]](claim, court, on)
    if applies is False or on < raw.get("from", date.min):
        return None
    low, high, reference, confidence = _sum(raw, claim)
    if applies is None or on < raw.get("certain_from", date.min):
        low, confidence = 0, "to-verify"
    return CostItem(code, low, high, raw["words"], reference, confidence)


def _sum(raw: Mapping[str, Any], claim: Claim) -> tuple[int, int | None, str, str]:
    if "open" in raw:
        return 0, None, raw["open"]["reference"], raw["open"]["confidence"]
    if "least" in raw:
        return raw["least"]["value"] * _CENTS, None, raw["least"]["reference"], raw["least"]["confidence"]
    found = constant(raw.get("amount") or raw.get("range") or _band(raw["bands"], claim))
    low, high = (found.number, found.number) if "amount" in raw else found.range
    return int(low * _CENTS), int(high * _CENTS), found.reference, found.confidence


def _band(bands: list[Mapping[str, Any]], claim: Claim) -> str:
    amount = euros(claim.total, claim.currency)
    for band in bands:
        if band["below"] is None or (amount is not None and amount < band["below"]):
            break
    return str(band["range"])


def _large_claim(claim: Claim, court: Court | None, on: date) -> bool | None:
    """The contribution of the courts on trial: above a sum, for claimants of a certain size; None: to be asked."""
    if court is None or court.code != "economic":
        return False
    small = within(claim.total, claim.currency, "court.tae_contribution_min_claim", on)
    if small or claim.creditor.employees is None:
        return False if small else None
    return claim.creditor.employees >= constant("court.tae_contribution_min_employees", on).whole


def _judicial(claim: Claim, court: Court | None, on: date) -> bool | None:
    if court is None or not court.settled:
        return None
    # Whether the commercial chamber of a judicial court asks for the contribution is not settled.
    return None if court.code == "commercial_chamber" else court.judicial


def _commercial(claim: Claim, court: Court | None, on: date) -> bool | None:
    return None if court is None or not court.settled else court.commercial and not court.judicial


_WHEN: Mapping[str, Callable[[Claim, Court | None, date], bool | None]] = MappingProxyType(
    {
        "always": lambda claim, court, on: True,
        "commercial": _commercial,
        "judicial": _judicial,
        "large_claim": _large_claim,
        "lawyer": lambda claim, court, on: court is not None and court.lawyer is True,
    }
)


def _spoken(language: str) -> str:
    return "fr" if language.startswith("fr") else "en"


@cache
def cost_items() -> Mapping[str, Any]:
    """Every cost by its code, checked once. Raises BadParameter when the table is wrong."""
    content = read_table(_FILE)
    for code, raw in content.items():
        if raw.get("when") not in _WHEN or set(raw.get("words", ())) != {"fr", "en"} or len(_WAYS & set(raw)) != 1:
            raise BadParameter(
                f"{_FILE}, {code}: words (fr, en), a known when and one of {', '.join(_WAYS)} are needed"
            )
    return content
