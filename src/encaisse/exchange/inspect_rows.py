"""The rows ``inspect`` lists, from the records of each reader. Every key is always there.

Amounts are decimal text without exponent, with at least the decimals of their currency and all those the file gives;
dates are ISO text or None; a text that the file does not give is ``""``, an amount it does not give None.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Context, Decimal
from functools import lru_cache

from encaisse.exchange.bank import Balance, Transaction
from encaisse.exchange.einvoice import EInvoice
from encaisse.exchange.fec_records import Books, FecInvoice
from encaisse.exchange.table_found import TableInvoice, TablePayment
from encaisse.money import exponent, to_decimal_text

Row = dict[str, str | None]

_USUAL_DIGITS = 2
_EXACT = Context(prec=60)


def invoice(one: EInvoice) -> Row:
    """An electronic invoice. Its amounts have the sign they have in the document; ``type`` tells a credit note."""
    return {
        "number": one.number,
        "type": one.type,
        "issued_on": iso(one.issued_on),
        "due_on": iso(one.due_on),
        "seller": one.seller,
        "buyer": one.buyer,
        "buyer_id": one.buyer_id,
        "currency": one.currency,
        "net": plain(one.as_written(one.net), one.currency),
        "tax": plain(one.as_written(one.tax), one.currency),
        "gross": plain(one.as_written(one.gross), one.currency),
        "payable": plain(one.as_written(one.payable), one.currency),
        "terms": one.terms,
        "iban": one.iban,
    }


def invoices_of_books(books: Books) -> Iterator[Row]:
    """The invoices of a FEC: ``gross`` is what was booked, ``payable`` what the books leave open of it."""
    left = books.open_amounts()
    names = dict(books.frames.customers.select("code", "name").iter_rows())
    columns = books.frames.invoices.columns
    places = {name: columns.index(name) for name in FecInvoice._fields}
    for row, remaining in zip(books.frames.invoices.iter_rows(), left, strict=True):
        one = FecInvoice(**{name: row[place] for name, place in places.items()})
        yield {
            "number": one.number,
            "type": one.kind if one.kind != "opening" or one.lump else "invoice",
            "issued_on": iso(one.issued_on),
            "due_on": None,
            "seller": "",
            "buyer": names.get(one.customer, ""),
            "buyer_id": one.customer,
            "currency": one.currency,
            "net": None,
            "tax": None,
            "gross": to_decimal_text(one.amount, one.currency),
            "payable": to_decimal_text(remaining, one.currency),
            "terms": "",
            "iban": "",
        }


def invoice_of_table(one: TableInvoice) -> Row:
    """An invoice of a table. ``payable`` is what it says is still owed; a credit takes off, so it is negative."""
    return {
        "number": one.number,
        "type": one.type,
        "issued_on": iso(one.issued_on),
        "due_on": iso(one.due_on),
        "seller": "",
        "buyer": one.customer_name,
        "buyer_id": one.siren or one.customer_code or one.vat_id,
        "currency": one.currency,
        "net": None if one.net is None else plain(one.net, one.currency),
        "tax": None if one.tax is None else plain(one.tax, one.currency),
        "gross": None if one.gross is None else plain(one.gross, one.currency),
        "payable": plain(one.payable, one.currency),
        "terms": one.terms,
        "iban": one.iban,
    }


def payment_of_table(one: TablePayment) -> Row:
    """A payment of a table, as a movement of money; the invoices it names stand for its text where it has none."""
    return {
        "booked_on": iso(one.paid_on),
        "value_on": None,
        "amount": plain(one.amount, one.currency),
        "currency": one.currency,
        "counterparty": one.customer_name or one.customer_code,
        "iban": one.iban,
        "reference": one.label or one.reference or " ".join(one.invoices),
        "end_to_end_id": "",
    }


def transaction(one: Transaction) -> Row:
    """A movement of money: money in is positive. ``reference`` is the free text with the creditor's reference."""
    return {
        "booked_on": iso(one.booked_on),
        "value_on": iso(one.value_on),
        "amount": plain(one.amount, one.currency),
        "currency": one.currency,
        "counterparty": one.counterparty,
        "iban": one.iban,
        "reference": _references(one),
        "end_to_end_id": one.end_to_end_id,
    }


def _references(one: Transaction) -> str:
    """The free text, and the creditor's reference where the text does not hold it."""
    told = "".join(sign for sign in one.reference if sign.isalnum())
    if not one.structured or "".join(sign for sign in one.structured if sign.isalnum()) in told:
        return one.reference
    return f"{one.reference} {one.structured}".strip()


def balance(one: Balance) -> Row:
    """What was on an account."""
    return {"kind": one.kind, "date": iso(one.on), "amount": plain(one.amount, one.currency)}


def iso(day: date | None) -> str | None:
    """A date as ISO text."""
    return day.isoformat() if day else None


def plain(amount: Decimal, currency: str = "") -> str:
    """A decimal as text: no exponent, no sign on zero, no digit lost."""
    digits = _digits(currency)
    written = amount.as_tuple().exponent
    if isinstance(written, int) and -written < digits:
        amount = amount.quantize(Decimal(1).scaleb(-digits), context=_EXACT)
    text = format(amount, "f")
    return text if amount or not text.startswith("-") else text[1:]


@lru_cache(maxsize=200)
def _digits(currency: str) -> int:
    """Decimals of a currency; those of most where the file names none, or no currency there is."""
    try:
        return exponent(currency)
    except ValueError:
        return _USUAL_DIGITS
