"""The person's own page; language and creditor switches."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_scopes import scopes_disabled

from encaisse.parties.models import Member
from encaisse.web import say
from encaisse.web.forms_settings import Account
from encaisse.web.guards import Asked
from encaisse.web.middleware import SESSION_KEY

ONE_YEAR = 365 * 24 * 3600


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Show pages in French or English from now on."""
    wanted = request.POST.get("language", "")
    response = redirect(_safe_next(request))
    if wanted in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, wanted, max_age=ONE_YEAR, samesite="Lax")
        if request.user.is_authenticated:
            request.user.language = wanted
            request.user.save(update_fields=["language"])
    return response


@login_required
@require_POST
def creditor(request: Asked) -> HttpResponse:
    """Work for another creditor one is a member of."""
    with scopes_disabled():
        wanted = request.POST.get("creditor", "")
        member = Member.objects.filter(user=request.user, creditor_id=wanted if wanted.isdigit() else 0).first()
    if member is None:
        raise Http404
    request.session[SESSION_KEY] = member.creditor_id
    return redirect("today")


@login_required
def account(request: Asked) -> HttpResponse:
    """Name, language, password, second factor."""
    user = request.user
    form = Account(request.POST or None, initial={"name": user.name, "language": user.language})
    if request.method == "POST" and form.is_valid():
        user.name, user.language = form.cleaned_data["name"], form.cleaned_data["language"]
        user.save(update_fields=["name", "language"])
        say.done(request, _("Your account is saved."))
        return redirect("account")
    return render(request, "web/account.html", {"form": form})


def _safe_next(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return address
    return "/"
