"""What an electronic invoice is read into: plain, frozen records, the same for every syntax.

Amounts are exact decimals of ``currency`` and **signed by what they do to the debt**: an invoice adds, a credit note
takes off, whatever sign its own syntax gives it. ``EInvoice.as_written`` gives back the figure of the document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

from encaisse.exchange.problems import Problem

InvoiceType = Literal[
    "invoice", "credit_note", "corrected", "self_billed", "prepayment", "partial", "debit_note", "factored", "proforma"
]
FileKind = Literal["factur-x", "cii", "ubl", "unknown"]

# UNTDID 1001, as EN 16931 and the French specifications use it. What is not here is read as an invoice, with a warning.
_CODES: dict[InvoiceType, str] = {
    "invoice": "80 82 84 130 202 203 204 211 218 219 295 327 331 380 382 385 387 388 390 394 395 553 575 623 633 751 "
    "780 817 870 875 876 877 935",
    "credit_note": "81 83 261 262 296 308 381 396 420 458 502 503 532",
    "corrected": "384 471 472 473",
    "self_billed": "389 527",
    "prepayment": "386 500",
    "partial": "326",
    "debit_note": "383 456 457",
    "factored": "393 501",
    "proforma": "325",
}
TYPES: dict[str, InvoiceType] = {code: kind for kind, codes in _CODES.items() for code in codes.split()}
SELF_BILLED = frozenset(("261", "389", "471", "473", "500", "501", "502", "527"))
"""Types written by the buyer in the seller's name."""
FACTORED = frozenset(("393", "396", "472", "473", "501", "502"))
"""Types whose claim is assigned to a factor: the seller does not collect it."""
_DIRECT_DEBIT = frozenset(("49", "59"))
_PAID = frozenset(("48", "54", "55"))
_FRENCH_ADDRESSES = frozenset(("0002", "0009", "0225"))
_CENT = Decimal("0.01")


def signed(amount: Decimal, sign: int) -> Decimal:
    """The amount, or its exact opposite for a ``sign`` of -1; zero has no sign."""
    return amount.copy_negate() if sign < 0 and amount else amount


class Note(NamedTuple):
    """A free text. ``subject`` is its code (PMD late-payment penalties, PMT fixed fee, AAB discount…), often empty."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Party:
    """Seller, buyer or payee. ``ids`` are (scheme, value) pairs, the legal number apart in ``legal_id``."""

    name: str = ""
    legal_id: str = ""
    legal_scheme: str = ""
    vat_id: str = ""
    tax_id: str = ""
    ids: tuple[tuple[str, str], ...] = ()
    endpoint: str = ""
    endpoint_scheme: str = ""
    contact: str = ""
    email: str = ""
    phone: str = ""
    address: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    country: str = ""

    @property
    def siren(self) -> str:
        """The nine digits of a French company, from its legal number, its SIRET, or its VAT number; else ``""``."""
        legal = re.sub(r"[\s.]", "", self.legal_id)
        french = self.legal_scheme in ("0002", "0009") or self.country == "FR"
        if french and re.fullmatch(r"[0-9]{9}|[0-9]{14}", legal):
            return legal[:9]
        vat = re.fullmatch(r"FR[0-9A-Z]{2}([0-9]{9})", re.sub(r"[\s.]", "", self.vat_id.upper()))
        if vat:
            return vat[1]
        others = {scheme: value for scheme, value in self.ids if re.fullmatch(r"[0-9]{9}|[0-9]{14}", value)}
        told = (others.get("0002") or others.get("0009") or "")[:9]
        return told or self._addressed

    @property
    def _addressed(self) -> str:
        """The SIREN an electronic address begins with: French addresses are made of it."""
        found = re.match(r"[0-9]{9}(?=$|_|[0-9]{5}(?:$|_))", self.endpoint)
        return found[0] if found and self.endpoint_scheme in _FRENCH_ADDRESSES else ""

    @property
    def identifier(self) -> str:
        """The number that tells the company best: legal number, VAT number, another number, tax number."""
        return self.legal_id or self.vat_id or (self.ids[0][1] if self.ids else "") or self.tax_id


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``net`` and ``quantity`` are signed like the invoice; ``price`` is for one unit, without tax."""

    id: str
    name: str
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    net: Decimal | None = None
    tax_rate: Decimal | None = None
    tax_category: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tax:
    """The part of one rate: ``rate`` in percent, ``base`` and ``amount`` signed like the invoice."""

    category: str
    rate: Decimal | None
    base: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Discount:
    """An early-payment discount: ``percent`` or ``amount`` off when paid within ``days`` of issue, or by ``until``.

    ``base`` is what the percentage applies to; ``None``: the amount payable.
    """

    percent: Decimal | None = None
    amount: Decimal | None = None
    base: Decimal | None = None
    days: int | None = None
    until: date | None = None

    def taken_off(self, payable: Decimal) -> Decimal:
        """What may be taken off an amount payable, rounded half up to the cent."""
        if self.amount is not None:
            return self.amount
        base = payable if self.base is None else self.base
        return (base * (self.percent or Decimal(0)) / 100).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Instalment:
    """One amount due on one date."""

    due_on: date
    amount: Decimal
    text: str = ""


@dataclass(frozen=True, slots=True)
class Preceding:
    """The earlier invoice a credit note or correction speaks of."""

    number: str
    issued_on: date | None = None
    type_code: str = ""


@dataclass(frozen=True, slots=True)
class EInvoice:
    """One electronic invoice.

    ``due_on`` is the last date stated in the document; ``None`` when it states none. ``due_by_terms`` is then the date
    the words of its terms lead to, ``None`` when they are not understood or lead to several.
    ``sign`` is -1 where the document writes a credit as a positive figure. ``payment_reference`` is what the payer is
    asked to quote. ``means`` are UNTDID 4461 codes. ``vat_point`` is the document's code for when VAT is due.
    """

    number: str
    type_code: str
    type: InvoiceType
    issued_on: date
    due_on: date | None
    due_by_terms: date | None
    delivered_on: date | None
    seller_party: Party
    buyer_party: Party
    payee: Party | None
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    prepaid: Decimal
    rounding: Decimal
    payable: Decimal
    sign: int
    terms: str
    iban: str
    ibans: tuple[str, ...]
    payment_reference: str
    means: tuple[str, ...]
    mandate: str
    instalments: tuple[Instalment, ...]
    discounts: tuple[Discount, ...]
    preceding: tuple[Preceding, ...]
    order_ref: str
    contract_ref: str
    buyer_reference: str
    taxes: tuple[Tax, ...]
    lines: tuple[Line, ...]
    notes: tuple[Note, ...]
    vat_point: str
    profile: str
    syntax: str
    line: int

    @property
    def seller(self) -> str:
        """The seller's name."""
        return self.seller_party.name

    @property
    def buyer(self) -> str:
        """The buyer's name."""
        return self.buyer_party.name

    @property
    def seller_id(self) -> str:
        """The seller's best number (see ``Party.identifier``)."""
        return self.seller_party.identifier

    @property
    def buyer_id(self) -> str:
        """The buyer's best number."""
        return self.buyer_party.identifier

    @property
    def self_billed(self) -> bool:
        """The buyer wrote it in the seller's name."""
        return self.type_code in SELF_BILLED

    @property
    def factored(self) -> bool:
        """The claim is assigned to a factor, who collects it."""
        return self.type_code in FACTORED

    @property
    def claims_payment(self) -> bool:
        """False for a pro forma: nothing is owed on it."""
        return self.type != "proforma"

    @property
    def direct_debit(self) -> bool:
        """The seller draws the money: the buyer has nothing to do, and is not to be chased before it bounced."""
        return bool(self.means) and all(code in _DIRECT_DEBIT for code in self.means)

    @property
    def paid_by_card(self) -> bool:
        """It says that a card paid it."""
        return bool(self.means) and all(code in _PAID for code in self.means)

    def as_written(self, amount: Decimal) -> Decimal:
        """An amount of this invoice with the sign it has in the document."""
        return signed(amount, self.sign)


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    """What was read from one file. ``kind`` is ``unknown`` when it holds no invoice that is read here.

    ``embedded`` is the name of the XML inside a PDF.
    """

    kind: FileKind
    invoices: tuple[EInvoice, ...]
    problems: tuple[Problem, ...]
    embedded: str = ""
