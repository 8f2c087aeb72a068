"""Hand an e-mail to a mail server, and know at each moment whether the server may already have it.

Until the final dot of DATA is sent nothing can have been taken. From then on, only the server's answer tells: without
one the message is uncertain, and no program can know better.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from encaisse.channels import Fate, Outcome

TIMEOUT_SECONDS = 30
PERMANENT = range(500, 600)
ABOUT_RECIPIENT = frozenset({"recipient_refused", "address_invalid", "address_not_supported"})
"""Refusals that speak of the recipient's address and of nothing else."""
NETWORK = (OSError, smtplib.SMTPException, ValueError, OverflowError)
"""What a conversation may end with; ValueError and OverflowError are a host name or a port that cannot be one."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how a creditor's mail goes out. `security` is `starttls`, `tls` or `none`."""

    host: str
    port: int
    security: str = "starttls"
    user: str = ""
    password: str = ""
    timeout: float = TIMEOUT_SECONDS


class Refusal(Exception):
    """The server answered no at some stage before it had the message."""

    def __init__(self, code: str, status: int, reply: bytes) -> None:
        self.code = code
        self.status = status
        self.reply = reply.decode(errors="replace")[:300]
        super().__init__(f"{code}: {status}")


class SmtpChannel:
    """One conversation per message: a mistake in one cannot touch another."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def hand_over(
        self, parcel: bytes, *, sender: str, recipient: str, name: str, copies: Sequence[str] = ()
    ) -> Outcome:
        """Send `parcel`. Returns `sent`, `refused` (this recipient never), `failed` (try later) or `uncertain`."""
        try:
            link = connect(self.server)
        except Refusal as refusal:
            return Outcome(Fate.FAILED, refusal.code, f"{refusal.status} {refusal.reply}")
        except NETWORK as error:
            return Outcome(Fate.FAILED, "server_unreachable", describe(error))
        try:
            return self._converse(link, parcel, sender, recipient, copies)
        finally:
            link.close()

    def _converse(
        self, link: smtplib.SMTP, parcel: bytes, sender: str, recipient: str, copies: Sequence[str]
    ) -> Outcome:
        try:
            _envelope(link, sender, recipient)
            for copy in copies:
                link.rcpt(copy)  # a colleague's address that is refused holds nothing back
            status, reply = link.docmd("DATA")
            _expect(354, status, reply, "data_refused")
            link.send(_stuffed(parcel))
        except Refusal as refusal:
            for_good = refusal.code in ABOUT_RECIPIENT and refusal.status in PERMANENT
            fate = Fate.REFUSED if for_good else Fate.FAILED
            return Outcome(fate, refusal.code, f"{refusal.status} {refusal.reply}")
        except NETWORK as error:
            return Outcome(Fate.FAILED, "connection_lost", describe(error))
        return _finish(link)


def _finish(link: smtplib.SMTP) -> Outcome:
    try:
        link.send(b".\r\n")
        status, reply = link.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(Fate.UNCERTAIN, "no_answer_after_data", describe(error))
    text = f"{status} {reply.decode(errors='replace')[:300]}"
    if status == 250:
        _part(link)
        return Outcome(Fate.SENT, "accepted", text)
    if status in PERMANENT or 400 <= status < 500:
        return Outcome(Fate.FAILED, "message_refused", text)
    return Outcome(Fate.UNCERTAIN, "no_answer_after_data", text)


def _part(link: smtplib.SMTP) -> None:
    try:
        link.quit()
    except (OSError, smtplib.SMTPException):
        return  # the message was accepted; a rude goodbye changes nothing


def connect(server: Server) -> smtplib.SMTP:
    """Open a conversation: greeting, encryption, sign-in. Raises Refusal, OSError or smtplib.SMTPException."""
    if server.security == "tls":
        context = ssl.create_default_context()
        link: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
    else:
        link = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    try:
        link.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            link.starttls(context=ssl.create_default_context())
            link.ehlo()
        if server.user:
            link.login(server.user, server.password)
    except UnicodeEncodeError as error:  # the library signs in with ASCII only
        link.close()
        raise Refusal("sign_in_refused", 535, b"user or password with letters outside ASCII") from error
    except smtplib.SMTPAuthenticationError as error:
        link.close()
        raise Refusal("sign_in_refused", error.smtp_code, _bytes(error.smtp_error)) from error
    except BaseException:
        link.close()
        raise
    return link


def _envelope(link: smtplib.SMTP, sender: str, recipient: str) -> None:
    for address, code in ((sender, "sender_refused"), (recipient, "address_invalid")):
        # The library would quietly cut such an address short and write to somebody else.
        if not address or any(char in "<>" or not char.isprintable() or char.isspace() for char in address):
            raise Refusal(code, 553, b"not an address")
    options = [] if (sender + recipient).isascii() else ["SMTPUTF8"]
    if options and not link.has_extn("smtputf8"):
        code = "sender_refused" if recipient.isascii() else "address_not_supported"
        raise Refusal(code, 553, b"the mail server takes no addresses with letters outside ASCII")
    if options:
        link.command_encoding = "utf-8"
    _expect(250, *link.mail(sender, options), "sender_refused")
    status, reply = link.rcpt(recipient)
    if status not in (250, 251):
        raise Refusal("recipient_refused", status, reply)


def _expect(wanted: int, status: int, reply: bytes, code: str) -> None:
    if status != wanted:
        raise Refusal(code, status, reply)


def _stuffed(parcel: bytes) -> bytes:
    """Double leading dots and end on a line end (RFC 5321, 4.5.2)."""
    lines = parcel.replace(b"\r\n", b"\n").split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def describe(error: BaseException) -> str:
    """Return what went wrong in a few words, without addresses or passwords."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, socket.gaierror):
        return "host name not found"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error.__class__.__name__}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "the server does not offer STARTTLS or sign-in"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the server closed the connection"
    return error.__class__.__name__
