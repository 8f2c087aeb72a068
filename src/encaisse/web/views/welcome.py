"""The first run: who are you, drop your books, how should we write; then what would leave today."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.calendar import next_working_day
from encaisse.ledger.balance import aging, open_items
from encaisse.ledger.models import Import
from encaisse.money import parse_minor
from encaisse.recovery.run import plan
from encaisse.recovery.setup import prepare
from encaisse.recovery.strategies import current
from encaisse.web import charts, formats, say
from encaisse.web.forms_settings import WhoAreYou, Writing
from encaisse.web.guards import Asked, owner_changes, owner_page
from encaisse.web.steps import Names
from encaisse.web.views.books import limits

SHOWN = 40
HOME_REGION = "FR"
TONES = ("courteous", "standard", "firm")


@owner_page
def who(request: Asked) -> HttpResponse:
    """First question: who are you?"""
    request.session["welcome"] = True
    form = WhoAreYou(request.POST or None, instance=request.creditor)
    if request.method == "POST" and form.is_valid():
        form.save()
        prepare(request.creditor, at=timezone.now(), actor=request.user.email)
        return redirect("welcome_books")
    return render(request, "web/welcome/who.html", {"form": form})


@owner_page
def books(request: Asked) -> HttpResponse:
    """Second question: your books."""
    context = {**limits(), "imports": list(Import.objects.order_by("pk")[:20])}
    return render(request, "web/welcome/books.html", context)


@owner_page
def tone(request: Asked) -> HttpResponse:
    """Third question: how should we write?"""
    creditor = request.creditor
    prepare(creditor, at=timezone.now(), actor=request.user.email)
    language = formats.language()
    tones = [
        (one.name, one.plan.label(language), one.plan.description(language))
        for one in current(creditor)
        if one.name in TONES
    ]
    initial = {
        "tone": creditor.default_strategy,
        "sender_name": creditor.sender_name or request.user.name,
        "sender_email": creditor.sender_email or request.user.email,
        "sender_phone": creditor.sender_phone,
    }
    form = Writing(request.POST or None, initial=initial)
    form.fields["tone"].choices = [(name, label) for name, label, _about in tones]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        creditor.default_strategy = data["tone"]
        creditor.sender_name, creditor.sender_email = data["sender_name"], data["sender_email"]
        creditor.sender_phone = data["sender_phone"]
        creditor.save()
        return redirect("welcome_ready")
    return render(request, "web/welcome/tone.html", {"form": form, "tones": tones, "chosen": form["tone"].value()})


@owner_page
def ready(request: Asked) -> HttpResponse:
    """The aged balance, and what would leave today. Nothing is planned before a yes."""
    items = open_items(request.creditor, request.day)
    items = items.filter(items["currency"] == request.creditor.currency)
    when, leaving, unreachable = _leaving(request)
    ages = aging(items, request.day)
    context = {
        "strip": charts.strip(ages),
        "open": sum(ages.values()),
        "overdue": sum(ages.values()) - ages["not_due"],
        "customers": items["customer"].n_unique(),
        "when": when,
        "unreachable": unreachable,
        "leaving": leaving[:SHOWN],
        "count": len(leaving),
        "rest": max(len(leaving) - SHOWN, 0),
    }
    return render(request, "web/welcome/ready.html", context)


def _leaving(request: Asked) -> tuple[date, list[dict[str, Any]], int]:
    """What would leave today or, on a quiet day, on the next working day; and how many nobody could write to."""
    label = Names(request.creditor).step
    first, unreachable = request.day, 0
    for day in (first, next_working_day(first + timedelta(days=1), HOME_REGION)):
        result = plan(request.creditor, day, at=timezone.now(), actor=request.user.email, dry_run=True)
        leaving = [_shown(row, label) for row in result.verdicts if row["step"]]
        unreachable = sum(1 for row in result.verdicts if row["reason"] == "no_reachable_contact")
        if leaving:
            return day, leaving, unreachable
    return first, [], unreachable


def _shown(row: dict[str, Any], label: Any) -> dict[str, Any]:
    return {
        **row,
        "label": label(row.get("strategy", ""), row["step"]),
        "amount": parse_minor(row["principal"]),
        "count": len(row["receivables"]),
    }


@owner_changes
def start(request: Asked) -> HttpResponse:
    """Yes: put it on Today, to be approved there."""
    result = plan(request.creditor, request.today, at=timezone.now(), actor=request.user.email)
    _over(request)
    if result.planned:
        say.done(request, _("Here is your first day. Open a line, read it, approve it."))
    return redirect("today")


@owner_changes
def later(request: Asked) -> HttpResponse:
    """Leave the first run; it can be taken up again from the books page."""
    _over(request)
    return redirect("today")


def _over(request: Asked) -> None:
    request.session.pop("welcome", None)
    request.session["welcome_left"] = True
