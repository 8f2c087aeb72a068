"""What a column of a table can mean, and what a table can be, in words for people."""

from __future__ import annotations

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from encaisse.exchange.table_mapping import FIELDS, Kind
from encaisse.exchange.table_values import plain

KINDS: dict[str, LazyText] = {
    "invoices": gettext_lazy("invoices, one per row"),
    "payments": gettext_lazy("payments, one per row"),
    "aged_balance": gettext_lazy("aged balance"),
    "bank": gettext_lazy("movements of a bank account"),
    "contacts": gettext_lazy("contacts and terms"),
    "unknown": gettext_lazy("not recognised"),
}
SOURCES: dict[str, LazyText] = {
    "remembered": gettext_lazy("as it was said before"),
    "ready": gettext_lazy("as this program writes it"),
    "guessed": gettext_lazy("guessed"),
}
MEANINGS: dict[str, LazyText] = {
    "number": gettext_lazy("invoice number"),
    "invoice": gettext_lazy("invoice paid"),
    "customer_code": gettext_lazy("customer code"),
    "customer_name": gettext_lazy("customer name"),
    "name": gettext_lazy("name"),
    "siren": gettext_lazy("SIREN or SIRET"),
    "vat_id": gettext_lazy("VAT number"),
    "email": gettext_lazy("e-mail"),
    "phone": gettext_lazy("phone"),
    "issued_on": gettext_lazy("date of the invoice"),
    "due_on": gettext_lazy("due date"),
    "paid_on": gettext_lazy("date of payment"),
    "booked_on": gettext_lazy("date of the movement"),
    "value_on": gettext_lazy("value date"),
    "gross": gettext_lazy("total with tax"),
    "net": gettext_lazy("total without tax"),
    "tax": gettext_lazy("tax"),
    "open": gettext_lazy("still owed"),
    "paid": gettext_lazy("amount paid"),
    "amount": gettext_lazy("amount"),
    "debit": gettext_lazy("debit"),
    "credit": gettext_lazy("credit"),
    "side": gettext_lazy("side (debit or credit)"),
    "balance": gettext_lazy("running balance"),
    "fee": gettext_lazy("charges"),
    "total": gettext_lazy("total owed"),
    "not_due": gettext_lazy("not due yet"),
    "overdue": gettext_lazy("overdue"),
    "currency": gettext_lazy("currency"),
    "type": gettext_lazy("type of document"),
    "status": gettext_lazy("status"),
    "terms": gettext_lazy("payment terms"),
    "order": gettext_lazy("order or customer's reference"),
    "reference": gettext_lazy("reference"),
    "label": gettext_lazy("label"),
    "detail": gettext_lazy("further text"),
    "journal": gettext_lazy("journal"),
    "matching": gettext_lazy("matching letter"),
    "method": gettext_lazy("means of payment"),
    "counterparty": gettext_lazy("who paid or was paid"),
    "iban": gettext_lazy("IBAN of the other side"),
    "account_iban": gettext_lazy("own account"),
    "bank_id": gettext_lazy("the bank's reference"),
    "end_to_end_id": gettext_lazy("end-to-end reference"),
    "kind": gettext_lazy("kind of customer"),
    "address": gettext_lazy("address"),
    "postcode": gettext_lazy("postcode"),
    "city": gettext_lazy("city"),
    "country": gettext_lazy("country"),
    "language": gettext_lazy("language"),
    "strategy": gettext_lazy("strategy"),
    "contact_name": gettext_lazy("name of the contact"),
    "role": gettext_lazy("role"),
    "tags": gettext_lazy("tags"),
}


def meaning(field: str) -> str:
    """A field in words; an age of an aged balance with its days. `""` for a column that is not read."""
    if field.startswith("bucket:"):
        first, _dash, last = field.removeprefix("bucket:").partition("-")
        if not last:
            return _("late by %(first)s days or more") % {"first": first}
        return _("late by %(first)s to %(last)s days") % {"first": first, "last": last}
    return str(MEANINGS[field]) if field in MEANINGS else field


def choices(kind: Kind) -> list[tuple[str, str]]:
    """(field, in words) of everything a column of such a table can mean."""
    return [(field, meaning(field)) for field in FIELDS[kind]]


def field_of(said: str, kind: Kind) -> str:
    """The field a person means, by its name or by its words; what is neither comes back as it is."""
    wanted = plain(said)
    if said in FIELDS[kind] or said.startswith("bucket:"):
        return said
    return next((field for field, words in choices(kind) if plain(words) == wanted), said)
