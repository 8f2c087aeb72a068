"""Invoices, receivables, payments, allocations, and the imports they came by.

Amounts are integers in minor units. What is open on a day is never stored: it is the amount less the allocations that
count from that day. `settled_on` and `spent_on` repeat what the allocations already say (first day from which nothing
is left), so that a reader of open items can pass over ten years of settled ones; `ledger.settle` keeps them.

Every query here names its creditor, so the unique keys and indexes that begin with it serve where Django would add one
per foreign key; a million rows are written in half the time without those.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from encaisse.parties.models import MINOR_UNITS, Creditor, Customer

# No check in the database, row by row, of what a whole import has in common or what the parent row says already: on a
# million rows these checks cost PostgreSQL more than the rows. Nothing deletes a creditor, a customer or an import.
_CHECKED_ABOVE: Any = {"db_index": False, "db_constraint": False}

SCOPE = "which books say so, for example fec:2026"


class Import(models.Model):
    """One file that was read into the books, once per content."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    scope = models.CharField(max_length=20, blank=True, help_text=SCOPE)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True, help_text="last day the file tells of")
    closing = models.DateField(null=True, help_text="end of the year the books are of, as the file's name says")
    imported_at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    report = models.JSONField(default=dict)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "sha256"], name="one_import_per_content")]
        indexes = [models.Index(fields=["creditor", "-imported_at"], name="import_newest")]


class Invoice(models.Model):
    """The commercial document, as the books name it.

    The number belongs to the books it was issued in (`scope`), since some programs begin again at 1 every year. One
    known only from an opening balance carries the scope of that balance until the books of its own year are read.
    """

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invoices", db_index=False)
    number = models.CharField(max_length=100)
    scope = models.CharField(max_length=20, blank=True, help_text=SCOPE)
    issued_on = models.DateField()
    amount = models.BigIntegerField(help_text=MINOR_UNITS)
    currency = models.CharField(max_length=3)
    label = models.CharField(max_length=300, blank=True)
    performed_on = models.DateField(null=True, help_text="end of the service or delivery, when a document says it")
    opening = models.BooleanField(default=False, help_text="known only from an opening balance so far")
    document = models.CharField(max_length=64, blank=True, help_text="SHA-256 of its PDF")
    source = models.ForeignKey(Import, on_delete=models.PROTECT, null=True, related_name="+", **_CHECKED_ABOVE)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "customer", "number", "scope"], name="one_invoice_per_number")
        ]
        indexes = [models.Index(fields=["creditor", "number"], name="invoice_by_number")]


class Receivable(models.Model):
    """One amount due on one date; all recovery works on these."""

    class DueFrom(models.TextChoices):
        TERMS = "terms", _("customer's terms")
        DEFAULT = "default", _("creditor's default terms")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="receivables", **_CHECKED_ABOVE)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="receivables")
    key = models.CharField(max_length=140, help_text="what makes it the same receivable in a newer export")
    scope = models.CharField(max_length=20, blank=True, help_text=SCOPE)
    number = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text=MINOR_UNITS)
    issued_on = models.DateField()
    due_on = models.DateField()
    due_from = models.CharField(max_length=8, choices=DueFrom)
    recorded_at = models.DateTimeField()
    settled_on = models.DateField(null=True, help_text="derived: first day from which nothing is open")

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "customer", "key", "scope"], name="one_receivable_per_key")
        ]
        indexes = [
            models.Index(
                fields=["creditor", "due_on"], name="receivable_open", condition=models.Q(settled_on__isnull=True)
            ),
            models.Index(fields=["creditor", "settled_on"], name="receivable_settled"),
        ]


class Payment(models.Model):
    """Money or a document that reduces receivables through its allocations."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("payment")
        CREDIT_NOTE = "credit_note", _("credit note")
        DEPOSIT = "deposit", _("deposit")
        CORRECTION = "correction", _("correction of the books")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payments", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    key = models.CharField(max_length=240, help_text="what makes it the same payment in a newer export")
    scope = models.CharField(max_length=20, blank=True, help_text=SCOPE)
    opening = models.BooleanField(default=False, help_text="known only from an opening balance so far")
    reference = models.CharField(max_length=100, blank=True)
    label = models.CharField(max_length=300, blank=True)
    paid_on = models.DateField()
    amount = models.BigIntegerField(help_text=MINOR_UNITS)
    currency = models.CharField(max_length=3)
    recorded_at = models.DateTimeField()
    spent_on = models.DateField(null=True, help_text="derived: first day from which all of it is allocated")
    source = models.ForeignKey(Import, on_delete=models.PROTECT, null=True, related_name="+", **_CHECKED_ABOVE)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "customer", "key", "scope"], name="one_payment_per_key")
        ]
        indexes = [
            models.Index(
                fields=["creditor", "customer"], name="payment_unspent", condition=models.Q(spent_on__isnull=True)
            ),
            models.Index(fields=["creditor", "spent_on"], name="payment_spent"),
        ]


class Allocation(models.Model):
    """A part of a payment set against a receivable from a day on. Undone by a second one with the opposite sign."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="allocations")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="allocations")
    amount = models.BigIntegerField(help_text=MINOR_UNITS)
    counts_on = models.DateField(help_text="first day on which it counts")
    rule = models.CharField(max_length=20, help_text="how the pair was found: lettering, reference, amount, oldest…")
    scope = models.CharField(max_length=20, blank=True, help_text=SCOPE)
    recorded_at = models.DateTimeField()

    objects = ScopedManager(creditor="creditor")


class RegimeChoice(models.Model):
    """The regime a person gave a receivable against the program's own choice, with the reason; the last one counts.

    An empty regime gives the choice back to the program.
    """

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="regime_choices")
    regime = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=300)
    actor = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    objects = ScopedManager(creditor="creditor")
