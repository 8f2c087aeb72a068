"""Strategies: the calendar of steps, the autopilot's light, who is on it, and what its messages say."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.parties.models import Customer
from encaisse.recovery import strategies as kept
from encaisse.recovery.models import Strategy, StrategyVersion
from encaisse.recovery.refusal import Refused
from encaisse.web import charts, formats, samples, say
from encaisse.web.guards import Asked, changes, reads

SHOWN_CUSTOMERS = 30


@reads
def strategies(request: Asked) -> HttpResponse:
    """All strategies with their lights."""
    language = formats.language()
    rows = [
        {
            "one": one,
            "label": one.plan.label(language),
            "about": one.plan.description(language),
            "default": one.name == request.creditor.default_strategy,
        }
        for one in kept.current(request.creditor)
    ]
    return render(request, "web/strategies.html", {"rows": rows, "lights": Strategy.Light.choices})


def _find(request: Asked, name: str) -> kept.Installed:
    for one in kept.current(request.creditor):
        if one.name == name:
            return one
    raise Http404


@reads
def strategy(request: Asked, name: str) -> HttpResponse:
    """One strategy: its ribbon, its steps, its people."""
    one = _find(request, name)
    language = formats.language()
    own = Customer.objects.filter(strategy=name).order_by("search", "pk")
    context = {
        "one": one,
        "label": one.plan.label(language),
        "about": one.plan.description(language),
        "ribbon": charts.ribbon(one.plan),
        "steps": [
            {"step": step, "label": step.label(language), "when": charts.when(step), "conditions": conditions(step)}
            for step in one.plan.steps
        ],
        "lights": Strategy.Light.choices,
        "own": list(own[: SHOWN_CUSTOMERS + 1]),
        "most": SHOWN_CUSTOMERS,
        "rules": _rules(request, name),
        "versions": StrategyVersion.objects.filter(strategy__name=name).order_by("-number")[:10],
    }
    return render(request, "web/strategy.html", context)


def conditions(step: Any) -> list[str]:
    """The conditions of a step in words; none means it always holds."""
    kinds = dict(Customer.Kind.choices)
    said = []
    if step.least:
        said.append(_("from %(amount)s") % {"amount": formats.money(step.least)})
    if step.min_age:
        said.append(_("oldest at least %(days)s days late") % {"days": step.min_age})
    if step.min_count:
        said.append(_("at least %(n)s invoices") % {"n": step.min_count})
    if step.kinds:
        said.append(_("only: %(what)s") % {"what": ", ".join(str(kinds[kind]) for kind in step.kinds)})
    if step.profiles:
        said.append(_("profile: %(what)s") % {"what": ", ".join(step.profiles)})
    if step.tags:
        said.append(_("tag: %(what)s") % {"what": ", ".join(step.tags)})
    if step.gap:
        said.append(_("%(days)s days after the last contact") % {"days": step.gap})
    return said


def _rules(request: Asked, name: str) -> list[str]:
    said = []
    kinds = dict(Customer.Kind.choices)
    followers = [str(kinds[kind]) for kind, strategy in kept.BY_KIND.items() if strategy == name]
    if followers:
        said.append(_("by what they are: %(what)s") % {"what": ", ".join(followers)})
    if request.creditor.default_strategy == "standard" and name in kept.BY_PROFILE.values():
        said.append(_("new customers and those who have always paid well"))
    if name == request.creditor.default_strategy:
        said.append(_("everybody for whom nothing else is said"))
    return said


@changes
def light(request: Asked, name: str) -> HttpResponse:
    """Set the autopilot's light."""
    _find(request, name)
    try:
        kept.set_light(
            request.creditor, name, request.POST.get("light", ""), at=timezone.now(), actor=request.user.email
        )
        say.done(request, _("The light is set."))
    except Refused as refused:
        say.refused(request, refused.text)
    back = request.POST.get("back")
    return redirect("strategies") if back == "list" else redirect("strategies_one", name)


@reads
def texts(request: Asked, name: str, step: str) -> HttpResponse:
    """What a step says, in both languages, about an invented customer."""
    one = _find(request, name)
    found = one.plan.step(step)
    if found is None:
        raise Http404
    context = {
        "one": one,
        "label": one.plan.label(formats.language()),
        "step": found,
        "step_label": found.label(formats.language()),
        "when": charts.when(found),
        "samples": samples.of_step(request.creditor, one.name, found, request.day),
    }
    return render(request, "web/strategy_texts.html", context)
