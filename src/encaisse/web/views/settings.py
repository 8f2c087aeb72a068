"""Settings of a creditor: identity, sender, mail server, rules, team."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction
from django.forms import Form, ModelForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.journal.append import append
from encaisse.parties.models import Member, User
from encaisse.web import mail_test, say
from encaisse.web.forms_settings import Identity, Invitation, MailServer, RoleChange, Rules, Sender
from encaisse.web.guards import Asked, owner_changes, owner_page, reads
from encaisse.web.steps import Names

SECRET_FIELDS = frozenset({"password"})
PASSWORD_WORDS = 4


@reads
def settings(request: Asked) -> HttpResponse:
    """An overview of everything, which readers may see too."""
    return render(request, "web/settings/index.html", {"members": _members()})


@owner_page
def identity(request: Asked) -> HttpResponse:
    """Who the creditor is and where customers pay."""
    return _form(request, Identity(request.POST or None, instance=request.creditor), "identity", _("Company and bank"))


@owner_page
def sender(request: Asked) -> HttpResponse:
    """Who signs."""
    return _form(request, Sender(request.POST or None, instance=request.creditor), "sender", _("Sender and signature"))


@owner_page
def rules(request: Asked) -> HttpResponse:
    """When and how often customers are contacted."""
    strategies = Names(request.creditor).choices()
    form = Rules(request.POST or None, instance=request.creditor, strategies=strategies)
    return _form(request, form, "rules", _("Rhythm and limits"))


@owner_page
def mail(request: Asked) -> HttpResponse:
    """The mail server, with a test that says in words what is wrong."""
    form = MailServer(request.POST or None, instance=request.creditor)
    report = None
    if request.method == "POST" and form.is_valid():
        if "test" in request.POST:
            tried = form.save(commit=False)
            to = request.user.email if request.POST["test"] == "send" else None
            report = mail_test.try_server(tried, send_to=to)
        else:
            return _saved(request, form, "mail")
    context = {"form": form, "report": report, "title": _("Mail server"), "here": "mail"}
    return render(request, "web/settings/mail.html", context)


@owner_page
def team(request: Asked) -> HttpResponse:
    """Members, and an invitation form. The one-time password of a new member is shown once, here."""
    form = Invitation(request.POST or None)
    invited: dict[str, str] | None = None
    if request.method == "POST" and form.is_valid():
        invited = _invite(request, form)
        if invited is not None:
            form = Invitation()
    context = {"form": form, "invited": invited, "members": _members(), "roles": Member.Role.choices, "here": "team"}
    return render(request, "web/settings/team.html", context)


@owner_changes
def member_role(request: Asked, pk: int) -> HttpResponse:
    """Give a member another role."""
    member: Member = get_object_or_404(Member.objects.select_related("user"), pk=pk)
    form = RoleChange(request.POST)
    if not form.is_valid():
        say.refused(request, _("Choose a role from the list."))
    elif _last_owner(member) and form.cleaned_data["role"] != Member.Role.OWNER:
        say.refused(request, _("There must be an owner: make someone else owner first."))
    else:
        with transaction.atomic():
            before, member.role = member.role, form.cleaned_data["role"]
            member.copies = form.cleaned_data["copies"]
            member.save(update_fields=["role", "copies"])
            _journal(
                request,
                "member_role_changed",
                {"member": member.user.email, "before": before, "role": member.role, "copies": member.copies},
            )
        say.done(request, _("Saved for %(who)s.") % {"who": member.user})
    return redirect("settings_team")


@owner_changes
def member_remove(request: Asked, pk: int) -> HttpResponse:
    """Take someone off the team; what they did stays in the journal."""
    member: Member = get_object_or_404(Member.objects.select_related("user"), pk=pk)
    if _last_owner(member):
        say.refused(request, _("There must be an owner: make someone else owner first."))
    else:
        with transaction.atomic():
            _journal(
                request, "member_removed", {"member": member.user.email, "role": member.role, "copies": member.copies}
            )
            member.delete()
        say.done(request, _("%(who)s no longer works here.") % {"who": member.user})
    return redirect("settings_team")


def _form(request: Asked, form: ModelForm, here: str, title: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        return _saved(request, form, here)
    return render(request, "web/settings/form.html", {"form": form, "title": title, "here": here})


def _saved(request: Asked, form: ModelForm, here: str) -> HttpResponse:
    changed = [name for name in form.changed_data if name not in SECRET_FIELDS]
    with transaction.atomic():
        form.save()
        if form.changed_data:
            values = {name: _plain(form.cleaned_data[name]) for name in changed}
            _journal(request, "settings_changed", {"page": here, "values": values})
    say.done(request, _("Saved."))
    return redirect(f"settings_{here}")


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, bool)) or value is None else str(value)


def _journal(request: Asked, kind: str, payload: dict[str, Any]) -> None:
    append(request.creditor.pk, "", kind, payload, at=timezone.now(), actor=request.user.email)


def _members() -> list[Member]:
    return list(Member.objects.select_related("user").order_by("user__email"))


def _last_owner(member: Member) -> bool:
    if member.role != Member.Role.OWNER:
        return False
    return not Member.objects.filter(role=Member.Role.OWNER).exclude(pk=member.pk).exists()


def _invite(request: Asked, form: Form) -> dict[str, str] | None:
    email, role = User.objects.normalize_email(form.cleaned_data["email"]), form.cleaned_data["role"]
    user = User.objects.filter(email__iexact=email).first()
    if user and Member.objects.filter(user=user).exists():
        form.add_error("email", _("This person is a member already."))
        return None
    password = ""
    with transaction.atomic():
        if user is None:
            password = one_time_password()
            user = User.objects.create_user(
                email, password, name=form.cleaned_data["name"], language=request.creditor.language
            )
        Member.objects.create(creditor=request.creditor, user=user, role=role)
        _journal(request, "member_invited", {"member": email, "role": role})
    return {"email": email, "password": password}


def one_time_password() -> str:
    """Return a password to be told once: 80 random bits in groups that can be read out on the phone."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _place in range(4)) for _group in range(PASSWORD_WORDS))
