"""Files given to the browser, never run by it."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpResponse

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula."""
SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})


def inline(content: bytes, media_type: str, name: str) -> HttpResponse:
    """Show a file in the browser when its kind is harmless, else offer it for download."""
    response = HttpResponse(content, content_type=media_type if media_type in SHOWN else "application/octet-stream")
    how = "inline" if media_type in SHOWN else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name)}"
    return response


def attached(content: bytes, media_type: str, name: str) -> HttpResponse:
    """Offer a file for download."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def cells(values: list[object]) -> list[str]:
    """Cells of a CSV that no spreadsheet takes for a formula."""
    texts = ["" if value is None else str(value) for value in values]
    return ["'" + text if text.startswith(RISKY) and not _is_number(text) else text for text in texts]


def _is_number(text: str) -> bool:
    return text.replace(",", ".").lstrip("-").replace(".", "", 1).isdigit()
