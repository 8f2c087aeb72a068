"""Everything one creditor has in the database, told so that two ledgers can be compared.

Rows are named by their place among the rows of their table, in the order they were written; what is random or hashed
from it is left out.
"""

from __future__ import annotations

import re
from typing import Any

from django.apps import apps
from django.db import models
from django_scopes import scopes_disabled

Dump = dict[str, list[dict[str, Any]]]
_RANDOM = frozenset({"salt", "payload_hash", "previous", "hash"})
_MERGED = re.compile(r"~([0-9a-f]+)$")
"""What is kept apart when customers are merged bears the id of the one it was of."""
_IDS = re.compile(r'"(ids|match)":(\[[0-9,]*\]|[0-9]+),')
"""What a payload of the journal names by the id of its row."""
_APPS = ("parties", "ledger", "journal", "recovery")


def dump(creditor_id: int) -> Dump:
    """Rows of every table that has a creditor, table by table."""
    with scopes_disabled():
        tables = {model: _rows(model, creditor_id) for model in _models()}
    places = {model: {row["id"]: place for place, row in enumerate(rows)} for model, rows in tables.items()}
    return {model.__name__: [_told(model, row, places) for row in rows] for model, rows in tables.items() if rows}


def _models() -> list[type[models.Model]]:
    found = [model for label in _APPS for model in apps.get_app_config(label).get_models()]
    return [model for model in found if any(one.name == "creditor" for one in model._meta.concrete_fields)]


def _rows(model: type[models.Model], creditor_id: int) -> list[dict[str, Any]]:
    names = [one.attname for one in model._meta.concrete_fields]
    return list(model._base_manager.filter(creditor_id=creditor_id).order_by("pk").values(*names))


def _told(model: type[models.Model], row: dict[str, Any], places: dict[Any, dict[int, int]]) -> dict[str, Any]:
    found = {}
    for one in model._meta.concrete_fields:
        value = row[one.attname]
        if one.name in ("id", "creditor") or one.name in _RANDOM:
            continue
        if one.is_relation and value is not None:
            value = places.get(one.related_model, {}).get(value, "elsewhere")
        if one.name == "report":
            value = _report(value, {other.__name__: mine for other, mine in places.items()})
        if isinstance(value, str) and (merged := _MERGED.search(value)):
            customers = next(mine for other, mine in places.items() if other.__name__ == "Customer")
            value = value[: merged.start()] + f"~{customers.get(int(merged[1], 16), value)}"
        if one.name == "payload":
            value = _IDS.sub("", value)
        found[one.name] = bytes(value) if isinstance(value, memoryview) else value
    return found


def _report(told: dict[str, Any], places: dict[str, dict[int, int]]) -> dict[str, Any]:
    """A report names invoices and statuses by the ids of their rows."""
    held = {why: [places["Invoice"][pk] for pk in pks] for why, pks in told.get("held", {}).items()}
    more = {places["InvoiceStatus"].get(int(pk), pk): what for pk, what in told.get("more", {}).items()}
    return {**told, "held": held, "more": more}
