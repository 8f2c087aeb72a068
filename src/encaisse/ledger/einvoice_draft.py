"""What an electronic invoice comes to in the ledger: a claim or a credit, its parts and dates, and its details."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from encaisse.exchange.einvoice import EInvoice
from encaisse.money import exponent, round_half_up

MAX_LINES = 200
"""So many lines of an invoice are kept with it; the document has them all."""


@dataclass(frozen=True, slots=True)
class Part:
    """One receivable: `amount` in minor units. `due_on` None: by the customer's terms."""

    amount: int
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Draft:
    """One invoice or credit in minor units, all amounts above or at zero.

    `credit`: it takes off what is owed. `replaces`: it stands for the invoices it names, which are owed no more.
    """

    told: EInvoice
    credit: bool
    replaces: bool
    amount: int
    gross: int
    parts: tuple[Part, ...]
    details: dict[str, Any]

    @property
    def amounts(self) -> tuple[int, ...]:
        """What the invoice may stand at in books: with or without what was paid before."""
        return (self.amount, self.gross)


def draft(told: EInvoice) -> Draft:
    """Reckon an invoice. A document of type 384 with something to pay replaces the invoice it names, as French law
    has it (CGI annexe II, art. 242 nonies A); one with a negative total takes the difference off."""
    total = told.payable
    if total == 0 and told.prepaid == 0 and told.gross:
        # A credit note often says that nothing is to be paid: what it takes off is its total.
        total = told.gross
    amount, gross = minor(total, told.currency), minor(told.gross, told.currency)
    credit = amount < 0 or (amount == 0 and told.type == "credit_note")
    replaces = told.type == "corrected" and amount > 0 and bool(told.preceding)
    parts = () if credit else _parts(told, amount)
    return Draft(told, credit, replaces, abs(amount), abs(gross), parts, _details(told))


def minor(amount: Decimal, currency: str) -> int:
    """An amount in minor units, rounded half up."""
    return round_half_up(amount.scaleb(exponent(currency)))


def _parts(told: EInvoice, amount: int) -> tuple[Part, ...]:
    dated = [Part(minor(one.amount, told.currency), one.due_on) for one in told.instalments]
    if len(dated) > 1 and all(part.amount > 0 for part in dated) and sum(part.amount for part in dated) == amount:
        return tuple(sorted(dated, key=lambda part: part.due_on or date.max))
    due_on = told.due_on or told.due_by_terms
    if due_on is None and told.instalments:
        due_on = min(one.due_on for one in told.instalments)
    return (Part(amount, due_on),)


def _details(told: EInvoice) -> dict[str, Any]:
    """What the ledger keeps beside amounts and dates, amounts in minor units, empty ones left out."""
    currency = told.currency
    buyer = told.buyer_party
    found: dict[str, Any] = {
        "type": told.type,
        "type_code": told.type_code,
        "syntax": told.syntax,
        "profile": told.profile[:120],
        "net": minor(told.net, currency),
        "tax": minor(told.tax, currency),
        "gross": minor(told.gross, currency),
        "prepaid": minor(told.prepaid, currency),
        "payable": minor(told.payable, currency),
        "terms": told.terms[:1000],
        "iban": told.iban,
        "payment_reference": told.payment_reference[:140],
        "order": told.order_ref[:120],
        "contract": told.contract_ref[:120],
        "buyer_reference": told.buyer_reference[:120],
        "buyer": {"name": buyer.name[:200], "id": buyer.identifier[:60], "vat": buyer.vat_id[:20]},
        "discounts": [[until.isoformat(), off] for until, off in _discounts(told)],
        "preceding": [one.number[:100] for one in told.preceding[:20]],
        "self_billed": told.self_billed,
        "factored": told.factored,
        "direct_debit": told.direct_debit,
        "mandate": told.mandate[:60],
        "card": told.paid_by_card,
        "lines": [
            [line.name[:200], _text(line.quantity), line.unit, _text(line.price), _text(line.net)]
            for line in told.lines[:MAX_LINES]
        ],
    }
    if len(told.instalments) > 1:
        found["instalments"] = [[one.due_on.isoformat(), minor(one.amount, currency)] for one in told.instalments]
    return {name: value for name, value in found.items() if value not in ("", [], False, None)}


def _discounts(told: EInvoice) -> list[tuple[date, int]]:
    """Last day of each early-payment discount, and what it takes off."""
    found = []
    for one in told.discounts:
        until = one.until or (told.issued_on + timedelta(days=one.days) if one.days is not None else None)
        off = minor(one.taken_off(told.payable), told.currency)
        if until is not None and off > 0:
            found.append((until, off))
    return sorted(found)


def _text(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}"
