"""Letters: finished PDFs laid in a tray, to be printed and posted by a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from encaisse.channels import Fate, Outcome
from encaisse.channels.whole import plain_name, write_whole


class LetterTray:
    """A folder of PDFs, one per letter, named so that they sort by day."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hand_over(
        self, parcel: bytes, *, sender: str, recipient: str, name: str, copies: Sequence[str] = ()
    ) -> Outcome:
        """Lay `parcel` (a PDF) in the tray whole or not at all."""
        try:
            path = write_whole(self.folder, f"{plain_name(name)}.pdf", parcel)
        except OSError as error:
            return Outcome(Fate.FAILED, "folder_not_writable", error.__class__.__name__)
        return Outcome(Fate.SENT, "laid_in_tray", path.name)
