"""A rate a creditor added counts in his own facts and worksheets, from the instant he added it, and in no other's."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django_scopes import scope

from encaisse.ledger.models import Receivable
from encaisse.parties import own_rates
from encaisse.parties.models import Creditor
from encaisse.recovery import facts
from encaisse.recovery.worksheet import worksheet
from tests.factories import instant, make_customer, make_invoice
from tests.recovery.desk import new_creditor, run

DAY = date(2027, 1, 31)
ADDED = instant(date(2027, 1, 4))
# 10 000 EUR due on 31 October 2026: 61 days of 2026 at 12.40 %, then 31 days at 2.65 + 10 points.
STOPPED, WHOLE = 20_723, 20_723 + 10_744


def _late(creditor: Creditor) -> Receivable:
    row = make_invoice(make_customer(creditor), "F-1", date(2026, 10, 1), date(2026, 10, 31), 1_000_000)
    run(creditor, DAY)
    return row


def _interest(creditor: Creditor, row: Receivable) -> tuple[int, int]:
    sheet = worksheet(row, "fr-b2b", DAY)
    assert sheet is not None
    return int(facts.read(creditor, DAY).frame["interest"].sum()), sheet.interest


def test_facts_and_worksheet_go_on_with_ones_own_rate(creditor: Creditor) -> None:
    row, other = _late(creditor), new_creditor(name="Imprimerie du Port", siren="552100554")
    assert _interest(creditor, row) == (STOPPED, STOPPED)
    given = ("ecb_mro", date(2027, 1, 1), date(2027, 1, 1), Decimal("2.65"), "ECB, read on 4 January 2027")
    rate = own_rates.add(creditor, *given, at=ADDED, actor="claire")
    assert _interest(creditor, row) == (WHOLE, WHOLE)
    earlier = facts.read(creditor, DAY, known_at=ADDED - timedelta(hours=1))
    assert int(earlier.frame["interest"].sum()) == STOPPED
    with scope(creditor=other):
        assert _interest(other, _late(other)) == (STOPPED, STOPPED)
    own_rates.withdraw(creditor, rate.pk, at=ADDED, actor="claire")
    assert _interest(creditor, row) == (STOPPED, STOPPED)
