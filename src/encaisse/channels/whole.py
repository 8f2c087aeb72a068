"""Write a file whole or not at all, under a name that stays in its folder."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

LONGEST = 120


def write_whole(folder: Path, name: str, content: bytes) -> Path:
    """Write a file so that it appears under its name only when complete. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".partial-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target


def plain_name(name: str) -> str:
    """Return `name` with letters, digits and `-._` only. What is cut off or left out still tells two names apart."""
    kept = "".join(char if char.isalnum() or char in "-._" else "-" for char in name.strip("<>")).lstrip(".")
    if kept and len(kept) <= LONGEST:
        return kept
    digest = hashlib.sha256(name.encode()).hexdigest()[:24]
    return f"{kept[: LONGEST - 25]}-{digest}" if kept else digest
