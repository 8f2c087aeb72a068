"""The record ``inspect`` gives of one file, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from encaisse.exchange.detect import FrontKind
from encaisse.exchange.inspect_rows import Row
from encaisse.exchange.problems import Problem, Severity


@dataclass(frozen=True, slots=True)
class Inspected:
    """What one file is. ``name`` is a person's word for its format; ``recognised``: it is of a kind that is read."""

    path: str
    kind: FrontKind
    recognised: bool = False
    name: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    invoices: tuple[Row, ...] = ()
    transactions: tuple[Row, ...] = ()
    balances: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Recognised, and nothing of it had to be set aside."""
        return self.recognised and not any(one.severity is Severity.ERROR for one in self.problems)

    def as_json(self) -> dict[str, Any]:
        """The record other programs read: every key, texts that any encoder takes."""
        return {
            "path": clean(self.path),
            "kind": self.kind,
            "counts": {"invoices": 0, "transactions": 0, "balances": 0, **self.counts},
            "invoices": [_cleaned(row) for row in self.invoices],
            "transactions": [_cleaned(row) for row in self.transactions],
            "balances": [_cleaned(row) for row in self.balances],
            "problems": [
                {"line": one.line, "code": one.code, "message": clean(one.message), "hint": clean(one.hint)}
                for one in self.problems
            ],
        }


def clean(text: str) -> str:
    """The text without what no encoder takes: halves of characters that damaged files and file names have."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _cleaned(row: Row) -> Row:
    return {key: value if value is None or value.isascii() else clean(value) for key, value in row.items()}
