"""Try a mail server step by step and say in words which step failed and what to do about it."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid

from django.utils.translation import gettext as _

from encaisse.parties.models import Creditor

TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the test. `ok` is None when it was not reached."""

    title: str
    ok: bool | None
    text: str = ""
    advice: str = ""


class Stop(Exception):
    """A stage failed: what the server or the network said, and what to do."""

    def __init__(self, text: str, advice: str) -> None:
        self.text, self.advice = text, advice
        super().__init__(text)


def try_server(creditor: Creditor, *, send_to: str | None = None) -> list[Stage]:
    """Connect, greet, encrypt, sign in and, with `send_to`, send one message there. Nothing reaches a customer."""
    trial = _Trial(creditor, send_to)
    stages: list[Stage] = []
    failed = False
    for title, act in trial.stages():
        if failed:
            stages.append(Stage(title, None))
            continue
        try:
            stages.append(Stage(title, True, act()))
        except Stop as stop:
            failed = True
            stages.append(Stage(title, False, stop.text, stop.advice))
        except (OSError, smtplib.SMTPException) as error:
            failed = True
            stages.append(
                Stage(
                    title,
                    False,
                    str(error)[:300],
                    _("The server ended the conversation. Try again in a minute, then ask your mail provider."),
                )
            )
    trial.close()
    return stages


class _Trial:
    def __init__(self, creditor: Creditor, send_to: str | None) -> None:
        self.creditor, self.send_to = creditor, send_to
        self.host, self.port = creditor.smtp_host.strip(), creditor.smtp_port
        self.link: smtplib.SMTP | None = None

    def stages(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield _("Find the server"), self.find
        yield _("Connect"), self.connect
        if self.creditor.smtp_security == Creditor.Security.STARTTLS:
            yield _("Encrypt (STARTTLS)"), self.encrypt
        if self.creditor.smtp_user:
            yield _("Sign in"), self.sign_in
        if self.send_to:
            yield _("Send a test message"), self.send

    def find(self) -> str:
        if not self.host:
            raise Stop(_("No server is given."), _("Fill in the mail server's name."))
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise Stop(
                _("No machine is called “%(host)s”.") % {"host": self.host},
                _("Check the spelling; your mail provider's help pages give the name of the outgoing server (SMTP)."),
            ) from error
        return str(found[0][4][0])

    def connect(self) -> str:
        tls = self.creditor.smtp_security == Creditor.Security.TLS
        try:
            if tls:
                context = ssl.create_default_context()
                self.link = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
            else:
                self.link = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
            code, words = self.link.ehlo()
        except ssl.SSLCertVerificationError as error:
            raise _certificate(error) from error
        except ssl.SSLError as error:
            raise Stop(
                _("The server does not speak TLS on port %(port)s.") % {"port": self.port},
                _("Port 465 goes with TLS, port 587 with STARTTLS."),
            ) from error
        except TimeoutError as error:
            raise Stop(
                _("No answer within %(seconds)s seconds on port %(port)s.")
                % {"seconds": TIMEOUT_SECONDS, "port": self.port},
                _("A firewall may be in the way, or the port is wrong; try 587 (STARTTLS) or 465 (TLS)."),
            ) from error
        except ConnectionRefusedError as error:
            raise Stop(
                _("The machine is there, but nothing listens on port %(port)s.") % {"port": self.port},
                _("Try 587 (STARTTLS) or 465 (TLS)."),
            ) from error
        except smtplib.SMTPServerDisconnected as error:
            raise Stop(
                _("The server hung up at once."), _("It may expect TLS from the start: try port 465 with TLS.")
            ) from error
        return f"{code} {words.decode(errors='replace').splitlines()[0]}"

    def encrypt(self) -> str:
        assert self.link is not None
        if not self.link.has_extn("starttls"):
            raise Stop(
                _("The server does not offer STARTTLS on port %(port)s.") % {"port": self.port},
                _("Use port 587, or TLS on port 465. Without encryption your password would travel in the clear."),
            )
        try:
            self.link.starttls(context=ssl.create_default_context())
            self.link.ehlo()
        except ssl.SSLCertVerificationError as error:
            raise _certificate(error) from error
        cipher = getattr(self.link.sock, "cipher", lambda: None)()
        return str(cipher[1]) if cipher else ""

    def sign_in(self) -> str:
        assert self.link is not None
        try:
            self.link.login(self.creditor.smtp_user, self.creditor.smtp_password)
        except smtplib.SMTPAuthenticationError as error:
            raise Stop(
                f"{error.smtp_code} {_text(error.smtp_error)}",
                _("User or password is wrong. Many providers want an “application password” made for programs."),
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Stop(
                _("The server offers no way to sign in here."),
                _("It may do so only after encryption: choose STARTTLS or TLS. Or leave the user empty."),
            ) from error
        return self.creditor.smtp_user

    def send(self) -> str:
        assert self.link is not None
        assert self.send_to is not None
        sender = self.creditor.sender_email
        if not sender:
            raise Stop(_("There is no sender's e-mail yet."), _("Give it under “Sender and signature”."))
        try:
            self.link.send_message(_message(self.creditor, sender, self.send_to))
        except smtplib.SMTPSenderRefused as error:
            raise Stop(
                f"{error.smtp_code} {_text(error.smtp_error)}",
                _("The server does not let you write as %(sender)s: use an address of this account.")
                % {"sender": sender},
            ) from error
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise Stop(
                f"{code} {_text(words)}",
                _("The server refuses to pass mail on. It usually does so only after signing in."),
            ) from error
        return _("Sent to %(address)s: look whether it arrives, also in the junk folder.") % {"address": self.send_to}

    def close(self) -> None:
        if self.link is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.link.quit()


def _message(creditor: Creditor, sender: str, recipient: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = formataddr((creditor.sender_name or creditor.name, sender))
    message["To"] = recipient
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Subject"] = _("encaisse: the mail server works")
    message.set_content(_("This message was sent from the settings page. No customer received anything."))
    return message


def _certificate(error: ssl.SSLCertVerificationError) -> Stop:
    return Stop(
        _("The server's certificate is not trusted: %(why)s.") % {"why": error.verify_message},
        _("Use the server's full name as your provider writes it, not an address or an alias."),
    )


def _text(words: bytes | str) -> str:
    return (words.decode(errors="replace") if isinstance(words, bytes) else words)[:300]
