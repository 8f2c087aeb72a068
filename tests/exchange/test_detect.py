"""What a file is comes from its content, whatever its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaisse.exchange.detect import kind_of
from tests.exchange.test_fec_truth import FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_fec_under_any_name(path: object) -> None:
    data = path.read_bytes()  # type: ignore[attr-defined]
    assert kind_of(data[:4096], "photo.jpg") == "fec"
    assert kind_of(data.split(b"\n")[0]) == "fec"


def test_contacts() -> None:
    assert kind_of(b"customer_code,name,email\nC1,Un,a@b.fr\n", "FEC.txt") == "contacts"
    assert kind_of("Code client;Raison sociale;Téléphone\n".encode("cp1252")) == "contacts"


@pytest.mark.parametrize(
    "head", [b"", b"\0" * 100, b"%PDF-1.7", b"hello world", b"<?xml version='1.0'?>", b"name;email\n"]
)
def test_unknown(head: bytes) -> None:
    assert kind_of(head, "000000018FEC20251231.txt") == "unknown"


@given(st.binary(max_size=300))
def test_any_bytes(head: bytes) -> None:
    assert kind_of(head) in ("fec", "contacts", "unknown")
