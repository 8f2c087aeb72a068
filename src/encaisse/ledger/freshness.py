"""How far the books go, and the bank: when each source was last read, and up to which day it tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max

from encaisse.ledger.models import BankAccount, BankBalance, BankTransaction, Import
from encaisse.parties.models import Creditor
from encaisse.storage import frames
from encaisse.storage.bulk import table

BANK_KINDS = ("camt052", "camt053", "camt054", "mt940", "mt942", "ofx", "cfonb120", "cfonb240")
ENDED = timedelta(days=90)
"""An account without news for so long, while another has some, was closed."""
INVOICE_KINDS = ("factur-x", "cii", "ubl")
LIST_KIND = "table-open"
"""A list of invoices that says what is still owed of each."""
TABLE_KINDS = (LIST_KIND, "table-invoices", "table-payments")


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures come from. `kind`: books, bank, invoices, tables; `label`: a bank's account; `to`: its last day."""

    kind: str
    label: str
    to: date | None
    read_at: datetime | None

    def as_json(self) -> dict[str, str | None]:
        """The source as other programs read it."""
        return {
            "kind": self.kind,
            "label": self.label,
            "to": self.to.isoformat() if self.to else None,
            "read_at": self.read_at.isoformat(timespec="seconds") if self.read_at else None,
        }


def books_to(creditor: Creditor) -> date | None:
    """The last day that what was read tells of payments: books, else bank or lists, else invoices; None before these.

    Books hold both sides. Who has none to import has invoices and a bank, or lists of what is owed: then these say how
    far payments are known, and where there is neither, nothing newer than the last invoices read can be.
    """
    sql = f"SELECT kind, MAX(last_day) FROM {table(Import)} WHERE creditor_id = %s GROUP BY kind"
    last = {kind: to for kind, to in frames.few(sql, [creditor.pk], (str, date)) if to}
    if "fec" in last:
        return last["fec"]
    stated = max((to for kind, to in last.items() if kind in (*INVOICE_KINDS, *TABLE_KINDS)), default=None)
    told = [day for day in (bank_to(creditor), last.get(LIST_KIND)) if day]
    return max(told, default=stated)


def bank_to(creditor: Creditor) -> date | None:
    """The day up to which every account that statements were read of is known; None before the first statement.

    The account known least far counts: a payment may be on any of them. One that ended long ago counts no more.
    """
    days = [one.to for one in _accounts(creditor) if one.to]
    newest = max(days, default=None)
    return min((day for day in days if newest and newest - day <= ENDED), default=None)


def sources(creditor: Creditor) -> list[Source]:
    """Every source that was ever read: the books, each account, electronic invoices, tables."""
    books = Source("books", "", *_both(_newest(creditor, ("fec",))))
    invoices = Source("invoices", "", *_both(_newest(creditor, INVOICE_KINDS)))
    tables = Source("tables", "", *_both(_newest(creditor, TABLE_KINDS)))
    return [one for one in (books, *_accounts(creditor), invoices, tables) if one.read_at]


def as_json(creditor: Creditor) -> dict[str, str | None]:
    """How far books and bank go, beside each verdict."""
    books, bank = books_to(creditor), bank_to(creditor)
    return {"books_to": books.isoformat() if books else None, "bank_to": bank.isoformat() if bank else None}


@dataclass(frozen=True, slots=True)
class _Newest:
    to: date | None
    read_at: datetime | None


def _both(newest: _Newest) -> tuple[date | None, datetime | None]:
    return newest.to, newest.read_at


def _newest(creditor: Creditor, kinds: tuple[str, ...]) -> _Newest:
    found = Import.objects.filter(creditor=creditor, kind__in=kinds).aggregate(
        to=Max("last_day"), read_at=Max("imported_at")
    )
    return _Newest(found["to"], found["read_at"])


def _accounts(creditor: Creditor) -> list[Source]:
    accounts = list(BankAccount.objects.filter(creditor=creditor).order_by("number", "currency"))
    if not accounts:
        return []
    here = BankBalance.objects.filter(creditor=creditor).values_list("account_id")
    told = {pk: (to, at) for pk, to, at in here.annotate(to=Max("on"), at=Max("source__imported_at"))}
    moved = BankTransaction.objects.filter(creditor=creditor).values_list("account_id")
    last = {pk: (to, at) for pk, to, at in moved.annotate(to=Max("booked_on"), at=Max("source__imported_at"))}
    found = []
    for account in accounts:
        pairs = [pair for pair in (told.get(account.pk), last.get(account.pk)) if pair]
        to = max((pair[0] for pair in pairs if pair[0]), default=None)
        read_at = max((pair[1] for pair in pairs if pair[1]), default=None)
        found.append(Source("bank", account.label or account.number, to, read_at))
    return found
