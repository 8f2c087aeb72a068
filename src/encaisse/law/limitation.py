"""Limitation (prescription): until when a claim can be brought to court, and which events moved that day.

The time starts on the earlier of the due date and the end of the service, which is the prudent reading. Its last day
counts in full and is never moved by a weekend or a holiday. Interruptions start it again in full (C. civ. 2231),
suspensions stop it and let it go on (2230); neither ever makes it shorter, and letters do nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

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
    year_end,
)
from encaisse.law.limitation_rules import (
    ClaimKind,
    Effect,
    EventKind,
    UnknownClaim,
    UnknownEvent,
    alert_months,
    claim_kind_of,
    claim_kinds,
    clause_range,
    event_kinds,
    find_claim_kind,
    find_event_kind,
    texts,
)
from encaisse.law.references import reference_in_words

__all__ = [
    "Alert",
    "BadClause",
    "BadEvent",
    "Event",
    "Limitation",
    "Step",
    "UnknownClaim",
    "UnknownEvent",
    "claim_kind_of",
    "claim_kinds",
    "event_kinds",
    "limitation",
]


class BadClause(ValueError):
    """A length agreed in a contract that the law does not admit for this claim."""


class BadEvent(ValueError):
    """An event whose dates cannot be."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a claim: its kind (``limitation.yaml``), its day, and its end when it lasts.

    Without ``until``, what lasts (a case in court, a mediation) is still going on. Raises UnknownEvent, BadEvent
    and BadDay.
    """

    kind: str
    on: date
    until: date | None = None

    def __post_init__(self) -> None:
        check_days(on=self.on, until=self.until)
        found = find_event_kind(self.kind)
        if self.until is None:
            return
        if not found.lasts:
            raise BadEvent(f"{self.kind} happens on one day: leave out its end")
        if self.until < self.on:
            raise BadEvent(f"{self.kind} ends on {self.until.isoformat()}, before it starts: check both dates")


@dataclass(frozen=True, slots=True)
class Alert:
    """A day on which a person should be told, ``months`` before the claim is barred."""

    months: int
    on: date


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did, and the date after it.

    ``code``: interrupts, suspends, title, nothing, unchanged (no later date), undone, too_late.
    """

    event: Event
    code: str
    before: date
    deadline: date
    capped: bool
    years: int
    reference: str
    confidence: str

    def sentence(self, language: str) -> str:
        """The event and what it did, in ``fr`` or ``en``."""
        check_language(language)
        words = {
            "event": find_event_kind(self.event.kind).label[language],
            "on": self._when(language),
            "deadline": in_words(self.deadline, language),
            "length": span_in_words(language, years=self.years),
        }
        return typeset(texts()[self.code][language].format(**words), language)

    def _when(self, language: str) -> str:
        event = self.event
        if not find_event_kind(event.kind).lasts:
            return texts()["day"][language].format(on=in_words(event.on, language))
        if event.until is None:
            return texts()["since"][language].format(on=in_words(event.on, language))
        days = {"on": in_words(event.on, language), "until": in_words(event.until, language)}
        return texts()["between"][language].format(**days)


@dataclass(frozen=True, slots=True)
class Limitation:
    """Until when a claim can be brought to court, as known on the day ``on``.

    ``deadline`` is the last day. When ``running`` is False (a case or a mediation goes on) it is the earliest it can
    be: as if what goes on had ended on ``on``. ``notes`` are codes of sentences in ``limitation.yaml``.
    """

    kind: ClaimKind
    start: date
    deadline: date
    on: date
    running: bool
    alerts: tuple[Alert, ...]
    steps: tuple[Step, ...]
    years: int
    notes: tuple[str, ...]
    reference: str
    confidence: str

    @property
    def expired(self) -> bool:
        """Whether the claim is barred on the day it was asked for."""
        return self.on > self.deadline

    @property
    def days_left(self) -> int:
        """Days from the day asked to the last day (negative: barred that many days ago)."""
        return (self.deadline - self.on).days

    @property
    def alert(self) -> Alert | None:
        """The latest alert that has come due, if any; none for a claim that is barred or whose time stands still."""
        if self.expired or not self.running:
            return None
        return next((alert for alert in reversed(self.alerts) if alert.on <= self.on), None)

    def sentence(self, language: str) -> str:
        """The date, where it starts, what each event did to it, and the law, in ``fr`` or ``en``."""
        check_language(language)
        words = texts()
        state = "expired" if self.expired else "open" if self.running else "stopped"
        parts = [
            words[state][language].format(deadline=in_words(self.deadline, language)),
            self._start(language),
            *(words[note][language].format(length=self._longstop(language)) for note in self.notes),
            *(step.sentence(language) for step in self.steps),
            words["reference"][language].format(reference=reference_in_words(self.reference, language)),
        ]
        if self.confidence != "sure":
            parts.append(
                words["confidence"][language].format(confidence=confidence_in_words(self.confidence, language))
            )
        return typeset(" ".join(parts), language)

    def _start(self, language: str) -> str:
        text = texts()["start_year" if self.kind.starts_at_year_end else "start"][language]
        length = span_in_words(language, years=self.years)
        start = in_words(self.start, language)
        return text.format(kind=self.kind.label[language], length=length, start=start, year=self.start.year)

    def _longstop(self, language: str) -> str:
        return span_in_words(language, years=self.kind.longstop.value) if self.kind.longstop else ""


def limitation(
    claim_kind: str,
    *,
    due_on: date,
    performed_on: date | None = None,
    events: Iterable[Event] = (),
    on: date,
    agreed_years: int | None = None,
) -> Limitation:
    """Until when a claim can be brought to court, as of the end of day ``on``; later events are left out.

    ``performed_on``: the end of the service or the delivery. ``agreed_years``: a length agreed between professionals
    (C. civ. 2254). Raises UnknownClaim, BadClause, BadDay, and BeyondCalendar for dates near the year 9999.
    """
    check_days(due_on=due_on, performed_on=performed_on, on=on)
    kind = find_claim_kind(claim_kind)
    length = _length(kind, agreed_years)
    start = min(due_on, performed_on or due_on)
    clock = _Clock(kind, length, start, on)
    known = sorted((event for event in events if event.on <= on), key=lambda event: event.on)
    steps = [clock.play(*_as_it_ended(event, known[place + 1 :], kind)) for place, event in enumerate(known)]
    deadline = clock.deadline
    doubts = [length.confidence, *(step.confidence for step in steps if step.code != "unchanged")]
    # Recent case law starts the time at the end of the service: without that date, or when it decides, not settled.
    notes = [_start_note(due_on, performed_on), "agreed" if agreed_years is not None else None]
    doubts += ["probable"] if notes[0] else []
    notes += ["capped"] if any(step.capped for step in steps) else []
    early = [kind.early_start] if notes[0] == "earlier_service" else []
    references = [length.reference, *early, kind.counting, *(step.reference for step in steps if step.code in _MOVES)]
    return Limitation(
        kind=kind,
        start=start,
        deadline=deadline,
        on=on,
        running=clock.running,
        alerts=_alerts(deadline, clock.first),
        steps=tuple(steps),
        years=length.value,
        notes=tuple(note for note in notes if note),
        reference="; ".join(dict.fromkeys(references)),
        confidence=weakest(doubts),
    )


_MOVES = ("interrupts", "suspends", "title")


class _Clock:
    """The time of one claim, played event by event in the order of their days."""

    def __init__(self, kind: ClaimKind, length: Figure, start: date, on: date) -> None:
        self.kind, self.on = kind, on
        self.years = length.value
        self.first = self.origin = year_end(start) if kind.starts_at_year_end else start
        self.deadline = self._end()
        self.floor = self.first
        self.cap = date_to_date(start, 12 * kind.longstop.value) if kind.longstop else date.max
        self.running = True
        # The time does not run up to this day, so days that two events share are counted once. A suspension moves the
        # origin, not the end: lengths in years then stay monotone over leap days.
        self.stopped_to = self.first

    def play(self, event: Event, undone: bool) -> Step:
        """Let one event work on the time; the deadline never moves earlier."""
        found = find_event_kind(event.kind)
        effect = found.effects[self.kind.family]
        before = self.deadline
        if undone:
            return self._step(event, effect, "undone", before)
        if effect.code == "nothing":
            return self._step(event, effect, "nothing", before)
        if event.on > before:
            return self._step(event, effect, "too_late", before)
        open_end = found.lasts and (event.until is None or event.until > self.on)
        self.running = self.running and not open_end
        end = min(event.until or self.on, self.on) if found.lasts else event.on
        capped = self._move(found, effect, event.on, end)
        self.stopped_to = max(self.stopped_to, end)
        return self._step(event, effect, effect.code if self.deadline > before else "unchanged", before, capped)

    def _move(self, found: EventKind, effect: Effect, begin: date, end: date) -> bool:
        if effect.code == "suspends":
            stopped = max(0, (end - max(begin, self.stopped_to)).days)
            self.origin = days_after(self.origin, stopped)
            self.floor = max(days_after(self.floor, stopped), date_to_date(end, effect.least))
        else:
            if effect.code == "title":
                self.years = max(self.years, self.kind.title_years.value)
            again = max(end, self.stopped_to)
            self.origin = year_end(again) if self.kind.restarts_at_year_end else again
            self.stopped_to = self.origin
        if found.beyond:
            self.cap = date.max
        moved = max(self._end(), self.floor)
        self.deadline = max(self.deadline, min(moved, self.cap))
        return moved > self.cap

    def _end(self) -> date:
        return date_to_date(self.origin, 12 * self.years)

    def _step(self, event: Event, effect: Effect, code: str, before: date, capped: bool = False) -> Step:
        return Step(event, code, before, self.deadline, capped, self.years, effect.reference, effect.confidence)


def _as_it_ended(event: Event, later: Sequence[Event], kind: ClaimKind) -> tuple[Event, bool]:
    """The event with the end that a later one gave it, and whether a later one took its effect away."""
    found = find_event_kind(event.kind)
    undone_by = found.effects[kind.family].undone_by
    undone = undone_by is not None and any(each.kind == undone_by for each in later)
    if event.until is None and found.ended_by is not None:
        end = next((each.on for each in later if each.kind == found.ended_by), None)
        return replace(event, until=end), undone
    return event, undone


def _length(kind: ClaimKind, agreed_years: int | None) -> Figure:
    if agreed_years is None:
        return kind.years
    low, high, reference = clause_range()
    if not kind.clause:
        raise BadClause(f"no other length can be agreed for a claim of kind {kind.id!r}: leave out agreed_years")
    if type(agreed_years) is not int or not low <= agreed_years <= high:
        raise BadClause(f"{agreed_years!r} years cannot be agreed: from {low} to {high} whole years ({reference})")
    return Figure(agreed_years, reference, "sure")


def _start_note(due_on: date, performed_on: date | None) -> str | None:
    if performed_on is None:
        return "service_unknown"
    return "earlier_service" if performed_on < due_on else None


def _alerts(deadline: date, first: date) -> tuple[Alert, ...]:
    found = (Alert(months, date_to_date(deadline, -months)) for months in alert_months())
    return tuple(alert for alert in found if alert.on >= first)
