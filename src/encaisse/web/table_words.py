"""What the columns of a table can mean, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from encaisse.exchange.table_mapping import FIELDS

KINDS: Mapping[str, Promise] = {
    "invoices": gettext_lazy("Invoices, one per line"),
    "payments": gettext_lazy("Payments, one per line"),
    "aged_balance": gettext_lazy("Aged balance, one customer per line"),
    "contacts": gettext_lazy("Contacts and terms"),
    "bank": gettext_lazy("Movements of a bank account"),
}
MEANINGS: Mapping[str, Promise] = {
    "customer_code": gettext_lazy("customer’s code"),
    "customer_name": gettext_lazy("customer’s name"),
    "siren": gettext_lazy("SIREN or SIRET"),
    "vat_id": gettext_lazy("VAT number"),
    "email": gettext_lazy("e-mail"),
    "currency": gettext_lazy("currency"),
    "number": gettext_lazy("invoice number"),
    "issued_on": gettext_lazy("invoice date"),
    "due_on": gettext_lazy("due date"),
    "paid_on": gettext_lazy("payment date"),
    "net": gettext_lazy("amount without tax"),
    "tax": gettext_lazy("tax"),
    "gross": gettext_lazy("amount with tax"),
    "paid": gettext_lazy("already paid"),
    "open": gettext_lazy("still owed"),
    "debit": gettext_lazy("debit"),
    "credit": gettext_lazy("credit"),
    "side": gettext_lazy("debit or credit (D, C)"),
    "balance": gettext_lazy("balance"),
    "type": gettext_lazy("type (invoice, credit note…)"),
    "status": gettext_lazy("status (paid, late…)"),
    "terms": gettext_lazy("payment terms"),
    "order": gettext_lazy("order number"),
    "label": gettext_lazy("label"),
    "journal": gettext_lazy("journal"),
    "matching": gettext_lazy("lettering"),
    "iban": gettext_lazy("IBAN of the customer"),
    "phone": gettext_lazy("telephone"),
    "amount": gettext_lazy("amount"),
    "invoice": gettext_lazy("number of the invoice paid"),
    "reference": gettext_lazy("reference"),
    "method": gettext_lazy("means of payment"),
    "fee": gettext_lazy("bank charges"),
    "bank_id": gettext_lazy("the bank’s number of the movement"),
    "total": gettext_lazy("total owed"),
    "not_due": gettext_lazy("not yet due"),
    "overdue": gettext_lazy("overdue"),
    "name": gettext_lazy("customer’s name"),
    "kind": gettext_lazy("company, consumer, public body…"),
    "address": gettext_lazy("address"),
    "postcode": gettext_lazy("postcode"),
    "city": gettext_lazy("town"),
    "country": gettext_lazy("country"),
    "language": gettext_lazy("language"),
    "strategy": gettext_lazy("strategy"),
    "contact_name": gettext_lazy("name of the contact"),
    "role": gettext_lazy("role of the contact"),
    "tags": gettext_lazy("tags"),
    "booked_on": gettext_lazy("booking date"),
    "value_on": gettext_lazy("value date"),
    "counterparty": gettext_lazy("who paid or was paid"),
    "detail": gettext_lazy("further label"),
    "end_to_end_id": gettext_lazy("end-to-end reference"),
    "account_iban": gettext_lazy("IBAN of your account"),
}
BUCKETS = ("0-0", "1-30", "31-60", "61-90", "91-120", "91-", "121-")
DATE_ORDERS: Mapping[str, Promise] = {
    "dmy": gettext_lazy("day, month, year (31/12/2026)"),
    "mdy": gettext_lazy("month, day, year (12/31/2026)"),
    "ymd": gettext_lazy("year, month, day (2026-12-31)"),
}
MARKS: Mapping[str, Promise] = {
    ",": gettext_lazy("a comma (1 234,56)"),
    ".": gettext_lazy("a point (1,234.56)"),
}
SOURCES: Mapping[str, Promise] = {
    "remembered": gettext_lazy("as you said before"),
    "ready": pgettext_lazy("table", "known program"),
    "guessed": pgettext_lazy("table", "guessed"),
}


def kind_name(kind: str) -> str:
    """What a kind of table is called."""
    return str(KINDS.get(kind, kind))


def meaning(field: str) -> str:
    """What a column means, in words; an aged balance has a column for each span of days late."""
    if not field.startswith("bucket:"):
        return str(MEANINGS.get(field, field))
    first, _dash, last = field.removeprefix("bucket:").partition("-")
    if last:
        return _("late by %(first)s to %(last)s days") % {"first": first, "last": last}
    return _("late by %(first)s days and more") % {"first": first}


def meanings(need: str) -> str:
    """What a kind of table needs and no column gives, in words: `gross|net` is one or the other."""
    return _(" or ").join(meaning(field) for field in need.split("|"))


def choices(kind: str, present: set[str]) -> list[tuple[str, str]]:
    """What a column of such a table can be, in words, by alphabet; `present`: the fields it has already."""
    fields = {*FIELDS.get(kind, ()), *present} - {""}
    if kind == "aged_balance":
        fields |= {f"bucket:{span}" for span in BUCKETS}
    return sorted(((field, meaning(field)) for field in fields), key=lambda one: one[1].casefold())


def columns_line(kept: Mapping[str, Any]) -> str:
    """The columns of a mapping that is kept, in a line: `N° facture: invoice number`."""
    told = [(column["header"] or f"#{column['place'] + 1}", column["field"]) for column in kept.get("columns", ())]
    return " · ".join(f"{header} → {meaning(field)}" for header, field in told if field)


__all__ = [
    "DATE_ORDERS", "KINDS", "MARKS", "SOURCES", "choices", "columns_line", "kind_name", "meaning",
    "meanings",
]  # fmt: skip
