"""What the rules of EN 16931 that are more than «must be there» look at. Each yields what it finds broken.

Names are those of ``en16931.toml``. A figure that is missing breaks the rule that asks for it, and no other.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files

from encaisse.exchange.rules.view import Group, View
from encaisse.exchange.xml_values import day_of


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where a rule is broken: its line, what the sentence needs, and which sentence when a rule has several."""

    line: int
    values: Mapping[str, str] = field(default_factory=dict)
    variant: str = ""


Check = Callable[[View, Group], Iterator[Broken]]

TOLERANCE = Decimal(1)
"""How far VAT may be from its rate times its base, and a base from its lines, as in the published rule files."""
_CENT = Decimal("0.01")
_ZERO = Decimal(0)
_TRANSFERS = frozenset(("30", "58"))
_LONGEST_CARD = 10


@cache
def codes(name: str) -> frozenset[str]:
    """A list of ``codes.toml``."""
    lists = tomllib.loads(files(__package__).joinpath("codes.toml").read_text(encoding="utf-8"))
    return frozenset(lists[name].split())


def cents(amount: Decimal) -> Decimal:
    """The amount rounded half up to two decimals."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def shown(amount: Decimal) -> str:
    """An amount as the sentences write it: at least two decimals, no exponent."""
    places = amount.as_tuple().exponent
    return f"{amount:f}" if isinstance(places, int) and places <= -2 else f"{amount:.2f}"


def total(groups: Iterable[Group], term: str) -> Decimal:
    """The sum of a term over groups; those without it count nothing."""
    return sum((group.amount(term) or _ZERO for group in groups), _ZERO)


def too_fine(text: str) -> bool:
    """A number with more than two decimals as it is written."""
    return len(text.partition(".")[2]) > 2


def _differs(group: Group, term: str, expected: Decimal) -> Iterator[Broken]:
    """Broken where the term is not what is expected, to the cent."""
    found = group.first(term)
    value = group.amount(term)
    if found is not None and value is not None and value != cents(expected):
        yield Broken(found.line, {"found": shown(value), "expected": shown(cents(expected))})


# ------------------------------------------------------------------------------------------------------- presence


def payee_is_another(view: View, group: Group) -> Iterator[Broken]:
    seller = view.one("seller")
    same = seller is not None and (
        group.text("BT-59") == seller.text("BT-27")
        or bool(_ids(group, "BT-60") & _ids(seller, "BT-29"))
        or bool(_ids(group, "BT-61") & _ids(seller, "BT-30"))
    )
    if same or not group.has("BT-59"):
        yield Broken(group.line)


def _ids(group: Group, term: str) -> set[str]:
    return {node.text for node in group.nodes(term) if node.text}


def rate_unless_not_subject(_: View, group: Group) -> Iterator[Broken]:
    if not group.has("BT-119") and group.text("BT-118") != "O":
        yield Broken(group.line)


def account_has_number(_: View, group: Group) -> Iterator[Broken]:
    if group.text("BT-81") in _TRANSFERS and group.first("BG-17") and not group.has("BT-84"):
        yield Broken(group.line)


def transfer_has_account(_: View, group: Group) -> Iterator[Broken]:
    code = group.text("BT-81")
    # In CII an account that is not there at all is let pass, as the published files do.
    silent = group.syntax == "cii" and not group.first("BG-17")
    if code in _TRANSFERS and not silent and not group.nodes("BT-84"):
        yield Broken(group.line, {"code": code})


def card_number_is_cut(_: View, group: Group) -> Iterator[Broken]:
    found = group.first("BT-87")
    if found and len(found.text) > _LONGEST_CARD:
        yield Broken(found.line)


def vat_in_accounting_currency(view: View, group: Group) -> Iterator[Broken]:
    currency = group.text("BT-6")
    if currency and not any(one.text("BT-110-1") == currency for one in view.all("tax_total")):
        yield Broken(group.line, {"currency": currency})


def attribute_has_name_and_value(_: View, group: Group) -> Iterator[Broken]:
    if not (group.nodes("BT-160") and group.nodes("BT-161")):
        yield Broken(group.line)


def seller_is_identified(_: View, group: Group) -> Iterator[Broken]:
    # In UBL the creditor number of direct debits stands among the identifiers, and says nothing of the company.
    ids = [one for one in group.nodes("BT-29") if one.attributes.get("schemeID") != "SEPA"]
    if not (ids or group.nodes("BT-30") or group.nodes("BT-31")):
        yield Broken(group.line)


def when_to_pay(view: View, group: Group) -> Iterator[Broken]:
    payable = view.amount("totals", "BT-115")
    asks = payable is not None and payable > 0 and group.text("BT-3") not in codes("credit_note_types")
    if payable is not None and asks and not group.has("BT-9") and not group.has("BT-20"):
        yield Broken(view.all("totals")[0].line, {"payable": f"{shown(payable)} {group.text('BT-5')}".strip()})


# ----------------------------------------------------------------------------------------------- prices and dates


def net_price_not_negative(_: View, group: Group) -> Iterator[Broken]:
    return _negative(group, "BT-146")


def gross_price_not_negative(_: View, group: Group) -> Iterator[Broken]:
    return _negative(group, "BT-148")


def _negative(group: Group, term: str) -> Iterator[Broken]:
    found, value = group.first(term), group.amount(term)
    if found and value is not None and value < 0:
        yield Broken(found.line, {"value": found.text})


def period_in_order(_: View, group: Group) -> Iterator[Broken]:
    return _ends_before_start(group, "BT-73", "BT-74")


def line_period_in_order(_: View, group: Group) -> Iterator[Broken]:
    return _ends_before_start(group, "BT-134", "BT-135")


def _ends_before_start(group: Group, start: str, end: str) -> Iterator[Broken]:
    first, last = day_of(group.text(start)), day_of(group.text(end))
    if first and last and last < first:
        yield Broken(group.line, {"start": first.isoformat(), "end": last.isoformat()})


def period_has_a_day(_: View, group: Group) -> Iterator[Broken]:
    if not (group.nodes("BT-73") or group.nodes("BT-74") or group.nodes("BT-8")):
        yield Broken(group.line)


def one_vat_point(_: View, group: Group) -> Iterator[Broken]:
    date, code = group.first("BT-7"), group.first("BT-8")
    if date and code:
        yield Broken(code.line)


# ----------------------------------------------------------------------------------------------------------- sums


def sum_of_lines(view: View, group: Group) -> Iterator[Broken]:
    return _differs(group, "BT-106", total(view.all("line"), "BT-131"))


def sum_of_allowances(view: View, group: Group) -> Iterator[Broken]:
    return _total_of(view, group, "BT-107", "allowance", "BT-92")


def sum_of_charges(view: View, group: Group) -> Iterator[Broken]:
    return _total_of(view, group, "BT-108", "charge", "BT-99")


def _total_of(view: View, group: Group, term: str, kind: str, part: str) -> Iterator[Broken]:
    expected = cents(total(view.all(kind), part))
    if group.amount(term) is None and view.all(kind):
        yield Broken(group.line, {"found": "—", "expected": shown(expected)})
    yield from _differs(group, term, expected)


def total_without_vat(_: View, group: Group) -> Iterator[Broken]:
    lines = group.amount("BT-106")
    if lines is not None:
        rest = (group.amount("BT-108") or _ZERO) - (group.amount("BT-107") or _ZERO)
        yield from _differs(group, "BT-109", lines + rest)


def sum_of_vat(view: View, group: Group) -> Iterator[Broken]:
    taxes = view.all("tax")
    if group.text("BT-110-1") == view.text("document", "BT-5") and (taxes or view.syntax == "cii"):
        yield from _differs(group, "BT-110", total(taxes, "BT-117"))


def total_with_vat(view: View, group: Group) -> Iterator[Broken]:
    currency, net = view.text("document", "BT-5"), group.amount("BT-109")
    if not currency or net is None:
        return
    taxes = [one.amount("BT-110") for one in view.all("tax_total") if one.text("BT-110-1") == currency]
    if len(taxes) != 1 or taxes[0] is None:
        # Where there is no VAT, CII may leave its total out.
        if view.syntax == "cii" and not taxes and group.amount("BT-112") == net:
            return
        yield Broken(group.line, {"currency": currency}, "no_vat")
    else:
        yield from _differs(group, "BT-112", net + taxes[0])


def amount_due(_: View, group: Group) -> Iterator[Broken]:
    gross = group.amount("BT-112")
    if gross is not None:
        rest = (group.amount("BT-114") or _ZERO) - (group.amount("BT-113") or _ZERO)
        yield from _differs(group, "BT-115", gross + rest)


def vat_of_base(_: View, group: Group) -> Iterator[Broken]:
    rate, base, found = group.amount("BT-119"), group.amount("BT-116"), group.amount("BT-117")
    if rate is None or base is None or found is None:
        return
    expected = cents(base * rate / 100)
    wrong = apart(abs(found), abs(expected), group) if abs(rate) >= Decimal("0.5") else abs(found) >= Decimal("0.5")
    if wrong:
        values = {"rate": f"{rate:f}", "base": shown(base), "found": shown(found), "expected": shown(expected)}
        yield Broken(group.line, values)


def apart(found: Decimal, expected: Decimal, group: Group) -> bool:
    """Further apart than the tolerance; CII's published rule lets the tolerance itself pass, UBL's does not."""
    gap = abs(found - expected)
    return gap > TOLERANCE if group.syntax == "cii" else gap >= TOLERANCE


def vat_total_has_two_decimals(view: View, group: Group) -> Iterator[Broken]:
    return _fine_total(group, view.text("document", "BT-5"))


def other_vat_total_has_two_decimals(view: View, group: Group) -> Iterator[Broken]:
    return _fine_total(group, view.text("document", "BT-6"))


def _fine_total(group: Group, currency: str) -> Iterator[Broken]:
    text = group.text("BT-110")
    if currency and group.text("BT-110-1") == currency and too_fine(text):
        yield Broken(group.line, {"value": text})


# ---------------------------------------------------------------------------------------------------------- codes

_VAT_NUMBERS = (("seller", "BT-31"), ("representative", "BT-63"), ("buyer", "BT-48"))
_COUNTRIES = (("seller", "BT-40"), ("buyer", "BT-55"), ("representative", "BT-69"), ("delivery_address", "BT-80"))
_CATEGORIES = (("tax", "BT-118"), ("allowance", "BT-95"), ("charge", "BT-102"))
_ALLOWANCES = (("allowance", "BT-98"), ("line_allowance", "BT-140"))
_CHARGES = (("charge", "BT-105"), ("line_charge", "BT-145"))
_ADDRESSES = (("seller", "BT-34-1"), ("buyer", "BT-49-1"))


def vat_number_has_country(view: View, _: Group) -> Iterator[Broken]:
    known = codes("countries") | {"EL"}
    for kind, term in _VAT_NUMBERS:
        for group in view.all(kind):
            for node in group.nodes(term):
                if node.text and node.text[:2].upper() not in known:
                    yield Broken(node.line, {"value": node.text, "term": term})


def countries_are_known(view: View, _: Group) -> Iterator[Broken]:
    return _unknown(view, _COUNTRIES, codes("countries"))


def vat_categories_are_known(view: View, _: Group) -> Iterator[Broken]:
    return _unknown(view, _CATEGORIES, codes("categories"))


def allowance_reasons_are_known(view: View, _: Group) -> Iterator[Broken]:
    return _unknown(view, _ALLOWANCES, codes("allowances"))


def charge_reasons_are_known(view: View, _: Group) -> Iterator[Broken]:
    return _unknown(view, _CHARGES, codes("charges"))


def address_schemes_are_known(view: View, _: Group) -> Iterator[Broken]:
    return _unknown(view, _ADDRESSES, codes("addresses"))


def type_is_known(view: View, group: Group) -> Iterator[Broken]:
    found = group.first("BT-3")
    invoices, notes = codes("invoice_types"), codes("credit_note_types")
    allowed = invoices | notes if view.syntax == "cii" else notes if view.root.name == "CreditNote" else invoices
    if found and found.text and found.text not in allowed:
        yield Broken(found.line, {"value": found.text, "term": "BT-3"})


def vat_point_is_known(view: View, group: Group) -> Iterator[Broken]:
    allowed = codes(f"vat_points_{view.syntax}")
    for node in group.nodes("BT-8"):
        if node.text and node.text not in allowed:
            yield Broken(node.line, {"value": node.text, "term": "BT-8"})


def _unknown(view: View, places: Iterable[tuple[str, str]], allowed: frozenset[str]) -> Iterator[Broken]:
    for kind, term in places:
        for group in view.all(kind):
            for node in group.nodes(term):
                if node.text and node.text not in allowed:
                    yield Broken(node.line, {"value": node.text, "term": term})


# --------------------------------------------------------------------------------------------------- split payment


def _all_categories(view: View) -> set[str]:
    places = (*_CATEGORIES, ("line", "BT-151"))
    return {group.text(term) for kind, term in places for group in view.all(kind)}


def split_payment_is_italian(view: View, group: Group) -> Iterator[Broken]:
    countries = {one.text(term) for kind, term in _COUNTRIES for one in view.all(kind)} - {""}
    if "B" in _all_categories(view) and countries - {"IT"}:
        yield Broken(group.line)


def split_payment_without_standard(view: View, group: Group) -> Iterator[Broken]:
    if {"B", "S"} <= _all_categories(view):
        yield Broken(group.line)
