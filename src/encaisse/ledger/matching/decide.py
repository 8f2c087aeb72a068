"""Whether a payment may be booked by itself: one clear winner, or none and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from encaisse.ledger.matching.records import Proposal, Reason

DEFAULT_THRESHOLD: Final = 0.999
"""Chosen on made portfolios (bench/matching.py): at most one wrong booking in 10,000."""
MARGIN: Final = 0.2
"""The winner is at least so far ahead of the second."""


def decide(proposals: Sequence[Proposal], threshold: float | None, margin: float = MARGIN) -> Proposal | None:
    """The proposal to book by itself, or None. ``threshold`` None: never by itself.

    Raises ValueError for a threshold or a margin outside 0..1.
    """
    return None if why_not(proposals, threshold, margin) else proposals[0]


def why_not(proposals: Sequence[Proposal], threshold: float | None, margin: float = MARGIN) -> Reason | None:
    """Why nothing is booked by itself; None when there is a clear winner."""
    for name, value in (("threshold", threshold), ("margin", margin)):
        if value is not None and not 0 <= value <= 1:
            raise ValueError(f"{name} {value} is not a chance: give a number from 0 to 1")
    if not proposals:
        return Reason("no_proposal")
    if threshold is None:
        return Reason("never_by_itself")
    best = proposals[0].score
    if best < threshold:
        return Reason("below_threshold", {"score": best, "threshold": threshold})
    if len(proposals) > 1 and best - proposals[1].score < margin:
        return Reason("too_close", {"score": best, "second": proposals[1].score})
    return None
