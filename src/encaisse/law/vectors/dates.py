"""What a vector about dates may expect, and how each is computed: deadlines, limitation, terms, ten-day periods."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any, cast

from encaisse.calendar import HOME, REGIONS, region_of
from encaisse.law.constants import constant
from encaisse.law.counting import date_to_date, days_after, decade_end, weekday_name
from encaisse.law.deadlines import Abroad, all_rules, deadline, procedural
from encaisse.law.limitation import Event, limitation
from encaisse.law.terms import TermsQuestion, allowed_until, decade_due, default_due, due_dates
from encaisse.law.vectors.events import day_told, interrupts, is_day, words_of
from encaisse.law.vectors.reading import Unclear, Vector, as_day, kind_of, spellings

_ABROAD = {"overseas": "overseas", "foreign": "foreign", "abroad": "foreign", "outside_france": "foreign"}
_DEFAULT_TERM = 30


@dataclass(frozen=True)
class Count:
    """One count of time: from ``start``, so many months and days."""

    vector: Vector

    @cached_property
    def start(self) -> date:
        vector = self.vector
        named = deliveries(vector)
        if named and not vector.has("start"):
            return named[0]
        names = ("start", "due", "received", "notice", "invoice_date", "order_on", "on")
        found = next((day for name in names if (day := vector.day(name)) is not None), vector.only_day)
        if found is None:
            raise Unclear("the day from which to count is missing (`start`)")
        return found

    @cached_property
    def months(self) -> int | None:
        months, years = self.vector.whole("months"), self.vector.whole("years")
        return None if months is None and years is None else (months or 0) + 12 * (years or 0)

    @cached_property
    def days(self) -> int | None:
        days, weeks = self.vector.whole("days"), self.vector.whole("weeks")
        return None if days is None and weeks is None else (days or 0) + 7 * (weeks or 0)

    @cached_property
    def region(self) -> str:
        """The region whose holidays count: a code of ours, or a country."""
        said = str(self.vector.inputs.get("region") or self.vector.inputs.get("country") or HOME).strip()
        code = said.upper().replace("_", "-")
        alsace = {"ALSACE-MOSELLE", "ALSACE", "MOSELLE", "AM"}
        return code if code in REGIONS else "FR-AM" if code in alsace else region_of(code[:2], said)

    @cached_property
    def abroad(self) -> Abroad | None:
        said = str(self.vector.inputs.get("abroad") or "").strip().casefold().replace(" ", "_").replace("-", "_")
        return cast("Abroad | None", _ABROAD.get(said))

    def start_or(self, other: date) -> date:
        """The day from which to count, or another one when none is given."""
        return self.vector.day("invoice_date") or self.vector.day("start") or other

    def after(self, start: date) -> date:
        """The end of the time from ``start``, from date to date."""
        if self.months is None and self.days is None:
            raise Unclear("the length is missing (`months`, `days` or `years`)")
        return days_after(date_to_date(start, self.months or 0), self.days or 0)


@dataclass(frozen=True)
class Procedural(Count):
    """A deadline of procedure, moved to the next working day (CPC 640 to 643)."""

    @cached_property
    def start(self) -> date:
        """An order for payment is served in so many months from its own day, told beside that of the service."""
        order = self.vector.day("order_on")
        told = self.months if self.months is not None or self.days is not None else self._to_serve
        return order if order is not None and told == self._to_serve else super().start

    @cached_property
    def _to_serve(self) -> int | None:
        order = self.vector.day("order_on")
        return None if order is None else constant("order_for_payment.service_months", order).whole

    @property
    def found(self) -> Any:
        return self.counted()

    def counted(self, **changed: Any) -> Any:
        """The deadline, with what the vector says and what is ``changed``: a region, or who is abroad."""
        where = {"region": self.region, "abroad": self.abroad} | changed
        rule = self.vector.inputs.get("rule")
        if rule is not None and self.months is None and self.days is None:
            return deadline(_rule(str(rule)), self.start, order_on=self.vector.day("order_on"), **where)
        if self.months is None and self.days is None and self._to_serve is not None:
            return procedural(self.start, months=self._to_serve, **where)
        return procedural(self.start, days=self.days, months=self.months, **where)

    @cached_property
    def days_late(self) -> int:
        """How many days after the last day it was done; zero in time. Raises Unclear when no day of it is told."""
        done = self.vector.day("done")
        if done is None or done == self.start:
            raise Unclear("the day on which it was done is missing (`done_on`, or `served` beside `start`)")
        return max(0, (done - self.deadline).days)

    @property
    def in_time(self) -> bool:
        """Whether what had to be done was done by the last day."""
        return self.days_late == 0

    @property
    def raw_end(self) -> date:
        return cast("date", self.found.raw_end)

    @property
    def deadline(self) -> date:
        return cast("date", self.found.deadline)


@dataclass(frozen=True)
class DateToDate(Count):
    """A time that no weekend lengthens; an interruption starts it again in full."""

    @property
    def raw_end(self) -> date:
        return self.deadline

    @cached_property
    def start(self) -> date:
        """The earlier of the due date and the end of the service, when a vector gives both."""
        both = [day for name in ("start", "due") if (day := self.vector.day(name)) is not None]
        first = min(both) if both else super().start
        said = f"{self.vector.formula} {self.vector.inputs.get('counted_from')}".casefold().replace("_", " ")
        from_year_end = any(words in said for words in ("year end", "end of the year", "end of year", "1 january"))
        return date(first.year, 12, 31) if from_year_end else first

    @property
    def without(self) -> date:
        """The end if nothing had interrupted or suspended it."""
        return self.after(self.start)

    @cached_property
    def deadline(self) -> date:
        end = self.without
        if self.vector.has("suspended_from"):
            return self._suspended()
        for day in sorted(self._interruptions()):
            # What comes once the time is over interrupts nothing any more.
            if self.start < day <= end:
                end = self.after(day)
        return end

    def _interruptions(self) -> list[date]:
        given = self.vector.inputs.get("interruptions")
        listed = given if isinstance(given, list) else [] if given is None else [given]
        named = [value for name, value in self.vector.others.items() if interrupts(name) and is_day(value)]
        given = self.vector.inputs.get("payments")
        paid = [given] if isinstance(given, (date, str)) else [day for day, _ in self.vector.changes("payments")]
        told = [day_told(one) for one in listed if not isinstance(one, Mapping) or interrupts(words_of(one))]
        return [as_day(day, "interruptions") for day in (*told, *named, *paid)]

    def _suspended(self) -> date:
        kind = spellings()["limitations"].get(str(self.months))
        begin, until = self.vector.day("suspended_from"), self.vector.day("suspended_until")
        if kind is None or begin is None or until is None:
            raise Unclear("a suspension needs its first and its last day, and a limitation of known length")
        found = limitation(kind, due_on=self.start, events=[Event("mediation", begin, until)], on=until)
        return found.deadline


def _rule(name: str) -> str:
    """The rule of deadlines.yaml that a word names: its name, or the end of it."""
    word = name.strip().casefold().replace(" ", "_").replace("-", "_")
    known = list(all_rules())
    ends = [one for one in known if one.endswith(word)]
    if word not in known and len(ends) != 1:
        raise Unclear(f"rule: {name} is not a known deadline: use one of {', '.join(known)}")
    return word if word in known else ends[0]


def _l126_month(count: Count) -> date:
    return deadline("l126_contest", count.start, region=count.region).deadline


def _l126_record(count: Count) -> date:
    return deadline("l126_record", count.start, region=count.region).deadline


def _alert(count: Any, months: int) -> date:
    return date_to_date(count.deadline, -months)


def deliveries(vector: Vector) -> list[date]:
    """The days of delivery that a vector tells, also under names of their own: ``delivery_1``, ``last_delivery``."""
    given = vector.inputs.get("deliveries")
    if given is None:
        given = [value for name, value in vector.others.items() if "deliver" in name and not isinstance(value, list)]
    listed = given if isinstance(given, list) else [given]
    return [as_day(one.get("date") if isinstance(one, Mapping) else one, "deliveries") for one in listed]


def _delivered(count: Count) -> list[date]:
    return deliveries(count.vector) or [count.start]


def _one_or_many(count: Count, found: list[date]) -> Any:
    many = isinstance(count.vector.inputs.get("deliveries"), list) or len(deliveries(count.vector)) > 1
    return found if many else found[0]


def _last_of_decade(it: Count) -> Any:
    """The day a vector about ten-day periods means: of payment, unless it asks for the end of the period only."""
    asked = " ".join(it.vector.expected)
    due = any(word in asked for word in ("raw_end", "deadline", "due", "pay", "limit"))
    return _after_decade(it, None) if due else _decade_ends(it)


def _decade_ends(count: Count) -> Any:
    return _one_or_many(count, [decade_end(day) for day in _delivered(count)])


def _after_decade(count: Count, days: int | None) -> Any:
    term = count.vector.whole("term_days")
    length = next((one for one in (days, count.days, term) if one is not None), _DEFAULT_TERM)
    return _one_or_many(count, [decade_due(day, length) for day in _delivered(count)])


Dated = Callable[[Any, re.Match[str]], Any]
_NUMBER = re.compile(r"\d+")


def _number_in(found: re.Match[str]) -> int | None:
    number = _NUMBER.search(found.string)
    return int(number[0]) if number else None


def _needed(found: re.Match[str]) -> int:
    number = _number_in(found)
    if number is None:
        raise Unclear(f"{found.string}: the number of days is not said in the name")
    return number


def _eom_a(it: Count, found: re.Match[str]) -> date:
    return due_dates(it.start, _needed(found)).end_of_month_after


def _eom_b(it: Count, found: re.Match[str]) -> date:
    return due_dates(it.start, _needed(found)).end_of_month_before


def _net(it: Count, found: re.Match[str]) -> date:
    return due_dates(it.start, _needed(found)).plain


def _numbered(it: Count, found: re.Match[str]) -> date:
    """Of the first, second ... delivery: when it is to be paid, or when its period ends."""
    days = _delivered(it)
    if int(found[2]) > len(days):
        raise Unclear(f"{found.string}: there are {len(days)} deliveries")
    day = days[int(found[2]) - 1]
    ends = re.search("decade|period|ten_day", found[1]) and not re.search("due|pay|deadline|limit", found[1])
    return decade_end(day) if ends else decade_due(day, it.days or it.vector.whole("term_days") or _DEFAULT_TERM)


def _after_delivery(it: Count, found: re.Match[str]) -> Any:
    """So many days after each delivery, without the ten-day period."""
    length = _number_in(found)
    return _one_or_many(it, [days_after(day, _DEFAULT_TERM if length is None else length) for day in _delivered(it)])


def _of_sale(it: Count, found: re.Match[str]) -> date | None:
    """The latest date the law allows for the kind of sale that the name tells."""
    ceiling = next(code for word, code in spellings()["sales"].items() if word in found.string)
    periodic = it.vector.has("deliveries") and ("periodic" in found.string or kind_of(it.vector) == "decade")
    delivered = _delivered(it)[0]
    question = TermsQuestion(it.start_or(delivered), delivered, ceiling, delivered_on=delivered, periodic=periodic)
    allowed = allowed_until(question)
    return None if allowed is None else allowed.until


def _of_delivery(it: Count, found: re.Match[str]) -> date:
    day = as_day("-".join(found.groups()[:3]), found.string)
    length = it.days if it.days is not None else it.vector.whole("term_days")
    asked = f"{found.string} {it.vector.title.casefold()}"
    due = length is not None or any(word in asked for word in ("due", "pay", "deadline", "days"))
    return decade_due(day, _DEFAULT_TERM if length is None else length) if due else decade_end(day)


def _metropolitan(it: Any, _found: re.Match[str]) -> date:
    return cast("date", it.counted(region=HOME).deadline)


def _alsatian(it: Any, _found: re.Match[str]) -> date:
    return cast("date", it.counted(region="FR-AM").deadline)


_SALE = r".*(perishable|meat|cattle|spirits|wine|grapes|freight|transport|export).*"
_DATED = r".*(\d{4})[-_](\d\d)[-_](\d\d).*"
_END = (
    r"(new_|last_|final_|latest_)?(deadline|end|end_date|limit|date|due|due_date|day|last_day|last_day_to_act|act_by)"
    r"|prescription(_date|_end)?|limitation(_date|_end)?|prescribed_on|latest.*|earliest.*|new_.*|.*_deadline"
)
_TOO_LATE = r"first_day_(after|late|too_late)|first_late_day|prescribed_from|time_barred_from"
_PAST = r"(?!.*(?:first|deadline)).*(?:late|lapse|caduc|caduque|expired|forfeit|void).*"
_WITHOUT = (
    r"(original|old|first|initial)_(deadline|end|raw_end)"
    r"|.*without_(?:interruption|acknowledg|payment|recogni).*|deadline_before.*"
)
_CEILING = r"(net|plain|max|maximum|ceiling|agreed|periodic|standard|default|acceptance|transport|export).*\d+.*"

_PLAIN: tuple[tuple[str, Dated], ...] = (
    (r"raw_end|end_before_extension|unextended.*", lambda it, _: it.raw_end),
    (r"weekday(_of_raw_end)?|day_of_week|raw_end_weekday", lambda it, _: weekday_name(it.raw_end)),
    (r"weekday_of_deadline|deadline_weekday", lambda it, _: weekday_name(it.deadline)),
    (r"extended|moved|is_extended", lambda it, _: it.deadline != it.raw_end),
    (r"alert_.*\d+.*|\d+_months_before", lambda it, found: _alert(it, _needed(found))),
    (_TOO_LATE, lambda it, _: days_after(it.deadline, 1)),
)
_FIGURES: Mapping[str, tuple[tuple[str, Dated], ...]] = {
    "procedural": (
        *_PLAIN,
        (r"days_(?:too_)?late", lambda it, _: it.days_late),
        (r".*(?:in_time|valid|within|still_possible).*|on_time|timely", lambda it, _: it.in_time),
        (_PAST, lambda it, _: not it.in_time),
        (r".*(?:elsewhere|rest_of|not_alsace|outside_alsace|without_good_friday|good_friday_is_not).*", _metropolitan),
        (r".*(?:alsace|moselle|good_friday).*", _alsatian),
        (_END, lambda it, _: it.deadline),
    ),
    "date_to_date": (
        *_PLAIN,
        (_WITHOUT, lambda it, _: it.without),
        (_END + r"|.*after_interruption.*", lambda it, _: it.deadline),
    ),
    "l126": (
        (r"end_of_(one_)?month|.*contest_(until|deadline).*|deadline|raw_end", lambda it, _: _l126_month(it)),
        (r"weekday", lambda it, _: weekday_name(_l126_month(it))),
        (r"earliest.*|.*record.*", lambda it, _: _l126_record(it)),
    ),
    "terms": (
        (_SALE, _of_sale),
        (r"(eom|end_of_month)_\d+.*(method_a|then_end_of_month).*", _eom_a),
        (r"(eom|end_of_month)_\d+.*(method_b|then_add).*", _eom_b),
        (r".*decade.*(plus|due|then|net).*", lambda it, found: _after_decade(it, _number_in(found))),
        (r".*decade.*", lambda it, _: _decade_ends(it)),
        (_CEILING, _net),
        (r"default(_term)?|nothing_agreed|no_term_agreed", lambda it, _: default_due(it.start)),
    ),
    "decade": (
        (r"weekday", lambda it, _: weekday_name(_last_of_decade(it))),
        (r"(.*)_([1-9])", _numbered),
        (r".*(delivery_plus|after_delivery|plus_\d+_from_delivery|without_decade).*", _after_delivery),
        (_DATED, _of_delivery),
        (_SALE, _of_sale),
        (
            r".*(due|deadline|pay|latest|limit|plus|net|ceiling|raw_end).*|.*\d\d.*",
            lambda it, found: _after_decade(it, _number_in(found)),
        ),
        (r".*(decade|period|ten_day|end).*", lambda it, _: _decade_ends(it)),
    ),
}
_COUNTS: Mapping[str, type[Count]] = {"procedural": Procedural, "date_to_date": DateToDate}
KINDS = tuple(_FIGURES)


def date_figure(kind: str, name: str, vector: Vector) -> Callable[[], Any] | None:
    """How the date a vector calls ``name`` is computed; None when nobody knows it."""
    for pattern, figure in _FIGURES[kind]:
        found = re.fullmatch(pattern, name.casefold().replace("thirty", "30"))
        if found:
            return partial(_compute, kind, figure, vector, found)
    return None


def _compute(kind: str, figure: Dated, vector: Vector, found: re.Match[str]) -> Any:
    return figure(_COUNTS.get(kind, Count)(vector), found)
