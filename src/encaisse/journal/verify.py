"""Check that no byte, line or order of the journal was changed, and that every kept document still is what it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from django.db.models import TextField
from django.db.models.functions import Cast

from encaisse.journal.check import Fault, Line, check_chain, content, documents_in
from encaisse.journal.hashing import canonical, hash_seal
from encaisse.journal.keep import hash_of
from encaisse.journal.models import Document, Entry, Head, Seal, Tenant

FIELDS = (
    "chain",
    "sequence",
    "recorded_at",
    "written",
    "actor",
    "kind",
    "payload",
    "salt",
    "payload_hash",
    "previous",
    "hash",
)
KINDS = tuple(int if name == "sequence" else str for name in FIELDS)
"""SQLite keeps any value in any column: what is not of the kind that was written is read as nothing, and found."""
SEALED = "day_sealed"
Place = tuple[str, int, str]


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
    # The day as the text that was hashed: a day that is none any more is for the check to find.
    texts = entries.annotate(written=Cast("day", TextField())).order_by("chain", "sequence", "id")
    for row in texts.values_list(*FIELDS).iterator(chunk_size=5000):
        yield Line._make(value if isinstance(value, kind) else kind() for value, kind in zip(row, KINDS, strict=True))


@dataclass(slots=True)
class _Seen:
    """What is gathered while all lines pass by once."""

    entries: int = 0
    chains: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    documents: list[tuple[str, int, str]] = field(default_factory=list)
    seals: list[tuple[int, str, str]] = field(default_factory=list)


def verify(creditor: Tenant) -> Verification:
    """Check all chains, their heads, the seals and the documents of a creditor."""
    kept = Head.objects.filter(creditor_id=creditor.pk).values_list("chain", "sequence", "hash")
    heads = {chain: (sequence, digest) for chain, sequence, digest in kept}
    seals = list(Seal.objects.filter(creditor_id=creditor.pk).order_by("day"))
    sealed = _sealed_places(seals)
    seen = _Seen()
    for chain, group in groupby(lines_of(creditor), key=lambda line: line.chain):
        _check(list(group), heads.get(chain), sealed.pop(chain, ()), seen)
    seen.faults += [Fault(chain, 0, "chain_missing", "") for chain in sorted(set(heads) - seen.chains)]
    # What is left was sealed, and not a line of it is there any more, perhaps not even a head.
    for chain, places in sorted(sealed.items()):
        seen.faults += [Fault(chain, sequence, "sealed_line_changed", day) for day, sequence, _digest in places]
    documents, broken = _documents(creditor, seen)
    faults = (*seen.faults, *broken, *_seal_faults(seals, seen))
    return Verification(seen.entries, len(seen.chains), documents, len(seals), faults)


def _check(lines: list[Line], head: tuple[int, str] | None, sealed: Iterable[Place], seen: _Seen) -> None:
    chain = lines[0].chain
    seen.entries += len(lines)
    seen.chains.add(chain)
    seen.faults += check_chain(lines, head)
    places = {line.sequence: line.hash for line in lines}
    seen.faults += [
        Fault(chain, sequence, "sealed_line_changed", day)
        for day, sequence, digest in sealed
        if places.get(sequence) != digest
    ]
    for line in lines:
        if '"documents"' in line.payload:
            seen.documents += [(chain, line.sequence, digest) for digest in documents_in(content(line.payload))]
        elif line.kind == SEALED and not chain:
            said = content(line.payload) or {}
            seen.seals.append((line.sequence, str(said.get("day")), str(said.get("seal"))))


def _documents(creditor: Tenant, seen: _Seen) -> tuple[int, list[Fault]]:
    faults, there = [], set()
    for document in Document.objects.filter(creditor_id=creditor.pk).order_by("pk").iterator(chunk_size=20):
        there.add(document.sha256)
        if hash_of(document) != document.sha256:
            faults.append(Fault("", document.pk, "document_changed", document.name))
    faults += [Fault(*named[:2], "document_missing", named[2]) for named in seen.documents if named[2] not in there]
    return len(there), faults


def _sealed_places(seals: Iterable[Seal]) -> dict[str, list[Place]]:
    places: dict[str, list[Place]] = {}
    for seal in seals:
        for chain, sequence, digest in _heads_in(seal):
            places.setdefault(chain, []).append((seal.day.isoformat(), sequence, digest))
    return places


def _heads_in(seal: Seal) -> list[Place]:
    try:
        return [(str(chain), int(sequence), str(digest)) for chain, sequence, digest in json.loads(seal.heads)]
    except (ValueError, TypeError):
        return []  # reported by the seal's own hash


def _seal_faults(seals: Iterable[Seal], seen: _Seen) -> Iterator[Fault]:
    there = {}
    for seal in seals:
        day = seal.day.isoformat()
        there[day] = seal.hash
        if hash_seal(day, seal.heads) != seal.hash:
            yield Fault("", 0, "seal_changed", day)
    for sequence, day, digest in seen.seals:
        if day not in there:
            yield Fault("", sequence, "seal_missing", day)
        elif there[day] != digest:
            yield Fault("", sequence, "seal_changed", day)


def heads_text(creditor: Tenant) -> str:
    """Return the canonical list of all heads, as a seal holds it."""
    rows = Head.objects.filter(creditor_id=creditor.pk).values_list("chain", "sequence", "hash")
    return canonical([list(row) for row in sorted(rows, key=itemgetter(0))])
