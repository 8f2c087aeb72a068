"""Take a bank file into the ledger: accounts, balances, movements, each movement once whichever files tell of it.

What is only announced is not stored: it comes again, booked. A movement is known again by its key within one format;
across formats by account, day and amount, counted, so that two payments alike stay two.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from encaisse.exchange.bank import BankFile, Statement, Transaction
from encaisse.exchange.bank_keys import keys_of_all
from encaisse.exchange.bank_kinds import read_bank
from encaisse.exchange.problems import MAX_SHOWN, Problem, Severity, problem
from encaisse.journal.append import append
from encaisse.journal.keep import keep
from encaisse.ledger import match_payments, report
from encaisse.ledger.bank_entries import BATCH, Stamp
from encaisse.ledger.models import BankAccount, BankBalance, BankTransaction, Import
from encaisse.ledger.taking import KEPT_BYTES, File, ImportRefused, Preview, Progress, again
from encaisse.money import exponent, to_decimal_text
from encaisse.parties.models import Creditor
from encaisse.storage import bulk

State = BankTransaction.State
NOT_CUSTOMERS = frozenset({"fee", "interest"})
"""Natures of money in that no customer pays."""
_LARGEST = 2**62
_SIGNS = re.compile(r"[^0-9A-Z]")
_LEAST_NUMBER = 8


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement of a file that the ledger does not know yet; `amount` and `charges` in minor units."""

    account: tuple[str, str]
    key: str
    amount: int
    charges: int | None
    told: Transaction

    @property
    def state(self) -> str:
        """Open when a customer may have paid it, or a customer's payment came back by it."""
        one = self.told
        if self.amount < 0:
            return State.OPEN if one.returned else State.ASIDE
        ours = self.amount == 0 or one.returned or one.nature in NOT_CUSTOMERS
        return State.ASIDE if ours else State.OPEN


@dataclass(slots=True)
class Plan:
    """What a bank file would add. Accounts are named by (number, currency)."""

    accounts: list[tuple[str, str]] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    balances: list[tuple[tuple[str, str], str, date, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    known: int = 0
    pending: int = 0
    read: int = 0


def compare(creditor: Creditor, told: BankFile) -> Plan:
    """What the file tells that the ledger does not know. Writes nothing."""
    plan = Plan(problems=list(told.problems))
    stored = list(BankAccount.objects.filter(creditor=creditor).order_by("pk"))
    seen: set[tuple[tuple[str, str], str]] = set()
    found: dict[tuple[str, str], list[Movement]] = {}
    for statement, keys in zip(told.statements, keys_of_all(told.statements), strict=True):
        place = _place(statement, creditor, stored, plan.accounts)
        if place not in plan.accounts:
            plan.accounts.append(place)
        account = next((one for one in stored if (one.number, one.currency) == place), None)
        _balances(statement, place, account, plan, creditor.language)
        found.setdefault(place, []).extend(_movements(statement, keys, place, plan, seen, creditor.language))
    for place, movements in found.items():
        account = next((one for one in stored if (one.number, one.currency) == place), None)
        fresh = movements if account is None else _fresh(account, movements, told.kind)
        plan.known += len(movements) - len(fresh)
        plan.movements += fresh
    return plan


class _Taker:
    """Takes bank files, as `encaisse.ledger.taking.Taker` says."""

    def inspect(self, creditor: Creditor, file: File) -> Preview:
        told = read_bank(file.content, language=creditor.language)
        if not told.statements:
            return Preview("unknown", problems=told.problems, sha256=file.sha256, refused=True)
        plan = compare(creditor, told)
        first, last = _days(told)
        return Preview(
            told.kind, _counts(told, plan), _report(told, plan), tuple(plan.problems), file.sha256, False, first, last
        )

    def take(self, creditor: Creditor, file: File, *, at: datetime, actor: str, tell: Progress) -> Import:
        read = [read_bank(file.content, language=creditor.language)]
        if not read[0].statements:
            raise ImportRefused(read[0].problems)
        with transaction.atomic():
            bulk.lock(f"books:{creditor.pk}")
            found = Import.objects.filter(creditor=creditor, sha256=file.sha256).first()
            if found:
                return again(found)
            tell("comparing", 0.0)
            return take_told(Stamp(creditor, at, actor), file, read.pop(), tell)


TAKER = _Taker()


def take_told(stamp: Stamp, file: File, told: BankFile, tell: Progress) -> Import:
    """Write what a bank file tells, whoever read it. In the caller's transaction, which holds the lock of the books.

    A caller that keeps no `told` of its own saves its memory while payments are matched: a KiB or two each.
    """
    row = _written(stamp, file, told, tell)
    del told
    tell("matching", 0.0)
    outcome = match_payments.propose(stamp)
    row.report["new"] |= {
        "booked": outcome.booked, "in_books": outcome.in_books, "returned": outcome.returned,
        "proposed": outcome.proposed,
    }  # fmt: skip
    row.save(update_fields=["report"])
    creditor = stamp.creditor
    if file.size <= KEPT_BYTES:
        media = "application/xml" if row.kind.startswith("camt") else "text/plain"
        keep(creditor.pk, file.whole(), name=file.name, media_type=media, at=stamp.at)
    append(creditor.pk, "", "bank_imported", report.for_journal(row), at=stamp.at, actor=stamp.actor)
    tell("matching", 1.0)
    return row


def _written(stamp: Stamp, file: File, told: BankFile, tell: Progress) -> Import:
    """The row of the import, when all it tells that was not known is written; its report says so."""
    creditor, plan = stamp.creditor, compare(stamp.creditor, told)
    first, last = _days(told)
    row = Import.objects.create(
        creditor=creditor, kind=told.kind, name=file.name[:200], sha256=file.sha256, size=file.size, first_day=first,
        last_day=last, imported_at=stamp.at, actor=stamp.actor,
    )  # fmt: skip
    tell("writing", 0.0)
    _write(stamp, plan, row)
    row.report = _report(told, plan)
    return row


# --- comparing ------------------------------------------------------------------------------------------------------


def _place(
    statement: Statement, creditor: Creditor, stored: Iterable[BankAccount], met: Iterable[tuple[str, str]]
) -> tuple[str, str]:
    """The account a statement is of: by its IBAN, else by a number that one known account's IBAN holds."""
    currency = statement.currency or creditor.currency
    number = (statement.iban or _squeezed(statement.account))[:60]
    known = [*((one.number, one.currency) for one in stored), *met]
    if (number, currency) in known or len(number) < _LEAST_NUMBER:
        return number, currency
    pieces = [piece for piece in re.split(r"[^0-9A-Z]+", statement.account.upper()) if len(piece) >= 3]
    for other, its_currency in known:
        short, long = sorted((number, other), key=len)
        same = len(short) >= _LEAST_NUMBER and (short in long or all(piece in other for piece in pieces))
        if its_currency == currency and same and not (statement.iban and other[:2].isalpha()):
            return other, currency
    return number, currency


def _squeezed(text: str) -> str:
    return _SIGNS.sub("", text.upper())


def _balances(
    statement: Statement, place: tuple[str, str], account: BankAccount | None, plan: Plan, language: str
) -> None:
    for one in statement.balances:
        amount = _minor(one.amount, one.currency or place[1])
        if one.on is not None and amount is not None:
            plan.balances.append((place, one.kind, one.on, amount))
    opening = statement.balance("opening")
    if account is None or opening is None or opening.on is None:
        return
    kept = account.balances.filter(kind="closing", on__lte=opening.on).order_by("-on", "-pk").first()
    amount = _minor(opening.amount, place[1])
    if kept is not None and amount is not None and amount not in _closings(account, kept):
        plan.problems.append(
            problem(
                "statement_missing", opening.line, language=language, opening=opening.amount, currency=place[1],
                known=to_decimal_text(kept.amount, place[1]), day=kept.on.isoformat(),
            )
        )  # fmt: skip


def _closings(account: BankAccount, kept: BankBalance) -> set[int]:
    """Some banks write two closing balances for one day, page by page."""
    return set(account.balances.filter(kind__in=("closing", "interim"), on=kept.on).values_list("amount", flat=True))


def _movements(
    statement: Statement, keys: tuple[str, ...], place: tuple[str, str], plan: Plan,
    seen: set[tuple[tuple[str, str], str]], language: str,
) -> list[Movement]:  # fmt: skip
    """The booked movements of a statement, each of the file once; what cannot be kept is set aside."""
    found: list[Movement] = []
    left_out: list[Problem] = []
    for key, one in zip(keys, statement.transactions, strict=True):
        plan.read += 1
        if one.pending:
            plan.pending += 1
            continue
        if (place, key) in seen:
            plan.known += 1
            continue
        seen.add((place, key))
        currency = one.currency or place[1]
        amount = _minor(one.amount, currency)
        if amount is None:
            left_out.append(
                problem("not_in_minor_units", one.line, language=language, amount=one.amount, currency=currency)
            )
            continue
        charges = None if one.charges is None else _minor(one.charges, currency)
        found.append(Movement(place, key, amount, charges, one))
    plan.problems += left_out[:MAX_SHOWN]
    return found


def _fresh(account: BankAccount, found: Sequence[Movement], kind: str) -> list[Movement]:
    """Movements that no earlier file told of: by key, then by day and amount among files of other formats."""
    if not found:
        return []
    days = [one.told.booked_on for one in found]
    rows = account.transactions.filter(booked_on__gte=min(days), booked_on__lte=max(days))
    by_key = {one.key for one in found}
    stored: set[str] = set()
    elsewhere: Counter[tuple[date, int]] = Counter()
    files: dict[tuple[date, int | None], list[int]] = defaultdict(list)
    for key, day, amount, source, told_by in rows.values_list("key", "booked_on", "amount", "source", "source__kind"):
        if key in by_key:
            stored.add(key)
        elif told_by != kind:
            elsewhere[day, amount] += 1
            files[day, source].append(amount)
    fresh = []
    for one in found:
        if one.key in stored:
            continue
        if elsewhere[one.told.booked_on, one.amount]:
            elsewhere[one.told.booked_on, one.amount] -= 1
            continue
        fresh.append(one)
    return _without_totals(fresh, elsewhere, files)


def _without_totals(
    fresh: Sequence[Movement], elsewhere: Counter[tuple[date, int]], files: dict[tuple[date, int | None], list[int]]
) -> list[Movement]:
    """Leave out the parts of a batch whose total another format told of, and a total all of whose parts one told of."""
    batches: dict[tuple[date, str], list[Movement]] = defaultdict(list)
    for one in fresh:
        if one.told.batch:
            batches[one.told.booked_on, one.told.batch].append(one)
    known: set[str] = set()
    for (day, _batch), parts in batches.items():
        total = sum(one.amount for one in parts)
        if len(parts) > 1 and elsewhere[day, total]:
            elsewhere[day, total] -= 1
            known.update(one.key for one in parts)
    sums = Counter((day, sum(amounts)) for (day, _file), amounts in files.items() if len(amounts) > 1)
    for one in fresh:
        whole = one.told.booked_on, one.amount
        if one.key not in known and sums[whole]:
            sums[whole] -= 1
            known.add(one.key)
    return [one for one in fresh if one.key not in known]


def _minor(amount: Decimal, currency: str) -> int | None:
    """An amount in minor units; None when it is not exact in them, or no currency, or too large to keep."""
    try:
        scaled = amount.scaleb(exponent(currency))
    except (ValueError, ArithmeticError):
        return None
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or abs(scaled) > _LARGEST:
        return None
    return int(scaled)


# --- writing --------------------------------------------------------------------------------------------------------


def _write(stamp: Stamp, plan: Plan, row: Import) -> None:
    accounts = {
        place: BankAccount.objects.get_or_create(creditor=stamp.creditor, number=place[0], currency=place[1])[0]
        for place in plan.accounts
    }
    balances = [
        BankBalance(creditor=stamp.creditor, account=accounts[place], kind=kind[:20], on=on, amount=amount, source=row)
        for place, kind, on, amount in dict.fromkeys(plan.balances)
    ]
    BankBalance.objects.bulk_create(balances, BATCH, ignore_conflicts=True)
    columns = (
        "creditor_id", "account_id", "key", "booked_on", "value_on", "amount", "currency", "payer", "payer_iban",
        "text", "structured", "end_to_end_id", "nature", "returned", "charges", "state", "source_id", "recorded_at",
    )  # fmt: skip
    moment = connection.ops.adapt_datetimefield_value(stamp.at)
    bulk.insert(
        BankTransaction,
        columns,
        (_row(stamp, one, accounts[one.account].pk, row.pk, moment) for one in plan.movements),
    )


def _row(stamp: Stamp, one: Movement, account: int, source: int, moment: Any) -> tuple[Any, ...]:
    told = one.told
    return (
        stamp.creditor.pk, account, one.key, told.booked_on.isoformat(),
        told.value_on.isoformat() if told.value_on else None, one.amount, told.currency or one.account[1],
        _text(told.counterparty, 200), _text(told.iban or told.other_account, 60), _text(told.reference, 1000),
        _text(told.structured, 60), _text(told.end_to_end_id, 60), told.nature[:20], _text(told.returned, 20),
        one.charges, str(one.state), source, moment,
    )  # fmt: skip


def _text(text: str, length: int) -> str:
    return text.replace("\0", "")[:length]


# --- telling --------------------------------------------------------------------------------------------------------


def _days(told: BankFile) -> tuple[date | None, date | None]:
    """First and last day the file speaks of."""
    days = [one.booked_on for one in told.transactions if not one.pending]
    ends = [one.on for statement in told.statements for one in statement.balances if one.kind in ("opening", "closing")]
    every = [*days, *(day for day in ends if day)]
    return (min(every), max(every)) if every else (None, None)


def _counts(told: BankFile, plan: Plan) -> dict[str, int]:
    return {
        "statements": len(told.statements), "accounts": len(plan.accounts), "movements": plan.read,
        "pending": plan.pending,
    }  # fmt: skip


def _report(told: BankFile, plan: Plan) -> dict[str, Any]:
    received: dict[str, int] = defaultdict(int)
    for one in plan.movements:
        if one.amount > 0:
            received[one.told.currency or one.account[1]] += one.amount
    notes = [{"code": "movements_known", "count": plan.known}] if plan.known else []
    return {
        "read": _counts(told, plan),
        "form": {"encoding": told.encoding},
        "new": {"movements": len(plan.movements), "received": sum(received.values()) if len(received) == 1 else 0},
        "changed": {},
        "set_aside": [
            report.as_json(one) for one in plan.problems if one.severity is not Severity.INFO or one.line is None
        ][: report.SHOWN_PROBLEMS],
        "notes": notes,
        "unchanged": not plan.movements,
    }
