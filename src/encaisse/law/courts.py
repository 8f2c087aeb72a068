"""Which court is competent for a claim: merchant or civil, amount, place, towns on trial, Alsace-Moselle, abroad.

The rule is read from both sides' standing and from the debtor's place; what is not known comes back as a question for
a person. ``courts.yaml`` holds the courts, the towns and every sentence.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final

from encaisse.calendar import region_of
from encaisse.law.claims import EU_COUNTRIES, Claim, Litigant
from encaisse.law.constants import UnknownConstant, constant
from encaisse.law.counting import read_table, typeset
from encaisse.law.series import CONFIDENCES, BadParameter
from encaisse.money import exponent

COMMERCIAL: Final = ("commercial", "economic", "commercial_chamber", "mixed_commercial")
JUDICIAL: Final = ("judicial", "judicial_local", "protection", "commercial_chamber")
_ALSACE_MOSELLE = "FR-AM"
_HOME = "FR"


@dataclass(frozen=True, slots=True)
class Note:
    """A coded sentence: why something is so, or what a person must say first."""

    code: str
    words: Mapping[str, str]

    def text(self, language: str) -> str:
        """The sentence in ``fr`` or ``en``."""
        spoken = "fr" if language.startswith("fr") else "en"
        return typeset(self.words[spoken], spoken)


@dataclass(frozen=True, slots=True)
class Court:
    """The competent court, and why. What is None depends on an answer to ``questions``.

    ``town`` is the seat when it is certain; ``alternative`` is the court the creditor may choose instead.
    ``lawyer``: compulsory in an ordinary action; ``prior_attempt``: an amicable attempt must come first (CPC 750-1);
    ``appeal``: the judgment may be appealed.
    """

    code: str
    label: Mapping[str, str]
    reference: str
    confidence: str
    reasons: tuple[Note, ...]
    questions: tuple[Note, ...]
    town: str = ""
    alternative: str | None = None
    lawyer: bool | None = None
    prior_attempt: bool | None = None
    appeal: bool | None = None

    @property
    def commercial(self) -> bool:
        """A commercial court, under any of its names."""
        return self.code in COMMERCIAL

    @property
    def judicial(self) -> bool:
        """A judicial court, its local or commercial chamber, or the judge for protection cases."""
        return self.code in JUDICIAL

    @property
    def settled(self) -> bool:
        """The kind of court is known (its place may still be a question)."""
        return self.code != "unsettled"

    def name(self, language: str) -> str:
        """The court for a reader, with its town when certain."""
        label = self.label["fr" if language.startswith("fr") else "en"]
        return f"{label} ({self.town})" if self.town else label


@dataclass(frozen=True, slots=True)
class _Choice:
    """A court code with the codes that explain it."""

    code: str
    reasons: tuple[str, ...]
    questions: tuple[str, ...] = ()
    alternative: str | None = None
    town: str = ""
    confidence: str | None = None


def competent_court(claim: Claim, on: date | None = None) -> Court:
    """The court that hears the claim on day ``on`` (C. com. L721-3, COJ L211-3, CPC 42 and 46, C. conso. R631-3).

    ``on`` decides whether the trial of the tribunaux des activités économiques runs (2025 to 2028) and which ceilings
    hold; without it the trial is taken to run, and ceilings are those in force now. Ceilings are compared with
    principal and accessories together, which is what is asked of the court.
    """
    choice = _choose(claim, on)
    small = _within(claim, "court.no_lawyer_ceiling_judicial", on)
    reasons, questions, code = choice.reasons, choice.questions, choice.code
    if code == "judicial" and small:
        code, reasons = "judicial_local", (*reasons, "small_amount")
    if code not in ("administrative", "foreign_eu", "uk", "foreign") and small is None:
        questions = (*questions, "amount_in_euros")
    tables = _tables()
    court = tables["courts"][code]
    return Court(
        code=code,
        label=court["label"],
        reference=court["reference"],
        confidence=choice.confidence or court["confidence"],
        reasons=tuple(Note(name, tables["reasons"][name]) for name in (*reasons, *_places(claim, code))),
        questions=tuple(Note(name, tables["questions"][name]) for name in questions),
        town=choice.town,
        alternative=choice.alternative,
        lawyer=_lawyer(claim, code, on),
        prior_attempt=_prior_attempt(claim, code, on),
        appeal=_above(claim, "court.final_instance_ceiling", on) if code in (*COMMERCIAL, *JUDICIAL) else None,
    )


def euros(minor: int, currency: str) -> Decimal | None:
    """An amount in euros, from minor units; None for another currency, which a person must convert."""
    return Decimal(minor).scaleb(-exponent(currency)) if currency == "EUR" else None


def within(minor: int, currency: str, name: str, on: date | None) -> bool | None:
    """Whether an amount (minor units) is at most the ceiling ``name``, which is in euros.

    None when it must be converted first, or when the ceiling was not in force on that day.
    """
    amount = euros(minor, currency)
    try:
        return None if amount is None else amount <= constant(name, on).number
    except UnknownConstant:
        return None


def _choose(claim: Claim, on: date | None) -> _Choice:
    debtor = claim.customer
    if not debtor.french:
        return _abroad(debtor)
    if debtor.kind == "public":
        return _Choice("administrative", ("public_debtor",))
    if claim.subject != "ordinary" and not debtor.professional:
        return _Choice("protection", (claim.subject,))
    if debtor.commercial is None:
        return _Choice("unsettled", (), ("customer_standing",))
    if not debtor.commercial:
        return _Choice("judicial", ("civil_debtor",))
    return _merchant_debtor(claim, on)


def _merchant_debtor(claim: Claim, on: date | None) -> _Choice:
    creditor = claim.creditor.commercial
    why = {True: "merchants", False: "civil_creditor_may_choose", None: "creditor_activity_open"}[creditor]
    alternative = None if creditor else "judicial"
    seat = _commercial_seat(claim.customer, on)
    return _Choice(
        seat.code, (why, *seat.reasons), seat.questions, alternative, town=seat.town, confidence=seat.confidence
    )


def _commercial_seat(debtor: Litigant, on: date | None) -> _Choice:
    """Under which name the commercial court sits at the debtor's place."""
    region = region_of(debtor.country, debtor.postcode)
    if region == _ALSACE_MOSELLE:
        return _Choice("commercial_chamber", ("alsace_moselle",))
    if region != _HOME:
        return _Choice("mixed_commercial", ("overseas",))
    trial = _tables()["trial"]
    if on is not None and not trial["first"] <= on <= trial["last"]:
        return _Choice("commercial", (), () if debtor.postcode else ("customer_place",))
    return _on_trial(debtor, trial["towns"])


def _on_trial(debtor: Litigant, towns: list[dict[str, Any]]) -> _Choice:
    department = "".join(debtor.postcode.split())[:2]
    for seat in towns:
        if _plain(debtor.town) == _plain(seat["town"]):
            return _Choice("economic", ("economic_trial",), town=seat["town"])
    for seat in towns:
        if department in seat["departments"] and seat["covers"] == "whole":
            return _Choice("economic", ("economic_trial",), town=seat["town"], confidence="probable")
        if department in seat["departments"]:
            return _Choice("commercial", (), ("economic_area",))
    return _Choice("commercial", (), () if department else ("customer_place",))


def _abroad(debtor: Litigant) -> _Choice:
    if debtor.kind == "public":
        return _Choice("foreign", ("public_abroad",))
    if debtor.country == "GB":
        return _Choice("uk", ("debtor_abroad",))
    return _Choice("foreign_eu" if debtor.country in EU_COUNTRIES else "foreign", ("debtor_abroad",))


def _places(claim: Claim, code: str) -> tuple[str, ...]:
    if code == "administrative":
        return ("at_public_body",)
    if claim.subject == "tenancy" and claim.customer.french:
        return ("at_building",)
    if not claim.customer.professional:
        return ("at_consumer",)
    if code in ("uk", "foreign", "foreign_eu"):
        return ()
    return ("at_debtor", "at_performance")


def _lawyer(claim: Claim, code: str, on: date | None) -> bool | None:
    if code == "protection":
        return False
    if code in COMMERCIAL:
        return _above(claim, "court.no_lawyer_ceiling_commercial", on)
    if code in JUDICIAL:
        return _above(claim, "court.no_lawyer_ceiling_judicial", on)
    return None


def _prior_attempt(claim: Claim, code: str, on: date | None) -> bool | None:
    if code not in (*JUDICIAL, "unsettled"):
        return False
    small = _within(claim, "court.prior_amicable_attempt_ceiling", on)
    # Whether CPC 750-1 reaches the commercial chamber of Alsace-Moselle is for a person to say.
    return small if small is False or code not in ("commercial_chamber", "unsettled") else None


def _within(claim: Claim, name: str, on: date | None) -> bool | None:
    return within(claim.total, claim.currency, name, on)


def _above(claim: Claim, name: str, on: date | None) -> bool | None:
    low = _within(claim, name, on)
    return None if low is None else not low


def _plain(town: str) -> str:
    """A town's name without accents, case, hyphens, district numbers or CEDEX, so that two spellings compare."""
    letters = unicodedata.normalize("NFKD", town).encode("ascii", "ignore").decode().lower().replace("-", " ")
    words = [word for word in letters.split() if word != "cedex" and not any(map(str.isdigit, word))]
    return " ".join("saint" if word == "st" else word for word in words)


@cache
def _tables() -> Mapping[str, Any]:
    name = "courts.yaml"
    content = read_table(name)
    if set(content) != {"courts", "trial", "reasons", "questions"}:
        raise BadParameter(f"{name}: courts, trial, reasons and questions are needed")
    for code, court in content["courts"].items():
        if set(court) != {"label", "reference", "confidence"} or court["confidence"] not in CONFIDENCES:
            raise BadParameter(f"{name}, {code}: label, reference and a known confidence are needed")
    for part in ("reasons", "questions"):
        for code, words in content[part].items():
            if set(words) != {"fr", "en"}:
                raise BadParameter(f"{name}, {code}: fr and en are needed")
    return content
