"""What bookkeepers do to customers' accounts, one story each."""

from __future__ import annotations

from datetime import date

import pytest

from tests.exchange.fec_maker import Maker, left, rules, unallocated


def test_one_transfer_for_several_invoices_without_lettering() -> None:
    made = (
        Maker().invoice("20250110", "FA-101", 100).invoice("20250120", "FA-102", 200).invoice("20250125", "FA-103", 50)
    )
    books = made.payment("20250301", "VIR DUPONT FA-101 FA-102", 300).books()
    assert left(books) == {"FA-103": 50}
    assert {by for _, by, _ in rules(books)} == {"reference"}


def test_part_payment_leaves_the_rest() -> None:
    books = Maker().invoice("20250110", "FA-101", 100).payment("20250301", "acompte sur FA-101", 40).books()
    assert left(books) == {"FA-101": 60}


def test_a_lettering_group_that_does_not_balance_is_a_part_payment() -> None:
    made = Maker().invoice("20250110", "FA-101", 100, "AA").invoice("20250115", "FA-102", 100)
    books = made.payment("20250301", "virement", 40, "AA").books()
    assert left(books) == {"FA-101": 60, "FA-102": 100}
    assert rules(books) == [("FA-101", "lettering", 40)]


def test_in_a_lettering_group_the_oldest_is_paid_first_and_the_credit_note_goes_where_it_says() -> None:
    made = Maker().invoice("20250110", "FA-101", 100, "AA").invoice("20250120", "FA-102", 100, "AA")
    made.credit_note("20250125", "AV-1", 30, "Avoir sur FA-102", "AA")
    books = made.payment("20250301", "virement", 120, "AA").books()
    assert left(books) == {"FA-102": 50}
    credit = next(place for place, payment in enumerate(books.payments) if payment.kind == "credit_note")
    paid = [(books.invoices[a.invoice_index].number, a.amount) for a in books.allocations if a.payment_index == credit]
    assert paid == [("FA-102", 3000)]


def test_the_same_letters_on_two_accounts_are_two_groups() -> None:
    made = Maker().invoice("20250110", "FA-101", 100, "AA").invoice("20250110", "FA-201", 70, "AA", customer="C2")
    books = made.payment("20250301", "virement", 100, "AA").books()
    assert left(books) == {"FA-201": 70}


def test_letters_used_again_are_told_apart_by_their_date() -> None:
    made = Maker()
    sold = ("706000", "", -100, "")
    made.entry("VE", "20250110", "FA-1", "Facture FA-1", ("411000", "C1", 100, "AA"), sold, let_day="20250201")
    made.entry("VE", "20250601", "FA-2", "Facture FA-2", ("411000", "C1", 100, "AA"), sold, let_day="20250901")
    bank = ("512000", "", 100, "")
    made.entry("BQ", "20250701", "V", "virement", bank, ("411000", "C1", -100, "AA"), let_day="20250901")
    assert left(made.books()) == {"FA-1": 100}


def test_exact_amount_when_nothing_is_named() -> None:
    made = Maker().invoice("20250110", "FA-101", 100).invoice("20250120", "FA-102", 250)
    books = made.payment("20250301", "CHQ 12", 250).books()
    assert left(books) == {"FA-101": 100}
    assert rules(books) == [("FA-102", "amount", 250)]


def test_who_names_nothing_pays_the_oldest() -> None:
    made = Maker().invoice("20250110", "FA-101", 100).invoice("20250120", "FA-102", 250)
    books = made.payment("20250301", "CHQ 12", 130).books()
    assert left(books) == {"FA-102": 220}
    assert rules(books) == [("FA-101", "oldest", 100), ("FA-102", "oldest", 30)]


def test_where_the_bookkeeper_letters_an_unlettered_credit_stays_a_credit() -> None:
    made = Maker().invoice("20250110", "FA-101", 100).invoice("20250101", "FA-100", 10, "AA")
    books = made.payment("20250201", "virement", 10, "AA").payment("20250301", "CHQ 12", 30).books()
    assert left(books) == {"FA-101": 100}
    assert unallocated(books) == 30


def test_a_transfer_to_doubtful_is_no_payment() -> None:
    made = Maker().invoice("20250110", "FA-101", 120, "AA").invoice("20250120", "FA-102", 50)
    made.entry("OD", "20250901", "FA-101", "Transfert douteux", ("416000", "C1", 120, ""), ("411000", "C1", -120, "AA"))
    books = made.books()
    assert left(books) == {"FA-101": 120, "FA-102": 50}
    doubtful = {invoice.number: invoice.doubtful for invoice in books.invoices}
    assert doubtful == {"FA-101": True, "FA-102": False}
    assert not books.payments


def test_a_payment_of_the_doubtful_claim_pays_the_invoice() -> None:
    made = Maker().invoice("20250110", "FA-101", 120, "AA")
    made.entry("OD", "20250901", "OD1", "Douteux", ("416000", "C1", 120, "BB"), ("411000", "C1", -120, "AA"))
    books = made.payment("20251001", "mandataire", 50, "BB", account="416000").books()
    assert left(books) == {"FA-101": 70}
    assert [payment.kind for payment in books.payments] == ["payment"]


def test_without_lettering_a_payment_on_411_after_the_transfer_still_pays() -> None:
    made = Maker().invoice("20250110", "FA-101", 120)
    made.entry("OD", "20250901", "FA-101", "Douteux", ("416000", "C1", 120, ""), ("411000", "C1", -120, ""))
    books = made.payment("20251001", "solde FA-101", 120).books()
    assert left(books) == {}
    assert unallocated(books) == 0


def test_a_bill_drawn_is_no_payment_until_it_is_paid() -> None:
    made = Maker().invoice("20250110", "FA-101", 120, "AA")
    made.entry("OD", "20250201", "LCR1", "Traite FA-101", ("413000", "C1", 120, "BB"), ("411000", "C1", -120, "AA"))
    books = made.books()
    assert left(books) == {"FA-101": 120}
    assert books.invoices[0].bill
    paid = made.payment("20250401", "LCR1", 120, "BB", account="413000").books()
    assert left(paid) == {}
    assert [payment.kind for payment in paid.payments] == ["bill"]


def test_a_deposit_is_a_credit_until_it_is_applied() -> None:
    made = Maker().payment("20250105", "acompte commande 7", 300, account="419100")
    made.invoice("20250201", "FA-101", 1000)
    books = made.books()
    assert left(books) == {"FA-101": 1000}
    assert [(payment.kind, payment.amount) for payment in books.payments] == [("deposit", 30000)]
    made.entry("OD", "20250202", "FA-101", "Imputation acompte", ("419100", "C1", 300, ""), ("411000", "C1", -300, ""))
    applied = made.books()
    assert left(applied) == {"FA-101": 700}
    assert unallocated(applied) == 0
    assert len(applied.payments) == 1
    assert applied.allocations[0].on == date(2025, 2, 2)


def test_a_deposit_applied_inside_the_invoice() -> None:
    made = Maker().payment("20250105", "acompte", 300, account="419100")
    lines = (("411000", "C1", 900, ""), ("419100", "C1", 300, ""), ("706000", "", -1000, ""), ("445710", "", -200, ""))
    books = made.entry("VE", "20250201", "FA-101", "Facture FA-101", *lines).books()
    assert left(books) == {"FA-101": 900}
    assert books.invoices[0].amount == 120000
    assert unallocated(books) == 0


def test_a_deposit_received_the_year_before_still_lowers_its_invoice() -> None:
    made = Maker().invoice("20250201", "FA-101", 1000)
    made.entry("OD", "20250202", "FA-101", "Imputation", ("419100", "C1", 300, ""), ("411000", "C1", -300, ""))
    books = made.books()
    assert left(books) == {"FA-101": 700}
    assert unallocated(books) == 0


def test_a_payment_the_bank_took_back_opens_the_invoice_again() -> None:
    made = Maker().invoice("20250110", "FA-101", 100).payment("20250301", "Prelevement FA-101", 100)
    made.entry(
        "BQ", "20250305", "IMP", "Impaye prelevement FA-101", ("411000", "C1", 100, ""), ("512000", "", -100, "")
    )
    books = made.books()
    assert left(books) == {"FA-101": 100}
    assert unallocated(books) == 0
    assert {invoice.kind for invoice in books.invoices} == {"invoice", "refund"}


def test_a_credit_note_paid_back() -> None:
    made = Maker().invoice("20250110", "FA-101", 100).payment("20250201", "FA-101", 100)
    made.credit_note("20250301", "AV-1", 100, "Avoir retour")
    made.entry("BQ", "20250310", "REMB", "Remboursement", ("411000", "C1", 100, ""), ("512000", "", -100, ""))
    books = made.books()
    assert left(books) == {}
    assert unallocated(books) == 0


def test_an_opening_balance_carried_over_as_one_sum() -> None:
    made = Maker().entry("AN", "20250101", "AN", "A nouveau", ("411000", "C1", 500, ""), ("120000", "", -500, ""))
    made.invoice("20250110", "FA-101", 100, "AA").payment("20250201", "FA-101", 100, "AA")
    books = made.payment("20250301", "Reglement F2024-17", 200).books()
    assert left(books) == {"AN": 300}
    assert books.invoices[0].opening
    assert books.invoices[0].lump
    assert ("AN", "oldest", 200) in rules(books)


def test_opening_lines_keep_the_date_of_their_document() -> None:
    made = Maker()
    made.entry("RAN", "20250101", "F-9", "Report", ("411000", "C1", 5, ""), ("110000", "", -5, ""), piece="20230915")
    books = made.books()
    assert books.invoices[0].issued_on == date(2023, 9, 15)
    assert books.invoices[0].opening
    assert not books.invoices[0].lump


def test_an_opening_credit_is_a_credit() -> None:
    made = Maker().entry("AN", "20250101", "AN", "A nouveau", ("411000", "C1", -40, ""), ("512000", "", 40, ""))
    books = made.books()
    assert unallocated(books) == 40
    assert books.payments[0].opening


def test_an_invoice_booked_over_several_lines_is_one() -> None:
    lines = (("411000", "C1", 60, ""), ("706000", "", -50, ""), ("411000", "C1", 40, ""), ("707000", "", -50, ""))
    books = Maker().entry("VE", "20250110", "FA-101", "Facture", *lines).books()
    assert [invoice.amount for invoice in books.invoices] == [10000]


def test_the_same_number_for_two_customers() -> None:
    made = Maker().invoice("20250110", "101", 100).invoice("20250110", "101", 100, customer="C2")
    books = made.payment("20250201", "facture 101", 100, customer="C2").books()
    assert [(i.customer, o) for i, o in zip(books.invoices, books.open_amounts(), strict=True) if o] == [("C1", 10000)]
    assert len({invoice.key for invoice in books.invoices}) == 2


def test_a_cancelled_invoice_is_settled_by_its_reversal() -> None:
    made = Maker().invoice("20250110", "FA-101", 100)
    made.entry("VE", "20250111", "FA-101", "Extourne FA-101", ("411000", "C1", -100, ""), ("706000", "", 100, ""))
    books = made.books()
    assert left(books) == {}
    assert books.payments[0].kind == "credit_note"


def test_negative_debits_are_credits() -> None:
    made = Maker().invoice("20250110", "FA-101", 100)
    text = made.text() + "VE|Ventes|9|20250112|411000|c|C1|n|FA-101|20250112|annule|-100,00|0,00||||||\r\n"
    text += "VE|Ventes|9|20250112|706000|c|||FA-101|20250112|annule|0,00|-100,00||||||\r\n"
    from encaisse.exchange.fec import read_fec

    books = read_fec(text.encode())
    assert left(books) == {}
    assert not [one for one in books.problems if one.code != "draft_entries"]


def test_the_latest_name_of_a_customer_counts() -> None:
    made = Maker().invoice("20250110", "FA-101", 100)
    made.lines[0] = made.lines[0].replace("Client C1", "Ancien nom")
    assert made.invoice("20250210", "FA-102", 100).books().customers[0].name == "Client C1"


def test_journals_of_any_name_are_known_by_the_accounts_they_move() -> None:
    made = Maker()
    for number, journal in enumerate(("70", "FAC", "XX1", "JV")):
        ref = f"FA-10{number}"
        made.entry(journal, "20250110", ref, "n/facture", ("411000", "C1", 10, ""), ("707000", "", -10, ""), lib="")
    made.entry("53", "20250201", "C", "especes FA-100", ("530000", "", 10, ""), ("411000", "C1", -10, ""), lib="")
    made.entry("CRA", "20250201", "C", "cheque FA-101", ("511200", "", 10, ""), ("411000", "C1", -10, ""), lib="")
    books = made.books()
    assert left(books) == {"FA-102": 10, "FA-103": 10}
    assert {invoice.kind for invoice in books.invoices} == {"invoice"}
    assert {payment.kind for payment in books.payments} == {"payment"}


def test_what_is_not_yet_invoiced_or_to_be_credited_is_left_out() -> None:
    made = Maker().invoice("20250110", "FA-101", 100)
    made.entry("OD", "20251231", "FAE", "Factures a etablir", ("418100", "C1", 70, ""), ("706000", "", -70, ""))
    made.entry("OD", "20251231", "AAE", "Avoirs a etablir", ("419800", "C1", -30, ""), ("709000", "", 30, ""))
    assert left(made.books()) == {"FA-101": 100}
    assert unallocated(made.books()) == 0


def test_a_retention_guarantee_is_a_claim_of_its_own() -> None:
    lines = (("411000", "C1", 950, ""), ("411700", "C1", 50, ""), ("706000", "", -1000, ""))
    books = Maker().entry("VE", "20250110", "FA-101", "Facture", *lines).books()
    assert sorted((i.retention, i.amount) for i in books.invoices) == [(False, 95000), (True, 5000)]
    assert len({invoice.key for invoice in books.invoices}) == 2


def test_a_write_off_is_a_correction() -> None:
    made = Maker().invoice("20250110", "FA-101", 120)
    made.entry("OD", "20251231", "OD1", "Perte FA-101", ("654000", "", 120, ""), ("411000", "C1", -120, ""))
    books = made.books()
    assert left(books) == {}
    assert books.payments[0].kind == "correction"


def test_an_entry_dated_in_the_future_keeps_its_date() -> None:
    assert Maker().invoice("20991201", "FA-101", 120).books().invoices[0].issued_on == date(2099, 12, 1)


def test_deposit_accounts_follow_the_customer_of_the_same_ending() -> None:
    made = Maker()
    made.entry("BQ", "20250105", "V", "acompte", ("512000", "", 30, ""), ("4191DUPONT", "", -30, ""))
    made.entry("VE", "20250110", "FA-101", "Facture", ("411DUPONT", "", 100, ""), ("706000", "", -100, ""))
    made.entry("OD", "20250901", "FA-101", "Douteux", ("416DUPONT", "", 100, ""), ("411DUPONT", "", -100, ""))
    books = made.books()
    assert [customer.code for customer in books.customers] == ["411DUPONT"]
    assert left(books) == {"FA-101": 100}
    assert books.invoices[0].doubtful


def test_every_customer_balance_is_that_of_the_books() -> None:
    made = Maker().invoice("20250110", "FA-101", 100, "AA").invoice("20250112", "FA-102", 70)
    made.payment("20250105", "acompte", 300, account="419100").payment("20250301", "divers", 37, "AA")
    books = made.books()
    assert sum(books.open_amounts()) - sum(books.unallocated()) == 10000 + 7000 - 30000 - 3700


def test_the_invoice_may_be_named_on_the_bank_line_only() -> None:
    made = Maker().invoice("20250110", "FA-101", 100).invoice("20250111", "FA-102", 100)
    made.entry("BQ", "20250301", "V1", "VIR FA-102", ("512000", "", 60, ""), ("411000", "C1", -60, ""))
    made.lines[-1] = made.lines[-1].replace("VIR FA-102", "virement client")
    assert left(made.books()) == {"FA-101": 100, "FA-102": 40}


def test_an_order_paid_before_its_invoice() -> None:
    made = Maker().payment("20250105", "commande web", 120).invoice("20250108", "FA-101", 120)
    assert left(made.books()) == {}


def test_a_deposit_that_is_invoiced_is_owed_and_is_no_money() -> None:
    made = Maker()
    lines = (("411000", "C1", 360, ""), ("419100", "C1", -360, ""))
    made.entry("VE", "20250105", "AC-1", "Facture d'acompte AC-1", *lines).invoice(
        "20250106", "FA-90", 10, customer="C2"
    )
    asked = made.books()
    assert left(asked) == {"AC-1": 360, "FA-90": 10}
    assert unallocated(asked) == 0
    made.payment("20250110", "AC-1", 360)
    final = (("411000", "C1", 840, ""), ("419100", "C1", 360, ""), ("706000", "", -1000, ""), ("445710", "", -200, ""))
    books = made.entry("VE", "20250201", "FA-101", "Facture de solde", *final).books()
    assert left(books) == {"FA-101": 840, "FA-90": 10}
    assert not books.problems


def test_an_invoiced_deposit_applied_by_an_entry_of_its_own() -> None:
    made = Maker().invoice("20250106", "FA-90", 10, customer="C2")
    lines = (("411000", "C1", 360, ""), ("419100", "C1", -300, ""), ("445710", "", -60, ""))
    made.entry("VE", "20250105", "AC-1", "Facture d'acompte AC-1", *lines).payment("20250110", "AC-1", 360)
    made.invoice("20250201", "FA-101", 1200)
    made.entry("OD", "20250201", "FA-101", "Acompte sur FA-101", ("419100", "C1", 300, ""), ("411000", "C1", -300, ""))
    books = made.books()
    assert left(books) == {"FA-101": 900, "FA-90": 10}
    assert unallocated(books) == 0


def test_an_overpayment_moved_to_419_is_still_a_credit() -> None:
    made = Maker().invoice("20250110", "FA-101", 100).payment("20250201", "FA-101", 150)
    made.entry("OD", "20251231", "CC", "Client crediteur", ("411000", "C1", 50, ""), ("419000", "C1", -50, ""))
    books = made.books()
    assert left(books) == {}
    assert unallocated(books) == 50


def test_a_retention_is_paid_last_and_freed_when_it_is_moved_back() -> None:
    lines = (("411000", "C1", 950, ""), ("411700", "C1", 50, ""), ("706000", "", -1000, ""))
    made = Maker().entry("VE", "20250110", "FA-101", "Facture", *lines).payment("20250301", "FA-101", 950)
    held = made.books()
    assert [(i.retention, o) for i, o in zip(held.invoices, held.open_amounts(), strict=True) if o] == [(True, 5000)]
    made.entry("OD", "20251231", "FA-101", "Liberation", ("411000", "C1", 50, ""), ("411700", "C1", -50, ""))
    freed = made.books()
    assert [(i.retention, o) for i, o in zip(freed.invoices, freed.open_amounts(), strict=True) if o] == [(False, 5000)]
    assert {i.key for i in freed.invoices} == {i.key for i in held.invoices}


def test_an_opening_entry_in_a_journal_of_another_name() -> None:
    made = Maker()
    lines = (("411000", "C1", 500, ""), ("512000", "", 70, ""), ("101000", "", -570, ""))
    books = made.entry("OD", "20250101", "F-7", "A nouveaux au 01/01", *lines, piece="20241101").books()
    assert [(i.kind, i.opening, i.issued_on) for i in books.invoices] == [("opening", True, date(2024, 11, 1))]


def test_a_mark_for_not_lettered_is_no_lettering() -> None:
    made = Maker().invoice("20250110", "FA-101", 100, "-").invoice("20250110", "FA-102", 100, "-")
    books = made.payment("20250201", "FA-102", 100, "-").books()
    assert left(books) == {"FA-101": 100}
    assert books.dialect["lettering"] == "no"


def test_in_january_a_credit_carried_over_does_not_pay_the_invoices_carried_over_with_it() -> None:
    made = Maker()
    made.entry("AN", "20250101", "FA-2024-7", "A nouveau", ("411000", "C1", 100, ""), ("120000", "", -100, ""))
    made.entry("AN", "20250101", "VIR-88", "A nouveau", ("411000", "C1", -40, ""), ("120000", "", 40, ""))
    books = made.books()
    assert left(books) == {"FA-2024-7": 100}
    assert unallocated(books) == 40


@pytest.mark.parametrize("ref", ["FA-1", "OD-7"])
def test_a_retention_moved_out_by_a_later_entry_is_a_claim_of_its_own(ref: str) -> None:
    made = Maker().invoice("20250105", "FA-1", 1200)
    made.entry("OD", "20250106", ref, "Retenue FA-1", ("411700", "C1", 60, ""), ("411000", "C1", -60, ""))
    made.payment("20250210", "VIR FA-1", 1140)
    books = made.books()
    assert [
        (one.amount, one.retention, open_)
        for one, open_ in zip(books.invoices, books.open_amounts(), strict=True)
    ] == [(120000, False, 0), (6000, True, 6000)]  # fmt: skip
    made.entry("OD", "20260201", ref, "Libération FA-1", ("411000", "C1", 60, ""), ("411700", "C1", -60, ""))
    books = made.books()
    assert [one.retention for one in books.invoices] == [False, False]
    assert sum(books.open_amounts()) == 6000
    assert not any(made.payment("20260210", "VIR RG FA-1", 60).books().open_amounts())
