"""Stories of what comes in: invoices, their statuses, their documents, and books from several sources."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import override

from encaisse.ledger.freshness import sources
from encaisse.ledger.models import BankAccount, BankBalance, Import, Invoice, InvoiceStatus, Receivable
from encaisse.parties.models import Customer
from encaisse.recovery.after_import import after_import
from encaisse.recovery.models import Dispute, Promise, Suspension
from encaisse.recovery.timeline import timeline
from encaisse.recovery.today import today
from tests.exchange.einvoice_samples import pdf
from tests.factories import instant, make_books
from tests.ledger.books import Fec
from tests.ledger.einvoices import cii
from tests.stories.telling import Story, on


def drop(story: Story, day: str, content: bytes, name: str = "file.xml") -> Any:
    """Somebody drops a file on a day; recovery follows, as after every import."""
    from encaisse.ledger.import_books import import_file

    row = import_file(story.creditor, content, name, at=instant(on(day), 9), actor="test")
    after_import(story.creditor, on(day), at=instant(on(day), 9), actor="test")
    return row


def drop_folder(story: Story, day: str, folder: Path) -> list[Any]:
    """Everything in a folder, archives opened, in the order the import command takes it."""
    from encaisse.cli.incoming import collected
    from encaisse.ledger.import_books import ImportRefused, import_file

    done = []
    with collected([folder], lambda _name: None) as files:
        for one in files:
            try:
                done.append(import_file(story.creditor, one.path, one.name, at=instant(on(day), 9), actor="test"))
            except ImportRefused as refused:
                done.append(refused.problems[0].code)
    after_import(story.creditor, on(day), at=instant(on(day), 9), actor="test")
    return done


def status(number: str, code: str, day: str, **more: str) -> bytes:
    """A file of one status, in the plain form."""
    fields = {"invoice": number, "code": code, "date": day, **more}
    return (";".join(fields) + "\n" + ";".join(fields.values()) + "\n").encode()


def titles(story: Story, day: str) -> list[str]:
    with override("en"):
        return [f"{task.kind} {task.title}" for task in today(story.creditor, on(day)).mend]


def test_contacts_may_come_before_anything_is_owed(story: Story) -> None:
    drop(story, "2026-01-15", b"customer_code;name;email;terms\nKILO;Kilo;a@kilo.example;30 jours\n", "contacts.csv")
    assert Customer.objects.filter(code="KILO").exists()


def test_a_refused_invoice_never_starts_the_clock_and_becomes_work(story: Story) -> None:
    drop(story, "2026-01-15", cii())
    drop(story, "2026-01-20", status("F-1", "210", "2026-01-19", motif="SIRET_ERR"), "s.csv")
    (pause,) = Suspension.objects.all()
    assert (pause.kind, pause.receivable.number) == ("paused", "F-1")
    assert "210" in pause.reason
    for day in ("2026-01-21", "2026-02-17", "2026-03-10", "2026-04-14", "2026-06-30"):
        story.a_day(day)
    assert story.left() == []
    assert titles(story, "2026-03-15") == ["invoice_stopped Invoice to mend: F-1"]
    assert story.verdict("2026-07-01", "552100554")["step"] is None


def test_a_rejected_invoice_that_is_sent_again_is_chased_like_any_other(story: Story) -> None:
    drop(story, "2026-01-15", cii())
    drop(story, "2026-01-20", status("F-1", "213", "2026-01-16"), "s.csv")
    drop(story, "2026-01-25", status("F-1", "203", "2026-01-24"), "t.csv")
    (pause,) = Suspension.objects.all()
    assert pause.ends_on == date(2026, 1, 25)
    assert titles(story, "2026-01-26") == []


def test_a_partial_approval_disputes_what_is_not_approved(story: Story) -> None:
    drop(story, "2026-01-15", cii())
    told = status("F-1", "206", "2026-01-19", montant="200,00", **{"code motif": "QTE_ERR"})
    drop(story, "2026-01-20", told, "s.csv")
    (dispute,) = Dispute.objects.all()
    assert (dispute.amount, dispute.ground) == (200_00, "quantity")
    drop(story, "2026-02-01", status("F-1", "205", "2026-01-31"), "t.csv")
    dispute.refresh_from_db()
    assert dispute.ends_on == date(2026, 2, 1), "approved as a whole: nothing is disputed any more"


def test_a_dispute_by_status_stops_that_invoice_only(story: Story) -> None:
    drop(story, "2026-01-15", cii())
    drop(story, "2026-01-15", cii("F-2", "100.00"))
    drop(story, "2026-01-20", status("F-1", "207", "2026-01-19"), "s.csv")
    (dispute,) = Dispute.objects.all()
    assert (dispute.amount, dispute.receivable.number) == (None, "F-1")
    assert [task.kind for task in today(story.creditor, on("2026-01-28")).mend] == ["dispute_unanswered"]


def test_a_status_is_evidence_on_the_timeline(story: Story) -> None:
    drop(story, "2026-01-15", cii())
    drop(story, "2026-01-20", status("F-1", "205", "2026-01-19"), "s.csv")
    customer = Receivable.objects.get().customer
    (event,) = [one for one in timeline(story.creditor, customer) if one.kind == "status_read"]
    assert (event.payload["code"], event.payload["on"]) == ("205", "2026-01-19")


def test_money_announced_is_waited_for(story: Story) -> None:
    drop(story, "2026-01-15", cii())
    drop(story, "2026-03-02", status("F-1", "211", "2026-03-02", **{"date de paiement": "2026-03-06"}), "s.csv")
    (promise,) = Promise.objects.all()
    assert promise.promised_for == date(2026, 3, 6)
    assert story.verdict("2026-03-05", "552100554")["step"] is None


def test_money_received_is_asked_to_be_declared(story: Story) -> None:
    drop(story, "2026-01-15", cii())
    drop(story, "2026-01-20", status("F-1", "205", "2026-01-19"), "s.csv")
    story.rows["F-1"] = Receivable.objects.get()
    story.pays("2026-02-20", 1200, "F-1", of="552100554")
    assert titles(story, "2026-02-21") == ["receipt_undeclared Receipt to declare: F-1"]
    drop(story, "2026-02-22", status("F-1", "212", "2026-02-22"), "t.csv")
    assert titles(story, "2026-02-23") == []


def test_a_status_before_its_invoice_waits_for_it(story: Story) -> None:
    drop(story, "2026-01-15", cii("F-2", "10.00"))
    both = status("F-1", "207", "2026-01-19") + b"F-2;205;2026-01-19\n"
    first = drop(story, "2026-01-20", both, "s.csv")
    assert [one["code"] for one in first.report["set_aside"]] == ["status_of_unknown_invoice"]
    drop(story, "2026-01-21", cii())
    again = drop(story, "2026-01-22", both, "s.csv")
    assert (again.pk, again.report["new"]["statuses"]) == (first.pk, 1)
    assert InvoiceStatus.objects.count() == 2
    assert Dispute.objects.get().receivable.number == "F-1"


def test_an_invoice_drawn_by_direct_debit_waits_for_the_bank(story: Story) -> None:
    means = "<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>59</ram:TypeCode>"
    drop(story, "2026-01-15", cii(means=f"{means}</ram:SpecifiedTradeSettlementPaymentMeans>"))
    (wait,) = Suspension.objects.all()
    assert (wait.kind, wait.ends_on) == ("debit_pending", date(2026, 3, 8))


def test_documents_in_a_folder_and_in_an_archive_find_their_invoices(story: Story, tmp_path: Path) -> None:
    fec = Fec(2026).sale("CALPHA", "F-1", "20260115", 1200_00).sale("CALPHA", "F-2", "20260116", 100_00)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / fec.name).write_bytes(fec.bytes())
    (folder / "Facture_F-1_Alpha.pdf").write_bytes(pdf())
    with zipfile.ZipFile(folder / "factures.zip", "w") as archive:
        archive.writestr("2026/F-2.pdf", pdf(("note.txt", b"x")))
        archive.writestr("2026/F-9.pdf", pdf(("note.txt", b"y")))
    done = drop_folder(story, "2026-02-01", folder)
    kinds = sorted(one if isinstance(one, str) else one.kind for one in done)
    assert kinds == ["document_without_invoice", "fec", "invoice_pdf", "invoice_pdf"]
    assert all(row.document for row in Invoice.objects.all())


def test_each_verdict_says_how_fresh_books_and_bank_are(story: Story) -> None:
    make_books(story.creditor, date(2026, 3, 1))
    story.invoice("F-1", "2026-01-05", "2026-02-04", 100)
    assert story.verdict("2026-03-05")["freshness"] == {"books_to": "2026-03-01", "bank_to": None}
    account = BankAccount.objects.create(creditor=story.creditor, number="FR7612", currency="EUR")
    imported = Import.objects.get()
    BankBalance.objects.create(
        creditor=story.creditor, account=account, kind="closing", on=date(2026, 3, 4), amount=1, source=imported
    )
    found = story.explained("2026-03-05").json["freshness"]
    assert found == {"books_to": "2026-03-01", "bank_to": "2026-03-04"}
    assert [(one.kind, one.label, one.to) for one in sources(story.creditor)] == [
        ("books", "", date(2026, 3, 1)), ("bank", "FR7612", date(2026, 3, 4)),
    ]  # fmt: skip


def test_without_books_the_bank_says_how_far_payments_are_known(story: Story) -> None:
    from encaisse.ledger.freshness import books_to

    assert books_to(story.creditor) is None
    drop(story, "2026-01-15", cii())
    assert books_to(story.creditor) == date(2026, 1, 15)
    assert story.verdict("2026-06-01", "552100554")["reason"] == "stale_books"


def test_a_merged_customer_is_seen_and_chased_as_one(story: Story) -> None:
    from encaisse.ledger import merge_customers
    from encaisse.recovery.customers import page
    from encaisse.recovery.models import Action

    story.customer("ALPHA", name="Alpha SARL")
    story.customer("ALPHA2", name="Alpha")
    story.invoice("F-1", "2026-01-05", "2026-02-04", 100)
    story.invoice("F-2", "2026-01-05", "2026-02-04", 200, of="ALPHA2")
    make_books(story.creditor, date(2026, 2, 20))
    story.run("2026-02-24")
    assert Action.objects.filter(status="planned").count() == 2
    keep, twin = (Customer.objects.get(code=code) for code in ("ALPHA", "ALPHA2"))
    merge_customers.merge(story.creditor, keep, twin, **story.stamp("2026-02-24"))
    after_import(story.creditor, on("2026-02-24"), at=instant(on("2026-02-24"), 9), actor="test")
    assert not Action.objects.filter(status="planned", customer=twin).exists(), "nothing is owed there any more"
    (row,) = page(story.creditor, day=on("2026-02-25")).rows
    assert (row.customer.code, row.open) == ("ALPHA", 300_00)
    verdicts = {one["customer"]["code"]: one for one in story.run("2026-02-25").verdicts}
    assert "ALPHA2" not in verdicts or verdicts["ALPHA2"]["step"] is None
    merge_customers.undo(story.creditor, Customer.objects.get(code="ALPHA2"), **story.stamp("2026-02-26"))
    after_import(story.creditor, on("2026-02-26"), at=instant(on("2026-02-26"), 9), actor="test")
    assert {one.customer.code: one.open for one in page(story.creditor, day=on("2026-02-26")).rows} == {
        "ALPHA": 100_00, "ALPHA2": 200_00,
    }  # fmt: skip
