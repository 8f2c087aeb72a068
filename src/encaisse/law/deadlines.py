"""Procedural deadlines: how CPC 640 to 643 count, and every deadline of ``deadlines.yaml``.

The day of the act is not counted. Months go to the day of the same number, else to the last day of the month. The time
ends at midnight; when its last day is a Saturday, a Sunday or a public holiday it ends on the next working day. This is
for procedure only: contractual due dates and limitation are never moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from encaisse.calendar import HOME, holiday_name, is_working_day, next_working_day
from encaisse.law.counting import (
    Figure,
    check_days,
    check_language,
    confidence_in_words,
    date_to_date,
    days_after,
    in_words,
    span_in_words,
    typeset,
    weakest,
    weekday_name,
    year_end,
)
from encaisse.law.deadline_rules import (
    MissingDate,
    NoRule,
    Rule,
    Version,
    all_rules,
    extensions,
    find_rule,
    texts,
)
from encaisse.law.references import reference_in_words

__all__ = [
    "Deadline",
    "MissingDate",
    "NoRule",
    "Rule",
    "Skipped",
    "all_rules",
    "date_to_date",
    "deadline",
    "find_rule",
    "procedural",
    "rules",
]

Abroad = Literal["overseas", "foreign"]
_CPC = "CPC 641, 642"
_SATURDAY, _SUNDAY = 5, 6
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A day that cannot be the last one, and why: ``saturday``, ``sunday`` or ``holiday`` (of a region)."""

    day: date
    code: str
    region: str

    def text(self, language: str) -> str:
        """Why, for a reader: ``dimanche``, ``Christmas Day``."""
        if self.code != "holiday":
            return texts()[self.code][language]
        return holiday_name(self.day, self.region, language) or ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a time limit, and how it was counted.

    ``raw_end`` is the end before weekends and holidays, ``weekday`` its English name, ``moved_because`` the days passed
    over. ``prudent`` is the date to keep where the law is not settled (local holidays), else ``deadline`` itself.
    """

    start: date
    raw_end: date
    deadline: date
    moved_because: tuple[Skipped, ...]
    rule: Rule | None
    reference: str
    confidence: str
    prudent: date
    nature: str = "act"
    years: int = 0
    months: int = 0
    days: int = 0
    base: date | None = None
    notes: tuple[Mapping[str, str], ...] = ()

    @property
    def weekday(self) -> str:
        """The English name of the weekday of ``raw_end``."""
        return weekday_name(self.raw_end)

    def kept(self, done_on: date) -> bool:
        """Whether an act done on this day is in time (or, for a waiting time, not too early)."""
        if self.nature == "act":
            return done_on <= self.deadline
        return done_on >= self.deadline if self.nature == "from" else done_on > self.deadline

    def sentence(self, language: str) -> str:
        """The date, how it was counted, what happens after it, and the law, in ``fr`` or ``en``."""
        check_language(language)
        words = _Words(self, language)
        parts = [words.head(), words.counted(), *words.moved(), *words.notes(), *words.consequence(), *words.law()]
        return typeset(" ".join(parts), language)


def procedural(
    start: date,
    *,
    days: int | None = None,
    months: int | None = None,
    region: str = HOME,
    abroad: Abroad | None = None,
) -> Deadline:
    """The end of a time of ``months`` and ``days`` from the day of the act (CPC 640 to 643).

    Months are counted before days (641 al. 3). ``abroad`` adds what CPC 643 gives to someone who lives there.
    Raises ValueError for no length, a negative one, or an unknown region; BeyondCalendar past the year 9999; BadDay.
    """
    check_days(start=start)
    if days is None and months is None:
        raise ValueError("give days, months or both: a deadline needs a length")
    for length in (days, months):
        if length is not None and (type(length) is not int or length < 0):
            raise ValueError(f"a length is {length!r}: a deadline is counted forwards, in whole days and months")
    extra, notes = _extension(abroad)
    total = (months or 0) + (extra.value if extra else 0)
    raw_end = days_after(date_to_date(start, total), days or 0)
    found = _moved(start, raw_end, region)
    reference = "; ".join(filter(None, [_CPC, extra.reference if extra else ""]))
    return replace(found, reference=reference, months=total, days=days or 0, notes=notes)


def deadline(
    rule: str,
    start: date,
    *,
    order_on: date | None = None,
    region: str = HOME,
    abroad: Abroad | None = None,
) -> Deadline:
    """The end of a deadline of the table, from the day of its event.

    ``order_on``: the day of the order, which says whether the old or the new rules hold (for ``order_service`` it is
    the start itself). ``region``: the holidays of the court's place. ``abroad``: the person whose time runs lives
    overseas or abroad; it lengthens only the deadlines that law lengthens.
    Raises NoRule (unknown, or not in force on that day), MissingDate and BadDay.
    """
    check_days(start=start, order_on=order_on)
    found = find_rule(rule)
    _extension(abroad)  # a place nobody knows is refused, also where the law gives no more time
    dated = _dated(found, start, order_on)
    version = found.version(dated)
    if version is None:
        raise NoRule(f"{rule} does not exist for {dated.isoformat()}: see rules(on) for those that do")
    if version.after is not None:
        base = deadline(version.after, start, order_on=order_on, region=region, abroad=abroad)
    else:
        base = None
    return _of_rule(found, version, start, dated, base, region, abroad)


def rules(on: date) -> tuple[Rule, ...]:
    """The deadlines in force for an order or an event of this day, in the order of the table."""
    return tuple(rule for rule in all_rules().values() if rule.version(on) is not None)


def _dated(rule: Rule, start: date, order_on: date | None) -> date:
    if not rule.by_order:
        return start
    if order_on is not None:
        if order_on > start:
            raise MissingDate(f"the order is dated {order_on.isoformat()}, after {start.isoformat()}: check both dates")
        return order_on
    if rule.id == "order_service":
        return start
    raise MissingDate(f"{rule.id} changed on 1 September 2026: give the date of the order (order_on)")


def _of_rule(
    rule: Rule, version: Version, start: date, dated: date, base: Deadline | None, region: str, abroad: Abroad | None
) -> Deadline:
    figures = {length: version.figure_on(length, dated, abroad=abroad is not None) for length in version.lengths}
    used = [each for each in figures.values() if each is not None]
    count = {length: each.value for length, each in figures.items() if each is not None}
    years, months, days = (count.get(unit, 0) for unit in ("years", "months", "days"))
    lengthened, notes = _extension(abroad if rule.lengthened else None)
    if lengthened is not None:
        months += lengthened.value
        used.append(lengthened)
    origin = base.deadline if base else _origin(start, count, version.region or region)
    if rule.counting == "year_end":
        raw_end = year_end(origin, years)
    else:
        raw_end = days_after(date_to_date(origin, 12 * years + months), days)
    plain = Deadline(start, raw_end, raw_end, (), None, "", "sure", raw_end)
    ended = _moved(start, raw_end, region) if rule.counting == "procedural" else plain
    references = [*(each.reference for each in used), version.reference, _CPC if rule.counting == "procedural" else ""]
    doubts = [*(each.confidence for each in used), ended.confidence, base.confidence if base else "sure"]
    return replace(
        ended,
        rule=rule,
        reference="; ".join(dict.fromkeys(filter(None, references))),
        confidence=weakest(doubts),
        prudent=ended.prudent if rule.who == "creditor" and rule.nature == "act" else ended.deadline,
        nature=rule.nature,
        years=years,
        months=months,
        days=days,
        base=origin if origin != start else None,
        notes=(*notes, *((version.note,) if version.note else ())),
    )


def _origin(start: date, count: Mapping[str, int], region: str) -> date:
    """The day counted from, when the law puts some days between the event and it."""
    origin = days_after(start, count.get("next_days", 0))
    for _ in range(count.get("working_days", 0)):
        origin = next_working_day(days_after(origin, 1), region)
    return origin


def _extension(abroad: Abroad | None) -> tuple[Figure | None, tuple[Mapping[str, str], ...]]:
    if abroad is None:
        return None, ()
    if abroad not in extensions():
        raise ValueError(f"{abroad!r} is not a place CPC 643 knows: use one of {', '.join(extensions())}")
    extra, text = extensions()[abroad]
    return extra, (text,)


def _moved(start: date, raw_end: date, region: str) -> Deadline:
    """The raw end passed to the next working day of the region (CPC 642), and what is not settled about it."""
    skipped, day = [], raw_end
    while not is_working_day(day, region):
        skipped.append(Skipped(day, {_SATURDAY: "saturday", _SUNDAY: "sunday"}.get(day.weekday(), "holiday"), region))
        day = days_after(day, 1)
    everywhere = next_working_day(raw_end, HOME) if region.startswith(HOME) else day
    # Whether a holiday of one part of France counts under CPC 642 is not settled: the earlier date is the safe one.
    settled = everywhere == day
    return Deadline(
        start=start,
        raw_end=raw_end,
        deadline=day,
        moved_because=tuple(skipped),
        rule=None,
        reference=_CPC,
        confidence="sure" if settled else "to-verify",
        prudent=min(everywhere, day),
    )


class _Words:
    """The sentences of one deadline in one language."""

    def __init__(self, found: Deadline, language: str) -> None:
        self.found, self.language = found, language
        self.texts = {name: text[language] for name, text in texts().items()}

    def head(self) -> str:
        label = self.found.rule.label[self.language] if self.found.rule else self.texts["plain_label"]
        when = in_words(self.found.deadline, self.language, weekday=True)
        return self.texts[self.found.nature].format(label=label, deadline=when)

    def counted(self) -> str:
        found, rule = self.found, self.found.rule
        length = span_in_words(self.language, years=found.years, months=found.months, days=found.days)
        origin = rule.origin[self.language] if rule else self.texts["plain_from"]
        if rule is not None and rule.counting == "year_end":
            return self.texts["year_end"].format(length=length, origin=origin, start=self._day(found.start))
        if rule is not None and rule.nature == "from" and found.base is not None:
            return self.texts["chained"].format(length=length, base=self._day(found.base))
        return self.texts["counted"].format(length=length, origin=origin, start=self._day(found.base or found.start))

    def moved(self) -> list[str]:
        found, parts = self.found, []
        if found.moved_because:
            why = ", ".join(skipped.text(self.language) for skipped in found.moved_because)
            parts.append(self.texts["moved"].format(raw=self._day(found.raw_end), why=why))
        if found.prudent != found.deadline:
            parts.append(self.texts["unsettled"].format(prudent=self._day(found.prudent)))
        return parts

    def notes(self) -> list[str]:
        sentences = (note[self.language] for note in self.found.notes)
        return [text[0].upper() + text[1:].removesuffix(".") + "." for text in sentences]

    def consequence(self) -> list[str]:
        missed = self.found.rule.missed if self.found.rule else None
        return [self.texts["missed"].format(missed=missed[self.language])] if missed else []

    def law(self) -> list[str]:
        parts = [self.texts["reference"].format(reference=reference_in_words(self.found.reference, self.language))]
        if self.found.confidence != "sure":
            sure = confidence_in_words(self.found.confidence, self.language)
            parts.append(self.texts["confidence"].format(confidence=sure))
        return parts

    def _day(self, day: date) -> str:
        return in_words(day, self.language)
