"""The trade as double entry: journals, accounts, lettering; then the FEC of a year (18 columns, LPF A47 A-1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from string import ascii_uppercase

from encaisse.demo.cast import Client, company
from encaisse.demo.trade import Cost, Receipt, Sale, Trade, first_day
from encaisse.money import to_decimal_text

HEADER = (
    "JournalCode	JournalLib	EcritureNum	EcritureDate	CompteNum	CompteLib	CompAuxNum	CompAuxLib"
    "	PieceRef	PieceDate	EcritureLib	Debit	Credit	EcritureLet	DateLet	ValidDate	Montantdevise	Idevise"
)
JOURNALS = {"AN": "À nouveaux", "VE": "Ventes", "BQ": "Banque"}
ACCOUNTS = {
    "10130000": "Capital souscrit, appelé, versé",
    "11000000": "Report à nouveau",
    "12000000": "Résultat de l'exercice",
    "41100000": "Clients",
    "44566000": "TVA déductible sur autres biens et services",
    "44571000": "TVA collectée",
    "51210000": "Banque",
    "70600000": "Prestations de services",
}
CUSTOMERS, BANK, VAT_IN, VAT_OUT, SALES = "41100000", "51210000", "44566000", "44571000", "70600000"
CAPITAL, CARRIED, RESULT = "10130000", "11000000", "12000000"
OPENING_BANK = 9_500_000
OPENING_CAPITAL = 2_000_000


@dataclass(slots=True)
class Line:
    """One line of an entry; exactly one of `debit` and `credit` (minor units) is not zero. `group`: what it settles."""

    account: str
    label: str
    text: str
    piece: str
    piece_on: date
    debit: int = 0
    credit: int = 0
    client: Client | None = None
    group: int | None = None


@dataclass(slots=True)
class Entry:
    """One entry of a journal: its lines balance."""

    on: date
    journal: str
    lines: list[Line] = field(default_factory=list)


def file_name(last_day: date) -> str:
    """The name the tax administration asks for: SIREN, FEC, last day of the books."""
    return f"{company().siren}FEC{last_day:%Y%m%d}.txt"


def fec(trade: Trade, year: int, until: date) -> bytes:
    """The books of `year` as they stand on `until`: tabs, CRLF, UTF-8, decimal comma."""
    known = [entry for entry in _entries(trade) if entry.on <= until]
    lines_of_year = [_opening(trade, known, year), *(entry for entry in known if entry.on.year == year)]
    letters = _letters(known, year)
    rows = [HEADER]
    for number, entry in enumerate(lines_of_year, 1):
        rows += (_row(entry, line, number, letters) for line in entry.lines)
    return ("\r\n".join(rows) + "\r\n").encode()


def bank_lines(trade: Trade) -> list[tuple[date, Receipt | Cost, int]]:
    """Every movement of the bank account, with its sign, in order of date."""
    moves: list[tuple[date, Receipt | Cost, int]] = [
        (one.on, one, one.amount) for one in trade.receipts if not one.credit_note
    ]
    moves += [(one.on, one, -(one.net + one.vat)) for one in trade.costs]
    return sorted(moves, key=lambda move: (move[0], -move[2]))


def _entries(trade: Trade) -> list[Entry]:
    groups = _groups(trade)
    entries = [_start(trade)]
    entries += (_sale(sale, groups[sale.number]) for sale in trade.sales)
    entries += (_receipt(receipt, groups[receipt.parts[0][0]] if receipt.parts else None) for receipt in trade.receipts)
    entries += (_cost(cost) for cost in trade.costs)
    return sorted(entries, key=lambda entry: entry.on)


def _start(trade: Trade) -> Entry:
    on = first_day(trade.day)
    lines = [
        Line(BANK, ACCOUNTS[BANK], "Solde de départ", "AN", on, debit=OPENING_BANK),
        Line(CAPITAL, ACCOUNTS[CAPITAL], "Capital", "AN", on, credit=OPENING_CAPITAL),
        Line(CARRIED, ACCOUNTS[CARRIED], "Report", "AN", on, credit=OPENING_BANK - OPENING_CAPITAL),
    ]
    return Entry(on, "AN", lines)


def _sale(sale: Sale, group: int) -> Entry:
    text = f"Facture {sale.number} {sale.client.name}"
    lines = [
        Line(CUSTOMERS, ACCOUNTS[CUSTOMERS], text, sale.number, sale.issued_on, sale.gross, 0, sale.client, group),
        Line(SALES, ACCOUNTS[SALES], text, sale.number, sale.issued_on, credit=sale.net),
        Line(VAT_OUT, ACCOUNTS[VAT_OUT], text, sale.number, sale.issued_on, credit=sale.vat),
    ]
    return Entry(sale.issued_on, "VE", lines)


def _receipt(one: Receipt, group: int | None) -> Entry:
    named = " ".join(number for number, _ in one.parts)
    if one.credit_note:
        net = one.amount * 100 // 120
        text = f"Avoir {one.reference} sur {named} {one.client.name}"
        lines = [
            Line(SALES, ACCOUNTS[SALES], text, one.reference, one.on, debit=net),
            Line(VAT_OUT, ACCOUNTS[VAT_OUT], text, one.reference, one.on, debit=one.amount - net),
        ]
    else:
        text = f"VIR {one.client.name} {named}".rstrip()
        lines = [Line(BANK, ACCOUNTS[BANK], text, one.reference, one.on, debit=one.amount)]
    customer = Line(CUSTOMERS, ACCOUNTS[CUSTOMERS], text, one.reference, one.on, 0, one.amount, one.client, group)
    return Entry(one.on, "VE" if one.credit_note else "BQ", [*lines, customer])


def _cost(cost: Cost) -> Entry:
    reference = f"PRL{cost.on:%y%m%d}"
    lines = [Line(cost.account, cost.label, cost.label, reference, cost.on, debit=cost.net)]
    if cost.vat:
        lines.append(Line(VAT_IN, ACCOUNTS[VAT_IN], cost.label, reference, cost.on, debit=cost.vat))
    lines.append(Line(BANK, ACCOUNTS[BANK], f"PRLV {cost.label}", reference, cost.on, credit=cost.net + cost.vat))
    return Entry(cost.on, "BQ", lines)


def _opening(trade: Trade, entries: Iterable[Entry], year: int) -> Entry:
    """What the year before left: customers invoice by invoice, other balance accounts in one line, the result."""
    first = date(year, 1, 1)
    balances: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.on < first:
            for line in entry.lines:
                if line.account != CUSTOMERS:
                    balances[line.account if line.account < "6" else RESULT] += line.debit - line.credit
    lines = list(_open_items(trade, first))
    lines += (
        Line(account, ACCOUNTS[account], "À nouveau", "AN", first, max(balance, 0), max(-balance, 0))
        for account, balance in sorted(balances.items())
        if balance
    )
    return Entry(first, "AN", lines)


def _open_items(trade: Trade, first: date) -> Iterator[Line]:
    groups = _groups(trade)
    left = {sale.number: sale.gross for sale in trade.sales if sale.issued_on < first}
    for receipt in trade.receipts:
        if receipt.on < first:
            for number, amount in receipt.parts:
                left[number] -= amount
    for sale in trade.sales:
        if open_ := left.get(sale.number, 0):
            text, group = f"À nouveau {sale.number}", groups[sale.number]
            yield Line(CUSTOMERS, ACCOUNTS[CUSTOMERS], text, sale.number, sale.issued_on, open_, 0, sale.client, group)
    for receipt in trade.receipts:
        if receipt.on < first and not receipt.parts:
            text = f"À nouveau {receipt.reference}"
            yield Line(
                CUSTOMERS, ACCOUNTS[CUSTOMERS], text, receipt.reference, receipt.on, 0, receipt.amount, receipt.client
            )


def _groups(trade: Trade) -> dict[str, int]:
    """Invoices settled by the same transfers belong together: invoice number → group."""
    group = {sale.number: place for place, sale in enumerate(trade.sales)}
    for receipt in trade.receipts:
        joined = {group[number] for number, _ in receipt.parts}
        if len(joined) > 1:
            target = min(joined)
            group = {number: target if old in joined else old for number, old in group.items()}
    return group


def _letters(entries: Iterable[Entry], year: int) -> dict[int, tuple[str, date]]:
    """Group → its letter in the books of `year` and the day it was given; only settled groups have one."""
    balance: dict[int, int] = defaultdict(int)
    last: dict[int, date] = {}
    client: dict[int, str] = {}
    for entry in entries:
        for line in entry.lines:
            if line.group is not None and line.client:
                balance[line.group] += line.debit - line.credit
                last[line.group] = entry.on
                client[line.group] = line.client.code
    settled = sorted((last[group], group) for group, rest in balance.items() if not rest and last[group].year == year)
    names: dict[str, Iterator[str]] = defaultdict(lambda: map("".join, product(ascii_uppercase, repeat=3)))
    return {group: (next(names[client[group]]), on) for on, group in settled}


def _row(entry: Entry, line: Line, number: int, letters: dict[int, tuple[str, date]]) -> str:
    letter, lettered_on = letters.get(line.group, ("", None)) if line.group is not None else ("", None)
    return "\t".join(
        (
            entry.journal,
            JOURNALS[entry.journal],
            f"{number:06d}",
            _day(entry.on),
            line.account,
            line.label,
            line.client.code if line.client else "",
            line.client.name if line.client else "",
            line.piece,
            _day(line.piece_on),
            line.text,
            _amount(line.debit),
            _amount(line.credit),
            letter,
            _day(lettered_on) if lettered_on else "",
            _day(entry.on),
            "",
            "",
        )
    )


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _amount(minor: int) -> str:
    return to_decimal_text(minor).replace(".", ",")
