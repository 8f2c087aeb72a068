"""Keep a document's bytes under their hash, and give them back only if they are still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from encaisse.journal.models import Document


class DocumentChanged(RuntimeError):
    """The stored bytes no longer have the hash they were kept under."""


def keep(creditor_id: int, content: bytes, *, name: str, media_type: str, at: datetime) -> str:
    """Store `content` once for this creditor and return its SHA-256 in hexadecimal."""
    digest = hashlib.sha256(content).hexdigest()
    Document._base_manager.get_or_create(
        creditor_id=creditor_id,
        sha256=digest,
        defaults={
            "name": name[:200],
            "media_type": media_type,
            "size": len(content),
            "content": content,
            "kept_at": at,
        },
    )
    return digest


class Kept(NamedTuple):
    """A document to be kept: its bytes, their SHA-256 in hexadecimal, its name and media type."""

    content: bytes
    sha256: str
    name: str
    media_type: str


def keep_many(creditor_id: int, documents: Sequence[Kept], *, at: datetime) -> None:
    """Store each of these once for this creditor, in the order given. In the caller's transaction."""
    found = Document._base_manager.filter(creditor_id=creditor_id, sha256__in=[one.sha256 for one in documents])
    known = set(found.values_list("sha256", flat=True)) if documents else set()
    fresh = {one.sha256: one for one in reversed(documents) if one.sha256 not in known}
    Document._base_manager.bulk_create(
        [
            Document(
                creditor_id=creditor_id, sha256=one.sha256, name=one.name[:200], media_type=one.media_type,
                size=len(one.content), content=one.content, kept_at=at,
            )
            for one in reversed(fresh.values())
        ]
    )  # fmt: skip


def fetch(creditor_id: int, digest: str) -> Document:
    """Return the document kept under `digest`.

    Raises Document.DoesNotExist, or DocumentChanged when its bytes were altered since.
    """
    document = Document._base_manager.get(creditor_id=creditor_id, sha256=digest)
    if hash_of(document) != digest:
        raise DocumentChanged(digest)
    return document


def hash_of(document: Document) -> str:
    """Return the SHA-256 of the bytes a document has now. SQLite may hold text where bytes were written."""
    content: bytes | memoryview | str = document.content
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
