"""Damaged bank files: no reader crashes, hangs or says what cannot be, whatever the bytes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.exchange.bank import BankFile
from encaisse.exchange.bank_kinds import bank_kind, read_bank
from encaisse.exchange.camt import read_camt
from encaisse.exchange.cfonb import read_cfonb
from encaisse.exchange.mt940 import read_mt940
from encaisse.exchange.ofx import read_ofx
from tests.exchange import test_cfonb

FOLDER = Path(__file__).parent / "bank"
MOST = 12_000
_OPERATIONS = [test_cfonb.head("31"), test_cfonb.operation(500), test_cfonb.operation(70), test_cfonb.head("39", 570)]
READERS: dict[str, Callable[..., BankFile]] = {
    "camt": read_camt,
    "mt940": read_mt940,
    "ofx": read_ofx,
    "cfonb": read_cfonb,
}
SAMPLES = {
    name: [path.read_bytes()[:MOST] for path in sorted(FOLDER.glob(f"{name}*/**/*")) if path.is_file()]
    for name in READERS
}
SAMPLES["cfonb"].append("\n".join(_OPERATIONS).encode())


def consistent(found: BankFile) -> None:
    """What holds of anything read: exact finite amounts, real days, problems with words, balances checked."""
    assert len(found.problems) < 4_000
    for one in found.problems:
        assert one.message
        assert one.hint
        assert "{" not in one.message or "{" in str(one.values)
        assert one.line is None or one.line > 0
    for statement in found.statements:
        told = {one.code for one in statement.problems}
        for each in statement.transactions:
            assert each.amount.is_finite()
            assert not (each.amount.is_zero() and each.amount.is_signed())
            assert abs(each.amount) < Decimal(10) ** 20
            assert each.charges is None or each.charges.is_finite()
        opening, closing = statement.balance("opening"), statement.balance("closing")
        if opening and closing and not told & {"balance_mismatch", "balance_currencies"}:
            moved = sum((one.amount for one in statement.transactions if not one.pending), Decimal(0))
            cut = any(one.code in ("statement_broken", "statement_cut", "piece_too_large") for one in found.problems)
            assert cut or opening.amount + moved == closing.amount


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """A sample with lines moved, cut or doubled and bytes changed, or with the head of another."""
    data = draw(st.sampled_from(SAMPLES[name]))
    lines = data.split(b"\n")
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        place = draw(st.integers(0, len(line)))
        change = draw(st.sampled_from(["drop", "double", "cut", "bytes", "swap", "join", "digit", "end"]))
        if change == "drop":
            lines[at] = b""
        elif change == "double":
            lines[at : at + 1] = [line] * draw(st.integers(2, 4))
        elif change == "cut":
            lines[at] = line[:place]
        elif change == "bytes":
            lines[at] = line[:place] + draw(st.binary(max_size=5)) + line[place + draw(st.integers(0, 4)) :]
        elif change == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
        elif change == "join":
            lines[at] = line + (lines.pop(at + 1) if at + 1 < len(lines) else b"")
        elif change == "digit":
            lines[at] = (
                line[:place] + draw(st.sampled_from([b"9", b"-", b",", b".", b"<", b"&", b":", b"\0"])) + line[place:]
            )
        else:
            lines = lines[: at + 1]
    return b"\n".join(lines)


def _check(name: str, data: bytes) -> None:
    found = READERS[name](data)
    consistent(found)
    kind = bank_kind(data)
    if kind != "unknown" and found.kind == kind:
        assert read_bank(data) == found


@pytest.mark.parametrize("name", READERS)
def test_fuzz_damaged_files(name: str) -> None:
    @settings(max_examples=200, deadline=None)
    @given(damaged(name))
    def run(data: bytes) -> None:
        _check(name, data)

    run()


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(
        [b"", b":20:x\n:61:", b"<OFX><STMTRS><STMTTRN>", b"0130003    03010EUR2 ", b"31000001",
         b"<Document><BkToCstmrStmt><Stmt><Ntry>"]
    ),
    st.binary(max_size=300),
)  # fmt: skip
def test_fuzz_any_bytes(head: bytes, data: bytes) -> None:
    for reader in (*READERS.values(), read_bank):
        consistent(reader(head + data))


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_fuzz_damaged_files_at_length(name: str) -> None:
    @settings(max_examples=20_000, deadline=None)
    @given(damaged(name))
    def run(data: bytes) -> None:
        _check(name, data)

    run()
