"""What a file is, from its content; its name is only a name."""

from __future__ import annotations

from typing import Literal

from encaisse.exchange import contacts, fec_bytes, fec_lines

Kind = Literal["fec", "contacts", "unknown"]
HEAD = 64 * 1024
"""So many bytes are enough."""


def kind_of(head: bytes, name: str = "") -> Kind:
    """Say what a file is from its first bytes (``HEAD`` of them are enough). ``name`` decides nothing."""
    del name
    line = fec_bytes.first_line(head[:HEAD])
    if line is None:
        return "unknown"
    if fec_lines.read_header(line) is not None:
        return "fec"
    return "contacts" if contacts.read_header(line) is not None else "unknown"
