"""Write down what interrupts limitation, or take it back."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.recovery import limitation, record_limitation_event
from encaisse.recovery.models import LimitationEvent
from encaisse.recovery.refusal import Refused
from encaisse.web import limitations, say
from encaisse.web.guards import Asked, changes
from encaisse.web.views import customer


@changes
def record(request: Asked, pk: int) -> HttpResponse:
    """Record an event of limitation for a customer."""
    found = customer.find(pk)
    standings = limitation.of_customer(request.creditor, found.pk, request.day)
    form = limitations.form_class(standings)(request.POST, day=request.day, items=limitations.items(standings))
    if not form.is_valid():
        return customer.page(request, found, bound=form, status=422)
    data = form.cleaned_data
    try:
        record_limitation_event.record(
            request.creditor,
            found,
            kind=data["kind"],
            happened_on=data["happened_on"],
            until_on=data["until_on"],
            receivable_id=int(data["receivable"]) if data["receivable"] else None,
            note=data["note"],
            at=timezone.now(),
            actor=request.user.email,
        )
    except Refused as refused:
        form.add_error(FIELD_OF.get(refused.code), refused.text)
        return customer.page(request, found, bound=form, status=422)
    say.done(request, _("It is written down; the limitation dates of this customer take it into account."))
    return redirect(reverse("customer", args=[pk]) + "#limitation")


FIELD_OF = {
    "in_the_future": "happened_on",
    "before_the_invoice": "happened_on",
    "does_not_last": "until_on",
    "ends_before_start": "until_on",
    "proof_missing": "note",
}
"""The field a refusal is about."""


@changes
def withdraw(request: Asked, pk: int) -> HttpResponse:
    """Take an event back: the dates are what they were without it."""
    event = get_object_or_404(LimitationEvent, pk=pk)
    try:
        record_limitation_event.withdraw(request.creditor, pk, at=timezone.now(), actor=request.user.email)
        say.done(request, _("Withdrawn: the dates are what they were without it."))
    except Refused as refused:
        say.refused(request, refused.text)
    return redirect(reverse("customer", args=[event.customer_id]) + "#limitation")
