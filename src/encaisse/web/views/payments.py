"""Money at the bank: what it pays, how sure, and why; one key says yes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from encaisse.ledger import book_match, pay_by_hand, refuse_match, undo_match
from encaisse.ledger.bank_entries import MatchRefused
from encaisse.ledger.match_reasons import refusal, texts
from encaisse.ledger.models import BankTransaction, Match
from encaisse.ledger.movements import WAITING, Seen, bank_to, seen, waiting
from encaisse.ledger.pay_by_hand import choices
from encaisse.parties.models import Customer
from encaisse.parties.search import folded
from encaisse.recovery.after_match import after_match
from encaisse.web import formats, say
from encaisse.web.guards import Asked, changes, reads

State = BankTransaction.State
PAGE = 50
MOST_CHOICES, MOST_OWNERS = 60, 6
TABS = (
    ("waiting", gettext_lazy("waiting for you"), WAITING),
    ("booked", gettext_lazy("booked"), (State.BOOKED,)),
    ("aside", gettext_lazy("no customer's payment"), (State.ASIDE,)),
)
HIGH, FAIR = Decimal("0.95"), Decimal("0.6")


@reads
def payments(request: Asked) -> HttpResponse:
    """Movements that wait for a yes, worth most first; behind them what was booked and what was set aside."""
    chosen = next((tab for tab in TABS if tab[0] == request.GET.get("state")), TABS[0])
    older = request.GET.get("older", "")[:18]
    place = int(older) if older.isascii() and older.isdigit() else 0
    rows = seen(request.creditor, chosen[2], limit=PAGE + 1, older_than=place)
    context = {
        "tabs": [(name, label) for name, label, _states in TABS],
        "tab": chosen[0],
        "rows": [_row(one) for one in rows[:PAGE]],
        "older": rows[PAGE - 1].movement.pk if len(rows) > PAGE and chosen[0] != "waiting" else "",
        "more": len(rows) > PAGE and chosen[0] == "waiting",
        "waiting": waiting(request.creditor),
        "bank_to": bank_to(request.creditor),
        "by_itself": request.creditor.book_above,
    }
    return render(request, "web/payments.html", context)


def _row(one: Seen) -> dict[str, Any]:
    found = [_match(match) for match in one.matches]
    return {
        "movement": one.movement,
        "returned": one.returned,
        "best": found[0] if found else None,
        "others": found[1:],
    }


def _match(match: Match) -> dict[str, Any]:
    score = match.score
    return {
        "match": match,
        "parts": [(part.receivable, part.amount) for part in match.parts.all()],
        "reasons": texts(match, formats.language()),
        "sure": _("nearly certain") if score >= HIGH else _("likely") if score >= FAIR else _("possible"),
        "tone": "good" if score >= HIGH else "accent" if score >= FAIR else "warn",
    }


@changes
def book(request: Asked, pk: int) -> HttpResponse:
    """Say yes to a match."""
    get_object_or_404(Match, pk=pk)
    return _changed(
        request,
        lambda **stamp: book_match.book(request.creditor, pk, **stamp),
        _("Booked."),
        undo=reverse("payments_undo", args=[pk]),
    )


@changes
def refuse(request: Asked, pk: int) -> HttpResponse:
    """Say no to one match."""
    get_object_or_404(Match, pk=pk)
    return _changed(
        request,
        lambda **stamp: refuse_match.refuse(request.creditor, pk, **stamp),
        _("Refused: this match is not proposed again."),
    )


@reads
def choose(request: Asked, pk: int) -> HttpResponse:
    """Open invoices that a movement could pay, for a person to choose from."""
    movement = get_object_or_404(BankTransaction, pk=pk)
    if movement.state not in WAITING or movement.amount <= 0 or movement.returned:
        return redirect("payments")
    asked = request.GET.get("q", "")[:100]
    found = choices(request.creditor, movement, asked, limit=MOST_CHOICES + 1)
    context = {
        "movement": movement,
        "asked": asked,
        "choices": found[:MOST_CHOICES],
        "more": len(found) > MOST_CHOICES,
        "owners": _owners(request, asked),
    }
    return render(request, "web/payments_choose.html", context)


def _owners(request: Asked, asked: str) -> list[Customer]:
    """Customers whose credit the money could become: those a person looks for,."""
    every = Customer.objects.filter(creditor=request.creditor, merged_into__isnull=True)
    for word in asked.split():
        every = every.filter(search__contains=folded(word))
    return list(every.order_by("name", "pk")[:MOST_OWNERS]) if asked.strip() else []


@changes
def pay(request: Asked, pk: int) -> HttpResponse:
    """Book a movement to the invoices a person chose, or keep it as a customer's credit."""
    get_object_or_404(BankTransaction, pk=pk)
    ids = [int(one) for one in request.POST.getlist("receivable") if one.isascii() and one.isdigit()]
    credit = request.POST.get("credit", "")
    customer = int(credit) if credit.isascii() and credit.isdigit() else None
    made: list[Match] = []
    back = _changed(
        request,
        lambda **stamp: made.append(
            pay_by_hand.pay(request.creditor, pk, () if customer else ids, customer=customer, **stamp)
        ),
        _("Booked."),
        undo=lambda: reverse("payments_undo", args=[made[0].pk]),
    )
    return back if made else redirect("payments_choose", pk)


@changes
def undo(request: Asked, pk: int) -> HttpResponse:
    """Undo a booked match."""
    get_object_or_404(Match, pk=pk)
    return _changed(
        request,
        lambda **stamp: undo_match.undo(request.creditor, pk, **stamp),
        _("Undone: what it had paid is open again."),
    )


@changes
def aside(request: Asked, pk: int) -> HttpResponse:
    """Say that a movement is no customer's payment."""
    get_object_or_404(BankTransaction, pk=pk)
    return _changed(
        request,
        lambda **stamp: refuse_match.set_aside(request.creditor, pk, **stamp),
        _("Set aside: this is no customer's payment."),
        undo=reverse("payments_again", args=[pk]),
    )


@changes
def again(request: Asked, pk: int) -> HttpResponse:
    """Look again at a movement that was set aside."""
    get_object_or_404(BankTransaction, pk=pk)
    return _changed(
        request,
        lambda **stamp: refuse_match.take_up_again(request.creditor, pk, **stamp),
        _("It is looked at again."),
    )


def _changed(
    request: Asked, change: Callable[..., Any], text: str, *, undo: str | Callable[[], str] = ""
) -> HttpResponse:
    """Change something, tell it, and call off what waits for the customers concerned."""
    now, actor = timezone.now(), request.user.email
    try:
        change(at=now, actor=actor)
    except MatchRefused as error:
        say.refused(request, refusal(error))
        return redirect("payments")
    called_off = after_match(request.creditor, request.today, at=now, actor=actor)
    if called_off:
        text += " " + ngettext(
            "%(n)s planned action was called off.", "%(n)s planned actions were called off.", called_off
        ) % {"n": called_off}
    say.done(request, text, undo=undo() if callable(undo) else undo)
    return redirect("payments")
