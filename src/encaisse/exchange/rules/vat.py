"""The rules of EN 16931 on VAT categories: ten for each family, and what two of them ask for besides (``vat.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache, partial
from importlib.resources import files
from typing import Any, NamedTuple

from encaisse.exchange.rules.checks import Broken, Check, apart, cents, shown, total
from encaisse.exchange.rules.view import Group, View


class Family(NamedTuple):
    """A family of rules: the code of its category, and what it asks for (``vat.toml`` explains the words)."""

    name: str
    code: str
    parties: str
    rate: str
    base: str
    tax: str
    reason: bool
    breakdown: str
    fr: str
    en: str


class VatRule(NamedTuple):
    """A rule of a family: its number, what it looks at, how, its sentences, and the words filled in by language."""

    id: str
    group: str
    check: Check
    fr: str
    en: str
    words: Mapping[str, Mapping[str, str]]


_ZERO = Decimal(0)
_RATES: Mapping[str, Callable[[Decimal | None], bool]] = {
    "positive": lambda rate: rate is not None and rate > 0,
    "zero": lambda rate: rate is not None and rate == 0,
    "any": lambda rate: rate is not None and rate >= 0,
    "none": lambda rate: rate is None,
}
# Where categories and rates stand: lines, allowances, charges; the amount, and its sign in the VAT base.
_PLACES = (
    ("line", "BT-151", "BT-152", "BT-131", 1),
    ("allowance", "BT-95", "BT-96", "BT-92", -1),
    ("charge", "BT-102", "BT-103", "BT-99", 1),
)


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("vat.toml").read_text(encoding="utf-8"))


@cache
def vat_rules() -> tuple[VatRule, ...]:
    """Every rule of every family."""
    found: list[VatRule] = []
    for name, entry in _tables()["families"].items():
        family = Family(name, **entry)
        for number, (group, check) in _checks(family).items():
            found.append(_rule(family, number, group, check))
    return tuple(found)


def _checks(family: Family) -> dict[str, tuple[str, Check]]:
    made: dict[str, tuple[str, Check]] = {"01": ("document", partial(_breakdown, family))}
    for number, (kind, category, rate, _, _) in zip(range(2, 5), _PLACES, strict=True):
        made[f"{number:02d}"] = ("document", partial(_parties, family, kind, category))
        made[f"{number + 3:02d}"] = (kind, partial(_rate, family, category, rate))
    made["08"] = ("tax", partial(_base, family))
    made["09"] = ("tax", partial(_tax, family))
    made["10"] = ("tax", partial(_reason, family))
    if family.name == "IC":
        made["11"] = ("document", _delivered)
        made["12"] = ("document", _delivered_to)
    if family.name == "O":
        places = (("tax", "BT-118"), *((kind, category) for kind, category, *_ in _PLACES))
        for number, (kind, category) in zip(range(11, 15), places, strict=True):
            made[str(number)] = ("document", partial(_alone, kind, category))
    return made


def _rule(family: Family, number: str, group: str, check: Check) -> VatRule:
    tables = _tables()
    sentences = tables["rules"][number]
    sentences = sentences.get(family.name, sentences)
    words = {
        language: {
            "category": getattr(family, language),
            "code": family.code,
            "parties": tables["parties"][family.parties][language],
            "rate": tables["rate"][family.rate][language],
            "reason": tables["reason"][str(family.reason).lower()][language],
        }
        for language in ("fr", "en")
    }
    return VatRule(f"BR-{family.name}-{number}", group, check, sentences["fr"], sentences["en"], words)


def _breakdown(family: Family, view: View, group: Group) -> Iterator[Broken]:
    used = any(one.text(category) == family.code for kind, category, *_ in _PLACES for one in view.all(kind))
    places = [one for one in view.all("tax") if one.text("BT-118") == family.code]
    right = bool(places) if family.breakdown == "some" else len(places) == 1
    # That the breakdown has a category nothing uses is broken for some families in UBL, for the others in CII: there
    # the published files say more than the standard. The profile without lines shows no use.
    idle = places and not used and (family.breakdown == "some") == (view.syntax == "ubl") and view.level != "basicwl"
    if (used and not right) or idle or (len(places) > 1 and not right):
        yield Broken((places[0] if places else group).line, {"count": str(len(places))})


def _parties(family: Family, kind: str, category: str, view: View, _: Group) -> Iterator[Broken]:
    of_category = [one for one in view.all(kind) if one.text(category) == family.code]
    if of_category and not _known(family, view):
        yield Broken(of_category[0].line)


def _known(family: Family, view: View) -> bool:
    represented = view.has("representative", "BT-63")
    asked = set(family.parties.split())
    if "nobody" in asked:
        return not (represented or view.has("seller", "BT-31") or view.has("buyer", "BT-48"))
    seller = represented or view.has("seller", "BT-31", *(("BT-32",) if "seller" in asked else ()))
    buyer = not asked & {"buyer", "buyer_any"} or view.has("buyer", "BT-48")
    return seller and (buyer or ("buyer_any" in asked and view.has("buyer", "BT-47")))


def _rate(family: Family, category: str, rate: str, _: View, group: Group) -> Iterator[Broken]:
    if group.text(category) == family.code and not _RATES[family.rate](group.amount(rate)):
        yield Broken(group.line, {"value": group.text(rate) or "—"})


def _base(family: Family, view: View, group: Group) -> Iterator[Broken]:
    if group.text("BT-118") != family.code or view.level == "basicwl":
        return
    found, rate = group.amount("BT-116"), group.amount("BT-119")
    if found is None or (family.base == "rate" and rate is None):
        return
    expected = _ZERO
    for kind, category, term, amount, sign in _PLACES:
        of_category = [one for one in view.all(kind) if one.text(category) == family.code]
        if family.base == "rate":
            of_category = [one for one in of_category if one.amount(term) == rate]
        expected += sign * total(of_category, amount)
    if apart(found, expected, group):
        yield Broken(group.line, {"found": shown(found), "expected": shown(cents(expected))})


def _tax(family: Family, _: View, group: Group) -> Iterator[Broken]:
    found, base, rate = group.amount("BT-117"), group.amount("BT-116"), group.amount("BT-119")
    if group.text("BT-118") != family.code or found is None:
        return
    if family.tax == "zero":
        wrong, expected = found != 0, _ZERO
    elif base is None or rate is None:
        return
    else:
        expected = cents(base * rate / 100)
        wrong = apart(abs(found), abs(expected), group)
    if wrong:
        yield Broken(group.line, {"found": shown(found), "expected": shown(expected)})


def _reason(family: Family, _: View, group: Group) -> Iterator[Broken]:
    given = bool(group.nodes("BT-120") or group.nodes("BT-121"))
    if group.text("BT-118") == family.code and given != family.reason:
        yield Broken(group.line)


def _has(view: View, code: str) -> bool:
    return any(one.text("BT-118") == code for one in view.all("tax"))


def _delivered(view: View, group: Group) -> Iterator[Broken]:
    period = any(one.node.children for one in view.all("period"))
    if _has(view, "K") and not group.has("BT-72") and not period:
        yield Broken(group.line)


def _delivered_to(view: View, group: Group) -> Iterator[Broken]:
    if _has(view, "K") and not any(one.has("BT-80") for one in view.all("delivery_address")):
        yield Broken(group.line)


def _alone(kind: str, category: str, view: View, _: Group) -> Iterator[Broken]:
    if _has(view, "O"):
        others = (one for one in view.all(kind) if one.has(category) and one.text(category) != "O")
        for one in others:
            yield Broken(one.line)
            return
