"""Which column of a table means what: as a person said it before, as the program is known to write it, else guessed.

What a person says is kept for every table with the same headers, in the same order. The journal holds who said what.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, cast

from django.db import transaction
from django.utils.translation import gettext as _

from encaisse.exchange.table_forms import with_forms
from encaisse.exchange.table_guess import missing, recalled, remapped
from encaisse.exchange.table_headers import by_header
from encaisse.exchange.table_mapping import FIELDS, Kind, Mapping, fingerprint, from_json
from encaisse.exchange.table_rows import is_heading
from encaisse.exchange.table_values import DateOrder, DecimalMark, plain
from encaisse.exchange.tables import TableFile
from encaisse.journal.append import append
from encaisse.ledger.models import Import, TableMapping
from encaisse.parties.models import Creditor

Source = Literal["remembered", "ready", "guessed"]
SURE = 60
"""A guess below this confidence (0 to 100) is shown and not imported."""
KINDS: dict[str, Kind] = {
    "invoices": "invoices", "payments": "payments", "aged": "aged_balance", "aged_balance": "aged_balance",
    "bank": "bank", "contacts": "contacts",
}  # fmt: skip
"""What a person calls each kind of table, and its name in a mapping."""


DECIDING = frozenset(
    {"number", "customer_code", "customer_name", "gross", "open", "due_on", "amount", "paid_on", "total"}
)
"""Fields that two columns must not both claim."""
_AS_IN: dict[str, dict[str, str]] = {
    "invoices": {"amount": "gross", "total": "gross", "name": "customer_name", "invoice": "number"},
    "payments": {"gross": "amount", "paid": "amount", "date": "paid_on", "number": "invoice"},
    "aged_balance": {"amount": "total", "gross": "total", "name": "customer_name"},
}
"""What a general header is in each kind of table."""
DATE_ORDERS = ("dmy", "mdy", "ymd")


class MappingRefused(ValueError):
    """A mapping cannot be kept as it was said; the message says what to say instead, in the language in force."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a table will be read. ``missing``: what its kind needs and no column gives, as ``number`` or ``gross|net``.

    ``sure``: it may be imported without anybody's look at it.
    """

    mapping: Mapping
    source: Source
    missing: tuple[str, ...]
    kept: TableMapping | None = None

    @property
    def sure(self) -> bool:
        """A mapping a person confirmed, or a guess without gaps or doubts."""
        told = self.mapping
        if told.kind == "unknown" or self.missing:
            return False
        return self.source != "guessed" or told.confidence >= SURE


def layout_of(table: TableFile) -> str:
    """What tells one layout of columns from another; without headers, what the columns seem to hold."""
    mark = fingerprint(table.grid.headers)
    if any(table.grid.headers):
        return mark
    seems = [table.guess.kind, *(column.field for column in table.guess.columns)]
    return f"{mark}-{hashlib.sha256('|'.join(seems).encode()).hexdigest()[:16]}"


def chosen(creditor: Creditor, table: TableFile) -> Chosen:
    """How this table will be read: remembered before ready before guessed. Reads only."""
    kept = TableMapping.objects.filter(creditor=creditor, layout=layout_of(table)).first()
    if kept is not None:
        try:
            mapping = _recalled(table, from_json(json.dumps(kept.mapping)))
        except ValueError:
            pass  # kept by a version that named its fields otherwise: it is guessed again, and can be said again
        else:
            return Chosen(mapping, "remembered", _missing(table, mapping), kept)
    source: Source = "ready" if table.guess.program else "guessed"
    return Chosen(table.guess, source, _missing(table, table.guess))


def remember(
    creditor: Creditor, table: TableFile, mapping: Mapping, *, name: str = "", at: datetime, actor: str
) -> TableMapping:
    """Keep how tables with these headers are read, in one transaction with its journal entry.

    Doubts about the order of dates and the decimal mark end here: who keeps a mapping has seen what is taken.
    Raises MappingRefused when the mapping is of no kind, of other headers, or lacks what its kind needs.
    """
    if mapping.kind == "unknown":
        raise MappingRefused(_("Say what the table is: invoices, payments, an aged balance, contacts or a bank table."))
    if mapping.fingerprint != fingerprint(table.grid.headers):
        raise MappingRefused(_("This mapping is of a table with other headers."))
    lacking = _missing(table, mapping)
    if lacking:
        raise MappingRefused(
            _("No column is said to be: %(fields)s. Say which one is.") % {"fields": "; ".join(lacking)}
        )
    said = replace(mapping, ambiguous_dates=False, ambiguous_amounts=False)
    values = {
        "name": name[:200], "sheet": table.grid.sheet[:100], "kind": said.kind, "mapping": json.loads(said.to_json()),
        "actor": actor, "recorded_at": at,
    }  # fmt: skip
    with transaction.atomic():
        row = TableMapping.objects.filter(creditor=creditor, layout=layout_of(table)).first()
        same = row is not None and row.mapping == values["mapping"]
        if row is not None and same:
            return row
        row, _made = TableMapping.objects.update_or_create(
            creditor=creditor, layout=layout_of(table), defaults=values
        )  # fmt: skip
        append(creditor.pk, "", "mapping_remembered", _told(row), at=at, actor=actor)
        _read_again(creditor, row.layout)
    return row


def _read_again(creditor: Creditor, layout: str) -> None:
    """The last table of this layout was read otherwise: its content may be imported again."""
    read = Import.objects.filter(creditor=creditor, report__layout=layout)
    for one in read.order_by("-imported_at", "-pk")[:1]:
        one.report["waiting"] = True
        one.save(update_fields=["report"])


def forget(creditor: Creditor, pk: int, *, at: datetime, actor: str) -> None:
    """Forget a mapping: tables of its layout are guessed again. Raises MappingRefused when there is none."""
    with transaction.atomic():
        row = TableMapping.objects.filter(creditor=creditor, pk=pk).first()
        if row is None:
            raise MappingRefused(_("There is no mapping %(number)s.") % {"number": pk})
        append(creditor.pk, "", "mapping_forgotten", _told(row), at=at, actor=actor)
        row.delete()


def listing(creditor: Creditor) -> list[TableMapping]:
    """The mappings kept, newest first."""
    return list(TableMapping.objects.filter(creditor=creditor).order_by("-recorded_at", "-pk"))


def as_kind(table: TableFile, mapping: Mapping, kind: str) -> Mapping:
    """The columns guessed again for another kind of table. Raises MappingRefused when there is no such kind."""
    if kind not in KINDS:
        raise MappingRefused(_unknown_kind(kind))
    wanted = KINDS[kind]
    return mapping if mapping.kind == wanted else remapped(table.grid, mapping, wanted)


def corrected(table: TableFile, mapping: Mapping, meanings: Table[int, str]) -> Mapping:
    """The mapping with some columns said by a person: place of the column → field, ``""`` for not read.

    Raises MappingRefused, naming the fields there are.
    """
    if mapping.kind == "unknown":
        raise MappingRefused(_("Say what the table is: invoices, payments, an aged balance, contacts or a bank table."))
    for place, field in meanings.items():
        try:
            mapping = mapping.with_field(place, field)
        except ValueError:
            raise MappingRefused(
                _("“%(field)s” is no meaning of a column in such a table. There are: %(fields)s.")
                % {"field": field, "fields": ", ".join(FIELDS[mapping.kind])}
            ) from None
    return _forms_again(table, mapping)


def with_said_forms(mapping: Mapping, *, dates: str = "", decimals: str = "") -> Mapping:
    """The mapping with the order of dates (dmy, mdy, ymd) and the decimal mark (, or .) a person confirms.

    Raises MappingRefused for another order or mark.
    """
    if dates not in ("", *DATE_ORDERS):
        raise MappingRefused(_("“%(said)s” is no order of dates. There are: dmy, mdy, ymd.") % {"said": dates})
    if decimals not in ("", ",", "."):
        raise MappingRefused(_("“%(said)s” is no decimal mark: say a comma or a point.") % {"said": decimals})
    if dates:
        mapping = replace(mapping, date_order=cast(DateOrder, dates), ambiguous_dates=False)
    if decimals:
        mapping = replace(mapping, decimal_mark=cast(DecimalMark, decimals), ambiguous_amounts=False)
    return mapping


def rivals(table: TableFile, told: Chosen) -> list[tuple[int, str]]:
    """Columns between which a guess had to choose: both headed as what decides, with other values in them."""
    if told.source != "guessed":
        return []
    found: list[tuple[int, str]] = []
    by_field = {column.field: column for column in told.mapping.columns if column.field in DECIDING}
    for column in told.mapping.columns:
        if column.field or not column.header:
            continue
        wish, sure = by_header(column.header)
        wish = _AS_IN.get(told.mapping.kind, {}).get(wish, wish)
        taken = by_field.get(wish)
        if taken is None or taken.reason != "header" or sure < taken.confidence:
            continue
        if any(row.at(column.place) not in ("", row.at(taken.place)) for row in table.grid.rows):
            found += [(taken.place, wish), (column.place, wish)]
    return list(dict.fromkeys(found))


def place_of(table: TableFile, header: str) -> int:
    """The place of a column named by its header, or by its number counted from 1. Raises MappingRefused."""
    wanted = plain(header)
    found = [place for place, one in enumerate(table.grid.headers) if one and plain(one) == wanted]
    if len(found) == 1:
        return found[0]
    number = header.strip().removeprefix("#")
    if not found and number.isascii() and number.isdigit() and 1 <= int(number) <= len(table.grid.headers):
        return int(number) - 1
    if found:
        raise MappingRefused(
            _("Several columns are headed “%(header)s”: name the column by its number, such as #%(number)s.")
            % {"header": header, "number": found[0] + 1}
        )
    raise MappingRefused(
        _("No column is headed “%(header)s”. There are: %(headers)s.")
        % {"header": header, "headers": ", ".join(one for one in table.grid.headers if one) or "#1, #2…"}
    )


def _recalled(table: TableFile, kept: Mapping) -> Mapping:
    """A kept mapping on this table. What this one's own values decide of dates and decimals goes before."""
    return _forms_again(table, recalled(table.grid, kept))


def _forms_again(table: TableFile, mapping: Mapping) -> Mapping:
    """Order of dates and decimal mark by this table's own values; where these leave it open, as it was settled."""
    now = with_forms(table.grid, mapping)
    if now.ambiguous_dates and mapping.date_order and not mapping.ambiguous_dates:
        now = replace(now, date_order=mapping.date_order, ambiguous_dates=False)
    if now.ambiguous_amounts and mapping.decimal_mark and not mapping.ambiguous_amounts:
        now = replace(now, decimal_mark=mapping.decimal_mark, ambiguous_amounts=False)
    return now


def _missing(table: TableFile, mapping: Mapping) -> tuple[str, ...]:
    by_section = any(is_heading(row, len(table.grid.headers)) for row in table.grid.rows)
    return tuple("|".join(need) for need in missing(mapping) if not (by_section and "customer_name" in need))


def _unknown_kind(kind: str) -> str:
    return _("“%(kind)s” is no kind of table. There are: %(kinds)s.") % {
        "kind": kind, "kinds": "invoices, payments, aged, bank, contacts",
    }  # fmt: skip


def _told(row: TableMapping) -> dict[str, Any]:
    """For the journal: the headers and what they mean, no values."""
    columns = [[column["header"] or f"#{column['place'] + 1}", column["field"]] for column in row.mapping["columns"]]
    return {
        "layout": row.layout, "kind": row.kind, "name": row.name, "date_order": row.mapping["date_order"],
        "decimal_mark": row.mapping["decimal_mark"], "columns": [[name, one] for name, one in columns if one],
    }  # fmt: skip
