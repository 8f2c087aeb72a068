"""An office with people and work on its desk, made through the real verbs, around the day the tests run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.test import Client
from django.utils import timezone
from django_scopes import scope

from encaisse.calendar import is_working_day
from encaisse.parties.models import Creditor, Customer, Member, User
from encaisse.recovery.models import Action
from encaisse.recovery.run import plan
from encaisse.recovery.setup import prepare
from tests.factories import instant, make_books, make_creditor, make_customer, make_invoice

PASSWORD = "a long enough password"
HEADS = [
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum"),
    *("CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate"),
    *("Montantdevise", "Idevise"),
]


@dataclass(frozen=True)
class Office:
    """A creditor, its people, its customers and what waits on its desk."""

    creditor: Creditor
    owner: User
    controller: User
    reader: User
    customers: dict[str, Customer]
    day: date

    def client(self, user: User | None = None, **options: bool) -> Client:
        """A browser in which `user` (the owner, if not said) is signed in."""
        client = Client(**options)
        client.force_login(user or self.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    def action(self, channel: str = "email") -> Action:
        """An action that waits, by its channel."""
        with scope(creditor=self.creditor):
            return Action.objects.filter(channel=channel, status="planned").select_related("customer", "case").first()


def last_working_day(day: date) -> date:
    """The day itself, or the working day before it: nothing is planned on a quiet day."""
    while not is_working_day(day, "FR"):
        day -= timedelta(1)
    return day


def make_member(creditor: Creditor, email: str, role: str, name: str = "") -> User:
    """A person with a place at the creditor."""
    user = User.objects.create_user(email, PASSWORD, name=name)
    with scope(creditor=creditor):
        Member.objects.create(creditor=creditor, user=user, role=role)
    return user


def make_office(name: str = "Menuiserie Lefèvre", host: str = "lefevre.example", **more: object) -> Office:
    """Four customers: for the first a mail waits, then a call, then a letter; the last one is not late."""
    creditor = make_creditor(name, **more)
    day = last_working_day(timezone.localdate())
    with scope(creditor=creditor):
        prepare(creditor, at=instant(day - timedelta(60)), actor="test")
        make_books(creditor, day)
        customers = {
            "ALPHA": make_customer(creditor, "ALPHA", name="Alpha Charpente", strategy="standard"),
            "BRAVO": make_customer(creditor, "BRAVO", name="Bravo Toitures", strategy="standard"),
            "DELTA": make_customer(creditor, "DELTA", name="Delta Façades", email="", strategy="standard"),
            "ECHO": make_customer(creditor, "ECHO", name="Écho Sonorisation", strategy="standard"),
        }
        _owe(customers["ALPHA"], "F-101", day, 4, 124_800)
        _owe(customers["ALPHA"], "F-102", day, 3, 20_000)
        _owe(customers["BRAVO"], "F-201", day, 12, 310_000)
        _owe(customers["DELTA"], "F-301", day, 5, 64_050)
        _owe(customers["ECHO"], "F-401", day, -20, 40_000)
        plan(creditor, day, at=instant(day, 6), actor="autopilot")
        _make_call_wait(creditor, customers["BRAVO"], day)
    return Office(
        creditor=creditor,
        owner=make_member(creditor, f"owner@{host}", Member.Role.OWNER, "Claire Morel"),
        controller=make_member(creditor, f"controller@{host}", Member.Role.CONTROLLER, "Hugo Blanc"),
        reader=make_member(creditor, f"reader@{host}", Member.Role.READER, "Inès Roy"),
        customers=customers,
        day=day,
    )


def _owe(customer: Customer, number: str, day: date, late: int, amount: int) -> None:
    due = day - timedelta(late)
    make_invoice(customer, number, due - timedelta(30), due, amount)


def _make_call_wait(creditor: Creditor, customer: Customer, day: date) -> None:
    """The oldest climbs one step at a time: its first mail left a week ago, so that today it is called."""
    action = Action.objects.filter(customer=customer, status="planned").first()
    assert action is not None
    before = day - timedelta(9)
    action.day, action.sent_on, action.status = before, before, "sent"
    action.finished_at, action.outcome = instant(before), "kept_locally"
    action.save()
    plan(creditor, day, at=instant(day, 6, 30), actor="autopilot")


def fec(rows: list[tuple[str, str, str, date, int]], year: int) -> bytes:
    """A small FEC: invoices of (customer code, customer name, number, day, cents with VAT)."""
    lines = ["\t".join(HEADS)]
    for place, (code, name, number, day, cents) in enumerate(rows, 1):
        net = round(cents / 1.2)
        parts = (
            ("411000", "Clients", code, name, cents, 0),
            ("706000", "Prestations", "", "", 0, net),
            ("445710", "TVA collectée", "", "", 0, cents - net),
        )
        for account, label, auxiliary, auxiliary_name, debit, credit in parts:
            lines.append(
                "\t".join(
                    [
                        "VE", "Ventes", f"{year}{place:05d}", f"{day:%Y%m%d}", account, label, auxiliary,
                        auxiliary_name, number, f"{day:%Y%m%d}", f"Facture {number}", _comma(debit), _comma(credit),
                        "", "", f"{day:%Y%m%d}", "", "",
                    ]
                )
            )  # fmt: skip
    return ("\r\n".join(lines) + "\r\n").encode()


def _comma(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"
