"""Rows of invoices and of customers' ledgers: what is a claim, what is a credit note, what is money."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

from encaisse.exchange.table_found import Found, InvoiceType, TableInvoice, TablePayment
from encaisse.exchange.table_rows import Reader
from encaisse.exchange.table_values import plain
from encaisse.exchange.tables import Row


def take_invoice(reader: Reader, row: Row, found: Found) -> bool:
    """One row of invoices or of a customers' ledger; False when it is set aside."""
    kind = reader.words(row, "type")
    number = reader.text(row, "number")
    code, name = reader.customer(row)
    state = reader.not_issued(row, "type")
    if state:
        reader.add("not_issued", row.line, number=number, value=state)
        return False
    gross, is_credit, is_money = _owed(reader, row, kind)
    if is_money:
        return _payment_in_ledger(reader, row, found, gross)
    if gross is None and (open_ := reader.amount(row, "open")) is None:
        reader.add("row_without_amount", row.line)
        return False
    issued_on, due_on = reader.day(row, "issued_on"), reader.day(row, "due_on")
    reason = "row_without_customer" if not (code or name) else "row_without_date" if not (issued_on or due_on) else ""
    reason = "row_without_number" if not number else reason
    if reason:
        reader.add(reason, row.line, number=number, name=name or code)
        return False
    open_ = reader.amount(row, "open")
    if open_ is None and reader.has("balance") and not reader.has("debit", "credit"):
        open_ = reader.amount(row, "balance")
    sign = -1 if is_credit else 1
    if issued_on and due_on and due_on < issued_on:
        reader.add("due_before_issue", row.line, due_on=due_on, issued_on=issued_on)
    paid, paid_on = reader.amount(row, "paid"), reader.day(row, "paid_on")
    settled = reader.is_settled(row) or (paid_on is not None and paid is None)
    found.invoices.append(
        TableInvoice(
            row.line, number, "credit_note" if is_credit else _type(reader, kind), issued_on, due_on, code, name,
            reader.currency(row), _signed(gross, sign), _signed(reader.amount(row, "net"), sign),
            _signed(reader.amount(row, "tax"), sign), _signed(paid, sign),
            _signed(open_, sign), settled, reader.siren(row), reader.text(row, "vat_id"),
            reader.email(row), reader.text(row, "terms"), reader.text(row, "order"), reader.text(row, "label"),
            reader.text(row, "status"), reader.text(row, "iban"), reader.text(row, "matching"), paid_on,
        )
    )  # fmt: skip
    return True


def _signed(amount: Decimal | None, sign: int) -> Decimal | None:
    """Credits are negative whether the program writes them so or not."""
    if amount is None:
        return None
    return -abs(amount) if sign < 0 and amount else amount


def _type(reader: Reader, kind: str) -> InvoiceType:
    return "prepayment" if reader.says(kind, "prepayments") else "invoice"


def _owed(reader: Reader, row: Row, kind: str) -> tuple[Decimal | None, bool, bool]:
    """(amount, whether it is a credit note, whether it is money) of a row of invoices or of a customers' ledger."""
    gross = reader.amount(row, "gross")
    side = reader.side(row, "gross")
    if gross is None and reader.has("debit", "credit"):
        debit, credit = reader.amount(row, "debit") or Decimal(0), reader.amount(row, "credit") or Decimal(0)
        gross = debit - credit if debit or credit else None
    if gross is None:
        net, tax = reader.amount(row, "net"), reader.amount(row, "tax")
        gross = net + tax if net is not None and tax is not None else None
    if gross is not None and side == "C":
        gross = -abs(gross)
    shown_amount = gross if gross is not None else reader.amount(row, "open")
    journal, label = reader.words(row, "journal"), reader.words(row, "label")
    typed = reader.mentions(kind, "credit_notes"), reader.says(kind, "payments")
    named = plain(reader.text(row, "number")).split(" ")[0] in ("av", "avoir", "cn", "rbill", "rinv", "credit")
    if typed[1] and not typed[0]:
        return gross, False, True
    if typed[0]:
        return gross, True, False
    if shown_amount is None or shown_amount >= 0:
        return gross, named and reader.has("gross") and not reader.says(kind, "invoices"), False
    money = journal and reader.says(journal, "bank_journals")
    money = money or (not journal and not named and reader.has("credit") and reader.starts(label, "payments"))
    return gross, not money, bool(money)


def _payment_in_ledger(reader: Reader, row: Row, found: Found, amount: Decimal | None) -> bool:
    """A credit of a customers' ledger that is money."""
    amount = amount if amount is not None else reader.amount(row, "open")
    paid_on = reader.day(row, "issued_on") or reader.day(row, "due_on")
    if amount is None or paid_on is None:
        reader.add("row_without_amount" if amount is None else "row_without_date", row.line)
        return False
    sign = -1 if reader.has("debit", "credit") else 1
    found.payments.append(
        TablePayment(
            row.line, paid_on, amount * sign if sign < 0 else abs(amount), reader.currency(row),
            *reader.customer(row), (),
            reader.text(row, "number"), "", reader.text(row, "label"), matching=reader.text(row, "matching"),
        )
    )  # fmt: skip
    return True


def join_repeated(reader: Reader, found: Found) -> None:
    """One row per line of an invoice: rows that say the same invoice again are one."""
    first: dict[tuple[object, ...], TableInvoice] = {}
    kept: list[TableInvoice] = []
    for one in found.invoices:
        known = first.setdefault((one.number, one.customer_code or one.customer_name, one.due_on, one.type), one)
        same = (known.gross, known.issued_on, known.open) == (one.gross, one.issued_on, one.open)
        if known is not one and same and not reader.has("debit", "credit"):
            reader.add("repeated_invoice", one.line, number=one.number, first=known.line)
            continue
        if known is not one:
            reader.add("same_number_again", one.line, number=one.number, first=known.line)
        kept.append(one)
    found.invoices = kept


def settle_matched(found: Found) -> None:
    """Invoices whose group of matched rows balances are paid, with what is in the table itself."""
    left: Counter[tuple[str, str, str]] = Counter()
    for one in found.invoices:
        left[_group(one)] += one.gross or Decimal(0)  # type: ignore[assignment]
    for each in found.payments:
        left[_group(each)] -= each.amount  # type: ignore[assignment]
    found.invoices = [
        replace(one, settled=True) if one.matching and not left[_group(one)] else one for one in found.invoices
    ]


def _group(one: TableInvoice | TablePayment) -> tuple[str, str, str]:
    return one.customer_code or one.customer_name, one.currency, one.matching
