"""What every page shows around its content. All of it is computed only when a template asks."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from django.http import HttpRequest
from django_scopes import scopes_disabled

from encaisse.ledger.freshness import bank_to, books_to
from encaisse.ledger.models import BankTransaction
from encaisse.parties.models import Creditor, Member
from encaisse.recovery.models import Action
from encaisse.web.guards import is_owner, may_change

MANY = 100


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give templates the creditor, the member and what they may do, the day, the freshness of the books."""
    member: Member | None = getattr(request, "member", None)
    creditor: Creditor | None = getattr(request, "creditor", None)
    day: date | None = getattr(request, "day", None)
    today: date | None = getattr(request, "today", None)
    match = request.resolver_match

    @cache
    def freshness() -> dict[str, Any] | None:
        return _freshness(creditor, day) if creditor and day else None

    return {
        "creditor": creditor,
        "member": member,
        "may_change": may_change(member) and day == today,
        "is_owner": is_owner(member) and day == today,
        "day": day,
        "today": today,
        "other_day": day != today,
        "section": match.url_name.split("_")[0] if match and match.url_name else "",
        "freshness": freshness,
        "to_decide": cache(lambda: _to_decide() if creditor else 0),
        "payments_waiting": cache(lambda: _payments_waiting() if creditor else 0),
        "creditors": cache(lambda: _creditors(request) if member else []),
    }


def _freshness(creditor: Creditor, day: date) -> dict[str, Any]:
    last, bank = books_to(creditor), bank_to(creditor)
    if last is None:
        return {"books_to": None, "bank_to": bank, "state": "none"}
    age = (day - last).days
    limit = creditor.stale_after_days
    state = "bad" if age > limit else "warn" if age > limit * 0.7 else "good"
    return {"books_to": last, "bank_to": bank, "state": state, "age": age, "limit": limit}


def _to_decide() -> int:
    # Never counts more than it can show: a badge says "99+" beyond.
    return Action.objects.filter(status=Action.Status.PLANNED).order_by()[:MANY].count()


def _payments_waiting() -> int:
    found = BankTransaction.objects.filter(state=BankTransaction.State.PROPOSED)
    return found.order_by()[:MANY].count()


def _creditors(request: HttpRequest) -> list[Creditor]:
    with scopes_disabled():
        found = Member.objects.filter(user=request.user.pk).select_related("creditor").order_by("creditor__name")
        return [member.creditor for member in found]
