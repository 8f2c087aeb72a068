"""The dated constants are complete and sourced; what nobody knows yet is not made up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from encaisse.law.constants import UnknownConstant, all_constants, constant, constant_groups, parse_group
from encaisse.law.schema import CONFIDENCES, BadParameter
from encaisse.law.series import load_series

GOOD = """
group: sample
label: {fr: "Exemple", en: "Sample"}
constants:
  months:
    kind: number
    unit: months
    label: {fr: "Mois", en: "Months"}
    dated_by: the date of the order
    values:
      - {value: "6", from: 2022-03-01, to: 2026-08-31, reference: "old article", confidence: sure}
      - {value: "3", from: 2026-09-01, to: null, reference: "new article", confidence: probable}
"""


def test_every_constant_is_sourced_and_has_words_in_both_languages() -> None:
    values = all_constants()
    assert len(values) > 150
    for one in values:
        assert one.reference
        assert one.confidence in CONFIDENCES
        assert one.label["fr"] != "" != one.label["en"]
        assert one.known or one.note
        assert one.unit
    assert {one.id.partition(".")[0] for one in values} == set(constant_groups())


def test_a_rule_that_changed_is_chosen_by_its_date() -> None:
    name = "order_for_payment.service_months"
    assert constant(name, date(2026, 8, 31)).whole == 6
    assert constant(name, date(2026, 9, 1)).whole == 3
    assert constant(name).whole == 3
    assert constant(name).dated_by == "the date of the order"
    with pytest.raises(UnknownConstant, match="known from 2022-03-01 to 2026-08-31, 2026-09-01 to further notice"):
        constant(name, date(2020, 1, 1))


def test_values_come_in_the_kind_that_is_asked_for() -> None:
    assert constant("fr_b2b.max_agreed_term_days").whole == 60
    assert constant("court.no_lawyer_ceiling_judicial").number == Decimal(10_000)
    assert constant("uk.fixed_sum_1000_to_9999").cents == 7000
    assert constant("fr_b2c.interest_starts").text == "formal_notice"
    assert constant("einvoicing.issue_small_micro").day == date(2027, 9, 1)
    assert constant("limitation.contract_range_years").range == (Decimal(1), Decimal(10))
    for wrong in ("text", "day", "range"):
        with pytest.raises(TypeError, match="is a number"):
            getattr(constant("fr_b2b.max_agreed_term_days"), wrong)
    with pytest.raises(TypeError, match="no whole number"):
        _ = constant("nl_costs.fifth_percent").whole
    with pytest.raises(TypeError, match="not a Decimal"):
        _ = constant("fr_b2c.interest_starts").number


def test_what_is_not_known_yet_is_said_and_not_made_up() -> None:
    decree = constant("l126_uncontested_commercial.decree_published")
    assert not decree.known
    with pytest.raises(UnknownConstant, match="a person must look it up"):
        _ = decree.day


def test_an_unknown_name_is_answered_with_its_neighbours() -> None:
    with pytest.raises(UnknownConstant, match=r"known are .*limitation\.consumer_years"):
        constant("limitation.consumers")
    with pytest.raises(UnknownConstant, match=r"known are .*fr_b2b"):
        constant("nothing.at_all")


def test_constants_and_series_say_the_same() -> None:
    day = date(2026, 11, 21)
    same = {
        "fr_b2b.indemnity_per_invoice": load_series("fr_b2b_indemnity").at(day).value,
        "fr_public.indemnity": load_series("fr_public_indemnity").at(day).value,
        "eu.indemnity": load_series("eu_indemnity").at(day).value,
        "nl_costs.minimum": load_series("nl_b2b_indemnity").at(day).value,
        "fr_b2b.contract_rate_floor_multiple": load_series("fr_b2b_contract_floor_multiple").at(day).value,
        "fr_b2b.default_margin_points": _margin("fr_b2b_default_penalty"),
        "fr_public.margin_points": _margin("fr_public_penalty"),
        "fr_b2c.judgment_increase_points": _margin("fr_judgment_other"),
        "eu.margin_points": _margin("eu_directive_default"),
    }
    assert {name: constant(name, day).number for name in same} == same


def _margin(series: str) -> Decimal:
    rule = load_series(series).derived
    assert rule is not None
    return rule.plus


def test_a_good_group_is_read() -> None:
    group, values = parse_group(GOOD, "sample.yaml")
    assert group == "sample"
    assert [one.number for one in values[0][1]] == [6, 3]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("group: sample", "group: other", "name of the file"),
        ("kind: number", "kind: colour", "kind 'colour'"),
        ("kind: number", "kind: date", "is a date such as"),
        ("kind: number", "kind: range", "lowest and the highest"),
        ('value: "6"', "value: 6", "between quotes"),
        ('value: "6"', "value: null", "not known is to-verify"),
        ("to: 2026-08-31", "to: 2026-09-01", "overlaps"),
        ("confidence: sure", "confidence: maybe", "confidence 'maybe'"),
        ('reference: "old article"', 'reference: ""', "a reference"),
        ("unit: months", "unity: months", "missing unit"),
        ('{fr: "Mois", en: "Months"}', '{fr: "Mois"}', "fr and en"),
        ("constants:\n  months", "constants: {}\nmonths", "unknown months"),
        ("from: 2022-03-01", "from: soon", "are dates"),
    ],
)
def test_a_wrong_group_says_what_to_mend(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(BadParameter, match=message) as caught:
        parse_group(GOOD.replace(old, new), "sample.yaml")
    assert "sample.yaml" in str(caught.value)
