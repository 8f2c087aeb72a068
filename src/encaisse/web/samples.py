"""What a step would say to an invented customer: to read the words of a strategy before using it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from encaisse.documents.context import Context, InvoiceLine, Sender
from encaisse.documents.mail import render_mail
from encaisse.documents.texts import Script, compose, script
from encaisse.engine.strategy import Step
from encaisse.parties.models import Creditor
from encaisse.recovery.message import charges_in
from encaisse.recovery.situation import creditor_block

CUSTOMER = {"fr": "Menuiserie Exemple SARL", "en": "Example Joinery Ltd"}
REGIMES = {"consumer": "fr-b2c", "public-body": "fr-public"}
AMOUNTS = (1_248_00, 640_50)


@dataclass(frozen=True, slots=True)
class Sample:
    """One language's version: a mail's subject and text, or the script of a call."""

    language: str
    name: str
    subject: str
    text: str
    script: Script | None


def of_step(creditor: Creditor, strategy: str, step: Step, day: date) -> list[Sample]:
    """The step's words in French and in English."""
    return [
        _sample(creditor, strategy, step, day, code, name) for code, name in (("fr", "Français"), ("en", "English"))
    ]


def _sample(creditor: Creditor, strategy: str, step: Step, day: date, language: str, name: str) -> Sample:
    channel = step.channels[0]
    context = _context(creditor, strategy, step, day, language, channel)
    if channel in ("phone", "visit"):
        return Sample(language, name, "", "", script(step.template, language, context))
    mail = render_mail(compose(step.template, language, context), context)
    return Sample(language, name, mail.subject, mail.text_plain, None)


def _context(creditor: Creditor, strategy: str, step: Step, day: date, language: str, channel: str) -> Context:
    regime = REGIMES.get(strategy, "fr-b2b")
    due = day - timedelta(days=step.days if step.origin == "due" else -20)
    late = max((day - due).days, 0)
    charged = charges_in(step.template) and late > 0
    lines = tuple(
        InvoiceLine(
            number=f"F-2026-{117 + number}",
            issued_on=due - timedelta(days=30),
            due_on=due,
            amount=amount,
            open=amount,
            days_late=late,
            interest=round(amount * late * 0.1215 / 365) if charged and regime != "fr-b2c" else 0,
            indemnity=4_000 if charged and regime != "fr-b2c" else 0,
        )
        for number, amount in enumerate(AMOUNTS)
    )
    return Context(
        creditor=creditor_block(creditor),
        sender=Sender(
            creditor.sender_name or creditor.name, creditor.sender_title, creditor.sender_phone, creditor.sender_email
        ),
        customer=CUSTOMER[language],
        invoices=lines,
        day=day,
        customer_code="411000",
        address=("12 rue de la Paix", "59000 Lille"),
        iban=creditor.iban,
        bic=creditor.bic,
        payment_reference=lines[0].number,
        regime=regime,
        channel="letter" if channel == "letter" else "email",
    )
