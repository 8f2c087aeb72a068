"""Small books written by hand: entries in, a FEC out."""

from __future__ import annotations

from encaisse.exchange.fec import Books, read_fec

HEADER = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
    "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)
LIBS = {"VE": "Ventes", "BQ": "Banque", "OD": "Operations diverses", "AN": "A nouveaux"}


class Maker:
    """Adds entries; a line is (account, customer, debit less credit, letter)."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.number = 0

    def entry(
        self,
        journal: str,
        day: str,
        ref: str,
        label: str,
        *lines: tuple[str, str, float, str],
        piece: str = "",
        lib: str | None = None,
        let_day: str = "",
    ) -> Maker:
        self.number += 1
        for account, customer, amount, letter in lines:
            sides = (f"{amount:.2f}", "0,00") if amount >= 0 else ("0,00", f"{-amount:.2f}")
            cells = [journal, LIBS.get(journal, journal) if lib is None else lib, f"{self.number:05}", day, account]
            cells += ["compte", customer, f"Client {customer}" if customer else "", ref, piece or day, label]
            cells += [*sides, letter, let_day if letter else "", day, "", ""]
            self.lines.append("|".join(cells).replace(".00", ",00"))
        return self

    def invoice(self, day: str, number: str, amount: float, letter: str = "", customer: str = "C1") -> Maker:
        net = round(amount / 1.2, 2)
        lines = (
            ("411000", customer, amount, letter),
            ("706000", "", -net, ""),
            ("445710", "", round(net - amount, 2), ""),
        )
        return self.entry("VE", day, number, f"Facture {number}", *lines)

    def credit_note(self, day: str, number: str, amount: float, label: str, letter: str = "") -> Maker:
        return self.entry("VE", day, number, label, ("411000", "C1", -amount, letter), ("706000", "", amount, ""))

    def payment(
        self, day: str, label: str, amount: float, letter: str = "", *, account: str = "411000", customer: str = "C1"
    ) -> Maker:
        return self.entry("BQ", day, "VIR", label, ("512000", "", amount, ""), (account, customer, -amount, letter))

    def text(self) -> str:
        return "\r\n".join([HEADER, *self.lines, ""])

    def books(self) -> Books:
        return read_fec(self.text().encode())


def left(books: Books) -> dict[str, int]:
    """Number → what is open of it, in whole euros (the books made here hold no cents)."""
    return {
        invoice.number: amount // 100
        for invoice, amount in zip(books.invoices, books.open_amounts(), strict=True)
        if amount
    }


def unallocated(books: Books) -> int:
    """All credits left, in whole euros."""
    return sum(books.unallocated()) // 100


def rules(books: Books) -> list[tuple[str, str, int]]:
    """(number, rule, whole euros) of every allocation."""
    return [(books.invoices[a.invoice_index].number, a.by, a.amount // 100) for a in books.allocations]
