"""Cases, strategies, actions, and the records that hold chasing back.

A suspension counts from `starts_on` until the day before `ends_on` (no end: until a person ends it). Ending one early
sets `ends_on`; nothing is deleted, so any past day can be asked again.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from encaisse.ledger.models import Receivable
from encaisse.parties.models import MINOR_UNITS, Contact, Creditor, Customer

# A row's customer, case or action belongs to the same creditor and is checked: a second check and an index of the
# creditor alone, beside those that begin with it, would only cost time when a night plans tens of thousands of rows.
_CHECKED_ABOVE: Any = {"db_index": False, "db_constraint": False}


class Case(models.Model):
    """All receivables of one customer in one currency, seen as one recovery matter; also the lock of that matter.

    `overdue`, `oldest_due_on` and the last verdict repeat what the nightly run found, to sort lists of a million
    receivables; pages compute what they show from the ledger.
    """

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="cases")
    currency = models.CharField(max_length=3)
    overdue = models.BigIntegerField(default=0, help_text=MINOR_UNITS)
    oldest_due_on = models.DateField(null=True)
    verdict_step = models.CharField(max_length=60, blank=True)
    verdict_reason = models.CharField(max_length=30, blank=True)
    verdict_next_on = models.DateField(null=True)
    seen_on = models.DateField(null=True, help_text="day of the verdict kept here")

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "customer", "currency"], name="one_case_per_currency")
        ]
        indexes = [
            models.Index(fields=["creditor", "-overdue", "-id"], name="case_by_overdue"),
            models.Index(fields=["creditor", "verdict_reason", "-overdue", "-id"], name="case_by_reason"),
        ]


class Strategy(models.Model):
    """A strategy as this creditor uses it, with its light."""

    class Light(models.TextChoices):
        OFF = "off", _("off: nothing is planned")
        REVIEW = "review", _("review: a person approves each message")
        AUTO = "auto", _("auto: messages leave by themselves, notices never")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="strategies")
    name = models.CharField(max_length=60)
    light = models.CharField(max_length=8, choices=Light, default=Light.REVIEW)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "name"], name="one_strategy_per_name")]


class StrategyVersion(models.Model):
    """The text of a strategy from a moment on; the newest one rules."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    strategy = models.ForeignKey(Strategy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.TextField(help_text="YAML")
    sha256 = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=200)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "strategy", "number"], name="one_version_each")]


class Action(models.Model):
    """One step planned, approved, sent or cancelled for one case."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("to approve")
        APPROVED = "approved", _("approved")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNCERTAIN = "uncertain", _("doubtful: perhaps sent")
        CANCELLED = "cancelled", _("cancelled")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="actions")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="actions", db_constraint=False)
    day = models.DateField(help_text="day it was planned for")
    strategy = models.CharField(max_length=60)
    strategy_version = models.PositiveIntegerField()
    step = models.CharField(max_length=60)
    step_days = models.SmallIntegerField(help_text="offset of the step in its ladder")
    courtesy = models.BooleanField(default=False, help_text="a step before the due date")
    template = models.CharField(max_length=60, help_text="words it was written with; those of a notice start so")
    channel = models.CharField(max_length=10)
    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    principal = models.BigIntegerField(help_text=MINOR_UNITS)
    interest = models.BigIntegerField(help_text=MINOR_UNITS)
    indemnity = models.BigIntegerField(help_text=MINOR_UNITS)
    receivable_count = models.PositiveIntegerField(default=0)
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+")
    recipient = models.CharField(max_length=320, blank=True, help_text="address it was handed over to")
    edited = models.TextField(blank=True, help_text="subject and body as a person changed them; empty: the template's")
    planned_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=200, blank=True)
    sent_on = models.DateField(null=True, help_text="day from which it counts as a contact")
    finished_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, help_text="not tried again before this instant")
    worker = models.CharField(max_length=120, blank=True, help_text="host and process that is sending it")
    sending_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=60, blank=True, help_text="code of what happened")
    note = models.TextField(blank=True)
    documents = models.JSONField(default=list, help_text="SHA-256 of what was sent, in order")

    objects = ScopedManager(creditor="creditor")

    OPEN = (Status.PLANNED, Status.APPROVED, Status.SENDING, Status.UNCERTAIN)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["creditor", "case", "day"], name="one_action_per_case_and_day"),
            models.UniqueConstraint(
                fields=["creditor", "case"],
                name="one_open_action_per_case",
                condition=models.Q(status__in=("planned", "approved", "sending", "uncertain")),
            ),
        ]
        indexes = [
            models.Index(fields=["creditor", "status", "day"], name="action_by_status"),
            models.Index(fields=["creditor", "case", "-sent_on"], name="action_of_case"),
            # What waits for a yes is counted by kind and shown largest first without looking at a row.
            models.Index(
                fields=["creditor", "step", "channel", "template", "-principal", "step_days"],
                name="action_to_decide",
                condition=models.Q(status="planned"),
            ),
        ]


class ActionLine(models.Model):
    """A receivable listed in an action, and the ladder step the action counts as for it."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+", **_CHECKED_ABOVE)
    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="lines")
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="action_lines")
    stage_days = models.SmallIntegerField(null=True, help_text="offset of the ladder step; null: it rode along")
    amount = models.BigIntegerField(help_text=MINOR_UNITS)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "action", "receivable"], name="one_line_each")]


class Suspension(models.Model):
    """A dated reason why a receivable, a case, a customer or a whole creditor is not chased."""

    class Kind(models.TextChoices):
        DISPUTED = "disputed", _("disputed")
        PROMISED = "promised", _("promised")
        PLAN_RUNNING = "plan_running", _("instalment plan running")
        PAUSED = "paused", _("paused")
        DEBIT_PENDING = "debit_pending", _("direct debit under way")
        ASSIGNED = "assigned", _("assigned to a factor")
        HANDED_OVER = "handed_over", _("handed over")
        INSOLVENT = "insolvent", _("insolvent")
        DECEASED = "deceased", _("deceased")

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="suspensions")
    currency = models.CharField(max_length=3, blank=True, help_text="set: only the customer's case in this currency")
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, null=True, related_name="suspensions")
    kind = models.CharField(max_length=14, choices=Kind)
    amount = models.BigIntegerField(null=True, help_text="disputed part, or amount promised; null: all")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, help_text="first day that is free again")
    reason = models.CharField(max_length=300, blank=True)
    author = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=200, blank=True)
    end_note = models.CharField(max_length=300, blank=True)

    objects = ScopedManager(creditor="creditor")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=models.F("starts_on")),
                name="suspension_ends_after_start",
            )
        ]
        indexes = [models.Index(fields=["creditor", "customer"], name="suspension_of_customer")]


class Promise(Suspension):
    """The customer's word: an amount by a day. Chasing waits for that day and the grace after it."""

    promised_for = models.DateField()
    person = models.CharField(max_length=120, blank=True)
    grace_days = models.PositiveSmallIntegerField(default=2)


class Dispute(Suspension):
    """An objection, with who must answer it and by when."""

    class Ground(models.TextChoices):
        QUANTITY = "quantity", _("quantity or delivery")
        QUALITY = "quality", _("quality of the work")
        PRICE = "price", _("price or terms")
        NOT_ORDERED = "not_ordered", _("not ordered, or order number missing")
        DUPLICATE = "duplicate", _("invoiced twice")
        PAID = "paid", _("says it is paid")
        OTHER = "other", _("other")

    ground = models.CharField(max_length=12, choices=Ground)
    owner = models.CharField(max_length=120, blank=True)
    answer_by = models.DateField(null=True)


class Plan(Suspension):
    """An instalment plan: the dates and amounts agreed."""

    instalments = models.JSONField(help_text="[[ISO date, minor units], …]")
    acknowledged = models.BooleanField(default=False, help_text="the customer signed an acknowledgement of debt")


class Handover(Suspension):
    """A case given to a factor, agency, commissaire de justice, lawyer or court."""

    recipient = models.CharField(max_length=200)
    reference = models.CharField(max_length=100, blank=True)


class Hold(models.Model):
    """A dated period in which no new work, order or delivery is allowed for a customer."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="holds")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    reason = models.CharField(max_length=300)
    author = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    objects = ScopedManager(creditor="creditor")


class LimitationEvent(models.Model):
    """What interrupts or suspends limitation, told by a person: an acknowledgement, a claim in court, a mediation.

    `kind` is one of `encaisse.law.limitation`. Without a receivable it concerns all that the customer owed on the day.
    """

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="limitation_events")
    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, null=True, related_name="limitation_events")
    kind = models.CharField(max_length=40)
    happened_on = models.DateField()
    until_on = models.DateField(null=True, help_text="last day of what lasts: the case in court, the mediation")
    note = models.CharField(max_length=300, help_text="where it is written: letter, judgment, agreement")
    actor = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects = ScopedManager(creditor="creditor")


class Note(models.Model):
    """What a person wrote on a case: a call, a remark."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="notes")
    day = models.DateField()
    text = models.TextField()
    author = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    objects = ScopedManager(creditor="creditor")


class Run(models.Model):
    """One planning run: what day it looked at and what came of it."""

    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    started_at = models.DateTimeField()
    cases = models.PositiveIntegerField(default=0)
    planned = models.PositiveIntegerField(default=0)
    notified = models.BooleanField(default=False, help_text="the creditor's own people were told of this day")
    next_on = models.DateField(null=True, help_text="earliest day on which some case will act")

    objects = ScopedManager(creditor="creditor")

    class Meta:
        indexes = [models.Index(fields=["creditor", "-day", "-id"], name="run_newest")]
