"""What the ledger knows that a batch of electronic invoices may speak of, read in a few queries and kept up to date.

Everything is told as if what the batch did so far stood in the database already. What was not foreseen is read when
it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import polars as pl

from encaisse.ledger.frames import STATED, Schema
from encaisse.ledger.matching.text import name_key
from encaisse.ledger.models import Allocation, Invoice, Payment, Receivable
from encaisse.parties.models import Creditor, Customer
from encaisse.parties.search import folded
from encaisse.storage import frames

MOST_ALIKE = 200
"""So many customers are looked at whose search text holds the first word of a buyer's name."""
_CHUNK = 400
_NAMED: Schema = {"id": pl.Int64, "name": pl.String, "siren": pl.String, "search": pl.String}
_CUSTOMERS = "SELECT id, name, siren, search FROM parties_customer WHERE creditor_id = %s AND merged_into_id IS NULL"

Key = TypeVar("Key", int, str)


@dataclass(slots=True)
class Known:
    """Rows of one creditor, each one object, whoever asks for it."""

    creditor: Creditor
    _customers: dict[int, Customer] = field(default_factory=dict)
    _of_siren: dict[str, list[Customer]] = field(default_factory=dict)
    _of_code: dict[str, Customer | None] = field(default_factory=dict)
    _invoices: dict[str, list[Invoice]] = field(default_factory=dict)
    _receivables: dict[int, list[Receivable]] = field(default_factory=dict)
    _set_against: dict[int, list[Allocation]] = field(default_factory=dict)
    _spent: dict[int, int] = field(default_factory=dict)
    _waiting: dict[int, list[Payment]] = field(default_factory=dict)
    _credits: dict[tuple[int, str], list[Payment]] = field(default_factory=dict)
    _corrections: dict[int, list[Invoice]] = field(default_factory=dict)
    _made: dict[int, Payment] = field(default_factory=dict)
    _names: pl.DataFrame | None = None
    _moved: dict[int, Customer] = field(default_factory=dict)

    def foresee(self, *, numbers: Collection[str], sirens: Collection[str], codes: Collection[str]) -> None:
        """Read at once what is known of these invoices and buyers."""
        self._read_invoices(numbers)
        self._read_sirens(sirens)
        self._read_codes(codes)

    def foresee_names(self, names: Iterable[str]) -> None:
        """Read at once the customers who may be meant by these names."""
        wanted = {pk for name in names for pk, found, _siren in self._alike(name) if name_key(found) == name_key(name)}
        self._by_id(wanted)

    def foresee_credits(self) -> None:
        """Read at once the credits and corrections that wait for an invoice, of every customer met so far."""
        self._read_waiting([pk for pk in self._customers if pk not in self._waiting])
        self._read_corrections([pk for pk in self._customers if pk not in self._corrections])

    # --- customers

    def of_siren(self, siren: str) -> list[Customer]:
        """Customers that stand for themselves and have this SIREN, the oldest first."""
        if siren not in self._of_siren:
            self._read_sirens([siren])
        return self._of_siren[siren]

    def of_codes(self, codes: Collection[str]) -> Customer | None:
        """The oldest customer that has one of these codes, merged or not."""
        self._read_codes([code for code in codes if code not in self._of_code])
        found = [customer for code in codes if (customer := self._of_code[code]) is not None]
        return min(found, key=lambda customer: customer.pk, default=None)

    def of_name(self, name: str, fits: Callable[[str], bool]) -> Customer | None:
        """The one customer of this name, legal form and order of words aside, whose SIREN `fits`."""
        if not name:
            return None
        key = name_key(name)
        same = [pk for pk, found, siren in self._alike(name) if name_key(found) == key and fits(siren)]
        return self._by_id(same)[0] if len(same) == 1 else None

    def _alike(self, name: str) -> list[tuple[int, str, str]]:
        first = folded(name).split(" ")[0]
        if self._names is None:
            self._names = frames.read(_CUSTOMERS, [self.creditor.pk], _NAMED)
        rows = self._names.filter(pl.col("search").str.contains(first, literal=True)).select("id", "name", "siren")
        found = [row for row in rows.iter_rows() if row[0] not in self._moved]
        found += [(pk, one.name, one.siren) for pk, one in self._moved.items() if first in one.search]
        return sorted(found)[:MOST_ALIKE]

    def add_customer(self, customer: Customer) -> None:
        """A customer was made."""
        self._customers[customer.pk] = customer
        self._of_code[customer.code] = customer
        self._waiting[customer.pk], self._corrections[customer.pk] = [], []
        self.move_customer(customer)

    def move_customer(self, customer: Customer) -> None:
        """What is known of a customer has changed: its SIREN, what it is searched by."""
        if customer.merged_into_id is not None:
            return
        self._moved[customer.pk] = customer
        if customer.siren and customer not in (same := self.of_siren(customer.siren)):
            same.append(customer)
            same.sort(key=lambda one: one.pk)

    def _own(self, customer: Customer) -> Customer:
        return self._customers.setdefault(customer.pk, customer)

    def _by_id(self, ids: Collection[int]) -> list[Customer]:
        missing = sorted(pk for pk in ids if pk not in self._customers)
        for bite in _bites(missing):
            for row in Customer.objects.filter(creditor=self.creditor, pk__in=bite):
                self._own(row)
        return [self._customers[pk] for pk in ids]

    def _read_sirens(self, sirens: Collection[str]) -> None:
        self._of_siren.update({siren: [] for siren in sirens})
        for bite in _bites(sorted(filter(None, sirens))):
            rows = Customer.objects.filter(creditor=self.creditor, siren__in=bite, merged_into=None)
            for row in rows.order_by("pk"):
                self._of_siren[row.siren].append(self._own(row))

    def _read_codes(self, codes: Collection[str]) -> None:
        self._of_code.update(dict.fromkeys(codes))
        for bite in _bites(sorted(codes)):
            rows = Customer.objects.filter(creditor=self.creditor, code__in=bite).select_related("merged_into")
            for row in rows:
                self._of_code[row.code] = mine = self._own(row)
                if row.merged_into is not None:
                    mine.merged_into = self._own(row.merged_into)

    # --- invoices and what is owed of them

    def invoices(self, number: str) -> list[Invoice]:
        """Invoices of this number, the oldest row first."""
        if number not in self._invoices:
            self._read_invoices([number])
        return self._invoices[number]

    def receivables(self, invoice: Invoice) -> list[Receivable]:
        """What is due of an invoice, first due first."""
        if invoice.pk not in self._receivables:
            self._read_receivables([invoice.pk])
        return sorted(self._receivables[invoice.pk], key=lambda row: (row.due_on, row.pk))

    def set_against(self, row: Receivable) -> list[Allocation]:
        """All allocations to a receivable."""
        if row.pk not in self._set_against:
            found = Allocation.objects.filter(creditor=self.creditor, receivable_id=row.pk)
            self._set_against[row.pk] = list(found.order_by("pk"))
        return self._set_against[row.pk]

    def add_invoice(self, invoice: Invoice, rows: Iterable[Receivable]) -> None:
        """An invoice was made, with what is due of it."""
        self.invoices(invoice.number).append(invoice)
        if (invoice.details or {}).get("type") == "corrected":
            self.corrections(invoice.customer_id).append(invoice)
        self._receivables[invoice.pk] = []
        for row in rows:
            self.add_receivable(row)

    def add_receivable(self, row: Receivable) -> None:
        """A receivable was made."""
        self._receivables[row.invoice_id].append(row)
        self._set_against[row.pk] = []

    def _read_invoices(self, numbers: Collection[str]) -> None:
        self._invoices.update({number: [] for number in numbers})
        found: list[int] = []
        for bite in _bites(sorted(numbers)):
            rows = Invoice.objects.filter(creditor=self.creditor, number__in=bite).select_related("customer")
            for row in rows.order_by("pk"):
                row.customer = self._own(row.customer)
                self._invoices[row.number].append(row)
                found.append(row.pk)
        self._read_receivables(found)

    def _read_receivables(self, invoices: Sequence[int]) -> None:
        self._receivables.update({pk: [] for pk in invoices})
        for bite in _bites(invoices):
            for row in Receivable.objects.filter(creditor=self.creditor, invoice_id__in=bite).order_by("pk"):
                self._receivables[row.invoice_id].append(row)

    # --- credits

    def waiting(self, customer_id: int) -> list[Payment]:
        """Credit that electronic invoices stated and that is not spent, or was not before this batch."""
        if customer_id not in self._waiting:
            self._read_waiting([customer_id])
        return sorted(self._waiting[customer_id], key=lambda one: (one.paid_on, one.pk))

    def credit_note(self, customer: Customer, reference: str, amount: int) -> Payment | None:
        """The first credit note of this number and amount."""
        known = self._credits.get((customer.pk, reference))
        if known is None:
            found = Payment.objects.filter(
                creditor=self.creditor, customer=customer, kind=Payment.Kind.CREDIT_NOTE, reference=reference
            )
            known = self._credits[customer.pk, reference] = list(found.order_by("pk"))
        return next((one for one in known if one.amount == amount), None)

    def corrections(self, customer_id: int) -> list[Invoice]:
        """Invoices of a customer that stand for earlier ones, which may be read later; the oldest row first."""
        if customer_id not in self._corrections:
            self._read_corrections([customer_id])
        return self._corrections[customer_id]

    def credited(self, row: Receivable) -> int:
        """What credit notes take off a receivable, in minor units."""
        parts = self.set_against(row)
        stored = [one.payment_id for one in parts if one.payment_id not in self._made]
        kinds = dict(Payment.objects.filter(creditor=self.creditor, pk__in=stored).values_list("pk", "kind"))
        kinds |= {one.payment_id: self._made[one.payment_id].kind for one in parts if one.payment_id in self._made}
        return sum(one.amount for one in parts if kinds.get(one.payment_id) == Payment.Kind.CREDIT_NOTE)

    def left_of(self, payment: Payment) -> int:
        """What of a payment is set against nothing yet, in minor units."""
        if payment.pk not in self._spent:
            parts = Allocation.objects.filter(creditor=self.creditor, payment_id=payment.pk)
            self._spent[payment.pk] = sum(parts.values_list("amount", flat=True))
        return payment.amount - self._spent[payment.pk]

    def open_of(self, row: Receivable) -> int:
        """What is open of a receivable by all its allocations, in minor units."""
        return row.amount - sum(one.amount for one in self.set_against(row))

    def add_credit(self, payment: Payment) -> None:
        """A credit note was made."""
        self._spent[payment.pk], self._made[payment.pk] = 0, payment
        self.waiting(payment.customer_id)
        self._waiting[payment.customer_id].append(payment)
        self.credit_note(payment.customer, payment.reference, 0)
        self._credits[payment.customer_id, payment.reference].append(payment)

    def add_allocation(self, one: Allocation, row: Receivable, payment: Payment | None) -> None:
        """Something was set against a receivable, or taken back. `payment` None: its sum stays as it is."""
        self.set_against(row).append(one)
        if payment is not None:
            self.left_of(payment)
            self._spent[payment.pk] += one.amount

    def _read_waiting(self, customers: Sequence[int]) -> None:
        self._waiting.update({pk: [] for pk in customers})
        for bite in _bites(customers):
            rows = Payment.objects.filter(
                creditor=self.creditor, customer_id__in=bite, kind=Payment.Kind.CREDIT_NOTE, scope=STATED,
                spent_on=None,
            )  # fmt: skip
            for row in rows:
                self._waiting[row.customer_id].append(row)

    def _read_corrections(self, customers: Sequence[int]) -> None:
        self._corrections.update({pk: [] for pk in customers})
        for bite in _bites(customers):
            rows = Invoice.objects.filter(creditor=self.creditor, customer_id__in=bite, details__type="corrected")
            for row in rows.order_by("pk"):
                self._corrections[row.customer_id].append(row)


def _bites(values: Sequence[Key]) -> Iterator[Sequence[Key]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
