"""Write what an action says: the mail, the letter or the script of a call, from today's facts and the step's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from encaisse.channels.email.build import Attachment
from encaisse.documents.context import Context
from encaisse.documents.letter import Letter, render_letter
from encaisse.documents.mail import Mail, render_mail
from encaisse.documents.texts import Script, Text, apply_edit, compose, missing_locked, script, to_editable
from encaisse.engine.strategy import Step
from encaisse.journal.keep import fetch
from encaisse.journal.models import Document
from encaisse.law import Worksheet
from encaisse.law.wording import Finding
from encaisse.ledger.models import Invoice, Receivable
from encaisse.parties.models import Contact, Creditor
from encaisse.recovery.models import Action
from encaisse.recovery.refusal import Refused
from encaisse.recovery.situation import Situation, contact_for, context_of, look
from encaisse.recovery.statement import statement_pdf
from encaisse.recovery.wording import charges_shown, findings_of, require_lawful, sentences
from encaisse.recovery.worksheet import counted_to, rate_of, worksheet_pdf, worksheets

NO_CHARGES = ("receipt-check", "pre-due", "mail")
"""Words that ask for the invoices alone: a first reminder charges nothing."""


@dataclass(frozen=True, slots=True)
class Message:
    """What leaves, exactly. `source` is the text a person may edit; `locked` the passages that must stay; `findings`
    what keeps it from leaving: words the law forbids, or obligatory ones that lack.
    """

    kind: str
    subject: str
    source: str
    locked: tuple[str, ...]
    context: Context
    text: Text
    mail: Mail | None
    pdf: bytes | None
    script: Script | None
    contact: Contact | None
    recipient: str
    attachments: tuple[Attachment, ...]
    language: str
    findings: tuple[Finding, ...] = ()

    @property
    def problems(self) -> list[str]:
        """The findings as sentences in the active language."""
        return sentences(self.findings)

    @property
    def plain(self) -> str:
        return self.mail.text_plain if self.mail else self.source

    @property
    def html(self) -> str:
        return self.mail.html if self.mail else ""


def preview(creditor: Creditor, action: Action, *, day: date) -> Message:
    """Write the message of a planned action as it would leave on `day`.

    Raises Refused when nothing of it is owed any more.
    """
    situation = look(creditor, action.case, day, but_waiting=True)
    return write(creditor, situation, action)


def write(creditor: Creditor, situation: Situation, action: Action) -> Message:
    """Write the message of `action` from a situation. Raises Refused when nothing is owed or no contact is left."""
    step = situation.named_step(action.step) or _as_planned(action)
    chosen = _lines(situation, action)
    if not chosen:
        raise Refused("nothing_owed")
    channel = action.channel
    contact = contact_for(situation.customer, channel, situation.day)
    language = situation.customer.language
    # Without a regime nothing is claimed for lateness, so nothing is said of it either.
    shown = charges_shown(situation.customer) and any(line["regime"] for line in chosen)
    charges = charges_in(step.template) and shown
    sheets = worksheets(situation, chosen) if charges else []
    with override(language):
        annexes = _annex_names(step, bool(sheets), has_documents=_has_documents(chosen))
    context = context_of(
        creditor,
        situation,
        chosen,
        channel=channel,
        contact=contact,
        charges=charges,
        annexes=annexes,
        rate=rate_of(situation, sheets, language),
    )
    context = replace(context, charges_shown=shown, interest_to=counted_to(sheets))
    text = compose(step.template, language, context, tone=step.tone)
    edited = apply_edit(text, action.edited) if action.edited else text
    attachments = _attachments(creditor, step, situation, context, [line["row"].invoice_id for line in chosen], sheets)
    return Message(
        kind=channel,
        subject=edited.subject,
        source=to_editable(edited),
        locked=text.locked,
        context=context,
        text=edited,
        mail=render_mail(edited, context) if channel == "email" else None,
        pdf=render_letter(Letter(edited, context)) if channel == "letter" else None,
        script=script(step.template, language, context, situation.customer.profile or None)
        if channel in ("phone", "visit")
        else None,
        contact=contact,
        recipient=_recipient(channel, contact, context),
        attachments=attachments if channel in ("email", "letter") else (),
        language=language,
        findings=findings_of(step.template, edited, context),
    )


def check_edit(creditor: Creditor, action: Action, edited: str, *, day: date) -> Message:
    """Check a text changed by hand and return the message it makes.

    Raises Refused `locked_wording` or `no_subject`, and RefusedWording for words that may not leave.
    """
    kept, action.edited = action.edited, ""
    before = preview(creditor, action, day=day)
    action.edited = kept
    lost = missing_locked(before.text, edited)
    if lost:
        raise Refused("locked_wording", passage=lost[0])
    if not edited.strip():
        raise Refused("no_subject")
    action.edited = edited
    message = preview(creditor, action, day=day)
    require_lawful(message.findings)
    return message


def charges_in(template: str) -> bool:
    """Whether the words of a template speak of interest and indemnity."""
    return not any(template == name or template.startswith(f"{name}-") for name in NO_CHARGES)


def _as_planned(action: Action) -> Step:
    """The step as it was planned, for a strategy that no longer has it."""
    return Step(name=action.step, days=action.step_days, template=action.template, channels=(action.channel,))


def _lines(situation: Situation, action: Action) -> Sequence[Mapping[str, Any]]:
    """What today's verdict lists, when it is this step; else what the action listed and is still owed."""
    if situation.step is not None and situation.step.name == action.step:
        return [line for line in situation.lines if line["listed"]]
    planned = set(action.lines.values_list("receivable_id", flat=True))
    return [line for line in situation.lines if line["receivable"] in planned and line["chaseable"] > 0]


def _recipient(channel: str, contact: Contact | None, context: Context) -> str:
    if channel == "email":
        return contact.email if contact else ""
    if channel in ("phone", "sms"):
        return contact.phone if contact else ""
    return ", ".join((context.customer, *context.address))


def _has_documents(lines: Sequence[Mapping[str, Any]]) -> bool:
    invoices = Invoice.objects.filter(pk__in=[line["row"].invoice_id for line in lines])
    return invoices.exclude(document="").exists()


def _annex_names(step: Step, has_interest: bool, *, has_documents: bool) -> list[str]:
    names = []
    if has_interest and step.template.startswith("notice"):
        names.append(_("calculation of interest"))
    if "statement" in step.attach:
        names.append(_("statement of account"))
    if "invoices" in step.attach and has_documents:
        names.append(_("invoices"))
    return names


def _attachments(
    creditor: Creditor,
    step: Step,
    situation: Situation,
    context: Context,
    invoice_ids: Sequence[int],
    sheets: Sequence[tuple[Receivable, Worksheet]],
) -> tuple[Attachment, ...]:
    """Files of the message's own invoices only: the calculation, the statement of this case, the invoices listed."""
    found = []
    if step.template.startswith("notice"):
        sheet = worksheet_pdf(context, situation.customer.language, sheets)
        if sheet is not None:
            with override(situation.customer.language):
                word = _("interest")
            found.append(Attachment(f"{word}-{situation.customer.code}.pdf", "application/pdf", sheet))
    if "statement" in step.attach:
        with override(situation.customer.language):
            word = _("statement")
        name = f"{word}-{situation.customer.code}-{situation.day.isoformat()}.pdf"
        found.append(Attachment(name, "application/pdf", statement_pdf(creditor, situation)))
    if "invoices" in step.attach:
        for invoice in Invoice.objects.filter(pk__in=invoice_ids, customer=situation.customer).exclude(document=""):
            try:
                document = fetch(creditor.pk, invoice.document)
            except Document.DoesNotExist:
                continue
            found.append(Attachment(f"{_file_name(invoice.number)}.pdf", "application/pdf", bytes(document.content)))
    return tuple(found)


def _file_name(number: str) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "-" for char in number)[:60] or "facture"
