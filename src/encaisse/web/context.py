"""What every page shows around its content."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates the creditor and the member."""
    return {"creditor": getattr(request, "creditor", None), "member": getattr(request, "member", None)}
