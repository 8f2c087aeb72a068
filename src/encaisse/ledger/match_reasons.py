"""Why a match was proposed or booked: kept as JSON without binary floats, said in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from encaisse.documents import words
from encaisse.ledger.bank_entries import MatchRefused
from encaisse.ledger.matching import Part, Reason, sentence
from encaisse.ledger.models import Match
from encaisse.ledger.returned_payments import RETURNED, reason_text

SETTLES = "settles"
"""The code under which what settles a receivable beside the money is kept: a part holds the money only."""
IN_BOOKS = "in_books"
BY_HAND = "by_hand"
BY_COMMAND = "cli"
"""Who acts on the command line, where nobody signs in."""
_SHARES = frozenset({"likeness", "score", "second", "threshold"})


def kept(reasons: Iterable[Reason], parts: Iterable[Part] = ()) -> list[dict[str, Any]]:
    """Reasons, and the discounts and charges of the parts, as a match keeps them."""
    told = [
        {"code": one.code, "values": {key: _plain(value) for key, value in one.values.items()},
         "points": f"{one.points:.2f}"}
        for one in reasons
    ]  # fmt: skip
    rests = [
        {"code": SETTLES, "values": {"kind": kind, "receivable": part.receivable, "amount": amount}, "points": "0.00"}
        for part in parts
        for kind, amount in (("discount", part.discount), ("charges", part.charges))
        if amount
    ]
    return [*told, *rests]


def texts(match: Match, language: str) -> list[str]:
    """The reasons of a match in words, the weightiest first, in ``fr`` or ``en``."""
    return [text for one in match.reasons if (text := _text(one, match.movement.currency, language))]


def _text(one: dict[str, Any], currency: str, language: str) -> str:
    values = one["values"]
    if one["code"] == SETTLES:
        return ""
    if one["code"] == IN_BOOKS:
        return _("The books tell of this payment themselves, on %(day)s.") % {"day": _day(values["day"], language)}
    if one["code"] == BY_HAND:
        if values["who"] == BY_COMMAND:
            return _("Chosen by hand, on the command line.")
        return _("Chosen by %(who)s.") % {"who": values["who"]}
    if one["code"] == RETURNED:
        return _("It came back, paid on %(day)s: %(reason)s.") % {
            "day": _day(values["paid_on"], language),
            "reason": reason_text(values["reason"]),
        }
    given = {key: _value(key, value) for key, value in values.items()}
    return sentence(Reason(one["code"], given, float(one["points"])), language, currency)


def _day(text: str, language: str) -> str:
    return words.short_date(date.fromisoformat(text), language)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:.5f}" if isinstance(value, float) else value


def _value(key: str, value: Any) -> Any:
    if key in _SHARES and isinstance(value, str):
        return float(value)
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


REFUSALS: dict[str, LazyText] = {
    "unknown_match": gettext_lazy("There is no match of this number."),
    "unknown_movement": gettext_lazy("There is no movement of this number."),
    "not_waiting": gettext_lazy("It no longer waits: it was booked, refused or replaced meanwhile."),
    "not_booked": gettext_lazy("It is not booked, so there is nothing to undo."),
    "already_booked": gettext_lazy("This movement is booked already."),
    "open_changed": gettext_lazy("Less is open than this match would pay: the books changed. Look at it again."),
    "no_money_in": gettext_lazy("This movement brings no money in, so it pays no invoice."),
    "set_aside": gettext_lazy("This movement was set aside: have it looked at again first."),
    "unknown_receivable": gettext_lazy("There is no such invoice."),
    "unknown_customer": gettext_lazy("There is no such customer."),
    "other_currency": gettext_lazy("An invoice in another currency cannot be paid by this movement."),
    "nothing_chosen": gettext_lazy("Choose at least one invoice, or the customer whose credit it becomes."),
    "two_customers": gettext_lazy("These invoices are of different customers: a movement is booked for one."),
    "number_twice": gettext_lazy("Two customers have an invoice of this number: say which customer."),
    "nothing_open": gettext_lazy("Nothing is open of one of these invoices."),
    "returned_since": gettext_lazy("This payment came back since: undo the return first."),
}
"""Why a match was not changed, by the code of `MatchRefused`."""


def refusal(error: MatchRefused) -> str:
    """Why nothing was changed, and what to do, in the reader's language."""
    return str(REFUSALS[error.code])
