"""Check one chain of journal lines. Standard library only: this file travels in every evidence file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

try:
    from encaisse.journal.hashing import GENESIS, hash_entry, hash_payload
except ImportError:  # beside the verifier of an evidence file
    from hashing import GENESIS, hash_entry, hash_payload  # type: ignore[no-redef,import-not-found]


class Line(NamedTuple):
    """One line of the journal, as it is stored."""

    chain: str
    sequence: int
    recorded_at: str
    day: str
    actor: str
    kind: str
    payload: str
    salt: str
    payload_hash: str
    previous: str
    hash: str


class Fault(NamedTuple):
    """Something that is not as it was written: where, what (a code), and a detail."""

    chain: str
    sequence: int
    code: str
    detail: str


MEANING = {
    "line_missing": "a line is missing before this one, or lines changed places",
    "link_broken": "the line does not follow from the one before it",
    "line_changed": "the line was changed after it was written",
    "payload_changed": "the content of the line was changed after it was written",
    "end_cut_off": "lines are missing at the end of the chain",
    "head_missing": "the record of the chain's end is missing",
    "head_changed": "the record of the chain's end was changed",
    "chain_missing": "all lines of the chain are missing",
    "document_changed": "the bytes of a kept document were changed",
    "document_missing": "a document named by the journal is missing",
    "file_changed": "a file of the evidence was changed",
    "file_missing": "a file of the evidence is missing",
    "file_added": "a file was added to the evidence",
    "seal_changed": "a daily seal was changed",
    "seal_missing": "a daily seal that the journal tells of is missing",
    "sealed_line_changed": "a line differs from what the seal of that day holds",
}


def check_chain(lines: Sequence[Line], head: tuple[int, str] | None) -> list[Fault]:
    """Return what is wrong with the lines of one chain, given in order; `head` is the recorded end of the chain."""
    faults = list(_line_faults(lines))
    if not lines:
        return faults
    last = lines[-1]
    if head is None:
        faults.append(Fault(last.chain, last.sequence, "head_missing", ""))
    elif head[0] > last.sequence:
        faults.append(Fault(last.chain, head[0], "end_cut_off", ""))
    elif head != (last.sequence, last.hash):
        faults.append(Fault(last.chain, last.sequence, "head_changed", ""))
    return faults


def content(payload: str) -> Any:
    """Return what a payload says; None when it was erased or is no longer JSON."""
    try:
        return json.loads(payload) if payload else None
    except ValueError:
        return None  # reported by the payload's own hash


def documents_in(value: Any) -> Iterator[str]:
    """Give the hashes of the documents a payload names, at any depth, under the key `documents`."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "documents" and isinstance(item, list):
                yield from (digest for digest in item if isinstance(digest, str))
            else:
                yield from documents_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from documents_in(item)


def _erasures(lines: Iterable[Line]) -> dict[int, int]:
    """Places whose erasure a line of the same chain tells of, with the last place of such a line."""
    told = ((line, content(line.payload)) for line in lines if line.kind == "erased")
    return {said["sequence"]: line.sequence for line, said in told if isinstance(said, dict) and "sequence" in said}


def _line_faults(lines: Sequence[Line]) -> Iterable[Fault]:
    previous, expected = GENESIS, 1
    erasures = _erasures(lines)
    for line in lines:
        if line.sequence != expected:
            yield Fault(line.chain, line.sequence, "line_missing", f"{expected}")
        elif line.previous != previous:
            yield Fault(line.chain, line.sequence, "link_broken", "")
        # An erased payload has neither text nor salt, and a later line says so: the chain keeps its hash, nobody
        # its words.
        erased = not line.payload and not line.salt and erasures.get(line.sequence, 0) > line.sequence
        if not erased and hash_payload(line.salt, line.payload) != line.payload_hash:
            yield Fault(line.chain, line.sequence, "payload_changed", line.kind)
        place = (line.previous, line.chain, line.sequence, line.recorded_at)
        if line.hash != hash_entry(*place, line.day, line.actor, line.kind, line.payload_hash):
            yield Fault(line.chain, line.sequence, "line_changed", line.kind)
        previous, expected = line.hash, line.sequence + 1
