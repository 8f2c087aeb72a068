"""Bank files in: each movement once, matched, booked, undone, returned; books and bank never count the same twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaisse.journal.models import Entry
from encaisse.ledger import import_books
from encaisse.ledger.balance import open_items, unallocated
from encaisse.ledger.bank_entries import MatchRefused
from encaisse.ledger.book_match import book
from encaisse.ledger.models import (
    Allocation,
    BankAccount,
    BankTransaction,
    Import,
    Invoice,
    Match,
    PayerLink,
    Payment,
    Receivable,
)
from encaisse.ledger.refuse_match import refuse, set_aside, take_up_again
from encaisse.ledger.taking import ImportRefused
from encaisse.ledger.undo_match import undo
from encaisse.parties.models import Creditor, Customer
from tests.ledger.books import Fec
from tests.ledger.statements import Statement

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
STAMP: dict[str, Any] = {"at": AT, "actor": "claire"}
END = date(2026, 12, 31)
ALPHA, BETA = "DE89370400440532013000", "NL91ABNA0417164300"


def take(creditor: Creditor, file: Fec | Statement, at: datetime = AT) -> Import:
    return import_books.import_file(creditor, file.bytes(), file.name, at=at, actor="test")


def books() -> Fec:
    fec = Fec(2026)
    fec.sale("ALPHA", "FA26-0001", "20260105", 120_000)
    fec.sale("ALPHA", "FA26-0002", "20260112", 45_050)
    return fec.sale("BETA", "FA26-0003", "20260114", 70_000)


def statement(**more: Any) -> Statement:
    return Statement("2026-02-23", "2026-02-27", **more)


def paying(
    text: str = "FACTURE FA26-0001", amount: str = "1200.00", payer: str = "ALPHA SARL", **more: Any
) -> Statement:
    return statement().line("2026-02-24", amount, text, payer=payer, **{"iban": ALPHA, **more})


def open_now(creditor: Creditor, on: date = END) -> dict[str, int]:
    return dict(open_items(creditor, on).select("number", "open").iter_rows())


def credit(creditor: Creditor, on: date = END) -> int:
    return int(unallocated(creditor, on)["credit"].sum())


def best(**wanted: Any) -> Match:
    return Match.objects.filter(state="proposed", ended_at__isnull=True, rank=0, **wanted).get()


ALL_OPEN = {"FA26-0001": 120_000, "FA26-0002": 45_050, "FA26-0003": 70_000}


def test_a_statement_is_taken_once_and_its_movements_once(creditor):
    take(creditor, books())
    row = take(creditor, paying())
    assert (row.kind, row.first_day, row.last_day) == ("camt053", date(2026, 2, 23), date(2026, 2, 27))
    assert row.report["read"] == {"statements": 1, "accounts": 1, "movements": 1, "pending": 0}
    assert row.report["new"] | {} == {
        "movements": 1, "received": 120_000, "booked": 0, "in_books": 0, "returned": 0, "proposed": 1,
    }  # fmt: skip
    assert take(creditor, paying()).report["unchanged"]
    # The next file overlaps: the day that is known adds nothing, the new one does.
    more = paying()
    more.last = "2026-02-28"
    more.line("2026-02-28", "700.00", "FA26-0003", payer="BETA SARL", iban=BETA)
    again = take(creditor, more)
    assert (again.report["new"]["movements"], again.report["notes"]) == (1, [{"code": "movements_known", "count": 1}])
    assert BankTransaction.objects.count() == 2
    assert BankAccount.objects.count() == 1
    assert open_now(creditor) == ALL_OPEN, "nothing is booked without a yes"


def test_two_payments_alike_stay_two(creditor):
    take(creditor, books())
    twice = paying(ref="X").line("2026-02-24", "1200.00", "FACTURE FA26-0001", payer="ALPHA SARL", iban=ALPHA, ref="X")
    take(creditor, twice)
    assert BankTransaction.objects.count() == 2


def test_what_is_announced_waits_until_it_is_booked(creditor):
    take(creditor, statement().line("2026-02-25", "10.00", "x", status="PDNG"))
    assert not BankTransaction.objects.exists()
    take(creditor, statement().line("2026-02-25", "10.00", "x"))
    assert BankTransaction.objects.count() == 1


def test_an_amount_that_is_not_exact_is_set_aside(creditor):
    row = take(creditor, statement().line("2026-02-25", "10.123", "x").line("2026-02-25", "20", "y"))
    assert [one["code"] for one in row.report["set_aside"]] == ["not_in_minor_units"]
    assert list(BankTransaction.objects.values_list("amount", flat=True)) == [2_000]


def test_a_statement_that_is_missing_between_two_is_said(creditor):
    take(creditor, statement())
    row = take(creditor, Statement("2026-03-01", "2026-03-02", opening="900.00"))
    assert [one["code"] for one in row.report["set_aside"]] == ["statement_missing"]
    assert take(creditor, Statement("2026-03-03", "2026-03-03", opening="900.00")).report["set_aside"] == []


def test_a_file_that_is_no_statement_is_refused_by_name(creditor):
    with pytest.raises(ImportRefused) as refusal:
        import_books.import_file(creditor, b"<Document><BkToCstmrStmt>", "x.xml", at=AT, actor="test")
    assert refusal.value.problems
    assert not Import.objects.exists()


def test_money_out_and_fees_wait_for_nobody(creditor):
    take(creditor, books())
    take(creditor, statement().line("2026-02-24", "-50.00", "LOYER"))
    assert BankTransaction.objects.get().state == "aside"


def test_the_preview_says_what_would_come_and_writes_nothing(creditor):
    take(creditor, books())
    preview = import_books.inspect(creditor, paying().bytes(), "releve.xml")
    assert (preview.kind, preview.refused, preview.would["new"]["movements"]) == ("camt053", False, 1)
    assert not BankTransaction.objects.exists()


@given(
    days=st.lists(st.lists(st.integers(1, 3), max_size=3), min_size=5, max_size=5),
    windows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=5),
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_overlapping_statements_add_up_to_the_days_they_tell_of(creditor, days, windows):
    """Whatever periods are downloaded, in whatever order: each movement of each day once, also where two are alike."""
    with transaction.atomic():
        for place, (one, other) in enumerate(windows):
            first, last = sorted((one, other))
            made = Statement(f"2026-02-0{first + 1}", f"2026-02-0{last + 1}", name=f"{place}.xml")
            for day in range(first, last + 1):
                for amount in days[day]:
                    made.line(f"2026-02-0{day + 1}", f"{amount}.00", "SAME", payer="SAME", ref="SAME")
            take(creditor, made)
        told = {day for one, other in windows for day in range(min(one, other), max(one, other) + 1)}
        stored = sorted(BankTransaction.objects.values_list("booked_on__day", "amount"))
        assert stored == sorted((day + 1, amount * 100) for day in told for amount in days[day])
        transaction.set_rollback(True)


# --- booking and undoing --------------------------------------------------------------------------------------------


def test_a_yes_books_it_and_learns_who_pays(creditor):
    take(creditor, books())
    take(creditor, paying())
    done = book(creditor, best().pk, **STAMP)
    assert open_now(creditor) == {"FA26-0002": 45_050, "FA26-0003": 70_000}
    payment = Payment.objects.get()
    assert (payment.kind, payment.scope, payment.amount, payment.paid_on) == (
        "payment", "bank", 120_000, date(2026, 2, 24),
    )  # fmt: skip
    assert payment.spent_on == Receivable.objects.get(number="FA26-0001").settled_on == date(2026, 2, 24)
    assert done.movement.matches.filter(state="booked").count() == 1
    assert BankTransaction.objects.get().state == "booked"
    assert set(PayerLink.objects.values_list("kind", "value")) == {("iban", ALPHA), ("name", "ALPHA")}
    assert Entry.objects.filter(chain="ALPHA", kind="payment_booked").count() == 1
    with pytest.raises(MatchRefused, match="not_waiting"):
        book(creditor, done.pk, **STAMP)


def test_too_much_stays_as_credit(creditor):
    take(creditor, books())
    take(creditor, paying(amount="1250.00"))
    book(creditor, best().pk, **STAMP)
    assert "FA26-0001" not in open_now(creditor)
    assert credit(creditor) == 5_000 == best_over()


def best_over() -> int:
    return Match.objects.get(state="booked").over


def test_undo_takes_everything_back_and_forgets_what_was_learnt(creditor):
    take(creditor, books())
    take(creditor, paying(amount="1250.00"))
    done = book(creditor, best().pk, **STAMP)
    undo(creditor, done.pk, at=LATER, actor="claire")
    assert (open_now(creditor), credit(creditor)) == (ALL_OPEN, 0)
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [-125_000, 125_000]
    assert sorted(Allocation.objects.values_list("amount", flat=True)) == [-120_000, 120_000]
    assert not PayerLink.objects.filter(withdrawn_at__isnull=True).exists()
    assert Match.objects.get(pk=done.pk).state == "undone"
    signature = {(one.customer_id, one.over) for one in Match.objects.filter(state="proposed", ended_at=None)}
    assert (done.customer_id, 5_000) not in signature, "what was undone is not proposed again"
    assert Entry.objects.filter(chain="ALPHA", kind="match_undone").count() == 1
    with pytest.raises(MatchRefused, match="not_booked"):
        undo(creditor, done.pk, **STAMP)


def test_a_clear_winner_books_itself_when_that_is_wanted(creditor):
    creditor.book_above = Decimal("0.99")
    creditor.save()
    take(creditor, books())
    row = take(creditor, paying())
    assert row.report["new"]["booked"] == 1
    assert "FA26-0001" not in open_now(creditor)
    done = Match.objects.get()
    assert (done.state, done.actor, done.ended_at) == ("booked", "test", done.recorded_at)
    # Undone by a person, it does not book itself again.
    undo(creditor, done.pk, at=LATER, actor="claire")
    take(creditor, statement(name="other.xml").line("2026-02-26", "1.00", "x"), LATER)
    assert open_now(creditor) == ALL_OPEN


def test_the_same_invoice_is_not_booked_twice_in_one_go(creditor):
    creditor.book_above = Decimal("0.99")
    creditor.save()
    take(creditor, books())
    take(creditor, paying().line("2026-02-25", "1200.00", "FACTURE FA26-0001", payer="ALPHA SARL", iban=ALPHA))
    assert open_now(creditor)["FA26-0002"] == 45_050
    assert "FA26-0001" not in open_now(creditor)
    assert BankTransaction.objects.filter(state="booked").count() == 1


def test_a_refused_proposal_does_not_come_again(creditor):
    take(creditor, books())
    take(creditor, paying())
    no = refuse(creditor, best().pk, **STAMP)
    parts = {tuple(match.parts.values_list("receivable__number", "amount"))
             for match in Match.objects.filter(state="proposed", ended_at=None)}  # fmt: skip
    assert (("FA26-0001", 120_000),) not in parts
    assert Match.objects.get(pk=no.pk).state == "refused"


def test_a_discount_for_early_payment_settles_the_rest(creditor):
    """2 % off until 2 March, as the electronic invoice says: 1,176 pay the 1,200."""
    take(creditor, books())
    Invoice.objects.filter(number="FA26-0001").update(
        details={"discounts": [["2026-03-02", 2_400]], "payment_reference": "COMMANDE-778"}
    )
    take(creditor, paying("VOTRE REF COMMANDE-778", amount="1176.00"))
    done = book(creditor, best().pk, **STAMP)
    assert "discount_taken" in [one["code"] for one in done.reasons]
    assert (open_now(creditor), credit(creditor)) == ({"FA26-0002": 45_050, "FA26-0003": 70_000}, 0)
    assert sorted(Payment.objects.values_list("kind", "amount")) == [("correction", 2_400), ("payment", 117_600)]
    undo(creditor, done.pk, at=LATER, actor="claire")
    assert (open_now(creditor), credit(creditor)) == (ALL_OPEN, 0)


def test_what_is_no_customers_payment_is_set_aside_and_taken_up_again(creditor):
    take(creditor, books())
    take(creditor, paying())
    movement = BankTransaction.objects.get()
    set_aside(creditor, movement.pk, **STAMP)
    assert not Match.objects.filter(state="proposed", ended_at=None).exists()
    take(creditor, books().sale("BETA", "FA26-0004", "20260115", 1_000))
    assert BankTransaction.objects.get().state == "aside"
    take_up_again(creditor, movement.pk, **STAMP)
    assert BankTransaction.objects.get().state in ("open", "proposed")


def test_proposals_that_stay_the_same_stay(creditor):
    take(creditor, books())
    take(creditor, paying())
    before = best().pk
    take(creditor, books().sale("BETA", "FA26-0009", "20260220", 1_000))
    assert best().pk == before


# --- books and bank -------------------------------------------------------------------------------------------------


def paid_books(letter: str = "A") -> Fec:
    fec = Fec(2026)
    fec.sale("ALPHA", "FA26-0001", "20260105", 120_000, letter)
    fec.sale("ALPHA", "FA26-0002", "20260112", 45_050)
    fec.sale("BETA", "FA26-0003", "20260114", 70_000)
    return fec.paid("ALPHA", "VIR ALPHA", "20260225", 120_000, letter)


@pytest.mark.parametrize("letter", ["A", ""])
def test_the_books_knew_it_first(creditor, letter):
    take(creditor, paid_books(letter))
    before = (open_now(creditor), credit(creditor))
    row = take(creditor, paying())
    assert row.report["new"]["in_books"] == 1
    assert (open_now(creditor), credit(creditor)) == before
    assert Payment.objects.count() == 1
    match = Match.objects.get()
    assert (match.state, match.payment, match.reasons[0]["code"]) == ("booked", Payment.objects.get(), "in_books")


@pytest.mark.parametrize("letter", ["A", ""])
def test_the_bank_knew_it_first(creditor, letter):
    take(creditor, books())
    take(creditor, paying())
    book(creditor, best().pk, **STAMP)
    row = take(creditor, paid_books(letter), LATER)
    assert "bank_gave_way" in [note["code"] for note in row.report["notes"]]
    assert (open_now(creditor), credit(creditor)) == ({"FA26-0002": 45_050, "FA26-0003": 70_000}, 0)
    of_books = Payment.objects.exclude(scope="bank").get()
    standing = Match.objects.get(state="booked")
    assert standing.payment == of_books
    assert sum(Payment.objects.filter(scope="bank").values_list("amount", flat=True)) == 0
    # Once more, with something else: nothing moves again.
    take(creditor, paid_books(letter).sale("BETA", "FA26-0008", "20260220", 100), LATER)
    assert (open_now(creditor), credit(creditor)) == (
        {"FA26-0002": 45_050, "FA26-0003": 70_000, "FA26-0008": 100}, 0,
    )  # fmt: skip


def test_books_that_do_not_know_it_yet_leave_it_alone(creditor):
    take(creditor, books())
    take(creditor, paying())
    book(creditor, best().pk, **STAMP)
    take(creditor, books().sale("BETA", "FA26-0004", "20260220", 1_000), LATER)
    assert open_now(creditor) == {"FA26-0002": 45_050, "FA26-0003": 70_000, "FA26-0004": 1_000}
    assert Receivable.objects.get(number="FA26-0001").settled_on == date(2026, 2, 24)


def test_another_payment_of_the_same_amount_is_not_taken_for_it(creditor):
    """The books have the payment of FA26-0001; the bank tells of one more that names another invoice."""
    fec = paid_books().sale("ALPHA", "FA26-0005", "20260120", 120_000)
    take(creditor, fec)
    take(creditor, paying("FACTURE FA26-0005"))
    assert BankTransaction.objects.get().state == "proposed"
    book(creditor, best().pk, **STAMP)
    assert "FA26-0005" not in open_now(creditor)


def test_charges_apart_the_books_give_the_whole(creditor):
    """The bank brings 1,190; the books later say 1,200 paid within the week: the same money."""
    take(creditor, books())
    take(creditor, paying(amount="1190.00"))
    book(creditor, best().pk, **STAMP)
    take(creditor, paid_books(), LATER)
    assert (open_now(creditor), credit(creditor)) == ({"FA26-0002": 45_050, "FA26-0003": 70_000}, 0)


def test_an_invoice_the_books_dropped_leaves_a_credit(creditor):
    take(creditor, books())
    take(creditor, paying())
    book(creditor, best().pk, **STAMP)
    fec = Fec(2026).sale("ALPHA", "FA26-0002", "20260112", 45_050).sale("BETA", "FA26-0003", "20260114", 70_000)
    row = take(creditor, fec, LATER)
    assert "bank_paid_twice" in [note["code"] for note in row.report["notes"]]
    assert (open_now(creditor), credit(creditor)) == ({"FA26-0002": 45_050, "FA26-0003": 70_000}, 120_000)


def test_next_years_opening_without_the_invoice(creditor):
    """The books of the old year are never read again; the new ones open without what the bank saw paid."""
    take(creditor, books())
    take(creditor, paying())
    book(creditor, best().pk, **STAMP)
    fec = Fec(2027).opening(("ALPHA", "FA26-0002", "20260112", 45_050), ("BETA", "FA26-0003", "20260114", 70_000))
    take(creditor, fec, LATER)
    late = date(2027, 12, 31)
    assert (open_now(creditor, late), credit(creditor, late)) == ({"FA26-0002": 45_050, "FA26-0003": 70_000}, 0)


# --- what came back -------------------------------------------------------------------------------------------------


def returned(text: str = "REJET FA26-0001") -> Statement:
    return Statement("2026-03-05", "2026-03-06", name="rejet.xml", opening="2200.00").line(
        "2026-03-05", "-1200.00", text, payer="ALPHA SARL", iban=ALPHA, returned="AM04"
    )


def test_a_returned_debit_reopens_what_it_had_paid(creditor):
    take(creditor, books())
    take(creditor, paying())
    book(creditor, best().pk, **STAMP)
    row = take(creditor, returned(), LATER)
    assert row.report["new"]["returned"] == 1
    assert (open_now(creditor), credit(creditor)) == (ALL_OPEN, 0)
    assert "FA26-0001" not in open_now(creditor, date(2026, 3, 4)), "until it came back it had been paid"
    match = Match.objects.get(movement__amount__lt=0)
    assert match.reasons[0]["values"]["reason"] == "AM04"
    assert list(match.parts.values_list("receivable__number", "amount")) == [("FA26-0001", -120_000)]
    (entry,) = Entry.objects.filter(chain="ALPHA", kind="payment_returned")
    assert '"returned":"AM04"' in entry.payload
    # A mistake of the bank's: undone, it is paid again.
    undo(creditor, match.pk, at=LATER, actor="claire")
    assert (open_now(creditor), credit(creditor)) == ({"FA26-0002": 45_050, "FA26-0003": 70_000}, 0)


def test_what_came_back_of_a_payment_of_the_books(creditor):
    take(creditor, paid_books())
    take(creditor, returned(), LATER)
    assert (open_now(creditor), credit(creditor)) == (ALL_OPEN, 0)


def test_books_that_tell_of_the_return_are_not_counted_twice(creditor):
    take(creditor, books())
    take(creditor, paying())
    book(creditor, best().pk, **STAMP)
    take(creditor, returned(), LATER)
    take(creditor, paid_books(), LATER)
    assert (open_now(creditor), credit(creditor)) == (ALL_OPEN, 0), "the books know the payment, not yet its return"
    fec = paid_books("")
    fec._entry(
        "BQ", "Banque", "20260306",
        [
            ("51200000", "", "REJET", "20260306", -120_000, ""),
            ("41100000", "ALPHA", "VIR ALPHA", "20260306", 120_000, ""),
        ],
    )  # fmt: skip
    take(creditor, fec, LATER)
    assert sum(open_now(creditor).values()) - credit(creditor) == sum(ALL_OPEN.values())


def test_a_return_nobody_can_place_waits_for_a_person(creditor):
    take(creditor, books())
    take(creditor, returned(), LATER)
    assert BankTransaction.objects.get().state == "open"
    assert open_now(creditor) == ALL_OPEN


def test_another_customer_of_the_same_amount_is_left_alone(creditor):
    take(creditor, books().sale("GAMMA", "FA26-0010", "20260110", 120_000))
    take(creditor, paying())
    found = best()
    assert found.customer == Customer.objects.get(code="ALPHA")


def test_two_payments_alike_in_one_week_give_way_one_by_one(creditor):
    """Two invoices of one amount, paid two days apart; the books know the first payment, later both."""

    def told(*paid: tuple[str, str]) -> Fec:
        letters = dict(paid)
        fec = Fec(2026)
        for number in ("FA26-0021", "FA26-0022"):
            fec.sale("ALPHA", number, "20260105", 50_000, letters.get(number, ""))
        for place, (_number, letter) in enumerate(paid):
            fec.paid("ALPHA", f"VIR{place}", f"2026022{4 + 2 * place}", 50_000, letter)
        return fec

    take(creditor, told())
    made = statement()
    for day, number in (("2026-02-24", "FA26-0021"), ("2026-02-26", "FA26-0022")):
        made.line(day, "500.00", f"FACTURE {number}", payer="ALPHA SARL", iban=ALPHA)
    take(creditor, made)
    for match in Match.objects.filter(rank=0, state="proposed"):
        book(creditor, match.pk, **STAMP)
    assert (open_now(creditor), credit(creditor)) == ({}, 0)
    take(creditor, told(("FA26-0021", "A")), LATER)
    assert (open_now(creditor), credit(creditor)) == ({}, 0)
    assert Match.objects.filter(state="booked", payment__scope="bank").count() == 1
    take(creditor, told(("FA26-0021", "A"), ("FA26-0022", "B")), LATER)
    assert (open_now(creditor), credit(creditor)) == ({}, 0)
    assert not Match.objects.filter(state="booked", payment__scope="bank").exists()


def test_one_payment_at_the_bank_two_lines_in_the_books(creditor):
    take(creditor, books())
    take(creditor, paying("FA26-0001 FA26-0002", amount="1650.50"))
    book(creditor, best().pk, **STAMP)
    assert open_now(creditor) == {"FA26-0003": 70_000}
    fec = Fec(2026).sale("ALPHA", "FA26-0001", "20260105", 120_000, "A")
    fec.sale("ALPHA", "FA26-0002", "20260112", 45_050, "B").sale("BETA", "FA26-0003", "20260114", 70_000)
    fec.paid("ALPHA", "VIR", "20260225", 120_000, "A").paid("ALPHA", "VIR", "20260225", 45_050, "B")
    take(creditor, fec, LATER)
    assert (open_now(creditor), credit(creditor)) == ({"FA26-0003": 70_000}, 0)


def test_the_same_movement_told_by_another_format(creditor):
    """An intraday report tells of it before the statement does, with other references."""
    take(creditor, books())
    take(creditor, paying(ref="A"))
    other = paying(ref="B").line("2026-02-24", "1200.00", "AUTRE", payer="ALPHA SARL", iban=ALPHA, ref="C")
    content = other.bytes().replace(b"camt.053.001.02", b"camt.052.001.02")
    for old, new in ((b"BkToCstmrStmt", b"BkToCstmrAcctRpt"), (b"<Stmt>", b"<Rpt>"), (b"</Stmt>", b"</Rpt>")):
        content = content.replace(old, new)
    row = import_books.import_file(creditor, content, "intraday.xml", at=AT, actor="test")
    assert (row.kind, row.report["new"]["movements"]) == ("camt052", 1), "one of the two was known"
    assert BankTransaction.objects.count() == 2


RIB = "30006/00001/12345678901"


def in_format(kind: str, movements: list[tuple[int, int]], first: int, last: int) -> bytes:
    """The movements (day of February 2026, whole euros) of those days, as a bank writes them in a format."""
    kept = [one for one in movements if first <= one[0] <= last]
    if kind == "camt":
        made = Statement(f"2026-02-0{first}", f"2026-02-0{last}")
        for day, amount in kept:
            made.line(f"2026-02-0{day}", f"{amount}.00", "SAME", ref="SAME")
        return made.bytes()
    if kind == "mt940":
        lines = [f":61:26020{day}020{day}C{amount},NTRFNONREF\n:86:VIR DE: SAME MOTIF: SAME" for day, amount in kept]
        return "\n".join([":20:X", f":25:{RIB}", ":28C:1", ":60F:C260201EUR0,", *lines, "-"]).encode()
    if kind == "ofx":
        parts = "".join(
            f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>2026020{day}<TRNAMT>{amount}.00<FITID>{place}<NAME>SAME</STMTTRN>"
            for place, (day, amount) in enumerate(movements)
            if (day, amount) in kept
        )
        account = "<BANKACCTFROM><BANKID>30006<BRANCHID>00001<ACCTID>12345678901</BANKACCTFROM>"
        return f"OFXHEADER:100\n<OFX><STMTRS><CURDEF>EUR{account}<BANKTRANLIST>{parts}</STMTRS></OFX>".encode()
    head = "30006    00001EUR2 12345678901"
    records = [f"01{head}  01{'0226':54}0000000000000{{", *(
        f"04{head}05{f'0{day}0226':14}{'SAME':42}{amount * 10:013d}{{" for day, amount in kept
    ), f"07{head}  0{last}{'0226':54}0000000000000{{"]  # fmt: skip
    return "\n".join(records).encode()


@given(
    movements=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2)), min_size=1, max_size=6),
    files=st.lists(
        st.tuples(st.sampled_from(["camt", "mt940", "ofx", "cfonb"]), st.integers(1, 4), st.integers(1, 4)),
        min_size=2, max_size=4,
    ),
)  # fmt: skip
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_formats_and_their_order_each_movement_is_told_once(creditor, movements, files):
    with transaction.atomic():
        told: set[int] = set()
        for kind, one, other in files:
            first, last = sorted((one, other))
            told |= set(range(first, last + 1))
            content = in_format(kind, movements, first, last)
            import_books.import_file(creditor, content, kind, at=AT, actor="test")
        stored = sorted(BankTransaction.objects.values_list("booked_on__day", "amount"))
        assert stored == sorted((day, amount * 100) for day, amount in movements if day in told)
        assert BankAccount.objects.count() == 1
        transaction.set_rollback(True)


def test_two_payments_alike_on_two_pages_of_one_statement_stay_two(creditor):
    page = (
        f":20:X\n:25:{RIB}\n:28C:1/{{}}\n:60{{}}:C260201EUR{{}},\n:61:2602020202C5,NTRF\n:62{{}}:C260202EUR{{}},\n-\n"
    )
    pages = page.format(1, "F", 0, "M", 5) + page.format(2, "M", 5, "F", 10)
    for _ in range(2):
        import_books.import_file(creditor, pages.encode(), "x.sta", at=AT, actor="test")
        pages += "\n"
    assert BankTransaction.objects.count() == 2
    # The file that repeats a page adds nothing, another format neither.
    again = page.format(2, "M", 5, "F", 10) * 2
    import_books.import_file(creditor, again.encode(), "x.sta", at=AT, actor="test")
    import_books.import_file(creditor, in_format("cfonb", [(2, 5), (2, 5)], 1, 2), "x.txt", at=AT, actor="test")
    assert BankTransaction.objects.count() == 2


def batch(kind: bytes, *, detailed: bool) -> bytes:
    """One entry of 1,650.50 for two transfers of ALPHA; `detailed`: the two are told one by one."""
    made = statement().line("2026-02-24", "1650.50", "REMISE", ref="LOT")
    parts = b"".join(
        b'<TxDtls><Amt Ccy="EUR">%s</Amt><CdtDbtInd>CRDT</CdtDbtInd><RmtInf><Ustrd>%s</Ustrd></RmtInf></TxDtls>' % part
        for part in ((b"1200.00", b"FA26-0001"), (b"450.50", b"FA26-0002"))
    )
    content = made.bytes()
    begin, end = content.index(b"<TxDtls>"), content.index(b"</TxDtls>") + len(b"</TxDtls>")
    content = content[:begin] + parts + content[end:] if detailed else content
    if kind == b"camt.054":
        for old, new in ((b"BkToCstmrStmt", b"BkToCstmrDbtCdtNtfctn"), (b"Stmt>", b"Ntfctn>")):
            content = content.replace(old, new)
    return content.replace(b"camt.053", kind)


@pytest.mark.parametrize("first", ["total", "parts"])
def test_a_batch_told_as_a_total_and_by_its_parts_is_told_once(creditor, first):
    take(creditor, books())
    total, parts = batch(b"camt.053", detailed=False), batch(b"camt.054", detailed=True)
    for content in (total, parts) if first == "total" else (parts, total):
        import_books.import_file(creditor, content, "x.xml", at=AT, actor="test")
    assert sum(BankTransaction.objects.values_list("amount", flat=True)) == 165_050
    assert BankTransaction.objects.count() == (1 if first == "total" else 2)
