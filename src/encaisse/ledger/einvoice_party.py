"""Whose an electronic invoice is: is it ours to collect, and which customer is it of?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.db.models import QuerySet

from encaisse.calendar import region_of
from encaisse.exchange.einvoice import EInvoice, Party
from encaisse.ledger.matching.text import name_key
from encaisse.ledger.models import Invoice
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.parties.search import folded, search_text

Side = Literal["ours", "bought", "another", "unknown"]
By = Literal["number", "siren", "vat", "code", "name", "new"]

SAME_INVOICE_DAYS = 62
"""An invoice of the same number and amount is the same when its day is no further away: numbers begin again."""
MOST_ALIKE = 200
"""So many customers are looked at whose search text begins like the buyer's name."""


@dataclass(frozen=True, slots=True)
class Found:
    """The customer of an invoice, and by what it was told. `invoice`: the row that has this number already."""

    customer: Customer
    by: By
    invoice: Invoice | None = None


def side(creditor: Creditor, told: EInvoice) -> Side:
    """Whether the creditor sells by this invoice, buys by it, or has no part in it.

    Numbers decide where both have one; else the name does, legal form and order of words aside.
    """
    if _is(creditor, told.seller_party):
        return "ours"
    if _is(creditor, told.buyer_party):
        return "bought"
    known = bool(creditor.siren or creditor.vat_number)
    return "another" if known and (told.seller_party.siren or told.seller_party.vat_id) else "unknown"


def _is(creditor: Creditor, party: Party) -> bool:
    if creditor.siren and party.siren:
        return creditor.siren == party.siren
    if creditor.vat_number and party.vat_id:
        return _plain(creditor.vat_number) == _plain(party.vat_id)
    return bool(party.name) and name_key(party.name) == name_key(creditor.name)


def _plain(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def find(creditor: Creditor, told: EInvoice, amounts: tuple[int, ...]) -> Found | None:
    """The customer the books or earlier invoices know: by the invoice itself, SIREN, VAT number, code, then name.

    `amounts`: what the invoice may stand at in the books, in minor units. None: nobody is known.
    """
    buyer = told.buyer_party
    row = same_invoice(creditor, told.number, told.issued_on, amounts, siren=buyer.siren, name=buyer.name)
    if row is not None:
        return Found(row.customer, "number", row)
    customers = Customer.objects.filter(creditor=creditor).select_related("merged_into")
    for by, rows in _steps(customers, buyer, told.buyer_reference):
        customer = rows.order_by("pk").first()
        if customer is not None and not _contradicts(customer, buyer):
            return Found(_standing(customer), by)
    named = _by_name(creditor, buyer)
    return Found(named, "name") if named else None


def _steps(customers: QuerySet[Customer], buyer: Party, reference: str) -> Iterator[tuple[By, QuerySet[Customer]]]:
    """The numbers that tell a company, the surest first; each is asked for only when those before found nobody."""
    if buyer.siren:
        yield "siren", customers.filter(siren=buyer.siren, merged_into=None)
    if buyer.vat_id:
        yield "vat", customers.filter(code=_plain(buyer.vat_id))
    codes = [*(value for _scheme, value in buyer.ids), reference, buyer.legal_id, buyer.siren]
    yield "code", customers.filter(code__in=[code[:60] for code in codes if code])


def same_invoice(
    creditor: Creditor, number: str, issued_on: date, amounts: tuple[int, ...], *, siren: str = "", name: str = ""
) -> Invoice | None:
    """The invoice of this number, one of these amounts and about this day; several: that of the buyer's name."""
    rows = Invoice.objects.filter(creditor=creditor, number=number[:100]).select_related("customer")
    near = [
        row
        for row in rows
        if row.amount in amounts
        and abs(row.issued_on - issued_on) <= timedelta(days=SAME_INVOICE_DAYS)
        and not (siren and row.customer.siren and row.customer.siren != siren)
    ]
    if len(near) > 1:
        near = [row for row in near if name and name_key(row.customer.name) == name_key(name)] or near
    return near[0] if len(near) == 1 else None


def _contradicts(customer: Customer, buyer: Party) -> bool:
    return bool(customer.siren and buyer.siren and customer.siren != buyer.siren)


def _standing(customer: Customer) -> Customer:
    return customer.merged_into or customer


def _by_name(creditor: Creditor, buyer: Party) -> Customer | None:
    if not buyer.name:
        return None
    key, first = name_key(buyer.name), folded(buyer.name).split(" ")[0]
    rows = Customer.objects.filter(creditor=creditor, search__contains=first, merged_into=None).order_by("pk")
    same = [row for row in rows[:MOST_ALIKE] if name_key(row.name) == key and not _contradicts(row, buyer)]
    return same[0] if len(same) == 1 else None


def make(creditor: Creditor, told: EInvoice) -> Customer:
    """Write the buyer down as a new customer. Its code is stated: SIREN, VAT number, other number, else its name."""
    buyer = told.buyer_party
    country = buyer.country or creditor.country
    postcode = buyer.postcode[:12]
    name = buyer.name[:200] or told.buyer_id[:200] or told.number[:200]
    code = _free_code(creditor, buyer, name)
    customer = Customer.objects.create(
        creditor=creditor, code=code, name=name, siren=buyer.siren, language=creditor.language,
        address="\n".join(line for line in buyer.address if line), postcode=postcode, city=buyer.city[:80],
        country=country[:2], region=region_of(country[:2], postcode), search=search_text(name, code, buyer.siren),
    )  # fmt: skip
    email = buyer.email if _is_email(buyer.email) else ""
    if email or buyer.phone:
        Contact.objects.create(
            creditor=creditor, customer=customer, position=0, name=buyer.contact[:120], email=email,
            phone=buyer.phone[:30],
        )  # fmt: skip
    return customer


def complete(customer: Customer, told: EInvoice) -> list[str]:
    """Fill in what the customer's row does not say and the invoice does; return the fields' names."""
    buyer = told.buyer_party
    fields: dict[str, str] = {}
    if buyer.siren and not customer.siren:
        fields["siren"] = buyer.siren
    if not (customer.address or customer.postcode or customer.city) and buyer.address and buyer.city:
        fields["address"] = "\n".join(line for line in buyer.address if line)
        fields |= {"postcode": buyer.postcode[:12], "city": buyer.city[:80]}
        country = buyer.country[:2] or customer.country
        fields |= {"country": country, "region": region_of(country, buyer.postcode[:12])}
    if not fields:
        return []
    for name, value in fields.items():
        setattr(customer, name, value)
    customer.search = search_text(customer.name, customer.code, customer.siren)
    customer.save(update_fields=[*fields, "search"])
    return sorted(fields)


def _free_code(creditor: Creditor, buyer: Party, name: str) -> str:
    foreign = _plain(buyer.vat_id)
    code = (buyer.siren or foreign or buyer.identifier or folded(name).replace(" ", "-"))[:50] or "client"
    taken = set(Customer.objects.filter(creditor=creditor, code__startswith=code).values_list("code", flat=True))
    number, free = 1, code
    while free in taken:
        number += 1
        free = f"{code}-{number}"
    return free


def _is_email(text: str) -> bool:
    return re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,60}", text) is not None
