"""Tell the creditor's own people, once a day, what became late and what waits for them."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import override

from encaisse.channels import Fate, Outcome
from encaisse.channels.email.build import Letterhead, build
from encaisse.documents.words import money, short_date
from encaisse.journal.append import append
from encaisse.ledger.balance import open_items
from encaisse.parties.models import Creditor, Customer
from encaisse.recovery.hand_over import Parcel, channel_for, installation
from encaisse.recovery.models import Action, Run

MOST = 50


def notify(creditor: Creditor, day: date, *, at: datetime, actor: str) -> Outcome | None:
    """Send the digest of `day` to the creditor's own address; None when there is nothing to say or it was said.

    What became late since the last digest is listed, so that a missed day loses nothing.
    """
    if not creditor.notify_email or not creditor.sender_email:
        return None
    run = Run.objects.filter(creditor=creditor, day=day).order_by("-pk").first()
    if run is None or Run.objects.filter(creditor=creditor, day=day, notified=True).exists():
        return None
    last = Run.objects.filter(creditor=creditor, day__lt=day, notified=True).order_by("-day").first()
    late = newly_late(creditor, last.day if last else None, day)
    waiting = Action.objects.filter(creditor=creditor, status=Action.Status.PLANNED).aggregate(n=Count("pk"))["n"]
    outcome = None
    if len(late) or waiting:
        outcome = _send(creditor, late, waiting, day, at)
        if outcome.fate is Fate.FAILED:
            return outcome  # the next run says it
    with transaction.atomic():
        Run.objects.filter(pk=run.pk).update(notified=True)
        payload = {
            "newly_late": len(late),
            "waiting": waiting,
            "outcome": outcome.code if outcome else "nothing_to_say",
        }
        append(creditor.pk, "", "creditor_notified", payload, at=at, actor=actor)
    return outcome


def newly_late(creditor: Creditor, since: date | None, day: date) -> pl.DataFrame:
    """Return the open items whose first late day lies after `since` (None: yesterday) and not after `day`."""
    first = since or date.fromordinal(day.toordinal() - 1)
    # Late from the day after the due date on: due on D means late on D + 1.
    return open_items(creditor, day).filter(
        (pl.col("due_on") >= first) & (pl.col("due_on") < day) & (pl.col("open") > 0)
    )


def _send(creditor: Creditor, late: pl.DataFrame, waiting: int, day: date, at: datetime) -> Outcome:
    names = dict(Customer.objects.filter(pk__in=late["customer"].unique().to_list()).values_list("pk", "name"))
    with override(creditor.language):
        subject = _("%(late)s newly late, %(waiting)s to decide") % {"late": len(late), "waiting": waiting}
        lines = [
            f"- {names[row['customer']]} · {row['number']} · {short_date(row['due_on'], creditor.language)} · "
            f"{money(row['open'], row['currency'], creditor.language)}"
            for row in late.sort("open", descending=True).head(MOST).iter_rows(named=True)
        ]
        text = "\n".join(
            [
                _("Became late since the last message:") if lines else _("Nothing became late."),
                *lines,
                "",
                _("Messages and calls that wait for a decision: %(waiting)s") % {"waiting": waiting},
            ]
        )
    identity = (
        f"<encaisse.{creditor.pk}.day.{day.isoformat()}.{installation()}@{creditor.sender_email.rpartition('@')[2]}>"
    )
    head = Letterhead("encaisse", creditor.sender_email, creditor.sender_name, creditor.notify_email)
    content = build(
        head,
        subject=subject,
        text=text + "\n",
        html="",
        attachments=(),
        identity=identity,
        earlier=(),
        language=creditor.language,
        at=at,
    )
    parcel = Parcel("email", content, creditor.sender_email, creditor.notify_email, identity, identity, ())
    return channel_for(creditor, parcel).hand_over(
        content, sender=parcel.sender, recipient=parcel.recipient, name=identity
    )
