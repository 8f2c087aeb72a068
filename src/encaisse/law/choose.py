"""Which regime rules a receivable, why, and what only a person can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from encaisse.law.errors import UnknownChoice
from encaisse.law.regimes import Category
from encaisse.law.schema import read_yaml

Kind = Literal["company", "sole_trader", "consumer", "public", "association", "individual"]
Role = Literal["business", "consumer", "public", "private", "judgment"]

KINDS = ("company", "sole_trader", "consumer", "public", "association", "individual")
FRANCE = "FR"

_PRIVATE = ("consumer", "individual")


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a claim: the country it is established in (two letters, ISO 3166) and what it is.

    Raises UnknownChoice for a kind or a country that cannot be one.
    """

    country: str
    kind: Kind

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownChoice(f"kind {self.kind!r} is not known: use one of {', '.join(KINDS)}")
        _check_country(self.country)

    @property
    def home(self) -> str:
        """The country by its ISO code."""
        return _iso(self.country)


@dataclass(frozen=True, slots=True)
class Contract:
    """What is known of the contract: the ``law`` it names (country), whether the customer bought ``for_business``
    (None: not known), and whether a court decision (``judgment``) has already set the debt.
    """

    law: str | None = None
    for_business: bool | None = None
    judgment: bool = False

    def __post_init__(self) -> None:
        if self.law is not None:
            _check_country(self.law)


@dataclass(frozen=True, slots=True)
class Choice:
    """The regime (None: a person has to choose), the country of its law, why, and what to ask a person (codes).

    ``category`` is the creditor's, for legal interest (CMF L313-2).
    """

    regime: str | None
    law: str
    reasons: tuple[str, ...]
    questions: tuple[str, ...]
    category: Category = "other"

    def explain(self, language: str) -> tuple[str, ...]:
        """The reasons as sentences, in ``fr`` or ``en``."""
        return tuple(choice_text(code, language) for code in self.reasons)

    def ask(self, language: str) -> tuple[str, ...]:
        """The questions as sentences, in ``fr`` or ``en``."""
        return tuple(choice_text(code, language) for code in self.questions)


def choose_regime(creditor: Party, customer: Party, contract: Contract | None = None) -> Choice:
    """The regime of a claim of ``creditor`` on ``customer``. In doubt, the one that claims less.

    The law is the one the contract names; else that of the country of both, of a consumer (Rome I, art. 6), of a public
    purchaser, of a debtor in France (public policy), or of the creditor (Rome I, art. 4).
    """
    given = contract or Contract()
    role, who, asked = _role(creditor, customer, given)
    law, why, doubts = _law(creditor, customer, role, given)
    questions = [*asked, *doubts]
    category: Category = "individual" if role == "private" else "other"
    if given.judgment:
        if law == FRANCE:
            return Choice(_regime(FRANCE, "judgment"), law, ("judgment", why), tuple(doubts), category)
        questions.append("foreign_judgment")
    regime = _regime(law, role)
    reasons = [who, why]
    if regime is None:
        reasons.append("no_regime")
        questions.append("other_law")
    elif law not in _table()["regimes"]:
        reasons.append("minimum_of_directive")
        questions.append("other_law")
    return Choice(regime, law, tuple(reasons), tuple(dict.fromkeys(questions)), category)


def choice_text(code: str, language: str) -> str:
    """The sentence of a reason or of a question. Raises UnknownChoice for an unknown one."""
    words = (_table()["reasons"] | _table()["questions"]).get(code)
    if words is None:
        raise UnknownChoice(f"{code!r} is neither a reason nor a question of choose.yaml")
    return str(words["fr" if language.startswith("fr") else "en"])


def choice_codes() -> tuple[str, ...]:
    """Every reason and every question."""
    return (*_table()["reasons"], *_table()["questions"])


def _role(creditor: Party, customer: Party, contract: Contract) -> tuple[Role, str, list[str]]:
    """Who is at the two ends: the column of the table, the reason, and what is not known about them."""
    if creditor.kind in _PRIVATE:
        return "private", "creditor_is_private", []
    if creditor.kind == "public":
        return "consumer", "creditor_is_public", ["public_creditor"]
    if customer.kind == "public":
        return "public", "customer_is_public", ["public_contract"]
    usual = customer.kind in ("company", "sole_trader")
    asked = ["for_business"] if contract.for_business is None and customer.kind == "association" else []
    # A company is always a business; for the others a person may know better.
    business = usual if contract.for_business is None or customer.kind == "company" else contract.for_business
    if business:
        return "business", "customer_is_business", asked
    return "consumer", "customer_is_consumer", asked


def _law(creditor: Party, customer: Party, role: Role, contract: Contract) -> tuple[str, str, list[str]]:
    """The country whose law rules, the reason, and what is not known about it."""
    at_home = creditor.home == customer.home
    if contract.law is not None:
        law = _iso(contract.law)
        doubts = []
        if law != customer.home and role == "consumer":
            doubts.append("consumer_protection")
        if law != customer.home == FRANCE and role == "business":
            doubts.append("french_public_policy")
        return law, "law_of_contract", doubts
    if at_home:
        return creditor.home, "same_country", []
    if role == "consumer":
        return customer.home, "consumer_home", ["which_law", "consumer_protection"]
    if role == "public":
        return customer.home, "public_home", ["which_law"]
    if role == "business" and customer.home == FRANCE:
        return FRANCE, "debtor_in_france", ["which_law"]
    return creditor.home, "creditor_home", ["which_law"]


def _regime(law: str, role: Role) -> str | None:
    own = _table()["regimes"].get(law)
    if own is None and law in _table()["members"]:
        own = _table()["union"]
    found = (own or {}).get(role)
    return None if found is None else str(found)


def _iso(country: str) -> str:
    return str(_table()["aliases"].get(country, country))


def _check_country(country: str) -> None:
    if len(country) != 2 or not country.isascii() or not country.isupper():
        raise UnknownChoice(f"country {country!r} is two capital letters such as FR, DE or GB")


@cache
def _table() -> Mapping[str, Any]:
    return read_yaml((files("encaisse.law") / "choose.yaml").read_text(encoding="utf-8"), "choose.yaml")
