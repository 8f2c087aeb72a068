"""Add entries to the journal, in the transaction of the change they tell of."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from encaisse.journal.hashing import GENESIS, canonical, hash_entry, hash_payload
from encaisse.journal.models import Entry, Head
from encaisse.storage import bulk

COLUMNS = (
    "creditor_id",
    "chain",
    "sequence",
    "recorded_at",
    "day",
    "actor",
    "kind",
    "payload",
    "salt",
    "payload_hash",
    "previous",
    "hash",
)


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be written: the chain (a customer's code, or empty for the creditor's own), the kind, the payload."""

    chain: str
    kind: str
    payload: Mapping[str, Any]


def instant(moment: datetime) -> str:
    """Return a moment as the journal writes it: UTC, microseconds, no local offset."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def append(creditor_id: int, chain: str, kind: str, payload: Mapping[str, Any], *, at: datetime, actor: str) -> None:
    """Add one entry. Must run inside a transaction, else raises RuntimeError."""
    append_many(creditor_id, [Line(chain, kind, payload)], at=at, actor=actor)


def append_many(creditor_id: int, lines: Sequence[Line], *, at: datetime, actor: str, day: date | None = None) -> None:
    """Add many entries, each to the end of its chain, in the order given.

    `day` is the day they speak of, by default that of `at` on the wall. Must run inside a transaction: an entry
    without its change, or a change without its entry, is never stored.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a journal entry is written in the transaction of its change: open transaction.atomic()")
    if not lines:
        return
    # One writer per creditor's journal: two transactions can then never link to the same head.
    bulk.lock(f"journal:{creditor_id}")
    heads = _heads(creditor_id, {line.chain for line in lines})
    moment = instant(at)
    on = (day or timezone.localdate(at)).isoformat()
    rows, tips = _linked(creditor_id, lines, heads, moment, on, actor)
    bulk.insert(Entry, COLUMNS, rows)
    _move_heads(creditor_id, heads, tips)


def _linked(
    creditor_id: int, lines: Iterable[Line], heads: Mapping[str, tuple[int, str]], moment: str, on: str, actor: str
) -> tuple[list[tuple[Any, ...]], dict[str, tuple[int, str]]]:
    tips: dict[str, tuple[int, str]] = {}
    rows = []
    for line in lines:
        sequence, previous = tips.get(line.chain) or heads.get(line.chain) or (0, GENESIS)
        sequence += 1
        payload = canonical(line.payload)
        salt = secrets.token_hex(16)
        payload_hash = hash_payload(salt, payload)
        digest = hash_entry(previous, line.chain, sequence, moment, on, actor, line.kind, payload_hash)
        hashes = (payload, salt, payload_hash, previous, digest)
        rows.append((creditor_id, line.chain, sequence, moment, on, actor, line.kind, *hashes))
        tips[line.chain] = (sequence, digest)
    return rows, tips


def _heads(creditor_id: int, chains: set[str]) -> dict[str, tuple[int, str]]:
    found = Head._base_manager.filter(creditor_id=creditor_id)
    if len(chains) < 500:
        found = found.filter(chain__in=chains)
    return {chain: (sequence, digest) for chain, sequence, digest in found.values_list("chain", "sequence", "hash")}


def _move_heads(creditor_id: int, known: Mapping[str, Any], tips: Mapping[str, tuple[int, str]]) -> None:
    fresh = [(creditor_id, chain, *tip) for chain, tip in tips.items() if chain not in known]
    moved = [(*tip, creditor_id, chain) for chain, tip in tips.items() if chain in known]
    bulk.insert(Head, ("creditor_id", "chain", "sequence", "hash"), fresh)
    if moved:
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {bulk.table(Head)} SET sequence = %s, hash = %s WHERE creditor_id = %s AND chain = %s",
                moved,
            )
