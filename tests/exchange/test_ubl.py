"""UBL invoices and credit notes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from encaisse.exchange.cii import read_cii
from encaisse.exchange.einvoice import EInvoice
from encaisse.exchange.ubl import read_ubl
from encaisse.exchange.xml_kinds import known_by_head
from tests.exchange.einvoice_samples import cii, sample, ubl

D = Decimal
BEFORE = (
    "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>U0</cbc:ID><cbc:IssueDate>2025-12-01</cbc:IssueDate>"
    "</cac:InvoiceDocumentReference></cac:BillingReference>"
)


def one(data: bytes) -> EInvoice:
    return read_ubl(data).invoices[0]


def terms(due: str, amount: str = "", percent: str = "") -> str:
    return (
        f"<cac:PaymentTerms>{f'<cbc:PaymentPercent>{percent}</cbc:PaymentPercent>' if percent else ''}"
        f"{f'<cbc:Amount>{amount}</cbc:Amount>' if amount else ''}"
        f"<cbc:InstallmentDueDate>{due}</cbc:InstallmentDueDate></cac:PaymentTerms>"
    )


def test_an_invoice() -> None:
    invoice = one(ubl(head="<cbc:DueDate>2026-02-14Z</cbc:DueDate>"))
    assert (invoice.number, invoice.due_on, invoice.currency) == ("U1", date(2026, 2, 14), "EUR")
    assert (invoice.net, invoice.tax, invoice.gross) == (D(100), D(20), D(120))


def test_structured_discounts_of_the_german_cius() -> None:
    invoice = one(sample("01.10a-INVOICE_ubl.xml"))
    assert [(one.percent, one.days) for one in invoice.discounts] == [(D("2.00"), 7), (D("1.00"), 14)]


def test_both_syntaxes_of_one_invoice_say_the_same() -> None:

    first, second = one(sample("01.10a-INVOICE_ubl.xml")), read_cii(sample("01.10a-INVOICE_uncefact.xml")).invoices[0]
    for name in ("number", "type", "issued_on", "due_on", "payable", "seller", "buyer", "iban", "discounts", "terms"):
        assert getattr(first, name) == getattr(second, name), name


def test_a_credit_note_is_linked_and_reduces() -> None:
    data = ubl(credit=True, head=BEFORE)
    invoice = one(data)
    assert (invoice.type, invoice.gross, invoice.payable) == ("credit_note", D(-120), D(-120))
    assert [(before.number, before.issued_on) for before in invoice.preceding] == [("U0", date(2025, 12, 1))]
    assert read_ubl(data).problems == ()


def test_a_line_may_name_the_invoice() -> None:
    line = f"<cac:CreditNoteLine><cbc:ID>1</cbc:ID>{BEFORE}</cac:CreditNoteLine>"
    invoice = one(ubl(credit=True).replace(b"</CreditNote>", line.encode() + b"</CreditNote>"))
    assert [before.number for before in invoice.preceding] == ["U0"]


def test_a_credit_note_is_one_whatever_code_it_bears() -> None:
    assert one(ubl(credit=True, type_code="380")).payable == D(-120)
    assert one(ubl(type_code="381")).payable == D(-120)


def test_a_credit_note_has_its_due_date_with_the_means() -> None:
    means = (
        "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-03-01"
        "</cbc:PaymentDueDate><cbc:PaymentID>REF 7</cbc:PaymentID><cac:PayeeFinancialAccount>"
        "<cbc:ID>FR76 3000 6000 0112 3456 7890 189</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>"
    )
    invoice = one(ubl(credit=True, terms=means))
    assert (invoice.due_on, invoice.payment_reference) == (date(2026, 3, 1), "REF 7")
    assert (invoice.iban, invoice.means) == ("FR7630006000011234567890189", ("30",))


def test_direct_debit_is_told() -> None:
    means = (
        "<cac:PaymentMeans><cbc:PaymentMeansCode>59</cbc:PaymentMeansCode>"
        "<cac:PaymentMandate><cbc:ID>M1</cbc:ID></cac:PaymentMandate></cac:PaymentMeans>"
    )
    invoice = one(ubl(terms=means))
    assert invoice.direct_debit
    assert invoice.mandate == "M1"


@pytest.mark.parametrize(
    ("given", "amounts"),
    [
        (terms("2026-02-01", "40") + terms("2026-03-01", "80"), [D(40), D(80)]),
        (terms("2026-02-01", percent="25") + terms("2026-03-01", percent="75"), [D(30), D(90)]),
    ],
)
def test_instalments(given: str, amounts: list[Decimal]) -> None:
    invoice = one(ubl(terms=given, head="<cbc:DueDate>2026-02-01</cbc:DueDate>"))
    assert [part.amount for part in invoice.instalments] == amounts
    assert invoice.due_on == date(2026, 3, 1)


def test_a_share_beyond_all_is_no_share() -> None:
    huge = "9" * 18
    file = read_ubl(ubl(terms=terms("2026-02-01", percent=huge) + terms("2026-03-01", percent=huge)))
    assert file.invoices[0].instalments == ()
    assert [found.code for found in file.problems] == ["instalments_without_amounts"]


def test_a_discount_in_its_own_fields() -> None:
    early = (
        "<cac:PaymentTerms><cbc:SettlementDiscountPercent>2</cbc:SettlementDiscountPercent><cac:SettlementPeriod>"
        "<cbc:EndDate>2026-01-25</cbc:EndDate></cac:SettlementPeriod></cac:PaymentTerms>"
    )
    invoice = one(ubl(terms=early, head="<cbc:DueDate>2026-02-14</cbc:DueDate>"))
    assert [(found.percent, found.until) for found in invoice.discounts] == [(D(2), date(2026, 1, 25))]
    assert (invoice.due_on, invoice.instalments) == (date(2026, 2, 14), ())


def test_lines_and_notes_are_kept() -> None:
    invoice = one(sample("EN16931_Gutschrift.ubl.xml"))
    assert (invoice.type, invoice.self_billed) == ("self_billed", True)
    assert [line.name for line in invoice.lines] == ["Trennblätter A4", "Joghurt Banane"]
    coded = one(ubl(head="<cbc:Note>#PMD# Pénalités : 3 fois le taux légal</cbc:Note>"))
    assert coded.notes[0] == ("PMD", "Pénalités : 3 fois le taux légal")


def test_a_discount_in_its_note() -> None:
    (discount,) = one(ubl(head="<cbc:Note>#AAB#Escompte de 2 % pour paiement sous 10 jours</cbc:Note>")).discounts
    assert (discount.percent, discount.until) == (D(2), date(2026, 1, 25))


def test_an_envelope_is_opened() -> None:
    inside = ubl().partition(b"?>")[2]
    envelope = (
        b'<StandardBusinessDocument xmlns="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader">'
        b"<StandardBusinessDocumentHeader/>" + inside + b"</StandardBusinessDocument>"
    )
    assert one(envelope).number == "U1"
    assert known_by_head(envelope[:200]) == ("ubl", "Peppol envelope")
    assert known_by_head(ubl()[:300]) == ("ubl", "UBL Invoice")
    assert known_by_head(b"hello") is None


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (ubl().replace(b"Invoice-2", b"Order-2").replace(b"<Invoice", b"<Order").replace(b"</Invoice", b"</Order"),
         "UBL Order"),
        (b'<Invoice xmlns="http://www.ebinterface.at/schema/4p3/"/>', "ebInterface"),
        (b'<x:Facturae xmlns:x="http://www.facturae.es/Facturae/2014/v3.2.1/Facturae"/>', "Facturae"),
        (b'<ApplicationResponse xmlns="urn:oasis:names:specification:ubl:schema:xsd:ApplicationResponse-2"/>',
         "Peppol Invoice Response"),
        (cii(), "CII"),
    ],
)  # fmt: skip
def test_other_documents_are_refused_by_name(data: bytes, name: str) -> None:
    file = read_ubl(data, language="en")
    assert (file.kind, file.invoices) == ("unknown", ())
    assert name in file.problems[-1].message


@pytest.mark.parametrize(
    ("kinds", "tax"), [(["15.00", "5.00"], D(20)), (["20.00", "20.00"], D(20)), (["7.00", "8.00"], D(7))]
)
def test_taxes_of_several_kinds(kinds: list[str], tax: Decimal) -> None:
    totals = "".join(
        f'<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">{kind}</cbc:TaxAmount></cac:TaxTotal>' for kind in kinds
    )
    data = ubl().replace(
        b'<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">20.00</cbc:TaxAmount></cac:TaxTotal>', totals.encode()
    )
    assert one(data).tax == tax


def test_danish_totals() -> None:
    totals = (
        "<cbc:TaxExclusiveAmount>20.00</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount>120.00</cbc:TaxInclusiveAmount>"
        "<cbc:PayableAmount>120.00</cbc:PayableAmount>"
    )
    danish = "<cbc:CustomizationID>OIOUBL-2.02</cbc:CustomizationID>"
    found = read_ubl(ubl(head=danish, totals=totals))
    assert (found.invoices[0].net, found.invoices[0].tax, found.problems) == (D(100), D(20), ())


@pytest.mark.parametrize(
    ("root", "name"),
    [
        ('<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>', "UBL Order"),
        ('<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-1.0"/>', "UBL 1 Invoice"),
        ('<S xmlns="urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:100"/>', "Order-X"),
        ('<X xmlns="urn:un:unece:uncefact:data:standard:X:1"/>', "UN/CEFACT X"),
        ('<Comprobante xmlns="http://www.sat.gob.mx/cfd/4"/>', "CFDI"),
        ('<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "Excel 2003 XML"),
    ],
)
def test_what_else_is_known_by_name(root: str, name: str) -> None:
    known = known_by_head(root.encode())
    assert known is not None
    assert (known.kind, known.name) == ("other", name)
