"""The worksheets that a vector about money asks for, from its inputs as they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from encaisse.law.constants import constant
from encaisse.law.counting import date_to_date
from encaisse.law.regimes import all_regimes, find_regime
from encaisse.law.series import UnknownRate, load_series
from encaisse.law.starts import british_relevant_day, german_default
from encaisse.law.vectors.reading import Unclear, Vector, as_day, kind_of, spellings
from encaisse.law.worksheet import Segment, Worksheet, interest
from encaisse.money import exponent, round_half_up, to_decimal_text

_SUFFIXES = re.compile(r"_(DEFAULT|CONTRACT|LEGAL|STATUTORY|RATE|STD|FIXED|FLOATING)$")
_SAME_KIND = dict.fromkeys(("CONSUMER", "CONSUMERS", "CONSO", "VERBRAUCHER", "PRIVATE"), "B2C") | {"BUSINESS": "B2B"}
_KINDS = {"b2b", "b2c", "c2c", "public", "judgment"}
_TERMS = {
    "hospital": "fr_public.term_public_health",
    "undertaking": "fr_public.term_public_undertakings",
    "state_local": "fr_public.term_state_local",
}
_NO_RATE = ("", "none", "default", "statutory", "legal")
_PER_MONTH = re.compile(r"(\d+(?:\.\d+)?)\s*%?\s*(?:per|par|a|/)\s*(?:month|mois)")
_TIMES_LEGAL = re.compile(r"(\d+(?:\.\d+)?)\s*(?:x|×|\*|times)\s*(?:the\s+)?legal")
_DAY_COUNTS = {
    "365": "fixed_365",
    "fixed": "fixed_365",
    "actual/365": "fixed_365",
    "366": "actual_actual",
    "act/act": "actual_actual",
    "actual/actual": "actual_actual",
}
_CREDIT_EFFECTS = {"origin": "origin", "retroactive": "origin", "date": "date", "later": "date", "gesture": "date"}
_CATEGORIES = {"a": "individual", "b": "other", "individual_creditor": "individual", "other_creditor": "other"}
_CATEGORIES |= {"company": "other", "individual": "individual", "other": "other"}
_A_DAY_ON_WHICH_ANY_CONTRACT_RATE_RUNS = date(2025, 12, 31)


def regime_of(name: str) -> str:
    """The code of the regime that a file calls ``FR_B2B_DEFAULT``, ``DE_CONSUMER``, ``fr-b2c`` ... Raises Unclear."""
    known = all_regimes()
    name = name.upper().replace("-", "_")
    ours = spellings()["regimes"]
    tried: list[str] = [ours.get(name, ""), _code(name)]
    while _SUFFIXES.search(name):
        name = _SUFFIXES.sub("", name)
        tried += [ours.get(name, ""), _code(name)]
    country, *others = _code(name).split("-")
    # FR_PUBLIC_HOSPITAL says more than is needed.
    tried += ["-".join([country, *others[:length]]) for length in range(len(others), 0, -1)]
    # ES_LEY_3_2004 has one meaning only: the commercial law of Spain. FR_SOMETHING has several.
    if country != "fr" and not (_KINDS - {"b2b"}) & set(others):
        tried += [f"{country}-b2b", country]
    for code in tried:
        if code in known:
            return code
    raise Unclear(f"{name} is not a known regime: use one of {', '.join(known)}")


def _code(name: str) -> str:
    return "-".join(_SAME_KIND.get(part, part) for part in name.split("_")).casefold()


@dataclass(frozen=True)
class Reckoning:
    """The worksheets of one vector, one per invoice, in as many readings as its figures ask for."""

    vector: Vector
    only: int | None = None

    @cached_property
    def regime(self) -> str:
        """The regime of the name; a debtor who is said to be a consumer makes it the one for consumers."""
        code = regime_of(self.vector.regime)
        theirs = code.replace("-b2b", "-b2c")
        said = "B2B" in self.vector.regime
        return theirs if self.debtor == "consumer" and not said and theirs in all_regimes() else code

    @property
    def debtor(self) -> str:
        """Which kind of debtor a vector names; empty when it names none that matters."""
        word = str(self.vector.inputs.get("debtor") or "").strip().casefold().replace(" ", "_").replace("-", "_")
        return str(spellings()["debtors"].get(word, ""))

    @property
    def several(self) -> bool:
        """Whether a vector tells its invoices or debts as a list."""
        return self._given is not None

    def each(self) -> tuple[Reckoning, ...]:
        """One reckoning per invoice or debt."""
        return tuple(Reckoning(self.vector, number) for number in range(len(self._given or [None])))

    @cached_property
    def _known(self) -> dict[tuple[tuple[str, Any], ...], tuple[Worksheet, ...]]:
        return {}

    def sheets(self, **changed: Any) -> tuple[Worksheet, ...]:
        """The worksheet of each invoice, with the inputs of the vector and what is ``changed``."""
        key = tuple(sorted(changed.items(), key=lambda item: item[0]))
        if key not in self._known:
            self._known[key] = tuple(
                self._sheet({"amount": amount, "due": due} | self.options | own | changed)
                for (amount, due), own in zip(self.invoices, self._of_invoices, strict=True)
            )
        return self._known[key]

    def all_sheets(self) -> tuple[Worksheet, ...]:
        """Every worksheet that was needed so far, the first reading first."""
        return tuple(sheet for sheets in self._known.values() for sheet in sheets)

    def _sheet(self, options: dict[str, Any]) -> Worksheet:
        sheet = interest(options.pop("regime", self.regime), **{"on": self.on} | options)
        if sheet.known_to is not None:
            # A figure up to the last known day is no figure of the day that was asked.
            series = sheet.segments[-1].source.series if sheet.segments else self.regime
            raise UnknownRate(series, sheet.known_to + timedelta(1), sheet.known_to)
        return sheet

    @cached_property
    def invoices(self) -> tuple[tuple[int, date], ...]:
        """Amount and due date of each invoice."""
        found = self._all_invoices
        return found if self.only is None else found[self.only : self.only + 1]

    @cached_property
    def _given(self) -> list[Any] | None:
        given = self.vector.inputs.get("invoices") or self.vector.inputs.get("debts")
        return given if given is None or isinstance(given, list) else [given]

    @cached_property
    def _all_invoices(self) -> tuple[tuple[int, date], ...]:
        if self._given is None:
            return ((self._amount, self.due),)
        read = []
        for one in self._given:
            if not isinstance(one, Mapping):
                read.append((self.vector.minor(one, "debts"), self.due))
                continue
            amount = next((one[key] for key in spellings()["inputs"]["amount"] if key in one), None)
            due = next((one[key] for key in spellings()["inputs"]["due"] if key in one), None)
            if amount is None or due is None:
                raise Unclear("invoices: each one has an amount and a due date")
            read.append((self.vector.minor(amount, "invoices"), as_day(due, "invoices")))
        return tuple(read)

    @cached_property
    def _of_invoices(self) -> list[dict[str, Any]]:
        """The payments and credit notes of each invoice, where an invoice tells its own."""
        vector, given = self.vector, self._given or [None]
        if len(given) > 1 and (vector.has("payments") or vector.has("credits")):
            raise Unclear("several invoices: put each payment and credit note on the invoice it is for")
        own = []
        for one in given if self.only is None else given[self.only : self.only + 1]:
            told = one if isinstance(one, Mapping) else {}
            own.append({kind: each for kind in ("payments", "credits") if (each := self._told(told, kind))})
        return own

    def _told(self, invoice: Mapping[str, Any], kind: str) -> tuple[tuple[date, int], ...]:
        given = next((invoice[key] for key in spellings()["inputs"][kind] if key in invoice), None)
        return () if given is None else tuple(self.vector.changes(kind, given))

    @cached_property
    def undated(self) -> bool:
        """Whether no day is told at all: then only what follows from the amount can be said."""
        vector = self.vector
        names = ("due", "on", "start", "notice", "received", "days", "years", "invoice_date", "deliveries")
        return not any(vector.has(name) for name in names) and vector.only_day is None and not vector.has("invoices")

    def amounts(self) -> list[int]:
        """The amounts alone, of a vector that tells no day."""
        found = [self.vector.minor(one, "debts") for one in self._given] if self._given else [self._amount]
        return found if self.only is None else found[self.only : self.only + 1]

    @property
    def _amount(self) -> int:
        amount, net, vat = self.vector.amount(), self.vector.amount("amount_net"), self.vector.number("vat_rate")
        if amount is None and net is not None and vat is not None:
            # Interest runs on the amount including VAT.
            amount = round_half_up(Fraction(net) * (100 + Fraction(vat)) / 100)
        if amount is None:
            raise Unclear("the amount is missing (`amount`, or `amount_ttc`)")
        return amount

    @cached_property
    def exact_years(self) -> int | None:
        """So many whole years at an agreed rate, counted as exact years, which isolates the rule on compound interest.

        That is what these vectors say of themselves; None for every other one.
        """
        vector = self.vector
        agreed = vector.number("contract_rate") if vector.has("contract_rate") else vector.number("rate")
        if agreed is None or vector.steps or kind_of(vector) != "capitalisation":
            return None
        years, start, end = vector.whole("years"), vector.day("start") or vector.day("due"), vector.day("on")
        if start is None or end is None:
            return years
        whole = end.year - start.year
        return whole if whole > 0 and date_to_date(start, 12 * whole) == end else None

    @cached_property
    def due(self) -> date:
        """The last day on which payment was not late."""
        vector = self.vector
        if self.exact_years is not None:
            return _A_DAY_ON_WHICH_ANY_CONTRACT_RATE_RUNS
        received, term = vector.day("received"), vector.whole("term_days") if vector.has("received") else None
        if received and term is None and self.debtor in _TERMS:
            term = constant(_TERMS[self.debtor]).whole
        counted = received + timedelta(term) if received and term is not None else None
        due = (
            self._in_default()
            or vector.day("due")
            or self._relevant_day()
            or counted
            or vector.day("start")
            or vector.day("notice")
            or vector.only_day
        )
        if due is not None:
            return due
        on, days = vector.day("on"), vector.whole("days")
        if days is None:
            raise Unclear("the due date is missing (`due_date`), or the number of days (`days`)")
        return on - timedelta(days) if on else self._day_with_rate(days)

    def _in_default(self) -> date | None:
        """In Germany and Switzerland the reminder begins the default; in Germany also thirty days after the invoice."""
        vector, country = self.vector, self.regime[:2]
        invoiced = vector.day("received")
        reminded = vector.day("reminder")
        due = vector.day("due") or invoiced or (reminded - timedelta(1) if reminded else None)
        if country == "de" and due and (invoiced or reminded):
            return german_default(due, reminder_on=reminded, invoice_on=invoiced, told=True)
        return reminded if country == "ch" else None

    def _relevant_day(self) -> date | None:
        """In the United Kingdom, counted from what a vector tells of the performance and of the invoice."""
        vector = self.vector
        if self.regime != "uk" or vector.has("days"):
            return None
        invoiced = vector.day("received") or vector.day("invoice_date")
        return british_relevant_day(performed_on=vector.day("deliveries"), invoiced_on=invoiced)

    def _day_with_rate(self, days: int) -> date:
        """A due date for a vector that gives days and a rate only: one from which the law has that rate so long."""
        rules, rate = find_regime(self.regime), self._stated_rate
        for point in rules.rate.points if rate is not None and not self.vector.has("contract_rate") else ():
            due = point.start - timedelta(1) if point.start > date.min else point.start
            lasts = rules.fixed_at_start or point.end is None or due + timedelta(days) <= point.end
            if point.value == rate and lasts:
                return due
        return _A_DAY_ON_WHICH_ANY_CONTRACT_RATE_RUNS

    @cached_property
    def on(self) -> date:
        """The last day that is counted."""
        if self.exact_years is not None:
            return date_to_date(self.due, 12 * self.exact_years)
        on, days, years = self.vector.day("on"), self.vector.whole("days"), self.vector.whole("years")
        if on is not None:
            return on
        if years is not None:
            return date_to_date(self.due, 12 * years)
        if days is None:
            raise Unclear("the day of the calculation is missing (`calculation_date`), or the number of days (`days`)")
        return max(self.due, self.vector.day("notice") or self.due) + timedelta(days)

    @cached_property
    def options(self) -> dict[str, Any]:
        """What ``interest`` is told beside amount and dates."""
        vector = self.vector
        options: dict[str, Any] = {
            "payments": tuple(vector.changes("payments")),
            "credits": tuple(vector.changes("credits")),
            "contract_rate": self.contract_rate,
            "notice_on": vector.day("notice"),
            "stop_on": vector.day("stop_on"),
            "imputation": self._imputation,
            "credit_effect": self._word("credit_effect", _CREDIT_EFFECTS),
            "day_count": self._word("day_count", _DAY_COUNTS) or ("actual_actual" if self.exact_years else None),
            "below_floor": self._word("below_floor", {}),
            "category": self._word("category", _CATEGORIES),
        }
        return {name: value for name, value in options.items() if value is not None}

    @property
    def _imputation(self) -> str:
        """Interest first unless something else is said (C. civ. 1343-1)."""
        word = self._word("imputation", {}) or "interest_first"
        return next((each for each in ("interest_first", "principal_first") if word[:4] == each[:4]), word)

    def _word(self, name: str, others: Mapping[str, str]) -> str | None:
        if not self.vector.has(name):
            return None
        word = str(self.vector.inputs[name]).casefold().strip().replace(" ", "_")
        return others.get(word, word.replace("-", "_"))

    @cached_property
    def contract_rate(self) -> Decimal | None:
        """The rate of the contract; a plain rate that is not the law's own is one too."""
        agreed, rate = self._agreed, self._stated_rate
        if agreed is not None or rate is None:
            return agreed
        rules = find_regime(self.regime)
        # The due date was chosen for that very rate, or the law has it that day: it stays the law's.
        points = [point for point in rules.rate.points if point.start <= self.due + timedelta(1)]
        return None if points and points[-1].value == rate else rate

    @property
    def _agreed(self) -> Decimal | None:
        """The rate of the contract, also where it is told as so many times legal interest."""
        told = str(self.vector.inputs.get("contract_rate") or "").casefold()
        times, monthly = _TIMES_LEGAL.search(told), _PER_MONTH.search(told)
        if monthly:
            return 12 * Decimal(monthly[1])
        if times is None:
            rate = self.vector.number("contract_rate")
            if rate is None and told not in _NO_RATE:
                raise Unclear(f"contract_rate: {told!r} is not a rate in percent per year, such as 8.25")
            return rate
        legal = self.vector.number("reference_rate")
        if legal is None:
            legal = load_series("fr_legal_interest_other").at(self.due + timedelta(1)).value
        return Decimal(times[1]) * legal

    @cached_property
    def _stated_rate(self) -> Decimal | None:
        """The rate a vector states: as a number, or as the reference rate on which the law adds its points."""
        vector = self.vector
        rate, base = vector.number("rate"), vector.number("reference_rate")
        if rate is not None or base is None or _TIMES_LEGAL.search(str(vector.inputs.get("contract_rate")).casefold()):
            return rate
        margin, built = vector.number("margin"), find_regime(self.regime).rate.derived
        if margin is None and built is None:
            return base
        stated = base + (margin if margin is not None else built.plus if built else Decimal(0))
        step = built.round_up_to if built else None
        return stated if step is None else (stated / step).to_integral_value(ROUND_CEILING) * step

    def text(self, minor: int) -> str:
        """Minor units as decimal text."""
        return to_decimal_text(minor, self.vector.currency)

    def exact(self, minor: Fraction) -> Fraction:
        """Exact minor units as exact units of the currency."""
        return minor / Fraction(10) ** exponent(self.vector.currency)

    def total(self, of: Callable[[Worksheet], int], **changed: Any) -> str:
        """A figure of the worksheets, added up."""
        return self.text(sum(of(sheet) for sheet in self.sheets(**changed)))

    def interest(self, **changed: Any) -> str:
        return self.total(lambda sheet: sheet.interest, **changed)

    @property
    def segments(self) -> tuple[Segment, ...]:
        return tuple(segment for sheet in self.sheets() for segment in sheet.segments)

    def floor(self) -> Decimal:
        """The legal floor that the contract rate is below. Raises Unclear when it is not."""
        found = self.sheets()[0].floor
        if found is None:
            raise Unclear("the contract rate is not below the legal floor")
        return found

    def yearly(self) -> Fraction:
        """The interest of one whole year on the amount, exact, at the first rate."""
        return Fraction(self.invoices[0][0]) * Fraction(self.first_rate) / 100

    @property
    def first_rate(self) -> Decimal:
        if not self.segments:
            raise Unclear("no day bears interest, so there is no rate")
        return self.segments[0].rate
