"""Rows to begin a test with, made through the real models and verbs.

Amounts are cents, days are `date`s, instants are given: nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from encaisse.calendar import region_of
from encaisse.ledger.models import Allocation, Import, Invoice, Payment, Receivable
from encaisse.ledger.settle import settle
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.parties.search import search_text

PARIS = ZoneInfo("Europe/Paris")
IBAN = "FR7630006000011234567890189"
_numbers = count(1)


def instant(day: date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of `day` as a clock in Paris shows it."""
    return datetime.combine(day, time(hour, minute), PARIS)


def make_creditor(name: str = "Menuiserie Lefèvre", **more: Any) -> Creditor:
    """A creditor who can send: identity, bank account and a named person who signs. Messages stay on this machine."""
    given = {
        "siren": "732829320",
        "legal_form": "SARL au capital de 8 000 EUR",
        "address": "12 rue des Ateliers",
        "postcode": "69003",
        "city": "Lyon",
        "iban": IBAN,
        "sender_name": "Claire Morel",
        "sender_title": "Comptabilité clients",
        "sender_email": "claire.morel@lefevre.example",
        "sender_phone": "+33472000000",
    }
    return Creditor.objects.create(name=name, **{**given, **more})


def make_customer(
    creditor: Creditor,
    code: str = "ALPHA",
    *,
    name: str = "",
    email: str | None = "compta@alpha.example",
    phone: str = "+33140000000",
    **more: Any,
) -> Customer:
    """A customer with an address and one contact; `email=""` gives none, `email=None` without phone no contact."""
    name = name or f"{code.title()} SARL"
    given = {"address": "3 place du Marché", "postcode": "59000", "city": "Lille", **more}
    country = given.get("country", "FR")
    customer = Customer.objects.create(
        creditor=creditor,
        code=code,
        name=name,
        region=region_of(country, given["postcode"]),
        search=search_text(name, code),
        **given,
    )
    if email is not None or phone:
        make_contact(customer, email=email or "", phone=phone, name="Paul Durand")
    return customer


def make_contact(customer: Customer, *, email: str = "", phone: str = "", name: str = "", **more: Any) -> Contact:
    """One more contact, after those there are."""
    position = Contact.objects.filter(customer=customer).count()
    return Contact.objects.create(
        creditor=customer.creditor, customer=customer, position=position, name=name, email=email, phone=phone, **more
    )


def make_invoice(
    customer: Customer, number: str, issued_on: date, due_on: date, amount: int, *, currency: str = "EUR"
) -> Receivable:
    """An invoice with its one receivable."""
    invoice = Invoice.objects.create(
        creditor=customer.creditor,
        customer=customer,
        number=number,
        scope=f"fec:{issued_on.year}",
        issued_on=issued_on,
        amount=amount,
        currency=currency,
    )
    return Receivable.objects.create(
        creditor=customer.creditor,
        customer=customer,
        invoice=invoice,
        key=number,
        scope=invoice.scope,
        number=number,
        currency=currency,
        amount=amount,
        issued_on=issued_on,
        due_on=due_on,
        due_from=Receivable.DueFrom.TERMS,
        recorded_at=instant(issued_on),
    )


def make_payment(
    customer: Customer,
    paid_on: date,
    amount: int,
    parts: Mapping[Receivable, int] | None = None,
    *,
    kind: str = Payment.Kind.PAYMENT,
    reference: str = "",
    currency: str = "EUR",
) -> Payment:
    """A payment (or credit note); `parts` says what of it is set against which receivable, from that day on."""
    with transaction.atomic():
        reference = reference or f"P{next(_numbers)}"
        payment = Payment.objects.create(
            creditor=customer.creditor,
            customer=customer,
            kind=kind,
            key=reference,
            scope=f"fec:{paid_on.year}",
            reference=reference,
            paid_on=paid_on,
            amount=amount,
            currency=currency,
            recorded_at=instant(paid_on),
        )
        for receivable, part in (parts or {}).items():
            Allocation.objects.create(
                creditor=customer.creditor,
                receivable=receivable,
                payment=payment,
                amount=part,
                counts_on=paid_on,
                rule="lettering",
                scope=payment.scope,
                recorded_at=instant(paid_on),
            )
        settle(customer.creditor_id, receivables=[row.pk for row in parts or {}], payments=[payment.pk])
    return payment


def make_books(creditor: Creditor, last_day: date, first_day: date | None = None) -> Import:
    """Books were imported that tell of everything up to `last_day`."""
    number = next(_numbers)
    return Import.objects.create(
        creditor=creditor,
        kind="fec",
        name=f"732829320FEC{last_day:%Y%m%d}.txt",
        scope=f"fec:{last_day.year}",
        sha256=f"{number:064x}",
        size=1,
        first_day=first_day or date(last_day.year, 1, 1),
        last_day=last_day,
        imported_at=instant(last_day),
        actor="test",
    )
