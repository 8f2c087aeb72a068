"""Turn a message into the bytes that leave, and choose the channel that carries them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from encaisse.channels import Channel, Fate, Outcome
from encaisse.channels.email.build import Letterhead, build, is_address, message_id
from encaisse.channels.email.local import LocalMailbox
from encaisse.channels.email.smtp import Server, SmtpChannel
from encaisse.channels.letter import LetterTray
from encaisse.journal.keep import keep
from encaisse.parties.models import Creditor, Member
from encaisse.recovery.message import Message
from encaisse.recovery.models import Action
from encaisse.recovery.refusal import Refused


@dataclass(frozen=True, slots=True)
class Parcel:
    """Bytes ready to be handed over, with the hashes under which they are kept."""

    kind: str
    content: bytes
    sender: str
    recipient: str
    name: str
    identity: str
    documents: tuple[str, ...]
    annexes: tuple[tuple[str, bytes], ...] = ()
    copies: tuple[str, ...] = ()


def pack(creditor: Creditor, action: Action, message: Message, *, now: datetime) -> Parcel:
    """Build the bytes of an action's message and keep them as documents. Raises Refused for a channel unknown here."""
    if message.mail is not None:
        return _mail(creditor, action, message, now)
    if message.pdf is not None:
        name = f"{now.date().isoformat()}-{action.customer.code}-{action.step}-{action.pk}"
        kept = [keep(creditor.pk, message.pdf, name=f"{name}.pdf", media_type="application/pdf", at=now)]
        annexes = []
        for number, file in enumerate(message.attachments, 1):
            kept.append(keep(creditor.pk, file.content, name=file.name, media_type=file.media_type, at=now))
            annexes.append((_file_name(f"{name}-annexe-{number}"), file.content))
        return Parcel("letter", message.pdf, "", message.recipient, _file_name(name), "", tuple(kept), tuple(annexes))
    raise Refused("no_reachable_contact")


def _mail(creditor: Creditor, action: Action, message: Message, now: datetime) -> Parcel:
    assert message.mail is not None
    sender = creditor.sender_email
    if not is_address(sender):
        raise Refused("no_sender")
    if not is_address(message.recipient):
        raise Refused("address_invalid")
    identity = message_id(installation(), creditor.pk, action.pk, sender)
    copies = _colleagues(creditor, {sender, message.recipient})
    content = build(
        Letterhead(creditor.sender_name or creditor.name, sender, message.context.contact, message.recipient, copies),
        subject=message.subject,
        text=message.mail.text_plain,
        html=message.mail.html,
        attachments=message.attachments,
        identity=identity,
        earlier=_earlier(action),
        language=message.language,
        at=now,
    )
    kept = [keep(creditor.pk, content, name=f"{action.step}-{action.pk}.eml", media_type="message/rfc822", at=now)]
    for file in message.attachments:
        kept.append(keep(creditor.pk, file.content, name=file.name, media_type=file.media_type, at=now))
    return Parcel("email", content, sender, message.recipient, identity, identity, tuple(kept), copies=copies)


def _colleagues(creditor: Creditor, but: set[str]) -> tuple[str, ...]:
    """Members who asked for copies. Nobody else can get one: a debt is told to no third party (C. civ. 9)."""
    asked = Member.objects.filter(creditor=creditor, copies=True, user__is_active=True)
    addresses = asked.order_by("user__email").values_list("user__email", flat=True)
    return tuple(address for address in addresses if is_address(address) and address not in but)


def _earlier(action: Action) -> list[str]:
    """Message-IDs of the case's mails so far, oldest first: they keep one conversation in one thread."""
    sent = Action.objects.filter(case_id=action.case_id, channel="email", status=Action.Status.SENT)
    return list(
        sent.exclude(pk=action.pk).exclude(message_id="").order_by("sent_on", "pk").values_list("message_id", flat=True)
    )


def hand_over(creditor: Creditor, parcel: Parcel) -> Outcome:
    """Hand a parcel over by its channel; the annexes of a letter are laid in the tray before it."""
    channel = channel_for(creditor, parcel)
    for name, content in parcel.annexes:
        laid = channel.hand_over(content, sender=parcel.sender, recipient=parcel.recipient, name=name)
        if laid.fate is not Fate.SENT:
            return laid
    return channel.hand_over(
        parcel.content, sender=parcel.sender, recipient=parcel.recipient, name=parcel.name, copies=parcel.copies
    )


def channel_for(creditor: Creditor, parcel: Parcel) -> Channel:
    """Return the channel for a parcel, by the creditor's settings."""
    if parcel.kind == "letter":
        return LetterTray(settings.HOME / "letters" / str(creditor.pk))
    if creditor.route == Creditor.Route.LOCAL:
        return LocalMailbox(settings.HOME / "mailbox" / str(creditor.pk))
    return SmtpChannel(server_of(creditor))


def server_of(creditor: Creditor) -> Server:
    """Return the mail server a creditor has set."""
    return Server(
        creditor.smtp_host,
        creditor.smtp_port,
        creditor.smtp_security,
        creditor.smtp_user,
        creditor.smtp_password,
    )


def installation() -> str:
    """Return what tells this installation from others, without giving its secret away."""
    return hashlib.sha256(b"installation" + settings.SECRET_KEY.encode()).hexdigest()[:16]


def _file_name(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "-" for char in name)
