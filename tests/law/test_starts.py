"""The day after which interest runs in Germany and in the United Kingdom."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from encaisse.law.starts import british_relevant_day, german_default

DUE = date(2026, 5, 31)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({}, None),
        ({"calendar_date": True}, DUE),
        ({"reminder_on": date(2026, 6, 10)}, date(2026, 6, 10)),
        ({"reminder_on": date(2026, 5, 20)}, None),
        ({"invoice_on": date(2026, 5, 10)}, date(2026, 6, 30)),
        ({"invoice_on": date(2026, 6, 10)}, date(2026, 7, 10)),
        ({"invoice_on": date(2026, 6, 10), "reminder_on": date(2026, 6, 20)}, date(2026, 6, 20)),
        ({"invoice_on": date(2026, 6, 10), "consumer": True}, None),
        ({"invoice_on": date(2026, 6, 10), "consumer": True, "told": True}, date(2026, 7, 10)),
    ],
)
def test_when_default_begins_in_germany(facts: dict[str, Any], wanted: date | None) -> None:
    assert german_default(DUE, **facts) == wanted


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({"agreed": DUE, "performed_on": date(2026, 1, 1), "invoiced_on": None}, DUE),
        ({"performed_on": date(2026, 5, 1), "invoiced_on": date(2026, 5, 10)}, date(2026, 6, 9)),
        ({"performed_on": date(2026, 5, 20), "invoiced_on": date(2026, 5, 10)}, date(2026, 6, 19)),
        ({"performed_on": date(2026, 5, 20), "invoiced_on": None}, date(2026, 6, 19)),
        ({"performed_on": None, "invoiced_on": None}, None),
    ],
)
def test_the_relevant_day_in_the_united_kingdom(facts: dict[str, Any], wanted: date | None) -> None:
    assert british_relevant_day(**facts) == wanted
