"""Reasons as codes with values, and the sentences made of them, in both languages."""

from __future__ import annotations

import re
import string
from datetime import date, timedelta
from typing import Any

import pytest

from encaisse.engine import bundled, decide, explain, render
from encaisse.engine.explain import Reason, sentence
from encaisse.engine.phrases import LANGUAGES, phrases
from encaisse.engine.reasons import NO_ACTION, NOT_CHASEABLE
from encaisse.engine.strategy import Step, Strategy
from tests.engine.facts_maker import debt, frame

DAY = date(2026, 2, 24)
STANDARD = bundled("standard")


def _why(*rows: dict[str, Any], day: date = DAY, strategy: Strategy = STANDARD) -> dict[str, Reason]:
    decision = decide(frame(*rows), [strategy], day, regions=["FR", "FR-AM"])
    reasons = explain(decision, rows[0]["case"], numbers={1: "F-001", 2: "F-002"})
    for language in LANGUAGES:
        for text in render(reasons, language):
            assert re.match(r"[«“€0-9A-ZÀ-Ý]", text), text
            assert text.endswith((".", ")."))
            assert "{" not in text
    return {reason.code: reason for reason in reversed(reasons)}


def _late(days: int, receivable: int = 1, **values: Any) -> dict[str, Any]:
    return debt(receivable, DAY - timedelta(days=days), **values)


def test_both_languages_have_the_same_phrases() -> None:
    french, english = (phrases(language) for language in LANGUAGES)
    assert french.keys() == english.keys()
    for part in french:
        assert french[part].keys() == english[part].keys(), part
    for code, text in french["reasons"].items():
        assert _fields(text) == _fields(english["reasons"][code]), code
    for code, texts in french["problems"].items():
        for part in ("message", "hint"):
            assert _fields(texts[part]) == _fields(english["problems"][code][part]), code


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_reason_of_the_closed_lists_has_a_sentence() -> None:
    for language in LANGUAGES:
        assert set(NOT_CHASEABLE) | set(NO_ACTION) <= phrases(language)["reasons"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(phrases("en")["reasons"]))
def test_every_code_is_rendered(code: str, language: str) -> None:
    base = code if code == "next_step" else re.sub("_(undated|step|holiday)$", "", code)
    values: dict[str, Any] = dict.fromkeys(_fields(phrases("en")["reasons"][code]) - {"holiday"}, "x")
    values |= {name: 123_456 for name in ("amount", "least") if name in values}
    values |= {name: 2 for name in ("days", "count") if name in values}
    values |= {name: DAY for name in ("on", "since") if name in values}
    if code.endswith("_holiday"):
        values |= {"day": date(2026, 4, 3), "region": "FR-AM"}
    text = sentence(Reason(base, "for", values), language)
    template = phrases(language)["reasons"][code]
    assert text[:1] == template[:1] or template.startswith("{")
    assert "{" not in text
    if "amount" in values:
        assert ("1\u202f234,56\xa0€" if language == "fr" else "€1,234.56") in text


def test_a_step_that_goes_out() -> None:
    why = _why(_late(17, stage_days=9, last_contact_on=DAY - timedelta(days=8)))
    assert next(reversed(why)) == "step_due"
    assert why["step_due"].values == {"step": "firm", "on": DAY - timedelta(days=1), "count": 1, "amount": 100_000}
    assert why["oldest_late"].values["receivable"] == "F-001"
    assert why["oldest_late"].values["days"] == 17
    assert why["stage_reached"].values == {"step": "call"}
    assert why["last_contact"].values["days"] == 8
    assert why["not_earlier_trigger"].values == {"step": "firm", "on": DAY - timedelta(days=1)}
    assert "« Relance ferme »" in sentence(why["step_due"], "fr").replace("\xa0", " ")
    assert "17\xa0days late" in sentence(why["oldest_late"], "en")


def test_why_not_earlier() -> None:
    monday = date(2026, 2, 23)
    why = _why(debt(1, monday - timedelta(days=4)), day=monday)  # the mail was due on Saturday
    assert why["not_earlier_trigger"].values["on"] == date(2026, 2, 21)
    assert "not_earlier_quiet" in why
    why = _why(_late(60, last_contact_on=DAY - timedelta(days=7)))
    assert why["not_earlier_contact"].values == {"on": DAY - timedelta(days=7), "days": 7}


def test_the_contact_cap() -> None:
    why = _why(_late(17, stage_days=9, last_contact_on=DAY - timedelta(days=3)))
    reason = why["contact_cap"]
    assert reason.values["on"] == date(2026, 3, 2)  # four days on is a Saturday
    assert sentence(reason, "fr").startswith("«\xa0Relance ferme\xa0» attend")
    assert sentence(reason, "en").endswith("It goes out on 2 March 2026.")


def test_conditions_that_failed_are_told_with_their_values() -> None:
    step = Step(
        "x",
        days=1,
        least=500_000,
        min_age=90,
        min_count=3,
        kinds=("public",),
        profiles=("evasive",),
        tags=("vip",),
        channel="visit",
    )
    why = _why(_late(17, reach=1), strategy=Strategy("picky", (step, Step("y", days=300))))
    failed = {f"skipped_{name}" for name in ("least", "min_age", "min_count", "kinds", "profiles", "tags", "channel")}
    assert failed <= why.keys()
    assert why["skipped_least"].values == {"step": "x", "amount": 100_000, "least": 500_000}
    assert why["skipped_min_age"].values == {"step": "x", "days": 17, "wanted": 90}
    assert sentence(why["skipped_kinds"], "fr").endswith("(société).")


def test_suspended_days_credit_and_parts() -> None:
    rows = _late(30, 1, suspended_days=12, credit=30_000), _late(20, 2, withheld=40_000, credit=30_000)
    why = _why(*rows)
    assert why["suspended_days"].values == {"receivable": "F-001", "days": 12}
    assert why["credit_netted"].values == {"amount": 30_000}
    assert why["part_withheld"].values == {"receivable": "F-002", "amount": 40_000}


@pytest.mark.parametrize("code", [code for code in NOT_CHASEABLE if code not in ("nothing_owed", "covered_by_credit")])
def test_blocked_receivables_are_told(code: str) -> None:
    assert next(reversed(_why(_late(30, blocked=code)))) == code


def test_other_reasons_are_told() -> None:
    last = DAY - timedelta(days=8)
    finished = _late(40, 1, stage_days=30, last_step_on=last, last_contact_on=last)
    assert {"strategy_finished", "repeat_wait"} <= _why(finished).keys()
    assert "nothing_owed" in _why(_late(9, open=0))
    assert "covered_by_credit" in _why(_late(9, credit=100_000))
    assert _why(_late(1))["not_yet"].values == {"step": "mail", "on": DAY + timedelta(days=1)}
    assert "not_yet" in _why(_late(1, reach=0))
    assert _why(_late(9, minimum=200_000))["below_minimum"].values == {"amount": 100_000, "least": 200_000}
    assert "below_minimum" in _why(_late(10, open=20_000, stage_days=2))
    assert _why(_late(17, 1, stage_days=16), _late(4, 2))["case_further_on"].values == {"step": "firm"}
    assert _why(_late(9, reach=8))["no_reachable_contact"].values["channels"] == "email letter"
    assert "stale_books" in _why(_late(9, stale=True))
    assert "awaiting_approval" in _why(_late(9, awaiting=True))
    assert "rate_unknown" in _why(_late(9, rate_unknown=True))
    assert "courtesy_done" in _why(debt(1, DAY + timedelta(days=3), done=0b11))
    assert "courtesy_late" in _why(_late(3, 1, blocked="disputed"), debt(2, DAY + timedelta(days=3)))


def test_quiet_days_have_a_name() -> None:
    friday = date(2026, 4, 3)
    row = debt(1, friday - timedelta(days=5), region=1)
    reason = _why(row, day=friday)["quiet_day"]
    assert "Vendredi saint" in sentence(reason, "fr")
    assert "Good Friday" in sentence(reason, "en")
    assert "samedi" in sentence(_why(row, day=date(2026, 4, 4))["quiet_day"], "fr")


def test_reasons_as_plain_values() -> None:
    plain = _why(_late(17))["step_due"].as_dict("fr")
    assert plain["code"] == "step_due"
    assert plain["values"] == {"step": "mail", "on": "2026-02-09", "count": 1, "amount": "1000.00"}
    assert "1\u202f000,00\xa0€" in plain["text"]


def test_unknown_case_and_language() -> None:
    decision = decide(frame(_late(3)), [STANDARD], DAY, regions=["FR"])
    with pytest.raises(KeyError):
        explain(decision, 99)
    with pytest.raises(ValueError, match="de"):
        render(explain(decision, 1), "de")
