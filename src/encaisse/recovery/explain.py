"""Say of one customer what comes next and why: the same verdict as the run's, with its reasons in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import override

from encaisse.engine import Reason, render
from encaisse.engine import explain as reasons_of
from encaisse.ledger import freshness
from encaisse.ledger.balance import aging, open_items
from encaisse.money import to_decimal_text
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.facts import read
from encaisse.recovery.models import Case
from encaisse.recovery.refusal import refusal_text
from encaisse.recovery.situation import Situation, situate


@dataclass(frozen=True, slots=True)
class Explained:
    """The verdict of one case with its reasons: as JSON, as sentences, and the situation behind them."""

    json: dict[str, Any]
    sentence: str
    reasons: tuple[Reason, ...]
    texts: tuple[str, ...]
    situation: Situation
    aging: dict[str, int]
    open: int
    credit: int


def explain(
    creditor: Creditor,
    customer: Customer,
    day: date,
    *,
    language: str = "fr",
    currency: str = "",
    known_at: datetime | None = None,
) -> Explained:
    """Decide for the customer's case in one currency as of `day`, and explain. Raises Case.DoesNotExist.

    `known_at` explains a decision of the past from what was known then: give the instant of the run that made it.
    """
    case = case_of(creditor, customer, currency)
    facts = read(creditor, day, customer_ids=[customer.pk], known_at=known_at)
    situation = situate(facts, facts.decide(), case)
    items = open_items(creditor, day, customer_ids=[customer.pk])
    items = items.filter(items["currency"] == case.currency)
    verdict = situation.verdict
    numbers = {line["receivable"]: line["row"].number for line in situation.lines}
    reasons = reasons_of(situation.decision, case.pk, numbers=numbers) if verdict else ()
    texts = render(reasons, language, case.currency)
    why = [reason.as_dict(language, case.currency) for reason in reasons]
    if verdict is None:  # all of it is settled: the engine was not asked
        with override(language):
            texts = (refusal_text("nothing_owed"),)
        why = [{"code": "nothing_owed", "side": "against", "text": texts[0], "values": {}}]
    record = {**verdict_record(situation), "freshness": freshness.as_json(creditor), "why": why}
    return Explained(
        json=record,
        sentence=texts[0] if texts else "",
        reasons=reasons,
        texts=texts,
        situation=situation,
        aging=aging(items, day),
        open=int(items["open"].sum()),
        credit=int(verdict["credit"]) if verdict else 0,
    )


def case_of(creditor: Creditor, customer: Customer, currency: str = "") -> Case:
    """Return the customer's case in `currency`, else in the creditor's, else the only one. Raises Case.DoesNotExist."""
    cases = {
        case.currency: case for case in Case.objects.filter(customer=customer).select_related("customer__creditor")
    }
    wanted = currency or (creditor.currency if creditor.currency in cases else next(iter(sorted(cases)), ""))
    if wanted not in cases:
        raise Case.DoesNotExist(f"{customer.code}: no receivables in {wanted or creditor.currency}")
    return cases[wanted]


def verdict_record(situation: Situation) -> dict[str, Any]:
    """Return the verdict in the shape that `run` and `explain` print; amounts as text, dates in ISO."""
    customer, currency, verdict = situation.customer, situation.case.currency, situation.verdict
    empty = {"step": None, "reason": "nothing_owed", "channel": None, "next_on": None}
    found = verdict or {**empty, "principal": 0, "interest": 0, "indemnity": 0}
    return {
        "customer": {"code": customer.code, "name": customer.name},
        "day": situation.day.isoformat(),
        "currency": currency,
        "step": found["step"],
        "reason": found["reason"],
        "channel": found["channel"],
        "receivables": [line["row"].number for line in situation.lines if line["listed"]],
        "principal": to_decimal_text(found["principal"], currency),
        "interest": to_decimal_text(found["interest"], currency),
        "indemnity": to_decimal_text(found["indemnity"], currency),
        "next_on": found["next_on"].isoformat() if found["next_on"] else None,
    }
