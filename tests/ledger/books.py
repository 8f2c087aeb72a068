"""Small made-up books, written as FEC text."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
HEADER = (
    "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\t"
    "PieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise"
)


def _amount(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"


@dataclass
class Fec:
    """Entries of one year, added one by one; `.bytes()` is the file. Amounts are cents, days are YYYYMMDD."""

    year: int
    lines: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def name(self) -> str:
        return f"000000018FEC{self.year}1231.txt"

    def bytes(self) -> bytes:
        return ("\n".join([HEADER, *self.lines]) + "\n").encode()

    def _entry(self, journal: str, lib: str, day: str, rows: list[tuple[str, str, str, str, int, str]]) -> Fec:
        """Rows: (account, customer, reference, document's day, amount (credit below zero), letter)."""
        self.count += 1
        for account, customer, reference, piece, amount, letter in rows:
            aux = f"{customer}\t{customer.title()} SARL" if customer else "\t"
            debit, credit = (amount, 0) if amount > 0 else (0, -amount)
            self.lines.append(
                f"{journal}\t{lib}\t{self.count:06d}\t{day}\t{account}\tCompte {account}\t{aux}\t{reference}\t{piece}\t"
                f"{lib} {reference}\t{_amount(debit)}\t{_amount(credit)}\t{letter}\t\t{day}\t\t"
            )
        return self

    def sale(self, customer: str, number: str, day: str, amount: int, letter: str = "") -> Fec:
        return self._entry(
            "VE", "Ventes", day,
            [("41100000", customer, number, day, amount, letter), ("70600000", "", number, day, -amount, "")],
        )  # fmt: skip

    def credit_note(self, customer: str, number: str, day: str, amount: int, letter: str = "") -> Fec:
        return self._entry(
            "VE", "Ventes", day,
            [("41100000", customer, number, day, -amount, letter), ("70600000", "", number, day, amount, "")],
        )  # fmt: skip

    def paid(self, customer: str, reference: str, day: str, amount: int, letter: str = "") -> Fec:
        return self._entry(
            "BQ", "Banque", day,
            [("51200000", "", reference, day, amount, ""), ("41100000", customer, reference, day, -amount, letter)],
        )  # fmt: skip

    def opening(self, *rows: tuple[str, str, str, int] | tuple[str, str, str, int, str]) -> Fec:
        """Rows: (customer, reference, document's day, amount, letter)."""
        day = f"{self.year}0101"
        lines = [("41100000", row[0], row[1], row[2], row[3], row[4] if len(row) > 4 else "") for row in rows]
        total = sum(row[3] for row in rows)
        return self._entry("AN", "A nouveaux", day, [*lines, ("12000000", "", "AN", day, -total, "")])
