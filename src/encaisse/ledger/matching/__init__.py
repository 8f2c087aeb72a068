"""Which receivables an incoming payment pays: proposals with a score and the reasons in words.

Pure: records in, records out. No database, no clock, no framework; the ledger books, undoes and learns.

    matcher = Matcher(open_items, customers, known)
    proposals = matcher.propose(incoming)
    winner = decide(proposals, threshold)
"""

from encaisse.ledger.matching.batch import Outcome, decide_all
from encaisse.ledger.matching.decide import DEFAULT_THRESHOLD, MARGIN, decide, why_not
from encaisse.ledger.matching.explain import sentence, sentences
from encaisse.ledger.matching.matcher import MOST_PROPOSALS, Look, Matcher
from encaisse.ledger.matching.read import incoming_of
from encaisse.ledger.matching.records import (
    Customer,
    Discount,
    Incoming,
    Known,
    OpenItem,
    Part,
    Proposal,
    Reason,
)

__all__ = [
    "DEFAULT_THRESHOLD",
    "MARGIN",
    "MOST_PROPOSALS",
    "Customer",
    "Discount",
    "Incoming",
    "Known",
    "Look",
    "Matcher",
    "OpenItem",
    "Outcome",
    "Part",
    "Proposal",
    "Reason",
    "decide",
    "decide_all",
    "incoming_of",
    "sentence",
    "sentences",
    "why_not",
]
