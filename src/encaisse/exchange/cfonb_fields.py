"""What the records of CFONB files share: how they part, amounts with overpunched signs, days, codes of operations."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from encaisse.exchange import bank_text
from encaisse.exchange.bank import Nature
from encaisse.exchange.problems import Problem, problem

LENGTHS = {"01": 120, "04": 120, "05": 120, "07": 120, "31": 240, "34": 240, "39": 240}
"""Length of a record, by its code."""
LONGEST = 2048
"""A longer line is records run together, or no CFONB at all."""

_PLAIN = re.compile(r"[0-9]{1,18}", re.ASCII)
# Last sign of an amount → digit and sign; the last four as French terminals write braces.
_OVERPUNCHED = (
    {sign: (digit, 1) for digit, sign in enumerate("{ABCDEFGHI")}
    | {sign: (digit, -1) for digit, sign in enumerate("}JKLMNOPQR")}
    | {"\u00e9": (0, 1), "\u00e8": (0, -1)}
)

RETURNS = frozenset(
    {"03", "10", "12", "26", "27", "33", "34", "38", "98", "A3", "A4", "B3", "B4", "C3", "C5"}
)  # fmt: skip
"""Interbank codes of what undoes a payment: unpaid cheques, direct debits, bills, cards; returned transfers."""
DEBITS = frozenset(
    {"01", "03", "06", "07", "08", "10", "14", "21", "22", "26", "27", "28", "29", "33", "34", "38", "44", "96", "98",
     "B1", "B2", "B3", "B4", "C1", "C4"}
)  # fmt: skip
"""Interbank codes of operations that take money out, for records without a sign."""


def _natures() -> dict[str, Nature]:
    by_nature: dict[Nature, str] = {
        "cheque": "01 02 03 15",
        "transfer": "05 06 12 13 14 18 21 39 41 44 45 C1 C2 C3 C4 C5",
        "direct_debit": "08 09 10 22 24 26 27 96 97 98 A1 A2 A3 A4 A5 A6 B1 B2 B3 B4 B5 B6",
        "card": "11 28 30 36 38",
        "bill": "07 31 32 33 34 35 37 90",
        "cash": "04 29",
        "fee": "62 64 65 66 88",
        "interest": "61 63 70",
    }
    return {code: nature for nature, codes in by_nature.items() for code in codes.split()}


NATURES = _natures()
"""What kind of money an interbank code is about."""


def records(text: str) -> list[tuple[int, str]] | Problem:
    """The records with their line numbers, blank lines left out; the problem when lines are no records."""
    found: list[tuple[int, str]] = []
    for number, line in bank_text.lines(text):
        if len(line) <= LONGEST:
            if line.strip():
                found.append((number, line.lstrip("\ufeff").rstrip()))
            continue
        length = LENGTHS.get(line[:2])
        if length is None or len(line.rstrip()) > len(line) // length * length + length:
            return problem("line_too_long", number, limit=LONGEST)
        pieces = [line[at : at + length] for at in range(0, len(line), length)]
        if sum(piece[:2] in LENGTHS for piece in pieces) * 2 < len(pieces):
            return problem("line_too_long", number, limit=LONGEST)
        found += [(number, piece.rstrip()) for piece in pieces if piece.strip()]
    return [one for pair in found for one in _parted(*pair)]


def _parted(number: int, line: str) -> list[tuple[int, str]]:
    """A short line may still hold several records run together."""
    length = LENGTHS.get(line[:2], 0)
    if not length or len(line) <= length or LENGTHS.get(line[length : length + 2]) != length:
        return [(number, line)]
    return [(number, line[at : at + length].rstrip()) for at in range(0, len(line), length)]


def signed(written: str, decimals: str) -> tuple[Decimal | None, bool]:
    """An amount whose last sign is overpunched, with that many decimals (two when not said); whether it bore a sign."""
    places = int(decimals) if decimals.isascii() and decimals.isdigit() else 2
    body = written.replace(" ", "")
    digit, sign = _OVERPUNCHED.get(body[-1:], (-1, 1))
    if digit < 0:
        return (Decimal(int(body)).scaleb(-places), False) if _PLAIN.fullmatch(body) else (None, False)
    if not _PLAIN.fullmatch(body[:-1] or "0"):
        return None, False
    value = Decimal(int(body[:-1] or "0") * 10 + digit).scaleb(-places)
    return (sign * value if value else value), True


def day(written: str) -> date | None:
    """DDMMYY."""
    return bank_text.day(written[4:6], written[2:4], written[:2]) if len(written) >= 6 else None
