"""The guard itself: nothing leaves the machine during a test."""

import socket

import pytest

from tests import network


def test_a_connection_to_another_machine_is_refused_and_noted() -> None:
    with pytest.raises(network.Refused):
        socket.create_connection(("192.0.2.1", 25), timeout=1)

    assert network._attempts == ["192.0.2.1:25"]
    network._attempts.clear()


def test_a_real_name_is_not_looked_up() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("localhost.localdomain", 25), timeout=1)

    assert network._attempts == ["localhost.localdomain"]
    network._attempts.clear()


def test_a_reserved_name_is_unknown_without_asking() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("smtp.example.org", 25), timeout=1)

    assert network._attempts == []


def test_this_machine_may_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), 1):
        pass
