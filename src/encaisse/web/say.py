"""Tell what was done, with the way back where there is one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest

UNDO = "undo:"


def done(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Say that something was done; `undo` is the address to POST to in order to take it back."""
    messages.success(request, text, extra_tags=UNDO + undo if undo else "")


def refused(request: HttpRequest, text: str) -> None:
    """Say that something was not done, and why."""
    messages.error(request, text)


def told(request: HttpRequest, text: str) -> None:
    """Say something that asks for attention but stopped nothing."""
    messages.warning(request, text)
