"""Paging by key: "newer" and "older" from the row one has, however many rows there are. Nothing is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import DateTimeField, Model, Q, QuerySet


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, newest first, and the keys that lead on; an empty key leads nowhere."""

    rows: Sequence[Any]
    newer: str
    older: str


def by_day(rows: QuerySet[Any], *, field: str, older_than: str, newer_than: str, size: int) -> Page:
    """Cut a page out of rows sorted by a day and the primary key, newest first. Unreadable keys mean the first page."""
    moments = isinstance(rows.model._meta.get_field(field), DateTimeField)
    older, newer = _key(older_than, moments=moments), _key(newer_than, moments=moments)
    if newer:
        after = Q(**{f"{field}__gt": newer[0]}) | Q(**{field: newer[0], "pk__gt": newer[1]})
        found = list(rows.filter(after).order_by(field, "pk")[: size + 1])
        more, found = len(found) > size, found[:size][::-1]
        return Page(found, _name(found[0], field) if found and more else "", _name(found[-1], field) if found else "")
    if older:
        rows = rows.filter(Q(**{f"{field}__lt": older[0]}) | Q(**{field: older[0], "pk__lt": older[1]}))
    found = list(rows.order_by(f"-{field}", "-pk")[: size + 1])
    more, found = len(found) > size, found[:size]
    return Page(
        found, _name(found[0], field) if found and older else "", _name(found[-1], field) if found and more else ""
    )


def _name(row: Model, field: str) -> str:
    return f"{getattr(row, field).isoformat()}~{row.pk}"


def _key(text: str, *, moments: bool) -> tuple[date, int] | None:
    """Read a key of a page; `moments`: its day must be an instant with its time zone."""
    day, _, number = text.rpartition("~")
    try:
        found, place = (datetime if moments else date).fromisoformat(day), int(number)
    except ValueError:
        return None
    return None if isinstance(found, datetime) and found.tzinfo is None else (found, place)
