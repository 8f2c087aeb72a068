"""The sweep over plain customers finds what matching them one at a time finds, on random books."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaisse.exchange import fec_build, fec_plain
from encaisse.exchange.fec import Books
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


@settings(max_examples=60, deadline=None)
@given(any_books())
def test_the_sweep_agrees_with_matching_one_at_a_time(made: Maker) -> None:
    swept = made.books()
    with pytest.MonkeyPatch.context() as patch:
        slow = one_at_a_time(made, patch)
    assert swept.invoices == slow.invoices
    assert swept.payments == slow.payments
    assert swept.open_amounts() == slow.open_amounts()
    assert sorted(swept.allocations) == sorted(slow.allocations)


@settings(max_examples=25, deadline=None)
@given(any_books())
def test_a_later_export_keeps_the_keys_of_what_was_there(made: Maker) -> None:
    before = made.books()
    later = made.invoice("20250401", "FA-900", 40).payment("20250402", "reglement FA-900", 40).books()
    assert {invoice.key for invoice in before.invoices} <= {invoice.key for invoice in later.invoices}
    assert {payment.key for payment in before.payments} <= {payment.key for payment in later.payments}
