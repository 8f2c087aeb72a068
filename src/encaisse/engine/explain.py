"""Why a case gets its verdict: reasons as codes with values, and one renderer that turns them into sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import polars as pl
from babel.dates import format_date
from babel.numbers import format_currency

from encaisse.calendar import holiday_name, is_working_day
from encaisse.engine.decide import Decision
from encaisse.engine.phrases import phrases
from encaisse.engine.reasons import CHANNELS, NOT_CHASEABLE
from encaisse.engine.strategy import Step, Strategy
from encaisse.money import to_decimal_text

Value = str | int | date | None

_AMOUNTS: Final = frozenset(("amount", "least"))
_COUNTS: Final = {"days": "days", "count": "invoices"}
_LOCALES: Final = {"fr": "fr_FR", "en": "en_GB"}
_NO_BREAK: Final = "\u00a0"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its code, the values it rests on, and whether it speaks for acting today or against.

    ``labels`` gives the name of the step in ``values["step"]`` per language, as its own strategy calls it.
    """

    code: str
    side: str
    values: Mapping[str, Value] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def as_dict(self, language: str = "en", currency: str = "EUR") -> dict[str, Any]:
        """Code, side, sentence and plain values, ready for JSON; amounts as text with decimals."""
        values = {name: _plain(name, value, currency) for name, value in self.values.items()}
        return {"code": self.code, "side": self.side, "text": sentence(self, language, currency), "values": values}


def explain(decision: Decision, case: int, *, numbers: Mapping[int, str] | None = None) -> tuple[Reason, ...]:
    """The reasons for and against acting on a case, the one that decides first.

    ``numbers`` names the receivables as the reader knows them (the invoice numbers). Raises KeyError for a case the
    decision does not hold.
    """
    verdict = decision.verdicts.filter(pl.col("case") == case).to_dicts()
    if not verdict:
        raise KeyError(f"case {case} is not part of this decision")
    facts = decision.facts.filter(pl.col("case") == case).to_dicts()
    lines = decision.lines.filter(pl.col("case") == case).to_dicts()
    view = _View(decision, verdict[0], [fact | line for fact, line in zip(facts, lines, strict=True)], numbers or {})
    return tuple(view.reasons())


def render(reasons: Sequence[Reason], language: str, currency: str = "EUR") -> tuple[str, ...]:
    """One sentence per reason, in ``fr`` or ``en``, with dates and amounts written as that language writes them."""
    return tuple(sentence(reason, language, currency) for reason in reasons)


def sentence(reason: Reason, language: str, currency: str = "EUR") -> str:
    """The sentence of one reason."""
    texts = phrases(language)
    templates: Mapping[str, str] = texts["reasons"]
    values = {name: _spoken(name, value, language, currency) for name, value in reason.values.items()}
    if "step" in reason.values:
        values["step"] = reason.labels.get(language) or texts["steps"].get(reason.values["step"], values["step"])
    return templates[_wording(reason)].format_map(values | _holiday(reason, language))


def _wording(reason: Reason) -> str:
    """A reason whose values differ in kind has a wording of its own for each."""
    if reason.code in ("not_yet", "contact_cap") and reason.values.get("on") is None:
        return f"{reason.code}_undated"
    if reason.code == "below_minimum" and "least" not in reason.values:
        return "below_minimum_step"
    if reason.code == "quiet_day" and _holiday(reason, "en"):
        return "quiet_day_holiday"
    return reason.code


def _holiday(reason: Reason, language: str) -> dict[str, str]:
    day, region = reason.values.get("day"), reason.values.get("region")
    name = holiday_name(day, region, language) if isinstance(day, date) and isinstance(region, str) else None
    return {"holiday": name} if name else {}


def _plain(name: str, value: Value, currency: str) -> Value:
    if name in _AMOUNTS and isinstance(value, int):
        return to_decimal_text(value, currency)
    return value.isoformat() if isinstance(value, date) else value


def _spoken(name: str, value: Value, language: str, currency: str) -> str:
    texts = phrases(language)
    if isinstance(value, date):
        return format_date(value, format="long", locale=_LOCALES[language])
    if name in _AMOUNTS and isinstance(value, int):
        return format_currency(Decimal(to_decimal_text(value, currency)), currency, locale=_LOCALES[language])
    if name in _COUNTS and isinstance(value, int):
        one = abs(value) < 2 if language == "fr" else value == 1
        unit: Mapping[str, str] = texts["units"][_COUNTS[name]]
        return unit["one" if one else "other"].format(n=value).replace(" ", _NO_BREAK, 1)
    if name in ("channel", "channels") and isinstance(value, str):
        return f" {texts['words']['or']} ".join(texts["channels"].get(one, one) for one in value.split())
    if name == "kind" and isinstance(value, str):
        return str(texts["kinds"].get(value, value))
    return str(value) if value not in (None, "") else str(texts["words"]["none"])


@dataclass(frozen=True, slots=True)
class _View:
    """One case with everything its explanation needs."""

    decision: Decision
    verdict: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    numbers: Mapping[int, str]

    @property
    def strategy(self) -> Strategy:
        index: int = self.verdict["strategy"]
        return self.decision.strategies[index]

    @property
    def late(self) -> list[Mapping[str, Any]]:
        return [line for line in self.lines if line["overdue"] and line["chaseable"] > 0]

    def reasons(self) -> Iterator[Reason]:
        """Everything there is to say, the deciding reason first."""
        aside = sorted(self._set_aside(), key=lambda reason: reason.code != self.verdict["reason"])
        silent = self.verdict["reason"] in NOT_CHASEABLE
        yield from aside if silent else self._deciding()
        yield from self._lateness()
        yield from self._contact()
        yield from self._why_not_earlier()
        yield from () if silent else aside
        yield from self._passed_over()
        yield from self._what_next()

    def _step(self, code: str, side: str, name: str, **values: Value) -> Reason:
        step = self.strategy.step(name)
        labels = {language: step.label(language) for language in ("fr", "en")} if step else {}
        return Reason(code, side, {"step": name, **values}, labels)

    def _number(self, line: Mapping[str, Any]) -> str:
        return self.numbers.get(line["receivable"], str(line["receivable"]))

    def _deciding(self) -> Iterator[Reason]:
        verdict = self.verdict
        if verdict["step"] is not None:
            listed = [line for line in self.lines if line["listed"]]
            since = min(line["trigger_on"] for line in listed)
            amount = verdict["principal"]
            yield self._step("step_due", "for", verdict["step"], on=since, count=len(listed), amount=amount)
        else:
            yield self._no_action(verdict["reason"])

    def _no_action(self, code: str) -> Reason:
        verdict, fact = self.verdict, self.lines[0]
        waiting, on = verdict["waiting"] or "", verdict["next_on"]
        if code == "strategy_finished":
            return Reason(code, "against")
        if code == "below_minimum":
            total = verdict["overdue"] or sum(line["chaseable"] for line in self.lines)
            least = {"least": fact["minimum"]} if total < fact["minimum"] else {}
            return Reason(code, "against", {"amount": total, **least})
        if code == "not_yet":
            return self._step(code, "against", verdict["next_step"] or "", on=on)
        if code == "case_further_on":
            return self._step(code, "against", self._lead_name())
        if code == "contact_cap":
            days = self._silence(waiting)
            return self._step(code, "against", waiting, since=verdict["last_contact_on"], days=days, on=on)
        if code == "quiet_day":
            region = self.decision.regions[fact["region"]]
            return self._step(code, "against", waiting, day=self.decision.day, region=region, on=on)
        if code == "no_reachable_contact":
            step = self.strategy.step(waiting)
            return self._step(code, "against", waiting, channels=" ".join(step.channels if step else ()))
        return self._step(code, "against", waiting)

    def _lead_name(self) -> str:
        lead = self.verdict["lead"]
        return self.strategy.steps[lead].name if lead is not None else ""

    def _silence(self, name: str) -> int:
        step = self.strategy.step(name)
        return max(self.decision.cap_days, step.gap if step else 0, 1)

    def _lateness(self) -> Iterator[Reason]:
        verdict = self.verdict
        if not self.late:
            return
        oldest = min(self.late, key=lambda line: line["due_on"])
        number, days = self._number(oldest), verdict["days_late"]
        yield Reason("oldest_late", "for", {"receivable": number, "on": oldest["due_on"], "days": days})
        yield Reason("late_total", "for", {"amount": verdict["overdue"], "count": verdict["late_count"]})
        if verdict["lead"] is None:
            yield Reason("stage_none", "for")
        else:
            yield self._step("stage_reached", "for", self._lead_name())
        for line in self.late:
            if line["suspended_days"]:
                values = {"receivable": self._number(line), "days": line["suspended_days"]}
                yield Reason("suspended_days", "against", values)

    def _contact(self) -> Iterator[Reason]:
        last = self.verdict["last_contact_on"]
        if last is None:
            yield Reason("never_contacted", "for")
        else:
            side = "for" if self.verdict["reason"] != "contact_cap" else "against"
            yield Reason("last_contact", side, {"on": last, "days": (self.decision.day - last).days})

    def _why_not_earlier(self) -> Iterator[Reason]:
        """For a case that acts today: what kept it from acting the day before."""
        verdict, day = self.verdict, self.decision.day
        if verdict["step"] is None:
            return
        trigger = min(line["trigger_on"] for line in self.lines if line["listed"])
        last, silence = verdict["last_contact_on"], self._silence(verdict["step"])
        rested = last + timedelta(days=silence) if last else date.min
        region = self.decision.regions[self.lines[0]["region"]]
        before = (
            day - timedelta(days=back) for back in range(1, (day - max(trigger, rested, date(1970, 1, 1))).days + 1)
        )
        if rested > trigger:
            yield Reason("not_earlier_contact", "against", {"on": last, "days": silence})
        else:
            yield self._step("not_earlier_trigger", "against", verdict["step"], on=trigger)
        quiet = [is_working_day(one, region) for one in before]
        if quiet and not any(quiet):
            yield Reason("not_earlier_quiet", "against")

    def _set_aside(self) -> Iterator[Reason]:
        """What is not chased, and why."""
        netted = 0
        for line in self.lines:
            free = max(line["open"] - max(line["withheld"], 0), 0) if line["blocked"] is None else 0
            netted += free - line["chaseable"]
            if line["reason"] is not None:
                values = {"receivable": self._number(line), "amount": max(line["open"], 0)}
                yield Reason(line["reason"], "against", values)
            elif line["withheld"] > 0:
                yield Reason("part_withheld", "against", {"receivable": self._number(line), "amount": line["withheld"]})
        if netted:
            yield Reason("credit_netted", "against", {"amount": netted})

    def _passed_over(self) -> Iterator[Reason]:
        """Steps whose day has come but whose conditions do not hold, courtesies already sent, the last step's rest."""
        if self.late:
            yield from self._ladder_passed_over()
        elif any(line["overdue"] for line in self.lines):
            if any(line["chaseable"] > 0 for line in self.lines):
                yield Reason("courtesy_late", "against")
        else:
            for line in self.lines:
                yield from self._courtesies_passed_over(line)

    def _ladder_passed_over(self) -> Iterator[Reason]:
        day, verdict = self.decision.day, self.verdict
        lead = verdict["lead"] if verdict["lead"] is not None else -1
        base = min(line["due_on"] + timedelta(days=line["suspended_days"]) for line in self.late)
        age, count = verdict["days_late"], verdict["late_count"]
        for index in self.strategy.ladder:
            step = self.strategy.steps[index]
            if index > lead and base + timedelta(days=step.days) <= day and step.name != verdict["waiting"]:
                yield from self._failed(step, verdict["overdue"], age, count)
        last = self.strategy.steps[self.strategy.ladder[-1]] if self.strategy.ladder else None
        ended = max((line["last_step_on"] for line in self.lines if line["last_step_on"]), default=None)
        if last is not None and ended is not None and self._lead_name() == last.name and verdict["step"] is None:
            yield self._step("repeat_wait", "against", last.name, on=ended, days=self.decision.repeat_days)

    def _courtesies_passed_over(self, line: Mapping[str, Any]) -> Iterator[Reason]:
        day = self.decision.day
        if line["chaseable"] <= 0 or line["due_on"] <= day:
            return
        count = sum(other["chaseable"] > 0 for other in self.lines)
        for index in self.strategy.courtesies:
            step = self.strategy.steps[index]
            start = line["issued_on"] if step.origin == "issue" else line["due_on"]
            if start + timedelta(days=step.days) > day:
                continue
            if line["done"] >> index & 1:
                yield self._step("courtesy_done", "against", step.name, receivable=self._number(line))
            else:
                yield from self._failed(step, line["chaseable"], (day - line["issued_on"]).days, count)

    def _failed(self, step: Step, amount: int, age: int, count: int) -> Iterator[Reason]:
        """The conditions of a step that do not hold, with what was found."""
        fact = self.lines[0]
        tags = fact["tags"] or []
        checks: tuple[tuple[bool, str, dict[str, Value]], ...] = (
            (amount >= step.least, "least", {"amount": amount, "least": step.least}),
            (age >= step.min_age, "min_age", {"days": age, "wanted": step.min_age}),
            (count >= step.min_count, "min_count", {"count": count, "wanted": step.min_count}),
            (not step.kinds or fact["kind"] in step.kinds, "kinds", {"kind": fact["kind"]}),
            (not step.profiles or fact["profile"] in step.profiles, "profiles", {"found": fact["profile"]}),
            (not step.tags or any(tag in step.tags for tag in tags), "tags", {"wanted": ", ".join(step.tags)}),
            (
                step.channel is None or bool(CHANNELS[step.channel] & fact["reach"]),
                "channel",
                {"channel": step.channel},
            ),
        )
        for holds, name, values in checks:
            if not holds:
                yield self._step(f"skipped_{name}", "against", step.name, **values)

    def _what_next(self) -> Iterator[Reason]:
        verdict = self.verdict
        if verdict["rate_unknown"]:
            yield Reason("rate_unknown", "against")
        dated = verdict["reason"] not in (None, "not_yet", "contact_cap") and verdict["next_on"] is not None
        if dated and verdict["next_step"]:
            yield self._step("next_step", "for", verdict["next_step"], on=verdict["next_on"])
