"""How the columns of a table are read: guessed, corrected by a person, kept as JSON, found again by the headers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import yaml

from encaisse.exchange.table_values import DateOrder, DecimalMark, plain

Kind = Literal["invoices", "payments", "aged_balance", "contacts", "bank", "unknown"]
Reason = Literal["header", "values", "program", "person", ""]
VERSION = 1
_COMMON = ("customer_code", "customer_name", "siren", "vat_id", "email", "currency")
FIELDS: Table[str, tuple[str, ...]] = {
    "invoices": (*_COMMON, "number", "issued_on", "due_on", "paid_on", "net", "tax", "gross", "paid", "open", "debit",
                 "credit", "side", "balance", "type", "status", "terms", "order", "label", "journal", "matching",
                 "iban", "phone"),
    "payments": (*_COMMON, "paid_on", "amount", "debit", "credit", "side", "invoice", "reference", "method", "label",
                 "fee", "status", "iban", "bank_id", "type"),
    "aged_balance": (*_COMMON, "total", "not_due", "overdue", "phone", "label"),
    "contacts": ("customer_code", "name", "siren", "kind", "email", "phone", "address", "postcode", "city", "country",
                 "language", "terms", "strategy", "contact_name", "role", "tags"),
    "bank": ("booked_on", "value_on", "amount", "debit", "credit", "side", "currency", "counterparty", "iban", "label",
             "detail", "reference", "end_to_end_id", "bank_id", "balance", "fee", "type", "status", "account_iban"),
    "unknown": (),
}  # fmt: skip
"""The fields a column of each kind of table can be; an aged balance also has ``bucket:1-30``, ``bucket:91-``…"""
DATES = frozenset({"date", "issued_on", "due_on", "paid_on", "booked_on", "value_on"})
AMOUNTS = frozenset({"amount", "net", "tax", "gross", "paid", "open", "debit", "credit", "balance", "fee", "total",
                     "not_due", "overdue"})  # fmt: skip
_BUCKET = re.compile(r"bucket:\d{1,4}-\d{0,4}")


@dataclass(frozen=True, slots=True)
class Column:
    """What one column is: ``field`` is ``""`` when it is not read. ``confidence``: 0 to 100. ``examples``: as shown."""

    place: int
    header: str
    field: str
    confidence: int
    reason: Reason = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a table is read. ``date_order`` and ``decimal_mark`` hold for the whole table; ``ambiguous_dates`` and
    ``ambiguous_amounts`` say that its values leave them open. ``currency`` is taken where a row says none. ``program``
    names the ready mapping that was recognised. ``fingerprint`` is that of the headers."""

    kind: Kind
    columns: tuple[Column, ...]
    date_order: DateOrder = ""
    decimal_mark: DecimalMark = ""
    currency: str = ""
    confidence: int = 0
    program: str = ""
    fingerprint: str = ""
    ambiguous_dates: bool = False
    ambiguous_amounts: bool = False

    @property
    def places(self) -> dict[str, int]:
        """Field → place of its column; of two columns with one field the first."""
        found: dict[str, int] = {}
        for column in self.columns:
            if column.field:
                found.setdefault(column.field, column.place)
        return found

    def with_field(self, place: int, field: str) -> Mapping:
        """The mapping with one column corrected by a person; the column that had the field before gives it up.

        Raises ValueError when the table has no such column or tables of this kind have no such field.
        """
        if not any(column.place == place for column in self.columns):
            raise ValueError(f"there is no column {place}: choose one of 0 to {len(self.columns) - 1}")
        if field and field not in FIELDS[self.kind] and not _BUCKET.fullmatch(field):
            raise ValueError(f"{field!r} is no field of {self.kind}: choose one of {', '.join(FIELDS[self.kind])}")
        columns = tuple(
            replace(column, field=field, confidence=100, reason="person")
            if column.place == place
            else replace(column, field="", confidence=0)
            if field and column.field == field
            else column
            for column in self.columns
        )
        return replace(self, columns=columns)

    def to_json(self) -> str:
        """A text to keep; ``from_json`` reads it again. Examples are left out: they are other people's data."""
        told = asdict(self) | {"version": VERSION}
        for column in told["columns"]:
            del column["examples"]
        return json.dumps(told, ensure_ascii=False, sort_keys=True)


def from_json(text: str) -> Mapping:
    """A mapping kept by ``to_json``. Raises ValueError when the text is none."""
    try:
        told = json.loads(text)
        columns = tuple(_column(one) for one in told["columns"])
        found = Mapping(
            kind=_one_of(told["kind"], get_args(Kind)), columns=columns,
            date_order=_one_of(told["date_order"], get_args(DateOrder)),
            decimal_mark=_one_of(told["decimal_mark"], get_args(DecimalMark)), currency=str(told["currency"]),
            confidence=int(told["confidence"]), program=str(told["program"]), fingerprint=str(told["fingerprint"]),
            ambiguous_dates=bool(told["ambiguous_dates"]), ambiguous_amounts=bool(told["ambiguous_amounts"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"this is no mapping kept by encaisse ({error}): guess it again from the file") from error
    return found


def _column(told: Table[str, Any]) -> Column:
    return Column(
        int(told["place"]), str(told["header"]), str(told["field"]), int(told["confidence"]),
        _one_of(told["reason"], get_args(Reason)),
    )  # fmt: skip


def _one_of(value: Any, choices: tuple[Any, ...]) -> Any:
    if value not in choices:
        raise ValueError(f"{value!r} is not one of {choices}")
    return value


def fingerprint(headers: Iterable[str]) -> str:
    """What tells one layout of columns from another: the same headers in the same order give the same."""
    told = "\x1f".join(plain(header) for header in headers)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@cache
def words() -> Table[str, Any]:
    """The words of ``table_words.yaml``: ``fields`` as header → field, every other list as a set."""
    told = yaml.safe_load(files("encaisse.exchange").joinpath("table_words.yaml").read_text(encoding="utf-8"))
    fields: dict[str, str] = {}
    for field, spellings in told["fields"].items():
        for spelling in spellings:
            fields.setdefault(spelling, field)
    return {"fields": fields} | {name: frozenset(list_) for name, list_ in told.items() if name != "fields"}


@cache
def ready_mappings() -> tuple[Table[str, Any], ...]:
    """The layouts of ``ready_mappings.yaml``, those that need the most headers first."""
    told = yaml.safe_load(files("encaisse.exchange").joinpath("ready_mappings.yaml").read_text(encoding="utf-8"))
    return tuple(sorted(told["mappings"], key=lambda one: -len(one["columns"])))
