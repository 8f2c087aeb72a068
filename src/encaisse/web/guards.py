"""Who may open a page, and who may change something on it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from encaisse.parties.models import Creditor, Member, User

View = Callable[..., HttpResponseBase]


class Asked(HttpRequest):
    """What `CreditorScope` has put on a request that passed a guard."""

    creditor: Creditor
    member: Member | None
    day: Any
    today: Any
    htmx: Any
    user: User


def may_change(member: Member | None) -> bool:
    """Whether this member may record, approve and import."""
    return member is not None and member.role in (Member.Role.OWNER, Member.Role.CONTROLLER)


def is_owner(member: Member | None) -> bool:
    """Whether this member may change settings and the team."""
    return member is not None and member.role == Member.Role.OWNER


def _guard(view: View, allowed: Callable[[Member | None], bool], methods: list[str]) -> View:
    @login_required
    @require_http_methods(methods)
    @wraps(view)
    def guarded(request: Asked, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.member is None:
            return render(request, "web/no_creditor.html", status=403)
        if not allowed(request.member):
            raise PermissionDenied(_("Your role does not allow this. Ask an owner of the account."))
        if _unreadable(request):
            raise BadRequest("NUL in a parameter")
        if request.method == "POST" and request.day != request.today:
            raise PermissionDenied(_("This page shows another day: nothing can be changed on it."))
        return view(request, *args, **kwargs)

    return guarded


def _unreadable(request: Asked) -> bool:
    """A NUL in a parameter: nobody types one, and PostgreSQL takes none."""
    sources = (request.GET, request.POST) if request.method == "POST" else (request.GET,)
    return any("\0" in value for source in sources for _name, values in source.lists() for value in values)


def reads(view: View) -> View:
    """A page every member may open; it changes nothing."""
    return _guard(view, lambda member: member is not None, ["GET", "HEAD"])


def changes(view: View) -> View:
    """A change by POST, for owners and credit controllers."""
    return _guard(view, may_change, ["POST"])


def form_page(view: View) -> View:
    """A page with a form (GET and POST), for owners and credit controllers."""
    return _guard(view, may_change, ["GET", "HEAD", "POST"])


def owner_page(view: View) -> View:
    """A page with a form (GET and POST), for owners."""
    return _guard(view, is_owner, ["GET", "HEAD", "POST"])


def owner_changes(view: View) -> View:
    """A change by POST, for owners."""
    return _guard(view, is_owner, ["POST"])


__all__ = [
    "Asked",
    "HttpResponse",
    "changes",
    "form_page",
    "is_owner",
    "may_change",
    "owner_changes",
    "owner_page",
    "reads",
]
