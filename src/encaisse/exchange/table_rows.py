"""The cells of one row by the meaning of their columns, and the checks that go over all rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import pairwise
from typing import Any

from encaisse.exchange import contact_values
from encaisse.exchange.problems import MAX_SHOWN, Problem, problem
from encaisse.exchange.table_headers import SURE, by_header
from encaisse.exchange.table_mapping import AMOUNTS, Mapping, words
from encaisse.exchange.table_values import Amount, DecimalMark, plain, read_amount, read_date, shown
from encaisse.exchange.tables import Grid, Row

_TEXT = 500
_EXPONENT = Decimal("0.01")
_SIDES = {
    "d": "D",
    "debit": "D",
    "dr": "D",
    "db": "D",
    "1": "D",
    "c": "C",
    "credit": "C",
    "cr": "C",
    "s": "D",
    "e": "C",
}
_SECTION_WORD = re.compile(
    r"^(?:nom du |code )?(?:clients?|tiers|customer|compte|account|raison sociale) ?:\s*", re.IGNORECASE
)
_KEPT_WHOLE = frozenset({"bank"})
_LONGEST = 10**15
_NAMES = ("customer_name", "customer_code", "counterparty", "label", "reference", "number")


class Reader:
    """Reads the rows of one table as its mapping says, and notes what is wrong."""

    def __init__(self, grid: Grid, mapping: Mapping) -> None:
        self.grid = grid
        self.mapping = mapping
        width = len(grid.headers)
        self.places = {name: place for name, place in mapping.places.items() if 0 <= place < width}
        self.states = _states(mapping, width)
        self.mark: DecimalMark = mapping.decimal_mark or ","
        self.problems: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self.noted: set[tuple[int, str]] = set()
        self.section = ""

    @property
    def counted(self) -> int:
        """How many problems there are so far."""
        return self.counts.total()

    def add(self, code: str, line: int | None, /, *, column: str | None = None, **values: Any) -> None:
        """Note a problem; words are made for the first ones of a code only, the rest is counted."""
        self.counts[code] += 1
        if self.counts[code] <= MAX_SHOWN:
            self.problems.append(problem(code, line, column=column, **values))

    def has(self, *names: str) -> bool:
        """Whether a column has one of these meanings."""
        return any(name in self.places for name in names)

    def text(self, row: Row, name: str) -> str:
        """The text of a field, at most 500 characters; ``""`` without one."""
        place = self.places.get(name)
        return "" if place is None else shown(row.at(place))[:_TEXT]

    def customer(self, row: Row) -> tuple[str, str]:
        """Code and name of the customer; in a table by sections without such columns, the section's name."""
        code, name = self.text(row, "customer_code"), self.text(row, "customer_name")
        return code, name or ("" if self.has("customer_code", "customer_name") else self.section)

    def words(self, row: Row, name: str) -> str:
        """The text of a field without accents and capitals."""
        return plain(self.text(row, name))

    def says(self, text: str, list_: str) -> bool:
        """Whether a plain text is one of a list of words, or begins with one."""
        return bool(text) and (text in words()[list_] or _begin(text) in words()[list_])

    def mentions(self, text: str, list_: str) -> bool:
        """Whether a plain text has one of a list of words in it, abbreviations left aside."""
        return bool(text) and _mentioned(list_).search(text) is not None

    def not_issued(self, row: Row, *names: str) -> str:
        """The state of a row that makes no claim (a draft, a quote…), or ``""``; ``names``: fields looked at too.

        Some programs have a state of the document beside that of its payment: each is looked at.
        """
        told = [shown(row.at(place)) for place in self.states] + [self.text(row, name) for name in names]
        return next((text[:_TEXT] for text in told if self.says(plain(text), "not_issued")), "")

    def is_settled(self, row: Row) -> bool:
        """Whether a state of a row says that all is paid, not a part of it."""
        told = [plain(shown(row.at(place))) for place in self.states]
        return any(
            self.says(state, "settled") and not any(word.startswith("parti") for word in state.split(" "))
            for state in told
        )

    def starts(self, text: str, list_: str) -> bool:
        """Whether the first word of a plain text is in a list."""
        return text.split(" ")[0] in words()[list_]

    def day(self, row: Row, name: str) -> date | None:
        """The day of a field; a text that is none becomes a problem."""
        cell = row.at(self.places.get(name))
        if cell == "":
            return None
        found = read_date(cell, self.mapping.date_order)
        if found is None and self._once(row, name):
            self.add("bad_table_date", row.line, column=self._header(name), value=shown(cell), name=self._header(name))
        return found

    def any_day(self, text: str) -> date | None:
        """The first day a text speaks of, in the order of this table."""
        for word in text.split(" "):
            found = read_date(word.strip(",;:()"), self.mapping.date_order or "dmy")
            if found and any(mark in word for mark in "/-."):
                return found
        return None

    def amount(self, row: Row, name: str) -> Decimal | None:
        """The amount of a field; a text that is none becomes a problem. Cents are whole, but in bank files."""
        cell = row.at(self.places.get(name))
        if cell == "" or (isinstance(cell, str) and not any(char.isalnum() for char in cell)):
            return None
        found = read_amount(cell, self.mark)
        if found is None or abs(found.value) >= _LONGEST:
            if self._once(row, name):
                header = self._header(name)
                self.add("bad_table_amount", row.line, column=header, value=shown(cell), name=header)
            return None
        value = self._sided(found)
        if self.mapping.kind in _KEPT_WHOLE:
            return value
        whole = value.quantize(_EXPONENT, ROUND_HALF_UP)
        if whole != value and self._once(row, name):
            header = self._header(name)
            self.add("rounded_amount", row.line, column=header, value=shown(cell), name=header, rounded=whole)
        return whole + 0

    def side(self, row: Row, name: str) -> str:
        """``C`` or ``D`` as the row's side column says, else as the amount itself bears it; else ``""``."""
        told = _SIDES.get(self.words(row, "side"), "")
        if told:
            return told
        found = read_amount(row.at(self.places.get(name)), self.mark)
        return found.side if found else ""

    def moved(self, row: Row) -> Decimal | None:
        """Money in positive, money out negative: from one signed column, from two, or from an amount with its side."""
        amount = self.amount(row, "amount")
        if amount is not None:
            side = self.side(row, "amount")
            return -abs(amount) if side == "D" else abs(amount) if side == "C" and amount < 0 else amount
        debit, credit = self.amount(row, "debit"), self.amount(row, "credit")
        if debit is None and credit is None:
            return None
        return (credit or Decimal(0)) - abs(debit or Decimal(0))

    def currency(self, row: Row) -> str:
        """The row's own currency, else that of an amount, else the table's."""
        told = self.text(row, "currency").strip().upper()
        if told in ("€", "EURO", "EUROS"):
            return "EUR"
        if len(told) == 3 and told.isascii() and told.isalpha():
            return told
        if told and self._once(row, "currency"):
            self.add("bad_currency", row.line, column=self._header("currency"), value=told)
        return self.mapping.currency

    def siren(self, row: Row) -> str:
        """A right SIREN, or ``""`` with a problem."""
        told = self.text(row, "siren")
        found = contact_values.siren(told) if told else ""
        if found is None:
            self.add("bad_siren", row.line, column=self._header("siren"), value=told)
        return found or ""

    def email(self, row: Row) -> str:
        """The first right address, or ``""`` with a problem."""
        told = self.text(row, "email").replace(";", " ").replace(",", " ").split()
        found = contact_values.email(told[0]) if told else ""
        if found is None:
            self.add("bad_email", row.line, column=self._header("email"), value=told[0])
        return found or ""

    def balance_words(self, text: str) -> bool:
        """Whether a label announces a balance rather than a movement."""
        told = " ".join(word for word in plain(text).split(" ") if not word.isdigit())
        return told in words()["balances"] or any(told.startswith(f"{one} au") for one in words()["balances"])

    def amounts(self, row: Row) -> dict[str, Decimal]:
        """Every amount of a row by field, without problems: for the sums."""
        found: dict[str, Decimal] = {}
        for name, place in self.places.items():
            if name in AMOUNTS or name.startswith("bucket:"):
                amount = read_amount(row.at(place), self.mark)
                if amount is not None and abs(amount.value) < _LONGEST:
                    found[name] = self._sided(amount)
        return found

    def compare(self, row: Row, sums: Counter[str]) -> None:
        """A row of totals against the sums of the rows before: equal, or a sub-total, else a problem."""
        told = self.amounts(row)
        told.pop("balance", None)
        if row.line < max((one.line for one in self.grid.rows), default=0) or not told:
            return
        wrong = [name for name, amount in told.items() if abs(amount - sums[name]) > _EXPONENT]
        if wrong and not self._is_sub_total(told):
            name = wrong[0]
            self.add("total_differs", row.line, column=self._header(name), name=self._header(name),
                     told=told[name], found=sums[name])  # fmt: skip

    def _is_sub_total(self, told: dict[str, Decimal]) -> bool:
        """Where there are several rows of totals, only the last is that of the whole."""
        last = [row for row in self.grid.totals if self.amounts(row)][-1]
        return self.amounts(last) != told and len(self.grid.totals) > 1

    def check_running(self, moved: Iterable[tuple[int | None, Decimal]]) -> None:
        """A running balance must follow the movements, upwards or downwards; the first break is told."""
        place = self.places.get("balance")
        if place is None:
            return
        by_line = {row.line: read_amount(row.at(place), self.mark) for row in self.grid.rows}
        steps = [(line, amount, found.value) for line, amount in moved
                 if (found := by_line.get(line or 0)) is not None]  # fmt: skip
        pairs = list(pairwise(steps))
        down = [later for first, later in pairs if first[2] + later[1] != later[2]]
        up = [later for first, later in pairs if later[2] + first[1] != first[2]]
        broken = min(down, up, key=len)
        if broken and len(broken) * 3 <= len(pairs):
            self.add("running_balance", broken[0][0], balance=broken[0][2], count=len(broken))

    def _sided(self, found: Amount) -> Decimal:
        """A credit takes off what a customer owes; on a bank account or as a payment it is the debit that takes off."""
        takes_off = "D" if self.mapping.kind in ("bank", "payments") else "C"
        return -abs(found.value) if found.side == takes_off and found.value else found.value

    def _once(self, row: Row, name: str) -> bool:
        key = (row.line, name)
        if key in self.noted:
            return False
        self.noted.add(key)
        return True

    def _header(self, name: str) -> str:
        place = self.places.get(name, -1)
        header = self.grid.headers[place] if 0 <= place < len(self.grid.headers) else ""
        return header or f"{place + 1}"


def _begin(text: str) -> str:
    """The first two words where they make one notion, else the first."""
    parts = text.split(" ")
    two = " ".join(parts[:2])
    return two if two in _pairs() else parts[0]


@cache
def _pairs() -> frozenset[str]:
    return frozenset(word for name, list_ in words().items() if name != "fields" for word in list_ if " " in word)


@cache
def _mentioned(list_: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(re.escape(word) for word in words()[list_] if len(word) > 2) + r")\b")


def _states(mapping: Mapping, width: int) -> tuple[int, ...]:
    """The places of the columns that tell the state of a row; those a person made something else of are not."""
    own = mapping.places.get("status")
    more = [
        column.place for column in mapping.columns
        if not column.field and column.reason != "person" and by_header(column.header) == ("status", SURE)
    ]  # fmt: skip
    return tuple(place for place in (own, *more) if place is not None and 0 <= place < width)


def is_heading(row: Row, width: int) -> bool:
    """A single text in a table of several columns, or one with percentages: a section or a remark, no data."""
    filled = [cell for cell in row.cells if cell != ""]
    if width <= 2 or not filled or not isinstance(filled[0], str) or not any(map(str.isalpha, filled[0])):
        return False
    return all(isinstance(cell, str) and cell.endswith("%") for cell in filled[1:])


def section_of(row: Row) -> str:
    """The name of a section, without the word for what it names: "Client : Durand" is Durand."""
    told = next(shown(cell) for cell in row.cells if cell != "")
    return _SECTION_WORD.sub("", told) or told


def names_total(reader: Reader, row: Row, sums: Counter[str], since: Counter[str]) -> bool:
    """A row such as "Total Durand": a total when it stands where no name does, or its amounts are the sums so far.

    ``sums``: of the whole table so far; ``since``: since the last total. Else it is a customer of that name.
    """
    place = next((at for at, cell in enumerate(row.cells) if cell != ""), 0)
    if not plain(shown(row.at(place))).startswith(("total ", "totaux ", "sous total ", "subtotal ")):
        return False
    told = {name: amount for name, amount in reader.amounts(row).items() if amount}
    if not told:
        return False
    if place not in {reader.places.get(name) for name in _NAMES}:
        return True
    return any(any(so_far.values()) and all(so_far[name] == amount for name, amount in told.items())
               for so_far in (since, sums))  # fmt: skip
