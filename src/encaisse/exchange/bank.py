"""The records a bank file is read into, whatever its format, and the check every statement goes through.

Amounts are exact decimals as the bank wrote them (up to five decimals occur), signed: money in is positive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from encaisse.exchange.problems import MAX_SHOWN, Problem, problem

Kind = Literal["camt052", "camt053", "camt054", "mt940", "mt942", "ofx", "cfonb120", "cfonb240", "unknown"]
BalanceKind = Literal["opening", "closing", "available", "opening_available", "interim", "forward", "other"]
Nature = Literal["", "transfer", "direct_debit", "card", "cheque", "bill", "cash", "fee", "interest"]

STATEMENTS = frozenset({"camt053", "mt940", "cfonb120"})
"""Kinds that promise an opening and a closing balance; the others tell what happened during the day."""
MAX_STATEMENTS = 50_000
"""Most statements read from one file: an account a day for more than a century."""
MAX_TRANSACTIONS = 200_000
"""Most movements read from one file: they are held in memory, about 1 KiB each."""
UNKNOWN_REASON = "MS03"
"""ISO 20022 code of a return whose reason is not given (reason not specified by the agent)."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement of money on the account.

    ``amount`` is signed, money in positive, in ``currency`` (``""`` when the file does not say). ``counterparty`` is
    who paid or was paid, ``iban`` or else ``other_account`` their account. ``reference`` is the free text that came
    with the money, ``structured`` the creditor's reference (RF or national). ``bank_id`` is the bank's own reference
    for the entry: the parts of one batch share it. ``returned`` is the reason code when this undoes an earlier
    payment (``MS03`` when the bank does not say why), else ``""``. ``charges``: what the bank kept, positive, when it
    is told. ``batch`` is the same for all parts of one entry. ``pending``: announced, not booked. ``reversal``: the
    bank corrects an entry of its own. ``line`` is where it stands in the file.
    """

    booked_on: date
    value_on: date | None
    amount: Decimal
    currency: str
    counterparty: str = ""
    iban: str = ""
    reference: str = ""
    end_to_end_id: str = ""
    structured: str = ""
    bank_id: str = ""
    code: str = ""
    returned: str = ""
    charges: Decimal | None = None
    batch: str = ""
    line: int | None = None
    other_account: str = ""
    mandate: str = ""
    nature: Nature = ""
    pending: bool = False
    reversal: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """What was on the account, signed. ``on`` is None when the file's date cannot be read."""

    kind: BalanceKind
    on: date | None
    amount: Decimal
    currency: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What a bank says of one account. ``account`` is the number as written, ``iban`` only when it is an IBAN."""

    kind: Kind
    id: str
    iban: str
    account: str
    owner: str
    currency: str
    balances: tuple[Balance, ...]
    transactions: tuple[Transaction, ...]
    problems: tuple[Problem, ...]

    def balance(self, kind: BalanceKind) -> Balance | None:
        """The statement's balance of that kind: the first opening one, the last of any other kind."""
        return _balance(self.balances, kind)


@dataclass(frozen=True, slots=True)
class BankFile:
    """All that was found in one file. ``problems`` holds those of its statements too, in the order of the file."""

    kind: Kind
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]
    encoding: str = ""

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """Those of all statements, in the order of the file."""
        return tuple(one for statement in self.statements for one in statement.transactions)


@dataclass(slots=True)
class Notes:
    """Problems as they are met: the first ``MAX_SHOWN`` of each code, the others only counted."""

    problems: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, line: int | None, /, **values: Any) -> None:
        """Note a problem."""
        self.counts[code] += 1
        if self.counts[code] <= MAX_SHOWN:
            self.problems.append(problem(code, line, **values))


@dataclass(slots=True)
class Draft:
    """A statement while it is read. ``cut`` when the file ends inside it: then its operations cannot add up."""

    kind: Kind
    line: int | None = None
    id: str = ""
    iban: str = ""
    account: str = ""
    owner: str = ""
    currency: str = ""
    balances: list[Balance] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    cut: bool = False

    def add(self, code: str, line: int | None, /, **values: Any) -> None:
        """Note a problem."""
        self.notes.add(code, line, **values)


def refuse(code: str, /, *, language: str = "fr", **values: Any) -> BankFile:
    """The record of a file that is not read at all, for one reason."""
    notes = Notes()
    notes.add(code, None, **values)
    return finish("unknown", (), notes, language=language)


def finish(kind: Kind, drafts: Iterable[Draft], notes: Notes, *, language: str = "fr", encoding: str = "") -> BankFile:
    """Check each statement and make the file's record; words in ``language`` (``fr`` or ``en``)."""
    every = Notes(list(notes.problems), Counter(notes.counts))
    statements: list[Statement] = []
    shown = Counter(one.code for one in notes.problems)
    told: set[tuple[object, ...]] = set()
    for draft in drafts:
        if draft.transactions:
            known = len(told)
            told.add(_content(draft))
            if len(told) == known:
                draft.add("statement_twice", draft.line)
        statements.append(_statement(draft, language))
        every.counts += draft.notes.counts
        for one in draft.notes.problems:
            shown[one.code] += 1
            if shown[one.code] <= MAX_SHOWN:
                every.problems.append(one)
    every.problems.sort(key=lambda one: one.line or 0)
    return BankFile(kind, tuple(statements), _spoken(every, language), encoding)


def _content(draft: Draft) -> tuple[object, ...]:
    """What makes two statements of a file the same, wherever they stand in it."""
    return (
        draft.kind,
        draft.iban or draft.account,
        tuple((one.kind, one.on, one.amount) for one in draft.balances),
        hash(tuple((one.booked_on, one.amount, one.reference, one.bank_id, one.pending) for one in draft.transactions)),
    )


def _statement(draft: Draft, language: str) -> Statement:
    if not draft.currency:
        told = {one.currency for one in draft.transactions}
        draft.currency = told.pop() if len(told) == 1 else ""
    if not draft.cut:
        _disagreements(draft)
    if not (draft.iban or draft.account):
        draft.add("no_account", draft.line)
    if not all(one.currency for one in draft.transactions):
        draft.add("no_currency", draft.line)
    pending = sum(one.pending for one in draft.transactions)
    if pending:
        draft.add("pending_operations", draft.line, count=pending)
    return Statement(
        draft.kind, draft.id, draft.iban, draft.account, draft.owner, draft.currency,
        tuple(draft.balances), tuple(draft.transactions), _spoken(draft.notes, language),
    )  # fmt: skip


def _spoken(notes: Notes, language: str) -> tuple[Problem, ...]:
    """The problems in a language, with how many more there are of each code."""
    shown = Counter(one.code for one in notes.problems)
    more = [(code, count - shown[code]) for code, count in notes.counts.items() if count > shown[code]]
    every = [*notes.problems, *(problem("more_of_the_same", None, code=code, count=count) for code, count in more)]
    return tuple(one if language == "fr" else one.in_language(language) for one in every)


def _balance(balances: Iterable[Balance], kind: BalanceKind) -> Balance | None:
    found = [one for one in balances if one.kind == kind]
    if not found:
        return None
    return found[0] if kind == "opening" else found[-1]


def _disagreements(draft: Draft) -> None:
    """Opening balance plus booked movements must be the closing balance, to the last decimal."""
    opening, closing = ends_of(draft.balances, draft.kind)
    if draft.kind in STATEMENTS and not (opening and closing):
        if opening is None:
            draft.add("no_opening_balance", draft.line)
        if closing is None:
            draft.add("no_closing_balance", draft.line)
    if opening is None or closing is None:
        return
    booked = [one for one in draft.transactions if not one.pending]
    currencies = {opening.currency, closing.currency, *(one.currency for one in booked)} - {""}
    if len(currencies) > 1:
        draft.add("balance_currencies", closing.line, currencies=", ".join(sorted(currencies)))
        return
    moved = sum((one.amount for one in booked), Decimal(0))
    apart = closing.amount - opening.amount - moved
    if apart:
        draft.add(
            "balance_mismatch",
            closing.line,
            opening=opening.amount,
            movements=moved,
            closing=closing.amount,
            difference=apart,
            currency=closing.currency,
        )


def ends_of(balances: Sequence[Balance], kind: Kind) -> tuple[Balance | None, Balance | None]:
    """The balances a statement begins and ends with: a page of a long one begins or ends with an interim balance."""
    opening, closing = _balance(balances, "opening"), _balance(balances, "closing")
    interim = [one for one in balances if one.kind == "interim"] if kind in STATEMENTS else []
    if opening is None and interim:
        opening = interim.pop(0)
    if closing is None and interim:
        closing = interim[-1]
    return opening, closing
