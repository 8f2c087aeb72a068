"""The sweep over plain customers finds what matching them one at a time finds, on random books."""

from __future__ import annotations

from datetime import date
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.exchange import fec_build, fec_plain
from encaisse.exchange.fec import Books
from encaisse.exchange.fec_matching import Side, match
from tests.exchange.fec_maker import Maker

DAYS = st.integers(1, 28).map(lambda day: f"202503{day:02}")
CUSTOMERS = st.sampled_from(["C1", "C2", "C3"])
LETTERS = st.sampled_from(["", "", "AA", "AB", "AC"])
SIZES = st.sampled_from([10, 20, 30, 60, 100])
NUMBERS = st.integers(101, 108)


@st.composite
def any_books(draw: st.DrawFn) -> Maker:
    """Invoices, payments, credit notes, with and without letters, naming one, two or no invoice."""
    made = Maker()
    lettered = draw(st.booleans())
    for number in range(101, 101 + draw(st.integers(1, 8))):
        letter = draw(LETTERS) if lettered else ""
        made.invoice(draw(DAYS), f"FA-{number}", draw(SIZES), letter, draw(CUSTOMERS))
    for _ in range(draw(st.integers(0, 8))):
        named = draw(st.lists(NUMBERS, max_size=2))
        label = " ".join(["reglement", *(f"FA-{number}" for number in named)])
        letter = draw(LETTERS) if lettered else ""
        made.payment(draw(DAYS), label, draw(SIZES), letter, customer=draw(CUSTOMERS))
    for _ in range(draw(st.integers(0, 2))):
        made.credit_note(draw(DAYS), "AV-1", draw(SIZES), f"Avoir sur FA-{draw(NUMBERS)}")
    return made


def one_at_a_time(made: Maker, patch: pytest.MonkeyPatch) -> Books:
    """The same books with every customer taken for a difficult one."""

    def nobody_is_plain(moves):  # type: ignore[no-untyped-def]
        links, _ = sweep(moves)
        return links.clear(), moves["customer"].unique()

    sweep = fec_plain.sweep
    patch.setattr(fec_build.fec_plain, "sweep", nobody_is_plain)
    return made.books()


@settings(max_examples=30, deadline=None)
@given(any_books())
def test_the_sweep_agrees_with_matching_one_at_a_time(made: Maker) -> None:
    swept = made.books()
    with pytest.MonkeyPatch.context() as patch:
        slow = one_at_a_time(made, patch)
    assert swept.invoices == slow.invoices
    assert swept.payments == slow.payments
    assert swept.open_amounts() == slow.open_amounts()
    assert sorted(swept.allocations) == sorted(slow.allocations)


@settings(max_examples=12, deadline=None)
@given(any_books())
def test_a_later_export_keeps_the_keys_of_what_was_there(made: Maker) -> None:
    before = made.books()
    later = made.invoice("20250401", "FA-900", 40).payment("20250402", "reglement FA-900", 40).books()
    assert {invoice.key for invoice in before.invoices} <= {invoice.key for invoice in later.invoices}
    assert {payment.key for payment in before.payments} <= {payment.key for payment in later.payments}


@pytest.mark.parametrize("letter", ["", "AA"])
@pytest.mark.parametrize("sizes", [(100, 100), (100, 37)])
def test_one_customer_with_very_many_lines_is_matched_in_time(letter: str, sizes: tuple[int, int]) -> None:
    """Retail books: one account for everybody. Nothing here may take the square of the number of lines."""
    on = date(2025, 3, 1)
    debits = [Side(at, "411", "invoice", on, sizes[0], "FACTURE", "x", letter, None, at) for at in range(20_000)]
    paid = [
        Side(20_000 + at, "411", "payment", on, sizes[1], "CB", "FACTURE 12", letter, None, at) for at in range(20_000)
    ]
    back = [Side(40_000 + at, "411", "refund", on, 5, "R", "x", "", None, at) for at in range(2_000)]
    kept = [Side(50_000 + at, "419", "deposit", on, 50, "D", "x", "", None, 90_000 + at) for at in range(1_000)]
    legs = [Side(60_000 + at, "419", "correction", on, 50, "D", "x", "", None, at, True) for at in range(1_000)]
    outs = [Side(70_000 + at, "411", "deposit", on, 50, "D", "x", "", None, at, True) for at in range(1_000)]
    started = process_time()
    matched = match([*debits, *back, *legs], [*paid, *kept, *outs], lettered=bool(letter))
    assert process_time() - started < 20
    assert sum(link.amount for link in matched.links) <= 20_000 * sizes[0] + 2_000 * 5
