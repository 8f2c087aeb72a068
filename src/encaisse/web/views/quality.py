"""What is missing or doubtful in the books, each line with its repair; two customers made one, and two again."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.ledger import merge_customers
from encaisse.ledger.mend_customer import NotMended, mend
from encaisse.ledger.merge_customers import NotMerged
from encaisse.ledger.quality import Section, quality
from encaisse.ledger.quality_words import REFUSALS, WORDS
from encaisse.parties.models import Customer
from encaisse.recovery.after_import import after_import
from encaisse.web import say
from encaisse.web.guards import Asked, changes, reads

FORMS = {
    "no_email": "email", "bounced_address": "email", "no_siren": "siren", "wrong_siren": "siren",
    "no_due_date": "terms",
}  # fmt: skip
"""Kind of doubt -> the field its form writes."""


@reads
def page(request: Asked) -> HttpResponse:
    """Every kind of doubt, worth most first."""
    sections = [_shown(one) for one in quality(request.creditor, request.day)]
    merged = Customer.objects.filter(creditor=request.creditor, merged_into__isnull=False)
    context = {"sections": sections, "merged": merged.select_related("merged_into").order_by("code")[:100]}
    return render(request, "web/quality.html", context)


def _shown(section: Section) -> dict[str, Any]:
    return {"section": section, "words": WORDS[section.kind], "field": FORMS.get(section.kind, "")}


@changes
def repair(request: Asked, pk: int) -> HttpResponse:
    """Write down what was missing."""
    customer = get_object_or_404(Customer, creditor=request.creditor, pk=pk)
    field, value = request.POST.get("field", ""), request.POST.get("value", "")
    now, actor = timezone.now(), request.user.email
    try:
        mend(request.creditor, customer, field, value, at=now, actor=actor)
    except NotMended as refused:
        say.refused(request, f"{customer.name}: {REFUSALS[refused.code]}")
        return redirect("books_quality")
    after_import(request.creditor, request.today, at=now, actor=actor)
    say.done(request, _("%(name)s is mended.") % {"name": customer.name})
    return redirect("books_quality")


@reads
def merge_preview(request: Asked, pk: int, other: int) -> HttpResponse:
    """What making one of two customers would move."""
    keep, twin = _two(request, pk, other)
    try:
        preview = merge_customers.preview(request.creditor, keep, twin)
    except NotMerged as refused:
        say.refused(request, str(REFUSALS[refused.code]))
        return redirect("books_quality")
    return render(request, "web/quality_merge.html", {"preview": preview, "keep": keep, "twin": twin})


@changes
def merge(request: Asked, pk: int, other: int) -> HttpResponse:
    """Make one of two customers."""
    keep, twin = _two(request, pk, other)
    now, actor = timezone.now(), request.user.email
    try:
        merge_customers.merge(
            request.creditor, keep, twin, at=now, actor=actor, sure="sure" in request.POST, why="person"
        )
    except NotMerged as refused:
        say.refused(request, str(REFUSALS[refused.code]))
        return redirect("books_quality")
    after_import(request.creditor, request.today, at=now, actor=actor)
    text = _("%(twin)s and %(keep)s are one customer now.") % {"twin": twin.name, "keep": keep.name}
    say.done(request, text, undo=reverse("books_quality_part", args=[twin.pk]))
    return redirect("books_quality")


@changes
def part(request: Asked, pk: int) -> HttpResponse:
    """Make two customers of one again."""
    twin = get_object_or_404(Customer, creditor=request.creditor, pk=pk)
    now, actor = timezone.now(), request.user.email
    try:
        merge_customers.undo(request.creditor, twin, at=now, actor=actor)
    except NotMerged as refused:
        say.refused(request, str(REFUSALS[refused.code]))
        return redirect("books_quality")
    after_import(request.creditor, request.today, at=now, actor=actor)
    say.done(request, _("%(name)s is a customer of its own again.") % {"name": twin.name})
    return redirect("books_quality")


def _two(request: Asked, pk: int, other: int) -> tuple[Customer, Customer]:
    here = Customer.objects.filter(creditor=request.creditor)
    return get_object_or_404(here, pk=pk), get_object_or_404(here, pk=other)
