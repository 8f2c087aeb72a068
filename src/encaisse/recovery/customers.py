"""The list of customers, a page at a time, without ever counting or skipping rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from encaisse.ledger.balance import open_items
from encaisse.parties.models import Creditor, Customer
from encaisse.parties.search import folded
from encaisse.recovery.models import Case

SORTS = ("overdue", "name")
FEW = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A customer's case as the list shows it; amounts in minor units, as of the page's day."""

    case: Case
    customer: Customer
    open: int
    overdue: int
    oldest_due_on: date | None
    days_late: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows; `older` and `newer` are the keys to go on from, empty at the ends."""

    rows: tuple[Row, ...]
    older: str
    newer: str


def page(
    creditor: Creditor,
    *,
    day: date,
    search: str = "",
    sort: str = "overdue",
    after: str = "",
    before: str = "",
    size: int = 50,
) -> Page:
    """Return the cases that match `search`, most overdue first or by name; `after`/`before` are keys of a page."""
    cases = _matching(creditor, folded(search).split()).select_related("customer")
    backwards = bool(before)
    chosen = _slice(cases, sort, after or before, backwards)[: size + 1]
    found = list(chosen)
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    has_older = more if not backwards else True
    has_newer = bool(after) if not backwards else more
    return Page(
        rows=tuple(_rows(creditor, found, day)),
        older=_key(found[-1], sort) if found and has_older else "",
        newer=_key(found[0], sort) if found and has_newer else "",
    )


def _matching(creditor: Creditor, words: list[str]) -> QuerySet[Case]:
    """The cases of the customers in whose search text all words stand.

    Few matches are found first, in the index of search texts alone; of many, the list in its order soon meets enough.
    """
    cases = Case.objects.filter(creditor=creditor, customer__merged_into=None)
    if not words:
        return cases
    holds = [Q(search__contains=word) for word in words]
    found = list(
        Customer.objects.filter(*holds, creditor=creditor, merged_into=None)
        .order_by()
        .values_list("pk", flat=True)[: FEW + 1]
    )
    if len(found) <= FEW:
        return cases.filter(customer_id__in=found)
    return cases.filter(*(Q(customer__search__contains=word) for word in words))


def _slice(cases: QuerySet[Case], sort: str, key: str, backwards: bool) -> QuerySet[Case]:
    value, _, pk = key.rpartition("~")
    if sort == "name":
        if key:
            here = Q(customer__search__gt=value) | Q(customer__search=value, pk__gt=int(pk))
            there = Q(customer__search__lt=value) | Q(customer__search=value, pk__lt=int(pk))
            cases = cases.filter(there if backwards else here)
        order = ("customer__search", "pk")
        return cases.order_by(*(f"-{name}" for name in order)) if backwards else cases.order_by(*order)
    if key:
        here = Q(overdue__lt=int(value)) | Q(overdue=int(value), pk__lt=int(pk))
        there = Q(overdue__gt=int(value)) | Q(overdue=int(value), pk__gt=int(pk))
        cases = cases.filter(there if backwards else here)
    return cases.order_by("overdue", "pk") if backwards else cases.order_by("-overdue", "-pk")


def _key(case: Case, sort: str) -> str:
    return f"{case.customer.search if sort == 'name' else case.overdue}~{case.pk}"


def _rows(creditor: Creditor, cases: list[Case], day: date) -> list[Row]:
    if not cases:
        return []
    items = open_items(creditor, day, customer_ids=[case.customer_id for case in cases])
    sums: dict[tuple[int, str], list[int]] = {}
    oldest: dict[tuple[int, str], date] = {}
    for customer, currency, due_on, amount in items.select("customer", "currency", "due_on", "open").iter_rows():
        place = sums.setdefault((customer, currency), [0, 0])
        place[0] += amount
        if due_on < day and amount > 0:
            place[1] += amount
            oldest[customer, currency] = min(due_on, oldest.get((customer, currency), due_on))
    rows = []
    for case in cases:
        key = (case.customer_id, case.currency)
        total, late = sums.get(key, [0, 0])
        first = oldest.get(key)
        rows.append(Row(case, case.customer, total, late, first, (day - first).days if first else 0))
    return rows
