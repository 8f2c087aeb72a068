"""The arithmetic of the chain, using the standard library only, so that anyone can check it elsewhere.

Canonical JSON follows RFC 8785 for what is stored here: objects with ASCII keys, strings, integers, booleans, null and
arrays. Floats are refused, because amounts and rates are never floats in this program.

    payload_hash = SHA-256(salt ‖ canonical(payload))
    hash         = SHA-256(canonical([previous, chain, sequence, recorded_at, day, actor, kind, payload_hash]))

The payload enters the chain only by its salted hash: it can be erased (GDPR, article 17) and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

GENESIS = "0" * 64
_SORTED = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_IN_ORDER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_PLAIN = frozenset({str, int, bool, type(None)})


def canonical(value: Any) -> str:
    """Return `value` as canonical JSON text. Raises TypeError for floats and for keys that are not ASCII."""
    _refuse_floats(value)
    return _SORTED.encode(value)


def _refuse_floats(value: Any) -> None:
    if type(value) in _PLAIN:
        return
    if isinstance(value, float):
        raise TypeError("floats have no place in the journal: give minor units as integers or decimals as text")
    if isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise TypeError(f"journal keys are ASCII text, not {key!r}")
            if type(item) not in _PLAIN:
                _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


def hash_payload(salt: str, payload: str) -> str:
    """Return the salted hash of a payload's canonical text, in hexadecimal."""
    return hashlib.sha256((salt + payload).encode()).hexdigest()


def hash_entry(
    previous: str, chain: str, sequence: int, recorded_at: str, day: str, actor: str, kind: str, payload_hash: str
) -> str:
    """Return the hash that binds one entry to the one before it."""
    line = _IN_ORDER.encode([previous, chain, sequence, recorded_at, day, actor, kind, payload_hash])
    return hashlib.sha256(line.encode()).hexdigest()


def hash_seal(day: str, heads: str) -> str:
    """Return the hash of a daily seal over the canonical list of heads."""
    return hashlib.sha256(f"{day}\n{heads}".encode()).hexdigest()
