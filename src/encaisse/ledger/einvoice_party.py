"""Whose an electronic invoice is: is it ours to collect, and which customer is it of?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from encaisse.calendar import region_of
from encaisse.exchange.einvoice import EInvoice, Party
from encaisse.ledger.einvoice_desk import Desk
from encaisse.ledger.einvoice_known import Known
from encaisse.ledger.matching.text import name_key
from encaisse.ledger.models import Invoice
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.parties.search import folded, search_text

Side = Literal["ours", "bought", "another", "unknown"]
By = Literal["number", "siren", "vat", "code", "name", "new"]

SAME_INVOICE_DAYS = 62
"""An invoice of the same number and amount is the same when its day is no further away: numbers begin again."""


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


def foresee(known: Known, told: Collection[EInvoice], numbers: Collection[str]) -> None:
    """Read at once what the ledger knows of these invoices, of others of these `numbers`, and of their buyers."""
    buyers = [one.buyer_party for one in told]
    named = {before.number[:100] for one in told for before in one.preceding}
    codes = {code for one in told for code in (*_codes(one), _plain(one.buyer_party.vat_id), _own_code(one)) if code}
    known.foresee(
        numbers={one.number[:100] for one in told} | named | set(numbers),
        sirens={one.siren for one in buyers if one.siren},
        codes=codes,
    )
    by_name = {one.buyer_party.name for one in told if one.buyer_party.name and not _by_number(known, one)}
    known.foresee_names(by_name)
    known.foresee_credits()


def find(known: Known, told: EInvoice, amounts: tuple[int, ...]) -> Found | None:
    """The customer the books or earlier invoices know: by the invoice itself, SIREN, VAT number, code, then name.

    `amounts`: what the invoice may stand at in the books, in minor units. None: nobody is known.
    """
    buyer = told.buyer_party
    row = _same_invoice(known, told, amounts)
    if row is not None:
        return Found(row.customer, "number", row)
    found = _by_number(known, told)
    if found is not None:
        return found
    named = known.of_name(buyer.name, lambda siren: not _differ(siren, buyer.siren))
    return Found(named, "name") if named else None


def _by_number(known: Known, told: EInvoice) -> Found | None:
    for by, customer in _steps(known, told):
        if customer is not None and not _differ(customer.siren, told.buyer_party.siren):
            return Found(customer.merged_into or customer, by)
    return None


def _steps(known: Known, told: EInvoice) -> Iterator[tuple[By, Customer | None]]:
    """The numbers that tell a company, the surest first; each is asked for only when those before found nobody."""
    buyer = told.buyer_party
    if buyer.siren:
        yield "siren", next(iter(known.of_siren(buyer.siren)), None)
    if buyer.vat_id:
        yield "vat", known.of_codes([_plain(buyer.vat_id)])
    yield "code", known.of_codes(_codes(told))


def _codes(told: EInvoice) -> list[str]:
    buyer = told.buyer_party
    codes = [*(value for _scheme, value in buyer.ids), told.buyer_reference, buyer.legal_id, buyer.siren]
    return [code[:60] for code in codes if code]


def _same_invoice(known: Known, told: EInvoice, amounts: tuple[int, ...]) -> Invoice | None:
    """The invoice of this number, one of these amounts and about this day; several: that of the buyer's name."""
    if not amounts:
        return None
    buyer = told.buyer_party
    near = [
        row
        for row in known.invoices(told.number[:100])
        if row.amount in amounts
        and abs(row.issued_on - told.issued_on) <= timedelta(days=SAME_INVOICE_DAYS)
        and not _differ(row.customer.siren, buyer.siren)
    ]
    if len(near) > 1:
        near = [row for row in near if buyer.name and name_key(row.customer.name) == name_key(buyer.name)] or near
    return near[0] if len(near) == 1 else None


def _differ(one: str, other: str) -> bool:
    """Both have a SIREN, and not the same."""
    return bool(one and other and one != other)


def make(desk: Desk, told: EInvoice) -> Customer:
    """Write the buyer down as a new customer. Its code is stated: SIREN, VAT number, other number, else its name."""
    creditor, buyer = desk.creditor, told.buyer_party
    country = buyer.country or creditor.country
    postcode = buyer.postcode[:12]
    name = _name(told)
    code = _free_code(desk.known, _own_code(told))
    customer = Customer(
        pk=desk.next_id(Customer), creditor=creditor, code=code, name=name, siren=buyer.siren,
        language=creditor.language, address="\n".join(line for line in buyer.address if line), postcode=postcode,
        city=buyer.city[:80], country=country[:2], region=region_of(country[:2], postcode),
        search=search_text(name, code, buyer.siren),
    )  # fmt: skip
    desk.make(customer)
    desk.known.add_customer(customer)
    email = buyer.email if _is_email(buyer.email) else ""
    if email or buyer.phone:
        contact = Contact(
            creditor=creditor, customer=customer, position=0, name=" ".join(buyer.contact.split())[:120], email=email,
            phone=buyer.phone[:30],
        )  # fmt: skip
        desk.make(contact)
    return customer


def complete(desk: Desk, customer: Customer, told: EInvoice) -> list[str]:
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
    desk.change(customer, *fields, "search")
    desk.known.move_customer(customer)
    return sorted(fields)


def _name(told: EInvoice) -> str:
    """On one line: documents break long names, and names go into headers of messages."""
    return " ".join((told.buyer_party.name or told.buyer_id or told.number).split())[:200]


def _own_code(told: EInvoice) -> str:
    """The code the buyer gets when it is new and nobody else has it."""
    buyer = told.buyer_party
    code = buyer.siren or _plain(buyer.vat_id) or buyer.identifier or folded(_name(told)).replace(" ", "-")
    return code[:50] or "client"


def _free_code(known: Known, code: str) -> str:
    number, free = 1, code
    while known.of_codes([free]) is not None:
        number += 1
        free = f"{code}-{number}"
    return free


def _is_email(text: str) -> bool:
    return re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,60}", text) is not None
