"""Read a FEC (fichier des ecritures comptables, LPF A47 A-1): bytes in, records and problems out.

``read_fec`` never raises for what is in the file: what is wrong becomes a :class:`Problem`, what is good is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from encaisse.exchange import fec_bytes, fec_entries, fec_lines, fec_matching
from encaisse.exchange.fec_matching import Side
from encaisse.exchange.fec_records import Books, FecAllocation, FecCustomer, FecInvoice, FecPayment
from encaisse.exchange.problems import Problem, bounded, problem

__all__ = ["Books", "FecAllocation", "FecCustomer", "FecInvoice", "FecPayment", "read_fec"]

CURRENCY = "EUR"
"""A FEC is kept in euros (C. com. L123-22); the foreign amount of a line is information beside it."""
_NAME = re.compile(r"(?<![0-9])(\d{9})FEC(\d{8})", re.IGNORECASE)


def read_fec(source: fec_bytes.Source, name: str | None = None, *, language: str = "fr") -> Books:
    """Read one FEC from bytes, a path or a binary stream.

    ``name`` is the file's name, for the SIREN and the closing date it bears; the path's own name by default.
    ``language`` is that of the problems' words (``fr`` or ``en``). Amounts are integer cents. Limits:
    ``fec_bytes.MAX_BYTES``, ``fec_bytes.MAX_LINE``. Raises OSError only when a path cannot be opened or read.
    """
    if name is None and isinstance(source, str | Path):
        name = Path(source).name
    stream = fec_bytes.opened(source)
    try:
        return _read(stream, name or "", language)
    finally:
        if isinstance(source, str | Path):
            stream.close()


def _read(stream: Any, name: str, language: str) -> Books:
    found = fec_bytes.scan(stream)
    if found.refusal:
        return _nothing([_refusal(found)], found.encoding, {}, name, language)
    chunks = fec_bytes.chunks(stream, found)
    first = next(chunks, b"")
    start, body = _after_blank_lines(first)
    head, _, body = body.partition(b"\n")
    header = fec_lines.read_header(head[: fec_bytes.MAX_LINE].decode("utf-8", "replace"))
    if header is None:
        return _nothing([problem("not_a_fec", start)], found.encoding, {}, name, language)
    dialect = header.dialect() | {"line_end": found.line_end}
    if any(one.code == "required_column" for one in header.problems):
        return _nothing(list(header.problems), found.encoding, dialect, name, language)
    lines = fec_lines.read_lines(_chain(body, chunks), header, start + 1)
    problems = [*header.problems, *lines.problems]
    if found.bad_bytes:
        problems.append(problem("bad_bytes", None, encoding=found.encoding))
    if lines.drafts:
        problems.append(problem("draft_entries", None, count=lines.drafts))
    if lines.foreign:
        problems.append(problem("foreign_currency", None, count=lines.foreign, currency=CURRENCY))
    frame = pl.concat(lines.frames) if lines.frames else None
    if frame is None or frame.is_empty():
        return _nothing([*problems, problem("no_entries", None)], found.encoding, dialect, name, language)
    return _books(frame, lines, problems, found.encoding, dialect, name, language)


def _books(
    frame: pl.DataFrame, lines: fec_lines.Lines, problems: list[Problem], encoding: str, dialect: dict[str, str],
    name: str, language: str,
) -> Books:  # fmt: skip
    good, unbalanced, aside = fec_entries.balanced(frame)
    problems += unbalanced
    moves = fec_entries.movements(good)
    lettered = bool((moves["letter"] != "").any())
    customers = _customers(moves)
    aux = bool((good["aux"] != "").any())
    dialect |= {
        "customers": "auxiliary accounts" if aux else "one account per customer",
        "lettering": "yes" if lettered else "no",
    }
    invoices, payments, allocations, more = _records(moves, lettered)
    problems += more
    if not customers:
        problems.append(problem("no_customers", None))
    kept, by_code = bounded((one if language == "fr" else one.in_language(language) for one in problems), language)
    siren, closing = _from_name(name)
    counts = {
        "lines": lines.read, "lines_set_aside": lines.aside + aside, "entries": good["entry"].n_unique(),
        "customers": len(customers), "invoices": len(invoices), "payments": len(payments),
        "allocations": len(allocations), "drafts": lines.drafts,
    }  # fmt: skip
    counts |= {f"problem:{code}": count for code, count in by_code.items()}
    return Books(
        first_day=_day(frame["day"].min()), last_day=_day(frame["day"].max()), siren=siren, closing=closing,
        customers=customers, invoices=invoices, payments=payments, allocations=allocations, problems=kept,
        counts=counts, encoding=encoding, dialect=dialect,
    )  # fmt: skip


def _nothing(problems: list[Problem], encoding: str, dialect: dict[str, str], name: str, language: str) -> Books:
    kept, by_code = bounded((one if language == "fr" else one.in_language(language) for one in problems), language)
    siren, closing = _from_name(name)
    counts = {f"problem:{code}": count for code, count in by_code.items()}
    return Books(None, None, siren, closing, (), (), (), (), kept, counts, encoding, dialect)


def _refusal(found: fec_bytes.Scan) -> Problem:
    limit = fec_bytes.MAX_LINE if found.refusal == "line_too_long" else fec_bytes.MAX_BYTES // (1024 * 1024)
    return problem(found.refusal or "", None, limit=limit)


def _after_blank_lines(chunk: bytes) -> tuple[int, bytes]:
    body = chunk.lstrip(b" \r\n")
    return 1 + chunk[: len(chunk) - len(body)].count(b"\n"), body


def _chain(first: bytes, rest: Any) -> Any:
    if first:
        yield first
    yield from rest


def _from_name(name: str) -> tuple[str | None, date | None]:
    found = _NAME.search(name)
    if not found:
        return None, None
    try:
        return found[1], date.fromisoformat(found[2])
    except ValueError:
        return found[1], None


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else None


def _customers(moves: pl.DataFrame) -> tuple[FecCustomer, ...]:
    """One record per customer, by code; the name is the latest the books give."""
    named = moves.sort("day", "line").with_columns(
        name=pl.when(pl.col("aux_lib") != "").then(pl.col("aux_lib"))
        .when(pl.col("aux") == "").then(pl.col("account_lib")).otherwise(pl.lit(""))
    )  # fmt: skip
    rows = named.group_by("customer").agg(
        name=pl.col("name").filter(pl.col("name") != "").last(),
        account=pl.col("account").sort_by(pl.col("root") != "411", maintain_order=True).first(),
    )
    return tuple(FecCustomer(code, name or code, account) for code, name, account in rows.sort("customer").iter_rows())


_Row = tuple[Any, ...]
_SIDE = ["customer", "root", "kind", "day", "ref_day", "amount", "ref", "label", "letter", "let_day", "entry"]
_SIDE += ["transfer", "applied", "opening", "journal", "num", "account", "line"]


def _records(
    moves: pl.DataFrame, lettered: bool
) -> tuple[tuple[FecInvoice, ...], tuple[FecPayment, ...], tuple[FecAllocation, ...], list[Problem]]:
    gathered = _Gathered(lettered)
    current: str | None = None
    debits: list[Side] = []
    payments: list[Side] = []
    for place, row in enumerate(rows := moves.select(_SIDE).rows()):
        if row[0] != current:
            gathered.add(debits, payments, rows)
            current, debits, payments = row[0], [], []
        (debits if row[5] > 0 else payments).append(_side(place, row))
    gathered.add(debits, payments, rows if moves.height else [])
    return tuple(gathered.invoices), tuple(gathered.payments), tuple(gathered.allocations), gathered.problems


def _side(place: int, row: _Row) -> Side:
    _, root, kind, day, ref_day, amount, ref, label, letter, let_day, entry, transfer, applied, opening = row[:14]
    debit = amount > 0
    own_day = kind in ("invoice", "opening") and ref_day is not None and _near(ref_day, day, opening)
    return Side(
        place, root, kind, ref_day if own_day else day, abs(amount), ref,
        label, letter, let_day, entry, transfer, applied, debit and opening and _is_lump(ref),
    )  # fmt: skip


def _near(piece: date, booked: date, opening: bool) -> bool:
    """A document's date far from its booking is a slip of the pen; an opening line may be years old."""
    days = (booked - piece).days
    return -31 <= days <= (3660 if opening else 400)


def _is_lump(ref: str) -> bool:
    return not any(char.isdigit() for char in ref) or bool(re.fullmatch(r"(?i)(AN|RAN|REPORT|SOLDE)[ _-]*\d{0,8}", ref))


class _Gathered:
    """The records of all customers so far."""

    def __init__(self, lettered: bool) -> None:
        self.lettered = lettered
        self.invoices: list[FecInvoice] = []
        self.payments: list[FecPayment] = []
        self.allocations: list[FecAllocation] = []
        self.problems: list[Problem] = []

    def add(self, debits: list[Side], payments: list[Side], rows: list[_Row]) -> None:
        """Match one customer and keep his records."""
        if not debits and not payments:
            return
        debits.sort(key=lambda side: (side.on, side.place))
        matched = fec_matching.match(debits, payments, lettered=self.lettered)
        places = self._invoices(debits, rows, matched) | self._payments(payments, rows)
        for link in matched.links:
            invoice, payment = places.get(link.debit.place), places.get(link.credit.place)
            if invoice is not None and payment is not None:
                customer = rows[link.debit.place][0]
                self.allocations.append(FecAllocation(customer, invoice, payment, link.amount, link.on, link.by))
        self.problems += [_unknown_deposit(side, rows) for side in matched.unknown_deposits]

    def _invoices(self, debits: list[Side], rows: list[_Row], matched: fec_matching.Matched) -> dict[int, int]:
        places: dict[int, int] = {}
        seen: Counter[tuple[str, bool]] = Counter()
        for side in debits:
            row = rows[side.place]
            if side.transfer or side.applied or (side.root == "419" and side.left == side.amount):
                if side.root == "419" and not side.transfer and not side.applied:
                    self.problems.append(_unknown_deposit(side, rows))
                continue
            number = _number(row)
            retention = side.root == "4117"
            mark = matched.moved.get(side.place, side.root)
            places[side.place] = len(self.invoices)
            self.invoices.append(
                FecInvoice(
                    row[0],
                    number,
                    side.on,
                    side.amount,
                    row[16],
                    row[14],
                    row[15],
                    row[17],
                    row[13],
                    row[7],
                    CURRENCY,
                    mark == "416",
                    side.kind,
                    mark == "413",
                    retention,
                    side.lump,
                    seen[number, retention],
                )
            )
            seen[number, retention] += 1
        return places

    def _payments(self, payments: list[Side], rows: list[_Row]) -> dict[int, int]:
        places: dict[int, int] = {}
        seen: Counter[tuple[Any, ...]] = Counter()
        for side in payments:
            if not side.amount or (side.transfer and not side.left and not side.amount):
                continue
            row = rows[side.place]
            kind = _payment_kind(side)
            same = (row[14], row[6], side.on, side.amount)
            key = "|".join((row[0], row[14], row[6], f"{side.on:%Y%m%d}", str(side.amount), str(seen[same])))
            seen[same] += 1
            places[side.place] = len(self.payments)
            self.payments.append(
                FecPayment(
                    row[0],
                    key,
                    row[6],
                    side.on,
                    side.amount,
                    kind,
                    row[7],
                    row[14],
                    row[15],
                    row[17],
                    row[13],
                    row[16],
                    CURRENCY,
                )
            )
        return places


def _payment_kind(side: Side) -> str:
    if side.transfer:
        return "deposit"
    return "bill" if side.root == "413" and side.kind == "payment" else side.kind


def _number(row: _Row) -> str:
    """The document's reference; without one, the first word of the label with digits; else journal and entry number."""
    if row[6]:
        return str(row[6])
    for word in re.findall(r"[\w/.-]*\d[\w/.-]*", row[7]):
        if len(word) >= 4:
            return str(word)
    return f"{row[14]}-{row[15]}"


def _unknown_deposit(side: Side, rows: list[_Row]) -> Problem:
    row = rows[side.place]
    return problem("deposit_unknown", row[17], customer=row[0], amount=f"{side.amount / 100:.2f}")
