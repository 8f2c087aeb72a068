"""Rates of the law in the settings: how far each is known, and those the creditor added himself."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.law.overlay import RefusedPoint
from encaisse.parties import own_rates
from encaisse.parties.models import OwnRate
from encaisse.recovery.ending_rates import regimes_in_use
from encaisse.web import formats, rates, say
from encaisse.web.forms_rates import RateForm, first_values
from encaisse.web.guards import Asked, changes, owner_changes, reads

WITHDRAWN_MOST = 50
SEEN = "rates_seen"


@reads
def page(request: Asked) -> HttpResponse:
    """Every rate with what is known until when and what ends; the creditor's own ones; a form to add one."""
    with own_rates.rates_of(request.creditor):
        in_use = regimes_in_use(request.creditor)
        first = first_values(request.GET.get("series", ""), request.day, in_use)
        form = RateForm(day=request.day, in_use=in_use, initial=first)
        return render(request, "web/settings/rates.html", _context(request, form, in_use))


@owner_changes
def add(request: Asked) -> HttpResponse:
    """Show what a rate would carry, or keep it when asked to; a refusal stands beside its field."""
    with own_rates.rates_of(request.creditor):
        in_use = regimes_in_use(request.creditor)
        form = RateForm(request.POST, day=request.day, in_use=in_use)
        preview = None
        if form.is_valid():
            try:
                if "keep" in request.POST:
                    return _kept(request, form)
                point = own_rates.check(request.creditor, **form.cleaned_data)
                preview = rates.preview(point, in_use)
            except RefusedPoint as refused:
                form.refuse(refused)
        context = _context(request, form, in_use) | {"preview": preview}
        return render(request, "web/settings/rates.html", context)


def _kept(request: Asked, form: RateForm) -> HttpResponse:
    rate = own_rates.add(request.creditor, **form.cleaned_data, at=timezone.now(), actor=request.user.email)
    text = _("%(rate)s: %(value)s is counted with from now on.") % {
        "rate": rates.name_of(rate.series),
        "value": formats.percent(rate.value),
    }
    say.done(request, text, undo=reverse("settings_rates_withdraw", args=[rate.pk]))
    return redirect("settings_rates")


@owner_changes
def withdraw(request: Asked, pk: int) -> HttpResponse:
    """Take a rate back; undoing it adds the same one again."""
    rate = get_object_or_404(OwnRate, pk=pk)
    try:
        own_rates.withdraw(request.creditor, rate.pk, at=timezone.now(), actor=request.user.email)
    except RefusedPoint as refused:
        say.refused(request, _words(refused))
    else:
        text = _("Withdrawn: nothing is counted with it any more.")
        say.done(request, text, undo=reverse("settings_rates_restore", args=[rate.pk]))
    return redirect("settings_rates")


@owner_changes
def restore(request: Asked, pk: int) -> HttpResponse:
    """Add a withdrawn rate once more, as it was."""
    rate = get_object_or_404(OwnRate, pk=pk)
    given = (rate.series, rate.first_on, rate.last_on, rate.value, rate.reference)
    try:
        own_rates.add(request.creditor, *given, at=timezone.now(), actor=request.user.email)
    except RefusedPoint as refused:
        say.refused(request, _words(refused))
    else:
        say.done(request, _("The rate counts again."))
    return redirect("settings_rates")


@changes
def seen(request: Asked) -> HttpResponse:
    """Do not say again today's notice about rates that end, until something about them changes."""
    request.session[SEEN] = request.POST.get("notice", "")[:200]
    return redirect("today")


def _words(refused: RefusedPoint) -> str:
    return refused.text(formats.language(), rates.written, rates.name_of(refused.series))


def _context(request: Asked, form: RateForm, in_use: frozenset[str]) -> dict[str, Any]:
    mine, others = rates.lines(request.day, in_use)
    withdrawn = OwnRate.objects.exclude(withdrawn_at=None).order_by("-withdrawn_at")[:WITHDRAWN_MOST]
    return {
        "here": "rates",
        "form": form,
        "mine": mine,
        "others": others,
        "own": rates.own_rates(own_rates.in_force(request.creditor)),
        "withdrawn": rates.own_rates(withdrawn),
    }
