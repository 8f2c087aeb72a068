"""What a creditor may do to a customer, at what moment: yes, or no with the article and what to do instead.

    >>> from datetime import date
    >>> from encaisse.law.guards import Side, may
    >>> answer = may(Side("FR", "company"), Side("FR", "consumer"), "charge_indemnity", date(2026, 11, 20))
    >>> answer.yes, answer.code, answer.article
    (False, 'consumer', 'C. com. L441-10 II, D441-5 (entre professionnels); BGB 288 (5)')

The acts, their rules and words stand in ``guards.yaml``; the names of conditions are the small predicates below. A yes
says what to respect. What nobody told is taken in the cautious way, and the answer says so. No legal advice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, Protocol

from encaisse.calendar import holiday_name, region_of, timezone_of
from encaisse.law.constants import constant
from encaisse.law.schema import CONFIDENCES, BadParameter, check_fields, check_words, read_yaml

_COMPANIES = ("company", "civil_company")
_ALONE = ("sole_trader", "liberal", "craftsman")
_PRIVATE = ("consumer", "individual")
CUSTOMER_KINDS: Final = (*_COMPANIES, *_ALONE, *_PRIVATE, "public", "association")
_FACT_KINDS: Final[Mapping[str, type]] = {"yes_no": bool, "count": int, "day": date, "text": str}
_SUNDAY = 6


class SideLike(Protocol):
    """What is asked of a party: a country (ISO 3166-1) and a kind, one of ``CUSTOMER_KINDS``."""

    @property
    def country(self) -> str: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Side:
    """A party, when nothing more is known of it. The postcode tells whose holidays count (Alsace-Moselle, overseas)."""

    country: str = "FR"
    kind: str = "company"
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that may be told about a case: how it is given, what is taken when it is not, and how to ask for it."""

    name: str
    kind: str
    cautious: Any
    ask: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GuardRule:
    """One no (or the yes of an act, with no conditions), with its reasons."""

    code: str
    when: tuple[str, ...]
    article: str
    confidence: str
    reasons: Mapping[str, str]
    insteads: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """An act of the closed list. ``allowed`` is None when it is never allowed."""

    name: str
    label: Mapping[str, str]
    rules: tuple[GuardRule, ...]
    allowed: GuardRule | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, with its article. ``assumed``: the facts that would matter and that nobody told."""

    yes: bool
    act: str
    code: str
    article: str
    confidence: str
    assumed: tuple[str, ...]
    rule: GuardRule
    values: Mapping[str, object]

    def reason(self, language: str) -> str:
        """Why, in ``fr`` or ``en``."""
        return self.rule.reasons[language].format_map(self.values)

    def instead(self, language: str) -> str:
        """What to do instead of a no; what to respect with a yes."""
        return self.rule.insteads[language].format_map(self.values)

    def questions(self, language: str) -> tuple[str, ...]:
        """What to ask a person so that nothing is assumed."""
        return tuple(facts()[name].ask[language] for name in self.assumed)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parties, the moment and the facts that a condition may look at."""

    creditor: SideLike
    customer: SideLike
    when: date | datetime
    facts: Mapping[str, Any]

    @property
    def day(self) -> date:
        """The day where the customer is."""
        there = self.there
        return there.date() if there is not None else self.when

    @property
    def there(self) -> datetime | None:
        """The instant on the customer's clock; None when only a day was given."""
        return self.when.astimezone(timezone_of(self.region)) if isinstance(self.when, datetime) else None

    @property
    def region(self) -> str:
        """The customer's region: as told, else that of the address."""
        return str(self.facts["region"]) or region_of(self.customer.country, getattr(self.customer, "postcode", ""))

    @property
    def country(self) -> str:
        """The country whose law counts: overseas France is France."""
        code = self.customer.country.strip().upper() or "FR"
        return "FR" if region_of(code, "").startswith("FR-") else {"UK": "GB"}.get(code, code)


def may(creditor: SideLike, customer: SideLike, act: str, when: date | datetime, **told: object) -> Answer:
    """Whether the creditor may do ``act`` to the customer at ``when``: an instant with its time zone, or a day (hours
    are then not looked at).

    ``told`` are facts of ``guards.yaml`` (consent=True, notice_on=date(…), region="FR-AM"…). Raises ValueError for an
    unknown act, kind of party or fact, and for an instant without time zone; TypeError for a fact of the wrong kind.
    """
    found = find_act(act)
    for side in (creditor, customer):
        if side.kind not in CUSTOMER_KINDS:
            raise ValueError(f"{side.kind!r} is not a known kind of party: use one of {', '.join(CUSTOMER_KINDS)}")
    if isinstance(when, datetime) and when.tzinfo is None:
        raise ValueError("the instant needs its time zone, such as datetime(2026, 11, 20, 9, tzinfo=UTC)")
    asked = _Asked(creditor, customer, when, _told(told))
    rule = next((rule for rule in found.rules if all(_holds(one, asked) for one in rule.when)), found.allowed)
    assert rule is not None, "an act that is never allowed has a rule that always holds"
    return Answer(
        yes=rule is found.allowed,
        act=act,
        code=rule.code,
        article=rule.article,
        confidence=rule.confidence,
        assumed=_assumed(found, rule, asked, told),
        rule=rule,
        values=asked.facts,
    )


def find_act(name: str) -> Act:
    """An act by its name. Raises ValueError naming the known ones."""
    try:
        return acts()[name]
    except KeyError:
        raise ValueError(f"{name!r} is not a known act: use one of {', '.join(acts())}") from None


@cache
def acts() -> Mapping[str, Act]:
    """The closed list of acts, read and checked once. Raises BadParameter when the table is wrong."""
    content = _content()
    shared = {name: _rules(raw, f"guards.yaml, shared, {name}") for name, raw in content["shared"].items()}
    return MappingProxyType({name: _act(name, raw, shared) for name, raw in content["acts"].items()})


@cache
def facts() -> Mapping[str, Fact]:
    """Every fact that may be told, by its name."""
    return MappingProxyType({name: _fact(name, raw) for name, raw in _content()["facts"].items()})


# --------------------------------------------------------------------------------------------------------- conditions


def _outside_hours(asked: _Asked) -> bool:
    there = asked.there
    return there is not None and not asked.facts["from_hour"] <= there.hour < asked.facts["until_hour"]


def _no_notice(asked: _Asked) -> bool:
    notice_on = asked.facts["notice_on"]
    return notice_on is None or notice_on > asked.day


def _not_late(asked: _Asked) -> bool:
    due_on = asked.facts["due_on"]
    return due_on is not None and asked.day <= due_on


def _interest_too_young(asked: _Asked) -> bool:
    since = asked.facts["interest_since"]
    years = constant("amicable.capitalisation_min_period_years").whole
    return since is None or asked.day < _years_after(since, years)


def _building_notice_too_young(asked: _Asked) -> bool:
    notice_on = asked.facts["notice_on"]
    days = constant("building.stop_work_after_notice_days").whole
    return notice_on is None or asked.day <= notice_on + timedelta(days=days)


def _works_too_small(asked: _Asked) -> bool:
    return bool(asked.facts["amount"] <= constant("amicable.building_works_guarantee_threshold_ht").cents)


def _paid_long_ago(asked: _Asked) -> bool:
    paid_on = asked.facts["paid_on"]
    hours = constant("amicable.excluded_clients_list_delete_after_payment_hours").whole
    return paid_on is not None and asked.day > paid_on + timedelta(hours=hours)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


PREDICATES: Final[Mapping[str, Callable[[_Asked], bool]]] = {
    "consumer": lambda asked: asked.customer.kind in _PRIVATE,
    "natural_person": lambda asked: asked.customer.kind in (*_PRIVATE, *_ALONE),
    "professional": lambda asked: asked.customer.kind in (*_COMPANIES, *_ALONE),
    "public": lambda asked: asked.customer.kind == "public",
    "association": lambda asked: asked.customer.kind == "association",
    "creditor_private": lambda asked: asked.creditor.kind in _PRIVATE,
    "sunday": lambda asked: asked.day.weekday() == _SUNDAY,
    "holiday": lambda asked: holiday_name(asked.day, asked.region, "en") is not None,
    "outside_hours": _outside_hours,
    "contacted_enough": lambda asked: asked.facts["contacts_this_week"] >= asked.facts["most_per_week"],
    "no_notice": _no_notice,
    "not_late": _not_late,
    "interest_too_young": _interest_too_young,
    "building_notice_too_young": _building_notice_too_young,
    "works_too_small": _works_too_small,
    "paid_long_ago": _paid_long_ago,
}
"""What a rule of ``guards.yaml`` may ask, beside the facts themselves."""

_LOOKS_AT: Final[Mapping[str, str]] = {
    "contacted_enough": "contacts_this_week",
    "no_notice": "notice_on",
    "not_late": "due_on",
    "interest_too_young": "interest_since",
    "building_notice_too_young": "notice_on",
    "works_too_small": "amount",
    "paid_long_ago": "paid_on",
}
"""The fact that decides a condition: when it was not told, the answer rests on an assumption."""


def _holds(condition: str, asked: _Asked) -> bool:
    name = condition.removeprefix("not ")
    return _true(name, asked) is not condition.startswith("not ")


def _true(name: str, asked: _Asked) -> bool:
    if name.startswith("in "):
        return asked.country in name.split()[1:]
    if name in PREDICATES:
        return PREDICATES[name](asked)
    return bool(asked.facts[name])


def _assumed(act: Act, rule: GuardRule, asked: _Asked, told: Mapping[str, object]) -> tuple[str, ...]:
    """The facts nobody told on which the answer rests: those of the no, or those that could turn a yes into a no."""
    if rule is not act.allowed:
        return tuple(dict.fromkeys(filter(None, (_untold(one, told) for one in rule.when))))
    found: dict[str, None] = {}
    for other in act.rules:
        failing = [_untold(one, told) for one in other.when if not _holds(one, asked)]
        if all(failing):
            found |= dict.fromkeys(filter(None, failing))
    return tuple(found)


def _untold(condition: str, told: Mapping[str, object]) -> str | None:
    """The fact a condition looks at, when it was not told; None when it was, or when the condition needs none."""
    name = condition.removeprefix("not ")
    fact = _LOOKS_AT.get(name, name)
    return fact if fact in facts() and fact not in told else None


def _told(told: Mapping[str, object]) -> Mapping[str, Any]:
    known = facts()
    for name, value in told.items():
        if name not in known:
            raise ValueError(f"{name!r} is not a known fact: use one of {', '.join(known)}")
        wanted = _FACT_KINDS[known[name].kind]
        if value is None and known[name].kind == "day":
            continue
        if type(value) is not wanted:
            raise TypeError(f"{name} is a {wanted.__name__}, not {type(value).__name__}")
    return {name: told.get(name, fact.cautious) for name, fact in known.items()}


# -------------------------------------------------------------------------------------------------------- the table


@cache
def _content() -> Mapping[str, Any]:
    text = (files("encaisse.law") / "guards.yaml").read_text(encoding="utf-8")
    content = read_yaml(text, "guards.yaml")
    check_fields(content, {"facts", "shared", "acts"}, set(), "guards.yaml")
    return content


def _fact(name: str, raw: Any) -> Fact:
    where = f"guards.yaml, facts, {name}"
    check_fields(raw, {"kind", "cautious", "ask"}, set(), where)
    if raw["kind"] not in _FACT_KINDS:
        raise BadParameter(f"{where}: kind is one of {', '.join(_FACT_KINDS)}")
    return Fact(name, raw["kind"], raw["cautious"], check_words(raw["ask"], f"{where}: ask"))


def _act(name: str, raw: Any, shared: Mapping[str, tuple[GuardRule, ...]]) -> Act:
    where = f"guards.yaml, {name}"
    check_fields(raw, {"label"}, {"also", "rules", "allowed"}, where)
    odd = sorted(set(raw.get("also", ())) - set(shared))
    if odd:
        raise BadParameter(f"{where}: {', '.join(odd)} is not among the shared rules ({', '.join(shared)})")
    rules = (*_rules(raw.get("rules", []), where), *(rule for one in raw.get("also", ()) for rule in shared[one]))
    allowed = (
        _rule({"code": "allowed", "when": [], **raw["allowed"]}, f"{where}, allowed") if "allowed" in raw else None
    )
    if allowed is None and not any(not rule.when for rule in rules):
        raise BadParameter(f"{where}: give what is allowed, or a rule without conditions")
    return Act(name, check_words(raw["label"], f"{where}: label"), rules, allowed)


def _rules(raw: Any, where: str) -> tuple[GuardRule, ...]:
    return tuple(_rule(one, f"{where}, rule {number}") for number, one in enumerate(raw, start=1))


def _rule(raw: Any, where: str) -> GuardRule:
    check_fields(raw, {"code", "when", "article", "confidence", "reason", "instead"}, set(), where)
    if raw["confidence"] not in CONFIDENCES:
        raise BadParameter(f"{where}: confidence is one of {', '.join(CONFIDENCES)}")
    for condition in raw["when"]:
        name = condition.removeprefix("not ")
        if not name.startswith("in ") and name not in PREDICATES and name not in facts():
            raise BadParameter(f"{where}: {condition!r} is neither a fact nor a condition of encaisse.law.guards")
    return GuardRule(
        code=raw["code"],
        when=tuple(raw["when"]),
        article=str(raw["article"]).strip(),
        confidence=raw["confidence"],
        reasons=check_words(raw["reason"], f"{where}: reason"),
        insteads=check_words(raw["instead"], f"{where}: instead"),
    )
