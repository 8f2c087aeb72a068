"""Let approved actions leave: the last look at the facts, the hand-over, and what became of it.

    approved → (facts read again under the lock of the case, decided again) → sending → sent | failed | uncertain

`sending` is committed with the bytes and a deterministic Message-ID before anything is handed over. A worker that dies
meanwhile leaves the action in `sending`; it is then shown as uncertain and never sent again by itself.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from encaisse.calendar import timezone_of
from encaisse.channels import Fate
from encaisse.channels import Outcome as Handed
from encaisse.journal.append import append
from encaisse.parties.models import Contact, Creditor
from encaisse.recovery.cancel import close
from encaisse.recovery.figures import bring_up_to_date
from encaisse.recovery.hand_over import Parcel, hand_over, pack
from encaisse.recovery.locking import lock_action
from encaisse.recovery.message import charges_in, write
from encaisse.recovery.models import Action, Strategy
from encaisse.recovery.refusal import Refused, refusal_text
from encaisse.recovery.situation import Situation, look
from encaisse.recovery.wording import CODES as WORDING
from encaisse.recovery.wording import require_lawful

log = logging.getLogger(__name__)

RETRY_AFTER = (2, 10, 30, 120, 360)
"""Minutes to wait after the first, second… attempt that surely did not reach anybody; then it is given up."""
LEASE = timedelta(minutes=15)
"""A worker on another machine that is still sending after this is taken for dead."""
WAITING = frozenset({"quiet_day", "quiet_hour", "stale_books", "light_off", "no_sender", "wording_list_broken"})
"""Refusals that pass by themselves or by a switch: the action stays approved."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one action: its status now, the code, and the sentence for people."""

    action_id: int
    status: str
    code: str
    text: str


def deliver_due(
    creditor: Creditor,
    *,
    now: datetime,
    actor: str,
    limit: int | None = None,
    progress: Callable[[Outcome], None] = lambda _outcome: None,
) -> list[Outcome]:
    """Deliver every approved action whose time has come; first, look for workers that died."""
    outcomes = mark_abandoned(creditor, now=now, actor=actor)
    due = (
        Action.objects.filter(creditor=creditor, status=Action.Status.APPROVED)
        .exclude(channel="phone")
        .filter(Q(retry_at__isnull=True) | Q(retry_at__lte=now))
        .order_by("day", "pk")
        .values_list("pk", flat=True)
    )
    for action_id in list(due[:limit] if limit else due):
        outcome = deliver(creditor, action_id, now=now, actor=actor)
        progress(outcome)
        outcomes.append(outcome)
    return outcomes


def deliver(creditor: Creditor, action_id: int, *, now: datetime, actor: str) -> Outcome:
    """Deliver one approved action, or say by name why it does not leave.

    Trouble that nobody thought of is logged and kept with the action; only a database that is away is raised.
    """
    try:
        with transaction.atomic():
            claimed = _claim(creditor, action_id, now=now, actor=actor)
        if isinstance(claimed, Outcome):
            return claimed
        handed = hand_over(creditor, claimed)
    except (InterfaceError, OperationalError, Action.DoesNotExist):
        raise
    except Exception as error:
        log.exception("delivery of action %s of creditor %s", action_id, creditor.pk)
        handed = _stumbled(creditor, action_id, error)
    with transaction.atomic():
        return _record(creditor, action_id, handed, now=now, actor=actor)


def _stumbled(creditor: Creditor, action_id: int, error: Exception) -> Handed:
    """Before the hand-over nothing can have left, and later is another chance; from then on nobody knows."""
    with transaction.atomic():
        action = lock_action(creditor, action_id)
        if action.status != Action.Status.APPROVED:
            return Handed(Fate.UNCERTAIN, "unexpected_error", error.__class__.__name__)
        action.status, action.attempts = Action.Status.SENDING, action.attempts + 1
        action.save(update_fields=["status", "attempts"])
    return Handed(Fate.FAILED, "unexpected_error", error.__class__.__name__)


def _claim(creditor: Creditor, action_id: int, *, now: datetime, actor: str) -> Outcome | Parcel:
    """Under the lock of the case: decide again, and commit to sending exactly these bytes."""
    action = lock_action(creditor, action_id)
    if action.status != Action.Status.APPROVED:
        code = "being_sent" if action.status == Action.Status.SENDING else "not_approved"
        return Outcome(action.pk, action.status, code, refusal_text(code))
    day = timezone.localdate(now)
    situation = look(creditor, action.case, day, but_waiting=True)
    try:
        _allow(action, situation, now)
        _check_edited(action, situation)
        bring_up_to_date(creditor, action, situation)
        message = write(creditor, situation, action)
        require_lawful(message.findings)
        action.contact = message.contact
        if not message.recipient:
            raise Refused("no_reachable_contact")
        parcel = pack(creditor, action, message, now=now)
    except Refused as refusal:
        return _refuse(creditor, action, refusal, now=now, actor=actor)
    action.status = Action.Status.SENDING
    action.attempts += 1
    action.worker, action.sending_at = worker_name(), now
    action.recipient = message.recipient[:320]
    action.message_id, action.documents = parcel.identity, list(parcel.documents)
    action.save()
    append(
        creditor.pk,
        action.customer.code,
        "action_sending",
        {
            "action": action.pk,
            "step": action.step,
            "channel": action.channel,
            "recipient": action.recipient,
            "message_id": action.message_id,
            "attempt": action.attempts,
            "principal": action.principal,
            "interest": action.interest,
            "indemnity": action.indemnity,
            "receivables": [line["row"].number for line in situation.lines if line["listed"]],
            "documents": action.documents,
        },
        at=now,
        actor=actor,
    )
    return parcel


def _allow(action: Action, situation: Situation, now: datetime) -> None:
    """Raise Refused with today's reason, unless today's verdict is exactly this step."""
    verdict = situation.verdict
    if verdict is None:
        raise Refused("paid_meanwhile")
    if verdict["reason"]:
        raise Refused(why_not(verdict["reason"]))
    if verdict["step"] != action.step:
        raise Refused("step_changed")
    light = Strategy.objects.values_list("light", flat=True).get(
        name=situation.facts.strategies[verdict["strategy"]].name
    )
    if light == Strategy.Light.OFF:
        raise Refused("light_off")
    creditor = situation.customer.creditor
    there = now.astimezone(timezone_of(situation.customer.region))
    if not creditor.hour_from <= there.hour < creditor.hour_until:
        raise Refused("quiet_hour")
    action.channel = verdict["channel"]


def why_not(reason: str) -> str:
    """Return the refusal's name for a verdict's reason: what was owed when planned was paid meanwhile."""
    return "paid_meanwhile" if reason == "nothing_owed" else reason


def _check_edited(action: Action, situation: Situation) -> None:
    """Words written by hand stand beside figures: when the figures change, the person reads them again."""
    if not action.edited:
        return
    verdict = situation.verdict
    planned = set(action.lines.values_list("receivable_id", "amount"))
    same = planned == {(line["receivable"], line["chaseable"]) for line in situation.lines if line["listed"]}
    if charges_in(action.template) and verdict is not None:
        same = same and (action.interest, action.indemnity) == (verdict["interest"], verdict["indemnity"])
    if not same:
        raise Refused("facts_changed")


def _refuse(creditor: Creditor, action: Action, refusal: Refused, *, now: datetime, actor: str) -> Outcome:
    code, text = refusal.code, refusal.text
    if code in WAITING:
        if action.outcome != code:
            Action.objects.filter(pk=action.pk).update(outcome=code)
            _journal(creditor, action, "delivery_waits", {"reason": code}, now, actor)
        return Outcome(action.pk, Action.Status.APPROVED, code, text)
    if code == "facts_changed":
        situation = look(creditor, action.case, timezone.localdate(now), but_waiting=True)
        bring_up_to_date(creditor, action, situation)
        action.status, action.outcome = Action.Status.PLANNED, code
        action.approved_at, action.approved_by = None, ""
        action.save()
        _journal(creditor, action, "approval_lapsed", {"reason": code}, now, actor)
        return Outcome(action.pk, action.status, code, text)
    if code in WORDING.values():
        # The words are a person's work: it comes back with what is wrong, and leaves when they have been mended.
        action.status, action.outcome, action.note = Action.Status.PLANNED, code, text
        action.approved_at, action.approved_by = None, ""
        action.save()
        _journal(creditor, action, "approval_lapsed", {"reason": code, **refusal.values}, now, actor)
        return Outcome(action.pk, action.status, code, text)
    if code in ("no_reachable_contact", "address_invalid"):
        if code == "address_invalid" and action.contact_id:
            Contact.objects.filter(pk=action.contact_id).update(email_failed_on=timezone.localdate(now))
        action.status, action.outcome, action.finished_at = Action.Status.FAILED, code, now
        action.save()
        _journal(creditor, action, "action_failed", {"reason": code}, now, actor)
        return Outcome(action.pk, action.status, code, text)
    close(creditor, action, code, text, at=now, actor=actor)
    return Outcome(action.pk, action.status, code, text)


def _record(creditor: Creditor, action_id: int, handed: Handed, *, now: datetime, actor: str) -> Outcome:
    action = lock_action(creditor, action_id)
    if action.status != Action.Status.SENDING:
        # Somebody took this worker for dead: what it learnt is kept, what they decided stands.
        _journal(creditor, action, "late_outcome", {"fate": handed.fate.value, "code": handed.code}, now, actor)
        return Outcome(action.pk, action.status, handed.code, handed.detail)
    action.outcome, action.note, action.worker = handed.code, handed.detail, ""
    day = timezone.localdate(now)
    if handed.fate is Fate.SENT:
        action.status, action.sent_on, action.finished_at = Action.Status.SENT, day, now
    elif handed.fate is Fate.UNCERTAIN:
        action.status, action.sent_on = Action.Status.UNCERTAIN, day
    elif handed.fate is Fate.REFUSED or action.attempts > len(RETRY_AFTER):
        action.status, action.finished_at = Action.Status.FAILED, now
        if handed.fate is Fate.REFUSED and action.contact_id:
            # The next contact is tried by the next run; when none is left, the case becomes a task.
            Contact.objects.filter(pk=action.contact_id).update(email_failed_on=day)
    else:
        action.status = Action.Status.APPROVED
        action.retry_at = now + timedelta(minutes=RETRY_AFTER[action.attempts - 1])
    action.save()
    kind = "action_retried_later" if action.status == Action.Status.APPROVED else f"action_{action.status}"
    payload = {"code": handed.code, "detail": handed.detail, "message_id": action.message_id}
    _journal(creditor, action, kind, payload, now, actor)
    return Outcome(action.pk, action.status, handed.code, handed.detail)


def mark_abandoned(creditor: Creditor, *, now: datetime, actor: str) -> list[Outcome]:
    """Make actions uncertain whose worker died while sending: perhaps they left, perhaps not."""
    outcomes = []
    sending = Action.objects.filter(creditor=creditor, status=Action.Status.SENDING).values_list("pk", flat=True)
    for action_id in list(sending):
        with transaction.atomic():
            action = lock_action(creditor, action_id)
            if action.status != Action.Status.SENDING or _alive(action, now):
                continue
            action.status, action.outcome = Action.Status.UNCERTAIN, "worker_died"
            action.sent_on = timezone.localdate(action.sending_at or now)
            action.worker = ""
            action.save()
            _journal(creditor, action, "action_uncertain", {"code": "worker_died"}, now, actor)
            outcomes.append(Outcome(action.pk, action.status, "worker_died", ""))
    return outcomes


def resolve_uncertain(creditor: Creditor, action_id: int, was_sent: bool, *, at: datetime, actor: str) -> Action:
    """A person found out: it was sent (it counts as a contact), or it was not (the case goes on as if it never was)."""
    with transaction.atomic():
        action = lock_action(creditor, action_id)
        if action.status != Action.Status.UNCERTAIN:
            raise Refused("already_finished")
        action.finished_at = at
        if was_sent:
            action.status, action.outcome = Action.Status.SENT, "confirmed_by_hand"
        else:
            action.status, action.outcome, action.sent_on = Action.Status.FAILED, "not_sent_by_hand", None
        action.save()
        _journal(creditor, action, "doubt_resolved", {"was_sent": was_sent}, at, actor)
    return action


def worker_name() -> str:
    """Return what tells this process from all others, now and after a restart of the machine."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def _alive(action: Action, now: datetime) -> bool:
    host, _, rest = action.worker.partition(":")
    pid, _, started = rest.partition(":")
    if host == socket.gethostname() and pid.isdigit():
        return _started(int(pid)) == started
    return action.sending_at is not None and now - action.sending_at < LEASE


def _started(pid: int) -> str:
    """Return when a process began, in kernel ticks; empty when there is no such process (or no /proc to ask)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return "gone"
    except OSError:
        return ""
    return ""


def _journal(
    creditor: Creditor, action: Action, kind: str, payload: Mapping[str, object], at: datetime, actor: str
) -> None:
    append(
        creditor.pk,
        action.customer.code,
        kind,
        {"action": action.pk, "step": action.step, **payload},
        at=at,
        actor=actor,
    )
