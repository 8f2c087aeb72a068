"""Where an installation keeps its files: database, secret, mailbox, downloads.

The folder is `ENCAISSE_HOME`, else `encaisse-data` in the current folder. It belongs to its owner alone.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

DEFAULT_FOLDER = "encaisse-data"


def home() -> Path:
    """Return the installation's folder (it may not exist yet)."""
    return Path(os.environ.get("ENCAISSE_HOME", DEFAULT_FOLDER)).expanduser().resolve()


def rules_folder() -> Path:
    """Return the folder of official rule files for invoices: `ENCAISSE_RULES`, else `rules` in the installation's."""
    given = os.environ.get("ENCAISSE_RULES")
    return Path(given).expanduser().resolve() if given else home() / "rules"


def secret_key(folder: Path) -> str:
    """Return the signing key of this installation, made once and readable by its owner only.

    `SECRET_KEY` in the environment wins, so that several machines of a fleet can share one.
    Before `encaisse init` the folder does not exist: a throw-away key is used and nothing is written.
    """
    given = os.environ.get("SECRET_KEY")
    if given:
        return given
    path = folder / "secret.key"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    key = secrets.token_urlsafe(50)
    if folder.is_dir():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(key + "\n")
    return key
