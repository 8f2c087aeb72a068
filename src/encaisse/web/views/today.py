"""Today: what there is to decide, to call, to mend and to watch."""

from __future__ import annotations

from collections import Counter

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from encaisse.ledger.freshness import sources
from encaisse.ledger.models import Import
from encaisse.ledger.movements import waiting
from encaisse.parties.models import Customer
from encaisse.recovery.models import Strategy
from encaisse.recovery.run import plan
from encaisse.recovery.today import today as work_of
from encaisse.web import formats, rates, say
from encaisse.web.guards import Asked, changes, is_owner, reads
from encaisse.web.views.rates import SEEN


@reads
def today(request: Asked) -> HttpResponse:
    """The page of the day; a creditor without books is led through the first run."""
    if not Import.objects.exists() and is_owner(request.member) and not request.session.get("welcome_left"):
        return redirect("welcome")
    work = work_of(request.creditor, request.day, language=formats.language())
    codes = {task.code for task in (*work.call, *work.mend, *work.near, *work.watch)}
    places = dict(Customer.objects.filter(code__in=codes).values_list("code", "pk"))
    lights = Counter(Strategy.objects.values_list("light", flat=True))
    context = {
        "work": work,
        "groups": [_group(group, request) for group in work.decide],
        "call": [(task, places.get(task.code)) for task in work.call],
        "mend": [(task, places.get(task.code)) for task in work.mend],
        "near": [(task, places.get(task.code)) for task in work.near],
        "watch": [(task, places.get(task.code)) for task in work.watch],
        "lights": [(light, lights[light]) for light in Strategy.Light.values if lights[light]],
        "waiting": sum(group.count for group in work.decide),
        "money": waiting(request.creditor),
        "sources": sources(request.creditor),
        "ran_today": work.last_run == request.today,
        "rates_notice": rates.notice(request.creditor, request.day, request.session.get(SEEN, "")),
    }
    return render(request, "web/today.html", context)


def _group(group: object, request: Asked) -> object:
    for action in group.actions:  # type: ignore[attr-defined]
        oldest = action.case.oldest_due_on
        action.days_late = (request.day - oldest).days if oldest else None
    return group


@changes
def run(request: Asked) -> HttpResponse:
    """Plan the day now instead of waiting for the daily run. Running twice plans nothing twice."""
    result = plan(request.creditor, request.today, at=timezone.now(), actor=request.user.email)
    if result.planned:
        text = ngettext("%(n)s action planned.", "%(n)s actions planned.", result.planned) % {"n": result.planned}
    else:
        text = _("Every case was looked at; nothing new is due today.")
    say.done(request, text)
    return redirect("today")
