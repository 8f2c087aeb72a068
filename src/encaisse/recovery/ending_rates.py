"""Which rates a creditor's claims need, and which of these have ended or end soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from encaisse.law.regimes import all_regimes
from encaisse.law.status import SeriesStatus, status
from encaisse.ledger.models import RegimeChoice
from encaisse.parties.models import Creditor, Customer
from encaisse.parties.own_rates import rates_of
from encaisse.recovery.regime import choice_for

NOTICE_DAYS = 30
"""So many days before a rate ends, Today and the doctor speak of it."""

_COUNTS = ("floating", "fixed")


def regimes_in_use(creditor: Creditor) -> frozenset[str]:
    """The regimes of the creditor's customers, by their country and kind, and those a person chose; two queries.

    A creditor without customers gets those of a company and of a consumer at home.
    """
    ends = set(Customer.objects.filter(creditor=creditor).order_by().values_list("country", "kind").distinct())
    ends = ends or {(creditor.country, "company"), (creditor.country, "consumer")}
    found = {choice_for(creditor.country, country, kind).regime for country, kind in ends}
    chosen = RegimeChoice.objects.filter(creditor=creditor).order_by().values_list("regime", flat=True)
    found |= set(chosen.distinct())
    return frozenset(code for code in all_regimes() if code in found)


@dataclass(frozen=True, slots=True)
class Ending:
    """A rate of interest that has ended or ends soon, and the regimes in use whose interest then stands still."""

    status: SeriesStatus
    regimes: tuple[str, ...]


def ending(creditor: Creditor, day: date, within: int = NOTICE_DAYS) -> tuple[Ending, ...]:
    """The rates in use that have ended on `day` or end within so many days, the most pressing first.

    The creditor's own rates count. Nothing is asked of the database about customers while nothing ends.
    """
    with rates_of(creditor):
        found = [one for one in status(day) if one.days_left is not None and one.days_left <= within]
        found = [one for one in found if _concerned(one)]
        in_use = regimes_in_use(creditor) if found else frozenset()
    told = (Ending(one, tuple(sorted(in_use & _concerned(one)))) for one in found)
    return tuple(one for one in told if one.regimes)


def _concerned(one: SeriesStatus) -> frozenset[str]:
    """The regimes whose interest cannot be counted once this series has ended."""
    return frozenset(name for each in one.consequences if each.role in _COUNTS for name in each.names)
