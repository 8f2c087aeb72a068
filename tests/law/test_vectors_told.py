"""Worked examples told in other words: reference rates, several debts, who the debtor is, late service, deliveries."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from encaisse.law.vectors import Result, run_vectors

PUBLIC = {"amount_ttc": "50000.00", "payment_date": "2026-08-20"}
# 50000 x 10.40 x 51 / 36500
PUBLIC_INTEREST = {"days": 51, "rate": "10.40", "interest": "726.58", "interest_due_by": "2026-10-04"}
GERMAN = {"amount": "2000.00", "default_day": "2026-05-31", "calculation_date": "2026-07-31"}
# 2000 x (6.27 x 30 + 6.52 x 31) / 36500
GERMAN_CONSUMER = {"interest": "21.38", "indemnity": "0.00"}
ORDER = {"start": "2026-09-10", "months": 3}
DEBT = {"start": "2021-11-21", "months": 60}
NOT_KNOWN = {"amount_ttc": "1000.00", "due_date": "2026-11-30", "calculation_date": "2027-01-15"}

MONEY: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "UK_LPCDA",
        {"amount": "1000.00", "days": 50, "bank_rate": "0.5"},
        {"rate": "8.50", "interest": "11.64", "fixed_sum": "70.00"},
    ),
    (
        "UK_LPCDA",
        {"amount": "5000.00", "days": 30, "base_rate": "4.75"},
        {"rate": "12.75", "interest": "52.40", "daily": "1.75", "total": "5122.40"},
    ),
    # A Bank Rate of no reference day: 13.10 % all the same.
    ("UK_LPCDA", {"amount": "3650.00", "days": 10, "bank_rate": "5.10"}, {"rate": "13.10", "interest": "13.10"}),
    (
        "UK_LPCDA",
        {"debts": ["999.99", "1000.00", "9999.99", "10000.00"]},
        {"fixed_sums": ["40.00", "70.00", "70.00", "100.00"]},
    ),
    ("UK_LPCDA", {"debts": ["999.99", "10000.00"]}, {"fixed_sum": "140.00"}),
    ("UK_LPCDA", {"amount": "1500.00"}, {"fixed_sum": "70.00"}),
    # ECB + 8, rounded up to half a point.
    ("BE_B2B", {"amount": "3650.00", "days": 10, "ecb_rate": "2.15"}, {"rate": "10.5", "interest": "10.50"}),
    (
        "FR_B2B_CONTRACT",
        {"amount_ttc": "5000.00", "contract_rate": "3 x legal", "legal_rate": "2.75", "days": 30},
        {"rate": "8.25", "interest": "33.90"},
    ),
    (
        "FR_B2B_CONTRACT",
        {"amount_ht": "1000.00", "vat_rate": "20", "contract_rate": "10.00", "days": 45},
        {"interest": "14.79", "interest_and_indemnity": "54.79"},
    ),
    (
        "FR_PUBLIC_HOSPITAL",
        PUBLIC | {"request_received": "2026-05-11", "buyer": "hospital"},
        PUBLIC_INTEREST | {"interest_starts": "2026-07-01"},
    ),
    ("FR_PUBLIC", PUBLIC | {"chorus_pro_date": "2026-05-31", "term_days": 30}, PUBLIC_INTEREST),
    ("DE_VERBRAUCHER", GERMAN, GERMAN_CONSUMER),
    ("DE_BGB288", GERMAN | {"debtor": "consumer"}, GERMAN_CONSUMER),
    # Default begins with the reminder, or thirty days after the invoice (BGB 286).
    (
        "DE_B2C",
        {"amount": "2000.00", "due": "2026-05-01", "reminder": "2026-05-31", "until": "2026-07-31"},
        GERMAN_CONSUMER,
    ),
    ("DE_B2C", {"amount": "2000.00", "invoice_received": "2026-05-01", "until": "2026-07-31"}, GERMAN_CONSUMER),
    # 8500 x 9 x 45 / 36500
    ("FR_B2B_CONTRACT", {"amount": "8500", "contract_rate": "0.75 % per month", "days": 45}, {"interest": "94.32"}),
    # 10000 x 12.15 x 45, then 7149.79 x (12.15 x 46 + 12.40 x 20), 5307.85 x 12.40 x 52, 4401.62 x 12.40 x 51.
    (
        "FR_B2B_DEFAULT",
        {
            "amount_ttc": "10000.00",
            "due_date": "2026-03-31",
            "payments": {"2026-05-15": "3000.00", "2026-07-20": "2000.00", "2026-09-10": "1000.00"},
            "calculation_date": "2026-10-31",
        },
        {
            "principal_after_first_payment": "7149.79",
            "principal_left_after_payment_2": "5307.85",
            "principal_left": "4401.62",
            "principal_paid": "5598.38",
            "interest_already_paid": "401.62",
            "interest_left": "76.26",
        },
    ),
    (
        "FR_B2B_DEFAULT",
        {
            "invoices": [
                {"amount": "3650.00", "due": "2026-01-31"},
                {"amount": "3650.00", "due": "2026-01-31", "paid": {"2026-02-10": "3650.00"}},
            ],
            "imputation": "principal_first",
            "as_of": "2026-02-20",
        },
        {"interest": ["24.30", "12.15"], "total_claim": "3766.45"},
    ),
    (
        "FR_B2B_DEFAULT",
        NOT_KNOWN,
        {"interest": "error", "known_until": "2026-12-31", "interest_until_2026_12_31": "10.53"},
    ),
    ("FR_B2B_DEFAULT", NOT_KNOWN, {"error": "rate of 2027-H1 not known", "days_known": 31}),
]
DATES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "CPC_641_642",
        ORDER | {"served": "2026-12-11"},
        {"deadline": "2026-12-10", "in_time": False, "order_lapsed": True, "days_late": 1},
    ),
    ("CPC_641_642", {"order_date": "2026-09-10", "served": "2026-12-10"}, {"deadline": "2026-12-10", "valid": True}),
    ("CPC_641_642", {"order_date": "2026-08-31", "served": "2027-03-02"}, {"deadline": "2027-03-01", "too_late": True}),
    # The opposition is counted from the service, whatever the day of the order.
    ("CPC_641_642", {"order_date": "2026-09-10", "served": "2026-10-14", "months": 1}, {"deadline": "2026-11-16"}),
    ("CPC_641_642", {"bodacc": "2026-10-20", "rule": "relief"}, {"deadline": "2027-04-20"}),
    ("CPC_641_642", {"principal_paid": "2026-08-20", "rule": "public_interest_payment"}, {"deadline": "2026-10-04"}),
    (
        "CPC_641_642",
        {"start": "2026-09-26", "months": 6},
        {"deadline": "2027-03-26", "deadline_alsace_moselle": "2027-03-30", "deadline_elsewhere": "2027-03-26"},
    ),
    ("DATE_TO_DATE", DEBT | {"acknowledgement_of_debt": "2024-03-10"}, {"deadline": "2029-03-10"}),
    (
        "DATE_TO_DATE",
        DEBT | {"partial_payment": "2024-03-10"},
        {"original_deadline": "2026-11-21", "end": "2029-03-10"},
    ),
    ("DATE_TO_DATE", DEBT | {"registered_letter": "2024-03-10"}, {"deadline": "2026-11-21"}),
    (
        "DATE_TO_DATE",
        DEBT | {"events": [{"date": "2024-03-10", "kind": "payment"}, {"date": "2025-01-10", "kind": "reminder"}]},
        {"deadline": "2029-03-10"},
    ),
    ("DATE_TO_DATE", {"due_date": "2022-05-10", "years": 4, "counted_from": "1 January"}, {"deadline": "2026-12-31"}),
    ("YEAR_END", {"due_date": "2023-05-10", "years": 3}, {"deadline": "2026-12-31"}),
    ("DECADE", {"first_delivery": "2026-02-03", "last_delivery": "2026-02-09"}, {"deadline": "2026-03-12"}),
    (
        "DECADE",
        {"delivery_1": "2026-02-03", "delivery_2": "2026-02-14"},
        {"due_1": "2026-03-12", "due_2": "2026-03-22"},
    ),
    (
        "DECADE",
        {"deliveries": ["2026-02-03", "2026-02-14"]},
        {"due": {"2026-02-03": "2026-03-12", "2026-02-14": "2026-03-22"}, "ends": ["2026-02-10", "2026-02-20"]},
    ),
    ("DECADE", {"start": "2026-02-14", "days": 30}, {"raw_end": "2026-03-22", "weekday": "Sunday"}),
]


def play(regime: str, formula: str, inputs: dict[str, Any], expected: dict[str, Any]) -> Result:
    """The result of one vector, written out and read again."""
    told = {"id": "X", "regime": regime, "formula": formula, "inputs": inputs, "expected": expected}
    (result,) = run_vectors(yaml.safe_dump({"vectors": [told]}))
    return result


@pytest.mark.parametrize(("regime", "inputs", "expected"), MONEY)
def test_money(regime: str, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert play(regime, "", inputs, expected).differences == ()


@pytest.mark.parametrize(("formula", "inputs", "expected"), DATES)
def test_dates(formula: str, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert play("DEADLINE", formula, inputs, expected).differences == ()


def test_a_payment_on_several_invoices_is_not_counted_on_each() -> None:
    invoices = [{"amount": "10.00", "due": "2026-01-31"}] * 2
    given = {"invoices": invoices, "payments": {"2026-02-10": "10.00"}, "as_of": "2026-02-20"}
    (found,) = play("FR_B2B_DEFAULT", "", given, {"interest": "1.00"}).differences
    assert "put each payment" in found.got


def test_a_contract_rate_that_is_not_understood_is_not_replaced() -> None:
    given = {"amount": "8500", "contract_rate": "the usual one", "days": 45}
    (found,) = play("FR_B2B_CONTRACT", "", given, {"interest": "94.32"}).differences
    assert "is not a rate" in found.got


def test_what_was_done_on_no_known_day_is_neither_late_nor_in_time() -> None:
    (found,) = play("DEADLINE", "CPC_641_642", ORDER, {"in_time": True}).differences
    assert "done_on" in found.got
