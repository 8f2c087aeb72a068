"""Check that no byte, line or order of the journal was changed, and that every kept document still is what it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from encaisse.journal.check import Fault, Line, check_chain
from encaisse.journal.hashing import canonical, hash_seal
from encaisse.journal.models import Document, Entry, Head, Seal, Tenant

FIELDS = (
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
class Verification:
    """What was looked at and what is wrong; no fault means that everything is as it was written."""

    entries: int
    chains: int
    documents: int
    seals: int
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        return not self.faults


def lines_of(creditor: Tenant, chain: str | None = None) -> Iterator[Line]:
    """Give the journal's lines in order of chain and place, as plain records."""
    entries = Entry.objects.filter(creditor_id=creditor.pk)
    if chain is not None:
        entries = entries.filter(chain=chain)
    for row in entries.order_by("chain", "sequence", "id").values_list(*FIELDS).iterator(chunk_size=5000):
        values = dict(zip(FIELDS, row, strict=True))
        values["day"] = values["day"].isoformat()
        yield Line(**values)


def verify(creditor: Tenant) -> Verification:
    """Check all chains, their heads, the seals and the documents of a creditor."""
    heads = {
        chain: (sequence, digest) for chain, sequence, digest in Head.objects.values_list("chain", "sequence", "hash")
    }
    faults: list[Fault] = []
    entries = 0
    seen: set[str] = set()
    sealed = _sealed_places()
    for chain, group in groupby(lines_of(creditor), key=lambda line: line.chain):
        lines = list(group)
        entries += len(lines)
        seen.add(chain)
        faults += check_chain(lines, heads.get(chain))
        places = {line.sequence: line.hash for line in lines}
        faults += [
            Fault(chain, sequence, "sealed_line_changed", day)
            for day, sequence, digest in sealed.get(chain, ())
            if places.get(sequence) != digest
        ]
    faults += [Fault(chain, 0, "chain_missing", "") for chain in sorted(set(heads) - seen)]
    documents, broken = _documents()
    seals, bad_seals = _seals()
    return Verification(entries, len(seen), documents, seals, tuple(faults + broken + bad_seals))


def _documents() -> tuple[int, list[Fault]]:
    count, faults = 0, []
    for document in Document.objects.order_by("pk").iterator(chunk_size=20):
        count += 1
        if hashlib.sha256(bytes(document.content)).hexdigest() != document.sha256:
            faults.append(Fault("", document.pk, "document_changed", document.name))
    return count, faults


def _sealed_places() -> dict[str, list[tuple[str, int, str]]]:
    places: dict[str, list[tuple[str, int, str]]] = {}
    for seal in Seal.objects.order_by("day"):
        for chain, sequence, digest in _heads_in(seal):
            places.setdefault(chain, []).append((seal.day.isoformat(), sequence, digest))
    return places


def _heads_in(seal: Seal) -> list[tuple[str, int, str]]:
    try:
        return [(str(chain), int(sequence), str(digest)) for chain, sequence, digest in json.loads(seal.heads)]
    except (ValueError, TypeError):
        return []  # reported by the seal's own hash


def _seals() -> tuple[int, list[Fault]]:
    count, faults = 0, []
    for seal in Seal.objects.order_by("day"):
        count += 1
        if hash_seal(seal.day.isoformat(), seal.heads) != seal.hash:
            faults.append(Fault("", 0, "seal_changed", seal.day.isoformat()))
    return count, faults


def heads_text(creditor: Tenant) -> str:
    """Return the canonical list of all heads, as a seal holds it."""
    rows = Head.objects.filter(creditor_id=creditor.pk).values_list("chain", "sequence", "hash")
    return canonical([list(row) for row in sorted(rows, key=itemgetter(0))])
