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
    details = models.JSONField(null=True, help_text="what an electronic invoice says beside its amount and dates")
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
        INVOICE = "invoice", _("the invoice itself")
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


class InvoiceStatus(models.Model):
    """One message of the life cycle of an electronic invoice (received, refused, disputed, approved, paid…)."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="statuses")
    code = models.CharField(max_length=10, help_text="as encaisse.exchange.statuses names them")
    happened_on = models.DateField()
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    amount = models.BigIntegerField(null=True, help_text=MINOR_UNITS)
    source = models.ForeignKey(Import, on_delete=models.PROTECT, null=True, related_name="+", **_CHECKED_ABOVE)
    recorded_at = models.DateTimeField()

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["creditor", "invoice", "code", "happened_on", "reason_code"], name="one_status_each"
            )
        ]


class BankAccount(models.Model):
    """An account of the creditor that statements were read of."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    number = models.CharField(max_length=60, help_text="IBAN, else the number the bank uses")
    currency = models.CharField(max_length=3)
    label = models.CharField(max_length=120, blank=True)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "number", "currency"], name="one_account_per_number")
        ]


class BankBalance(models.Model):
    """What a statement says was on the account at the end of a day, or at its beginning."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="balances")
    kind = models.CharField(max_length=20)
    on = models.DateField()
    amount = models.BigIntegerField(help_text=MINOR_UNITS)
    source = models.ForeignKey(Import, on_delete=models.PROTECT, null=True, related_name="+", **_CHECKED_ABOVE)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "account", "kind", "on", "amount"], name="one_balance_each")
        ]


class BankTransaction(models.Model):
    """One movement on an account, as the bank told it; `state` repeats what its matches say."""

    class State(models.TextChoices):
        OPEN = "open", _("not matched")
        PROPOSED = "proposed", _("a match waits for a yes")
        BOOKED = "booked", _("booked")
        ASIDE = "aside", _("set aside: not a customer's payment")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="transactions")
    key = models.CharField(max_length=120, help_text="what makes it the same movement in another statement")
    booked_on = models.DateField()
    value_on = models.DateField(null=True)
    amount = models.BigIntegerField(help_text=MINOR_UNITS + "; money in is positive")
    currency = models.CharField(max_length=3)
    payer = models.CharField(max_length=200, blank=True)
    payer_iban = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    structured = models.CharField(max_length=60, blank=True)
    end_to_end_id = models.CharField(max_length=60, blank=True)
    nature = models.CharField(max_length=20, blank=True)
    returned = models.CharField(max_length=20, blank=True, help_text="reason code when it undoes an earlier payment")
    charges = models.BigIntegerField(null=True, help_text=MINOR_UNITS)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    source = models.ForeignKey(Import, on_delete=models.PROTECT, null=True, related_name="+", **_CHECKED_ABOVE)
    recorded_at = models.DateTimeField()

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "account", "key"], name="one_movement_each")]
        indexes = [models.Index(fields=["creditor", "state", "booked_on"], name="movement_by_state")]


class Match(models.Model):
    """A movement of money seen as a customer's payment: proposed, booked, or undone; never deleted."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("waits for a yes")
        BOOKED = "booked", _("booked")
        REFUSED = "refused", _("refused")
        UNDONE = "undone", _("undone")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    movement = models.ForeignKey(BankTransaction, on_delete=models.PROTECT, related_name="matches")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="matches")
    rank = models.PositiveSmallIntegerField(default=0, help_text="0 is the best of what was proposed")
    state = models.CharField(max_length=10, choices=State)
    score = models.DecimalField(max_digits=5, decimal_places=4)
    reasons = models.JSONField(default=list)
    over = models.BigIntegerField(default=0, help_text=MINOR_UNITS + ", kept as credit")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="matches")
    actor = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="when it was booked, refused or undone")

    objects = ScopedManager(creditor="creditor")

    class Meta:
        indexes = [models.Index(fields=["creditor", "state"], name="match_by_state")]


class MatchPart(models.Model):
    """The part of a match that goes to one receivable."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="parts")
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="match_parts")
    amount = models.BigIntegerField(help_text=MINOR_UNITS)

    objects = ScopedManager(creditor="creditor")


class PayerLink(models.Model):
    """What was learnt of who pays for whom: an account or a name; withdrawn when the match it came of is undone."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payer_links")
    kind = models.CharField(max_length=10, help_text="iban, name or parent")
    value = models.CharField(max_length=200)
    match = models.ForeignKey(Match, on_delete=models.PROTECT, null=True, related_name="learnt")
    actor = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        indexes = [models.Index(fields=["creditor", "kind", "value"], name="payer_link_by_value")]


class TableMapping(models.Model):
    """How tables with these headers are read, as a person said it; one for each layout of columns."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    layout = models.CharField(max_length=40, help_text="fingerprint of the headers, and of the columns where none are")
    name = models.CharField(max_length=200, help_text="name of the file it was said of")
    sheet = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=20, help_text="invoices, payments, aged_balance, contacts or bank")
    mapping = models.JSONField(help_text="as encaisse.exchange.table_mapping writes it")
    actor = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "layout"], name="one_mapping_per_layout")]


class TableStatement(models.Model):
    """What the newest table says is still owed on an invoice; `stated_payments` brings the ledger in line with it."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="table_statements", db_index=False)
    layout = models.CharField(max_length=40, help_text="of the table, as in TableMapping")
    open = models.BigIntegerField(help_text=MINOR_UNITS)
    as_of = models.DateField(help_text="the day the table speaks of")
    paid_on = models.DateField(null=True, help_text="when the table says the day of payment")
    gone = models.BooleanField(default=False, help_text="a newer list of what is owed no longer names it")
    source = models.ForeignKey(Import, on_delete=models.PROTECT, null=True, related_name="+", **_CHECKED_ABOVE)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "invoice"], name="one_statement_per_invoice")]
