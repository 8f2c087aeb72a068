"""From a bank file's movement to the money that is matched."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Decimal

from encaisse.exchange.bank import Transaction
from encaisse.ledger.matching.records import Incoming
from encaisse.money import exponent


def incoming_of(movement: Transaction, id: Hashable, currency: str = "") -> Incoming:  # noqa: A002  the record's word
    """The movement as matching takes it; ``currency`` is the account's, for files that do not say it.

    Raises ValueError when there is no currency, or when the amount is no whole number of minor units.
    """
    code = movement.currency or currency
    if not code:
        raise ValueError("the movement has no currency: give that of its account")
    return Incoming(
        id=id,
        booked_on=movement.booked_on,
        amount=minor_of(movement.amount, code),
        currency=code,
        payer=movement.counterparty,
        iban=movement.iban or movement.other_account,
        text=movement.reference,
        structured=movement.structured,
        end_to_end_id=movement.end_to_end_id,
        # Charges are only a hint: told more finely than to the cent, they are taken to the cent.
        charges=int(abs(movement.charges or Decimal(0)).scaleb(exponent(code))),
        returned=movement.returned or ("reversal" if movement.reversal else ""),
    )


def minor_of(amount: Decimal, currency: str) -> int:
    """An exact decimal amount in minor units. Raises ValueError when it has more decimals than the currency."""
    minor = amount.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} {currency} is no whole number of minor units: book it by hand")
    return int(minor)
