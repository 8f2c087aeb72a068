"""What holds for every payment: nothing is paid twice or too much, and the answer is always the same."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from encaisse.ledger.matching import Discount, Incoming, Known, Matcher, OpenItem
from encaisse.ledger.matching.references import rf_of
from tests.ledger.matching.made import CUSTOMERS, DAY, DUE, FORGE, GRANITS, IBAN, ISSUED, TRAVERSE, paid

AMOUNTS = st.one_of(st.integers(1, 30), st.integers(1, 500_000), st.sampled_from([9_900, 10_000]))
TEXTS = st.lists(
    st.sampled_from(["FA2026", "00003", "3", "FA2026-00001", "A", "2026-00002", "O0004", "4 5", "RF", "12", "-", "ET"]),
    max_size=6,
).map(" ".join)


@st.composite
def open_items(draw: st.DrawFn) -> list[OpenItem]:
    amounts = draw(st.lists(AMOUNTS, min_size=1, max_size=20))
    items = []
    for number, amount in enumerate(amounts, start=1):
        customer = draw(st.sampled_from([TRAVERSE, TRAVERSE, FORGE, GRANITS]))
        off = draw(st.sampled_from([0, 0, 1, amount // 50]))
        discounts = (Discount(DAY, off),) if 0 < off < amount else ()
        written = draw(st.sampled_from([f"FA2026-{number:05d}", f"FA2026-{number // 2:05d}", ""]))
        references = (rf_of(f"R{number}"),) if draw(st.booleans()) else ()
        items.append(OpenItem(number, customer, written, amount, "EUR", ISSUED, DUE, discounts, references))
    return items


@st.composite
def payments(draw: st.DrawFn, items: list[OpenItem]) -> Incoming:
    some = draw(st.lists(st.sampled_from(items), max_size=4, unique_by=lambda one: one.receivable))
    amount = max(sum(one.amount for one in some) + draw(st.sampled_from([0, 0, 0, -1, 1, -500, 12_345])), 1)
    return paid(
        amount,
        payer=draw(st.sampled_from(["TRANSPORTS TRAVERSE", "FORGE ARDENT", "X Y", ""])),
        iban=draw(st.sampled_from([IBAN, ""])),
        text=draw(TEXTS),
        structured=draw(st.sampled_from(["", rf_of("R1"), rf_of("R2"), "RF12"])),
        charges=draw(st.sampled_from([0, 1, 500])),
    )


@given(st.data())
def test_parts_never_exceed_what_is_open_nor_the_money(data: st.DataObject) -> None:
    items = data.draw(open_items())
    incoming = data.draw(payments(items))
    still_open = {one.receivable: one.amount for one in items}
    proposals = Matcher(items, CUSTOMERS, Known().learn(TRAVERSE, iban=IBAN)).propose(incoming)
    assert len(proposals) <= 5
    assert [one.score for one in proposals] == sorted((one.score for one in proposals), reverse=True)
    assert sum(one.score for one in proposals) <= 1.0 + 1e-9
    for one in proposals:
        assert sum(part.amount for part in one.parts) + one.over == incoming.amount
        assert one.over >= 0
        assert len({part.receivable for part in one.parts}) == len(one.parts) > 0
        for part in one.parts:
            assert part.amount > 0
            assert min(part.discount, part.charges) >= 0
            assert part.amount + part.discount + part.charges <= still_open[part.receivable]


@given(st.data())
def test_the_answer_is_the_same_whatever_the_order_and_however_often(data: st.DataObject) -> None:
    items = data.draw(open_items())
    incoming = data.draw(payments(items))
    matcher = Matcher(items, CUSTOMERS)
    first = matcher.propose(incoming)
    assert matcher.propose(incoming) == first
    assert Matcher(data.draw(st.permutations(items)), tuple(reversed(CUSTOMERS))).propose(incoming) == first


@given(st.data())
def test_an_unrelated_open_item_never_changes_the_winner_of_a_reference(data: st.DataObject) -> None:
    items = data.draw(open_items())
    named = data.draw(st.sampled_from(items))
    reference = rf_of("Z" + named.number + str(named.receivable))
    items = [replace(one, references=(reference,)) if one is named else one for one in items]
    incoming = replace(data.draw(payments(items)), structured=reference)
    before = Matcher(items, CUSTOMERS).propose(incoming)[0]
    other = OpenItem(999, 77, "ZX-777777", data.draw(AMOUNTS), "EUR", ISSUED, DUE)
    equal = replace(other, receivable=998, number="ZX-777778", amount=incoming.amount)
    after = Matcher([*items, other, equal], CUSTOMERS).propose(incoming)[0]
    assert (after.parts, after.over, after.customer) == (before.parts, before.over, before.customer)


@given(st.data())
def test_what_was_learnt_and_forgotten_leaves_no_trace(data: st.DataObject) -> None:
    items = data.draw(open_items())
    incoming = data.draw(payments(items))
    known = Known().learn(FORGE, name="X Y")
    learnt = known.learn(TRAVERSE, iban=incoming.iban, name=incoming.payer)
    undone = learnt.forget(TRAVERSE, iban=incoming.iban, name=incoming.payer)
    assert undone == known
    matcher = Matcher(items, CUSTOMERS, known)
    assert matcher.with_known(learnt).with_known(undone).propose(incoming) == matcher.propose(incoming)
