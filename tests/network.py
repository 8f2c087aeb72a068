"""Nothing leaves the machine during a test: a connection or a look-up beyond the loopback interface fails it.

It watches this process; a browser is watched by the fixture that opens its pages (tests/browser.py).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest

RESERVED = (".example", ".example.com", ".example.org", ".example.net", ".invalid", ".test")
"""Names that exist nowhere (RFC 2606): looking one up fails as it would, without asking anybody."""

_attempts: list[str] = []


class Refused(OSError):
    """A test tried to leave the machine."""


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_local(host: str) -> bool:
    address = _number(host)
    if address:
        return address.is_loopback or address.is_unspecified
    return host in ("", "localhost") or host.endswith(".localhost")


def _check(address: Any) -> None:
    # Anything but a tuple is a local address: a Unix socket's path.
    if isinstance(address, tuple) and not _is_local(str(address[0])):
        _attempts.append(f"{address[0]}:{address[1]}")
        raise Refused(f"a test may not connect to {address[0]}: only to this machine")


@pytest.fixture(autouse=True, scope="session")
def _stay_here() -> Iterator[None]:
    connect, connect_ex, sendto, look_up = (
        socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto, socket.getaddrinfo,
    )  # fmt: skip

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        _check(rest[-1])
        return sendto(self, data, *rest)

    def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host or "")
        # A number is not looked up with anybody; connecting to it is what is watched.
        if not _number(name) and not _is_local(name):
            if not f".{name}".lower().endswith(RESERVED):
                _attempts.append(name)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *arguments, **options)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket.socket, "sendto", guarded_sendto)
    patch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _nothing_left_the_machine() -> Iterator[None]:
    _attempts.clear()
    yield
    if _attempts:
        tried = ", ".join(_attempts)
        _attempts.clear()
        pytest.fail(f"the test tried to reach {tried}", pytrace=False)
