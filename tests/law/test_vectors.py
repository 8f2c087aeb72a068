"""The worked examples of ``vectors.yaml`` come out to the cent, segment by segment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from encaisse.law import Segment, Worksheet, interest
from encaisse.law.reasons import CONTRACT_RATE_BELOW_FLOOR
from encaisse.money import parse_minor, to_decimal_text

VECTORS: dict[str, dict[str, Any]] = {
    vector["id"]: vector
    for vector in yaml.safe_load((Path(__file__).parent / "vectors.yaml").read_text(encoding="utf-8"))["vectors"]
}
REGIMES = {
    "FR_B2B_DEFAULT": "fr-b2b",
    "FR_B2B_CONTRACT": "fr-b2b",
    "FR_B2C_LEGAL": "fr-b2c",
    "FR_PUBLIC": "fr-public",
}


def play(vector: dict[str, Any], **overrides: Any) -> Worksheet:
    """The worksheet of a vector, from its inputs as they are written."""
    inputs = vector["inputs"]
    due = inputs.get("due_date") or inputs.get("last_day_of_payment_period") or date(2026, 3, 31)
    on = inputs.get("calculation_date") or inputs.get("payment_date") or due + timedelta(days=inputs["days"])
    arguments: dict[str, Any] = {
        "payments": [(paid["date"], parse_minor(paid["amount"])) for paid in inputs.get("payments", [])],
        "credits": [(note["date"], parse_minor(note["amount"])) for note in inputs.get("credit_notes", [])],
        "contract_rate": inputs.get("contract_rate"),
        "notice_on": inputs.get("formal_notice_date"),
        "imputation": inputs.get("imputation", "principal_first"),
    }
    amount = parse_minor(inputs["amount_ttc"])
    return interest(REGIMES[vector["regime"]], amount, due, on, **(arguments | overrides))


def in_euros(exact: Fraction) -> Decimal:
    """Exact cents as euros with six decimals, as the vectors write them."""
    return round(Decimal(exact.numerator) / Decimal(exact.denominator) / 100, 6)


def assert_segment(segment: Segment, step: dict[str, Any]) -> None:
    assert (segment.start, segment.end, segment.days) == (step["from"], step["to"], step["days"])
    assert segment.rate == Decimal(step["rate"])
    assert segment.base == parse_minor(step["base"])
    assert in_euros(segment.interest) == Decimal(step["interest_unrounded"])
    assert segment.source.reference


# What a vector may expect, and where the worksheet says it.
READINGS: dict[str, Callable[[Worksheet], Any]] = {
    "days": lambda sheet: sheet.days,
    "interest": lambda sheet: to_decimal_text(sheet.interest),
    "interest_left": lambda sheet: to_decimal_text(sheet.interest),
    "interest_already_paid": lambda sheet: to_decimal_text(sheet.interest_paid),
    "interest_at_contract_rate": lambda sheet: to_decimal_text(sheet.interest),
    "interest_if_credit_corrects_the_price_from_origin": lambda sheet: to_decimal_text(sheet.interest),
    "indemnity": lambda sheet: to_decimal_text(sheet.indemnity),
    "principal_left": lambda sheet: to_decimal_text(sheet.principal),
    "total_claim": lambda sheet: to_decimal_text(sheet.total),
    "rate": lambda sheet: f"{sheet.segments[0].rate:.2f}",
    "flag": lambda sheet: f"contract rate below floor {sheet.floor}",
}
# Expected values that come from another way of counting, each with a test of its own below.
ELSEWHERE = {
    "interest_actual_actual",
    "interest_if_contract_moves_due_date_to_2026_11_02",
    "interest_if_credit_is_a_later_commercial_gesture",
    "interest_at_floor",
    "interest_at_default_rate",
}


@pytest.mark.parametrize("name", [name for name in VECTORS if name != "V13"])
def test_every_expected_figure(name: str) -> None:
    vector = VECTORS[name]
    sheet = play(vector)
    for key, wanted in vector["expected"].items():
        if key not in ELSEWHERE:
            assert READINGS[key](sheet) == wanted, key


@pytest.mark.parametrize("name", ["V01", "V02", "V03", "V04", "V05", "V06", "V08", "V16", "V17"])
def test_every_segment(name: str) -> None:
    sheet = play(VECTORS[name])
    steps = VECTORS[name].get("steps", [])
    assert len(sheet.segments) == len(steps)
    for segment, step in zip(sheet.segments, steps, strict=True):
        assert_segment(segment, step | {"base": step.get("base", VECTORS[name]["inputs"]["amount_ttc"])})


@pytest.mark.parametrize("name", ["V09", "V10"])
def test_segments_between_payments(name: str) -> None:
    sheet = play(VECTORS[name])
    steps = [step for stage in VECTORS[name]["steps"] for step in stage["detail"]]
    for segment, step in zip(sheet.segments, steps, strict=True):
        assert_segment(segment, step)


def test_v06_on_the_days_of_the_year() -> None:
    assert to_decimal_text(play(VECTORS["V06"], day_count="actual_actual").interest) == "285.25"


def test_v08_when_the_contract_moves_the_due_date() -> None:
    vector = VECTORS["V08"]
    moved = vector | {"inputs": vector["inputs"] | {"due_date": date(2026, 11, 2)}}
    assert (
        to_decimal_text(play(moved).interest) == vector["expected"]["interest_if_contract_moves_due_date_to_2026_11_02"]
    )


def test_v12_when_the_credit_is_a_later_gesture() -> None:
    sheet = play(VECTORS["V12"], credit_effect="date")
    expected = VECTORS["V12"]["expected"]["interest_if_credit_is_a_later_commercial_gesture"]
    assert to_decimal_text(sheet.interest) == expected
    assert [segment.base for segment in sheet.segments] == [300_000, 220_000]


def test_v13_three_invoices_are_three_worksheets() -> None:
    vector = VECTORS["V13"]
    on = vector["inputs"]["calculation_date"]
    sheets = [
        interest("fr-b2b", parse_minor(each["amount_ttc"]), each["due_date"], on)
        for each in vector["inputs"]["invoices"]
    ]
    for sheet, step in zip(sheets, vector["steps"], strict=True):
        assert to_decimal_text(sheet.interest) == step["interest"]
    for key in ("interest", "indemnity", "principal"):
        assert to_decimal_text(sum(getattr(sheet, key) for sheet in sheets)) == vector["expected"][key]
    assert to_decimal_text(sum(sheet.total for sheet in sheets)) == vector["expected"]["total_claim"]


def test_v16_the_clause_below_the_floor_is_flagged_and_the_other_readings_are_at_hand() -> None:
    vector = VECTORS["V16"]
    sheet = play(vector)
    assert sheet.reasons == (CONTRACT_RATE_BELOW_FLOOR,)
    assert sheet.floor == Decimal("7.86")
    at_floor = play(vector, contract_rate=sheet.floor)
    assert to_decimal_text(at_floor.interest) == vector["expected"]["interest_at_floor"]
    assert at_floor.reasons == ()
    assert to_decimal_text(play(vector, contract_rate=None).interest) == vector["expected"]["interest_at_default_rate"]
