"""The law of receivables, what lateness still costs, and who never sees it, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("installed")

Ask = Callable[..., Any]


def test_the_regime_is_shown_with_why_corrected_and_given_back(ask: Ask, run: Callable[..., Any]) -> None:
    (before,) = ask("regime", "MOREL")["receivables"]
    assert before == {
        "number": "FA-1",
        "due_on": "2025-02-09",
        "regime": "fr-b2b",
        "by": "rule",
        "reason": None,
        "actor": None,
        "why": ["The customer acts for its business.", "The creditor and the customer are in the same country."],
        "questions": before["questions"],
        "reference": "C. com. L441-10 II, D441-5",
        "confidence": "sure",
    }
    assert "Does the contract set a penalty rate, and which?" in before["questions"]
    (given,) = ask("regime", "MOREL", "--set", "be-b2b", "--reason", "Belgian law, clause 9")["receivables"]
    assert (given["regime"], given["by"], given["reason"]) == ("be-b2b", "person", "Belgian law, clause 9")
    assert "Belgium, between businesses (be-b2b)" in run("regime", "MOREL", "--invoice", "FA-1").stdout
    (back,) = ask("regime", "MOREL", "--by-rule", "--reason", "the clause was struck out")["receivables"]
    assert (back["regime"], back["by"]) == ("fr-b2b", "rule")


def test_what_is_refused_says_what_to_do(run: Callable[..., Any]) -> None:
    for arguments, code, said in (
        (("--set", "be-b2b"), 1, "Give a reason."),
        (("--set", "be-b3b", "--reason", "x"), 1, "no regime of this name"),
        (("--set", "fr-judgment", "--reason", "x"), 1, "encaisse law interest"),
        (("--set", "be-b2b", "--by-rule", "--reason", "x"), 2, "exclude each other"),
        (("--invoice", "ZZ"), 2, "no invoice ZZ"),
    ):
        result = run("regime", "MOREL", *arguments)
        assert result.exit_code == code, result.output
        assert said in result.stderr + result.stdout


def test_charges_of_who_paid_on_time_and_of_who_did_not(ask: Ask, run: Callable[..., Any]) -> None:
    assert ask("charges", "OLIVE", "--on", "2025-06-30") == {
        "customer": {"code": "OLIVE", "name": "Garage Olive"},
        "as_of": "2025-06-30",
        "shown_to_customer": True,
        "charges": [],
        "totals": {},
    }
    assert "Nothing is owed for lateness" in run("charges", "OLIVE", "--on", "2025-06-30").stdout
    from datetime import date

    from django_scopes import scopes_disabled

    from encaisse.ledger.models import Receivable
    from tests.factories import make_payment

    with scopes_disabled():
        row = Receivable.objects.select_related("customer__creditor").get(number="FA-1")
        make_payment(row.customer, date(2025, 3, 11), 100_000, {row: 100_000})
    (one,) = ask("charges", "MOREL", "--on", "2025-06-30")["charges"]
    assert one == {
        "number": "FA-1",
        "due_on": "2025-02-09",
        "settled_on": "2025-03-11",
        "days_late": 30,
        "regime": "fr-b2b",
        "currency": "EUR",
        "interest": one["interest"],
        "indemnity": "40.00",
        "rate_unknown": False,
        "claim_until": "2030-02-09",
        "confidence": "sure",
    }
    # 1,200 EUR over 3 days and 1,000 EUR over 27 at 13.15 %.
    assert one["interest"] == "11.03"
    assert "A right to use or to leave" in run("charges", "MOREL", "--on", "2025-06-30").stderr


def test_charges_are_hidden_and_shown_again(ask: Ask, run: Callable[..., Any]) -> None:
    assert "never sees" in run("hide-charges", "MOREL").stdout
    assert ask("charges", "MOREL")["shown_to_customer"] is False
    run("hide-charges", "MOREL", "--undo")
    assert ask("charges", "MOREL")["shown_to_customer"] is True
