"""A claim as the law sees it: who owes what to whom, and what has happened since.

A fact that nobody has told yet is None, and stays a question: nothing is guessed. A day in the future of the day that
is asked has not happened (``as_known``), so that any past day can be asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from encaisse.money import exponent

if TYPE_CHECKING:
    from encaisse.law.limitation import Event

STANDINGS: Final = ("merchant", "craftsman", "civil")
"""merchant: trader or commercial company; craftsman; civil: anyone else (liberal, civil company, private person)."""

# What the kind alone settles. A sole trader (a micro-entrepreneur too) may be any of the three: the activity decides.
_STANDING_OF_KIND: Final[Mapping[str, str | None]] = {
    "company": "merchant",
    "civil_company": "civil",
    "liberal": "civil",
    "craftsman": "craftsman",
    "sole_trader": None,
    "association": "civil",
    "consumer": "civil",
    "individual": "civil",
    "public": "civil",
}
KINDS: Final = tuple(_STANDING_OF_KIND)
GROUNDS: Final = ("contract", "statute", "bill", "other")
SUBJECTS: Final = ("ordinary", "tenancy", "consumer_credit")

_PRIVATE_PERSONS = ("consumer", "individual")
_FRENCH_COUNTRIES = {"FR", "GP", "MQ", "GF", "RE", "PM", "YT", "BL", "MF", "WF", "PF", "NC"}
# Denmark stands outside the European order for payment and the European small claims procedure.
_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU_COUNTRIES: Final = frozenset(_EU.split())
_OUTERMOST = {"GP", "MQ", "GF", "RE", "YT", "MF"}
_EUROPEAN_PROCEDURES = EU_COUNTRIES - {"DK"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Litigant:
    """One side of a claim. ``standing`` corrects or completes what the kind says; ``country`` is ISO 3166-1."""

    kind: str
    country: str = "FR"
    postcode: str = ""
    town: str = ""
    standing: str | None = None
    employees: int | None = None

    def __post_init__(self) -> None:
        _one_of(self.kind, KINDS, "kind")
        if self.standing is not None:
            _one_of(self.standing, STANDINGS, "standing")
        if len(self.country) != 2 or not self.country.isalpha():
            raise ValueError(f"country {self.country!r} is not a two-letter code: write it like FR")
        code = self.country.upper()
        object.__setattr__(self, "country", {"UK": "GB", "EL": "GR"}.get(code, code))

    @property
    def known_standing(self) -> str | None:
        """merchant, craftsman or civil; None when a person must say which."""
        return self.standing or _STANDING_OF_KIND[self.kind]

    @property
    def merchant(self) -> bool | None:
        """Whether this side is a merchant (C. com. L121-1, L210-1); None when not known."""
        return None if self.known_standing is None else self.known_standing == "merchant"

    @property
    def commercial(self) -> bool | None:
        """Whether this side may be brought before the commercial court (merchants and craftsmen); None: not known."""
        return None if self.known_standing is None else self.known_standing != "civil"

    @property
    def professional(self) -> bool:
        """Acts for a business or an organisation, not as a private person."""
        return self.kind not in _PRIVATE_PERSONS

    @property
    def french(self) -> bool:
        """Lives or has its seat in France, overseas included."""
        return self.country in _FRENCH_COUNTRIES

    @property
    def metropolitan(self) -> bool:
        """Lives or has its seat in metropolitan France, which sets some deadlines."""
        return self.country == "FR" and not self.postcode.strip().startswith(("97", "98"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim. ``amount`` is the principal left and ``accessories`` interest and costs asked, in minor units.

    Dates say what happened: ``notice_on`` a formal notice or letter of claim, ``amicable_attempt_on`` a conciliation
    or mediation, ``title_on`` an enforceable title, ``order_on``, ``order_served_on`` and ``opposition_on`` an order
    for payment, ``attachment_on`` a protective seizure, ``insolvency_opened_on`` and ``insolvency_published_on`` the
    judgment and its publication, ``proof_filed_on`` the proof of claim. ``limitation_ends`` replaces the computed end
    of the limitation when a person knows better; ``events`` are what interrupted or suspended it.
    """

    amount: int
    creditor: Litigant
    customer: Litigant
    due_on: date
    currency: str = "EUR"
    accessories: int = 0
    regime: str | None = None
    ground: str | None = "contract"
    subject: str = "ordinary"
    invoiced: bool | None = None
    contested: bool | None = None
    seriously_contestable: bool | None = None
    at_risk: bool | None = None
    debtor_agrees: bool | None = None
    conciliator_unavailable: bool | None = None
    retention_of_title: bool | None = None
    performed_on: date | None = None
    notice_on: date | None = None
    amicable_attempt_on: date | None = None
    title_on: date | None = None
    order_on: date | None = None
    order_served_on: date | None = None
    opposition_on: date | None = None
    attachment_on: date | None = None
    insolvency_opened_on: date | None = None
    insolvency_published_on: date | None = None
    proof_filed_on: date | None = None
    limitation_kind: str | None = None
    limitation_ends: date | None = None
    events: tuple[Event, ...] = field(default=())

    def __post_init__(self) -> None:
        for name in ("amount", "accessories"):
            _amount(getattr(self, name), name)
        exponent(self.currency)
        if self.ground is not None:
            _one_of(self.ground, GROUNDS, "ground")
        _one_of(self.subject, SUBJECTS, "subject")
        for first, second in _IN_ORDER:
            _in_order(self, first, second)

    @property
    def total(self) -> int:
        """Principal and accessories, in minor units."""
        return self.amount + self.accessories

    @property
    def insolvency_on(self) -> date | None:
        """The day from which insolvency law rules: the opening judgment, else its publication."""
        days = [day for day in (self.insolvency_opened_on, self.insolvency_published_on) if day is not None]
        return min(days, default=None)

    @property
    def european(self) -> bool:
        """Cross-border within the European procedures: both sides in the EU, in two countries, neither Denmark."""
        states = {"FR" if side.country in _OUTERMOST else side.country for side in (self.creditor, self.customer)}
        return len(states) == 2 and states <= _EUROPEAN_PROCEDURES


# Pairs of days of which the second cannot come first.
_IN_ORDER = (
    ("order_on", "order_served_on"),
    ("order_on", "opposition_on"),
    ("insolvency_opened_on", "insolvency_published_on"),
    ("insolvency_opened_on", "proof_filed_on"),
)
_HAPPENINGS = tuple(
    name
    for name in (item.name for item in fields(Claim))
    if name.endswith("_on") and name not in ("due_on", "performed_on")
)


def as_known(claim: Claim, on: date) -> Claim:
    """The claim as it stood at the end of day ``on``: what happened later is not known yet."""
    later: dict[str, None] = {name: None for name in _HAPPENINGS if (getattr(claim, name) or on) > on}
    events = tuple(event for event in claim.events if event.on <= on)
    if not later and events == claim.events:
        return claim
    return replace(claim, **later, events=events)  # type: ignore[arg-type] # every one of these fields may be None


def _in_order(claim: Claim, first: str, second: str) -> None:
    before, after = getattr(claim, first), getattr(claim, second)
    if before is not None and after is not None and after < before:
        raise ValueError(f"{second} ({after}) is before {first} ({before}): check both dates")


def _amount(given: object, name: str) -> None:
    if type(given) is not int:
        raise TypeError(f"{name} is a whole number of minor units (cents), not {type(given).__name__}")
    if given < 0:
        raise ValueError(f"{name} is {given}: give zero or more, in minor units")


def _one_of(given: str, known: tuple[str, ...], name: str) -> None:
    if given not in known:
        raise ValueError(f"{name} {given!r} is not known: use one of {', '.join(known)}")
