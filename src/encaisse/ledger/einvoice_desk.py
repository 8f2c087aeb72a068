"""The desk at which a batch of electronic invoices is taken in: what is known, and what waits to be written.

Nothing is written before `flush`, which does it table by table. Rows have their ids from the beginning, reserved in one
query a table, so that one row can name another before either is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, models

from encaisse.exchange.problems import Problem, problem
from encaisse.journal.append import Line, append_many
from encaisse.journal.keep import Kept, keep_many
from encaisse.ledger import settle
from encaisse.ledger.einvoice_known import Known
from encaisse.ledger.frames import STATED
from encaisse.ledger.models import Allocation, Import, Invoice, Payment, Receivable
from encaisse.parties.models import Contact, Creditor, Customer
from encaisse.storage import bulk

_ORDER: tuple[type[models.Model], ...] = (Customer, Contact, Import, Invoice, Receivable, Payment, Allocation)
"""What is written first: nothing names a row of a table that comes later."""


@dataclass(slots=True)
class Done:
    """What taking the invoices of one file comes to; the keys of `count` are those of a report."""

    count: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    held: dict[str, list[int]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def add(self, name: str, more: int = 1) -> None:
        """Count something new."""
        self.count[name] = self.count.get(name, 0) + more

    def change(self, name: str, more: int = 1) -> None:
        """Count something changed."""
        self.changed[name] = self.changed.get(name, 0) + more


@dataclass(slots=True)
class Desk:
    """Who takes the batch in, when, what is known, and what waits. `most`: how many rows of each table may be made."""

    creditor: Creditor
    at: datetime
    actor: str
    known: Known
    most: dict[type[models.Model], int]
    _ids: dict[type[models.Model], list[int]] = field(default_factory=dict)
    _new: dict[type[models.Model], list[models.Model]] = field(default_factory=lambda: defaultdict(list))
    _changed: dict[tuple[type[models.Model], int], tuple[models.Model, dict[str, None]]] = field(default_factory=dict)
    _kept: list[Kept] = field(default_factory=list)
    _lines: list[Line] = field(default_factory=list)
    _receivables: set[int] = field(default_factory=set)
    _payments: set[int] = field(default_factory=set)

    def next_id(self, model: type[models.Model]) -> int:
        """The id of a row about to be made."""
        if model not in self._ids:
            self._ids[model] = list(reversed(bulk.take_ids(model, self.most[model])))
        return self._ids[model].pop()

    def make(self, row: models.Model) -> None:
        """Let a row be written that is new."""
        self._new[type(row)].append(row)

    def change(self, row: models.Model, *names: str) -> None:
        """Let these fields of a row be written again. Those of a new row are written as they are in the end."""
        _row, fields = self._changed.setdefault((type(row), row.pk), (row, {}))
        fields.update(dict.fromkeys(names))

    def keep(self, content: bytes, sha256: str, name: str, media_type: str) -> None:
        """Let a document be kept."""
        self._kept.append(Kept(content, sha256, name, media_type))

    def say(self, lines: Sequence[Line]) -> None:
        """Let these be told in the journal, after what was to be told before."""
        self._lines += lines

    def problem(self, about: str, **values: object) -> Problem:
        """A remark in the creditor's language."""
        return problem(about, None, column=None, language=self.creditor.language, **values)

    def settle(self, *, receivable: Receivable | None = None, payment: Payment | None = None) -> None:
        """Let be derived again since when nothing of it is left."""
        if receivable is not None:
            self._receivables.add(receivable.pk)
        if payment is not None:
            self._payments.add(payment.pk)

    def allocate(
        self, row: Receivable, payment_id: int, amount: int, on: date, *, rule: str, scope: str = STATED,
        payment: Payment | None = None,
    ) -> None:  # fmt: skip
        """Set a part of a payment against a receivable. `payment`: when less of it is free by this."""
        one = Allocation(
            creditor=self.creditor, receivable=row, payment_id=payment_id, amount=amount, counts_on=on, rule=rule,
            scope=scope, recorded_at=self.at,
        )  # fmt: skip
        self.make(one)
        self.known.add_allocation(one, row, payment)
        self.settle(receivable=row, payment=payment)

    def flush(self) -> None:
        """Write what waits, in the caller's transaction."""
        for model in _ORDER:
            model._base_manager.bulk_create(self._new[model])
        self._write_changes()
        settle.settle(
            self.creditor.pk, receivables=sorted(self._receivables), payments=sorted(self._payments)
        )  # fmt: skip
        keep_many(self.creditor.pk, self._kept, at=self.at)
        append_many(self.creditor.pk, self._lines, at=self.at, actor=self.actor)

    def _write_changes(self) -> None:
        made = {(model, row.pk) for model in _ORDER for row in self._new[model]}
        alike: dict[tuple[type[models.Model], tuple[str, ...]], list[models.Model]] = defaultdict(list)
        for place, (row, fields) in self._changed.items():
            if place not in made:
                alike[place[0], tuple(fields)].append(row)
        for (model, names), rows in alike.items():
            columns: list[Any] = [model._meta.get_field(name) for name in names]
            values = [
                (*(one.get_db_prep_save(getattr(row, one.attname), connection) for one in columns), row.pk)
                for row in rows
            ]
            bulk.update(model, [one.column for one in columns], values)
