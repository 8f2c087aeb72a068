"""The local mailbox: messages become files in a folder of this machine. Nothing leaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from encaisse.channels import Fate, Outcome
from encaisse.channels.whole import plain_name, write_whole


class LocalMailbox:
    """A folder of .eml files, one per message; the same message twice is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hand_over(
        self, parcel: bytes, *, sender: str, recipient: str, name: str, copies: Sequence[str] = ()
    ) -> Outcome:
        """Write `parcel` whole or not at all."""
        try:
            path = write_whole(self.folder, f"{plain_name(name)}.eml", parcel)
        except OSError as error:
            return Outcome(Fate.FAILED, "folder_not_writable", error.__class__.__name__)
        return Outcome(Fate.SENT, "kept_locally", path.name)
