"""What a payment pays, and why: one case for each reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from encaisse.ledger.matching import Discount, Known, Matcher, Part, decide, decide_all, why_not
from encaisse.ledger.matching.references import rf_of
from tests.ledger.matching.made import (
    CUSTOMERS,
    DAY,
    FORGE,
    GRANITS,
    IBAN,
    ISSUED,
    TRAVERSE,
    best,
    codes,
    item,
    paid,
    parts,
)

ITEMS = [
    item(1, "FA2026-00123", 120_000),
    item(2, "FA2026-00124", 51_234),
    item(3, "FA2026-00125", 33_000),
    item(4, "FA2026-00580", 70_100, FORGE),
    item(5, "FA2026-00581", 18_050, FORGE),
]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FA2026-00123", "number_exact"),
        ("facture fa2026 00123 merci", "number_exact"),
        ("VIR SEPA FA 2026 00 123 DU 12/10", "number_exact"),
        ("FA2O26-OO123", "number_misread"),
        ("FA2026-00I23", "number_misread"),
        ("2026-00123", "number_digits"),
        ("FACT202600123", "number_digits"),
        ("FA2026-123", "number_digits"),
    ],
)
def test_a_number_is_found_whatever_its_damage(text: str, code: str) -> None:
    found = best(ITEMS, paid(120_000, payer="INCONNU", text=text))
    assert (parts(found), found.over) == ({1: 120_000}, 0)
    assert {code, "amount_exact"} <= codes(found)


def test_the_last_digits_count_among_the_payers_own_invoices() -> None:
    found = best(ITEMS, paid(51_234, payer="TRANSPORTS TRAVERSE", text="solde fact 124"))
    assert parts(found) == {2: 51_234}
    assert {"number_tail", "name_known"} <= codes(found)
    assert "number_tail" not in codes(best(ITEMS, paid(70_100, payer="FORGE ARDENTE", text="solde fact 124")))


@pytest.mark.parametrize(
    "text", ["FA2026-00123, 124 et 125", "FA2026-00123 FA2026-00124 FA2026-00125", "FA2026-00123 à 125", "123-125"]
)
def test_several_numbers_and_ranges_are_paid_together(text: str) -> None:
    found = best(ITEMS, paid(204_234, payer="TRANSPORTS TRAVERSE", text=text))
    assert (parts(found), found.over) == ({1: 120_000, 2: 51_234, 3: 33_000}, 0)
    assert found.score > 0.99


def test_a_creditor_reference_says_it_alone_in_its_field_or_in_the_text() -> None:
    reference = rf_of("X77001")
    items = [*ITEMS, item(6, "FA2026-00700", 9_900, FORGE, references=(reference,))]
    for incoming in (
        paid(9_900, payer="QUI", structured=reference),
        paid(9_900, payer="QUI", text=f"MERCI {reference[:4]} {reference[4:]}"),
    ):
        found = best(items, incoming)
        assert parts(found) == {6: 9_900}
        assert "structured_reference" in codes(found)
        assert found.score > 0.9999


def test_a_creditor_reference_may_carry_the_invoice_number() -> None:
    found = best(ITEMS, paid(51_234, structured=rf_of("FA2026-00124")))
    assert "structured_reference" in codes(found)
    wrong = "RF00" + rf_of("FA2026-00124")[4:]
    assert "structured_reference" not in codes(best(ITEMS, paid(51_234, structured=wrong)))


def test_the_end_to_end_id_of_a_direct_debit_names_its_invoices() -> None:
    items = [item(7, "A-1", 5_000, references=("PRLV-0007",)), item(8, "A-2", 6_000, references=("PRLV-0007",))]
    found = best(items, paid(11_000, end_to_end_id="PRLV-0007"))
    assert parts(found) == {7: 5_000, 8: 6_000}
    assert "end_to_end" in codes(found)


def test_a_discount_is_taken_until_its_day_and_some_days_for_the_bank() -> None:
    until = DAY - timedelta(days=2)
    items = [item(9, "FA2026-00900", 100_000, discounts=(Discount(until, 2_000),))]
    found = best(items, paid(98_000, text="FA2026-00900"))
    assert found.parts == (Part(9, 98_000, discount=2_000),)
    assert "discount_taken" in codes(found)
    late = best(items, paid(98_000, text="FA2026-00900", booked_on=until + timedelta(days=20)))
    assert late.parts[0].discount == 0


def test_charges_are_told_by_the_bank_or_supposed_within_bounds() -> None:
    told = best(ITEMS, paid(118_500, text="FA2026-00123", charges=1_500))
    assert told.parts == (Part(1, 118_500, charges=1_500),)
    assert "charges_told" in codes(told)
    supposed = best(ITEMS, paid(118_500, text="FA2026-00123"))
    assert "charges_supposed" in codes(supposed)
    assert supposed.score < told.score
    assert "part_payment" in codes(best(ITEMS, paid(110_000, text="FA2026-00123")))


def test_a_part_payment_leaves_the_rest_open_and_too_much_is_a_credit() -> None:
    part = best(ITEMS, paid(40_000, payer="TRANSPORTS TRAVERSE", text="acompte FA2026-00123"))
    assert (parts(part), part.over) == ({1: 40_000}, 0)
    over = best([ITEMS[0]], paid(125_000, payer="TRANSPORTS TRAVERSE", text="FA2026-00123"))
    assert (parts(over), over.over) == ({1: 120_000}, 5_000)
    assert "over_payment" in codes(over)


def test_twins_are_ambiguous_and_never_booked_by_themselves() -> None:
    items = [item(1, "FA2026-00123", 9_900), item(2, "FA2026-00124", 9_900)]
    proposals = Matcher(items, CUSTOMERS).propose(paid(9_900, payer="TRANSPORTS TRAVERSE"))
    assert len(proposals) == 2
    assert all("ambiguous" in codes(one) for one in proposals)
    assert proposals[0].score <= 0.5
    assert decide(proposals, 0.4) is None
    reason = why_not(proposals, 0.4)
    assert reason is not None
    assert reason.code == "too_close"


def test_several_sums_that_fit_are_said_to_be_ambiguous() -> None:
    items = [
        item(n, f"FA2026-0020{n}", amount) for n, amount in enumerate((1_000, 2_000, 3_000, 4_000, 7_777), start=1)
    ]
    proposals = Matcher(items, CUSTOMERS).propose(paid(5_000, payer="TRANSPORTS TRAVERSE"))
    assert {frozenset(parts(one)) for one in proposals} == {frozenset({1, 4}), frozenset({2, 3})}
    assert any("ambiguous" in codes(one) or "sum_in_a_row" in codes(one) for one in proposals)


def test_all_that_is_open_is_paid_without_a_word() -> None:
    found = best(ITEMS, paid(88_150, payer="FORGE ARDENTE"))
    assert parts(found) == {4: 70_100, 5: 18_050}
    assert "all_open" in codes(found)


def test_a_known_account_says_who_pays_and_what_was_learnt_can_be_undone() -> None:
    incoming = paid(70_100, payer="CABINET DUPUIS", iban=IBAN)
    known = Known().learn(FORGE, iban=IBAN.replace(" ", ""), name="Cabinet Dupuis")
    found = best(ITEMS, incoming, known)
    assert {"iban_known", "name_learnt"} <= codes(found)
    forgotten = known.forget(FORGE, iban=IBAN, name="CABINET DUPUIS")
    assert forgotten == Known()
    assert Matcher(ITEMS, CUSTOMERS, known).with_known(forgotten).propose(incoming) == Matcher(
        ITEMS, CUSTOMERS
    ).propose(incoming)


@pytest.mark.parametrize(
    "payer",
    ["TRANSPORTS TRAVERS", "TRANSPORT TRAVERSE", "TRANSPORTS TRAVESRE", "STE TRANSPORTS TRAVERSE"],
)
def test_a_name_alike_is_found(payer: str) -> None:
    found = best(ITEMS, paid(51_234, payer=payer))
    assert parts(found) == {2: 51_234}
    assert {"name_alike", "name_known"} & codes(found)


def test_a_parent_pays_for_its_child_and_both_at_once() -> None:
    items = [*ITEMS, item(6, "FA2026-00333", 44_400, GRANITS)]
    child = best(items, paid(44_400, payer="TRANSPORTS TRAVERSE"))
    assert parts(child) == {6: 44_400}
    assert child.customer == GRANITS
    assert "parent_pays" in codes(child)
    both = best(items, paid(164_400, payer="TRANSPORTS TRAVERSE"))
    assert parts(both) == {1: 120_000, 6: 44_400}
    assert both.customer == TRAVERSE


def test_one_payment_may_pay_the_named_invoices_of_several_customers() -> None:
    found = best(ITEMS, paid(190_100, payer="AFFACTURAGE", text="FA2026-00123 FA2026-00580"))
    assert parts(found) == {1: 120_000, 4: 70_100}


def test_the_payers_own_words_weigh_less_when_the_amount_is_another_invoices() -> None:
    proposals = Matcher(ITEMS, CUSTOMERS).propose(paid(33_000, payer="TRANSPORTS TRAVERSE", text="FA2026-00123"))
    assert {frozenset(parts(one).items()) for one in proposals[:2]} == {
        frozenset({(1, 33_000)}),
        frozenset({(3, 33_000)}),
    }
    assert decide(proposals, 0.99) is None


@pytest.mark.parametrize(
    ("incoming", "code"),
    [
        (paid(-12_000, text="FA2026-00123", returned="AM04"), "returned"),
        (paid(12_000, text="FA2026-00123", returned="MD01"), "returned"),
        (paid(-12_000, text="FA2026-00123"), "money_out"),
        (paid(0), "money_out"),
        (paid(12_000, currency="USD"), "nothing_in_currency"),
        (paid(12_345, payer="PERSONNE", text="RIEN"), "nothing_found"),
    ],
)
def test_what_is_not_matched_is_told(incoming, code: str) -> None:  # type: ignore[no-untyped-def]
    look = Matcher(ITEMS, CUSTOMERS).look(incoming)
    assert look.proposals == ()
    assert [reason.code for reason in look.notes] == [code]


def test_the_decision_says_why_not() -> None:
    proposals = Matcher(ITEMS, CUSTOMERS).propose(paid(120_000, payer="TRANSPORTS TRAVERSE", text="FA2026-00123"))
    assert decide(proposals, 0.999) is proposals[0]
    assert decide(proposals, None) is None
    told = [why_not((), 0.9), why_not(proposals, None), why_not(proposals, 1.0), why_not(proposals, 0.9)]
    assert [reason and reason.code for reason in told] == ["no_proposal", "never_by_itself", "below_threshold", None]
    with pytest.raises(ValueError, match="from 0 to 1"):
        decide(proposals, 99.9)


def test_a_file_never_pays_an_invoice_twice_by_itself() -> None:
    twice = paid(120_000, payer="TRANSPORTS TRAVERSE", text="FA2026-00123")
    part = paid(20_000, payer="FORGE ARDENTE", text="FA2026-00580 acompte")
    payments = [twice, part, twice, part, paid(-5, returned="AM04")]
    done = list(decide_all(Matcher(ITEMS, CUSTOMERS), payments, 0.9))
    assert [one.winner is not None for one in done] == [True, True, False, True, False]
    assert [one.why_not and one.why_not.code for one in done] == [None, None, "paid_meanwhile", None, "returned"]
    assert done[2].look == done[0].look
    assert all(one.winner is None for one in decide_all(Matcher(ITEMS, CUSTOMERS), payments, None))


def test_what_is_not_open_is_refused_with_its_receivable() -> None:
    with pytest.raises(ValueError, match="receivable 1 "):
        Matcher([item(1, "A", 0)])


def test_an_invoice_issued_long_after_the_money_is_an_unlikely_one() -> None:
    items = [item(1, "FA2026-00123", 9_900, issued_on=date(2026, 12, 1), due_on=date(2026, 12, 31))]
    found = best(items, paid(9_900, payer="TRANSPORTS TRAVERSE"))
    assert "issued_later" in codes(found)
    assert ISSUED < DAY
    assert found.score < best([ITEMS[0]], paid(120_000, payer="TRANSPORTS TRAVERSE")).score
    assert found.customer == TRAVERSE
