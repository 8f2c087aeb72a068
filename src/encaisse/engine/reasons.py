"""The closed lists of names the engine gives: why a receivable is not chased, why a case gets no action today."""

from __future__ import annotations

from typing import Final

# In order of strength: when several hold, the first one is the reason told.
BLOCKING: Final = (
    "insolvent",
    "deceased",
    "handed_over",
    "assigned",
    "plan_running",
    "disputed",
    "promised",
    "payment_seen",
    "debit_pending",
    "paused",
)
"""Reasons that come from dated records about a receivable (``blocked`` in the facts)."""

NOT_CHASEABLE: Final = (*BLOCKING, "covered_by_credit", "nothing_owed")
"""Every reason why a receivable is not chased, strongest first; the last two are computed by the engine."""

NO_ACTION: Final = (
    "awaiting_approval",
    "stale_books",
    "below_minimum",
    "contact_cap",
    "no_reachable_contact",
    "quiet_day",
    "strategy_finished",
    "case_further_on",
    "not_yet",
)
"""Every reason why a case with something to chase gets no action, in the order in which they are told."""

TASKS: Final = frozenset({"no_reachable_contact", "strategy_finished"})
"""Reasons that become work for a person instead of silence."""

KINDS: Final = ("company", "sole_trader", "consumer", "public", "association")
"""Kinds of customers that a condition may name."""

CHANNELS: Final = {"email": 1, "letter": 2, "sms": 4, "phone": 8, "visit": 16}
"""Channels and their bit in the ``reach`` column of the facts."""
