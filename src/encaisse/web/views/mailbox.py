"""The local mailbox: what was "sent" while the creditor's messages stay on this machine."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from encaisse.journal.keep import DocumentChanged, fetch
from encaisse.journal.models import Document
from encaisse.recovery.models import Action
from encaisse.recovery.print_batch import letters_of, print_batch
from encaisse.recovery.refusal import Refused
from encaisse.web import downloads, paging, say
from encaisse.web.guards import Asked, reads
from encaisse.web.steps import Names

PAGE = 50


@reads
def mailbox(request: Asked) -> HttpResponse:
    """Messages and letters that have left, newest first."""
    sent = Action.objects.filter(status=Action.Status.SENT, channel__in=("email", "letter"), sent_on__isnull=False)
    page = paging.by_day(
        sent.select_related("customer", "case"),
        field="sent_on",
        older_than=request.GET.get("older", ""),
        newer_than=request.GET.get("newer", ""),
        size=PAGE,
    )
    label = Names(request.creditor).step
    for action in page.rows:
        action.label = label(action.strategy, action.step)
    letters = len(letters_of(request.creditor, request.day))
    return render(request, "web/mailbox.html", {"page": page, "letters": letters})


@reads
def letters(request: Asked) -> HttpResponse:
    """The letters that left on the day, as one file for the printer."""
    try:
        content = print_batch(request.creditor, request.day, duplex="duplex" in request.GET)
    except Refused as refused:
        say.refused(request, refused.text)
        return redirect("mailbox")
    name = _("letters")
    return downloads.inline(content, "application/pdf", f"{name}-{request.day.isoformat()}.pdf")


@reads
def document(request: Asked, digest: str) -> HttpResponse:
    """A kept document, given back only if its bytes are still those that were kept."""
    try:
        found = fetch(request.creditor.pk, digest)
    except Document.DoesNotExist:
        raise Http404 from None
    except DocumentChanged:
        return render(request, "web/document_changed.html", {"digest": digest}, status=409)
    return downloads.inline(bytes(found.content), found.media_type, found.name)
