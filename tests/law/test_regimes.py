"""The table of regimes: complete, in both languages, and refused by name when it is wrong."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
import yaml

from encaisse.law import BadParameter, all_regimes, find_regime, interest
from encaisse.law.clock import reminder_end
from encaisse.law.errors import UnknownRegime
from encaisse.law.own import OwnPoint, using
from encaisse.law.regimes import limits, parse_regime

CODES = (
    "fr-b2b fr-b2c fr-c2c fr-public fr-judgment eu-b2b de-b2b de-b2c be-b2b be-b2c nl-b2b es-b2b it-b2b lu-b2b ch uk"
)
TABLE: dict[str, Any] = yaml.safe_load((files("encaisse.law") / "regimes.yaml").read_text(encoding="utf-8"))


def test_the_sixteen_regimes_are_there() -> None:
    assert tuple(all_regimes()) == tuple(CODES.split())


@pytest.mark.parametrize("code", CODES.split())
def test_each_says_everything_in_both_languages(code: str) -> None:
    regime = find_regime(code)
    texts = [regime.label, regime.applies_to, regime.begins, regime.rate_text, regime.costs]
    texts += [ask.text for ask in regime.asks]
    for text in texts:
        assert set(text) == {"fr", "en"}
        assert text["fr"] != text["en"]
    assert regime.asks
    assert regime.reference
    assert len({ask.id for ask in regime.asks}) == len(regime.asks)


@pytest.mark.parametrize(
    ("code", "day", "rate"),
    [
        ("fr-b2b", date(2026, 7, 1), "12.40"),
        ("fr-b2c", date(2026, 7, 1), "2.75"),
        ("fr-c2c", date(2026, 7, 1), "6.84"),
        ("fr-public", date(2026, 7, 1), "10.40"),
        ("eu-b2b", date(2026, 7, 1), "10.40"),
        ("de-b2b", date(2026, 7, 1), "10.52"),
        ("de-b2c", date(2026, 7, 1), "6.52"),
        ("de-b2c", date(2020, 7, 1), "4.12"),
        ("be-b2b", date(2026, 7, 1), "10.5"),
        ("be-b2c", date(2026, 7, 1), "4.50"),
        ("nl-b2b", date(2024, 7, 1), "12.25"),
        ("es-b2b", date(2026, 1, 1), "10.15"),
        ("it-b2b", date(2026, 7, 1), "10.40"),
        ("lu-b2b", date(2026, 7, 1), "10.40"),
        ("ch", date(2026, 7, 1), "5.00"),
        ("uk", date(2025, 7, 1), "12.25"),
    ],
)
def test_the_rate_of_a_day(code: str, day: date, rate: str) -> None:
    assert find_regime(code).rate.at(day).value == Decimal(rate)


def test_an_unknown_code_is_named() -> None:
    with pytest.raises(UnknownRegime, match="'fr-b2x' is not a known regime: use one of fr-b2b"):
        find_regime("fr-b2x")


def test_the_category_of_the_creditor_gives_the_rate() -> None:
    judgment = find_regime("fr-judgment")
    assert judgment.rate_for("other").id == "fr_legal_interest_other"
    assert judgment.rate_for("individual").id == "fr_legal_interest_individual"
    assert judgment.increase is not None
    assert judgment.increase.rate_for("individual").id == "fr_judgment_individual"
    assert find_regime("fr-b2b").rate_for("individual") == find_regime("fr-b2b").rate


def test_the_users_own_rates_are_seen_by_the_regimes() -> None:
    point = OwnPoint("fr_b2b_default_penalty", date(2027, 1, 1), date(2027, 6, 30), Decimal("12.65"), "read by me")
    with using([point]):
        assert find_regime("fr-b2b").rate.last == date(2027, 6, 30)
        sheet = interest("fr-b2b", 100_000, date(2026, 12, 31), date(2027, 1, 31))
        assert (sheet.confidence, sheet.reasons) == ("own", ())
        assert sheet.segments[0].source.text("en").endswith("(rate added by you)")
    assert find_regime("fr-b2b").rate.last == date(2026, 12, 31)


def test_what_the_law_makes_of_a_contract_rate() -> None:
    assert limits(find_regime("uk"), "floor") is None
    assert limits(find_regime("fr-b2b"), "contract") is None
    floors = limits(find_regime("fr-b2b"), "floor")
    assert floors is not None
    assert (floors[-1].limit, floors[-1].value) == (Decimal("8.25"), Decimal("8.25"))
    defaults = limits(find_regime("fr-b2b"), "default")
    assert defaults is not None
    assert (defaults[-1].limit, defaults[-1].value) == (Decimal("8.25"), Decimal("12.40"))
    ceiling = limits(find_regime("be-b2c"), "contract")
    assert ceiling is not None
    assert ceiling[-1].value == Decimal("10.5")


def test_the_days_that_a_reminder_leaves_to_a_belgian_consumer() -> None:
    # Thursday 2 April 2026: Friday, then Tuesday and Wednesday, since Easter Monday is a holiday; then fourteen days.
    assert reminder_end(date(2026, 4, 2)) == date(2026, 4, 22)
    assert reminder_end(date(2026, 4, 2), electronic=True) == date(2026, 4, 17)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"starts": "someday"}, "starts is one of"),
        ({"mode": "wild"}, "mode is one of"),
        ({"day_count": "30/360"}, "day_count is one of"),
        ({"confidence": "quite"}, "confidence is one of"),
        ({"label": {"fr": "Seul"}}, "label needs fr and en"),
        ({"rate": "fr_b2b_indemnity"}, "kind amount, rate is needed"),
        ({"rate": {"other": "fr_legal_interest_other"}}, "missing individual"),
        ({"rate": "de_base_rate"}, "rate is needed"),
        ({"scale": "nothing"}, "known scale"),
        ({"rate": "nothing"}, "no parameter 'nothing'"),
        ({"asks": [{"id": "a", "fr": "Quoi ?"}]}, "missing en"),
        ({"floor": {"series": "fr_legal_interest_other"}}, "missing multiple"),
        ({"surprise": 1}, "unknown surprise"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    raw = deepcopy(TABLE["fr-b2b"])
    with pytest.raises(BadParameter, match=f"fr-b2b.*{message}"):
        parse_regime("fr-b2b", raw | change)
