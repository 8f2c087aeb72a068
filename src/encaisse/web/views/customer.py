"""One customer: what is owed, what comes next and why, what was said, what may be done."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from encaisse.journal import evidence
from encaisse.ledger.models import Invoice
from encaisse.parties import agreed_terms
from encaisse.parties.models import Customer
from encaisse.recovery import end_suspension, profiles, record_hold, strategies
from encaisse.recovery.explain import Explained, explain
from encaisse.recovery.models import Action, Case, Hold, Suspension
from encaisse.recovery.refusal import TEXTS, Refused, refusal_text
from encaisse.recovery.run import known_then
from encaisse.recovery.situation import look
from encaisse.recovery.statement import statement_pdf
from encaisse.recovery.timeline import timeline
from encaisse.web import charges, charts, downloads, events, formats, limitations, recording, say
from encaisse.web.forms_records import RecordForm
from encaisse.web.guards import Asked, changes, reads
from encaisse.web.steps import Names

EVENTS = 40


def find(pk: int) -> Customer:
    """The customer, or 404 when it is not this creditor's."""
    return get_object_or_404(Customer, pk=pk)


@reads
def customer(request: Asked, pk: int) -> HttpResponse:
    """The customer's page."""
    return page(request, find(pk))


def page(request: Asked, found: Customer, *, bound: RecordForm | None = None, status: int = 200) -> HttpResponse:
    """Render the page; `bound` is a form that was refused, shown open with its errors."""
    told = _explained(request, found)
    lines = _lines(told, request.day) if told else []
    names = Names(request.creditor)
    currency = told.situation.case.currency if told else request.creditor.currency
    items = [
        (line["receivable"], f"{line['row'].number} · {formats.money(line['open'], line['row'].currency)}")
        for line in lines
        if line["open"] > 0
    ]
    context = {
        "customer": found,
        "search": "",
        "contacts": list(found.contacts.all()),
        "told": told,
        "currency": currency,
        "cases": list(Case.objects.filter(customer=found).order_by("currency")),
        "strip": charts.strip(told.aging) if told else [],
        "lines": lines,
        "sums": _sums(lines),
        "suspensions": _in_force(found, request.day),
        "holds": list(Hold.objects.filter(customer=found, starts_on__lte=request.day).filter(_open_on(request.day))),
        "waiting": _waiting(found, names),
        "forms": recording.forms(found, day=request.day, items=items, bound=bound),
        "bound": bound,
        "terms_warning": agreed_terms.of_customer(request.creditor, found, request.day, formats.language()),
        "limitation": limitations.panel(request.creditor, found, request.day, bound),
        "charges": charges.panel(request.creditor, found, request.day, currency),
        "doubts": charges.doubts(lines, request.day),
        "planned_call": _planned_call(request, found),
        "evidence": _evidence(request, found),
        "strategies": names.choices(),
        "strategy": _strategy_of(request, found),
        "strategy_label": names.strategy(_strategy_of(request, found)),
        **_timeline(request, found, names),
    }
    return render(request, "web/customer.html", context, status=status)


def _explained(request: Asked, found: Customer) -> Explained | None:
    try:
        # A past day is told as its run saw it; what that run planned is not held against it.
        then = known_then(request.creditor, request.day) if request.day < request.today else None
        return explain(
            request.creditor,
            found,
            request.day,
            language=formats.language(),
            currency=request.GET.get("currency", ""),
            known_at=then,
        )
    except Case.DoesNotExist:
        return None


def _lines(told: Explained, day: date) -> list[dict[str, Any]]:
    rows, invoices = [], {line["row"].invoice_id for line in told.situation.lines}
    documents = dict(Invoice.objects.filter(pk__in=invoices).values_list("pk", "document"))
    for line in told.situation.lines:
        reason = line["reason"]
        rows.append(
            {
                **line,
                "document": documents.get(line["row"].invoice_id, ""),
                "days_late": (day - line["row"].due_on).days,
                "reason_text": refusal_text(reason).rstrip(".") if reason in TEXTS else reason or "",
            }
        )
    return sorted(rows, key=lambda line: (line["row"].due_on, line["receivable"]))


def _sums(lines: list[dict[str, Any]]) -> dict[str, int]:
    return {key: sum(line[key] or 0 for line in lines) for key in ("open", "interest", "indemnity")}


def _open_on(day: date) -> Q:
    return Q(ends_on__isnull=True) | Q(ends_on__gt=day)


def _in_force(found: Customer, day: date) -> list[Suspension]:
    mine = Suspension.objects.filter(Q(customer=found) | Q(customer__isnull=True), _open_on(day))
    return list(mine.select_related("receivable", "promise", "dispute", "plan", "handover").order_by("starts_on", "pk"))


def _waiting(found: Customer, names: Names) -> Action | None:
    action = Action.objects.filter(customer=found, status__in=Action.OPEN).select_related("case").first()
    if action:
        action.label = names.step(action.strategy, action.step)  # type: ignore[attr-defined]
    return action


def _planned_call(request: Asked, found: Customer) -> int | None:
    calls = Action.objects.filter(customer=found, channel="phone", status=Action.Status.PLANNED)
    asked = request.POST.get("action") or request.GET.get("action", "")
    if asked.isdigit() and calls.filter(pk=asked).exists():
        return int(asked)
    return calls.values_list("pk", flat=True).first()


def _evidence(request: Asked, found: Customer) -> dict[str, int]:
    """What the profile rests on, when the machine said it."""
    return profiles.evidence(request.creditor, found, request.day) if found.profile in profiles.MACHINE else {}


def _strategy_of(request: Asked, found: Customer) -> str:
    return strategies.name_for(
        own=found.strategy, kind=found.kind, profile=found.profile, default=request.creditor.default_strategy
    )


def _timeline(request: Asked, found: Customer, names: Names) -> dict[str, Any]:
    before = request.GET.get("before", "")
    lines = timeline(request.creditor, found, before=int(before) if before.isdigit() else None, limit=EVENTS + 1)
    more, lines = len(lines) > EVENTS, lines[:EVENTS]
    until = _day(request.GET.get("until", ""))
    since = lines[-1].day if more and lines else None
    rows = events.with_ledger(events.shown_all(lines, label=names.step), found, since=since, until=until)
    if len(rows) > EVENTS:
        # Cut between two days, so that the days before are the next page's.
        last = rows[EVENTS - 1].day
        rows = [row for row in rows if row.day >= last]
        more, since = True, last
    kept = [line.sequence for line in lines if since is None or line.day >= since]
    first = min(kept) if kept else int(before) if before.isdigit() else ""
    return {
        "events": rows,
        "older": {"before": first, "until": since.isoformat()} if more and since else None,
        "later": bool(before or until),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@changes
def record(request: Asked, pk: int, slug: str) -> HttpResponse:
    """Write down what the customer said or what holds chasing back."""
    found = find(pk)
    kind = recording.KINDS.get(slug)
    if kind is None:
        raise Http404
    form = kind.form(request.POST, day=request.day, items=_open_items(request, found))
    if not form.is_valid():
        return page(request, found, bound=form, status=422)
    try:
        said, undo = kind.write(
            recording.Asked(request.creditor, found, timezone.now(), request.day, request.user.email),
            form,
            request.POST,
        )
    except Refused as refused:
        form.add_error(None, refused.text)
        return page(request, found, bound=form, status=422)
    say.done(request, said, undo=reverse("suspension_end", args=[undo]) if undo else "")
    return redirect("customer", pk)


def _open_items(request: Asked, found: Customer) -> list[tuple[int, str]]:
    told = _explained(request, found)
    return [(line["receivable"], line["row"].number) for line in told.situation.lines] if told else []


@changes
def suspension_end(request: Asked, pk: int) -> HttpResponse:
    """End a pause, promise, dispute or plan: chasing goes on from today."""
    suspension = get_object_or_404(Suspension, pk=pk)
    try:
        end_suspension.end(
            request.creditor,
            pk,
            ends_on=request.today,
            note=request.POST.get("note", "")[:300],
            at=timezone.now(),
            actor=request.user.email,
        )
        say.done(request, _("Ended: chasing goes on from today, where it stood."))
    except Refused as refused:
        say.refused(request, refused.text)
    return redirect("customer", suspension.customer_id) if suspension.customer_id else redirect("today")


@changes
def hold_release(request: Asked, pk: int) -> HttpResponse:
    """Allow orders and deliveries again."""
    hold = get_object_or_404(Hold, pk=pk)
    try:
        record_hold.release(request.creditor, pk, ends_on=request.today, at=timezone.now(), actor=request.user.email)
        say.done(request, _("Orders are allowed again from today."))
    except Refused as refused:
        say.refused(request, refused.text)
    return redirect("customer", hold.customer_id)


@reads
def strategy(request: Asked, pk: int) -> HttpResponse:
    """What another strategy would decide today, next to what the present one does. Nothing is kept."""
    found = find(pk)
    wanted = request.GET.get("strategy", "")
    names = Names(request.creditor)
    if wanted and wanted not in names.installed:
        raise Http404
    now = _explained(request, found)
    with transaction.atomic():
        Customer.objects.filter(pk=pk).update(strategy=wanted)
        changed = find(pk)
        then, then_name = _explained(request, changed), _strategy_of(request, changed)
        transaction.set_rollback(True)
    context = {
        "customer": found,
        "wanted": wanted,
        "now": now,
        "then": then,
        "now_name": names.strategy(_strategy_of(request, found)),
        "then_name": names.strategy(then_name),
    }
    return render(request, "web/customer_strategy.html", context)


@changes
def strategy_assign(request: Asked, pk: int) -> HttpResponse:
    """Put the customer on another strategy."""
    try:
        name = request.POST.get("strategy", "")
        strategies.assign(request.creditor, find(pk), name, at=timezone.now(), actor=request.user.email)
        say.done(request, _("The strategy is changed. What was sent keeps its place by its age."))
    except Refused as refused:
        say.refused(request, refused.text)
    return redirect("customer", pk)


@reads
def statement(request: Asked, pk: int) -> HttpResponse:
    """The statement of account of the day, as PDF."""
    told = _explained(request, find(pk))
    if told is None:
        raise Http404
    try:
        content = statement_pdf(request.creditor, look(request.creditor, told.situation.case, request.day))
    except Refused as refused:
        say.refused(request, refused.text)
        return redirect("customer", pk)
    name = _("statement")
    code = told.situation.customer.code
    return downloads.inline(content, "application/pdf", f"{name}-{code}-{request.day.isoformat()}.pdf")


@reads
def evidence_file(request: Asked, pk: int) -> HttpResponse:
    """Everything that was kept about the customer, with its hashes and a program that checks them."""
    found = find(pk)
    target = io.BytesIO()
    evidence.write(request.creditor, found.code, found.name, target)
    return downloads.attached(target.getvalue(), "application/zip", f"{found.code}-{request.day.isoformat()}.zip")
