"""A whole bank file at once: what may be booked by itself, without paying anything twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from encaisse.ledger.matching.decide import MARGIN, why_not
from encaisse.ledger.matching.matcher import Look, Matcher
from encaisse.ledger.matching.records import Incoming, Proposal, Reason


@dataclass(frozen=True, slots=True)
class Outcome:
    """One payment: what was found, what may be booked by itself, or why nothing is."""

    incoming: Incoming
    look: Look
    winner: Proposal | None
    why_not: Reason | None


def decide_all(
    matcher: Matcher, payments: Iterable[Incoming], threshold: float | None, margin: float = MARGIN
) -> Iterator[Outcome]:
    """Outcomes in the order given (give the oldest first).

    The matcher knows what was open before; what earlier winners of this batch have paid is remembered here, and a
    later payment of the same invoice is left to a person: it is paid twice, or one of the two is another's.
    """
    left: dict[int, int] = {}
    for incoming in payments:
        look = matcher.look(incoming)
        reason = look.notes[0] if look.notes else why_not(look.proposals, threshold, margin)
        winner = None if reason else look.proposals[0]
        if winner is not None:
            needed = {part.receivable: part.amount + part.discount + part.charges for part in winner.parts}
            still = {one: left.get(one, matcher.open_amount(one)) for one in needed}
            if any(needed[one] > still[one] for one in needed):
                winner, reason = None, Reason("paid_meanwhile")
            else:
                left.update((one, still[one] - needed[one]) for one in needed)
        yield Outcome(incoming, look, winner, reason)
