"""How electronic invoices, their statuses and merged customers read on a timeline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from encaisse.exchange.statuses import meanings, reason_words
from encaisse.web import formats


def _status(payload: dict[str, Any]) -> str:
    """The number, what the status says and why: the day it was set may be long before the day it was read."""
    meaning = meanings().get(payload.get("code", ""))
    words = meaning.label(formats.language()) if meaning else ""
    said = f"{words} ({payload.get('code', '')})"
    on = payload.get("on")
    parts = [payload.get("number", ""), said, formats.day(date.fromisoformat(on)) if on else ""]
    parts.append(payload.get("reason") or reason_words(payload.get("reason_code", ""), formats.language()))
    return " – ".join(part for part in parts if part)


def _invoice(payload: dict[str, Any]) -> str:
    days = [formats.day(date.fromisoformat(day)) for day, _amount in payload.get("due_on", [])]
    due = _("due on %(days)s") % {"days": ", ".join(days)} if days else ""
    names = _("takes off %(numbers)s") % {"numbers": ", ".join(payload["names"])} if payload.get("names") else ""
    return " – ".join(part for part in (payload.get("number", ""), due, names) if part)


def _merged(payload: dict[str, Any]) -> str:
    return f"{payload.get('from', '')} → {payload.get('into', '')}"


BY_KIND: dict[str, Callable[[dict[str, Any]], str]] = {
    "status_read": _status,
    "einvoice_read": _invoice,
    "customers_merged": _merged,
    "customers_parted": _merged,
    "document_attached": lambda payload: str(payload.get("number", "")),
}
