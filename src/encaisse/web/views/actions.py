"""The list of actions, and one action: what it rests on, what it will say, and what may be done with it."""

from __future__ import annotations

import hashlib
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from csp.decorators import csp
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from encaisse.journal.keep import fetch
from encaisse.journal.models import Document
from encaisse.parties.models import Member
from encaisse.recovery import approve as approving
from encaisse.recovery.cancel import cancel as cancel_action
from encaisse.recovery.deliver import resolve_uncertain
from encaisse.recovery.edit import edit as edit_action
from encaisse.recovery.message import Message, preview
from encaisse.recovery.models import Action
from encaisse.recovery.refusal import Refused
from encaisse.web import downloads, paging, say
from encaisse.web.facts import figures
from encaisse.web.guards import Asked, changes, form_page, reads
from encaisse.web.steps import Names

PAGE = 50
MOST_AT_ONCE = 500
TABS = ("planned", "approved", "uncertain", "failed", "sent", "cancelled")
# Mails carry their own inline styles, so their page may have some; nothing else, and no script at all.
MAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "frame-ancestors": ["'self'"],
    "sandbox": True,
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
}


@reads
def actions(request: Asked) -> HttpResponse:
    """Actions of one status, newest first."""
    status = request.GET.get("status", TABS[0])
    if status not in TABS:
        raise Http404
    wanted = [status, "sending"] if status == "approved" else [status]
    rows = Action.objects.filter(status__in=wanted).select_related("customer", "case")
    page = paging.by_day(
        rows, field="day", older_than=request.GET.get("older", ""), newer_than=request.GET.get("newer", ""), size=PAGE
    )
    label = Names(request.creditor).step
    for action in page.rows:
        action.label = label(action.strategy, action.step)
    context = {"page": page, "status": status, "tabs": [(tab, Action.Status(tab).label) for tab in TABS]}
    return render(request, "web/actions.html", context)


@reads
def action(request: Asked, pk: int) -> HttpResponse:
    """One action: the facts on the left, the message on the right."""
    return _page(request, _find(pk))


def _find(pk: int) -> Action:
    return get_object_or_404(Action.objects.select_related("customer", "case", "contact"), pk=pk)


def _page(
    request: Asked, found: Action, *, edited: str | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    names = Names(request.creditor)
    found.label = names.step(found.strategy, found.step)  # type: ignore[attr-defined]
    found.strategy_label = names.strategy(found.strategy)  # type: ignore[attr-defined]
    message, refusal = _preview(request, found) if found.status in Action.OPEN else (None, "")
    context = {
        "action": found,
        "message": message,
        "refusal": refusal,
        "source": edited if edited is not None else message.source if message else "",
        "edit_error": error,
        "seen": _mark(found),
        "editing": edited is not None or "edit" in request.GET,
        "documents": _documents(found),
        "sent_subject": _sent_subject(request, found),
        "copies": _copies(found),
        "figures": figures(found, message),
        "next": _next_to_decide(found),
    }
    return render(request, "web/action.html", context, status=status)


def _copies(found: Action) -> list[str]:
    """Colleagues who get a copy of a mail that has not left yet."""
    if found.channel != "email" or found.status not in Action.OPEN:
        return []
    return list(Member.objects.filter(copies=True).order_by("user__email").values_list("user__email", flat=True))


def _preview(request: Asked, found: Action) -> tuple[Message | None, str]:
    try:
        return preview(request.creditor, found, day=request.day), ""
    except Refused as refused:
        return None, refused.text


def _documents(found: Action) -> list[Document]:
    kept = {one.sha256: one for one in Document.objects.filter(sha256__in=found.documents).defer("content")}
    return [kept[digest] for digest in found.documents if digest in kept]


def _next_to_decide(found: Action) -> int | None:
    waiting = Action.objects.filter(status=Action.Status.PLANNED).exclude(pk=found.pk)
    return waiting.order_by("day", "pk").values_list("pk", flat=True).first()


@csp(MAIL_POLICY)
@reads
def mail(request: Asked, pk: int) -> HttpResponse:
    """The mail itself, for a frame that runs nothing: as it will look, or as it was sent."""
    found = _find(pk)
    if found.status in Action.OPEN:
        message, refusal = _preview(request, found)
        if message is None or message.mail is None:
            raise Http404(refusal)
        return HttpResponse(message.html)
    sent = _sent_mail(request, found)
    part = sent.get_body(("html", "plain")) if sent else None
    if part is None:
        raise Http404
    return HttpResponse(part.get_content(), content_type=f"{part.get_content_type()}; charset=utf-8")


def _sent_subject(request: Asked, found: Action) -> str:
    sent = _sent_mail(request, found) if found.channel == "email" and found.status not in Action.OPEN else None
    return str(sent["Subject"]) if sent else ""


def _sent_mail(request: Asked, found: Action) -> EmailMessage | None:
    for document in _documents(found):
        if document.media_type == "message/rfc822":
            content = bytes(fetch(request.creditor.pk, document.sha256).content)
            parsed: Any = BytesParser(policy=policy.default).parsebytes(content)
            return parsed if isinstance(parsed, EmailMessage) else None
    return None


@reads
def letter(request: Asked, pk: int) -> HttpResponse:
    """The letter as it will be printed."""
    message, refusal = _preview(request, _find(pk))
    if message is None or message.pdf is None:
        raise Http404(refusal)
    return downloads.inline(message.pdf, "application/pdf", f"{pk}.pdf")


@reads
def attachment(request: Asked, pk: int, place: int) -> HttpResponse:
    """A file that will travel with the mail."""
    message, refusal = _preview(request, _find(pk))
    if message is None or place >= len(message.attachments):
        raise Http404(refusal)
    file = message.attachments[place]
    return downloads.inline(file.content, file.media_type, file.name)


@changes
def approve(request: Asked) -> HttpResponse:
    """Approve the chosen actions; each refusal is told by name."""
    chosen = [int(pk) for pk in request.POST.getlist("action") if pk.isdigit() and len(pk) < 19][:MOST_AT_ONCE]
    known = dict(Action.objects.filter(pk__in=chosen).values_list("pk", "customer__name"))
    if not known:
        raise Http404
    wanted = [pk for pk in chosen if pk in known]
    result = approving.approve(request.creditor, wanted, at=timezone.now(), actor=request.user.email)
    for pk, _code, text in result.refused:
        say.refused(request, f"{known[pk]}: {text}")
    if result.approved:
        text = ngettext("%(n)s message approved.", "%(n)s messages approved.", result.approved) % {"n": result.approved}
        undo = reverse("action_withdraw", args=[wanted[0]]) if len(wanted) == 1 else ""
        say.done(request, f"{text} {_leaves(request)}", undo=undo)
    return _back(request)


def _leaves(request: Asked) -> str:
    if request.creditor.route == request.creditor.Route.LOCAL:
        return _("It will be kept in the local mailbox: nothing leaves this machine.")
    return _("It leaves at the next contact hour, after a last look at what is owed.")


def _back(request: Asked) -> HttpResponse:
    address = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}):
        return redirect(address)
    return redirect("today")


@changes
def withdraw(request: Asked, pk: int) -> HttpResponse:
    """Take an approval back before it leaves."""
    _find(pk)
    try:
        approving.withdraw(request.creditor, pk, at=timezone.now(), actor=request.user.email)
        say.done(request, _("The approval is withdrawn."))
    except Refused as refused:
        say.refused(request, refused.text)
    return redirect("action", pk)


@form_page
def edit(request: Asked, pk: int) -> HttpResponse:
    """Change the words before approving; obligatory passages stay."""
    found = _find(pk)
    if request.method != "POST":
        return redirect(reverse("action", args=[pk]) + "?edit=1")
    if request.POST.get("seen", _mark(found)) != _mark(found):
        told = _("Somebody else changed this text meanwhile. Below is yours; look at theirs before you save over it.")
        return _page(request, found, edited=request.POST.get("text", ""), error=told, status=409)
    text = "" if "reset" in request.POST else request.POST.get("text", "").replace("\r\n", "\n")
    try:
        edit_action(request.creditor, pk, text, at=timezone.now(), actor=request.user.email)
    except Refused as refused:
        found.refresh_from_db()
        return _page(request, found, edited=text, error=refused.text, status=422)
    say.done(
        request,
        _("The text is saved. Approve it when it is right.") if text else _("The text of the strategy is back."),
    )
    return redirect("action", pk)


def _mark(found: Action) -> str:
    """What tells one state of an action's text from the next."""
    return hashlib.sha256(f"{found.status}:{found.edited}".encode()).hexdigest()[:16]


@changes
def cancel(request: Asked, pk: int) -> HttpResponse:
    """Call an action off, with a reason."""
    _find(pk)
    try:
        cancel_action(request.creditor, pk, request.POST.get("reason", ""), at=timezone.now(), actor=request.user.email)
        say.done(request, _("Cancelled. The customer receives nothing from this action."))
    except Refused as refused:
        say.refused(request, refused.text)
        return redirect("action", pk)
    return _back(request)


@changes
def resolve(request: Asked, pk: int) -> HttpResponse:
    """Say whether a doubtful message was sent."""
    _find(pk)
    if request.POST.get("was_sent") not in ("yes", "no"):
        raise Http404
    try:
        sent = request.POST["was_sent"] == "yes"
        resolve_uncertain(request.creditor, pk, sent, at=timezone.now(), actor=request.user.email)
        say.done(request, _("Noted.") if sent else _("Noted: it was not sent, so the case goes on as if it never was."))
    except Refused as refused:
        say.refused(request, refused.text)
    return redirect("action", pk)
