"""Mend one thing of a customer where it was found missing: an e-mail, a SIREN, payment terms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from stdnum.exceptions import ValidationError as NotANumber
from stdnum.fr import siren as siren_number

from encaisse.exchange.terms import parse_terms
from encaisse.journal.append import append
from encaisse.ledger import due
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.parties.search import search_text

FIELDS = ("email", "siren", "terms")


class NotMended(ValueError):
    """The value cannot be kept; `code` is `unknown_field`, `bad_email`, `bad_siren` or `bad_terms`."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        super().__init__(f"{code}: {detail}")


def mend(creditor: Creditor, customer: Customer, field: str, value: str, *, at: datetime, actor: str) -> None:
    """Write `value` down as the customer's e-mail (one more contact), SIREN or terms. Raises NotMended.

    New terms move the due dates of open invoices whose own document does not state any.
    """
    if field not in FIELDS:
        raise NotMended("unknown_field", field)
    value = _read(field, value.strip())
    with transaction.atomic():
        payload: dict[str, Any] = {"fields": {}, "also": []}
        if field == "email":
            places = Contact.objects.filter(creditor=creditor, customer=customer).values_list("position", flat=True)
            Contact.objects.create(
                creditor=creditor, customer=customer, email=value, position=max(places, default=-1) + 1
            )
            # The journal cannot forget: it says that an address came, not which.
            payload = {"contacts": {"set": 1, "removed": 0}}
        else:
            payload = {"fields": {field: [getattr(customer, field), value]}, "also": []}
            setattr(customer, field, value)
            customer.search = search_text(customer.name, customer.code, customer.siren)
            customer.save(update_fields=[field, "search"])
        append(creditor.pk, customer.code, "customer_changed", payload, at=at, actor=actor)
        if field == "terms":
            due.recompute(creditor, [customer.pk], source="", at=at, actor=actor)


def _read(field: str, value: str) -> str:
    if field == "email":
        try:
            validate_email(value)
        except ValidationError:
            raise NotMended("bad_email", value) from None
        return value
    if field == "siren":
        try:
            compact: str = siren_number.validate(value)
        except NotANumber:
            raise NotMended("bad_siren", value) from None
        return compact
    try:
        return str(parse_terms(value))[:60]
    except (ValueError, OverflowError):
        raise NotMended("bad_terms", value) from None
