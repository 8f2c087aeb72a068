"""What a vector about dates may expect, and how each is computed: deadlines, limitation, terms, ten-day periods."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any, cast

from encaisse.calendar import HOME, REGIONS, region_of
from encaisse.law.counting import date_to_date, days_after, decade_end, weekday_name
from encaisse.law.deadlines import Abroad, deadline, procedural
from encaisse.law.limitation import Event, limitation
from encaisse.law.terms import TermsQuestion, allowed_until, decade_due, default_due, due_dates
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
    def found(self) -> Any:
        return procedural(self.start, days=self.days, months=self.months, region=self.region, abroad=self.abroad)

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
        return min(both) if both else super().start

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
        days = [one.get("date", one.get("on")) if isinstance(one, Mapping) else one for one in listed]
        paid = [day for day, _ in self.vector.changes("payments")]
        return [*(as_day(day, "interruptions") for day in days), *paid]

    def _suspended(self) -> date:
        kind = spellings()["limitations"].get(str(self.months))
        begin, until = self.vector.day("suspended_from"), self.vector.day("suspended_until")
        if kind is None or begin is None or until is None:
            raise Unclear("a suspension needs its first and its last day, and a limitation of known length")
        found = limitation(kind, due_on=self.start, events=[Event("mediation", begin, until)], on=until)
        return found.deadline


def _l126_month(count: Count) -> date:
    return deadline("l126_contest", count.start, region=count.region).deadline


def _l126_record(count: Count) -> date:
    return deadline("l126_record", count.start, region=count.region).deadline


def _alert(count: Any, months: int) -> date:
    return date_to_date(count.deadline, -months)


def _delivered(count: Count) -> list[date]:
    given = count.vector.inputs.get("deliveries")
    if given is None:
        return [count.start]
    return [as_day(day, "deliveries") for day in (given if isinstance(given, list) else [given])]


def _one_or_many(count: Count, found: list[date]) -> Any:
    return found if isinstance(count.vector.inputs.get("deliveries"), list) else found[0]


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
    due = length is not None or any(word in found.string for word in ("due", "pay", "deadline"))
    return decade_due(day, _DEFAULT_TERM if length is None else length) if due else decade_end(day)


_SALE = r".*(perishable|meat|cattle|spirits|wine|grapes|freight|transport|export).*"
_DATED = r".*(\d{4})[-_](\d\d)[-_](\d\d).*"
_END = (
    r"(new_|last_|final_|latest_)?(deadline|end|end_date|limit|date|due|due_date|day|last_day|last_day_to_act|act_by)"
    r"|prescription(_date|_end)?|limitation(_date|_end)?|prescribed_on|latest.*|earliest.*|new_.*|.*_deadline"
)
_TOO_LATE = r"first_day_(after|late|too_late)|first_late_day|prescribed_from|time_barred_from"
_WITHOUT = r"(original|old|first|initial)_(deadline|end|raw_end)|.*without_interruption.*|deadline_before.*"
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
    "procedural": (*_PLAIN, (_END, lambda it, _: it.deadline)),
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
        (r"weekday", lambda it, _: weekday_name(_decade_ends(it))),
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
        found = re.fullmatch(pattern, name.casefold())
        if found:
            return partial(_compute, kind, figure, vector, found)
    return None


def _compute(kind: str, figure: Dated, vector: Vector, found: re.Match[str]) -> Any:
    return figure(_COUNTS.get(kind, Count)(vector), found)
