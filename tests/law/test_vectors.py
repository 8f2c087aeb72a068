"""The worked examples of ``vectors.yaml`` come out to the cent and to the day, and nothing passes unseen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from encaisse.law.vectors import NOT_CHECKED, BadVectors, Result, run_vectors

TEXT = (Path(__file__).parent / "vectors.yaml").read_text(encoding="utf-8")
GIVEN: dict[str, dict[str, Any]] = {vector["id"]: vector for vector in yaml.safe_load(TEXT)["vectors"]}
RESULTS = {result.id: result for result in run_vectors(TEXT)}


def play(vector: Mapping[str, Any]) -> Result:
    """The result of one vector, written out and read again."""
    (result,) = run_vectors(yaml.safe_dump({"vectors": [dict(vector)]}))
    return result


def changed(name: str, part: str, **values: Any) -> dict[str, Any]:
    """A given vector with other values in its inputs or expectations."""
    return GIVEN[name] | {part: GIVEN[name][part] | values}


@pytest.mark.parametrize("name", list(GIVEN))
def test_every_vector(name: str) -> None:
    assert RESULTS[name].differences == ()
    assert RESULTS[name].ok


def test_every_vector_is_there() -> None:
    assert len(RESULTS) == 34
    assert {one.id for one in RESULTS.values() if one.published} == {"V14", "V24", "V29"}


@pytest.mark.parametrize(("name", "key"), [(name, key) for name in GIVEN for key in GIVEN[name]["expected"]])
def test_no_expectation_is_passed_over(name: str, key: str) -> None:
    wrong = {"dates": "1999-01-01", "list": ["0.01"], "plain": "999999.99"}
    given = GIVEN[name]["expected"][key]
    kind = (
        "list" if isinstance(given, list) else "plain" if name.startswith("V") and key != "increase_from" else "dates"
    )
    result = play(changed(name, "expected", **{key: wrong[kind]}))
    assert [found.what for found in result.differences] == [key]
    assert result.differences[0].got != NOT_CHECKED


def test_an_expectation_nobody_knows_is_a_failure() -> None:
    result = play(changed("V01", "expected", colour="blue"))
    assert [(found.what, found.got) for found in result.differences] == [("colour", NOT_CHECKED)]


def test_the_differing_segment_is_named() -> None:
    steps = [dict(step) for step in GIVEN["V02"]["steps"]]
    steps[1]["rate"] = "12.40"
    (found,) = play(GIVEN["V02"] | {"steps": steps}).differences
    assert found.what == "segment 2025-07-01 to 2025-08-14"
    assert "12.40 %" in found.expected
    assert "12.15 %, base 10000.00, interest 149.794521" in found.got


def test_a_segment_nobody_has_is_named() -> None:
    more = [*GIVEN["V01"]["steps"], {"from": "2025-10-31", "to": "2025-11-02", "days": 3, "rate": "12.15"}]
    (unknown,) = play(GIVEN["V01"] | {"steps": more}).differences
    assert "no such segment" in unknown.got


def test_a_segment_that_the_steps_left_out_is_named_where_a_figure_differs() -> None:
    short = GIVEN["V02"] | {"steps": GIVEN["V02"]["steps"][:1]}
    assert play(short).ok
    figure, segment = play(short | {"expected": {"interest": "54.04"}}).differences
    assert (figure.what, figure.got) == ("interest", "203.84")
    assert (segment.what, segment.expected) == ("segment 2025-07-01 to 2025-08-14", "no such segment")


def test_steps_may_be_cut_in_another_way_where_the_rate_is_the_same() -> None:
    steps = [
        {"from": "2025-10-01", "to": "2025-10-10", "rate": "12.15", "days": 10},
        {"from": "2025-10-11", "to": "2025-10-30", "rate": "12.15", "days": 20},
    ]
    assert play(GIVEN["V01"] | {"steps": steps}).ok


def test_a_wrong_step_of_a_payment_is_named() -> None:
    steps = [dict(step) for step in GIVEN["V09"]["steps"]]
    steps[0]["to_interest"] = "119.85"
    (found,) = play(GIVEN["V09"] | {"steps": steps}).differences
    assert (found.what, found.expected, found.got) == ("step of 2026-04-01, to_interest", "119.85", "119.84")


# Names of regimes and inputs as other people write them; the figures are those of the given vectors.
SPELLINGS: list[tuple[str, dict[str, Any]]] = [
    ("V01", {"regime": "fr-b2b", "formula": ""}),
    ("V17", {"regime": "FR_CONSUMER"}),
    (
        "V19",
        {"inputs": {"principal": "3000.00", "enforceable_on": "2026-01-15", "until": "2026-09-30", "category": "B"}},
    ),
    ("V20", {"regime": "FR_PUBLIC_FIXED"}),
    ("V20", {"inputs": {"amount": 20000, "received": "2025-05-11", "term_days": 30, "paid_on": "2025-09-08"}}),
    ("V24", {"regime": "UK_STATUTORY"}),
    ("V26", {"inputs": {"amount": "10000.00", "default_date": "2026-05-31", "days": 61}}),
    ("V28", {"regime": "BE_B2B_STATUTORY"}),
    ("D01", {"formula": "", "inputs": {"date_served": "2026-08-31", "months": 6}}),
    ("D10", {"inputs": {"due_date": "2021-11-21", "years": 5}}),
]


@pytest.mark.parametrize(("name", "told"), SPELLINGS)
def test_other_spellings(name: str, told: dict[str, Any]) -> None:
    vector = {key: value for key, value in (GIVEN[name] | told).items() if key != "steps"}
    assert play(vector).differences == ()


def vector(regime: str, inputs: dict[str, Any], expected: dict[str, Any], formula: str = "") -> dict[str, Any]:
    return {"id": "X", "regime": regime, "formula": formula, "inputs": inputs, "expected": expected}


# Figures worked out by hand from the texts, for what the given vectors do not reach.
BY_HAND = [
    vector(
        "DE_CONSUMER",
        {"amount": "10000.00", "default_day": "2026-05-31", "calculation_date": "2026-07-31"},
        # 10000 x (6.27 x 30 + 6.52 x 31) / 36500
        {"interest": "106.91", "indemnity": "0.00", "days": 61},
    ),
    vector("NL_COSTS", {"debts": ["100.00", "2500.00", "5000.00"]}, {"costs": ["40.00", "375.00", "625.00"]}),
    vector("BE_CONSUMER", {"debt": "215.00"}, {"ceiling": "36.50"}, "BE_CAP"),
    vector(
        "UK_LPCDA",
        {"amount": "1000.00", "delivery_date": "2025-08-01", "invoice_received": "2025-08-02", "as_of": "2025-10-01"},
        # 30 days after 2 August: 1 September; 1000 x 12.25 x 30 / 36500
        {"days": 30, "due_date": "2025-09-01", "interest": "10.07"},
    ),
    vector("CH", {"amount": "7300.00", "due": "2026-01-01", "days": 10}, {"interest": "10.00", "rate": "5"}),
    vector(
        "FR_B2B_DEFAULT",
        {
            "amount_ttc": "1000.00",
            "due_date": "2026-01-31",
            "payments": [{"date": "2026-03-02", "amount": "1000.00"}],
            "calculation_date": "2026-09-30",
            "imputation": "principal_first",
        },
        # 1000 x 12.15 x 30 / 36500: the interest is still due when the principal was paid late.
        {"principal_left": "0.00", "interest_still_due": "9.99", "total_claim": "49.99"},
        "FR_STD+IMPUTATION",
    ),
    vector(
        "FR_B2B_DEFAULT",
        {"amount": "1000.00", "due_date": "2026-12-01", "calculation_date": "2027-02-01"},
        {"error": "UnknownRate", "known_to": "2026-12-31"},
    ),
    vector(
        "FR_B2B_DEFAULT", {"amount": "1.00", "due": "2026-12-01", "until": "2027-02-01"}, {"error": "rate not known"}
    ),
    vector(
        "FR_CAPITALISATION",
        {"amount": "10000.00", "rate": "5.00", "years": 3},
        {
            "interest_with_capitalisation": "1576.25",
            "interest_without": "1500.00",
            "year_2": "525.00",
            "capital_after_2_years": "11025.00",
        },
        "ANATOCISM",
    ),
    vector(
        "DEADLINE",
        {"due_date": "2026-01-31", "service_end": "2025-12-31", "months": 24},
        {"deadline": "2027-12-31", "weekday": "Friday"},
        "DATE_TO_DATE",
    ),
    vector(
        "DEADLINE",
        {"start": "2021-11-21", "months": 60, "mediation_start": "2026-10-01", "mediation_end": "2026-11-20"},
        {"deadline": "2027-05-20"},
        "DATE_TO_DATE",
    ),
    vector("TERMS", {"delivery_date": "2026-11-12"}, {"perishable_periodic": "2026-12-20", "fresh_meat": "2026-12-02"}),
    vector("TERMS", {"delivery_date": "2026-11-12"}, {"spirits": "2026-12-30"}, "DECADE"),
    vector("FR_B2B_DEFAULT", {"amount": "-1.00", "due_date": "2026-01-01", "days": 3}, {"error": "NegativeAmount"}),
    vector("DECADE", {"delivery_date": "2026-02-21", "days": 30}, {"end_of_decade": "2026-02-28", "due": "2026-03-30"}),
    vector(
        "TERMS", {"invoice_date": "2026-11-12", "term_days": 30}, {"decade_end": "2026-11-20", "net_45": "2026-12-27"}
    ),
    vector(
        "DEADLINE",
        {"start": "2021-11-21", "months": 60, "interrupted_on": "2024-02-29"},
        {"deadline": "2029-02-28", "deadline_without_interruption": "2026-11-21", "alert_6_months": "2028-08-28"},
        "DATE_TO_DATE",
    ),
    vector("DEADLINE", {"start": "2026-11-03", "days": 8}, {"raw_end": "2026-11-11", "deadline": "2026-11-12"}),
    vector(
        "DEADLINE",
        {"start": "2027-01-26", "months": 2, "region": "Alsace-Moselle"},
        {"raw_end": "2027-03-26", "weekday": "Friday", "deadline": "2027-03-30"},
        "CPC_641_642",
    ),
]


@pytest.mark.parametrize("given", BY_HAND)
def test_by_hand(given: dict[str, Any]) -> None:
    assert play(given).differences == ()


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "amount is missing"),
        ({"amount": "10.00"}, "due date is missing"),
        ({"amount": "10.00", "due": "2026-01-01"}, "day of the calculation is missing"),
        ({"amount": "ten", "due": "2026-01-01", "days": 3}, "not an amount"),
        ({"amount": "10.00", "due": "soon", "days": 3}, "is not a date"),
        ({"amount": "10.00", "due": "2026-01-01", "days": 3, "payments": ["5"]}, "date and an amount"),
        ({"amount": "10.00", "due": "2026-01-01", "days": "3.5"}, "not a whole number"),
    ],
)
def test_inputs_that_do_not_say_enough(inputs: dict[str, Any], said: str) -> None:
    (found,) = play(vector("FR_B2B_DEFAULT", inputs, {"interest": "1.00"})).differences
    assert said in found.got


def test_an_unknown_regime_names_the_known_ones() -> None:
    (found,) = play(
        vector("ATLANTIS", {"amount": "1.00", "due": "2026-01-01", "days": 3}, {"interest": "1"})
    ).differences
    assert "fr-b2b" in found.got


def test_inputs_that_nobody_reads_are_told() -> None:
    assert play(changed("V01", "inputs", payement="5.00")).unused == ("payement",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vectors: [", "not readable"),
        ("vectors: []", "a list of vectors"),
        ("- 3", "a mapping"),
        ("vectors: [{id: A, inputs: {}}]", "`expected` is missing"),
        ("vectors: [{id: A, inputs: {due: 2026-02-30}, expected: {interest: 1}}]", "does not exist"),
    ],
)
def test_files_that_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(BadVectors, match=said):
        run_vectors(text, "mine.yaml")


def test_a_vector_that_expects_nothing_fails() -> None:
    (found,) = play(vector("FR_B2B_DEFAULT", {"amount": "1.00", "due": "2026-01-01", "days": 1}, {})).differences
    assert "nothing is expected" in found.got
