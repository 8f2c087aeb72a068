"""One case on one day: its verdict, its lines, and what a message about it may speak of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from encaisse.documents import context as doc
from encaisse.engine import Decision
from encaisse.engine.strategy import Step
from encaisse.law.regimes import all_regimes
from encaisse.ledger.models import Receivable
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.recovery import regime
from encaisse.recovery.facts import Facts, read
from encaisse.recovery.models import Case

DAYS_TO_PAY = 8
_PRIVATE = (Customer.Kind.CONSUMER, Customer.Kind.ASSOCIATION)
_BUSINESS = frozenset(code for code in all_regimes() if code not in regime.PRIVATE)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the engine says of one case, with the rows it rests on."""

    case: Case
    customer: Customer
    day: date
    facts: Facts
    decision: Decision
    verdict: Mapping[str, Any] | None
    lines: tuple[Mapping[str, Any], ...]

    @property
    def step(self) -> Step | None:
        """The step that is right today, if any."""
        return self.named_step(self.verdict["step"]) if self.verdict and self.verdict["step"] else None

    def named_step(self, name: str) -> Step | None:
        """The step of this name in the strategy the case follows."""
        return self.plan.step(name) if self.verdict else None

    @property
    def plan(self) -> Any:
        assert self.verdict is not None
        return self.facts.strategies[self.verdict["strategy"]].plan

    @property
    def listed(self) -> tuple[Mapping[str, Any], ...]:
        """Lines that the step lists; when there is no step, all that is late and may be chased."""
        chosen = tuple(line for line in self.lines if line["listed"])
        return chosen or tuple(line for line in self.lines if line["overdue"] and line["chaseable"] > 0)


def look(creditor: Creditor, case: Case, day: date, *, but_waiting: bool = False) -> Situation:
    """Decide for one case. `but_waiting` asks as if its planned or approved action were not there yet."""
    facts = read(creditor, day, customer_ids=[case.customer_id], but_waiting=but_waiting)
    return situate(facts, facts.decide(), case)


def situate(facts: Facts, decision: Decision, case: Case) -> Situation:
    """Pick one case out of a decision."""
    verdict = decision.verdicts.row(by_predicate=pl.col("case") == case.pk, named=True) if _in(decision, case) else None
    numbers = {
        row.pk: row
        for row in Receivable.objects.filter(
            pk__in=decision.lines.filter(case=case.pk)["receivable"].to_list() if verdict else []
        )
    }
    figures = facts.frame.filter(pl.col("case") == case.pk).select(
        "receivable", "open", "withheld", "interest", "indemnity", "suspended_days", "stage_days"
    )
    joined = decision.lines.filter(pl.col("case") == case.pk).join(
        figures.rename({"stage_days": "reached_days"}), on="receivable", how="left", maintain_order="left"
    )
    ruled = regime.rulings(facts.home, case.customer, numbers, facts.known_at)
    lines = tuple(
        {**line, "row": numbers[line["receivable"]], "regime": ruled[line["receivable"]].regime}
        for line in joined.iter_rows(named=True)
    )
    return Situation(case, case.customer, facts.day, facts, decision, verdict, lines)


def _in(decision: Decision, case: Case) -> bool:
    return not decision.verdicts.filter(pl.col("case") == case.pk).is_empty()


def contact_for(customer: Customer, channel: str, day: date) -> Contact | None:
    """The first contact, in order, whose address for this channel still works on the day."""
    for contact in customer.contacts.all():
        if channel == "email" and contact.email and not _failed(contact.email_failed_on, day):
            return contact
        if channel in ("phone", "sms") and contact.phone and not _failed(contact.phone_failed_on, day):
            return contact
    if channel in ("letter", "visit"):
        return customer.contacts.first()
    return None


def _failed(failed_on: date | None, day: date) -> bool:
    return failed_on is not None and failed_on <= day


def context_of(
    creditor: Creditor,
    situation: Situation,
    lines: Sequence[Mapping[str, Any]],
    *,
    channel: str,
    contact: Contact | None,
    charges: bool,
    annexes: Sequence[str] = (),
    rate: str = "",
    credit: int | None = None,
) -> doc.Context:
    """What a message about `lines` may say. `charges`: whether interest and indemnity are shown at all; `rate`: the
    words for the rate; `credit`: minor units set off, None for what the verdict netted against these lines.
    """
    customer, day = situation.customer, situation.day
    regimes = [line["regime"] for line in lines]
    return doc.Context(
        creditor=creditor_block(creditor),
        sender=doc.Sender(
            name=creditor.sender_name or creditor.name,
            title=creditor.sender_title,
            phone=creditor.sender_phone,
            email=creditor.sender_email,
        ),
        customer=customer.name,
        invoices=tuple(_invoice(line, day, charges=charges) for line in lines),
        day=day,
        contact=contact.name if contact else "",
        customer_code=customer.code,
        address=address_lines(customer.address, customer.postcode, customer.city, customer.country, creditor.country),
        credit=sum(_covered(line) for line in lines) if credit is None else credit,
        currency=situation.case.currency,
        pay_by=day + timedelta(days=DAYS_TO_PAY),
        iban=creditor.iban,
        bic=creditor.bic,
        payment_reference=" ".join(line["row"].number for line in lines) if len(lines) <= 3 else customer.code,
        regime=regime.spoken_regime(regimes),
        articles=regime.articles(regimes, customer.language),
        consumer=customer.kind in _PRIVATE and not any(code in _BUSINESS for code in regimes),
        rate=rate,
        annexes=tuple(annexes),
        channel=channel,
    )


def creditor_block(creditor: Creditor) -> doc.Creditor:
    """The creditor as documents head themselves with it."""
    legal = " · ".join(
        part
        for part in (
            creditor.legal_form,
            f"SIREN {creditor.siren}" if creditor.siren else "",
            f"TVA {creditor.vat_number}" if creditor.vat_number else "",
        )
        if part
    )
    return doc.Creditor(
        name=creditor.name,
        address=address_lines(creditor.address, creditor.postcode, creditor.city, creditor.country, creditor.country),
        city=creditor.city,
        siren=creditor.siren,
        legal=legal,
        phone=creditor.sender_phone,
        email=creditor.sender_email,
    )


def address_lines(address: str, postcode: str, city: str, country: str, home: str) -> tuple[str, ...]:
    """An address as lines; the country only when it is abroad."""
    lines = [line.strip() for line in address.splitlines() if line.strip()]
    place = f"{postcode} {city}".strip()
    return (*lines, *([place] if place else []), *([country] if country != home else []))


def _withheld(line: Mapping[str, Any]) -> int:
    return min(max(line["withheld"], 0), line["open"])


def _covered(line: Mapping[str, Any]) -> int:
    return max(line["open"] - _withheld(line) - line["chaseable"], 0)


def _invoice(line: Mapping[str, Any], day: date, *, charges: bool) -> doc.InvoiceLine:
    row: Receivable = line["row"]
    return doc.InvoiceLine(
        number=row.number,
        issued_on=row.issued_on,
        due_on=row.due_on,
        amount=row.amount,
        open=line["open"],
        days_late=max((day - row.due_on).days, 0),
        interest=line["interest"] if charges else 0,
        indemnity=line["indemnity"] if charges else 0,
        disputed_part=_withheld(line),
    )
