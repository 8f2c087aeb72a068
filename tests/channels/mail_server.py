"""A real mail server on the loopback interface that can be told to behave badly at any point of the conversation.

It speaks SMTP with aiosmtpd, in a thread of its own. What it took is in `taken`. A `Plan` says where it refuses, drops
the connection, or stops and says nothing (`stall`); `reached` is set when that point comes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ssl import SSLContext
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

POINTS = ("connect", "mail", "rcpt", "data", "lines", "taken", "quit")
"""connect: before the greeting; mail, rcpt, data: before the answer to these commands; lines: after `354`, with the
message half read; taken: the message is taken, before the answer; quit: after `250`, before the answer to QUIT."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the server behaves: an answer other than yes by point, and where it drops the connection or stalls."""

    answers: dict[str, str] = field(default_factory=dict)
    drop: str = ""
    stall: str = ""
    refuse_recipients: dict[str, str] = field(default_factory=dict)
    password: str = ""
    tls: SSLContext | None = None
    smtputf8: bool = True


@dataclass(frozen=True, slots=True)
class Taken:
    """A message the server took."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class MailServer:
    """The server: its port, what it took, and how it behaves from now on (`plan` may be changed at any time)."""

    def __init__(self, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.taken: list[Taken] = []
        self.conversations = 0
        self.reached = threading.Event()
        self.port = 0

    async def pass_by(self, point: str, protocol: SMTP) -> str:
        """What happens when a conversation comes to `point`: nothing, an answer, the end, or silence."""
        if self.plan.drop == point:
            self.reached.set()
            protocol.transport.abort()
            raise asyncio.CancelledError
        if self.plan.stall == point:
            self.reached.set()
            await asyncio.Event().wait()
        return self.plan.answers.get(point, "")

    def received(self, identity: str) -> int:
        """How often a message of this Message-ID was taken."""
        return sum(taken.message["Message-ID"] == identity for taken in self.taken)

    @property
    def recipients(self) -> list[str]:
        """Whom the messages taken went to, in order."""
        return [address for taken in self.taken for address in taken.recipients]


class _Handler:
    """The points of a conversation, as aiosmtpd calls them."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    async def handle_MAIL(self, protocol: SMTP, _s: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = await self.server.pass_by("mail", protocol)
        if not answer:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(self, protocol: SMTP, _s: Session, envelope: Envelope, address: str, _o: Any) -> str:
        answer = await self.server.pass_by("rcpt", protocol) or self.server.plan.refuse_recipients.get(address, "")
        if not answer:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, protocol: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = self.server.plan.answers.get("taken", "")
        if not answer:
            assert isinstance(envelope.original_content, bytes)
            taken = Taken(str(envelope.mail_from), tuple(envelope.rcpt_tos), envelope.original_content)
            self.server.taken.append(taken)
        await self.server.pass_by("taken", protocol)
        return answer or "250 OK, taken"


class _Protocol(SMTP):
    """aiosmtpd with the points that it has no hook for."""

    def __init__(self, server: MailServer, **more: Any) -> None:
        super().__init__(_Handler(server), hostname="mail.test", timeout=600, **more)
        self.server = server

    async def push(self, status: Any) -> None:
        if not self.greeted:
            self.greeted = True
            answer = await self.server.pass_by("connect", self)
            status = answer or status
        await super().push(status)
        if str(status).startswith("5") and self.server.plan.answers.get("connect"):
            self.transport.close()

    greeted = False

    async def smtp_DATA(self, arg: str) -> None:
        answer = await self.server.pass_by("data", self)
        if answer:
            await self.push(answer)
            return
        if "lines" in (self.server.plan.drop, self.server.plan.stall):
            await self.push("354 go on")
            await self._reader.readline()
            await self.server.pass_by("lines", self)
        await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:
        await self.server.pass_by("quit", self)
        await super().smtp_QUIT(arg)


def _protocol(server: MailServer) -> _Protocol:
    server.conversations += 1
    plan = server.plan
    more: dict[str, Any] = {"enable_SMTPUTF8": plan.smtputf8, "tls_context": plan.tls}
    if plan.password:
        password = plan.password.encode()

        def check(_protocol: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
            return AuthResult(success=given.password == password, handled=False)

        more |= {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    return _Protocol(server, **more)


@contextmanager
def running(plan: Plan | None = None) -> Iterator[MailServer]:
    """A mail server on a free port of this machine; it is gone when the block ends."""
    server = MailServer(plan)
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        listening = loop.run_until_complete(loop.create_server(lambda: _protocol(server), "127.0.0.1", 0))
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()
        loop.run_forever()
        listening.close()
        conversations = asyncio.all_tasks(loop)
        for conversation in conversations:
            conversation.cancel()
        loop.run_until_complete(asyncio.gather(*conversations, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=serve, name="mail-server", daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
