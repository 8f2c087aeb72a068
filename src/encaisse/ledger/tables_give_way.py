"""What tables said of payments gives way to the books, as far as these reach; then it is reckoned anew.

After books, electronic invoices and tables, in their transaction: whatever one of them explains now is not stated any
more, so the same money never counts twice, in whichever order the files came.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Q, Sum

from encaisse.ledger import in_books, match_payments, table_credits
from encaisse.ledger.bank_entries import Stamp
from encaisse.ledger.models import Allocation, BankTransaction, Match, Payment, Receivable, TableStatement
from encaisse.ledger.settle import settle
from encaisse.ledger.stated_payments import BOOKS, PREFIX, SCOPE, books_reach, restate, take_back
from encaisse.ledger.undo_match import withdraw

GAVE_WAY = "in_books"


def give_way(stamp: Stamp, invoices: Collection[int] | None = None) -> list[dict[str, Any]]:
    """Bring what tables said in line with the rest of the ledger; return notes for the report.

    `invoices`: only these are looked at again; None: all that tables speak of, and their payments.
    """
    notes: list[dict[str, Any]] = []
    ended: list[Match] = []
    if invoices is None:
        if not _any(stamp):
            return []
        notes += _payments(stamp, ended)
        _credits(stamp)
    _untie(stamp, invoices, ended)
    notes += restate(stamp, invoices)
    _tie_to_books(stamp, ended)
    if invoices is None:
        rows = Allocation.objects.filter(creditor=stamp.creditor, scope=SCOPE)
        # The books were written as if tables had said nothing: since when a row is settled is derived again.
        settle(
            stamp.creditor.pk,
            receivables=list(rows.values_list("receivable_id", flat=True).distinct()),
            payments=list(rows.values_list("payment_id", flat=True).distinct()),
        )
    return notes


def _any(stamp: Stamp) -> bool:
    said = TableStatement.objects.filter(creditor=stamp.creditor)
    return said.exists() or Payment.objects.filter(creditor=stamp.creditor, scope=SCOPE).exists()


def _payments(stamp: Stamp, ended: list[Match]) -> list[dict[str, Any]]:
    """Payments of days that the books tell of, of customers they know: the books say them, or say there was none."""
    reach = books_reach(stamp.creditor)
    if reach is None:
        return []
    known = set(
        Receivable.objects.filter(creditor=stamp.creditor, scope__startswith=BOOKS).values_list(
            "customer_id", flat=True
        )
    )
    mine = Payment.objects.filter(creditor=stamp.creditor, scope=SCOPE, paid_on__lte=reach).exclude(amount=0)
    rows = [row for row in mine.exclude(key__startswith=PREFIX) if row.customer_id in known]
    if not rows:
        return []
    ended += _withdraw(stamp, [row.pk for row in rows])
    count, total = len(rows), sum(row.amount for row in rows)
    take_back(stamp, rows, GAVE_WAY)
    return [{"code": "table_gave_way", "count": count, "amount": total}]


def _untie(stamp: Stamp, invoices: Collection[int] | None, ended: list[Match]) -> None:
    """Movements seen as what a list states of invoices that the books tell of by now: they are looked at again."""
    reach = books_reach(stamp.creditor)
    if reach is None:
        return
    said = TableStatement.objects.filter(creditor=stamp.creditor, invoice__scope__startswith=BOOKS)
    if invoices is not None:
        said = said.filter(invoice_id__in=list(invoices))
    reached = Q(payment__allocations__receivable__invoice__in=said.filter(as_of__lte=reach).values("invoice_id")) | Q(
        payment__paid_on__lte=reach, payment__allocations__receivable__invoice__in=said.values("invoice_id")
    )
    tied = Match.objects.filter(
        reached, creditor=stamp.creditor, state=Match.State.BOOKED, payment__scope=SCOPE,
        payment__key__startswith=PREFIX,
    )  # fmt: skip
    ended += _withdraw(stamp, list(tied.values_list("payment_id", flat=True).distinct()))


def _withdraw(stamp: Stamp, payments: Collection[int]) -> list[Match]:
    rows = Match.objects.filter(creditor=stamp.creditor, state=Match.State.BOOKED, payment_id__in=list(payments))
    found = list(rows.select_related("movement", "payment", "customer"))
    for match in found:
        withdraw(stamp, match, GAVE_WAY)
    return found


def _tie_to_books(stamp: Stamp, ended: list[Match]) -> None:
    """A movement that was seen as a table's payment is that of the books by now, where they tell of the same money."""
    pairs: list[tuple[BankTransaction, int, int, date]] = []
    given: set[int] = set()
    for match in ended:
        movement = BankTransaction.objects.get(pk=match.movement_id)
        if movement.state == BankTransaction.State.BOOKED:
            continue
        told = in_books.payments(stamp.creditor, movement.booked_on - in_books.NEAR, movement.booked_on)
        same = [
            one
            for one in told
            if (one.customer, one.currency, one.amount) == (match.customer_id, movement.currency, movement.amount)
            and one.id not in given
        ]
        found = min(same, key=lambda one: (abs(one.paid_on - movement.booked_on), one.id), default=None)
        if found is not None:
            given.add(found.id)
            pairs.append((movement, found.customer, found.id, found.paid_on))
    match_payments.tie(stamp, pairs)


def _credits(stamp: Stamp) -> None:
    """Credit notes of tables that another source tells of by now come to nothing, but for what was set against them."""
    mine = Payment.objects.filter(
        creditor=stamp.creditor, kind=Payment.Kind.CREDIT_NOTE, key__startswith=table_credits.PREFIX, amount__gt=0
    ).exclude(scope__startswith=BOOKS)
    fallen = []
    for row in mine.annotate(spent=Sum("allocations__amount")):
        others = Payment.objects.filter(
            creditor=stamp.creditor, customer_id=row.customer_id, reference=row.reference,
            kind=Payment.Kind.CREDIT_NOTE, amount__gt=0,
        )  # fmt: skip
        if row.reference and others.exclude(key__startswith=table_credits.PREFIX).exists():
            row.amount = row.spent or 0
            fallen.append(row)
    Payment.objects.bulk_update(fallen, ["amount"])
    settle(stamp.creditor.pk, payments=[row.pk for row in fallen])
