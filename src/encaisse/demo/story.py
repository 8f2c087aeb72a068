"""The last weeks of the demonstration company, lived through the real verbs: books in, runs, messages, calls, answers.

Each working day of the story is told with its own day and instant, so that every timeline has a history, and what a
person decides today rests on what was really sent. Nothing leaves the machine: the creditor's route is local.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django_scopes import scope

from encaisse.calendar import is_working_day
from encaisse.demo import files
from encaisse.demo.cast import clients, company
from encaisse.demo.trade import REGION, Trade, trade
from encaisse.ledger.import_books import import_file
from encaisse.ledger.models import Receivable
from encaisse.parties.models import Creditor, Customer, Member, User
from encaisse.recovery import (
    record_call,
    record_dispute,
    record_note,
    record_pause,
    record_promise,
    record_standing,
)
from encaisse.recovery.after_import import after_import
from encaisse.recovery.approve import approve
from encaisse.recovery.deliver import deliver_due
from encaisse.recovery.models import Action
from encaisse.recovery.refusal import Refused
from encaisse.recovery.run import plan
from encaisse.recovery.setup import prepare
from encaisse.recovery.strategies import set_light

EMAIL = "demo@example.org"
PASSWORD = "demonstration"  # noqa: S105 - said on screen; the demonstration holds nothing of anybody
PERSON = "Camille Fauvelin"
ZONE = ZoneInfo("Europe/Paris")
DAYS = 31
MILDEST = "courteous"
LEFT_TO_DECIDE = 3
"""The actions planned on the last working days are left for whoever opens the demonstration."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Told:
    """What came of the story."""

    creditor: Creditor
    runs: int
    sent: int


def create(day: date) -> Creditor:
    """Make the creditor, the person who signs in, and the strategies."""
    of = company()
    start = _moment(day - timedelta(DAYS), 8)
    with transaction.atomic():
        creditor = Creditor.objects.create(
            name=of.name,
            siren=of.siren,
            vat_number=of.vat_number,
            legal_form=of.legal_form,
            address=of.address,
            postcode=of.postcode,
            city=of.city,
            iban=of.iban,
            bic=of.bic,
            sender_name=of.sender_name,
            sender_title=of.sender_title,
            sender_email=of.sender_email,
            sender_phone=of.sender_phone,
            route=Creditor.Route.LOCAL,
        )
        user = User.objects.create_user(EMAIL, PASSWORD, name=PERSON)
        Member.objects.create(creditor=creditor, user=user, role=Member.Role.OWNER)
    with scope(creditor=creditor):
        prepare(creditor, at=start, actor=EMAIL)
    return creditor


def live(creditor: Creditor, day: date, books: files.Files, *, progress: Progress) -> Told:
    """Live the weeks before `day`, then import the books of the day and make its run. Inside the creditor's scope."""
    known = trade(day)
    first = day - timedelta(DAYS)
    working = [one for one in _days(first, day) if is_working_day(one, REGION)]
    # Camille began with those who are late; the mildest strategy is switched on today.
    set_light(creditor, MILDEST, "off", at=_moment(first, 8), actor=EMAIL)
    exported: date | None = None
    runs = sent = 0
    for place, on in enumerate(working):
        progress(on.isoformat(), place / (len(working) + 1))
        if exported is None or on.isocalendar().week != exported.isocalendar().week:
            _import(creditor, _exported(known, books, on, first=exported is None), _moment(on, 5, 45))
            exported = on
        _answers(creditor, day, on)
        plan(creditor, on, at=_moment(on, 6), actor="autopilot")
        runs += 1
        if place < len(working) - LEFT_TO_DECIDE:
            sent += _decide(creditor, on)
    progress(day.isoformat(), 0.95)
    set_light(creditor, MILDEST, "review", at=_moment(day, 5, 30), actor=EMAIL)
    _import(creditor, [(path.name, path.read_bytes()) for path in books.books], _moment(day, 6))
    _answers(creditor, day, day)
    plan(creditor, day, at=_moment(day, 6, 30), actor="autopilot")
    return Told(creditor, runs + 1, sent)


def _days(first: date, end: date) -> Iterator[date]:
    while first < end:
        yield first
        first += timedelta(1)


def _moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), ZONE)


def _exported(known: Trade, books: files.Files, on: date, *, first: bool) -> list[tuple[str, bytes]]:
    """What is imported on a Monday: the books of the year; at the beginning also contacts and the year before."""
    year = (on - timedelta(1)).year
    current = files.year_of_books(known, year, on)
    if not first:
        return [current]
    return [(books.contacts.name, books.contacts.read_bytes()), files.year_of_books(known, year - 1, on), current]


def _import(creditor: Creditor, contents: list[tuple[str, bytes]], at: datetime) -> None:
    for name, content in contents:
        import_file(creditor, content, name, at=at, actor=EMAIL)
    after_import(creditor, at.date(), at=at, actor=EMAIL)


def _decide(creditor: Creditor, on: date) -> int:
    """What Camille does on an ordinary day: says yes, sees the messages leave, makes the calls."""
    planned = Action.objects.filter(status=Action.Status.PLANNED).exclude(channel="phone").order_by("pk")
    approve(creditor, list(planned.values_list("pk", flat=True)), at=_moment(on, 9), actor=EMAIL)
    outcomes = deliver_due(creditor, now=_moment(on, 9, 30), actor="autopilot")
    calls = (
        Action.objects.filter(status=Action.Status.PLANNED, channel="phone").select_related("customer").order_by("pk")
    )
    for place, call in enumerate(calls):
        _call(creditor, call, on, _moment(on, 11, 5 * (place % 12)))
    return sum(one.status == Action.Status.SENT for one in outcomes)


CALLS = {
    "evasive": ("voicemail", "Messagerie, pas de rappel."),
    "trouble": ("reached", "Trésorerie tendue, demande à payer en deux fois."),
    "failing": ("reached", "Attend lui-même le règlement d'un chantier."),
    "public": ("reached", "Le mandatement est parti à la trésorerie."),
}
REACHED = ("reached", "Facture retrouvée, mise au prochain règlement.")


def _call(creditor: Creditor, call: Action, on: date, at: datetime) -> None:
    manner = {one.code: one.manner for one in clients()}.get(call.customer.code, "")
    result, note = CALLS.get(manner, REACHED)
    try:
        record_call.record(creditor, call.customer, result=result, note=note, action_id=call.pk, at=at, actor=EMAIL)
    except Refused:
        return  # paid since the morning: the call is no longer wanted


# ------------------------------------------------------------------------------------------- what customers answered


def _answers(creditor: Creditor, day: date, on: date) -> None:
    """Write down what became known on `on`: days before `day`, customer, what was said."""
    for ago, code, record in ANSWERS:
        if _working_day_from(day - timedelta(ago)) == on:
            record(creditor, Customer.objects.get(code=code), on, day, _moment(on, 14))


def _working_day_from(day: date) -> date:
    while not is_working_day(day, REGION):
        day += timedelta(1)
    return day


Record = Callable[[Creditor, Customer, date, date, datetime], object]


def _oldest(customer: Customer) -> Receivable:
    return Receivable.objects.filter(customer=customer, settled_on=None).order_by("due_on", "pk")[0]


def _disputed(creditor: Creditor, customer: Customer, on: date, _day: date, at: datetime) -> None:
    record_dispute.record(
        creditor,
        customer,
        receivable_id=_oldest(customer).pk,
        ground="quality",
        reason="Deux panneaux livrés avec la mauvaise teinte ; demande une reprise ou un avoir.",
        owner=PERSON,
        answer_by=on + timedelta(14),
        starts_on=on,
        at=at,
        actor=EMAIL,
    )


def _promised(creditor: Creditor, customer: Customer, on: date, day: date, at: datetime) -> None:
    youngest = Receivable.objects.filter(customer=customer, settled_on=None).order_by("due_on", "pk").last()
    assert youngest is not None
    record_promise.record(
        creditor,
        customer,
        amount=youngest.amount,
        promised_for=day + timedelta(4),
        person="Gaëlle Ducret",
        receivable_ids=[youngest.pk],
        starts_on=on,
        at=at,
        actor=EMAIL,
    )


def _broken(creditor: Creditor, customer: Customer, on: date, _day: date, at: datetime) -> None:
    record_promise.record(
        creditor, customer, promised_for=on + timedelta(6), person="Cédric Valmont", starts_on=on, at=at, actor=EMAIL
    )


def _insolvent(creditor: Creditor, customer: Customer, on: date, _day: date, at: datetime) -> None:
    record_standing.record(
        creditor,
        customer,
        kind="insolvent",
        reason="Redressement judiciaire publié au Bodacc ; créance à déclarer au mandataire.",
        starts_on=on,
        at=at,
        actor=EMAIL,
    )


def _paused(creditor: Creditor, customer: Customer, on: date, day: date, at: datetime) -> None:
    record_pause.record(
        creditor,
        scope="customer",
        customer=customer,
        starts_on=on,
        ends_on=day + timedelta(12),
        reason="Sinistre dans l'atelier : Camille attend la fin du mois.",
        at=at,
        actor=EMAIL,
    )


def _noted(creditor: Creditor, customer: Customer, on: date, _day: date, at: datetime) -> None:
    record_note.record(
        creditor,
        customer,
        "Le nouveau comptable arrive lundi ; lui renvoyer le relevé.",
        day=on,
        at=at,
        actor=EMAIL,
    )


ANSWERS: tuple[tuple[int, str, Record], ...] = (
    (26, "UPSILON", _broken),
    (20, "MELEZE", _disputed),
    (16, "TARDIVEL", _insolvent),
    (9, "PELICAN", _paused),
    (6, "MELEZE", _promised),
    (5, "SILLON", _noted),
)
