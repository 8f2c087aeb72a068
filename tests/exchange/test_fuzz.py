"""Every reader on damaged samples: it never raises and never hangs. Dozens of cases here, 20,000 a reader at length.

What a damaged file is recognised as does not matter here: each reader gets the bytes as if they were its own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaisse.exchange.camt import read_camt
from encaisse.exchange.cfonb import read_cfonb
from encaisse.exchange.contacts import read_contacts
from encaisse.exchange.facturx import read_einvoice, read_facturx
from encaisse.exchange.inspecting import inspect_all
from encaisse.exchange.lifecycle import read_statuses
from encaisse.exchange.mt940 import read_mt940
from encaisse.exchange.ofx import read_ofx
from encaisse.exchange.problems import Problem
from encaisse.exchange.table_records import records
from encaisse.exchange.tables import read_table
from tests.exchange.einvoice_samples import FILES as INVOICES
from tests.exchange.einvoice_samples import cii, pdf, ubl
from tests.exchange.test_bank_samples import FILES as STATEMENTS
from tests.exchange.test_inspecting import BANK, MADE, SALES, packed

CASES, CASES_AT_LENGTH = 50, 20_000
HANGS = timedelta(seconds=20)
SMALL = 12_000
SPLICES = [
    b"", b"\0", b"\xff", b"\xfe\xff", b"\xc3", b"<", b">", b"</", b"&#0;", b"<!DOCTYPE a [", b"<![CDATA[", b"\n", b"\r",
    b"\n\n", b":", b":20:", b":61:", b":86:", b":62F:", b"{4:", b"-}", b"<OFX>", b"</STMTTRN>", b"<STMTTRN>", b"01",
    b"04", b"05", b"07", b"{", b"}", b"[", b'"', b"'", b";", b",", b"\t", b"|", b"-", b"9" * 40, b"1e9", b"NaN",
    b"20260230", b"0000-00-00", b"31/02/2026", b" " * 200, b"A" * 3_000, b"PK\x03\x04", b"PK\x05\x06", b"%PDF-",
    b"endobj", b"/Kids", b"0 R", b"stream",
]  # fmt: skip

CONTACTS = "code client;raison sociale;courriel;téléphone;conditions\nC1;Été;a@b.fr;0102030405;30 jours fdm\n".encode()
STATUSES = [
    b"facture;statut;date;motif;montant\nF1;205;2026-01-20;;\nF2;206;21/01/2026;QTE_ERR;1 040,50\n",
    b'[{"invoice": "F1", "code": 205, "on": "2026-01-20", "amount": 1.5}]',
]


def small(paths: list[Path], *names: str) -> list[bytes]:
    """The samples below a size, of those whose path holds one of the names."""
    kept = [path for path in paths if any(name in path.as_posix() for name in names)]
    return [path.read_bytes() for path in kept if path.stat().st_size < SMALL]


def laid_out(data: bytes) -> Any:
    return records(read_table(data))


def walked(data: bytes) -> Any:
    found = list(inspect_all(data, "x"))
    assert not any(told.code == "reader_failed" for one in found for told in one.problems), found
    return found[0]


READERS: dict[str, tuple[Callable[[bytes], Any], list[bytes]]] = {
    "camt": (read_camt, small(STATEMENTS, "/camt/")),
    "mt940": (read_mt940, small(STATEMENTS, "/mt940/")),
    "ofx": (read_ofx, small(STATEMENTS, "/ofx/")),
    "cfonb": (read_cfonb, small(STATEMENTS, "/cfonb")),
    "xml invoices": (read_einvoice, [*small(INVOICES, ".xml"), cii(), ubl(credit=True)]),
    "pdf invoices": (read_facturx, [pdf(("factur-x.xml", cii()), where=place) for place in ("names", "clipped")]),
    "statuses": (read_statuses, STATUSES),
    "contacts": (read_contacts, [CONTACTS, CONTACTS.decode().encode("cp1252")]),
    "tables": (laid_out, [SALES.encode(), BANK.encode("cp1252"), BANK.encode("utf-16")]),
    "archives": (walked, [*MADE, packed({"a.zip": packed({"b.csv": BANK.encode()}), "c.xml": cii()})]),
}


@st.composite
def damaged(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """A sample with one to four wounds: cut off, a stretch replaced, a byte changed, or part of another inside."""
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data), 1)))
        kind = draw(st.sampled_from(("splice", "splice", "byte", "cut", "graft")))
        if kind == "splice":
            data[at : at + draw(st.integers(0, 400))] = draw(st.sampled_from(SPLICES))
        elif kind == "byte":
            data[at : at + 1] = bytes([draw(st.integers(0, 255))])
        elif kind == "cut":
            del data[at:]
        else:
            other = draw(st.sampled_from(samples))
            start = draw(st.integers(0, len(other)))
            data[at:at] = other[start : start + 600]
    return bytes(data)


def fuzz(name: str, cases: int, deadline: timedelta | None) -> None:
    """Run one reader on so many damaged samples."""
    reader, samples = READERS[name]

    @settings(max_examples=cases, deadline=deadline, suppress_health_check=list(HealthCheck))
    @given(damaged(samples))
    def holds(data: bytes) -> None:
        problems: tuple[Problem, ...] = reader(data).problems
        for one in problems:
            assert one.message
            assert one.hint
            assert one.line is None or one.line >= 1

    holds()


@pytest.mark.parametrize("name", READERS)
def test_damaged_samples(name: str) -> None:
    fuzz(name, CASES, None)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_damaged_samples_at_length(name: str) -> None:
    fuzz(name, CASES_AT_LENGTH, HANGS)
