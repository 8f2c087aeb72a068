"""A table and its mapping into records: invoices, payments, lines of an aged balance, bank movements, contacts.

A row that cannot be used is set aside with its line and the reason; a value that cannot be read is left out and its row
kept where enough remains. Sums are compared with the rows of totals. Nothing is written anywhere.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

from encaisse.exchange.bank import Balance, Transaction
from encaisse.exchange.contacts import ContactsFile, read_contacts
from encaisse.exchange.problems import bounded
from encaisse.exchange.table_found import AgedLine, Bucket, Found, TablePayment, TableRecords
from encaisse.exchange.table_guess import missing
from encaisse.exchange.table_invoices import join_repeated, settle_matched, take_invoice
from encaisse.exchange.table_mapping import FIELDS, Mapping
from encaisse.exchange.table_rows import Reader, is_heading, names_total, section_of
from encaisse.exchange.table_values import plain, read_amount, shown
from encaisse.exchange.tables import Row, TableFile


def records(table: TableFile, mapping: Mapping | None = None, language: str = "fr") -> TableRecords:
    """Read the rows of a table as ``mapping`` says, by default as guessed. Problems in ``fr`` or ``en``."""
    mapping = mapping or table.guess
    reader = Reader(table.grid, mapping)
    contacts, found = None, Found()
    by_section = any(is_heading(row, len(table.grid.headers)) for row in table.grid.rows)
    for need in missing(mapping) if table.grid.rows else ():
        if not (by_section and "customer_name" in need):
            reader.add("missing_meaning", table.grid.header_line, name=", ".join(need))
    if mapping.kind == "contacts" and "customer_code" in reader.places:
        contacts = _contacts(table, mapping, language)
    elif mapping.kind in _TAKES:
        _read(reader, mapping, found)
    every = [one if language == "fr" else one.in_language(language) for one in reader.problems]
    every += contacts.problems if contacts else ()
    kept, by_code = bounded(sorted(every, key=lambda one: one.line or 0), language)
    counts = {"rows": len(table.grid.rows), "invoices": len(found.invoices), "payments": len(found.payments),
              "aged": len(found.aged), "transactions": len(found.transactions), "set_aside": found.aside}  # fmt: skip
    counts |= {"customers": len(contacts.customers)} if contacts else {}
    counts |= {f"problem:{code}": count for code, count in by_code.items()}
    return TableRecords(
        mapping.kind, tuple(found.invoices), tuple(found.payments), tuple(found.aged), tuple(found.transactions),
        tuple(found.balances), contacts, kept, counts, found.account,
    )  # fmt: skip


def _read(reader: Reader, mapping: Mapping, found: Found) -> None:
    take = _TAKES[mapping.kind]
    sums: Counter[str] = Counter()
    since: Counter[str] = Counter()
    above = reader.grid.title[-1:]
    if any(is_heading(row, len(reader.grid.headers)) for row in reader.grid.rows):
        # A ledger printed by sections: the first of them may stand above the headers.
        reader.section = next((section_of(row) for row in above if is_heading(row, len(reader.grid.headers))), "")
    for row in reader.grid.rows:
        if is_heading(row, len(reader.grid.headers)):
            reader.section = section_of(row)
            continue
        if names_total(reader, row, sums, since):
            since.clear()
            continue
        before = reader.counted
        if not take(reader, row, found):
            found.aside += 1
            if reader.counted == before:
                reader.add("row_without_amount", row.line)
        for name, amount in reader.amounts(row).items():
            sums[name] += amount  # type: ignore[assignment]
            since[name] += amount  # type: ignore[assignment]
    for row in reader.grid.totals:
        reader.compare(row, sums)
    if mapping.kind == "invoices":
        join_repeated(reader, found)
        settle_matched(found)
    if mapping.kind == "bank":
        _balances(reader, found)
        found.account = _account(reader)


def _payment(reader: Reader, row: Row, found: Found) -> bool:
    state = reader.not_issued(row)
    if state:
        reader.add("not_issued", row.line, number=reader.text(row, "reference"), value=state)
        return False
    amount, paid_on = reader.moved(row), reader.day(row, "paid_on")
    if amount is None or paid_on is None:
        reader.add("row_without_amount" if amount is None else "row_without_date", row.line)
        return False
    told = reader.text(row, "invoice")
    pieces = told.replace(";", ",").replace("|", ",").split(",")
    found.payments.append(
        TablePayment(
            row.line, paid_on, amount, reader.currency(row), reader.text(row, "customer_code"),
            reader.text(row, "customer_name"), tuple(piece.strip() for piece in pieces if piece.strip()),
            reader.text(row, "reference") or reader.text(row, "bank_id"), reader.text(row, "method"),
            reader.text(row, "label"), reader.amount(row, "fee"), reader.text(row, "iban"),
        )
    )  # fmt: skip
    return True


def _aged(reader: Reader, row: Row, found: Found) -> bool:
    code, name = reader.text(row, "customer_code"), reader.text(row, "customer_name")
    buckets: list[Bucket] = []
    for told in sorted(name for name in reader.places if name.startswith("bucket:")):
        first, _, last = told.removeprefix("bucket:").partition("-")
        amount = reader.amount(row, told)
        if amount is not None:
            buckets.append(Bucket(int(first), int(last) if last else None, amount))
    buckets.sort(key=lambda one: one.first)
    not_due, total = reader.amount(row, "not_due"), reader.amount(row, "total")
    if not (code or name):
        reader.add("row_without_customer", row.line, number="", name="")
        return False
    if total is None and not_due is None and not buckets:
        return False
    parts = sum((one.amount for one in buckets), not_due or Decimal(0))
    if total is not None and total != parts and (buckets or not_due is not None):
        reader.add("aged_parts_differ", row.line, name=name or code, total=total, parts=parts)
    found.aged.append(
        AgedLine(row.line, code, name, reader.currency(row), parts if total is None else total, not_due or Decimal(0),
                 tuple(buckets), reader.siren(row), reader.email(row))
    )  # fmt: skip
    return True


def _movement(reader: Reader, row: Row, found: Found) -> bool:
    status = reader.words(row, "status")
    state = reader.not_issued(row)
    if state:
        reader.add("not_issued", row.line, number=reader.text(row, "label"), value=state)
        return False
    label = _joined(reader.text(row, "label"), reader.text(row, "detail"))
    booked_on = reader.day(row, "booked_on") or reader.day(row, "value_on")
    amount = reader.moved(row)
    if reader.balance_words(label) and (amount is None or not reader.has("balance")):
        return _told_balance(reader, row, found, label, amount, booked_on)
    if amount is None or booked_on is None:
        reader.add("row_without_amount" if amount is None else "row_without_date", row.line)
        return False
    fee = reader.amount(row, "fee")
    found.transactions.append(
        Transaction(
            booked_on, reader.day(row, "value_on"), amount, reader.currency(row), reader.text(row, "counterparty"),
            reader.text(row, "iban").replace(" ", "").upper(), _joined(label, reader.text(row, "reference")),
            reader.text(row, "end_to_end_id"), bank_id=reader.text(row, "bank_id"), code=reader.text(row, "type"),
            charges=abs(fee) if fee else None, line=row.line,
            pending=status in ("pending", "en attente", "a venir", "en cours"),
        )
    )  # fmt: skip
    return True


def _joined(label: str, reference: str) -> str:
    """Both texts, or the one that holds the other."""
    if label in reference:
        return reference
    return label if reference in label else f"{label} {reference}"


def _told_balance(reader: Reader, row: Row, found: Found, label: str, amount: Decimal | None, on: date | None) -> bool:
    """A row such as "Ancien solde" among the movements."""
    amount = amount if amount is not None else reader.amount(row, "balance")
    if amount is None:
        return False
    kind: Literal["opening", "closing"] = "opening" if reader.says(plain(label), "opening_balances") else "closing"
    found.balances.append(Balance(kind, on, amount, reader.currency(row), row.line))
    return True


def _balances(reader: Reader, found: Found) -> None:
    """Balances told above and below the table; and whether a running balance follows the movements."""
    for row in (*reader.grid.title, *reader.grid.totals):
        texts = [shown(cell) for cell in row.cells if cell != ""]
        if texts and reader.balance_words(texts[0]):
            amounts = [read_amount(cell, reader.mark) for cell in row.cells[1:]]
            told = next((one for one in reversed(amounts) if one), None)
            if told:
                opening = reader.says(plain(texts[0]), "opening_balances")
                value = -abs(told.value) if told.side == "D" else told.value
                day = next((day for day in map(reader.any_day, texts) if day), None)
                found.balances.append(
                    Balance(
                        "opening" if opening else "closing",
                        day,
                        value,
                        told.currency or reader.mapping.currency,
                        row.line,
                    )
                )
    reader.check_running([(one.line, one.amount) for one in found.transactions])


def _account(reader: Reader) -> str:
    """The one account the table is of, where a column says it."""
    told = list(dict.fromkeys(reader.text(row, "account_iban") for row in reader.grid.rows))
    told = [one.replace(" ", "") for one in told if one]
    if len(told) > 1:
        reader.add("several_accounts", reader.grid.header_line, count=len(told), value=", ".join(told[:3]))
    return told[0] if len(told) == 1 else ""


def _contacts(table: TableFile, mapping: Mapping, language: str) -> ContactsFile:
    """Through the reader of contacts, with its own headers; its lines are put back to those of this table."""
    places = {name: place for name, place in mapping.places.items() if name in FIELDS["contacts"]}
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(places)
    lines = {1: table.grid.header_line or 1}
    for at, row in enumerate(table.grid.rows, 2):
        cells = [shown(row.at(place)) for place in places.values()]
        writer.writerow(cells if any(cells) else ["", *cells[1:]])
        lines[at] = row.line
    found = read_contacts(text.getvalue().encode(), language=language)

    def moved(line: int | None) -> int | None:
        return None if line is None else lines.get(line, line)

    customers = tuple(
        replace(
            one, line=lines.get(one.line, one.line),
            contacts=tuple(replace(each, line=lines.get(each.line, each.line)) for each in one.contacts),
        )
        for one in found.customers
    )  # fmt: skip
    problems = tuple(replace(one, line=moved(one.line)) for one in found.problems)
    return replace(found, customers=customers, problems=problems, encoding=table.encoding, separator=table.separator)


_TAKES: dict[str, Callable[[Reader, Row, Found], bool]] = {
    "invoices": take_invoice,
    "payments": _payment,
    "aged_balance": _aged,
    "bank": _movement,
}
