"""Electronic invoices in the ledger: once, whatever came before or comes after."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.exchange.einvoice_samples import FILES, amounts, pdf
from tests.ledger.books import AT, Fec
from tests.ledger.einvoices import BUYER, SELLER, cii

if TYPE_CHECKING:
    from encaisse.ledger.models import Import
    from encaisse.parties.models import Creditor

OTHER = {"buyer": "Gamma", "buyer_id": "443061841"}
THREE = (("20260215", "400.00"), ("20260315", "400.00"), ("20260415", "400.00"))


@pytest.fixture
def ours(creditor: Creditor) -> Creditor:
    """The creditor with the number its invoices bear."""
    creditor.siren = SELLER
    creditor.save()
    return creditor


def take(creditor: Creditor, content: bytes, name: str = "invoice.xml") -> Import:
    from encaisse.ledger.import_books import import_file

    return import_file(creditor, content, name, at=AT, actor="test")


def rows() -> list[tuple[Any, ...]]:
    """Code, number, amount, due on, from where: every receivable, and what is open of it."""
    from encaisse.ledger.models import Receivable

    found = []
    for row in Receivable.objects.select_related("customer").order_by("number", "due_on", "pk"):
        taken = sum(row.allocations.values_list("amount", flat=True))
        found.append((row.customer.code, row.number, row.amount - taken, row.due_on.isoformat(), row.due_from))
    return found


def test_a_new_invoice_makes_its_customer_and_its_claim(ours: Creditor) -> None:
    from encaisse.ledger.models import Invoice

    row = take(ours, cii(delivered="20260110", terms="Escompte 2 % sous 10 jours"))
    assert rows() == [(BUYER, "F-1", 1200_00, "2026-02-28", "invoice")]
    invoice = Invoice.objects.get()
    assert (invoice.customer.name, invoice.customer.siren) == ("Alpha SARL", BUYER)
    assert invoice.performed_on == date(2026, 1, 10)
    assert invoice.details["discounts"] == [["2026-01-25", 24_00]]
    assert row.kind == "cii"
    assert [one["code"] for one in row.report["set_aside"]] == ["customer_made"]
    assert take(ours, cii(delivered="20260110", terms="Escompte 2 % sous 10 jours")).report["unchanged"]


def test_the_books_come_first_and_the_invoice_completes_them(ours: Creditor) -> None:
    from encaisse.ledger.models import Customer, Invoice

    fec = Fec(2026).sale("CALPHA", "F-1", "20260115", 1200_00)
    take(ours, fec.bytes(), fec.name)
    document = pdf(("factur-x.xml", cii()))
    row = take(ours, document, "F-1.pdf")
    assert rows() == [("CALPHA", "F-1", 1200_00, "2026-02-28", "invoice")]
    assert (row.kind, row.report["changed"]["due_dates"]) == ("factur-x", 1)
    invoice = Invoice.objects.get()
    assert invoice.document == row.sha256
    assert Customer.objects.get().siren == BUYER
    take(ours, fec.paid("CALPHA", "VIR1", "20260301", 500_00).bytes(), fec.name)
    assert rows() == [("CALPHA", "F-1", 700_00, "2026-02-28", "invoice")], "the due date stays"


def test_the_books_come_later_and_find_the_invoice(ours: Creditor) -> None:
    from encaisse.ledger.models import Customer, Invoice

    take(ours, cii())
    fec = Fec(2026).sale("CALPHA", "F-1", "20260115", 1200_00, "A").paid("CALPHA", "VIR1", "20260301", 500_00, "A")
    preview = _inspect(ours, fec)
    assert preview.would["new"]["invoices"] == 0
    row = take(ours, fec.bytes(), fec.name)
    assert rows() == [("CALPHA", "F-1", 700_00, "2026-02-28", "invoice")]
    assert (row.report["new"]["customers"], row.report["new"]["invoices"]) == (0, 0)
    twin = Customer.objects.get(code=BUYER)
    assert twin.merged_into is not None
    assert (twin.merged_into.code, twin.merged_into.siren) == ("CALPHA", BUYER)
    assert Invoice.objects.get().scope == "fec:2026"
    take(ours, cii("F-2", "100.00"))
    assert rows()[1][:3] == ("CALPHA", "F-2", 100_00), "the next invoice is of the customer of the books"


def test_books_that_begin_with_an_opening_find_it_too(ours: Creditor) -> None:
    take(ours, cii())
    fec = Fec(2027).opening(("CALPHA", "F-1", "20260115", 1200_00))
    take(ours, fec.bytes(), fec.name)
    assert rows() == [("CALPHA", "F-1", 1200_00, "2026-02-28", "invoice")]
    before = Fec(2026).sale("CALPHA", "F-1", "20260115", 1200_00)
    take(ours, before.bytes(), before.name)
    assert rows() == [("CALPHA", "F-1", 1200_00, "2026-02-28", "invoice")]


@pytest.mark.parametrize("books_first", [True, False])
def test_instalments_are_receivables_whatever_came_first(ours: Creditor, books_first: bool) -> None:
    fec = Fec(2026).sale("CALPHA", "F-1", "20260115", 1200_00, "A").paid("CALPHA", "V", "20260301", 500_00, "A")
    told = [lambda: take(ours, fec.bytes(), fec.name), lambda: take(ours, cii(parts=THREE))]
    for one in told if books_first else reversed(told):
        one()
    expected = [
        ("CALPHA", "F-1", 0, "2026-02-15", "invoice"),
        ("CALPHA", "F-1", 300_00, "2026-03-15", "invoice"),
        ("CALPHA", "F-1", 400_00, "2026-04-15", "invoice"),
    ]
    assert rows() == expected
    again = Fec(2026, list(fec.lines), fec.count).sale("CALPHA", "F-9", "20260401", 10_00)
    take(ours, again.bytes(), again.name)
    assert rows()[:3] == expected, "the same books again change nothing of it"


def test_a_credit_note_is_set_against_the_invoice_it_names(ours: Creditor) -> None:
    take(ours, cii())
    row = take(ours, cii("A-1", "200.00", code="381", names="F-1", issued="20260201"))
    assert rows() == [(BUYER, "F-1", 1000_00, "2026-02-28", "invoice")]
    assert row.report["new"] == {"payments": 1, "allocations": 1}
    fec = Fec(2026).sale("CALPHA", "F-1", "20260115", 1200_00, "A")
    fec.credit_note("CALPHA", "A-1", "20260201", 200_00, "A")
    for _newer in range(2):
        take(ours, fec.bytes(), fec.name)
        assert rows()[0] == ("CALPHA", "F-1", 1000_00, "2026-02-28", "invoice")
        assert len(_payments()) == 1
        fec.sale("CALPHA", "F-2", "20260501", 10_00)


def test_a_credit_note_the_books_know_is_no_second_one(ours: Creditor) -> None:
    fec = Fec(2026).sale("CALPHA", "F-1", "20260115", 1200_00).credit_note("CALPHA", "A-1", "20260201", 200_00)
    take(ours, fec.bytes(), fec.name)
    take(ours, cii("A-1", "200.00", code="381", names="F-1", issued="20260201"))
    assert rows()[0][:3] == ("CALPHA", "F-1", 1000_00)
    assert len(_payments()) == 1


def test_a_credit_note_of_nothing_known_is_credit(ours: Creditor) -> None:
    from encaisse.ledger.balance import unallocated

    row = take(ours, cii("A-1", "200.00", code="381", names="F-0"))
    assert "preceding_unknown" in [one["code"] for one in row.report["set_aside"]]
    assert unallocated(ours, date(2026, 6, 1))["credit"].to_list() == [200_00]


def test_a_credit_note_may_come_before_the_invoice_it_names(ours: Creditor) -> None:
    take(ours, cii("A-1", "200.00", code="381", names="F-1", issued="20260201"))
    take(ours, cii("F-12", "500.00"))
    take(ours, cii())
    assert [one[1:3] for one in rows()] == [("F-1", 1000_00), ("F-12", 500_00)]


def test_a_corrected_invoice_stands_for_the_one_it_names(ours: Creditor) -> None:
    take(ours, cii())
    row = take(ours, cii("F-2", "1100.00", code="384", names="F-1"))
    assert [one[1:3] for one in rows()] == [("F-1", 0), ("F-2", 1100_00)]
    assert "invoice_replaced" in [one["code"] for one in row.report["set_aside"]]


def test_a_corrected_invoice_may_come_before_the_one_it_names(ours: Creditor) -> None:
    take(ours, cii("F-2", "1100.00", code="384", names="F-1", issued="20260120"))
    row = take(ours, cii())
    assert [one[1:3] for one in rows()] == [("F-1", 0), ("F-2", 1100_00)]
    assert "invoice_replaced" in [one["code"] for one in row.report["set_aside"]]


def test_what_was_paid_on_a_corrected_invoice_stays_credit_and_what_was_credited_does_not(ours: Creditor) -> None:
    from encaisse.ledger.balance import unallocated

    fec = Fec(2026).sale("CALPHA", "F-1", "20260115", 1200_00, "A").paid("CALPHA", "V", "20260201", 500_00, "A")
    take(ours, fec.bytes(), fec.name)
    take(ours, cii("A-1", "200.00", code="381", names="F-1", issued="20260202"))
    take(ours, cii("F-2", "1100.00", code="384", names="F-1", issued="20260203"))
    assert [one[1:3] for one in rows()] == [("F-1", 0), ("F-2", 1100_00)]
    assert unallocated(ours, date(2026, 6, 1))["credit"].to_list() == [500_00]
    take(ours, cii("F-3", "300.00", **OTHER))
    take(ours, cii("A-3", "300.00", code="381", names="F-3", **OTHER))
    take(ours, cii("F-4", "250.00", code="384", names="F-3", **OTHER))
    assert rows()[2:] == [("443061841", "F-3", 0, "2026-02-28", "invoice"),
                          ("443061841", "F-4", 250_00, "2026-02-28", "invoice")]  # fmt: skip
    assert unallocated(ours, date(2026, 6, 1))["credit"].to_list() == [500_00], "it was credited, never paid"


def test_a_correction_below_zero_takes_the_difference_off(ours: Creditor) -> None:
    take(ours, cii())
    take(ours, cii("F-2", "-150.00", code="384", names="F-1"))
    assert [one[1:3] for one in rows()] == [("F-1", 1050_00)]


@pytest.mark.parametrize("code", ["261", "381", "396", "503"])
def test_credits_of_every_kind_go_over_the_parts_and_what_is_left_is_credit(ours: Creditor, code: str) -> None:
    from encaisse.ledger.balance import unallocated

    take(ours, cii(parts=THREE))
    take(ours, cii("A-1", "500.00", code=code, names="F-1", issued="20260201"))
    assert [one[2] for one in rows()] == [0, 300_00, 400_00]
    take(ours, cii("A-2", "900.00", code=code, names="F-1", issued="20260202"))
    assert [one[2] for one in rows()] == [0, 0, 0]
    assert unallocated(ours, date(2026, 6, 1))["credit"].to_list() == [200_00]


def test_a_final_invoice_asks_for_what_its_prepayment_left(ours: Creditor) -> None:
    take(ours, cii("F-1", "300.00", code="386"))
    left = amounts(net="1000.00", tax="200.00", gross="1200.00", prepaid="300.00", payable="900.00")
    take(ours, cii("F-2", totals=left, names="F-1"))
    assert [one[1:3] for one in rows()] == [("F-1", 300_00), ("F-2", 900_00)]


def test_more_prepaid_than_due_is_credit_once(ours: Creditor) -> None:
    from encaisse.ledger.balance import unallocated

    over = amounts(net="1000.00", tax="200.00", gross="1200.00", prepaid="1300.00", payable="-100.00")
    fec = Fec(2026).sale("CALPHA", "F-1", "20260115", 1200_00, "A").paid("CALPHA", "V", "20260110", 1300_00, "A")
    take(ours, fec.bytes(), fec.name)
    take(ours, pdf(("factur-x.xml", cii(totals=over))), "F-1.pdf")
    assert unallocated(ours, date(2026, 6, 1))["credit"].to_list() == [100_00], "the books told of it"
    take(ours, cii("F-2", totals=over, **OTHER))
    assert unallocated(ours, date(2026, 6, 1))["credit"].to_list() == [100_00, 100_00]
    assert [one[1:3] for one in rows()] == [("F-1", 0)]


def test_what_claims_nothing_is_refused_by_name(ours: Creditor) -> None:
    from encaisse.ledger.import_books import ImportRefused

    with pytest.raises(ImportRefused) as refused:
        take(ours, cii(code="325"))
    assert [one.code for one in refused.value.problems] == ["proforma"]


@pytest.mark.parametrize("code", ["326", "380", "383", "386", "389"])
def test_prepayments_and_self_billed_invoices_are_claims(ours: Creditor, code: str) -> None:
    take(ours, cii(code=code))
    assert rows() == [(BUYER, "F-1", 1200_00, "2026-02-28", "invoice")]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"seller": "Autre", "seller_id": "443061841"}, "invoice_of_another"),
        ({"seller": "Autre", "seller_id": "443061841", "buyer_id": SELLER}, "invoice_bought"),
    ],
)
def test_invoices_of_others_are_set_aside_by_name(ours: Creditor, more: dict[str, str], code: str) -> None:
    from encaisse.ledger.import_books import ImportRefused

    with pytest.raises(ImportRefused) as refused:
        take(ours, cii(**more))  # type: ignore[arg-type]
    (told,) = [one for one in refused.value.problems if one.code == code]
    assert "Autre" in told.message


def test_totals(ours: Creditor) -> None:
    take(ours, cii("F-0", "0.00"))
    take(ours, cii("F-N", "-50.00"))
    row = take(ours, cii("F-D", totals=amounts(net="100.00", tax="20.00", gross="130.00", payable="130.00")))
    assert [one[1:3] for one in rows()] == [("F-0", 0), ("F-D", 130_00)]
    assert [one.amount for one in _payments()] == [50_00]
    assert "totals_disagree" in [one["code"] for one in row.report["set_aside"]]


def test_what_the_books_say_otherwise_is_kept_and_told(ours: Creditor) -> None:
    fec = Fec(2026).sale("CALPHA", "F-1", "20260115", 1000_00)
    take(ours, fec.bytes(), fec.name)
    from encaisse.ledger.models import Customer

    Customer.objects.update(siren=BUYER)
    row = take(ours, cii())
    assert rows() == [("CALPHA", "F-1", 1000_00, "2026-02-28", "invoice")]
    assert [one["code"] for one in row.report["set_aside"]] == ["books_say_otherwise"]


def test_a_plain_pdf_is_attached_by_its_name(ours: Creditor) -> None:
    from encaisse.ledger.import_books import ImportRefused
    from encaisse.ledger.models import Invoice

    take(ours, cii())
    row = take(ours, pdf(), "facture F-1.pdf")
    assert (row.kind, Invoice.objects.get().document) == ("invoice_pdf", row.sha256)
    with pytest.raises(ImportRefused) as refused:
        take(ours, pdf(("a.txt", b"")), "F-7.pdf")
    assert [one.code for one in refused.value.problems] == ["document_without_invoice"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_sample_is_looked_at_and_taken_or_refused(ours: Creditor, path: Path) -> None:
    from encaisse.exchange.facturx import read_einvoice
    from encaisse.ledger.import_books import ImportRefused, inspect

    told = read_einvoice(path.read_bytes())
    ours.siren, ours.vat_number, ours.name = "", "", told.invoices[0].seller if told.invoices else "x"
    preview = inspect(ours, path.read_bytes(), path.name)
    if preview.refused:
        with pytest.raises(ImportRefused):
            take(ours, path.read_bytes(), path.name)
        return
    row = take(ours, path.read_bytes(), path.name)
    new = {name: value for name, value in row.report["new"].items() if name in preview.would["new"]}
    assert new == {name: value for name, value in preview.would["new"].items() if value}


def _payments() -> list[Any]:
    from encaisse.ledger.models import Payment

    return list(Payment.objects.all())


def _inspect(creditor: Creditor, fec: Fec) -> Any:
    from encaisse.ledger.import_books import inspect

    return inspect(creditor, fec.bytes(), fec.name)
