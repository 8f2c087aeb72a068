"""One file to print from several: a convenience for the printer, not the document itself.

Joining PDFs loses PDF/A; what was sent is kept letter by letter, as it was.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter


def merge(files: Sequence[bytes], *, duplex: bool = False) -> bytes:
    """Return the pages of all `files` in order. `duplex`: each file begins on the front of a sheet.

    Raises ValueError for no file at all.
    """
    if not files:
        raise ValueError("there is nothing to print")
    writer = PdfWriter()
    for content in files:
        reader = PdfReader(io.BytesIO(content))
        for page in reader.pages:
            writer.add_page(page)
        if duplex and len(reader.pages) % 2:
            writer.add_blank_page()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
