"""Every page of a signed-in member runs inside the scope of one creditor."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django_scopes import scope, scopes_disabled

from encaisse.parties.models import Member

SESSION_KEY = "creditor"


class CreditorScope:
    """Sets `request.creditor` and `request.member`, and opens the scope of that creditor for the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        member = _member(request)
        request.member = member  # type: ignore[attr-defined]
        request.creditor = member.creditor if member else None  # type: ignore[attr-defined]
        if member is None:
            return self.get_response(request)
        with scope(creditor=member.creditor):
            return self.get_response(request)


def _member(request: HttpRequest) -> Member | None:
    if not request.user.is_authenticated:
        return None
    with scopes_disabled():
        memberships = Member.objects.filter(user=request.user).select_related("creditor").order_by("creditor__name")
        chosen = request.session.get(SESSION_KEY)
        return memberships.filter(creditor_id=chosen).first() or memberships.first()
