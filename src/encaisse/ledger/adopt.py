"""Books that come after electronic invoices: their code takes over the customer that an invoice made.

An invoice knows its buyer by SIREN or name, the books by an account. Where both tell of the same numbers and amounts,
the customer made of the invoice is merged into the one of the books, which takes over what it does not know itself.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from encaisse.ledger import merge_customers
from encaisse.ledger.frames import STATED, Told
from encaisse.ledger.models import Invoice
from encaisse.parties.models import Creditor, Customer
from encaisse.parties.search import search_text

_LIKE_THE_TWIN = ("siren", "kind", "language", "address", "postcode", "city", "country", "region", "terms")


def twins(creditor: Creditor, told: Told) -> dict[str, str]:
    """Code of a customer made of its invoices: its code in the books that are told, where all agrees."""
    stated = Invoice.objects.filter(creditor=creditor, scope=STATED, customer__merged_into=None)
    waiting: dict[str, list[tuple[str, set[int]]]] = defaultdict(list)
    for number, amount, details, code in stated.values_list("number", "amount", "details", "customer__code"):
        waiting[number].append((code, {amount, int((details or {}).get("gross", amount))}))
    if not waiting:
        return {}
    columns = told.receivables.select("customer", "number", "amount")
    pairs: dict[str, set[str]] = defaultdict(set)
    back: dict[str, set[str]] = defaultdict(set)
    for customer, number, amount in columns.iter_rows():
        for code, amounts in waiting.get(number, ()):
            if code != customer and amount in amounts:
                pairs[code].add(customer)
                back[customer].add(code)
    codes = set(told.customers["customer"])
    agreed = {code: next(iter(names)) for code, names in pairs.items() if len(names) == 1 and code not in codes}
    return {code: name for code, name in agreed.items() if len(back[name]) == 1}


def as_known(told: Told, found: dict[str, str]) -> Told:
    """What the books tell, the customers found named as they are known: to look before anything is written."""
    names = {name: code for code, name in found.items()}
    if not names:
        return told

    def named(rows: Any) -> Any:
        return rows.with_columns(rows["customer"].replace(names))

    return Told(
        told.first_day, told.last_day, told.complete, named(told.customers), named(told.receivables),
        named(told.payments), told.allocations,
    )  # fmt: skip


def adopt(creditor: Creditor, told: Told, *, at: datetime, actor: str) -> None:
    """Merge the customers found into those of the books, made where they are new. In the caller's transaction."""
    names = dict(told.customers.select("customer", "name").iter_rows())
    for code, account in sorted(twins(creditor, told).items()):
        twin = Customer.objects.get(creditor=creditor, code=code)
        keep = Customer.objects.filter(creditor=creditor, code=account).first()
        if keep is None:
            same = {name: getattr(twin, name) for name in _LIKE_THE_TWIN}
            name = names.get(account) or twin.name
            keep = Customer.objects.create(
                creditor=creditor, code=account, name=name, search=search_text(name, account, twin.siren), **same
            )
        keep = keep.merged_into or keep
        try:
            merge_customers.merge(creditor, keep, twin, at=at, actor=actor, why="books")
        except merge_customers.NotMerged:
            # Two that cannot be one are left as two: the page of data quality shows them.
            continue
