"""The records a table is read into. Amounts are exact decimals of their currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from encaisse.exchange.bank import Balance, Transaction
from encaisse.exchange.contacts import ContactsFile
from encaisse.exchange.problems import Problem
from encaisse.exchange.table_mapping import Kind

InvoiceType = Literal["invoice", "credit_note", "prepayment"]


@dataclass(frozen=True, slots=True)
class TableInvoice:
    """One invoice or credit note. Amounts are signed by what they do to the debt: a credit note takes off.

    ``open`` is what the table says is still owed; None when it does not say. ``settled``: its status or a
    day of payment (``paid_on``) says it is paid, or its group of matched rows balances. ``matching`` is the code of
    that group.
    """

    line: int
    number: str
    type: InvoiceType
    issued_on: date | None
    due_on: date | None
    customer_code: str
    customer_name: str
    currency: str
    gross: Decimal | None
    net: Decimal | None = None
    tax: Decimal | None = None
    paid: Decimal | None = None
    open: Decimal | None = None
    settled: bool = False
    siren: str = ""
    vat_id: str = ""
    email: str = ""
    terms: str = ""
    order: str = ""
    label: str = ""
    status: str = ""
    iban: str = ""
    matching: str = ""
    paid_on: date | None = None

    @property
    def payable(self) -> Decimal:
        """What is still owed on it, as far as the table tells."""
        if self.open is not None:
            return self.open
        if self.settled:
            return Decimal(0)
        return (self.gross or Decimal(0)) - (self.paid or Decimal(0))


@dataclass(frozen=True, slots=True)
class TablePayment:
    """Money received, positive; paid back, negative. ``invoices``: the numbers it is said to pay."""

    line: int
    paid_on: date
    amount: Decimal
    currency: str
    customer_code: str = ""
    customer_name: str = ""
    invoices: tuple[str, ...] = ()
    reference: str = ""
    method: str = ""
    label: str = ""
    fee: Decimal | None = None
    iban: str = ""
    matching: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is overdue by ``first`` to ``last`` days; ``last`` is None for the oldest."""

    first: int
    last: int | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AgedLine:
    """What one customer owes, by age. ``total`` is as written, else the sum of the parts."""

    line: int
    customer_code: str
    customer_name: str
    currency: str
    total: Decimal
    not_due: Decimal
    buckets: tuple[Bucket, ...]
    siren: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class TableRecords:
    """All that a table gives. ``counts`` holds the number of each, rows set aside, and ``problem:code``.
    ``account``: that of a bank table, where it says one."""

    kind: Kind
    invoices: tuple[TableInvoice, ...] = ()
    payments: tuple[TablePayment, ...] = ()
    aged: tuple[AgedLine, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    balances: tuple[Balance, ...] = ()
    contacts: ContactsFile | None = None
    problems: tuple[Problem, ...] = ()
    counts: dict[str, int] = field(default_factory=dict, hash=False)
    account: str = ""


@dataclass(slots=True)
class Found:
    invoices: list[TableInvoice] = field(default_factory=list)
    payments: list[TablePayment] = field(default_factory=list)
    aged: list[AgedLine] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    aside: int = 0
    account: str = ""
