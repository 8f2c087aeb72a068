"""A debit or transfer that came back: what it had paid is open again from that day, and the bank's reason is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from encaisse.journal.append import Line, append_many
from encaisse.ledger.bank_entries import SCOPE, Stamp, net_of, take_back
from encaisse.ledger.book_match import close_movements, told
from encaisse.ledger.matching.numbers import Numbers
from encaisse.ledger.matching.references import NOTHING_SAID, plain
from encaisse.ledger.matching.text import name_key, plain_iban
from encaisse.ledger.models import BankTransaction, Match, MatchPart, Payment, Receivable

LONGEST = timedelta(days=400)
"""A debit may come back thirteen months later (PSD2, article 71); a few days more for the banks."""
NEAR = timedelta(days=7)
RETURNED = "returned"

REASONS: dict[str, LazyText] = {
    "AC01": _("wrong account number"),
    "AC04": _("account closed"),
    "AC06": _("account blocked"),
    "AC13": _("a consumer's account cannot be debited so"),
    "AG01": _("no debit is allowed on this account"),
    "AG02": _("wrong operation code"),
    "AM04": _("not enough money on the account"),
    "AM05": _("presented twice"),
    "BE05": _("creditor not recognised"),
    "FF01": _("wrong format"),
    "FF05": _("wrong kind of debit"),
    "FOCR": _("called back"),
    "MD01": _("no valid mandate"),
    "MD02": _("the mandate lacks something"),
    "MD06": _("the payer asked for the money back"),
    "MD07": _("the payer has died"),
    "MS02": _("the payer refuses"),
    "MS03": _("no reason given"),
    "RC01": _("wrong bank code"),
    "RR04": _("a rule of the authorities"),
    "SL01": _("the payer's bank lets no such debit through"),
}
"""ISO 20022 codes that banks give, in a few words."""


@dataclass(frozen=True, slots=True)
class Original:
    """A payment that may be the one that came back."""

    payment: Payment
    iban: str
    names: frozenset[str]
    end_to_end_id: str
    day: date


def reopen(stamp: Stamp, movements: Sequence[BankTransaction]) -> list[Match]:
    """Find what each returned movement undoes, and take it back from the day of the return. Returns what was done.

    A movement whose payment cannot be told stays open: a person looks.
    """
    done = []
    for movement in movements:
        found = _original(stamp, movement)
        if found is not None:
            done.append(_take_back(stamp, movement, found))
    return done


def reason_text(code: str) -> str:
    """The bank's reason in words, with its code."""
    return f"{REASONS[code]} ({code})" if code in REASONS else code


def _original(stamp: Stamp, movement: BankTransaction) -> Payment | None:
    rated = [(_sign(movement, one), one) for one in _candidates(stamp, movement)]
    likely = sorted(
        ((sign, one) for sign, one in rated if sign), key=lambda two: (two[0], two[1].day, two[1].payment.pk)
    )
    if not likely:
        return None
    best = [one for sign, one in likely if sign == likely[-1][0]]
    # Two customers' payments alike: nobody can tell whose came back.
    return best[-1].payment if len({one.payment.customer_id for one in best}) == 1 else None


def _candidates(stamp: Stamp, movement: BankTransaction) -> list[Original]:
    """Payments of this amount in the months before that have not come back yet."""
    gone = Match.objects.filter(creditor=stamp.creditor, state=Match.State.BOOKED, movement__amount__lt=0)
    back = {value.get("payment") for reasons in gone.values_list("reasons", flat=True) for value in _values(reasons)}
    rows = Payment.objects.filter(
        creditor=stamp.creditor, amount=-movement.amount, currency=movement.currency, kind=Payment.Kind.PAYMENT,
        paid_on__lte=movement.booked_on, paid_on__gte=movement.booked_on - LONGEST,
    ).select_related("customer").exclude(pk__in={pk for pk in back if pk})  # fmt: skip
    found = []
    for row in rows.order_by("paid_on", "pk"):
        match = row.matches.filter(state=Match.State.BOOKED).select_related("movement").first()
        if match is None and row.scope == SCOPE:
            continue  # taken back before
        names = {name_key(row.customer.name)} | ({name_key(match.movement.payer)} if match else set())
        found.append(
            Original(
                row,
                plain_iban(match.movement.payer_iban) if match else "",
                frozenset(names - {""}),
                match.movement.end_to_end_id if match else row.reference,
                row.paid_on,
            )
        )
    return found


def _values(reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one["values"] for one in reasons if one["code"] == RETURNED]


def _sign(movement: BankTransaction, one: Original) -> int:
    """4: the same end-to-end id; 3: an invoice it paid is named; 2: the account; 1: the name; 0: nothing."""
    text = " ".join((movement.text, movement.structured, movement.end_to_end_id))
    given = plain(one.end_to_end_id)
    if given not in NOTHING_SAID and given in {plain(movement.end_to_end_id), plain(movement.structured)}:
        return 4
    numbers = one.payment.allocations.values_list("receivable__number", flat=True)
    if Numbers(numbers).read(text).mentions:
        return 3
    if one.iban and one.iban == plain_iban(movement.payer_iban):
        return 2
    if movement.payer:
        return int(name_key(movement.payer) in one.names)
    said = set(name_key(text).split())
    return int(any(said.issuperset(name.split()) for name in one.names))


def _take_back(stamp: Stamp, movement: BankTransaction, payment: Payment) -> Match:
    nets = net_of(stamp.creditor, [payment.pk]).get(payment.pk, {})
    take_back(stamp, {payment.pk: RETURNED}, on=movement.booked_on)
    counter = Payment.objects.filter(creditor=stamp.creditor, key__startswith=f"back|{payment.pk}|").latest("pk")
    values = {
        "reason": movement.returned, "amount": payment.amount, "payment": payment.pk,
        "paid_on": payment.paid_on.isoformat(),
    }  # fmt: skip
    match = Match.objects.create(
        creditor=stamp.creditor, movement=movement, customer_id=payment.customer_id, state=Match.State.BOOKED,
        score=Decimal(1), reasons=[{"code": RETURNED, "values": values, "points": "0.00"}], payment=counter,
        actor=stamp.actor, recorded_at=stamp.at, ended_at=stamp.at,
    )  # fmt: skip
    sums: dict[int, int] = {}
    for (receivable, _day), net in nets.items():
        sums[receivable] = sums.get(receivable, 0) - net
    parts = [
        MatchPart(creditor=stamp.creditor, match=match, receivable_id=receivable, amount=amount)
        for receivable, amount in sums.items()
        if amount
    ]
    MatchPart.objects.bulk_create(parts)
    close_movements(stamp, [match])
    numbers = dict(Receivable.objects.filter(pk__in=sums).values_list("pk", "number"))
    payload = {
        **told(match, ()), "parts": [[numbers[pk], amount] for pk, amount in sums.items()],
        "returned": movement.returned,
    }  # fmt: skip
    append_many(
        stamp.creditor.pk, [Line(payment.customer.code, "payment_returned", payload)], at=stamp.at, actor=stamp.actor
    )
    return match


def known_to_books(stamp: Stamp, movement: BankTransaction, customer: int) -> bool:
    """Whether the books tell of this return themselves: money of this amount taken from the customer, within a week."""
    first, last = movement.booked_on - NEAR, movement.booked_on + NEAR
    debits = Receivable.objects.filter(
        creditor=stamp.creditor, customer_id=customer, amount=-movement.amount, currency=movement.currency,
        issued_on__gte=first, issued_on__lte=last,
    ).exclude(scope=SCOPE)  # fmt: skip
    negative = Payment.objects.filter(
        Q(amount=movement.amount), creditor=stamp.creditor, customer_id=customer, currency=movement.currency,
        paid_on__gte=first, paid_on__lte=last,
    ).exclude(scope=SCOPE)  # fmt: skip
    return debits.exists() or negative.exists()
