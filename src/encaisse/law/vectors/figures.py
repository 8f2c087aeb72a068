"""What a vector about money may expect, and how each figure is computed: a table from names to computations.

Nothing here knows a vector by its number. A name is brought to ours by ``spellings.yaml`` and looked up in
``_FIGURES``; names that carry a date or a condition of their own are found among the patterns of ``_PATTERNS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from encaisse.law.constants import constant
from encaisse.law.counting import date_to_date
from encaisse.law.indemnity import lump_sum, nl_costs
from encaisse.law.series import UnknownRate
from encaisse.law.vectors.money import Reckoning
from encaisse.law.vectors.reading import Unclear, Vector, spellings
from encaisse.law.worksheet import Worksheet
from encaisse.money import round_half_up, to_decimal_text

Figure = Callable[[Reckoning], Any]

_DAYS_OF_A_YEAR = 365
_ORDINALS = ("first", "second", "third", "fourth")
# Fixed sums have not changed since they exist: any day of late payment gives them.
_ANY_DAY = date(2025, 12, 31)


def _first_rate(it: Reckoning) -> Decimal:
    if not it.segments:
        raise Unclear("no day bears interest, so there is no rate")
    return it.segments[0].rate


def _yearly(it: Reckoning) -> Fraction:
    """The interest of one whole year on the amount, exact, at the first rate."""
    return Fraction(it.invoices[0][0]) * Fraction(_first_rate(it)) / 100


def _daily(it: Reckoning) -> Fraction:
    return _yearly(it) / _DAYS_OF_A_YEAR


def _floor(it: Reckoning) -> Decimal:
    """The legal floor that the contract rate is below. Raises Unclear when it is not."""
    found = it.sheets()[0].floor
    if found is None:
        raise Unclear("the contract rate is not below the legal floor")
    return found


def _indemnity(it: Reckoning) -> str:
    if it.undated:
        return it.text(sum(lump_sum(it.regime, amount, _ANY_DAY) for amount in it.amounts()))
    return it.total(lambda sheet: sheet.indemnity)


def _principal_paid(it: Reckoning) -> str:
    paid = sum(amount for day, amount in it.vector.changes("payments") if day <= it.on)
    return it.text(paid - sum(sheet.interest_paid + sheet.unapplied for sheet in it.sheets()))


def _collection_costs(it: Reckoning) -> str:
    if it.regime != "nl-b2b":
        raise Unclear(f"no scale of collection costs is known for {it.regime}")
    return it.text(sum(nl_costs(amount) for amount, _ in it.invoices))


def _known_to(it: Reckoning) -> date:
    """The last day that is asked for which the rate is known."""
    try:
        it.sheets()
    except UnknownRate as unknown:
        return unknown.known_to
    return it.on


def _increase_from(it: Reckoning) -> date:
    found = it.sheets()[0].increase_from
    if found is None:
        raise Unclear("the rate is not increased on any day that is counted")
    return found


def _legal_only(it: Reckoning) -> str:
    return it.interest(regime="fr-b2c", notice_on=it.due)


def _with_interest(it: Reckoning, **changed: Any) -> str:
    return it.total(lambda sheet: sheet.principal + sheet.interest, **changed)


def _exact(it: Reckoning) -> Fraction:
    return it.exact(sum((sheet.exact for sheet in it.sheets()), Fraction(0)))


def _after_principal(it: Reckoning) -> date:
    """The day by which a public purchaser pays the interest, once the principal is paid."""
    return it.on + timedelta(constant("fr_public.interest_paid_within_days_of_principal").whole)


# By our names, which stand before the colon under `figures` in spellings.yaml.
_FIGURES: dict[str, Figure] = {
    "days": lambda it: max(sheet.days for sheet in it.sheets()),
    "interest": lambda it: it.interest(),
    "interest_unrounded": _exact,
    "interest_accrued": lambda it: it.total(lambda sheet: sheet.interest + sheet.interest_paid),
    "interest_already_paid": lambda it: it.total(lambda sheet: sheet.interest_paid),
    "indemnity": _indemnity,
    "interest_and_indemnity": lambda it: it.total(lambda sheet: sheet.interest + sheet.indemnity),
    "principal_paid": _principal_paid,
    "collection_costs": _collection_costs,
    "interest_known": lambda it: it.interest(on=_known_to(it)),
    "days_known": lambda it: max(sheet.days for sheet in it.sheets(on=_known_to(it))),
    "total_govuk_style": lambda it: it.total(lambda sheet: sheet.total, rounding="daily"),
    "principal_left": lambda it: it.total(lambda sheet: sheet.principal),
    "total_claim": lambda it: it.total(lambda sheet: sheet.total),
    "principal_and_interest": _with_interest,
    "unapplied": lambda it: it.total(lambda sheet: sheet.unapplied),
    "rate": _first_rate,
    "rates": lambda it: list(dict.fromkeys(segment.rate for segment in it.segments)),
    "segments": lambda it: len(it.segments),
    "interest_actual_actual": lambda it: it.interest(day_count="actual_actual"),
    "interest_fixed_365": lambda it: it.interest(day_count="fixed_365"),
    "interest_interest_first": lambda it: it.interest(imputation="interest_first"),
    "interest_principal_first": lambda it: it.interest(imputation="principal_first"),
    "flag": lambda it: f"contract rate below floor {_floor(it)}",
    "floor": _floor,
    "interest_at_contract_rate": lambda it: it.interest(contract_rate=it.contract_rate),
    "interest_at_floor": lambda it: it.interest(contract_rate=_floor(it)),
    "interest_at_default_rate": lambda it: it.interest(contract_rate=None),
    "increase_from": _increase_from,
    "interest_without_increase": _legal_only,
    "interest_with_capitalisation": lambda it: it.interest(capitalise=True),
    "interest_without_capitalisation": lambda it: it.interest(capitalise=False),
    "total_with_capitalisation": lambda it: _with_interest(it, capitalise=True),
    "total_without_capitalisation": lambda it: _with_interest(it, capitalise=False),
    "annual": lambda it: it.text(round_half_up(_yearly(it))),
    "daily": lambda it: it.text(round_half_up(_daily(it))),
    "daily_unrounded": lambda it: it.exact(_daily(it)),
    "interest_govuk_style": lambda it: it.interest(rounding="daily"),
    "due_date": lambda it: it.due,
    "interest_from": lambda it: it.segments[0].start,
    "interest_until": lambda it: it.segments[-1].end,
    "interest_payable_by": _after_principal,
}


def _on_a_day(it: Reckoning, found: re.Match[str]) -> str:
    sheet: Worksheet = it.sheets(on=_date(found, 2))[0]
    return it.text(sheet.principal if found[1] == "principal" else sheet.interest)


def _after_payment(it: Reckoning, found: re.Match[str]) -> str:
    """What is left on the day of the first, second ... payment, that payment included."""
    days = sorted(day for day, _ in it.vector.changes("payments"))
    number = int(found[2]) if found[2].isdigit() else _ORDINALS.index(found[2]) + 1
    if not 0 < number <= len(days):
        raise Unclear(f"there are {len(days)} payments: none is number {number}")
    sheet = it.sheets(on=days[number - 1])[0]
    return it.text(sheet.principal if found[1] == "principal" else sheet.interest)


def _years_on(it: Reckoning, years: int) -> date:
    return date_to_date(it.due, 12 * years)


def _of_year(it: Reckoning, year: int) -> str:
    """The interest of one year alone, that of the years before being added to the base."""
    until = [it.sheets(capitalise=True, on=_years_on(it, one))[0].interest for one in (year - 1, year)]
    return it.text(until[1] - until[0])


def _date(found: re.Match[str], first: int) -> date:
    return date(int(found[first]), int(found[first + 1]), int(found[first + 2]))


_DAY = r"(\d{4})_(\d\d)_(\d\d)"
_PATTERNS: tuple[tuple[str, Callable[[Reckoning, re.Match[str]], Any]], ...] = (
    (rf"interest_if_.*due_date.*?{_DAY}", lambda it, found: it.interest(due=_date(found, 1))),
    (rf"(principal|interest)_(?:left_|owed_|due_)?(?:on|to|until|up_to|at)_{_DAY}", _on_a_day),
    (
        r"(principal|interest)(?:_left)?_after_(?:payment_)?(first|second|third|fourth|\d)(?:_payment)?$",
        lambda it, found: _after_payment(it, found),
    ),
    (
        r"(?=.*interest)(?=.*(?:deadline|due_by|payable_by|paid_by|latest)).*",
        lambda it, _: _after_principal(it),
    ),
    (r"interest_if_credit.*(gesture|later|date)", lambda it, _: it.interest(credit_effect="date")),
    (r"interest_if_credit.*(origin|price|retroactive|never)", lambda it, _: it.interest(credit_effect="origin")),
    (r"interest_(?:if|with)_.*interest_first", lambda it, _: it.interest(imputation="interest_first")),
    (r"interest_(?:if|with)_.*principal_first", lambda it, _: it.interest(imputation="principal_first")),
    (r"interest_(?:if_not|if_no|without)_.*capitali[sz]", lambda it, _: it.interest(capitalise=False)),
    (r"interest_(?:if|with)_.*capitali[sz]", lambda it, _: it.interest(capitalise=True)),
    (r"(?:interest_(?:of_)?)?year_(\d+)$", lambda it, found: _of_year(it, int(found[1]))),
    (r"interest_after_(\d+)_years?", lambda it, found: it.interest(capitalise=True, on=_years_on(it, int(found[1])))),
    (
        r"(?:capital|balance|total|principal)_(?:after_|year_|after_year_)(\d+)",
        lambda it, found: _with_interest(it, capitalise=True, on=_years_on(it, int(found[1]))),
    ),
    (r"interest_.*(?<!\d)365(?!\d)", lambda it, _: it.interest(day_count="fixed_365")),
    (r"interest_.*(?:actual|366)", lambda it, _: it.interest(day_count="actual_actual")),
)


def money_figure(name: str) -> Figure | None:
    """How the figure a vector calls ``name`` is computed; None when nobody knows it."""
    ours = _our_names().get(name, name)
    if ours in _FIGURES:
        return _FIGURES[ours]
    for pattern, figure in _PATTERNS:
        found = re.match(pattern, name)
        if found:
            return _with(figure, found)
    return None


def _with(figure: Callable[[Reckoning, re.Match[str]], Any], found: re.Match[str]) -> Figure:
    return lambda it: figure(it, found)


@cache
def _our_names() -> dict[str, str]:
    return {other: ours for ours, others in spellings()["figures"].items() for other in others}


def scaled(vector: Vector, scale: Callable[[int], int]) -> Any:
    """What a scale of costs gives for each debt, or for the one amount, as decimal text."""
    debts = vector.inputs.get("debts")
    if debts is not None:
        debts = debts if isinstance(debts, list) else [debts]
        return [to_decimal_text(scale(vector.minor(debt, "debts")), vector.currency) for debt in debts]
    amount = vector.amount()
    if amount is None:
        raise Unclear("the amount is missing (`amount`, or `debts` for several)")
    return to_decimal_text(scale(amount), vector.currency)
