"""A mail server on this machine that takes everything."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller


class Taker:
    """Takes every message and remembers for whom."""

    def __init__(self) -> None:
        self.received: list[str] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.received += envelope.rcpt_tos  # type: ignore[attr-defined]
        return "250 taken"


@contextmanager
def server() -> Iterator[tuple[str, int, list[str]]]:
    """Run the server: host, port, and whom it was written to."""
    taker = Taker()
    controller = Controller(taker, hostname="127.0.0.1", port=closed_port())
    controller.start()
    try:
        yield "127.0.0.1", controller.port, taker.received
    finally:
        controller.stop()


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
