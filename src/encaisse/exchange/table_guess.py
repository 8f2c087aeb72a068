"""What the columns of a table mean, from their headers and from their values, with how sure that is.

The headers propose, the values confirm or refuse: a column headed "Date" whose cells are no days is not taken for one.
Forms of dates and of decimals are settled for the table as a whole, since one cell alone is often ambiguous.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from encaisse.exchange import contact_values
from encaisse.exchange.problems import Problem, problem
from encaisse.exchange.table_forms import with_forms
from encaisse.exchange.table_headers import by_header
from encaisse.exchange.table_mapping import (
    AMOUNTS,
    DATES,
    FIELDS,
    Column,
    Kind,
    Mapping,
    Reason,
    fingerprint,
    ready_mappings,
)
from encaisse.exchange.table_values import Cell, date_forms, mark_of, plain, read_amount, shown

if TYPE_CHECKING:
    from encaisse.exchange.tables import Grid

EXAMPLES = 3
_SAMPLE = 2_000
_BY_VALUES = 45
_PEOPLE = frozenset({"customer_name", "customer_code", "counterparty", "name", "label"})
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9 ./_-]{1,39}")


class _Seen(NamedTuple):
    """What the values of one column show, in shares of 100 of the filled cells."""

    filled: int
    dates: int
    amounts: int
    emails: int
    sirens: int
    ibans: int
    currencies: int
    numbers: int
    words: int
    distinct: int
    decimals: int
    examples: tuple[str, ...]


def guess(grid: Grid) -> Mapping:
    """Propose how a table is to be read."""
    seen = [_column(grid, place) for place in range(len(grid.headers))]
    mark = fingerprint(grid.headers)
    ready = _ready(grid.headers)
    if ready:
        return _from_ready(grid, seen, ready, mark)
    checked = _proposals(grid.headers, seen)
    kind = _kind(checked, seen)
    if kind == "contacts" and grid.title and not _keeps_its_width(grid):
        kind = "unknown"
    columns = _settled(grid.headers, checked, seen, kind)
    sure = _confidence(columns, kind)
    return with_forms(grid, Mapping(kind, columns, fingerprint=mark, confidence=sure))


def _keeps_its_width(grid: Grid) -> bool:
    """Whether four rows in five fit below the headers: prose or a program may have a line with a name and a number
    somewhere, and customers would be made of what follows it."""
    named = sum(bool(header.strip()) for header in grid.headers)
    return sum(2 <= len(row.cells) <= named for row in grid.rows) * 5 >= len(grid.rows) * 4


def remapped(grid: Grid, mapping: Mapping, kind: Kind) -> Mapping:
    """The guess again for another kind, when a person says what the table is."""
    seen = [_column(grid, place) for place in range(len(grid.headers))]
    checked = _proposals(grid.headers, seen)
    columns = _settled(grid.headers, checked, seen, kind)
    sure = _confidence(columns, kind)
    return with_forms(grid, Mapping(kind, columns, fingerprint=mapping.fingerprint, confidence=sure))


def recalled(grid: Grid, kept: Mapping) -> Mapping:
    """A mapping kept for tables with these headers, with the examples of this one.

    Raises ValueError when it was kept for other headers.
    """
    if kept.fingerprint != fingerprint(grid.headers) or any(one.place >= len(grid.headers) for one in kept.columns):
        raise ValueError("this mapping was kept for a table with other headers: guess it again from the file")
    columns = tuple(replace(one, examples=_column(grid, one.place).examples) for one in kept.columns)
    return replace(kept, columns=columns)


def doubts(grid: Grid, mapping: Mapping) -> list[Problem]:
    """What a person should look at before the table is read."""
    line = grid.header_line
    found: list[Problem] = []
    if mapping.kind == "unknown":
        found.append(problem("table_unknown", line))
    if mapping.ambiguous_dates:
        found.append(problem("ambiguous_dates", line, value=_first_date(grid, mapping), order=mapping.date_order))
    if mapping.ambiguous_amounts:
        found.append(problem("ambiguous_amounts", line, mark=mapping.decimal_mark))
    return found


def _first_date(grid: Grid, mapping: Mapping) -> str:
    places = [column.place for column in mapping.columns if column.field in DATES]
    return next((shown(row.at(place)) for row in grid.rows for place in places if row.at(place) != ""), "?")


# ------------------------------------------------------------------------------------------------------ what is in it


def _column(grid: Grid, place: int) -> _Seen:
    rows = grid.rows[:: max(1, len(grid.rows) // _SAMPLE)]
    if len(grid.headers) > 2:  # a single text is the name of a section
        rows = tuple(row for row in rows if sum(cell != "" for cell in row.cells) > 1)
    cells = [cell for cell in (row.at(place) for row in rows) if cell != ""]
    counts: Counter[str] = Counter()
    for cell in cells:
        counts.update(_shows(cell))
    texts = list(dict.fromkeys(shown(cell) for cell in cells))
    share = {name: 100 * count // len(cells) for name, count in counts.items()}
    return _Seen(
        100 * len(cells) // max(1, len(rows)), share.get("date", 0), share.get("amount", 0),
        share.get("email", 0), share.get("siren", 0), share.get("iban", 0), share.get("currency", 0),
        share.get("number", 0), share.get("word", 0), 100 * len(texts) // max(1, len(cells)), share.get("decimal", 0),
        tuple(text[:60] for text in texts[:EXAMPLES]),
    )  # fmt: skip


def _shows(cell: Cell) -> Iterable[str]:
    if isinstance(cell, date):
        return ("date",)
    if isinstance(cell, Decimal):
        return ("amount", "decimal") if cell != cell.to_integral_value() else ("amount", "number")
    text = " ".join(cell.split())
    found: list[str] = []
    if any(order != "serial" for order in date_forms(cell)):
        found.append("date")
    if read_amount(cell) is not None:
        found.append("amount")
        if mark_of(text):
            found.append("decimal")
    if "@" in text and contact_values.email(re.split(r"[;,\s]+", text)[0]):
        found.append("email")
    compact = re.sub(r"[\s.-]", "", text)
    if compact.isdigit() and len(compact) in (9, 14) and contact_values.siren(compact):
        found.append("siren")
    if _IBAN.fullmatch(compact.upper()) and len(compact) > 14:
        found.append("iban")
    if _CURRENCY.fullmatch(text):
        found.append("currency")
    if _NUMBER.fullmatch(text):
        found.append("number")
    if any(char.isalpha() for char in text):
        found.append("word")
    return found


def _proposals(headers: tuple[str, ...], seen: list[_Seen]) -> list[tuple[str, int, Reason]]:
    """What each column may be. Words under an unknown header are a name only where no column is headed as one."""
    proposed = [by_header(header) for header in headers]
    checked = [_checked(field, sure, one) for (field, sure), one in zip(proposed, seen, strict=True)]
    named = any(field in _PEOPLE and reason == "header" for field, _, reason in checked)
    return [
        ("", 0, "") if named and reason == "values" and field in ("name", "label") and header else (field, sure, reason)
        for header, (field, sure, reason) in zip(headers, checked, strict=True)
    ]


def _checked(field: str, sure: int, seen: _Seen) -> tuple[str, int, Reason]:
    """What the values leave of the header's proposal, or propose themselves."""
    if field:
        base = "amount" if field.startswith("bucket:") else field
        if not seen.filled:
            return field, sure, "header"
        if (base in DATES and seen.dates < 50 and seen.amounts < 90) or (base in AMOUNTS and seen.amounts < 50):
            other = "paid_on" if seen.dates > 80 else "status" if seen.words > 50 else ""
            other = other if field == "paid" else "terms" if field == "due_on" else ""
            return (other, 50, "header") if other else ("", 0, "")
        if field == "customer_name" and seen.words < 10:
            return "customer_code", sure - 10, "header"
        return field, sure, "header"
    if not seen.filled:
        return "", 0, ""
    for share, name in (
        (seen.emails, "email"), (seen.ibans, "iban"), (seen.sirens, "siren"), (seen.currencies, "currency"),
        (seen.dates, "date"),
    ):  # fmt: skip
        if share >= 80:
            return name, _BY_VALUES, "values"
    if seen.amounts >= 90 and seen.decimals >= 20:
        return "amount", _BY_VALUES, "values"
    if seen.numbers >= 80 and seen.distinct >= 90 and seen.words < 100 - seen.amounts + 1 and seen.filled > 90:
        return "reference", _BY_VALUES - 10, "values"
    return ("name" if seen.distinct < 95 else "label", _BY_VALUES - 20, "values") if seen.words >= 80 else ("", 0, "")


# ----------------------------------------------------------------------------------------------------- kind and fields


def _kind(checked: list[tuple[str, int, Reason]], seen: list[_Seen]) -> Kind:
    """Which kind of table these columns make; each kind asks for what only it has."""
    has = {field for field, _, _ in checked}
    told = {field for field, _, reason in checked if reason == "header"}
    buckets = sum(field.startswith("bucket:") for field in has)
    customer = bool(has & {"customer_code", "customer_name"})
    money = bool(has & (AMOUNTS - {"fee", "balance"}))
    dated = bool(has & DATES)
    if buckets >= 2 or (buckets and "not_due" in has):
        return "aged_balance"
    if not money and not dated:
        person = has & {"email", "phone", "address", "contact_name", "terms", "siren", "postcode"}
        return "contacts" if person and (customer or told & {"code", "name"}) else "unknown"
    if not (money or has & {"balance"}):
        return "unknown"
    score: dict[Kind, int] = {
        "invoices": 3 * ("number" in has) + 3 * ("due_on" in has) + 2 * ("issued_on" in has) + 2 * ("open" in has)
        + 2 * ("gross" in has) + ("net" in has) + ("tax" in has) + customer + ("matching" in has) + ("journal" in has)
        + 2 * ("reference" in has) + ("name" in has) + bool(has & {"siren", "email", "vat_id"}),
        "payments": 4 * ("paid_on" in has) + 3 * ("method" in has) + 3 * ("invoice" in has) + customer
        + ("amount" in has) - 4 * ("due_on" in has),
        "bank": 4 * ("booked_on" in has) + 3 * ("value_on" in has) + 2 * ("label" in has) + ("balance" in has)
        + 2 * ("counterparty" in has) + 2 * ("end_to_end_id" in has) + 2 * ("account_iban" in has)
        + ("amount" in has or "debit" in has) + (dated and not customer and "number" not in has)
        - 4 * ("due_on" in has) - 3 * customer - 4 * ("matching" in has) - 3 * ("journal" in has),
    }  # fmt: skip
    best = max(score, key=lambda kind: score[kind])
    return best if (score[best] >= 3 and dated) or (best == "invoices" and customer and money) else "unknown"


# What general fields become, in order of preference, for each kind of table.
_BECOMES: dict[Kind, dict[str, tuple[str, ...]]] = {
    "invoices": {"date": ("issued_on", "due_on"), "amount": ("gross", "open"), "name": ("customer_name",),
                 "code": ("customer_code",), "reference": ("number", "order"), "label": ("label",),
                 "booked_on": ("issued_on",), "invoice": ("number",), "counterparty": ("customer_name",),
                 "total": ("gross",), "balance": ("balance",), "contact_name": ("customer_name",)},
    "payments": {"date": ("paid_on",), "name": ("customer_name",), "code": ("customer_code",),
                 "reference": ("reference",), "number": ("invoice",), "gross": ("amount",), "paid": ("amount",),
                 "booked_on": ("paid_on",), "value_on": ("paid_on",), "issued_on": ("paid_on",), "net": ("amount",),
                 "counterparty": ("customer_name",), "contact_name": ("customer_name",)},
    "aged_balance": {"name": ("customer_name",), "code": ("customer_code",), "gross": ("total",), "open": ("total",),
                     "balance": ("total",), "amount": ("total",), "label": ("customer_name",),
                     "reference": ("customer_code",), "counterparty": ("customer_name",),
                     "contact_name": ("customer_name",)},
    "contacts": {"customer_name": ("name",), "code": ("customer_code",), "type": ("kind",),
                 "reference": ("customer_code",), "vat_id": ("siren",)},
    "bank": {"date": ("booked_on", "value_on"), "label": ("detail",), "issued_on": ("booked_on",),
             "name": ("counterparty",),
             "customer_name": ("counterparty",), "gross": ("amount",), "number": ("reference",),
             "paid_on": ("booked_on",), "code": ("account_iban",), "net": ("amount",), "open": ("balance",),
             "reference": ("reference",), "invoice": ("reference",), "order": ("reference",), "method": ("type",)},
    "unknown": {},
}  # fmt: skip


def _settled(
    headers: tuple[str, ...], checked: list[tuple[str, int, Reason]], seen: list[_Seen], kind: Kind
) -> tuple[Column, ...]:
    """Give each column one field of the kind; of two that want the same, the surer one has it."""
    wishes: list[tuple[int, int, int, str]] = []
    for place, (field, sure, _) in enumerate(checked):
        own = (field,) if field in FIELDS[kind] or (field.startswith("bucket:") and kind == "aged_balance") else ()
        # A person to talk to is a customer's name only where there is no better one.
        sure -= 20 * (field == "contact_name" and kind != "contacts")
        for rank, wish in enumerate((*own, *(_BECOMES[kind].get(field, ()) if sure > _BY_VALUES or not own else ()))):
            wishes.append((-(sure - 15 * rank - (10 if not own else 0)), place, rank, wish))
    taken: dict[str, int] = {}
    given: dict[int, tuple[str, int]] = {}
    for cost, place, _, wish in sorted(wishes):
        if wish not in taken and place not in given:
            taken[wish] = place
            given[place] = (wish, -cost)
    return tuple(
        Column(
            place, header, *given.get(place, ("", 0)), checked[place][2] if place in given else "",
            seen[place].examples,
        )
        for place, header in enumerate(headers)
    )  # fmt: skip


_NEEDS: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "invoices": (("number",), ("customer_name", "customer_code"), ("gross", "open", "debit", "net"),
                 ("issued_on", "due_on")),
    "payments": (("amount", "credit", "debit"), ("paid_on",)),
    "aged_balance": (("customer_name", "customer_code"),),
    "contacts": (("customer_code",),),
    "bank": (("booked_on", "value_on"), ("amount", "credit", "debit")),
    "unknown": (),
}  # fmt: skip


def missing(mapping: Mapping) -> tuple[tuple[str, ...], ...]:
    """What the kind needs and no column gives: for each need, the fields of which one would do."""
    return tuple(need for need in _NEEDS[mapping.kind] if not any(field in mapping.places for field in need))


def _confidence(columns: tuple[Column, ...], kind: Kind) -> int:
    """That of the least sure column the kind needs; halved for each that is missing."""
    if kind == "unknown":
        return 0
    by_field = {column.field: column.confidence for column in columns if column.field}
    found = [max((by_field.get(field, 0) for field in need), default=0) for need in _NEEDS[kind]]
    lowest = min((one for one in found if one), default=0)
    return lowest >> found.count(0)


# ------------------------------------------------------------------------------------------------------ ready mappings


def _ready(headers: tuple[str, ...]) -> Table[str, Any] | None:
    """The ready mapping all of whose needed headers are there."""
    there = {plain(header) for header in headers}
    for one in ready_mappings():
        if all(plain(header) in there for header in one["needs"]):
            return one
    return None


def _from_ready(grid: Grid, seen: list[_Seen], ready: Table[str, Any], mark: str) -> Mapping:
    told: dict[str, str] = {plain(header): field for header, field in ready["columns"].items()}
    columns = tuple(
        Column(place, header, told.get(plain(header), ""), 100 if plain(header) in told else 0,
               "program" if plain(header) in told else "", seen[place].examples)
        for place, header in enumerate(grid.headers)
    )  # fmt: skip
    mapping = Mapping(
        ready["kind"], columns, currency=ready.get("currency", ""), confidence=98, program=ready["id"], fingerprint=mark
    )
    found = with_forms(grid, mapping)
    if found.ambiguous_dates and ready.get("date_order"):
        return replace(found, date_order=ready["date_order"], ambiguous_dates=False)
    return found
