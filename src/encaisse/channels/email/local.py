"""The local mailbox: messages become files in a folder of this machine. Nothing leaves."""

from __future__ import annotations

import hashlib
from pathlib import Path

from encaisse.channels import Fate, Outcome
from encaisse.channels.whole import write_whole


class LocalMailbox:
    """A folder of .eml files, one per message; the same message twice is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hand_over(self, parcel: bytes, *, sender: str, recipient: str, name: str) -> Outcome:
        """Write `parcel` whole or not at all."""
        try:
            path = write_whole(self.folder, f"{_plain(name)}.eml", parcel)
        except OSError as error:
            return Outcome(Fate.FAILED, "folder_not_writable", error.__class__.__name__)
        return Outcome(Fate.SENT, "kept_locally", path.name)


def _plain(name: str) -> str:
    kept = "".join(char if char.isalnum() or char in "-._" else "-" for char in name.strip("<>"))
    return kept[:120] or hashlib.sha256(name.encode()).hexdigest()[:24]
