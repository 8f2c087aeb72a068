"""What is missing or doubtful in the books, worth most first: each line says what could be mended, and where.

Read set by set: what is open, the customers, their contacts. Of each kind the lines worth most are listed and all
are counted, so that a million receivables make a short page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, islice

import polars as pl
from stdnum.fr import siren as siren_number

from encaisse.ledger import balance
from encaisse.ledger.matching.names import Names
from encaisse.ledger.matching.text import name_key
from encaisse.ledger.models import BankTransaction
from encaisse.parties.models import Creditor, Customer
from encaisse.storage import frames

MOST = 50
"""Lines listed of each kind."""
UNMATCHED_DAYS = 7
"""Money at the bank may wait so many days before it is doubtful."""
KINDS = (
    "negative_open", "unmatched_money", "bounced_address", "no_email", "no_due_date", "wrong_siren", "no_siren",
    "twin_customers", "no_document",
)  # fmt: skip
WITH_SIREN = (Customer.Kind.COMPANY, Customer.Kind.SOLE_TRADER)
NEARLY_SAME = 0.9
"""From this likeness on two names may be one misspelt."""
MOST_ASKED, MOST_NAMES = 500, 50_000
"""So many customers, those who owe most, are looked for under a like name, among so many names at the most."""
_SAME_NAME = 8
"""A name that more customers share tells nothing."""

_CUSTOMERS = {
    "customer": pl.Int64, "code": pl.String, "name": pl.String, "siren": pl.String, "kind": pl.String,
    "country": pl.String, "terms": pl.String,
}  # fmt: skip
_EMAILS = {"customer": pl.Int64, "emails": pl.Int64, "working": pl.Int64}
_INVOICES = {"receivable": pl.Int64, "invoice": pl.Int64, "document": pl.String}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One line. `amount` is what is at stake, in minor units; `other`: the customer it may be one with."""

    kind: str
    customer: int | None
    code: str
    name: str
    amount: int
    currency: str
    detail: str = ""
    number: str = ""
    other: int | None = None
    other_code: str = ""
    other_name: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """All of one kind: how many there are and what is at stake (creditor's currency), the lines worth most."""

    kind: str
    count: int
    amount: int
    lines: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class _Books:
    creditor: Creditor
    day: date
    items: pl.DataFrame
    customers: pl.DataFrame
    owing: pl.DataFrame
    """Customers who owe something, with `open` per currency, worth most first."""


def quality(creditor: Creditor, day: date, *, most: int = MOST) -> list[Section]:
    """Every kind of doubt there is as of `day`, worth most first; kinds without any are left out."""
    books = _read(creditor, day)
    found = [
        *_customers(books, most), _no_due_date(books, most), _negative(books, most), _no_document(books, most),
        _twins(books, most), _unmatched(creditor, day, most),
    ]  # fmt: skip
    return sorted((one for one in found if one.count), key=lambda one: (-one.amount, KINDS.index(one.kind)))


def _read(creditor: Creditor, day: date) -> _Books:
    items = balance.open_items(creditor, day)
    customers = frames.read(
        "SELECT id, code, name, siren, kind, country, terms FROM parties_customer"
        " WHERE creditor_id = %s AND merged_into_id IS NULL",
        [creditor.pk],
        _CUSTOMERS,
    )
    owing = items.group_by("customer", "currency").agg(pl.col("open").sum()).filter(pl.col("open") > 0)
    owing = owing.join(customers, on="customer").sort("open", "customer", descending=[True, False])
    return _Books(creditor, day, items, customers, owing)


def _section(books: _Books, kind: str, rows: pl.DataFrame, most: int, detail: str = "") -> Section:
    """A section of customers: rows of `owing`."""
    home = rows.filter(pl.col("currency") == books.creditor.currency)
    lines = tuple(
        Doubt(
            kind,
            row["customer"],
            row["code"],
            row["name"],
            row["open"],
            row["currency"],
            str(row[detail]) if detail else "",
        )
        for row in rows.head(most).iter_rows(named=True)
    )
    return Section(kind, rows.height, int(home["open"].sum()), lines)


def _customers(books: _Books, most: int) -> list[Section]:
    creditor = books.creditor
    sql = (
        "SELECT customer_id, SUM(CASE WHEN email <> '' THEN 1 ELSE 0 END),"
        " SUM(CASE WHEN email <> '' AND email_failed_on IS NULL THEN 1 ELSE 0 END)"
        " FROM parties_contact WHERE creditor_id = %s GROUP BY customer_id"
    )
    emails = frames.read(sql, [creditor.pk], _EMAILS)
    owing = books.owing.join(emails, on="customer", how="left", maintain_order="left")
    owing = owing.with_columns(pl.col("emails", "working").fill_null(0))
    french = owing.filter(pl.col("kind").is_in(list(WITH_SIREN)) & (pl.col("country") == "FR"))
    written = french.filter(pl.col("siren") != "")
    wrong = [one for one in written["siren"].unique().to_list() if not siren_number.is_valid(one)]
    return [
        _section(books, "no_email", owing.filter(pl.col("emails") == 0), most),
        _section(books, "bounced_address", owing.filter((pl.col("emails") > 0) & (pl.col("working") == 0)), most),
        _section(books, "no_siren", french.filter(pl.col("siren") == ""), most),
        _section(books, "wrong_siren", written.filter(pl.col("siren").is_in(wrong)), most, "siren"),
    ]


def _no_due_date(books: _Books, most: int) -> Section:
    """Customers whose invoices are due by the creditor's default terms only."""
    guessed = books.items.filter((pl.col("due_from") == "default") & (pl.col("open") > 0))
    sums = guessed.group_by("customer", "currency").agg(open=pl.col("open").sum(), invoices=pl.len())
    rows = sums.join(books.customers, on="customer").sort("open", "customer", descending=[True, False])
    return _section(books, "no_due_date", rows, most, "invoices")


def _items(books: _Books, kind: str, rows: pl.DataFrame, most: int) -> Section:
    """A section of invoices: rows of open items with what is at stake as `stake`."""
    home = rows.filter(pl.col("currency") == books.creditor.currency)
    named = rows.sort("stake", "receivable", descending=[True, False]).head(most)
    named = named.join(books.customers, on="customer", maintain_order="left")
    lines = tuple(
        Doubt(
            kind,
            row["customer"],
            row["code"],
            row["name"],
            row["stake"],
            row["currency"],
            number=row["number"],
            on=row["due_on"],
        )
        for row in named.iter_rows(named=True)
    )
    return Section(kind, rows.height, int(home["stake"].sum()), lines)


def _negative(books: _Books, most: int) -> Section:
    return _items(
        books, "negative_open", books.items.filter(pl.col("open") < 0).with_columns(stake=-pl.col("open")), most
    )


def _no_document(books: _Books, most: int) -> Section:
    """Late invoices that nothing can be attached of; none where no invoice has a document at all is no doubt."""
    late = books.items.filter((pl.col("open") > 0) & (pl.col("due_on") < books.day))
    if late.is_empty():
        return Section("no_document", 0, 0, ())
    sql = (
        "SELECT r.id, i.id, i.document FROM ledger_receivable r JOIN ledger_invoice i ON i.id = r.invoice_id"
        " WHERE r.creditor_id = %s AND r.settled_on IS NULL AND r.due_on < %s AND i.document = ''"
    )
    without = frames.read(sql, [books.creditor.pk, books.day], _INVOICES)
    rows = late.join(without, on="receivable").with_columns(stake=pl.col("open"))
    return _items(books, "no_document", rows.drop("invoice", "document"), most)


def _twins(books: _Books, most: int) -> Section:
    """Customers of one SIREN, or of one name or nearly, without two SIRENs that differ."""
    sums = books.owing.group_by("customer").agg(pl.col("open").sum()).sort("open", "customer", descending=[True, False])
    owed: dict[int, int] = dict(sums.iter_rows())
    people = list(books.customers.select("customer", "code", "name", "siren").iter_rows())
    pairs: dict[tuple[int, int], str] = {}
    for key, group in _groups((one[3], one) for one in people):
        _pair(pairs, group, key)
    for _key, group in _groups((name_key(one[2]), one) for one in people):
        _pair(pairs, group, "")
    known = {one[0]: one for one in people}
    _pair_alike(pairs, known, list(owed))
    found = []
    for (first, second), siren in pairs.items():
        # The one with more to lose stands for both.
        keep, twin = sorted((first, second), key=lambda pk: (-owed.get(pk, 0), pk))
        stake = owed.get(keep, 0) + owed.get(twin, 0)
        _pk, code, name, _siren = known[keep]
        line = Doubt(
            "twin_customers", keep, code, name, stake, books.creditor.currency, siren, other=twin,
            other_code=known[twin][1], other_name=known[twin][2],
        )  # fmt: skip
        found.append(line)
    found.sort(key=lambda one: (-one.amount, one.code))
    return Section("twin_customers", len(found), sum(one.amount for one in found), tuple(found[:most]))


_Person = tuple[int, str, str, str]


def _groups(keyed: object) -> list[tuple[str, list[_Person]]]:
    groups: dict[str, list[_Person]] = {}
    for key, one in keyed:  # type: ignore[attr-defined]
        if key:
            groups.setdefault(key, []).append(one)
    return [(key, group) for key, group in groups.items() if 1 < len(group) <= _SAME_NAME]


def _pair(pairs: dict[tuple[int, int], str], group: Sequence[_Person], siren: str) -> None:
    for first, second in islice(combinations(sorted(group), 2), _SAME_NAME):
        if first[3] and second[3] and first[3] != second[3]:
            continue
        pairs.setdefault((first[0], second[0]), siren)


def _pair_alike(pairs: dict[tuple[int, int], str], known: Mapping[int, _Person], owing: Sequence[int]) -> None:
    """Names that are nearly the same, of those who owe most: a misspelling makes a second account."""
    if len(known) > MOST_NAMES:
        return
    names = Names((pk, one[2]) for pk, one in known.items())
    for pk in owing[:MOST_ASKED]:
        if pk not in known:
            continue
        alike = names.alike(known[pk][2])
        for other, likeness in alike.items():
            if other != pk and likeness >= NEARLY_SAME:
                _pair(pairs, [known[pk], known[other]], "")


def _unmatched(creditor: Creditor, day: date, most: int) -> Section:
    """Money in that waits for longer than a week."""
    before = day - timedelta(days=UNMATCHED_DAYS)
    states = (BankTransaction.State.OPEN, BankTransaction.State.PROPOSED)
    rows = BankTransaction.objects.filter(
        creditor=creditor, state__in=states, amount__gt=0, booked_on__lt=before, returned=""
    )
    sums = list(rows.filter(currency=creditor.currency).values_list("amount", flat=True))
    lines = tuple(_of_money(row) for row in rows.order_by("-amount", "pk")[:most])
    return Section("unmatched_money", rows.count(), sum(sums), lines)


def _of_money(row: BankTransaction) -> Doubt:
    return Doubt(
        "unmatched_money", None, "", row.payer, row.amount, row.currency, row.text[:200], str(row.pk), on=row.booked_on
    )
