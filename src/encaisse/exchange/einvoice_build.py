"""From what a document says to an :class:`EInvoice`: the sign, the totals left out, and what does not add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from encaisse.exchange.einvoice import TYPES, EInvoice, InvoiceType, Line, Note, Party, Preceding, Tax, signed
from encaisse.exchange.einvoice_terms import Term, due_in, settle
from encaisse.exchange.problems import Problem, problem
from encaisse.exchange.safe_xml import Node
from encaisse.exchange.xml_values import amount_of, day_of

TOLERANCE = Decimal("0.02")
"""Totals that differ by no more than this are rounding, in units of the currency."""
_ZERO = Decimal(0)
_DISCOUNT_NOTE = "AAB"


@dataclass(slots=True)
class Draft:
    """A document while it is read: everything as written, ``None`` where it says nothing."""

    syntax: str
    line: int
    number: str = ""
    type_code: str = ""
    credit_document: bool = False
    issued_on: date | None = None
    delivered_on: date | None = None
    seller: Party = field(default_factory=Party)
    buyer: Party = field(default_factory=Party)
    payee: Party | None = None
    currency: str = ""
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    payable: Decimal | None = None
    totals_line: int | None = None
    terms: list[Term] = field(default_factory=list)
    ibans: list[str] = field(default_factory=list)
    payment_reference: str = ""
    means: list[str] = field(default_factory=list)
    mandate: str = ""
    preceding: list[Preceding] = field(default_factory=list)
    order_ref: str = ""
    contract_ref: str = ""
    buyer_reference: str = ""
    taxes: list[Tax] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    vat_point: str = ""
    profile: str = ""
    problems: list[Problem] = field(default_factory=list)

    def amount(self, node: Node | None) -> Decimal | None:
        """The amount of an element; None, with a problem, when it is no amount."""
        if node is None or not node.text:
            return None
        value = amount_of(node.text)
        if value is None:
            self.problems.append(problem("bad_invoice_amount", node.line, column=node.name, value=node.text))
        return value

    def own(self, found: Iterable[Node]) -> list[Node]:
        """The amounts in the invoice's currency: beside them may be some in the currency of the VAT return."""
        return [one for one in found if one.attributes.get("currencyID", self.currency) == self.currency]

    def total(self, found: Iterable[Node]) -> Decimal | None:
        """The amount in the invoice's currency, else the first there is."""
        amounts = list(found)
        return self.amount(next(iter(self.own(amounts) or amounts), None))

    def tax_total(self, found: Iterable[Node]) -> Decimal | None:
        """The tax in the invoice's currency; None where it is only given in another: it is then what is left.

        There is one total as a rule; outside EN 16931 there is one for each kind of tax. Their sum is taken where it
        is what separates the totals, else the first.
        """
        amounts = [amount for amount in map(self.amount, self.own(found)) if amount is not None]
        if len(amounts) > 1 and self.net is not None and self.gross is not None:
            left = self.gross - self.net
            amounts = [one for one in (sum(amounts, _ZERO), *amounts) if abs(one - left) <= TOLERANCE] or amounts
        return next(iter(amounts), None)

    def day(self, node: Node | None) -> date | None:
        """The day of an element; None, with a problem, when it is no day."""
        if node is None or not node.text:
            return None
        value = day_of(node.text, node.attributes.get("format", ""))
        if value is None:
            self.problems.append(problem("bad_invoice_date", node.line, column=node.name, value=node.text))
        return value


def finish(draft: Draft) -> tuple[EInvoice | None, list[Problem]]:
    """The invoice, or None when it lacks its number, its date or its total, and the problems met on the way."""
    problems = draft.problems
    missing = _missing(draft)
    if missing:
        return None, [*problems, *missing]
    assert draft.issued_on is not None
    if not draft.currency:
        problems.append(problem("invoice_without_currency", draft.line))
        draft.currency = "EUR"
    _complete_totals(draft)
    assert draft.net is not None
    assert draft.tax is not None
    assert draft.gross is not None
    assert draft.payable is not None
    kind = _type(draft)
    sign = _sign(draft, kind)
    payable = signed(draft.payable, sign)
    about_discounts = "\n".join(note.text for note in draft.notes if note.subject == _DISCOUNT_NOTE)
    settled = settle(draft.terms, draft.issued_on, payable, sign, about_discounts)
    problems += settled.problems
    if settled.due_on and settled.due_on < draft.issued_on:
        problems.append(problem("due_before_issue", draft.line, due_on=settled.due_on, issued_on=draft.issued_on))
    if kind == "proforma":
        problems.append(problem("proforma", draft.line, number=draft.number))
    if kind in ("credit_note", "corrected") and not draft.preceding:
        problems.append(problem("no_preceding", draft.line, number=draft.number))
    invoice = EInvoice(
        number=draft.number, type_code=draft.type_code, type=kind, issued_on=draft.issued_on,
        due_on=settled.due_on, delivered_on=draft.delivered_on,
        seller_party=draft.seller, buyer_party=draft.buyer, payee=draft.payee, currency=draft.currency,
        net=signed(draft.net, sign), tax=signed(draft.tax, sign), gross=signed(draft.gross, sign),
        prepaid=signed(draft.prepaid or _ZERO, sign), rounding=signed(draft.rounding or _ZERO, sign), payable=payable,
        sign=sign, due_by_terms=due_in(settled.text, draft.issued_on) if settled.due_on is None else None,
        terms=settled.text, iban=next(iter(draft.ibans), ""), ibans=tuple(dict.fromkeys(draft.ibans)),
        payment_reference=draft.payment_reference, means=tuple(dict.fromkeys(draft.means)), mandate=draft.mandate,
        instalments=settled.instalments, discounts=settled.discounts, preceding=tuple(dict.fromkeys(draft.preceding)),
        order_ref=draft.order_ref, contract_ref=draft.contract_ref, buyer_reference=draft.buyer_reference,
        taxes=tuple(_signed_tax(one, sign) for one in draft.taxes),
        lines=tuple(_signed_line(one, sign) for one in draft.lines), notes=tuple(draft.notes),
        vat_point=draft.vat_point, profile=draft.profile, syntax=draft.syntax, line=draft.line,
    )  # fmt: skip
    return invoice, problems


def _missing(draft: Draft) -> list[Problem]:
    found = []
    if not draft.number:
        found.append(problem("no_invoice_number", draft.line))
    if draft.issued_on is None:
        found.append(problem("no_issue_date", draft.line, number=draft.number))
    if draft.gross is None and draft.payable is None and (draft.net is None or draft.tax is None):
        found.append(problem("no_invoice_total", draft.totals_line or draft.line, number=draft.number))
    return found


def _type(draft: Draft) -> InvoiceType:
    kind = TYPES.get(draft.type_code)
    if kind is None:
        draft.problems.append(problem("unknown_document_type", draft.line, value=draft.type_code))
    if draft.credit_document:
        return "credit_note"
    return kind or "invoice"


def _sign(draft: Draft, kind: InvoiceType) -> int:
    """-1 for a credit note. A credit note written with a negative total stays a credit: it never becomes a debt."""
    assert draft.gross is not None
    if kind != "credit_note":
        return 1
    if draft.gross < 0:
        draft.problems.append(problem("negative_credit_note", draft.totals_line, number=draft.number))
        return 1
    return -1


def _complete_totals(draft: Draft) -> None:
    """Fill the totals a document leaves out from those it has, and say where those it has do not add up."""
    if "minimum" in draft.profile.lower() and None not in (draft.gross, draft.payable) and draft.prepaid is None:
        # The smallest profile has no place for what was paid before: the difference is just that.
        draft.prepaid = (draft.gross or _ZERO) - (draft.payable or _ZERO)
    prepaid, rounding = draft.prepaid or _ZERO, draft.rounding or _ZERO
    if draft.gross is None and draft.net is not None and draft.tax is not None:
        draft.gross = draft.net + draft.tax
    if draft.gross is None:
        assert draft.payable is not None
        draft.gross = draft.payable + prepaid - rounding
    if draft.payable is None:
        draft.payable = draft.gross - prepaid + rounding
    if draft.net is None:
        draft.net = draft.gross - (draft.tax or _ZERO)
    if draft.tax is None:
        draft.tax = draft.gross - draft.net
    _compare(draft, draft.net + draft.tax, draft.gross)
    _compare(draft, draft.gross - prepaid + rounding, draft.payable)


def _compare(draft: Draft, expected: Decimal, found: Decimal) -> None:
    if abs(expected - found) > TOLERANCE:
        line = draft.totals_line or draft.line
        draft.problems.append(
            problem("totals_disagree", line, number=draft.number, expected=expected, found=found)
        )  # fmt: skip


def _signed_line(line: Line, sign: int) -> Line:
    if sign == 1:
        return line
    quantity = None if line.quantity is None else signed(line.quantity, sign)
    return replace(line, quantity=quantity, net=None if line.net is None else signed(line.net, sign))


def _signed_tax(tax: Tax, sign: int) -> Tax:
    if sign == 1:
        return tax
    base = None if tax.base is None else signed(tax.base, sign)
    return replace(tax, base=base, amount=None if tax.amount is None else signed(tax.amount, sign))
