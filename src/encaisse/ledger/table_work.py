"""A table on its way into the ledger: what came of it so far, and what its rows say in the ledger's terms."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from encaisse.exchange.problems import Problem, problem
from encaisse.exchange.table_found import TableInvoice
from encaisse.journal.append import Line
from encaisse.ledger.bank_entries import Stamp
from encaisse.ledger.einvoice_draft import minor
from encaisse.ledger.frames import STATED
from encaisse.ledger.matching.text import words
from encaisse.ledger.models import Import
from encaisse.ledger.table_people import Named, People
from encaisse.parties.models import Creditor, Customer

_SHOWN = 20


@dataclass(slots=True)
class Work:
    """One table on its way into the ledger, and what came of it so far. Counts have the keys of a report."""

    stamp: Stamp
    source: Import
    layout: str
    as_of: date
    people: People
    new: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    changed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    items: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    held: list[int] = field(default_factory=list)
    """Receivables that are not chased before a person says so."""
    states: bool = False
    """It says of its invoices what is still owed."""
    complete: bool = True
    """No row was set aside: what it does not name is not in it."""
    withdrawn: frozenset[str] = frozenset()
    """Numbers it says are drafts, or cancelled."""
    follows: set[int] = field(default_factory=set)
    """The imports of the earlier lists, with the same headers, whose invoices it names again."""
    told: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    groups: dict[tuple[int, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def creditor(self) -> Creditor:
        return self.stamp.creditor

    def add(self, code: str, line: int | None, **values: object) -> None:
        """Note a problem of a row."""
        self.problems.append(problem(code, line, column=None, language=self.creditor.language, **values))

    def say(self, customer: Customer, what: str, text: str) -> None:
        """Something for the customer's journal."""
        self.told[customer.code][what].append(text)

    def lines(self) -> list[Line]:
        """One entry per customer touched."""
        common = {"import": self.source.sha256, "scope": STATED}
        return [
            Line(code, "ledger_changed", {
                **{what: {"count": len(items), "first": items[:_SHOWN]} for what, items in sorted(told.items())},
                **common,
            })
            for code, told in sorted(self.told.items())
        ]  # fmt: skip


def named(told: TableInvoice) -> Named:
    """Whom a row is about."""
    return Named(told.customer_code, told.customer_name, told.siren, told.vat_id, told.email)


def plain_number(number: str) -> str:
    """A document's number as letters and digits: programs put other signs between."""
    return "".join(words(number)) or number


def minor_of(amount: Decimal | None, currency: str) -> int:
    """An amount in minor units; none is 0."""
    return 0 if amount is None else minor(amount, currency)


def open_of(one: TableInvoice, currency: str) -> int | None:
    """What the row says is left, in minor units; None when no column speaks of it."""
    if one.open is None and not one.settled and one.paid is None and not one.status:
        return None
    return minor(one.payable, currency)


def day_of(one: TableInvoice) -> date:
    """The day of the document, else the day it is due."""
    day = one.issued_on or one.due_on
    if day is None:
        raise ValueError("a row without any day is set aside by its reader")
    return day
