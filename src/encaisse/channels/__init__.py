"""Ways a message leaves: one package per channel, one interface.

A channel is handed finished bytes and says what became of them. It decides nothing and reads no facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Fate(StrEnum):
    """What became of something handed over."""

    SENT = "sent"
    """The other side took it."""
    REFUSED = "refused"
    """The other side will never take it: this address does not work."""
    FAILED = "failed"
    """It was surely not taken; trying again later makes sense."""
    UNCERTAIN = "uncertain"
    """It may have been taken: a person looks before anything is sent again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A fate with its code and what the other side said, for the journal and the screen."""

    fate: Fate
    code: str
    detail: str = ""


class Channel(Protocol):
    """Something that hands finished bytes over to the world."""

    def hand_over(
        self, parcel: bytes, *, sender: str, recipient: str, name: str, copies: Sequence[str] = ()
    ) -> Outcome:
        """Hand `parcel` over to `recipient`; `name` is unique to it and the same when tried again.

        `copies` are colleagues' addresses: what becomes of theirs changes nothing of the outcome.
        """
        ...
