"""Outcome codes of actions, in the reader's words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from encaisse.recovery.models import Suspension
from encaisse.recovery.refusal import TEXTS, refusal_text

OUTCOMES = {
    "accepted": _("taken by the mail server"),
    "kept_locally": _("kept in the local mailbox"),
    "laid_in_tray": _("ready to print"),
    "by_hand": _("called off by a person"),
    "confirmed_by_hand": _("sent, as a person found out"),
    "not_sent_by_hand": _("not sent, as a person found out"),
    "worker_died": _("the program stopped while sending"),
    "no_answer_after_data": _("no answer after handing over"),
    "recipient_refused": _("address refused"),
    "sender_refused": _("sender refused by the server"),
    "sign_in_refused": _("signing in refused by the server"),
    "server_unreachable": _("server not reachable"),
    "connection_lost": _("connection lost"),
    "message_refused": _("message refused by the server"),
    "data_refused": _("message refused by the server"),
    "folder_not_writable": _("folder not writable"),
    "reached": _("spoke with the right person"),
    "promise": _("promised to pay"),
    "dispute": _("objects to something"),
    "voicemail": _("left a message"),
    "no_answer": _("no answer"),
    "wrong_number": _("wrong number"),
    "wrong_person": _("wrong person"),
    "forbidden_wording": _("words that the law forbids"),
    "regime_wording": _("words that may not be written to this customer"),
    "missing_wording": _("obligatory words are missing"),
    "wording_list_broken": _("your own list of wording cannot be read"),
}

STANDING = {
    "awaiting_approval": _("waits for your decision"),
    "not_yet": _("next step"),
    "quiet_day": _("next working day"),
    "contact_cap": _("contacted recently, next step"),
    "case_further_on": _("rides along with older invoices"),
    "below_minimum": _("below the least amount"),
    "no_reachable_contact": _("no working address"),
    "stale_books": _("the books are too old"),
    "strategy_finished": _("last step done: your decision"),
    "covered_by_credit": _("covered by a credit"),
    "nothing_owed": "",
    **dict(Suspension.Kind.choices),
}
"""Why a case has no step now, short enough for a list."""


def known(code: str) -> bool:
    """Whether there are words for an outcome."""
    return code in OUTCOMES or code in TEXTS


def standing(code: str) -> str:
    """Where a case stands, in a few words; empty when there is nothing to say."""
    if code in STANDING:
        return str(STANDING[code])
    return text(code) if code else ""


def text(code: str) -> str:
    """Return the words for an outcome; a code nobody has words for is shown as it is."""
    if code in OUTCOMES:
        return str(OUTCOMES[code])
    if code in TEXTS:
        return refusal_text(code).rstrip(".")
    return code
