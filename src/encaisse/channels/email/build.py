"""Build the bytes of an e-mail: the same content gives the same bytes, so that what was sent can be proven."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes to whom: the person, their address, and the recipient."""

    sender_name: str
    sender_address: str
    recipient_name: str
    recipient_address: str
    copies: tuple[str, ...] = ()


def message_id(installation: str, creditor_id: int, action_id: int, sender_address: str) -> str:
    """Return the Message-ID of an action: always the same one, so that a second copy would be recognised."""
    digest = hashlib.sha256(f"{installation}:{creditor_id}:{action_id}".encode()).hexdigest()[:24]
    domain = sender_address.rpartition("@")[2] or "localhost"
    return f"<encaisse.{creditor_id}.{action_id}.{digest}@{domain}>"


def build(
    head: Letterhead,
    *,
    subject: str,
    text: str,
    html: str,
    attachments: Sequence[Attachment],
    identity: str,
    earlier: Sequence[str],
    language: str,
    at: datetime,
) -> bytes:
    """Return the message as bytes ready for SMTP.

    `identity` is its Message-ID, `earlier` the Message-IDs of the case so far, oldest first, which keep the
    conversation in one thread. There is no tracking picture and no remote content. Raises ValueError for an address
    that is none.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(head.sender_name, head.sender_address)
    message["To"] = _address(head.recipient_name, head.recipient_address)
    if head.copies:
        message["Cc"] = [_address("", address) for address in head.copies]
    message["Reply-To"] = _address(head.sender_name, head.sender_address)
    message["Subject"] = _one_line(subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = identity
    if earlier:
        message["In-Reply-To"] = earlier[-1]
        message["References"] = " ".join(earlier[-10:])
    message.set_content(text, cte="quoted-printable")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    for attachment in attachments:
        main, _, sub = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=_one_line(attachment.name))
    # Only now: adding parts moves what describes the content into the first of them.
    message["Content-Language"] = language
    _fix_boundaries(message, identity)
    return message.as_bytes()


def _address(name: str, address: str) -> Address:
    try:
        return Address(display_name=_one_line(name), addr_spec=address)
    except (HeaderParseError, IndexError) as error:
        raise ValueError(f"{address!r} is not an e-mail address") from error


def is_address(text: str) -> bool:
    """Whether a message can be written from or to `text`.

    >>> is_address("compta@alpha.example"), is_address("compta chez alpha"), is_address("")
    (True, False, False)
    """
    try:
        return "@" in text and bool(_address("", text))
    except ValueError:
        return False


def _one_line(text: str) -> str:
    """Names and subjects come from the books of other people: no line ends, no control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _fix_boundaries(message: EmailMessage, identity: str) -> None:
    """Give each part of several a boundary made from the Message-ID: Python would draw one at random."""
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{hashlib.sha256(f'{identity}:{number}'.encode()).hexdigest()[:32]}")
