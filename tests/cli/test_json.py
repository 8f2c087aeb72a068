"""What other programs read: keys, forms and figures of every --json, exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("installed")

Ask = Callable[..., Any]
FIRST_MAIL = "2025-02-11"  # two days after 9 February, the due date of FA-1, is a Tuesday


def test_receivables(ask: Ask) -> None:
    assert ask("receivables", "--on", "2025-02-28") == {
        "as_of": "2025-02-28",
        "receivables": [
            {
                "customer": {"code": "MOREL", "name": "Boulangerie Morel"},
                "number": "FA-1",
                "issued_on": "2025-01-10",
                "due_on": "2025-02-09",
                "due_from": "terms",
                "amount": "1200.00",
                "open": "1000.00",
                "currency": "EUR",
                "days_overdue": 19,
            },
            {
                "customer": {"code": "OLIVE", "name": "Garage Olive"},
                "number": "FA-3",
                "issued_on": "2025-02-25",
                "due_on": "2025-04-11",
                "due_from": "terms",
                "amount": "300.50",
                "open": "300.50",
                "currency": "EUR",
                "days_overdue": 0,
            },
        ],
        "totals": {"EUR": {"open": "1300.50", "overdue": "1000.00"}},
    }


def test_receivables_of_a_past_day(ask: Ask) -> None:
    numbers = [one["number"] for one in ask("receivables", "--on", "11/02/2025")["receivables"]]
    assert numbers == ["FA-1", "FA-2"]


def test_run_and_dry_run(ask: Ask) -> None:
    trial = ask("run", "--on", FIRST_MAIL, "--dry-run")
    assert trial["planned"] == 0
    done = ask("run", "--on", FIRST_MAIL)
    assert done["day"] == FIRST_MAIL
    assert done["planned"] == 1
    (morel,) = (one for one in trial["verdicts"] if one["customer"]["code"] == "MOREL")
    assert morel | {"interest": "", "currency": "EUR"} == {
        "customer": {"code": "MOREL", "name": "Boulangerie Morel"},
        "step": "mail",
        "reason": None,
        "channel": "email",
        "receivables": ["FA-1"],
        "principal": "1200.00",
        "interest": "",
        "indemnity": "40.00",
        "next_on": morel["next_on"],
        "currency": "EUR",
        "freshness": {"books_to": "2025-02-25", "bank_to": None},
    }
    assert ask("run", "--on", FIRST_MAIL)["planned"] == 0


def test_explain_is_the_same_verdict_with_why(ask: Ask) -> None:
    verdicts = ask("run", "--on", FIRST_MAIL, "--dry-run")["verdicts"]
    (verdict,) = (one for one in verdicts if one["customer"]["code"] == "MOREL")
    explained = ask("explain", "boulangerie morel", "--on", FIRST_MAIL)
    why = explained.pop("why")
    assert {key: explained[key] for key in verdict} == verdict
    assert all(one["code"] and one["text"] for one in why)


def test_actions_approve_deliver(ask: Ask, run: Callable[..., Any], home: Path) -> None:
    ask("run", "--on", FIRST_MAIL)
    (action,) = ask("actions")["actions"]
    assert action | {"id": 1, "interest": "", "strategy": ""} == {
        "id": 1,
        "day": FIRST_MAIL,
        "customer": {"code": "MOREL", "name": "Boulangerie Morel"},
        "strategy": "",
        "step": "mail",
        "channel": "email",
        "status": "planned",
        "receivables": ["FA-1"],
        "currency": "EUR",
        "principal": "1200.00",
        "interest": "",
        "indemnity": "40.00",
        "recipient": "",
        "sent_on": None,
        "outcome": "",
        "note": "",
    }
    assert ask("approve", "--all") == {"approved": 1, "refused": []}
    (outcome,) = ask("deliver", "--on", FIRST_MAIL)["outcomes"]
    assert outcome["id"] == action["id"]
    assert outcome["status"] == "sent"
    assert ask("actions")["actions"] == []
    (sent,) = ask("actions", "--all")["actions"]
    assert sent["sent_on"] == FIRST_MAIL
    assert sent["recipient"] == "compta.morel@example.org"
    assert len(list((home / "mailbox").rglob("*.eml"))) == 1
    refused = run("approve", str(action["id"]), "--json")
    assert refused.exit_code == 1
    assert '"already_finished"' in refused.stdout


def test_verify(ask: Ask) -> None:
    answer = ask("verify")
    assert list(answer) == ["ok", "entries", "chains", "documents", "faults"]
    assert answer["ok"] is True
    assert answer["faults"] == []
    assert answer["entries"] > 3


def test_a_line_is_erased_only_when_meant_and_the_chain_stays_whole(run: Ask, ask: Ask) -> None:
    code = ask("receivables", "--on", "2025-02-28")["receivables"][0]["customer"]["code"]
    before = ask("verify")["entries"]
    assert run("erase", code, "1", "--reason", "asked for").exit_code == 2
    assert ask("verify")["entries"] == before
    assert run("erase", code, "1", "--reason", "asked for", "--yes").exit_code == 0
    after = ask("verify")
    assert after["ok"] is True
    assert after["entries"] == before + 1
    assert run("erase", code, "999", "--reason", "asked for", "--yes").exit_code == 2


def test_import_again_changes_nothing(ask: Ask, books: Path) -> None:
    before = ask("receivables", "--on", "2025-02-28")
    again = ask("import", str(books))["imports"]
    assert [(one["kind"], one["refused"], one["unchanged"]) for one in again] == [
        ("contacts", False, True),
        ("fec", False, True),
    ]
    assert ask("receivables", "--on", "2025-02-28") == before


def test_lists_of_people_and_strategies(ask: Ask) -> None:
    assert ask("user", "list") == {
        "users": [{"email": "camille@example.org", "name": "Camille Témoin", "role": "owner"}]
    }
    strategies = ask("strategies", "list")["strategies"]
    assert {one["light"] for one in strategies} == {"review"}
    assert "standard" in {one["name"] for one in strategies}


def test_doctor_names_what_it_looked_at(run: Callable[..., Any]) -> None:
    result = run("doctor", "--json")
    assert result.exit_code == 1, "the books are too old"
    for code in ("home", "database", "letters", "rates", "iban", "sender", "route", "books", "strategies"):
        assert f'"code": "{code}"' in result.stdout


def test_simulate_a_real_customer(ask: Ask) -> None:
    answer = ask("simulate", "--customer", "MOREL", "--strategy", "standard", "--days", "60", "--on", "2025-02-28")
    (played,) = answer["scenarios"]
    assert answer["ok"] is True
    assert [one["step"] for one in played["actions"]] == ["mail", "call", "firm", "manager-call", "notice"]


def test_quality(ask: Ask) -> None:
    found = ask("quality", "--on", FIRST_MAIL)
    assert found["as_of"] == FIRST_MAIL
    kinds = {one["kind"]: one for one in found["sections"]}
    assert all(one["count"] >= len(one["lines"]) > 0 for one in found["sections"])
    assert "no_document" in kinds
    line = kinds["no_document"]["lines"][0]
    assert {"customer", "other", "number", "on", "amount", "currency", "detail"} == set(line)
