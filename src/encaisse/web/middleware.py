"""Every page of a signed-in member runs in one language, on one day, inside the scope of one creditor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django_scopes import scope, scopes_disabled

from encaisse.parties.models import Member

SESSION_KEY = "creditor"
DAY_PARAMETER = "on"


class CreditorScope:
    """Sets `request.creditor`, `request.member`, `request.day` and the language, and opens the creditor's scope.

    The day is today unless the address says `?on=YYYY-MM-DD`; pages of another day are for reading only.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _speak(request)
        member = _member(request)
        request.member = member  # type: ignore[attr-defined]
        request.creditor = member.creditor if member else None  # type: ignore[attr-defined]
        request.today = timezone.localdate()  # type: ignore[attr-defined]
        request.day = _day(request) or timezone.localdate()  # type: ignore[attr-defined]
        if member is None:
            return self.get_response(request)
        with scope(creditor=member.creditor):
            return self.get_response(request)


def _speak(request: HttpRequest) -> None:
    known = dict(settings.LANGUAGES)
    if request.user.is_authenticated:
        language = request.user.language
    else:
        language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, settings.LANGUAGE_CODE)
    language = language if language in known else settings.LANGUAGE_CODE
    translation.activate(language)
    request.LANGUAGE_CODE = language


def _day(request: HttpRequest) -> date | None:
    try:
        return date.fromisoformat(request.GET.get(DAY_PARAMETER, ""))
    except ValueError:
        return None


def _member(request: HttpRequest) -> Member | None:
    if not request.user.is_authenticated:
        return None
    with scopes_disabled():
        memberships = Member.objects.filter(user=request.user).select_related("creditor").order_by("creditor__name")
        chosen = request.session.get(SESSION_KEY)
        found = memberships.filter(creditor_id=int(chosen)).first() if chosen else None
        return found or memberships.first()
