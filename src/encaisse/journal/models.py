"""Entries, the heads of their chains, and documents kept by the hash of their bytes."""

from __future__ import annotations

from typing import Protocol

from django.db import models
from django_scopes import ScopedManager


class Tenant(Protocol):
    """The creditor a journal belongs to, as far as this room knows it (its model lives above)."""

    pk: int
    name: str


class Entry(models.Model):
    """One line of the journal. Lines are added, never changed; only a payload may be erased (see `hashing`)."""

    creditor = models.ForeignKey("parties.Creditor", on_delete=models.PROTECT, related_name="+", db_index=False)
    chain = models.CharField(max_length=80, help_text="customer code, or empty for the creditor's own chain")
    sequence = models.PositiveIntegerField()
    recorded_at = models.CharField(max_length=32, help_text="instant in UTC, ISO 8601 with microseconds")
    day = models.DateField()
    actor = models.CharField(max_length=200)
    kind = models.CharField(max_length=60)
    payload = models.TextField(blank=True, help_text="canonical JSON; empty when erased")
    salt = models.CharField(max_length=32, blank=True)
    payload_hash = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "chain", "sequence"], name="one_entry_per_place")]
        indexes = [models.Index(fields=["creditor", "-id"], name="entry_newest")]


class Head(models.Model):
    """The last line of a chain: what the next one is linked to, and what shows that lines were cut off the end."""

    creditor = models.ForeignKey("parties.Creditor", on_delete=models.PROTECT, related_name="+", db_index=False)
    chain = models.CharField(max_length=80)
    sequence = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "chain"], name="one_head_per_chain")]


class Document(models.Model):
    """Bytes that were imported, sent or received, kept once under their SHA-256."""

    creditor = models.ForeignKey("parties.Creditor", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    content = models.BinaryField()
    kept_at = models.DateTimeField()

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "sha256"], name="one_document_per_hash")]


class Seal(models.Model):
    """One hash over all heads of a creditor at the end of a day."""

    creditor = models.ForeignKey("parties.Creditor", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    sealed_at = models.CharField(max_length=32)
    heads = models.TextField(help_text="canonical JSON: [[chain, sequence, hash], …] in order of chain")
    hash = models.CharField(max_length=64)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "day"], name="one_seal_per_day")]
